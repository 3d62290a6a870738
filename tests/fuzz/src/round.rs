//! There and back: NDJSON to CSV to NDJSON, and CSV to NDJSON to CSV. What was not told as lossy is the same.

use pagemill::format::{Format, Nested};
use pagemill::job::{Job, OnError, TargetSpec};
use pagemill::{Report, SourceSpec};

use crate::ndjson::depth;
use crate::shared::values::{Json, may_be, try_json};
use crate::shared::{Choices, LONGEST, leaves, shown};

fn convert(from: Format, to: Format, input: &[u8], change: impl FnOnce(&mut Job)) -> pagemill::Result<Report> {
    let mut job = Job::new(SourceSpec::bytes(input), TargetSpec::Memory).from(from).to(to).workers(1);
    job.settings.decompress = pagemill::compress::Decompress::None;
    job.settings.max_record_size = 1 << 20;
    change(&mut job);
    job.run()
}

fn lines(bytes: &[u8]) -> Vec<Json> {
    let text = std::str::from_utf8(bytes).unwrap();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().map(|line| try_json(line).unwrap_or_else(|error| panic!("we wrote {line:?}: {error}"))).collect()
}

/// The leaves in an order of their own: the header has the order of the first record with the key.
fn sorted(value: &Json) -> Vec<(String, Json)> {
    let mut leaves = leaves(value);
    leaves.sort_by(|one, other| one.0.cmp(&other.0));
    leaves
}

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let kind = choices.byte();
    let slice = choices.slice();
    let table = choices.of(&[Format::Csv, Format::Tsv]);
    let (escapes, all, crlf) = (kind & 8 != 0, kind & 16 != 0, kind & 32 != 0);
    let input = choices.rest();
    let out = |job: &mut Job| {
        job.settings.slice_size = slice;
        job.settings.options.dialect.tsv_escapes = escapes && table == Format::Tsv;
        job.settings.options.out_dialect.quote_all = all;
        job.settings.options.out_dialect.crlf = crlf;
    };
    if kind & 1 == 0 {
        if depth(input) <= 60 {
            by_table(input, table, (kind & 2 != 0, all), &out);
        }
    } else {
        by_json(input, table, &out);
    }
}

/// Records of JSON as rows and back.
fn by_table(input: &[u8], table: Format, (nested, all): (bool, bool), out: &dyn Fn(&mut Job)) {
    // The good records, by themselves.
    let good = convert(Format::Ndjson, Format::Ndjson, input, |job| job.settings.on_error = OnError::Skip);
    let Ok(good) = good else { return };
    let records = lines(&good.output);
    let Ok(there) = convert(Format::Ndjson, table, &good.output, |job| {
        out(job);
        job.settings.options.nested = if nested { Nested::Json } else { Nested::Dot };
    }) else {
        return;
    };
    let shown = || format!("{} became {}", shown(&good.output), shown(&there.output));
    let back = convert(table, Format::Ndjson, &there.output, out);
    let back = back.unwrap_or_else(|error| panic!("what we wrote is not read: {error}: {}", shown()));
    let found = lines(&back.output);
    // A null that is alone in its row is told as lossy: an empty line is no record.
    if there.lossy.total() > 0 || back.lossy.total() > 0 {
        return;
    }
    assert_eq!(found.len(), records.len(), "{}", shown());
    for (found, expected) in found.iter().zip(&records) {
        // A record that is no map is the field `value`.
        let expected = match expected {
            Json::Map(_) => expected.clone(),
            plain => Json::Map(vec![("value".into(), plain.clone())]),
        };
        let (mut found, mut expected) = (sorted(found), sorted(&expected));
        // What was asked to stand in quotes is text.
        for (_, value) in found.iter_mut().chain(&mut expected).filter(|_| all) {
            if let Json::Number(digits) = value {
                *value = Json::Text(std::mem::take(digits));
            }
        }
        assert!(found == expected, "{found:?}\n{expected:?}\n{}", shown());
    }
}

/// Rows as records of JSON and back.
fn by_json(input: &[u8], table: Format, out: &dyn Fn(&mut Job)) {
    let delimiter = if table == Format::Tsv { b'\t' } else { b',' };
    let rows = |bytes: &[u8]| -> Option<Vec<Vec<String>>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(bytes);
        reader.records().map(|record| record.ok().map(|row| row.iter().map(str::to_owned).collect())).collect()
    };
    let Some(expected) = rows(input) else { return };
    let read = |job: &mut Job| job.settings.options.dialect.delimiter = Some(delimiter.into());
    let there = convert(table, Format::Ndjson, input, read);
    let Ok(there) = there else { return };
    let records = lines(&there.output);
    let shown = || format!("{} became {}", shown(input), shown(&there.output));
    assert_eq!(records.len(), expected.len().saturating_sub(1), "{}", shown());
    for (row, record) in expected.iter().skip(1).zip(&records) {
        let Json::Map(members) = record else { panic!("{record:?}") };
        assert_eq!(members.len(), row.len(), "{}", shown());
        for (field, (_, value)) in row.iter().zip(members) {
            assert!(may_be(field, value), "{field:?} became {value:?}: {}", shown());
        }
    }
    // No records, no keys.
    if records.is_empty() {
        return;
    }
    let back = convert(Format::Ndjson, table, &there.output, |job| {
        out(job);
        job.settings.options.dialect.tsv_escapes = false;
    });
    let back = back.unwrap_or_else(|error| panic!("what we wrote is not read: {error}: {}", shown()));
    if back.lossy.total() == 0 {
        let again = rows(&back.output).unwrap_or_else(|| panic!("csv does not read {}", shown()));
        // Names that stood twice were changed.
        let known = expected[0].iter().enumerate().all(|(at, name)| !expected[0][..at].contains(name));
        assert!(again[1..] == expected[1..] && (!known || again[0] == expected[0]), "{again:?}: {}", shown());
    }
}

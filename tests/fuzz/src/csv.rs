//! CSV and TSV against the crate csv-core, in any dialect.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};
use pagemill::format::csv::Dialect;
use pagemill::format::{Detail, Format, Options, Ragged};
use pagemill::record::Value;

use crate::shared::drive::{self, Arrival, Event, How};
use crate::shared::quotes::{Marks, first_record};
use crate::shared::{Choices, LONGEST, shown};

/// What csv-core makes of an input: records of fields.
fn records(input: &[u8], reader: &mut Reader) -> Vec<Vec<Vec<u8>>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), Vec::new());
    let (mut at, mut room) = (0, [0; 512]);
    loop {
        let (result, read, written) = reader.read_field(&input[at..], &mut room);
        at += read;
        field.extend_from_slice(&room[..written]);
        match result {
            ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
            ReadFieldResult::Field { record_end } => {
                record.push(std::mem::take(&mut field));
                if record_end {
                    records.push(std::mem::take(&mut record));
                }
            }
            ReadFieldResult::End => return records,
        }
    }
}

/// `\t`, `\n`, `\r` and `\\`; other backslashes stay.
fn unescape(text: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let [byte, tail @ ..] = rest {
        let (byte, tail) = match (byte, tail) {
            (b'\\', [b't', tail @ ..]) => (b'\t', tail),
            (b'\\', [b'n', tail @ ..]) => (b'\n', tail),
            (b'\\', [b'r', tail @ ..]) => (b'\r', tail),
            (b'\\', [b'\\', tail @ ..]) => (b'\\', tail),
            _ => (*byte, tail),
        };
        out.push(byte);
        rest = tail;
    }
    out
}

/// The text of a value, and whether it may be unquoted.
fn field(value: &Value<'_>) -> (Vec<u8>, bool) {
    match value {
        Value::Null => (Vec::new(), true),
        Value::Untyped(text) => {
            assert!(!text.is_empty(), "an empty field without quotes is null");
            (text.to_vec(), true)
        }
        Value::Number(text) => (text.to_vec(), true),
        Value::Text(text) => (text.to_vec(), false),
        other => panic!("{other:?} from CSV"),
    }
}

/// How many line breaks there are in a text that is nothing else.
fn line_breaks(text: &[u8]) -> usize {
    let is_rest = |at: usize| text[at] == b'\n' && at > 0 && text[at - 1] == b'\r';
    (0..text.len()).filter(|at| !is_rest(*at)).count()
}

/// What becomes of a record: its fields, or it is bad.
type Record = Option<Vec<Vec<u8>>>;

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let delimiter = choices.of(b",;\t|, ");
    let flags = choices.byte();
    let (tsv, tsv_escapes) = (flags & 1 != 0, flags & 3 == 3);
    let quote = choices.of(b"\"\"'");
    let escape = choices.of(&[None, None, Some(b'\\')]);
    let comment = choices.of(&[None, None, None, Some(b'#')]);
    let ragged = choices.of(&[Ragged::FAIL, Ragged::PAD]);
    let no_headers = flags & 4 != 0;
    let quoting = flags & 0x18 != 0x18;
    let utf8 = flags & 0x60 == 0x60;
    let (slice, arrival) = (choices.slice(), choices.arrival());
    let input = choices.rest();
    // The line with which Excel names the delimiter is no record here.
    if input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input).to_ascii_lowercase().starts_with(b"sep=") {
        return;
    }

    let dialect = Dialect::default().with(|own| {
        own.delimiter = Some(delimiter.into());
        (own.quote, own.escape, own.quoting) = (quote, escape, quoting);
        (own.comment, own.tsv_escapes) = (comment.map(Into::into), tsv_escapes);
    });
    let format = if tsv { Format::Tsv } else { Format::Csv };
    let quotes = quoting && !tsv_escapes;
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).quote(quote).quoting(quotes).comment(comment);
    builder.escape(escape.filter(|_| quotes));
    let marks = Marks { delimiter, quote: quotes.then_some(quote), escape: escape.filter(|_| quotes), comment };
    let mut expected: Vec<Record> = Vec::new();
    // How many blank lines are before each record.
    let mut blank: Vec<usize> = Vec::new();
    let begin = if input.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut at = begin;
    while let Some((len, bad)) = first_record(&input[at..], &marks) {
        // A record of one field before it: a byte order mark is none then.
        let raw = &input[at..at + len];
        // csv-core ends a comment only with a line feed.
        let start = raw.split_inclusive(|byte| matches!(byte, b'\n' | b'\r'));
        let start =
            start.take_while(|line| matches!(line[0], b'\n' | b'\r') || comment == Some(line[0])).map(<[u8]>::len);
        let start: usize = start.sum();
        blank.push(line_breaks(&raw[..start]));
        let raw = [b"\n\n\\\n", &raw[start..]].concat();
        at += len;
        expected.push((!bad).then(|| records(&raw, &mut builder.build()).remove(1)));
    }
    if tsv_escapes {
        // A field that is `\N` is null.
        let read = |text: &[u8]| if text == b"\\N" { Vec::new() } else { unescape(text) };
        expected.iter_mut().flatten().flatten().for_each(|text| *text = read(text));
    }
    let first = if no_headers { expected.iter().flatten().next() } else { expected.first().and_then(Option::as_ref) };
    let open = first.is_none() && !expected.is_empty();
    let mut expected_width = first.map(Vec::len);
    let is_blank = no_headers && expected.is_empty() && begin < input.len();
    if tsv_escapes && comment.is_none() && (expected_width == Some(1) || is_blank) {
        // In a table of one column, blank lines are records, but for those before a header.
        expected_width = Some(1);
        let has_header = !no_headers;
        let records = std::mem::take(&mut expected);
        for (index, (record, count)) in records.into_iter().zip(blank).enumerate() {
            let count = if index == 0 && has_header { 0 } else { count };
            expected.extend(std::iter::repeat_n(Some(vec![Vec::new()]), count));
            expected.push(record);
        }
        expected.extend(std::iter::repeat_n(Some(vec![Vec::new()]), line_breaks(&input[at..])));
    }
    if !no_headers && !expected.is_empty() {
        expected.remove(0);
    }
    let expected: Vec<Record> = expected
        .into_iter()
        .map(|record| {
            let (mut record, width) = (record?, expected_width?);
            if ragged.pad && record.len() < width {
                record.resize(width, Vec::new());
            }
            // What is passed over has to be right, too.
            let valid = !utf8 || record.iter().all(|text| std::str::from_utf8(text).is_ok());
            (record.len() == width && valid).then_some(record)
        })
        .collect();

    let options = Options::default().with(|own| {
        own.dialect = dialect;
        own.no_headers = no_headers;
        own.ragged = ragged;
    });
    let source = match drive::open(format, &options, input, arrival) {
        Ok(source) => source,
        // Nothing can be read after a header that is never closed.
        Err(error) => return assert!(open, "{error:?} opening {}", shown(input)),
    };
    assert!(!open, "a header with an open quote: {}", shown(input));
    let what = format!("{dialect:?} {format} slices of {slice} {arrival:?} {ragged:?}: {}", shown(input));
    // Which values are numbers: told one by one, and at once.
    let mut numbers: [Vec<bool>; 2] = Default::default();
    let whole = (1 << 19, Arrival::Whole);
    for ((target, arrival), typed) in
        [((slice, arrival), false), (whole, false), ((slice, arrival), true), (whole, true)]
    {
        let want = pagemill::format::Want { utf8, typed, ..drive::want(Detail::All) };
        let numbers = &mut numbers[usize::from(typed)];
        numbers.clear();
        let mut found: Vec<Record> = Vec::new();
        let how = How { target, arrival, want: &want, max_record: 1 << 20 };
        let driven = drive::drive(&*source, input, how, &mut |event| {
            found.push(match event {
                Event::Record(batch, record) => {
                    let fields: Vec<(Vec<u8>, bool)> = batch.columns(record).iter().map(field).collect();
                    let no_quotes = !tsv_escapes && (!quotes || !input.contains(&quote));
                    let told = typed || !no_quotes || fields.iter().all(|(_, plain)| *plain);
                    assert!(told, "quoted, without quotes: {what}");
                    numbers.extend(batch.columns(record).iter().map(|value| matches!(value.typed(), Value::Number(_))));
                    Some(fields.into_iter().map(|(text, _)| text).collect())
                }
                Event::Bad(..) => None,
            });
        });
        assert!(found == expected, "{what}\n found    {found:?}\n expected {expected:?}");
        if let Some(mut tally) = source.tally() {
            let counted: u64 = driven.slices.iter().map(|range| tally.records(&input[range.clone()]).records).sum();
            assert_eq!(counted, expected.len() as u64, "counted: {what}");
        }
    }
    assert_eq!(numbers[0], numbers[1], "{what}");
}

//! CSV against csv-core's own reader, cut in every way.

use super::super::harness::{Run, ready, run, want};
use super::super::{Format, Given, OpenError, Options, Shape, create, open};
use super::Dialect;
use crate::record::{Batch, LossyKind, Value};
use quotes::{Marks, first_record};

#[path = "../../../tests/support/quotes.rs"]
mod quotes;

/// What to expect of a record: its fields, or `None` if it is bad.
type Record = Option<Vec<Vec<u8>>>;

/// The fields of one record, as csv-core reads them.
fn fields(record: &[u8], reader: &mut csv_core::Reader) -> Vec<Vec<u8>> {
    reader.reset();
    let (mut fields, mut field, mut at, mut room) = (Vec::new(), Vec::new(), 0, [0; 64]);
    loop {
        // A byte order mark in pieces is not taken for one, just as after another record.
        let end = if at == 0 { 1 } else { record.len() };
        let (result, read, written) = reader.read_field(&record[at..end], &mut room);
        at += read;
        field.extend_from_slice(&room[..written]);
        match result {
            csv_core::ReadFieldResult::InputEmpty | csv_core::ReadFieldResult::OutputFull => {}
            csv_core::ReadFieldResult::Field { record_end } => {
                fields.push(std::mem::take(&mut field));
                if record_end {
                    return fields;
                }
            }
            csv_core::ReadFieldResult::End => panic!("no record in {record:?}"),
        }
    }
}

/// The records, each read by csv-core, with comments removed; those that differ in length from the first good one are
/// ragged. `None` if all are bad.
fn oracle(data: &[u8], dialect: &Dialect) -> Option<Vec<Record>> {
    let mut builder = csv_core::ReaderBuilder::new();
    builder.delimiter(dialect.delimiter.map_or(b',', u8::from)).quote(dialect.quote).quoting(dialect.quoting);
    let mut reader = builder.escape(dialect.escape).comment(dialect.comment.map(|comment| comment.first())).build();
    let marks = Marks {
        delimiter: dialect.delimiter.map_or(b',', u8::from),
        quote: dialect.quoting.then_some(dialect.quote),
        escape: dialect.escape,
        comment: dialect.comment.map(|comment| comment.first()),
    };
    let mut at = if data.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let (mut records, mut width) = (Vec::new(), None);
    while let Some((len, bad)) = first_record(&data[at..], &marks) {
        let raw = &data[at..at + len];
        at += len;
        if bad {
            records.push(None);
            continue;
        }
        // Comments end with any kind of line break, so csv-core must not see one: it knows only the line feed.
        let record = fields(&raw[start_of(raw, dialect.comment.map(|comment| comment.first()))..], &mut reader);
        let width = *width.get_or_insert(record.len());
        records.push((record.len() == width).then_some(record));
    }
    (width.is_some() || records.is_empty()).then_some(records)
}

/// Where the first record begins, after comments and blank lines.
fn start_of(data: &[u8], comment: Option<u8>) -> usize {
    let mut start = 0;
    for line in data.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
        if !matches!(line[0], b'\n' | b'\r') && Some(line[0]) != comment {
            break;
        }
        start += line.len();
    }
    start
}

fn text(value: &Value<'_>) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::Text(text) | Value::Untyped(text) => text.to_vec(),
        other => panic!("{other:?}"),
    }
}

/// The records as decoded from slices of about `target` bytes.
fn decoded(data: &[u8], options: &Options, target: usize, window: usize) -> (Vec<Vec<Vec<u8>>>, usize) {
    let source = ready(open(Format::Csv, options, data, true));
    let mut records = Vec::new();
    let mut look = |batch: &crate::record::Batch<'_>| {
        for index in 0..batch.len() {
            records.push(batch.columns(index).iter().map(text).collect());
        }
    };
    let start = source.start();
    let how =
        Run { want: want(), target, window, buffer: 1 << 16, strict: false, max_record: 1 << 20, look: &mut look };
    let ran = run(&*source, None, &data[start..], how);
    (records, ran.errors.len())
}

pub(super) struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % bound
    }
}

fn agree(data: &[u8], dialect: Dialect, targets: &[usize]) {
    let options = Options { dialect, no_headers: true, ..Options::default() };
    let Some(expected) = oracle(data, &dialect) else {
        let refused = matches!(open(Format::Csv, &options, data, true), Err(OpenError::Data(_)));
        return assert!(refused, "{:?}", String::from_utf8_lossy(data));
    };
    let good: Vec<Vec<Vec<u8>>> = expected.iter().flatten().cloned().collect();
    let bad = expected.len() - good.len();
    for &target in targets {
        for window in [1, target + 5, data.len() + 1] {
            let (records, errors) = decoded(data, &options, target, window);
            let shown = String::from_utf8_lossy(data);
            assert_eq!(records, good, "{shown:?} cut at {target}, {window} bytes seen");
            assert_eq!(errors, bad, "{shown:?} cut at {target}, {window} bytes seen, {dialect:?}");
        }
    }
}

#[test]
fn every_short_input_reads_as_csv_core_reads_it() {
    // All inputs of up to five of the bytes that have a meaning.
    let alphabet = b"a,\"\n\r";
    for len in 0..=5u32 {
        for number in 0..5usize.pow(len) {
            let data: Vec<u8> = (0..len).map(|place| alphabet[number / 5usize.pow(place) % 5]).collect();
            agree(&data, Dialect::default(), &[1, 3, 100]);
        }
    }
}

#[test]
fn random_inputs_read_as_csv_core_reads_them() {
    let mut random = Random(11);
    for round in 0..1500 {
        let alphabet: &[u8] = match round % 3 {
            0 => b"abc,,\"\n\r",
            1 => b"abcdefghijklmnop,\"\n",
            _ => b"ab\xff\xef\xbb\xbf,\n\"\"#\\'",
        };
        let data: Vec<u8> = (0..random.below(400)).map(|_| alphabet[random.below(alphabet.len())]).collect();
        agree(&data, Dialect::default(), &[1, 7, 64, 200, 1000]);
    }
}

#[test]
fn dialects_read_as_csv_core_reads_them() {
    let mut random = Random(12);
    let plain = Dialect::default();
    let dialects = [
        Dialect { delimiter: Some(b';'.into()), quote: b'\'', ..plain },
        Dialect { escape: Some(b'\\'), ..plain },
        Dialect { comment: Some(b'#'.into()), ..plain },
        Dialect { quoting: false, ..plain },
        Dialect { delimiter: Some(b'\t'.into()), comment: Some(b'#'.into()), escape: Some(b'\\'), ..plain },
    ];
    for length in (0..400).map(|round| round / 4) {
        let alphabet = b"abc,;\t\"'\n\r#\\ ";
        let data: Vec<u8> = (0..length).map(|_| alphabet[random.below(alphabet.len())]).collect();
        for dialect in dialects {
            // csv-core makes an empty record of a comment that is cut off by the end of the input; here a comment is
            // never a record (see below), so every line gets its end for the comparison.
            let ended = [data.as_slice(), b"\n"].concat();
            let data = if dialect.comment.is_some() { &ended } else { &data };
            agree(data, dialect, &[1, 20, 1000]);
        }
    }
}

/// As csv-core documents it, not as it behaves: see `Spec::first_byte`.
#[test]
fn a_comment_at_the_end_is_no_record() {
    let dialect = Dialect { comment: Some(b'#'.into()), ..Dialect::default() };
    let options = Options { dialect, no_headers: true, ..Options::default() };
    for data in [&b"a,b\n#c"[..], b"a,b\n\n#c\n", b"#c\na,b\n#"] {
        for target in [1, 5, 100] {
            assert_eq!(decoded(data, &options, target, 3), (vec![vec![b"a".to_vec(), b"b".to_vec()]], 0));
        }
    }
}

/// Judging a block of fields at once gives the same values as judging them one by one: in slices of short and of long
/// fields, at every place in a block, with any delimiter.
#[test]
fn numbers_are_told_as_one_by_one() {
    let (mut random, mut found) = (Random(13), 0);
    let some: Vec<_> = r#"0 -0.5 12 1e5 -1.25E-7 007 1. - 2021-02-03 7592e1 x  1e "1" "a""1""#.split(' ').collect();
    for round in 0..400 {
        let delimiter = [b',', b',', b'.', b'-', b'e', b'1'][random.below(6)];
        let (mut data, long) = (Vec::new(), random.below(3) == 0);
        // Now and then there are more than the scanner finds ahead.
        for _ in 0..random.below(if round % 50 == 0 { 3000 } else { 60 }) {
            for column in 0..4 {
                let most = if long && random.below(20) > 0 { 90 } else { 4 };
                let digits = random.below(most);
                data.extend((0..digits).map(|_| b'0' + random.below(10) as u8));
                if digits == 0 {
                    data.extend(some[random.below(some.len())].bytes());
                }
                data.push(if column < 3 { delimiter } else { b'\n' });
            }
        }
        let dialect = Dialect { delimiter: Some(delimiter.into()), ..Dialect::default() };
        let options = Options { dialect, no_headers: true, ..Options::default() };
        let select = (round % 4 == 0).then(|| vec![b"column_3"[..].into(), b"column_1"[..].into()]);
        for target in [1, 300, 5000, 100_000] {
            let [expected, told] = [false, true].map(|typed| {
                let (mut values, mut numbers) = (Vec::new(), 0);
                let mut look = |batch: &Batch<'_>| {
                    for value in (0..batch.len()).flat_map(|record| batch.columns(record)) {
                        assert!(typed || !matches!(value, Value::Number(_)));
                        numbers += usize::from(matches!(value, Value::Number(_)));
                        values.push(format!("{:?}", value.typed()));
                    }
                };
                let want = crate::format::Want { typed, select: select.clone(), ..want() };
                let source = ready(open(Format::Csv, &options, &data, true));
                let (window, buffer) = (data.len() + 1, 1 << 16);
                let how = Run { want, target, window, buffer, strict: false, max_record: 1 << 20, look: &mut look };
                run(&*source, None, &data[source.start()..], how);
                (values, numbers)
            });
            assert_eq!(told.0, expected.0, "{:?}", String::from_utf8_lossy(&data));
            found += told.1;
        }
    }
    assert!(found > 10_000, "{found} were told at once");
}

#[test]
fn well_formed_records_come_in_whole_on_every_cutting() {
    let mut random = Random(13);
    for _ in 0..200 {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let mut rows = Vec::new();
        for _ in 0..20 {
            let row: Vec<Vec<u8>> = (0..4)
                .map(|_| (0..random.below(90)).map(|_| b"abcdefgh\xc3\xa9 ,\"\n\r"[random.below(15)]).collect())
                .collect();
            writer.write_record(&row).unwrap();
            rows.push(row);
        }
        let data = writer.into_inner().unwrap();
        let options = Options { no_headers: true, ..Options::default() };
        for target in [1, 50, 333, 5000] {
            assert_eq!(decoded(&data, &options, target, target).0, rows);
        }
    }
}

#[test]
fn quoted_and_unquoted_fields_are_told_apart() {
    let data = b"a,b,c,d\n,\"\",1.0,\"1.0\"\r\nx\"y,\"p\"\"q\",\"z\"w,-\n";
    let source = ready(open(Format::Csv, &Options::default(), data, true));
    assert_eq!(source.schema().unwrap().names().collect::<Vec<_>>(), [b"a", b"b", b"c", b"d"]);
    let mut seen = Vec::new();
    let mut look = |batch: &crate::record::Batch<'_>| {
        for index in 0..batch.len() {
            seen.push(format!("{:?}", batch.columns(index).iter().map(|v| v.typed()).collect::<Vec<_>>()));
        }
    };
    let how =
        Run { want: want(), target: 100, window: 100, buffer: 64, strict: false, max_record: 99, look: &mut look };
    run(&*source, None, &data[source.start()..], how);
    let value = |v: Value<'static>| format!("{v:?}");
    let expected = [
        [Value::Null, Value::Text(b""), Value::Number(b"1.0"), Value::Text(b"1.0")],
        [Value::Text(b"x\"y"), Value::Text(b"p\"q"), Value::Text(b"zw"), Value::Text(b"-")],
    ];
    let expected: Vec<_> = expected.map(|row| format!("[{}]", row.map(value).join(", "))).to_vec();
    assert_eq!(seen, expected);
}

#[test]
fn selected_columns_come_in_the_wanted_order() {
    let data = b"a,b,c\n1,\"x\",3\n4,,\"6\"\"\"\n";
    let source = ready(open(Format::Csv, &Options::default(), data, true));
    let mut want = want();
    want.select = Some(vec![(*b"c").into(), (*b"a").into()]);
    let mut seen = Vec::new();
    let mut look = |batch: &crate::record::Batch<'_>| {
        for index in 0..batch.len() {
            seen.push(batch.columns(index).iter().map(text).collect::<Vec<_>>());
        }
    };
    let how = Run { want, target: 100, window: 100, buffer: 64, strict: false, max_record: 99, look: &mut look };
    run(&*source, None, &data[source.start()..], how);
    assert_eq!(seen, [[b"3".to_vec(), b"1".to_vec()], [b"6\"".to_vec(), b"4".to_vec()]]);
}

/// Records about as wide as the list of positions, which may end between the CR and the LF of a line break.
#[test]
fn records_as_wide_as_what_is_found_ahead() {
    let mut random = Random(15);
    for round in 0..1500 {
        let width = 1980 + round % 72;
        let mut data = Vec::new();
        for _ in 0..3 {
            (1..width)
                .for_each(|_| data.extend_from_slice([b",".as_slice(), b"y,"][usize::from(random.below(9) == 0)]));
            data.extend_from_slice(b"x\r\n");
        }
        agree(&data, Dialect::default(), &[usize::MAX / 2]);
    }
}

/// Records are read together; if one of them does not fit, those before it are good, and that one is reported.
#[test]
fn a_record_that_does_not_fit_is_found_among_those_read_together() {
    let long = format!("x,\"{}\"\"\"\n", "y".repeat(50_000));
    let data = format!("a,b\n1,\"\"\"\"\n{}{long}3,4\n", "2,22\n".repeat(9));
    let source = ready(open(Format::Csv, &Options::default(), data.as_bytes(), true));
    let slice = &data.as_bytes()[source.start()..];
    for (room, max_record) in [(100_000, 1 << 20), (1 << 20, 70), (1 << 20, 20_000)] {
        let arena = crate::memory::Arena::new(room, room);
        let mut batch = Batch::new(&arena, slice, source.schema(), max_record);
        let mut decoder = source.decoder(&want());
        decoder.begin(slice);
        let error = decoder.fill(slice, &mut batch).unwrap_err();
        let records: Vec<Vec<_>> = (0..batch.len()).map(|at| batch.columns(at).iter().map(text).collect()).collect();
        let mut good = vec![vec![b"1".to_vec(), b"\"".to_vec()]];
        good.resize(10, vec![b"2".to_vec(), b"22".to_vec()]);
        assert_eq!(records, good);
        assert!(batch.values().len() <= 2 * (good.len() + 1), "nothing is left of the first try");
        let start = 7 + 9 * 5;
        assert!((start..start + 4).contains(&error.offset), "{error:?}");
        assert_eq!(decoder.skip_record(slice), start..start + long.len());
    }
}

/// The same with text that is not UTF-8, which is replaced or reported.
#[test]
fn invalid_utf8_is_found_among_records_read_together() {
    let data = [b"a,b\n".as_slice(), &b"1,x\n".repeat(5), b"2,\xffy\n3,\"\xff\"\"\"\n", &b"4,z\n".repeat(3)].concat();
    let source = ready(open(Format::Csv, &Options::default(), &data, true));
    for replace in [true, false] {
        let mut records: Vec<Vec<Vec<u8>>> = Vec::new();
        let mut look = |batch: &Batch<'_>| {
            records.extend((0..batch.len()).map(|at| batch.columns(at).iter().map(text).collect()));
        };
        let want = crate::format::Want { utf8: true, replace_invalid_utf8: replace, ..want() };
        let how = Run {
            want,
            target: 1000,
            window: 1000,
            buffer: 1 << 16,
            strict: false,
            max_record: 1 << 20,
            look: &mut look,
        };
        let ran = run(&*source, None, &data[source.start()..], how);
        let record = |a: &str, b: &str| vec![a.as_bytes().to_vec(), b.as_bytes().to_vec()];
        let mut expected = vec![record("1", "x"); 5];
        expected.extend(if replace { vec![record("2", "\u{fffd}y"), record("3", "\u{fffd}\"")] } else { vec![] });
        expected.extend(vec![record("4", "z"); 3]);
        assert_eq!(records, expected);
        // The second text is in the arena, so the error has the record's offset.
        let errors: Vec<usize> = ran.errors.iter().map(|error| error.offset).collect();
        assert_eq!(errors, if replace { vec![] } else { vec![22, 25] });
        assert_eq!(ran.lossy.of(LossyKind::InvalidUtf8Replaced), if replace { 2 } else { 0 });
    }
}

#[test]
fn what_is_written_reads_back_the_same() {
    let mut random = Random(14);
    let out = |dialect: Dialect| Options {
        dialect,
        out_dialect: super::OutDialect {
            delimiter: dialect.delimiter,
            quote: dialect.quote,
            escape: dialect.escape,
            ..Default::default()
        },
        ..Options::default()
    };
    let plain = Dialect::default();
    let dialects = [
        (plain, Format::Csv),
        (Dialect { escape: Some(b'\\'), ..plain }, Format::Csv),
        (Dialect { delimiter: Some(b';'.into()), quote: b'\'', ..plain }, Format::Csv),
        (plain, Format::Tsv),
    ];
    for round in 0..600 {
        let (dialect, format) = dialects[round % dialects.len()];
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).unwrap();
        for _ in 0..10 {
            let row: Vec<Vec<u8>> = (0..3)
                .map(|_| (0..random.below(9)).map(|_| b"a1.-#,;\t\"'\\\n\r"[random.below(13)]).collect())
                .collect();
            writer.write_record(&row).unwrap();
        }
        let data = writer.into_inner().unwrap();
        let options = Options::default();
        let values = |data: &[u8], format: Format, options: &Options| {
            let source = ready(open(format, options, data, true));
            let mut seen = Vec::new();
            let mut look = |batch: &crate::record::Batch<'_>| {
                for index in 0..batch.len() {
                    seen.push(format!("{:?}", batch.columns(index).iter().map(|v| v.typed()).collect::<Vec<_>>()));
                }
            };
            let how = Run {
                want: want(),
                target: 40,
                window: 40,
                buffer: 64,
                strict: false,
                max_record: 999,
                look: &mut look,
            };
            run(&*source, None, &data[source.start()..], how);
            seen
        };
        let source = ready(open(Format::Csv, &options, &data, true));
        let there = out(dialect);
        let shape = Shape::Columns(source.schema().unwrap().clone());
        let target = create(format, &there, Given::new(&shape, Format::Ndjson.gives(&there))).unwrap();
        let mut look = |_: &crate::record::Batch<'_>| {};
        let how =
            Run { want: want(), target: 40, window: 40, buffer: 64, strict: false, max_record: 999, look: &mut look };
        let ran = run(&*source, Some(&*target), &data[source.start()..], how);
        assert!(ran.errors.is_empty(), "{:?}", ran.errors);
        let written = [target.frame().prefix, ran.bytes].concat();
        assert_eq!(
            values(&written, format, &there),
            values(&data, Format::Csv, &options),
            "{} became {}",
            String::from_utf8_lossy(&data),
            String::from_utf8_lossy(&written)
        );
    }
}

#[test]
fn a_mark_by_itself_is_no_whole_input() {
    // A lone byte order mark was taken for an input without records.
    for data in [&b"\xef\xbb\xbf"[..], b"\xef\xbb\xbf\n", b"\n"] {
        assert!(matches!(open(Format::Csv, &Options::default(), data, false), Ok(crate::format::Opening::More)));
    }
}

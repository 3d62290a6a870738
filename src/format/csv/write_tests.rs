//! Rows, written on every way.

use super::super::{BytesAs, Format, Given, Options, Shape, create};
use super::Dialect;
use super::row::WriteRow;
use super::tests::Random;
use crate::error::Error;
use crate::record::{Batch, Drain, EncodeError, Kind, Lossy, LossyKind, Output, Schema, Value};
use crate::scan::vector::Unit;

/// Rows of one schema, written to a buffer of some size: the text, the lossy kinds, and the record that was refused.
fn rows_written(
    format: Format,
    options: &Options,
    rows: &[Vec<Value<'static>>],
    capacity: usize,
) -> (String, Vec<(LossyKind, u64)>, Option<usize>) {
    struct Collect(Vec<u8>);
    impl Drain for Collect {
        fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }
    }
    let schema = Schema::typed(["a", "b", "c"].map(|name| (name, Kind::Int(64).into())));
    let shape = Shape::Columns(schema.clone());
    let target = create(format, options, Given::new(&shape, Format::Fixed.gives(options))).unwrap();
    let arena = crate::memory::Arena::new(1 << 12, 1 << 20);
    let mut batch = Batch::new(&arena, b"", Some(&schema), 1 << 20);
    for row in rows {
        batch.reserve(3, 0).unwrap();
        row.iter().for_each(|value| batch.push(*value));
        batch.end_record(0, 0).unwrap();
    }
    let (mut buffer, mut drain) = (vec![0; capacity], Collect(Vec::new()));
    let mut output = Output::new(&mut buffer, &mut drain, options.strict);
    let refused = match target.encoder().encode(&batch, 0..rows.len(), &mut output) {
        Ok(()) => None,
        Err(EncodeError::Record { index, .. }) => Some(index),
        Err(EncodeError::Stop(error)) => panic!("{error}"),
    };
    assert_eq!(output.records as usize, refused.unwrap_or(rows.len()));
    let (len, lossy) = (output.len(), output.lossy.iter().collect());
    drain.0.extend_from_slice(&buffer[..len]);
    (String::from_utf8(drain.0).unwrap(), lossy, refused)
}

#[test]
fn typed_values_are_written_the_same_on_every_way() {
    let rows = vec![
        vec![Value::Int(i64::MIN), Value::Float(1e16), Value::UInt(u64::MAX)],
        vec![Value::Int(-7), Value::Float(0.5), Value::Float(f64::NAN)],
        vec![Value::Bool(true), Value::Bytes(b""), Value::Bytes(b"a\"b,")],
        vec![Value::Bool(false), Value::Bytes(&[0; 100]), Value::Null],
    ];
    let numbers = "-9223372036854775808,1e16,18446744073709551615\n-7,0.5,NaN\n";
    let base64 = numbers.to_string() + "true,\"\",\"YSJiLA==\"\nfalse,\"" + &"AAAA".repeat(33) + "AA==\",\n";
    let zeros = "\0".repeat(100);
    let text = numbers.to_string() + "true,,\"a\"\"b,\"\nfalse," + &zeros + ",\n";
    let lossy = vec![(LossyKind::BoolAsText, 2), (LossyKind::BytesAsText, 3)];
    // Rows are written together only if there is room to spare.
    for capacity in [60, 10_000] {
        for (bytes_as, expected) in [(BytesAs::Base64, &base64), (BytesAs::Text, &text)] {
            let options = Options { bytes_as, ..Options::default() };
            let found = rows_written(Format::Csv, &options, &rows, capacity);
            assert_eq!(found, (expected.clone(), lossy.clone(), None), "{capacity}");
            let strict = Options { strict: true, ..options };
            let found = rows_written(Format::Csv, &strict, &rows, capacity);
            assert_eq!(found, (numbers.to_string(), vec![], Some(2)), "{capacity}");
        }
        // Digits can be special too.
        let odd = super::OutDialect { delimiter: Some(b'0'.into()), ..Default::default() };
        let options = Options { out_dialect: odd, ..Options::default() };
        let found = rows_written(Format::Csv, &options, &rows[1..2], capacity).0;
        assert_eq!(found, "-70\"0.5\"0NaN\n", "{capacity}");
        let all = super::OutDialect { quote_all: true, ..Default::default() };
        let options = Options { out_dialect: all, ..Options::default() };
        let found = rows_written(Format::Csv, &options, &rows[1..2], capacity).0;
        assert_eq!(found, "\"-7\",\"0.5\",\"NaN\"\n", "{capacity}");
    }
}

/// By its grammar, whatever its size.
fn is_number(text: &[u8]) -> bool {
    let begins = text.first().is_some_and(|first| first.is_ascii_digit() || *first == b'-');
    begins && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

/// A field as it is written, byte by byte.
fn in_quotes(value: &Value<'_>) -> Vec<u8> {
    match value {
        Value::Untyped(text) | Value::Number(text) | Value::Text(text) => {
            let doubled = text.iter().flat_map(|byte| std::iter::repeat_n(*byte, if *byte == b'"' { 2 } else { 1 }));
            [&b"\""[..], &doubled.collect::<Vec<u8>>(), b"\""].concat()
        }
        _ => Vec::new(),
    }
}

fn plainly(value: &Value<'_>, delimiter: u8, same: bool) -> Vec<u8> {
    let (text, must) = match value {
        Value::Untyped(text) if same => return text.to_vec(),
        Value::Untyped(text) | Value::Number(text) => (text, false),
        Value::Text(text) => (text, text.is_empty() || is_number(text)),
        _ => return Vec::new(),
    };
    if !must && !text.iter().any(|byte| [delimiter, b'\n', b'\r', b'"'].contains(byte)) {
        return text.to_vec();
    }
    let inside = text.iter().flat_map(|&byte| std::iter::repeat_n(byte, 1 + usize::from(byte == b'"')));
    [b'"'].into_iter().chain(inside).chain([b'"']).collect()
}

/// Texts of all lengths around those of blocks, from the source and from elsewhere, with and without room after them.
#[test]
fn rows_are_written_the_same_by_every_kernel() {
    let mut random = Random(15);
    let mut written = 0;
    for round in 0..4000 {
        let alphabet: &[u8] = match round % 4 {
            0 => b"abcdefghijklmnopqrstuvwxyz",
            1 => b"abcdefgh,\t\n\r\"",
            2 => b"0123456789.-e",
            _ => b"ab\0\xff\"",
        };
        let longest = [4, 40, 80, 300][random.below(4)];
        let source: Vec<u8> = (0..longest + 40).map(|_| alphabet[random.below(alphabet.len())]).collect();
        let ranges: Vec<_> = (0..4).map(|_| (random.below(40), random.below(longest))).collect();
        let elsewhere = source.clone();
        let values: Vec<Value<'_>> = ranges
            .iter()
            .map(|&(from, len)| {
                let text = &if random.below(3) == 0 { &elsewhere } else { &source }[from..from + len];
                match random.below(5) {
                    0 => Value::Null,
                    1 if is_number(text) => Value::Number(text),
                    2 => Value::Untyped(text),
                    _ => Value::Text(text),
                }
            })
            .collect();
        let (delimiter, same) = [(b',', false), (b',', true), (b'\t', false), (b'1', false)][random.below(4)];
        let fields: Vec<Vec<u8>> = values.iter().map(|value| plainly(value, delimiter, same)).collect();
        let expected = [fields.join(&delimiter), b"\n".to_vec()].concat();
        let dialect = Dialect { delimiter: Some(delimiter.into()), ..Dialect::default() };
        let dialect = super::Resolved::reading(super::Preset::Csv, &dialect).unwrap();
        let style = super::row::RowStyle::new(dialect, false, false, same, true);
        for unit in Unit::available() {
            for room in 0..3 {
                let mut to = vec![b'.'; expected.len() + [0, 70, 1500][room]];
                let (source, some) = (&source[..], values.iter().copied());
                let row = unit.run(WriteRow::<_, false> { style, source, values: some, to: &mut to });
                // With less room than a row might need, it may be left to the slow path.
                assert!(row.is_some() || room < 2, "{unit:?} {values:?}");
                let Some(row) = row else { continue };
                assert_eq!(to[..row.len].escape_ascii().to_string(), expected.escape_ascii().to_string(), "{unit:?}");
                written += 1;
            }
            // Everything in quotes, and the numbers counted.
            let fields: Vec<Vec<u8>> = values.iter().map(in_quotes).collect();
            let expected = [fields.join(&delimiter), b"\n".to_vec()].concat();
            let is_number = |value: &&Value<'_>| match value {
                Value::Untyped(text) | Value::Number(text) => is_number(text),
                _ => false,
            };
            let numbers = values.iter().filter(is_number).count() as u64;
            let mut style = super::row::RowStyle::new(dialect, false, true, same, true);
            style.lenient = true;
            let mut to = vec![b'.'; expected.len() + 1500];
            let (source, some) = (&source[..], values.iter().copied());
            let row = unit.run(WriteRow::<_, true> { style, source, values: some, to: &mut to }).unwrap();
            let mut lossy = Lossy::default();
            row.lossy.count(&mut lossy);
            assert_eq!(to[..row.len].escape_ascii().to_string(), expected.escape_ascii().to_string(), "{unit:?}");
            assert_eq!((lossy.of(LossyKind::NumberAsText), lossy.total()), (numbers, numbers), "{unit:?} {values:?}");
        }
    }
    assert!(written > 4000);
}

/// An escape in a text was written unchanged if another byte had made quotes necessary, and was lost on reading. It now
/// makes quotes necessary too: Python's csv obeys it outside quotes as well.
#[test]
fn escapes_are_escaped_in_all_quotes() {
    let row = [Value::Text(b"x\\,y"), Value::Text(b"7"), Value::Text(b"\\z")];
    for quote_all in [false, true] {
        let out_dialect = super::OutDialect { escape: Some(b'\\'), quote_all, ..Default::default() };
        let options = Options { out_dialect, ..Options::default() };
        let expected = "\"x\\\\,y\",\"7\",\"\\\\z\"\n";
        for capacity in [60, 10_000] {
            assert_eq!(rows_written(Format::Csv, &options, &[row.to_vec()], capacity).0, expected);
        }
    }
}

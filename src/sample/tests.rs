//! Sample data is what its format says, and always the same.

use super::*;
use crate::format::csv::{Dialect, OutDialect};
use crate::format::frames::{Payload, Prefix};

fn sample(format: Format, options: Options, amount: Amount, workers: usize) -> (Vec<u8>, SampleReport) {
    let mut bytes = Vec::new();
    let report = Sample { format, options, seed: 42, amount, workers }.write(&mut bytes).unwrap();
    assert_eq!(report.bytes, bytes.len() as u64);
    (bytes, report)
}

fn options(payload: Payload) -> Options {
    Options { payload, frame: Prefix::Varint, ..Options::default() }
}

/// The formats whose records no schema says.
fn schemaless() -> impl Iterator<Item = Format> {
    let others = [Format::Protobuf, Format::Parquet, Format::Arrow, Format::ArrowStream];
    Format::ALL.into_iter().filter(move |format| !others.contains(format))
}

fn every_format() -> Vec<(Format, Options)> {
    let mut all: Vec<_> = schemaless().map(|format| (format, options(Payload::Text))).collect();
    let others = Payload::ALL.iter().filter(|payload| ![Payload::Text, Payload::Protobuf].contains(payload));
    all.extend(others.map(|payload| (Format::Frames, options(*payload))));
    all
}

#[test]
fn the_same_for_any_number_of_workers() {
    for (format, options) in every_format() {
        for amount in [Amount::Records(5000), Amount::Bytes(1_500_000)] {
            let (one, _) = sample(format, options.clone(), amount, 1);
            for workers in [2, 7] {
                let (more, _) = sample(format, options.clone(), amount, workers);
                assert!(one == more, "{format} {amount:?} {workers}");
            }
        }
        let (small, _) = sample(format, options.clone(), Amount::Records(10), 2);
        let mut other = Vec::new();
        let seed = Sample { format, options, seed: 43, amount: Amount::Records(10), workers: 2 };
        seed.write(&mut other).unwrap();
        assert!(small != other, "{format}: another seed gives other data");
    }
}

#[test]
fn amounts() {
    for (format, options) in every_format() {
        for records in [0, 1, 511, 512, 513, 3000] {
            assert_eq!(sample(format, options.clone(), Amount::Records(records), 2).1.records, records, "{format}");
        }
        for size in [200, 5000, 700_001] {
            let (bytes, report) = sample(format, options.clone(), Amount::Bytes(size), 2);
            assert!(bytes.len() as u64 >= size, "{format} {size}");
            let Some(records) = report.records.checked_sub(1) else {
                assert!(format == Format::Avro && size == 200, "the head of {format} alone has {size} bytes");
                continue;
            };
            let (_, less) = sample(format, options.clone(), Amount::Records(records), 2);
            let tail = if matches!(format, Format::Json | Format::Json5) { 3 } else { 0 };
            assert!(less.bytes - tail < size, "{format} {size}: {} records were enough", less.records);
        }
    }
}

#[test]
fn csv_is_csv() {
    let (bytes, _) = sample(Format::Csv, Options::default(), Amount::Records(3000), 2);
    let mut reader = ::csv::ReaderBuilder::new().from_reader(&bytes[..]);
    assert_eq!(reader.headers().unwrap().len(), 10);
    let records: Vec<_> = reader.records().map(|record| record.unwrap()).collect();
    assert_eq!(records.len(), 3000);
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record.len(), 10);
        assert_eq!(record[0], (index + 1).to_string());
        assert!(record[1].starts_with("2024-01-01T0") && record[1].ends_with('Z'), "{}", &record[1]);
        assert!(record[2].as_bytes()[record[2].len() - 3] == b'.');
        assert!(record[4].parse::<f64>().unwrap().abs() < 1.0);
        assert!(matches!(&record[5], "true" | "false"));
        assert_eq!(record[8].len(), 5);
    }
    let some = |text: &str| records.iter().any(|record| record[9].contains(text));
    for text in [",", "\"", "\n", "\t", "\\", "日本語"] {
        assert!(some(text), "no note has {text:?}");
    }
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(",\n") && text.contains(",\"\"\n"), "null and empty notes");
}

#[test]
fn fixed_width_text_has_its_widths() {
    let lines = |layout: Option<&str>| {
        let options = Options { layout: layout.map(str::to_owned), ..Options::default() };
        let (bytes, _) = sample(Format::Fwf, options, Amount::Records(3000), 2);
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    for (index, line) in lines(None).iter().enumerate() {
        assert_eq!(line.chars().count(), 205, "{line}");
        assert_eq!((line[..11].trim(), &line[11..22]), ((index + 1).to_string().as_str(), "2024-01-01T"));
        assert!(line[36..43].trim().parse::<f64>().is_ok(), "{line}");
    }
    // Digits of numbers, parts of names, and what nobody knows.
    for (index, line) in lines(Some("id:2,gap:skip1,name:5b,other:3")).iter().enumerate() {
        let name: Vec<u8> = line.bytes().skip(3).take(5).collect();
        assert_eq!(line[..2].trim(), ((index + 1) % 100).to_string());
        assert!(&line[2..3] == " " && std::str::from_utf8(&name).is_ok(), "{line}");
        assert_eq!(line[8..].chars().count(), 3, "{line}");
    }
    let narrow = Options { layout: Some("time:23".to_owned()), ..Options::default() };
    let sample = Sample { format: Format::Fwf, options: narrow, seed: 1, amount: Amount::Records(1), workers: 1 };
    let error = sample.write(&mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("`time`") && error.contains("takes 24 characters"), "{error}");
}

#[test]
fn dialects_are_kept() {
    let out_dialect = OutDialect {
        delimiter: Some(b';'.into()),
        quote: b'\'',
        escape: Some(b'\\'),
        crlf: true,
        no_headers: true,
        ..OutDialect::default()
    };
    let odd = Options { out_dialect, ..Options::default() };
    let (bytes, _) = sample(Format::Csv, odd, Amount::Records(1000), 1);
    let mut reader = ::csv::ReaderBuilder::new();
    reader.delimiter(b';').quote(b'\'').double_quote(false).escape(Some(b'\\')).has_headers(false);
    assert_eq!(
        reader.from_reader(&bytes[..]).records().filter(|record| record.as_ref().unwrap().len() == 10).count(),
        1000
    );
    assert!(bytes.ends_with(b"\r\n"));

    let (bytes, _) = sample(Format::Tsv, Options::default(), Amount::Records(1000), 1);
    let mut reader = ::csv::ReaderBuilder::new();
    let records = reader.delimiter(b'\t').from_reader(&bytes[..]).into_records();
    assert_eq!(records.map(|record| record.unwrap()).filter(|record| record.len() == 10).count(), 1000);

    // The same records with every field quoted, read by the same reader.
    let all = OutDialect { quote_all: true, ..OutDialect::default() };
    let quoted = sample(Format::Csv, Options { out_dialect: all, ..Options::default() }, Amount::Records(1000), 1).0;
    let plain = sample(Format::Csv, Options::default(), Amount::Records(1000), 1).0;
    let records = |bytes: &[u8]| -> Vec<::csv::StringRecord> {
        ::csv::ReaderBuilder::new().has_headers(false).from_reader(bytes).records().map(|r| r.unwrap()).collect()
    };
    assert!(records(&quoted) == records(&plain));
    assert!(quoted.starts_with(b"\"id\",\"time\",") && quoted.windows(4).any(|bytes| bytes == b"\"\n\"2"));

    let escapes = Dialect { tsv_escapes: true, ..Dialect::default() };
    let unquoted = OutDialect { quoting: false, ..OutDialect::default() };
    let options =
        [Options { dialect: escapes, ..Options::default() }, Options { out_dialect: unquoted, ..Options::default() }];
    for options in options {
        let (bytes, _) = sample(Format::Tsv, options, Amount::Records(1000), 1);
        let lines: Vec<_> = std::str::from_utf8(&bytes).unwrap().lines().collect();
        assert_eq!(lines.len(), 1001);
        assert!(lines.iter().all(|line| line.split('\t').count() == 10));
    }
}

/// Objects in the form that the sample writes.
fn check_object(value: &serde_json::Value, id: usize) {
    assert_eq!(value["id"], id);
    assert!(value["price"].is_number() && value["rate"].is_number() && value["quantity"].is_u64());
    assert!(value["address"]["city"].is_string() && value["address"]["zip"].as_str().unwrap().len() == 5);
    assert!(value["tags"].is_array());
    assert!(value["note"].is_null() || value["note"].is_string());
    assert_eq!(value.as_object().unwrap().len(), 10);
}

#[test]
fn json_is_json() {
    let (bytes, _) = sample(Format::Ndjson, Options::default(), Amount::Records(2000), 2);
    let lines: Vec<_> = bytes.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), 2000);
    for (index, line) in lines.iter().enumerate() {
        check_object(&serde_json::from_slice(line).unwrap(), index + 1);
    }
    let (bytes, _) = sample(Format::Json, Options::default(), Amount::Records(2000), 2);
    let all: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(all.len(), 2000);
    all.iter().enumerate().for_each(|(index, value)| check_object(value, index + 1));
    let notes = |text: &str| all.iter().any(|value| value["note"].as_str().is_some_and(|note| note.contains(text)));
    assert!(["\n", "\"", "\\", "\t"].into_iter().all(notes));
    let (bytes, _) = sample(Format::Json, Options::default(), Amount::Records(0), 2);
    assert_eq!(serde_json::from_slice::<Vec<serde_json::Value>>(&bytes).unwrap().len(), 0);
}

#[test]
fn text_is_lines() {
    let (bytes, _) = sample(Format::Text, Options::default(), Amount::Records(2000), 2);
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.matches('\n').count(), 2000);
    assert!(text.contains("\n\n") && text.contains(" ERROR "));
}

#[test]
fn fixed_records_have_their_layout() {
    let (bytes, _) = sample(Format::Fixed, Options::default(), Amount::Records(3000), 2);
    assert_eq!(bytes.len(), 3000 * 64);
    for (index, record) in bytes.chunks(64).enumerate() {
        assert_eq!(u64::from_le_bytes(record[..8].try_into().unwrap()), index as u64 + 1);
        let time = i64::from_le_bytes(record[8..16].try_into().unwrap());
        assert!((0..1000).contains(&(time - 1_704_067_200_000 - index as i64 * 1000)));
        assert!((0.0..1000.0).contains(&f64::from_le_bytes(record[16..24].try_into().unwrap())));
        assert!(record[28] < 2);
        assert!(std::str::from_utf8(&record[29..53]).is_ok());
        assert_eq!(record[61..], [0; 3]);
    }
    let layout = "a:text1,b:text7space,c:text70space,d:bytes11,e:f32be,f:i8,g:u16be,id:u32be,h:skip200000,i:bool";
    let wide = Options { layout: Some(layout.to_string()), ..Options::default() };
    let (bytes, report) = sample(Format::Fixed, wide, Amount::Records(20), 2);
    let width = 1 + 7 + 70 + 11 + 4 + 1 + 2 + 4 + 200_000 + 1;
    assert_eq!((bytes.len(), report.records), (20 * width, 20));
    for (index, record) in bytes.chunks(width).enumerate() {
        assert!(std::str::from_utf8(&record[..78]).is_ok());
        assert!(record[8..78].ends_with(b"    "));
        assert_eq!(record[96..100], (index as u32 + 1).to_be_bytes());
    }
    let bad = Options { layout: Some("x".to_string()), ..Options::default() };
    let sample = Sample { format: Format::Fixed, options: bad, seed: 1, amount: Amount::Records(1), workers: 1 };
    assert!(sample.write(&mut Vec::new()).is_err());
}

#[test]
fn frames_follow_each_other() {
    for prefix in Prefix::ALL {
        for payload in Payload::ALL.iter().filter(|payload| **payload != Payload::Protobuf) {
            let options = Options { frame: *prefix, payload: *payload, ..Options::default() };
            let (bytes, _) = sample(Format::Frames, options, Amount::Records(1500), 2);
            let mut rest = &bytes[..];
            let mut payloads = Vec::new();
            while !rest.is_empty() {
                let (head, len) = length(*prefix, rest);
                payloads.push(&rest[head..head + len]);
                rest = &rest[head + len..];
            }
            assert_eq!(payloads.len(), 1500, "{prefix} {payload}");
            for (index, bytes) in payloads.iter().enumerate() {
                match payload {
                    Payload::Bytes => assert!(bytes.len() < 256),
                    Payload::Text => assert!(std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\n'))),
                    Payload::Json => check_object(&serde_json::from_slice(bytes).unwrap(), index + 1),
                    Payload::Msgpack => check_packed(&as_json(&mut &bytes[..]), index + 1),
                    Payload::Cbor => check_packed(&of_cbor(&mut &bytes[..]), index + 1),
                    Payload::Protobuf => {}
                }
            }
        }
    }
}

/// A prefix by its definition, independent of the code under test.
fn length(prefix: Prefix, bytes: &[u8]) -> (usize, usize) {
    let number = |count: usize, big: bool| {
        let mut digits = bytes[..count].to_vec();
        if !big {
            digits.reverse();
        }
        (count, digits.iter().fold(0, |n, digit| n << 8 | usize::from(*digit)))
    };
    match prefix {
        Prefix::U16Le => number(2, false),
        Prefix::U16Be => number(2, true),
        Prefix::U32Le => number(4, false),
        Prefix::U32Be => number(4, true),
        Prefix::U64Le => number(8, false),
        Prefix::None => (0, bytes.len()),
        Prefix::Varint => {
            let count = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
            (count, bytes[..count].iter().rev().fold(0, |n, digit| n << 7 | usize::from(digit & 0x7f)))
        }
    }
}

#[test]
fn a_full_target_is_an_error() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let sample = Sample {
        format: Format::Csv,
        options: Options::default(),
        seed: 1,
        amount: Amount::Bytes(10 << 20),
        workers: 2,
    };
    let error = sample.write(&mut Full(1 << 20)).unwrap_err();
    assert_eq!(error.class(), crate::error::ErrorClass::Io);
}

/// A record of MessagePack, as the crate rmpv reads it.
fn as_json(bytes: &mut &[u8]) -> serde_json::Value {
    fn json(value: rmpv::Value) -> serde_json::Value {
        match value {
            rmpv::Value::Nil => serde_json::Value::Null,
            rmpv::Value::Boolean(truth) => truth.into(),
            rmpv::Value::Integer(number) => number.as_u64().unwrap().into(),
            rmpv::Value::F32(number) => number.into(),
            rmpv::Value::F64(number) => number.into(),
            rmpv::Value::String(text) => text.as_str().unwrap().into(),
            rmpv::Value::Array(items) => items.into_iter().map(json).collect(),
            rmpv::Value::Map(fields) => {
                fields.into_iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), json(value))).collect()
            }
            other => panic!("{other}"),
        }
    }
    json(rmpv::decode::read_value(bytes).unwrap())
}

/// A record of CBOR, as the crate ciborium reads it. A decimal fraction is its number.
fn of_cbor(bytes: &mut &[u8]) -> serde_json::Value {
    fn json(value: ciborium::Value) -> serde_json::Value {
        match value {
            ciborium::Value::Null => serde_json::Value::Null,
            ciborium::Value::Bool(truth) => truth.into(),
            ciborium::Value::Integer(number) => u64::try_from(number).unwrap().into(),
            ciborium::Value::Float(number) => number.into(),
            ciborium::Value::Text(text) => text.into(),
            ciborium::Value::Array(items) => items.into_iter().map(json).collect(),
            ciborium::Value::Map(fields) => {
                fields.into_iter().map(|(key, value)| (key.into_text().unwrap(), json(value))).collect()
            }
            ciborium::Value::Tag(4, parts) => {
                let parts = parts.into_array().unwrap();
                assert_eq!(parts[0].as_integer(), Some((-2).into()));
                (u32::try_from(parts[1].as_integer().unwrap()).unwrap() as f64 / 100.0).into()
            }
            other => panic!("{other:?}"),
        }
    }
    json(ciborium::from_reader(bytes).unwrap())
}

fn check_packed(record: &serde_json::Value, id: usize) {
    assert_eq!(record["id"], id);
    assert!(record["time"].as_str().is_some_and(|time| time.len() == 24 && time.ends_with('Z')));
    assert!(record["price"].as_f64().is_some_and(|price| (0.0..1000.0).contains(&price)));
    assert!(record["rate"].as_f64().is_some_and(|rate| rate.abs() < 1.0));
    assert!(record["active"].is_boolean() && record["tags"].is_array() && record["quantity"].is_u64());
    assert_eq!(record["address"]["zip"].as_str().map(str::len), Some(5));
    assert_eq!(record.as_object().map(|fields| fields.len()), Some(10));
}

#[test]
fn packed_records_follow_each_other() {
    let (bytes, _) = sample(Format::Msgpack, Options::default(), Amount::Records(1500), 2);
    let mut rest = &bytes[..];
    (1..=1500).for_each(|id| check_packed(&as_json(&mut rest), id));
    assert!(rest.is_empty());
    let (bytes, _) = sample(Format::Cbor, Options::default(), Amount::Records(1500), 2);
    let mut rest = &bytes[..];
    (1..=1500).for_each(|id| check_packed(&of_cbor(&mut rest), id));
    assert!(rest.is_empty());
}

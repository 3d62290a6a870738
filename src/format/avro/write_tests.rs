//! Records that are written, and read back.

use super::codec::Codec;
use super::pack::Packing;
use super::tests::read_with;
use crate::compress::{Begun, Blocks};
use crate::format::harness::{Run, ready, run, want};
use crate::format::{Columns, Format, Given, Gives, Options, Shape, UnknownKey, create, open};
use crate::record::{Apart, Kind, LossyKind, Schema, Type, Unit};

/// A file of the records of JSON Lines with these types, in blocks of this many bytes; the errors; the losses.
fn written(types: &Schema, lines: &str, options: &Options) -> (Vec<u8>, Vec<String>, u64) {
    let source = ready(open(Format::Ndjson, options, lines.as_bytes(), true));
    let columns = Columns { schema: types.clone(), unknown: UnknownKey::Count, apart: Apart::None, seen: None };
    let given = Given { columns: Some(columns), ..Given::new(&Shape::Keyed, Gives::default()) };
    let target = create(Format::Avro, options, given).unwrap();
    let how = Run {
        want: want(),
        target: 50,
        window: 100,
        buffer: 64,
        strict: false,
        max_record: 1 << 20,
        look: &mut |_| {},
    };
    let ran = run(&*source, Some(&*target), lines.as_bytes(), how);
    let packing = Packing::new(Codec::Null, 0, 1);
    let Begun { header, known, .. } = packing.begin(&target.frame().prefix[4..]).unwrap();
    let (mut file, mut packer) = (header.clone(), packing.packer().unwrap());
    let mut rest = &ran.bytes[..];
    while let Some((len, after)) = rest.split_first_chunk() {
        let (record, behind) = after.split_at(u32::from_le_bytes(*len) as usize);
        packer.pack(&known, 1, record, &mut file).unwrap();
        rest = behind;
    }
    assert!(rest.is_empty());
    (file, ran.errors.iter().map(|error| error.message().to_string()).collect(), ran.lossy.total())
}

#[track_caller]
fn same(of: impl Into<Type>, values: &[&str]) {
    let types = Schema::typed([("f", of.into())]);
    let lines: String = values.iter().map(|value| format!("{{\"f\":{value}}}\n")).collect();
    let (file, errors, lost) = written(&types, &lines, &Options::default());
    assert_eq!((errors, lost), (vec![], 0), "{types:?}");
    assert_eq!(read_with(&Options::default(), &file, 1 << 20, 1 << 20), (lines, vec![]), "{types:?}");
}

#[track_caller]
fn refused(of: impl Into<Type>, value: &str, wanted: &str) {
    let types = Schema::typed([("f", of.into())]);
    let (_, errors, _) = written(&types, &format!("{{\"f\":{value}}}\n"), &Options::default());
    assert_eq!(errors, [wanted], "{types:?}");
}

fn nullable(kind: Kind) -> Type {
    Type { kind, nullable: true }
}

#[test]
fn values_come_back() {
    same(Kind::Bool, &["true", "false"]);
    same(Kind::Int(8), &["-128", "127"]);
    same(Kind::Int(64), &["-9223372036854775808", "9223372036854775807", "0"]);
    same(Kind::UInt(64), &["18446744073709551615", "0"]);
    same(Kind::Float(64), &["0.1", "-0.0", "1e300", "5e-324"]);
    same(Kind::Float(32), &["0.5", "-1.25"]);
    same(Kind::Decimal { precision: 38, scale: 2 }, &["12.30", "-999999999999999999999999999999999999.99", "0.00"]);
    same(Kind::Decimal { precision: 3, scale: -2 }, &["1200", "-99900"]);
    same(Kind::Date, &["\"2024-02-29\"", "\"0001-01-01\""]);
    same(Kind::Time(Unit::Second), &["\"06:19:16\""]);
    same(Kind::Time(Unit::Milli), &["\"06:19:16.500\""]);
    same(Kind::Time(Unit::Micro), &["\"23:59:59.999999\""]);
    for utc in [false, true] {
        let zone = if utc { "Z" } else { "" };
        for (unit, rest) in
            [(Unit::Second, ""), (Unit::Milli, ".500"), (Unit::Micro, ".000001"), (Unit::Nano, ".123456789")]
        {
            let text = format!("\"2024-06-01T06:19:16{rest}{zone}\"");
            same(Kind::Timestamp { unit, utc }, &[&text]);
        }
    }
    same(Kind::Text, &["\"\"", "\"\u{e4}\"", "\"007\""]);
    same(Kind::Bytes(None), &["\"/wA=\"", "\"\""]);
    same(Kind::Bytes(Some(2)), &["\"/wA=\""]);
    same(Kind::Enum(["a".into(), "b".into()].into()), &["\"b\"", "\"a\""]);
    same(nullable(Kind::Int(32)), &["null", "7"]);
    same(Kind::List(nullable(Kind::Int(64)).into()), &["[]", "[1,null,2]"]);
    same(Kind::Map(std::sync::Arc::new(Kind::Text.into())), &["{}", "{\"b\":\"x\",\"a\":\"y\"}"]);
    let inner = Schema::typed([
        ("x", Kind::Int(32).into()),
        ("y", nullable(Kind::List(std::sync::Arc::new(Kind::Bool.into())))),
    ]);
    same(nullable(Kind::Record(inner.into())), &["null", "{\"x\":1,\"y\":null}", "{\"x\":1,\"y\":[true]}"]);
    let list = Kind::List(std::sync::Arc::new(Kind::Int(64).into()));
    let union = [Kind::Bool, Kind::Int(64), Kind::Float(64), Kind::Text, list].map(Type::from);
    same(nullable(Kind::Union(union.into())), &["null", "true", "5", "0.5", "\"5\"", "[1]"]);
    // Larger than the output buffer, and than what is kept.
    let long = format!("\"{}\"", "x".repeat(300_000));
    same(Kind::Text, &["\"a\"", &long, "\"b\""]);
}

#[test]
fn values_that_do_not_fit() {
    refused(Kind::Int(32), "2147483648", "the field `f` is a number that does not fit into int");
    refused(Kind::Int(64), "9223372036854775808", "the field `f` is a number that does not fit into long");
    refused(Kind::Int(64), "1.5", "the field `f` is a number that does not fit into long");
    refused(Kind::Int(64), "\"a\"", "the field `f` is a text that is not a value of long");
    refused(Kind::Int(64), "null", "the field `f` is null, where the schema of the output has long");
    refused(Kind::Bool, "1", "the field `f` is a number, where the schema of the output has boolean");
    refused(
        Kind::Decimal { precision: 3, scale: 1 },
        "100.0",
        "the field `f` is a number that does not fit into bytes (decimal(3,1))",
    );
    refused(Kind::Date, "\"2023-02-29\"", "the field `f` is a text that is not a value of int (date)");
    refused(
        Kind::Timestamp { unit: Unit::Milli, utc: true },
        "\"2024-06-01T06:19:16.0001Z\"",
        "the field `f` is a text that does not fit into long (timestamp-millis)",
    );
    refused(Kind::Bytes(Some(2)), "\"/w==\"", "the field `f` is a text that is not a value of fixed `Record_f`");
    refused(Kind::Bytes(None), "\"*\"", "the field `f` is a text that is not a value of bytes");
    refused(Kind::Enum(["a".into()].into()), "\"b\"", "the field `f` is a text that is not a value of enum `Record_f`");
    let list = Kind::List(std::sync::Arc::new(Kind::Int(64).into()));
    refused(list.clone(), "[1,true]", "the field `f[]` is a truth value, where the schema of the output has long");
    refused(list, "{}", "the field `f` is a map, where the schema of the output has array");
    let types = Schema::typed([("f", Kind::Int(64).into())]);
    let (_, errors, lost) = written(&types, "{\"g\":1}\n[1]\n5\n{\"f\":1,\"g\":2}\n", &Options::default());
    assert_eq!(
        errors,
        [
            "the field `f` is missing, and has no default in the schema of the output",
            "the record is a list, and records of Avro have fields",
            "the record is a plain value, and records of Avro have fields"
        ]
    );
    assert_eq!(lost, 1);
    let _ = LossyKind::FieldNotInSchema;
}

#[test]
fn names_that_avro_does_not_allow() {
    let types = Schema::typed([("a b", Kind::Int(64).into())]);
    let columns = Columns { schema: types.clone(), unknown: UnknownKey::Count, apart: Apart::None, seen: None };
    let given = || Given { columns: Some(columns.clone()), ..Given::new(&Shape::Keyed, Gives::default()) };
    let error = create(Format::Avro, &Options::default(), given()).err().unwrap().to_string();
    assert!(error.contains("the field `a b` has a name that Avro does not allow"), "{error}");
    // A schema may say what it is called.
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a_b","pagemill.name":"a b","type":"long"}]}"#;
    let options = Options { schema: Some(schema.into()), ..Options::default() };
    let (file, errors, _) = written(&types, "{\"a b\":5}\n", &options);
    assert_eq!(errors.len(), 0);
    assert_eq!(read_with(&Options::default(), &file, 1, 1 << 20).0, "{\"a b\":5}\n");
}

#[test]
fn every_codec_is_read_back() {
    for codec in [Codec::Null, Codec::Deflate, Codec::Snappy, Codec::Zstandard, Codec::Bzip2, Codec::Xz] {
        let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}"#;
        let packing = Packing::new(codec, 3, 1 << 16);
        let Begun { header, known, .. } = packing.begin(schema.as_bytes()).unwrap();
        let (mut file, mut packer) = (header.clone(), packing.packer().unwrap());
        let mut wanted = String::new();
        for text in ["", "x", &"0123456789".repeat(6000)] {
            let data = super::tests::text(text);
            packer.pack(&known, 1, &data, &mut file).unwrap();
            wanted += &format!("{{\"a\":\"{text}\"}}\n");
        }
        assert_eq!(read_with(&Options::default(), &file, 1, 1 << 20), (wanted, vec![]), "{codec:?}");
        assert_eq!(Packing::new(codec, 3, 1 << 16).begin(schema.as_bytes()).unwrap().header, header);
        assert!(Packing::new(codec, 4, 1 << 16).begin(schema.as_bytes()).unwrap().header != header);
    }
}

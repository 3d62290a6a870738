//! Files made by hand, whole and broken.

use std::io::Write;

use super::header::SYNC;
use crate::format::harness::{Run, ready, run, want};
use crate::format::{Format, Given, Gives, Options, Shape, Want, create, open};

const MARK: [u8; SYNC] = *b"0123456789abcdef";

pub(super) fn long(number: i64) -> Vec<u8> {
    let mut room = [0; 10];
    let len = crate::record::varint::put_signed(number, &mut room);
    room[..len].to_vec()
}

pub(super) fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    [&long(text.as_ref().len() as i64)[..], text.as_ref()].concat()
}

pub(super) fn head(schema: &str, codec: &str) -> Vec<u8> {
    let pairs = [text("avro.codec"), text(codec), text("avro.schema"), text(schema)].concat();
    [&b"Obj\x01"[..], &long(2), &pairs, &long(0), &MARK].concat()
}

pub(super) fn block(records: i64, data: &[u8]) -> Vec<u8> {
    [&long(records)[..], &long(data.len() as i64), data, &MARK].concat()
}

/// What comes of a file as JSON Lines: the text, and the reasons of errors with their places.
pub(super) fn read_with(
    options: &Options,
    data: &[u8],
    target: usize,
    window: usize,
) -> (String, Vec<(usize, String)>) {
    let source = match open(Format::Avro, options, data, true) {
        Err(crate::format::OpenError::Data(error)) => {
            return (String::new(), vec![(error.offset, error.message().to_string())]);
        }
        opened => ready(opened),
    };
    let start = source.start();
    let shape = source.schema().map_or(Shape::Keyed, |schema| Shape::Columns(schema.clone()));
    let writing = create(Format::Ndjson, options, Given::new(&shape, Gives::default())).unwrap();
    let want = Want { utf8: true, ..want() };
    let how =
        Run { want, target, window, buffer: 1 << 16, strict: false, max_record: options.max_record, look: &mut |_| {} };
    let ran = run(&*source, Some(&*writing), &data[start..], how);
    let errors = ran.errors.iter().map(|error| (error.offset + start, error.message().to_string())).collect();
    (String::from_utf8(ran.bytes).unwrap(), errors)
}

/// The same whatever the slices.
#[track_caller]
pub(super) fn read(data: &[u8]) -> (String, Vec<(usize, String)>) {
    let options = Options { max_record: 1 << 16, ..Options::default() };
    let found = read_with(&options, data, 1 << 19, 1 << 20);
    for (target, window) in [(1, 1), (1, 100), (7, 3), (40, 50)] {
        assert_eq!(read_with(&options, data, target, window), found, "{target} {window}");
    }
    found
}

#[track_caller]
fn is(schema: &str, records: &[&[u8]], wanted: &str) {
    let all = [head(schema, "null"), block(records.len() as i64, &records.concat())].concat();
    assert_eq!(read(&all), (wanted.to_owned(), vec![]), "{schema}");
    // In blocks of their own.
    let each: Vec<u8> = records.iter().flat_map(|record| block(1, record)).collect();
    assert_eq!(read(&[head(schema, "null"), each].concat()), (wanted.to_owned(), vec![]), "{schema}");
}

#[track_caller]
fn field(of: &str, data: &[u8], wanted: &str) {
    let schema = format!(r#"{{"type":"record","name":"r","fields":[{{"name":"f","type":{of}}}]}}"#);
    is(&schema, &[data], &format!("{{\"f\":{wanted}}}\n"));
}

#[test]
fn values_of_the_specification() {
    // The record of the specification: 27 and "foo".
    let schema =
        r#"{"type":"record","name":"test","fields":[{"name":"a","type":"long"},{"name":"b","type":"string"}]}"#;
    is(schema, &[b"\x36\x06foo"], "{\"a\":27,\"b\":\"foo\"}\n");
    // Its array of 3 and 27, also with a length in bytes, and its unions.
    let array = r#"{"type":"array","items":"long"}"#;
    field(array, b"\x04\x06\x36\x00", "[3,27]");
    field(array, b"\x03\x04\x06\x36\x00", "[3,27]");
    field(array, b"\x02\x06\x01\x02\x36\x00", "[3,27]");
    field(array, b"\x00", "[]");
    field(r#"["null","string"]"#, b"\x00", "null");
    field(r#"["null","string"]"#, b"\x02\x02a", "\"a\"");
    field(r#"{"type":"map","values":"long"}"#, b"\x04\x02a\x02\x02b\x04\x00", r#"{"a":1,"b":2}"#);
    field(r#"{"type":"enum","name":"Foo","symbols":["A","B","C","D"]}"#, b"\x06", "\"D\"");
    field("\"string\"", b"\x06foo", "\"foo\"");
    field("\"boolean\"", b"\x01", "true");
    field("\"null\"", b"", "null");
    field("\"int\"", b"\x7f", "-64");
    field("\"float\"", &1.5f32.to_le_bytes(), "1.5");
    field("\"double\"", &0.1f64.to_le_bytes(), "0.1");
    field("\"bytes\"", b"\x04\xff\x00", "\"/wA=\"");
    field(r#"{"type":"fixed","name":"x","size":2}"#, b"\xff\x00", "\"/wA=\"");
}

#[test]
fn logical_types() {
    let of = |kind: &str, name: &str| format!(r#"{{"type":"{kind}","logicalType":"{name}"}}"#);
    field(&of("int", "date"), &long(19875), "\"2024-06-01\"");
    field(&of("int", "time-millis"), &long(22_756_500), "\"06:19:16.500\"");
    field(&of("long", "time-micros"), &long(1), "\"00:00:00.000001\"");
    field(&of("long", "timestamp-millis"), &long(-1), "\"1969-12-31T23:59:59.999Z\"");
    field(&of("long", "timestamp-micros"), &long(0), "\"1970-01-01T00:00:00.000000Z\"");
    field(&of("long", "timestamp-nanos"), &long(i64::MAX), "\"2262-04-11T23:47:16.854775807Z\"");
    field(&of("long", "local-timestamp-millis"), &long(0), "\"1970-01-01T00:00:00.000\"");
    field(&of("long", "local-timestamp-micros"), &long(0), "\"1970-01-01T00:00:00.000000\"");
    field(&of("long", "local-timestamp-nanos"), &long(1), "\"1970-01-01T00:00:00.000000001\"");
    field(&of("string", "uuid"), &text("x"), "\"x\"");
    field(
        r#"{"type":"fixed","name":"u","size":16,"logicalType":"uuid"}"#,
        b"\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00",
        "\"123e4567-e89b-12d3-a456-426614174000\"",
    );
    field(
        r#"{"type":"fixed","name":"d","size":12,"logicalType":"duration"}"#,
        b"\x01\0\0\0\x02\0\0\0\xbc\x0b\0\0",
        "\"P1M2DT3.004S\"",
    );
    let decimal = |rest: &str| format!(r#"{{"logicalType":"decimal","precision":6,"scale":2,{rest}}}"#);
    field(&decimal(r#""type":"bytes""#), b"\x04\x04\xd2", "12.34");
    field(&decimal(r#""type":"bytes""#), b"\x00", "0.00");
    field(&decimal(r#""type":"fixed","name":"x","size":4"#), b"\xff\xff\xff\xff", "-0.01");
    // What does not fit is passed over.
    field(&of("string", "date"), &text("a"), "\"a\"");
    field(&of("long", "date"), &long(1), "1");
    field(&of("int", "nobody-knows"), &long(1), "1");
    field(r#"{"type":"bytes","logicalType":"decimal","precision":2,"scale":3}"#, b"\x02a", "\"YQ==\"");
    field(r#"{"type":"fixed","name":"x","size":1,"logicalType":"decimal","precision":3}"#, b"a", "\"YQ==\"");
    field(r#"{"type":"bytes","logicalType":"decimal","precision":"x"}"#, b"\x02a", "\"YQ==\"");
}

#[test]
fn names_and_types_inside_themselves() {
    let list = r#"{"type":"record","name":"List","namespace":"a.b","fields":[
        {"name":"v","type":"long"},{"name":"next","type":["null","List"]}]}"#;
    is(list, &[b"\x02\x02\x04\x02\x06\x00"], "{\"v\":1,\"next\":{\"v\":2,\"next\":{\"v\":3,\"next\":null}}}\n");
    let full = r#"{"type":"record","name":"a.b.R","fields":[
        {"name":"x","type":{"type":"fixed","name":"F","size":1}},{"name":"y","type":"a.b.F"},{"name":"z","type":"F"}]}"#;
    is(full, &[b"abc"], "{\"x\":\"YQ==\",\"y\":\"Yg==\",\"z\":\"Yw==\"}\n");
}

#[test]
fn records_that_are_no_records() {
    is("\"long\"", &[b"\x02", b"\x04"], "{\"value\":1}\n{\"value\":2}\n");
    is(r#"{"type":"array","items":"int"}"#, &[b"\x02\x02\x00"], "[1]\n");
    is(r#"{"type":"map","values":"int"}"#, &[b"\x02\x02a\x02\x00"], "{\"a\":1}\n");
    let either = r#"[{"type":"record","name":"A","fields":[{"name":"a","type":"int"}]},
        {"type":"record","name":"B","fields":[{"name":"b","type":"string"}]}]"#;
    is(either, &[b"\x00\x02", b"\x02\x02x"], "{\"a\":1}\n{\"b\":\"x\"}\n");
    is(r#"{"type":"record","name":"E","fields":[]}"#, &[b"", b""], "{}\n{}\n");
    is("\"null\"", &[b"", b""], "{\"value\":null}\n{\"value\":null}\n");
}

const PAIR: &str =
    r#"{"type":"record","name":"test","fields":[{"name":"a","type":"long"},{"name":"b","type":"string"}]}"#;

fn packed(codec: &str, data: &[u8]) -> Vec<u8> {
    match codec {
        "null" => data.to_vec(),
        "deflate" => {
            let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
            out.write_all(data).unwrap();
            out.finish().unwrap()
        }
        "snappy" => {
            let mut out = snap::raw::Encoder::new().compress_vec(data).unwrap();
            out.extend_from_slice(&crc32fast::hash(data).to_be_bytes());
            out
        }
        "zstandard" => {
            let mut out = vec![0; zstd_safe::compress_bound(data.len())];
            let len = zstd_safe::compress(&mut out[..], data, 3).unwrap();
            out.truncate(len);
            out
        }
        "bzip2" => {
            let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(9));
            out.write_all(data).unwrap();
            out.finish().unwrap()
        }
        _ => {
            let mut out = liblzma::write::XzEncoder::new(Vec::new(), 6);
            out.write_all(data).unwrap();
            out.finish().unwrap()
        }
    }
}

const CODECS: [&str; 6] = ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"];

#[test]
fn codecs() {
    for codec in CODECS {
        let (mut data, mut wanted, mut file) = (Vec::new(), String::new(), head(PAIR, codec));
        for block_of in [1, 3000, 0, 2] {
            data.clear();
            for number in 0..block_of {
                // Some are larger than what is copied at once.
                let long_text = "x".repeat(if number == 700 { 100_000 } else { number % 7 });
                data.extend([long(number as i64), text(&long_text)].concat());
                wanted.push_str(&format!("{{\"a\":{number},\"b\":\"{long_text}\"}}\n"));
            }
            file.extend(block(block_of as i64, &packed(codec, &data)));
        }
        let options = Options { max_record: 1 << 20, ..Options::default() };
        for (target, window) in [(1 << 19, 1 << 20), (1, 1000), (5000, 3)] {
            let (found, errors) = read_with(&options, &file, target, window);
            assert_eq!(errors, vec![], "{codec}");
            assert!(found == wanted, "{codec}");
        }
    }
}

#[test]
fn blocks_that_are_damaged_inside() {
    let good = block(1, &[long(7), text("x")].concat());
    for codec in &CODECS[1..] {
        let data = packed(codec, &[long(1), text("abcabcabcabcabcabc")].concat());
        let (good, start) = (block(1, &packed(codec, &[long(7), text("x")].concat())), head(PAIR, codec).len());
        let mut kept = 0;
        for at in 0..data.len() {
            let mut broken = data.clone();
            broken[at] ^= 0x55;
            let (found, errors) = read(&[&head(PAIR, codec)[..], &good, &block(1, &broken), &good].concat());
            // A checksum is there in all but deflate and Zstandard.
            let lines = found.lines().count();
            assert!(
                lines == 2 && errors.len() == 1 || lines == 3 && errors.is_empty(),
                "{codec} {at}: {found} {errors:?}"
            );
            kept += usize::from(lines == 3);
            errors.iter().for_each(|error| assert_eq!(error.0, start + good.len(), "{codec} {at}"));
        }
        assert!(kept == 0 || matches!(*codec, "deflate" | "zstandard" | "bzip2"), "{codec} {kept}");
    }
    // The number of records, the end of the data, and a text that is none.
    let start = head(PAIR, "null").len();
    let all = |middle: &[u8]| read(&[&head(PAIR, "null")[..], &good, middle, &good].concat());
    let two = "{\"a\":7,\"b\":\"x\"}\n{\"a\":7,\"b\":\"x\"}\n".to_owned();
    let three = "{\"a\":7,\"b\":\"x\"}\n{\"a\":1,\"b\":\"\"}\n{\"a\":7,\"b\":\"x\"}\n".to_owned();
    let (found, errors) = all(&block(2, &[long(1), text("")].concat()));
    assert_eq!((found, errors.len()), (two.clone(), 1));
    let (found, errors) = all(&block(1, &[long(1), text(""), long(5)].concat()));
    assert_eq!(found, three);
    assert_eq!(errors, [(start + good.len() + 4, "a block goes on for 1 byte after its last record".to_owned())]);
    let (found, errors) = all(&block(2, &[long(1), b"\x02\xff".to_vec(), long(1), text("")].concat()));
    assert_eq!((found, errors.len()), (three, 1));
    assert_eq!(errors[0], (start + good.len() + 4, "the text is not valid UTF-8".to_owned()));
    let (found, errors) = all(&block(2, &[long(1), b"\x7f".to_vec(), long(1), text("")].concat()));
    assert_eq!((found, errors.len()), (two, 1));
}

#[test]
fn blocks_that_are_none() {
    let good = block(1, &[long(7), text("x")].concat());
    let start = head(PAIR, "null").len();
    let line = "{\"a\":7,\"b\":\"x\"}\n";
    let file = |middle: &[u8]| [&head(PAIR, "null")[..], &good, middle, &good].concat();
    let damaged = "a block is damaged: no sync marker follows its data";
    let mut wrong = good.clone();
    *wrong.last_mut().unwrap() ^= 1;
    // The block after it is part of it: its marker is the next one.
    assert_eq!(read(&file(&wrong)), (line.to_owned(), vec![(start + good.len(), damaged.to_owned())]));
    for middle in [
        &[&b"\x02\x7f"[..], &good[2..]].concat(),
        &[&b"\x02\x01"[..], &good[2..]].concat(),
        &[&[0xff; 12][..], &MARK].concat(),
    ] {
        let (found, errors) = read(&file(middle));
        assert_eq!((found, errors), (line.repeat(2), vec![(start + good.len(), damaged.to_owned())]), "{middle:x?}");
    }
    // A length that lies beyond all that blocks may have.
    let (found, errors) = read(&file(&[&long(1)[..], &long(1 << 40), &good].concat()));
    assert_eq!((found, errors), (line.repeat(2), vec![(start + good.len(), damaged.to_owned())]));
    // The end.
    let whole = file(b"");
    for len in start..whole.len() {
        let (found, errors) = read(&whole[..len]);
        let blocks = (len - start) / good.len();
        let is_between = (len - start).is_multiple_of(good.len());
        assert_eq!(found, line.repeat(blocks), "{len}");
        let wanted = (start + blocks * good.len(), "the input ends inside a block".to_owned());
        assert_eq!(errors, if is_between { vec![] } else { vec![wanted] }, "{len}");
    }
    for len in 0..start {
        assert_eq!(read(&whole[..len]).1.len(), 1, "{len}");
    }
}

#[test]
fn numbers_that_lie() {
    let array = |of: &str| format!(r#"{{"type":"array","items":{of}}}"#);
    let most = long(i64::MAX);
    for (schema, data) in [
        (array("\"long\""), most.clone()),
        (array("\"null\""), most.clone()),
        (array(r#"{"type":"fixed","name":"f","size":0}"#), most.clone()),
        (array(r#"{"type":"record","name":"f","fields":[{"name":"n","type":"null"}]}"#), most.clone()),
        (array("\"long\""), [long(i64::MIN), long(5)].concat()),
        (r#"{"type":"map","values":"null"}"#.to_owned(), most.clone()),
        ("\"string\"".to_owned(), most.clone()),
        ("\"bytes\"".to_owned(), long(-1)),
        ("[\"null\"]".to_owned(), long(1)),
        ("[\"null\"]".to_owned(), long(-1)),
        (r#"{"type":"enum","name":"e","symbols":["a"]}"#.to_owned(), long(1)),
        ("\"boolean\"".to_owned(), vec![2]),
        ("\"int\"".to_owned(), long(1 << 31)),
        (r#"{"type":"int","logicalType":"time-millis"}"#.to_owned(), long(-1)),
        (r#"{"type":"record","name":"r","fields":[{"name":"r","type":"r"}]}"#.to_owned(), vec![]),
    ] {
        let (found, errors) = read(&[head(&schema, "null"), block(1, &data)].concat());
        assert_eq!((&found[..], errors.len()), ("", 1), "{schema} {errors:?}");
    }
    // More records than a block can have.
    for schema in ["\"long\"", "\"null\""] {
        let (found, errors) = read(&[head(schema, "null"), block(i64::MAX, b"\x02")].concat());
        assert_eq!((&found[..], errors.len()), ("", 1), "{schema} {errors:?}");
    }
}

#[test]
fn what_a_block_becomes_has_a_limit() {
    for codec in &CODECS[1..] {
        let bomb = packed(codec, &vec![0; 4 << 20]);
        let file = [head("\"null\"", codec), block(1, &bomb)].concat();
        let (found, errors) = read_with(&Options { max_record: 1 << 20, ..Options::default() }, &file, 1, 1 << 20);
        assert_eq!(found, "");
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].1, "a block has more than 1048576 bytes when it is decompressed", "{codec}");
    }
}

#[test]
fn headers_that_are_none() {
    let wrong = |file: &[u8]| read(file).1[0].1.clone();
    assert!(wrong(b"PAR1").contains("does not"), "{}", wrong(b"PAR1"));
    assert!(wrong(&head(PAIR, "lzo")).contains("`lzo`"));
    assert!(wrong(&head("{", "null")).contains("it is not JSON"));
    assert!(wrong(&head("\"nobody\"", "null")).contains("there is no type `nobody`"));
    assert!(wrong(&[&b"Obj\x01"[..], &long(0), &MARK].concat()).contains("no schema"));
    assert!(wrong(&[&b"Obj\x01"[..], &long(i64::MAX), &text("a")].concat()).contains("inside the header"));
    // Properties in parts, with their lengths.
    let pair = [text("avro.schema"), text("\"int\"")].concat();
    let file = [
        &b"Obj\x01"[..],
        &long(-1),
        &long(pair.len() as i64),
        &pair,
        &long(1),
        &text("user"),
        &text("x"),
        &long(0),
        &MARK,
        &block(1, b"\x02"),
    ]
    .concat();
    assert_eq!(read(&file), ("{\"value\":1}\n".to_owned(), vec![]));
    let deep = format!("{}\"int\"{}", r#"{"type":"array","items":"#.repeat(5000), "}".repeat(5000));
    assert!(wrong(&head(&deep, "null")).contains("makes no sense"));
}

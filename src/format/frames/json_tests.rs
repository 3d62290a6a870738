//! Frames of JSON, and records that become JSON in frames.

use proptest::prelude::*;

use super::tests::{frame, options, put};
use super::*;
use crate::format::Format;
use crate::format::harness::{self, Ran, Run, ready, want};
use crate::record::{Batch, Detail, Drain, LossyKind, Output, Value};

fn payloads(frames: &[u8]) -> Vec<String> {
    let mut rest = frames;
    let mut texts = Vec::new();
    while !rest.is_empty() {
        let prefix::Length::Is { head, len } = Prefix::Varint.read(rest) else { panic!("no prefix") };
        texts.push(String::from_utf8(rest[head..head + len as usize].to_vec()).unwrap());
        rest = &rest[head + len as usize..];
    }
    texts
}

fn frames(texts: &[&str]) -> Vec<u8> {
    texts.iter().map(|text| frame(Prefix::Varint, text.as_bytes())).collect::<Vec<_>>().concat()
}

struct How {
    want: Want,
    target: usize,
    buffer: usize,
    strict: bool,
}

impl Default for How {
    fn default() -> How {
        How { want: Want { utf8: true, ..want() }, target: 1 << 20, buffer: 1 << 16, strict: false }
    }
}

/// Reads frames of JSON and writes frames.
fn convert(data: &[u8], to: Payload, how: How, look: &mut dyn FnMut(&Batch<'_>)) -> Ran {
    let source = ready(open(&options(Prefix::Varint, Payload::Json)));
    let shape = match &how.want.select {
        Some(names) => Shape::Columns(Schema::new(names)),
        None => Shape::Keyed,
    };
    let write =
        create(&options(Prefix::Varint, to), Given::new(&shape, Format::Frames.gives(&options(Prefix::Varint, to))))
            .unwrap();
    let How { want, target, buffer, strict } = how;
    let run = Run { want, target, window: target, buffer, strict, max_record: 1 << 10, look };
    harness::run(&*source, Some(&*write), data, run)
}

/// Nested maps have more brackets than the names they come from; the room made for a record has to suffice.
#[test]
fn nested_maps_in_buffers_of_any_size() {
    let options = Options { unflatten: true, ..options(Prefix::Varint, Payload::Json) };
    let names = ["...", "a.b.c", "a.b.d", "e", "a.e", "z..y"];
    let schema = Schema::new(names.map(str::as_bytes));
    let target = create(&options, Given::new(&Shape::Columns(schema.clone()), Format::Csv.gives(&options))).unwrap();
    let (arena, mut frames) = (crate::memory::Arena::new(1 << 14, 1 << 20), Vec::new());
    let mut batch = Batch::new(&arena, b"", Some(&schema), 100);
    for text in [&b"[]"[..], b"{}", b"1", b"[[]]", b""] {
        batch.reserve(names.len(), 0).unwrap();
        names.iter().for_each(|_| batch.push(Value::Untyped(text)));
        batch.end_record(0, 0).unwrap();
        let text = match text {
            b"" => r#""""#,
            text => std::str::from_utf8(text).unwrap(),
        };
        let json = r#"{"":{"":{"":{"":0}}},"a":{"b":{"c":0,"d":0},"e":0},"e":0,"z":{"":{"y":0}}}"#;
        frames.extend(frame(Prefix::Varint, json.replace('0', text).as_bytes()));
    }
    for capacity in 1..1500 {
        let (mut buffer, mut drain) = (vec![0; capacity], Collect(Vec::new()));
        let mut output = Output::new(&mut buffer, &mut drain, false);
        target.encoder().encode(&batch, 0..batch.len(), &mut output).unwrap();
        let len = output.len();
        drain.0.extend_from_slice(&buffer[..len]);
        assert_eq!(String::from_utf8_lossy(&drain.0), String::from_utf8_lossy(&frames), "{capacity}");
    }
}

struct Collect(Vec<u8>);

impl Drain for Collect {
    fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[test]
fn every_json_value_is_a_record() {
    let texts = ["{\"a\":1.10,\"b\":[1e400,{\"c\":null}]}", "[]", "-0", "\"\u{e4}\"", "true", "null", "{}"];
    for detail in [Detail::Record, Detail::Fields, Detail::Maps, Detail::All] {
        let how = || How { want: Want { detail, utf8: true, ..want() }, ..How::default() };
        let ran = convert(&frames(&texts), Payload::Json, how(), &mut |_| {});
        assert_eq!(payloads(&ran.bytes), texts, "{detail:?}");
        assert_eq!((ran.records, ran.errors), (7, vec![]));
        let spaced = frames(&[" { \"a\" : [ 1 , 2 ] } \n"]);
        assert_eq!(payloads(&convert(&spaced, Payload::Json, how(), &mut |_| {}).bytes), ["{\"a\":[1,2]}"]);
    }
}

#[test]
fn bad_json_is_a_bad_record() {
    let good = "{\"a\":1}";
    for bad in ["", " ", "{", "{}{}", "1 2", "{\"a\":}", "nul", "\"a", "[1", "]"] {
        let data = frames(&[good, bad, good]);
        for target in [1, 1 << 20] {
            let ran = convert(&data, Payload::Json, How { target, ..How::default() }, &mut |_| {});
            assert_eq!(payloads(&ran.bytes), [good, good], "{bad}");
            assert_eq!(ran.errors.len(), 1, "{bad}");
            let frame = frames(&[good]).len();
            let end = frame + 1 + bad.len();
            assert!((frame..=end).contains(&ran.errors[0].offset), "{bad}: {:?}", ran.errors);
        }
    }
    let invalid = [frames(&[good]), frame(Prefix::Varint, b"\"a\xff\""), frames(&[good])].concat();
    let ran = convert(&invalid, Payload::Json, How::default(), &mut |_| {});
    assert_eq!((ran.records, ran.errors[0].offset), (2, frames(&[good]).len() + 3));
    let replace = Want { utf8: true, replace_invalid_utf8: true, ..want() };
    let ran = convert(&invalid, Payload::Json, How { want: replace, ..How::default() }, &mut |_| {});
    assert_eq!(payloads(&ran.bytes), [good, "\"a\u{fffd}\"", good]);
    assert_eq!(ran.lossy.of(LossyKind::InvalidUtf8Replaced), 1);
}

#[test]
fn selected_fields_are_columns() {
    let select = Some(["b.c", "a"].map(|name| name.as_bytes().into()).to_vec());
    let data = frames(&["{\"a\":1,\"b\":{\"c\":\"x\"}}", "{\"a\":2,\"d\":[3]}"]);
    let mut rows = Vec::new();
    let how = How { want: Want { select, utf8: true, ..want() }, ..How::default() };
    let ran = convert(&data, Payload::Json, how, &mut |batch| {
        rows.extend((0..batch.len()).map(|row| format!("{:?}", batch.columns(row))));
    });
    let expected = [[Value::Text(b"x"), Value::Number(b"1")], [Value::Absent, Value::Number(b"2")]];
    assert_eq!(rows, expected.map(|row| format!("{row:?}")));
    assert_eq!(payloads(&ran.bytes), ["{\"b.c\":\"x\",\"a\":1}", "{\"a\":2}"]);
}

#[test]
fn only_single_values_are_not_json() {
    let texts = ["{\"k\":\"v\"}", "{\"payload\":7}", "\"s\"", "{\"a\":1,\"b\":2}", "{\"a\":[]}", "[1]", "{}"];
    let expected = ["v", "7", "s", "{\"a\":1,\"b\":2}", "{\"a\":[]}", "[1]", "{}"];
    for detail in [Detail::Fields, Detail::All] {
        let how = How { want: Want { detail, utf8: true, ..want() }, ..How::default() };
        let ran = convert(&frames(&texts), Payload::Text, how, &mut |_| {});
        assert_eq!(payloads(&ran.bytes), expected);
        assert_eq!((ran.lossy.of(LossyKind::KeyDropped), ran.lossy.of(LossyKind::NumberAsText)), (1, 1));
    }
    let strict = How { strict: true, ..How::default() };
    let ran = convert(&frames(&texts), Payload::Text, strict, &mut |_| {});
    assert_eq!(payloads(&ran.bytes), expected[2..]);
    assert_eq!((ran.errors.len(), ran.records, ran.lossy.total()), (2, 5, 0));
}

#[test]
fn bytes_become_base64_in_json() {
    let json = options(Prefix::Varint, Payload::Json);
    let ran = put(&json, Format::Fixed, "raw", Value::Bytes(b"\xff\x00"));
    assert_eq!(payloads(&ran.bytes), ["{\"raw\":\"/wA=\"}"]);
    assert_eq!(ran.lossy.of(LossyKind::BytesAsText), 1);
    // The buffer of this test is smaller than the record, which is therefore measured first.
    let long = vec![b'x'; 1000];
    let ran = put(&json, Format::Fixed, "raw", Value::Bytes(&long));
    let value: serde_json::Value = serde_json::from_str(&payloads(&ran.bytes)[0]).unwrap();
    assert_eq!(value["raw"].as_str().unwrap().len(), 1336);
    assert_eq!(ran.lossy.of(LossyKind::BytesAsText), 1, "counted once");
    let narrow = Options { frame: Prefix::U16Le, ..json.clone() };
    let ran = put(&narrow, Format::Fixed, "raw", Value::Text(&vec![b'x'; 0x1_0000]));
    assert!(ran.errors[0].reason.contains("too long for the prefix u16le"), "{:?}", ran.errors);
    assert_eq!((ran.bytes.len(), ran.lossy.total()), (0, 0));
    let raw = Options { bytes_as: crate::format::BytesAs::Text, ..json };
    let ran = put(&raw, Format::Fixed, "raw", Value::Bytes(b"\xff"));
    assert_eq!((ran.errors.len(), ran.bytes.len(), ran.lossy.total()), (1, 0, 0));
}

#[test]
fn typed_records_become_json() {
    let from = Options { layout: Some("id:u64le,x:f64le,t:text4,f:bool".to_string()), ..Options::default() };
    let source = ready(crate::format::open(Format::Fixed, &from, b"", true));
    let shape = Shape::Columns(source.schema().unwrap().clone());
    let to = create(
        &options(Prefix::U16Be, Payload::Json),
        Given::new(&shape, Format::Fixed.gives(&options(Prefix::U16Be, Payload::Json))),
    )
    .unwrap();
    let data = [&u64::MAX.to_le_bytes()[..], &1.5f64.to_le_bytes(), b"a\"\n\0", &[1]].concat();
    let look = &mut |_: &Batch<'_>| {};
    let run = Run { want: want(), target: 64, window: 64, buffer: 1 << 12, strict: true, max_record: 64, look };
    let ran = harness::run(&*source, Some(&*to), &data, run);
    assert_eq!(ran.bytes, frame(Prefix::U16Be, br#"{"id":18446744073709551615,"x":1.5,"t":"a\"\n","f":true}"#));
}

/// Compact JSON texts of limited depth.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_string()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        Just("1.10".to_string()),
        ".{0,60}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((".{0,12}", inner), 0..4).prop_map(|fields| {
                let field = |(index, (key, value)): (usize, (String, String))| {
                    format!("{}:{value}", serde_json::to_string(&format!("{index}{key}")).unwrap())
                };
                format!("{{{}}}", fields.into_iter().enumerate().map(field).collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

proptest! {
    /// JSON survives the round trip, whatever the slices and however small the output buffer.
    #[test]
    fn there_and_back(texts in prop::collection::vec(json(), 0..12), target in 1usize..2000, buffer in 16usize..5000, detail in 0usize..4) {
        let detail = [Detail::Record, Detail::Fields, Detail::Maps, Detail::All][detail];
        let data = frames(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let want = || Want { detail, utf8: true, ..want() };
        let ran = convert(&data, Payload::Json, How { want: want(), target, buffer, strict: true }, &mut |_| {});
        let large = texts.iter().filter(|text| text.len() + 2 > 1 << 10).count();
        prop_assume!(large == 0);
        prop_assert!(ran.errors.is_empty(), "{:?}", ran.errors);
        let out = payloads(&ran.bytes);
        prop_assert_eq!(out.len(), texts.len());
        for (one, two) in texts.iter().zip(&out) {
            let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            prop_assert_eq!(parse(one), parse(two));
        }
        let roomy = convert(&data, Payload::Json, How { want: want(), ..How::default() }, &mut |_| {});
        prop_assert_eq!(ran.bytes, roomy.bytes);
    }

    /// Nothing panics or hangs, and every cut gives the same records and errors.
    #[test]
    fn hostile_bytes(data in prop::collection::vec(prop_oneof![any::<u8>(), 0u8..8, prop::sample::select(&b"{}[]\",:0\x05"[..])], 0..200)) {
        let whole = convert(&data, Payload::Json, How::default(), &mut |_| {});
        let single = convert(&data, Payload::Json, How { target: 1, ..How::default() }, &mut |_| {});
        prop_assert_eq!(&whole.bytes, &single.bytes);
        prop_assert_eq!(&whole.errors, &single.errors);
    }
}

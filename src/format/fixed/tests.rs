//! Fixed records from end to end.

use proptest::prelude::*;

use super::*;
use crate::format::Format;
use crate::format::harness::{self, Ran, Run, ready, want};
use crate::memory::Arena;
use crate::record::{Batch, Drain, EncodeError, LossyKind, Output, Value};

const ALL: &str = "a:u8,b:i8,c:u16le,d:u16be,e:u32le,f:u32be,g:u64le,h:u64be,i:i16le,j:i16be,k:i32le,l:i32be,\
m:i64le,n:i64be,o:f32le,p:f32be,q:f64le,r:f64be,s:bool,t:text7,u:text5space,v:bytes3,w:skip2";

fn options(layout: &str) -> Options {
    Options { layout: Some(layout.to_string()), ..Options::default() }
}

fn run(layout: &str, want: Want, data: &[u8], target: usize, look: &mut dyn FnMut(&Batch<'_>)) -> Ran {
    let options = options(layout);
    let source = ready(open(&options));
    let shape = match &want.select {
        Some(names) => Shape::Columns(Schema::new(names.iter().cloned())),
        None => Shape::Columns(source.schema().unwrap().clone()),
    };
    let target_format = create(&options, Given::new(&shape, Format::Fixed.gives(&options))).ok();
    let how = Run { want, target, window: target, buffer: 256, strict: false, max_record: 1 << 20, look };
    harness::run(&*source, target_format.as_deref(), data, how)
}

struct Nowhere;
impl Drain for Nowhere {
    fn drain(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

/// Encodes one record of one field; returns the error's text, or the bytes and what was lost.
fn put(kind: &str, value: Value<'_>, from: Format, options: &Options) -> Result<(Vec<u8>, Option<LossyKind>), String> {
    let options = Options { layout: Some(format!("x:{kind}")), ..options.clone() };
    let schema = Schema::new([&b"x"[..]]);
    let target = create(&options, Given::new(&Shape::Columns(schema.clone()), from.gives(&options))).unwrap();
    let arena = Arena::new(1 << 12, 1 << 20);
    let mut batch = Batch::new(&arena, b"", Some(&schema), 100);
    batch.reserve(1, 0).unwrap();
    batch.push(value);
    batch.end_record(0, 0).unwrap();
    let (mut buffer, mut drain) = ([0xee; 64], Nowhere);
    let mut output = Output::new(&mut buffer, &mut drain, false);
    match target.encoder().encode(&batch, 0..batch.len(), &mut output) {
        Ok(()) => {
            let (len, lost) = (output.len(), output.lossy.iter().map(|(kind, _)| kind).next());
            Ok((buffer[..len].to_vec(), lost))
        }
        Err(EncodeError::Record { index: 0, error }) => {
            assert_eq!((output.len(), output.lossy.total(), output.records), (0, 0, 0), "something is left");
            Err(error.reason.into_owned())
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn plain(kind: &str, value: Value<'_>) -> Result<(Vec<u8>, Option<LossyKind>), String> {
    put(kind, value, Format::Csv, &Options::default())
}

#[test]
fn values_as_bytes() {
    let lost = Some(LossyKind::NumberRounded);
    let cases: [(&str, Value<'_>, &[u8], Option<LossyKind>); 24] = [
        ("u8", Value::Untyped(b"255"), &[255], None),
        ("i8", Value::Number(b"-128"), &[0x80], None),
        ("u16le", Value::UInt(0x1234), &[0x34, 0x12], None),
        ("u16be", Value::Int(0x1234), &[0x12, 0x34], None),
        ("i32le", Value::Text(b"-2"), &[0xfe, 0xff, 0xff, 0xff], None),
        ("u64be", Value::Number(b"18446744073709551615"), &[0xff; 8], None),
        ("i64le", Value::Number(b"1e3"), &[0xe8, 3, 0, 0, 0, 0, 0, 0], None),
        ("u8", Value::Number(b"-0"), &[0], lost),
        ("f64be", Value::Number(b"1.10"), &[0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], None),
        ("f64be", Value::Number(b"1.1000000000000000000001"), &[0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], lost),
        ("f32le", Value::Untyped(b"0.5"), &[0, 0, 0, 0x3f], None),
        ("f32be", Value::Float(0.1), &[0x3d, 0xcc, 0xcc, 0xcd], lost),
        ("f64le", Value::Text(b"-inf"), &[0, 0, 0, 0, 0, 0, 0xf0, 0xff], None),
        ("bool", Value::Bool(true), &[1], None),
        ("bool", Value::Untyped(b"false"), &[0], None),
        ("text4", Value::Text(b"ab"), b"ab\0\0", None),
        ("text4space", Value::Untyped(b"007"), b"007 ", None),
        ("text2", Value::Text(b""), b"\0\0", None),
        ("text4", Value::Number(b"1.10"), b"1.10", Some(LossyKind::NumberAsText)),
        ("text5", Value::Bool(false), b"false", Some(LossyKind::BoolAsText)),
        ("text4", Value::Bytes(b"\xff\x00"), b"/wA=", Some(LossyKind::BytesAsText)),
        ("bytes2", Value::Bytes(b"\xff\x00"), b"\xff\x00", None),
        ("bytes2", Value::Text(b"/wA="), b"\xff\x00", None),
        ("bytes3", Value::Untyped(b"1234"), &[0xd7, 0x6d, 0xf8], None),
    ];
    for (kind, value, bytes, lost) in cases {
        assert_eq!(plain(kind, value), Ok((bytes.to_vec(), lost)), "{kind} {value:?}");
    }
    assert_eq!(put("bytes4", Value::Text(b"/wA="), Format::Text, &Options::default()).unwrap().0, b"/wA=");
    let raw = Options { bytes_as: crate::format::BytesAs::Text, ..Options::default() };
    assert_eq!(put("bytes4", Value::Text(b"/wA="), Format::Csv, &raw).unwrap().0, b"/wA=");
}

#[test]
fn what_does_not_fit_is_refused() {
    for (kind, value, part) in [
        ("u8", Value::Untyped(b"256"), "field `x` (u8) can't hold `256`: it is out of range"),
        ("u8", Value::Int(-1), "out of range"),
        ("i64le", Value::UInt(1 << 63), "out of range"),
        ("u32be", Value::Number(b"1.5"), "(u32be) can't hold `1.5`: it has a fraction"),
        ("u32be", Value::Untyped(b"007"), "it is not a number"),
        ("u32be", Value::Bool(true), "it is not a number"),
        ("f32le", Value::Number(b"1e39"), "out of range"),
        ("f64le", Value::Number(b"1e400"), "out of range"),
        ("f64le", Value::Text(b"abc\n"), "can't hold `abc\\n`: it is not a number"),
        ("bool", Value::Untyped(b"TRUE"), "(bool) can't hold `TRUE`"),
        ("bool", Value::Int(1), "(bool) can't hold 1"),
        ("text3", Value::Text(b"abcd"), "(text3) can't hold `abcd`: it has 4 bytes"),
        ("text3", Value::Text(b"a\0"), "ends with the padding character"),
        ("text3space", Value::Text(b"ab "), "ends with the padding character"),
        ("text9", Value::Raw(b"[]"), "can't hold a list or a map"),
        ("bytes3", Value::Bytes(b"ab"), "(bytes3) can't hold 2 bytes: it needs exactly 3"),
        ("bytes3", Value::Text(b"YWI="), "can't hold 2 bytes"),
        ("bytes3", Value::Text(b"a?bc"), "not base64"),
        ("bytes3", Value::Number(b"123"), "(bytes3) can't hold `123`"),
        ("u8", Value::Null, "field `x` can't hold null"),
        ("text3", Value::Null, "can't hold null"),
        ("bytes3", Value::Absent, "is missing in the record"),
        ("f64le", Value::Absent, "is missing in the record"),
        ("bool", Value::Null, "can't hold null"),
    ] {
        let refused = plain(kind, value).unwrap_err();
        assert!(refused.contains(part), "{kind} {value:?}: {refused}");
    }
}

#[test]
fn keyed_records_find_their_fields() {
    let options = Options { layout: Some("b:u8,pad:skip1,a.c:u8".to_string()), ..Options::default() };
    let target = create(&options, Given::new(&Shape::Keyed, Format::Json.gives(&options))).unwrap();
    let arena = Arena::new(1 << 12, 1 << 20);
    let mut batch = Batch::new(&arena, b"", None, 100);
    for (key, value) in [
        (&b""[..], Value::Map(5)),
        (b"a", Value::Map(1)),
        (b"c", Value::Number(b"7")),
        (b"x", Value::Null),
        (b"b", Value::Number(b"1")),
        (b"b", Value::Number(b"2")),
    ] {
        batch.push_keyed(key, value, 0).unwrap();
    }
    batch.end_record(0, 0).unwrap();
    batch.push_keyed(b"", Value::Map(0), 0).unwrap();
    batch.end_record(0, 0).unwrap();
    let (mut buffer, mut drain) = ([0xee; 64], Nowhere);
    let mut output = Output::new(&mut buffer, &mut drain, false);
    let outcome = target.encoder().encode(&batch, 0..batch.len(), &mut output);
    assert!(matches!(outcome, Err(EncodeError::Record { index: 1, .. })), "{outcome:?}");
    assert_eq!(output.lossy.of(LossyKind::UnknownKey), 1);
    assert_eq!(output.lossy.of(LossyKind::DuplicateKey), 1);
    assert_eq!((output.len(), output.records), (3, 1));
    assert_eq!(buffer[..3], [2, 0, 7]);
}

#[test]
fn a_refused_record_leaves_no_count_behind() {
    let schema = Schema::new(["a", "b"].map(str::as_bytes));
    let target = create(
        &options("a:u8,b:u8"),
        Given::new(&Shape::Columns(schema.clone()), Format::Csv.gives(&options("a:u8,b:u8"))),
    )
    .unwrap();
    let arena = Arena::new(1 << 12, 1 << 20);
    let mut batch = Batch::new(&arena, b"", Some(&schema), 100);
    batch.reserve(2, 0).unwrap();
    batch.push(Value::Number(b"-0"));
    batch.push(Value::Null);
    batch.end_record(0, 0).unwrap();
    let (mut buffer, mut drain) = ([0; 64], Nowhere);
    let mut output = Output::new(&mut buffer, &mut drain, false);
    assert!(target.encoder().encode(&batch, 0..1, &mut output).is_err());
    assert_eq!((output.len(), output.lossy.total()), (0, 0));
}

#[test]
fn strict_refuses_what_gets_lost() {
    let layout = options("a:u8");
    let source = ready(open(&options("a:u8,b:u8")));
    let target =
        create(&layout, Given::new(&Shape::Columns(source.schema().unwrap().clone()), Format::Fixed.gives(&layout)))
            .unwrap();
    let run = |strict| {
        let look = &mut |_: &Batch<'_>| {};
        let how = Run { want: want(), target: 64, window: 64, buffer: 64, strict, max_record: 64, look };
        harness::run(&*source, Some(&*target), &[1, 2, 3, 4], how)
    };
    let loose = run(false);
    assert_eq!((loose.bytes, loose.lossy.of(LossyKind::UnknownKey)), (vec![1, 3], 2));
    let strict = run(true);
    assert_eq!((strict.bytes.len(), strict.errors.len(), strict.lossy.total()), (0, 2, 0));
}

#[test]
fn settings_that_can_not_work() {
    let Err(OpenError::Usage(error)) = open(&Options::default()) else { panic!() };
    assert!(error.to_string().contains("`layout: "));
    let narrow = Options { max_record: 3, ..options("a:u32le") };
    assert!(matches!(open(&narrow), Err(OpenError::Usage(_))));
    let shape = Shape::Columns(Schema::new([&b"b"[..]]));
    let Err(error) =
        create(&options("a:u8,b:u8,p:skip1"), Given::new(&shape, Format::Csv.gives(&options("a:u8,b:u8,p:skip1"))))
    else {
        panic!()
    };
    assert!(error.to_string().contains("does not have: `a`\n"), "{error}");
}

#[test]
fn a_remainder_is_an_error_with_its_offset() {
    for target in [1, 3, 4, 7, 100] {
        let ran = run("a:u8,b:u16le", want(), &[1, 2, 0, 3, 4, 0, 5, 6], target, &mut |_| {});
        assert_eq!(ran.bytes, [1, 2, 0, 3, 4, 0]);
        assert_eq!(ran.errors.len(), 1);
        assert_eq!(ran.errors[0].offset, 6);
        assert!(ran.errors[0].reason.contains("it has only 2 bytes of 3"), "{:?}", ran.errors);
    }
}

#[test]
fn bad_records_are_left_out_one_by_one() {
    let utf8 = Want { utf8: true, ..want() };
    let data = b"\x01ab\x02cd\x00\xffx\x00\xc3\xa4";
    let ran = run("f:bool,t:text2", utf8.clone(), data, 100, &mut |_| {});
    assert_eq!(ran.bytes, b"\x01ab\x00\xc3\xa4");
    let places: Vec<_> = ran.errors.iter().map(|error| error.offset).collect();
    assert_eq!(places, [3, 7]);
    assert!(ran.errors[0].reason.contains("field `f` (bool) is 2"));
    assert!(ran.errors[1].reason.contains("field `t` is not valid UTF-8"));

    let mut texts = Vec::new();
    let replace = Want { replace_invalid_utf8: true, ..utf8 };
    let ran = run("t:text4", replace, b"\xffx\xe2\x82", 100, &mut |batch| {
        texts.extend((0..batch.len()).map(|r| format!("{:?}", batch.columns(r)[0])));
    });
    assert_eq!(texts, [format!("{:?}", Value::Text("\u{fffd}x\u{fffd}".as_bytes()))]);
    assert_eq!(ran.lossy.of(LossyKind::InvalidUtf8Replaced), 1);
}

#[test]
fn only_selected_fields_in_their_order() {
    let select = Want { select: Some(vec![b"c"[..].into(), b"none"[..].into(), b"a"[..].into()]), ..want() };
    let mut seen = 0;
    run("a:u8,p:skip1,b:u8,c:text2", select, b"\x01..xy", 100, &mut |batch| {
        for record in 0..batch.len() {
            seen += 1;
            assert_eq!(batch.columns(record), [Value::Text(b"xy"), Value::Absent, Value::UInt(1)]);
        }
    });
    assert_eq!(seen, 1);
}

#[test]
fn text_and_bytes_stay_where_they_are() {
    let data = b"abc\0xyz".to_vec();
    let range = data.as_ptr_range();
    run("t:text4,b:bytes3", Want { utf8: true, ..want() }, &data, 100, &mut |batch| {
        for record in 0..batch.len() {
            for value in batch.columns(record) {
                let (Value::Text(bytes) | Value::Bytes(bytes)) = value else { panic!("{value:?}") };
                assert!(range.contains(&bytes.as_ptr()));
            }
        }
    });
}

proptest! {
    /// Any bytes (with a legal bool and padding) survive the round trip, whatever the slices.
    #[test]
    fn there_and_back(records in prop::collection::vec(prop::collection::vec(any::<u8>(), 100), 0..40), target in 1usize..3000) {
        let width = Layout::parse(ALL).unwrap().width();
        prop_assert_eq!(width, 100);
        let mut data = records.concat();
        for record in data.chunks_mut(width) {
            record[82] &= 1;
            record[98..].fill(0);
        }
        let ran = run(ALL, want(), &data, target, &mut |_| {});
        prop_assert!(ran.errors.is_empty(), "{:?}", ran.errors);
        prop_assert_eq!(ran.lossy.total(), 0);
        prop_assert_eq!(ran.bytes, data);
    }

    /// Every value that fits survives: value to bytes to value.
    #[test]
    fn values_survive(int in any::<i64>(), uint in any::<u64>(), float in any::<f64>(), narrow in any::<f32>(), text in "[a-zä ]{0,12}") {
        let text = text.trim_end();
        for (kind, value) in [
            ("i64be", Value::Int(int)), ("u64le", Value::UInt(uint)), ("f64le", Value::Float(float)),
            ("f32be", Value::Float(f64::from(narrow))), ("text24", Value::Text(text.as_bytes())), ("text24space", Value::Text(text.as_bytes())),
        ] {
            let (bytes, lost) = plain(kind, value).unwrap();
            prop_assert_eq!(lost, None);
            let (kind, width) = Kind::parse(kind).unwrap();
            prop_assert_eq!(width, bytes.len());
            prop_assert_eq!(field::read(kind, &bytes), Some(value));
        }
        // The shortest text of a float is that float.
        let shortest = format!("{float:?}");
        prop_assert_eq!(plain("f64le", Value::Text(shortest.as_bytes())).unwrap(), (float.to_le_bytes().to_vec(), None));
        let wide = format!("{:?}", f64::from(narrow));
        prop_assert_eq!(plain("f32le", Value::Text(wide.as_bytes())).unwrap(), (narrow.to_le_bytes().to_vec(), None));
    }

    /// Nothing panics, and every cut gives the same records.
    #[test]
    fn hostile_bytes(data in prop::collection::vec(any::<u8>(), 0..300)) {
        let layout = "a:bool,b:text3space,c:f32le,d:u16be";
        let utf8 = Want { utf8: true, ..want() };
        let whole = run(layout, utf8.clone(), &data, 1 << 19, &mut |_| {});
        let single = run(layout, utf8, &data, 1, &mut |_| {});
        prop_assert_eq!(&whole.bytes, &single.bytes);
        prop_assert_eq!(&whole.errors, &single.errors);
        let width = 10;
        prop_assert_eq!(whole.records as usize + whole.errors.len(), data.len().div_ceil(width));
    }
}

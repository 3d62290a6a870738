//! Both against other implementations, and what is broken.

use proptest::prelude::*;

use super::{Cbor, Direct, MessagePack, Reader, Skim, Skimmed, Wire, Writer};
use crate::error::{Error, RecordError};
use crate::memory::Arena;
use crate::record::json::{self, Plain};
use crate::record::{Batch, BytesAs, Drain, Lossy, LossyKind, Output, Value};

pub(super) fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

struct Collect(Vec<u8>);

impl Drain for Collect {
    fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Writes into an output of this capacity.
fn written<E>(capacity: usize, write: impl FnOnce(&mut Output<'_>) -> Result<(), E>) -> Result<(Vec<u8>, Lossy), E> {
    let (mut buffer, mut drain) = (vec![0; capacity], Collect(Vec::new()));
    let mut output = Output::new(&mut buffer, &mut drain, false);
    write(&mut output)?;
    let (len, lossy) = (output.len(), output.lossy);
    drain.0.extend_from_slice(&buffer[..len]);
    Ok((drain.0, lossy))
}

#[derive(Debug)]
pub(super) struct Found {
    /// The value as JSON text.
    pub json: String,
    pub lossy: Lossy,
}

/// Reads a single value, and calls `look`.
fn read<W: Wire, T>(bytes: &[u8], look: impl for<'a> FnOnce(&Batch<'a>, &'a Arena) -> T) -> Result<T, RecordError> {
    let arena = Arena::new(1 << 16, 1 << 26);
    let mut batch = Batch::new(&arena, bytes, None, usize::MAX);
    let mut reader = Reader::<W>::new(64, 0, 1000, false, true);
    let end = reader.value(bytes, 0, &mut batch)?;
    // Who skims comes to the same end.
    assert_eq!(Skim::new(64).value::<W>(bytes, 0), Skimmed::Ends(end), "{bytes:02x?}");
    if end < bytes.len() {
        return Err(RecordError::new(end, "more"));
    }
    batch.end_record(0, end)?;
    Ok(look(&batch, &arena))
}

pub(super) fn decoded<W: Wire>(bytes: &[u8]) -> Result<Found, RecordError> {
    read::<W, _>(bytes, |batch, _| {
        let mut writer = json::Writer::new(BytesAs::Base64);
        let (json, mut lossy) = written(64, |output| writer.tree(batch.tree(0), &mut Plain(output))).unwrap();
        // What is lost in reading comes first.
        let mut all = *batch.lossy();
        if all.total() == 0 {
            all.add(&lossy);
        }
        std::mem::swap(&mut all, &mut lossy);
        Found { json: String::from_utf8(json).unwrap(), lossy }
    })
}

pub(super) fn encoded<W: Wire>(bytes: &[u8], canonical: bool) -> Result<Vec<u8>, RecordError> {
    read::<W, _>(bytes, |batch, arena| {
        let mut writer = Writer::<W>::new(canonical, 64);
        let mut scratch = Batch::new(arena, b"", None, usize::MAX);
        written(17, |output| writer.tree(batch, 0, &mut scratch, &mut Direct(output))).unwrap().0
    })
}

/// The value of a JSON text, as bytes, and what was lost.
fn of_json<W: Wire>(text: &str, canonical: bool, apart: bool) -> (Vec<u8>, Vec<LossyKind>) {
    let arena = Arena::new(1 << 16, 1 << 26);
    let mut batch = Batch::new(&arena, text.as_bytes(), None, usize::MAX);
    match apart {
        true => {
            let mut reader = json::Reader::new(64, 0);
            reader.only_value(text.as_bytes(), 0..text.len(), json::Detail::All, &mut batch).unwrap();
        }
        false => batch.push_keyed(b"", Value::Raw(text.as_bytes()), 0).unwrap(),
    }
    batch.end_record(0, text.len()).unwrap();
    let mut writer = Writer::<W>::new(canonical, 64);
    let mut scratch = Batch::new(&arena, b"", None, usize::MAX);
    let (bytes, lossy) = written(1 << 16, |output| writer.tree(&batch, 0, &mut scratch, &mut Direct(output))).unwrap();
    (bytes, lossy.iter().map(|(kind, _)| kind).collect())
}

#[test]
fn numbers_of_json() {
    for (text, pack, cbor) in [
        // The bytes are from Python's msgpack and cbor2.
        ("1.5", "ca3fc00000", "f93e00"),
        ("0.1", "cb3fb999999999999a", "fb3fb999999999999a"),
        ("65536", "ce00010000", "1a00010000"),
        ("-33", "d0df", "3820"),
        ("-129", "d1ff7f", "3880"),
        ("-9223372036854775808", "d38000000000000000", "3b7fffffffffffffff"),
    ] {
        assert_eq!(of_json::<MessagePack>(text, false, true), (hex(pack), vec![]), "{text}");
        assert_eq!(of_json::<Cbor>(text, false, true), (hex(cbor), vec![]), "{text}");
    }
    use LossyKind::{NumberAsText, SpellingChanged};
    assert_eq!(of_json::<Cbor>("1.10", false, true), (hex("c48221186e"), vec![]));
    assert_eq!(of_json::<MessagePack>("1.10", false, true), (hex("cb3ff199999999999a"), vec![SpellingChanged]));
    assert_eq!(of_json::<MessagePack>("1e400", false, true), (hex("a53165343030"), vec![NumberAsText]));
    assert_eq!(of_json::<Cbor>("1e400", false, true), (hex("c48219019001"), vec![]));
}

#[test]
fn canonical_maps_are_sorted() {
    let text = r#"{"bb":1,"a":{"z":[{"y":1,"x":2}],"c":null},"":0,"aa":2,"a":{"d":1,"c":2}}"#;
    // By length, then by bytes; the last "a" counts.
    let want = "a46000 6161 a26163026164 01 626161 02 626262 01".replace(' ', "");
    for apart in [true, false] {
        assert_eq!(of_json::<Cbor>(text, true, apart), (hex(&want), vec![LossyKind::DuplicateKey]));
        let plain = of_json::<Cbor>(text, false, apart).0;
        assert_eq!(decoded::<Cbor>(&plain).unwrap().json, text);
    }
    let pack = "84a000 a161 82a16302a16401 a26161 02 a26262 01".replace(' ', "");
    assert_eq!(of_json::<MessagePack>(text, true, true), (hex(&pack), vec![LossyKind::DuplicateKey]));
}

#[test]
fn moments_of_messagepack() {
    // The three forms of the specification.
    for (bytes, json) in [
        ("d6ff5afa0000", "\"2018-05-14T21:30:40Z\""),
        ("d7ff773594005afa0000", "\"2018-05-14T21:30:40.5Z\""),
        ("c70cff00000001ffffffffffffffff", "\"1969-12-31T23:59:59.000000001Z\""),
        ("c70cff3b9aca00ffffffffffffffff", "\"O5rKAP//////////\""),
        ("d401aa", "\"qg==\""),
    ] {
        let found = decoded::<MessagePack>(&hex(bytes)).unwrap();
        assert_eq!((&found.json[..], found.lossy.of(LossyKind::TypeDropped)), (json, 1), "{bytes}");
    }
}

/// Seconds below zero and small ones; tags that say nothing in the middle; numbers in parts.
#[test]
fn tags_of_cbor() {
    for (bytes, json, lost) in [
        // -0.5, -1.25 and -2.0.
        ("c1f9b800", "\"1969-12-31T23:59:59.5Z\"", 1),
        ("c1f9bd00", "\"1969-12-31T23:59:58.75Z\"", 1),
        ("c1f9c000", "\"1969-12-31T23:59:58Z\"", 1),
        // 1e-6 and -1e-6.
        ("c1fb3eb0c6f7a0b5ed8d", "\"1970-01-01T00:00:00.000001Z\"", 1),
        ("c1fbbeb0c6f7a0b5ed8d", "\"1969-12-31T23:59:59.999999Z\"", 1),
        ("c1d9d9f700", "\"1970-01-01T00:00:00Z\"", 1),
        ("c2d9d9f74101", "1", 0),
        ("c4d9d9f782d9d9f721186e", "1.10", 0),
        ("c25f41014100ff", "256", 0),
        ("c35f41014100ff", "-257", 0),
        ("c25fff", "0", 0),
    ] {
        let found = decoded::<Cbor>(&hex(bytes)).unwrap();
        assert_eq!((&found.json[..], found.lossy.of(LossyKind::TypeDropped)), (json, lost), "{bytes}");
    }
}

#[test]
fn keys_that_are_no_text() {
    let found = decoded::<Cbor>(&hex("a70100200141ff02f503f604f93e0005c11a514b67b006")).unwrap();
    assert_eq!(found.json, r#"{"1":0,"-1":1,"/w==":2,"true":3,"null":4,"1.5":5,"2013-03-21T20:04:00Z":6}"#);
    assert_eq!(found.lossy.of(LossyKind::KeyAsText), 7);
    let error = decoded::<Cbor>(&hex("a18000")).unwrap_err();
    assert_eq!((&*error.reason, error.offset), ("a key that is a list or map", 1));
}

#[test]
fn too_deep_and_too_many() {
    for depth in [63, 64, 65] {
        let bytes = [&vec![0x81; depth][..], &[0]].concat();
        assert_eq!(decoded::<Cbor>(&bytes).is_ok(), depth <= 64, "{depth}");
        let bytes = [&vec![0x91; depth][..], &[0]].concat();
        assert_eq!(decoded::<MessagePack>(&bytes).is_ok(), depth <= 64, "{depth}");
    }
    let deep = [&vec![0x9f; 65][..], &[0xff; 65]].concat();
    assert_eq!(Skim::new(64).value::<Cbor>(&deep, 0), Skimmed::Deep(64));
    let pair = |index: u16| [&[0xd9, 4][..], format!("{index:04}").as_bytes(), &[1]].concat();
    let map = |count: u16| [&[0xde][..], &count.to_be_bytes(), &(0..count).flat_map(pair).collect::<Vec<_>>()].concat();
    assert!(decoded::<MessagePack>(&map(1000)).is_ok());
    assert!(decoded::<MessagePack>(&map(1001)).unwrap_err().reason.contains("more than 1,000 fields"));
}

/// Lengths that lie, of each type that has one: nothing is allocated by them, and nothing overflows.
#[test]
fn lengths_that_lie() {
    for head in [
        "c4ff",
        "c5ffff",
        "c6ffffffff",
        "c7ff01",
        "c9ffffffff01",
        "d9ff",
        "dbffffffff",
        "dcffff",
        "ddffffffff",
        "dfffffffff",
    ] {
        let bytes = [hex(head), vec![0; 40]].concat();
        assert!(decoded::<MessagePack>(&bytes).is_err(), "{head}");
        assert!(matches!(Skim::new(8).value::<MessagePack>(&bytes, 0), Skimmed::Goes(_)), "{head}");
    }
    for head in
        ["5bffffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff", "bb8000000000000001"]
    {
        let bytes = [hex(head), vec![0; 40]].concat();
        assert!(decoded::<Cbor>(&bytes).is_err(), "{head}");
        assert!(matches!(Skim::new(8).value::<Cbor>(&bytes, 0), Skimmed::Goes(_)), "{head}");
        let twice = [&[0x9f][..], &bytes].concat();
        assert!(matches!(Skim::new(8).value::<Cbor>(&twice, 0), Skimmed::Goes(_)), "{head}");
    }
}

/// A value that both formats have.
fn value() -> impl Strategy<Value = rmpv::Value> {
    use rmpv::Value::{Array, Binary, Boolean, F64, Integer, Map, Nil, String};
    let leaf = prop_oneof![
        Just(Nil),
        any::<bool>().prop_map(Boolean),
        any::<i64>().prop_map(|number| Integer(number.into())),
        any::<u64>().prop_map(|number| Integer((number >> (number % 64)).into())),
        (-40_000i64..40_000).prop_map(|number| Integer(number.into())),
        any::<f64>().prop_map(F64),
        (-1e6..1e6f64).prop_map(|number| F64(f64::from(number as f32))),
        ".{0,40}".prop_map(|text| String(text.into())),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Binary),
    ];
    leaf.prop_recursive(5, 60, 20, |inner| {
        let fields = prop::collection::btree_map("[a-zé]{0,5}", inner.clone(), 0..20);
        prop_oneof![
            prop::collection::vec(inner, 0..20).prop_map(Array),
            fields.prop_map(|map| Map(map.into_iter().map(|(key, value)| (String(key.into()), value)).collect())),
        ]
    })
}

fn as_cbor(value: &rmpv::Value) -> ciborium::Value {
    use ciborium::Value as Cbor;
    match value {
        rmpv::Value::Boolean(truth) => Cbor::Bool(*truth),
        rmpv::Value::Integer(number) => match number.as_u64() {
            Some(number) => Cbor::Integer(number.into()),
            None => Cbor::Integer(number.as_i64().unwrap().into()),
        },
        rmpv::Value::F64(number) => Cbor::Float(*number),
        rmpv::Value::String(text) => Cbor::Text(text.as_str().unwrap().to_owned()),
        rmpv::Value::Binary(bytes) => Cbor::Bytes(bytes.clone()),
        rmpv::Value::Array(items) => Cbor::Array(items.iter().map(as_cbor).collect()),
        rmpv::Value::Map(fields) => {
            Cbor::Map(fields.iter().map(|(key, value)| (as_cbor(key), as_cbor(value))).collect())
        }
        _ => Cbor::Null,
    }
}

/// The same value with every float in 64 bits.
fn wide(value: rmpv::Value) -> rmpv::Value {
    match value {
        rmpv::Value::F32(number) => rmpv::Value::F64(number.into()),
        rmpv::Value::Array(items) => rmpv::Value::Array(items.into_iter().map(wide).collect()),
        rmpv::Value::Map(fields) => {
            rmpv::Value::Map(fields.into_iter().map(|(key, value)| (key, wide(value))).collect())
        }
        other => other,
    }
}

fn pack(value: &rmpv::Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).unwrap();
    bytes
}

fn cbor(value: &ciborium::Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// Skims a value in pieces of these lengths.
fn in_pieces<W: Wire>(bytes: &[u8], lens: &[usize]) -> Skimmed {
    let mut skim = Skim::new(64);
    skim.begin();
    let mut at = 0;
    for len in lens.iter().cycle() {
        let end = bytes.len().min(at + len);
        match skim.piece::<W>(&bytes[at..end]) {
            Skimmed::Ends(to) => return Skimmed::Ends(at + to),
            Skimmed::Goes(to) if end < bytes.len() => assert_eq!(to, end - at),
            other => return other,
        }
        at = end;
    }
    unreachable!("there are pieces")
}

proptest! {
    /// What others write is read and written again so that they read the same; and both are as short as theirs.
    #[test]
    fn as_others_have_it(value in value(), lens in prop::collection::vec(1usize..12, 1..4)) {
        let bytes = pack(&value);
        let again = encoded::<MessagePack>(&bytes, false).unwrap();
        prop_assert!(again.len() <= bytes.len());
        prop_assert_eq!(wide(rmpv::decode::read_value(&mut &again[..]).unwrap()), value.clone());
        prop_assert_eq!(in_pieces::<MessagePack>(&bytes, &lens), Skimmed::Ends(bytes.len()));

        let other = as_cbor(&value);
        let bytes = cbor(&other);
        let again = encoded::<Cbor>(&bytes, false).unwrap();
        prop_assert_eq!(&again, &bytes);
        prop_assert_eq!(in_pieces::<Cbor>(&bytes, &lens), Skimmed::Ends(bytes.len()));
    }

    /// Cut off anywhere, or with a byte changed anywhere, nothing panics; and who skims agrees with who reads.
    #[test]
    fn broken_anywhere(value in value(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for bytes in [pack(&value), cbor(&as_cbor(&value))] {
            let at = place.index(bytes.len());
            prop_assert!(decoded::<MessagePack>(&bytes[..at]).is_err() || bytes.len() == at || bytes[0] != pack(&value)[0]);
            let mut broken = bytes.clone();
            broken[at] = byte;
            _ = decoded::<MessagePack>(&broken);
            _ = decoded::<Cbor>(&broken);
        }
        let bytes = cbor(&as_cbor(&value));
        let at = place.index(bytes.len());
        prop_assert!(decoded::<Cbor>(&bytes[..at]).is_err());
        let bytes = pack(&value);
        prop_assert!(decoded::<MessagePack>(&bytes[..place.index(bytes.len())]).is_err());
    }

    /// Any bytes: what is read ends where it is skimmed to (which [`read`] asserts), in pieces too.
    #[test]
    fn any_bytes_at_all(bytes in prop::collection::vec(any::<u8>(), 1..60), len in 1usize..9) {
        _ = decoded::<MessagePack>(&bytes);
        _ = decoded::<Cbor>(&bytes);
        let ends = |skimmed| match skimmed { Skimmed::Ends(at) => Some(at), _ => None };
        prop_assert_eq!(ends(in_pieces::<MessagePack>(&bytes, &[len])), ends(Skim::new(64).value::<MessagePack>(&bytes, 0)));
        prop_assert_eq!(ends(in_pieces::<Cbor>(&bytes, &[len])), ends(Skim::new(64).value::<Cbor>(&bytes, 0)));
    }

    /// Numbers as JSON has them come back from CBOR with their digits.
    #[test]
    fn numbers_keep_their_digits(text in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?") {
        let (bytes, lost) = of_json::<Cbor>(&text, false, true);
        let negative_zero = text.starts_with('-') && text.bytes().all(|byte| b"-0.".contains(&byte));
        if !negative_zero {
            // Many zeros after the point are written as an exponent.
            let few = !text.trim_start_matches('-').starts_with("0.00000000000000000");
            if few {
                prop_assert_eq!(&decoded::<Cbor>(&bytes).unwrap().json, &text);
                prop_assert_eq!(lost, vec![]);
            }
        }
    }
}

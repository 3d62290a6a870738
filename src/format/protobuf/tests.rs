//! Records, whole and broken, however they are cut.

use proptest::prelude::*;

use crate::format::harness::{Run, cut_all, ready, run, want};
use crate::format::{Format, Given, Gives, Options, Shape, create, open};
use crate::record::proto::{Builder, Field, Known, Message, Of, Root, Shape as Holds};

/// A message of a number (1), a text (2), a list of numbers (3), and itself (4).
fn root() -> Root {
    let mut builder = Builder::default();
    let own = Of::Message { of: 0, group: false };
    let fields = vec![
        Field::new("n", None, 1, Of::Int64, Holds::Plain),
        Field::new("t", None, 2, Of::Text { utf8: true }, Holds::Optional),
        Field::new("l", None, 3, Of::SInt32, Holds::List { packed: true }),
        Field::new("own", None, 4, own, Holds::Optional),
    ];
    builder.message(Message::new("M", fields, Vec::new(), Known::No));
    Root::new(builder.finish(), 0, 0)
}

fn options() -> Options {
    Options { message: Some(root()), max_record: 1 << 10, ..Options::default() }
}

/// The records as JSON Lines or as Protobuf, and the errors with their places.
fn read(data: &[u8], to: Format, target: usize, window: usize) -> (Vec<u8>, Vec<(usize, String)>) {
    let options = options();
    let source = ready(open(Format::Protobuf, &options, data, true));
    let shape = Shape::Keyed;
    let writing = create(to, &options, Given::new(&shape, Gives::default())).unwrap();
    let how = Run { want: want(), target, window, buffer: 64, strict: false, max_record: 1 << 10, look: &mut |_| {} };
    let ran = run(&*source, Some(&*writing), data, how);
    (ran.bytes, ran.errors.iter().map(|error| (error.offset, error.message().to_string())).collect())
}

#[track_caller]
fn same(data: &[u8]) -> (String, Vec<(usize, String)>) {
    let found = read(data, Format::Ndjson, 1 << 19, 1 << 20);
    for (target, window) in [(1, 1), (1, 100), (7, 3), (40, 50)] {
        assert_eq!(read(data, Format::Ndjson, target, window), found, "{target} {window}");
    }
    (String::from_utf8(found.0).unwrap(), found.1)
}

#[test]
fn records_one_after_another() {
    let (text, errors) = same(b"\x02\x08\x05\0\x05\x12\x01x\x18\x03");
    assert_eq!(text, "{\"n\":5,\"l\":[]}\n{\"n\":0,\"l\":[]}\n{\"n\":0,\"t\":\"x\",\"l\":[-2]}\n");
    assert_eq!((errors, same(b"")), (vec![], (String::new(), vec![])));
    // A length in more bytes than it needs.
    assert_eq!(same(b"\x82\x80\0\x08\x05").0, "{\"n\":5,\"l\":[]}\n");
}

#[test]
fn records_that_are_broken() {
    let good = "{\"n\":5,\"l\":[]}\n";
    for (bad, at, wanted) in [
        (&b"\x03\x12\x05x"[..], 3, "says that it has 5 bytes"),
        (b"\x03\x12\x01\xff", 6, "not valid UTF-8"),
        (b"\x01\x08", 4, "ends inside a field"),
        (b"\x01\x00", 4, "no field where one was expected"),
        (b"\x01\x0f", 5, "a layout that Protobuf does not have"),
        (b"\x01\x0c", 5, "a group ends that did not begin"),
        (b"\x04\x1a\x02\x01\x80", 8, "ends inside a field"),
    ] {
        let (text, errors) = same(&[b"\x02\x08\x05", bad, b"\x02\x08\x05"].concat());
        assert_eq!(text, good.repeat(2), "{bad:02x?}");
        assert!(errors.len() == 1 && errors[0].1.contains(wanted), "{bad:02x?} {errors:?}");
        assert!((3..10).contains(&errors[0].0), "{at} {errors:?}");
    }
    let (text, errors) = same(b"\x02\x08\x05\x03\x08");
    assert_eq!((&*text, &*errors), (good, &[(3, "the input ends 2 bytes before a message does".to_owned())][..]));
    let (text, errors) = same(b"\x02\x08\x05\x80");
    assert_eq!((&*text, &*errors), (good, &[(3, "the input ends inside the length of a message".to_owned())][..]));
    let (text, errors) = same(&[b"\x02\x08\x05", &[0xff; 20][..]].concat());
    assert_eq!((&*text, errors.len(), errors[0].0), (good, 1, 3));
}

#[test]
fn records_that_are_too_large() {
    let data = [&b"\x02\x08\x05\x80\x10"[..], &[0; 2048], b"\x02\x08\x05"].concat();
    let (_, errors) = same(&data);
    assert_eq!(errors[0], (3, "the record is larger than 1024 bytes".to_owned()));
    let source = ready(open(Format::Protobuf, &options(), &data, true));
    let mut cutter = source.cutter();
    let rest = &data[3..];
    let mut at = 0;
    let passed = loop {
        let end = rest.len().min(at + 100);
        match cutter.pass(&rest[at..end], end == rest.len()) {
            Ok(crate::format::Passed::End(len, 0)) => break at + len,
            Ok(_) => at = end,
            Err(error) => panic!("{error:?}"),
        }
    };
    assert_eq!(passed, 2 + 2048);
}

/// Larger than an output buffer, and with messages whose lengths take more than a byte.
#[test]
fn long_records_are_measured() {
    let inner = [&b"\x12\xac\x02"[..], &[b'x'; 300]].concat();
    let outer = [&b"\x08\x05\x22\xaf\x02"[..], &inner].concat();
    let data = [&b"\xb4\x02"[..], &outer, b"\x02\x08\x05"].concat();
    assert_eq!(outer.len(), 0xb4 - 0x80 + 2 * 128);
    for target in [1, 1000] {
        assert_eq!(read(&data, Format::Protobuf, target, 1000), (data.clone(), vec![]));
    }
}

#[test]
fn without_a_schema_there_is_nothing() {
    let none = Options::default();
    assert!(matches!(open(Format::Protobuf, &none, b"", true), Err(crate::format::OpenError::Usage(_))));
    let shape = Shape::Keyed;
    assert!(create(Format::Protobuf, &none, Given::new(&shape, Gives::default())).is_err());
}

proptest! {
    /// Nothing panics or hangs, and every cut gives the same records and the same errors.
    #[test]
    fn hostile_bytes(data in prop::collection::vec(prop_oneof![any::<u8>(), 0u8..0x25, Just(0x22), Just(0x0a), Just(0xff)], 0..200)) {
        let whole = read(&data, Format::Ndjson, 1 << 19, 1 << 20);
        prop_assert_eq!(&read(&data, Format::Ndjson, 1, 1), &whole);
        let source = ready(open(Format::Protobuf, &options(), &data, true));
        let (slices, stop) = cut_all(&mut *source.cutter(), &data, 10, 1);
        let end = stop.map_or(data.len(), |error| error.offset);
        prop_assert_eq!(slices.iter().map(|slice| slice.len()).sum::<usize>(), end);
        // What is read is written so that it is read as the same.
        let written = read(&data, Format::Protobuf, 100, 100).0;
        let again = read(&written, Format::Ndjson, 100, 100);
        prop_assert_eq!((again.0, again.1.len()), (whole.0, 0));
    }
}

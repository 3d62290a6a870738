//! Sequences and lists of records, whole and broken.

use crate::error::RecordError;
use crate::format::harness::{Run, ready, run, want};
use crate::format::{Format, Given, Gives, Options, Shape, create, open};
use crate::record::{LossyKind, Value};

/// What comes of some data, read as JSON Lines: the text, the reasons of errors with their offsets, the losses.
fn read(options: &Options, data: &[u8], target: usize, window: usize) -> (String, Vec<(usize, String)>, u64) {
    let source = match open(Format::Msgpack, options, data, true) {
        Err(crate::format::OpenError::Data(error)) => return (String::new(), vec![told(&error)], 0),
        opened => ready(opened),
    };
    let start = source.start();
    let shape = Shape::Keyed;
    let writing = create(Format::Ndjson, options, Given::new(&shape, Gives::default())).unwrap();
    let how = Run {
        want: want(),
        target,
        window,
        buffer: 1 << 16,
        strict: false,
        max_record: options.max_record,
        look: &mut |_| {},
    };
    let ran = run(&*source, Some(&*writing), &data[start..], how);
    let errors = ran.errors.iter().map(|error| (error.offset + start, told(error).1)).collect();
    (String::from_utf8(ran.bytes).unwrap(), errors, ran.lossy.total())
}

fn told(error: &RecordError) -> (usize, String) {
    (error.offset, error.message().to_string())
}

/// The same whatever the slices.
#[track_caller]
fn same(data: &[u8]) -> (String, Vec<(usize, String)>) {
    let options = Options::default();
    let (text, errors, _) = read(&options, data, 1 << 19, 1 << 20);
    for (target, window) in [(1, 1), (1, 100), (7, 3), (40, 50)] {
        let (other, more, _) = read(&options, data, target, window);
        assert_eq!((&other, &more), (&text, &errors), "{target} {window}");
    }
    (text, errors)
}

const ONE: &[u8] = b"\x81\xa1a\x01";
const TWO: &[u8] = b"\x81\xa1a\xa1x";

#[test]
fn a_sequence() {
    let (text, errors) = same(&[ONE, TWO, b"\x07\xc0\x92\x01\x02", ONE].concat());
    assert_eq!(text, "{\"a\":1}\n{\"a\":\"x\"}\n7\nnull\n[1,2]\n{\"a\":1}\n");
    assert_eq!(errors, []);
    assert_eq!(same(b""), (String::new(), vec![]));
}

#[test]
fn a_list_that_holds_the_records() {
    assert_eq!(same(&[b"\x92", ONE, TWO].concat()), ("{\"a\":1}\n{\"a\":\"x\"}\n".into(), vec![]));
    assert_eq!(same(&[b"\xdc\0\x02", ONE, b"\x91\x05"].concat()), ("{\"a\":1}\n[5]\n".into(), vec![]));
    assert_eq!(same(b"\x90"), (String::new(), vec![]));
    // What follows a list makes each list a record.
    assert_eq!(same(&[b"\x91\x01", &b"\x91\x02"[..]].concat()), ("[1]\n[2]\n".into(), vec![]));
}

#[test]
fn a_list_that_is_too_short() {
    let (text, errors) = same(&[b"\x93", ONE, TWO].concat());
    assert_eq!(text, "{\"a\":1}\n");
    assert_eq!(errors, [(10, "the input ends 1 record before the array does".to_owned())]);
    // Also inside a record: two of three are not whole.
    let (text, errors) = same(&[b"\x93", ONE, &TWO[..3]].concat());
    assert_eq!(text, "{\"a\":1}\n");
    assert_eq!(errors, [(8, "the input ends 2 records before the array does".to_owned())]);
    let (text, errors) = same(b"\x93");
    assert_eq!((text.len(), errors[0].0), (0, 1));
}

#[test]
fn a_long_list_with_more_behind_it() {
    // Too long to be looked at whole.
    let one = [&[0x81, 0xa1, b'a', 0xda, 0x40, 0][..], &[b'x'; 0x4000]].concat();
    let data = [&[0x95][..], &one.repeat(5), ONE].concat();
    let (text, errors, _) = read(&Options::default(), &data, 1, 1 << 20);
    assert_eq!(text.lines().count(), 5);
    assert_eq!(errors, [(1 + 5 * one.len(), "something follows the array that holds the records".to_owned())]);
}

#[test]
fn broken_records() {
    // Text that is not UTF-8 is a fault of its record only.
    let (text, errors) = same(&[ONE, b"\x81\xa1a\xa1\xff", TWO].concat());
    assert_eq!(text, "{\"a\":1}\n{\"a\":\"x\"}\n");
    assert_eq!(errors, [(8, "the text is not valid UTF-8".to_owned())]);
    // After this byte nothing tells where records begin.
    let (text, errors) = same(&[ONE, b"\xc1", TWO].concat());
    assert_eq!((&text[..], errors[0].0), ("{\"a\":1}\n", 4));
    assert_eq!(errors[0].1, "the byte 0xc1 where a value of MessagePack was expected");
    // A part of a record is one.
    for len in 1..ONE.len() {
        let (text, errors) = same(&[TWO, &ONE[..len]].concat());
        assert_eq!((&text[..], errors.len()), ("{\"a\":\"x\"}\n", 1), "{len}");
        assert!(
            errors[0].1.contains("ends inside a value") || errors[0].1.contains("than there are bytes left"),
            "{errors:?}"
        );
    }
}

#[test]
fn records_that_are_too_large() {
    let options = Options { max_record: 100, ..Options::default() };
    for (large, whole) in
        [(&[0xd9, 99][..], true), (&[0xdb, 0xff, 0xff, 0xff, 0xff], false), (&[0xdd, 0, 0, 0, 96], true)]
    {
        let filled = if whole { 99 } else { 200 };
        let data = [ONE, large, &vec![b'x'; filled], ONE].concat();
        for window in [1, 300] {
            let (text, errors, _) = read(&options, &data, 1, window);
            assert_eq!(text, "{\"a\":1}\n");
            assert_eq!(errors, [(4, "the record is larger than 100 bytes".to_owned())], "{window}");
        }
        let source = ready(open(Format::Msgpack, &options, &data, true));
        let mut cutter = source.cutter();
        // It is passed over in pieces, if its length is no lie.
        let rest = &data[4..];
        let mut at = 0;
        let passed = loop {
            let end = rest.len().min(at + 10);
            match cutter.pass(&rest[at..end], end == rest.len()) {
                Ok(crate::format::Passed::End(len, 0)) => break Some(at + len),
                Ok(_) => at = end,
                Err(_) => break None,
            }
        };
        let len = if large[0] == 0xdd { 5 + 96 } else { large.len() + filled };
        assert_eq!(passed, whole.then_some(len));
    }
}

#[test]
fn lost_types_count_unless_records_are_copied() {
    let data = b"\x81\xa1a\xd4\x05\x01";
    let source = ready(open(Format::Msgpack, &Options::default(), data, true));
    for copied in [false, true] {
        let how = Run {
            want: crate::format::Want { copied, ..want() },
            target: 100,
            window: 100,
            buffer: 100,
            strict: false,
            max_record: 100,
            look: &mut |batch| {
                let value = (!batch.is_empty()).then(|| batch.tree(0).nodes().0[1]);
                assert!(matches!(value, None | Some(Value::Bytes(b"\x01"))));
            },
        };
        let ran = run(&*source, None, data, how);
        assert_eq!(ran.lossy.of(LossyKind::TypeDropped), u64::from(!copied));
    }
}

//! Sequences, lists of unknown length, and what is only in CBOR.

use crate::format::harness::{Run, ready, run, want};
use crate::format::{Format, Given, Gives, Options, Shape, Want, create, open};
use crate::record::Schema;

/// The records as JSON Lines, and the errors.
fn read(data: &[u8], target: usize, window: usize) -> (String, Vec<(usize, String)>) {
    let options = Options::default();
    let source = match open(Format::Cbor, &options, data, true) {
        Err(crate::format::OpenError::Data(error)) => {
            return (String::new(), vec![(error.offset, error.message().to_string())]);
        }
        opened => ready(opened),
    };
    let start = source.start();
    let shape = Shape::Keyed;
    let writing = create(Format::Ndjson, &options, Given::new(&shape, Gives::default())).unwrap();
    let how =
        Run { want: want(), target, window, buffer: 1 << 16, strict: false, max_record: 1 << 20, look: &mut |_| {} };
    let ran = run(&*source, Some(&*writing), &data[start..], how);
    let errors = ran.errors.iter().map(|error| (error.offset + start, error.message().to_string())).collect();
    (String::from_utf8(ran.bytes).unwrap(), errors)
}

#[track_caller]
fn same(data: &[u8]) -> (String, Vec<(usize, String)>) {
    let found = read(data, 1 << 19, 1 << 20);
    for (target, window) in [(1, 1), (1, 100), (7, 3), (40, 50)] {
        assert_eq!(read(data, target, window), found, "{target} {window}");
    }
    found
}

#[test]
fn sequences_and_lists() {
    let two = "{\"a\":1}\n{\"b\":[2]}\n".to_owned();
    let records: &[u8] = b"\xa1aa\x01\xbfab\x81\x02\xff";
    let one: &[u8] = b"\xa1\x61a\x01";
    let other: &[u8] = b"\xbf\x61b\x81\x02\xff";
    assert_eq!(records.len(), one.len() + other.len());
    let both = [one, other].concat();
    for data in [
        both.clone(),
        [b"\xd9\xd9\xf7", &both[..]].concat(),
        [b"\x82", &both[..]].concat(),
        [b"\x9f", &both[..], b"\xff"].concat(),
        [b"\xd9\xd9\xf7\x9f", &both[..], b"\xff"].concat(),
        [b"\xd9\xd9\xf7\xd9\xd9\xf7\x9f", &both[..], b"\xff"].concat(),
    ] {
        assert_eq!(same(&data), (two.clone(), vec![]), "{data:02x?}");
    }
    assert_eq!(same(b"\x9f\xff"), (String::new(), vec![]));
    assert_eq!(same(b"\x80"), (String::new(), vec![]));
    assert_eq!(same(b""), (String::new(), vec![]));
    let (text, errors) = same(&[b"\x9f", &both[..]].concat());
    assert_eq!(text, "{\"a\":1}\n");
    assert_eq!(errors, [(11, "the array of records is not closed".to_owned())]);
    let (text, errors) = same(&[b"\x9f", &both[..5]].concat());
    assert_eq!(text, "{\"a\":1}\n");
    assert_eq!(errors, [(6, "the array of records is not closed".to_owned())]);
    assert_eq!(same(b"\x9f").1, [(1, "the array of records is not closed".to_owned())]);
    // Something follows the list, so it is a record like others.
    let (text, errors) = same(&[b"\x9f", &both[..], b"\xff\x01"].concat());
    assert_eq!((&text[..], errors), ("[{\"a\":1},{\"b\":[2]}]\n1\n", vec![]));
}

#[test]
fn a_break_too_many() {
    let (text, errors) = same(b"\x01\xff\x02");
    assert_eq!(text, "1\n");
    assert_eq!(errors, [(1, "the byte 0xff where a value of CBOR was expected".to_owned())]);
    // A map of unknown length that ends after a key: its end is known all the same.
    let (text, errors) = same(b"\x01\xbf\x61a\xff\x02");
    assert_eq!((&text[..], errors.len(), errors[0].0), ("1\n2\n", 1, 4));
    // A value that is no value, with a known end.
    let (text, errors) = same(b"\x01\x82\xf8\x01\x05\x02");
    assert_eq!((&text[..], errors.len()), ("1\n2\n", 1));
}

/// Records in columns, with and without nesting.
#[test]
fn columns() {
    let written = |names: &[&str], line: &str, unflatten: bool, canonical: bool| {
        let options = Options { unflatten, canonical, ..Options::default() };
        let csv = [names.join(","), line.to_owned()].join("\n");
        let source = ready(open(Format::Csv, &options, csv.as_bytes(), true));
        let shape = Shape::Columns(Schema::new(names));
        let writing = create(Format::Cbor, &options, Given::new(&shape, Gives::default())).unwrap();
        let how = Run {
            want: Want { typed: true, utf8: true, ..want() },
            target: 100,
            window: 1000,
            buffer: 1 << 10,
            strict: false,
            max_record: 1 << 20,
            look: &mut |_| {},
        };
        let ran = run(&*source, Some(&*writing), &csv.as_bytes()[source.start()..], how);
        assert_eq!(ran.errors, []);
        ran.bytes
    };
    assert_eq!(
        written(&["bb", "a", "c"], "007,1.10,", false, false),
        b"\xa3\x62bb\x63007\x61a\xc4\x82\x21\x18\x6e\x61c\xf6"
    );
    assert_eq!(
        written(&["bb", "a", "c"], "007,1.10,", false, true),
        b"\xa3\x61a\xc4\x82\x21\x18\x6e\x61c\xf6\x62bb\x63007"
    );
    let nested = ["zz.b", "zz.a", "k", "zz.c.d"];
    assert_eq!(
        written(&nested, "1,2,\"[3,{\"\"x\"\":true}]\",4", true, false),
        b"\xa2\x62zz\xa3\x61b\x01\x61a\x02\x61c\xa1\x61d\x04\x61k\x82\x03\xa1\x61x\xf5"
    );
    assert_eq!(
        written(&nested, "1,2,x,4", true, true),
        b"\xa2\x61k\x61x\x62zz\xa3\x61a\x02\x61b\x01\x61c\xa1\x61d\x04"
    );
}

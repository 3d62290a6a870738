//! Frames from end to end.

use proptest::prelude::*;

use super::*;
use crate::format::Boundary;
use crate::format::Format;
use crate::format::harness::{self, Ran, Run, cut_all, ready, want};
use crate::record::{Batch, LossyKind, Value};

pub(super) fn options(frame: Prefix, payload: Payload) -> Options {
    Options { frame, payload, max_record: 1 << 10, ..Options::default() }
}

pub(super) fn frame(prefix: Prefix, payload: &[u8]) -> Vec<u8> {
    let mut place = [0; prefix::LONGEST];
    let head = prefix.write(payload.len() as u64, &mut place).unwrap();
    [&place[..head], payload].concat()
}

/// Reads with some options and writes with others.
fn convert(read: &Options, write: &Options, data: &[u8], target: usize, look: &mut dyn FnMut(&Batch<'_>)) -> Ran {
    let source = ready(open(read));
    let shape = source.schema().map_or(Shape::Keyed, |schema| Shape::Columns(schema.clone()));
    let to = create(write, Given::new(&shape, Format::Frames.gives(write))).unwrap();
    let how = Run { want: want(), target, window: target, buffer: 64, strict: false, max_record: 1 << 10, look };
    harness::run(&*source, Some(&*to), data, how)
}

fn same(options: &Options, data: &[u8], target: usize) -> Ran {
    convert(options, options, data, target, &mut |_| {})
}

#[test]
fn from_prefix_to_prefix() {
    let long = [b'x'; 200];
    for payload in [Payload::Bytes, Payload::Text] {
        for from in Prefix::ALL {
            for to in Prefix::ALL {
                let data = |prefix| [&b""[..], b"a", &long, b"\xff\0"].map(|p| frame(prefix, p)).concat();
                let ran = convert(&options(*from, payload), &options(*to, payload), &data(*from), 7, &mut |_| {});
                assert_eq!((ran.bytes, ran.records, ran.errors), (data(*to), 4, vec![]), "{from} {to} {payload}");
                assert_eq!(ran.lossy.total(), 0);
            }
        }
    }
}

#[test]
fn payloads_stay_where_they_are() {
    let data = [frame(Prefix::Varint, b"ab"), frame(Prefix::Varint, b"")].concat();
    let mut seen = Vec::new();
    for (payload, utf8) in [(Payload::Bytes, false), (Payload::Text, true)] {
        let source = ready(open(&options(Prefix::Varint, payload)));
        assert_eq!(source.schema().unwrap().names().collect::<Vec<_>>(), [b"payload"]);
        let want = Want { utf8, select: Some(vec![b"x"[..].into(), FIELD.into()]), ..want() };
        let look = &mut |batch: &Batch<'_>| {
            for record in 0..batch.len() {
                let values = batch.columns(record);
                assert_eq!(values[0], Value::Absent);
                let (Value::Bytes(bytes) | Value::Text(bytes)) = values[1] else { panic!() };
                assert!(data.as_ptr_range().contains(&bytes.as_ptr()) || bytes.is_empty());
                seen.push((matches!(values[1], Value::Text(_)), bytes.to_vec()));
            }
        };
        let how = Run { want, target: 100, window: 100, buffer: 64, strict: false, max_record: 100, look };
        harness::run(&*source, None, &data, how);
    }
    let both = |text| [(text, b"ab".to_vec()), (text, vec![])];
    assert_eq!(seen, [both(false), both(true)].concat());
}

#[test]
fn what_the_end_cuts_off_is_a_record_error() {
    for prefix in Prefix::ALL {
        let whole = [frame(*prefix, b"ab"), frame(*prefix, &[b'x'; 300])].concat();
        let first = frame(*prefix, b"ab").len();
        for end in first + 1..whole.len() {
            for target in [1, 50, 5000] {
                let ran = same(&options(*prefix, Payload::Bytes), &whole[..end], target);
                assert_eq!(ran.bytes, whole[..first], "{prefix} {end}");
                assert_eq!(ran.errors.len(), 1, "{prefix} {end} {target}");
                assert_eq!(ran.errors[0].offset, first);
                assert!(ran.errors[0].reason.contains("left"), "{}", ran.errors[0].reason);
            }
        }
        let ran = same(&options(*prefix, Payload::Bytes), &whole[..whole.len() - 1], 1);
        assert!(ran.errors[0].reason.contains("says that it has 300 bytes, but only 299 are left"));
    }
}

#[test]
fn a_prefix_that_can_not_be_right_ends_the_input() {
    for (prefix, bad, part) in [
        (Prefix::U32Le, &b"\xff\xff\xff\xff"[..], "has 4294967295 bytes"),
        (Prefix::U64Le, &[0xff; 8], "has 18446744073709551615 bytes"),
        (Prefix::U16Be, b"\x04\x00", "more than the limit of 1024 for a record"),
        (Prefix::Varint, b"\x80\x00", "longer than it needs to be"),
        (Prefix::Varint, &[0xff; 11], "longer than 64 bits"),
        (Prefix::Varint, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "has 18446744073709551615 bytes"),
    ] {
        let good = frame(prefix, b"ab");
        for tail in [0, 1, 100] {
            let data = [&good[..], bad, &vec![0; tail]].concat();
            for target in [1, 5, 5000] {
                let ran = same(&options(prefix, Payload::Bytes), &data, target);
                assert_eq!(ran.bytes, good, "{prefix}");
                assert_eq!(ran.errors.len(), 1);
                assert_eq!(ran.errors[0].offset, good.len());
                assert!(ran.errors[0].reason.contains(part), "{}", ran.errors[0].reason);
            }
        }
        // A decoder that gets such a slice anyway reports the same error, and reaches the end.
        let source = ready(open(&options(prefix, Payload::Bytes)));
        let mut decoder = source.decoder(&want());
        let arena = crate::memory::Arena::new(1 << 12, 1 << 20);
        let mut batch = Batch::new(&arena, bad, source.schema(), 100);
        decoder.begin(bad);
        assert!(decoder.fill(bad, &mut batch).unwrap_err().reason.contains(part));
        decoder.skip_record(bad);
        assert_eq!(decoder.fill(bad, &mut batch), Ok(false));
    }
}

#[test]
fn a_large_frame_is_waited_for_within_the_limit() {
    let rule = options(Prefix::U16Le, Payload::Bytes);
    let source = ready(open(&rule));
    let largest = frame(Prefix::U16Le, &[7; 1022]);
    let mut cutter = source.cutter();
    assert_eq!(cutter.cut(&largest[..1023], 1, false), Ok(Boundary::More));
    assert_eq!(cutter.cut(&largest, 1, false), Ok(Boundary::At(1024)));
    assert!(cutter.cut(&frame(Prefix::U16Le, &[7; 1023])[..2], 1, false).is_err());
}

#[test]
fn a_length_that_does_not_fit_the_prefix() {
    let read = Options { max_record: 1 << 20, ..options(Prefix::U32Le, Payload::Bytes) };
    let data = [frame(Prefix::U32Le, &[1; 0x1_0000]), frame(Prefix::U32Le, b"ok")].concat();
    let source = ready(open(&read));
    let shape = Shape::Columns(source.schema().unwrap().clone());
    let to = create(
        &options(Prefix::U16Be, Payload::Bytes),
        Given::new(&shape, Format::Frames.gives(&options(Prefix::U16Be, Payload::Bytes))),
    )
    .unwrap();
    let look = &mut |_: &Batch<'_>| {};
    let how = Run { want: want(), target: 1, window: 1, buffer: 64, strict: false, max_record: 1 << 20, look };
    let ran = harness::run(&*source, Some(&*to), &data, how);
    assert_eq!(ran.bytes, frame(Prefix::U16Be, b"ok"));
    assert!(ran.errors[0].reason.contains("65,536 bytes is too long for the prefix u16be"));
    assert!(ran.errors[0].hint.as_ref().unwrap().contains("⟨frame u32le⟩"));
}

/// Writes one record, given as columns.
pub(super) fn put(write: &Options, from: Format, name: &str, value: Value<'_>) -> Ran {
    use crate::record::{Drain, Output};
    struct Collect(Vec<u8>);
    impl Drain for Collect {
        fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }
    }
    let schema = Schema::new([name.as_bytes()]);
    let to = create(write, Given::new(&Shape::Columns(schema.clone()), from.gives(write))).unwrap();
    let arena = crate::memory::Arena::new(1 << 12, 1 << 20);
    let mut batch = Batch::new(&arena, b"", Some(&schema), 100);
    batch.reserve(1, 0).unwrap();
    batch.push(value);
    batch.end_record(0, 0).unwrap();
    let (mut buffer, mut drain) = ([0; 64], Collect(Vec::new()));
    let mut output = Output::new(&mut buffer, &mut drain, false);
    let mut ran = Ran::default();
    match to.encoder().encode(&batch, 0..batch.len(), &mut output) {
        Ok(()) => ran.records = 1,
        Err(crate::record::EncodeError::Record { error, .. }) => ran.errors.push(error),
        Err(other) => panic!("{other:?}"),
    }
    ran.lossy = output.lossy;
    let len = output.len();
    drain.0.extend_from_slice(&buffer[..len]);
    ran.bytes = drain.0;
    ran
}

#[test]
fn single_values_as_payloads() {
    use LossyKind::*;
    let long = [b'A'; 400];
    type Case<'v> = (Payload, Format, &'v str, Value<'v>, &'v [u8], &'v [LossyKind]);
    let cases: [Case<'_>; 12] = [
        (Payload::Text, Format::Csv, "payload", Value::Untyped(b"1.10"), b"1.10", &[]),
        (Payload::Text, Format::Csv, "name", Value::Text(b"a"), b"a", &[KeyDropped]),
        (Payload::Text, Format::Text, "line", Value::Text(b"a\r\n"), b"a\r\n", &[]),
        (Payload::Text, Format::Json, "payload", Value::Number(b"1e400"), b"1e400", &[NumberAsText]),
        (Payload::Text, Format::Json, "payload", Value::Null, b"", &[NullAsText]),
        (Payload::Text, Format::Frames, "payload", Value::Bytes(b"\xff\x00"), b"/wA=", &[BytesAsText]),
        (Payload::Bytes, Format::Frames, "payload", Value::Bytes(b"\xff\x00"), b"\xff\x00", &[]),
        (Payload::Bytes, Format::Csv, "payload", Value::Untyped(b"1234"), &[0xd7, 0x6d, 0xf8], &[]),
        (Payload::Bytes, Format::Ndjson, "payload", Value::Text(b"/wA="), b"\xff\x00", &[]),
        (Payload::Bytes, Format::Text, "line", Value::Text(b"/wA="), b"/wA=", &[]),
        (Payload::Bytes, Format::Fixed, "payload", Value::Float(0.5), b"0.5", &[NumberAsText]),
        (Payload::Bytes, Format::Csv, "payload", Value::Text(&long), &[0; 300], &[]),
    ];
    for (payload, from, name, value, bytes, lost) in cases {
        let ran = put(&options(Prefix::Varint, payload), from, name, value);
        assert_eq!(ran.bytes, frame(Prefix::Varint, bytes), "{value:?}");
        assert_eq!(ran.lossy.iter().map(|(kind, _)| kind).collect::<Vec<_>>(), lost, "{value:?}");
    }
    let mut bad = [b'A'; 400];
    bad[200] = b'?';
    for text in [&b"a?bc"[..], b"abc", &bad] {
        let ran = put(&options(Prefix::Varint, Payload::Bytes), Format::Csv, "name", Value::Text(text));
        assert!(ran.errors[0].reason.contains("not base64"));
        assert_eq!((ran.bytes.len(), ran.lossy.total()), (0, 0), "something is left");
    }
}

proptest! {
    /// Any payloads survive the round trip, however they are cut; the slices add up to the input.
    #[test]
    fn there_and_back(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 0..30), target in 1usize..3000, which in 0usize..6) {
        let prefix = Prefix::ALL[which];
        let data = payloads.iter().map(|payload| frame(prefix, payload)).collect::<Vec<_>>().concat();
        let ran = same(&options(prefix, Payload::Bytes), &data, target);
        prop_assert_eq!(ran.bytes, &data[..]);
        prop_assert_eq!(ran.records as usize, payloads.len());
        let source = ready(open(&options(prefix, Payload::Bytes)));
        let (slices, stop) = cut_all(&mut *source.cutter(), &data, target, 1);
        prop_assert_eq!(stop, None);
        prop_assert_eq!(slices.iter().map(|slice| slice.len()).sum::<usize>(), data.len());
    }

    /// Nothing panics or hangs, and every cut gives the same records and the same errors.
    #[test]
    fn hostile_bytes(data in prop::collection::vec(prop_oneof![any::<u8>(), 0u8..4, Just(0xff), Just(0x80)], 0..300), which in 0usize..6) {
        for payload in [Payload::Bytes, Payload::Text] {
            let options = options(Prefix::ALL[which], payload);
            let whole = same(&options, &data, 1 << 19);
            let single = same(&options, &data, 1);
            prop_assert_eq!(&whole.bytes, &single.bytes);
            prop_assert_eq!(&whole.errors, &single.errors);
            prop_assert!(whole.errors.len() <= 1);
            let good = whole.errors.first().map_or(data.len(), |error| error.offset);
            prop_assert_eq!(&whole.bytes, &data[..good]);
        }
    }
}

//! Frames against a plain reader written from the README.

use pagemill::format::frames::{Payload, Prefix};
use pagemill::format::{Detail, Format, Options, Want};
use pagemill::record::Value;

use crate::ndjson::depth;
use crate::shared::drive::{self, Arrival, Event, How};
use crate::shared::values::{Json, try_json};
use crate::shared::{Choices, LONGEST, shown, tree};

/// The longest record, prefix included.
const LARGEST: usize = 300;

/// What a frame holds.
#[derive(Debug, PartialEq)]
enum Held {
    Bytes(Vec<u8>),
    Value(Json),
}

/// The length and how many bytes it has; none if the data ends inside of it or it can't be one.
fn length(prefix: Prefix, data: &[u8]) -> Option<(u64, usize)> {
    let little = |count: usize| {
        let bytes = data.get(..count)?;
        Some((bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), count))
    };
    let big = |count: usize| {
        let bytes = data.get(..count)?;
        Some((bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), count))
    };
    match prefix {
        Prefix::U16Le => little(2),
        Prefix::U32Le => little(4),
        Prefix::U64Le => little(8),
        Prefix::U16Be => big(2),
        Prefix::U32Be => big(4),
        Prefix::Varint => {
            let count = data.iter().position(|byte| byte & 0x80 == 0)? + 1;
            // Protocol Buffers: at most ten bytes, 64 bits; here the shortest form only.
            let wide: u128 = data[..count.min(11)].iter().rev().fold(0, |sum, byte| sum << 7 | u128::from(byte & 0x7f));
            let shortest = count == 1 || data[count - 1] != 0;
            (count <= 10 && shortest).then(|| u64::try_from(wide).ok()).flatten().map(|len| (len, count))
        }
        other => panic!("{other:?} has no oracle"),
    }
}

/// Records, bad ones as none. What can't be a frame, or is cut off, is the last one.
fn expected(prefix: Prefix, payload: Payload, utf8: bool, mut data: &[u8]) -> Vec<Option<Held>> {
    let mut records = Vec::new();
    while !data.is_empty() {
        let whole = length(prefix, data).and_then(|(len, head)| {
            let end = usize::try_from(len).ok()?.checked_add(head)?;
            (end <= LARGEST).then_some(())?;
            Some((data.get(head..end)?, end))
        });
        let Some((held, end)) = whole else {
            records.push(None);
            return records;
        };
        let text = std::str::from_utf8(held);
        records.push(match payload {
            Payload::Bytes => Some(Held::Bytes(held.to_vec())),
            Payload::Text if utf8 && text.is_err() => None,
            Payload::Text => Some(Held::Bytes(held.to_vec())),
            Payload::Json => text.ok().and_then(|text| try_json(text).ok()).map(Held::Value),
            other => panic!("{other:?} has no oracle"),
        });
        data = &data[end..];
    }
    records
}

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let (prefix, payload) = (choices.of(Prefix::ALL), choices.of(&[Payload::Bytes, Payload::Text, Payload::Json]));
    let (slice, arrival) = (choices.slice(), choices.arrival());
    let utf8 = payload == Payload::Json || choices.byte() & 1 == 1;
    let input = choices.rest();
    if payload == Payload::Json && depth(input) > 60 {
        return;
    }
    let expected = expected(prefix, payload, utf8, input);
    let options = Options::default().with(|own| {
        own.frame = prefix;
        own.payload = payload;
        own.max_record = LARGEST;
    });
    let source = drive::open(Format::Frames, &options, input, arrival).unwrap();
    let want = Want { utf8, ..drive::want(Detail::All) };
    for (target, arrival) in [(slice, arrival), (1 << 19, Arrival::Whole)] {
        let how = How { target, arrival, want: &want, max_record: LARGEST };
        let mut found = Vec::new();
        drive::drive(&*source, input, how, &mut |event| {
            found.push(match event {
                Event::Record(batch, record) if payload == Payload::Json => Some(Held::Value(tree(batch.tree(record)))),
                Event::Record(batch, record) => match batch.columns(record) {
                    [Value::Bytes(bytes)] if payload == Payload::Bytes => Some(Held::Bytes(bytes.to_vec())),
                    [Value::Text(text)] if payload == Payload::Text => Some(Held::Bytes(text.to_vec())),
                    other => panic!("{other:?} from a frame of {payload}"),
                },
                Event::Bad(..) => None,
            });
        });
        let what = || format!("{prefix} {payload} slices of {target} {arrival:?}: {}", shown(input));
        assert!(found == expected, "{}\n {found:?}\n {expected:?}", what());
    }
}

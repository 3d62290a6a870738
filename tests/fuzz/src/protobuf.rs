//! Protobuf against a plain reader written from its specification: which records there are, and which of them are bad.

use pagemill::format::{Detail, Format, Options};
use pagemill::record::proto::{Builder, Field, Known, Message, Of, Root, Shape};

use crate::shared::drive::{self, Arrival, Event, How};
use crate::shared::{Choices, LONGEST, shown};

/// How deep messages are in each other, the record included.
const DEEP: usize = 20;

/// A message of a number (1), a text (2), a list of numbers (3), itself (4), and itself as a group (5).
fn root() -> Root {
    let mut builder = Builder::default();
    let own = |group| Of::Message { of: 0, group };
    let fields = vec![
        Field::new("n", None, 1, Of::Int64, Shape::Plain),
        Field::new("t", None, 2, Of::Text { utf8: true }, Shape::Optional),
        Field::new("l", None, 3, Of::SInt32, Shape::List { packed: true }),
        Field::new("own", None, 4, own(false), Shape::Optional),
        Field::new("group", None, 5, own(true), Shape::Optional),
    ];
    builder.message(Message::new("M", fields, Vec::new(), Known::No));
    Root::new(builder.finish(), 0, 0)
}

fn varint(data: &[u8], at: usize) -> Option<(u64, usize)> {
    let len = data.get(at..)?.iter().take(10).position(|byte| *byte < 0x80)? + 1;
    let bytes = data[at..at + len].iter().enumerate();
    Some((bytes.fold(0, |sum, (place, byte)| sum | u64::from(byte & 0x7f) << (7 * place as u32).min(63)), at + len))
}

/// The field at `at`: its number, its layout, what is in it, and where it ends.
fn field(data: &[u8], at: usize, depth: usize) -> Option<(u64, u64, &[u8], usize)> {
    let (tag, at) = varint(data, at).filter(|(tag, _)| tag >> 3 != 0 && tag >> 32 == 0)?;
    let (number, layout) = (tag >> 3, tag & 7);
    let end = match layout {
        0 => varint(data, at)?.1,
        1 => at + 8,
        5 => at + 4,
        2 => {
            let (len, from) = varint(data, at)?;
            let end = from.checked_add(usize::try_from(len).ok()?)?;
            return Some((number, layout, data.get(from..end)?, end));
        }
        3 => {
            let mut end = at;
            loop {
                let (tag, next) = varint(data, end)?;
                if tag & 7 == 4 {
                    return (tag >> 3 == number).then_some((number, layout, &data[at..end], next));
                }
                // Deeper than groups may be.
                end = if depth < 99 { field(data, end, depth + 1)?.3 } else { return None };
            }
        }
        _ => return None,
    };
    Some((number, layout, data.get(at..end)?, end))
}

/// Whether a message is good. What is there several times is one message.
fn good(parts: &[&[u8]], depth: usize) -> bool {
    if depth > DEEP {
        return false;
    }
    let (mut own, mut groups, mut text) = (Vec::new(), Vec::new(), None);
    for data in parts {
        let mut at = 0;
        while at < data.len() {
            let Some((number, layout, inside, end)) = field(data, at, 0) else { return false };
            match (number, layout) {
                (2, 2) => text = Some(inside),
                (3, 2) => {
                    let mut at = 0;
                    while at < inside.len() {
                        let Some((_, next)) = varint(inside, at) else { return false };
                        at = next;
                    }
                }
                (4, 2) => own.push(inside),
                (5, 3) => groups.push(inside),
                _ => {}
            }
            at = end;
        }
    }
    // The last text counts.
    text.is_none_or(|text| std::str::from_utf8(text).is_ok())
        && (own.is_empty() || good(&own, depth + 1))
        && (groups.is_empty() || good(&groups, depth + 1))
}

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let (slice, arrival) = (choices.slice(), choices.arrival());
    let input = choices.rest();
    let (mut expected, mut at) = (Vec::new(), 0);
    while at < input.len() {
        let whole = varint(input, at).and_then(|(len, from)| {
            let end = from.checked_add(usize::try_from(len).ok()?)?;
            Some((input.get(from..end)?, end))
        });
        let Some((record, end)) = whole else {
            expected.push(false);
            break;
        };
        expected.push(good(&[record], 1));
        at = end;
    }
    let options = Options::default().with(|own| (own.max_depth, own.message) = (DEEP, Some(root())));
    let want = drive::want(Detail::All);
    for (target, arrival) in [(slice, arrival), (1 << 19, Arrival::Whole)] {
        let how = How { target, arrival, want: &want, max_record: 1 << 20 };
        let mut found = Vec::new();
        match drive::open(Format::Protobuf, &options, input, arrival) {
            Err(_) => found.push(false),
            Ok(source) => {
                drive::drive(&*source, input, how, &mut |event| found.push(matches!(event, Event::Record(..))));
            }
        }
        let what = || format!("slices of {target} {arrival:?}: {}", shown(input));
        assert!(found == expected, "{}\n {found:?}\n {expected:?}", what());
    }
}

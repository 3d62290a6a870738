//! MessagePack and CBOR against a plain reader written from their specifications: which records there are, and which of
//! them are bad.

use pagemill::format::{Detail, Format, Options};

use crate::shared::drive::{self, Arrival, Event, How};
use crate::shared::{Choices, LONGEST, shown};

/// A value: where it ends, and whether it is good. Not told if nothing tells where it ends.
type Told = Result<(usize, bool), Why>;

enum Why {
    /// The input ends in it, or a byte begins no value.
    NoEnd,
    /// This reader is too plain for it.
    Skip,
}

/// How deep this reader goes.
const DEEP: usize = 60;

fn number(data: &[u8], at: usize, width: usize) -> Result<usize, Why> {
    let bytes = data.get(at..at + width).ok_or(Why::NoEnd)?;
    Ok(bytes.iter().fold(0usize, |sum, byte| (sum << 8 | usize::from(*byte)).min(1 << 40)))
}

fn bytes(data: &[u8], at: usize, len: usize) -> Result<&[u8], Why> {
    data.get(at..at + len).ok_or(Why::NoEnd)
}

/// What begins with a head.
enum Kind {
    /// A plain value that ends here.
    Plain(usize, bool),
    /// Text or bytes: from here, this long.
    Run(usize, usize, bool),
    List(usize, Option<usize>),
    Map(usize, Option<usize>),
    /// Text or bytes in parts.
    Parts(usize, bool),
    Tag(usize, usize),
}

fn msgpack(data: &[u8], at: usize) -> Result<Kind, Why> {
    let first = *data.get(at).ok_or(Why::NoEnd)?;
    let at = at + 1;
    let plain = |len: usize| bytes(data, at, len).map(|_| Kind::Plain(at + len, true));
    let sized = |width: usize| number(data, at, width).map(|len| (at + width, len));
    match first {
        0..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => plain(0),
        0x80..=0x8f => Ok(Kind::Map(at, Some(usize::from(first & 15)))),
        0x90..=0x9f => Ok(Kind::List(at, Some(usize::from(first & 15)))),
        0xa0..=0xbf => Ok(Kind::Run(at, usize::from(first & 31), true)),
        0xc4..=0xc6 => sized(1 << (first - 0xc4)).map(|(at, len)| Kind::Run(at, len, false)),
        0xc7..=0xc9 => sized(1 << (first - 0xc7)).map(|(at, len)| Kind::Run(at, len + 1, false)),
        0xd9..=0xdb => sized(1 << (first - 0xd9)).map(|(at, len)| Kind::Run(at, len, true)),
        0xcc | 0xd0 => plain(1),
        0xcd | 0xd1 => plain(2),
        0xca | 0xce | 0xd2 => plain(4),
        0xcb | 0xcf | 0xd3 => plain(8),
        0xd4..=0xd8 => Ok(Kind::Run(at, 1 + (1 << (first - 0xd4)), false)),
        0xdc | 0xdd => sized(2 << (first - 0xdc)).map(|(at, len)| Kind::List(at, Some(len))),
        0xde | 0xdf => sized(2 << (first - 0xde)).map(|(at, len)| Kind::Map(at, Some(len))),
        0xc1 => Err(Why::NoEnd),
    }
}

fn cbor(data: &[u8], at: usize) -> Result<Kind, Why> {
    let first = *data.get(at).ok_or(Why::NoEnd)?;
    let (major, info, at) = (first >> 5, first & 31, at + 1);
    let (at, len) = match info {
        0..=23 => (at, Some(usize::from(info))),
        24..=27 => (at + (1 << (info - 24)), Some(number(data, at, 1 << (info - 24))?)),
        31 => (at, None),
        _ => return Err(Why::NoEnd),
    };
    match (major, len) {
        (0 | 1, Some(_)) => Ok(Kind::Plain(at, true)),
        (2 | 3, Some(len)) => Ok(Kind::Run(at, len, major == 3)),
        (2 | 3, None) => Ok(Kind::Parts(at, major == 3)),
        (4, len) => Ok(Kind::List(at, len)),
        (5, len) => Ok(Kind::Map(at, len)),
        (6, Some(tag)) => Ok(Kind::Tag(at, tag)),
        (7, Some(value)) => Ok(Kind::Plain(at, info != 24 || value >= 32)),
        _ => Err(Why::NoEnd),
    }
}

type Head = fn(&[u8], usize) -> Result<Kind, Why>;

fn value(head: Head, data: &[u8], at: usize, key: bool, depth: usize) -> Told {
    if depth > DEEP {
        return Err(Why::Skip);
    }
    let is_end = |at: usize| data.get(at) == Some(&0xff);
    match head(data, at)? {
        Kind::Plain(end, good) => Ok((end, good)),
        Kind::Run(at, len, text) => {
            let run = bytes(data, at, len)?;
            Ok((at + len, !text || std::str::from_utf8(run).is_ok()))
        }
        // Numbers made of lists, which may be keys too.
        Kind::Tag(_, 4 | 5) => Err(Why::Skip),
        Kind::Tag(at, _) => value(head, data, at, key, depth + 1),
        Kind::Parts(mut at, text) => {
            let mut good = true;
            while !is_end(at) {
                let (end, fine) = value(head, data, at, false, depth + 1)?;
                good &= fine && matches!(head(data, at)?, Kind::Run(_, _, is_text) if is_text == text);
                at = end;
            }
            Ok((at + 1, good))
        }
        Kind::List(at, count) => inside(head, data, at, count, false, depth).map(|(end, good)| (end, good && !key)),
        Kind::Map(at, count) => inside(head, data, at, count, true, depth).map(|(end, good)| (end, good && !key)),
    }
}

/// The items or pairs from `at` on.
fn inside(head: Head, data: &[u8], mut at: usize, count: Option<usize>, map: bool, depth: usize) -> Told {
    let (mut good, mut done) = (true, 0);
    loop {
        match count {
            Some(count) if done == count => return Ok((at, good)),
            None if data.get(at) == Some(&0xff) => return Ok((at + 1, good)),
            _ => {}
        }
        let (end, fine) = value(head, data, at, map, depth + 1)?;
        (at, good, done) = (end, good & fine, done + 1);
        if map {
            // A key without a value.
            if count.is_none() && data.get(at) == Some(&0xff) {
                return Ok((at + 1, false));
            }
            let (end, fine) = value(head, data, at, false, depth + 1)?;
            (at, good) = (end, good & fine);
        }
    }
}

/// For each record whether it is good. The last one may stand for what is wrong there.
fn expected(head: Head, mark: &[u8], data: &[u8]) -> Result<Vec<bool>, Why> {
    let mut at = if data.starts_with(mark) { mark.len() } else { 0 };
    let mut left = None;
    let mut list = false;
    if let Ok(Kind::List(inside, count)) = head(data, at) {
        list = match value(head, data, at, false, 0) {
            Ok((end, _)) => end == data.len(),
            Err(Why::NoEnd) => true,
            Err(skip) => return Err(skip),
        };
        if list {
            (at, left) = (inside, count);
        }
    }
    let mut records = Vec::new();
    loop {
        if list && (left == Some(0) || left.is_none() && data.get(at) == Some(&0xff)) {
            at += usize::from(left.is_none());
            if at < data.len() {
                records.push(false);
            }
            return Ok(records);
        }
        if at == data.len() {
            if list {
                records.pop();
                records.push(false);
            }
            return Ok(records);
        }
        match value(head, data, at, false, usize::from(list)) {
            Ok((end, good)) => {
                records.push(good);
                at = end;
            }
            Err(Why::NoEnd) => {
                records.push(false);
                return Ok(records);
            }
            Err(skip) => return Err(skip),
        }
        left = left.map(|left| left - 1);
    }
}

fn check(format: Format, head: Head, mark: &[u8], data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let (slice, arrival) = (choices.slice(), choices.arrival());
    let input = choices.rest();
    let Ok(expected) = expected(head, mark, input) else { return };
    let options = Options::default().with(|own| own.max_depth = 2 * DEEP);
    let want = drive::want(Detail::All);
    for (target, arrival) in [(slice, arrival), (1 << 19, Arrival::Whole)] {
        let how = How { target, arrival, want: &want, max_record: 1 << 20 };
        let mut found = Vec::new();
        match drive::open(format, &options, input, arrival) {
            Err(_) => found.push(false),
            Ok(source) => {
                drive::drive(&*source, input, how, &mut |event| found.push(matches!(event, Event::Record(..))));
            }
        }
        let what = || format!("{format} slices of {target} {arrival:?}: {}", shown(input));
        assert!(found == expected, "{}\n {found:?}\n {expected:?}", what());
    }
}

pub fn target_msgpack(data: &[u8]) {
    check(Format::Msgpack, msgpack, b"\xff\xff\xff\xff none", data);
}

pub fn target_cbor(data: &[u8]) {
    check(Format::Cbor, cbor, b"\xd9\xd9\xf7", data);
}

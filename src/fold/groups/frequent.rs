//! The different values of one group, put together from what several tables wrote.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::count::number;
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::kept::{Kind, copied};
use crate::fold::groups::saved::Saved;
use crate::memory::Arena;
use crate::record::Value;

/// What is wanted of the different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// How many there are.
    Count,
    /// The most frequent one.
    Mode,
    /// As many of the most frequent ones as this, as a list.
    Top(usize),
}

/// How often a value is there, and where it is first.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub times: u64,
    pub first: At,
}

/// A list of values, as JSON.
pub(super) fn list<'a, 'v>(
    values: impl Iterator<Item = (Kind, &'v [u8])>,
    arena: &'a Arena,
) -> Result<Value<'a>, RecordError> {
    let mut list = vec![b'['];
    for (index, (kind, text)) in values.enumerate() {
        if index > 0 {
            list.push(b',');
        }
        match kind.value(text).typed() {
            Value::Number(text) | Value::Raw(text) => list.extend_from_slice(text),
            Value::Bool(truth) => list.extend_from_slice(if truth { b"true" } else { b"false" }),
            Value::Bytes(bytes) => put_text(&STANDARD.encode(bytes), &mut list),
            _ => put_text(&String::from_utf8_lossy(text), &mut list),
        }
    }
    list.push(b']');
    Ok(Value::Raw(copied(&list, arena)?))
}

/// Adds a JSON string.
fn put_text(text: &str, list: &mut Vec<u8>) {
    list.extend(serde_json::Value::from(text).to_string().into_bytes());
}

/// The body of a value's entry.
const BODY: usize = 1 + 3 * size_of::<u64>();

/// A value's kind, how often it is there, and where first, as bytes.
pub(super) fn saved(kind: Kind, Times { times, first }: Times) -> [u8; BODY] {
    let mut body = [0; BODY];
    body[0] = kind as u8;
    for (room, number) in body[1..].chunks_exact_mut(8).zip([times, first.slice, first.record]) {
        room.copy_from_slice(&number.to_le_bytes());
    }
    body
}

/// A value, the better the larger: more frequent, or as frequent and earlier.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Ranked {
    times: u64,
    first: Reverse<At>,
    kind: u8,
    text: Vec<u8>,
}

/// The different values of a group, of which only those are kept that are wanted.
pub(super) struct Frequent {
    wanted: Wanted,
    /// How many different ones there were, with the last one.
    count: u64,
    /// The last one, which may come again.
    last: Option<Ranked>,
    /// The best so far, the worst of them on top.
    best: BinaryHeap<Reverse<Ranked>>,
}

impl Frequent {
    pub fn boxed(wanted: Wanted) -> Box<dyn Joined> {
        Box::new(Frequent { wanted, count: 0, last: None, best: BinaryHeap::new() })
    }

    fn most(&self) -> usize {
        match self.wanted {
            Wanted::Count => 0,
            Wanted::Mode => 1,
            Wanted::Top(most) => most,
        }
    }

    /// No more is known of the last value. Its room may be used again.
    fn settle(&mut self, held: &mut Held) -> Result<Vec<u8>> {
        let Some(last) = self.last.take() else { return Ok(Vec::new()) };
        if self.best.len() < self.most() {
            held.take(last.text.capacity() + size_of::<Ranked>())?;
            self.best.push(Reverse(last));
        } else if let Some(mut worst) = self.best.peek_mut()
            && worst.0 < last
        {
            let before = std::mem::replace(&mut *worst, Reverse(last));
            return Ok(before.0.text);
        } else {
            return Ok(last.text);
        }
        Ok(Vec::new())
    }
}

impl Joined for Frequent {
    fn head(&mut self, _: &mut Saved<'_>, _: &mut Held) -> Result<()> {
        Ok(())
    }

    fn entry(&mut self, key: &[u8], body: &mut Saved<'_>, held: &mut Held) -> Result<()> {
        let (mut kind, mut times) = (0, Times { times: 0, first: At::default() });
        if self.wanted != Wanted::Count {
            kind = body.byte()?;
            times = Times { times: body.number()?, first: body.at()? };
        }
        if let Some(last) = self.last.as_mut().filter(|last| last.text == key) {
            last.times += times.times;
            if times.first < last.first.0 {
                (last.first, last.kind) = (Reverse(times.first), kind);
            }
            return Ok(());
        }
        let mut text = self.settle(held)?;
        text.clear();
        if text.capacity() < key.len() {
            held.take(key.len() - text.capacity())?;
        }
        text.extend_from_slice(key);
        self.count += 1;
        self.last = Some(Ranked { times: times.times, first: Reverse(times.first), kind, text });
        Ok(())
    }

    fn result<'a>(&mut self, arena: &'a Arena, held: &mut Held) -> Result<Value<'a>> {
        self.settle(held)?;
        let count = std::mem::take(&mut self.count);
        let best = std::mem::take(&mut self.best).into_sorted_vec();
        let mut best = best.iter().map(|Reverse(value)| (Kind::of(value.kind), &*value.text));
        let result = match self.wanted {
            Wanted::Count => number(count, arena),
            Wanted::Mode => match best.next() {
                Some((kind, text)) => copied(text, arena).map(|text| kind.value(text)),
                None => Ok(Value::Null),
            },
            Wanted::Top(_) => list(best, arena),
        };
        result.map_err(|error| Error::memory(error.reason))
    }
}

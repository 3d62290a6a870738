//! `distinct`, `mode`, `top`: the different values of groups, and how often each is there.

use std::any::Any;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{RecordError, Result};
use crate::fold::groups::chunks::Chunks;
use crate::fold::groups::column::{Accumulate, At, Taken};
use crate::fold::groups::count::number;
use crate::fold::groups::held::Held;
use crate::fold::groups::kept::{Kind, copied, parts};
use crate::fold::groups::keys::{Keys, hash};
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

/// The different values of all groups, in one table. Values with the same text are one.
pub(super) struct Different {
    argument: usize,
    wanted: Wanted,
    /// The number of a group and the text of a value; the kind of the first one belongs to them.
    keys: Keys,
    /// How often each is there, and where it is first; none of these for a count.
    times: Chunks<Times>,
    /// How many different values each group has.
    counts: Chunks<u64>,
    /// In the end: the numbers of each group's values, the most frequent first, and where those of each group begin.
    ranked: Vec<u32>,
    begins: Vec<usize>,
    key: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Times {
    times: u64,
    first: At,
}

/// How many bytes of a key are the number of its group.
const GROUP: usize = 4;

impl Different {
    pub fn boxed(argument: usize, wanted: Wanted) -> Box<dyn Accumulate> {
        Box::new(Different {
            argument,
            wanted,
            keys: Keys::new(),
            times: Chunks::new(),
            counts: Chunks::new(),
            ranked: Vec::new(),
            begins: Vec::new(),
            key: Vec::new(),
        })
    }

    /// Adds a value that is there so often, and first at this place.
    fn count(&mut self, kind: Kind, times: Times, held: &mut Held) -> Result<()> {
        let hash = hash(&self.key);
        let known = self.keys.find(hash, &self.key);
        if known.is_none() {
            self.keys.add(hash, &self.key, &[kind as u8], held)?;
            let group = group_of(&self.key);
            *self.counts.get_mut(group as usize) += 1;
            if self.wanted != Wanted::Count {
                self.times.push(times, held)?;
            }
        } else if let (Some(known), true) = (known, self.wanted != Wanted::Count) {
            let own = self.times.get_mut(known as usize);
            own.times += times.times;
            if times.first < own.first {
                own.first = times.first;
                self.keys.set_more(known, &[kind as u8]);
            }
        }
        Ok(())
    }

    /// A value of the table as it was first written.
    fn value(&self, key: u32) -> Value<'_> {
        Kind::of(self.keys.more(key)[0]).value(&self.keys.key(key)[GROUP..])
    }
}

/// Adds a JSON string.
fn put_text(text: &str, list: &mut Vec<u8>) {
    list.extend(serde_json::Value::from(text).to_string().into_bytes());
}

fn group_of(key: &[u8]) -> u32 {
    u32::from_le_bytes([key[0], key[1], key[2], key[3]])
}

impl Accumulate for Different {
    fn grow(&mut self, held: &mut Held) -> Result<()> {
        self.counts.push(0, held)
    }

    fn add(&mut self, taken: &Taken<'_, '_>, held: &mut Held) -> Result<()> {
        let mut room = [0; 32];
        for (index, (value, group)) in
            taken.given[self.argument].values[taken.first..].iter().zip(taken.groups).enumerate()
        {
            let (kind, text) = parts(*value, &mut room);
            if kind.is_null() {
                continue;
            }
            self.key.clear();
            self.key.extend_from_slice(&group.to_le_bytes());
            self.key.extend_from_slice(text);
            let first = At { record: taken.at.record + index as u64, ..taken.at };
            self.count(kind, Times { times: 1, first }, held)?;
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Any>, groups: &[u32], held: &mut Held) -> Result<()> {
        let Ok(other) = other.downcast::<Different>() else { return Ok(()) };
        for key in 0..other.keys.len() as u32 {
            let bytes = other.keys.key(key);
            self.key.clear();
            self.key.extend_from_slice(&groups[group_of(bytes) as usize].to_le_bytes());
            self.key.extend_from_slice(&bytes[GROUP..]);
            let times = match self.wanted {
                Wanted::Count => Times { times: 1, first: At::default() },
                _ => *other.times.get(key as usize),
            };
            self.count(Kind::of(other.keys.more(key)[0]), times, held)?;
        }
        Ok(())
    }

    fn settle(&mut self, held: &mut Held) -> Result<()> {
        if self.wanted == Wanted::Count {
            return Ok(());
        }
        held.give(self.ranked.len() * size_of::<u32>() + self.begins.len() * size_of::<usize>());
        let count = self.keys.len();
        held.take(count * size_of::<u32>() + self.counts.len() * size_of::<usize>())?;
        let mut ranked: Vec<u32> = (0..count as u32).collect();
        let place = |key: &u32| {
            let Times { times, first } = *self.times.get(*key as usize);
            (group_of(self.keys.key(*key)), u64::MAX - times, first)
        };
        ranked.sort_unstable_by_key(place);
        self.begins = Vec::with_capacity(self.counts.len());
        let mut begin = 0;
        for group in 0..self.counts.len() {
            self.begins.push(begin);
            begin += *self.counts.get(group) as usize;
        }
        self.ranked = ranked;
        Ok(())
    }

    fn result<'a>(&self, group: u32, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        let count = *self.counts.get(group as usize);
        let most = match self.wanted {
            Wanted::Count => return number(count, arena),
            Wanted::Mode => 1,
            Wanted::Top(most) => most,
        };
        let begin = self.begins[group as usize];
        let ranked = &self.ranked[begin..begin + most.min(count as usize)];
        match (self.wanted, ranked) {
            (Wanted::Mode, [key]) => {
                let text = copied(&self.keys.key(*key)[GROUP..], arena)?;
                Ok(Kind::of(self.keys.more(*key)[0]).value(text))
            }
            (Wanted::Mode, _) => Ok(Value::Null),
            (_, keys) => {
                let mut list = vec![b'['];
                for (index, key) in keys.iter().enumerate() {
                    if index > 0 {
                        list.push(b',');
                    }
                    match self.value(*key).typed() {
                        Value::Number(text) | Value::Raw(text) => list.extend_from_slice(text),
                        Value::Bool(truth) => list.extend_from_slice(if truth { b"true" } else { b"false" }),
                        Value::Bytes(bytes) => put_text(&STANDARD.encode(bytes), &mut list),
                        _ => put_text(&String::from_utf8_lossy(&self.keys.key(*key)[GROUP..]), &mut list),
                    }
                }
                list.push(b']');
                Ok(Value::Raw(copied(&list, arena)?))
            }
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

//! `distinct`, `mode`, `top`: the different values of groups, and how often each is there.

use std::any::Any;

use crate::error::{RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::chunks::Chunks;
use crate::fold::groups::column::{Accumulate, Put, Taken};
use crate::fold::groups::count::number;
use crate::fold::groups::frequent::{Frequent, Times, Wanted, list, saved};
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::kept::{Kind, copied, parts};
use crate::fold::groups::keys::{Keys, hash};
use crate::fold::groups::saved::Out;
use crate::memory::Arena;
use crate::record::Value;

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
    /// Once they are in order: the numbers of each group's values, the most frequent first, and where those of each group begin.
    ranked: Vec<u32>,
    begins: Vec<usize>,
    key: Vec<u8>,
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
            counts: Chunks::beside(size_of::<usize>()),
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
            let counts = self.wanted != Wanted::Count;
            if counts {
                self.times.push(times, held)?;
            }
            if let Err(error) = self.keys.add(hash, &self.key, &[kind as u8], held) {
                if counts {
                    self.times.pop();
                }
                return Err(error);
            }
            *self.counts.get_mut(group_of(&self.key) as usize) += 1;
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

    /// Finds where the values of each group begin in their order.
    fn begin(&mut self) {
        self.begins = Vec::with_capacity(self.counts.len());
        let mut begin = 0;
        for group in 0..self.counts.len() {
            self.begins.push(begin);
            begin += *self.counts.get(group) as usize;
        }
    }
}

fn group_of(key: &[u8]) -> u32 {
    u32::from_le_bytes([key[0], key[1], key[2], key[3]])
}

impl Accumulate for Different {
    fn grow(&mut self, held: &mut Held) -> Result<()> {
        self.counts.push(0, held)
    }

    fn add(&mut self, taken: &Taken<'_, '_>, done: &mut usize, held: &mut Held) -> Result<()> {
        let (mut room, from) = ([0; 32], *done);
        let values = &taken.given[self.argument].values[from..];
        for (index, (value, group)) in values.iter().zip(taken.groups_from(from)).enumerate() {
            let (kind, text) = parts(*value, &mut room);
            if kind.is_null() {
                continue;
            }
            self.key.clear();
            self.key.extend_from_slice(&group.to_le_bytes());
            self.key.extend_from_slice(text);
            let times = Times { times: 1, first: taken.at(from + index) };
            if let Err(error) = self.count(kind, times, held) {
                *done = from + index;
                return Err(error);
            }
        }
        *done = taken.end();
        Ok(())
    }

    fn merge(&mut self, other: &mut dyn Accumulate, groups: &[u32], held: &mut Held) -> Result<()> {
        let Some(other) = other.as_any().downcast_mut::<Different>() else { return Ok(()) };
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
            if self.wanted != Wanted::Count {
                // It is no longer there.
                other.times.get_mut(key as usize).times = 0;
            }
        }
        Ok(())
    }

    fn arrange(&mut self) {
        let mut ranked: Vec<u32> = (0..self.keys.len() as u32).collect();
        ranked.sort_unstable_by_key(|key| {
            let key = self.keys.key(*key);
            (group_of(key), &key[GROUP..])
        });
        self.ranked = ranked;
        self.begin();
    }

    fn save(&self, _: u32, _: &mut Out<'_>) -> Result<()> {
        Ok(())
    }

    fn entries(&mut self, group: u32, put: &mut Put<'_>) -> Result<()> {
        let begin = self.begins[group as usize];
        for key in &self.ranked[begin..begin + *self.counts.get(group as usize) as usize] {
            let value = &self.keys.key(*key)[GROUP..];
            match self.wanted {
                Wanted::Count => put(value, &[])?,
                _ => put(value, &saved(Kind::of(self.keys.more(*key)[0]), *self.times.get(*key as usize)))?,
            }
        }
        Ok(())
    }

    fn joined(&self) -> Box<dyn Joined> {
        Frequent::boxed(self.wanted)
    }

    fn clear(&mut self) {
        self.keys = Keys::new();
        self.times = Chunks::new();
        self.counts = Chunks::beside(size_of::<usize>());
        (self.ranked, self.begins) = (Vec::new(), Vec::new());
    }

    fn settle(&mut self, _: &mut Held) -> Result<()> {
        if self.wanted == Wanted::Count {
            return Ok(());
        }
        // There is memory for this many numbers in the keys, once.
        self.ranked = Vec::new();
        let mut ranked: Vec<u32> = (0..self.keys.len() as u32).collect();
        let place = |key: &u32| {
            let Times { times, first } = *self.times.get(*key as usize);
            (group_of(self.keys.key(*key)), u64::MAX - times, first)
        };
        ranked.sort_unstable_by_key(place);
        self.ranked = ranked;
        self.begin();
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
                let kind = |key: u32| Kind::of(self.keys.more(key)[0]);
                list(keys.iter().map(|key| (kind(*key), &self.keys.key(*key)[GROUP..])), arena)
            }
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

//! Groups of records, and what functions keep for each: `pagemill aggregate`.
//!
//! ```text
//! batch ──arguments──▶ values ──keys──▶ the group of each record ──▶ one column of states for each function
//! ```
//!
//! Each worker has a table of its own. A group knows where its first record is, and so do states for which order matters,
//! so tables can be merged in any order.

mod approximate;
mod chunks;
mod column;
mod count;
mod dense;
mod different;
mod exact;
mod extreme;
mod first;
mod function;
mod given;
mod held;
mod kept;
mod keys;
mod leading;
mod live;
mod number;
mod pen;
mod quantile;
mod ranked;
mod recent;
mod share;
mod spec;
mod sum;
mod timing;
mod write;

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, RecordError, Result};
use crate::fold::Fold;
use crate::memory::Budget;
use crate::record::digits::DigitRoom;
use crate::record::{Batch, EncodeError, Seen, Value};
use chunks::Chunks;
pub(crate) use column::At;
use column::{Accumulate, Taken};
pub(crate) use given::{Given, give_all};
pub(crate) use held::Held;
use kept::{Kind, parts};
use keys::{Keys, hash};
pub(crate) use leading::Leading;
pub(crate) use pen::Pen;
use recent::{Recent, Short};
pub use spec::Aggregate;
pub(crate) use write::{AtPlace, BUFFER};
pub(crate) use write::{Onto, Written};

/// The groups of a worker, and then all of them.
pub(crate) struct Groups {
    spec: Arc<Aggregate>,
    budget: Budget,
    held: Held,
    /// Which of the names that were given occur, and the number of the first that is read here.
    seen: Option<(Arc<Seen>, usize)>,
    /// The keys of groups: the texts of the values they have in common. The kinds of these, in the first record, belong to
    /// them.
    keys: Keys,
    /// For keys of one value.
    recent: Option<Recent>,
    /// Where the first record of each group is.
    firsts: Chunks<At>,
    columns: Vec<Box<dyn Accumulate>>,
    /// In the first bits of the numbers of slices.
    source: u64,
    /// The slice of the last records, and how many of its records were taken in.
    slice: Option<u64>,
    taken: u64,
    /// Room for the records of a batch.
    given: Vec<Given<'static>>,
    groups: Vec<u32>,
    key: Vec<u8>,
    kinds: Vec<u8>,
    /// Why tables could not be merged.
    failed: Option<Error>,
}

/// How many bits of the number of a slice are its own.
const SLICES: u32 = 40;

impl Groups {
    /// No groups yet; `source`: the number of the source among those of the job. `seen`: which names occur, and the number
    /// of the first that is read here.
    pub fn new(spec: Arc<Aggregate>, budget: &Budget, source: u32, seen: Option<(Arc<Seen>, usize)>) -> Groups {
        let columns = spec.calls().map(|(function, call)| function.make(call)).collect();
        let recent = (spec.common().len() == 1).then(Recent::new);
        Groups {
            budget: budget.clone(),
            held: Held::new(budget, if recent.is_some() { Recent::SIZE } else { 0 }),
            recent,
            seen,
            keys: Keys::new(),
            firsts: Chunks::new(),
            columns,
            source: u64::from(source) << SLICES,
            slice: None,
            taken: 0,
            given: spec.arguments().iter().map(|_| Given::default()).collect(),
            groups: Vec::new(),
            key: Vec::new(),
            kinds: Vec::new(),
            failed: None,
            spec,
        }
    }

    /// No groups yet, for one of many tables. Who has them gives the records, and says where they are.
    pub(crate) fn one_of_many(spec: Arc<Aggregate>, budget: &Budget) -> Groups {
        let mut groups = Groups::new(spec, budget, 0, None);
        (groups.held, groups.recent) = (Held::one_of_many(budget), None);
        groups
    }

    /// The next records are those of source number `source`, which has a budget of its own. `seen`: which names occur in
    /// it, and the number of the first that is read here.
    ///
    /// # Errors
    /// Memory: there is none for the groups so far.
    pub(crate) fn begin(&mut self, budget: &Budget, source: u32, seen: Option<(Arc<Seen>, usize)>) -> Result<()> {
        (self.source, self.seen, self.slice) = (u64::from(source) << SLICES, seen, None);
        self.go_on(budget)
    }

    /// How many groups there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Goes on beside another source, which has a budget of its own.
    ///
    /// # Errors
    /// Memory: there is none for the groups so far.
    pub fn go_on(&mut self, budget: &Budget) -> Result<()> {
        self.budget = budget.clone();
        self.held.go_on(budget).map_err(|error| Held::lacking(error, self.keys.len()))
    }

    /// Takes in records whose values were given; the first of them is `at`.
    pub(crate) fn take(&mut self, given: &[Given<'_>], records: Range<usize>, at: At) -> Result<()> {
        self.groups.clear();
        let mut room: DigitRoom = [0; 32];
        let (first, count) = (records.start, records.len());
        if self.spec.common().len() == 0 && self.keys.len() > 0 {
            self.groups.resize(count, 0);
        }
        for record in first + self.groups.len()..records.end {
            let mut short = None;
            if let Some(recent) = &self.recent
                && let Some(argument) = self.spec.common().next()
            {
                let (kind, text) = parts(given[argument].values[record], &mut room);
                short = Short::new(u8::from(!kind.is_null()), text);
                if let Some(group) = short.and_then(|short| recent.find(short)) {
                    self.groups.push(group);
                    continue;
                }
            }
            self.key.clear();
            self.kinds.clear();
            let common = self.spec.common();
            let last = common.len().wrapping_sub(1);
            for (index, argument) in common.enumerate() {
                let (kind, text) = parts(given[argument].values[record], &mut room);
                self.key.push(u8::from(!kind.is_null()));
                if index < last {
                    self.key.extend_from_slice(&(text.len() as u32).to_le_bytes());
                }
                self.key.extend_from_slice(text);
                self.kinds.push(kind as u8);
            }
            let hash = hash(&self.key);
            let group = match self.keys.find(hash, &self.key) {
                Some(group) => group,
                None => {
                    let at = At { record: at.record + (record - first) as u64, ..at };
                    add_group(
                        &mut self.keys,
                        &mut self.firsts,
                        &mut self.columns,
                        hash,
                        &self.key,
                        &self.kinds,
                        at,
                        &mut self.held,
                    )?
                }
            };
            if let (Some(recent), Some(short)) = (&mut self.recent, short) {
                recent.keep(short, group);
            }
            self.groups.push(group);
        }
        let taken = Taken { groups: &self.groups, given, first, at };
        self.columns.iter_mut().try_for_each(|column| column.add(&taken, &mut self.held))
    }

    /// Takes in the table of another worker.
    fn try_merge(&mut self, mut other: Groups) -> Result<()> {
        if let Some(error) = self.failed.take().or(other.failed.take()) {
            return Err(error);
        }
        let (count, mut numbers) = (other.keys.len(), Vec::new());
        self.held.take(count * size_of::<u32>())?;
        numbers.reserve_exact(count);
        for group in 0..count as u32 {
            let (hash, key, at) = (other.keys.hash_of(group), other.keys.key(group), *other.firsts.get(group as usize));
            let number = match self.keys.find(hash, key) {
                Some(number) => {
                    let first = self.firsts.get_mut(number as usize);
                    if at < *first {
                        *first = at;
                        self.keys.set_more(number, other.keys.more(group));
                    }
                    number
                }
                None => {
                    let kinds = other.keys.more(group);
                    add_group(
                        &mut self.keys,
                        &mut self.firsts,
                        &mut self.columns,
                        hash,
                        key,
                        kinds,
                        at,
                        &mut self.held,
                    )?
                }
            };
            numbers.push(number);
        }
        for (column, other) in self.columns.iter_mut().zip(other.columns) {
            column.merge(other.into_any(), &numbers, &mut self.held)?;
        }
        self.held.give(count * size_of::<u32>());
        Ok(())
    }
}

/// Adds a group to everything that has something for each.
#[allow(clippy::too_many_arguments)]
#[cold]
fn add_group(
    keys: &mut Keys,
    firsts: &mut Chunks<At>,
    columns: &mut [Box<dyn Accumulate>],
    hash: u64,
    key: &[u8],
    kinds: &[u8],
    at: At,
    held: &mut Held,
) -> Result<u32> {
    let group = keys.add(hash, key, kinds, held)?;
    firsts.push(at, held)?;
    columns.iter_mut().try_for_each(|column| column.grow(held))?;
    Ok(group)
}

impl Fold for Groups {
    /// All groups; the error that was met when tables were merged.
    type Result = Result<Groups>;

    fn another(&self) -> Groups {
        let source = (self.source >> SLICES) as u32;
        Groups::new(Arc::clone(&self.spec), &self.budget, source, self.seen.clone())
    }

    fn add(&mut self, slice: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        if self.slice != Some(slice) {
            (self.slice, self.taken) = (Some(slice), 0);
        }
        let (spec, seen) = (Arc::clone(&self.spec), self.seen.clone());
        let room = std::mem::take(&mut self.given);
        let (given, end, bad) = give_all(spec.arguments(), batch, records.clone(), seen.as_ref(), room);
        // Those that were made of one are good or bad together.
        let count = if bad.is_some() && batch.is_parts(records.clone()) { 0 } else { end - records.start };
        let taken = self.take(&given, 0..count, At { slice: self.source | slice, record: self.taken });
        self.taken += count as u64;
        self.given = given.into_iter().map(Given::recycled).collect();
        taken.map_err(|error| EncodeError::Stop(Held::lacking(error, self.keys.len())))?;
        match bad {
            None => Ok(()),
            Some(error) => Err(EncodeError::Record { index: end, error }),
        }
    }

    fn merge(&mut self, other: Groups) {
        if let Err(error) = self.try_merge(other) {
            self.failed = Some(Held::lacking(error, self.keys.len()));
        }
    }

    fn finish(mut self) -> Result<Groups> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

/// The values that a group has in common, from its key and their kinds.
fn common<'k>(
    mut key: &'k [u8],
    kinds: &[u8],
    mut take: impl FnMut(Value<'k>) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    for (index, kind) in kinds.iter().enumerate() {
        key = &key[1..];
        let len = match index + 1 < kinds.len() {
            true => {
                let (len, rest) = key.split_at(4);
                key = rest;
                u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize
            }
            false => key.len(),
        };
        let (text, rest) = key.split_at(len);
        take(Kind::of(*kind).value(text))?;
        key = rest;
    }
    Ok(())
}

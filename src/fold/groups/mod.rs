//! Groups of records, and what functions keep for each: `pagemill aggregate`.
//!
//! ```text
//! batch ──arguments──▶ values ──keys──▶ the group of each record ──▶ one column of states for each function
//! ```
//!
//! Each worker has a table of its own. A group knows where its first record is, and so do states for which order matters,
//! so tables can be merged in any order.

mod approximate;
mod at;
pub(super) mod chunks;
mod column;
mod count;
mod dense;
mod different;
pub(crate) mod exact;
mod extreme;
mod few;
mod first;
mod frequent;
mod function;
pub(crate) mod given;
pub(crate) mod held;
mod items;
mod joined;
pub(crate) mod kept;
pub(super) mod keys;
mod leading;
mod live;
mod merged;
mod number;
mod quantile;
mod ranked;
mod ranks;
mod recent;
mod rows;
mod saved;
mod share;
mod spec;
mod spilling;
mod sum;
mod timing;
mod whole;
mod write;
mod written;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::memory::Budget;
use crate::record::digits::DigitRoom;
use crate::record::{Batch, EncodeError, Seen};
use crate::spill::RunWriter;
pub(crate) use at::{At, Place};
use chunks::Chunks;
use column::{Accumulate, Taken};
pub(crate) use given::{Given, give_all};
pub(crate) use held::Held;
use kept::parts;
use keys::{Keys, hash};
pub(crate) use leading::Leading;
use recent::{Recent, Short};
pub use spec::Aggregate;
use spilling::{Spilling, Table, is_memory};

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
    /// How many groups all of these have: one more may have been begun.
    count: usize,
    /// Where groups go that do not fit into memory; none: there has to be memory for all.
    spilling: Option<Spilling>,
    place: Place,
    /// Room for the records of a batch.
    given: Vec<Given<'static>>,
    groups: Vec<u32>,
    /// How many of them each function has taken in.
    done: Vec<usize>,
    key: Vec<u8>,
    kinds: Vec<u8>,
    /// How much of `key` is taken of the memory: a long one is first met with a new group.
    key_room: usize,
    /// Why tables could not be merged.
    failed: Option<Error>,
    /// Groups could not be written to disk, and not all of them are here: the run has ended with that error.
    broken: bool,
}

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
            count: 0,
            spilling: None,
            place: Place::of(source),
            given: spec.arguments().iter().map(|_| Given::default()).collect(),
            groups: Vec::new(),
            done: Vec::new(),
            key: Vec::new(),
            kinds: Vec::new(),
            key_room: 0,
            failed: None,
            broken: false,
            spec,
        }
    }

    /// What does not fit into memory goes to sorted runs in this folder; there are this many workers.
    pub fn spilling(self, folder: &Path, workers: usize) -> Groups {
        let spilling = Spilling::new(folder.into(), &self.budget);
        // Some is left for large records, and for what the heap takes beside its content.
        let held = Held::new(&self.budget, 0).at_most(spilling.room / 4 * 3 / workers.max(1));
        Groups { held, ..self }.with(spilling)
    }

    fn with(mut self, spilling: Spilling) -> Groups {
        self.held.owe(RunWriter::memory(spilling.block) + Recent::SIZE);
        Groups { spilling: Some(spilling), ..self }
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
        (self.place, self.seen) = (Place::of(source), seen);
        self.go_on(budget)
    }

    /// How many groups there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Goes on beside another source, which has a budget of its own.
    ///
    /// # Errors
    /// Memory: there is none for the groups so far. Io: they can't be written to disk.
    pub fn go_on(&mut self, budget: &Budget) -> Result<()> {
        self.budget = budget.clone();
        let left = budget.limit().saturating_sub(budget.reserved());
        let went_on = self.held.go_on(budget);
        // Those of the source need room too.
        if self.spilling.is_some() && self.count > 0 && (went_on.is_err() || self.held.size() > left / 4) {
            return self.spill();
        }
        went_on.map_err(|error| Held::lacking(error, self.keys.len()))
    }

    /// Writes all groups to disk, and forgets them.
    fn spill(&mut self) -> Result<()> {
        let Groups { spilling, keys, recent, firsts, columns, count, held, broken, key_room, .. } = self;
        if let Some(spilling) = spilling {
            *broken = true;
            spilling.write(Table { keys, firsts, columns }, std::mem::take(count))?;
            *broken = false;
            held.keep(RunWriter::memory(spilling.block) + Recent::SIZE + *key_room);
            recent.iter_mut().for_each(Recent::forget);
        }
        Ok(())
    }

    /// Takes in these of the records whose values were given; the first that was given is `at`.
    pub(crate) fn take(&mut self, given: &[Given<'_>], records: Range<usize>, at: At) -> Result<()> {
        self.done.clear();
        self.done.resize(self.columns.len(), records.start);
        let (mut first, mut most, mut before) = (records.start, records.len().max(1), None);
        loop {
            self.groups.clear();
            let found = self.find(given, first..records.end.min(first + most), at);
            let taken = Taken { groups: &self.groups, given, at, first };
            // Some may be ahead of the others.
            let behind = |done: &&mut usize| **done < taken.end();
            let mut each = self.columns.iter_mut().zip(&mut self.done).filter(|(_, done)| behind(done));
            let added = each.try_for_each(|(column, done)| column.add(&taken, done, &mut self.held));
            let (end, sum) = (taken.end(), self.done.iter().sum::<usize>());
            let whole = self.done.iter().copied().min().unwrap_or(end);
            match found.and(added) {
                Ok(()) if end == records.end => return Ok(()),
                Ok(()) => {}
                // An empty table can't take a single record.
                Err(error) if most == 1 && before == Some((whole, sum)) => return Err(error),
                Err(error) if self.spilling.is_some() && is_memory(&error) => {
                    self.spill()?;
                    // Their groups may leave no memory for what is kept of each.
                    most = if whole == first { (most / 2).max(1) } else { most };
                    before = Some((whole, sum));
                }
                Err(error) => return Err(error),
            }
            first = whole;
        }
    }

    /// Finds the groups of these records, and adds those that are new.
    ///
    /// # Errors
    /// There is no memory: those of the records so far were found.
    fn find(&mut self, given: &[Given<'_>], records: Range<usize>, at: At) -> Result<()> {
        let mut room: DigitRoom = [0; 32];
        if self.spec.common().len() == 0 && self.count > 0 {
            self.groups.resize(records.len(), 0);
        }
        for record in records.start + self.groups.len()..records.end {
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
                    let at = At { record: at.record + record as u64, ..at };
                    let room = self.key.capacity();
                    if room > self.key_room {
                        self.held.take(room - std::mem::replace(&mut self.key_room, room))?;
                    }
                    let group = add_group(
                        &mut self.keys,
                        &mut self.firsts,
                        &mut self.columns,
                        hash,
                        &self.key,
                        &self.kinds,
                        at,
                        &mut self.held,
                    )?;
                    self.count = self.keys.len();
                    group
                }
            };
            if let (Some(recent), Some(short)) = (&mut self.recent, short) {
                recent.keep(short, group);
            }
            self.groups.push(group);
        }
        Ok(())
    }

    /// Takes in what another worker has.
    fn try_merge(&mut self, mut other: Groups) -> Result<()> {
        if let Some(error) = self.failed.take().or(other.failed.take()) {
            return Err(error);
        }
        self.broken |= other.broken;
        if self.broken {
            return Ok(());
        }
        self.held.share_all();
        match self.merge_tables(&mut other) {
            // Both together are still whole.
            Err(error) if self.spilling.is_some() && is_memory(&error) => {
                self.spill()?;
                other.spill()?;
            }
            merged => merged?,
        }
        if let (Some(own), Some(others)) = (&mut self.spilling, other.spilling.take()) {
            own.append(others);
        }
        Ok(())
    }

    /// Takes in the table of another worker.
    ///
    /// # Errors
    /// There is no memory: what was not taken in is still in the other table.
    fn merge_tables(&mut self, other: &mut Groups) -> Result<()> {
        // There is memory for this many numbers in the other one.
        let (count, mut numbers) = (other.count, Vec::new());
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
                    let number = add_group(
                        &mut self.keys,
                        &mut self.firsts,
                        &mut self.columns,
                        hash,
                        key,
                        kinds,
                        at,
                        &mut self.held,
                    )?;
                    self.count = self.keys.len();
                    number
                }
            };
            numbers.push(number);
        }
        for (column, other) in self.columns.iter_mut().zip(&mut other.columns) {
            column.merge(&mut **other, &numbers, &mut self.held)?;
        }
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
        let another = Groups::new(Arc::clone(&self.spec), &self.budget, self.place.source(), self.seen.clone());
        match &self.spilling {
            Some(spilling) => Groups { held: self.held.another(&self.budget), ..another }.with(spilling.another()),
            None => another,
        }
    }

    fn add(&mut self, slice: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        let at = self.place.next(slice);
        let (spec, seen) = (Arc::clone(&self.spec), self.seen.clone());
        let room = std::mem::take(&mut self.given);
        let (given, end, bad) = give_all(spec.arguments(), batch, records.clone(), seen.as_ref(), room);
        // Those that were made of one are good or bad together.
        let count = if bad.is_some() && batch.is_parts(records.clone()) { 0 } else { end - records.start };
        let taken = self.take(&given, 0..count, at);
        self.place.took(count as u64);
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

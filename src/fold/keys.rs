//! The key pass: the union of all keys in order of first appearance, in bounded memory.
//!
//! It is a run like any other, in which each worker remembers the keys it meets, each with the slice where it met it
//! first. A worker's slices come in input order, so the slice it remembers is its earliest with that key. When the
//! workers' keys are merged in input order, the first of equal keys is kept.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use hashbrown::HashSet;

use crate::error::{Error, Fault, Position, RecordError, Result};
use crate::flow::kept::Keeper;
use crate::flow::sayable::Narrow;
use crate::flow::trial::Trial;
use crate::flow::wanted::Wanted;
use crate::fold::Fold;
use crate::format::{Decode, key_too_long};
use crate::memory::{Arena, Budget, Reservation};
use crate::op::Op;
use crate::plan::sizes::FEW;
use crate::record::{Apart, Batch, Before, Drain, EncodeError, Output, Paths, Schema, with_key};
use crate::scan::lines::Lines;
use crate::wording::nouns;

/// How many keys may be remembered, and how long they may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The most keys that a header may have.
    pub keys: usize,
    /// The longest key, in bytes.
    pub length: usize,
}

impl Limits {
    /// The error for more keys than there may be, at an offset of the slice.
    pub fn too_many(&self, offset: usize) -> RecordError {
        let keys = nouns(self.keys as u64, "key");
        RecordError::new(offset, format!("the records up to here have more than {} different {keys}", self.keys))
            .hint("Name the columns with ⟨columns a,b,c⟩, keep maps whole with ⟨nested json⟩, or raise ⟨max_keys⟩ (and ⟨memory_limit⟩ with it).")
            .fault(Fault::TooManyKeys)
    }

    /// The error for a key that is too long, at an offset of the slice.
    pub fn too_long(&self, offset: usize, len: usize) -> RecordError {
        key_too_long(offset, len, self.length).fault(Fault::TooLarge)
    }
}

/// The keys of records, in order of first appearance.
pub(crate) struct Keys {
    apart: Apart,
    /// Records without new keys may be skipped, so the numbers of records are not known.
    light: bool,
    budget: Budget,
    paths: Paths,
    table: Table,
}

impl Keys {
    /// `apart`: which maps become dotted paths. `budget` is asked for the memory of large tables. `light`: records
    /// without new keys may be skipped, so the numbers of records are not known.
    pub fn new(apart: Apart, limits: Limits, budget: Budget, light: bool) -> Keys {
        let held = Held { reserved: budget.open("key tables", INSTEAD), size: 0, covered: FEW };
        let table = Table { limits, seen: HashSet::new(), found: Vec::new(), order: Vec::new(), held };
        Keys { apart, light, budget, paths: Paths::default(), table }
    }
}

impl Fold for Keys {
    /// The keys, each once; none if there are too many of them in all.
    type Result = Option<Schema>;

    fn another(&self) -> Keys {
        Keys::new(self.apart.clone(), self.table.limits, self.budget.clone(), self.light)
    }

    fn takes_only_keys(&self) -> bool {
        self.light
    }

    fn add(&mut self, slice: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        let Keys { apart, paths, table, .. } = self;
        for record in records {
            let (values, keys) = batch.tree(record).nodes();
            let mut leaf = 0;
            let walked = paths.walk(values, keys, apart, |path, key, _| {
                let index = leaf;
                leaf += 1;
                if table.is_as_before(path, key, index) {
                    return Ok(());
                }
                with_key(path, key, |path| table.look_up(path, index, slice))
            });
            let (limits, offset) = (table.limits, batch.span(record).start);
            walked.map_err(|refused| match refused {
                Refused::Key(len) => EncodeError::Record { index: record, error: limits.too_long(offset, len) },
                Refused::Many => EncodeError::Record { index: record, error: limits.too_many(offset) },
                Refused::Run(error) => EncodeError::Stop(error),
            })?;
        }
        Ok(())
    }

    /// The target refuses a record with an unknown key because of that first, so it has to be in the header.
    fn add_refused(&mut self, slice: u64, batch: &Batch<'_>, record: usize) -> Result<()> {
        match self.add(slice, batch, record..record + 1) {
            Err(EncodeError::Stop(error)) => Err(error),
            Ok(()) | Err(EncodeError::Record { .. }) => Ok(()),
        }
    }

    fn ended(&mut self, slices: u64) {
        let found = &mut self.table.found;
        found.truncate(found.partition_point(|(slice, _)| *slice < slices));
    }

    fn merge(&mut self, other: Keys) {
        self.table.found.extend(other.table.found);
        // No two workers have a key from the same slice, and a worker has them in order.
        self.table.found.sort_by_key(|(slice, _)| *slice);
    }

    fn finish(self) -> Option<Schema> {
        let Table { limits, found, .. } = &self.table;
        let mut seen = HashSet::new();
        let names: Vec<&[u8]> = found.iter().map(|(_, name)| &**name).filter(|name| seen.insert(*name)).collect();
        (names.len() <= limits.keys).then(|| Schema::new(names))
    }
}

/// Why a key is not taken.
enum Refused {
    /// It has this many bytes, which is too long.
    Key(usize),
    /// There are as many keys as there may be.
    Many,
    Run(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Run(error)
    }
}

/// The keys that a worker has seen.
struct Table {
    limits: Limits,
    seen: HashSet<Arc<[u8]>>,
    /// The same keys in order, each with the slice in which it was first met.
    found: Vec<(u64, Arc<[u8]>)>,
    /// The keys of the previous record, as a guess for those of the next one.
    order: Vec<Box<[u8]>>,
    held: Held,
}

/// What to do when there is no more memory for keys.
const INSTEAD: &str = "name the columns with ⟨columns a,b,c⟩, or keep maps whole with ⟨nested json⟩";

/// The memory of a worker's tables, reserved in steps.
struct Held {
    reserved: Reservation,
    size: usize,
    covered: usize,
}

impl Held {
    /// Reserves memory for another key: here, among the keys of the previous record, and once more where tables are
    /// merged.
    fn add(&mut self, key: &[u8]) -> Result<()> {
        // For entries of tables, and the heap's overhead for a block.
        const ENTRY: usize = 128;
        self.size += 4 * key.len() + ENTRY;
        if self.size > self.covered {
            let more = (self.size - self.covered).max(FEW);
            self.reserved.try_grow(more)?;
            self.covered += more;
        }
        Ok(())
    }
}

impl Table {
    /// Whether the `index`-th key of a record is that of the previous record.
    #[inline]
    fn is_as_before(&self, path: &[u8], key: &[u8], index: usize) -> bool {
        let name = self.order.get(index).and_then(|name| name.split_at_checked(path.len()));
        name.is_some_and(|(before, last)| last == key && before == path)
    }

    #[cold]
    fn look_up(&mut self, path: &[u8], index: usize, slice: u64) -> Result<(), Refused> {
        if path.len() > self.limits.length {
            return Err(Refused::Key(path.len()));
        }
        if index < self.limits.keys {
            self.order.resize(self.order.len().max(index + 1), Box::default());
            if self.order[index].is_empty() {
                self.order[index] = path.into();
            }
        }
        if !self.seen.contains(path) {
            if self.seen.len() >= self.limits.keys {
                return Err(Refused::Many);
            }
            self.held.add(path)?;
            let name: Arc<[u8]> = path.into();
            self.seen.insert(Arc::clone(&name));
            self.found.push((slice, name));
        }
        Ok(())
    }
}

/// Which records of a source keys are looked for in.
pub(crate) struct Look<'o> {
    /// What is done to them before.
    pub ops: &'o [Arc<dyn Op>],
    /// Their fields, if they become keyed only then.
    pub schema: Option<&'o Schema>,
    /// Ops see untyped values as text.
    pub untyped_is_text: bool,
    /// The number of the source.
    pub number: u32,
    /// What ends a line, and the line that the first record begins in, where that is asked for.
    pub lines: Option<(Lines, u64)>,
    /// Those that will be written.
    pub wanted: Wanted,
    /// Keeps those that stay of those that are equal.
    pub keeper: Option<Keeper>,
    /// What the encoding of the target refuses.
    pub narrow: Option<Narrow>,
    /// What the target refuses, where records are counted, and room for a trial.
    pub trial: Option<Trial>,
    pub room: Vec<u8>,
    /// A record that loses something is refused; but not one that will not be written, if that is lenient.
    pub strict: bool,
    pub lenient: bool,
}

/// Looks for keys in the beginning of a source, slice by slice.
pub(crate) struct Search<'o> {
    decoder: Box<dyn Decode>,
    keys: Keys,
    arena: Arena,
    look: Look<'o>,
    max_record: usize,
    /// How many records were looked at.
    records: u64,
    /// Whether any of them was bad.
    bad: bool,
}

impl<'o> Search<'o> {
    pub fn new(decoder: Box<dyn Decode>, arena: Arena, look: Look<'o>, keys: Keys, max_record: usize) -> Search<'o> {
        Search { decoder, keys, arena, look, max_record, records: 0, bad: false }
    }

    /// Adds the keys of the good records of a slice, which begins at `offset` of `file`.
    pub fn add(&mut self, slice: &[u8], file: &Path, offset: u64) -> Result<()> {
        let line = self.look.lines.map_or(0, |(_, line)| line);
        self.add_from(slice, file, offset, line)?;
        if let Some((lines, line)) = &mut self.look.lines {
            *line += lines.count(slice, 0);
        }
        Ok(())
    }

    /// The same for a slice or record that begins in a line, from 1; 0: that is not known.
    pub fn add_from(&mut self, slice: &[u8], file: &Path, offset: u64, line: u64) -> Result<()> {
        self.decoder.begin(slice);
        while !self.is_over() {
            self.arena.reset();
            let mut batch = Batch::new(&self.arena, slice, self.look.schema, self.max_record);
            batch.set_untyped_is_text(self.look.untyped_is_text);
            batch.set_before(Before {
                source: file.as_os_str().as_encoded_bytes(),
                records: self.records,
                number: self.look.number,
                offset,
                line,
                lines: self.look.lines.map(|(lines, _)| lines).filter(|_| line > 0),
            });
            batch.set_strict(self.look.strict);
            if self.look.lenient && !self.look.wanted.are_next() {
                batch.set_lenient();
            }
            let filled = self.decoder.fill(slice, &mut batch);
            batch.abandon();
            let decoded = batch.len();
            self.look.ops.iter().for_each(|op| op.apply(&mut batch));
            if let Some(narrow) = &self.look.narrow {
                narrow.refuse(&mut batch);
            }
            if let Some(trial) = &mut self.look.trial {
                let mut nowhere = Nowhere;
                trial.refuse(&mut batch, &mut Output::new(&mut self.look.room, &mut nowhere, false))?;
            }
            batch.settle_parts();
            if let Some(keeper) = &mut self.look.keeper {
                keeper.keep(&mut batch)?;
            }
            if let Some(drawn) = self.look.wanted.drawn {
                drawn.keep(&mut batch);
            }
            // What an op refused is a bad record like others.
            let refused = batch.take_rejected().into_iter().map(|(index, _)| index);
            let (mut from, all) = (0, batch.len());
            for refused in refused.chain([all]) {
                let left = self.look.wanted.pass_over(from..refused);
                let wanted = self.look.wanted.first(left);
                self.look.wanted.took(wanted.len());
                match self.keys.add(0, &batch, wanted) {
                    Err(EncodeError::Stop(error)) => return Err(error),
                    Err(EncodeError::Record { index, error }) if error.fault == Fault::TooManyKeys => {
                        let record = self.records + batch.number(index) as u64 + 1;
                        let offset = offset + error.offset as u64;
                        return Err(Error::data(Position::new(file, record, offset), error));
                    }
                    Ok(()) | Err(EncodeError::Record { .. }) => {}
                }
                let met = self.look.wanted.are_next() && refused < all;
                if met && self.look.trial.as_ref().is_some_and(|trial| trial.has_refused(batch.number(refused))) {
                    self.keys.add_refused(0, &batch, refused)?;
                }
                from = refused + 1;
            }
            self.records += decoded as u64;
            match filled {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                // If bad records end the run, this one does; otherwise the records after it count.
                Err(_) => {
                    self.decoder.skip_record(slice);
                    self.records += 1;
                    self.bad = true;
                }
            }
        }
        Ok(())
    }

    /// Whether no more records will be written.
    pub fn is_over(&self) -> bool {
        self.look.wanted.is_over()
    }

    /// Whether no key was found yet.
    pub fn is_empty(&self) -> bool {
        self.keys.table.found.is_empty()
    }

    /// The keys found, each once, in order of first appearance, and whether there were bad records.
    pub fn finish(self) -> (Schema, bool) {
        (self.keys.finish().unwrap_or_default(), self.bad)
    }
}

/// Nothing is written.
struct Nowhere;

impl Drain for Nowhere {
    fn drain(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Value;

    /// Takes in a record with these keys.
    fn add(keys: &mut Keys, slice: u64, names: &[&'static str]) {
        let arena = Arena::new(256 << 10, 256 << 10);
        let mut batch = Batch::new(&arena, b"", None, 0);
        batch.push_keyed(b"", Value::Map(names.len() as u32), 0).expect("room");
        for name in names {
            batch.push_keyed(name.as_bytes(), Value::Null, 0).expect("room");
        }
        batch.end_record(0, 0).expect("room");
        keys.add(slice, &batch, 0..1).expect("few keys");
    }

    /// The keys of slices that two workers had in turn, where the run ended after this many slices.
    fn names(slices: u64) -> Vec<String> {
        let limits = Limits { keys: 9, length: 9 };
        let mut first = Keys::new(Apart::None, limits, Budget::new(1 << 20), false);
        let mut second = first.another();
        add(&mut second, 0, &["b", "a"]);
        add(&mut first, 1, &["c", "a"]);
        add(&mut second, 2, &["c", "d"]);
        add(&mut first, 3, &["d", "e"]);
        first.ended(slices);
        second.ended(slices);
        first.merge(second);
        let found = first.finish().expect("few keys");
        found.names().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }

    #[test]
    fn keys_are_in_the_order_of_slices_whoever_had_them() {
        assert_eq!(names(9), ["b", "a", "c", "d", "e"]);
        assert_eq!(names(2), ["b", "a", "c"]);
        assert_eq!(names(1), ["b", "a"]);
        assert!(names(0).is_empty());
    }
}

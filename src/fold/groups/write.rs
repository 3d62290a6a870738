//! The result as records.

use crate::error::{RecordError, Result};
use crate::flow::sort::{append_key, longest};
use crate::fold::groups::at::At;
use crate::fold::groups::held::Held;
use crate::fold::groups::kept::{common, parts};
use crate::fold::groups::merged::{INSTEAD, Merged, merged};
use crate::fold::groups::rows::{Ordered, Part};
use crate::fold::groups::spilling::{Spilling, is_memory};
use crate::fold::groups::{Groups, add_group, hash};
use crate::fold::pen::{ARENA, Onto, Pen, Rows, WRITING, Written, memory, write_all};
use crate::memory::{ARENA_INSTEAD, Arena};
use crate::metrics::Spilled;
use crate::record::digits::DigitRoom;
use crate::record::{Output, Value};
use crate::spill::{Merge, RunReader, SpillFile, reduce};

impl Groups {
    /// Writes the groups that are wanted, in their order.
    ///
    /// # Errors
    /// A value that the target can't hold; memory; the target, or a file for what does not fit into memory, can't be
    /// written.
    pub fn write(mut self, onto: &Onto<'_>) -> Result<Written> {
        let groups = self.keys.len();
        match self.spilling.take() {
            None => {
                let order = self.wanted(onto).map_err(|error| Held::lacking(error, groups))?;
                self.write_these(&mut self.rows(&order), onto)
            }
            Some(spilling) if spilling.runs.is_empty() => match self.wanted(onto) {
                Ok(order) => self.write_these(&mut self.rows(&order), onto),
                Err(error) if is_memory(&error) && groups > 0 => self.write_merged(spilling, onto),
                Err(error) => Err(error),
            },
            Some(spilling) => self.write_merged(spilling, onto),
        }
    }

    /// Writes groups of which not all are in memory.
    fn write_merged(&mut self, spilling: Spilling, onto: &Onto<'_>) -> Result<Written> {
        let (folder, block) = (std::sync::Arc::clone(&spilling.folder), spilling.block);
        self.spilling = Some(spilling);
        if self.count > 0 {
            self.spill()?;
        }
        let Some(spilling) = self.spilling.take() else { return Ok(Written::default()) };
        self.held = Held::new(&self.budget, 0);
        let most = onto.limit.map(|limit| limit.saturating_add(onto.offset));
        let Merged { mut results, runs, bytes, memory, reserved } =
            merged(spilling, &self.spec, &self.columns, &self.budget, most, onto.check)?;
        let part = Part::of(results.count, onto.offset, onto.limit, onto.tail);
        let mut spilled = Spilled { bytes: bytes + results.bytes, runs: runs + results.runs.len() as u64 };
        // Encoding takes some of it.
        drop(reserved);
        self.held.take(WRITING)?;
        let mut held = Held::new(&self.budget, 0);
        let (body, read, check) = (Vec::new(), 0, onto.check);
        let written = if results.runs.is_empty() {
            let merge = results.in_memory();
            self.write_these(&mut Ordered { merge, part, body, held: &mut held, check, read }, onto)
        } else {
            let (runs, create) = (std::mem::take(&mut results.runs), || SpillFile::create(&folder));
            let windows = memory.saturating_sub(WRITING);
            let (runs, more) = reduce(runs, windows, &self.budget, &create, block, check, INSTEAD)?;
            spilled.bytes += more;
            let merge = Merge::new(runs.into_iter().map(RunReader::new).collect::<Result<Vec<_>>>()?);
            self.write_these(&mut Ordered { merge, part, body, held: &mut held, check, read }, onto)
        };
        written.map(|written| Written { spilled, ..written })
    }

    /// The groups that are written, in their order; there is memory for writing them.
    fn wanted(&mut self, onto: &Onto<'_>) -> Result<Vec<u32>> {
        self.held.take(WRITING)?;
        self.chosen(onto)
    }

    /// The groups that are written, in their order.
    fn chosen(&mut self, onto: &Onto<'_>) -> Result<Vec<u32>> {
        if self.spec.common().len() == 0 && self.keys.len() == 0 {
            // Without groups there is one, even if it has no record.
            let Groups { keys, firsts, columns, held, .. } = self;
            add_group(keys, firsts, columns, hash(b""), b"", b"", At::default(), held)?;
            self.count = 1;
        }
        let mut order = self.ordered()?;
        let Part { skip, left } = Part::of(order.len() as u64, onto.offset, onto.limit, onto.tail);
        order.truncate((skip + left) as usize);
        order.drain(..skip as usize);
        Ok(order)
    }

    /// All groups in their order; all records of them were taken in.
    ///
    /// # Errors
    /// There is no memory.
    pub(crate) fn ordered(&mut self) -> Result<Vec<u32>> {
        let Groups { columns, held, .. } = self;
        columns.iter_mut().try_for_each(|column| column.settle(held))?;
        // There is memory for this many numbers in the keys.
        let count = self.count;
        let mut order: Vec<u32> = (0..count as u32).collect();
        order.sort_unstable_by_key(|group| *self.firsts.get(*group as usize));
        if self.spec.sorted_columns().next().is_some() {
            self.sort(&mut order)?;
        }
        Ok(order)
    }

    /// Groups of the table in this order.
    pub(crate) fn rows<'g>(&'g self, order: &'g [u32]) -> impl Rows {
        InTable { groups: self, order: order.iter() }
    }

    /// Writes the groups that are wanted of those so far; more records may follow.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub(crate) fn write_so_far(&mut self, onto: &Onto<'_>, pen: &mut Pen, output: &mut Output<'_>) -> Result<()> {
        let order = self.chosen(onto)?;
        let written = pen.write(&mut self.rows(&order), &[], output);
        written.map_err(|error| Held::lacking(error, self.keys.len()))
    }

    /// Sorts groups by fields of the result; equal ones stay in the order of their first records.
    fn sort(&mut self, order: &mut [u32]) -> Result<()> {
        let spec = std::sync::Arc::clone(&self.spec);
        let fields: Vec<_> = spec.sorted_columns().collect();
        // The keys of all groups, one after the other, and where each ends.
        let (mut keys, mut ends): (Vec<u8>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut arena = Arena::asking(ARENA, usize::MAX / 2, self.budget.open("large results", ARENA_INSTEAD));
        let mut held = std::mem::replace(&mut self.held, Held::new(&self.budget, 0));
        held.take(self.keys.len() * size_of::<usize>())?;
        ends.reserve_exact(self.keys.len());
        for group in 0..self.keys.len() as u32 {
            arena.clear();
            let mut row = Vec::with_capacity(spec.names().count());
            self.values(group, &arena, &mut row).map_err(memory)?;
            for (field, key) in &fields {
                let mut room = DigitRoom::default();
                let text = parts(row[*field], &mut room).1;
                let needed = longest(text, key);
                if keys.capacity() - keys.len() < needed {
                    let more = keys.capacity().max(needed).max(1024);
                    held.take(more)?;
                    keys.reserve_exact(more);
                }
                append_key(&mut keys, row[*field], text, key);
            }
            ends.push(keys.len());
        }
        let key = |group: u32| {
            let group = group as usize;
            &keys[group.checked_sub(1).map_or(0, |before| ends[before])..ends[group]]
        };
        order.sort_by(|one, two| key(*one).cmp(key(*two)));
        drop((keys, ends));
        self.held = held;
        Ok(())
    }

    /// The values of a group's record.
    pub(super) fn values<'a>(
        &'a self,
        group: u32,
        arena: &'a Arena,
        row: &mut Vec<Value<'a>>,
    ) -> Result<(), RecordError> {
        common(self.keys.key(group), self.keys.more(group), |value| {
            row.push(value);
            Ok(())
        })?;
        self.columns.iter().try_for_each(|column| {
            row.push(column.result(group, arena)?);
            Ok(())
        })
    }

    /// Writes records of the result; [`WRITING`] was taken for that.
    fn write_these(&self, rows: &mut impl Rows, onto: &Onto<'_>) -> Result<Written> {
        write_all(rows, self.spec.schema(), self.spec.bounds(), &self.budget, onto)
    }
}

/// The groups of a table, in an order.
struct InTable<'g> {
    groups: &'g Groups,
    order: std::slice::Iter<'g, u32>,
}

impl Rows for InTable<'_> {
    fn next<'a>(&mut self, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<bool>
    where
        Self: 'a,
    {
        match self.order.next() {
            Some(group) => self.groups.values(*group, arena, row).map(|()| true).map_err(memory),
            None => Ok(false),
        }
    }
}

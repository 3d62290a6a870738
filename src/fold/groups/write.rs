//! The result as records of any format.

use crate::error::{RecordError, Result};
use crate::flow::sort::{append_key, longest};
use crate::fold::groups::column::At;
use crate::fold::groups::{GROUPS, Groups, add_group, common, hash, lacking};
use crate::fold::held::Held;
use crate::fold::kept::parts;
use crate::fold::written::{ARENA, Onto, Rows, WRITING, Written, memory};
use crate::memory::{ARENA_INSTEAD, Arena};
use crate::record::Value;
use crate::record::digits::DigitRoom;

impl Groups {
    /// Writes the groups that are wanted, in their order.
    ///
    /// # Errors
    /// A value that the target can't hold; memory; the target can't be written.
    pub fn write(mut self, onto: &Onto<'_>) -> Result<Written> {
        let groups = self.keys.len();
        self.wanted(onto).and_then(|order| self.write_these(&order, onto)).map_err(|error| lacking(error, groups))
    }

    /// The groups that are written, in their order.
    fn wanted(&mut self, onto: &Onto<'_>) -> Result<Vec<u32>> {
        if self.spec.common().len() == 0 && self.keys.len() == 0 {
            // Without groups there is one, even if it has no record.
            let Groups { keys, firsts, columns, held, .. } = self;
            add_group(keys, firsts, columns, hash(b""), b"", b"", At::default(), held)?;
        }
        let Groups { columns, held, .. } = self;
        columns.iter_mut().try_for_each(|column| column.settle(held))?;
        let count = self.keys.len();
        self.held.take(count * size_of::<u32>())?;
        let mut order: Vec<u32> = (0..count as u32).collect();
        order.sort_unstable_by_key(|group| *self.firsts.get(*group as usize));
        if !self.spec.sorting().is_empty() {
            self.sort(&mut order)?;
        }
        let pass_over = usize::try_from(onto.offset).unwrap_or(usize::MAX).min(order.len());
        order.drain(..pass_over);
        let most = |most: Option<u64>| most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        order.truncate(most(onto.limit));
        order.drain(..order.len().saturating_sub(most(onto.tail)));
        Ok(order)
    }

    /// Sorts groups by fields of the result; equal ones stay in the order of their first records.
    fn sort(&mut self, order: &mut [u32]) -> Result<()> {
        let spec = std::sync::Arc::clone(&self.spec);
        let names: Vec<&str> = spec.names().collect();
        let fields: Vec<_> = spec
            .sorting()
            .iter()
            .map(|key| (names.iter().position(|name| *name == key.field()).unwrap_or_default(), key))
            .collect();
        // The keys of all groups, one after the other, and where each ends.
        let (mut keys, mut ends): (Vec<u8>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut arena = Arena::asking(ARENA, usize::MAX / 2, self.budget.open("large results", ARENA_INSTEAD));
        let mut held = std::mem::replace(&mut self.held, Held::new(&self.budget, &GROUPS, 0));
        held.take(self.keys.len() * size_of::<usize>())?;
        ends.reserve_exact(self.keys.len());
        for group in 0..self.keys.len() as u32 {
            arena.clear();
            let mut row = Vec::with_capacity(names.len());
            self.values(group, &arena, &mut row).map_err(memory)?;
            for (field, key) in &fields {
                let mut room = DigitRoom::default();
                let len = parts(row[*field], &mut room).1.len();
                let needed = longest(len);
                if keys.capacity() - keys.len() < needed {
                    let more = keys.capacity().max(needed).max(1024);
                    held.take(more)?;
                    keys.reserve_exact(more);
                }
                append_key(&mut keys, row[*field], len, key);
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
    fn values<'a>(&'a self, group: u32, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<(), RecordError> {
        common(self.keys.key(group), self.keys.more(group), |value| {
            row.push(value);
            Ok(())
        })?;
        self.columns.iter().try_for_each(|column| {
            row.push(column.result(group, arena)?);
            Ok(())
        })
    }

    fn write_these(&mut self, order: &[u32], onto: &Onto<'_>) -> Result<Written> {
        self.held.take(WRITING)?;
        let written = Ordered { groups: self, order }.write_all(&self.spec.schema(), &self.budget, onto)?;
        Ok(Written { bounds: self.spec.bounds(), ..written })
    }
}

/// Groups in their order.
struct Ordered<'g> {
    groups: &'g Groups,
    order: &'g [u32],
}

impl Rows for Ordered<'_> {
    fn count(&self) -> usize {
        self.order.len()
    }

    fn values<'a>(&'a self, record: usize, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<(), RecordError> {
        self.groups.values(self.order[record], arena, row)
    }
}

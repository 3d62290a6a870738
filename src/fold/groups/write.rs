//! The result as records of any format.

use std::sync::Arc;

use crate::error::{RecordError, Result};
use crate::flow::sayable::Narrow;
use crate::flow::sort::{append_key, longest};
use crate::fold::groups::column::At;
use crate::fold::groups::held::Held;
use crate::fold::groups::kept::parts;
use crate::fold::groups::pen::{ARENA, Pen, memory};
use crate::fold::groups::{Groups, add_group, common, hash};
use crate::format::{Format, Options};
use crate::memory::{ARENA_INSTEAD, Arena};
use crate::metrics::{BoundReport, WindowReport};
use crate::record::digits::DigitRoom;
use crate::record::{Drain, Lossy, Output, Value};
use crate::sink::Target;

/// Where the result goes, and how it is written.
pub(crate) struct Onto<'o> {
    pub target: &'o Target,
    pub format: Format,
    pub options: &'o Options,
    /// The encoding of the target, if it does not have every character.
    pub narrow: Option<Arc<Narrow>>,
    /// What is lossy is refused.
    pub strict: bool,
    /// How many groups are passed over, the most that are written, and the most of the last ones of these.
    pub offset: u64,
    pub limit: Option<u64>,
    pub tail: Option<u64>,
}

/// What was written.
#[derive(Default)]
pub(crate) struct Written {
    pub bytes: u64,
    pub records: u64,
    pub lossy: Lossy,
    /// The bounds of approximate results.
    pub bounds: Vec<BoundReport>,
    /// What became of windows, if there were some.
    pub windows: Option<WindowReport>,
}

/// What an encoder fills before it is written, in bytes.
pub(crate) const BUFFER: usize = 256 << 10;
impl Groups {
    /// Writes the groups that are wanted, in their order.
    ///
    /// # Errors
    /// A value that the target can't hold; memory; the target can't be written.
    pub fn write(mut self, onto: &Onto<'_>) -> Result<Written> {
        let groups = self.keys.len();
        self.wanted(onto).and_then(|order| self.write_these(&order, onto)).map_err(|error| Held::lacking(error, groups))
    }

    /// The groups that are written, in their order.
    fn wanted(&mut self, onto: &Onto<'_>) -> Result<Vec<u32>> {
        if self.spec.common().len() == 0 && self.keys.len() == 0 {
            // Without groups there is one, even if it has no record.
            let Groups { keys, firsts, columns, held, .. } = self;
            add_group(keys, firsts, columns, hash(b""), b"", b"", At::default(), held)?;
        }
        let mut order = self.ordered()?;
        let pass_over = usize::try_from(onto.offset).unwrap_or(usize::MAX).min(order.len());
        order.drain(..pass_over);
        let most = |most: Option<u64>| most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        order.truncate(most(onto.limit));
        order.drain(..order.len().saturating_sub(most(onto.tail)));
        Ok(order)
    }

    /// All groups in their order; all records of them were taken in.
    ///
    /// # Errors
    /// There is no memory.
    pub(crate) fn ordered(&mut self) -> Result<Vec<u32>> {
        let Groups { columns, held, .. } = self;
        columns.iter_mut().try_for_each(|column| column.settle(held))?;
        let count = self.keys.len();
        self.held.take(count * size_of::<u32>())?;
        let mut order: Vec<u32> = (0..count as u32).collect();
        order.sort_unstable_by_key(|group| *self.firsts.get(*group as usize));
        if !self.spec.sorting().is_empty() {
            self.sort(&mut order)?;
        }
        Ok(order)
    }

    /// Writes the groups that are wanted of those so far; more records may follow.
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub(crate) fn write_so_far(&mut self, onto: &Onto<'_>, pen: &mut Pen, output: &mut Output<'_>) -> Result<()> {
        let order = self.wanted(onto)?;
        let written = pen.write(self, &order, &[], output);
        self.held.give(self.keys.len() * size_of::<u32>());
        written.map_err(|error| Held::lacking(error, self.keys.len()))
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
        let mut held = std::mem::replace(&mut self.held, Held::new(&self.budget, 0));
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

    fn write_these(&mut self, order: &[u32], onto: &Onto<'_>) -> Result<Written> {
        self.held.take(2 * BUFFER + ARENA)?;
        let schema = self.spec.schema();
        let mut pen = Pen::new(schema, onto.format, onto.options, onto.narrow.clone(), &self.budget)?;
        let frame = pen.frame();
        onto.target.write(&frame.prefix, 0)?;
        let mut drain = AtPlace { target: onto.target, offset: frame.prefix.len() as u64, skip: frame.first_skips };
        let mut buffer = vec![0; BUFFER.max(onto.format.takes(onto.options).whole_record)];
        let mut output = Output::new(&mut buffer, &mut drain, onto.strict);
        pen.write(self, order, &[], &mut output)?;
        output.flush()?;
        let lossy = output.lossy;
        let suffix = if order.is_empty() && !frame.empty.is_empty() { &frame.empty } else { &frame.suffix };
        onto.target.write(suffix, drain.offset)?;
        Ok(Written {
            bytes: drain.offset + suffix.len() as u64,
            records: order.len() as u64,
            lossy,
            bounds: self.spec.bounds(),
            windows: None,
        })
    }
}

/// Writes what an encoder gives at its place of the target.
pub(crate) struct AtPlace<'t> {
    pub target: &'t Target,
    pub offset: u64,
    /// How many bytes are left out first: there is no record before the first one.
    pub skip: usize,
}

impl Drain for AtPlace<'_> {
    fn drain(&mut self, bytes: &[u8]) -> Result<()> {
        let skipped = std::mem::take(&mut self.skip).min(bytes.len());
        let bytes = &bytes[skipped..];
        self.target.write(bytes, self.offset)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

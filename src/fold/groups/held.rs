//! The memory of a worker's groups.

use crate::error::{Error, Result};
use crate::memory::{Budget, Reservation};
use crate::plan::sizes::FEW;

/// What else to do where there is no memory for more groups.
const INSTEAD: &str =
    "group by fewer values, or leave out functions that keep values (distinct, quantile, median, mode, top)";

/// The memory of a worker's groups, reserved in steps. The first few are part of what is planned for tables.
pub(crate) struct Held {
    reserved: Reservation,
    size: usize,
    covered: usize,
    /// What needs no reservation, and how much is reserved at a time.
    free: usize,
    step: usize,
}

/// How much a small table reserves at a time.
const SMALL: usize = 4 << 10;

impl Held {
    /// `size`: what is taken already, at most what is planned.
    pub fn new(budget: &Budget, size: usize) -> Held {
        Held { reserved: budget.open("groups", INSTEAD), size, covered: FEW, free: FEW, step: FEW }
    }

    /// The memory of one of many tables: all of it is reserved.
    pub fn one_of_many(budget: &Budget) -> Held {
        Held { covered: 0, free: 0, step: SMALL, ..Held::new(budget, 0) }
    }

    /// Takes this many bytes more.
    ///
    /// # Errors
    /// There are not so many left.
    #[inline]
    pub fn take(&mut self, bytes: usize) -> Result<()> {
        self.size += bytes;
        if self.size > self.covered { self.grow() } else { Ok(()) }
    }

    #[cold]
    fn grow(&mut self) -> Result<()> {
        let more = (self.size - self.covered).max(self.step);
        self.reserved.try_grow(more)?;
        self.covered += more;
        Ok(())
    }

    /// Gives this many bytes back.
    pub fn give(&mut self, bytes: usize) {
        self.size -= bytes.min(self.size);
        let surplus = self.covered.saturating_sub(self.size.max(self.free) + self.step);
        if surplus > 0 {
            self.reserved.shrink(surplus);
            self.covered -= surplus;
        }
    }

    /// Goes on under another ceiling.
    ///
    /// # Errors
    /// There is less left than was taken so far.
    pub fn go_on(&mut self, budget: &Budget) -> Result<()> {
        let size = std::mem::take(&mut self.size);
        *self = if self.free > 0 { Held::new(budget, 0) } else { Held::one_of_many(budget) };
        self.take(size)
    }

    /// The error for groups that don't fit, of which there are so many in a worker's table.
    pub fn lacking(error: Error, groups: usize) -> Error {
        match error.needed_memory() {
            Some(needed) => {
                let groups = crate::wording::counted(groups as u64, "group");
                Error::needs_memory(
                    needed,
                    format!(
                        "a worker's table has {groups} so far, and there is no memory for more of them\n  {}",
                        error.marked()
                    ),
                )
            }
            None => error,
        }
    }
}

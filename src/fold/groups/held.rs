//! The memory of a worker's groups.

use crate::error::{Error, Result};
use crate::memory::{Budget, Reservation};
use crate::plan::sizes::FEW;
use crate::wording::megabytes;

/// What memory is for, and what else to do where there is none.
pub(crate) struct Purpose {
    pub name: &'static str,
    pub instead: &'static str,
}

const GROUPS: Purpose = Purpose {
    name: "groups",
    instead: "group by fewer values, or leave out functions that keep values (distinct, quantile, median, mode, top)",
};

/// For this many bytes, one more is reserved.
const PART: usize = 8;

/// The memory of a worker's groups, reserved in steps. The first few are part of what is planned for tables.
pub(crate) struct Held {
    purpose: &'static Purpose,
    reserved: Reservation,
    size: usize,
    covered: usize,
    /// The most that one worker may have.
    most: usize,
    /// What needs no reservation, and how much is reserved at a time.
    free: usize,
    step: usize,
}

/// How much a small table reserves at a time.
const SMALL: usize = 4 << 10;

impl Held {
    /// `size`: what is taken already, at most what is planned.
    pub fn new(budget: &Budget, size: usize) -> Held {
        Held { size, ..Held::of(budget, &GROUPS) }
    }

    /// The memory of something else than groups.
    pub fn of(budget: &Budget, purpose: &'static Purpose) -> Held {
        let reserved = budget.open(purpose.name, purpose.instead);
        Held { purpose, reserved, size: 0, covered: FEW, most: usize::MAX, free: FEW, step: FEW }
    }

    /// The memory of one of many tables: all of it is reserved.
    pub fn one_of_many(budget: &Budget) -> Held {
        Held::new(budget, 0).small()
    }

    fn small(self) -> Held {
        Held { covered: 0, free: 0, step: SMALL, ..self }
    }

    /// The same where no more than this may be taken.
    pub fn at_most(self, most: usize) -> Held {
        Held { most, ..self }
    }

    /// The same for another worker.
    pub fn another(&self, budget: &Budget) -> Held {
        Held::new(budget, 0).at_most(self.most)
    }

    /// No other worker takes anything any more.
    pub fn share_all(&mut self) {
        self.most = usize::MAX;
    }

    /// How many bytes are taken.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Takes this many bytes more.
    ///
    /// # Errors
    /// There are not this many left.
    #[inline]
    pub fn take(&mut self, bytes: usize) -> Result<()> {
        self.size += bytes;
        if self.size > self.covered { self.grow() } else { Ok(()) }
    }

    /// The same where the few bytes are taken in any case: if there are not this many left, that is noticed the next time.
    #[cold]
    pub fn owe(&mut self, bytes: usize) {
        self.size += bytes;
    }

    #[cold]
    fn grow(&mut self) -> Result<()> {
        let more = (self.size - self.covered).max(self.step);
        if self.size > self.most {
            let (needed, share) = (self.reserved.bytes() + more, megabytes(self.most));
            return Err(Error::needs_memory(
                needed,
                format!("a worker has {share} for groups\n  {}", self.reserved.remedy()),
            ));
        }
        // The heap takes something beside what is in it.
        self.reserved.try_grow(more + more / PART)?;
        self.covered += more;
        Ok(())
    }

    /// Gives this many bytes back.
    pub fn give(&mut self, bytes: usize) {
        self.size -= bytes.min(self.size);
        let surplus = self.covered.saturating_sub(self.size.max(self.free) + self.step);
        if surplus > 0 {
            self.reserved.shrink(surplus + surplus / PART);
            self.covered -= surplus;
        }
    }

    /// Only this many are taken from now on.
    pub fn keep(&mut self, bytes: usize) {
        self.give(self.size.saturating_sub(bytes));
    }

    /// Goes on under another ceiling.
    ///
    /// # Errors
    /// There is less left than was taken so far.
    pub fn go_on(&mut self, budget: &Budget) -> Result<()> {
        let size = std::mem::take(&mut self.size);
        let held = Held::of(budget, self.purpose).at_most(self.most);
        *self = if self.free > 0 { held } else { held.small() };
        self.take(size)
    }

    /// The error for groups that don't fit, of which there are this many in a worker's table.
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

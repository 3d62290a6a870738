//! The memory of what a worker keeps.

use crate::error::Result;
use crate::memory::{Budget, Reservation};
use crate::plan::sizes::FEW;

/// What memory is for, and what else to do where there is none.
pub(crate) struct Purpose {
    pub name: &'static str,
    pub instead: &'static str,
}

/// The memory of what a worker keeps, reserved in steps. The first few are part of what is planned for tables.
pub(crate) struct Held {
    purpose: &'static Purpose,
    reserved: Reservation,
    size: usize,
    covered: usize,
}

impl Held {
    /// `size`: what is taken already, at most what is planned.
    pub fn new(budget: &Budget, purpose: &'static Purpose, size: usize) -> Held {
        Held { purpose, reserved: budget.open(purpose.name, purpose.instead), size, covered: FEW }
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
        let more = (self.size - self.covered).max(FEW);
        self.reserved.try_grow(more)?;
        self.covered += more;
        Ok(())
    }

    /// Gives this many bytes back.
    pub fn give(&mut self, bytes: usize) {
        self.size -= bytes.min(self.size);
        let surplus = self.covered.saturating_sub(self.size.max(FEW) + FEW);
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
        *self = Held::new(budget, self.purpose, 0);
        self.take(size)
    }
}

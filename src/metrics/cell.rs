//! One number that is counted while others look at it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number with one writer at a time, so that counting takes neither a lock nor a locked instruction.
#[derive(Debug, Default)]
pub(crate) struct Cell(AtomicU64);

impl Cell {
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    #[inline]
    pub fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    #[inline]
    pub fn add(&self, more: u64) {
        self.set(self.get().wrapping_add(more));
    }

    /// The same where there are several writers at a time.
    pub fn add_shared(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }
}

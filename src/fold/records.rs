//! How many records there are.

use std::ops::Range;

use crate::fold::Fold;
use crate::record::{Batch, EncodeError};

/// Counts the good records.
#[derive(Default)]
pub(crate) struct Records(u64);

impl Fold for Records {
    type Result = u64;

    fn another(&self) -> Records {
        Records::default()
    }

    fn add(&mut self, _: u64, _: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        self.0 += records.len() as u64;
        Ok(())
    }

    fn merge(&mut self, other: Records) {
        self.0 += other.0;
    }

    fn finish(self) -> u64 {
        self.0
    }
}

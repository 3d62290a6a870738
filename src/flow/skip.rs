//! Passing over the first records of a table.

use crate::error::{Error, RecordError, Result};
use crate::format::{Boundary, Cut, Passed, ReadFormat, Searched, Tally};

/// A cutter that first passes over some records. They are counted, not decoded.
pub(crate) struct SkipRecords {
    cutter: Box<dyn Cut>,
    tally: Box<dyn Tally>,
    left: u64,
}

impl SkipRecords {
    /// A cutter for a source from its first record on.
    ///
    /// # Errors
    /// Usage: records of such a source can't be counted without decoding them.
    pub fn before(reading: &dyn ReadFormat, records: u64) -> Result<Box<dyn Cut>> {
        let Some(tally) = reading.tally() else { return Err(Error::usage("⟨skip.records⟩ is for tables")) };
        Ok(Box::new(SkipRecords { cutter: reading.cutter(), tally, left: records }))
    }
}

impl Cut for SkipRecords {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        if self.left == 0 {
            return self.cutter.cut(data, target, end);
        }
        // A record takes at least two bytes with its line break, and one record may begin before the target: so there are
        // never too many in the slice.
        let target = target.min(usize::try_from(self.left).unwrap_or(usize::MAX));
        Ok(match self.cutter.cut(data, target, end)? {
            Boundary::At(len) => {
                self.left = self.left.saturating_sub(self.tally.records(&data[..len]).records);
                Boundary::Skip(len)
            }
            other => other,
        })
    }

    fn pass(&mut self, data: &[u8], end: bool) -> Result<Passed, RecordError> {
        let passed = self.cutter.pass(data, end)?;
        if let Passed::End(..) = passed {
            self.left = self.left.saturating_sub(1);
        }
        Ok(passed)
    }
    fn leading(&self, data: &[u8]) -> usize {
        self.cutter.leading(data)
    }

    fn search(&mut self, piece: &[u8], from: usize, end: bool) -> Searched {
        self.cutter.search(piece, from, end)
    }
}

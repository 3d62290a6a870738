//! Which records are wanted: counted after all steps, those after the first ones that are passed over, up to a limit.
//!
//! Who counts has to meet the records in their order, so there is one worker. A batch that goes
//! beyond the last record that is wanted, or passed over, is decoded again without the others: what is lost and what is
//! bad is known of the records that were asked for, and does not depend on the size of batches. Bad records don't count,
//! and a record that the target refuses is bad too, so what will not be written is encoded on
//! [trial](crate::flow::trial).

use std::ops::Range;

use crate::flow::drawn::Drawn;

/// Which of the records that come next are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Only records that were drawn count.
    pub drawn: Option<Drawn>,
    /// Only records that stay of those that are equal count.
    pub kept: bool,
    /// How many are passed over first.
    pub skip: u64,
    /// How many are wanted after that.
    pub left: u64,
    /// What follows is read all the same: bad records there are to be reported.
    pub reads_on: bool,
}

impl Wanted {
    /// Every record.
    pub const ALL: Wanted = Wanted { drawn: None, kept: false, skip: 0, left: u64::MAX, reads_on: false };

    /// Whether records are counted, and have to come in their order.
    pub fn counts(&self) -> bool {
        self.skip > 0 || self.left < u64::MAX
    }

    /// Whether the next record will be written, if it is good.
    pub fn are_next(&self) -> bool {
        !self.chooses() && self.skip == 0 && self.left > 0
    }

    /// Whether only some records count, whose places are known.
    pub fn chooses(&self) -> bool {
        self.drawn.is_some() || self.kept
    }

    /// Whether no more records are wanted: none has to be read.
    pub fn is_over(&self) -> bool {
        self.left == 0 && !self.reads_on
    }

    /// How many records may be decoded together. A record that is passed over and one that is not never are, unless a
    /// step makes several of one.
    pub fn most(&self) -> u64 {
        match (self.skip, self.left) {
            (0, 0) => u64::MAX,
            (0, left) => left,
            (skip, _) => skip,
        }
    }

    /// Passes over the first of some records; gives the others.
    pub fn pass_over(&mut self, records: Range<usize>) -> Range<usize> {
        let passed = self.skip.min(records.len() as u64);
        self.skip -= passed;
        records.start + passed as usize..records.end
    }

    /// Those of some records that are wanted.
    pub fn first(&self, records: Range<usize>) -> Range<usize> {
        let len = self.left.min(records.len() as u64);
        records.start..records.start + len as usize
    }

    /// So many records were written.
    pub fn took(&mut self, records: usize) {
        if self.left < u64::MAX {
            self.left -= records as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_passed_over_and_then_taken() {
        let mut wanted = Wanted { skip: 5, left: 3, ..Wanted::ALL };
        assert_eq!((wanted.counts(), wanted.most()), (true, 5));
        assert_eq!(wanted.pass_over(0..4), 4..4);
        assert_eq!(wanted.most(), 1);
        assert_eq!(wanted.pass_over(0..9), 1..9);
        assert_eq!((wanted.most(), wanted.first(1..9)), (3, 1..4));
        wanted.took(2);
        assert_eq!(wanted.first(3..9), 3..4);
        wanted.took(1);
        assert!(wanted.is_over() && wanted.first(4..9).is_empty());
    }

    #[test]
    fn all_are_wanted_however_many_there_are() {
        let mut wanted = Wanted::ALL;
        wanted.took(1_000_000);
        assert!(wanted == Wanted::ALL && !wanted.counts());
    }
}

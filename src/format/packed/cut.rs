//! Boundaries by going from head to head.

use std::marker::PhantomData;

use crate::error::{Fault, RecordError};
use crate::format::{Boundary, Cut, Passed};
use crate::record::binary::{Skim, Skimmed, Wire};
use crate::record::json::too_deep;
use crate::record::record_too_large;
use crate::wording::counted;

/// What is around the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// Nothing: they are a sequence.
    Nothing,
    /// A list of which this many items are still to come.
    Count(u64),
    /// A list that goes on until it is closed.
    Open,
    /// A list, of which nobody knows how many items are still to come.
    Uncounted,
    /// A list that is closed.
    Closed,
}

impl Within {
    /// The same after some of the records.
    pub fn behind(self) -> Within {
        if let Within::Count(_) = self { Within::Uncounted } else { self }
    }
}

pub(super) struct Cutter<W> {
    within: Within,
    skim: Skim,
    max_depth: usize,
    max_record: usize,
    /// A record is being passed over.
    passing: bool,
    wire: PhantomData<W>,
}

impl<W: Wire> Cutter<W> {
    pub fn new(within: Within, max_depth: usize, max_record: usize) -> Cutter<W> {
        Cutter { within, skim: Skim::new(max_depth), max_depth, max_record, passing: false, wire: PhantomData }
    }

    /// Whether no further record begins at `at`.
    fn is_over(&self, data: &[u8], at: usize) -> bool {
        match self.within {
            Within::Nothing | Within::Uncounted => false,
            Within::Count(left) => left == 0,
            Within::Open => W::ends(data, at),
            Within::Closed => true,
        }
    }

    /// So many records were cut off.
    fn took(&mut self, records: u64) {
        if let Within::Count(left) = &mut self.within {
            *left -= records;
        }
    }

    /// Whether a list of records goes on.
    fn goes_on(&self) -> bool {
        matches!(self.within, Within::Count(1..) | Within::Open)
    }

    #[cold]
    fn broken(&self, data: &[u8], at: usize) -> RecordError {
        let byte = data.get(at).copied().unwrap_or_default();
        let error = RecordError::with_byte(at, "the byte {} where a value of {} was expected", byte, W::TITLE);
        error.hint("The input is damaged there, or has another format.").fault(Fault::Lost)
    }
}

impl<W: Wire> Cut for Cutter<W> {
    /// A record of a sequence that is cut off by the end of the input becomes a slice, and the decoder reports it. The last
    /// record of a list is held back until the list is known to end there: else the input is not whole.
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        if self.is_over(data, 0) {
            if self.within == Within::Open {
                self.within = Within::Closed;
                return Ok(Boundary::Skip(1));
            }
            return Err(behind_the_list(0).fault(Fault::Lost));
        }
        // The last record, and the end of the one before.
        let (mut at, mut before) = (0, 0);
        while at < target.max(1) && at < data.len() && !self.is_over(data, at) {
            match self.skim.value::<W>(data, at) {
                Skimmed::Ends(to) if at > 0 && to > target => break,
                Skimmed::Ends(to) if to - at > self.max_record && at == 0 => {
                    return Err(record_too_large(0, self.max_record));
                }
                Skimmed::Ends(to) if to - at > self.max_record => break,
                Skimmed::Ends(to) => {
                    (before, at) = (at, to);
                    self.took(1);
                }
                _ if at > 0 => break,
                Skimmed::Goes(next) => {
                    return match (next as u64).saturating_add(self.skim.least()) {
                        // However much follows.
                        least if least > self.max_record as u64 => Err(record_too_large(0, self.max_record)),
                        // Then the list is not whole either.
                        _ if end && self.within != Within::Nothing => Err(not_closed(data.len(), self.within)),
                        _ if end => Ok(Boundary::At(data.len())),
                        _ => Ok(Boundary::More),
                    };
                }
                Skimmed::Broken(place) => return Err(RecordError { offset: place, ..self.broken(data, place) }),
                Skimmed::Deep(place) => return Err(too_deep(place, self.max_depth).fault(Fault::Lost)),
            }
        }
        if at < data.len() || !self.goes_on() {
            return Ok(Boundary::At(at));
        }
        if before == 0 && end {
            return Err(not_closed(data.len(), self.within));
        }
        // The last one is held back.
        if let Within::Count(left) = &mut self.within {
            *left += 1;
        }
        Ok(if before > 0 { Boundary::At(before) } else { Boundary::More })
    }

    /// Goes over the record piece by piece.
    fn pass(&mut self, data: &[u8], end: bool) -> Result<Passed, RecordError> {
        let first = !std::mem::replace(&mut self.passing, true);
        if first {
            self.skim.begin();
        }
        match self.skim.piece::<W>(data) {
            // It was held back as the last one of its list, perhaps.
            Skimmed::Ends(to) if first && to <= self.max_record => {
                self.passing = false;
                Ok(Passed::Unknown)
            }
            Skimmed::Ends(to) => {
                self.passing = false;
                self.took(1);
                Ok(Passed::End(to, 0))
            }
            Skimmed::Goes(_) if end => {
                let error = RecordError::new(0, "the input ends inside a record that is larger than records may be");
                Err(error.hint("The input was cut off, or a length in it is wrong.").fault(Fault::Lost))
            }
            Skimmed::Goes(_) => Ok(Passed::All),
            Skimmed::Broken(place) => Err(self.broken(data, place)),
            Skimmed::Deep(place) => Err(too_deep(place, self.max_depth).fault(Fault::Lost)),
        }
    }
}

/// The error for a list of records that the input does not end.
#[cold]
pub(super) fn not_closed(offset: usize, within: Within) -> RecordError {
    let error = match within {
        Within::Count(left) => {
            RecordError::new(offset, format!("the input ends {} before the array does", counted(left, "record")))
        }
        _ => RecordError::new(offset, "the array of records is not closed"),
    };
    error.hint("The input was cut off.").fault(Fault::Lost)
}

/// The error for bytes at `offset` that follow the list of records.
fn behind_the_list(offset: usize) -> RecordError {
    RecordError::new(offset, "something follows the array that holds the records")
        .hint("An array at the beginning is taken for the one that holds all records if nothing follows it, or if it has more than 64 KiB.")
}

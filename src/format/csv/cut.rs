//! Where slices of CSV may end: behind line breaks outside quotes.

use super::Resolved;
use super::spec::{Ending, Spec};
use crate::error::RecordError;
use crate::format::{Boundary, Cut, Tally};
use crate::scan::csv::{tally, walk};

pub(super) struct CsvCut {
    dialect: Resolved,
    spec: Spec,
}

impl CsvCut {
    pub fn new(dialect: Resolved) -> CsvCut {
        CsvCut { dialect, spec: Spec::new(dialect) }
    }

    /// The boundary behind the line break at `at`. A CRLF stays in one piece.
    fn behind(data: &[u8], at: usize, end: bool) -> Boundary {
        match (data[at], data.get(at + 1)) {
            (b'\r', Some(b'\n')) => Boundary::At(at + 2),
            (b'\r', None) if !end => Boundary::More,
            _ => Boundary::At(at + 1),
        }
    }

    /// Record by record, as the specification reads them.
    fn by_records(&mut self, data: &[u8], mut from: usize, target: usize, end: bool) -> Boundary {
        while from < target.max(1) {
            match self.spec.record_end(data, from, end) {
                Ending::At(next) if next > target && from > 0 => return Boundary::At(from),
                Ending::At(next) => from = next,
                Ending::NoRecord => return Boundary::At(data.len()),
                Ending::More if from > 0 => return Boundary::At(from),
                Ending::More => return Boundary::More,
            }
        }
        Boundary::At(from)
    }

    /// By quote parity; where that is not what the specification says, one record by the specification.
    fn by_quotes(&mut self, data: &[u8], target: usize, end: bool) -> Boundary {
        let mut from = 0;
        loop {
            let walked = walk(&data[from..], target.saturating_sub(from), self.dialect.marks());
            if walked.irregular.is_none() {
                return match walked.line_break {
                    Some(at) => Self::behind(data, from + at, end),
                    None if from > 0 => Boundary::At(from),
                    None if end => Boundary::At(data.len()),
                    None => Boundary::More,
                };
            }
            if let Some(at) = walked.line_break {
                match Self::behind(data, from + at, end) {
                    Boundary::At(next) => from = next,
                    other => return other,
                }
            }
            match self.spec.record_end(data, from, end) {
                Ending::At(next) if next >= target => return Boundary::At(if from > 0 { from } else { next }),
                Ending::At(next) => from = next,
                Ending::NoRecord => return Boundary::At(data.len()),
                Ending::More => return if from > 0 { Boundary::At(from) } else { Boundary::More },
            }
        }
    }
}

impl Cut for CsvCut {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        if end && data.len() <= target {
            return Ok(Boundary::At(data.len()));
        }
        if !self.dialect.is_plain() {
            return Ok(self.by_records(data, 0, target, end));
        }
        let range = &data[..target.min(data.len())];
        let quoted = self.dialect.quote.is_some_and(|quote| memchr::memchr(quote, range).is_some());
        if !quoted && let Some(at) = memchr::memrchr2(b'\n', b'\r', range) {
            return Ok(Self::behind(data, at, end));
        }
        Ok(self.by_quotes(data, target, end))
    }
}

/// Counts records, whatever their number of fields.
pub(super) struct CsvTally {
    dialect: Resolved,
    spec: Spec,
}

impl CsvTally {
    pub fn new(dialect: Resolved) -> CsvTally {
        CsvTally { dialect, spec: Spec::new(dialect) }
    }
}

impl Tally for CsvTally {
    fn records(&mut self, slice: &[u8]) -> u64 {
        if self.dialect.is_plain()
            && let Some(records) = tally(slice, self.dialect.marks())
        {
            return records;
        }
        let (mut records, mut at) = (0, 0);
        while let Ending::At(next) = self.spec.record_end(slice, at, true) {
            records += 1;
            at = next;
        }
        records
    }
}

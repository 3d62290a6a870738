//! Where slices of CSV may end: after line breaks outside quotes.

use super::own;
use super::parts::first_byte;
use super::quotes::{Quotes, Record, open_quote};
use super::resolved::Resolved;
use crate::error::RecordError;
use crate::format::{Boundary, Cut, Passed, Searched, Tallied, Tally};
use crate::record::record_too_large;
use crate::scan::csv::{tally, walk};

pub(super) struct CsvCut {
    dialect: Resolved,
    max_record: usize,
    quotes: Quotes,
    /// The first record is inside quotes after its first line, and is not to be read from its start again.
    waiting: bool,
    /// Where it begins.
    begin: usize,
    /// A comment continues after what was skipped.
    comment: bool,
    /// A record is being skipped; whether its last byte so far was a CR.
    passing: Option<bool>,
    /// The same where escapes hide line breaks: the next byte is hidden.
    hidden: bool,
}

impl CsvCut {
    pub fn new(dialect: Resolved, max_record: usize) -> CsvCut {
        CsvCut {
            dialect,
            max_record,
            quotes: Quotes::new(dialect),
            waiting: false,
            begin: 0,
            comment: false,
            passing: None,
            hidden: false,
        }
    }

    /// The boundary after the line break at `at`. A CRLF is not divided.
    fn behind(data: &[u8], at: usize, end: bool) -> Boundary {
        match (data[at], data.get(at + 1)) {
            (b'\r', Some(b'\n')) => Boundary::At(at + 2),
            (b'\r', None) if !end => Boundary::More,
            _ => Boundary::At(at + 1),
        }
    }

    /// Reads one record by its quotes. Returns where the next one starts, or the boundary.
    fn by_record(&mut self, data: &[u8], from: usize, target: usize, end: bool) -> Result<usize, Boundary> {
        match self.quotes.record(data, from, end, self.max_record) {
            Record::Whole { end, .. } | Record::Open { end, .. } if end >= target => {
                Err(Boundary::At(if from > 0 { from } else { end }))
            }
            Record::Whole { end, .. } | Record::Open { end, .. } => Ok(end),
            Record::Nothing => Err(Boundary::At(data.len())),
            Record::More { .. } => Err(more_from(from)),
        }
    }

    /// Reads one record after another.
    fn by_records(&mut self, data: &[u8], mut from: usize, target: usize, end: bool) -> Boundary {
        loop {
            match self.by_record(data, from, target, end) {
                Ok(next) => from = next,
                Err(boundary) => return boundary,
            }
        }
    }

    /// Whether the first record is inside quotes after its first line, and goes on, or may do so.
    fn is_open(&mut self, data: &[u8]) -> bool {
        self.begin = first_byte(self.dialect, data, 0);
        let record = self.quotes.record(data, self.begin, false, self.max_record);
        matches!(record, Record::More { lines: true } | Record::Open { .. })
    }

    /// Goes by quote parity; where that does not decide, reads one record by its quotes.
    fn by_quotes(&mut self, data: &[u8], target: usize, end: bool) -> Boundary {
        let mut from = 0;
        loop {
            if !std::mem::take(&mut self.waiting) {
                let walked = walk(&data[from..], target.saturating_sub(from), self.dialect.marks());
                match (walked.irregular, walked.line_break) {
                    // It does not tell which of the records is too large.
                    (None, Some(at)) if at + 2 > self.max_record => return self.by_records(data, from, target, end),
                    (None, Some(at)) => return Self::behind(data, from + at, end),
                    (None, None) if !end && data.len() - from <= self.max_record => return more_from(from),
                    (Some(_), Some(at)) => match Self::behind(data, from + at, end) {
                        Boundary::At(next) if next >= target => return Boundary::At(next),
                        Boundary::At(next) => from = next,
                        other => return other,
                    },
                    (_, None) => {}
                }
            }
            match self.by_record(data, from, target, end) {
                Ok(next) => from = next,
                Err(boundary) => return boundary,
            }
        }
    }

    /// Blank lines and comments at the front, however long.
    fn before_record(&mut self, data: &[u8], end: bool) -> usize {
        if self.comment {
            let end = memchr::memchr2(b'\n', b'\r', data);
            self.comment = end.is_none();
            return end.map_or(data.len(), |at| at + 1);
        }
        if !end && data == b"\\." {
            // Is it the whole line?
            return 0;
        }
        let start = first_byte(self.dialect, data, 0);
        if start == data.len() {
            self.comment = !matches!(data.last(), None | Some(b'\n' | b'\r'));
        }
        start
    }
}

/// More data is needed to cut what starts at `from`.
fn more_from(from: usize) -> Boundary {
    if from > 0 { Boundary::At(from) } else { Boundary::More }
}

impl Cut for CsvCut {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        // So that a record before the target that is too large does not go unnoticed.
        let target = target.min(self.max_record);
        if end && data.len() <= target && !self.comment {
            return Ok(Boundary::At(data.len()));
        }
        let boundary = if !self.dialect.is_plain() && !self.dialect.is_of_lines() {
            match self.before_record(data, end) {
                0 => self.by_records(data, 0, target, end),
                len => Boundary::Skip(len),
            }
        } else {
            let range = &data[..target.min(data.len())];
            let quoted = self.dialect.quote.is_some_and(|quote| memchr::memchr(quote, range).is_some());
            match memchr::memrchr2(b'\n', b'\r', range) {
                Some(at) if !quoted => Self::behind(data, at, end),
                _ if self.dialect.is_of_lines() => match self.before_record(data, end) {
                    0 => self.by_records(data, 0, target, end),
                    len => Boundary::Skip(len),
                },
                _ => self.by_quotes(data, target, end),
            }
        };
        if let Boundary::At(len) | Boundary::Skip(len) = boundary {
            self.quotes.advance(len);
        }
        Ok(boundary)
    }

    /// Only the first line of the record is bad, and skipped.
    fn pass(&mut self, data: &[u8], _end: bool) -> Result<Passed, RecordError> {
        if self.dialect.hides_breaks() {
            let mut from = usize::from(std::mem::take(&mut self.hidden));
            let end = own::passed(self.dialect, data, &mut from);
            self.hidden = end.is_none() && from > data.len();
            return Ok(end.map_or(Passed::All, |end| Passed::End(end, 0)));
        }
        if self.passing.is_none() && self.is_open(data) {
            self.waiting = true;
            return Ok(Passed::Unknown);
        }
        let found = match self.passing {
            Some(true) => Some(usize::from(data.first() == Some(&b'\n'))),
            _ => memchr::memchr2(b'\n', b'\r', data).and_then(|at| match Self::behind(data, at, false) {
                Boundary::At(end) => Some(end),
                _ => None,
            }),
        };
        self.passing = found.is_none().then(|| data.last() == Some(&b'\r'));
        self.quotes.begin();
        Ok(found.map_or(Passed::All, |len| Passed::End(len, 0)))
    }

    fn search(&mut self, piece: &[u8], from: usize, end: bool) -> Searched {
        self.quotes.search(piece, from, end, self.begin.saturating_add(self.max_record))
    }
}

/// Counts records, whatever the number of their fields.
pub(super) struct CsvTally {
    dialect: Resolved,
    max_record: usize,
    quotes: Quotes,
}

impl CsvTally {
    pub fn new(dialect: Resolved, max_record: usize) -> CsvTally {
        CsvTally { dialect, max_record, quotes: Quotes::new(dialect) }
    }
}

impl Tally for CsvTally {
    fn records(&mut self, slice: &[u8]) -> Tallied {
        if self.dialect.is_plain()
            && slice.len() <= self.max_record
            && let Some(records) = tally(slice, self.dialect.marks())
        {
            return Tallied::good(records);
        }
        self.quotes.begin();
        let (mut tallied, mut at) = (Tallied::default(), 0);
        loop {
            let start = first_byte(self.dialect, slice, at);
            match self.quotes.record(slice, start, true, self.max_record) {
                Record::Whole { end, .. } | Record::Open { end, .. } if end - start > self.max_record => {
                    tallied.bad(|| record_too_large(start, self.max_record));
                    at = end;
                }
                Record::Whole { end, .. } => {
                    tallied.records += 1;
                    at = end;
                }
                Record::Open { end, quote } => {
                    tallied.bad(|| open_quote(quote));
                    at = end;
                }
                Record::Nothing | Record::More { .. } => return tallied,
            }
        }
    }
}

//! NDJSON with `--records-at`: every line is a document with an array of records.
//!
//! A line is available as a whole, so everything around its records is checked before the first of them is read: a line
//! that is not a proper document is one bad record.

use super::layout::{Layout, is_between};
use std::ops::Range;

use super::check::{Stop, locate};
use super::cut::LineCut;
use super::decode;
use super::find::Finder;
use super::rest::lacking;
use super::resync::{Resync, check_first};
use crate::error::{Fault, RecordError};
use crate::format::{Cut, Decode, Options, ReadFormat, Want};
use crate::record::{Batch, LossyKind, Schema};
use crate::scan::json::{Columns, Hit, Nesting, Seek};
use crate::scan::vector::Unit;

/// A source of such lines.
pub struct Source {
    start: usize,
    /// The pointer to the array in each line.
    tokens: Vec<String>,
    max_depth: usize,
    max_fields: usize,
    strict: bool,
}

impl Source {
    /// A source whose lines begin at `start`.
    pub fn new(start: usize, tokens: Vec<String>, options: &Options) -> Source {
        let Options { max_depth, max_fields, strict, .. } = *options;
        Source { start, tokens, max_depth, max_fields, strict }
    }
}

impl ReadFormat for Source {
    fn start(&self) -> usize {
        self.start
    }

    fn schema(&self) -> Option<&Schema> {
        None
    }

    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(LineCut)
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        let around = self.tokens.len() + 1;
        let resync = Resync::new(None, around, self.max_depth);
        Box::new(Decoder {
            items: decode::Decoder::new(Layout::Items, want, around, self.max_depth, self.max_fields, resync),
            finder: Finder::new(self.tokens.clone(), self.max_depth),
            tokens: self.tokens.clone(),
            max_depth: self.max_depth,
            strict: self.strict,
            next: 0,
            array: None,
            bad: None,
        })
    }
}

/// Decodes slices of lines.
struct Decoder {
    /// Decodes the records of one line.
    items: decode::Decoder,
    finder: Finder,
    tokens: Vec<String>,
    max_depth: usize,
    strict: bool,
    /// Where the next line starts.
    next: usize,
    /// Where the array being read ends.
    array: Option<usize>,
    /// The line that the last error is about, or part of it; `None` if it is about a record.
    bad: Option<Range<usize>>,
}

impl Decoder {
    /// Goes to the records of the next line; false at the end of the slice.
    fn next_line(&mut self, slice: &[u8], batch: &mut Batch<'_>) -> Result<bool, RecordError> {
        let Some(white) = slice[self.next..].iter().position(|byte| !is_between(*byte)) else {
            self.next = slice.len();
            return Ok(false);
        };
        let first = self.next + white;
        self.next = memchr::memchr(b'\n', &slice[first..]).map_or(slice.len(), |len| first + len + 1);
        let array = self.find(&slice[..self.next], first).map_err(|error| {
            self.bad = Some(first..self.next);
            error.fault(Fault::Document)
        })?;
        batch.lose_between(LossyKind::DuplicateKey, self.finder.doubled());
        self.items.begin_part(array.clone());
        self.array = Some(array.end);
        Ok(true)
    }

    /// Finds the records of the line that begins at `first` and ends with `text`: what is between the brackets of their
    /// array.
    fn find(&mut self, text: &[u8], first: usize) -> Result<Range<usize>, RecordError> {
        let end = match self.finder.find(text, first) {
            Ok(end) => end,
            Err(Stop::Bad(error)) => return Err(error),
            Err(Stop::End) => {
                let end = text.strip_suffix(b"\n").unwrap_or(text).len();
                return Err(RecordError::new(end, "the line ends inside its document"));
            }
        };
        if let Some(more) = text[end..].iter().position(|byte| !is_between(*byte)) {
            return Err(RecordError::new(end + more, "text after the document of the line")
                .hint("NDJSON has one document per line; ⟨from json⟩ reads documents that follow each other."));
        }
        if self.strict && self.finder.doubled() > 0 {
            return Err(twice(first));
        }
        match self.finder.found {
            Some(found) => Ok(found.start..found.end.unwrap_or(text.len())),
            None => Err(nothing(text, first, &self.tokens, self.max_depth)),
        }
    }
}

/// Where the brackets of the bad list or map at `start` close, if nothing follows it in its array, or a comma and a valid
/// list or map.
#[cold]
fn closed(array: &[u8], start: usize) -> Option<usize> {
    let mut walk = Nesting::new(Unit::get(), Seek::Closed, Columns::default(), start);
    let Some(Hit::Between(last)) = walk.find(array, start) else { return None };
    let end = last + 1;
    let mut rest = (end..).zip(&array[end..]).filter(|(_, byte)| !is_between(**byte));
    match (rest.next(), rest.next()) {
        (None, _) => Some(end),
        (Some((_, b',')), Some((next, b'{' | b'['))) => check_first(array, next).is_ok().then_some(end),
        _ => None,
    }
}

/// The error for a document in which a key on the way to its records occurs twice, when nothing may be lost.
#[cold]
pub fn twice(first: usize) -> RecordError {
    RecordError::new(first, "a key on the way to the records appears twice (duplicate_key)")
        .hint("Leave out ⟨strict⟩ to have the last one count.")
}

/// The error for a document that begins at `first` and has no array of records.
#[cold]
pub fn nothing(text: &[u8], first: usize, tokens: &[String], max_depth: usize) -> RecordError {
    match locate(text, first, tokens, max_depth, true, b'[') {
        Err(error) => error,
        Ok(_) => lacking(first, tokens),
    }
}

impl Decode for Decoder {
    fn begin(&mut self, slice: &[u8]) {
        self.items.begin(slice);
        (self.next, self.array, self.bad) = (0, None, None);
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        let before = batch.len();
        loop {
            if let Some(end) = self.array {
                match self.items.fill(&slice[..end], batch) {
                    Ok(_) if batch.is_full() => return Ok(true),
                    Ok(true) => continue,
                    Ok(false) => self.array = None,
                    Err(error) if error.fault == Fault::Lost => {
                        if let Some(closed) = closed(&slice[..end - 1], self.items.record()) {
                            self.items.bad_until(closed);
                            return Err(error.fault(Fault::Record));
                        }
                        // The rest of the array, which is in this line.
                        self.bad = Some(self.items.record()..end - 1);
                        self.array = None;
                        return Err(error.fault(Fault::Record));
                    }
                    Err(error) => return Err(error),
                }
            }
            if !self.next_line(slice, batch)? {
                return Ok(batch.len() > before);
            }
        }
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        match (self.bad.take(), self.array) {
            (Some(bad), _) => bad,
            (None, Some(end)) => self.items.skip_record(&slice[..end]),
            (None, None) => self.next..self.next,
        }
    }
}

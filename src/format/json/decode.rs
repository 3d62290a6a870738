//! NDJSON and JSON to batches.

use std::ops::Range;

use super::Layout;
use super::quick::Met;
use crate::error::RecordError;
use crate::format::{Decode, Want};
use crate::record::json::{Quick, Reader, Selection};
use crate::record::utf8::NOT_UTF8;
use crate::record::{Batch, Detail, LossyKind};
use crate::scan::json::{Hit, Nesting, Seek};
use crate::scan::vector::Unit;

/// Decodes slices of one layout.
pub struct Decoder {
    pub(super) layout: Layout,
    pub(super) quick: Quick,
    reader: Reader,
    /// Reads records that had to be repaired.
    repair: Option<Box<Reader>>,
    selection: Option<Selection>,
    pub(super) detail: Detail,
    replace: bool,
    max_depth: usize,
    max_fields: usize,
    around: usize,
    /// The whole slice is valid UTF-8.
    valid: bool,
    /// Records are read without an index as long as they are well formed.
    quickly: bool,
    /// Offset of the record being read.
    pub(super) record: usize,
    /// Where [`quick`](Self::quick) goes on.
    pub(super) at: usize,
    /// Nothing of the slice was read yet.
    pub(super) fresh: bool,
    /// The array's closing bracket was met.
    pub(super) closed: bool,
    /// There is nothing more to read.
    done: bool,
    /// Why the slice can't be read at all.
    refused: Option<RecordError>,
}

impl Decoder {
    /// A decoder for records inside of `around` lists and maps, at most so deep and with so many fields.
    pub fn new(layout: Layout, want: &Want, around: usize, (max_depth, max_fields): (usize, usize)) -> Decoder {
        Decoder {
            layout,
            quick: Quick::new(layout == Layout::Lines, around, (max_depth, max_fields)),
            reader: Reader::new(max_depth, around).with_fields(max_fields),
            repair: None,
            selection: want.select.as_ref().map(|paths| Selection::new(paths, &want.chosen)),
            detail: want.detail,
            replace: want.replace_invalid_utf8,
            max_depth,
            max_fields,
            around,
            valid: true,
            quickly: false,
            record: 0,
            at: 0,
            fresh: true,
            closed: false,
            done: false,
            refused: None,
        }
    }

    /// Reads one record; false at the end of the slice.
    #[inline(always)]
    fn next<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        let first = loop {
            let first = self.reader.peek(slice);
            match slice.get(first) {
                Some(b'\n') => self.reader.pass(),
                Some(byte) => {
                    self.record = first;
                    break *byte;
                }
                None => return Ok(false),
            }
        };
        let fresh = std::mem::take(&mut self.fresh);
        match self.layout {
            Layout::Lines => {}
            Layout::Items => {
                if self.closed {
                    return Err(RecordError::new(self.record, "text behind the end of the array"));
                }
                if first == b']' && fresh {
                    return self.empty_array(slice);
                }
            }
            Layout::Maps if first == b'{' => {}
            Layout::Scalars if !matches!(first, b'{' | b'[') => {}
            Layout::Maps => return Err(self.mixed("maps")),
            Layout::Scalars => return Err(self.mixed("scalars")),
        }
        let start = self.record;
        let end = self.value(slice, batch)?;
        let end = self.behind(slice, end)?;
        batch.end_record(start, end)?;
        Ok(true)
    }

    #[cold]
    fn mixed(&self, what: &str) -> RecordError {
        RecordError::new(self.record, format!("something else among concatenated {what}"))
            .hint("A JSON source is one array, or maps one after another, or scalars one after another.")
    }

    #[cold]
    fn empty_array(&mut self, slice: &[u8]) -> Result<bool, RecordError> {
        self.reader.pass();
        self.closed = true;
        match self.reader.peek(slice) {
            rest if rest < slice.len() => Err(RecordError::new(rest, "text behind the end of the array")),
            _ => Ok(false),
        }
    }

    /// Checks what follows a value; gives the end of the record.
    #[inline(always)]
    fn behind(&mut self, slice: &[u8], end: usize) -> Result<usize, RecordError> {
        let next = self.reader.peek(slice);
        let wrong = |expected| Err(*self.reader.wrong(slice, next, expected));
        match (self.layout, slice.get(next)) {
            (Layout::Lines, None) => return Ok(slice.len()),
            (Layout::Lines, Some(b'\n')) => {
                self.reader.pass();
                return Ok(next + 1);
            }
            (Layout::Items, Some(b',')) => {}
            (Layout::Lines, _) => return wrong("the end of the line"),
            (Layout::Items, Some(b']')) => self.closed = true,
            (Layout::Items, None) => return Err(RecordError::new(next, "the array is not closed")),
            (Layout::Items, _) => return wrong("`,` or `]`"),
            (Layout::Scalars, Some(_)) if end == next => return wrong("white space"),
            (Layout::Maps | Layout::Scalars, _) => return Ok(end),
        }
        // What separates values of an array is no part of them.
        self.reader.pass();
        Ok(end)
    }

    /// Reads a value; gives its end.
    #[inline(always)]
    fn value<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<usize, RecordError> {
        let lossy = batch.lossy;
        let (start, end) = match &mut self.selection {
            Some(selection) => self.reader.select(slice, selection, batch)?,
            None => self.reader.value(slice, self.detail, batch)?,
        };
        if !self.valid {
            batch.lossy = lossy;
            self.check_utf8(slice, start, end, batch)?;
        }
        Ok(end)
    }

    /// A record of a slice that is not all UTF-8.
    #[cold]
    fn check_utf8<'a>(
        &mut self,
        slice: &'a [u8],
        start: usize,
        end: usize,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let Err(error) = simdutf8::compat::from_utf8(&slice[start..end]) else {
            return Ok(());
        };
        if !self.replace {
            return Err(RecordError::new(start + error.valid_up_to(), "invalid UTF-8").hint(NOT_UTF8));
        }
        batch.abandon();
        batch.lossy.count(LossyKind::InvalidUtf8Replaced);
        let text = repaired(&slice[start..end], start, batch)?;
        let Decoder { max_depth, max_fields, around, .. } = *self;
        let reader = || Box::new(Reader::new(max_depth, around).with_fields(max_fields));
        let reader = self.repair.get_or_insert_with(reader);
        reader.start(0, text.len(), false)?;
        match &mut self.selection {
            Some(selection) => reader.select(text, selection, batch)?,
            None => reader.value(text, self.detail, batch)?,
        };
        Ok(())
    }
}

/// A copy in the arena with U+FFFD for what is not UTF-8.
fn repaired<'a>(text: &[u8], offset: usize, batch: &Batch<'a>) -> Result<&'a [u8], RecordError> {
    let chunks = || text.utf8_chunks();
    let len = chunks().map(|c| c.valid().len() + if c.invalid().is_empty() { 0 } else { 3 }).sum();
    let copy = batch.arena().bytes(len, offset)?;
    let mut at = 0;
    for chunk in chunks() {
        let replacement = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        for part in [chunk.valid(), replacement] {
            copy[at..at + part.len()].copy_from_slice(part.as_bytes());
            at += part.len();
        }
    }
    Ok(copy)
}

impl Decode for Decoder {
    fn begin(&mut self, slice: &[u8]) {
        self.valid = simdutf8::basic::from_utf8(slice).is_ok();
        let apart = self.selection.is_none() && self.detail != Detail::Record;
        self.quickly = self.valid && apart && self.layout != Layout::Scalars && self.quick.begin();
        (self.record, self.at) = (0, 0);
        (self.fresh, self.closed, self.done) = (true, false, false);
        self.refused = self.reader.start(0, slice.len(), self.layout == Layout::Lines).err();
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if let Some(error) = self.refused.take() {
            self.done = true;
            return Err(error);
        }
        if self.done {
            return Ok(false);
        }
        let before = batch.len();
        while !batch.is_full() {
            if self.quickly {
                match self.fill_quickly(slice, batch) {
                    Met::Full => return Ok(true),
                    Met::End => return Ok(batch.len() > before),
                    Met::Odd => self.reader.start(self.at, slice.len(), self.layout == Layout::Lines)?,
                }
            }
            let lossy = batch.lossy;
            match self.next(slice, batch) {
                Ok(true) => self.at = self.reader.peek(slice),
                Ok(false) => return Ok(batch.len() > before),
                Err(error) => {
                    batch.abandon();
                    batch.lossy = lossy;
                    return Err(error);
                }
            }
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let from = self.record;
        // Where the record ends, and where the next one begins.
        let find = |seek| match Nesting::new(Unit::get(), seek, from).find(slice, from) {
            Some(Hit::Between(at)) => (at, at + 1),
            Some(Hit::End(at)) => (at, slice.len()),
            None => (slice.len(), slice.len()),
        };
        let (end, to) = match self.layout {
            _ if self.closed || self.done => (slice.len(), slice.len()),
            Layout::Lines => {
                let line = memchr::memchr(b'\n', &slice[from..]).map_or(slice.len(), |at| from + at + 1);
                (line, line)
            }
            Layout::Items => find(Seek::Items),
            Layout::Maps => find(Seek::Closed),
            Layout::Scalars => find(Seek::White),
        };
        let end = if self.layout == Layout::Items { end } else { to };
        (self.record, self.at) = (to, to);
        self.done |= to == slice.len() || self.reader.start(to, slice.len(), self.layout == Layout::Lines).is_err();
        // White space behind a value is no part of it.
        let white = match self.layout {
            Layout::Scalars | Layout::Items => {
                slice[from..end].iter().rev().take_while(|b| b.is_ascii_whitespace()).count()
            }
            _ => 0,
        };
        from..end - white
    }
}

//! From frames of JSON to keyed batches, or to columns of selected fields.

use std::ops::Range;

use super::decode::behind;
use super::frame::{Frame, Rule};
use crate::error::RecordError;
use crate::format::{Decode, Want};
use crate::record::json::{Reader, Selection};
use crate::record::{Batch, Detail, utf8};

pub(super) struct Decoder {
    rule: Rule,
    reader: Reader,
    selection: Option<Selection>,
    detail: Detail,
    replace: bool,
    at: usize,
}

impl Decoder {
    pub(super) fn new(rule: Rule, want: &Want, max_depth: usize, max_fields: usize) -> Decoder {
        Decoder {
            rule,
            reader: Reader::new(max_depth, 0).with_fields(max_fields),
            selection: want.select.as_ref().map(|paths| Selection::new(paths, &want.chosen)),
            detail: want.detail,
            replace: want.replace_invalid_utf8,
            at: 0,
        }
    }

    /// Adds the record whose payload is `from..to`.
    #[inline]
    fn record<'a>(
        &mut self,
        slice: &'a [u8],
        from: usize,
        to: usize,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let payload = &slice[from..to];
        let text = utf8::checked(payload, self.replace, from, batch).map_err(utf8::without_encoding)?;
        if std::ptr::eq(text, payload) {
            return self.value(slice, from, to, batch);
        }
        // It is a copy in the arena; offsets in it are not those of the slice.
        self.value(text, 0, text.len(), batch).map_err(|error| RecordError { offset: from, ..error })
    }

    /// Adds the single value of `from..to` of a text.
    #[inline]
    fn value<'a>(&mut self, text: &'a [u8], from: usize, to: usize, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        self.reader.start(from, to, false)?;
        match &mut self.selection {
            Some(selection) => self.reader.select(text, selection, batch)?,
            None => self.reader.value(text, self.detail, batch)?,
        };
        match self.reader.peek(text) {
            rest if rest < to => Err(RecordError::new(rest, "the frame has text after its JSON value")),
            _ => Ok(()),
        }
    }
}

impl Decode for Decoder {
    fn begin(&mut self, _slice: &[u8]) {
        self.at = 0;
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if self.at >= slice.len() {
            return Ok(false);
        }
        while self.at < slice.len() && !batch.is_full() {
            let Frame::Whole { head, end } = self.rule.look(&slice[self.at..]) else {
                return Err(self.rule.error(slice, self.at));
            };
            let (start, end) = (self.at, self.at + end);
            let read = self.record(slice, start + head, end, batch);
            if let Err(error) = read.and_then(|()| batch.end_record(start, end)) {
                batch.abandon();
                return Err(error);
            }
            self.at = end;
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.at;
        self.at = behind(self.rule, slice, start);
        start..self.at
    }
}

//! From frames to records. Bytes and text become columns: the payload is not copied.

use std::ops::Range;

use super::frame::{Frame, Rule};
use super::prefix::{FIELD, Payload};
use crate::error::{Fault, RecordError};
use crate::format::{Decode, Want};
use crate::record::{Batch, Value, utf8};

/// Reads what is in a frame.
pub(super) trait Read: Send {
    /// Adds the record of a payload, which is this part of the slice; its end is still to be told.
    fn read<'a>(&mut self, slice: &'a [u8], payload: Range<usize>, batch: &mut Batch<'a>) -> Result<(), RecordError>;
}

/// A decoder of frames.
pub(super) struct Decoder<R> {
    rule: Rule,
    reader: R,
    at: usize,
}

impl<R: Read> Decoder<R> {
    pub(super) fn new(rule: Rule, reader: R) -> Decoder<R> {
        Decoder { rule, reader, at: 0 }
    }
}

impl<R: Read> Decode for Decoder<R> {
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
            let read = self.reader.read(slice, start + head..end, batch);
            if let Err(error) = read.and_then(|()| batch.end_record(start, end)) {
                batch.abandon();
                // The frame tells where the next one begins.
                return Err(if error.fault == Fault::Lost { error.fault(Fault::Record) } else { error });
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

/// Frames of bytes or text.
pub(super) struct Plain {
    text: bool,
    /// For each column, whether it is the payload (any other name reads as absent).
    columns: Vec<bool>,
    utf8: bool,
    replace: bool,
}

impl Plain {
    pub(super) fn new(payload: Payload, want: &Want) -> Plain {
        let columns = match &want.select {
            None => vec![true],
            Some(names) => names.iter().map(|name| **name == *FIELD).collect(),
        };
        let text = payload == Payload::Text;
        Plain { text, columns, utf8: want.utf8 && text, replace: want.replace_invalid_utf8 }
    }

    #[inline]
    fn value<'a>(&self, payload: &'a [u8], offset: usize, batch: &mut Batch<'a>) -> Result<Value<'a>, RecordError> {
        Ok(match self.text {
            false => Value::Bytes(payload),
            true if self.utf8 => {
                Value::Text(utf8::checked(payload, self.replace, offset, batch).map_err(utf8::without_encoding)?)
            }
            true => Value::Text(payload),
        })
    }
}

impl Read for Plain {
    #[inline]
    fn read<'a>(&mut self, slice: &'a [u8], payload: Range<usize>, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let from = payload.start;
        let value = self.value(&slice[payload], from, batch)?;
        batch.reserve(self.columns.len(), from)?;
        for payload in &self.columns {
            batch.push(if *payload { value } else { Value::Absent });
        }
        Ok(())
    }
}

/// Where the frame at `at` ends; the end of the slice if that can't be known.
pub(super) fn behind(rule: Rule, slice: &[u8], at: usize) -> usize {
    match slice.get(at..).map(|frame| rule.look(frame)) {
        Some(Frame::Whole { end, .. }) => at + end,
        _ => slice.len(),
    }
}

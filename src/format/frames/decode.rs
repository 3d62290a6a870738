//! From frames of bytes or text to columns: the payload is not copied.

use std::ops::Range;

use super::frame::{Frame, Rule};
use super::prefix::{FIELD, Payload};
use crate::error::RecordError;
use crate::format::{Decode, Want};
use crate::record::{Batch, Value, utf8};

pub(super) struct Decoder {
    rule: Rule,
    text: bool,
    /// For each column, whether it is the payload (any other name reads as absent).
    columns: Vec<bool>,
    utf8: bool,
    replace: bool,
    at: usize,
}

impl Decoder {
    pub(super) fn new(rule: Rule, payload: Payload, want: &Want) -> Decoder {
        let columns = match &want.select {
            None => vec![true],
            Some(names) => names.iter().map(|name| **name == *FIELD).collect(),
        };
        let text = payload == Payload::Text;
        Decoder { rule, text, columns, utf8: want.utf8 && text, replace: want.replace_invalid_utf8, at: 0 }
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

impl Decode for Decoder {
    fn begin(&mut self, _slice: &[u8]) {
        self.at = 0;
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if self.at >= slice.len() {
            return Ok(false);
        }
        while self.at < slice.len() && !batch.is_full() {
            let frame = &slice[self.at..];
            let Frame::Whole { head, end } = self.rule.look(frame) else {
                return Err(self.rule.error(slice, self.at));
            };
            let value = self.value(&frame[head..end], self.at + head, batch)?;
            batch.reserve(self.columns.len(), self.at)?;
            for payload in &self.columns {
                batch.push(if *payload { value } else { Value::Absent });
            }
            batch.end_record(self.at, self.at + end)?;
            self.at += end;
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.at;
        self.at = behind(self.rule, slice, start);
        start..self.at
    }
}

/// Where the frame at `at` ends; the end of the slice if that can't be known.
pub(super) fn behind(rule: Rule, slice: &[u8], at: usize) -> usize {
    match slice.get(at..).map(|frame| rule.look(frame)) {
        Some(Frame::Whole { end, .. }) => at + end,
        _ => slice.len(),
    }
}

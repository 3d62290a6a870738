//! From bytes to columns: text and bytes are not copied.

use std::ops::Range;

use super::field::{self, Kind};
use super::layout::Layout;
use crate::error::{Cause, RecordError};
use crate::format::{Decode, Want};
use crate::record::{Batch, Value, utf8};
use crate::wording::counted;

/// A selected field.
struct Column {
    name: Box<str>,
    kind: Kind,
    offset: usize,
    width: usize,
}

pub(super) struct Decoder {
    columns: Vec<Column>,
    width: usize,
    utf8: bool,
    replace: bool,
    at: usize,
}

impl Decoder {
    pub(super) fn new(layout: &Layout, want: &Want) -> Decoder {
        let column = |f: &super::Field| Column { name: f.name.clone(), kind: f.kind, offset: f.offset, width: f.width };
        let columns = match &want.select {
            None => layout.named().map(column).collect(),
            Some(names) => names
                .iter()
                .map(|name| match layout.named().find(|field| field.name.as_bytes() == &**name) {
                    Some(field) => column(field),
                    // A skipped field without width reads as absent.
                    None => Column { name: "".into(), kind: Kind::Skip, offset: 0, width: 0 },
                })
                .collect(),
        };
        Decoder { columns, width: layout.width(), utf8: want.utf8, replace: want.replace_invalid_utf8, at: 0 }
    }

    #[inline]
    fn record<'a>(&self, record: &'a [u8], batch: &mut Batch<'a>) -> Result<(), RecordError> {
        for column in &self.columns {
            let bytes = &record[column.offset..column.offset + column.width];
            let value = match field::read(column.kind, bytes) {
                Some(Value::Text(text)) if self.utf8 && !text.is_ascii() => self.checked(column, text, batch)?,
                Some(value) => value,
                None => return Err(self.no_truth(column, bytes)),
            };
            batch.push(value);
        }
        Ok(())
    }

    #[cold]
    fn no_truth(&self, column: &Column, bytes: &[u8]) -> RecordError {
        RecordError::new(self.at + column.offset, format!("field `{}` (bool) is {}, not 0 or 1", column.name, bytes[0]))
            .cause(Cause::Value)
    }

    /// Text that must be valid UTF-8.
    fn checked<'a>(&self, column: &Column, text: &'a [u8], batch: &mut Batch<'a>) -> Result<Value<'a>, RecordError> {
        let text = utf8::checked(text, self.replace, self.at + column.offset, batch).map_err(|mut error| {
            error.reason = format!("field `{}` is not valid UTF-8", column.name).into();
            utf8::without_encoding(error)
        })?;
        Ok(Value::Text(text))
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
            let Some(record) = slice.get(self.at..).and_then(|rest| rest.get(..self.width)) else {
                return Err(self.remainder(slice.len() - self.at));
            };
            batch.reserve(self.columns.len(), self.at)?;
            if let Err(error) = self.record(record, batch) {
                batch.abandon();
                return Err(error);
            }
            batch.end_record(self.at, self.at + self.width)?;
            self.at += self.width;
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.at;
        self.at = slice.len().min(start + self.width);
        start..self.at
    }
}

impl Decoder {
    #[cold]
    fn remainder(&self, left: usize) -> RecordError {
        RecordError::new(
            self.at,
            format!("the input ends inside a record: it has only {} of {}", counted(left as u64, "byte"), self.width),
        )
        .hint("The input was cut off, or ⟨layout⟩ is not its layout.")
    }
}

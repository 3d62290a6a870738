//! From frames of JSON to keyed batches, or to columns of selected fields.

use std::ops::Range;

use super::decode::Read;
use crate::error::RecordError;
use crate::format::Want;
use crate::record::json::{Reader, Selection};
use crate::record::{Batch, Detail, utf8};

/// Frames of JSON.
pub(super) struct Json {
    reader: Reader,
    selection: Option<Selection>,
    detail: Detail,
    replace: bool,
}

impl Json {
    pub(super) fn new(want: &Want, max_depth: usize, max_fields: usize) -> Json {
        Json {
            reader: Reader::new(max_depth, 0).with_fields(max_fields),
            selection: want.select.as_ref().map(|paths| Selection::new(paths, &want.chosen)),
            detail: want.detail,
            replace: want.replace_invalid_utf8,
        }
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

impl Read for Json {
    #[inline]
    fn read<'a>(&mut self, slice: &'a [u8], payload: Range<usize>, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let Range { start: from, end: to } = payload;
        let payload = &slice[payload];
        let text = utf8::checked(payload, self.replace, from, batch).map_err(utf8::without_encoding)?;
        if std::ptr::eq(text, payload) {
            return self.value(slice, from, to, batch);
        }
        // It is a copy in the arena; offsets in it are not those of the slice.
        self.value(text, 0, text.len(), batch).map_err(|error| RecordError { offset: from, ..error })
    }
}

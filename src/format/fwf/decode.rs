//! From lines to columns: text is not copied.

use std::ops::Range;

use super::layout::{Layout, Unit};
use crate::error::{Cause, RecordError};
use crate::format::comment::Comment;
use crate::format::{Decode, Types, Want};
use crate::record::{Batch, Nulls, Value, utf8};
use crate::scan::lines::terminator;

/// A column that is not selected.
const UNWANTED: usize = usize::MAX;

/// An item of the layout.
struct Item {
    width: usize,
    unit: Unit,
    /// Its place among the selected fields.
    place: usize,
    /// Its name; none if it is passed over.
    name: Option<Box<str>>,
}

pub(super) struct Decoder {
    items: Vec<Item>,
    /// How many fields are selected.
    selected: usize,
    nulls: Nulls,
    comment: Option<Comment>,
    types: Types,
    /// The target writes fields as they were read.
    untyped: bool,
    utf8: bool,
    replace: bool,
    at: usize,
}

impl Decoder {
    pub fn new(layout: &Layout, nulls: &Nulls, comment: Option<Comment>, want: &Want) -> Decoder {
        let mut named = 0;
        let items = layout.fields.iter().map(|field| {
            let place = match (&field.name, &want.select) {
                (None, _) => UNWANTED,
                (Some(_), None) => named,
                (Some(name), Some(select)) => {
                    select.iter().position(|one| **one == *name.as_bytes()).unwrap_or(UNWANTED)
                }
            };
            named += usize::from(field.name.is_some());
            Item { width: field.width, unit: field.unit, place, name: field.name.clone() }
        });
        let items = items.collect();
        Decoder {
            items,
            selected: want.select.as_ref().map_or(named, Vec::len),
            nulls: nulls.clone(),
            comment,
            types: want.types,
            untyped: want.untyped,
            utf8: want.utf8,
            replace: want.replace_invalid_utf8,
            at: 0,
        }
    }

    /// Reads a line, which is without its line break.
    fn line<'a>(&self, line: &'a [u8], batch: &mut Batch<'a>) -> Result<(), RecordError> {
        batch.push_row(self.selected, self.at)?;
        let is_ascii = line.is_ascii();
        let mut from = 0;
        for item in &self.items {
            let end = match item.unit {
                Unit::Characters if !is_ascii => after_characters(line, from, item.width),
                _ => line.len().min(from + item.width),
            };
            if !is_ascii && item.unit == Unit::Bytes && cuts_character(line, end) {
                return Err(self.cut(item, from));
            }
            if item.place != UNWANTED {
                let value = self.value(trim(&line[from..end]), self.at + from, batch)?;
                batch.open_values()[item.place] = value;
            }
            from = end;
        }
        match trim(&line[from..]) {
            [] => Ok(()),
            _ => Err(self.too_long(from)),
        }
    }

    #[inline]
    fn value<'a>(&self, text: &'a [u8], offset: usize, batch: &mut Batch<'a>) -> Result<Value<'a>, RecordError> {
        if !self.nulls.is_empty() && self.nulls.has(text) {
            return Ok(Value::Null);
        }
        let text = if self.utf8 && !text.is_ascii() { utf8::checked(text, self.replace, offset, batch)? } else { text };
        Ok(match self.types {
            // Null is empty in most targets, so an empty text has to differ from it.
            Types::Text if self.untyped && (self.nulls.is_empty() || !text.is_empty()) => Value::Untyped(text),
            Types::Text => Value::Text(text),
            Types::Auto if text.is_empty() => Value::Null,
            Types::Auto => Value::Untyped(text),
        })
    }

    #[cold]
    fn cut(&self, item: &Item, from: usize) -> RecordError {
        let which = item.name.as_ref().map_or("the part that is passed over".to_owned(), |name| format!("`{name}`"));
        RecordError::new(self.at + from, format!("the width of {which} ends within a character"))
            .cause(Cause::Fields)
            .hint("In ⟨layout⟩, 8b is a width in bytes and 8 one in characters. ⟨on_error skip⟩ leaves out such lines.")
    }

    #[cold]
    fn too_long(&self, from: usize) -> RecordError {
        RecordError::new(self.at + from, "the line goes on after the last field of the layout")
            .cause(Cause::Fields)
            .hint("Check the widths in ⟨layout⟩, or give ⟨on_error skip⟩ to leave out such lines.")
    }
}

/// Whether a line, without its line break, is a record.
#[inline]
pub(super) fn is_record(line: &[u8], comment: Option<Comment>) -> bool {
    !line.is_empty() && !comment.is_some_and(|comment| comment.begins(line))
}

/// The end of this many characters that begin at `from`, or of the line.
fn after_characters(line: &[u8], from: usize, count: usize) -> usize {
    let starts = line[from..].iter().enumerate().filter(|(_, byte)| !matches!(byte, 0x80..=0xbf));
    let mut starts = starts.map(|(at, _)| at);
    starts.nth(count).map_or(line.len(), |at| from + at)
}

/// Whether a line of UTF-8 has the beginning of a character before `end` and the rest of it after. Lines in other
/// encodings have other characters.
#[inline]
fn cuts_character(line: &[u8], end: usize) -> bool {
    matches!(line.get(end), Some(0x80..=0xbf))
        && simdutf8::basic::from_utf8(line).is_ok_and(|text| !text.is_char_boundary(end))
}

/// A text without the spaces around it.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' '] = text {
        text = rest;
    }
    text
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
            let rest = &slice[self.at..];
            let source = &rest[..memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1)];
            let end = self.at + source.len();
            let line = match &source[..source.len() - terminator(source).len()] {
                // The last line may end with half of a line break.
                [line @ .., b'\r'] if end == slice.len() && source.last() == Some(&b'\r') => line,
                line => line,
            };
            if is_record(line, self.comment) {
                if let Err(error) = self.line(line, batch) {
                    batch.abandon();
                    return Err(error);
                }
                batch.end_record(self.at, end)?;
            }
            self.at = end;
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.at;
        self.at += memchr::memchr(b'\n', &slice[start..]).map_or(slice.len() - start, |found| found + 1);
        start..self.at
    }
}

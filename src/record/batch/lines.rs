//! A batch of lines, seen as one text.

use super::{Batch, Lines, reserve};
use crate::error::RecordError;
use crate::record::Value;

impl<'a> Batch<'a> {
    /// Promises that every record will be a text and its line ending, side by side in the slice, with the text as its
    /// only value.
    pub(crate) fn begin_lines(&mut self) {
        debug_assert!(self.is_empty() && self.schema.is_some_and(|schema| schema.len() == 1));
        self.lines = Lines::Source;
    }

    /// All records in one piece, if each is a text and its line ending, and they are side by side: then an op that
    /// treats every byte alike need not look at records. Changing values or refusing records ends that.
    pub(crate) fn lines(&self) -> Option<&'a [u8]> {
        self.lines_but_odd().filter(|_| self.odd.is_empty())
    }

    /// The same if some records are [odd](Self::odd_lines).
    pub(crate) fn lines_but_odd(&self) -> Option<&'a [u8]> {
        match self.lines {
            Lines::No => None,
            Lines::Source => match (self.spans.first(), self.spans.last()) {
                (Some(first), Some(last)) => Some(&self.slice[first.start..last.end]),
                _ => Some(&[]),
            },
            Lines::Changed(lines) => Some(lines),
        }
    }

    /// The records, in order, whose text differs from their line.
    pub(crate) fn odd_lines(&self) -> &[u32] {
        &self.odd
    }

    /// The record whose line includes the byte at `place` in the [`lines`](Self::lines).
    pub(crate) fn record_at(&self, place: usize) -> usize {
        let first = self.spans.first().map_or(0, |span| span.start);
        self.spans.partition_point(|span| span.end - first <= place)
    }

    /// Gives a record a text that differs in length from its line. To be called in the order of records.
    pub(crate) fn change_odd_line(&mut self, record: usize, text: &'a [u8]) -> Result<(), RecordError> {
        reserve(self.arena, &mut self.odd, 1, self.spans[record].start)?;
        self.odd.push(record as u32);
        self.values[record] = Value::Text(text);
        Ok(())
    }

    /// Where a record is in the [`lines`](Self::lines), and how much of that is its text.
    #[inline]
    pub(crate) fn line(&self, record: usize) -> (std::ops::Range<usize>, usize) {
        let (first, span) = (self.spans[0].start, self.spans[record]);
        let text = match self.values.get(record) {
            Some(Value::Text(text)) => text.len(),
            _ => 0,
        };
        (span.start - first..span.end - first, text)
    }

    /// Replaces the [`lines`](Self::lines) by others of the same length.
    ///
    /// # Panics
    /// If there are no lines, or the length differs.
    pub(crate) fn change_lines(&mut self, changed: &'a [u8]) {
        assert_eq!(self.lines().map(<[u8]>::len), Some(changed.len()), "lines keep their length");
        self.lines = Lines::Changed(changed);
        let first = self.spans.first().map_or(0, |span| span.start);
        for (span, value) in self.spans.iter().zip(self.values.iter_mut()) {
            if let Value::Text(text) = value {
                *text = &changed[span.start - first..][..text.len()];
            }
        }
    }
}

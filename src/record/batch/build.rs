//! Building a batch, for decoders and for ops that make a new one.

use super::{Batch, record_too_large, reserve};
use crate::error::RecordError;
use crate::record::lossy::lossy_error;
use crate::record::span::Span;
use crate::record::{LossyKind, Tree, Value};

/// How many values a batch holds before it is full. Measured: 512 to 16,384 make no difference.
const VALUES: usize = 2048;
/// How many more values the last record of a batch may have before more room has to be made.
const LAST: usize = 512;
/// How many records a batch holds before it is full. Two batches fit into a worker's arena: an op may make a second
/// one.
pub(crate) const RECORDS: usize = 768;
/// How many bytes of unescaped text a batch holds before it is full.
const TEXT: usize = 64 << 10;
/// How many bytes of the arena a full batch has used.
const TAKEN: usize = TEXT + (VALUES + LAST) * 40 + RECORDS * size_of::<Span>();

impl<'a> Batch<'a> {
    /// Whether the decoder should stop at the next record boundary.
    #[inline]
    #[doc(hidden)]
    pub fn is_full(&self) -> bool {
        self.values.len() >= VALUES || self.spans.len() >= self.most || self.arena.used() >= TAKEN
    }

    /// How many records of `width` values may be built together (at least one), and within how many bytes of source if
    /// there are more than one: at most until the batch is [full](Self::is_full), and no record too large.
    #[inline]
    pub(crate) fn room(&self, width: usize) -> (usize, usize) {
        let records = self.most.saturating_sub(self.spans.len());
        let values = VALUES.saturating_sub(self.values.len()).div_ceil(width.max(1));
        let bytes = TAKEN.saturating_sub(self.arena.used()).min(TEXT);
        if bytes > self.max_record { (1, bytes) } else { (records.min(values).max(1), bytes) }
    }

    /// Whether there are enough records, for a decoder that uses none of the arena.
    #[inline]
    pub(crate) fn has_many(&self) -> bool {
        self.spans.len() >= self.most
    }

    /// Makes room for `more` values of the record being built.
    #[inline]
    pub fn reserve(&mut self, more: usize, offset: usize) -> Result<(), RecordError> {
        if self.values.capacity() - self.values.len() < more {
            self.grow(more, offset)?;
        }
        Ok(())
    }

    #[cold]
    fn grow(&mut self, more: usize, offset: usize) -> Result<(), RecordError> {
        let more = more.max(LAST) + self.values.len().max(VALUES);
        if self.schema.is_none() {
            // Records may share keys, so there are at most as many keys as values. Their room comes first: where there is
            // none, none was made for values, and whoever tries again is told so too.
            let values = (2 * self.values.capacity()).max(self.values.len() + more);
            let keys = values.saturating_sub(self.keys.len());
            reserve(self.arena, &mut self.keys, keys, offset)?;
        }
        reserve(self.arena, &mut self.values, more, offset)
    }

    /// Adds the next field's value to a record in columns. Room must have been made with [`reserve`](Self::reserve).
    #[inline]
    pub fn push(&mut self, value: Value<'a>) {
        debug_assert!(self.values.len() < self.values.capacity());
        self.values.push(value);
    }

    /// Adds the values of a record in columns, or some of them: absent at first, to be filled in.
    #[inline(always)]
    #[doc(hidden)]
    pub fn push_row(&mut self, width: usize, offset: usize) -> Result<&mut [Value<'a>], RecordError> {
        self.reserve(width, offset)?;
        let first = self.values.len();
        self.values.resize(first + width, Value::Absent);
        Ok(&mut self.values[first..])
    }

    /// Adds a node of a keyed record.
    #[inline]
    pub fn push_keyed(&mut self, key: &'a [u8], value: Value<'a>, offset: usize) -> Result<(), RecordError> {
        self.reserve(1, offset)?;
        self.keys.push(key);
        self.values.push(value);
        Ok(())
    }

    /// Adds the nodes of a keyed record of this batch again, with its keys; returns the values, which are absent.
    #[inline(always)]
    pub(crate) fn repeat(&mut self, record: usize, offset: usize) -> Result<&mut [Value<'a>], RecordError> {
        let Span { first, last, keys, .. } = self.spans[record];
        self.shared_keys = Some(keys);
        self.push_row((last - first) as usize, offset)
    }

    /// Adds a node and everything inside it, under a key.
    pub fn push_tree(&mut self, key: &'a [u8], tree: Tree<'_, 'a>, offset: usize) -> Result<(), RecordError> {
        self.reserve(tree.values.len(), offset)?;
        self.keys.push(key);
        self.keys.extend_from_slice_copy(&tree.keys[1..]);
        self.values.extend_from_slice_copy(tree.values);
        Ok(())
    }

    /// Removes the nodes from `node` on, of the record being built.
    #[doc(hidden)]
    pub fn rewind(&mut self, node: usize) {
        debug_assert!(node >= self.open);
        self.values.truncate(node);
        self.keys.truncate(self.open_keys + node - self.open);
    }

    /// Index of the next node, for [`close_list`](Self::close_list) and [`close_map`](Self::close_map).
    #[inline]
    #[doc(hidden)]
    pub fn next_node(&self) -> usize {
        self.values.len()
    }

    /// Ends the list whose node was pushed at `node`.
    pub fn close_list(&mut self, node: usize) {
        self.values[node] = Value::List((self.values.len() - node - 1) as u32);
    }

    /// Ends the map whose node was pushed at `node`.
    pub fn close_map(&mut self, node: usize) {
        self.values[node] = Value::Map((self.values.len() - node - 1) as u32);
    }

    /// The values of the record being built, for decoders that fill fields out of order.
    #[inline]
    #[doc(hidden)]
    pub fn open_values(&mut self) -> &mut [Value<'a>] {
        let open = self.open;
        &mut self.values[open..]
    }

    /// Counts what the record being built loses.
    #[inline]
    pub fn lose(&mut self, kind: LossyKind, count: u64) {
        self.losses.lose(kind, count);
    }

    /// Counts what is lost when no record is being built.
    #[doc(hidden)]
    pub fn lose_between(&mut self, kind: LossyKind, count: u64) {
        self.losses.lose_between(kind, count);
    }

    /// An op changes a value of a record so that something is lost: that is counted, or the record is refused.
    pub(crate) fn lose_in(&mut self, record: usize, kind: LossyKind) {
        match self.strict {
            true => self.reject_with(record, lossy_error(self.spans[record].start, kind)),
            false => self.losses.lose_between(kind, 1),
        }
    }

    /// The last record ended, at `offset`, has lost something: either that is counted, or the record is refused.
    #[cold]
    fn settle(&mut self, kind: LossyKind, offset: usize) {
        match self.strict {
            true => {
                self.losses.take_back();
                self.reject_with(self.spans.len() - 1, lossy_error(offset, kind));
            }
            false => self.losses.keep(),
        }
    }

    /// Discards what was pushed for the record being built, and what it lost.
    #[doc(hidden)]
    pub fn abandon(&mut self) {
        self.losses.take_back();
        self.values.truncate(self.open);
        self.keys.truncate(self.open_keys);
        self.shared_keys = None;
    }

    /// Ends records in columns that were built together, at most as many as there was [room](Self::room) for, of
    /// `width` values each: the first one starts at `start`; each ends at the next of `ends`, where the following one
    /// starts. Returns the end of the last one.
    ///
    /// # Errors
    /// The first one is too large, or there is no memory; then none of them is in the batch.
    #[inline(always)]
    pub(crate) fn end_rows(
        &mut self,
        width: usize,
        mut start: usize,
        ends: impl ExactSizeIterator<Item = usize>,
    ) -> Result<usize, RecordError> {
        if ends.len() > self.spans.capacity() - self.spans.len() {
            self.grow_spans(start)?;
        }
        let mut first = self.open as u32;
        for end in ends {
            if end - start > self.max_record {
                return Err(self.too_large(start));
            }
            let last = first + width as u32;
            self.spans.push(Span { start, end, first, last, keys: 0, alike: false, irregular: false });
            (start, first) = (end, last);
        }
        self.losses.keep_any();
        self.open = first as usize;
        Ok(start)
    }

    /// Ends the record being built: it is at `start..end` in the slice.
    #[inline(always)]
    pub fn end_record(&mut self, start: usize, end: usize) -> Result<(), RecordError> {
        debug_assert!(self.schema.is_none_or(|s| s.len() == self.values.len() - self.open));
        if end - start > self.max_record {
            return Err(self.too_large(start));
        }
        if self.spans.len() == self.spans.capacity() {
            self.grow_spans(start)?;
        }
        let (first, last) = (self.open as u32, self.values.len() as u32);
        let keys = self.shared_keys.take().unwrap_or(self.open_keys as u32);
        self.spans.push(Span { start, end, first, last, keys, alike: false, irregular: false });
        (self.open, self.open_keys) = (self.values.len(), self.keys.len());
        if let Some(kind) = self.losses.last() {
            self.settle(kind, start);
        }
        Ok(())
    }

    #[cold]
    fn grow_spans(&mut self, offset: usize) -> Result<(), RecordError> {
        let more = self.spans.len().max(RECORDS);
        reserve(self.arena, &mut self.spans, more, offset)
    }

    /// Promises that the last record has the keys and the nesting of the one before it.
    #[inline]
    pub(crate) fn mark_alike(&mut self) {
        if let Some(span) = self.spans.last_mut() {
            span.alike = true;
        }
    }

    /// Marks the last record as one not to copy to a target of the same dialect: readers may disagree on its quotes, or
    /// it lacks something.
    #[cold]
    pub(crate) fn mark_irregular(&mut self) {
        if let Some(span) = self.spans.last_mut() {
            span.irregular = true;
        }
    }

    #[cold]
    fn too_large(&mut self, start: usize) -> RecordError {
        self.abandon();
        record_too_large(start, self.max_record)
    }
}

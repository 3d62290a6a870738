//! The batch: a flat tape of borrowed values in a worker's arena.
//!
//! Two shapes exist. *Columns*: every record has the fields of one [`Schema`], so that only the values
//! are stored, `width` for each record. *Keyed*: every record is a tree of nodes; each node has a key
//! (empty for a record's root and for items of a list) and a value; `List(n)` and `Map(n)` are followed
//! by the `n` nodes inside them.

use bumpalo::collections::Vec as ArenaVec;

use super::lossy::{Losses, lossy_error};
use super::span::Span;
use super::tree::Tree;
use super::{Lossy, LossyKind, Schema, Seen, Value};
use crate::error::{Fault, RecordError};
use crate::memory::{Arena, Refusal, no_memory};
use crate::wording::counted;

/// Records of a slice that were decoded at one time.
pub struct Batch<'a> {
    schema: Option<&'a Schema>,
    arena: &'a Arena,
    /// The bytes of the whole slice.
    slice: &'a [u8],
    values: ArenaVec<'a, Value<'a>>,
    keys: ArenaVec<'a, &'a [u8]>,
    spans: ArenaVec<'a, Span>,
    /// The records that ops refused, and why. On the heap, which is not touched while there are none.
    rejected: Vec<(usize, RecordError)>,
    /// The first node of the record being built.
    open: usize,
    /// Where its keys begin, if they are its own.
    open_keys: usize,
    /// Where they begin if they are those of another record.
    shared_keys: Option<u32>,
    max_record: usize,
    lines: Lines<'a>,
    /// Values or keys were changed.
    changed: bool,
    /// To ops, an untyped value is text whatever it looks like.
    untyped_is_text: bool,
    /// Who is told of the names of fields that an op meets, and the number of the op's first name there.
    seen: Option<(&'a Seen, usize)>,
    /// The records, in order, whose text is not in the lines because its length is another.
    odd: ArenaVec<'a, u32>,
    /// What decoding and ops lost.
    losses: Losses,
    /// A record that loses something is refused.
    strict: bool,
    /// Where text first follows a closing quote: the index of the record, and the offset.
    odd_quote: Option<(usize, usize)>,
}

/// Whether the records can be seen as one text.
#[derive(Clone, Copy)]
enum Lines<'a> {
    No,
    /// As the source has them.
    Source,
    /// As an op changed them, with the same lengths.
    Changed(&'a [u8]),
}

/// How many values a batch holds before it is full. Measured: 512 to 16,384 make no difference.
const VALUES: usize = 2048;
/// How many values more the last record of a batch may have before there has to be room for more.
const LAST: usize = 512;
/// How many records a batch holds before it is full. Two batches fit into the arena of a worker: an op may make another
/// one.
const RECORDS: usize = 768;
/// How many bytes of unescaped text a batch holds before it is full.
const TEXT: usize = 64 << 10;
/// How many bytes of the arena a full batch has taken.
const TAKEN: usize = TEXT + (VALUES + LAST) * 40 + RECORDS * size_of::<Span>();

fn no_room(offset: usize, arena: &Arena, why: Refusal) -> RecordError {
    let text = format!("the record needs more than the {} bytes of a worker's arena", arena.limit());
    no_memory(offset, text, why)
}

/// Makes room for `more` items.
fn reserve<T>(arena: &Arena, items: &mut ArenaVec<'_, T>, more: usize, offset: usize) -> Result<(), RecordError> {
    // A list that grows is copied if it can't go on where it is, and then has twice its length at least.
    let bytes = (2 * items.capacity()).max(items.len() + more) * size_of::<T>();
    arena.with_room(bytes, || items.try_reserve(more)).map_err(|why| no_room(offset, arena, why))
}

impl<'a> Batch<'a> {
    /// An empty batch for records of `slice`; of `schema` when all records have the same fields.
    pub fn new(arena: &'a Arena, slice: &'a [u8], schema: Option<&'a Schema>, max_record: usize) -> Batch<'a> {
        let bump = arena.bump();
        Batch {
            schema,
            arena,
            slice,
            values: ArenaVec::new_in(bump),
            keys: ArenaVec::new_in(bump),
            spans: ArenaVec::new_in(bump),
            rejected: Vec::new(),
            open: 0,
            open_keys: 0,
            shared_keys: None,
            max_record,
            lines: Lines::No,
            changed: false,
            untyped_is_text: false,
            seen: None,
            odd: ArenaVec::new_in(bump),
            losses: Losses::default(),
            strict: false,
            odd_quote: None,
        }
    }

    /// The arena that the values may borrow from.
    pub fn arena(&self) -> &'a Arena {
        self.arena
    }

    /// The names of the fields, when this batch is in columns.
    pub fn schema(&self) -> Option<&'a Schema> {
        self.schema
    }

    /// Gives the fields other names: `schema` has as many.
    pub(crate) fn rename(&mut self, schema: &'a Schema) {
        self.schema = Some(schema);
    }

    /// Whether an [untyped](Value::Untyped) value is text to ops, whatever it looks like.
    pub(crate) fn untyped_is_text(&self) -> bool {
        self.untyped_is_text
    }

    pub(crate) fn set_untyped_is_text(&mut self, is_text: bool) {
        self.untyped_is_text = is_text;
    }

    /// Whether a record that loses something is refused.
    pub(crate) fn set_strict(&mut self, strict: bool) {
        self.strict = strict;
    }

    /// Who is told of the names of fields that an op meets, and the number of the op's first name there.
    pub(crate) fn seen(&self) -> Option<(&'a Seen, usize)> {
        self.seen
    }

    pub(crate) fn set_seen(&mut self, seen: Option<(&'a Seen, usize)>) {
        self.seen = seen;
    }

    /// How many records.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// How long a record may be.
    pub(crate) fn max_record(&self) -> usize {
        self.max_record
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether the decoder should stop at the next record boundary.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.values.len() >= VALUES || self.spans.len() >= RECORDS || self.arena.used() >= TAKEN
    }

    /// How many records of `width` values may be built together, at least one, and within how many bytes of source,
    /// if they are more than one: no more than make the batch [full](Self::is_full), and none too large.
    #[inline]
    pub(crate) fn room(&self, width: usize) -> (usize, usize) {
        let records = RECORDS.saturating_sub(self.spans.len());
        let values = VALUES.saturating_sub(self.values.len()).div_ceil(width.max(1));
        let bytes = TAKEN.saturating_sub(self.arena.used()).min(TEXT);
        if bytes > self.max_record { (1, bytes) } else { (records.min(values).max(1), bytes) }
    }

    /// Whether there are enough records; for a decoder that takes nothing from the arena.
    #[inline]
    pub(crate) fn has_many(&self) -> bool {
        self.spans.len() >= RECORDS
    }

    /// Where a record lies.
    pub fn span(&self, record: usize) -> Span {
        self.spans[record]
    }

    /// Where some records lie.
    pub fn spans(&self, records: std::ops::Range<usize>) -> &[Span] {
        &self.spans[records]
    }

    /// The source bytes of a record, terminator included.
    pub fn source(&self, record: usize) -> &'a [u8] {
        let span = self.spans[record];
        &self.slice[span.start..span.end]
    }

    /// In the record that was ended last, text follows the quote that closes a field, at this offset.
    #[cold]
    pub(crate) fn note_odd_quote(&mut self, offset: usize) {
        self.lose_between(LossyKind::TextAfterQuote, 1);
        self.odd_quote.get_or_insert((self.spans.len() - 1, offset));
    }

    /// The first such place: the index of the record, and the offset.
    pub(crate) fn odd_quote(&self) -> Option<(usize, usize)> {
        self.odd_quote
    }

    /// The bytes of the whole slice.
    #[inline]
    pub(crate) fn slice(&self) -> &'a [u8] {
        self.slice
    }

    /// Bytes of the slice.
    pub fn bytes(&self, range: impl std::slice::SliceIndex<[u8], Output = [u8]>) -> &'a [u8] {
        &self.slice[range]
    }

    /// The values of a record in columns, one for each field of the schema.
    #[inline]
    pub fn columns(&self, record: usize) -> &[Value<'a>] {
        let span = self.spans[record];
        &self.values[span.first as usize..span.last as usize]
    }

    /// A keyed record.
    #[inline]
    pub fn tree(&self, record: usize) -> Tree<'_, 'a> {
        let span = self.spans[record];
        let range = span.first as usize..span.last as usize;
        let keys = span.keys as usize;
        Tree { keys: &self.keys[keys..keys + range.len()], values: &self.values[range] }
    }

    /// All values of the batch; for columns those of record `r` are at `r * width ..`.
    pub fn values_mut(&mut self) -> &mut [Value<'a>] {
        self.lines = Lines::No;
        self.changed = true;
        &mut self.values
    }

    /// Keys and values of a keyed record, for changing the values in place.
    ///
    /// Nodes can't be added or taken away, and keys can't be changed; [`rebuild`](Self::rebuild) does that.
    pub fn nodes_mut(&mut self, record: usize) -> (&[&'a [u8]], &mut [Value<'a>]) {
        self.lines = Lines::No;
        self.changed = true;
        let span = self.spans[record];
        let range = span.first as usize..span.last as usize;
        let keys = span.keys as usize;
        let keys = if self.schema.is_some() { &[][..] } else { &self.keys[keys..keys + range.len()] };
        (keys, &mut self.values[range])
    }

    /// An empty batch over the same slice and arena, for an op that adds or takes away nodes.
    ///
    /// The records of the new batch have to be those of this one, in order: refused ones are known by index.
    pub fn rebuild(&self) -> Batch<'a> {
        let mut empty = Batch::new(self.arena, self.slice, self.schema, self.max_record);
        (empty.losses, empty.odd_quote) = (self.losses, self.odd_quote);
        empty.rejected = self.rejected.clone();
        (empty.untyped_is_text, empty.strict, empty.seen) = (self.untyped_is_text, self.strict, self.seen);
        empty
    }

    /// Refuses a record from within an op: the run's policy for bad records decides what becomes of it.
    pub fn reject(&mut self, record: usize, reason: impl Into<std::borrow::Cow<'static, str>>) {
        let offset = self.spans[record].start;
        self.reject_with(record, RecordError::new(offset, reason));
    }

    /// Refuses a record with an error that knows its place and its remedy.
    pub fn reject_with(&mut self, record: usize, error: RecordError) {
        self.lines = Lines::No;
        self.rejected.push((record, error));
    }

    /// Takes the refused records, in order, each once.
    pub fn take_rejected(&mut self) -> Vec<(usize, RecordError)> {
        let mut rejected = std::mem::take(&mut self.rejected);
        rejected.sort_by_key(|(record, _)| *record);
        rejected.dedup_by_key(|(record, _)| *record);
        rejected
    }

    /// All records in one piece, if each is a text and its terminator, and they lie side by side: then what
    /// treats every byte alike needs no look at records. Changing values or refusing records ends that.
    pub(crate) fn lines(&self) -> Option<&'a [u8]> {
        self.lines_but_odd().filter(|_| self.odd.is_empty())
    }

    /// The same where some records are [odd](Self::odd_lines).
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

    /// The records, in order, that have another text than the lines.
    pub(crate) fn odd_lines(&self) -> &[u32] {
        &self.odd
    }

    /// The record whose line has the byte at `place` of the [`lines`](Self::lines).
    pub(crate) fn record_at(&self, place: usize) -> usize {
        let first = self.spans.first().map_or(0, |span| span.start);
        self.spans.partition_point(|span| span.end - first <= place)
    }

    /// Gives a record a text of another length than its line has. Called in the order of records.
    pub(crate) fn change_odd_line(&mut self, record: usize, text: &'a [u8]) -> Result<(), RecordError> {
        reserve(self.arena, &mut self.odd, 1, self.spans[record].start)?;
        self.odd.push(record as u32);
        self.values[record] = Value::Text(text);
        Ok(())
    }

    /// Where a record lies in the [`lines`](Self::lines), and how much of that is its text.
    #[inline]
    pub(crate) fn line(&self, record: usize) -> (std::ops::Range<usize>, usize) {
        let (first, span) = (self.spans[0].start, self.spans[record]);
        let text = match self.values.get(record) {
            Some(Value::Text(text)) => text.len(),
            _ => 0,
        };
        (span.start - first..span.end - first, text)
    }

    /// Replaces the [`lines`](Self::lines) by others of the same lengths.
    ///
    /// # Panics
    /// If there are no lines, or the length is another.
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

    // -- building, for decoders --

    /// Promises that every record will be a text and its terminator, side by side in the slice, each with its
    /// text as the only value.
    pub(crate) fn begin_lines(&mut self) {
        debug_assert!(self.is_empty() && self.schema.is_some_and(|schema| schema.len() == 1));
        self.lines = Lines::Source;
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
        reserve(self.arena, &mut self.values, more, offset)?;
        // Records may share keys, so there are no more of them than values.
        let keys = self.values.capacity() - self.keys.len();
        match self.schema {
            None => reserve(self.arena, &mut self.keys, keys, offset),
            Some(_) => Ok(()),
        }
    }

    /// Adds the next field's value of a record in columns. Room must have been made with [`reserve`](Self::reserve).
    #[inline]
    pub fn push(&mut self, value: Value<'a>) {
        debug_assert!(self.values.len() < self.values.capacity());
        self.values.push(value);
    }

    /// Adds the values of a record in columns, or of some, absent at first, to be filled in.
    #[inline(always)]
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

    /// Adds the nodes of a keyed record of this batch again, with its keys; gives the values, which are absent.
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

    /// Takes back the nodes from `node` on, of the record being built.
    pub fn rewind(&mut self, node: usize) {
        debug_assert!(node >= self.open);
        self.values.truncate(node);
        self.keys.truncate(self.open_keys + node - self.open);
    }

    /// Index of the next node; for [`close_list`](Self::close_list) and [`close_map`](Self::close_map).
    #[inline]
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
    pub fn open_values(&mut self) -> &mut [Value<'a>] {
        let open = self.open;
        &mut self.values[open..]
    }

    /// What was lost so far.
    pub fn lossy(&self) -> &Lossy {
        self.losses.all()
    }

    /// Counts what the record being built loses.
    #[inline]
    pub fn lose(&mut self, kind: LossyKind, count: u64) {
        self.losses.lose(kind, count);
    }

    /// Counts what is lost while no record is being built.
    pub fn lose_between(&mut self, kind: LossyKind, count: u64) {
        self.losses.lose_between(kind, count);
    }

    /// The record that was ended last, at `offset`, has lost something: that stays counted, or the record is refused.
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

    /// Throws away what was pushed for the record being built, and what it lost.
    pub fn abandon(&mut self) {
        self.losses.take_back();
        self.values.truncate(self.open);
        self.keys.truncate(self.open_keys);
        self.shared_keys = None;
    }

    /// Ends records in columns that were built together, no more than there was [room](Self::room) for, of `width`
    /// values each: the first one starts at `start`, each one ends at the next of `ends`, where the one behind it
    /// starts. Gives the end of the last one.
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

    /// Ends the record being built: it lies in `start..end` of the slice.
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

    /// Says that the last record may not be copied into a target of the same dialect: readers may disagree on its quotes,
    /// or it lacks something.
    #[cold]
    pub(crate) fn mark_irregular(&mut self) {
        if let Some(span) = self.spans.last_mut() {
            span.irregular = true;
        }
    }

    /// Whether a keyed record is known to have the keys and the nesting of the one before it.
    #[inline]
    pub(crate) fn is_alike(&self, record: usize) -> bool {
        self.spans[record].alike & !self.changed
    }

    /// The values of all records.
    #[inline]
    pub(crate) fn values(&self) -> &[Value<'a>] {
        &self.values
    }

    #[cold]
    fn too_large(&mut self, start: usize) -> RecordError {
        self.abandon();
        record_too_large(start, self.max_record)
    }
}

/// The error for a record over the limit.
pub(crate) fn record_too_large(offset: usize, max: usize) -> RecordError {
    // How long it is depends on how much was looked at.
    RecordError::with_numbers(offset, "the record is larger than {} byte{s}", [max, 0])
        .hint("Raise --max-record-size (and --memory-limit with it).")
        .fault(Fault::Oversized)
}

/// The error for a record of more fields than there may be.
pub(crate) fn too_many_fields(offset: usize, max: usize) -> RecordError {
    RecordError::new(offset, format!("the record has more than {}", counted(max as u64, "field")))
        .hint("Raise --max-fields (and --memory-limit with it).")
}

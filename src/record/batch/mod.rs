//! The batch: a flat tape of borrowed values in a worker's arena.
//!
//! A batch has one of two shapes. *Columns*: every record has the fields of one [`Schema`], so only values are stored,
//! `width` for each record. *Keyed*: every record is a tree of nodes; each node has a key (empty for a record's root
//! and for items of a list) and a value; `List(n)` and `Map(n)` are followed by the `n` nodes inside them.

mod before;
mod build;
mod lines;
mod parts;
mod retain;

use bumpalo::collections::Vec as ArenaVec;

use super::lossy::Losses;
use super::span::Span;
use super::tree::Tree;
use super::{Lossy, LossyKind, Schema, Seen, Value};
use crate::error::{Cause, Fault, RecordError};
use crate::memory::{Arena, Refusal, no_memory};
use crate::wording::counted;

pub use before::Before;
pub(crate) use build::RECORDS;
pub use retain::Record;

/// Records of a slice that were decoded together.
pub struct Batch<'a> {
    schema: Option<&'a Schema>,
    arena: &'a Arena,
    /// The bytes of the whole slice.
    slice: &'a [u8],
    values: ArenaVec<'a, Value<'a>>,
    keys: ArenaVec<'a, &'a [u8]>,
    spans: ArenaVec<'a, Span>,
    /// Each record's number among those that were decoded; empty until one is dropped: until then, the numbers are the
    /// indexes.
    numbers: ArenaVec<'a, u32>,
    /// How many more records ops have made than were decoded.
    grown: usize,
    /// The records that ops refused, and why. On the heap, which is not touched if there are none.
    rejected: Vec<(usize, RecordError)>,
    /// The first node of the record being built.
    open: usize,
    /// Where its keys begin, if it has its own.
    open_keys: usize,
    /// Where they begin, if it shares those of another record.
    shared_keys: Option<u32>,
    max_record: usize,
    /// How many records fill it.
    most: usize,
    lines: Lines<'a>,
    /// Values or keys have been changed.
    changed: bool,
    /// Only fields that steps look at were decoded, and records are copied.
    tested: bool,
    /// Ops see an untyped value as text, whatever it looks like.
    untyped_is_text: bool,
    /// Where to note which names of fields an op finds, and the number of the op's first name there.
    seen: Option<(&'a Seen, usize)>,
    /// The records, in order, whose text is not in the lines because it has another length.
    odd: ArenaVec<'a, u32>,
    /// What decoding and ops lost.
    losses: Losses,
    /// A record that loses something is refused.
    strict: bool,
    /// It is not refused after all: perhaps it is not written.
    lenient: bool,
    /// What comes before the records.
    before: Before<'a>,
    /// Where text first follows a closing quote: the number of the record, and the offset.
    odd_quote: Option<(usize, usize)>,
}

/// Whether the records can be seen as one text.
#[derive(Clone, Copy)]
enum Lines<'a> {
    No,
    /// As they are in the source.
    Source,
    /// As changed by an op, with the same lengths.
    Changed(&'a [u8]),
}

fn no_room(offset: usize, arena: &Arena, why: Refusal) -> RecordError {
    let text = format!("the record needs more than the {} bytes of a worker's arena", arena.limit());
    no_memory(offset, text, why)
}

/// Makes room for `more` items.
fn reserve<T>(arena: &Arena, items: &mut ArenaVec<'_, T>, more: usize, offset: usize) -> Result<(), RecordError> {
    // A list that grows may have to be copied, and then gets at least twice its size.
    let bytes = (2 * items.capacity()).max(items.len() + more) * size_of::<T>();
    arena.with_room(bytes, || items.try_reserve(more)).map_err(|why| no_room(offset, arena, why))
}

impl<'a> Batch<'a> {
    /// An empty batch for records of `slice`; with `schema` if they all have the same fields.
    #[doc(hidden)]
    pub fn new(arena: &'a Arena, slice: &'a [u8], schema: Option<&'a Schema>, max_record: usize) -> Batch<'a> {
        let bump = arena.bump();
        Batch {
            schema,
            arena,
            slice,
            values: ArenaVec::new_in(bump),
            keys: ArenaVec::new_in(bump),
            spans: ArenaVec::new_in(bump),
            numbers: ArenaVec::new_in(bump),
            grown: 0,
            rejected: Vec::new(),
            open: 0,
            open_keys: 0,
            shared_keys: None,
            max_record,
            most: RECORDS,
            lines: Lines::No,
            changed: false,
            tested: false,
            untyped_is_text: false,
            seen: None,
            odd: ArenaVec::new_in(bump),
            losses: Losses::default(),
            strict: false,
            lenient: false,
            before: Before::default(),
            odd_quote: None,
        }
    }

    /// The arena that the values may borrow from.
    pub fn arena(&self) -> &'a Arena {
        self.arena
    }

    /// The names of the fields, if this batch is in columns.
    pub fn schema(&self) -> Option<&'a Schema> {
        self.schema
    }

    /// Gives the fields other names: `schema` has the same number of fields.
    pub(crate) fn rename(&mut self, schema: &'a Schema) {
        self.schema = Some(schema);
    }

    /// Whether only fields that steps look at were decoded, and records are copied.
    pub(crate) fn is_tested(&self) -> bool {
        self.tested
    }

    pub(crate) fn set_tested(&mut self, tested: bool) {
        self.tested = tested;
    }

    /// Whether ops see an [untyped](Value::Untyped) value as text, whatever it looks like.
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

    /// Records that lose something are not refused, even in a strict run: perhaps they are not written.
    pub(crate) fn set_lenient(&mut self) {
        (self.strict, self.lenient) = (false, true);
    }

    /// Whether records that lose something are accepted even in a strict run.
    pub(crate) fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// What comes before the records in their source.
    pub(crate) fn before(&self) -> Before<'a> {
        self.before
    }

    pub(crate) fn set_before(&mut self, before: Before<'a>) {
        self.before = before;
    }

    /// Drops the columns from the one of this number on, of every record. Ops may not follow.
    pub(crate) fn narrow(&mut self, width: usize) {
        self.spans.iter_mut().for_each(|span| span.last = span.first + width as u32);
    }

    /// Where to note which names of fields an op finds, and the number of the op's first name there.
    pub(crate) fn seen(&self) -> Option<(&'a Seen, usize)> {
        self.seen
    }

    pub(crate) fn set_seen(&mut self, seen: Option<(&'a Seen, usize)>) {
        self.seen = seen;
    }

    /// The number of records: those that were decoded, without those that an op [dropped](Self::retain).
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// The longest allowed record.
    pub(crate) fn max_record(&self) -> usize {
        self.max_record
    }

    /// Sets how many records fill it, at most [`RECORDS`].
    pub(crate) fn set_most(&mut self, most: usize) {
        self.most = most.min(RECORDS);
    }

    /// The index of the record that comes after `count` records that were not refused, and is not refused itself.
    pub(crate) fn good(&mut self, count: usize) -> Option<usize> {
        self.sort_rejected();
        let refused = self.rejected.iter().map(|(record, _)| *record);
        let index = refused.fold(count, |index, refused| index + usize::from(refused <= index));
        (index < self.len()).then_some(index)
    }

    /// Whether an op lacked memory for a record.
    pub(crate) fn lacks_memory(&self) -> bool {
        self.rejected.iter().any(|(_, error)| error.lacks_memory())
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Where a record is.
    pub fn span(&self, record: usize) -> Span {
        self.spans[record]
    }

    /// A record's number, from 0, among all that were decoded together, including [dropped](Self::retain) ones: with
    /// this, errors name the right record.
    pub fn number(&self, record: usize) -> usize {
        self.numbers.get(record).map_or(record, |number| *number as usize)
    }

    /// Where some records are.
    #[doc(hidden)]
    pub fn spans(&self, records: std::ops::Range<usize>) -> &[Span] {
        &self.spans[records]
    }

    /// The source bytes of a record, line ending included.
    pub fn source(&self, record: usize) -> &'a [u8] {
        let span = self.spans[record];
        &self.slice[span.start..span.end]
    }

    /// In the last record ended, text follows a closing quote at this offset.
    #[cold]
    pub(crate) fn note_odd_quote(&mut self, offset: usize) {
        self.lose_between(LossyKind::TextAfterQuote, 1);
        self.odd_quote.get_or_insert((self.spans.len() - 1, offset));
    }

    /// The first such place: the number of the record, and the offset.
    pub(crate) fn odd_quote(&self) -> Option<(usize, usize)> {
        self.odd_quote
    }

    /// The bytes of the whole slice.
    #[inline]
    pub(crate) fn slice(&self) -> &'a [u8] {
        self.slice
    }

    /// Bytes of the slice.
    #[doc(hidden)]
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

    /// The record being built, if it is keyed and has all its nodes.
    pub(crate) fn open_tree(&self) -> Tree<'_, 'a> {
        Tree { keys: &self.keys[self.open_keys..], values: &self.values[self.open..] }
    }

    /// All values of the batch; in columns, those of record `r` begin at `r * width`.
    pub fn values_mut(&mut self) -> &mut [Value<'a>] {
        self.lines = Lines::No;
        self.changed = true;
        &mut self.values
    }

    /// Keys and values of a keyed record, to change the values in place.
    ///
    /// Nodes can't be added or removed, and keys can't be changed; [`rebuild`](Self::rebuild) does that.
    pub fn nodes_mut(&mut self, record: usize) -> (&[&'a [u8]], &mut [Value<'a>]) {
        self.lines = Lines::No;
        self.changed = true;
        let span = self.spans[record];
        let range = span.first as usize..span.last as usize;
        let keys = span.keys as usize;
        let keys = if self.schema.is_some() { &[][..] } else { &self.keys[keys..keys + range.len()] };
        (keys, &mut self.values[range])
    }

    /// An empty batch over the same slice and arena, for an op that adds or removes nodes.
    ///
    /// The new batch must have the same records in the same order: refused ones are known by index.
    pub fn rebuild(&self) -> Batch<'a> {
        let mut empty = Batch::new(self.arena, self.slice, self.schema, self.max_record);
        (empty.losses, empty.odd_quote) = (self.losses, self.odd_quote);
        empty.rejected = self.rejected.clone();
        if let Err(error) = empty.take_numbers(self) {
            empty.rejected.insert(0, (0, error));
        }
        (empty.untyped_is_text, empty.strict, empty.seen) = (self.untyped_is_text, self.strict, self.seen);
        (empty.before, empty.grown, empty.tested) = (self.before, self.grown, self.tested);
        empty.lenient = self.lenient;
        empty
    }

    /// The same for keyed records, made of records in columns.
    pub(crate) fn rebuild_keyed(&self) -> Batch<'a> {
        Batch { schema: None, ..self.rebuild() }
    }

    /// Refuses a record from within an op: the run's policy for bad records decides what happens to it.
    pub fn reject(&mut self, record: usize, reason: impl Into<std::borrow::Cow<'static, str>>) {
        let offset = self.spans[record].start;
        self.reject_with(record, RecordError::new(offset, reason).cause(Cause::Op));
    }

    /// Refuses a record with an error that knows its offset and a hint.
    pub fn reject_with(&mut self, record: usize, error: RecordError) {
        self.lines = Lines::No;
        self.rejected.push((record, error));
    }

    /// Takes the refused records, in order, each once.
    #[doc(hidden)]
    pub fn take_rejected(&mut self) -> Vec<(usize, RecordError)> {
        self.sort_rejected();
        std::mem::take(&mut self.rejected)
    }

    /// Puts the refused records in order, each with the first of its errors.
    fn sort_rejected(&mut self) {
        self.rejected.sort_by_key(|(record, _)| *record);
        self.rejected.dedup_by_key(|(record, _)| *record);
    }

    /// What has been lost so far.
    pub fn lossy(&self) -> &Lossy {
        self.losses.all()
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
}

/// The error for a record that exceeds the limit.
pub(crate) fn record_too_large(offset: usize, max: usize) -> RecordError {
    // The message names no length: that would depend on how much was looked at.
    RecordError::with_numbers(offset, "the record is larger than {} byte{s}", [max, 0])
        .hint("Raise ⟨max_record_size⟩ (and ⟨memory_limit⟩ with it).")
        .fault(Fault::Oversized)
}

/// The error for a record with too many fields.
pub(crate) fn too_many_fields(offset: usize, max: usize) -> RecordError {
    RecordError::new(offset, format!("the record has more than {}", counted(max as u64, "field")))
        .cause(Cause::Fields)
        .hint("Raise ⟨max_fields⟩ (and ⟨memory_limit⟩ with it).")
}

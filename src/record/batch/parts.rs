//! Records that are made of others: several of one, or with other nodes.

use std::ops::Range;

use super::{Batch, reserve};
use crate::error::RecordError;
use crate::record::Value;

impl<'a> Batch<'a> {
    /// An empty batch over the same slice and arena, for an op that makes several records of one: each is ended with
    /// [`end_part`](Self::end_part). What this batch has refused is not refused in the new one.
    pub(crate) fn remake(&self) -> Batch<'a> {
        let mut empty = Batch::new(self.arena, self.slice, self.schema, self.max_record);
        (empty.losses, empty.odd_quote, empty.grown) = (self.losses, self.odd_quote, self.grown);
        (empty.untyped_is_text, empty.strict, empty.seen) = (self.untyped_is_text, self.strict, self.seen);
        (empty.before, empty.most, empty.tested) = (self.before, self.most, self.tested);
        empty.lenient = self.lenient;
        empty
    }

    /// Ends the record being built. It is made of record `of` of another batch, and has its place and its number.
    pub(crate) fn end_part(&mut self, other: &Batch<'a>, of: usize) -> Result<(), RecordError> {
        let span = other.spans[of];
        reserve(self.arena, &mut self.numbers, 1, span.start)?;
        self.end_record(span.start, span.end)?;
        self.numbers.push(other.number(of) as u32);
        Ok(())
    }

    /// There are this many more records than were decoded.
    pub(crate) fn grow_by(&mut self, records: usize) {
        self.grown += records;
    }

    /// How many more records ops have made than were decoded, not counting those they dropped.
    pub(crate) fn grown(&self) -> usize {
        self.grown
    }

    /// The first of these records that can be written at once: all that were made of one, or several that were each made
    /// of another one.
    pub(crate) fn parts(&self, records: Range<usize>) -> Range<usize> {
        if self.grown == 0 || records.is_empty() {
            return records;
        }
        let follows = |record: &usize| self.numbers[*record] == self.numbers[*record - 1];
        let Range { start, end } = records;
        let first = (start + 1..end).find(|record| !follows(record)).unwrap_or(end);
        if first > start + 1 {
            return start..first;
        }
        // Up to the first one that has a part after it.
        start..(start + 1..end).find(follows).map_or(end, |part| part - 1)
    }

    /// Whether these records are several that were made of one.
    pub(crate) fn is_parts(&self, records: Range<usize>) -> bool {
        self.grown > 0 && records.len() > 1 && self.numbers[records.start] == self.numbers[records.end - 1]
    }

    /// Records that were made of one are good or bad together: of those with a refused one, only that remains.
    pub(crate) fn settle_parts(&mut self) {
        if self.grown == 0 || self.rejected.is_empty() {
            return;
        }
        self.sort_rejected();
        let numbers = &self.numbers;
        self.rejected.dedup_by_key(|(record, _)| numbers[*record]);
        let bad: Vec<u32> = self.rejected.iter().map(|(record, _)| numbers[*record]).collect();
        let all: Vec<u32> = numbers.iter().copied().collect();
        self.retain(|record| bad.binary_search(&all[record.index()]).is_err());
        self.grown -= all.len() - self.len();
    }

    /// Adds nodes of a keyed record, with their keys.
    pub(crate) fn push_nodes(
        &mut self,
        values: &[Value<'a>],
        keys: &[&'a [u8]],
        offset: usize,
    ) -> Result<(), RecordError> {
        self.reserve(values.len(), offset)?;
        self.keys.extend_from_slice_copy(keys);
        self.values.extend_from_slice_copy(values);
        Ok(())
    }

    /// Whether the root of the record being built has a field with this key.
    pub(crate) fn has_key(&self, key: &[u8]) -> bool {
        let mut node = self.open + 1;
        while node < self.values.len() {
            if self.keys[self.open_keys + node - self.open] == key {
                return true;
            }
            node += 1 + self.values[node].nodes_inside();
        }
        false
    }

    /// Makes the last node of the record being built the first one in its root.
    pub(crate) fn last_node_first(&mut self) {
        self.values[self.open + 1..].rotate_right(1);
        self.keys[self.open_keys + 1..].rotate_right(1);
    }

    /// Gives a node of the record being built another key.
    pub(crate) fn set_key(&mut self, node: usize, key: &'a [u8]) {
        self.keys[self.open_keys + node - self.open] = key;
    }
}

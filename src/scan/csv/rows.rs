//! Records whose fields are known by position.

use std::ops::Range;

/// What there is room for.
#[derive(Clone, Copy)]
pub struct Room {
    pub records: usize,
    /// The bytes that they take in the source.
    pub bytes: usize,
}

/// Records of the usual kind, one after another.
#[derive(Clone, Copy)]
pub struct Rows<'s> {
    /// Where the first one starts.
    pub(super) start: usize,
    /// The positions of the separators of all of them.
    pub(super) separators: &'s [u32],
    /// How many positions a record has: one for each field, and one more where lines end with CRLF.
    pub(super) stride: usize,
    /// For each separator whether the field before it is exactly a number of RFC 8259, which one in quotes is not: 1 or
    /// 0. Empty unless the caller asked.
    pub(super) numbers: &'s [u8],
    /// The positions of second quotes of doubled ones.
    pub doubled: &'s [u32],
}

impl<'s> Rows<'s> {
    /// How many records; at least one.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.separators.len() / self.stride
    }

    /// All of them as one record, if they have no positions but those of their `fields` fields each.
    #[inline(always)]
    pub fn joined(&self, fields: usize) -> Rows<'s> {
        Rows { stride: if self.stride == fields { self.separators.len() } else { self.stride }, ..*self }
    }

    /// Where the last one ends.
    #[inline(always)]
    pub fn end(&self) -> usize {
        self.separators.last().map_or(self.start, |&last| last as usize + 1)
    }

    /// For each record where it starts, and the positions of its separators, of which the last one is its last byte.
    #[inline(always)]
    pub fn separators(&self) -> impl Iterator<Item = (usize, &'s [u32])> {
        let mut start = self.start;
        self.separators.chunks_exact(self.stride).map(move |record| {
            let end = record[record.len() - 1] as usize + 1;
            (std::mem::replace(&mut start, end), record)
        })
    }

    /// Where each record ends, which is where the next one starts.
    #[inline(always)]
    pub fn ends(&self) -> impl ExactSizeIterator<Item = usize> {
        self.separators.chunks_exact(self.stride).map(|record| record[record.len() - 1] as usize + 1)
    }

    /// For each record where the field of this column lies.
    #[inline(always)]
    pub fn fields(&self, column: usize) -> impl Iterator<Item = Range<usize>> {
        self.separators().map(move |(start, record)| {
            let from = if column == 0 { start } else { record[column - 1] as usize + 1 };
            from..record[column] as usize
        })
    }

    /// For each record which of its fields are numbers: 1 or 0 for each of its separators.
    #[inline(always)]
    pub fn numbers(&self) -> impl Iterator<Item = &'s [u8]> {
        self.numbers.chunks_exact(self.stride)
    }
}

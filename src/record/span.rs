//! Where the records of a batch lie.

/// Where a record lies in its slice and in its batch.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Offset of the record's first byte in the slice.
    pub start: usize,
    /// Offset after the record's last byte in the slice, terminator included.
    pub end: usize,
    /// Index of the record's first node.
    pub(super) first: u32,
    /// Index after the record's last node.
    pub(super) last: u32,
    /// Index of the key of the first node.
    pub(super) keys: u32,
    /// It has the keys and the nesting of the record before.
    pub(super) alike: bool,
    /// Its bytes are not what an encoder would write, but for which fields are in quotes.
    pub(super) irregular: bool,
}

impl Span {
    /// Whether every reader of the dialect takes the record's bytes for its values.
    #[inline]
    pub(crate) fn is_regular(&self) -> bool {
        !self.irregular
    }
}

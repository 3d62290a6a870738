//! Where the records of a batch are.

/// Where a record is in its slice and in its batch.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Offset of the record's first byte in the slice.
    pub start: usize,
    /// Offset after the record's last byte in the slice, line ending included.
    pub end: usize,
    /// Index of the record's first node.
    pub(super) first: u32,
    /// Index after the record's last node.
    pub(super) last: u32,
    /// Index of the key of the first node.
    pub(super) keys: u32,
    /// It has the keys and the nesting of the previous record.
    pub(super) alike: bool,
    /// Its bytes differ from what an encoder would write, apart from which fields are quoted.
    pub(super) irregular: bool,
}

impl Span {
    /// Whether every reader of the dialect gets these values from the record's bytes.
    #[inline]
    pub(crate) fn is_regular(&self) -> bool {
        !self.irregular
    }
}

//! How far the output is.

/// How far the output is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Where the next bytes go.
    pub offset: u64,
    /// Nothing has been written after the prefix yet: the first record leaves out its separator.
    pub at_start: bool,
    /// The last byte of the last record.
    pub last: Option<u8>,
}

impl Place {
    /// After a prefix of this many bytes.
    pub fn after(prefix: usize) -> Place {
        Place { offset: prefix as u64, at_start: true, last: None }
    }
}

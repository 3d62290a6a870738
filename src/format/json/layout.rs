//! How records are laid out in a source, and the bytes around them.

/// How the records of a source are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One a line.
    Lines,
    /// In an array.
    Items,
    /// Lists and maps, one after another.
    Maps,
    /// Numbers, strings and literals, separated by white space.
    Scalars,
}

/// A byte order mark.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

/// What RFC 7464 puts before a record.
pub const SEPARATOR: u8 = 0x1e;

pub fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// White space, or what RFC 7464 puts before a record.
pub fn is_between(byte: u8) -> bool {
    is_white(byte) || byte == SEPARATOR
}

/// The offset after a byte order mark; `None`: more of the input is needed.
pub fn behind_mark(head: &[u8], end: bool) -> Option<usize> {
    if head.starts_with(MARK) {
        return Some(MARK.len());
    }
    if !end && MARK.starts_with(head) { None } else { Some(0) }
}

//! Which records can be copied unchanged from a source to a target of the same format.

/// Which records are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copies {
    /// All of them, with their line endings.
    All,
    /// JSON values, each of which becomes a line.
    Values,
    /// Records of fields, if their quotes are regular and they end the way the target's do: with CRLF or LF. Without a
    /// header, the first record must not look like a byte order mark.
    Fields { crlf: bool, header: bool },
}

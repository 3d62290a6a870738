//! Which records go from a source to a target of the same format as they are.

/// Which records are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copies {
    /// All of them, with whatever ends them.
    All,
    /// JSON values, each of which becomes a line.
    Values,
    /// Records of fields, if their quotes are regular and they end as the target's do: with CRLF or LF. Without a header
    /// the first of them must not be taken for a byte order mark.
    Fields { crlf: bool, header: bool },
}

//! What was seen on the way.

/// What was seen in a text besides what is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// A byte was changed.
    pub changed: bool,
    /// There is a byte that is not ASCII.
    pub high: bool,
}

//! What kernels report besides what they write.

/// What a kernel saw in its input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// A byte was changed.
    pub changed: bool,
    /// There is a byte that is not ASCII.
    pub high: bool,
}

//! Counting allocations.

/// Blocks and bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadCounts {
    /// Blocks.
    pub blocks: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Of this thread.
pub fn thread_counts() -> ThreadCounts {
    ThreadCounts::default()
}

/// Counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Blocks.
    pub blocks: u64,
    /// Bytes.
    pub bytes: u64,
    /// Peak.
    pub peak: u64,
}
/// Of the process.
pub fn counts() -> Counts {
    Counts::default()
}

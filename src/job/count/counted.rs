//! What is counted.

use crate::scan::count::Counts;

/// What a source has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counted {
    /// Lines, words, characters and bytes, as GNU `wc` counts them in a UTF-8 locale; zeros where they are not wanted.
    pub text: Counts,
    /// Bytes read; of a compressed source, those that it holds.
    pub bytes_in: u64,
    /// Records of the format that the settings name; none if they are not wanted.
    pub records: Option<u64>,
    /// Bad records, which are not among them.
    pub failed: u64,
    /// How many bytes the bad records have.
    pub bytes_failed: u64,
}

/// What is to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Lines, words, characters and bytes; records too, when the settings name their format.
    Text,
    /// Records alone, of the format that the settings or the extension name.
    Records,
}

//! Where the records of a batch are in their source.

use crate::scan::lines::Lines;

/// What comes before the records of a slice in their source.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before<'a> {
    /// The name of the source.
    pub source: &'a [u8],
    /// The number of the source among those of the job, from 0.
    pub number: u32,
    /// Where in the source the slice begins.
    pub offset: u64,
    /// How many records; only known if records are converted one after another.
    pub records: u64,
    /// The line that the slice begins in, from 1; 0 if it is not known.
    pub line: u64,
    /// What ends a line, if the source has lines.
    pub lines: Option<Lines>,
}

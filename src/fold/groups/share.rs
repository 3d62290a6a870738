//! A share of all values.

/// A share as an exact quotient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub part: u64,
    pub whole: u64,
}

impl Share {
    /// The smallest rank, from 1, that has at least this share of all at or below it.
    pub fn rank(self, count: u64) -> u128 {
        (u128::from(count) * u128::from(self.part)).div_ceil(u128::from(self.whole)).max(1)
    }

    pub const HALF: Share = Share { part: 1, whole: 2 };
}

//! A profile.

use std::time::{Duration, SystemTime};

use super::stacks::Stacks;

/// What was recorded.
#[derive(Debug)]
pub struct Profile {
    pub(super) stacks: Stacks,
    pub(super) started: SystemTime,
    pub(super) took: Duration,
    /// The processor time between two samples.
    pub(super) period_nanos: u64,
    pub(super) lost: u64,
}

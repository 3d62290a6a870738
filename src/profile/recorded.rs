//! A profile.

use std::time::{Duration, SystemTime};

use super::stacks::Stacks;
use crate::wording::counted;

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

impl Profile {
    /// How many samples were lost because nobody collected them in time.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// That in words; none if all are there.
    pub(super) fn says_lost(&self) -> Option<String> {
        let were = if self.lost == 1 { "was" } else { "were" };
        (self.lost > 0).then(|| format!("{} {were} lost", counted(self.lost, "sample")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::names::Names;

    #[test]
    fn a_picture_says_what_is_missing() {
        let drawn = |lost| {
            let (stacks, started) = (Stacks::default(), SystemTime::UNIX_EPOCH);
            let profile = Profile { stacks, started, took: Duration::ZERO, period_nanos: 1, lost };
            let mut svg = Vec::new();
            crate::profile::flame::write(&profile, &Names::of([].into_iter()), &mut svg).unwrap();
            String::from_utf8(svg).unwrap()
        };
        assert!(drawn(3).contains("3 samples were lost"));
        assert!(!drawn(0).contains("lost"));
    }
}

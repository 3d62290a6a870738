//! How near a run is to its ceiling, and what follows from that: pure functions of what was read.
//!
//! A [`Reading`] says how full the fullest of the ceilings is. A [`Gauge`] makes a [`Level`] of it, with hysteresis,
//! and a [`Ladder`] turns levels into [`Response`]s: one more at a time while the level is high, all of them at once
//! when it is critical, one less at a time when it has passed.

use std::fmt;
use std::str::FromStr;

/// The memory of a control group, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupUse {
    /// What is used of it.
    pub used: u64,
    /// The least of its limits.
    pub limit: u64,
}

/// What was read, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// The memory limit of the run.
    pub limit: u64,
    /// What is reserved of it. It can't be more than the limit, so it is shown and not judged.
    pub reserved: u64,
    /// What the heap holds, touched or not; 0 where nothing counts it.
    pub heap: u64,
    /// Resident memory that belongs to no file: heap, stacks, arenas, buffers.
    pub anonymous: u64,
    /// Resident pages of files: mapped sources and the program.
    pub file: u64,
    /// What the process and its neighbours in a control group use that can't be taken from them, and the group's limit;
    /// none: there is no such limit.
    pub group: Option<GroupUse>,
    /// How much of the last ten seconds every task of the group waited for memory, in hundredths of a per cent.
    pub stalled: u32,
}

/// From here on memory counts as scarce: 10 % of the time lost.
const STALLED: u32 = 1000;

impl Reading {
    /// Resident memory, in bytes.
    pub fn resident(&self) -> u64 {
        self.anonymous + self.file
    }

    /// How full the fullest ceiling is, in thousandths.
    pub fn fullness(&self) -> u64 {
        let of = |used: u64, limit: u64| used.saturating_mul(1000) / limit.max(1);
        let own = of(self.resident().max(self.heap), self.limit);
        let group = self.group.map_or(0, |group| of(group.used, group.limit));
        // Others in the group may be the reason, so it is never critical.
        let stalled = if self.stalled >= STALLED { HIGH } else { 0 };
        own.max(group).max(stalled)
    }
}

/// How scarce memory is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// There is enough.
    #[default]
    Normal,
    /// It is time to use less.
    High,
    /// The ceiling is near.
    Critical,
}

impl Level {
    /// The level's name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Normal => "normal",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Level, String> {
        let all = [Level::Normal, Level::High, Level::Critical];
        all.into_iter().find(|level| level.name() == name).ok_or_else(|| format!("there is no level `{name}`"))
    }
}

/// A level begins at the first of these thousandths, and has passed below the second.
const HIGH: u64 = 850;
const HIGH_PASSED: u64 = 750;
const CRITICAL: u64 = 950;
const CRITICAL_PASSED: u64 = 900;

/// How many readings in a row have to say that a level has passed.
const CALM: u32 = 3;

/// Makes levels of readings: up at once and to any level, down one level at a time after some calm readings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauge {
    level: Level,
    calm: u32,
}

impl Gauge {
    /// The level after a reading, in thousandths.
    pub fn next(&mut self, fullness: u64) -> Level {
        let (passed, below) = match self.level {
            Level::Normal => (false, Level::Normal),
            Level::High => (fullness < HIGH_PASSED, Level::Normal),
            Level::Critical => (fullness < CRITICAL_PASSED, Level::High),
        };
        let begun = match fullness {
            CRITICAL.. => Level::Critical,
            HIGH.. => Level::High,
            _ => Level::Normal,
        };
        self.calm = if passed { self.calm + 1 } else { 0 };
        if begun > self.level {
            *self = Gauge { level: begun, calm: 0 };
        } else if self.calm == CALM {
            *self = Gauge { level: below, calm: 0 };
        }
        self.level
    }
}

/// What is done when memory is scarce, from the mildest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Response {
    /// Pages of the source before the last committed slice are released.
    ReleaseBehind,
    /// Idle buffers and arenas give their memory back.
    TrimPool,
    /// Fewer slices are in flight.
    FewerSlices,
    /// Slices are smaller.
    SmallerSlices,
    /// Fewer workers are active.
    FewerWorkers,
    /// One worker, whose output goes to the target in small pieces; the heap gives back what it has free.
    Emergency,
}

impl Response {
    /// All of them, in order.
    pub const ALL: [Response; 6] = [
        Response::ReleaseBehind,
        Response::TrimPool,
        Response::FewerSlices,
        Response::SmallerSlices,
        Response::FewerWorkers,
        Response::Emergency,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Response::ReleaseBehind => "release pages behind",
            Response::TrimPool => "trim the pool",
            Response::FewerSlices => "fewer slices in flight",
            Response::SmallerSlices => "smaller slices",
            Response::FewerWorkers => "fewer workers",
            Response::Emergency => "one worker, small pieces",
        }
    }
}

/// How many responses are in force: always the mildest ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ladder(usize);

impl Ladder {
    /// The responses that are in force after a look at the level.
    pub fn next(&mut self, level: Level) -> Ladder {
        let all = Response::ALL.len();
        self.0 = match level {
            Level::Critical => all,
            Level::High if self.0 == all => all - 1,
            Level::High => (self.0 + 1).min(all - 1),
            Level::Normal => self.0.saturating_sub(1),
        };
        *self
    }

    /// Whether a response is in force.
    pub fn has(self, response: Response) -> bool {
        self.strongest() >= Some(response)
    }

    /// The strongest response in force.
    pub fn strongest(self) -> Option<Response> {
        Some(Response::ALL[self.0.checked_sub(1)?])
    }
}

/// Levels in place of readings, for tests: `high*3,critical,normal`. The last one stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script(Vec<(Level, u32)>);

impl Script {
    /// The next level.
    pub fn level(&mut self) -> Level {
        let Some((level, left)) = self.0.last_mut() else { return Level::Normal };
        let level = *level;
        *left = left.saturating_sub(1);
        if *left == 0 && self.0.len() > 1 {
            self.0.pop();
        }
        level
    }
}

impl FromStr for Script {
    type Err = String;

    fn from_str(text: &str) -> Result<Script, String> {
        let part = |part: &str| {
            let (level, times) = part.split_once('*').unwrap_or((part, "1"));
            Ok((
                level.trim().parse()?,
                times.trim().parse().map_err(|_| format!("`{times}` is not a number of times"))?,
            ))
        };
        let mut levels = text.split(',').map(part).collect::<Result<Vec<_>, String>>()?;
        levels.reverse();
        Ok(Script(levels))
    }
}

#[cfg(test)]
mod tests {
    use super::Level::{Critical, High, Normal};
    use super::*;

    fn levels(readings: &[u64]) -> Vec<Level> {
        let mut gauge = Gauge::default();
        readings.iter().map(|fullness| gauge.next(*fullness)).collect()
    }

    #[test]
    fn up_at_once_down_after_some_calm() {
        assert_eq!(levels(&[0, 849, 850, 849, 850]), [Normal, Normal, High, High, High]);
        assert_eq!(levels(&[950]), [Critical]);
        assert_eq!(levels(&[900, 951, 949, 900]), [High, Critical, Critical, Critical]);
        // Three in a row below the mark where the level passes, and one level at a time.
        assert_eq!(levels(&[850, 749, 749, 749, 749]), [High, High, High, Normal, Normal]);
        assert_eq!(levels(&[850, 749, 749, 750, 749, 749, 749]), [High, High, High, High, High, High, Normal]);
        let from_the_top = levels(&[1000, 0, 0, 0, 0, 0, 0]);
        assert_eq!(from_the_top, [Critical, Critical, Critical, High, High, High, Normal]);
        // Between the marks nothing changes, in whatever direction it goes.
        assert!(levels(&[[850; 1], [760; 1]].concat().repeat(50)).iter().all(|level| *level == High));
        assert!(levels(&[740, 849].repeat(50)).iter().all(|level| *level == Normal));
    }

    #[test]
    fn the_fullest_ceiling_counts() {
        let calm = Reading { limit: 100_000, anonymous: 10_000, file: 5_000, reserved: 100_000, ..Reading::default() };
        assert_eq!(calm.fullness(), 150);
        assert_eq!(Reading { file: 85_000, ..calm }.fullness(), 950);
        assert_eq!(Reading { heap: 90_000, ..calm }.fullness(), 900);
        assert_eq!(Reading { group: Some(GroupUse { used: 96, limit: 100 }), ..calm }.fullness(), 960);
        assert_eq!(Reading { group: Some(GroupUse { used: 0, limit: 0 }), ..calm }.fullness(), 150);
        // Stalls may be the fault of others.
        assert_eq!(Reading { stalled: 999, ..calm }.fullness(), 150);
        assert_eq!(Reading { stalled: 10_000, ..calm }.fullness(), HIGH);
        assert!(Reading { anonymous: u64::MAX / 2, ..calm }.fullness() > 1000);
    }

    #[test]
    fn responses_come_one_by_one_and_go_in_the_opposite_order() {
        let mut ladder = Ladder::default();
        let strongest = |ladder: &mut Ladder, level| ladder.next(level).strongest();
        assert_eq!(strongest(&mut ladder, Normal), None);
        for response in &Response::ALL[..5] {
            assert_eq!(strongest(&mut ladder, High), Some(*response));
        }
        assert_eq!(strongest(&mut ladder, High), Some(Response::FewerWorkers), "high is not an emergency");
        assert_eq!(strongest(&mut ladder, Critical), Some(Response::Emergency));
        assert!(Response::ALL.iter().all(|response| ladder.has(*response)));
        assert_eq!(strongest(&mut ladder, High), Some(Response::FewerWorkers));
        for response in Response::ALL[..4].iter().rev() {
            assert_eq!(strongest(&mut ladder, Normal), Some(*response));
            assert!(!ladder.has(Response::FewerWorkers));
        }
        assert_eq!(strongest(&mut ladder, Normal), None);
        assert_eq!(strongest(&mut ladder, Critical), Some(Response::Emergency), "from nothing to everything");
    }

    #[test]
    fn scripts_for_tests() {
        let mut script: Script = "high*2, critical,normal".parse().unwrap();
        let next: Vec<Level> = (0..5).map(|_| script.level()).collect();
        assert_eq!(next, [High, High, Critical, Normal, Normal]);
        assert!("hig".parse::<Script>().is_err() && "high*x".parse::<Script>().is_err());
    }
}

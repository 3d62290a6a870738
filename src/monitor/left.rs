//! Rates over the last seconds and minutes, and the time that is left by them.

use std::collections::VecDeque;
use std::time::Duration;

use super::sample::{Left, Rates};

/// What was counted at one moment, in seconds from the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mark {
    pub t: f64,
    pub read: u64,
    pub written: u64,
    pub records: u64,
}

/// The rates that are shown as those of now are of this many seconds.
const NOW: f64 = 2.0;
/// The time left is estimated by the rate of this many seconds.
const LONG: f64 = 120.0;
/// Its range by rates over this many.
const SHORT: f64 = 10.0;
/// Nothing is estimated before.
const FIRST: f64 = 5.0;
/// Marks twice a second, and one before them.
const MARKS: usize = 241;

/// The marks of the last two minutes.
pub(super) struct Marks(VecDeque<Mark>);

fn rates(from: Mark, to: Mark) -> Rates {
    let seconds = to.t - from.t;
    let per_second = |from: u64, to: u64| {
        if seconds > 0.0 { to.saturating_sub(from) as f64 / seconds } else { 0.0 }
    };
    Rates {
        read: per_second(from.read, to.read),
        written: per_second(from.written, to.written),
        records: per_second(from.records, to.records),
    }
}

impl Marks {
    /// None yet.
    pub fn new() -> Marks {
        Marks(VecDeque::with_capacity(MARKS))
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds one that comes after all others.
    pub fn add(&mut self, mark: Mark) {
        if self.0.len() == MARKS {
            self.0.pop_front();
        }
        self.0.push_back(mark);
    }

    /// The last one that is at least this long before `t`, or else the first one.
    fn before(&self, t: f64, seconds: f64) -> Option<Mark> {
        // Clocks of threads are not exact.
        let early = self.0.iter().rev().find(|mark| t - mark.t >= seconds - 0.05);
        early.or(self.0.front()).copied()
    }

    /// The rates of the last two seconds.
    pub fn now(&self) -> Rates {
        let Some(last) = self.0.back() else { return Rates::default() };
        self.before(last.t, NOW).map_or(Rates::default(), |from| rates(from, *last))
    }

    /// When the last of these marks differed from the one before it, or the time of the first.
    pub fn moved(&self) -> Option<f64> {
        let last = self.0.back()?;
        let same = |mark: &&Mark| (mark.read, mark.written, mark.records) == (last.read, last.written, last.records);
        self.0.iter().rev().take_while(same).last().map(|mark| mark.t)
    }

    /// How long `remaining` bytes take to read.
    pub fn left(&self, remaining: u64) -> Option<Left> {
        let (first, last) = (self.0.front()?, self.0.back()?);
        if last.t < FIRST || remaining == 0 {
            return None;
        }
        let takes = |rate: f64| Duration::try_from_secs_f64(remaining as f64 / rate).ok();
        let mid = takes(rates(self.before(last.t, LONG)?, *last).read)?;
        let parts = ((last.t - first.t + 0.05) / SHORT) as usize;
        let edge = |part: usize| self.before(last.t, SHORT * part as f64);
        let mut short: Vec<f64> =
            (0..parts).filter_map(|part| Some(rates(edge(part + 1)?, edge(part)?).read)).collect();
        short.sort_by(f64::total_cmp);
        // The nearest rank.
        let rank = |percent: usize| short[(short.len() * percent).div_ceil(100).max(1) - 1];
        let range = if parts < 3 { None } else { takes(rank(90)).zip(takes(rank(10))).map(|(low, high)| [low, high]) };
        Some(Left { mid, range })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that reads at these rates, each for ten seconds.
    fn run(rates: &[u64]) -> Marks {
        let mut marks = Marks::new();
        let mut read = 0;
        marks.add(Mark::default());
        for (index, rate) in rates.iter().enumerate() {
            for half in 1..=20 {
                read += rate / 2;
                marks.add(Mark { t: index as f64 * 10.0 + f64::from(half) / 2.0, read, written: read * 2, records: 0 });
            }
        }
        marks
    }

    #[test]
    fn rates_of_now() {
        assert_eq!(Marks::new().now(), Rates::default());
        assert_eq!(run(&[100, 500]).now(), Rates { read: 500.0, written: 1000.0, records: 0.0 });
    }

    #[test]
    fn time_left() {
        let seconds = Duration::from_secs;
        assert_eq!(run(&[]).left(1000), None);
        // 100 a second: no range before three rates are there.
        assert_eq!(run(&[100, 100]).left(1000), Some(Left { mid: seconds(10), range: None }));
        // The mean of ten is 200; the 10th percentile of ten rates is the smallest, the 90th the ninth.
        let ten = run(&[100, 200, 200, 200, 200, 200, 200, 200, 250, 250]);
        assert_eq!(ten.left(1000), Some(Left { mid: seconds(5), range: Some([seconds(4), seconds(10)]) }));
        // Only the last two minutes count.
        let long = run(&[900, 900, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100]);
        assert_eq!(long.left(1000), Some(Left { mid: seconds(10), range: Some([seconds(10), seconds(10)]) }));
        // Nothing is read any more.
        let stalled = run(&[0; 12]);
        assert_eq!((stalled.left(1000), stalled.moved()), (None, Some(0.0)));
        assert_eq!(run(&[100, 0]).moved(), Some(10.0));
        assert_eq!(run(&[100]).left(0), None);
    }

    #[test]
    fn nothing_in_the_first_five_seconds() {
        let mut marks = Marks::new();
        marks.add(Mark::default());
        marks.add(Mark { t: 4.5, read: 450, ..Mark::default() });
        assert_eq!(marks.left(100), None);
        marks.add(Mark { t: 5.0, read: 500, ..Mark::default() });
        assert_eq!(marks.left(100), Some(Left { mid: Duration::from_secs(1), range: None }));
    }
}

//! A histogram of fixed size.
//!
//! It works like HdrHistogram, but without floating-point logarithms: the crate of that name makes the system load the
//! mathematics library at every start of the command, which takes a tenth of the time of a small file.

use super::Latency;
use super::cell::Cell;

/// The longest latency that is distinguished from longer ones, in microseconds: 1.2 hours.
const LONGEST: u64 = u32::MAX as u64;
/// Values with at most this many bits are counted exactly; of larger ones, this many leading bits.
const BITS: u32 = 8;
const EXACT: usize = 1 << BITS;
/// How many buckets each further bit of a value adds.
const HALF: usize = EXACT / 2;
const BUCKETS: usize = EXACT + (32 - BITS as usize) * HALF;

/// Collects latencies in a histogram of fixed size: nothing is allocated after it is made.
///
/// Mean and maximum are exact; quantiles are at most 1 % too high.
#[derive(Clone, Debug)]
pub struct LatencyRecorder {
    /// There are `BUCKETS`. The memory of buckets that stay empty is never touched.
    buckets: Box<[u64]>,
    count: u64,
    sum: u128,
    max: u64,
}

/// The same histogram while one writer at a time fills it and others read it. The default has no buckets.
#[derive(Debug, Default)]
pub(super) struct LatencyCells {
    buckets: Box<[Cell]>,
    sum: Cell,
    max: Cell,
}

impl LatencyCells {
    /// An empty one.
    #[doc(hidden)]
    pub fn new() -> LatencyCells {
        LatencyCells { buckets: (0..BUCKETS).map(|_| Cell::default()).collect(), ..LatencyCells::default() }
    }

    /// Adds `count` records that took this long, in microseconds.
    #[doc(hidden)]
    pub fn record(&self, micros: u64, count: u64) {
        if count > 0 {
            self.max.set(self.max.get().max(micros));
            self.sum.set(self.sum.get().saturating_add(micros.saturating_mul(count)));
            self.buckets[bucket(micros)].add(count);
        }
    }

    /// Adds what was collected so far to another histogram.
    pub fn add_to(&self, recorder: &mut LatencyRecorder) {
        let max = self.max.get();
        let before = recorder.count;
        for (to, cell) in recorder.buckets.iter_mut().zip(&self.buckets).take(bucket(max) + 1) {
            let more = cell.get();
            *to += more;
            recorder.count += more;
        }
        if recorder.count > before {
            recorder.sum += u128::from(self.sum.get());
            recorder.max = recorder.max.max(max);
        }
    }
}

/// Where a value is counted.
fn bucket(value: u64) -> usize {
    let value = value.min(LONGEST);
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(BITS);
    match shift {
        0 => value as usize,
        _ => EXACT + (shift as usize - 1) * HALF + (value >> shift) as usize - HALF,
    }
}

/// The largest value that is counted there.
fn largest(bucket: usize) -> u64 {
    match bucket.checked_sub(EXACT) {
        None => bucket as u64,
        Some(above) => {
            let (shift, place) = (above / HALF + 1, above % HALF);
            ((HALF + place + 1) as u64) << shift
        }
        .saturating_sub(1),
    }
}

impl LatencyRecorder {
    /// An empty one.
    pub fn new() -> LatencyRecorder {
        LatencyRecorder { buckets: vec![0; BUCKETS].into(), count: 0, sum: 0, max: 0 }
    }

    /// Adds `count` records that took this long, in microseconds.
    pub fn record(&mut self, micros: u64, count: u64) {
        if count == 0 {
            return;
        }
        self.buckets[bucket(micros)] += count;
        self.count += count;
        self.sum += u128::from(micros) * u128::from(count);
        self.max = self.max.max(micros);
    }

    /// Adds what another histogram collected.
    #[doc(hidden)]
    pub fn merge(&mut self, other: &LatencyRecorder) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets[..=bucket(other.max)]) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// The value that `percent` of all values do not exceed.
    fn quantile(&self, percent: u64) -> u64 {
        let wanted = (u128::from(self.count) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().position(|count| {
            seen += u128::from(*count);
            seen >= wanted
        });
        found.map_or(self.max, |bucket| largest(bucket).min(self.max))
    }

    /// How many were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all that were added, in microseconds.
    pub(crate) fn sum(&self) -> u128 {
        self.sum
    }

    /// The buckets in which anything was counted: the largest value that belongs there, in microseconds, and the count.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let used = &self.buckets[..=bucket(self.max)];
        used.iter().enumerate().filter(|(_, count)| **count > 0).map(|(index, count)| (largest(index), *count))
    }

    /// A summary of the latencies; all zero if nothing was added.
    pub fn summary(&self) -> Latency {
        if self.count == 0 {
            return Latency::default();
        }
        Latency {
            mean: self.sum as f64 / self.count as f64,
            p50: self.quantile(50),
            p99: self.quantile(99),
            max: self.max,
        }
    }
}

impl Default for LatencyRecorder {
    fn default() -> LatencyRecorder {
        LatencyRecorder::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(value: u64, expected: u64) -> bool {
        value >= expected && value as f64 <= expected as f64 * 1.01
    }

    #[test]
    fn nothing_is_zero() {
        assert_eq!(LatencyRecorder::new().summary(), Latency::default());
    }

    #[test]
    fn quantiles_are_one_percent_high_at_most() {
        let mut recorder = LatencyRecorder::new();
        for micros in 1..=10_000 {
            recorder.record(micros, 1);
        }
        let summary = recorder.summary();
        assert_eq!((summary.mean, summary.max), (5_000.5, 10_000));
        assert!(within(summary.p50, 5_000), "{}", summary.p50);
        assert!(within(summary.p99, 9_900), "{}", summary.p99);
    }

    #[test]
    fn buckets_follow_each_other_and_are_one_percent_wide() {
        assert_eq!((bucket(0), bucket(LONGEST), bucket(u64::MAX)), (0, BUCKETS - 1, BUCKETS - 1));
        for index in 0..BUCKETS - 1 {
            let last = largest(index);
            assert_eq!((bucket(last), bucket(last + 1)), (index, index + 1), "{index}");
            assert!(within(largest(index + 1), last + 1), "{index}");
        }
        assert_eq!(largest(BUCKETS - 1), LONGEST);
    }

    #[test]
    fn counts_weigh() {
        let mut recorder = LatencyRecorder::new();
        recorder.record(10, 990);
        recorder.record(5_000, 10);
        recorder.record(1, 0);
        let summary = recorder.summary();
        assert_eq!((summary.p50, summary.p99, summary.max, recorder.count()), (10, 10, 5_000, 1_000));
        assert_eq!(summary.mean, 59.9);
    }

    #[test]
    fn buckets_can_be_seen() {
        let mut recorder = LatencyRecorder::new();
        assert_eq!(recorder.buckets().count(), 0);
        recorder.record(3, 2);
        recorder.record(256, 5);
        // Above 255 two values share a bucket.
        assert_eq!((recorder.buckets().collect::<Vec<_>>(), recorder.sum()), (vec![(3, 2), (257, 5)], 1286));
    }

    #[test]
    fn extremes_are_kept() {
        let mut recorder = LatencyRecorder::new();
        recorder.record(0, 1);
        recorder.record(u64::MAX, 1);
        assert_eq!(recorder.summary().max, u64::MAX);
    }

    #[test]
    fn merging_is_recording_both() {
        let (mut left, mut right, mut both) = (LatencyRecorder::new(), LatencyRecorder::new(), LatencyRecorder::new());
        for micros in (0..5_000).step_by(7) {
            left.record(micros, 2);
            right.record(micros * 31, 1);
            both.record(micros, 2);
            both.record(micros * 31, 1);
        }
        left.merge(&right);
        assert_eq!(left.summary(), both.summary());
    }

    #[test]
    fn cells_collect_the_same() {
        let (cells, mut plain, mut read) = (LatencyCells::new(), LatencyRecorder::new(), LatencyRecorder::new());
        cells.add_to(&mut read);
        assert_eq!(read.summary(), Latency::default());
        for micros in (0..90_000).step_by(31) {
            cells.record(micros, 3);
            plain.record(micros, 3);
        }
        cells.record(7, 0);
        cells.add_to(&mut read);
        assert_eq!((read.summary(), read.count()), (plain.summary(), plain.count()));
    }
}

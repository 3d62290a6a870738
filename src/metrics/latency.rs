//! A histogram of fixed size.

use hdrhistogram::Histogram;

use super::Latency;

/// The longest latency that is told apart from longer ones, in microseconds: one hour.
const LONGEST: u64 = 3_600_000_000;

/// Two significant digits: a quantile is at most 1 % off, in about 27 KB. Three would take eight times that.
const DIGITS: u8 = 2;

/// Collects latencies in a histogram of fixed size: nothing is allocated after it was made.
///
/// Mean and maximum are exact; quantiles are at most 1 % too high.
#[derive(Clone, Debug)]
pub struct LatencyRecorder {
    histogram: Histogram<u64>,
    count: u64,
    sum: u128,
    max: u64,
}

impl LatencyRecorder {
    /// An empty one.
    pub fn new() -> LatencyRecorder {
        let histogram = Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("the constant bounds are valid");
        LatencyRecorder { histogram, count: 0, sum: 0, max: 0 }
    }

    /// Adds `count` records that took so long, in microseconds.
    pub fn record(&mut self, micros: u64, count: u64) {
        if count == 0 {
            return;
        }
        // Values beyond the bounds count as the bound, so the histogram never has to grow.
        self.histogram.saturating_record_n(micros, count);
        self.count += count;
        self.sum += u128::from(micros) * u128::from(count);
        self.max = self.max.max(micros);
    }

    /// Adds what another one collected.
    pub fn merge(&mut self, other: &LatencyRecorder) {
        // Both have the same bounds: adding can neither fail nor grow.
        let _ = self.histogram.add(&other.histogram);
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// How many were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The latencies in short; all zero when nothing was added.
    pub fn summary(&self) -> Latency {
        if self.count == 0 {
            return Latency::default();
        }
        Latency {
            mean: self.sum as f64 / self.count as f64,
            p50: self.histogram.value_at_quantile(0.5).min(self.max),
            p99: self.histogram.value_at_quantile(0.99).min(self.max),
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
}

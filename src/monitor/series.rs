//! A whole run in a bounded number of points.

use std::time::Duration;

use super::sample::Sample;
use crate::metrics::LatencyRecorder;

/// How many points there are at most.
const POINTS: usize = 600;
/// How far apart they are at first, in seconds.
const STEP: f64 = 0.5;
/// How many buckets a point has for latencies: two for each power of two, from 16 µs to 4.5 min.
const BUCKETS: usize = 48;

/// What a run did, in at most 600 points: half a second apart at first; when there is no more room, two become one and
/// the step doubles. It is allocated at the start, about 250 kB.
///
/// A point keeps the mean of its values weighted by time, the least and the most, and how many records had which latency
/// (percentiles can't be averaged). Merging keeps all of them true.
#[derive(Clone, Debug)]
pub struct Series {
    step: f64,
    /// The time that each complete point stands for, in seconds. The last one is not complete.
    weights: Vec<f64>,
    columns: Vec<Column>,
    /// Counts for each point and bucket.
    latency: Vec<u32>,
    counted: [u64; BUCKETS],
    last: Option<Duration>,
}

/// One value over time.
#[derive(Clone, Debug)]
pub struct Column {
    /// What it is, as in `/api/snapshot`.
    pub name: &'static str,
    /// Values times their weights.
    sums: Vec<f64>,
    least: Vec<f32>,
    most: Vec<f32>,
}

const NAMES: [&str; 13] = [
    "read",
    "written",
    "records",
    "code_stacks",
    "heap_other",
    "buffers",
    "arenas",
    "codec",
    "mapped",
    "converting",
    "waiting_input",
    "waiting_target",
    "held_back",
];

impl Column {
    fn new(name: &'static str) -> Column {
        let room = Vec::with_capacity;
        Column { name, sums: room(POINTS), least: Vec::with_capacity(POINTS), most: Vec::with_capacity(POINTS) }
    }

    fn begin(&mut self) {
        self.sums.push(0.0);
        self.least.push(f32::INFINITY);
        self.most.push(f32::NEG_INFINITY);
    }

    fn add(&mut self, value: f64, weight: f64) {
        if let (Some(sum), Some(least), Some(most)) =
            (self.sums.last_mut(), self.least.last_mut(), self.most.last_mut())
        {
            *sum += value * weight;
            *least = least.min(value as f32);
            *most = most.max(value as f32);
        }
    }

    fn halve(&mut self) {
        merge(&mut self.sums, |a, b| a + b);
        merge(&mut self.least, f32::min);
        merge(&mut self.most, f32::max);
    }

    /// The least value in each point.
    pub fn least(&self) -> &[f32] {
        &self.least
    }

    /// The most in each point.
    pub fn most(&self) -> &[f32] {
        &self.most
    }
}

/// Makes one of each two that follow each other; one that is left over stays.
fn merge<T: Copy>(values: &mut Vec<T>, both: impl Fn(T, T) -> T) {
    let half = values.len().div_ceil(2);
    for index in 0..half {
        values[index] = match values.get(2 * index + 1) {
            Some(other) => both(values[2 * index], *other),
            None => values[2 * index],
        };
    }
    values.truncate(half);
}

/// Where a latency is counted: two buckets for each power of two, from 16 µs on.
fn bucket(micros: u64) -> usize {
    let value = micros.max(16);
    let power = value.ilog2() as usize;
    let upper = usize::from(value >> (power - 1) & 1 == 1);
    ((power - 4) * 2 + upper).min(BUCKETS - 1)
}

/// The largest latency that is counted there, in microseconds.
fn largest(bucket: usize) -> u64 {
    let power = bucket as u64 / 2 + 4;
    if bucket.is_multiple_of(2) { (3 << (power - 1)) - 1 } else { (2 << power) - 1 }
}

impl Default for Series {
    fn default() -> Series {
        Series::new()
    }
}

impl Series {
    /// No point yet.
    pub fn new() -> Series {
        Series {
            step: STEP,
            weights: Vec::with_capacity(POINTS),
            columns: NAMES.map(Column::new).into(),
            latency: Vec::with_capacity(POINTS * BUCKETS),
            counted: [0; BUCKETS],
            last: None,
        }
    }

    /// The time between two points, in seconds.
    pub fn step(&self) -> f64 {
        self.step
    }

    /// How many points there are; the last one may not be complete.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// How many points are complete.
    pub fn complete(&self) -> usize {
        let is_open = self.weights.last().is_some_and(|weight| !self.is_enough(*weight));
        self.len() - usize::from(is_open)
    }

    /// Whether a point of this weight is complete: it stands for a step, give or take a part of a sample.
    fn is_enough(&self, weight: f64) -> bool {
        weight >= self.step - STEP / 2.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// All values over time.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The means of a column, point by point.
    pub fn means<'s>(&'s self, column: &'s Column) -> impl Iterator<Item = f64> + 's {
        column.sums.iter().zip(&self.weights).map(|(sum, weight)| if *weight > 0.0 { sum / weight } else { 0.0 })
    }

    /// The latency in microseconds that this share of the records of a point did not exceed, at most by half too high;
    /// none: it has no records.
    pub fn latency(&self, point: usize, percent: u64) -> Option<u64> {
        let counts = self.latency.get(point * BUCKETS..(point + 1) * BUCKETS)?;
        let all: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let wanted = (u128::from(all) * u128::from(percent)).div_ceil(100).max(1) as u64;
        let mut seen = 0;
        let found = counts.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted
        });
        found.map(largest)
    }

    /// Adds a sample that comes after all others, and the latencies until then.
    pub fn add(&mut self, sample: &Sample, latency: Option<&LatencyRecorder>) {
        let workers = &sample.workers;
        let mut values = [0.0; NAMES.len()];
        values[..3].copy_from_slice(&[sample.rate.read, sample.rate.written, sample.rate.records]);
        for (value, (_, bytes)) in values[3..9].iter_mut().zip(sample.memory.kinds()) {
            *value = bytes as f64;
        }
        let does = [workers.converting, workers.waiting_input, workers.waiting_target, workers.held_back];
        values[9..].iter_mut().zip(does).for_each(|(value, workers)| *value = workers as f64);
        let mut counts = [0; BUCKETS];
        for (micros, count) in latency.into_iter().flat_map(LatencyRecorder::buckets) {
            counts[bucket(micros)] += count;
        }
        let mut added = [0u32; BUCKETS];
        for ((added, now), before) in added.iter_mut().zip(counts).zip(self.counted) {
            *added = u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX);
        }
        self.counted = counts;
        self.add_values(sample.t, values, &added);
    }

    fn add_values(&mut self, t: Duration, values: [f64; NAMES.len()], latencies: &[u32; BUCKETS]) {
        let weight = self.last.map_or(STEP, |last| t.saturating_sub(last).as_secs_f64());
        self.last = Some(t);
        let complete = self.weights.last().is_none_or(|weight| self.is_enough(*weight));
        if complete {
            if self.weights.len() == POINTS {
                self.halve();
            }
            self.begin();
        }
        if let Some(sum) = self.weights.last_mut() {
            *sum += weight;
        }
        self.columns.iter_mut().zip(values).for_each(|(column, value)| column.add(value, weight));
        let at = self.latency.len() - BUCKETS;
        let point = &mut self.latency[at..];
        point.iter_mut().zip(latencies).for_each(|(sum, more)| *sum = sum.saturating_add(*more));
    }

    fn begin(&mut self) {
        self.weights.push(0.0);
        self.columns.iter_mut().for_each(Column::begin);
        self.latency.extend([0; BUCKETS]);
    }

    fn halve(&mut self) {
        merge(&mut self.weights, |a, b| a + b);
        self.columns.iter_mut().for_each(Column::halve);
        let half = self.weights.len();
        for point in 0..half {
            for bucket in 0..BUCKETS {
                let other = self.latency.get((2 * point + 1) * BUCKETS + bucket).copied().unwrap_or(0);
                let sum = self.latency[2 * point * BUCKETS + bucket].saturating_add(other);
                self.latency[point * BUCKETS + bucket] = sum;
            }
        }
        self.latency.truncate(half * BUCKETS);
        self.step *= 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(value: f64) -> [f64; NAMES.len()] {
        let mut values = [0.0; NAMES.len()];
        values[0] = value;
        values
    }

    fn half_seconds(count: usize) -> Duration {
        Duration::from_millis(count as u64 * 500)
    }

    #[test]
    fn buckets_of_latencies() {
        assert_eq!([0, 16, 23, 24, 31, 32, 47, 48, 64].map(bucket), [0, 0, 0, 1, 1, 2, 2, 3, 4]);
        assert_eq!([0, 1, 2, 3].map(largest), [23, 31, 47, 63]);
        for index in 0..BUCKETS - 1 {
            assert_eq!((bucket(largest(index)), bucket(largest(index) + 1)), (index, index + 1), "{index}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn the_step_doubles_when_there_is_no_more_room() {
        let mut series = Series::new();
        for count in 1..=600 {
            series.add_values(half_seconds(count), of(count as f64), &[0; BUCKETS]);
        }
        assert_eq!((series.len(), series.step()), (600, 0.5));
        series.add_values(half_seconds(601), of(1e9), &[0; BUCKETS]);
        assert_eq!((series.len(), series.complete(), series.step()), (301, 300, 1.0));
        let read = &series.columns()[0];
        assert_eq!(series.means(read).take(2).collect::<Vec<_>>(), [1.5, 3.5]);
        assert_eq!((read.least()[299], read.most()[299], read.most()[300]), (599.0, 600.0, 1e9));
        // The next one belongs to the point that is not complete.
        series.add_values(half_seconds(602), of(0.0), &[0; BUCKETS]);
        assert_eq!((series.len(), series.columns()[0].least()[300]), (301, 0.0));
        // Five minutes, ten, twenty: 0.5 s, 1 s, 2 s.
        (603..=2400).for_each(|count| series.add_values(half_seconds(count), of(1.0), &[0; BUCKETS]));
        assert_eq!((series.len(), series.step()), (600, 2.0));
    }

    #[test]
    fn percentiles_are_of_counts() {
        let mut series = Series::new();
        assert_eq!((series.latency(0, 50), series.is_empty()), (None, true));
        let mut recorder = LatencyRecorder::new();
        recorder.record(20, 98);
        recorder.record(1000, 2);
        series.add(&Sample { t: half_seconds(1), ..Sample::default() }, Some(&recorder));
        series.add(&Sample { t: half_seconds(2), ..Sample::default() }, Some(&recorder));
        // 1000 is in the bucket from 768 to 1023.
        assert_eq!((series.latency(0, 50), series.latency(0, 99), series.latency(1, 50)), (Some(23), Some(1023), None));
    }

    #[test]
    fn it_is_allocated_at_the_start_and_small() {
        let mut series = Series::new();
        let room = |series: &Series| {
            let columns =
                series.columns.iter().map(|c| c.sums.capacity() * 8 + (c.least.capacity() + c.most.capacity()) * 4);
            columns.sum::<usize>() + series.weights.capacity() * 8 + series.latency.capacity() * 4
        };
        let before = room(&series);
        assert!(before <= 250_000, "{before}");
        (1..=5_000).for_each(|count| series.add_values(half_seconds(count), of(1.0), &[1; BUCKETS]));
        assert_eq!(room(&series), before);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_by_merging(values in prop::collection::vec((0u32..1_000_000, 0u32..100), 1..3_000)) {
            let mut series = Series::new();
            for (index, (value, count)) in values.iter().enumerate() {
                let mut latencies = [0; BUCKETS];
                latencies[*value as usize % BUCKETS] = *count;
                series.add_values(half_seconds(index + 1), of(f64::from(*value)), &latencies);
            }
            let read = &series.columns()[0];
            // Halves of whole numbers below 2^53 are exact.
            let sum: f64 = values.iter().map(|(value, _)| f64::from(*value) * 0.5).sum();
            prop_assert_eq!(read.sums.iter().sum::<f64>(), sum);
            prop_assert_eq!(series.weights.iter().sum::<f64>(), values.len() as f64 * 0.5);
            let all = values.iter().map(|(value, _)| *value as f32);
            prop_assert_eq!(read.least().iter().copied().reduce(f32::min), all.clone().reduce(f32::min));
            prop_assert_eq!(read.most().iter().copied().reduce(f32::max), all.reduce(f32::max));
            for bucket in 0..BUCKETS {
                let kept: u64 = series.latency.iter().skip(bucket).step_by(BUCKETS).map(|count| u64::from(*count)).sum();
                let added = values.iter().filter(|(value, _)| *value as usize % BUCKETS == bucket);
                prop_assert_eq!(kept, added.map(|(_, count)| u64::from(*count)).sum::<u64>());
            }
            prop_assert!(series.len() <= POINTS && !series.is_empty());
            for (least, most) in read.least().iter().zip(read.most()) {
                prop_assert!(least <= most);
            }
        }
    }
}

//! Latency of the last ten seconds.

use std::collections::VecDeque;

use crate::metrics::{Latency, LatencyRecorder};

/// Values below are told apart; larger ones by this many parts between two powers of two.
const PARTS: usize = 16;
const BUCKETS: usize = PARTS + 28 * PARTS;

/// The counts of a histogram at several moments, so that what came between two of them is known. Percentiles are at most
/// 7 % too high.
pub(super) struct Recent {
    /// How many steps are kept.
    steps: usize,
    /// What was counted until now.
    all: Box<[u64]>,
    sum: u128,
    /// What each step added.
    added: VecDeque<Step>,
}

struct Step {
    counts: Box<[u32]>,
    sum: u128,
}

fn bucket(micros: u64) -> usize {
    let micros = micros.min(u64::from(u32::MAX));
    let shift = (u64::BITS - micros.leading_zeros()).saturating_sub(5) as usize;
    if micros < PARTS as u64 { micros as usize } else { PARTS * (shift + 1) + (micros >> shift) as usize - PARTS }
}

/// The largest value that is counted there.
fn largest(bucket: usize) -> u64 {
    match bucket.checked_sub(PARTS) {
        None => bucket as u64,
        Some(above) => (((PARTS + above % PARTS + 1) as u64) << (above / PARTS)) - 1,
    }
}

impl Recent {
    /// Room for the last steps.
    pub fn new(steps: usize) -> Recent {
        Recent { steps, all: vec![0; BUCKETS].into(), sum: 0, added: VecDeque::with_capacity(steps) }
    }

    /// Nothing was counted.
    pub fn forget(&mut self) {
        self.all.fill(0);
        self.sum = 0;
        self.added.clear();
    }

    /// Another step is over, and this is what was counted until now.
    pub fn add(&mut self, recorder: &LatencyRecorder) {
        let mut step = match self.added.len() < self.steps {
            true => Step { counts: vec![0; BUCKETS].into(), sum: 0 },
            false => self.added.pop_front().unwrap_or(Step { counts: vec![0; BUCKETS].into(), sum: 0 }),
        };
        let mut now = [0; BUCKETS];
        recorder.buckets().for_each(|(micros, count)| now[bucket(micros)] += count);
        for ((to, now), all) in step.counts.iter_mut().zip(now).zip(&mut self.all) {
            *to = u32::try_from(now.saturating_sub(*all)).unwrap_or(u32::MAX);
            *all = now;
        }
        step.sum = recorder.sum().saturating_sub(self.sum);
        self.sum = recorder.sum();
        self.added.push_back(step);
    }

    /// What the steps that are kept have together; `most` is the largest value ever. None: nothing was counted.
    pub fn summary(&self, most: u64) -> Option<Latency> {
        let mut counts = [0u64; BUCKETS];
        for step in &self.added {
            counts.iter_mut().zip(&step.counts).for_each(|(sum, more)| *sum += u64::from(*more));
        }
        let count: u64 = counts.iter().sum();
        if count == 0 {
            return None;
        }
        let at = |wanted: u64| {
            let mut seen = 0;
            let found = counts.iter().position(|count| {
                seen += count;
                seen >= wanted
            });
            found.map_or(most, largest).min(most)
        };
        Some(Latency {
            mean: self.added.iter().map(|step| step.sum).sum::<u128>() as f64 / count as f64,
            p50: at(count.div_ceil(2)),
            p99: at((u128::from(count) * 99).div_ceil(100) as u64),
            max: at(count),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other() {
        assert_eq!((bucket(0), bucket(15), bucket(16), bucket(31), bucket(32), bucket(33)), (0, 15, 16, 31, 32, 32));
        assert_eq!((largest(15), largest(16), largest(32)), (15, 16, 33));
        for index in 0..BUCKETS - 1 {
            assert_eq!((bucket(largest(index)), bucket(largest(index) + 1)), (index, index + 1), "{index}");
        }
        assert_eq!((bucket(u64::MAX), largest(BUCKETS - 1)), (BUCKETS - 1, u64::from(u32::MAX)));
    }

    #[test]
    fn only_the_last_steps_count() {
        let (mut recent, mut recorder) = (Recent::new(2), LatencyRecorder::new());
        assert_eq!(recent.summary(0), None);
        recorder.record(1_000_000, 10);
        recent.add(&recorder);
        recorder.record(10, 98);
        recent.add(&recorder);
        recorder.record(30, 2);
        recent.add(&recorder);
        let latency = recent.summary(1_000_000).expect("a hundred records");
        // 98 times 10 and twice 30; the slow ones are out of the window.
        assert_eq!((latency.mean, latency.p50, latency.p99, latency.max), (10.4, 10, 30, 30));
        recent.add(&recorder);
        recent.add(&recorder);
        assert_eq!(recent.summary(1_000_000), None);
    }
}

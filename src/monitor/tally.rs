//! Makes samples of what the registry and the system say, one after another.

use std::time::Duration;

use super::latency::Recent;
use super::left::{Mark, Marks};
use super::memory::{Seen, split};
use super::sample::{About, Checkpoints, Episode, LATENCY_BOUNDS, Pressure, Rates, Sample, State, TargetSpace};
use crate::metrics::{Level, Metrics};

/// The latency that is shown as that of now is of this many samples: ten seconds.
const RECENT: usize = 20;
/// A run that has read and written nothing for this long is reported.
const STALL: f64 = 10.0;

/// What has to be remembered from one sample to the next.
pub(super) struct Tally {
    marks: Marks,
    latency: Recent,
    /// How many bytes several inputs have together, if that is known.
    together: Option<u64>,
    /// What there was before this process began, or when the first sample came: the means leave it out.
    before: Option<Mark>,
    last: Sample,
    samples: u64,
    resident: f64,
}

impl Tally {
    /// Nothing was seen yet. Several inputs have this many bytes `together`, if that is known; the size of a single one is
    /// found when it is opened.
    pub fn new(together: Option<u64>) -> Tally {
        Tally {
            marks: Marks::new(),
            latency: Recent::new(RECENT),
            together,
            before: None,
            last: Sample::default(),
            samples: 0,
            resident: 0.0,
        }
    }

    /// The sample at `t`; `end` is how the run ended, if it has.
    pub fn next(
        &mut self,
        about: &About,
        t: Duration,
        metrics: Option<&Metrics>,
        seen: &Seen,
        end: Option<State>,
    ) -> Sample {
        let seconds = t.saturating_sub(self.last.t).as_secs_f64();
        let mut sample = Sample { t, ..Sample::default() };
        sample.memory = split(seen, metrics);
        self.samples += 1;
        self.resident += sample.memory.resident() as f64;
        sample.resident_mean = self.resident / self.samples as f64;
        if let Some(metrics) = metrics {
            self.count(&mut sample, about, metrics);
            sample.pressure = self.pressure(t, seconds, metrics);
        }
        let now = sample.workers;
        let workers = [now.converting, now.waiting_input, now.waiting_target, now.held_back];
        for ((sum, before), workers) in sample.worker_seconds.iter_mut().zip(self.last.worker_seconds).zip(workers) {
            *sum = before + workers as f64 * seconds;
        }
        sample.target_stall = self.last.target_stall + if self.waits_for_target(&sample) { seconds } else { 0.0 };
        sample.target = seen.free.map(|free| TargetSpace { free, remaining: remaining(&sample, end) });
        sample.state = end.unwrap_or(match metrics {
            None => State::Starting,
            Some(_) if sample.read == 0 => State::Starting,
            Some(_) if sample.size == Some(sample.read) && sample.all_workers() == 0 => State::Finishing,
            Some(_) => State::Running,
        });
        if sample.state == State::Done {
            sample.size = sample.size.map(|_| sample.read);
        }
        if sample.state.is_end() {
            (sample.left, sample.stalled) = (None, None);
        }
        self.last = sample;
        sample
    }

    /// Whether the target alone holds the run up: nothing moved since the sample before, and all workers but the one that
    /// writes wait for that.
    fn waits_for_target(&self, sample: &Sample) -> bool {
        let moved = |sample: &Sample| (sample.read, sample.written, sample.slices_committed);
        let waiting = sample.workers.waiting_target;
        waiting > 0 && waiting + 1 >= sample.all_workers() && moved(sample) == moved(&self.last)
    }

    fn count(&mut self, sample: &mut Sample, about: &About, metrics: &Metrics) {
        // What is done says no more how long it was.
        let known = if about.sources > 1 { self.together } else { metrics.input_size_bytes.or(self.last.size) };
        sample.size = known.filter(|size| *size >= metrics.read_bytes && *size > 0);
        (sample.read, sample.written) = (metrics.read_bytes, metrics.written_bytes);
        (sample.records_read, sample.records_written) = (metrics.records_read, metrics.records_written);
        (sample.records_bad, sample.records_filtered) = (metrics.records_bad, metrics.records_filtered);
        (sample.sources_done, sample.merged) = (metrics.sources_done, metrics.merged_entries);
        (sample.workers, sample.pool) = (metrics.workers, metrics.pool);
        sample.slices_open = metrics.slices_claimed.saturating_sub(metrics.slices_committed);
        sample.slices_committed = metrics.slices_committed;
        sample.lossy = metrics.lossy_values;
        (sample.stages, sample.bad_by_cause) = (metrics.stage_time, metrics.bad.by_cause);
        let blocks = |part: fn(&crate::metrics::StageAllocations) -> u64| metrics.stages.iter().map(part).sum();
        sample.allocated_blocks =
            [metrics.start_blocks, blocks(|stage| stage.warmup.blocks), blocks(|stage| stage.steady.blocks)];
        let mark = Mark {
            t: sample.t.as_secs_f64(),
            read: sample.read,
            written: sample.written,
            records: sample.records_read,
        };
        // The input is read once more, or a source that failed was taken back.
        if mark.read < self.last.read {
            self.marks.clear();
            self.latency.forget();
            self.before = None;
        }
        let before = *self.before.get_or_insert(match metrics.read_before_bytes {
            0 => Mark { t: if self.samples == 1 { 0.0 } else { self.last.t.as_secs_f64() }, ..Mark::default() },
            _ => mark,
        });
        self.marks.add(mark);
        let whole = mark.t - before.t;
        let mean = |before: u64, now: u64| if whole > 0.0 { now.saturating_sub(before) as f64 / whole } else { 0.0 };
        sample.mean = Rates {
            read: mean(before.read, mark.read),
            written: mean(before.written, mark.written),
            records: mean(before.records, mark.records),
        };
        sample.rate = if self.samples == 1 { sample.mean } else { self.marks.now() };
        sample.left = sample.size.and_then(|size| self.marks.left(size - sample.read));
        let still = self.marks.moved().map_or(0.0, |since| mark.t - since);
        let merges = sample.merged > self.last.merged;
        sample.stalled = (still >= STALL && !merges).then(|| Duration::from_secs_f64(still));
        self.latency(sample, metrics);
        if let (Some(position), Some(age)) = (metrics.checkpoint_position_bytes, metrics.checkpoint_age) {
            let at = sample.t.saturating_sub(age);
            sample.checkpoints = Some(Checkpoints { count: metrics.checkpoints, position, at });
        }
    }

    fn latency(&mut self, sample: &mut Sample, metrics: &Metrics) {
        let recorder = &metrics.record_latency;
        self.latency.add(recorder);
        if recorder.count() == 0 {
            return;
        }
        let run = recorder.summary();
        sample.latency = self.latency.summary(run.max);
        sample.latency_run = Some(run);
        sample.latency_sum = recorder.sum() as f64;
        for (micros, count) in recorder.buckets() {
            let place = LATENCY_BOUNDS.iter().position(|bound| micros <= *bound).unwrap_or(LATENCY_BOUNDS.len());
            sample.latency_counts[place..].iter_mut().for_each(|sum| *sum += count);
        }
    }

    fn pressure(&self, t: Duration, seconds: f64, metrics: &Metrics) -> Pressure {
        let before = self.last.pressure;
        let level = metrics.memory_pressure_level;
        let mut now = Pressure { level, responses: metrics.memory_pressure_responses, ..before };
        match before.level {
            Level::High => now.seconds[0] += seconds,
            Level::Critical => now.seconds[1] += seconds,
            _ => {}
        }
        match (level, &mut now.last) {
            (Level::Normal, Some(last)) => last.until = last.until.or(Some(t)),
            (Level::Normal, None) => {}
            (_, Some(last)) if last.until.is_none() => last.level = last.level.max(level),
            (_, last) => {
                *last = Some(Episode { level, since: t, until: None });
                now.episodes += 1;
            }
        }
        now
    }
}

/// What is still to be written, if the rest of the input becomes as much as what was done: known from one hundredth of it
/// on, or from 64 MB.
fn remaining(sample: &Sample, end: Option<State>) -> Option<u64> {
    const ENOUGH: u64 = 64_000_000;
    if let Some(end) = end {
        return (end == State::Done).then_some(0);
    }
    let size = sample.size.filter(|size| sample.read >= (size / 100).min(ENOUGH) && sample.read > 0)?;
    let ratio = sample.written as f64 / sample.read as f64;
    Some(((size.saturating_sub(sample.read)) as f64 * ratio).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Begin, Committed, Progress};
    use std::sync::Arc;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn samples_follow_each_other() {
        let (mut tally, about, seen) = (Tally::new(None), About::default(), Seen::default());
        let starting = tally.next(&about, Duration::ZERO, None, &seen, None);
        assert_eq!((starting.state, starting.size, starting.share()), (State::Starting, None, None));
        let progress = Progress::new();
        let pass = progress.job().begin(Begin { input_size: Some(1000), workers: 1, ..Begin::default() });
        let look = |tally: &mut Tally, t, end| tally.next(&about, S(t), progress.metrics().as_ref(), &seen, end);
        pass.read_to(100, 3);
        pass.slice_committed();
        pass.committed(&Committed { written: 200, records_read: 10, records_bad: 1, ..Committed::default() });
        pass.took(Duration::from_micros(99), 10);
        let one = look(&mut tally, 1, None);
        assert_eq!((one.state, one.size, one.share(), one.slices_open), (State::Running, Some(1000), Some(0.1), 2));
        assert_eq!((one.rate.read, one.mean.written, one.records_bad), (0.0, 200.0, 1));
        assert_eq!((one.latency_run.map(|latency| latency.max), one.latency_counts[0]), (Some(99), 10));
        pass.read_to(500, 7);
        let two = look(&mut tally, 3, None);
        assert_eq!((two.rate.read, two.mean.read, two.left), (200.0, 500.0 / 3.0, None));
        // 500 bytes are left, and 900 came in 5 s.
        pass.read_to(600, 7);
        let three = look(&mut tally, 6, None);
        assert_eq!(three.left.map(|left| left.mid), Some(S(4)));
        assert_eq!(look(&mut tally, 13, None).stalled, None);
        assert_eq!(look(&mut tally, 16, None).stalled, Some(S(10)));
        pass.read_to(1000, 9);
        assert_eq!(look(&mut tally, 17, None).state, State::Finishing);
        let end = look(&mut tally, 18, Some(State::Done));
        assert_eq!((end.state, end.share(), end.left, end.stalled), (State::Done, Some(1.0), None, None));
    }

    #[test]
    fn many_inputs_have_a_size_together() {
        let progress = Progress::new();
        let about = About { sources: 3, ..About::default() };
        progress.begin(Some(100)).read_to(100, 1);
        progress.job().end();
        progress.begin(Some(100)).read_to(50, 1);
        let look = |size| Tally::new(size).next(&about, S(1), progress.metrics().as_ref(), &Seen::default(), None);
        let sample = look(Some(300));
        assert_eq!((sample.read, sample.size, sample.sources_done), (150, Some(300), 1));
        // More was read than there is: they are compressed, or grow.
        assert_eq!((look(Some(149)).size, look(None).size), (None, None));
    }

    #[test]
    fn scarce_memory_is_remembered() {
        let progress = Progress::new();
        let pass: Arc<_> = progress.begin(None);
        let (mut tally, about) = (Tally::new(None), About::default());
        let mut look = |t, level| {
            pass.pressure(level, []);
            tally.next(&about, S(t), progress.metrics().as_ref(), &Seen::default(), None).pressure
        };
        assert_eq!((look(1, Level::Normal).last, look(2, Level::High).episodes), (None, 1));
        look(3, Level::Critical);
        look(5, Level::High);
        let over = look(6, Level::Normal);
        let episode = Episode { level: Level::Critical, since: S(2), until: Some(S(6)) };
        assert_eq!((over.last, over.seconds), (Some(episode), [2.0, 2.0]));
        assert_eq!(look(7, Level::Normal).last, Some(episode));
        let again = look(9, Level::High);
        assert_eq!(again.last, Some(Episode { level: Level::High, since: S(9), until: None }));
        assert_eq!((again.episodes, again.seconds), (2, [2.0, 2.0]));
    }
}

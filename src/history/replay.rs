//! A run as its samples were, as far as they are kept.

use std::time::Duration;

use serde_json::Value;

use super::run::Run;
use crate::monitor::Sample;

/// The metrics that [`samples`] know.
pub const RECORDED: [&str; 13] = [
    "read_bytes_total",
    "read_bytes_rate",
    "written_bytes_total",
    "written_bytes_rate",
    "records_read_total",
    "records_read_rate",
    "memory_resident_bytes",
    "memory_resident_share",
    "memory_peak_bytes",
    "memory_peak_share",
    "workers_waiting_target",
    "workers_held_back",
    "elapsed_seconds",
];

/// The samples of a run, as far apart as the points of its series, with what is [recorded](RECORDED): the means of each
/// point.
pub fn samples(run: &Run) -> Vec<Sample> {
    let series: Value = run.series.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let step = series["step_s"].as_f64().unwrap_or_default();
    let at = |name: &str, point: usize| series[name][point].as_f64().unwrap_or_default();
    let count = series["read"].as_array().map_or(0, Vec::len);
    let mut sample = Sample::default();
    let mut samples = Vec::with_capacity(count);
    for point in 0..count {
        // The last point may not be complete.
        let t = ((point + 1) as f64 * step).min(run.seconds.max(step));
        let lasting = t - sample.t.as_secs_f64();
        sample.t = Duration::try_from_secs_f64(t).unwrap_or(sample.t);
        (sample.rate.read, sample.rate.written) = (at("read", point), at("written", point));
        sample.rate.records = at("records", point);
        sample.read = sample.read.saturating_add((sample.rate.read * lasting) as u64);
        sample.written = sample.written.saturating_add((sample.rate.written * lasting) as u64);
        sample.records_read = sample.records_read.saturating_add((sample.rate.records * lasting) as u64);
        let kinds = ["code_stacks", "heap_other", "buffers", "arenas", "codec", "mapped"];
        sample.memory.anonymous = kinds.iter().fold(0u64, |sum, kind| sum.saturating_add(at(kind, point) as u64));
        sample.memory.peak = sample.memory.peak.max(sample.memory.anonymous);
        sample.memory.limit = run.memory_limit;
        sample.workers.waiting_target = at("waiting_target", point) as usize;
        sample.workers.held_back = at("held_back", point) as usize;
        samples.push(sample);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_those_of_the_series() {
        let series = r#"{"step_s":2,"read":[10,30],"written":[0,1],"records":[1,2],"mapped":[5,4],"arenas":[1,1],"held_back":[0,2]}"#;
        let run = Run { series: Some(series.into()), seconds: 3.5, memory_limit: 12, ..Run::default() };
        let samples = samples(&run);
        assert_eq!(samples.len(), 2);
        let last = samples[1];
        assert_eq!((last.t, last.read, last.written), (Duration::from_secs_f64(3.5), 65, 1));
        assert_eq!((last.memory.resident(), last.memory.peak, last.memory.limit), (5, 6, 12));
        assert_eq!((last.rate.records, last.workers.held_back), (2.0, 2));
        assert!(super::samples(&Run::default()).is_empty());
    }
}

//! What rules can be about.

use crate::metrics::size_rounded;
use crate::monitor::{Sample, TargetSpace};

/// A number that a rule can be about.
pub struct Metric {
    /// Its name: that of the exported metric without prefix, or a rate or share of such.
    pub name: &'static str,
    /// What it is.
    pub help: &'static str,
    /// Its value; none: it is not known at the moment.
    pub of: fn(&Sample) -> Option<f64>,
    /// How people read it.
    pub unit: Unit,
    /// Of a share, what it is a share of: whoever sees how near the limit is wants to see that.
    pub whole: Option<Whole>,
    /// What is said of it in place of its value, where that says more.
    pub say: Option<fn(&Sample) -> Option<String>>,
}

/// What a share is a share of.
#[derive(Clone, Copy)]
pub struct Whole {
    /// How much that is now.
    pub of: fn(&Sample) -> Option<f64>,
    /// Its unit.
    pub unit: Unit,
}

/// How a metric is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    Count,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesRate,
    /// From 0 to 1.
    Share,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Count => "count",
            Unit::Bytes => "bytes",
            Unit::BytesRate => "bytes_per_s",
            Unit::Share => "share",
            Unit::Seconds => "s",
        }
    }
}

/// The metric of this name.
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

const fn new(name: &'static str, unit: Unit, help: &'static str, of: fn(&Sample) -> Option<f64>) -> Metric {
    Metric { name, help, of, unit, whole: None, say: None }
}

/// A share of bytes.
const fn share_of(
    name: &'static str,
    help: &'static str,
    of: fn(&Sample) -> Option<f64>,
    whole: fn(&Sample) -> Option<f64>,
) -> Metric {
    Metric { name, help, of, unit: Unit::Share, whole: Some(Whole { of: whole, unit: Unit::Bytes }), say: None }
}

const fn saying(metric: Metric, say: fn(&Sample) -> Option<String>) -> Metric {
    Metric { say: Some(say), ..metric }
}

/// The memory limit, if there is one.
fn limit(sample: &Sample) -> Option<f64> {
    (sample.memory.limit > 0).then_some(sample.memory.limit as f64)
}

/// All bytes that the output will have.
fn output(sample: &Sample) -> Option<f64> {
    let all = sample.target?.remaining? as f64 + sample.written as f64;
    (all > 0.0).then_some(all)
}

/// What the target's file system will have left.
fn room(sample: &Sample) -> Option<String> {
    let TargetSpace { free, remaining } = sample.target?;
    let remaining = remaining?;
    let rest = size_rounded(free.abs_diff(remaining));
    let (free_text, to_write) = (size_rounded(free), size_rounded(remaining));
    Some(match free >= remaining {
        true => format!("{rest} left at the end ({free_text} free, {to_write} to write)"),
        false => format!("{rest} too little ({free_text} free, {to_write} to write)"),
    })
}

/// The part of a whole; none where there is nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Microseconds of the last ten seconds as seconds.
fn seconds(micros: f64) -> f64 {
    micros / 1e6
}

/// All of them.
pub static METRICS: [Metric; 30] = [
    new("read_bytes_total", Unit::Bytes, "bytes read, after decompression", |s| Some(s.read as f64)),
    new("read_bytes_rate", Unit::BytesRate, "bytes read in a second, of the last two", |s| Some(s.rate.read)),
    new("written_bytes_total", Unit::Bytes, "bytes written", |s| Some(s.written as f64)),
    new("written_bytes_rate", Unit::BytesRate, "bytes written in a second, of the last two", |s| Some(s.rate.written)),
    new("records_read_total", Unit::Count, "records read, good and bad", |s| Some(s.records_read as f64)),
    new("records_read_rate", Unit::Count, "records read in a second, of the last two", |s| Some(s.rate.records)),
    new("records_written_total", Unit::Count, "records written", |s| Some(s.records_written as f64)),
    new("records_filtered_total", Unit::Count, "records dropped by ops", |s| Some(s.records_filtered as f64)),
    new("records_bad_total", Unit::Count, "bad records", |s| Some(s.records_bad as f64)),
    new("records_bad_share", Unit::Share, "the share of the records that are bad", |s| {
        share(s.records_bad, s.records_read)
    }),
    new("lossy_values_total", Unit::Count, "values that the output could not hold as they were", |s| {
        Some(s.lossy.iter().map(|(_, count)| count).sum::<u64>() as f64)
    }),
    new("slices_in_flight", Unit::Count, "slices handed out and not committed", |s| Some(s.slices_open as f64)),
    new("record_latency_p50_seconds", Unit::Seconds, "the median latency of the last ten seconds", |s| {
        s.latency.map(|latency| seconds(latency.p50 as f64))
    }),
    new("record_latency_p99_seconds", Unit::Seconds, "the 99th percentile of latency of the last ten seconds", |s| {
        s.latency.map(|latency| seconds(latency.p99 as f64))
    }),
    new("record_latency_max_seconds", Unit::Seconds, "the highest latency of the last ten seconds", |s| {
        s.latency.map(|latency| seconds(latency.max as f64))
    }),
    new("memory_resident_bytes", Unit::Bytes, "resident memory", |s| Some(s.memory.resident() as f64)),
    share_of(
        "memory_resident_share",
        "resident memory as a share of the limit",
        |s| share(s.memory.resident(), s.memory.limit),
        limit,
    ),
    new("memory_peak_bytes", Unit::Bytes, "the most memory that was resident", |s| Some(s.memory.peak as f64)),
    share_of("memory_peak_share", "that as a share of the limit", |s| share(s.memory.peak, s.memory.limit), limit),
    new("heap_bytes", Unit::Bytes, "what the heap holds, resident or not", |s| Some(s.memory.heap as f64)),
    new("memory_pressure_level", Unit::Count, "0 normal, 1 high, 2 critical", |s| {
        Some(f64::from(s.pressure.level as u8))
    }),
    new("workers_waiting_target", Unit::Count, "workers that wait for the target", |s| {
        Some(s.workers.waiting_target as f64)
    }),
    new("workers_held_back", Unit::Count, "workers that wait because memory is scarce", |s| {
        Some(s.workers.held_back as f64)
    }),
    new("allocated_blocks_total", Unit::Count, "blocks that workers were given in the steady state", |s| {
        Some(s.allocated_blocks[2] as f64)
    }),
    new("target_free_bytes", Unit::Bytes, "what is free on the file system of the output", |s| {
        Some(s.target?.free as f64)
    }),
    new("target_remaining_bytes", Unit::Bytes, "what is still to be written, by an estimate", |s| {
        Some(s.target?.remaining? as f64)
    }),
    saying(
        new("target_left_bytes", Unit::Bytes, "what the file system of the output will have left at the end", |s| {
            s.target?.left()
        }),
        room,
    ),
    saying(
        share_of(
            "target_left_share",
            "that as a share of the whole output",
            |s| Some(s.target?.left()? / output(s)?),
            output,
        ),
        room,
    ),
    new("stalled_seconds", Unit::Seconds, "for how long nothing was read or written", |s| {
        // A run that is over is not stalled, but nothing went on again either.
        (!s.state.is_end()).then(|| s.stalled.map_or(0.0, |stalled| stalled.as_secs_f64()))
    }),
    new("elapsed_seconds", Unit::Seconds, "how long the run takes already", |s| Some(s.t.as_secs_f64())),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_there_once_and_says_its_unit() {
        for (index, metric) in METRICS.iter().enumerate() {
            assert!(METRICS[..index].iter().all(|other| other.name != metric.name), "{}", metric.name);
            let named = |part: &str| metric.name.contains(part);
            assert_eq!(metric.unit == Unit::Share, named("_share"), "{}", metric.name);
            assert_eq!(metric.unit == Unit::Seconds, named("_seconds"), "{}", metric.name);
            assert_eq!(matches!(metric.unit, Unit::Bytes | Unit::BytesRate), named("bytes"), "{}", metric.name);
        }
    }

    #[test]
    fn shares_of_nothing_are_unknown() {
        let share = metric("records_bad_share").unwrap();
        let sample = |read, bad| Sample { records_read: read, records_bad: bad, ..Sample::default() };
        assert_eq!((share.of)(&sample(0, 0)), None);
        assert_eq!((share.of)(&sample(8, 2)), Some(0.25));
        assert!(metric("records_bad").is_none());
    }
}

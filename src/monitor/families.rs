//! What is exported of a run: families of metrics with names, units and values, whatever the format.
//!
//! Names follow OpenMetrics: the unit is the end of the name, and `_total` comes after it for counters. Label values are
//! fixed sets, but for the names of rules: no paths, no names of fields.

use std::fmt::{self, Display};
use std::time::{SystemTime, UNIX_EPOCH};

use super::sample::{About, LATENCY_BOUNDS, Met, Moment, Sample, State};
use crate::metrics::{Cause, Level, Response, STAGES};
use crate::sys::usage;

/// The type of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

/// A number: whole where it is a count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Whole(u64),
    Real(f64),
}

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Whole(number) => number.fmt(f),
            Number::Real(number) => number.fmt(f),
        }
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Number {
        Number::Whole(number)
    }
}

impl From<u8> for Number {
    fn from(number: u8) -> Number {
        Number::Whole(number.into())
    }
}

impl From<usize> for Number {
    fn from(number: usize) -> Number {
        Number::Whole(number as u64)
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Number {
        Number::Real(number)
    }
}

/// A value with its labels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub labels: Vec<(&'static str, String)>,
    pub value: Number,
}

/// Values counted by their size.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Histogram {
    /// Upper bounds; above the last one there is no bound.
    pub bounds: Vec<f64>,
    /// How many are at most each of them, and all.
    pub counts: Vec<u64>,
    pub sum: f64,
}

/// A family of metrics.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Family {
    pub kind: Kind,
    /// The name with its prefix and its unit, but without the `_total` of counters and the `_info` of infos.
    pub name: String,
    /// `bytes` or `seconds`; empty: the values have no unit.
    pub unit: &'static str,
    pub help: &'static str,
    pub points: Vec<Point>,
    pub histogram: Option<Histogram>,
}

/// The families while they are collected.
#[derive(Default)]
pub(crate) struct Families(pub Vec<Family>);

/// A family whose values are being added.
struct Adding<'f>(&'f mut Family);

const PREFIX: &str = "pagemill_";

impl Families {
    /// What there is at a moment of a run.
    pub fn of(about: &About, moment: &Moment) -> Families {
        let mut all = Families(Vec::with_capacity(48));
        let sample = &moment.sample;
        run(&mut all, about, sample);
        data(&mut all, about, sample);
        target(&mut all, sample);
        work(&mut all, sample);
        memory(&mut all, sample);
        alerts(&mut all, moment);
        process(&mut all, sample);
        all
    }

    fn family(&mut self, kind: Kind, name: &str, unit: &'static str, help: &'static str) -> Adding<'_> {
        let prefix = if name.starts_with("process_") { "" } else { PREFIX };
        let name = format!("{prefix}{name}");
        self.0.push(Family { kind, name, unit, help, points: Vec::new(), histogram: None });
        let last = self.0.len() - 1;
        Adding(&mut self.0[last])
    }

    /// A counter with one value.
    pub fn counter(&mut self, name: &str, unit: &'static str, help: &'static str, value: impl Into<Number>) {
        self.family(Kind::Counter, name, unit, help).value(&[], value);
    }

    /// A gauge with one value.
    pub fn gauge(&mut self, name: &str, unit: &'static str, help: &'static str, value: impl Into<Number>) {
        self.family(Kind::Gauge, name, unit, help).value(&[], value);
    }
}

impl Adding<'_> {
    /// A value for each text of a label.
    fn by<V: Into<Number>>(mut self, label: &'static str, values: impl IntoIterator<Item = (&'static str, V)>) {
        values.into_iter().for_each(|(text, value)| self.value(&[(label, text)], value));
    }

    fn value(&mut self, labels: &[(&'static str, &str)], value: impl Into<Number>) {
        let labels = labels.iter().map(|(label, text)| (*label, (*text).to_owned())).collect();
        self.0.points.push(Point { labels, value: value.into() });
    }
}

fn run(all: &mut Families, about: &About, sample: &Sample) {
    all.family(Kind::Info, "build", "", "The program.").value(&[("version", env!("CARGO_PKG_VERSION"))], 1u64);
    let ends = [("job", about.job.as_deref()), ("from", about.from), ("to", about.to)];
    let ends: Vec<(&str, &str)> = ends.into_iter().filter_map(|(label, format)| Some((label, format?))).collect();
    all.family(
        Kind::Info,
        "job",
        "",
        "The name of a configured job, and the formats where they are known from the beginning.",
    )
    .value(&ends, 1u64);
    let states = State::ALL.map(|state| (state.name(), u8::from(state == sample.state)));
    all.family(Kind::Gauge, "run_state", "", "1 for the state of the run, 0 for others.").by("state", states);
    all.gauge("run_start_timestamp_seconds", "seconds", "When the run began, in Unix time.", unix(about.started));
}

/// Seconds of Unix time.
pub(crate) fn unix(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn data(all: &mut Families, about: &About, sample: &Sample) {
    if let Some(size) = sample.size {
        all.gauge("input_size_bytes", "bytes", "The bytes of the input.", size);
    }
    all.counter("read_bytes", "bytes", "Bytes read, after decompression.", sample.read);
    all.counter(
        "written_bytes",
        "bytes",
        "Bytes of the output; of a compressed one, those that it takes.",
        sample.written,
    );
    all.counter("records_read", "", "Records read, good and bad.", sample.records_read);
    all.counter("records_written", "", "Records written.", sample.records_written);
    all.counter("records_filtered", "", "Records dropped by ops.", sample.records_filtered);
    // A run that goes on where another stopped knows only how many there were before.
    let known: u64 = sample.bad_by_cause.iter().sum();
    let earlier = sample.records_bad.saturating_sub(known);
    let reasons = Cause::ALL.map(Cause::name).into_iter().zip(sample.bad_by_cause);
    let reasons = reasons.chain((earlier > 0).then_some(("earlier", earlier)));
    let what = "Bad records left out, by reason; earlier: in a run before this one, which it goes on with.";
    all.family(Kind::Counter, "records_bad", "", what).by("reason", reasons);
    let lossy = sample.lossy.iter().map(|(kind, count)| (kind.name(), count));
    let what = "Values that the output could not hold as they were.";
    all.family(Kind::Counter, "lossy_values", "", what).by("kind", lossy);
    if let Some(checkpoints) = &sample.checkpoints {
        all.counter("checkpoints", "", "Checkpoints written.", checkpoints.count);
        let what = "Input that is safe: a run that goes on begins there.";
        all.gauge("checkpoint_position_bytes", "bytes", what, checkpoints.position);
        let when = about.started.checked_add(checkpoints.at).unwrap_or(about.started);
        let what = "When the last checkpoint was written, in Unix time.";
        all.gauge("checkpoint_timestamp_seconds", "seconds", what, unix(when));
    }
}

fn work(all: &mut Families, sample: &Sample) {
    all.counter("slices_committed", "", "Slices whose output is written.", sample.slices_committed);
    all.gauge("slices_in_flight", "", "Slices handed out and not committed.", sample.slices_open);
    let pool = [("used", sample.pool.used), ("idle", sample.pool.idle)];
    all.family(Kind::Gauge, "pool_pages", "", "Output buffers.").by("state", pool);
    let help = "From the claim of a record's slice to its commit.";
    all.family(Kind::Histogram, "record_latency_seconds", "seconds", help).0.histogram = Some(Histogram {
        bounds: LATENCY_BOUNDS.map(|micros| micros as f64 / 1e6).into(),
        counts: sample.latency_counts.into(),
        sum: sample.latency_sum / 1e6,
    });
    let times = STAGES.into_iter().zip(sample.stages.map(|time| time.as_secs_f64()));
    let what = "Time of all workers by stage; waiting for input is a part of cutting.";
    all.family(Kind::Counter, "stage_seconds", "seconds", what).by("stage", times);
    const STATES: [&str; 4] = ["converting", "waiting_input", "waiting_target", "held_back"];
    let now = &sample.workers;
    let workers = [now.converting, now.waiting_input, now.waiting_target, now.held_back];
    all.family(Kind::Gauge, "workers", "", "Workers by what they do.").by("state", STATES.into_iter().zip(workers));
    let what = "Time of all workers by what they did, estimated from samples.";
    let spent = STATES.into_iter().zip(sample.worker_seconds);
    all.family(Kind::Counter, "worker_seconds", "seconds", what).by("state", spent);
    let [start, warmup, steady] = sample.allocated_blocks;
    let blocks = [("start", start), ("warmup", warmup), ("steady", steady)];
    all.family(
        Kind::Counter,
        "allocated_blocks",
        "",
        "Blocks allocated before the first slice, then by workers in warm-up and in the steady state.",
    )
    .by("phase", blocks);
}

/// The file system of the output.
fn target(all: &mut Families, sample: &Sample) {
    if let Some(target) = &sample.target {
        all.gauge("target_free_bytes", "bytes", "What is free on the file system of the output.", target.free);
        if let Some(remaining) = target.remaining {
            let what = "What is still to be written, estimated by the part of the input that is done.";
            all.gauge("target_remaining_bytes", "bytes", what, remaining);
        }
    }
    let what = "Time during which nothing moved because the target took nothing, estimated from samples.";
    all.counter("target_stall_seconds", "seconds", what, sample.target_stall);
}

fn alerts(all: &mut Families, moment: &Moment) {
    if moment.alerts.is_empty() {
        return;
    }
    let mut active = all.family(Kind::Gauge, "alert_active", "", "1 for rules that are met, 0 for others.");
    for alert in &moment.alerts {
        let labels = [("rule", &*alert.rule), ("severity", alert.severity)];
        active.value(&labels, u8::from(alert.state == Met::Active));
    }
    let mut raised = all.family(Kind::Counter, "alerts_raised", "", "How often each rule was raised.");
    for alert in &moment.alerts {
        raised.value(&[("rule", &*alert.rule), ("severity", alert.severity)], alert.raised);
    }
}

fn memory(all: &mut Families, sample: &Sample) {
    let memory = &sample.memory;
    let help = "Resident memory by what it is for; the sum is what the system calls resident.";
    all.family(Kind::Gauge, "memory_resident_bytes", "bytes", help).by("kind", memory.kinds());
    all.gauge("memory_peak_bytes", "bytes", "The most memory that was resident.", memory.peak);
    let what = "The memory limit, or that of the control group if it is lower.";
    all.gauge("memory_limit_bytes", "bytes", what, memory.limit);
    all.gauge("heap_bytes", "bytes", "What the heap holds, resident or not.", memory.heap);
    let pressure = &sample.pressure;
    let what = "How scarce memory is: 0 normal, 1 high, 2 critical.";
    all.gauge("memory_pressure_level", "", what, pressure.level as u8);
    let levels = [Level::High.name(), Level::Critical.name()].into_iter().zip(pressure.seconds);
    let what = "Time during which memory was scarce, estimated from samples.";
    all.family(Kind::Counter, "memory_pressure_seconds", "seconds", what).by("level", levels);
    const RESPONSES: [&str; Response::ALL.len()] =
        ["release_pages", "trim_pool", "fewer_slices", "smaller_slices", "fewer_workers", "emergency"];
    let what = "How often each response to scarce memory began.";
    let responses = RESPONSES.into_iter().zip(pressure.responses);
    all.family(Kind::Counter, "memory_pressure_responses", "", what).by("response", responses);
}

fn process(all: &mut Families, sample: &Sample) {
    if let Some(time) = usage::cpu_time() {
        let what = "Processor time, in the system and outside of it.";
        all.counter("process_cpu_seconds", "seconds", what, time.as_secs_f64());
    }
    let what = "Resident memory.";
    all.gauge("process_resident_memory_bytes", "bytes", what, sample.memory.resident());
    if let Some(files) = usage::open_files() {
        all.gauge("process_open_fds", "", "Open file descriptors.", files);
    }
}

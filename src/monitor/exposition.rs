//! A sample as text for Prometheus: version 0.0.4 of its format, or OpenMetrics 1.0.
//!
//! | family | type, unit | labels |
//! |---|---|---|
//! | `pagemill_build`, `pagemill_job` | info | `version`; `from`, `to` |
//! | `pagemill_run_state` | gauge, 0 or 1 | `state` |
//! | `pagemill_run_start_timestamp_seconds` | gauge, seconds | |
//! | `pagemill_read_bytes`, `pagemill_written_bytes` | counter, bytes | |
//!
//! and so on: every name and its unit is in the text itself. Label values are fixed sets: no paths, no names of fields.

use std::fmt::{Display, Write};
use std::time::UNIX_EPOCH;

use super::sample::{About, LATENCY_BOUNDS, Sample, State};
use crate::metrics::{Level, Response};
use crate::sys::usage;

/// A format of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// Version 0.0.4 of Prometheus's own.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Exposition {
    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Exposition::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Exposition::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// A sample as text.
    pub fn text(self, about: &About, sample: &Sample) -> String {
        self.complete(about, sample, |_| {})
    }

    /// The same, and how many `clients` of the dashboard get events, and how many they were too slow for.
    #[cfg(feature = "dashboard")]
    pub(crate) fn served(self, about: &About, sample: &Sample, clients: u64, skipped: u64) -> String {
        self.complete(about, sample, |text| {
            text.gauge("dashboard_clients", "", "Pages that are open.", clients);
            text.counter("dashboard_frames_skipped", "", "Events that pages were too slow for.", skipped);
        })
    }

    fn complete(self, about: &About, sample: &Sample, more: impl FnOnce(&mut Text)) -> String {
        let mut text = Text { how: self, out: String::with_capacity(12 << 10) };
        run(&mut text, about, sample);
        data(&mut text, sample);
        work(&mut text, sample);
        memory(&mut text, sample);
        process(&mut text, sample);
        more(&mut text);
        if self == Exposition::OpenMetrics {
            text.out += "# EOF\n";
        }
        text.out
    }
}

/// The type of a family.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

struct Text {
    how: Exposition,
    out: String,
}

/// A family whose samples are being written.
struct Family<'t> {
    text: &'t mut Text,
    /// The name of a sample.
    name: String,
}

const PREFIX: &str = "pagemill_";

impl Text {
    /// Begins a family. `name` has its unit as the end, but not the `_total` of counters.
    fn family(&mut self, kind: Kind, name: &str, unit: &str, help: &str) -> Family<'_> {
        let open = self.how == Exposition::OpenMetrics;
        let prefix = if name.starts_with("process_") { "" } else { PREFIX };
        let sample = match kind {
            Kind::Counter => format!("{prefix}{name}_total"),
            Kind::Info => format!("{prefix}{name}_info"),
            Kind::Gauge | Kind::Histogram => format!("{prefix}{name}"),
        };
        let family = if open { format!("{prefix}{name}") } else { sample.clone() };
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Info if open => "info",
            Kind::Gauge | Kind::Info => "gauge",
            Kind::Histogram => "histogram",
        };
        let _ = writeln!(self.out, "# HELP {family} {help}\n# TYPE {family} {kind}");
        if open && !unit.is_empty() {
            let _ = writeln!(self.out, "# UNIT {family} {unit}");
        }
        Family { text: self, name: sample }
    }

    fn counter(&mut self, name: &str, unit: &str, help: &str, value: impl Display) {
        self.family(Kind::Counter, name, unit, help).value(&[], value);
    }

    fn gauge(&mut self, name: &str, unit: &str, help: &str, value: impl Display) {
        self.family(Kind::Gauge, name, unit, help).value(&[], value);
    }
}

impl Family<'_> {
    /// A value for each text of a label.
    fn by<V: Display>(mut self, label: &str, values: impl IntoIterator<Item = (&'static str, V)>) {
        values.into_iter().for_each(|(text, value)| self.value(&[(label, text)], value));
    }

    fn value(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.suffixed("", labels, value);
    }

    fn suffixed(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl Display) {
        let out = &mut self.text.out;
        let _ = write!(out, "{}{suffix}", self.name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let _ = write!(out, "{}{label}=\"{}\"", if index == 0 { '{' } else { ',' }, escaped(text));
        }
        let _ = writeln!(out, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }
}

/// The text of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn run(text: &mut Text, about: &About, sample: &Sample) {
    text.family(Kind::Info, "build", "", "The program.").value(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    let ends = [("from", about.from), ("to", about.to)];
    let ends: Vec<(&str, &str)> = ends.into_iter().filter_map(|(label, format)| Some((label, format?))).collect();
    text.family(Kind::Info, "job", "", "The formats of the job, where they are known from the beginning.")
        .value(&ends, 1);
    let states = State::ALL.map(|state| (state.name(), u8::from(state == sample.state)));
    text.family(Kind::Gauge, "run_state", "", "1 for the state of the run, 0 for others.").by("state", states);
    let started = about.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    text.gauge("run_start_timestamp_seconds", "seconds", "When the run began, in Unix time.", started);
}

fn data(text: &mut Text, sample: &Sample) {
    if let Some(size) = sample.size {
        text.gauge("input_size_bytes", "bytes", "The bytes of the input.", size);
    }
    text.counter("read_bytes", "bytes", "Bytes read, after decompression.", sample.read);
    text.counter("written_bytes", "bytes", "Bytes of the output, before compression.", sample.written);
    text.counter("records_read", "", "Records read, good and bad.", sample.records_read);
    text.counter("records_written", "", "Records written.", sample.records_written);
    text.counter("records_filtered", "", "Records dropped by ops.", sample.records_filtered);
    text.counter("records_bad", "", "Bad records left out.", sample.records_bad);
    let lossy = sample.lossy.iter().map(|(kind, count)| (kind.name(), count));
    let what = "Values that the output could not hold as they were.";
    text.family(Kind::Counter, "lossy_values", "", what).by("kind", lossy);
    if let Some(checkpoints) = &sample.checkpoints {
        text.counter("checkpoints", "", "Checkpoints written.", checkpoints.count);
        let what = "Input that is safe: a run that goes on begins there.";
        text.gauge("checkpoint_position_bytes", "bytes", what, checkpoints.position);
    }
}

fn work(text: &mut Text, sample: &Sample) {
    text.counter("slices_committed", "", "Slices whose output is written.", sample.slices_committed);
    text.gauge("slices_in_flight", "", "Slices handed out and not committed.", sample.slices_open);
    let pool = [("used", sample.pool.used), ("idle", sample.pool.idle)];
    text.family(Kind::Gauge, "pool_pages", "", "Output buffers.").by("state", pool);
    let help = "From the claim of a record's slice to its commit.";
    let mut family = text.family(Kind::Histogram, "record_latency_seconds", "seconds", help);
    let bounds = LATENCY_BOUNDS.map(|micros| seconds(micros as f64));
    let bounds = bounds.iter().map(String::as_str).chain(["+Inf"]);
    for (bound, count) in bounds.zip(sample.latency_counts) {
        family.suffixed("_bucket", &[("le", bound)], count);
    }
    let all = sample.latency_counts[LATENCY_BOUNDS.len()];
    family.suffixed("_sum", &[], seconds(sample.latency_sum));
    family.suffixed("_count", &[], all);
    const STATES: [&str; 4] = ["converting", "waiting_input", "waiting_target", "held_back"];
    let now = &sample.workers;
    let workers = [now.converting, now.waiting_input, now.waiting_target, now.held_back];
    text.family(Kind::Gauge, "workers", "", "Workers by what they do.").by("state", STATES.into_iter().zip(workers));
    let what = "Time of all workers by what they did, estimated from samples.";
    let spent = STATES.into_iter().zip(sample.worker_seconds);
    text.family(Kind::Counter, "worker_seconds", "seconds", what).by("state", spent);
    let [warmup, steady] = sample.allocated_blocks;
    let blocks = [("warmup", warmup), ("steady", steady)];
    text.family(Kind::Counter, "allocated_blocks", "", "Blocks that workers were given.").by("phase", blocks);
}

/// Microseconds as seconds.
fn seconds(micros: f64) -> String {
    let value = micros / 1e6;
    // OpenMetrics wants a point in the bounds of a histogram.
    if value == value.trunc() { format!("{value:.1}") } else { value.to_string() }
}

fn memory(text: &mut Text, sample: &Sample) {
    let memory = &sample.memory;
    let help = "Resident memory by what it is for; the sum is what the system calls resident.";
    text.family(Kind::Gauge, "memory_resident_bytes", "bytes", help).by("kind", memory.kinds());
    text.gauge("memory_peak_bytes", "bytes", "The most memory that was resident.", memory.peak);
    let what = "The memory limit, or that of the control group if it is lower.";
    text.gauge("memory_limit_bytes", "bytes", what, memory.limit);
    text.gauge("heap_bytes", "bytes", "What the heap holds, resident or not.", memory.heap);
    let pressure = &sample.pressure;
    let what = "How scarce memory is: 0 normal, 1 high, 2 critical.";
    text.gauge("memory_pressure_level", "", what, pressure.level as u8);
    let levels = [Level::High.name(), Level::Critical.name()].into_iter().zip(pressure.seconds);
    let what = "Time during which memory was scarce, estimated from samples.";
    text.family(Kind::Counter, "memory_pressure_seconds", "seconds", what).by("level", levels);
    const RESPONSES: [&str; Response::ALL.len()] =
        ["release_pages", "trim_pool", "fewer_slices", "smaller_slices", "fewer_workers", "emergency"];
    let what = "How often each response to scarce memory began.";
    let responses = RESPONSES.into_iter().zip(pressure.responses);
    text.family(Kind::Counter, "memory_pressure_responses", "", what).by("response", responses);
}

fn process(text: &mut Text, sample: &Sample) {
    if let Some(time) = usage::cpu_time() {
        let what = "Processor time, in the system and outside of it.";
        text.counter("process_cpu_seconds", "seconds", what, time.as_secs_f64());
    }
    let what = "Resident memory.";
    text.gauge("process_resident_memory_bytes", "bytes", what, sample.memory.resident());
    if let Some(files) = usage::open_files() {
        text.gauge("process_open_fds", "", "Open file descriptors.", files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::line::tests::example;
    use crate::record::LossyKind;
    use std::collections::{HashMap, HashSet};
    use std::time::Duration;

    /// A family as it was read.
    #[derive(Debug, Default)]
    struct Read {
        kind: String,
        unit: String,
        /// Names, labels and values.
        samples: Vec<(String, Labels, f64)>,
    }

    type Labels = Vec<(String, String)>;

    /// Reads the text strictly: what the formats don't allow is an error.
    fn read(text: &str, open: bool) -> Result<HashMap<String, Read>, String> {
        let name_is_good = |name: &str| {
            let mut bytes = name.bytes();
            let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            first && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let mut families: HashMap<String, Read> = HashMap::new();
        let mut current = String::new();
        let mut described = HashSet::new();
        let body = match open {
            true => text.strip_suffix("# EOF\n").ok_or("no end")?,
            false => text,
        };
        for line in body.lines() {
            let wrong = |why: &str| Err(format!("{why}: {line}"));
            if let Some(comment) = line.strip_prefix("# ") {
                let [word, name, rest] = comment.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                    return wrong("no comment of the format");
                };
                if !described.insert((word.to_owned(), name.to_owned())) {
                    return wrong("twice");
                }
                if name != current {
                    if families.contains_key(name) {
                        return wrong("a family in two places");
                    }
                    families.insert(name.to_owned(), Read::default());
                    current = name.to_owned();
                }
                let family = families.get_mut(name).ok_or("no family")?;
                match word {
                    "HELP" => {}
                    "TYPE" => family.kind = rest.to_owned(),
                    "UNIT" if open && name.ends_with(&format!("_{rest}")) => family.unit = rest.to_owned(),
                    _ => return wrong("no such comment"),
                }
                continue;
            }
            let (name, rest) = line.split_at(line.find(['{', ' ']).ok_or("no value")?);
            if !name_is_good(name) || !name.starts_with(&current) {
                return wrong("the name is not that of the family");
            }
            let (labels, value) = match rest.strip_prefix('{') {
                Some(rest) => rest.split_once("} ").ok_or("no end of the labels")?,
                None => ("", &rest[1..]),
            };
            let mut pairs = Vec::new();
            for pair in labels.split(',').filter(|pair| !pair.is_empty()) {
                let (label, text) = pair.split_once('=').ok_or("no label")?;
                let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).ok_or("no quotes")?;
                if !name_is_good(label) || text.contains(['"', '\\']) {
                    return wrong("a bad label");
                }
                pairs.push((label.to_owned(), text.to_owned()));
            }
            let value: f64 = value.parse().map_err(|_| format!("no number: {line}"))?;
            let family = families.get_mut(&current).ok_or("a sample without a family")?;
            let end = name.strip_prefix(current.as_str()).unwrap_or_default();
            let good = match (family.kind.as_str(), open) {
                ("counter", true) => end == "_total" && value >= 0.0,
                ("counter", false) => end.is_empty() && current.ends_with("_total") && value >= 0.0,
                ("info", true) => end == "_info" && value == 1.0,
                ("gauge", _) => end.is_empty(),
                ("histogram", _) => ["_bucket", "_sum", "_count"].contains(&end),
                _ => false,
            };
            if !good || family.samples.iter().any(|(other, labels, _)| other == name && *labels == pairs) {
                return wrong("no sample of such a family, or one that is there already");
            }
            family.samples.push((name.to_owned(), pairs, value));
        }
        Ok(families)
    }

    fn full() -> (About, Sample) {
        let (about, mut sample) = example();
        sample.latency_counts = [0; 17];
        sample.latency_counts[3..].fill(5);
        sample.latency_counts[16] = 7;
        sample.latency_sum = 2_500_000.0;
        sample.lossy.count_many(LossyKind::ListAsText, 3);
        sample.checkpoints = Some(super::super::Checkpoints { count: 2, position: 77, at: Duration::ZERO });
        (About { from: Some("csv"), to: Some("ndjson"), ..about }, sample)
    }

    #[test]
    fn both_formats_can_be_read_and_say_the_same() {
        let (about, sample) = full();
        for sample in [sample, Sample::default()] {
            let prometheus = read(&Exposition::Prometheus.text(&about, &sample), false).unwrap();
            let open = read(&Exposition::OpenMetrics.text(&about, &sample), true).unwrap();
            assert_eq!(prometheus.len(), open.len());
            for (name, family) in &open {
                let end = match family.kind.as_str() {
                    "counter" => "_total",
                    "info" => "_info",
                    _ => "",
                };
                let other = &prometheus[&format!("{name}{end}")];
                let kind = if family.kind == "info" { "gauge" } else { &family.kind };
                assert_eq!(other.kind, kind);
                let names = |family: &Read| -> Vec<_> {
                    family.samples.iter().map(|(name, labels, _)| (name.clone(), labels.clone())).collect()
                };
                assert_eq!(names(other), names(family));
                let has_unit = ["_bytes", "_seconds"].iter().any(|unit| name.ends_with(unit));
                assert_eq!(has_unit, !family.unit.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn values_are_those_of_the_sample() {
        let (about, sample) = full();
        let text = Exposition::Prometheus.text(&about, &sample);
        for line in [
            "pagemill_job_info{from=\"csv\",to=\"ndjson\"} 1",
            "pagemill_run_state{state=\"running\"} 1",
            "pagemill_run_state{state=\"done\"} 0",
            "# TYPE pagemill_read_bytes_total counter",
            "pagemill_read_bytes_total 310000000000",
            "pagemill_records_bad_total 1482",
            "pagemill_lossy_values_total{kind=\"list_as_text\"} 3",
            "pagemill_record_latency_seconds_bucket{le=\"0.0005\"} 0",
            "pagemill_record_latency_seconds_bucket{le=\"0.001\"} 5",
            "pagemill_record_latency_seconds_bucket{le=\"10.0\"} 5",
            "pagemill_record_latency_seconds_bucket{le=\"+Inf\"} 7",
            "pagemill_record_latency_seconds_sum 2.5",
            "pagemill_record_latency_seconds_count 7",
            "pagemill_memory_limit_bytes 64000000",
            "pagemill_checkpoint_position_bytes 77",
            "process_resident_memory_bytes 41200000",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
        let open = Exposition::OpenMetrics.text(&about, &sample);
        for line in ["# TYPE pagemill_read_bytes counter", "# UNIT pagemill_read_bytes bytes", "# EOF"] {
            assert!(open.lines().any(|other| other == line), "{line} is not in\n{open}");
        }
        assert!(!Exposition::Prometheus.text(&about, &Sample::default()).contains("input_size"), "a pipe has none");
    }

    #[test]
    fn the_strict_reader_refuses() {
        for text in [
            "a 1\n",
            "# TYPE a gauge\na one\n",
            "# TYPE a gauge\na 1\na 1\n",
            "# TYPE a counter\na 1\n",
            "# TYPE a gauge\nb 1\n",
            "# TYPE a gauge\na{l=x} 1\n",
            "# TYPE a gauge\n# TYPE b gauge\n# HELP a x\n",
        ] {
            assert!(read(text, false).is_err(), "{text}");
        }
        assert!(read("# TYPE a gauge\na 1\n", true).is_err(), "no end");
        assert_eq!(escaped("a\"\\\n"), "a\\\"\\\\\\n");
    }
}

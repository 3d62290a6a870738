//! A moment as text for Prometheus: version 0.0.4 of its format, or OpenMetrics 1.0.

use std::fmt::{Display, Write};

use super::families::{Families, Family, Kind, Point};
use super::sample::{About, Moment};

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

    /// A moment as text.
    pub fn text(self, about: &About, moment: &Moment) -> String {
        self.write(&Families::of(about, moment))
    }

    /// The same, and how many `clients` of the dashboard get events, and how many they were too slow for.
    #[cfg(feature = "dashboard")]
    pub(crate) fn served(self, about: &About, moment: &Moment, clients: u64, skipped: u64) -> String {
        let mut families = Families::of(about, moment);
        families.gauge("dashboard_clients", "", "Pages that are open.", clients);
        families.counter("dashboard_frames_skipped", "", "Events that pages were too slow for.", skipped);
        self.write(&families)
    }

    fn write(self, families: &Families) -> String {
        let mut out = String::with_capacity(16 << 10);
        families.0.iter().for_each(|family| self.family(&mut out, family));
        if self == Exposition::OpenMetrics {
            out += "# EOF\n";
        }
        out
    }

    fn family(self, out: &mut String, family: &Family) {
        let open = self == Exposition::OpenMetrics;
        let sample = match family.kind {
            Kind::Counter => format!("{}_total", family.name),
            Kind::Info => format!("{}_info", family.name),
            Kind::Gauge | Kind::Histogram => family.name.clone(),
        };
        let name = if open { &family.name } else { &sample };
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Info if open => "info",
            Kind::Gauge | Kind::Info => "gauge",
            Kind::Histogram => "histogram",
        };
        // Writing to a text can't fail.
        let _ = writeln!(out, "# HELP {name} {}\n# TYPE {name} {kind}", family.help);
        if open && !family.unit.is_empty() {
            let _ = writeln!(out, "# UNIT {name} {}", family.unit);
        }
        for Point { labels, value } in &family.points {
            let labels: Vec<(&str, &str)> = labels.iter().map(|(label, text)| (*label, &**text)).collect();
            line(out, &sample, &labels, value);
        }
        if let Some(histogram) = &family.histogram {
            let bounds = histogram.bounds.iter().map(|bound| pointed(*bound)).chain(["+Inf".to_owned()]);
            let bucket = format!("{sample}_bucket");
            bounds.zip(&histogram.counts).for_each(|(bound, count)| line(out, &bucket, &[("le", &bound)], count));
            line(out, &format!("{sample}_sum"), &[], pointed(histogram.sum));
            line(out, &format!("{sample}_count"), &[], histogram.counts.last().copied().unwrap_or(0));
        }
    }
}

/// A sample of the text: a line.
fn line(out: &mut String, name: &str, labels: &[(&str, &str)], value: impl Display) {
    let _ = write!(out, "{name}");
    for (index, (label, text)) in labels.iter().enumerate() {
        let _ = write!(out, "{}{label}=\"{}\"", if index == 0 { '{' } else { ',' }, escaped(text));
    }
    let _ = writeln!(out, "{} {value}", if labels.is_empty() { "" } else { "}" });
}

/// The text of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A number with a point, which OpenMetrics wants in the bounds of a histogram.
fn pointed(value: f64) -> String {
    if value == value.trunc() { format!("{value:.1}") } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::line::tests::example;
    use crate::monitor::{Met, Sample, Standing, TargetSpace};
    use crate::record::LossyKind;
    use std::collections::{HashMap, HashSet};
    use std::time::{Duration, UNIX_EPOCH};

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
        sample.checkpoints = Some(super::super::Checkpoints { count: 2, position: 77, at: Duration::from_secs(3) });
        // 241 for text; 1241 were there before.
        sample.bad_by_cause[2] = 241;
        sample.stages[1] = Duration::from_millis(1_500);
        sample.target = Some(TargetSpace { free: 99, remaining: Some(1) });
        sample.target_stall = 4.5;
        let started = UNIX_EPOCH + Duration::from_secs(1_000);
        (About { job: Some("nightly".into()), from: Some("csv"), to: Some("ndjson"), started, ..about }, sample)
    }

    #[test]
    fn both_formats_can_be_read_and_say_the_same() {
        let (about, sample) = full();
        for sample in [sample, Sample::default()] {
            let prometheus = read(&Exposition::Prometheus.text(&about, &sample.into()), false).unwrap();
            let open = read(&Exposition::OpenMetrics.text(&about, &sample.into()), true).unwrap();
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
        let alert = Standing {
            rule: "a\"b".into(),
            metric: "read_bytes_rate",
            severity: "warning",
            state: Met::Active,
            since: None,
            until: None,
            raised: 2,
            value: None,
            threshold: None,
            above: true,
            unit: "count",
            text: String::new(),
        };
        let text = Exposition::Prometheus.text(&about, &Moment { sample, alerts: vec![alert], ..Moment::default() });
        for line in [
            "pagemill_job_info{job=\"nightly\",from=\"csv\",to=\"ndjson\"} 1",
            "pagemill_run_state{state=\"running\"} 1",
            "pagemill_run_state{state=\"done\"} 0",
            "# TYPE pagemill_read_bytes_total counter",
            "pagemill_read_bytes_total 310000000000",
            "pagemill_records_bad_total{reason=\"fields\"} 0",
            "pagemill_records_bad_total{reason=\"text\"} 241",
            "pagemill_records_bad_total{reason=\"earlier\"} 1241",
            "pagemill_stage_seconds_total{stage=\"decode\"} 1.5",
            "pagemill_target_free_bytes 99",
            "pagemill_target_remaining_bytes 1",
            "pagemill_target_stall_seconds_total 4.5",
            "pagemill_checkpoint_timestamp_seconds 1003",
            "pagemill_allocated_blocks_total{phase=\"start\"} 0",
            "pagemill_alert_active{rule=\"a\\\"b\",severity=\"warning\"} 1",
            "pagemill_alerts_raised_total{rule=\"a\\\"b\",severity=\"warning\"} 2",
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
        let open = Exposition::OpenMetrics.text(&about, &sample.into());
        for line in ["# TYPE pagemill_read_bytes counter", "# UNIT pagemill_read_bytes bytes", "# EOF"] {
            assert!(open.lines().any(|other| other == line), "{line} is not in\n{open}");
        }
        assert!(!Exposition::Prometheus.text(&about, &Moment::default()).contains("input_size"), "a pipe has none");
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

//! Rules.

use std::time::Duration;

use super::metric::{Metric, Unit, metric};
use crate::metrics::size_rounded;
use crate::monitor::Sample;

/// How bad it is that a rule is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look at it.
    Warning,
    /// Somebody should look at it now.
    Critical,
}

impl Severity {
    /// All of them.
    pub const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Critical];

    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// Which values of a metric are met by a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Those above this.
    Above(f64),
    /// Those below this.
    Below(f64),
}

impl Limit {
    /// Whether a value is met.
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Limit::Above(limit) => value > limit,
            Limit::Below(limit) => value < limit,
        }
    }
}

/// When something is to be said about a run.
#[derive(Clone)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub metric: &'static Metric,
    /// Which values count.
    pub limit: Limit,
    /// How long the metric must have had such values.
    pub lasting: Duration,
    /// How bad that is.
    pub severity: Severity,
}

impl Rule {
    /// What is said when it is raised.
    pub fn text(&self, sample: &Sample, value: f64) -> String {
        self.metric.say.and_then(|say| say(sample)).unwrap_or_else(|| self.sentence(value))
    }

    /// What is said when it is raised: `records_bad_share is 1.2 %, above 1 % for 30 s`.
    pub fn sentence(&self, value: f64) -> String {
        let (side, limit) = match self.limit {
            Limit::Above(limit) => ("above", limit),
            Limit::Below(limit) => ("below", limit),
        };
        let lasting = match self.lasting.as_secs_f64() {
            0.0 => String::new(),
            seconds => format!(" for {seconds} s"),
        };
        let name = self.metric.name;
        format!("{name} is {}, {side} {}{lasting}", shown(self.metric.unit, value), shown(self.metric.unit, limit))
    }
}

/// A rule, and who is told besides those who watch the run.
#[derive(Clone)]
pub struct Told {
    /// The rule.
    pub rule: Rule,
    /// A program, and its arguments.
    pub command: Vec<String>,
    /// An address.
    pub webhook: Option<String>,
}

/// A value for people.
fn shown(unit: Unit, value: f64) -> String {
    // As many digits as matter.
    let digits = |value: f64| format!("{}", (value * 1_000.0).round() / 1_000.0);
    match unit {
        Unit::Count => digits(value),
        Unit::Bytes if value < 0.0 => format!("-{}", size_rounded(-value as u64)),
        Unit::Bytes => size_rounded(value as u64),
        Unit::BytesRate => format!("{}/s", size_rounded(value.max(0.0) as u64)),
        Unit::Share => format!("{} %", digits(value * 100.0)),
        Unit::Seconds => format!("{} s", digits(value)),
    }
}

/// The rules that every run has which is watched.
pub fn built_in() -> Vec<Rule> {
    let rule = |name: &str, about, limit, seconds, severity| {
        let lasting = Duration::from_secs(seconds);
        metric(about).map(|metric| Rule { name: name.to_owned(), metric, limit, lasting, severity })
    };
    let rules = [
        // Estimates are not exact: what they say once may be wrong.
        rule("disk_nearly_full", "target_left_share", Limit::Below(0.03), 5, Severity::Warning),
        rule("memory_pressure", "memory_pressure_level", Limit::Above(0.0), 10, Severity::Warning),
        rule("memory_ceiling", "memory_peak_share", Limit::Above(1.0), 0, Severity::Critical),
        rule("many_bad_records", "records_bad_share", Limit::Above(0.05), 10, Severity::Warning),
        rule("stalled", "stalled_seconds", Limit::Above(30.0), 0, Severity::Warning),
    ];
    rules.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences() {
        let rule = |name, limit, seconds| Rule {
            name: "r".into(),
            metric: metric(name).unwrap(),
            limit,
            lasting: Duration::from_secs(seconds),
            severity: Severity::Info,
        };
        let share = rule("records_bad_share", Limit::Above(0.01), 30);
        assert_eq!(share.sentence(0.0123), "records_bad_share is 1.23 %, above 1 % for 30 s");
        let rate = rule("read_bytes_rate", Limit::Below(5e6), 0);
        assert_eq!(rate.sentence(1.5e6), "read_bytes_rate is 1.50 MB/s, below 5.00 MB/s");
        let latency = rule("record_latency_p99_seconds", Limit::Above(0.5), 0);
        assert_eq!(latency.sentence(2.0), "record_latency_p99_seconds is 2 s, above 0.5 s");
    }

    #[test]
    fn limits() {
        assert!(Limit::Above(1.0).is_met(1.1) && !Limit::Above(1.0).is_met(1.0));
        assert!(Limit::Below(1.0).is_met(0.9) && !Limit::Below(1.0).is_met(1.0));
        assert_eq!(built_in().len(), 5);
    }
}

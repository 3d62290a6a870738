//! Rules and a run.

use std::time::Duration;

use super::rule::{Limit, Rule};
use crate::monitor::{Met, Sample, Standing};

/// Compares the samples of a run with rules.
pub struct Watch {
    rules: Vec<Watched>,
}

/// A rule, and whether the run breaks it.
struct Watched {
    rule: Rule,
    /// The name that no other rule has.
    name: String,
    /// Since when its values are met.
    since: Option<Duration>,
    active: bool,
    /// The value that was known last.
    value: Option<f64>,
    /// What the value is a share of.
    whole: Option<f64>,
    /// When it was raised and resolved for the last time.
    raised: Option<Duration>,
    resolved: Option<Duration>,
    times: u64,
    text: String,
}

/// A rule was raised or resolved.
#[derive(Clone)]
pub struct Change {
    /// The rule.
    pub rule: Rule,
    /// Its place among the rules.
    pub index: usize,
    /// It was raised; else it was resolved.
    pub raised: bool,
    /// The value of its metric.
    pub value: f64,
    /// What was said when it was raised.
    pub text: String,
    /// When, from the start of the run.
    pub at: Duration,
}

impl Watch {
    /// Rules that no sample has met yet.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Watch {
        let mut watched: Vec<Watched> = Vec::new();
        for rule in rules {
            let same = watched.iter().filter(|other| other.rule.name == rule.name).count();
            let name = if same == 0 { rule.name.clone() } else { format!("{}_{}", rule.name, same + 1) };
            watched.push(Watched::new(rule, name));
        }
        Watch { rules: watched }
    }

    /// Looks at the next sample. A rule is raised when its values were met for as long as it says, and resolved when
    /// one is not: each change is given once. A metric that is not known changes nothing, and the end of a run resolves
    /// nothing.
    pub fn look(&mut self, sample: &Sample) -> Vec<Change> {
        let looked = self.rules.iter_mut().enumerate();
        looked.filter_map(|(index, watched)| watched.look(index, sample)).collect()
    }

    /// The rules that are raised.
    pub fn active(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|watched| watched.active).map(|watched| &watched.rule)
    }

    /// Whether the run breaks each rule, in their order.
    pub fn standings(&self) -> impl Iterator<Item = Standing> {
        self.rules.iter().map(Watched::standing)
    }
}

impl Watched {
    fn new(rule: Rule, name: String) -> Watched {
        let (since, value, whole, raised, resolved) = (None, None, None, None, None);
        Watched { rule, name, since, active: false, value, whole, raised, resolved, times: 0, text: String::new() }
    }

    fn look(&mut self, index: usize, sample: &Sample) -> Option<Change> {
        self.whole = self.rule.metric.whole.and_then(|whole| (whole.of)(sample));
        self.value = (self.rule.metric.of)(sample);
        let value = self.value?;
        if !self.rule.limit.is_met(value) {
            if !sample.state.is_end() {
                self.since = None;
            }
            if !self.active || sample.state.is_end() {
                return None;
            }
            (self.active, self.resolved) = (false, Some(sample.t));
            return Some(self.change(index, false, value, sample));
        }
        let since = *self.since.get_or_insert(sample.t);
        if self.active {
            // Its numbers go on.
            self.text = self.rule.text(sample, value);
            return None;
        }
        if sample.t.saturating_sub(since) < self.rule.lasting {
            return None;
        }
        (self.active, self.raised, self.resolved) = (true, Some(sample.t), None);
        self.times += 1;
        self.text = self.rule.text(sample, value);
        Some(self.change(index, true, value, sample))
    }

    fn change(&self, index: usize, raised: bool, value: f64, sample: &Sample) -> Change {
        Change { rule: self.rule.clone(), index, raised, value, text: self.text.clone(), at: sample.t }
    }

    fn standing(&self) -> Standing {
        let (threshold, above) = match self.rule.limit {
            Limit::Above(limit) => (limit, true),
            Limit::Below(limit) => (limit, false),
        };
        // A share is shown by what it is a share of.
        let whole = self.rule.metric.whole;
        let (unit, factor) = match whole {
            Some(whole) => (whole.unit, self.whole),
            None => (self.rule.metric.unit, Some(1.0)),
        };
        let state = match (self.active, self.times) {
            (true, _) => Met::Active,
            (false, 0) => Met::Quiet,
            (false, _) => Met::Resolved,
        };
        Standing {
            rule: self.name.clone(),
            metric: self.rule.metric.name,
            severity: self.rule.severity.name(),
            state,
            since: self.raised,
            until: self.resolved,
            raised: self.times,
            value: self.value.zip(factor).map(|(value, factor)| value * factor),
            threshold: factor.map(|factor| threshold * factor),
            above,
            unit: unit.name(),
            text: self.text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{Severity, metric};
    use crate::monitor::{State, TargetSpace};

    /// What changes when a rule meets samples a second apart: with a number of bad ones of 100 records; none: no record.
    fn changes(lasting: u64, bad: &[Option<u64>]) -> Vec<(u64, bool)> {
        let rule = Rule {
            name: "r".into(),
            metric: metric("records_bad_share").unwrap(),
            limit: Limit::Above(0.1),
            lasting: Duration::from_secs(lasting),
            severity: Severity::Warning,
        };
        let mut watch = Watch::new([rule]);
        let mut found = Vec::new();
        for (second, bad) in (0..).zip(bad) {
            let sample = Sample {
                t: Duration::from_secs(second),
                records_read: bad.map_or(0, |_| 100),
                records_bad: bad.unwrap_or(0),
                ..Sample::default()
            };
            found.extend(watch.look(&sample).into_iter().map(|change| (change.at.as_secs(), change.raised)));
        }
        found
    }

    #[test]
    fn each_change_is_reported_once() {
        let [low, high] = [Some(10), Some(11)];
        assert_eq!(changes(0, &[low, high, high, high, low, low, high]), [(1, true), (4, false), (6, true)]);
        assert_eq!(changes(0, &[low, low]), []);
    }

    #[test]
    fn it_must_last() {
        let [low, high] = [Some(10), Some(11)];
        assert_eq!(changes(2, &[high, high, low, high, high, high, high, low]), [(5, true), (7, false)]);
        assert_eq!(changes(2, &[high, high, low]), [], "it was never raised");
    }

    #[test]
    fn what_is_unknown_changes_nothing() {
        let [low, high] = [Some(10), Some(11)];
        assert_eq!(changes(0, &[None, high, None, None, low]), [(1, true), (4, false)]);
    }

    #[test]
    fn how_a_run_stands_is_known_at_any_time() {
        let mut watch = Watch::new([Limit::Below(0.1), Limit::Below(0.5)].map(|limit| Rule {
            name: "disk".into(),
            metric: metric("target_left_share").unwrap(),
            limit,
            lasting: Duration::ZERO,
            severity: Severity::Warning,
        }));
        let mut look = |seconds, free, state| {
            let target = Some(TargetSpace { free, remaining: Some(300) });
            let t = Duration::from_secs(seconds);
            let changes = watch.look(&Sample { t, state, written: 700, target, ..Sample::default() });
            (changes.len(), watch.standings().collect::<Vec<_>>())
        };
        // 800 will be left, of an output of 1000: the limits are 100 and 500.
        let (changes, standings) = look(1, 1_100, State::Running);
        assert_eq!((changes, standings[0].state, standings[0].value), (0, Met::Quiet, Some(800.0)));
        assert_eq!((&*standings[1].rule, standings[1].threshold, standings[1].unit), ("disk_2", Some(500.0), "bytes"));
        let (changes, standings) = look(2, 350, State::Running);
        let text = "50 B left at the end (350 B free, 300 B to write)";
        assert_eq!((changes, standings[0].since, &*standings[0].text), (2, Some(Duration::from_secs(2)), text));
        let (_, standings) = look(3, 250, State::Running);
        assert_eq!((standings[0].value, standings[0].raised), (Some(-50.0), 1));
        assert_eq!(standings[0].text, "50 B too little (250 B free, 300 B to write)");
        let (changes, standings) = look(4, 600, State::Running);
        assert_eq!((changes, standings[0].state, standings[1].state), (1, Met::Resolved, Met::Active));
        assert_eq!(standings[0].until, Some(Duration::from_secs(4)));
        // What ends with the run is not resolved by that.
        let (changes, standings) = look(5, 9_000, State::Failed);
        assert_eq!((changes, standings[1].state), (0, Met::Active));
    }
}

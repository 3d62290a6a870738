//! Rules and a run.

use std::time::Duration;

use super::rule::Rule;
use crate::monitor::Sample;

/// Compares the samples of a run with rules.
pub struct Watch {
    rules: Vec<Watched>,
}

/// A rule, and how the run stands to it.
struct Watched {
    rule: Rule,
    /// Since when its values are met.
    since: Option<Duration>,
    active: bool,
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
    /// When, from the start of the run.
    pub at: Duration,
}

impl Watch {
    /// Rules that no sample has met yet.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Watch {
        let watched = |rule| Watched { rule, since: None, active: false };
        Watch { rules: rules.into_iter().map(watched).collect() }
    }

    /// Looks at the next sample. A rule is raised when its values were met for as long as it says, and resolved when
    /// one is not: each change is given once. A metric that is not known changes nothing.
    pub fn look(&mut self, sample: &Sample) -> Vec<Change> {
        let looked = self.rules.iter_mut().enumerate();
        looked.filter_map(|(index, watched)| watched.look(index, sample)).collect()
    }

    /// The rules that are raised.
    pub fn active(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|watched| watched.active).map(|watched| &watched.rule)
    }
}

impl Watched {
    fn look(&mut self, index: usize, sample: &Sample) -> Option<Change> {
        let value = (self.rule.metric.of)(sample)?;
        let change = |rule: &Rule, raised| Some(Change { rule: rule.clone(), index, raised, value, at: sample.t });
        if !self.rule.limit.is_met(value) {
            self.since = None;
            return if std::mem::take(&mut self.active) { change(&self.rule, false) } else { None };
        }
        let since = *self.since.get_or_insert(sample.t);
        if self.active || sample.t.saturating_sub(since) < self.rule.lasting {
            return None;
        }
        self.active = true;
        change(&self.rule, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{Limit, Severity, metric};

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
    fn each_change_is_told_once() {
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
}

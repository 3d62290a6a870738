//! Counting records by the numbers that blocks state.

use super::block::{Found, Rule};
use super::header::SYNC;
use crate::format::{Tallied, Tally};

pub(super) struct Counter {
    pub rule: Rule,
}

impl Tally for Counter {
    fn records(&mut self, slice: &[u8]) -> Tallied {
        let mut tallied = Tallied::default();
        let mut at = 0;
        while at < slice.len() {
            match self.rule.look(slice, at, true) {
                Found::Whole { records, to, .. } => {
                    tallied.records = tallied.records.saturating_add(records);
                    at = to + SYNC;
                }
                found => {
                    let to = if let Found::Broken { to } = found { to } else { slice.len() };
                    tallied.bad(|| self.rule.error(slice, at, to));
                    at = to;
                }
            }
        }
        tallied
    }
}

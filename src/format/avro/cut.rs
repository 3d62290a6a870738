//! Boundaries by going from block to block.

use memchr::memmem;

use super::block::{Found, Rule};
use super::header::SYNC;
use crate::error::RecordError;
use crate::format::{Boundary, Cut, Passed};
use crate::record::record_too_large;

pub(super) struct Cutter {
    rule: Rule,
    /// The last bytes of what was passed over: the marker may begin there.
    tail: Vec<u8>,
}

impl Cutter {
    pub fn new(rule: Rule) -> Cutter {
        Cutter { rule, tail: Vec::with_capacity(2 * SYNC) }
    }
}

impl Cut for Cutter {
    /// What is no block becomes part of a slice up to the next marker, and the decoder reports it.
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        self.tail.clear();
        let mut at = 0;
        while at < target.max(1) && at < data.len() {
            let next = match self.rule.look(data, at, end) {
                Found::Whole { to, .. } => to + SYNC,
                Found::Broken { to } => to,
                _ if at > 0 => break,
                Found::Cut => return Ok(Boundary::More),
                Found::Large => return Err(record_too_large(0, self.rule.most)),
            };
            if at > 0 && next > target {
                break;
            }
            at = next;
        }
        Ok(Boundary::At(at))
    }

    /// Looks for the next marker.
    fn pass(&mut self, data: &[u8], _: bool) -> Result<Passed, RecordError> {
        let held = self.tail.len();
        self.tail.extend_from_slice(&data[..data.len().min(SYNC - 1)]);
        let found = match memmem::find(&self.tail, &self.rule.sync) {
            // It ends after what was held.
            Some(found) => Some(found + SYNC - held),
            None => memmem::find(data, &self.rule.sync).map(|found| found + SYNC),
        };
        if let Some(len) = found {
            self.tail.clear();
            return Ok(Passed::End(len, 0));
        }
        if data.len() >= SYNC - 1 {
            self.tail.clear();
            self.tail.extend_from_slice(&data[data.len() - (SYNC - 1)..]);
        } else {
            let extra = self.tail.len().saturating_sub(SYNC - 1);
            self.tail.drain(..extra);
        }
        Ok(Passed::All)
    }
}

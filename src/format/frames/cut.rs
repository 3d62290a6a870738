//! Boundaries by walking from one length prefix to the next.

use super::frame::{Frame, Rule};
use super::prefix::Prefix;
use crate::error::RecordError;
use crate::format::{Boundary, Cut, Passed};
use crate::record::record_too_large;
use crate::wording::counted;

pub(super) struct Cutter {
    rule: Rule,
    /// How much is left of a frame that is being skipped.
    left: Option<u64>,
}

impl Cutter {
    pub(super) fn new(rule: Rule) -> Cutter {
        Cutter { rule, left: None }
    }
}

impl Cut for Cutter {
    /// A frame that is cut off by the end of the input becomes a slice, and the decoder reports it. A prefix that can't
    /// be right, or that states too large a frame, is an error here, whatever follows: skipping the whole rest as one
    /// bad record would lose an unknown number of records.
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        if self.rule.prefix == Prefix::None {
            return match data.len() {
                len if len > self.rule.max_record => Err(record_too_large(0, self.rule.max_record)),
                len if end => Ok(Boundary::At(len)),
                _ => Ok(Boundary::More),
            };
        }
        let mut at = 0;
        while at < target.max(1) && at < data.len() {
            match self.rule.look(&data[at..]) {
                Frame::Whole { end, .. } if at > 0 && at + end > target => break,
                Frame::Whole { end, .. } => at += end,
                _ if at > 0 => break,
                Frame::Cut if end => return Ok(Boundary::At(data.len())),
                Frame::Cut => return Ok(Boundary::More),
                Frame::Broken => return Err(self.rule.error(data, 0)),
            }
        }
        Ok(Boundary::At(at))
    }

    /// Skips as much as the prefix states. If the input ends before that, the prefix can't be right.
    fn pass(&mut self, data: &[u8], end: bool) -> Result<Passed, RecordError> {
        if self.rule.prefix == Prefix::None {
            return Ok(if end { Passed::End(data.len(), 0) } else { Passed::All });
        }
        let left = self.left.or_else(|| self.rule.oversized(data)).unwrap_or_default();
        let after = left.saturating_sub(data.len() as u64);
        if after > 0 && end {
            let reason =
                format!("a frame says that it goes on for {} after the end of the input", counted(after, "byte"));
            return Err(RecordError::new(0, reason).hint("The input was cut off, or ⟨frame⟩ is not its prefix."));
        }
        self.left = Some(after).filter(|after| *after > 0);
        Ok(if after > 0 { Passed::All } else { Passed::End(left as usize, 0) })
    }
}

//! Boundaries by walking from prefix to prefix.

use super::frame::{Frame, Rule};
use crate::error::RecordError;
use crate::format::{Boundary, Cut};

pub(super) struct Cutter {
    pub(super) rule: Rule,
}

impl Cut for Cutter {
    /// A frame that the end of the input cuts off becomes a slice, and the decoder reports it. A prefix
    /// that can't be right is an error here, whatever follows it: no later boundary can be found, and
    /// to leave out the whole rest as one bad record would lose an unknown number of records.
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
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
}

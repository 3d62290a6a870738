//! Pass-through: where nothing changes a record, its bytes go from the source to the target.

use std::ops::Range;

use crate::format::{Encode, Frame, WriteFormat};
use crate::record::{Batch, EncodeError, Output};

/// A target that takes records as the source has them.
pub(super) struct PassThrough {
    /// The source's bytes before the first record.
    pub prefix: Vec<u8>,
}

impl WriteFormat for PassThrough {
    fn frame(&self) -> Frame {
        Frame { prefix: self.prefix.clone(), ..Frame::default() }
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(Copy)
    }
}

struct Copy;

impl Encode for Copy {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        output.records += records.len() as u64;
        let mut next = records.start;
        while next < records.end {
            // Records that touch each other go in one piece; blank lines between others are left out.
            let start = batch.span(next).start;
            let mut end = start;
            while next < records.end && batch.span(next).start == end {
                end = batch.span(next).end;
                next += 1;
            }
            output.put(batch.bytes(start..end))?;
        }
        Ok(())
    }
}

/// Writes nothing.
#[derive(Clone, Copy)]
pub(super) struct Discard;

impl WriteFormat for Discard {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(*self)
    }
}

impl Encode for Discard {
    fn encode(&mut self, _: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        output.records += records.len() as u64;
        Ok(())
    }
}

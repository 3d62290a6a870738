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
        for record in records {
            output.put(batch.source(record))?;
            output.records += 1;
        }
        Ok(())
    }
}

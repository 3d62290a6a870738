//! Batches to messages.

use std::ops::Range;

use crate::error::Error;
use crate::format::Encode;
use crate::record::proto::{Writer, put_varint};
use crate::record::{Batch, EncodeError, Output};

pub(super) struct Encoder {
    writer: Writer,
}

impl Encoder {
    pub(super) fn new(writer: Writer) -> Encoder {
        Encoder { writer }
    }
}

impl Encode for Encoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let mut scratch = Batch::new(batch.arena(), batch.slice(), None, usize::MAX);
        for index in records {
            let mark = output.mark();
            let prefix = |len: usize| {
                let mut room = [0; 10];
                let head = put_varint(len as u64, &mut room);
                Ok((room, head))
            };
            if let Err(error) = self.writer.framed(batch, index, &mut scratch, output, &prefix)? {
                return Err(output.refuse(mark, index, error));
            }
        }
        Ok(())
    }
}

/// What could not be made.
pub(super) struct Refused(pub String);

impl Encode for Refused {
    fn encode(&mut self, _: &Batch<'_>, _: Range<usize>, _: &mut Output<'_>) -> Result<(), EncodeError> {
        Err(EncodeError::Stop(Error::usage(self.0.clone())))
    }
}

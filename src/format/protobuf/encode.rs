//! Batches to messages.

use std::ops::Range;

use crate::format::Encode;
use crate::record::proto::Writer;
use crate::record::{Batch, EncodeError, Output, varint};

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
                let head = varint::put(len as u64, &mut room);
                Ok((room, head))
            };
            if let Err(error) = self.writer.framed(batch, index, &mut scratch, output, &prefix)? {
                return Err(output.refuse(mark, index, error));
            }
        }
        Ok(())
    }
}

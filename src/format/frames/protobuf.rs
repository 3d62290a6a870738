//! Frames of Protobuf.

use std::ops::Range;

use super::decode::Read;
use super::prefix::Prefix;
use crate::error::RecordError;
use crate::format::Encode;
use crate::record::proto::{Reader, Writer};
use crate::record::{Batch, EncodeError, Output};

/// Frames that hold one message each.
pub(super) struct Message(pub Reader);

impl Read for Message {
    #[inline]
    fn read<'a>(&mut self, slice: &'a [u8], payload: Range<usize>, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let mut names = Reader::names();
        self.0.message(slice, payload.start, payload.end, &mut names, batch)
    }
}

/// An encoder of such frames.
pub(super) struct Encoder {
    pub prefix: Prefix,
    pub writer: Writer,
}

impl Encode for Encoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let mut scratch = Batch::new(batch.arena(), batch.slice(), None, usize::MAX);
        for index in records {
            let mark = output.mark();
            let offset = batch.span(index).start;
            let prefix = |len: usize| self.prefix.head(len, offset);
            if let Err(error) = self.writer.framed(batch, index, &mut scratch, output, &prefix)? {
                return Err(output.refuse(mark, index, error));
            }
        }
        Ok(())
    }
}

//! Frames of MessagePack and CBOR.

use std::ops::Range;

use super::decode::Read;
use super::encode::{Again, Measure};
use super::prefix::{LONGEST, Prefix};
use crate::error::{Error, RecordError};
use crate::format::{Encode, Shape, Want};
use crate::record::binary::{Columns, Direct, Out, Reader, Wire, Writer};
use crate::record::json::{Refusal, Sink, Step};
use crate::record::line_form::longest_json;
use crate::record::{Batch, EncodeError, LossyKind, Mark, Output};

/// Frames that hold one value each.
pub(super) struct Packed<W>(Reader<W>);

impl<W: Wire> Packed<W> {
    pub(super) fn new(want: &Want, max_depth: usize, max_fields: usize) -> Packed<W> {
        Packed(Reader::new(max_depth, 0, max_fields, want.replace_invalid_utf8, !want.copied))
    }
}

impl<W: Wire> Read for Packed<W> {
    #[inline]
    fn read<'a>(&mut self, slice: &'a [u8], payload: Range<usize>, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        // Nothing after the frame is looked at.
        match self.0.value(&slice[..payload.end], payload.start, batch)? {
            read if read < payload.end => Err(RecordError::new(read, "the frame has more than its value")),
            _ => Ok(()),
        }
    }
}

/// An encoder of such frames.
pub(super) fn encoder<W: Wire>(
    prefix: Prefix,
    shape: &Shape,
    steps: Option<Vec<Step>>,
    canonical: bool,
    max_depth: usize,
) -> Box<dyn Encode> {
    let columns = shape.columns().map(|schema| Columns::new::<W>(schema, steps, canonical));
    let payload = Payload { writer: Writer::<W>::new(canonical, max_depth), columns };
    Box::new(Encoder { prefix, payload, guess: prefix.width_of(100) })
}

struct Encoder<W> {
    prefix: Prefix,
    payload: Payload<W>,
    /// The length of the last prefix.
    guess: usize,
}

/// Writes the value of a record.
struct Payload<W> {
    writer: Writer<W>,
    columns: Option<Columns>,
}

impl<W: Wire> Payload<W> {
    #[inline(always)]
    fn write<'a, O: Out>(
        &mut self,
        batch: &Batch<'a>,
        index: usize,
        scratch: &mut Batch<'a>,
        out: &mut O,
    ) -> Result<(), Refusal> {
        match &mut self.columns {
            Some(columns) => self.writer.columns(columns, batch.columns(index), scratch, out),
            None => self.writer.tree(batch, index, scratch, out),
        }
    }
}

impl<W: Wire> Encode for Encoder<W> {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let mut scratch = Batch::new(batch.arena(), batch.slice(), None, usize::MAX);
        for index in records {
            let mark = output.mark();
            // What is written as JSON takes no less room.
            let longest = longest_json(batch, index).saturating_add(2 * LONGEST);
            let written = match longest <= output.capacity() {
                true => self.short(batch, index, &mut scratch, mark, longest, output)?,
                false => self.long(batch, index, &mut scratch, output)?,
            };
            if let Err(error) = written {
                return Err(output.refuse(mark, index, error));
            }
        }
        Ok(())
    }
}

impl<W: Wire> Encoder<W> {
    /// Writes a record that stays in the buffer: its prefix is inserted once the length is known.
    #[inline]
    fn short<'a>(
        &mut self,
        batch: &Batch<'a>,
        index: usize,
        scratch: &mut Batch<'a>,
        mark: Mark,
        longest: usize,
        output: &mut Output<'_>,
    ) -> Result<Result<(), RecordError>, Error> {
        output.room(longest)?;
        output.advance(self.guess);
        if let Err(refusal) = self.payload.write(batch, index, scratch, &mut Direct(output)) {
            return refusal.of_record(batch, index).map(Err);
        }
        let len = output.since(mark) - self.guess;
        match self.prefix.head(len, batch.span(index).start) {
            Ok((prefix, head)) => {
                output.put_start(mark, self.guess, &prefix[..head]);
                self.guess = head;
                Ok(output.end_record(batch.span(index).start))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    /// Writes a record that may be larger than the buffer: it is measured first, and written after its prefix.
    #[cold]
    fn long<'a>(
        &mut self,
        batch: &Batch<'a>,
        index: usize,
        scratch: &mut Batch<'a>,
        output: &mut Output<'_>,
    ) -> Result<Result<(), RecordError>, Error> {
        let mut measure = Measure { len: 0, output };
        if let Err(refusal) = self.payload.write(batch, index, scratch, &mut measure) {
            return refusal.of_record(batch, index).map(Err);
        }
        let len = measure.len;
        let (prefix, head) = match self.prefix.head(len, batch.span(index).start) {
            Ok(head) => head,
            Err(error) => return Ok(Err(error)),
        };
        // What can be refused is refused before its first byte.
        if let Err(error) = output.end_record(batch.span(index).start) {
            return Ok(Err(error));
        }
        output.put(&prefix[..head])?;
        match self.payload.write(batch, index, scratch, &mut Again(output)) {
            Ok(()) => Ok(Ok(())),
            Err(refusal) => refusal.of_record(batch, index).map(Err),
        }
    }
}

impl Out for Measure<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Sink::put(self, bytes)
    }
    fn lose(&mut self, kind: LossyKind) {
        Sink::lose(self, kind);
    }
}

impl Out for Again<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Sink::put(self, bytes)
    }
    fn lose(&mut self, kind: LossyKind) {
        Sink::lose(self, kind);
    }
}

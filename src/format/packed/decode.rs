//! Slices to keyed batches.

use std::ops::Range;

use crate::error::{Fault, RecordError};
use crate::format::{Decode, Want};
use crate::record::Batch;
use crate::record::binary::{Reader, Wire};

pub(super) struct Decoder<W> {
    reader: Reader<W>,
    at: usize,
}

impl<W: Wire> Decoder<W> {
    /// A decoder of records inside this many lists.
    pub fn new(want: &Want, max_depth: usize, around: usize, max_fields: usize) -> Decoder<W> {
        let reader = Reader::new(max_depth, around, max_fields, want.replace_invalid_utf8, !want.copied);
        Decoder { reader, at: 0 }
    }
}

impl<W: Wire> Decode for Decoder<W> {
    fn begin(&mut self, _slice: &[u8]) {
        self.at = 0;
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if self.at >= slice.len() {
            return Ok(false);
        }
        while self.at < slice.len() && !batch.is_full() {
            let read = self.reader.value(slice, self.at, batch);
            match read.and_then(|end| batch.end_record(self.at, end).map(|()| end)) {
                Ok(end) => self.at = end,
                Err(error) => {
                    batch.abandon();
                    return Err(self.judged(slice, error));
                }
            }
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.at;
        self.at = self.reader.end_of(slice, start).unwrap_or(slice.len());
        start..self.at
    }
}

impl<W: Wire> Decoder<W> {
    /// A bad record is lost only if nothing tells where the next one begins.
    #[cold]
    fn judged(&mut self, slice: &[u8], error: RecordError) -> RecordError {
        match error.fault {
            Fault::Lost if self.reader.end_of(slice, self.at).is_some() => error.fault(Fault::Record),
            _ => error,
        }
    }
}

//! Slices to keyed batches.

use std::ops::Range;

use super::cut::{Found, error, look};
use crate::error::{Fault, RecordError};
use crate::format::Decode;
use crate::record::Batch;
use crate::record::proto::Reader;

pub(super) struct Decoder {
    reader: Reader,
    max_record: usize,
    at: usize,
}

impl Decoder {
    pub(super) fn new(reader: Reader, max_record: usize) -> Decoder {
        Decoder { reader, max_record, at: 0 }
    }
}

impl Decode for Decoder {
    fn begin(&mut self, _slice: &[u8]) {
        self.at = 0;
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if self.at >= slice.len() {
            return Ok(false);
        }
        let mut names = Reader::names();
        while self.at < slice.len() && !batch.is_full() {
            let Found::Whole(from, end) = look(slice, self.at) else {
                return Err(error(slice, self.at, self.max_record));
            };
            let read = self.reader.message(slice, from, end, &mut names, batch);
            if let Err(error) = read.and_then(|()| batch.end_record(self.at, end)) {
                batch.abandon();
                // The length tells where the next one begins.
                return Err(if error.fault == Fault::Lost { error.fault(Fault::Record) } else { error });
            }
            self.at = end;
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.at;
        self.at = match look(slice, start) {
            Found::Whole(_, end) if start < slice.len() => end,
            _ => slice.len(),
        };
        start..self.at
    }
}

//! Slices for a pass that only collects keys: those with nothing new are not decoded.

use super::layout::Layout;
use std::ops::Range;

use super::decode::Decoder;
use crate::error::RecordError;
use crate::format::Decode;
use crate::record::{Batch, Detail};
use crate::scan::json::{Among, Keys};
use crate::scan::vector::Unit;

/// How records can be found without decoding.
pub fn among(layout: Layout) -> Option<Among> {
    match layout {
        Layout::Lines => Some(Among::Lines),
        Layout::Items => Some(Among::Items),
        Layout::Maps => Some(Among::Maps),
        Layout::Scalars => None,
    }
}

/// Returns only the records of slices that may have a new key.
///
/// Nothing is checked in a slice that is skipped: everything is read again once the keys are known.
pub struct KeyDecoder {
    decoder: Decoder,
    keys: Keys,
    slice: Slice,
    /// How many slices in a row had something new.
    misses: u32,
    /// How many more slices are decoded without looking first.
    wait: u32,
}

/// What is done with a slice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slice {
    /// It has not been looked at.
    Fresh,
    /// It has nothing new and is skipped.
    Passed,
    /// It is decoded, and its keys are learned.
    Learnt,
    /// It is decoded.
    Decoded,
}

impl KeyDecoder {
    pub fn new(decoder: Decoder, among: Among, detail: Detail) -> KeyDecoder {
        let keys = Keys::new(Unit::get(), among, detail >= Detail::Maps);
        KeyDecoder { decoder, keys, slice: Slice::Fresh, misses: 0, wait: 0 }
    }

    /// Looks at a slice and decides what to do with it.
    fn look(&mut self, slice: &[u8], max_record: usize) -> Slice {
        // A record that is too large has to be reported in any case.
        if slice.len() > max_record {
            return Slice::Decoded;
        }
        if self.wait > 0 {
            self.wait -= 1;
            return Slice::Decoded;
        }
        if self.keys.has_no_new(slice) {
            self.misses = 0;
            return Slice::Passed;
        }
        // If there is always something new, looking is a waste of time.
        const MOST: u32 = 6;
        self.misses = (self.misses + 1).min(MOST);
        self.wait = (1 << self.misses) - 2;
        Slice::Learnt
    }
}

impl Decode for KeyDecoder {
    fn begin(&mut self, _: &[u8]) {
        self.slice = Slice::Fresh;
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if self.slice == Slice::Fresh {
            self.slice = self.look(slice, batch.max_record());
            if self.slice != Slice::Passed {
                self.decoder.begin(slice);
            }
        }
        if self.slice == Slice::Passed {
            return Ok(false);
        }
        let first = batch.len();
        let filled = self.decoder.fill(slice, batch);
        // The records of one call have no bad ones between them.
        if self.slice == Slice::Learnt && batch.len() > first {
            self.keys.learn(&slice[batch.span(first).start..batch.span(batch.len() - 1).end]);
        }
        filled
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        self.decoder.skip_record(slice)
    }
}

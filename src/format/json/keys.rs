//! Slices for a pass that only looks for keys: those with nothing new are not decoded.

use super::layout::Layout;
use std::ops::Range;

use super::decode::Decoder;
use crate::error::RecordError;
use crate::format::Decode;
use crate::record::{Batch, Detail};
use crate::scan::json::{Among, Keys};
use crate::scan::vector::Unit;

/// Where a light look can find records.
pub fn among(layout: Layout) -> Option<Among> {
    match layout {
        Layout::Lines => Some(Among::Lines),
        Layout::Items => Some(Among::Items),
        Layout::Maps => Some(Among::Maps),
        Layout::Scalars => None,
    }
}

/// Gives the records of slices that may have a new key, and no others.
///
/// Nothing is checked in a slice that is passed over: whoever looks for keys reads everything again.
pub struct KeyDecoder {
    decoder: Decoder,
    keys: Keys,
    slice: Slice,
    /// How many slices one after another had something new.
    misses: u32,
    /// So many slices more are decoded without a look.
    wait: u32,
}

/// What becomes of a slice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slice {
    /// It was not looked at.
    Fresh,
    /// It has nothing new.
    Passed,
    /// It is decoded, and its keys are learnt.
    Learnt,
    /// It is decoded.
    Decoded,
}

impl KeyDecoder {
    pub fn new(decoder: Decoder, among: Among, detail: Detail) -> KeyDecoder {
        let keys = Keys::new(Unit::get(), among, detail >= Detail::Maps);
        KeyDecoder { decoder, keys, slice: Slice::Fresh, misses: 0, wait: 0 }
    }

    /// Looks at a slice, and decides.
    fn look(&mut self, slice: &[u8], max_record: usize) -> Slice {
        // A record that is too large has to be found in any case.
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
        // Where there is always something new, looks are waste.
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
        // Between the records of one call there are no bad ones.
        if self.slice == Slice::Learnt && batch.len() > first {
            self.keys.learn(&slice[batch.span(first).start..batch.span(batch.len() - 1).end]);
        }
        filled
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        self.decoder.skip_record(slice)
    }
}

//! The decoders of a worker.
//!
//! Where conditions choose records that are copied as they are, only the fields that the conditions look at are decoded:
//! of a table of 16 columns that is half the work. A record that can't be copied has to be decoded whole, so the worker
//! then goes back to the beginning of the batch, and decodes whole records in the rest of the slice and in the next ones.

use crate::flow::shared::Shared;
use crate::format::Decode;

/// In how many slices whole records are decoded after one that can't be copied.
const PAUSE: u32 = 16;

/// The decoders of a worker.
pub(crate) struct Decoders {
    whole: Box<dyn Decode>,
    /// Decodes the fields that conditions look at.
    tested: Option<Box<dyn Decode>>,
    /// In how many slices to come whole records are decoded.
    pause: u32,
    tests: bool,
}

impl Decoders {
    pub fn new(whole: Box<dyn Decode>, tested: Option<Box<dyn Decode>>) -> Decoders {
        Decoders { whole, tested, pause: 0, tests: false }
    }

    /// Begins a slice.
    pub fn begin(&mut self, slice: &[u8], shared: &Shared<'_>) {
        self.pause = self.pause.saturating_sub(1);
        self.tests = match &shared.tested {
            // Where some text is not UTF-8, all fields are checked.
            Some(tested) if self.pause == 0 => !tested.utf8 || simdutf8::basic::from_utf8(slice).is_ok(),
            _ => false,
        };
        self.current().begin(slice);
    }

    /// Begins a slice again, with whole records if `whole`.
    #[cold]
    pub fn begin_again(&mut self, slice: &[u8], whole: bool) {
        if whole {
            (self.tests, self.pause) = (false, PAUSE);
        }
        self.current().begin(slice);
    }

    /// Only the fields that conditions look at are decoded at present.
    #[inline]
    pub fn tests(&self) -> bool {
        self.tests
    }

    /// The decoder that is at work.
    #[inline]
    pub fn current(&mut self) -> &mut dyn Decode {
        match &mut self.tested {
            Some(tested) if self.tests => &mut **tested,
            _ => &mut *self.whole,
        }
    }
}

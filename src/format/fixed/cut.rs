//! Boundaries by arithmetic.

use crate::error::RecordError;
use crate::format::{Boundary, Cut};

pub(super) struct Cutter {
    pub(super) width: usize,
}

impl Cut for Cutter {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        let whole = data.len() / self.width;
        if whole == 0 {
            // What is left at the end of the input is not a record; the decoder says so.
            return Ok(if end { Boundary::At(data.len()) } else { Boundary::More });
        }
        let aimed = (target / self.width).max(1);
        Ok(Boundary::At(whole.min(aimed) * self.width))
    }
}

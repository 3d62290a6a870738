//! Cutting where lines end, for formats whose records are lines.

use super::{Boundary, Cut, Passed};
use crate::error::RecordError;

/// Cuts after line feeds.
pub(super) struct LineCut;

impl Cut for LineCut {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        if end && data.len() <= target {
            return Ok(Boundary::At(data.len()));
        }
        let (range, rest) = data.split_at(target.min(data.len()));
        let found = memchr::memrchr(b'\n', range).or_else(|| memchr::memchr(b'\n', rest).map(|at| range.len() + at));
        Ok(match found {
            Some(at) => Boundary::At(at + 1),
            None if end => Boundary::At(data.len()),
            None => Boundary::More,
        })
    }

    fn pass(&mut self, data: &[u8], _end: bool) -> Result<Passed, RecordError> {
        Ok(Passed::line(data))
    }
}

//! Gives the pages of a mapped source back behind the slices that are being worked on.
//!
//! In pieces of several slices: after every call the processors of all workers are interrupted to forget the pages.
//! With two workers and a call for each slice that was a sixth of the time of a job that only selects columns.

use std::ops::Range;

use crate::sys::Map;

/// Page tables are given back in stretches of so many bytes.
const STRETCH: u64 = 64 << 20;

/// The largest piece, and the smallest.
pub(super) const PIECE: usize = 2 << 20;
pub(super) const PIECE_MIN: usize = 64 << 10;

/// How many bytes are done before their pages are given back, with slices of such a size.
pub(super) fn piece(slice_size: usize) -> usize {
    slice_size.saturating_mul(4).clamp(PIECE_MIN, PIECE)
}

/// Which slices of a mapped source are being worked on.
pub(super) struct Behind {
    /// Where they begin.
    starts: Vec<u64>,
    /// Everything before it was given back.
    released: u64,
}

impl Behind {
    /// Nobody needs what stands before `start`.
    pub fn new(start: u64, workers: usize) -> Behind {
        Behind { starts: Vec::with_capacity(workers), released: start }
    }

    /// A slice is handed out that begins at `start`.
    pub fn begin(&mut self, start: u64) {
        self.starts.push(start);
    }

    /// Nobody looks at that slice any more, and no other will begin before `next`. Gives what nobody needs any more, if
    /// it is a piece of `piece` bytes.
    pub fn end(&mut self, start: u64, next: u64, piece: usize) -> Option<Range<u64>> {
        self.starts.retain(|other| *other != start);
        let first = self.starts.iter().copied().min().unwrap_or(next);
        let range = self.released..first / piece as u64 * piece as u64;
        if range.is_empty() {
            return None;
        }
        self.released = range.end;
        Some(range)
    }
}

/// Gives the pages of a range back, and the page tables of the stretches that end in it. To be called for all ranges of
/// a source; their order does not matter.
pub(super) fn release(map: &Map, range: Range<u64>) {
    map.release(range.start as usize..range.end as usize);
    map.release_stretch(range.start as usize..range.end as usize);
    let [before, now] = [range.start, range.end].map(|at| (at / STRETCH * STRETCH) as usize);
    if now > before {
        map.release_tables(before..now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_pieces_before_the_first_slice_at_work() {
        let mut behind = Behind::new(10, 3);
        behind.begin(10);
        behind.begin(150);
        behind.begin(260);
        assert_eq!(behind.end(150, 390, 100), None);
        behind.begin(390);
        assert_eq!(behind.end(10, 470, 100), Some(10..200));
        assert_eq!(behind.end(260, 470, 100), Some(200..300));
        assert_eq!(behind.end(390, 470, 100), Some(300..400));
        behind.begin(470);
        assert_eq!(behind.end(470, 499, 100), None);
    }

    #[test]
    fn pieces_follow_slices_within_limits() {
        assert_eq!([1, 32 << 10, usize::MAX].map(piece), [PIECE_MIN, 128 << 10, PIECE]);
    }
}

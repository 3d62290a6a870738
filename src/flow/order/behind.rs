//! Gives back the pages of a mapped source before the slices that are being worked on.
//!
//! Pages are given back in pieces of several slices, because each call interrupts the processors of all workers. With
//! two workers, one call for each slice took a sixth of the time of a job that only selects columns. If one worker
//! falls far behind the others (its processor is busy with something else), the others give back each slice on its
//! own, so that resident memory does not depend on how far ahead they are.

use std::ops::Range;

use crate::plan::sizes::{most, piece};
use crate::sys::Map;

/// Page tables are given back for stretches of this many bytes.
const STRETCH: u64 = 64 << 20;

/// Which slices of a mapped source are being worked on.
pub(crate) struct Behind {
    /// Where they begin.
    starts: Vec<u64>,
    /// Everything before this byte was given back.
    released: u64,
}

impl Behind {
    /// Nothing before `start` is needed.
    pub fn new(start: u64, workers: usize) -> Behind {
        Behind { starts: Vec::with_capacity(workers), released: start }
    }

    /// Everything before this byte was given back.
    pub fn released(&self) -> u64 {
        self.released
    }

    /// A slice that begins at `start` is handed out.
    pub fn begin(&mut self, start: u64) {
        self.starts.push(start);
    }

    /// A slice is no longer needed, and no other will begin before `next`. Slices have about `slice_size` bytes.
    /// Returns what to give back: everything that no slice needs any more, if that is large enough for a piece; or this
    /// slice, if it is far ahead of one that is still needed.
    pub fn end(&mut self, slice: Range<u64>, next: u64, slice_size: usize) -> Option<Range<u64>> {
        self.starts.retain(|other| *other != slice.start);
        let first = self.starts.iter().copied().min().unwrap_or(next);
        let piece = piece(slice_size) as u64;
        let range = self.released..first / piece * piece;
        if !range.is_empty() {
            self.released = range.end;
            return Some(range);
        }
        (slice.end - self.released > most(slice_size) as u64).then_some(slice)
    }
}

/// Gives the pages of a range back, and the page tables of the stretches that end in it. To be called for all ranges of
/// a source; their order does not matter.
pub(crate) fn release(map: &Map, range: Range<u64>) {
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
    use crate::plan::sizes::{PIECE, PIECE_MIN, SLICE};

    /// Slices of this many bytes; a piece has four of them.
    const SMALL: usize = 25 << 10;
    const KIB: u64 = 1 << 10;

    #[test]
    fn whole_pieces_before_the_first_slice_at_work() {
        assert_eq!(piece(SMALL), 100 << 10);
        let mut behind = Behind::new(10, 3);
        let [a, b, c, d, e] = [10, 60 * KIB, 110 * KIB, 140 * KIB, 210 * KIB];
        behind.begin(a);
        behind.begin(b);
        behind.begin(c);
        assert_eq!(behind.end(b..c, d, SMALL), None);
        behind.begin(d);
        assert_eq!(behind.end(a..b, e, SMALL), Some(10..100 * KIB));
        assert_eq!(behind.end(c..d, e, SMALL), None);
        assert_eq!(behind.end(d..e, e, SMALL), Some(100 * KIB..200 * KIB));
        behind.begin(e);
        assert_eq!(behind.end(e..e + 9, e + 9, SMALL), None);
    }

    #[test]
    fn slices_far_ahead_of_a_worker_that_stays_behind() {
        let mut behind = Behind::new(0, 2);
        behind.begin(0);
        let (mut resident, mut most_resident) = (0, 0);
        let step = SMALL as u64;
        for start in (step..).step_by(SMALL).take(1000) {
            behind.begin(start);
            resident += step;
            most_resident = resident.max(most_resident);
            if let Some(range) = behind.end(start..start + step, start + step, SMALL) {
                assert_eq!(range, start..start + step);
                resident -= step;
            }
        }
        assert!(most_resident <= most(SMALL) as u64 + step, "{most_resident}");
        // In the end, everything before the next slice, including what was given back before.
        assert_eq!(behind.end(0..step, 1001 * step, SMALL), Some(0..1000 * step));
    }

    #[test]
    fn pieces_follow_slices_within_limits() {
        assert_eq!([1, 32 << 10, usize::MAX].map(piece), [PIECE_MIN, 128 << 10, PIECE]);
        assert_eq!([SLICE - 1, SLICE].map(piece), [4 * (SLICE - 1), 8 * SLICE]);
    }
}

//! Writing records that come in order.

use crate::error::Result;
use crate::sink::Target;
use crate::spill::{MERGED, Merge, Sorted};

/// How much is written at once.
pub(crate) const PIECE: usize = 256 << 10;

/// Writes records to a target, one after another.
pub(crate) struct Emitter<'t> {
    target: &'t Target,
    buffer: Vec<u8>,
    at: u64,
    /// How many bytes of the first record are left out.
    first_skips: usize,
    /// A record without a line break gets one if another one follows.
    breaks: bool,
    last: Option<u8>,
    skip: u64,
    left: u64,
    records: u64,
}

/// What was written.
pub(crate) struct Emitted {
    pub records: u64,
    /// Where the next byte goes.
    pub at: u64,
}

impl<'t> Emitter<'t> {
    /// Writes after the first `at` bytes of a target.
    pub fn new(target: &'t Target, at: u64, first_skips: usize, breaks: bool) -> Emitter<'t> {
        let buffer = Vec::with_capacity(PIECE);
        Emitter { target, buffer, at, first_skips, breaks, last: None, skip: 0, left: u64::MAX, records: 0 }
    }

    /// Passes over the first records, and writes no more than `left` of the others.
    pub fn only(self, skip: u64, left: u64) -> Emitter<'t> {
        Emitter { skip, left, ..self }
    }

    /// Writes all that is wanted; `check` is asked now and then whether to go on.
    ///
    /// # Errors
    /// They can't be read, or the target can't be written.
    pub fn all<S: Sorted>(mut self, mut merge: Merge<S>, check: &dyn Fn() -> Result<()>) -> Result<Emitted> {
        while self.left > 0
            && let Some(input) = merge.first()
        {
            if (self.records + self.skip).is_multiple_of(MERGED) {
                check()?;
            }
            if self.skip > 0 {
                self.skip -= 1;
                input.take(&mut |_| Ok(()))?;
            } else {
                self.left -= 1;
                self.one(input)?;
            }
            merge.next();
        }
        self.flush()?;
        Ok(Emitted { records: self.records, at: self.at })
    }

    #[inline]
    fn one(&mut self, input: &mut impl Sorted) -> Result<()> {
        let mut skips = 0;
        if self.records == 0 {
            skips = self.first_skips;
        } else if self.breaks && self.last != Some(b'\n') {
            self.put(b"\n")?;
        }
        self.records += 1;
        input.take(&mut |piece| {
            let skipped = skips.min(piece.len());
            skips -= skipped;
            self.put(&piece[skipped..])
        })
    }

    #[inline]
    fn put(&mut self, mut bytes: &[u8]) -> Result<()> {
        if let Some(last) = bytes.last() {
            self.last = Some(*last);
        }
        while bytes.len() > PIECE - self.buffer.len() {
            let (now, later) = bytes.split_at(PIECE - self.buffer.len());
            self.buffer.extend_from_slice(now);
            self.flush()?;
            bytes = later;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.target.write(&self.buffer, self.at)?;
        self.at += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

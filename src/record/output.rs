//! The output buffer as an encoder sees it.

use super::{Lossy, LossyKind};
use crate::error::{Error, Fault, RecordError};

/// Takes the bytes of a full output buffer while its slice is not finished.
pub trait Drain {
    /// Writes `bytes` in input order; waits for the slice's turn.
    fn drain(&mut self, bytes: &[u8]) -> Result<(), Error>;
}

/// Why encoding stopped.
#[derive(Debug)]
pub enum EncodeError {
    /// A record of the batch can't be written; nothing of it is in the output buffer.
    Record {
        /// Its index in the batch.
        index: usize,
        /// Why.
        error: RecordError,
    },
    /// The run can't go on.
    Stop(Error),
}

impl From<Error> for EncodeError {
    fn from(error: Error) -> EncodeError {
        EncodeError::Stop(error)
    }
}

/// A pooled byte buffer of fixed capacity that an encoder fills.
///
/// When it is full its bytes go out through the [`Drain`], and filling starts anew: a value of any size
/// passes, and no buffer ever grows.
pub struct Output<'w> {
    buffer: &'w mut [u8],
    len: usize,
    drained: u64,
    drain: &'w mut dyn Drain,
    strict: bool,
    lost: Option<LossyKind>,
    /// Where the record being written begins, counted as `drained` is.
    begun: u64,
    /// What the encoder could not hold.
    pub lossy: Lossy,
    /// How many records were written.
    pub records: u64,
}

/// A place in the output to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    total: u64,
    lossy: Lossy,
}

impl<'w> Output<'w> {
    /// An empty output over `buffer`; with `strict`, anything lossy refuses the record.
    pub fn new(buffer: &'w mut [u8], drain: &'w mut dyn Drain, strict: bool) -> Output<'w> {
        Output { buffer, len: 0, drained: 0, drain, strict, lost: None, begun: 0, lossy: Lossy::default(), records: 0 }
    }

    /// The largest room [`room`](Self::room) can make.
    pub fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// How many bytes were drained already.
    pub fn drained(&self) -> u64 {
        self.drained
    }

    /// How many bytes wait in the buffer.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no byte waits in the buffer.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The free part of the buffer, at least `least` bytes of it; drains if it has to.
    ///
    /// # Panics
    /// If `least` is more than [`capacity`](Self::capacity).
    #[inline]
    pub fn room(&mut self, least: usize) -> Result<&mut [u8], Error> {
        if self.buffer.len() - self.len < least {
            self.make_room(least)?;
        }
        Ok(&mut self.buffer[self.len..])
    }

    #[cold]
    fn make_room(&mut self, least: usize) -> Result<(), Error> {
        assert!(least <= self.buffer.len(), "an encoder asked for more than an output buffer");
        // The record being written stays as long as it can, so that it can still be taken back.
        let whole = (self.begun - self.drained.min(self.begun)) as usize;
        let keep = self.len - whole;
        let drain = if whole > 0 && keep + least <= self.buffer.len() { whole } else { self.len };
        self.drain.drain(&self.buffer[..drain])?;
        self.buffer.copy_within(drain..self.len, 0);
        self.drained += drain as u64;
        self.len -= drain;
        Ok(())
    }

    /// Says that `count` bytes of the room were filled.
    #[inline]
    pub fn advance(&mut self, count: usize) {
        debug_assert!(count <= self.buffer.len() - self.len);
        self.len += count;
    }

    /// Appends bytes, however many.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() <= self.buffer.len() - self.len {
            self.buffer[self.len..self.len + bytes.len()].copy_from_slice(bytes);
            self.len += bytes.len();
            return Ok(());
        }
        self.put_in_pieces(bytes)
    }

    #[cold]
    fn put_in_pieces(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let room = self.room(1)?;
            let count = room.len().min(bytes.len());
            room[..count].copy_from_slice(&bytes[..count]);
            self.advance(count);
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Appends one byte.
    #[inline]
    pub fn put_byte(&mut self, byte: u8) -> Result<(), Error> {
        self.room(1)?[0] = byte;
        self.advance(1);
        Ok(())
    }

    /// How many bytes were appended since `mark`.
    #[inline]
    pub fn since(&self, mark: Mark) -> usize {
        (self.drained + self.len as u64 - mark.total) as usize
    }

    /// Puts `start` in the place of the first `held` bytes behind `mark`, none of which was drained yet;
    /// there is room for what it is longer.
    ///
    /// # Panics
    /// If that is not so.
    pub fn put_start(&mut self, mark: Mark, held: usize, start: &[u8]) {
        let from = (mark.total - self.drained) as usize;
        if start.len() != held {
            self.buffer.copy_within(from + held..self.len, from + start.len());
            self.len = self.len - held + start.len();
        }
        self.buffer[from..from + start.len()].copy_from_slice(start);
    }

    /// Whether anything lossy refuses its record.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Counts something the target can't hold.
    #[inline]
    pub fn lose(&mut self, kind: LossyKind) {
        self.lossy.count(kind);
        self.lost = Some(kind);
    }

    /// This place, to go back to if the record turns out bad.
    #[inline]
    pub fn mark(&mut self) -> Mark {
        self.lost = None;
        self.begun = self.drained + self.len as u64;
        Mark { total: self.drained + self.len as u64, lossy: self.lossy }
    }

    /// Ends a record; refuses it when it was lossy and the run is strict. A refused record has
    /// to be taken back by [`refuse`](Self::refuse). `offset` is the record's place in the slice.
    #[inline]
    pub fn end_record(&mut self, offset: usize) -> Result<(), RecordError> {
        self.records += 1;
        if self.strict && self.lost.is_some() {
            return Err(self.refuse_lossy(offset));
        }
        Ok(())
    }

    #[cold]
    fn refuse_lossy(&mut self, offset: usize) -> RecordError {
        let kind = self.lost.take().map_or("", LossyKind::name);
        self.records -= 1;
        RecordError::new(offset, format!("the target can't hold this record as it is ({kind})"))
            .hint("Leave out --strict to let it pass and have it counted.")
    }

    /// Takes a bad record back, and says what becomes of the run.
    #[cold]
    pub fn refuse(&mut self, mark: Mark, index: usize, error: RecordError) -> EncodeError {
        let error = match self.rollback(mark) {
            true => error,
            // It can't be left out any more.
            false => error.fault(Fault::Written),
        };
        EncodeError::Record { index, error }
    }

    /// Takes back everything since `mark`. False if a part of it was drained already: then the bad
    /// record can't be left out any more, and the run has to end.
    #[must_use]
    pub fn rollback(&mut self, mark: Mark) -> bool {
        if mark.total < self.drained {
            return false;
        }
        self.len = (mark.total - self.drained) as usize;
        self.lossy = mark.lossy;
        self.lost = None;
        true
    }
}

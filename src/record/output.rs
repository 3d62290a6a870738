//! The output buffer as an encoder sees it.

use super::lossy::lossy_error;
use super::{Lossy, LossyKind};
use crate::error::{Error, RecordError};

/// Takes the bytes of a full output buffer while its slice is not finished.
pub trait Drain {
    /// Writes `bytes` in input order; waits until it is the slice's turn.
    fn drain(&mut self, bytes: &[u8]) -> Result<(), Error>;
}

/// Why encoding stopped.
#[derive(Debug)]
pub enum EncodeError {
    /// A record of the batch can't be written; none of it is in the output buffer.
    Record {
        /// Its index in the batch.
        index: usize,
        /// What is wrong with it.
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

/// A pooled byte buffer of fixed capacity, filled by an encoder.
///
/// When it is full, its bytes go out through the [`Drain`] and it is filled again: a value can have any size, and no
/// buffer ever grows.
pub struct Output<'w> {
    buffer: &'w mut [u8],
    len: usize,
    drained: u64,
    drain: &'w mut dyn Drain,
    strict: bool,
    lost: Option<LossyKind>,
    /// What was lossy before the record being written, if that record lost anything.
    before: Lossy,
    /// Where the record being written begins, counted like `drained`; `None` between records, and when what is written
    /// can no longer be refused.
    begun: Option<u64>,
    /// The same for the first of several records that are written or refused together.
    group: Option<u64>,
    mode: Mode,
    /// The record being written does not fit into the buffer, and must not be drained in parts.
    stuck: bool,
    /// What the encoder could not hold.
    pub lossy: Lossy,
    /// How many records were written.
    pub records: u64,
}

/// What happens to a record that is larger than the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Parts of it are drained while it is written. If it turns out bad, the run has to end.
    Free,
    /// It stops the encoder, see [`Output::is_stuck`].
    Careful,
    /// Parts of it are discarded.
    Trial,
}

/// A place in the output to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    total: u64,
}

/// What to go back to if one of several records is bad.
#[derive(Debug)]
pub struct Together {
    total: u64,
    lossy: Lossy,
    records: u64,
}

/// What to go back to after a trial.
#[derive(Debug)]
pub struct Trial {
    drained: u64,
    lossy: Lossy,
    records: u64,
}

/// An attempt to write records, of which nothing remains.
#[derive(Debug)]
pub(crate) struct Attempt {
    before: Together,
    strict: bool,
    mode: Mode,
}

impl<'w> Output<'w> {
    /// An empty output over `buffer`. With `strict`, a record that is lossy in any way is refused.
    pub fn new(buffer: &'w mut [u8], drain: &'w mut dyn Drain, strict: bool) -> Output<'w> {
        Output {
            buffer,
            len: 0,
            drained: 0,
            drain,
            strict,
            lost: None,
            before: Lossy::default(),
            begun: None,
            group: None,
            mode: Mode::Free,
            stuck: false,
            lossy: Lossy::default(),
            records: 0,
        }
    }

    /// Whether every record has to stay in the buffer until it is known to be good.
    pub fn set_careful(&mut self, careful: bool) {
        self.mode = if careful { Mode::Careful } else { Mode::Free };
    }

    /// Whether the encoder stopped in a record that is larger than the buffer. None of that record was drained; it can
    /// be encoded on trial, see [`begin_trial`](Self::begin_trial).
    pub fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Takes back the record that does not fit. Until [`end_trial`](Self::end_trial), what is written is discarded: the
    /// trial only tells whether the record is good.
    pub fn begin_trial(&mut self) -> Result<Trial, Error> {
        if let Some(begun) = self.begun {
            self.rollback(Mark { total: begun });
        }
        self.stuck = false;
        self.drain_front(self.len)?;
        self.mode = Mode::Trial;
        Ok(Trial { drained: self.drained, lossy: self.lossy, records: self.records })
    }

    /// Restores everything to what it was before the trial; careful mode is on again.
    pub fn end_trial(&mut self, trial: Trial) {
        self.len = 0;
        (self.drained, self.lossy, self.records) = (trial.drained, trial.lossy, trial.records);
        (self.lost, self.begun) = (None, None);
        self.mode = Mode::Careful;
    }

    /// Begins several records that are written or refused together: in careful mode, all of them stay in the buffer.
    pub fn begin_together(&mut self) -> Together {
        let total = self.drained + self.len as u64;
        self.group = Some(total);
        Together { total, lossy: self.lossy, records: self.records }
    }

    /// Ends them; takes them back unless all are good.
    pub fn end_together(&mut self, before: &Together, good: bool) {
        self.group = None;
        if !good {
            self.len = before.total.saturating_sub(self.drained) as usize;
            (self.lossy, self.records) = (before.lossy, before.records);
            (self.lost, self.begun) = (None, None);
        }
    }

    /// Begins an attempt to write records: until [`end_attempt`](Self::end_attempt), none of them is drained. With
    /// `strict`, those that are lossy are refused.
    pub(crate) fn begin_attempt(&mut self, strict: bool) -> Attempt {
        let before = (std::mem::replace(&mut self.strict, strict), std::mem::replace(&mut self.mode, Mode::Careful));
        Attempt { before: self.begin_together(), strict: before.0, mode: before.1 }
    }

    /// Takes everything back that was written since the attempt began. Returns how many records were.
    pub(crate) fn end_attempt(&mut self, attempt: &Attempt) -> u64 {
        let records = self.records - attempt.before.records;
        self.end_together(&attempt.before, false);
        self.stuck = false;
        (self.strict, self.mode) = (attempt.strict, attempt.mode);
        records
    }

    /// The most that [`room`](Self::room) can provide.
    pub fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// How many bytes have been drained.
    pub fn drained(&self) -> u64 {
        self.drained
    }

    /// How many bytes are in the buffer.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the buffer is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The free part of the buffer, at least `least` bytes; drains if needed.
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
        // The record being written stays as long as possible, so that it can still be taken back.
        let whole = self.group.or(self.begun).map_or(self.len, |begun| begun.saturating_sub(self.drained) as usize);
        let fits = self.len - whole + least <= self.buffer.len();
        if !fits && self.mode == Mode::Careful {
            self.stuck = true;
            return Err(Error::memory("a record is larger than an output buffer"));
        }
        self.drain_front(if fits { whole } else { self.len })
    }

    /// Drains the first `count` bytes.
    fn drain_front(&mut self, count: usize) -> Result<(), Error> {
        if self.mode != Mode::Trial && count > 0 {
            self.drain.drain(&self.buffer[..count])?;
        }
        self.buffer.copy_within(count..self.len, 0);
        self.drained += count as u64;
        self.len -= count;
        Ok(())
    }

    /// Drains everything, between two records, including anything else that waits for the slice's turn.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.drain.drain(&self.buffer[..self.len])?;
        self.drained += self.len as u64;
        self.len = 0;
        Ok(())
    }

    /// Marks `count` bytes of the room as filled.
    #[inline]
    pub fn advance(&mut self, count: usize) {
        debug_assert!(count <= self.buffer.len() - self.len);
        self.len += count;
    }

    /// Appends any number of bytes.
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

    /// Replaces the first `held` bytes after `mark`, none of which has been drained, by `start`; there has to be room
    /// for the difference.
    ///
    /// # Panics
    /// If one of these is not the case.
    pub fn put_start(&mut self, mark: Mark, held: usize, start: &[u8]) {
        let from = (mark.total - self.drained) as usize;
        if start.len() != held {
            self.buffer.copy_within(from + held..self.len, from + start.len());
            self.len = self.len - held + start.len();
        }
        self.buffer[from..from + start.len()].copy_from_slice(start);
    }

    /// Whether lossy records are refused.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Counts something the target can't hold.
    #[inline]
    pub fn lose(&mut self, kind: LossyKind) {
        if self.lost.is_none() {
            self.before = self.lossy;
        }
        self.lossy.count(kind);
        self.lost = Some(kind);
    }

    /// This place, to go back to if the record turns out bad.
    #[inline]
    pub fn mark(&mut self) -> Mark {
        self.lost = None;
        let total = self.drained + self.len as u64;
        self.begun = Some(total);
        Mark { total }
    }

    /// Ends a record; refuses it if it was lossy and the run is strict. A refused record has to be taken back by
    /// [`refuse`](Self::refuse). `offset` is the record's place in the slice.
    #[inline]
    pub fn end_record(&mut self, offset: usize) -> Result<(), RecordError> {
        self.records += 1;
        if self.strict && self.lost.is_some() {
            return Err(self.refuse_lossy(offset));
        }
        self.begun = None;
        Ok(())
    }

    #[cold]
    fn refuse_lossy(&mut self, offset: usize) -> RecordError {
        self.records -= 1;
        lossy_error(offset, self.lost.unwrap_or(LossyKind::AbsentAsNull))
    }

    /// Takes a bad record back, and returns the error.
    #[cold]
    pub fn refuse(&mut self, mark: Mark, index: usize, error: RecordError) -> EncodeError {
        self.rollback(mark);
        EncodeError::Record { index, error }
    }

    /// Takes back everything since `mark`. What was drained can't be: that happens only if a bad record ends the run,
    /// and on trial.
    pub fn rollback(&mut self, mark: Mark) {
        self.len = mark.total.saturating_sub(self.drained) as usize;
        if self.lost.take().is_some() {
            self.lossy = self.before;
        }
        self.begun = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Collect(Vec<u8>);

    impl Drain for Collect {
        fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }
    }

    /// Writes a record byte by byte; with `lossy`, it loses something at both ends.
    fn record(output: &mut Output<'_>, text: &[u8], lossy: bool) -> Result<(), EncodeError> {
        let mark = output.mark();
        if lossy {
            output.lose(LossyKind::NullAsText);
        }
        text.iter().try_for_each(|byte| output.put_byte(*byte))?;
        if lossy {
            output.lose(LossyKind::ListAsText);
        }
        output.end_record(0).map_err(|error| output.refuse(mark, 0, error))
    }

    /// The output of a buffer of eight bytes.
    fn written(strict: bool, write: impl FnOnce(&mut Output<'_>)) -> (String, u64, u64) {
        let (mut buffer, mut drain) = ([0; 8], Collect(Vec::new()));
        let mut output = Output::new(&mut buffer, &mut drain, strict);
        write(&mut output);
        let (len, lossy, records, drained) = (output.len(), output.lossy.total(), output.records, output.drained());
        assert_eq!(drained as usize, drain.0.len());
        drain.0.extend_from_slice(&buffer[..len]);
        (String::from_utf8(drain.0).unwrap(), lossy, records)
    }

    #[test]
    fn a_record_that_fits_is_taken_back_whole() {
        let out = written(true, |output| {
            output.set_careful(true);
            record(output, b"abcde", false).unwrap();
            // Fits once the previous record is drained.
            assert!(matches!(record(output, b"12345678", true), Err(EncodeError::Record { .. })));
            assert!(!output.is_stuck());
            record(output, b"fgh", false).unwrap();
        });
        assert_eq!(out, ("abcdefgh".into(), 0, 2));
    }

    #[test]
    fn a_record_that_does_not_fit_is_tried_first() {
        for strict in [false, true] {
            let out = written(strict, |output| {
                output.set_careful(true);
                record(output, b"abc", false).unwrap();
                let long = b"123456789 123456789";
                assert!(matches!(record(output, long, true), Err(EncodeError::Stop(_))));
                assert!(output.is_stuck());
                let trial = output.begin_trial().unwrap();
                assert_eq!((output.drained(), output.len(), output.lossy.total()), (3, 0, 0));
                let tried = record(output, long, true);
                assert_eq!(tried.is_err(), strict);
                output.end_trial(trial);
                assert_eq!((output.drained(), output.len(), output.lossy.total(), output.records), (3, 0, 0, 1));
                if tried.is_ok() {
                    output.set_careful(false);
                    record(output, long, true).unwrap();
                    output.set_careful(true);
                }
                record(output, b"def", false).unwrap();
            });
            match strict {
                false => assert_eq!(out, ("abc123456789 123456789def".into(), 2, 3)),
                true => assert_eq!(out, ("abcdef".into(), 0, 2)),
            }
        }
    }

    #[test]
    fn what_can_not_be_refused_any_more_is_drained() {
        let out = written(true, |output| {
            output.set_careful(true);
            output.mark();
            output.end_record(0).unwrap();
            output.put(b"123456789 123456789").unwrap();
            assert!(!output.is_stuck());
        });
        assert_eq!(out, ("123456789 123456789".into(), 0, 1));
    }

    #[test]
    fn what_was_lost_before_stays_counted() {
        let out = written(false, |output| {
            record(output, b"a", true).unwrap();
            let mark = output.mark();
            output.lose(LossyKind::BoolAsText);
            output.put(b"zz").unwrap();
            output.rollback(mark);
            // A second time changes nothing.
            output.rollback(mark);
            record(output, b"b", false).unwrap();
        });
        assert_eq!(out, ("ab".into(), 2, 2));
    }
}

//! Records over the size limit: they are passed over, so that the ones after them are read.
//!
//! Whether a record is too large never depends on the memory limit: if there is no room for a whole record, its end is
//! searched for in pieces.

use crate::error::{Fault, RecordError};
use crate::flow::feed::failed::FeedError;
use crate::flow::feed::window::Window;
use crate::flow::feed::{Content, Feed, Found};
use crate::flow::place::Place;
use crate::format::{Passed, Searched};
use crate::record::record_too_large;

/// A mapped source is searched in pieces of this many bytes.
const PIECE: usize = 4 << 20;

/// A record for which there was no room.
struct TooLarge {
    /// Its bytes, and those between it and the next one.
    len: usize,
    /// How many of these bytes are between it and the next record.
    behind: usize,
    /// The lines that end in it.
    lines: u64,
    /// How many bytes there was room for.
    seen: usize,
}

impl<'s> Feed<'s> {
    /// Passes over the first record of the rest of a mapped source, which does not end within `seen` bytes. `error` is
    /// why it can't be read if it turns out to be too large.
    pub(super) fn pass_mapped(&mut self, first: Passed, seen: usize, error: RecordError) -> Found<'s> {
        let Some((map, rest)) = self.mapped() else { return Ok(None) };
        let (mut passed, mut piece, mut found) = (0, seen, first);
        let (mut ended_lines, mut before) = (0, 0);
        loop {
            let (len, ended) = match found {
                Passed::End(len, behind) => (len, Some(behind)),
                Passed::All => (piece, (passed + piece == rest.len()).then_some(0)),
                Passed::Unknown => {
                    let refused = self.unknown(passed, passed + piece, seen, error);
                    return Err(refused.into());
                }
            };
            let from = self.offset as usize + passed;
            ended_lines += self.ended(&rest[passed..passed + len], before);
            before = rest[..passed + len].last().copied().unwrap_or(before);
            map.release(from..from + len);
            passed += len;
            if ended.is_some() || passed > self.max_record && !self.lenient {
                let too_large = TooLarge { len: passed, behind: ended.unwrap_or(0), lines: ended_lines, seen };
                return self.passed(too_large, FeedError::from(error));
            }
            self.asked().map_err(FeedError::Read)?;
            piece = PIECE.min(rest.len() - passed);
            found = self.cutter.pass(&rest[passed..passed + piece], passed + piece == rest.len())?;
        }
    }

    /// The same of a stream: `window` has what was read of the record.
    pub(super) fn pass_streamed(&mut self, mut window: Window, first: Passed, error: RecordError) -> Found<'s> {
        let place = Place::new(&window, 0, self.lines, self.line);
        let (mut passed, mut found, seen) = (0, first, window.len());
        let (mut ended_lines, mut before) = (0, 0);
        loop {
            let windows = self.input.windows()?;
            let (len, ended) = match found {
                Passed::End(len, behind) => (len, Some(behind)),
                Passed::All => (window.len(), windows.ended().then_some(0)),
                Passed::Unknown => {
                    return Err(FeedError::Cut(self.unknown(passed, passed + window.len(), seen, error), place));
                }
            };
            ended_lines += self.lines.map_or(0, |lines| lines.count(&window[..len], before));
            before = window[..len].last().copied().unwrap_or(before);
            window.skip(len);
            passed += len;
            if ended.is_some() || passed > self.max_record && !self.lenient {
                windows.keep(window);
                let too_large = TooLarge { len: passed, behind: ended.unwrap_or(0), lines: ended_lines, seen };
                return self.passed(too_large, FeedError::Cut(error, place));
            }
            self.asked().map_err(FeedError::Read)?;
            let windows = self.input.windows()?;
            windows.refill(&mut window).map_err(FeedError::Read)?;
            found = self.cutter.pass(&window, windows.ended())?;
        }
    }

    /// Searches for the end of the first record in what follows `window`, for more of which there is no room. What is
    /// looked at stays to be read. Whether the record turned out to be bad.
    pub(super) fn search(&mut self, window: &Window) -> std::result::Result<bool, FeedError> {
        let windows = self.input.windows()?;
        let mut piece = windows.piece();
        let (mut from, mut ended) = (window.len(), false);
        let bad = loop {
            let next = match self.cutter.search(&piece, from, ended) {
                Searched::On(next) => next,
                searched => break Ok(searched == Searched::Bad),
            };
            if let Err(stop) = self.asked() {
                break Err(stop);
            }
            let windows = self.input.windows()?;
            if next < from {
                // It begins with the last bytes of the window.
                piece.begin(&window[next..]);
            } else {
                piece.skip((next - from).min(piece.len()));
            }
            from = next;
            match windows.look(window, from, &mut piece, self.max_record) {
                Ok(more) => ended = !more,
                Err(error) => break Err(error),
            }
        };
        piece.done();
        bad.map_err(FeedError::Read)
    }

    /// The error where nothing tells the end of a record of which `passed` bytes were passed over, and which is not larger
    /// than `most`.
    fn unknown(&self, passed: usize, most: usize, seen: usize, error: RecordError) -> RecordError {
        match passed {
            0 => error,
            _ if most <= self.max_record => self.room.refused(seen),
            _ => error.fault(Fault::Lost),
        }
    }

    /// Decides what becomes of a record that was passed over.
    fn passed(&mut self, TooLarge { len, behind, lines, seen }: TooLarge, error: FeedError) -> Found<'s> {
        if len - behind <= self.max_record {
            let place = if let FeedError::Cut(_, place) = error { place } else { Place::default() };
            return Err(FeedError::Cut(self.room.refused(seen), place));
        }
        match error {
            FeedError::Cut(error, _) if self.lenient => {
                self.hand_out(len as u64, lines, Content::Passed((len as u64, (len - behind) as u64), error))
            }
            error => Err(error),
        }
    }

    /// The error for a record over the size limit.
    pub(crate) fn too_large(&self) -> RecordError {
        record_too_large(0, self.max_record)
    }
}

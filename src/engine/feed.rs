//! The cutter behind its lock: hands out slices in input order.

use super::behind::{self, Behind};
use super::gate::Room;
use super::open::read_error;
use super::plan::Plan;
use crate::error::{Error, Position, RecordError, Result, is_stop};
use crate::format::{Boundary, Cut};
use crate::memory::Reservation;
use crate::metrics::Progress;
use crate::record::record_too_large;
use crate::source::Stream;
use crate::sys::{Map, Stop};

/// A run of whole records for one worker.
pub(super) struct Slice<'s> {
    /// Its number, from 0.
    pub index: u64,
    /// Its first byte's offset in the source.
    pub offset: u64,
    /// Its bytes when the source is mapped; otherwise they are in the worker's window.
    pub mapped: Option<&'s [u8]>,
    /// What is reserved for it beyond the plan.
    pub held: Option<Reservation>,
    /// No other slice is cut until it is done.
    pub alone: bool,
}

/// What was cut: where it starts and, of a mapped source, its bytes; none at the end.
type Found<'s> = std::result::Result<Option<(u64, Option<&'s [u8]>)>, FeedError>;

/// The one cursor of a run.
pub(super) struct Feed<'s> {
    input: Input<'s>,
    cutter: Box<dyn Cut>,
    next: u64,
    offset: u64,
    /// About how large slices are to be, at most and now.
    slice_size: usize,
    target: usize,
    max_record: usize,
    room: Room,
    /// A slice is converted that has to be alone.
    pub alone: bool,
    /// Which slices are being converted.
    behind: Behind,
    /// Where a mapped source ends, if that is not its end.
    end: Option<usize>,
    /// No more slices: the input ended, or a slice failed.
    stopped: bool,
    stop: Option<Stop>,
    progress: Option<Progress>,
}

pub(super) enum Input<'s> {
    /// A mapped file.
    Mapped(&'s Map),
    /// The stream, and what was read of it but not handed out.
    Stream(&'s mut Stream, Vec<u8>),
}

impl<'s> Feed<'s> {
    /// A cursor at offset `start` of the source; a stream stands there already.
    pub fn new(input: Input<'s>, start: usize, cutter: Box<dyn Cut>, plan: &Plan, room: Room) -> Feed<'s> {
        let slice_size = plan.slice_size;
        Feed {
            input,
            cutter,
            next: 0,
            offset: start as u64,
            slice_size,
            target: slice_size,
            max_record: plan.max_record,
            room,
            alone: false,
            behind: Behind::new(start as u64, plan.workers),
            end: None,
            stopped: false,
            stop: None,
            progress: None,
        }
    }

    /// Looks at `stop` before every slice, and tells `progress` about it.
    pub fn controlled(mut self, stop: Option<&Stop>, progress: Option<&Progress>) -> Feed<'s> {
        self.stop = stop.cloned();
        self.progress = progress.cloned();
        if let Some(progress) = progress {
            progress.begin(match &self.input {
                Input::Mapped(map) => Some(map.bytes().len() as u64),
                Input::Stream(..) => None,
            });
        }
        self
    }

    /// Only up to `end` of a mapped source, in records of other lengths.
    pub fn within(self, end: usize, max_record: usize) -> Feed<'s> {
        Feed { end: Some(end), max_record, ..self }
    }

    /// How many bytes were handed out, what stands before the first record included.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes in what became of a slice: after a failure there are no more. Aims at slices whose output
    /// fits a buffer, so that no worker has to wait for its turn in the middle of one.
    pub fn finished(&mut self, input: usize, output: usize, capacity: usize, failed: bool) {
        self.stopped |= failed;
        let fits = (input as u128 * capacity as u128 * 3 / 4 / output.max(1) as u128) as usize;
        self.target = fits.clamp((self.slice_size / 16).max(1), self.slice_size);
    }

    /// From now on slices are not larger than this; one record can still be.
    pub fn restrict(&mut self, slice_size: usize) {
        self.slice_size = slice_size;
        self.target = slice_size;
    }

    /// A slice is done that began at `offset`. Gives what of a mapped source nobody needs any more.
    pub fn done(&mut self, offset: u64) -> Option<(&'s Map, std::ops::Range<u64>)> {
        let released = self.behind.end(offset, self.offset, behind::piece(self.slice_size))?;
        match self.input {
            Input::Mapped(map) => Some((map, released)),
            Input::Stream(..) => None,
        }
    }

    /// There are no more slices.
    pub fn end(&mut self) {
        self.stopped = true;
    }

    /// The next slice, or none at the end. A stream's bytes are put into `window`.
    ///
    /// An error takes the place of a slice: its number says where in the order it stands.
    pub fn next(&mut self, window: &mut Vec<u8>) -> Option<(Slice<'s>, std::result::Result<(), FeedError>)> {
        if self.stopped {
            return None;
        }
        let mut held = None;
        let found = match (self.asked(), &self.input) {
            (Err(stop), _) => Err(FeedError::Read(stop)),
            (Ok(()), Input::Mapped(_)) => self.next_mapped(),
            (Ok(()), Input::Stream(..)) => self.next_streamed(window, &mut held),
        };
        if let Some(progress) = &self.progress {
            progress.read_to(self.offset);
        }
        let (slice, outcome) = match found {
            Ok(None) => {
                self.stopped = true;
                return None;
            }
            Ok(Some((offset, mapped))) => (Slice { index: self.next, offset, mapped, held, alone: false }, Ok(())),
            Err(error) => {
                self.stopped = true;
                let (offset, mapped) = (self.offset, Some(&[][..]));
                (Slice { index: self.next, offset, mapped, held: None, alone: false }, Err(error))
            }
        };
        self.next += 1;
        self.behind.begin(slice.offset);
        Some((slice, outcome))
    }

    /// An error if the run is to end here. It takes the place of the next slice, so that all slices before it are
    /// committed: from there a run could go on. At the end of the input there is nothing left to stop.
    fn asked(&self) -> std::io::Result<()> {
        let ended = match &self.input {
            Input::Mapped(map) => self.offset >= self.end.unwrap_or(map.bytes().len()) as u64,
            Input::Stream(stream, carry) => stream.ended() && carry.is_empty(),
        };
        match &self.stop {
            Some(stop) if !ended => stop.check(),
            _ => Ok(()),
        }
    }

    fn next_mapped(&mut self) -> Found<'s> {
        let Input::Mapped(map) = self.input else { return Ok(None) };
        let all = &map.bytes()[..self.end.unwrap_or(map.bytes().len())];
        loop {
            let rest = &all[self.offset as usize..];
            if rest.is_empty() {
                return Ok(None);
            }
            // No slice is longer than its target and one record more, and no longer than there is room for.
            let most = self.target.saturating_add(self.max_record);
            let window = rest.len().min(most).min(self.room.largest());
            match self.cutter.cut(&rest[..window], self.target, window == rest.len())? {
                Boundary::At(len) => {
                    let offset = self.offset;
                    self.offset += len as u64;
                    return Ok(Some((offset, Some(&rest[..len]))));
                }
                Boundary::Skip(len) => self.offset += len as u64,
                Boundary::More if window < most && window < rest.len() => return Err(self.room.refused(window).into()),
                Boundary::More => return Err(record_too_large(0, self.max_record).into()),
            }
        }
    }

    fn next_streamed(&mut self, window: &mut Vec<u8>, held: &mut Option<Reservation>) -> Found<'s> {
        let Input::Stream(stream, carry) = &mut self.input else { return Ok(None) };
        // What was carried over becomes the front of the worker's window, and the worker's empty window
        // receives the next rest: nothing but the rest is ever copied.
        window.clear();
        std::mem::swap(window, carry);
        let mut size = self.target + self.target / 4;
        loop {
            self.room.window(size.max(window.len()), held)?;
            let failed = stream.read_to(window, size).err();
            if window.is_empty() {
                return failed.map_or(Ok(None), |error| Err(FeedError::Read(error)));
            }
            let found = self.cutter.cut(window, self.target, stream.ended())?;
            match found {
                Boundary::At(len) => {
                    // The records before the failed read come first, whatever the size of slices.
                    if let Some(error) = failed {
                        stream.fail(error);
                    }
                    carry.extend_from_slice(&window[len..]);
                    window.truncate(len);
                    let offset = self.offset;
                    self.offset += len as u64;
                    return Ok(Some((offset, None)));
                }
                Boundary::Skip(len) => {
                    if let Some(error) = failed {
                        stream.fail(error);
                    }
                    window.drain(..len);
                    self.offset += len as u64;
                }
                Boundary::More if failed.is_some() => {
                    return failed.map_or(Ok(None), |error| Err(FeedError::Read(error)));
                }
                Boundary::More if window.len() >= self.target.saturating_add(self.max_record) => {
                    return Err(record_too_large(0, self.max_record).into());
                }
                // Only a record that is larger than a window gets here; the window grows with what was read. The less
                // is read beyond the record, the less is carried over.
                Boundary::More => {
                    let len = size.max(window.len());
                    size = len + (len / 4).max(self.slice_size);
                }
            }
        }
    }
}

/// Why no further slice can be cut.
pub(super) enum FeedError {
    /// The data is bad where the next slice would start.
    Cut(RecordError),
    /// The stream can't be read.
    Read(std::io::Error),
}

impl From<RecordError> for FeedError {
    fn from(error: RecordError) -> FeedError {
        FeedError::Cut(error)
    }
}

impl FeedError {
    /// The error of the run; `records` came before it, `offset` is where the slice would have started.
    pub fn at(self, source: &std::path::Path, records: u64, offset: u64) -> Error {
        match self {
            FeedError::Read(error) if is_stop(&error) => {
                Error::stopped(Some(Position { file: source.to_path_buf(), record: records, offset }))
            }
            FeedError::Read(error) => read_error(source, records + 1, offset, error),
            FeedError::Cut(error) => {
                let position =
                    Position { file: source.to_path_buf(), record: records + 1, offset: offset + error.offset as u64 };
                Error::data(position, error)
            }
        }
    }
}

/// Reads the beginning of a stream until `enough` says so, but not more than there is room for. Returns what was read.
pub(super) fn read_head<T>(
    stream: &mut Stream,
    path: &std::path::Path,
    (max, room): (usize, &Room),
    mut enough: impl FnMut(&[u8], bool) -> Result<Option<T>>,
) -> Result<(Vec<u8>, T)> {
    let mut head = Vec::new();
    let mut size = 64 << 10;
    loop {
        stream.read_to(&mut head, size).map_err(|e| read_error(path, 0, 0, e))?;
        if let Some(found) = enough(&head, stream.ended())? {
            return Ok((head, found));
        }
        let most = max.min(room.largest());
        if head.len() >= most || stream.ended() {
            let error = if most < max { room.refused(most) } else { record_too_large(0, max) };
            return Err(Error::data(Position { file: path.to_path_buf(), record: 0, offset: 0 }, error));
        }
        size = (size * 2).min(most);
    }
}

//! The cutter inside its lock: hands out slices in input order.

pub(crate) mod failed;
pub(crate) mod gate;
pub(crate) mod head;
mod oversized;
pub(crate) mod room;
pub(crate) mod window;

use std::sync::Arc;

use crate::error::{Fault, RecordError, Result};
use crate::flow::feed::failed::FeedError;
use crate::flow::feed::head::Beginning;
use crate::flow::feed::room::Room;
use crate::flow::feed::window::{Idle, Window, Windows};
use crate::flow::place::{After, Place, SHOWN_BYTES};
use crate::format::{Boundary, Cut, Passed};
use crate::memory::Reservation;
use crate::metrics::Pass;
use crate::plan::memory::Plan;
use crate::scan::lines::Lines;
use crate::source::Bytes;
use crate::sys::{Map, Stop};

/// A run of whole records for one worker.
pub(crate) struct Slice<'s> {
    /// Its number, from 0.
    pub index: u64,
    /// Its first byte's offset in the source.
    pub offset: u64,
    /// The number of its first line, from 1; 0 in a mapped source, where lines are counted only when somebody asks,
    /// unless bad records are kept.
    pub line: u64,
    /// What follows in a stream, for the excerpt of a line that goes on.
    pub after: After,
    content: Content<'s>,
    /// What is reserved for it beyond the plan.
    pub held: Option<Reservation>,
    /// No other slice is cut until it is done.
    pub alone: bool,
}

/// Where the bytes of a slice are.
enum Content<'s> {
    Mapped(&'s [u8]),
    /// In a window of its own.
    Read(Window),
    /// One record that is larger than records may be: the length of the slice, its own, and the error. Nobody has its bytes.
    Passed((u64, u64), RecordError),
}

impl Slice<'_> {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Mapped(bytes) => bytes,
            Content::Read(window) => window,
            Content::Passed(..) => &[],
        }
    }

    /// How many bytes of the source it covers.
    pub fn len(&self) -> u64 {
        match &self.content {
            Content::Passed((len, _), _) => *len,
            _ => self.bytes().len() as u64,
        }
    }

    /// The offset in the source after its last byte.
    pub fn end(&self) -> u64 {
        self.offset + self.len()
    }

    /// Why the only record in it was passed over, if it was, and how many bytes that has.
    pub fn passed(&self) -> Option<(&RecordError, u64)> {
        match &self.content {
            Content::Passed((_, record), error) => Some((error, *record)),
            _ => None,
        }
    }

    /// Gives its window back.
    pub fn done(self) {
        if let Content::Read(window) = self.content {
            window.done();
        }
    }
}

/// What was cut: where it starts, its line, and its bytes; none at the end.
type Found<'s> = std::result::Result<Option<(u64, u64, Content<'s>)>, FeedError>;

/// The one cursor of a run.
pub(crate) struct Feed<'s> {
    input: Input<'s>,
    cutter: Box<dyn Cut>,
    next: u64,
    offset: u64,
    /// The line at that offset, from 1; 0 where lines are not counted.
    line: u64,
    /// What ends a line.
    lines: Option<Lines>,
    /// The last byte that was skipped, unless a slice came after it: it may be half of a line break.
    skipped: u8,
    /// What follows the slice that was cut last.
    after: After,
    /// The size that the next slice should have.
    target: usize,
    max_record: usize,
    room: Room,
    /// The memory beyond the plan that is taken by bytes that were read but not handed out.
    held: Option<Reservation>,
    /// A record over the size limit is passed over; otherwise it ends the run.
    lenient: bool,
    /// Where a mapped source ends, if that is not its end.
    end: Option<usize>,
    /// No slice begins here or later, though there may be records.
    enough: u64,
    /// Slices that begin here or later are left for another pass; none: all are handed out.
    until: Option<u64>,
    /// Where the first of those begins.
    paused: Option<Paused>,
    /// No more slices: the input ended, or can't be cut or read.
    stopped: bool,
    stop: Option<Stop>,
    /// Where what is handed out is counted.
    pass: Option<Arc<Pass>>,
}

/// Where a pass over a mapped source ended before its end: the next slice begins there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paused {
    pub at: u64,
    /// Its line; 0 where lines are not counted.
    pub line: u64,
}

pub(crate) enum Input<'s> {
    /// A mapped file.
    Mapped(&'s Map),
    /// A stream.
    Stream(Windows<'s>),
}

impl<'s> Input<'s> {
    /// What is read from byte `at` of the beginning on; a map from wherever it is asked for.
    ///
    /// # Errors
    /// The memory of the windows can't be had.
    pub fn new(bytes: Bytes<'s>, beginning: Beginning, at: usize, plan: &Plan) -> Result<Input<'s>> {
        Ok(match bytes {
            Bytes::Mapped(map) => Input::Mapped(map),
            Bytes::Stream(stream) => {
                stream.unread(beginning.bytes, at, beginning.reserved);
                Input::Stream(Windows::new(stream, plan)?)
            }
        })
    }

    /// The windows of a stream.
    ///
    /// # Errors
    /// It is a map: that is a mistake of the caller, and must not look like the end of the source.
    fn windows(&mut self) -> Result<&mut Windows<'s>, FeedError> {
        match self {
            Input::Stream(windows) => Ok(windows),
            Input::Mapped(_) => Err(FeedError::Read(std::io::Error::other("a map has no windows"))),
        }
    }
}

/// The end of a record may show only in what follows it: this many bytes of that are looked at, however small slices are.
const NEAR: usize = 64;

impl<'s> Feed<'s> {
    /// A cursor at offset `start` of the source; a stream is there already.
    pub fn new(input: Input<'s>, start: usize, cutter: Box<dyn Cut>, plan: &Plan, room: Room) -> Feed<'s> {
        if let Input::Mapped(map) = &input {
            map.read_ahead(start);
        }
        Feed {
            input,
            cutter,
            next: 0,
            offset: start as u64,
            line: 0,
            lines: None,
            skipped: 0,
            after: After::default(),
            target: plan.slice_size,
            max_record: plan.max_record,
            room,
            held: None,
            lenient: false,
            end: None,
            enough: u64::MAX,
            until: None,
            paused: None,
            stopped: false,
            stop: None,
            pass: None,
        }
    }

    /// Checks `stop` before every slice, and counts in `pass`.
    pub fn controlled(self, stop: Option<&Stop>, pass: Option<Arc<Pass>>) -> Feed<'s> {
        Feed { stop: stop.cloned(), pass, ..self }
    }

    /// Counts lines on the way; `line` is the first one's number, or 0: they are not counted.
    pub fn in_lines(self, lines: Option<Lines>, line: u64) -> Feed<'s> {
        Feed { lines, line: if lines.is_some() { line } else { 0 }, ..self }
    }

    /// How many lines end in `text`, which follows the byte `before`; 0 if nobody wants to know.
    fn ended(&self, text: &[u8], before: u8) -> u64 {
        self.lines.filter(|_| self.line > 0).map_or(0, |lines| lines.count(text, before))
    }

    /// Ends at `end` of a mapped source; the largest record has another length.
    pub fn within(self, end: usize, max_record: usize) -> Feed<'s> {
        Feed { end: Some(end), max_record, ..self }
    }

    /// Without slices that begin here or later.
    pub fn enough(self, enough: u64) -> Feed<'s> {
        Feed { enough, ..self }
    }

    /// Ends before the first slice that begins at this offset of a mapped source or after it, but not before any.
    pub fn until(self, until: Option<u64>) -> Feed<'s> {
        Feed { until, ..self }
    }

    /// Where the next pass goes on, if this one ended early.
    pub fn paused(&self) -> Option<Paused> {
        self.paused
    }

    /// Whether records that are larger than records may be are passed over.
    pub fn lenient(self, lenient: bool) -> Feed<'s> {
        Feed { lenient, ..self }
    }

    /// How many bytes were handed out, including what comes before the first record.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What is mapped.
    pub fn map(&self) -> Option<&'s Map> {
        match self.input {
            Input::Mapped(map) => Some(map),
            Input::Stream(_) => None,
        }
    }

    /// What levers move that belong to windows.
    pub fn windows(&self) -> Option<Idle> {
        match &self.input {
            Input::Mapped(_) => None,
            Input::Stream(windows) => Some(windows.idle()),
        }
    }

    /// The next slice, of about `target` bytes, or none at the end.
    ///
    /// An error takes the place of a slice: its number is its place in the order.
    pub fn next(&mut self, target: usize) -> Option<(Slice<'s>, std::result::Result<(), FeedError>)> {
        if self.stopped || self.offset >= self.enough {
            return None;
        }
        self.target = target;
        let mut held = None;
        let found = match (self.asked(), &self.input) {
            (Err(stop), _) => Err(FeedError::Read(stop)),
            (Ok(()), Input::Mapped(_)) => self.next_mapped(&mut held),
            (Ok(()), Input::Stream(_)) => self.next_streamed(&mut held),
        };
        let found = match found {
            Ok(Some((at, line, _))) if self.next > 0 && self.until.is_some_and(|until| at >= until) => {
                (self.offset, self.line, self.paused) = (at, line, Some(Paused { at, line }));
                Ok(None)
            }
            found => found,
        };
        self.stopped = !matches!(found, Ok(Some(_)));
        if let Some(pass) = &self.pass {
            pass.read_to(self.offset, self.next + u64::from(!self.stopped));
        }
        let ((offset, line, content), outcome) = match found {
            Ok(found) => (found?, Ok(())),
            Err(error) => ((self.offset, self.line, Content::Mapped(&[])), Err(error)),
        };
        let after = std::mem::take(&mut self.after);
        let slice = Slice { index: self.next, offset, line, after, content, held, alone: false };
        self.next += 1;
        Some((slice, outcome))
    }

    /// An error if the run is to end here. It takes the place of the next slice, so that all slices before it are
    /// committed: from there a run could go on. At the end of the input there is nothing left to stop.
    fn asked(&self) -> std::io::Result<()> {
        let ended = match &self.input {
            Input::Mapped(map) => self.offset >= self.end.unwrap_or(map.bytes().len()) as u64,
            Input::Stream(windows) => windows.is_empty(),
        };
        match &self.stop {
            Some(stop) if !ended => stop.check(),
            _ => Ok(()),
        }
    }

    /// If the record that is not found whole is to be passed, what comes before it is left out first.
    fn trimmed(&self, found: Boundary, data: &[u8]) -> Boundary {
        match (found, if found == Boundary::More { self.cutter.leading(data) } else { 0 }) {
            (_, 0) => found,
            (_, leading) => Boundary::Skip(leading),
        }
    }

    /// Leaves out the first bytes of a stream's window.
    fn skip(&mut self, window: &mut Window, len: usize) {
        self.line += self.lines.map_or(0, |lines| lines.count(&window[..len], self.skipped));
        self.skipped = window[..len].last().copied().unwrap_or(self.skipped);
        window.skip(len);
        self.offset += len as u64;
    }

    /// Whether all of a stream was read.
    fn has_ended(&self) -> bool {
        matches!(&self.input, Input::Stream(windows) if windows.ended())
    }

    /// The longest stretch in which there has to be a boundary.
    fn most(&self) -> usize {
        self.target.max(NEAR).saturating_add(self.max_record)
    }

    /// Takes the next `len` bytes of the source, and the number of lines that end in them.
    fn hand_out(&mut self, len: u64, lines: u64, content: Content<'s>) -> Found<'s> {
        let found = (self.offset, self.line, content);
        (self.offset, self.line) = (self.offset + len, self.line + lines);
        Ok(Some(found))
    }

    /// The rest of a mapped source.
    fn mapped(&self) -> Option<(&'s Map, &'s [u8])> {
        let Input::Mapped(map) = self.input else { return None };
        Some((map, &map.bytes()[self.offset as usize..self.end.unwrap_or(map.bytes().len())]))
    }

    fn next_mapped(&mut self, held: &mut Option<Reservation>) -> Found<'s> {
        let mut more = 0;
        while let Some((map, rest)) = self.mapped().filter(|(_, rest)| !rest.is_empty()) {
            // No slice is longer than its target and one record more, and no longer than there is room for.
            let most = rest.len().min(self.most());
            let window = most.min(self.room.largest().saturating_add(more));
            let data = &rest[..window];
            let from = self.offset as usize;
            map.fetch(from..from + window.min(self.target));
            match self.cutter.cut(data, self.target, window == rest.len()).map(|found| self.trimmed(found, data)) {
                Ok(Boundary::At(len)) => {
                    self.room.slice(len, held)?;
                    let ended = self.ended(&rest[..len], 0);
                    return self.hand_out(len as u64, ended, Content::Mapped(&rest[..len]));
                }
                Ok(Boundary::Skip(len)) => {
                    self.line += self.ended(&rest[..len], 0);
                    (self.offset, more) = (self.offset + len as u64, 0);
                    map.release(from..from + len);
                }
                Ok(Boundary::More) if window == most && !self.lenient => return Err(self.too_large().into()),
                Ok(Boundary::More) => match self.cutter.pass(data, false)? {
                    Passed::Unknown if window < most => {
                        // These bytes are not looked at again.
                        let from = self.offset as usize;
                        map.release(from..from + window);
                        more += (window / 4).max(1);
                    }
                    passed => return self.pass_mapped(passed, window, self.too_large()),
                },
                Err(error) if self.lenient && error.fault == Fault::Oversized => {
                    let first = self.cutter.pass(data, window == rest.len())?;
                    return self.pass_mapped(first, window, error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    fn next_streamed(&mut self, held: &mut Option<Reservation>) -> Found<'s> {
        let most = self.most();
        let windows = self.input.windows()?;
        let mut window = windows.next();
        *held = self.held.take().filter(|_| window.is_grown());
        let (mut size, mut cut, mut searched) = (self.target + self.target / 4, false, false);
        loop {
            if let Err(refused) = self.room.window(size.max(window.len()), held) {
                let leading = self.cutter.leading(&window);
                if leading > 0 {
                    self.skip(&mut window, leading);
                    continue;
                }
                match self.cutter.pass(&window, self.has_ended())? {
                    Passed::Unknown if !searched && self.search(&window)? => (size, searched) = (window.len(), true),
                    Passed::Unknown => {
                        return Err(refused.in_place(|| Place::new(&window, 0, self.lines, self.line)));
                    }
                    passed => return self.pass_streamed(window, passed, self.too_large()),
                }
            }
            let windows = self.input.windows()?;
            window.grow(size)?;
            let failed = windows.read(&mut window, size, cut).err();
            if window.is_empty() {
                return failed.map_or(Ok(None), |error| Err(FeedError::Read(error)));
            }
            let found = match self.cutter.cut(&window, self.target, windows.ended()) {
                Ok(found) => found,
                Err(error) if self.lenient && error.fault == Fault::Oversized => {
                    let first = self.cutter.pass(&window, windows.ended())?;
                    return self.pass_streamed(window, first, error);
                }
                Err(error) => {
                    // What is at hand of the line's rest is shown too.
                    let more = window.len() + SHOWN_BYTES;
                    if self.lines.is_some() && self.room.window(more, held).is_ok() && window.grow(more).is_ok() {
                        let _ = windows.read(&mut window, more, false);
                    }
                    let after = After::new(&[], !windows.ended());
                    let place = Place::before(&window, error.offset, self.lines, self.line, &after);
                    return Err(FeedError::Cut(error, place));
                }
            };
            match (found, failed) {
                (Boundary::More, Some(error)) => {
                    // What can't be read comes after what is at hand.
                    self.line += self.ended(&window, 0);
                    return Err(FeedError::Read(error));
                }
                // The records before the failed read come first, whatever the size of slices.
                (_, Some(error)) => windows.fail(error),
                (_, None) => {}
            }
            cut = true;
            let found = if window.len() >= most { self.trimmed(found, &window) } else { found };
            let windows = self.input.windows()?;
            match found {
                Boundary::At(len) => {
                    self.after =
                        self.lines.map_or_else(After::default, |_| After::new(&window[len..], !windows.ended()));
                    let window = windows.cut(window, len, &self.room, held, &mut self.held)?;
                    let ended = self.ended(&window, 0);
                    // A line feed that goes with a carriage return that was left out: all who look at the slice count it.
                    let goes_with = std::mem::take(&mut self.skipped) == b'\r' && window.starts_with(b"\n");
                    self.line -= ended - if goes_with { self.ended(&window, b'\r') } else { ended };
                    return self.hand_out(len as u64, ended, Content::Read(window));
                }
                Boundary::Skip(len) => self.skip(&mut window, len),
                Boundary::More if window.len() >= most && !self.lenient => {
                    let place = Place::new(&window, 0, self.lines, self.line);
                    return Err(FeedError::Cut(self.too_large(), place));
                }
                Boundary::More if window.len() >= most => {
                    let first = self.cutter.pass(&window, windows.ended())?;
                    return self.pass_streamed(window, first, self.too_large());
                }
                // The stream paused inside a record.
                Boundary::More if window.len() < size => {}
                // Only a record that is larger than a window gets here; the window grows with what was read. The less
                // is read beyond the record, the less is carried over.
                Boundary::More => {
                    let len = size.max(window.len());
                    size = (len + (len / 4).max(self.target)).min(most);
                }
            }
        }
    }
}

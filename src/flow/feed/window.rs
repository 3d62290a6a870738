//! A stream, read into pooled windows.
//!
//! A window belongs to the slice that is in it, and goes back to the pool when that is done. The bytes of a window
//! after its slice begin the next window: nothing else is copied. There is one window for each worker and one for the rest, so
//! nobody waits for one.

use std::io;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::error::{RecordError, Result};
use crate::flow::feed::failed::FeedError;
use crate::flow::feed::room::Room;
use crate::memory::{Buffer, Pool, Refusal, Reservation, no_memory};
use crate::plan::memory::Plan;
use crate::plan::sizes::SLACK;
use crate::source::{Blocks, Stream};

/// A buffer of the pool, and what was read into it.
pub(crate) struct Window {
    buffer: Buffer,
    /// Where in the buffer it begins and ends.
    start: usize,
    end: usize,
    /// How large it is according to the plan.
    planned: usize,
    home: Home,
}

/// The windows that nobody uses.
#[derive(Clone)]
struct Home(Arc<Mutex<Pool>>);

impl Home {
    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Deref for Window {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }
}

impl Window {
    /// Makes room for `size` bytes; there is some already for what was planned.
    ///
    /// # Errors
    /// The system has no memory for it.
    pub fn grow(&mut self, size: usize) -> Result<(), RecordError> {
        if self.start + size <= self.buffer.len() {
            return Ok(());
        }
        if size > self.buffer.len() {
            let text = || "there is no memory for a large record".to_owned();
            let grown = self.buffer.try_grow(size + size / SLACK);
            grown.map_err(|error| no_memory(0, text(), Refusal::Asked(error.to_string())))?;
        }
        self.align();
        Ok(())
    }

    /// Begins where its buffer does.
    fn align(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
    }

    /// Has these bytes instead of others.
    pub fn begin(&mut self, bytes: &[u8]) {
        (self.start, self.end) = (0, 0);
        self.append(bytes);
    }

    /// It has more than was planned.
    pub fn is_grown(&self) -> bool {
        self.buffer.len() > self.planned
    }

    /// Leaves out the first `len` bytes.
    pub fn skip(&mut self, len: usize) {
        self.start += len;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Appends bytes, for which there is room.
    fn append(&mut self, bytes: &[u8]) {
        self.buffer[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Goes back to the others, and what it had beyond the plan to the system.
    pub fn done(self) {
        self.home.lock().give(self.buffer);
    }
}

/// The stream, and the windows it is read into.
pub(crate) struct Windows<'s> {
    stream: &'s mut Stream,
    home: Home,
    /// What was read and not handed out.
    rest: Option<Window>,
    /// The most windows that are out, and how large each is according to the plan.
    count: usize,
    size: usize,
}

impl<'s> Windows<'s> {
    /// As many as the plan has, of the size that it has.
    ///
    /// # Errors
    /// The system has no memory for them.
    pub fn new(stream: &'s mut Stream, plan: &Plan) -> Result<Windows<'s>> {
        let (mut pool, count, size) = (Pool::new(), plan.windows(), plan.window());
        pool.stock(size, count)?;
        let home = Home(Arc::new(Mutex::new(pool)));
        Ok(Windows { stream, home, rest: None, count, size })
    }

    /// Whether the stream ended.
    pub fn ended(&self) -> bool {
        self.stream.ended()
    }

    /// Whether everything was handed out.
    pub fn is_empty(&self) -> bool {
        self.ended() && self.rest.as_deref().is_none_or(<[u8]>::is_empty)
    }

    /// The window of the next slice, which begins with what was read and not handed out. It is no larger than planned if
    /// that has room in it.
    pub fn next(&mut self) -> Window {
        match self.rest.take() {
            Some(large) if large.is_grown() && large.len() <= self.size => {
                let mut window = self.empty();
                window.append(&large);
                large.done();
                window
            }
            Some(rest) => rest,
            None => self.empty(),
        }
    }

    fn empty(&mut self) -> Window {
        let buffer = self.home.lock().take(1).expect("a window for each worker and one for the rest");
        Window { buffer, start: 0, end: 0, planned: self.size, home: self.home.clone() }
    }

    /// Reads until a window that was [grown](Window::grow) to it has `size` bytes, or the stream ends or keeps us
    /// waiting. If there is no boundary in what it has already (`cut`), some more bytes are waited for.
    ///
    /// # Errors
    /// As [`Stream::fill`].
    pub fn read(&mut self, window: &mut Window, size: usize, cut: bool) -> io::Result<()> {
        if size > window.len() {
            let least = usize::from(cut || window.is_empty());
            let range = window.end..window.start + size;
            window.end += self.stream.fill(&mut window.buffer[range], least)?;
        }
        Ok(())
    }

    /// The next read ends with this error.
    pub fn fail(&mut self, error: io::Error) {
        self.stream.fail(error);
    }

    /// The next bytes in place of those that were left out.
    ///
    /// # Errors
    /// As [`Stream::fill`].
    pub fn refill(&mut self, window: &mut Window) -> io::Result<()> {
        self.read(window, self.size, true)
    }

    /// A window for [`look`](Self::look), while there is no other slice to cut.
    pub fn piece(&mut self) -> Window {
        self.empty()
    }

    /// Appends to `piece`, which begins `from` bytes after `window` does, some of the bytes that follow it and are not
    /// read yet; false if nothing follows it. They stay to be read, as many as a record has that is no larger than
    /// `max_record`.
    ///
    /// # Errors
    /// As [`Stream::look`].
    pub fn look(&mut self, window: &Window, from: usize, piece: &mut Window, max_record: usize) -> io::Result<bool> {
        piece.align();
        let behind = (from + piece.len() - window.len()) as u64;
        let most = max_record.saturating_add(2 * self.size);
        let room = &mut piece.buffer[piece.end..self.size];
        let len = self.stream.look(behind, room, most)?;
        piece.end += len;
        Ok(len > 0)
    }

    /// The slice in `window` has `len` bytes: the others are for the next one. Whichever is less gets another window.
    /// `held` is what is reserved for the window, and `rest` what stays so for what is left.
    ///
    /// # Errors
    /// There is no memory.
    pub fn cut(
        &mut self,
        mut window: Window,
        len: usize,
        room: &Room,
        held: &mut Option<Reservation>,
        rest: &mut Option<Reservation>,
    ) -> Result<Window, FeedError> {
        let mut other = self.empty();
        if window.is_grown() && len <= self.size {
            other.append(&window[..len]);
            window.skip(len);
            (*rest, self.rest) = (held.take(), Some(window));
            return Ok(other);
        }
        let left = window.len() - len;
        room.window(left, rest)?;
        other.grow(left)?;
        other.append(&window[len..]);
        window.end = window.start + len;
        window.align();
        self.rest = Some(other);
        Ok(window)
    }

    /// What is in `window` is for the next slice.
    pub fn keep(&mut self, window: Window) {
        self.rest = Some(window);
    }

    /// Those that nobody uses.
    pub fn idle(&self) -> Idle {
        Idle { home: self.home.clone(), blocks: self.stream.blocks(), count: self.count }
    }
}

/// The windows and blocks of a stream that nobody uses, also while the stream is being read.
pub(crate) struct Idle {
    home: Home,
    blocks: Option<Blocks>,
    /// The most windows that are out.
    count: usize,
}

impl Idle {
    /// Whether windows that nobody uses give their memory back, but for `idle` of them; the blocks of a compressed
    /// stream too.
    pub fn set_lean(&self, lean: bool, idle: usize) {
        let mut pool = self.home.lock();
        pool.set_marks(self.count, idle);
        pool.set_lean(lean);
        drop(pool);
        if let Some(blocks) = &self.blocks {
            blocks.set_lean(lean, idle);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io::Read;

    use super::*;
    use crate::flow::feed::gate::Gate;
    use crate::flow::feed::room::Room;
    use crate::flow::feed::{Feed, Input, Slice};
    use crate::format::{self, Format, Opening, Options};
    use crate::memory::Budget;
    use crate::plan::memory::Wishes;
    use crate::source::{Access, Reader, Source};
    use crate::sys;

    const WORKERS: usize = 3;
    const SLICE: usize = 64 << 10;

    fn plan() -> Plan {
        let wishes =
            Wishes { workers: WORKERS, slice_size: SLICE, memory_limit: 64 << 20, streamed: true, ..Wishes::default() };
        Plan::new(&wishes).unwrap()
    }

    /// Returns odd numbers of bytes at a time.
    struct Pipe(Vec<u8>, usize);

    impl Read for Pipe {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(4097).min(self.0.len() - self.1);
            buffer[..count].copy_from_slice(&self.0[self.1..self.1 + count]);
            self.1 += count;
            Ok(count)
        }
    }

    /// Lines of all lengths up to `longest`.
    fn lines(count: usize, longest: usize) -> Vec<u8> {
        let line = |n: usize| format!("{n} {}\n", "x".repeat(n * 7919 % longest));
        (0..count).map(line).collect::<String>().into_bytes()
    }

    /// Cuts `data`, of which the first `looked` bytes were looked at before; as many slices are held as there are
    /// workers.
    fn each(data: &[u8], looked: usize, mut look: impl FnMut(&Slice<'_>, &Budget)) -> Budget {
        let pipe = Pipe(data.to_vec(), 0);
        let Some(mut stream) =
            Source::open(Box::new(Reader::new(Box::new(pipe))), Access::default()).unwrap().into_stream()
        else {
            panic!("a stream is not a map")
        };
        let (plan, mut head) = (plan(), Vec::new());
        let budget = Budget::new(plan.memory_limit);
        let (planned, beginning) = plan.reserve(&budget).unwrap();
        stream.read_to(&mut head, looked).unwrap();
        assert_eq!(head.len(), looked);
        stream.unread(head, 0, Some(beginning));
        let Ok(Opening::Ready(reading)) = format::open(Format::Text, &Options::default(), b"", true) else {
            panic!("text needs no look")
        };
        let room = Room::new(&plan, &budget);
        let input = Input::Stream(Windows::new(&mut stream, &plan).unwrap());
        let gate = Gate::new(Feed::new(input, 0, reading.cutter(), &plan, room.clone()), &plan, room);
        let (mut held, mut at) = (std::collections::VecDeque::new(), 0);
        loop {
            // After a slice that has to be alone, no other would be cut.
            let waits = held.len() == WORKERS || held.back().is_some_and(|slice: &Slice<'_>| slice.alone);
            if waits {
                held.drain(..).for_each(|slice| gate.done(slice, None, false));
            }
            let Some((slice, cut)) = gate.next(None) else { break };
            assert!(cut.is_ok());
            assert_eq!(slice.offset, at as u64);
            at += slice.bytes().len();
            held.push_back(slice);
            // Nothing that comes later changes what is held.
            for slice in &held {
                let from = slice.offset as usize;
                assert!(slice.bytes() == &data[from..from + slice.bytes().len()], "the slice at {from}");
                look(slice, &budget);
            }
        }
        assert_eq!(at, data.len());
        held.drain(..).for_each(|slice| gate.done(slice, None, false));
        drop((gate, planned));
        budget
    }

    #[test]
    fn slices_are_in_a_few_windows_that_begin_where_pages_do() {
        let data = lines(3000, 2000);
        for looked in [0, 1, 64 << 10, 1 << 20, data.len() - 1, data.len()] {
            let (mut windows, mut slices) = (HashSet::new(), HashSet::new());
            let budget = each(&data, looked, |slice, _| {
                windows.insert(slice.bytes().as_ptr() as usize);
                slices.insert(slice.offset);
                assert!(slice.held.is_none());
            });
            assert!(slices.len() > 30, "{}", slices.len());
            assert_eq!(windows.len(), plan().windows());
            assert!(windows.iter().all(|at| at.is_multiple_of(sys::page_size())));
            assert_eq!(budget.reserved(), 0);
        }
    }

    #[test]
    fn a_large_record_has_a_larger_window_while_it_is_converted() {
        for (before, looked) in [(0, 0), (0, 64 << 10), (700, 0), (700, 2 << 20)] {
            let large = [&b"y".repeat(5 << 20)[..], b"\n"].concat();
            let data = [lines(before, 500), large, lines(2000, 500)].concat();
            let mut windows = HashSet::new();
            let mut seen = 0;
            each(&data, looked, |slice, budget| {
                let (len, more) = (slice.bytes().len(), slice.held.as_ref().map_or(0, |held| held.bytes()));
                windows.insert(slice.bytes().as_ptr() as usize);
                assert!(windows.iter().all(|at| at.is_multiple_of(sys::page_size())));
                assert!(len <= plan().window() + more, "{len} {more}");
                assert!(budget.reserved() >= more && budget.reserved() <= budget.limit());
                if len > 3 << 20 {
                    assert!(slice.alone);
                    seen += 1;
                }
            });
            assert_eq!(seen, 1, "{before} {looked}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn windows_that_nobody_uses_give_their_memory_back() {
        let source = Source::open(Box::new(Reader::new(Box::new(io::repeat(7)))), Access::default()).unwrap();
        let mut stream = source.into_stream().unwrap();
        let plan = plan();
        let mut windows = Windows::new(&mut stream, &plan).unwrap();
        // Fills all of them; returns how much memory they had before.
        let fill = |windows: &mut Windows<'_>| -> usize {
            let all: Vec<Window> = (0..plan.windows()).map(|_| windows.empty()).collect();
            let resident = all.iter().map(|window| sys::memory::resident_in(&window.buffer)).sum();
            for mut window in all {
                windows.read(&mut window, plan.window(), false).unwrap();
                assert!(window.len() == plan.window() && window.iter().all(|byte| *byte == 7));
                window.done();
            }
            resident
        };
        fill(&mut windows);
        assert_eq!(fill(&mut windows), plan.windows() * plan.window());
        windows.idle().set_lean(true, 1);
        assert_eq!(fill(&mut windows), plan.window());
        // What comes back is trimmed too.
        assert_eq!(fill(&mut windows), plan.window());
        windows.idle().set_lean(true, 0);
        assert_eq!(fill(&mut windows), 0);
        windows.idle().set_lean(false, 1);
        fill(&mut windows);
        assert_eq!(fill(&mut windows), plan.windows() * plan.window());
    }
}

//! The feed inside its lock. See `room` for what large slices mean.

use std::hint::black_box;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::flow::feed::failed::FeedError;
use crate::flow::feed::room::Room;
use crate::flow::feed::window::Idle;
use crate::flow::feed::{Feed, Slice};
use crate::flow::order::behind::{self, Behind};
use crate::flow::sync::{Condvar, Mutex, MutexGuard};
use crate::memory::{Arena, Reservation};
use crate::plan::memory::Plan;
use crate::sys::{AROUND, Map};

/// The feed, for all workers.
pub(crate) struct Gate<'s> {
    /// Locked while a slice is cut, or read.
    feed: Mutex<Feed<'s>>,
    /// Never locked for long.
    underway: Mutex<Underway>,
    /// Signals that no slice that has to be alone is being converted.
    open: Condvar,
    /// Workers that wait for their turn at the feed.
    waiting: AtomicUsize,
    map: Option<&'s Map>,
    windows: Option<Idle>,
    room: Room,
}

/// The state of the slices that are being converted, as far as it matters for the next one.
struct Underway {
    /// The size that slices should have: the upper limit, and the size now.
    slice_size: usize,
    target: usize,
    /// A slice that has to be alone is being converted.
    alone: bool,
    /// A slice failed: there are no more.
    failed: bool,
    /// Where the next slice begins.
    next: u64,
    behind: Behind,
}

/// A waiting worker touches its next slice in steps of this many bytes.
const STEP: usize = 16 << 10;

/// One byte of each cache line is touched.
const LINE: usize = 64;

impl<'s> Gate<'s> {
    pub fn new(feed: Feed<'s>, plan: &Plan, room: Room) -> Gate<'s> {
        let (start, slice_size) = (feed.offset(), plan.slice_size);
        let behind = Behind::new(start, plan.workers);
        let underway = Underway { slice_size, target: slice_size, alone: false, failed: false, next: start, behind };
        Gate {
            map: feed.map(),
            windows: feed.windows(),
            feed: Mutex::new(feed),
            underway: Mutex::new(underway),
            open: Condvar::new(),
            waiting: AtomicUsize::new(0),
            room,
        }
    }

    fn underway(&self) -> MutexGuard<'_, Underway> {
        self.underway.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The feed, when it is this worker's turn.
    ///
    /// A worker that has to wait touches the bytes that it will probably be given. Then whoever cuts does not have to
    /// fetch them from memory, so the wait is shorter.
    fn turn(&self) -> MutexGuard<'_, Feed<'s>> {
        if let Ok(feed) = self.feed.try_lock() {
            return feed;
        }
        if let Some(map) = self.map {
            let away = self.waiting.fetch_add(1, Relaxed) + 1;
            let feed = self.touch(map, self.slice_ahead(away));
            self.waiting.fetch_sub(1, Relaxed);
            if let Some(feed) = feed {
                return feed;
            }
        }
        self.feed.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Roughly where a slice is, given how many slices come between it and the one that is being cut.
    fn slice_ahead(&self, away: usize) -> Range<usize> {
        let underway = self.underway();
        let from = underway.next as usize + away * underway.target;
        from..from + underway.target
    }

    /// Touches these bytes of the source. Ends with the feed if it is free before that is done.
    fn touch(&self, map: &Map, ahead: Range<usize>) -> Option<MutexGuard<'_, Feed<'s>>> {
        let source = map.bytes();
        let ahead = source.len().min(ahead.start)..source.len().min(ahead.end);
        let mut feed = None;
        for step in source[ahead.clone()].chunks(STEP) {
            feed = self.feed.try_lock().ok();
            if feed.is_some() {
                break;
            }
            for line in step.iter().step_by(LINE) {
                black_box(*line);
            }
        }
        // The others may have passed this place while this worker's processor was busy with something else. Pages that
        // were given back must not be touched: nobody would give them back again.
        let released = self.underway().behind.released() as usize;
        if released > ahead.start {
            map.release(ahead.start..ahead.end.next_multiple_of(AROUND).min(released));
        }
        feed
    }

    /// The next slice, as [`Feed::next`]; waits while a slice that has to be alone is being converted. The arena may
    /// use what the slice leaves of the room.
    pub fn next(&self, arena: Option<&mut Arena>) -> Option<(Slice<'s>, Result<(), FeedError>)> {
        let mut feed = self.turn();
        let mut underway = self.underway();
        while underway.alone {
            underway = self.open.wait(underway).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        let (failed, target) = (underway.failed, underway.target);
        drop(underway);
        if failed {
            return None;
        }
        let (mut slice, cut) = feed.next(target)?;
        let held = slice.held.as_ref().map_or(0, Reservation::bytes);
        slice.alone = held > self.room.quarter();
        self.underway().begin(&slice, feed.offset());
        drop(feed);
        if let Some(arena) = arena {
            let spare = if slice.alone { self.room.spare } else { 0 };
            arena.allow(self.room.arena + (self.room.share + spare).saturating_sub(held));
        }
        Some((slice, cut))
    }

    /// Notes how the conversion of a slice ended: after a failure there are no more slices. Aims at slices whose output
    /// fits a buffer, so that no worker has to wait for its turn in the middle of one.
    pub fn finished(&self, input: usize, output: usize, capacity: usize, failed: bool) {
        let fits = (input as u128 * capacity as u128 * 3 / 4 / output.max(1) as u128) as usize;
        let mut underway = self.underway();
        underway.failed |= failed;
        underway.target = fits.clamp((underway.slice_size / 16).max(1), underway.slice_size);
    }

    /// Nobody looks at the bytes of a slice any more: gives back its pages, if they are mapped. This can't wait until
    /// the slice is done: a worker may write the output of others for as long as they are faster.
    pub fn release(&self, slice: &Slice<'_>) {
        let range = self.underway().end(slice);
        if let (Some(map), Some(range)) = (self.map, range) {
            behind::release(map, range);
        }
    }

    /// A slice is done: gives back its window, what it took beyond the plan, and of the arena what is not worth
    /// keeping; while memory is scarce (`lean`) all of it.
    pub fn done(&self, slice: Slice<'_>, arena: Option<&mut Arena>, lean: bool) {
        if let Some(arena) = arena
            && (lean || arena.beyond() > self.room.quarter())
        {
            arena.trim();
        }
        let alone = slice.alone;
        slice.done();
        if alone {
            self.underway().alone = false;
            self.open.notify_all();
        }
    }

    /// From now on slices are not larger than this; one record can still be. Windows that nobody uses give their memory
    /// back if they are to be `lean`, but for `idle` of them.
    pub fn restrict(&self, slice_size: usize, lean: bool, idle: usize) {
        let mut underway = self.underway();
        (underway.slice_size, underway.target) = (slice_size, slice_size);
        drop(underway);
        if let Some(windows) = &self.windows {
            windows.set_lean(lean, idle);
        }
    }

    /// The feed, when everybody is done.
    pub fn into_inner(self) -> Feed<'s> {
        self.feed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Underway {
    /// A slice is handed out; the next one begins at `next`.
    fn begin(&mut self, slice: &Slice<'_>, next: u64) {
        (self.alone, self.next) = (slice.alone, next);
        self.behind.begin(slice.offset);
    }

    /// Nobody looks at the bytes of a slice any more. Gives what can be given back.
    fn end(&mut self, slice: &Slice<'_>) -> Option<Range<u64>> {
        let range = slice.offset..slice.offset + slice.len();
        self.behind.end(range, self.next, self.slice_size)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use crate::memory::Budget;
    use std::io::Write;
    use std::os::unix::fs::FileExt;

    use super::*;
    use crate::flow::feed::Input;
    use crate::format::{self, Format, Opening, Options};
    use crate::plan::memory::Wishes;
    use crate::sys::page_size;

    const SLICE: usize = 64 << 10;

    /// How many of the pages that lie in a buffer are mapped.
    fn mapped(buffer: &[u8]) -> usize {
        let pages = std::fs::File::open("/proc/self/pagemap").unwrap();
        let first = (buffer.as_ptr() as usize).div_ceil(page_size());
        let present = |page: &usize| {
            let mut entry = [0; 8];
            pages.read_exact_at(&mut entry, *page as u64 * 8).unwrap();
            u64::from_ne_bytes(entry) >> 63 == 1
        };
        (first..first + buffer.len() / page_size() - 1).filter(present).count()
    }

    #[test]
    fn what_is_touched_too_late_does_not_stay() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&b"a line of text\n".repeat(400_000)).unwrap();
        let map = Map::new(file).unwrap();
        let wishes = Wishes { workers: 2, slice_size: SLICE, memory_limit: 64 << 20, ..Wishes::default() };
        let plan = Plan::new(&wishes).unwrap();
        let Ok(Opening::Ready(reading)) = format::open(Format::Text, &Options::default(), b"", true) else {
            panic!("text needs no look")
        };
        let room = Room::new(&plan, &Budget::new(plan.memory_limit));
        let feed = Feed::new(Input::Mapped(&map), 0, reading.cutter(), &plan, room.clone());
        let gate = Gate::new(feed, &plan, room);
        let ahead = gate.slice_ahead(1);
        assert_eq!(ahead, SLICE..2 * SLICE);
        let next = || gate.next(None).map(|(slice, _)| (gate.release(&slice), gate.done(slice, None, false))).is_some();
        let somebody_cuts = || gate.feed.try_lock().unwrap();

        let feed = somebody_cuts();
        assert!(gate.touch(&map, ahead.clone()).is_none());
        drop(feed);
        assert!(mapped(&map.bytes()[ahead.clone()]) > 10);
        assert!(gate.touch(&map, ahead.clone()).is_some(), "it is free");
        while next() {}
        assert_eq!(mapped(&map.bytes()[ahead.clone()]), 0);

        let feed = somebody_cuts();
        assert!(gate.touch(&map, ahead.clone()).is_none());
        drop(feed);
        assert_eq!(mapped(&map.bytes()[..4 * SLICE]), 0);
        // After the end there is nothing to touch.
        assert!(gate.touch(&map, usize::MAX - 1..usize::MAX).is_none());
    }
}

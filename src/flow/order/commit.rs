//! Order: slices end in any order, but their output is written in input order.
//!
//! When all slices before it are done, a slice's place in the output is known. At a positional target it
//! takes its offset and is written outside the lock, beside the writes of others; a stream is written
//! during its turn. A worker that is early leaves its buffer in the ring and goes on with an empty one;
//! whoever closes the gap writes what waits after it. Nobody spins: a worker without a buffer parks.
//!
//! There is no deadlock: a buffer is taken *before* a slice is claimed, so the worker whose turn it is
//! always has one, and it never waits for anyone.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crc32fast::Hasher;

use crate::error::{Error, Result};
use crate::flow::feed::Slice;
use crate::flow::order::reached::Place;
use crate::flow::sync::{Condvar, Mutex, MutexGuard};
use crate::flow::totals::{SliceTotals, Totals};
use crate::memory::{Buffer, Pool};
use crate::metrics::{Doing, Pass};
use crate::quarantine::{Bad, BadRecords, Ledger, Over};
use crate::record::Drain;
use crate::resume::{Entry, Journal, Reached, Tracker, hash};
use crate::sink::Target;
use crate::source::damage;
use crate::sys::Map;

/// A converted slice.
pub(crate) struct Done {
    /// Where it begins in the source.
    pub offset: u64,
    /// The rest of its output, after what was drained.
    pub buffer: Buffer,
    pub len: usize,
    /// How much of its output was drained before.
    pub drained: u64,
    /// Its bad records that were not entered before.
    pub bad: BadRecords,
    pub totals: SliceTotals,
    pub claimed: Instant,
    /// Why the run ends with this slice; it is given the number of records before the slice.
    pub failed: Option<Failure>,
}

/// The error of a run, from the number of records before its last slice.
pub(crate) type Failure = Box<dyn FnOnce(u64) -> Error + Send>;

impl Done {
    /// How many bytes of output it has.
    pub fn written(&self) -> usize {
        self.drained as usize + self.len
    }

    /// The slice's bytes were not those of the file: the run ends, and nothing more of the slice is written.
    pub fn void(&mut self, error: Error) {
        self.len = 0;
        self.bad.clear();
        self.failed = Some(Box::new(|_| error));
    }
}

/// Where a committer begins.
pub(crate) struct Begin<'t> {
    /// After the prefix, or after what another run or source wrote.
    pub place: Place,
    /// How many bytes of separator the first record of the output leaves out.
    pub first_skips: usize,
    pub totals: Totals,
    /// Where bad records are entered.
    pub ledger: Option<&'t mut Ledger>,
    /// Where checkpoints go, and what makes them.
    pub checkpoints: Option<(&'t Journal, Tracker)>,
}

pub(crate) struct Committer<'t> {
    target: &'t Target,
    first_skips: usize,
    journal: Option<&'t Journal>,
    /// Where what is committed is counted.
    pass: &'t Pass,
    /// What is noted of bad records.
    notes: Notes,
    quarantine: Option<Arc<Target>>,
    state: Mutex<State<'t>>,
    /// A turn has come, or the run ends.
    turn: Condvar,
    /// A buffer came back, or the run ends.
    freed: Condvar,
    /// More workers may be active, or the run ends.
    unparked: Condvar,
}

/// What the committer grants while memory is scarce.
pub(crate) struct Restriction {
    /// Workers that get buffers: those with the lowest numbers.
    pub active: usize,
    /// Buffers that are out at a time.
    pub in_flight: usize,
    /// Idle buffers give their memory back, but for `idle` of them.
    pub lean: bool,
    pub idle: usize,
    /// How much of a buffer is used.
    pub room: usize,
}

/// What is noted of bad records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notes {
    Nothing,
    /// Where they are, and why they are bad.
    Places,
    /// Their bytes too.
    Bytes,
}

struct State<'t> {
    /// The slice whose turn it is.
    next: u64,
    /// The worker whose turn it is may take it and release the lock meanwhile.
    ledger: Option<&'t mut Ledger>,
    place: Place,
    /// Early slices, at their number modulo the ring's length.
    ring: Vec<Option<(Done, Option<Hasher>)>>,
    pool: Pool,
    /// Workers with lower numbers get buffers, others park.
    active: usize,
    /// There are no more slices.
    ended: bool,
    /// Everything before this byte of the source is done.
    behind: u64,
    totals: Totals,
    /// Rooms for bad records that are not in use.
    rooms: Vec<BadRecords>,
    error: Option<Error>,
    tracker: Option<Tracker>,
}

impl<'t> State<'t> {
    /// Takes the place of `bytes` in the output, whose checksum is `hashed` if checkpoints are written.
    fn assign<'b>(&mut self, bytes: &'b [u8], first_skips: usize, hashed: Option<Hasher>) -> (&'b [u8], u64) {
        let (mut bytes, mut hashed) = (bytes, hashed);
        let place = &mut self.place;
        if place.at_start && !bytes.is_empty() {
            bytes = &bytes[first_skips..];
            hashed = hashed.map(|_| hash(bytes));
            place.at_start = false;
        }
        if let (Some(tracker), Some(hashed)) = (&mut self.tracker, hashed) {
            tracker.add(&hashed);
        }
        let at = place.offset;
        place.offset += bytes.len() as u64;
        place.last = bytes.last().copied().or(place.last);
        (bytes, at)
    }

    /// It is the turn of slice `index`, which begins at `offset` of the source; it will be written next.
    fn begin_write(&mut self, index: u64, offset: u64) {
        if let Some(tracker) = &mut self.tracker {
            tracker.turn(index, offset);
            tracker.begin_write(index);
        }
    }

    /// Slice `index` has been written.
    fn end_write(&mut self, index: u64) -> Option<Entry> {
        self.tracker.as_mut()?.end_write(index)
    }
}

impl<'t> Committer<'t> {
    /// A committer with a pool of `buffers` output buffers for all workers together.
    pub fn new(target: &'t Target, begin: Begin<'t>, pass: &'t Pass, pool: Pool, buffers: usize) -> Committer<'t> {
        let Begin { place, first_skips, totals, ledger, checkpoints } = begin;
        let ledger = ledger.filter(|ledger| ledger.is_needed());
        let quarantine = ledger.as_ref().and_then(|ledger| ledger.quarantine.as_ref());
        let quarantine = quarantine.map(|quarantine| Arc::clone(quarantine.target()));
        let notes = match (&ledger, &quarantine) {
            (None, _) => Notes::Nothing,
            (Some(_), None) => Notes::Places,
            (Some(_), Some(_)) => Notes::Bytes,
        };
        let (journal, tracker) = checkpoints.unzip();
        let ring = (0..buffers).map(|_| None).collect();
        let (active, ended, behind) = (usize::MAX, false, 0);
        let rooms = match notes {
            Notes::Nothing => Vec::with_capacity(buffers),
            _ => (0..buffers).map(|_| BadRecords::with_room()).collect(),
        };
        let state =
            State { next: 0, ledger, place, ring, pool, active, ended, behind, totals, rooms, error: None, tracker };
        let (state, turn, freed, unparked) = (Mutex::new(state), Condvar::new(), Condvar::new(), Condvar::new());
        Committer { target, first_skips, journal, pass, notes, quarantine, state, turn, freed, unparked }
    }

    /// The checksum of output, if checkpoints are written.
    fn hash(&self, bytes: &[u8]) -> Option<Hasher> {
        self.journal.map(|_| hash(bytes))
    }

    /// What is to be noted of bad records.
    pub fn notes(&self) -> Notes {
        self.notes
    }

    fn lock(&self) -> MutexGuard<'_, State<'t>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// An empty buffer for a worker, and room for bad records; waits for one, and while fewer workers are to be active.
    /// None when the run ends.
    pub fn buffer(&self, worker: usize) -> Option<(Buffer, BadRecords)> {
        let mut state = self.lock();
        while state.error.is_none() && !state.ended {
            if worker >= state.active {
                // This worker may have been woken for a buffer that another one can use.
                self.freed.notify_one();
                self.pass.does(worker, Doing::HeldBack);
                state = self.unparked.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
                continue;
            }
            if let Some(buffer) = state.pool.take(1) {
                self.pass.buffer_taken();
                return Some((buffer, state.rooms.pop().unwrap_or_default()));
            }
            self.pass.does(worker, Doing::WaitingTarget);
            state = self.freed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        None
    }

    /// There are no more slices: gives back a buffer that was not needed, and wakes all workers that wait for one.
    pub fn end(&self, buffer: Buffer) {
        let mut state = self.lock();
        state.pool.give(buffer);
        self.pass.buffer_back();
        state.ended = true;
        self.freed.notify_all();
        self.unparked.notify_all();
    }

    /// Grants less, or more again.
    pub fn restrict(&self, to: Restriction) {
        self.target.set_lean(to.lean, to.idle);
        let mut state = self.lock();
        state.active = to.active;
        state.pool.set_marks(to.in_flight, to.idle);
        state.pool.set_room(to.room);
        state.pool.set_lean(to.lean);
        self.freed.notify_all();
        self.unparked.notify_all();
    }

    /// Where the last committed slice begins in the source: everything before it is done.
    pub fn behind(&self) -> u64 {
        self.lock().behind
    }

    /// Waits for the turn of a slice.
    fn wait(&self, index: u64) -> Result<MutexGuard<'_, State<'t>>> {
        let mut state = self.lock();
        while state.next != index && state.error.is_none() {
            state = self.turn.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        match state.error {
            Some(_) => Err(Error::ended()),
            None => Ok(state),
        }
    }

    /// Enters bad records of the slice whose turn it is. The lock is released meanwhile.
    fn enter<'s>(
        &'s self,
        mut state: MutexGuard<'s, State<'t>>,
        enter: impl FnOnce(&mut Ledger, u64) -> Result<(), Over>,
    ) -> (MutexGuard<'s, State<'t>>, Result<(), Over>) {
        let Some(ledger) = state.ledger.take() else { return (state, Ok(())) };
        let before = state.totals.before();
        drop(state);
        let entered = enter(ledger, before);
        let mut state = self.lock();
        state.ledger = Some(ledger);
        (state, entered)
    }

    /// The run ends with a bad record. Of `bytes`, which follow `drained` others of the slice, those before the record
    /// are written. `all`: what happened in the slice, if it was read to its end.
    fn end_with(
        &self,
        mut state: MutexGuard<'_, State<'t>>,
        over: Over,
        drained: u64,
        bytes: &[u8],
        all: Option<&SliceTotals>,
    ) {
        let before = over.output.map_or(0, |output| output.saturating_sub(drained) as usize).min(bytes.len());
        let (bytes, at) = state.assign(&bytes[..before], self.first_skips, None);
        if let Some(until) = over.until {
            // How many of the good ones were written is only known if all of them are.
            let all_out = all.is_some_and(|all| all.records_in == all.records_out + all.records_failed);
            state.totals.add(&mut SliceTotals {
                records_in: until.records,
                records_out: if all_out { until.records - until.bad } else { 0 },
                records_failed: until.bad,
                bytes_failed: until.bytes,
                ..SliceTotals::default()
            });
            self.pass.committed(&state.totals.committed(self.target.left(state.place.offset)));
        }
        drop(state);
        let written = self.target.write(bytes, at);
        self.fail(&mut self.lock(), written.err().unwrap_or(over.error));
    }

    /// Enters one bad record in the middle of its slice, after everything that was drained of it.
    pub fn enter_one(&self, index: u64, bad: &Bad, raw: Option<&[u8]>) -> Result<()> {
        let state = self.wait(index)?;
        let (state, entered) = self.enter(state, |ledger, before| ledger.enter_one(before, bad, raw));
        entered.map_err(|over| {
            self.end_with(state, over, 0, &[], None);
            Error::ended()
        })
    }

    /// Writes the first part of a slice's output while the slice goes on; waits for its turn. Bad records so far are
    /// entered first.
    fn drain(&self, index: u64, offset: u64, bytes: &[u8], bad: &BadRecords, drained: u64) -> Result<()> {
        let hashed = self.hash(bytes);
        let mut state = self.wait(index)?;
        if !bad.is_empty() {
            let entered;
            (state, entered) = self.enter(state, |ledger, before| ledger.enter(before, bad));
            if let Err(over) = entered {
                self.end_with(state, over, drained, bytes, None);
                return Err(Error::ended());
            }
        }
        state.begin_write(index, offset);
        let (bytes, at) = state.assign(bytes, self.first_skips, hashed);
        drop(state);
        self.target.write(bytes, at)?;
        let entry = self.lock().end_write(index);
        self.checkpoint(entry)
    }

    /// Writes a checkpoint.
    fn checkpoint(&self, entry: Option<Entry>) -> Result<()> {
        let (Some(journal), Some(entry)) = (self.journal, entry) else { return Ok(()) };
        if journal.durable {
            self.target.sync()?;
            self.quarantine.as_ref().map_or(Ok(()), |quarantine| quarantine.sync())?;
        }
        journal.append(&entry)?;
        self.pass.checkpoint(entry.input);
        Ok(())
    }

    /// Hands in slice `index`. If it is its turn, its output is written, and that of later slices that wait for it.
    pub fn commit(&self, index: u64, done: Done) {
        let hashed = self.hash(&done.buffer[..done.len]);
        let done = (done, hashed);
        let mut state = self.lock();
        if state.next != index {
            let place = (index % state.ring.len() as u64) as usize;
            debug_assert!(state.ring[place].is_none());
            state.ring[place] = Some(done);
            return;
        }
        let mut turn = Some(done);
        while let Some((mut done, hashed)) = turn {
            if state.error.is_some() {
                return;
            }
            let index = state.next;
            if !done.bad.is_empty() {
                let entered;
                (state, entered) = self.enter(state, |ledger, before| ledger.enter(before, &done.bad));
                if let Err(over) = entered {
                    let rest = &done.buffer[..done.len];
                    return self.end_with(state, over, done.drained, rest, Some(&done.totals));
                }
            }
            // Another run can't start from a slice that ended this one.
            if done.failed.is_none() {
                state.begin_write(index, done.offset);
            }
            let (bytes, at) = state.assign(&done.buffer[..done.len], self.first_skips, hashed);
            // A slice that ends the run keeps its turn: those after it would count as records before it,
            // or end the run first.
            let written = if self.target.can().positional && done.failed.is_none() {
                self.advance(&mut state, &mut done.totals, done.offset);
                drop(state);
                let written = self.target.write(bytes, at);
                state = self.lock();
                written
            } else {
                drop(state);
                let written = self.target.write(bytes, at);
                state = self.lock();
                self.advance(&mut state, &mut done.totals, done.offset);
                written
            };
            if let Some(failed) = done.failed {
                let before = state.totals.before() - done.totals.records_in;
                let error = written.err().unwrap_or_else(|| failed(before));
                self.fail(&mut state, error);
                return;
            }
            // What could not be written stays open, so that no checkpoint comes after it.
            let entry = if written.is_ok() { state.end_write(index) } else { None };
            let written = match entry {
                None => written,
                entry => {
                    drop(state);
                    let written = written.and_then(|()| self.checkpoint(entry));
                    state = self.lock();
                    written
                }
            };
            if let Err(error) = written {
                self.fail(&mut state, error);
                return;
            }
            self.pass.took(done.claimed.elapsed(), done.totals.records_in);
            state.pool.give(done.buffer);
            self.pass.buffer_back();
            let mut bad = done.bad;
            bad.begin();
            state.rooms.push(bad);
            self.freed.notify_one();
            let place = (state.next % state.ring.len() as u64) as usize;
            turn = state.ring[place].take();
        }
    }

    fn advance(&self, state: &mut State<'t>, totals: &mut SliceTotals, offset: u64) {
        state.next += 1;
        state.behind = offset;
        if totals.records_failed > 0 {
            self.pass.bad(&totals.bad, state.totals.before(), offset);
        }
        state.totals.add(totals);
        if let Some(tracker) = &mut state.tracker {
            let quarantine = state.ledger.as_ref().map_or((0, 0), |ledger| ledger.written());
            tracker.advanced(Reached {
                input: offset,
                output: state.place.offset,
                started: !state.place.at_start,
                totals: &state.totals,
                quarantine,
            });
        }
        self.pass.slice_committed();
        self.pass.committed(&state.totals.committed(self.target.left(state.place.offset)));
        self.turn.notify_all();
    }

    fn fail(&self, state: &mut State<'t>, error: Error) {
        state.error.get_or_insert(error);
        self.turn.notify_all();
        self.freed.notify_all();
        self.unparked.notify_all();
    }

    /// The number of slices that had their turn (the last may have ended the run); and the totals and how far the
    /// output is, or the error that ended the run.
    pub fn finish(self) -> (u64, Result<(Totals, Place)>) {
        let state = self.state.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        match state.error {
            Some(error) => (state.next, Err(error)),
            None => (state.next, Ok((state.totals, state.place))),
        }
    }
}

/// Drains the buffer of one slice.
pub(crate) struct SliceDrain<'c, 't> {
    committer: &'c Committer<'t>,
    source: &'c Path,
    /// Where the slice's bytes are, if they are mapped.
    map: Option<&'c Map>,
    index: u64,
    /// Where the slice begins in the source, and where it ends.
    range: Range<u64>,
    /// What is bad so far, and was not entered yet.
    bad: &'c RefCell<BadRecords>,
    /// How much was drained before.
    drained: u64,
}

impl<'c, 't> SliceDrain<'c, 't> {
    pub fn new(
        committer: &'c Committer<'t>,
        slice: &Slice<'_>,
        source: &'c Path,
        map: Option<&'c Map>,
        bad: &'c RefCell<BadRecords>,
    ) -> SliceDrain<'c, 't> {
        SliceDrain { committer, source, map, index: slice.index, range: slice.offset..slice.end(), bad, drained: 0 }
    }
}

impl Drain for SliceDrain<'_, '_> {
    fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Some(error) = self.map.and_then(|map| damage(map, self.source, self.range.end)) {
            return Err(error);
        }
        let mut bad = self.bad.borrow_mut();
        self.committer.drain(self.index, self.range.start, bytes, &bad, self.drained)?;
        bad.clear();
        self.drained += bytes.len() as u64;
        Ok(())
    }
}

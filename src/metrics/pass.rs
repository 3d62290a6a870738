//! The cells of one pass over a source.
//!
//! Every cell has one writer at a time: a worker, whoever holds the lock of the feed, or whoever holds that of the
//! committer. They are written once a slice, never for a record, and anybody may read them at any time. Each writer's
//! cells have cache lines of their own.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::bad::{BadCells, BadNotes};
use super::cell::Cell;
use super::counted::{Metrics, Planned};
use super::latency::LatencyCells;
use super::stage::{Stage, Stages};
use crate::memory::audit::{ThreadCounts, thread_counts};
use crate::memory::pressure::{Level, Response};
use crate::record::{Lossy, LossyKind};
use crate::sys::{alloc, sites};

/// In one slice of this many, a worker takes the time of each stage of each batch. Asking for the time takes some 30 ns, and a
/// batch some 30 µs, so that in every slice it would be half a per cent.
const FINE: u32 = 4;

/// What is known of a pass before it begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Begin<'s> {
    /// What the source is called; none: a stream.
    pub source: Option<&'s Path>,
    /// How long the source is, where that is known.
    pub input_size: Option<u64>,
    pub workers: usize,
    /// Output buffers of all workers together.
    pub buffers: usize,
    /// What other sources wrote to the target.
    pub written_before: u64,
    /// How much of the source another run, or an earlier pass of this one, has converted.
    pub read_before: u64,
    /// What an earlier pass of this run has counted of the source.
    pub counted: Counted,
    /// What the output buffers, and the windows of a stream, have room for, in bytes.
    pub buffer_bytes: usize,
    /// What codecs take, in bytes.
    pub codec: usize,
    /// Nothing is read: how far it is is how much is written.
    pub makes: bool,
    /// What was planned; none: there is no plan.
    pub planned: Option<Planned>,
}

/// What one pass over a source counts.
#[derive(Debug)]
pub(crate) struct Pass {
    begin: Begin<'static>,
    /// The name of the source's file; empty for a stream.
    source: Box<str>,
    begun: Instant,
    feed: FeedCells,
    committed: CommittedCells,
    pressure: PressureCells,
    workers: Box<[WorkerCells]>,
    /// Workers that have not finished their first slice.
    warming: AtomicUsize,
    /// Blocks that the process had allocated when the workers began; 0: they have not.
    ready: Cell,
}

/// Written by whoever holds the feed.
#[derive(Debug, Default)]
#[repr(align(128))]
struct FeedCells {
    /// Where in the source the next slice begins.
    read: Cell,
    slices: Cell,
}

/// Written by whoever holds the committer.
#[derive(Debug, Default)]
#[repr(align(128))]
struct CommittedCells {
    slices: Cell,
    written: Cell,
    /// Bytes written by the only worker itself, to other places than the target.
    elsewhere: Cell,
    records_read: Cell,
    records_written: Cell,
    records_bad: Cell,
    records_filtered: Cell,
    bytes_bad: Cell,
    lossy: [Cell; LossyKind::ALL.len()],
    buffers_out: Cell,
    /// How many checkpoints there are, what of the source is safe, and when the last one was written: microseconds after
    /// the beginning. They have several writers, one after another.
    checkpoints: Cell,
    safe: Cell,
    saved: Cell,
    latency: LatencyCells,
    bad: BadCells,
}

/// Written by the worker that looks at memory.
#[derive(Debug, Default)]
#[repr(align(128))]
struct PressureCells {
    level: Cell,
    responses: [Cell; Response::ALL.len()],
}

/// Written by one worker.
#[derive(Debug, Default)]
#[repr(align(128))]
struct WorkerCells {
    doing: Cell,
    slices: Cell,
    read: Cell,
    encoded: Cell,
    arena: Cell,
    stages: Stages,
}

/// What a worker does, or waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It has not begun, or has ended.
    #[default]
    Nothing,
    Converting,
    WaitingInput,
    WaitingTarget,
    /// It is parked while memory is scarce.
    HeldBack,
}

impl Doing {
    const ALL: [Doing; 5] =
        [Doing::Nothing, Doing::Converting, Doing::WaitingInput, Doing::WaitingTarget, Doing::HeldBack];
}

/// What a pass counts of a source.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub read: u64,
    pub committed: Committed,
}

/// What all committed slices have together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Committed {
    /// How long the target is.
    pub written: u64,
    pub records_read: u64,
    pub records_written: u64,
    pub records_bad: u64,
    pub records_filtered: u64,
    pub bytes_bad: u64,
    pub lossy: Lossy,
}

impl Pass {
    /// A pass that begins now.
    pub fn new(begin: Begin<'_>) -> Pass {
        // Without workers no slice is committed.
        let latency = if begin.workers > 0 { LatencyCells::new() } else { LatencyCells::default() };
        let name = begin.source.and_then(Path::file_name).map(|name| name.to_string_lossy().into());
        Pass {
            begin: Begin { source: None, ..begin },
            source: name.unwrap_or_default(),
            begun: Instant::now(),
            feed: FeedCells::default(),
            committed: CommittedCells { latency, ..CommittedCells::default() },
            pressure: PressureCells::default(),
            workers: (0..begin.workers).map(|_| WorkerCells::default()).collect(),
            warming: AtomicUsize::new(begin.workers),
            ready: Cell::default(),
        }
    }

    /// The workers begin now, and the process has allocated this many blocks.
    pub fn ready(&self, blocks: u64) {
        self.ready.set(blocks);
    }

    /// How many of them were allocated after it had allocated `before`.
    pub fn start_blocks(&self, before: u64) -> u64 {
        self.ready.get().saturating_sub(before)
    }

    /// How long ago it began.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// How long the source is, where that is known.
    pub fn input_size(&self) -> Option<u64> {
        self.begin.input_size
    }

    /// Whether nothing is read.
    pub fn makes(&self) -> bool {
        self.begin.makes
    }

    /// How far the source was handed out.
    pub fn read(&self) -> u64 {
        self.feed.read.get()
    }

    /// Bytes written, and records read and written, in committed slices.
    pub fn written(&self) -> u64 {
        self.committed.written.get() + self.committed.elsewhere.get()
    }

    pub fn records_read(&self) -> u64 {
        self.committed.records_read.get()
    }

    pub fn records_written(&self) -> u64 {
        self.committed.records_written.get()
    }

    /// The source was handed out up to here, in this many slices.
    pub fn read_to(&self, offset: u64, slices: u64) {
        self.feed.read.set(offset);
        self.feed.slices.set(slices);
    }

    /// The rest of the source, up to here, does not have to be handed out.
    pub fn read_all(&self, offset: u64) {
        self.feed.read.set(offset);
    }

    /// More of the source was looked at, in a pass without a feed.
    pub fn read_more(&self, bytes: u64) {
        self.feed.read.add_shared(bytes);
    }

    /// So many bytes were written by the only worker itself.
    pub fn written_elsewhere(&self, bytes: u64) {
        self.committed.elsewhere.set(bytes);
    }

    /// Another slice was committed.
    pub fn slice_committed(&self) {
        self.committed.slices.add(1);
    }

    /// What all committed slices have together.
    pub fn committed(&self, now: &Committed) {
        let cells = &self.committed;
        cells.written.set(now.written);
        cells.records_read.set(now.records_read);
        cells.records_written.set(now.records_written);
        cells.records_bad.set(now.records_bad);
        cells.records_filtered.set(now.records_filtered);
        cells.bytes_bad.set(now.bytes_bad);
        for (cell, kind) in cells.lossy.iter().zip(LossyKind::ALL) {
            cell.set(now.lossy.of(kind));
        }
    }

    /// The bad records of a slice that begins at `offset` of the source, after `before` records.
    pub fn bad(&self, notes: &BadNotes, before: u64, offset: u64) {
        let even = self.begin.input_size.map_or(0, |size| size.div_ceil(100));
        self.committed.bad.add(
            notes,
            before,
            offset,
            even.max(self.begin.planned.map_or(1, |planned| planned.slice_size)),
        );
    }

    /// The records of a slice took this long from its claim to its commit.
    pub fn took(&self, elapsed: Duration, records: u64) {
        self.committed.latency.record(elapsed.as_micros() as u64, records);
    }

    /// An output buffer was taken out of the pool.
    pub fn buffer_taken(&self) {
        self.committed.buffers_out.add(1);
    }

    /// One came back.
    pub fn buffer_back(&self) {
        self.committed.buffers_out.set(self.committed.buffers_out.get().saturating_sub(1));
    }

    /// A checkpoint was written: a run that goes on begins at this byte of the source.
    pub fn checkpoint(&self, input: u64) {
        let cells = &self.committed;
        cells.safe.set(input);
        cells.saved.set(self.elapsed().as_micros() as u64);
        cells.checkpoints.add_shared(1);
    }

    /// Memory was looked at; `begun` are the responses that begin now.
    pub fn pressure(&self, level: Level, begun: impl IntoIterator<Item = Response>) {
        self.pressure.level.set(level as u64);
        begun.into_iter().for_each(|response| self.pressure.responses[response as usize].add(1));
    }

    /// A worker does something else from now on.
    pub fn does(&self, worker: usize, doing: Doing) {
        if let Some(cells) = self.workers.get(worker) {
            cells.doing.set(doing as u64);
        }
    }

    /// Counts for a worker. Starts with what its thread allocates from now on.
    pub fn meter(&self, worker: usize) -> Meter<'_> {
        if sites::are_wanted() {
            alloc::trace(true);
        }
        Meter {
            pass: self,
            cells: &self.workers[worker],
            since: thread_counts(),
            at: Instant::now(),
            coarse: 0,
            warm: false,
        }
    }

    /// Adds what was counted so far to `metrics`; its values about the current moment are replaced.
    pub fn add_to(&self, metrics: &mut Metrics) {
        let (feed, committed) = (&self.feed, &self.committed);
        committed.bad.add_to(&mut metrics.bad, &self.source, metrics.read_bytes);
        let Counted { read, committed: before } = self.begin.counted;
        metrics.read_bytes += feed.read.get().saturating_sub(read);
        metrics.written_bytes += committed.written.get().saturating_sub(self.begin.written_before);
        metrics.written_bytes += committed.elsewhere.get();
        metrics.records_read += committed.records_read.get().saturating_sub(before.records_read);
        metrics.records_written += committed.records_written.get().saturating_sub(before.records_written);
        metrics.records_bad += committed.records_bad.get().saturating_sub(before.records_bad);
        metrics.records_filtered += committed.records_filtered.get().saturating_sub(before.records_filtered);
        metrics.bad_bytes += committed.bytes_bad.get().saturating_sub(before.bytes_bad);
        for (cell, kind) in committed.lossy.iter().zip(LossyKind::ALL) {
            metrics.lossy_values.count_many(kind, cell.get().saturating_sub(before.lossy.of(kind)));
        }
        metrics.slices_claimed += feed.slices.get();
        metrics.slices_committed += committed.slices.get();
        committed.latency.add_to(&mut metrics.record_latency);
        for (sum, cell) in metrics.memory_pressure_responses.iter_mut().zip(&self.pressure.responses) {
            *sum += cell.get();
        }
        for worker in &self.workers {
            metrics.slices_processed += worker.slices.get();
            metrics.processed_bytes += worker.read.get();
            metrics.encoded_bytes += worker.encoded.get();
            worker.stages.add_to(&mut metrics.stages);
            worker.stages.add_times_to(&mut metrics.stage_time);
        }
    }

    /// Sets the values about the current moment.
    pub fn describe(&self, metrics: &mut Metrics) {
        let level = self.pressure.level.get();
        metrics.planned = self.begin.planned;
        metrics.input_size_bytes = self.begin.input_size;
        metrics.read_before_bytes = self.begin.read_before;
        metrics.checkpoints = self.committed.checkpoints.get();
        if metrics.checkpoints > 0 {
            metrics.checkpoint_position_bytes = Some(self.committed.safe.get());
            let saved = Duration::from_micros(self.committed.saved.get());
            metrics.checkpoint_age = Some(self.elapsed().saturating_sub(saved));
        }
        metrics.buffer_bytes = self.begin.buffer_bytes as u64;
        metrics.memory_pressure_level = [Level::Normal, Level::High, Level::Critical]
            .into_iter()
            .find(|known| *known as u64 == level)
            .unwrap_or_default();
        metrics.pool.used = self.committed.buffers_out.get();
        metrics.pool.idle = (self.begin.buffers as u64).saturating_sub(metrics.pool.used);
        metrics.codec_bytes = self.begin.codec as u64;
        for worker in &self.workers {
            metrics.arena_bytes += worker.arena.get();
            let doing = worker.doing.get();
            let workers = &mut metrics.workers;
            match Doing::ALL.into_iter().find(|known| *known as u64 == doing) {
                Some(Doing::Converting) => workers.converting += 1,
                Some(Doing::WaitingInput) => workers.waiting_input += 1,
                Some(Doing::WaitingTarget) => workers.waiting_target += 1,
                Some(Doing::HeldBack) => workers.held_back += 1,
                Some(Doing::Nothing) | None => {}
            }
        }
    }
}

/// Counts for one worker.
pub(crate) struct Meter<'p> {
    pass: &'p Pass,
    cells: &'p WorkerCells,
    /// What the thread had allocated at the end of the previous stage.
    since: ThreadCounts,
    /// When the stage began whose time is taken.
    at: Instant,
    /// Slices until decoding, ops and encoding are told apart again: that takes the time for each batch.
    coarse: u32,
    /// The worker has finished a slice.
    warm: bool,
}

impl Meter<'_> {
    /// The worker has an output buffer and wants a slice.
    pub fn begin_cut(&mut self) {
        self.at = Instant::now();
        self.cells.doing.set(Doing::WaitingInput as u64);
    }

    /// It has a slice.
    pub fn begin_slice(&mut self) {
        self.end(Stage::Cut);
        self.cells.doing.set(Doing::Converting as u64);
    }

    /// There are no more slices.
    pub fn end_run(&self) {
        alloc::trace(false);
        self.cells.doing.set(Doing::Nothing as u64);
    }

    /// A stage ends: whatever the thread allocated since the end of the previous one was allocated in it, and the time
    /// since then is its own.
    #[inline]
    pub fn end(&mut self, stage: Stage) {
        if self.coarse == 0 || matches!(stage, Stage::Cut | Stage::Commit) {
            let time = self.lap();
            self.cells.stages.took(stage, time);
        }
        let now = thread_counts();
        if now.blocks != self.since.blocks {
            let steady = self.pass.warming.load(Relaxed) == 0;
            self.cells.stages.add(stage, steady, now.blocks - self.since.blocks, now.bytes - self.since.bytes);
            if sites::are_wanted() {
                alloc::settle(stage as u8, steady);
            }
        }
        self.since = now;
    }

    /// The time since a stage began; another one begins.
    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now.saturating_duration_since(std::mem::replace(&mut self.at, now))
    }

    /// The slice is converted: committing begins.
    pub fn end_conversion(&mut self) {
        let time = self.lap();
        match self.coarse {
            // What is left of it after the last batch.
            0 => self.cells.stages.took(Stage::Encode, time),
            _ => self.cells.stages.took_together(time),
        }
        self.coarse = (self.coarse + 1) % FINE;
    }

    /// A slice is done: its bytes, those they became, and what the arena holds.
    pub fn end_slice(&mut self, read: usize, encoded: usize, arena: usize) {
        self.end(Stage::Commit);
        self.cells.slices.add(1);
        self.cells.read.add(read as u64);
        self.cells.encoded.add(encoded as u64);
        self.cells.arena.set(arena as u64);
        if !std::mem::replace(&mut self.warm, true) {
            self.pass.warming.fetch_sub(1, Relaxed);
        }
    }
}

//! What a job has counted, as plain numbers.

use std::time::Duration;

use super::bad::BadTotals;
use super::stage;
use super::{LatencyRecorder, StageAllocations};
use crate::memory::pressure::{Level, Response};
use crate::record::Lossy;

/// What a job of one source or many has counted so far. The cells are read one after another while workers go on, so
/// the numbers may be a slice apart.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metrics {
    /// Sources that are done.
    pub sources_done: u64,
    /// The length of the source that is being read, where it is known.
    pub input_size_bytes: Option<u64>,
    /// Bytes of the sources that were handed out to workers.
    pub read_bytes: u64,
    /// Bytes of committed slices, as they went to the target.
    pub written_bytes: u64,
    /// Records in committed slices: written, bad and filtered.
    pub records_read: u64,
    /// Records written.
    pub records_written: u64,
    /// Bad records left out.
    pub records_bad: u64,
    /// Records that ops dropped.
    pub records_filtered: u64,
    /// How many bytes the bad records have.
    pub bad_bytes: u64,
    /// What the target could not hold.
    pub lossy_values: Lossy,
    /// Slices handed out.
    pub slices_claimed: u64,
    /// Slices converted; those that wait for their turn are among them.
    pub slices_processed: u64,
    /// Slices written.
    pub slices_committed: u64,
    /// Bytes of the slices that were converted.
    pub processed_bytes: u64,
    /// What these bytes became.
    pub encoded_bytes: u64,
    /// From the claim of a record's slice to its commit.
    pub record_latency: LatencyRecorder,
    /// What the workers do.
    pub workers: Workers,
    /// Output buffers.
    pub pool: PoolUse,
    /// Bytes that the workers' arenas hold.
    pub arena_bytes: u64,
    /// Bytes planned for compressing and decompressing.
    pub codec_bytes: u64,
    /// What the output buffers, and the windows of a stream, have room for, in bytes. What was never used of it takes no
    /// memory.
    pub buffer_bytes: u64,
    /// Bytes of the source that is being read which a run before this one converted; they are among those read.
    pub read_before_bytes: u64,
    /// Checkpoints of the source that is being read.
    pub checkpoints: u64,
    /// Bytes of it that are safe: a run that goes on begins there.
    pub checkpoint_position_bytes: Option<u64>,
    /// How long ago the last checkpoint was written.
    pub checkpoint_age: Option<Duration>,
    /// How scarce memory is.
    pub memory_pressure_level: Level,
    /// How often each response to scarce memory began, in the order of [`Response::ALL`].
    pub memory_pressure_responses: [u64; Response::ALL.len()],
    /// What the workers allocated, by stage.
    pub stages: Vec<StageAllocations>,
    /// What was planned for the source that is being read, if it is converted.
    pub planned: Option<Planned>,
    /// Blocks that were allocated before the first slices.
    pub start_blocks: u64,
    /// How long the workers were in each stage, in the same order. Waiting for input is a part of cutting.
    pub stage_time: [Duration; 5],
    /// Bad records.
    pub bad: BadTotals,
    /// Entries of sorted runs on disk that were merged since the last pass over the input.
    pub(crate) merged_entries: u64,
}

/// What was decided before a source was read: memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Planned {
    /// How many workers run.
    pub workers: usize,
    /// The size of slices that is aimed at.
    pub slice_size: u64,
    /// Code, stacks and tables.
    pub base: u64,
    /// The arenas of all workers, and what else they need.
    pub arenas: u64,
    /// Output buffers, and the windows of a stream.
    pub buffers: u64,
    /// Compressing and decompressing.
    pub codec: u64,
    /// Pages of a mapped source.
    pub mapped: u64,
}

impl Planned {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.base + self.arenas + self.buffers + self.codec + self.mapped
    }
}

/// How many workers do what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Workers {
    /// They convert or write.
    pub converting: usize,
    /// They wait for a slice, or cut one.
    pub waiting_input: usize,
    /// They have no output buffer: the target is slower.
    pub waiting_target: usize,
    /// They are parked while memory is scarce.
    pub held_back: usize,
}

/// Output buffers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolUse {
    /// With workers, or waiting for their turn.
    pub used: u64,
    /// In the pool.
    pub idle: u64,
}

impl Metrics {
    /// Nothing was counted yet.
    pub(super) fn none() -> Metrics {
        Metrics {
            sources_done: 0,
            merged_entries: 0,
            input_size_bytes: None,
            read_bytes: 0,
            written_bytes: 0,
            records_read: 0,
            records_written: 0,
            records_bad: 0,
            records_filtered: 0,
            bad_bytes: 0,
            lossy_values: Lossy::default(),
            slices_claimed: 0,
            slices_processed: 0,
            slices_committed: 0,
            processed_bytes: 0,
            encoded_bytes: 0,
            record_latency: LatencyRecorder::new(),
            workers: Workers::default(),
            pool: PoolUse::default(),
            arena_bytes: 0,
            codec_bytes: 0,
            buffer_bytes: 0,
            read_before_bytes: 0,
            checkpoints: 0,
            checkpoint_position_bytes: None,
            checkpoint_age: None,
            memory_pressure_level: Level::Normal,
            memory_pressure_responses: [0; Response::ALL.len()],
            stages: stage::none(),
            planned: None,
            start_blocks: 0,
            stage_time: [Duration::ZERO; 5],
            bad: BadTotals::default(),
        }
    }
}

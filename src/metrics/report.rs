//! What a run did.

use std::iter::Sum;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Events;
use super::warning::{NeverSeen, Warning};
use crate::error::Error;
use crate::record::Lossy;
use crate::scan::count::Counts;

/// What was allocated from the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// Blocks; a reallocation counts as one.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl AddAssign for Allocated {
    fn add_assign(&mut self, other: Allocated) {
        self.blocks += other.blocks;
        self.bytes += other.bytes;
    }
}

impl Sum for Allocated {
    fn sum<I: Iterator<Item = Allocated>>(all: I) -> Allocated {
        let mut sum = Allocated::default();
        all.for_each(|one| sum += one);
        sum
    }
}

/// What was allocated in the parts of a run; all zero without a counting allocator
/// ([`audit`](crate::audit)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allocations {
    /// Before the first slice was claimed.
    pub start: Allocated,
    /// Until each worker had finished its first slice.
    pub warmup: Allocated,
    /// From then until the last slice was committed.
    pub steady: Allocated,
}

/// What the workers allocated in one stage of the loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageAllocations {
    /// The stage: cut, decode, ops, encode, commit.
    pub stage: &'static str,
    /// Until each worker had finished its first slice.
    pub warmup: Allocated,
    /// From then on.
    pub steady: Allocated,
}

/// From the claim of a record's slice to its commit, in microseconds, over all records.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Latency {
    /// The mean.
    pub mean: f64,
    /// The median: half of the records took no longer.
    pub p50: u64,
    /// 99 of 100 records took no longer.
    pub p99: u64,
    /// The slowest.
    pub max: u64,
}

/// What distinguishes a source that is a file from others, and from itself after a change: as it was when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceIdentity {
    /// How many bytes the file had; of a compressed one, those that it takes.
    pub bytes: u64,
    /// When it was last written to, if the system knows.
    pub modified: Option<SystemTime>,
    /// Its device, if the system tells.
    pub device: Option<u64>,
    /// Its number on the device, if the system tells.
    pub inode: Option<u64>,
}

impl SourceIdentity {
    pub(crate) fn new(bytes: u64, modified: Option<SystemTime>, place: Option<(u64, u64)>) -> SourceIdentity {
        let (device, inode) = place.unzip();
        SourceIdentity { bytes, modified, device, inode }
    }
}

/// What became of one of many sources.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FileReport {
    /// The source's path; `-` for a stream without one.
    pub source: PathBuf,
    /// Which file that was; none for a stream, and for one that could not be read.
    pub identity: Option<SourceIdentity>,
    /// The target's path, when every source has one of its own.
    pub target: Option<PathBuf>,
    /// Lines, words, characters and bytes, if they were counted.
    pub counts: Option<Counts>,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Records decoded, good and bad.
    pub records_in: u64,
    /// Records written.
    pub records_out: u64,
    /// Bad records left out.
    pub records_failed: u64,
    /// Records that ops dropped.
    pub records_filtered: u64,
    /// Where its bad records were put, when every source has a target of its own.
    pub quarantine: Option<PathBuf>,
    /// The delimiter that was found in its beginning, if nobody gave it.
    pub delimiter: Option<char>,
    /// Why nothing of the source was written.
    pub error: Option<Arc<Error>>,
}

/// One file of an output that was split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartReport {
    /// Its path.
    pub path: PathBuf,
    /// How many records it has.
    pub records: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

impl PartReport {
    pub(crate) fn new(path: PathBuf, records: u64, bytes: u64) -> PartReport {
        PartReport { path, records, bytes }
    }
}

/// What was written to disk because it did not fit into memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Spilled {
    /// Bytes written, each as often as it was.
    pub bytes: u64,
    /// How many sorted runs they were before any was merged.
    pub runs: u64,
}

impl Spilled {
    /// Both together.
    pub(crate) fn and(self, other: Spilled) -> Spilled {
        Spilled { bytes: self.bytes + other.bytes, runs: self.runs + other.runs }
    }
}

/// What became of windows of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct WindowReport {
    /// Records whose windows had all ended before they came. They are in no result.
    pub records_late: u64,
    /// The most windows that were open at a time.
    pub most_open: u64,
    /// The newest time that a record had, in ISO 8601; none: there were no records.
    pub newest: Option<String>,
    /// Late records were bad, and are reported as such.
    #[serde(skip)]
    pub(crate) refused: bool,
}

impl WindowReport {
    pub(crate) fn new(records_late: u64, most_open: u64, newest: Option<String>, refused: bool) -> WindowReport {
        WindowReport { records_late, most_open, newest, refused }
    }
}

/// How far a result that is approximate may be from the exact one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BoundReport {
    /// The field of the result.
    pub field: String,
    /// How it is calculated.
    pub call: String,
    /// The bound, relative to the exact result: 0.01 is one per cent.
    pub relative: f64,
    /// What that means.
    pub means: &'static str,
}

impl BoundReport {
    pub(crate) fn new(field: String, call: String, relative: f64, means: &'static str) -> BoundReport {
        BoundReport { field, call, relative, means }
    }
}

/// What a run did and what it used.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The source's path; none for a stream.
    pub source: Option<PathBuf>,
    /// Which file that was; none for a stream, and for several.
    pub identity: Option<SourceIdentity>,
    /// The target's path; none for a stream or memory.
    pub target: Option<PathBuf>,
    /// The name of the source's format; "several formats" if sources have different ones; empty where no records are
    /// read.
    pub from: &'static str,
    /// The name of the target's format; empty where no records are written.
    pub to: &'static str,
    /// The delimiter that was found in the beginning of the only source, if nobody gave it.
    pub delimiter: Option<char>,
    /// Lines, words, characters and bytes of all sources, if they were counted.
    pub counts: Option<Counts>,
    /// Bytes read; of a compressed source, those that it holds.
    pub bytes_in: u64,
    /// Bytes written; of a compressed target, those that it takes.
    pub bytes_out: u64,
    /// Records decoded, good and bad.
    pub records_in: u64,
    /// Records written.
    pub records_out: u64,
    /// Bad records left out.
    pub records_failed: u64,
    /// Records that ops dropped.
    pub records_filtered: u64,
    /// Bytes of the input that the bad records have.
    pub bytes_failed: u64,
    /// The file with the bad records, if there are any and they were kept.
    pub quarantine: Option<PathBuf>,
    /// What the target could not hold.
    pub lossy: Lossy,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// The names that the job was given and no record had.
    pub names_never_seen: Vec<NeverSeen>,
    /// Bytes of the input that an earlier, interrupted run had converted; none: this run did everything.
    pub resumed_from: Option<u64>,
    /// Wall time.
    pub elapsed: Duration,
    /// How many workers ran.
    pub workers: usize,
    /// The size of slices that was aimed at, in bytes.
    pub slice_size: usize,
    /// The ceiling, in bytes.
    pub memory_limit: usize,
    /// The process's peak resident memory, in bytes, as the system reports it; 0 where it does not.
    pub peak_rss_bytes: u64,
    /// The peak of the heap in bytes; 0 without a counting allocator.
    pub peak_heap_bytes: u64,
    /// Blocks allocated, by part of the run.
    pub allocations: Allocations,
    /// What the workers allocated, by stage.
    pub stages: Vec<StageAllocations>,
    /// What was done because memory was scarce.
    pub events: Events,
    /// From the claim of a record's slice to its commit.
    pub record_latency: Latency,
    /// The sources of a run of many, in their order; empty for a job of one source.
    pub files: Vec<FileReport>,
    /// The files of an output that was split, in the order of their first records.
    pub parts: Vec<PartReport>,
    /// What was written to disk because it did not fit into memory.
    pub spilled: Spilled,
    /// The bounds of results that are approximate.
    pub bounds: Vec<BoundReport>,
    /// What became of windows of time, if there were some.
    pub windows: Option<WindowReport>,
    /// The bytes written to a memory target.
    pub output: Vec<u8>,
}

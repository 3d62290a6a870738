//! Blocks allocated in the parts of a run, by stage.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::memory::audit;
use crate::metrics::StageAllocations;

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Cut,
    Decode,
    Ops,
    Encode,
    Commit,
}

const STAGES: [(Stage, &str); 5] = [
    (Stage::Cut, "cut"),
    (Stage::Decode, "decode"),
    (Stage::Ops, "ops"),
    (Stage::Encode, "encode"),
    (Stage::Commit, "commit"),
];

/// Counts what the workers allocate. Without a counting allocator everything is zero.
pub(crate) struct Phases {
    /// Workers that have not finished their first slice.
    warming: AtomicUsize,
    /// Blocks and bytes: [warm-up, steady state] × stage.
    counts: [[(AtomicU64, AtomicU64); STAGES.len()]; 2],
}

/// The counts of one worker's thread up to now.
#[derive(Clone, Copy)]
pub(crate) struct Lap(audit::ThreadCounts);

impl Phases {
    pub fn new(workers: usize) -> Phases {
        Phases { warming: AtomicUsize::new(workers), counts: Default::default() }
    }

    /// Starts counting on this thread.
    pub fn lap(&self) -> Lap {
        Lap(audit::thread_counts())
    }

    /// Books what this thread allocated since the last call under `stage`.
    #[inline]
    pub fn book(&self, lap: &mut Lap, stage: Stage) {
        let now = audit::thread_counts();
        if now.blocks != lap.0.blocks {
            let phase = usize::from(self.warming.load(Relaxed) == 0);
            let (blocks, bytes) = &self.counts[phase][stage as usize];
            blocks.fetch_add(now.blocks - lap.0.blocks, Relaxed);
            bytes.fetch_add(now.bytes - lap.0.bytes, Relaxed);
        }
        lap.0 = now;
    }

    /// A worker finished its first slice.
    pub fn warmed_up(&self) {
        self.warming.fetch_sub(1, Relaxed);
    }

    /// What was allocated, by stage.
    pub fn by_stage(&self) -> Vec<StageAllocations> {
        let read = |phase: usize, stage: usize| {
            let (blocks, bytes) = &self.counts[phase][stage];
            (blocks.load(Relaxed), bytes.load(Relaxed))
        };
        let of = |&(stage, name): &(Stage, &'static str)| StageAllocations {
            stage: name,
            warmup: read(0, stage as usize),
            steady: read(1, stage as usize),
        };
        STAGES.iter().map(of).collect()
    }
}

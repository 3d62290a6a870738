//! What workers allocate and how long they take, by stage of their loop.

use std::time::Duration;

use super::cell::Cell;
use super::{Allocated, StageAllocations};

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Cut,
    Decode,
    Ops,
    Encode,
    Commit,
}

/// Their names, in order.
pub const STAGES: [&str; 5] = NAMES;

const NAMES: [&str; 5] = ["cut", "decode", "ops", "encode", "commit"];

/// What one worker allocated in one stage.
#[derive(Debug, Default)]
struct Cells {
    blocks: Cell,
    bytes: Cell,
}

impl Cells {
    fn get(&self) -> Allocated {
        Allocated { blocks: self.blocks.get(), bytes: self.bytes.get() }
    }
}

/// What one worker allocated. Without a counting allocator everything is zero.
#[derive(Debug, Default)]
pub(super) struct Stages {
    warmup: [Cells; NAMES.len()],
    steady: [Cells; NAMES.len()],
    /// Nanoseconds in each stage.
    time: [Cell; NAMES.len()],
}

impl Stages {
    #[cold]
    pub fn add(&self, stage: Stage, steady: bool, blocks: u64, bytes: u64) {
        let cells = &(if steady { &self.steady } else { &self.warmup })[stage as usize];
        cells.blocks.add(blocks);
        cells.bytes.add(bytes);
    }

    /// A stage took so long.
    #[inline]
    pub fn took(&self, stage: Stage, time: Duration) {
        self.time[stage as usize].add(time.as_nanos() as u64);
    }

    /// Adds the times in each stage.
    pub fn add_times_to(&self, times: &mut [Duration; NAMES.len()]) {
        times.iter_mut().zip(&self.time).for_each(|(sum, cell)| *sum += Duration::from_nanos(cell.get()));
    }

    /// Adds these counts to those of [`none`].
    pub fn add_to(&self, stages: &mut [StageAllocations]) {
        for (to, (warmup, steady)) in stages.iter_mut().zip(self.warmup.iter().zip(&self.steady)) {
            to.warmup += warmup.get();
            to.steady += steady.get();
        }
    }
}

/// All stages, in their order, in which nothing was allocated.
pub(super) fn none() -> Vec<StageAllocations> {
    NAMES.iter().map(|stage| StageAllocations { stage, ..StageAllocations::default() }).collect()
}

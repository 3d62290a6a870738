//! What workers allocate, by stage of their loop.

use super::StageAllocations;
use super::cell::Cell;

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Cut,
    Decode,
    Ops,
    Encode,
    Commit,
}

const NAMES: [&str; 5] = ["cut", "decode", "ops", "encode", "commit"];

/// Blocks and bytes.
#[derive(Debug, Default)]
struct Allocated {
    blocks: Cell,
    bytes: Cell,
}

impl Allocated {
    fn add_to(&self, (blocks, bytes): &mut (u64, u64)) {
        *blocks += self.blocks.get();
        *bytes += self.bytes.get();
    }
}

/// What one worker allocated. Without a counting allocator everything is zero.
#[derive(Debug, Default)]
pub(super) struct Stages {
    warmup: [Allocated; NAMES.len()],
    steady: [Allocated; NAMES.len()],
}

impl Stages {
    #[cold]
    pub fn add(&self, stage: Stage, steady: bool, blocks: u64, bytes: u64) {
        let allocated = &(if steady { &self.steady } else { &self.warmup })[stage as usize];
        allocated.blocks.add(blocks);
        allocated.bytes.add(bytes);
    }

    /// Adds these counts to those of [`none`].
    pub fn add_to(&self, stages: &mut [StageAllocations]) {
        for (to, (warmup, steady)) in stages.iter_mut().zip(self.warmup.iter().zip(&self.steady)) {
            warmup.add_to(&mut to.warmup);
            steady.add_to(&mut to.steady);
        }
    }
}

/// All stages, in their order, in which nothing was allocated.
pub(super) fn none() -> Vec<StageAllocations> {
    NAMES.iter().map(|stage| StageAllocations { stage, ..StageAllocations::default() }).collect()
}

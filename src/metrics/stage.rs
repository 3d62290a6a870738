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
    /// Nanoseconds of decoding, ops and encoding in slices where they were not told apart.
    together: Cell,
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

    /// Decoding, ops and encoding took so long together.
    pub fn took_together(&self, time: Duration) {
        self.together.add(time.as_nanos() as u64);
    }

    /// Adds the times in each stage. What was not told apart is divided as what was.
    pub fn add_times_to(&self, times: &mut [Duration; NAMES.len()]) {
        const APART: [Stage; 3] = [Stage::Decode, Stage::Ops, Stage::Encode];
        let mut own = [0.0; NAMES.len()];
        own.iter_mut().zip(&self.time).for_each(|(time, cell)| *time = cell.get() as f64);
        let (apart, together) =
            (APART.map(|stage| own[stage as usize]).iter().sum::<f64>(), self.together.get() as f64);
        if apart > 0.0 {
            APART.into_iter().for_each(|stage| own[stage as usize] *= 1.0 + together / apart);
        }
        times.iter_mut().zip(own).for_each(|(sum, nanos)| *sum += Duration::from_nanos(nanos as u64));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_told_apart_is_divided() {
        let (stages, seconds) = (Stages::default(), Duration::from_secs);
        stages.took(Stage::Cut, seconds(5));
        stages.took(Stage::Decode, seconds(3));
        stages.took(Stage::Encode, seconds(1));
        // 8 s more, three quarters of which are decoding.
        stages.took_together(seconds(8));
        let mut times = [Duration::ZERO; 5];
        stages.add_times_to(&mut times);
        assert_eq!(times, [seconds(5), seconds(9), seconds(0), seconds(3), seconds(0)]);
    }
}

//! Blocks of records.

use super::digits::Clock;
use super::random::Random;

/// What a record is made from.
pub(super) struct Draw {
    /// The number of the record, from 0.
    pub index: u64,
    pub random: Random,
    pub clock: Clock,
}

/// 2024-01-01 in milliseconds since 1970.
const START: u64 = 1_704_067_200_000;

impl Draw {
    /// The number of the record, from 1.
    #[inline]
    pub(super) fn id(&self) -> u64 {
        self.index.wrapping_add(1)
    }

    /// A time about a second behind that of the record before.
    #[inline]
    pub(super) fn time(&mut self) -> u64 {
        START.wrapping_add(self.index.wrapping_mul(1000)).wrapping_add(self.random.below(1000).into())
    }

    /// Appends a time as text.
    #[inline]
    pub(super) fn push_time(&mut self, out: &mut Vec<u8>) {
        let time = self.time();
        self.clock.push(out, time);
    }
}

/// Makes the records of a format.
pub(super) trait Make: Send + Sync {
    /// Appends one record.
    fn record(&self, draw: &mut Draw, out: &mut Vec<u8>);
}

/// A run of records; its memory is used again for others.
#[derive(Default)]
pub(super) struct Block {
    pub bytes: Vec<u8>,
    /// Where each record ends.
    pub ends: Vec<usize>,
}

/// Makes blocks; the call through it is one for a whole block.
pub(super) trait MakeBlock: Send + Sync {
    /// Fills a block with `count` records from number `first`.
    fn block(&self, block: &mut Block, random: Random, first: u64, count: u64);
}

impl<M: Make> MakeBlock for M {
    fn block(&self, block: &mut Block, random: Random, first: u64, count: u64) {
        block.bytes.clear();
        block.ends.clear();
        let mut draw = Draw { index: first, random, clock: Clock::new() };
        for _ in 0..count {
            self.record(&mut draw, &mut block.bytes);
            block.ends.push(block.bytes.len());
            draw.index += 1;
        }
    }
}

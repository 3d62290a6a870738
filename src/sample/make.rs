//! Blocks of records.

use super::digits::Clock;
use super::pen::Pen;
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

    /// A time about a second after that of the previous record.
    #[inline]
    pub(super) fn time(&mut self) -> u64 {
        START.wrapping_add(self.index.wrapping_mul(1000)).wrapping_add(self.random.below(1000).into())
    }

    /// Appends a time as text.
    #[inline]
    pub(super) fn push_time(&mut self, pen: &mut Pen<'_>) {
        let time = self.time();
        self.clock.push(pen, time);
    }
}

/// Makes the records of a format.
pub(super) trait Make: Send + Sync {
    /// The most bytes a record can have.
    fn longest(&self) -> usize;

    /// Appends one record.
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>);
}

/// A run of records; its memory is reused for others.
#[derive(Default)]
pub(super) struct Block {
    /// The records, followed by leftover bytes.
    pub bytes: Vec<u8>,
    /// Where each record ends.
    pub ends: Vec<usize>,
}

/// Makes blocks: one dynamic call for a whole block.
pub(super) trait MakeBlock: Send + Sync {
    /// Fills a block with `count` records from number `first`.
    fn block(&self, block: &mut Block, random: Random, first: u64, count: u64);
}

impl<M: Make> MakeBlock for M {
    fn block(&self, block: &mut Block, random: Random, first: u64, count: u64) {
        block.ends.clear();
        let mut draw = Draw { index: first, random, clock: Clock::new() };
        let (mut pen, longest) = (Pen::new(&mut block.bytes), self.longest());
        for _ in 0..count {
            pen.begin(longest);
            self.record(&mut draw, &mut pen);
            block.ends.push(pen.at());
            draw.index += 1;
        }
    }
}

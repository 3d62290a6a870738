//! The first pass of a sample: which records are drawn.

use std::collections::BinaryHeap;
use std::ops::Range;

use crate::error::Result;
use crate::flow::drawn::{Drawn, Rank, Ranks};
use crate::fold::Fold;
use crate::memory::{Budget, Reservation};
use crate::plan::sizes::FEW;
use crate::record::{Batch, EncodeError};

/// What to do when there is no memory for the ranks.
const INSTEAD: &str = "draw fewer records";

/// The lowest ranks so far, no more than are to be drawn.
pub(crate) struct Draw {
    most: usize,
    seed: u64,
    ranks: Ranks,
    /// The highest of them is on top.
    lowest: BinaryHeap<Rank>,
    budget: Budget,
    held: Reservation,
}

impl Draw {
    /// Nothing drawn yet. The memory for more than a few ranks is taken from `budget`.
    pub fn new(most: u64, seed: u64, budget: &Budget) -> Draw {
        Draw {
            most: most.try_into().unwrap_or(usize::MAX),
            seed,
            ranks: Ranks::new(seed),
            lowest: BinaryHeap::new(),
            budget: budget.clone(),
            held: budget.open("ranks of a sample", INSTEAD),
        }
    }

    /// Adds a rank if it is among the lowest.
    fn take(&mut self, rank: Rank) {
        if self.lowest.len() < self.most {
            self.lowest.push(rank);
        } else if let Some(mut highest) = self.lowest.peek_mut()
            && rank < *highest
        {
            *highest = rank;
        }
    }

    /// Makes room for twice as many.
    #[cold]
    fn grow(&mut self) -> Result<()> {
        const LEAST: usize = 64;
        let more = self.lowest.len().max(LEAST).min(self.most - self.lowest.len());
        self.hold(2 * self.lowest.len() + more)?;
        self.lowest.reserve_exact(more);
        Ok(())
    }

    /// Reserves memory for this many ranks: those that there are are copied when there are more.
    fn hold(&mut self, ranks: usize) -> Result<()> {
        let bytes = (ranks * size_of::<Rank>()).saturating_sub(FEW);
        self.held.try_grow(bytes.saturating_sub(self.held.bytes()))
    }

    /// Goes on with another source, which has a budget of its own.
    ///
    /// # Errors
    /// Memory: there is none for what was drawn so far.
    pub fn go_on(&mut self, budget: &Budget) -> Result<()> {
        (self.budget, self.held) = (budget.clone(), budget.open("ranks of a sample", INSTEAD));
        self.hold(2 * self.lowest.capacity())
    }
}

impl Fold for Draw {
    /// Which records are drawn, and how many.
    type Result = (Drawn, u64);

    fn another(&self) -> Draw {
        Draw::new(self.most as u64, self.seed, &self.budget)
    }

    fn add(&mut self, _: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        for record in records {
            let rank = self.ranks.of(batch, record);
            if self.lowest.len() == self.lowest.capacity() && self.lowest.len() < self.most {
                self.grow()?;
            }
            self.take(rank);
        }
        Ok(())
    }

    fn merge(&mut self, other: Draw) {
        // What both have reserved is enough for all of them.
        other.lowest.into_iter().for_each(|rank| self.take(rank));
    }

    fn finish(self) -> (Drawn, u64) {
        let drawn = Drawn { seed: self.seed, most: self.lowest.peek().copied() };
        (drawn, self.lowest.len() as u64)
    }
}

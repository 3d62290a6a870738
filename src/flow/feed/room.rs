//! The room that large slices take.
//!
//! A slice is larger than planned when a record is. What it has beyond the plan is reserved while it is converted. What
//! the plan leaves is dealt out so that one worker's odd record never depends on what others happen to hold: each has
//! a share, for its slice and its arena together, and one slice at a time has the spare part too. A slice that needs
//! more than a quarter of a share is that one: nothing is cut while it is converted. It can't wait for itself: the slices
//! before it are being converted already, and no slice is cut after it.

use crate::error::RecordError;
use crate::flow::feed::failed::FeedError;
use crate::memory::{Budget, Refusal, Reservation, no_memory};
use crate::plan::memory::Plan;
use crate::plan::sizes::SLACK;

/// What to change where a record does not fit and there is no more memory for it.
const INSTEAD: &str = "lower ⟨workers⟩ or ⟨slice_size⟩";

/// What a slice may take in addition to what is planned for it.
#[derive(Clone)]
pub(crate) struct Room {
    budget: Budget,
    /// Bytes of a slice that are planned, or of a window.
    planned: usize,
    pub arena: usize,
    pub share: usize,
    pub spare: usize,
}

/// Small mapped slices may take this much; the plan's share for tables of the process has room for it.
const SLICE: usize = 64 << 10;

impl Room {
    pub fn new(plan: &Plan, budget: &Budget) -> Room {
        Room {
            budget: budget.clone(),
            planned: if plan.streamed { plan.window() } else { (2 * plan.slice_size).max(SLICE) },
            arena: plan.arena,
            share: plan.share,
            // What was read of a stream to look at it is given back soon.
            spare: plan.spare + plan.beginning(),
        }
    }

    /// What is kept between slices by an arena that has grown, and what a slice may have beyond the plan without a
    /// turn.
    pub fn quarter(&self) -> usize {
        self.share / 4
    }

    /// The largest slice there is room for.
    pub fn largest(&self) -> usize {
        self.planned + self.share - self.quarter() + self.spare
    }

    /// Reserves what a window of `size` bytes has beyond the plan; `held` has what was reserved before.
    pub fn window(&self, size: usize, held: &mut Option<Reservation>) -> Result<(), FeedError> {
        match size <= self.planned {
            true => Ok(()),
            false => self.slice(size.saturating_add(size / SLACK), held),
        }
    }

    /// Reserves what `bytes` bytes of a slice are beyond the plan.
    pub fn slice(&self, bytes: usize, held: &mut Option<Reservation>) -> Result<(), FeedError> {
        if bytes <= self.planned {
            return Ok(());
        }
        if bytes > self.largest() {
            return Err(self.refused(self.largest()).into());
        }
        let bytes = bytes - self.planned;
        let held = held.get_or_insert_with(|| self.budget.open("large records", INSTEAD));
        let more = bytes.saturating_sub(held.bytes());
        let text = || "there is no memory for a large record".to_owned();
        held.try_grow(more).map_err(|error| no_memory(0, text(), Refusal::Asked(error.marked())).into())
    }

    /// The error for a record that is larger than `most`, for which there is no room.
    pub fn refused(&self, most: usize) -> RecordError {
        let text = format!(
            "the record is larger than {most} bytes, the most that {} leaves for one record (held: {})",
            self.budget.ceiling(),
            self.budget.holders(),
        );
        no_memory(0, text, Refusal::Limit(Some(self.budget.remedy(INSTEAD))))
    }
}

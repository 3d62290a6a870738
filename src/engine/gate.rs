//! The feed behind its lock, and the room that large slices take.
//!
//! A slice is larger than planned when a record is. What it has beyond the plan is reserved while it is converted. What
//! the plan leaves is dealt out so that one worker's odd record never depends on what others happen to hold: each has
//! a share, for its slice and its arena together, and one slice at a time has the spare part too. A slice that needs
//! more than a quarter of a share is that one: nothing is cut while it is converted. It can't wait for itself: slices
//! before it are being converted already, and none comes behind it.

use std::sync::{Condvar, Mutex, MutexGuard};

use super::behind;
use super::feed::{Feed, FeedError, Slice};
use super::plan::Plan;
use crate::error::RecordError;
use crate::memory::{Arena, Budget, Refusal, Reservation, no_memory};

/// What to change where a record does not fit and there is no more memory for it.
const INSTEAD: &str = "lower --workers or --slice-size";

/// What a slice may take beside what is planned for it.
#[derive(Clone)]
pub(super) struct Room {
    budget: Budget,
    /// Bytes of a slice that are planned, or of a window.
    planned: usize,
    arena: usize,
    share: usize,
    spare: usize,
}

/// Small mapped slices are allowed so much; tables of the process have room for it.
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
    fn quarter(&self) -> usize {
        self.share / 4
    }

    /// The largest slice there is room for.
    pub fn largest(&self) -> usize {
        self.planned + self.share - self.quarter() + self.spare
    }

    /// Reserves what a window of `size` bytes has beyond the plan; `held` has what was reserved before.
    pub fn window(&self, size: usize, held: &mut Option<Reservation>) -> Result<(), FeedError> {
        if size <= self.planned {
            return Ok(());
        }
        // The rest that is carried over is at most a quarter of it.
        let size = size + size / 4;
        match size <= self.largest() {
            true => self.slice(size, held),
            false => Err(self.refused(self.largest() / 5 * 4).into()),
        }
    }

    /// Reserves what `bytes` bytes of a slice are beyond the plan.
    pub fn slice(&self, bytes: usize, held: &mut Option<Reservation>) -> Result<(), FeedError> {
        if bytes <= self.planned {
            return Ok(());
        }
        let bytes = bytes - self.planned;
        let held = held.get_or_insert_with(|| self.budget.open("odd large records", INSTEAD));
        let more = bytes.saturating_sub(held.bytes());
        let text = || "there is no memory for a large record".to_owned();
        held.try_grow(more).map_err(|error| no_memory(0, text(), Refusal::Asked(error.to_string())).into())
    }

    /// The error for a record that is larger than `most`, for which there is no room.
    pub fn refused(&self, most: usize) -> RecordError {
        let text = format!(
            "the record is larger than {most} bytes, which is the most that {} has for one beside what is held: {}",
            self.budget.ceiling(),
            self.budget.holders(),
        );
        no_memory(0, text, Refusal::Limit(Some(self.budget.remedy(INSTEAD))))
    }
}

/// The feed, for all workers.
pub(super) struct Gate<'s> {
    feed: Mutex<Feed<'s>>,
    /// No slice is converted that has to be alone.
    open: Condvar,
    room: Room,
}

impl<'s> Gate<'s> {
    pub fn new(feed: Feed<'s>, room: Room) -> Gate<'s> {
        Gate { feed: Mutex::new(feed), open: Condvar::new(), room }
    }

    /// The feed.
    pub fn lock(&self) -> MutexGuard<'_, Feed<'s>> {
        self.feed.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The next slice, as [`Feed::next`]; waits while one is converted that has to be alone. The arena is allowed
    /// what the slice leaves.
    pub fn next(&self, arena: Option<&mut Arena>) -> Option<(Slice<'s>, Result<(), FeedError>)> {
        let mut feed = self.lock();
        while feed.alone {
            feed = self.open.wait(feed).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        let (mut slice, cut) = feed.next()?;
        let held = slice.held.as_ref().map_or(0, Reservation::bytes);
        slice.alone = held > self.room.quarter();
        feed.alone = slice.alone;
        drop(feed);
        if let Some(arena) = arena {
            let spare = if slice.alone { self.room.spare } else { 0 };
            arena.allow(self.room.arena + (self.room.share + spare).saturating_sub(held));
        }
        Some((slice, cut))
    }

    /// Nobody looks at the bytes of a slice any more: gives back its pages, if they are mapped. This can't wait until
    /// the slice is done: a worker may write the output of others for as long as they are faster.
    pub fn release(&self, slice: &Slice<'_>) {
        let released = self.lock().release(slice);
        if let Some((map, range)) = released {
            behind::release(map, range);
        }
    }

    /// A slice is done: gives back its window, what it took beyond the plan, and of the arena what is not worth
    /// keeping; while memory is scarce (`lean`) all of it.
    pub fn done(&self, slice: Slice<'_>, arena: Option<&mut Arena>, lean: bool) {
        if let Some(arena) = arena
            && (lean || arena.held() > self.room.arena + self.room.quarter())
        {
            arena.trim();
        }
        let alone = slice.alone;
        let mut feed = self.lock();
        feed.done(slice);
        if alone {
            feed.alone = false;
            self.open.notify_all();
        }
    }

    /// The feed, when everybody is done.
    pub fn into_inner(self) -> Feed<'s> {
        self.feed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

//! What a run did because memory was scarce.

use std::time::Duration;

use crate::memory::pressure::{Level, Reading, Response};

/// A change of what is done about scarce memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// When, from the start of the run over its source.
    pub at: Duration,
    /// The number of the slice after which it happened.
    pub slice: u64,
    /// The level.
    pub level: Level,
    /// What was read. In a scripted run (for tests) the level does not follow from it.
    pub reading: Reading,
    /// The strongest response that was in force before; all milder ones are in force with it.
    pub before: Option<Response>,
    /// The strongest one from now on.
    pub now: Option<Response>,
}

impl Event {
    /// What was done: the responses that began, or those that ended.
    pub fn done(&self) -> String {
        let (verb, from, to) = match self.now > self.before {
            true => ("began", self.before, self.now),
            false => ("ended", self.now, self.before),
        };
        let between = Response::ALL.iter().filter(|response| Some(**response) > from && Some(**response) <= to);
        format!("{verb}: {}", between.map(|response| response.name()).collect::<Vec<_>>().join(", "))
    }
}

/// Events of a run: a bounded number, and how many more there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Events {
    /// The first ones.
    pub list: Vec<Event>,
    /// How many came after those.
    pub left_out: u64,
}

/// How many events are kept.
const KEPT: usize = 64;

impl Events {
    /// Room for all events that are kept, so that none of them allocates.
    #[doc(hidden)]
    pub fn with_room() -> Events {
        Events { list: Vec::with_capacity(KEPT), left_out: 0 }
    }

    /// Keeps or counts an event.
    #[doc(hidden)]
    pub fn add(&mut self, event: Event) {
        match self.list.len() < KEPT {
            true => self.list.push(event),
            false => self.left_out += 1,
        }
    }

    /// Adds the events of another source.
    #[doc(hidden)]
    pub fn merge(&mut self, other: &Events) {
        other.list.iter().for_each(|event| self.add(*event));
        self.left_out += other.left_out;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_began_and_what_ended() {
        let event = |before, now| Event {
            at: Duration::ZERO,
            slice: 0,
            level: Level::High,
            reading: Reading::default(),
            before,
            now,
        };
        assert_eq!(event(None, Some(Response::ReleaseBehind)).done(), "began: release pages behind");
        let two = event(Some(Response::SmallerSlices), Some(Response::Emergency));
        assert_eq!(two.done(), "began: fewer workers, one worker, small pieces");
        assert_eq!(event(Some(Response::TrimPool), Some(Response::ReleaseBehind)).done(), "ended: trim the pool");
        assert_eq!(event(Some(Response::ReleaseBehind), None).done(), "ended: release pages behind");
    }

    #[test]
    fn many_are_counted() {
        let mut events = Events::with_room();
        let event = Event {
            at: Duration::ZERO,
            slice: 7,
            level: Level::Normal,
            reading: Reading::default(),
            before: None,
            now: None,
        };
        (0..100).for_each(|_| events.add(event));
        assert_eq!((events.list.len(), events.left_out), (64, 36));
        let mut all = Events::default();
        all.merge(&events);
        all.merge(&events);
        assert_eq!((all.list.len(), all.left_out), (64, 136));
    }
}

//! Reacts to scarce memory while a run goes on.
//!
//! After a slice, but at most once every ten milliseconds, one worker reads how much memory is used.
//! [`pressure`](crate::memory::pressure) decides what to do about it. This file does it: it releases pages that are no
//! longer needed, trims the pool, and restricts the feed and the number of workers. None of this changes a byte of the
//! output, and all of it is undone when the pressure has passed. A look allocates nothing.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::flow::feed::gate::Gate;
use crate::flow::order::commit::{Committer, Restriction};
use crate::memory::pressure::{Gauge, GroupUse, Ladder, Level, Reading, Response, Script};
use crate::memory::{Budget, audit};
use crate::metrics::{Event, Events, Pass};
use crate::plan::memory::Plan;
use crate::plan::sizes::{BASE, SLICE_MIN};
use crate::sys::usage::{self, Probe};
use crate::sys::{Map, memory};

/// The time between two looks, in nanoseconds. A look takes some microseconds.
const INTERVAL: u64 = 10_000_000;

pub(crate) struct Governor<'r> {
    plan: &'r Plan,
    /// Where levels and responses are counted.
    pass: &'r Pass,
    budget: Budget,
    started: Instant,
    /// What the process held before the run, beyond what a run plans for code and tables: anonymous resident bytes, and
    /// bytes on the heap. It belongs to the program around the run and does not count.
    outside: (u64, u64),
    /// When the next look is due, in nanoseconds.
    due: AtomicU64,
    /// Workers keep no memory that they don't need right now.
    lean: AtomicBool,
    looking: Mutex<Looking>,
}

struct Looking {
    /// Opened by the first look: short runs have none.
    probe: Option<Probe>,
    /// Levels in place of readings, one for each slice.
    script: Option<Script>,
    gauge: Gauge,
    ladder: Ladder,
    events: Events,
}

impl<'r> Governor<'r> {
    pub fn new(plan: &'r Plan, pass: &'r Pass, budget: &Budget, script: Option<&Script>) -> Governor<'r> {
        let beyond = |held: u64| held.saturating_sub(BASE as u64);
        let looking = Looking {
            probe: None,
            script: script.cloned(),
            gauge: Gauge::default(),
            ladder: Ladder::default(),
            events: Events::with_room(),
        };
        Governor {
            plan,
            pass,
            budget: budget.clone(),
            started: Instant::now(),
            outside: (beyond(usage::anonymous_now()), beyond(audit::counts().current)),
            due: AtomicU64::new(if script.is_some() { 0 } else { INTERVAL }),
            lean: AtomicBool::new(false),
            looking: Mutex::new(looking),
        }
    }

    /// Whether workers should keep no memory that they don't need right now.
    pub fn lean(&self) -> bool {
        self.lean.load(Relaxed)
    }

    /// Looks at memory after a slice, if it is time, and responds.
    pub fn look(&self, slice: u64, gate: &Gate<'_>, committer: &Committer<'_>, map: Option<&Map>) {
        let at = self.started.elapsed();
        let nanos = at.as_nanos() as u64;
        if nanos < self.due.load(Relaxed) {
            return;
        }
        // Somebody else is looking.
        let Ok(mut looking) = self.looking.try_lock() else { return };
        if looking.script.is_none() {
            self.due.store(nanos + INTERVAL, Relaxed);
        }
        let reading = self.read(&mut looking);
        let before = looking.ladder;
        let level = looking.level(&reading);
        let now = looking.ladder.next(level);
        self.pass.pressure(level, Response::ALL.into_iter().filter(|one| now.has(*one) && !before.has(*one)));
        if now != before {
            let (before, now) = (before.strongest(), now.strongest());
            looking.events.add(Event { at, slice, level, reading, before, now });
        }
        if now != before || now.strongest().is_some() {
            self.respond(now, now != before, gate, committer, map);
        }
    }

    fn read(&self, looking: &mut Looking) -> Reading {
        let usage = looking.probe.get_or_insert_with(Probe::open).read();
        let (anonymous, heap) = self.outside;
        Reading {
            limit: self.plan.memory_limit as u64,
            reserved: self.budget.reserved() as u64,
            heap: audit::counts().current.saturating_sub(heap),
            anonymous: usage.anonymous.saturating_sub(anonymous),
            file: usage.file,
            group: usage.group.map(|(used, limit)| GroupUse { used, limit }),
            stalled: usage.stalled,
        }
    }

    fn respond(&self, now: Ladder, changed: bool, gate: &Gate<'_>, committer: &Committer<'_>, map: Option<&Map>) {
        let plan = self.plan;
        let emergency = now.has(Response::Emergency);
        if let Some(map) = map {
            map.allow_ahead(now.strongest().is_none());
            if now.has(Response::ReleaseBehind) {
                map.release(0..committer.behind() as usize);
            }
        }
        let active = match now.has(Response::FewerWorkers) {
            _ if emergency => 1,
            true => (plan.workers / 2).max(1),
            false => plan.workers,
        };
        let (lean, idle) = (now.has(Response::TrimPool), if emergency { 0 } else { 1 });
        self.lean.store(lean, Relaxed);
        committer.restrict(Restriction {
            active,
            in_flight: if now.has(Response::FewerSlices) { active } else { plan.workers + plan.ring },
            lean,
            idle,
            room: if emergency { plan.piece } else { plan.buffer },
        });
        if changed {
            let least = SLICE_MIN.min(plan.slice_size);
            let slice_size = match now.has(Response::SmallerSlices) {
                _ if emergency => least,
                true => (plan.slice_size / 4).max(least),
                false => plan.slice_size,
            };
            gate.restrict(slice_size, lean, idle);
            if emergency {
                memory::trim_heap();
            }
        }
    }

    /// What was done, when the run is over.
    pub fn into_events(self) -> Events {
        self.looking.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).events
    }
}

impl Looking {
    fn level(&mut self, reading: &Reading) -> Level {
        match &mut self.script {
            Some(script) => script.level(),
            None => self.gauge.next(reading.fullness()),
        }
    }
}

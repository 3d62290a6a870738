//! What one source after another adds up to.

use super::opened::Opened;
use super::phases::Phases;
use super::run::Run;
use super::totals::Totals;
use crate::memory::audit;
use crate::metrics::{Allocations, Events, Report, StageAllocations};

/// The parts of a report that add up over sources.
pub(super) struct Sum {
    totals: Totals,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub warnings: Vec<String>,
    /// How much of the input a run before this one had done.
    pub resumed_from: Option<u64>,
    /// Blocks and bytes allocated before the first slice of each source.
    start: (u64, u64),
    stages: Vec<StageAllocations>,
    events: Events,
    workers: usize,
    slice_size: usize,
    formats: Option<(&'static str, &'static str)>,
}

impl Sum {
    pub fn new() -> Sum {
        Sum {
            totals: Totals::new(),
            bytes_in: 0,
            bytes_out: 0,
            warnings: Vec::new(),
            resumed_from: None,
            start: (0, 0),
            stages: Vec::new(),
            events: Events::default(),
            workers: 0,
            slice_size: 0,
            formats: None,
        }
    }

    /// Adds a pass over a source; `before` is the heap before the source was opened. Bytes written are left to the
    /// caller, who knows what stands around the records.
    pub fn add(&mut self, opened: &Opened<'_>, run: &Run, phases: &Phases, before: &audit::Counts) {
        self.totals.merge(&run.totals);
        self.bytes_in += run.bytes_in;
        self.events.merge(&run.events);
        self.start.0 += run.ready.blocks.saturating_sub(before.blocks);
        self.start.1 += run.ready.bytes.saturating_sub(before.bytes);
        let stages = phases.by_stage();
        match self.stages.is_empty() {
            true => self.stages = stages,
            false => {
                for (mine, more) in self.stages.iter_mut().zip(&stages) {
                    mine.warmup = both(mine.warmup, more.warmup);
                    mine.steady = both(mine.steady, more.steady);
                }
            }
        }
        self.workers = self.workers.max(opened.plan.workers);
        self.slice_size = self.slice_size.max(opened.plan.slice_size);
        self.formats.get_or_insert((opened.route.from.name(), opened.route.to.name()));
    }

    /// How many records were read, good and bad.
    pub fn records_in(&self) -> u64 {
        self.totals.records_in
    }

    /// How many records were written.
    pub fn records_out(&self) -> u64 {
        self.totals.records_out
    }

    /// The report of a run below this ceiling.
    pub fn report(self, memory_limit: usize) -> Report {
        let all = |part: fn(&StageAllocations) -> (u64, u64)| self.stages.iter().map(part).fold((0, 0), both);
        let allocations =
            Allocations { start: self.start, warmup: all(|stage| stage.warmup), steady: all(|stage| stage.steady) };
        let (from, to) = self.formats.unwrap_or_default();
        let mut report = Report {
            from,
            to,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            warnings: self.warnings,
            resumed_from: self.resumed_from,
            workers: self.workers,
            slice_size: self.slice_size,
            memory_limit,
            peak_rss_bytes: crate::sys::peak_rss_bytes(),
            peak_heap_bytes: audit::counts().peak,
            allocations,
            stages: self.stages,
            events: self.events,
            ..Report::default()
        };
        self.totals.fill(&mut report);
        report
    }
}

fn both(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0 + other.0, one.1 + other.1)
}

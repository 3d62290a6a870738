//! The sums over all sources of a job.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Position, Result};
use crate::flow::totals::Totals;
use crate::fold::pen::Written;
use crate::job::opened::Opened;
use crate::job::pass::Run;
use crate::job::sort::Sorted;
use crate::memory::audit;
use crate::metrics::is_regex;
use crate::metrics::{
    Allocated, Allocations, Begin, Events, Metrics, NeverSeen, Progress, Registry, Report, Spilled, StageAllocations,
    Warning, WarningKind, WindowReport, strictly,
};
use crate::op::{Rename, final_path, nearest_of};
use crate::record::{Lossy, LossyKind, Seen};
use crate::resume::Whole;

/// Reported instead of a format where sources or targets have different ones.
const SEVERAL: &str = "several formats";

/// The parts of a report that add up over sources.
pub(crate) struct Sum {
    /// What the passes over the sources count.
    pub registry: Registry,
    /// Records read, good and bad.
    pub records_in: u64,
    /// Records written.
    pub records_out: u64,
    pub bytes_out: u64,
    /// The result over all records, if that was written.
    pub result: Option<Written>,
    pub warnings: Vec<Warning>,
    /// Which of the given names occur; none: nothing was added yet.
    seen: Option<Arc<Seen>>,
    /// Old and new names of renamed fields.
    rename: Vec<Rename>,
    /// Where text first follows a closing quote.
    odd_quote: Option<String>,
    /// Bytes of the input that an earlier run had converted.
    pub resumed_from: Option<u64>,
    /// What was allocated before the first slice of each source.
    start: Allocated,
    events: Events,
    workers: usize,
    slice_size: usize,
    formats: Option<(&'static str, &'static str)>,
    /// What became of the records, if they were sorted.
    pub sorted: Option<Sorted>,
    /// What was written to disk of compared records.
    pub spilled: Spilled,
}

impl Sum {
    /// An empty sum; `progress` reads what will be counted.
    pub fn new(progress: Option<&Progress>) -> Sum {
        let registry = Registry::new();
        if let Some(progress) = progress {
            progress.begin_job(&registry);
        }
        Sum {
            registry,
            records_in: 0,
            records_out: 0,
            bytes_out: 0,
            result: None,
            warnings: Vec::new(),
            seen: None,
            rename: Vec::new(),
            odd_quote: None,
            resumed_from: None,
            start: Allocated::default(),
            events: Events::default(),
            workers: 0,
            slice_size: 0,
            formats: None,
            sorted: None,
            spilled: Spilled::default(),
        }
    }

    /// Adds a pass over a source; `before` is the heap before the source was opened. Bytes written are left to the
    /// caller, which knows what is written around the records.
    pub fn add(&mut self, opened: &Opened<'_>, run: &mut Run, before: &audit::Counts) {
        self.records_in += run.totals.records_in;
        self.records_out += run.totals.records_out;
        self.registry.end();
        self.result = run.written.take().or(self.result.take());
        match &self.seen {
            Some(seen) => seen.add(&opened.route.seen),
            None => {
                self.seen = Some(opened.route.seen.clone());
                self.rename.clone_from(&opened.settings.rename);
            }
        }
        if let (None, Some((record, offset))) = (&self.odd_quote, run.totals.odd_quote) {
            let place = std::mem::take(&mut run.totals.odd_place).of(&opened.source, opened.route.from, offset);
            self.odd_quote = Some(place.words(&Position::new(&opened.source.path, record, offset)));
        }
        self.events.merge(&run.events);
        self.start.blocks += run.ready.blocks.saturating_sub(before.blocks);
        self.start.bytes += run.ready.bytes.saturating_sub(before.bytes);
        self.workers = self.workers.max(opened.plan.workers);
        self.slice_size = self.slice_size.max(opened.plan.slice_size);
        let (from, to) = (opened.route.from.name(), opened.route.to.name());
        match &mut self.formats {
            None => self.formats = Some((from, to)),
            Some(formats) => {
                for (name, more) in [(&mut formats.0, from), (&mut formats.1, to)] {
                    *name = if *name == more { more } else { SEVERAL };
                }
            }
        }
    }

    /// Counts what an earlier run did whose output is whole. It belongs to the next source that is [added](Self::add).
    pub fn add_whole(&mut self, whole: &Whole, target: &Path) {
        let pass = self.registry.begin(Begin { read_before: whole.bytes_in, ..Begin::default() });
        pass.read_all(whole.bytes_in);
        pass.committed(&whole.totals().committed(whole.len()));
        self.bytes_out += whole.len();
        self.resumed_from = Some(whole.bytes_in);
        self.warnings.push(whole.warning(target));
    }

    /// How many bytes were read, and what was counted.
    pub fn counted(&self) -> (u64, Totals) {
        let (written, left_out) = match &self.sorted {
            Some(sorted) => (Some(sorted.records), sorted.left_out),
            None => (None, 0),
        };
        self.registry.with_done(|done| {
            let totals = Totals {
                records_in: done.records_read,
                records_out: written.unwrap_or(done.records_written),
                records_failed: done.records_bad,
                records_filtered: done.records_filtered + left_out,
                bytes_failed: done.bad_bytes,
                lossy: done.lossy_values,
                ..Totals::default()
            };
            (done.read_bytes, totals)
        })
    }

    /// The names that no record had, if there were records.
    pub fn names_never_seen(&self) -> Vec<NeverSeen> {
        let seen = self.seen.as_ref().filter(|_| self.records_in > 0);
        seen.map_or_else(Vec::new, |seen| never_seen(seen, &self.rename))
    }

    /// Refuses names that no record had, or had a value of, if `strict`.
    ///
    /// # Errors
    /// Data: there are some.
    pub fn refuse_names(&self, strict: bool) -> Result<()> {
        refuse_names(strict, &self.names_never_seen(), &self.warnings)
    }

    /// The warning about text that follows a closing quote.
    fn odd_quotes(&self, lossy: &Lossy) -> Option<Warning> {
        let place = match &self.odd_quote {
            Some(place) => format!("\n  The first is {place}"),
            None => String::new(),
        };
        let what = match lossy.of(LossyKind::TextAfterQuote) {
            0 => return None,
            times => LossyKind::TextAfterQuote.sentence(times),
        };
        let text = format!("{what}{place}\n  With ⟨strict⟩ this is an error.");
        Some(Warning::new(WarningKind::TextAfterQuote, text))
    }

    /// The report of a run with this memory limit.
    pub fn report(self, memory_limit: usize) -> Report {
        let registry = self.registry.clone();
        registry.with_done(|done| self.report_on(done, memory_limit))
    }

    fn report_on(mut self, done: &Metrics, memory_limit: usize) -> Report {
        self.warnings.extend(self.odd_quotes(&done.lossy_values));
        let sorted = self.sorted.take().unwrap_or_else(|| Sorted::none(done.records_written));
        self.warnings.extend(sorted.warnings);
        let all = |part: fn(&StageAllocations) -> Allocated| done.stages.iter().map(part).sum();
        let allocations =
            Allocations { start: self.start, warmup: all(|stage| stage.warmup), steady: all(|stage| stage.steady) };
        let (from, to) = self.formats.unwrap_or_default();
        let (records_out, mut lossy) = (self.result.as_ref().map(|result| result.records), done.lossy_values);
        let (mut bounds, mut spilled, mut windows) = (Vec::new(), self.spilled.and(sorted.spilled), None);
        if let Some(result) = self.result.take() {
            lossy.add(&result.lossy);
            (bounds, spilled, windows) = (result.bounds, spilled.and(result.spilled), result.windows);
        }
        self.warnings.extend(windows.as_ref().and_then(late_records));
        let names_never_seen = self.names_never_seen();
        Report {
            from,
            to,
            bytes_in: done.read_bytes,
            bytes_out: self.bytes_out,
            records_in: done.records_read,
            records_out: records_out.unwrap_or(sorted.records),
            records_failed: done.records_bad,
            records_filtered: done.records_filtered + sorted.left_out,
            spilled,
            bytes_failed: done.bad_bytes,
            lossy,
            bounds,
            windows,
            warnings: self.warnings,
            names_never_seen,
            resumed_from: self.resumed_from,
            workers: self.workers,
            slice_size: self.slice_size,
            memory_limit,
            peak_rss_bytes: crate::sys::peak_rss_bytes(),
            peak_heap_bytes: audit::counts().peak,
            allocations,
            record_latency: done.record_latency.summary(),
            stages: done.stages.clone(),
            events: self.events,
            ..Report::default()
        }
    }
}

/// The warning about records that came after their windows had ended.
fn late_records(windows: &WindowReport) -> Option<Warning> {
    let late = match windows.records_late {
        _ if windows.refused => return None,
        0 => return None,
        1 => "1 record is late".to_owned(),
        late => format!("{late} records are late"),
    };
    let newest = windows.newest.as_deref().unwrap_or_default();
    let text = format!(
        "{late}, and in no window: their windows had ended when they came (the newest time is {newest})\n  A longer ⟨lateness⟩ waits for them; ⟨on_error quarantine⟩ keeps them."
    );
    Some(Warning::new(WarningKind::LateRecords, text))
}

/// Refuses names that no record had, or had a value of, if `strict`.
///
/// # Errors
/// Data: there are some.
pub(crate) fn refuse_names(strict: bool, names: &[NeverSeen], warnings: &[Warning]) -> Result<()> {
    let without = warnings.iter().filter(|warning| warning.kind == WarningKind::NoField);
    strictly(strict, names.iter().map(NeverSeen::marked).chain(without.map(Warning::marked)))
}

/// The names that never occurred, each with a similar one that does.
pub(crate) fn never_seen(seen: &Seen, rename: &[Rename]) -> Vec<NeverSeen> {
    let known = seen.known();
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    // Columns go by their final names.
    let columns: Vec<Box<[u8]>> =
        known.iter().map(|name| final_path(&text(name), rename).into_bytes().into()).collect();
    let named = |(setting, name): (&'static str, &[u8])| NeverSeen {
        setting,
        name: text(name),
        nearest: nearest_of(if setting == "columns" { &columns } else { &known }, name)
            .filter(|nearest| *nearest != name && !is_regex(setting, &text(name)))
            .map(text),
    };
    seen.unseen().map(named).collect()
}

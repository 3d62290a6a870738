//! What was counted, source by source.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::format::Format;
use crate::job::count::counted::{Counted, What};
use crate::job::pass::identity;
use crate::job::sum::{never_seen, refuse_names};
use crate::memory::audit;
use crate::metrics::{FileReport, NeverSeen, Report, SourceIdentity, Spilled, Warning};
use crate::record::Seen;
use crate::source::Source;
use crate::wording::input;

/// Reported instead of a format where sources have different ones.
const SEVERAL: &str = "several formats";

/// What was counted, source by source.
pub(crate) struct Sources {
    started: Instant,
    files: Vec<FileReport>,
    bytes_failed: u64,
    warnings: Vec<Warning>,
    /// The name of their format, where records are counted.
    from: Option<&'static str>,
    workers: usize,
    slice_size: usize,
    /// Which file is being counted.
    identity: Option<SourceIdentity>,
    /// Which of the names that were given the records have.
    seen: Option<Arc<Seen>>,
    /// What was written to disk of records that are compared.
    pub spilled: Spilled,
}

impl Sources {
    pub fn new() -> Sources {
        Sources {
            started: Instant::now(),
            files: Vec::new(),
            bytes_failed: 0,
            warnings: Vec::new(),
            from: None,
            workers: 1,
            slice_size: 0,
            identity: None,
            seen: None,
            spilled: Spilled::default(),
        }
    }

    /// Notes that records of this format are counted, by this many workers, in slices of this size.
    pub fn run_by(&mut self, from: Format, workers: usize, slice_size: usize) {
        let name = from.name();
        self.from = Some(if self.from.is_none_or(|other| other == name) { name } else { SEVERAL });
        self.workers = self.workers.max(workers);
        self.slice_size = self.slice_size.max(slice_size);
    }

    /// Notes which file is counted.
    pub fn opened(&mut self, source: &Source) {
        self.identity = identity(source);
    }

    /// Adds what is odd about the beginning of a source.
    pub fn warn(&mut self, path: &Path, warnings: impl Iterator<Item = Warning>) {
        self.warnings.extend(warnings.map(|warning| warning.of(input(path))));
    }

    /// Adds which names the records of a source have.
    pub fn saw(&mut self, seen: Arc<Seen>) {
        match &self.seen {
            Some(others) => others.add(&seen),
            None => self.seen = Some(seen),
        }
    }

    /// The names that no record had, if there were records.
    fn names_never_seen(&self) -> Vec<NeverSeen> {
        self.seen.as_ref().map_or_else(Vec::new, |seen| never_seen(seen, &[]))
    }

    /// Refuses names that no record had, or had a value of, if `strict`.
    ///
    /// # Errors
    /// Data: there are some.
    pub fn refuse_names(&self, strict: bool) -> Result<()> {
        refuse_names(strict, &self.names_never_seen(), &self.warnings)
    }

    /// Notes that text is counted by this many workers.
    pub fn text_by(&mut self, workers: usize) {
        self.workers = self.workers.max(workers);
    }

    pub fn add(&mut self, path: PathBuf, what: What, counted: &Counted) {
        self.bytes_failed += counted.bytes_failed;
        self.files.push(FileReport {
            source: path,
            identity: self.identity.take(),
            counts: (what == What::Text).then_some(counted.text),
            bytes_in: counted.bytes_in,
            records_in: counted.records.unwrap_or_default() + counted.failed,
            records_failed: counted.failed,
            ..FileReport::default()
        });
    }

    pub fn fail(&mut self, path: PathBuf, error: Error) {
        self.identity = None;
        self.files.push(FileReport { source: path, error: Some(Arc::new(error)), ..FileReport::default() });
    }

    /// The report of the whole count.
    pub fn report(mut self, memory_limit: usize, quarantine: Option<PathBuf>) -> Report {
        let all = |part: fn(&FileReport) -> u64| self.files.iter().map(part).sum();
        let counts = self.files.iter().filter_map(|file| file.counts).reduce(|mut sum, counts| {
            sum.add(&counts);
            sum
        });
        let names_never_seen = self.names_never_seen();
        let mut report = Report {
            names_never_seen,
            from: self.from.unwrap_or_default(),
            counts,
            bytes_in: all(|file| file.bytes_in),
            records_in: all(|file| file.records_in),
            records_failed: all(|file| file.records_failed),
            bytes_failed: self.bytes_failed,
            quarantine,
            warnings: self.warnings,
            elapsed: self.started.elapsed(),
            workers: self.workers,
            slice_size: self.slice_size,
            spilled: self.spilled,
            memory_limit,
            peak_rss_bytes: crate::sys::peak_rss_bytes(),
            peak_heap_bytes: audit::counts().peak,
            ..Report::default()
        };
        match &mut self.files[..] {
            [only] if only.error.is_none() => {
                report.identity = only.identity.take();
                report.source = Some(std::mem::take(&mut only.source)).filter(|path| path.as_os_str() != "-");
            }
            _ => report.files = self.files,
        }
        report
    }
}

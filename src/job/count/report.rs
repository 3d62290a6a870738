//! What a count says about itself: before it runs, and at its end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::compress::Unpacking;
use crate::error::{Error, Result};
use crate::format::{Format, source_format};
use crate::job::count::claims::Pace;
use crate::job::count::counted::{Counted, What};
use crate::job::count::unpack::unpack;
use crate::job::open::{as_text, open_source};
use crate::job::opened::Opened;
use crate::job::settings::{OnError, Settings, SourceSpec, TargetSpec};
use crate::memory::audit;
use crate::metrics::{FileReport, Report};
use crate::quarantine::place_for;
use crate::source::{Bytes, Source};
use crate::wording::input;

/// What is said instead of a format where sources have different ones.
const SEVERAL: &str = "several formats";

/// What was counted, source by source.
pub(crate) struct Sources {
    started: Instant,
    files: Vec<FileReport>,
    bytes_failed: u64,
    /// The name of their format, where records are counted.
    from: Option<&'static str>,
    workers: usize,
    slice_size: usize,
}

impl Sources {
    pub fn new() -> Sources {
        Sources { started: Instant::now(), files: Vec::new(), bytes_failed: 0, from: None, workers: 1, slice_size: 0 }
    }

    /// Records of this format are counted, by so many workers, in slices of this size.
    pub fn run_by(&mut self, from: Format, workers: usize, slice_size: usize) {
        let name = from.name();
        self.from = Some(if self.from.is_none_or(|other| other == name) { name } else { SEVERAL });
        self.workers = self.workers.max(workers);
        self.slice_size = self.slice_size.max(slice_size);
    }

    /// Text is counted by so many workers.
    pub fn text_by(&mut self, workers: usize) {
        self.workers = self.workers.max(workers);
    }

    pub fn add(&mut self, path: PathBuf, what: What, counted: &Counted) {
        self.bytes_failed += counted.bytes_failed;
        self.files.push(FileReport {
            source: path,
            counts: (what == What::Text).then_some(counted.text),
            bytes_in: counted.bytes_in,
            records_in: counted.records.unwrap_or_default() + counted.failed,
            records_failed: counted.failed,
            ..FileReport::default()
        });
    }

    pub fn fail(&mut self, path: PathBuf, error: Error) {
        self.files.push(FileReport { source: path, error: Some(Arc::new(error)), ..FileReport::default() });
    }

    /// The report of the whole count.
    pub fn report(mut self, memory_limit: usize, quarantine: Option<PathBuf>) -> Report {
        let all = |part: fn(&FileReport) -> u64| self.files.iter().map(part).sum();
        let counts = self.files.iter().filter_map(|file| file.counts).reduce(|mut sum, counts| {
            sum.add(&counts);
            sum
        });
        let mut report = Report {
            from: self.from.unwrap_or_default(),
            counts,
            bytes_in: all(|file| file.bytes_in),
            records_in: all(|file| file.records_in),
            records_failed: all(|file| file.records_failed),
            bytes_failed: self.bytes_failed,
            quarantine,
            elapsed: self.started.elapsed(),
            workers: self.workers,
            slice_size: self.slice_size,
            memory_limit,
            peak_rss_bytes: crate::sys::peak_rss_bytes(),
            peak_heap_bytes: audit::counts().peak,
            ..Report::default()
        };
        match &mut self.files[..] {
            [only] if only.error.is_none() => {
                report.source = Some(std::mem::take(&mut only.source)).filter(|path| path.as_os_str() != "-");
            }
            _ => report.files = self.files,
        }
        report
    }
}

/// Says how a source would be counted.
pub(crate) fn explain(source: SourceSpec, what: What, settings: &Settings) -> Result<String> {
    let place = place_for(settings, &TargetSpec::Memory)?;
    match (what, settings.from) {
        (What::Text, None) => explain_text(source, settings),
        _ => explain_records(source, what, place.as_deref(), settings),
    }
}

const TEXT: &str = "lines, words, characters, bytes";

fn explain_text(source: SourceSpec, settings: &Settings) -> Result<String> {
    let mut source = open_source(source, settings)?;
    let unpacking = unpack(&mut source, settings)?;
    let source = as_text(source, None, settings)?;
    let mut text = head(&source.path, TEXT, matches!(source.bytes, Bytes::Mapped(_)));
    text += &unpacked(unpacking);
    text += &decoded(&source);
    let workers = match &source.bytes {
        Bytes::Mapped(_) => Pace::of(settings).workers,
        Bytes::Stream(_) => 1,
    };
    text += &format!("workers          {workers}\nmemory limit     {} bytes\n", settings.memory_limit);
    Ok(text)
}

fn explain_records(source: SourceSpec, what: What, place: Option<&Path>, settings: &Settings) -> Result<String> {
    let from = source_format(settings.from, if let SourceSpec::Path(path) = &source { Some(path) } else { None })?;
    let settings = &Settings { from: Some(from), to: Some(from), ..settings.clone() };
    let opened = Opened::new(source, &TargetSpec::Memory, settings)?;
    let what = match what {
        What::Text => format!("{TEXT}, and records of {from}"),
        What::Records => format!("records of {from}"),
    };
    let mut text = head(&opened.source.path, &what, !opened.plan.streamed);
    text += &unpacked(opened.plan.unpacking);
    text += &decoded(&opened.source);
    let bad = match settings.on_error {
        OnError::Fail => "end the count of their input".into(),
        OnError::Skip => "left out".into(),
        OnError::Quarantine => place.map(|place| format!("put into {}", place.display())).unwrap_or_default(),
    };
    text += &format!("bad records      {bad}\n");
    text += &opened.plan.explain();
    Ok(text)
}

fn head(path: &Path, what: &str, mapped: bool) -> String {
    let read = if mapped { "mapping" } else { "reading" };
    format!("source           {}\ncounted          {what}\nread by          {read}\n", input(path))
}

fn unpacked(unpacking: Option<Unpacking>) -> String {
    unpacking.map_or_else(String::new, |unpacking| format!("decompressed     {unpacking}\n"))
}

fn decoded(source: &Source) -> String {
    let decoded = source.decoded.as_ref();
    decoded.map_or_else(String::new, |decoded| format!("decoded from     {}\n", decoded.encoding.name()))
}

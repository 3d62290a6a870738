//! The file of a report.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use pagemill::Progress;
use pagemill::config::flags::{Said, with_origins};
use pagemill::error::Error;
use pagemill::format::Format;
use pagemill::job::Settings;
use pagemill::metrics::{self, Ran, Report};
use pagemill::sink::whole_path;

use super::console;
use super::exit::Exit;
use super::paths::{file, is_list, is_same, is_stdout, leads_to_stdout};
use super::worded::flag;

/// Where a report goes. Opened before the run: if it can't be written, that must not come out after an hour's work.
pub struct ReportFile {
    path: PathBuf,
    /// `None`: standard output.
    file: Option<File>,
    /// This run created the file.
    is_new: bool,
}

impl ReportFile {
    /// Opens what `--report` names. Standard output is refused if something else goes there: `taken` says what, and
    /// what to do instead.
    pub fn open(path: Option<&Path>, force: bool, taken: Option<&str>) -> Result<Option<ReportFile>, Error> {
        let Some(named) = path else { return Ok(None) };
        match (file(named), taken) {
            (Some(path), _) => ReportFile::create(path, force).map(Some),
            (None, Some(taken)) => Err(Error::usage(format!("--report -: {taken}"))),
            (None, None) => Ok(Some(ReportFile { path: named.to_path_buf(), file: None, is_new: false })),
        }
    }

    /// Refuses to replace a file without `force`, unless it is the report of a run that failed: trying again must not fail
    /// for that.
    ///
    /// # Errors
    /// Usage: there is another file.
    pub fn may_create(path: &Path, force: bool) -> Result<(), Error> {
        if !force && fs::metadata(path).is_ok_and(|found| found.is_file()) && !is_of_failure(path) {
            return Err(Error::usage(format!(
                "--report: {} exists already\n  Give --force to replace it.",
                path.display()
            )));
        }
        Ok(())
    }

    /// Creates a file that [may be created](Self::may_create).
    fn create(path: &Path, force: bool) -> Result<ReportFile, Error> {
        ReportFile::may_create(path, force)?;
        let found = fs::metadata(path);
        let file = File::create(path).map_err(|e| Error::io("create", path, e))?;
        Ok(ReportFile { path: path.to_path_buf(), file: Some(file), is_new: found.is_err() })
    }

    /// Writes the report of a run with these settings, which ends so; `said` knows where they were set.
    pub fn write(mut self, report: &Report, settings: &Settings, said: &Said, ended: Ended<'_>) -> Result<(), Error> {
        self.is_new = false;
        let settings = with_origins(settings, said.origins());
        let text = metrics::json(report, &ended.of(said), &settings, &flag);
        match &mut self.file {
            Some(file) => file.write_all(text.as_bytes()).map_err(|e| Error::io("write", &self.path, e)),
            None => console::print(&text),
        }
    }
}

/// Whether a file begins as the report of a run that failed.
fn is_of_failure(path: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(256).read_to_end(&mut beginning));
    let text = String::from_utf8_lossy(&beginning);
    let code = text.split_once(",\"exit_code\":").and_then(|(_, rest)| rest.split_once(','));
    read.is_ok() && text.starts_with("{\"version\":") && code.is_some_and(|(code, _)| code != "0")
}

/// How a run ended.
#[derive(Clone, Copy)]
pub enum Ended<'e> {
    Well(Exit),
    Failed(&'e Error),
}

impl<'e> Ended<'e> {
    /// As a report says it. A reader that went away is not a failure.
    pub fn of(self, said: &Said) -> Ran<'e> {
        let (exit, error) = match self {
            Ended::Well(exit) => (exit, None),
            Ended::Failed(error) => (Exit::of(error), Some(error).filter(|error| !error.is_broken_pipe())),
        };
        Ran { version: env!("CARGO_PKG_VERSION"), command: said.command().name(), exit_code: exit as u8, error }
    }
}

/// A report of a run that failed: what was counted until then.
pub fn failed(settings: &Settings, source: Option<&Path>, target: Option<&Path>, started: Instant) -> Report {
    let mut report = Report::default();
    (report.source, report.target) = (source.map(Path::to_path_buf), target.map(Path::to_path_buf));
    report.from = settings.from.map(Format::name).unwrap_or_default();
    report.to = settings.to.map(Format::name).unwrap_or_default();
    report.elapsed = started.elapsed();
    report.memory_limit = settings.memory_limit;
    report.peak_rss_bytes = pagemill::sys::peak_rss_bytes();
    report.peak_heap_bytes = pagemill::audit::counts().peak;
    let Some(counted) = settings.progress.as_ref().and_then(Progress::metrics) else { return report };
    (report.bytes_in, report.bytes_out) = (counted.read_bytes, counted.written_bytes);
    (report.records_in, report.records_out) = (counted.records_read, counted.records_written);
    (report.records_failed, report.bytes_failed) = (counted.records_bad, counted.bad_bytes);
    (report.records_filtered, report.lossy) = (counted.records_filtered, counted.lossy_values);
    report.record_latency = counted.record_latency.summary();
    if let Some(planned) = counted.planned {
        (report.workers, report.slice_size) = (planned.workers, planned.slice_size as usize);
    }
    report
}

/// If the run did not even begin, there is no report.
impl Drop for ReportFile {
    fn drop(&mut self) {
        if self.is_new {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Refuses files beside the output that flags name, such as reports, if one would overwrite another, the list of inputs, or
/// any of these others.
///
/// # Errors
/// Usage: one would.
pub fn refuse_clashes(files: &[(&str, Option<&Path>)], list: Option<&Path>, others: &[&Path]) -> Result<(), Error> {
    for (index, (flag, file)) in files.iter().enumerate() {
        refuse_report(flag, *file, list, others.iter().copied())?;
        refuse_report(flag, *file, None, files[..index].iter().filter_map(|(_, file)| *file))?;
    }
    Ok(())
}

/// Refuses files that flags name if one leads to standard output. `goes_there` is what already does, and `apart` how to send it
/// elsewhere, if that is possible: the beginning of a sentence.
///
/// # Errors
/// Usage: one does.
pub fn refuse_standard_output<'f>(
    files: impl IntoIterator<Item = (&'f str, Option<&'f Path>)>,
    goes_there: &str,
    apart: &str,
) -> Result<(), Error> {
    let mut files = files.into_iter().filter_map(|(flag, path)| Some((flag, file(path?)?)));
    match files.find(|(_, path)| leads_to_stdout(path)) {
        Some((flag, path)) => Err(Error::usage(format!(
            "{flag}: {} is standard output, where the {goes_there} go\n  {apart} another file for {flag}.",
            path.display()
        ))),
        None => Ok(()),
    }
}

/// Refuses a file that a `flag` names, such as a report, if it would overwrite the list of inputs, or any of these files that are
/// read or written.
///
/// # Errors
/// Usage: it is one of them, perhaps under another name.
fn refuse_report<'p>(
    flag: &str,
    report: Option<&Path>,
    list: Option<&Path>,
    mut others: impl Iterator<Item = &'p Path>,
) -> Result<(), Error> {
    let Some(report) = report.and_then(file) else { return Ok(()) };
    let whole = whole_path(report);
    // Standard input may be the same file.
    let is_report = |path: &Path| match file(path) {
        Some(path) => whole_path(path) == whole || is_same(path, report),
        None => is_list(path, report),
    };
    let is_read = |list: &Path| is_list(list, report) || file(list).is_some_and(|list| is_same(list, report));
    let why = match is_stdout(report) {
        true => ": standard output goes there",
        false if others.any(is_report) || list.is_some_and(is_read) => "",
        false => return Ok(()),
    };
    Err(Error::usage(format!(
        "{flag}: {} is also read or written by the job{why}\n  Give {flag} a file of its own.",
        report.display()
    )))
}

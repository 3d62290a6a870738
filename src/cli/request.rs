//! A checked request for a job, and what is said around its run.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use pagemill::config::View;
use pagemill::engine::{Each, Job, Settings, SourceSpec, TargetSpec, places};
use pagemill::error::Error;
use pagemill::format::{Format, source_format, target_format};
use pagemill::metrics::{self, Report};
use pagemill::source::Listed;

use super::console;
use super::exit::Exit;

/// Many inputs.
pub struct Batch {
    /// The files, at least one.
    pub sources: Vec<Listed>,
    /// Each input becomes a file in this folder.
    pub out_dir: Option<PathBuf>,
    /// An input that fails does not end the run.
    pub keep_going: bool,
}

/// What `convert` and `audit` were asked for.
pub struct Request {
    /// The file to read, or `-`; the first of many.
    pub source: PathBuf,
    /// The files to read, when they are many.
    pub batch: Option<Batch>,
    /// The file to write, or `-`; none: not said.
    pub target: Option<PathBuf>,
    /// Everything else about the job.
    pub settings: Settings,
    /// Where the report goes.
    pub report: Option<PathBuf>,
    /// A peak over the memory limit is an error.
    pub strict_memory: bool,
    /// Don't run.
    pub explain: bool,
    /// No warnings.
    pub quiet: bool,
    /// Say at the end what the run did.
    pub verbose: bool,
}

impl Request {
    /// Runs the job, or explains it.
    pub fn convert(mut self) -> Result<Exit, Error> {
        if let Some(batch) = self.batch.take_if(|_| !self.explain) {
            return self.convert_many(batch);
        }
        self.resolve_formats()?;
        if self.explain {
            if let Some(more) = self.batch.as_ref().map(|batch| batch.sources.len() - 1) {
                console::print(&format!("inputs           this one and {more} more\n"))?;
            }
            let text = self.job(None).explain()?;
            console::print(&format!("{}\n", text.trim_end()))?;
            return Ok(Exit::Done);
        }
        let report = self.run(None)?;
        Ok(self.ceiling(&report))
    }

    /// How a run ends that is done: with `--strict-memory` a peak over the limit is a failure.
    pub fn ceiling(&self, report: &Report) -> Exit {
        ceiling(self.strict_memory, self.quiet, report.memory_limit)
    }

    /// Converts the records of a quarantine, or explains how.
    pub fn replay(self) -> Result<Exit, Error> {
        let replay = Job::replay(&self.source, self.asked_target()).with(|own| *own = self.settings.clone());
        if self.explain {
            console::print(&format!("{}\n", replay.explain()?.trim_end()))?;
            return Ok(Exit::Done);
        }
        let file = self.report.as_deref().map(|path| self.open_report(path)).transpose()?;
        let report = replay.run()?;
        self.tell(&report);
        self.write_report(file, &report)?;
        Ok(Exit::Done)
    }

    /// Runs the job; `target` comes before the one that was asked for.
    pub fn run(&self, target: Option<TargetSpec>) -> Result<Report, Error> {
        // Opened first: a report that can't be written must not be found out after an hour's work.
        let file = self.report.as_deref().map(|path| self.open_report(path)).transpose()?;
        let report = self.job(target).run()?;
        self.tell(&report);
        self.write_report(file, &report)?;
        Ok(report)
    }

    fn write_report(&self, file: Option<Box<dyn Write>>, report: &Report) -> Result<(), Error> {
        if let (Some(mut file), Some(path)) = (file, self.report.as_deref()) {
            let text = metrics::json(report, env!("CARGO_PKG_VERSION"), &View::from(&self.settings));
            file.write_all(text.as_bytes()).map_err(|e| Error::io("write", path, e))?;
        }
        Ok(())
    }

    /// Converts many inputs and tells of those that failed. Ends as the first of them would.
    fn convert_many(self, batch: Batch) -> Result<Exit, Error> {
        let mut settings = self.settings.clone();
        if settings.word_count {
            settings.to.get_or_insert(Format::Text);
        }
        let places = match &batch.out_dir {
            Some(folder) => places(&batch.sources, folder, &settings, batch.keep_going)?,
            None => Vec::new(),
        };
        let sources = || batch.sources.iter().map(|source| &*source.path);
        let others: Vec<&Path> = sources().chain(places.iter().map(|place| &**place)).collect();
        let file = self.report.as_deref().map(|path| self.open_report_beside(path, &others)).transpose()?;
        let report = match batch.out_dir {
            Some(_) => {
                let pairs = sources().map(source).zip(places.iter().cloned());
                Each::new(pairs).with(|own| *own = settings).keep_going(batch.keep_going).run()?
            }
            None => {
                let many = Job::many(sources().map(source), self.asked_target());
                many.with(|own| *own = settings).keep_going(batch.keep_going).run()?
            }
        };
        self.tell(&report);
        self.write_report(file, &report)?;
        let ceiling = self.ceiling(&report);
        let failures: Vec<&Error> = report.files.iter().filter_map(|file| file.error.as_deref()).collect();
        failures.iter().for_each(console::error);
        if let Some(first) = failures.first() {
            let (failed, all) = (failures.len(), report.files.len());
            console::error(format_args!("{failed} of {all} inputs failed; nothing of them was written"));
            return Ok(Exit::of(first));
        }
        Ok(ceiling)
    }

    /// Gives both ends a format.
    pub fn resolve_formats(&mut self) -> Result<(), Error> {
        let from = source_format(self.settings.from, file(&self.source))?;
        self.settings.from = Some(from);
        let target = self.target.as_deref().and_then(file);
        self.settings.to = Some(match self.settings.word_count {
            // A word count is text, whatever the file is called.
            true => self.settings.to.unwrap_or(Format::Text),
            false => target_format(self.settings.to, target, from)?,
        });
        Ok(())
    }

    fn job(&self, target: Option<TargetSpec>) -> Job {
        let target = target.unwrap_or_else(|| self.asked_target());
        Job { source: source(&self.source), target, settings: self.settings.clone() }
    }

    fn asked_target(&self) -> TargetSpec {
        let path = self.target.as_deref().and_then(file);
        path.map_or(TargetSpec::Stdout, |path| TargetSpec::Path(path.to_path_buf()))
    }

    /// Opens the report's file, unless the job reads or writes the same one.
    fn open_report(&self, path: &Path) -> Result<Box<dyn Write>, Error> {
        self.open_report_beside(path, &[&self.source])
    }

    fn open_report_beside(&self, path: &Path, others: &[&Path]) -> Result<Box<dyn Write>, Error> {
        if path == Path::new("-") {
            return Ok(Box::new(io::stderr()));
        }
        let own = self.target.as_deref().into_iter().chain(self.settings.quarantine.as_deref());
        if others.iter().copied().chain(own).any(|other| is_same(path, other)) {
            return Err(Error::usage(format!(
                "--report: {} is also read or written by the job\n  Give the report a file of its own.",
                path.display()
            )));
        }
        Ok(Box::new(File::create(path).map_err(|e| Error::io("create", path, e))?))
    }

    /// Warnings, and the report for people.
    fn tell(&self, report: &Report) {
        if !self.quiet {
            warn(report);
        }
        if self.verbose {
            console::note(&metrics::human(report));
        }
    }
}

/// Says that the process had more memory than it should; with `strict` that is how the command ends.
pub fn ceiling(strict: bool, quiet: bool, limit: usize) -> Exit {
    if quiet && !strict {
        return Exit::Done;
    }
    let peak = pagemill::sys::peak_rss_bytes();
    if peak <= limit as u64 {
        return Exit::Done;
    }
    let text = format!(
        "{} were resident at the peak, more than the memory limit of {}",
        metrics::size(peak),
        metrics::size(limit as u64)
    );
    if strict {
        console::error(format_args!(
            "{text}\n  What was to be done is done; this is an error because of --strict-memory."
        ));
        return Exit::MemoryCeiling;
    }
    console::warning(text);
    Exit::Done
}

/// The source that a path names.
fn source(path: &Path) -> SourceSpec {
    file(path).map_or(SourceSpec::Stdin, |path| SourceSpec::Path(path.to_path_buf()))
}

/// The path of a file; none for `-`.
pub fn file(path: &Path) -> Option<&Path> {
    (path != Path::new("-")).then_some(path)
}

/// Whether two paths are of one file, by way of links too.
fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    one == other || whole(one) == whole(other)
}

fn warn(report: &Report) {
    if let Some(bytes) = report.resumed_from {
        console::note(&format!("resumed: {} of input were done already\n", metrics::size(bytes)));
    }
    for warning in &report.warnings {
        console::warning(warning);
    }
    report.names_never_seen.iter().for_each(console::warning);
    let place = report.quarantine.as_deref().or(report.files.iter().find_map(|file| file.quarantine.as_deref()));
    let place = place.map(|path| format!(", and put into {}", path.display())).unwrap_or_default();
    let others = report.files.iter().filter(|file| file.quarantine.is_some()).count().saturating_sub(1);
    let others = if others == 0 { String::new() } else { format!(" and {others} more") };
    match report.records_failed {
        0 => {}
        1 => console::warning(format_args!("1 bad record was left out{place}")),
        many => console::warning(format_args!("{} bad records were left out{place}{others}", metrics::count(many))),
    }
    if report.lossy.total() > 0 {
        let kinds: Vec<String> =
            report.lossy.iter().map(|(kind, count)| format!("{} {}", kind.name(), metrics::count(count))).collect();
        console::warning(format_args!(
            "{} can't hold everything that {} says: {}\n  With --strict that is an error.",
            report.to,
            report.from,
            kinds.join(", ")
        ));
    }
}

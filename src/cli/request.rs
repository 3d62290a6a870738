//! A checked request for a job, and what is reported around its run.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use pagemill::config::flags::{self, Commands, Kinds, Line, Origin, Passed, Said, kinds};
use pagemill::error::Error;
use pagemill::format::{Options, source_format, target_format};
use pagemill::job::{By, Each, Job, OnError, Settings, Split, TargetSpec, places, usual_place};
use pagemill::metrics::{self, Report};
use pagemill::op::{Folding, PinSchema};
use pagemill::record::LossyKind;
use pagemill::source::Listed;
use pagemill::sys;

use super::ceiling::ceiling;
use super::configured::{decided, passed_over};
use super::console;
use super::dashboard;
use super::exit::Exit;
use super::failure;
use super::inputs::refuse_read;
use super::kept::{Kept, PART};
use super::live::{Live, Shown};
use super::past::{self, Past};
use super::paths::{file, name, source};
use super::profiles::Profiles;
use super::report_file::{Ended, ReportFile, failed, refuse_clashes, refuse_standard_output};
use super::settings::settings;
use super::worded::{flag, worded};

/// The flag for the file with the metrics of now.
pub const METRICS: &str = "--metrics-file";

/// Many inputs.
pub struct Batch {
    /// The files, at least one.
    pub sources: Vec<Listed>,
    /// Each input becomes a file in this folder.
    pub out_dir: Option<PathBuf>,
    /// An input that fails does not end the run.
    pub keep_going: bool,
}

/// What to report about a run.
pub struct See {
    /// No warnings.
    pub quiet: bool,
    /// A summary at the end.
    pub verbose: bool,
    /// Explain how the job would run, instead of running it.
    pub explain: bool,
    /// The file for the report.
    pub report: Option<PathBuf>,
    /// What is shown while it runs.
    pub live: Live,
    /// The profiles to make.
    pub profiles: Profiles,
}

impl See {
    /// The settings given by the flags.
    ///
    /// # Errors
    /// Usage: a text that has no meaning.
    pub fn of(said: &Said) -> Result<See, Error> {
        Ok(See {
            quiet: said.has("quiet"),
            verbose: said.has("verbose"),
            explain: said.has("explain"),
            report: said.path("report").map(Path::to_path_buf),
            live: Live::of(said)?,
            profiles: Profiles::of(said)?,
        })
    }

    /// Refuses to replace files beside the output, as a run does: without `force`, and unless they may be replaced anyway.
    ///
    /// # Errors
    /// Usage: one may not.
    pub fn may_write(&self, force: bool) -> Result<(), Error> {
        self.report.as_deref().and_then(file).map_or(Ok(()), |path| ReportFile::may_create(path, force))?;
        self.live.check()?;
        self.profiles.check(force)
    }

    /// The files that are written beside the output, with their flags.
    pub fn files(&self) -> [(&'static str, Option<&Path>); 4] {
        let [cpu, memory] = self.profiles.files();
        [("--report", self.report.as_deref()), (METRICS, self.live.metrics_file.as_deref()), cpu, memory]
    }
}

/// What `convert`, `audit` and `replay` were asked to do.
pub struct Request {
    /// The file to read, or `-`; the first of many.
    pub source: PathBuf,
    /// The files to read, if there are many.
    pub batch: Option<Batch>,
    /// The file with a list of more files, or `-`.
    pub list: Option<PathBuf>,
    /// The file to write, or `-`; `None`: not given.
    pub target: Option<PathBuf>,
    /// The flags, and where each was set.
    pub said: Said,
    /// Everything else about the job.
    pub settings: Settings,
    /// A peak over the memory limit is an error.
    pub strict_memory: bool,
    /// What to report about the run.
    pub see: See,
    /// Takes the records in place of the target.
    pub kept: Option<Kept>,
    /// The target is many files.
    pub split: Option<By>,
    /// More blocks in the steady state than these are a failure.
    pub most_steady: Option<u64>,
}

impl Request {
    /// A request to convert one source.
    ///
    /// # Errors
    /// Usage: flags that make no sense, or contradict each other.
    pub fn of(said: Said, source: PathBuf, target: Option<PathBuf>) -> Result<Request, Error> {
        Ok(Request {
            source,
            batch: None,
            list: None,
            target,
            settings: settings(&said)?,
            strict_memory: said.has("strict-memory"),
            see: See::of(&said)?,
            kept: None,
            split: None,
            most_steady: None,
            said,
        })
    }

    /// Refuses flags that can't have an effect, and passes over values of a configuration that can't.
    pub fn check_flags(&mut self, command: Commands) -> Result<(), Error> {
        loop {
            let (passed, kinds) = self.without_effect(command)?;
            if passed.is_empty() {
                return self.pin_message(kinds);
            }
            // Without them, others may have no effect either.
            passed.into_iter().for_each(|passed| self.said.pass_over(passed));
            self.settings = settings(&self.said)?;
            self.strict_memory = self.said.has("strict-memory");
            self.see = See::of(&self.said)?;
        }
    }

    /// A message of Protobuf says the types of other formats too, where no side is messages.
    fn pin_message(&mut self, kinds: Kinds) -> Result<(), Error> {
        let Options { bytes_as, max_depth, message, .. } = &self.settings.options;
        if let (Some(root), false) = (message, kinds.meets(Kinds::PROTOBUF)) {
            let pin = PinSchema::of_message(root, *bytes_as, *max_depth)?;
            self.settings.ops.insert(0, Arc::new(pin));
            self.settings.options.message = None;
        }
        Ok(())
    }

    /// What can't have an effect. Nothing is known about a quarantine before it is read.
    fn without_effect(&self, command: Commands) -> Result<(Vec<Passed>, Kinds), Error> {
        let (said, settings) = (&self.said, &self.settings);
        let target = self.target.as_deref().and_then(file);
        let (sources, first, origin, each) = match &self.batch {
            _ if command == Commands::REPLAY => (Kinds::ALL, Kinds::ALL, Origin::File, false),
            Some(batch) => {
                let paths = || batch.sources.iter().map(|source| &*source.path);
                let each = batch.out_dir.is_some();
                let origin = match batch.sources.len() {
                    1 => Origin::File,
                    _ if each => Origin::Each,
                    _ => Origin::Many,
                };
                (kinds(settings, paths()), kinds(settings, paths().take(1)), origin, each)
            }
            None => {
                let kinds = kinds(settings, [&*self.source].into_iter());
                let origin = if file(&self.source).is_some() { Origin::File } else { Origin::Stdin };
                (kinds, kinds, origin, false)
            }
        };
        let to = settings.to.or_else(|| target.and_then(|path| settings.extensions.format_of(path)));
        let targets = match to {
            // An answer has no dialect.
            _ if command.describes() => Kinds::NONE,
            _ if settings.fold.is_some() => Kinds::WORDS,
            Some(to) => Kinds::of(to, settings.options.payload),
            None if target.is_some() => Kinds::ALL,
            None if each => sources,
            None => first,
        };
        let plain = self.batch.as_ref().is_none_or(|batch| {
            batch.sources.len() == 1 && batch.sources[0].path == self.source && self.list.is_none()
        });
        let to_file = each || target.is_some();
        let passed = flags::check(&Line { command, said, settings, sources, targets, origin, plain, to_file })?;
        Ok((passed, sources.or(targets)))
    }

    /// The inputs, in words.
    pub fn names(&self) -> String {
        let first = pagemill::wording::input(&self.source).to_string();
        match self.batch.as_ref().map_or(0, |batch| batch.sources.len() - 1) {
            0 => first,
            more => format!("{first} and {}", pagemill::wording::counted(more as u64, "more input")),
        }
    }

    /// Runs the job, or explains it.
    pub fn convert(mut self) -> Result<Exit, Error> {
        if self.see.explain {
            self.resolve_formats()?;
            if let Some(more) = self.batch.as_ref().map(|batch| batch.sources.len() - 1) {
                console::print(&format!("inputs           the first of {}\n", more + 1))?;
            }
            let text = self.job(None).explain()?;
            let ends = [("from", Some(&*self.source)), ("to", self.target.as_deref())];
            let ends = ends.into_iter().filter(|(flag, _)| !self.said.has(flag)).filter_map(|(_, path)| path);
            let decided = decided(&self.said, ends);
            console::print(&format!("{}\n{decided}{}", text.trim_end(), passed_over(&self.said)))?;
            return Ok(Exit::Done);
        }
        Ok(self.run(false)?.1)
    }

    /// Converts the records of a quarantine, or explains how.
    pub fn replay(self) -> Result<Exit, Error> {
        let replay = || Job::replay(&self.source, self.asked_target()).with(|own| *own = self.settings.clone());
        if self.see.explain {
            console::print(&format!("{}\n{}", replay().explain()?.trim_end(), passed_over(&self.said)))?;
            return Ok(Exit::Done);
        }
        let written = self.written(Vec::new());
        self.check_places(&written, [&*self.source].into_iter())?;
        let shown = self.shown(&self.source, false);
        Ok(self.reported(false, shown, || replay().run())?.1)
    }

    /// Where fields are described, words are not counted.
    pub fn refuse_words(&self) -> Result<(), Error> {
        match self.settings.fold {
            None => Ok(()),
            Some(_) => Err(Error::usage(
                "`--op wordcount` has no effect: fields are described, not texts\n  Leave it out, or use convert.",
            )),
        }
    }

    /// Runs the job and returns what it wrote, and how it ended.
    pub fn run_kept(&mut self) -> Result<(Vec<u8>, Exit), Error> {
        let kept = Kept::new(self.settings.memory_limit / PART);
        self.kept = Some(kept.clone());
        let outcome = self.run(true);
        kept.check()?;
        Ok((kept.take(), outcome?.1))
    }

    /// Runs the job and returns how it ended. With `discard`, the records are not written anywhere, or kept.
    pub fn run(&mut self, discard: bool) -> Result<(Report, Exit), Error> {
        let kept = self.kept.clone();
        let nowhere = || match kept.clone() {
            Some(kept) => TargetSpec::writer(kept),
            None => TargetSpec::Writer(Box::new(io::sink())),
        };
        if let Some(by) = self.split.take() {
            return self.run_split(by);
        }
        let Some(batch) = self.batch.take() else {
            self.resolve_formats()?;
            let written = self.written(Vec::new());
            self.check_places(&written, [&*self.source].into_iter())?;
            let shown = self.shown(&self.source, discard);
            return self.reported(discard && kept.is_none(), shown, || self.job(discard.then(nowhere)).run());
        };
        self.settings.to = self.settings.to.or(self.settings.fold.map(Folding::format));
        let places = match &batch.out_dir {
            Some(folder) => places(&batch.sources, folder, &self.settings, batch.keep_going)?,
            None => Vec::new(),
        };
        let sources = || batch.sources.iter().map(|source| &*source.path);
        let written = self.written(places.clone());
        self.check_places(&written, sources())?;
        let shown = self.all_shown(&batch, discard);
        let (report, exit) =
            self.reported(discard && kept.is_none() || batch.out_dir.is_some(), shown, || match batch.out_dir {
                Some(_) => {
                    let pairs = sources().map(source).zip(places.iter().cloned());
                    Each::new(pairs).with(|own| *own = self.settings.clone()).keep_going(batch.keep_going).run()
                }
                None => {
                    let target = if discard { nowhere() } else { self.asked_target() };
                    let many = Job::many(sources().map(source), target);
                    many.with(|own| *own = self.settings.clone()).keep_going(batch.keep_going).run()
                }
            })?;
        let failures = failures(&report);
        failures.iter().for_each(|error| console::error(worded(error)));
        if !failures.is_empty() {
            let (failed, all) = (failures.len(), report.files.len());
            let were = if failed == 1 { "was" } else { "were" };
            console::error(format_args!("{failed} of {all} inputs failed and {were} left out"));
        }
        Ok((report, exit))
    }

    /// Writes the output as many files.
    fn run_split(&mut self, by: By) -> Result<(Report, Exit), Error> {
        let batch = self.batch.take();
        let sources: Vec<PathBuf> = match &batch {
            Some(batch) => batch.sources.iter().map(|source| source.path.clone()).collect(),
            None => vec![self.source.clone()],
        };
        let template = self.target.clone().unwrap_or_default();
        let written = self.written(Vec::new());
        self.check_places(&written, sources.iter().map(PathBuf::as_path))?;
        let shown = match &batch {
            Some(batch) => self.all_shown(batch, false),
            None => self.shown(&self.source, false),
        };
        let split = Split::new(sources.iter().map(|path| source(path)), template, by);
        self.reported(true, shown, || split.with(|own| *own = self.settings.clone()).run())
    }

    /// Runs a job, and prints and writes its report. `apart`: its records don't go to standard output in any case. With
    /// `--strict-memory`, a peak over the limit is a failure.
    fn reported(
        &self,
        apart: bool,
        shown: Shown,
        run: impl FnOnce() -> Result<Report, Error>,
    ) -> Result<(Report, Exit), Error> {
        let taken = !apart && self.target.as_deref().and_then(file).is_none();
        let taken = taken.then_some(
            "the records already go to standard output\n  Give a file for the report, or one for the output with -o.",
        );
        failure::to_standard_output(taken.is_some());
        if taken.is_some() {
            self.refuse_standard_output()?;
        }
        let port = self.see.live.prepare()?;
        let report_file = ReportFile::open(self.see.report.as_deref(), self.settings.force, taken)?;
        let profiling = self.see.profiles.start(self.settings.force)?;
        let watching = self.see.live.start(shown, &self.settings, taken.is_some(), port);
        let started = Instant::now();
        let report = run();
        let seen = watching.end(report.as_ref().err());
        let keep = |seen, report: &Report, ended| {
            past::keep(Past { seen, report, ended, settings: &self.settings, said: &self.said })
        };
        let mut report = match report {
            Ok(report) => report,
            Err(error) => {
                let (source, target) = (file(&self.source), self.target.as_deref().and_then(file));
                let report = failed(&self.settings, source, target, started);
                keep(seen, &report, Ended::Failed(&error));
                if let Some(report_file) = report_file {
                    // The error of the run matters more than one of its report.
                    let _ = report_file.write(&report, &self.settings, &self.said, Ended::Failed(&error));
                }
                return Err(profiling.end_failed(error));
            }
        };
        if keep(seen, &report, Ended::Well(self.exit(&report))) {
            // That takes memory too.
            report.peak_rss_bytes = report.peak_rss_bytes.max(sys::peak_rss_bytes());
        }
        let exit = self.exit(&report);
        dashboard::report(|| {
            metrics::json(&report, &Ended::Well(exit).of(&self.said), &flags::shown(&self.settings), &flag)
        });
        self.tell(&report);
        let written =
            report_file.map_or(Ok(()), |file| file.write(&report, &self.settings, &self.said, Ended::Well(exit)));
        if let Err(error) = written {
            return Err(profiling.end_failed(error));
        }
        // It says so where it is not an error.
        ceiling(self.strict_memory, self.see.quiet, report.peak_rss_bytes, report.memory_limit);
        profiling.end(Some(&report))?;
        Ok((report, exit))
    }

    /// How a run ends that went well as a whole: inputs may have been left out, or memory or allocations may be too many.
    fn exit(&self, report: &Report) -> Exit {
        if self.most_steady.is_some_and(|most| report.allocations.steady.blocks > most) {
            return Exit::BadData;
        }
        match failures(report).first() {
            Some(first) => Exit::of(first),
            None if self.strict_memory && report.peak_rss_bytes > report.memory_limit as u64 => Exit::MemoryCeiling,
            None => Exit::Done,
        }
    }

    /// What is shown of a job with one source.
    fn shown(&self, source: &Path, discard: bool) -> Shown {
        let target = if discard { None } else { Some(self.target.as_deref().and_then(file).map(name)) };
        let shown =
            Shown::new(name(source), target.map(|target| target.unwrap_or_else(|| "standard output".to_owned())));
        shown.at(self.target.as_deref().and_then(file).filter(|_| !discard))
    }

    /// The same for many.
    fn all_shown(&self, batch: &Batch, discard: bool) -> Shown {
        let target = match &batch.out_dir {
            Some(folder) => Some(format!("{}/", name(folder))),
            None => self.shown(Path::new("-"), discard).target,
        };
        let place = batch.out_dir.as_deref().or(self.target.as_deref().and_then(file).filter(|_| !discard));
        Shown::all(batch.sources.iter().map(|source| &*source.path), target).at(place)
    }

    /// The files written, apart from those [beside the output](See::files); `places` are additional outputs.
    pub fn written(&self, places: Vec<PathBuf>) -> Vec<PathBuf> {
        let mut written = places;
        written.extend(self.target.clone());
        if let Some(quarantine) = &self.settings.quarantine {
            written.push(quarantine.clone());
        } else if self.settings.on_error == OnError::Quarantine {
            written.extend_from_within(..);
            let half = written.len() / 2;
            written[half..].iter_mut().for_each(|path| *path = usual_place(path));
        }
        written
    }

    /// Refuses other files that lead to standard output, where the records go.
    fn refuse_standard_output(&self) -> Result<(), Error> {
        let quarantine = ("--quarantine", self.settings.quarantine.as_deref());
        let read = [
            ("--files-from", self.list.as_deref()),
            ("--schema", self.said.path("schema")),
            ("--config", self.said.path("config")),
        ];
        let files = self.see.files().into_iter().chain([quarantine]).chain(read);
        refuse_standard_output(files, "records", "Give a file for the output with -o, or")
    }

    /// Refuses to overwrite the list of inputs, or to write the report over anything else that is read or written.
    fn check_places<'p>(
        &'p self,
        written: &'p [PathBuf],
        sources: impl Iterator<Item = &'p Path>,
    ) -> Result<(), Error> {
        let list = self.list.as_deref();
        refuse_read(&self.said, list, written.iter().map(PathBuf::as_path))?;
        let read = ["schema", "config"].into_iter().filter_map(|name| self.said.path(name));
        let others: Vec<&Path> = written.iter().map(PathBuf::as_path).chain(sources).chain(read).collect();
        refuse_clashes(&[("--quarantine", self.settings.quarantine.as_deref())], None, &[])?;
        refuse_clashes(&self.see.files(), list, &others)
    }

    /// Decides the formats of both ends.
    pub fn resolve_formats(&mut self) -> Result<(), Error> {
        let from = source_format(self.settings.from, file(&self.source), &self.settings.extensions)?;
        self.settings.from = Some(from);
        let target = self.target.as_deref().and_then(file);
        // The result of a fold is text, whatever the file's name.
        let to = self.settings.to.or(self.settings.fold.map(Folding::format));
        self.settings.to = Some(target_format(to, target, from, &self.settings.extensions)?);
        Ok(())
    }

    fn job(&self, target: Option<TargetSpec>) -> Job {
        let target = target.unwrap_or_else(|| self.asked_target());
        Job::new(source(&self.source), target).with(|own| *own = self.settings.clone())
    }

    fn asked_target(&self) -> TargetSpec {
        let path = self.target.as_deref().and_then(file);
        path.map_or(TargetSpec::Stdout, |path| TargetSpec::Path(path.to_path_buf()))
    }

    /// Prints warnings, and the report for people.
    fn tell(&self, report: &Report) {
        if !self.see.quiet {
            warn(report, self.kept.is_some());
        }
        if self.see.verbose {
            console::note(&report.to_string());
        }
    }
}

/// Why inputs were left out.
fn failures(report: &Report) -> Vec<&Error> {
    report.files.iter().filter_map(|file| file.error.as_deref()).collect()
}

/// Prints warnings. What is shown to people loses nothing that they would miss.
fn warn(report: &Report, is_shown: bool) {
    if let Some(bytes) = report.resumed_from {
        console::note(&format!("pagemill: resumed: {} of input had been converted before\n", metrics::size(bytes)));
    }
    for warning in &report.warnings {
        console::warning(warning.with_names(&flag));
    }
    report.names_never_seen.iter().for_each(|name| console::warning(name.with_names(&flag)));
    let place = report.quarantine.as_deref().or(report.files.iter().find_map(|file| file.quarantine.as_deref()));
    let others = report.files.iter().filter(|file| file.quarantine.is_some()).count().saturating_sub(1);
    console::left_out(report.records_failed, report.bytes_failed, place, others);
    // Text after a closing quote has its own warning, which says where it is.
    let kinds = report.lossy.iter().filter(|(kind, _)| *kind != LossyKind::TextAfterQuote);
    let kinds: Vec<String> = kinds.map(|(kind, count)| kind.sentence(count)).collect();
    if !kinds.is_empty() && !is_shown {
        let these_are = if kinds.len() == 1 { "this is an error" } else { "these are errors" };
        console::warning(format_args!("{}\n  With --strict {these_are}.", kinds.join("\n  ")));
    }
}

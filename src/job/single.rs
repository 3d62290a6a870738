//! A job: a source, settings, a target.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::error::{Error, Result};
use crate::fold::groups::Aggregate;
use crate::job::again;
use crate::job::doubles::{self, Deduping};
use crate::job::open::{encoded, in_blocks, refuse_source};
use crate::job::opened::Opened;
use crate::job::pass::Run;
use crate::job::settings::{OnError, Settings};
use crate::job::sort;
use crate::job::spec::SourceSpec;
use crate::job::sum::Sum;
use crate::memory::audit;
use crate::metrics::{FileReport, Report, Warning, WarningKind};
use crate::op::{Everything, Folding};
use crate::quarantine::{Ledger, Quarantine, place_for};
use crate::resume::{Facts, Left, Resumable};
use crate::sink::{Target, TargetSpec};
use crate::wording::input;

/// The warning of a run that was to be resumed but has no checkpoint to start from.
const NOTHING_TO_RESUME: &str = "nothing to resume: no checkpoint was written (files below 2 GiB have none without ⟨checkpoint⟩, and the first comes after 64 MiB of input unless ⟨checkpoint_every⟩ says otherwise); this run started from the beginning";

/// A conversion that is ready to run.
#[non_exhaustive]
pub struct Job {
    /// Where bytes come from.
    pub source: SourceSpec,
    /// Where bytes go.
    pub target: TargetSpec,
    /// Everything else.
    pub settings: Settings,
}

impl Job {
    /// Says how the job would run, without running it: the memory plan and the concrete choices.
    pub fn explain(mut self) -> Result<String> {
        let sorted = match self.settings.sort.is_empty() {
            true => String::new(),
            false => {
                let rows = sort::prepare(&mut self.settings);
                sort::explain(&self.settings, &rows, self.target.path())?
            }
        };
        let doubles = doubles::explain(&self.settings, self.target.path())?;
        let opened = Opened::new(self.source, &self.target, &self.settings)?;
        let route = &opened.route;
        let mut text = format!("source           {}\n", input(&opened.source.path));
        text += &format!("formats          {} to {}\n", route.from, route.to);
        text += &format!("read by          {}\n", if opened.plan.streamed { "reading" } else { "mapping" });
        if let Some(unpacking) = &opened.plan.unpacking {
            text += &format!("decompressed     {unpacking}\n");
        }
        if let Some(packing) = &opened.plan.packing {
            text += &format!("compressed       {packing}\n");
        }
        if let Some(blocking) = &opened.plan.blocking {
            text += &format!("blocks           {blocking}\n");
        }
        if let Some(decoded) = &opened.source.decoded {
            text += &format!("decoded from     {}\n", decoded.encoding.name());
        }
        text += &opened.found();
        if let Some(encoding) = self.settings.other_encoding() {
            text += &format!("encoded in       {}\n", encoding.name());
        }
        text += &opened.left_out().map_or_else(String::new, |left_out| format!("left out         {left_out}\n"));
        text += &format!(
            "records          {}\n",
            match (route.pass_through, &route.tested) {
                (Some(_), Some(tested)) if !tested.made.is_empty() => "copied, followed by new fields",
                (Some(_), _) => "passed through",
                _ if self.settings.aggregate.is_some() => "decoded and put into groups",
                _ if self.settings.fold == Some(Folding::Stats) => "decoded and described",
                _ if self.settings.fold == Some(Folding::Schema) => "decoded, to find their schema",
                (None, _) => "decoded and encoded",
            }
        );
        if let (Some(tested), Some(_)) = (&route.tested, route.pass_through) {
            let fields: Vec<_> = tested.schema.names().map(String::from_utf8_lossy).collect();
            text += &format!("fields           {}; all of them where a record can't be copied\n", fields.join(", "));
        }
        let ops: Vec<_> = route.ops.iter().map(|op| op.name()).filter(|name| *name != Everything::NAME).collect();
        text += &format!("ops              {}\n", if ops.is_empty() { "none".into() } else { ops.join(", ") });
        for op in &route.ops {
            for (index, line) in op.plan().iter().flat_map(|plan| plan.lines()).enumerate() {
                text += &format!("{:<16} {line}\n", if index == 0 { op.name() } else { "" });
            }
        }
        if let Some(aggregate) = &self.settings.aggregate {
            for (name, asked) in ["by", "agg", "sort"].into_iter().zip(aggregate.texts()) {
                text += &if asked.is_empty() { String::new() } else { format!("{name:<16} {asked}\n") };
            }
            text += &aggregate.explain();
        }
        if self.settings.aggregate.as_ref().is_some_and(|aggregate| !aggregate.is_live()) {
            text += &sort::explain_groups(&self.settings, self.target.path())?;
        }
        if !self.settings.rows.are_all() {
            text += &format!("rows             {}\n", self.settings.rows.explain());
        }
        text += &doubles;
        text += &sorted;
        if self.settings.aggregate.as_ref().is_some_and(Aggregate::is_live) {
            text += "order            results are written while records come, in their order, so there is one worker\n";
        } else if route.is_ordered() {
            text += "order            records or lines are numbered, so there is one worker\n";
        }
        let quarantine = place_for(&self.settings, &self.target)?.map(|place| format!("put into {}", place.display()));
        let bad = match self.settings.on_error {
            OnError::Fail => "end the job".into(),
            OnError::Skip => "left out".into(),
            OnError::Quarantine => quarantine.unwrap_or_default(),
        };
        text += &format!("bad records      {bad}\n");
        text += &opened.plan.explain();
        Ok(text)
    }

    /// Runs the job.
    ///
    /// # Errors
    /// See [`ErrorClass`](crate::error::ErrorClass). After an error there is no file under the target's name.
    pub fn run(self) -> Result<Report> {
        if !self.settings.sort.is_empty() || self.settings.aggregate.as_ref().is_some_and(Aggregate::is_live) {
            return self.run_as_many();
        }
        let started = Instant::now();
        let mut sum = Sum::new(self.settings.progress.as_ref());
        let memory_limit = self.settings.memory_limit;
        let (done, output) = self.run_into(&mut sum, true)?;
        let stream = |path: &PathBuf| path.as_os_str() != "-";
        let (source, target) = (Some(done.source).filter(stream), done.target);
        let (identity, quarantine, delimiter) = (done.identity, done.quarantine, done.delimiter);
        Ok(Report {
            source,
            identity,
            target,
            quarantine,
            delimiter,
            output,
            elapsed: started.elapsed(),
            ..sum.report(memory_limit)
        })
    }

    /// Runs a job whose records are sorted, or put into windows.
    fn run_as_many(self) -> Result<Report> {
        let stream = self.source.name().as_os_str() == "-";
        let mut report = Job::many([self.source], self.target).with(|own| *own = self.settings).run()?;
        if let Some(file) = report.files.pop() {
            report.source = (!stream).then_some(file.source);
            report.identity = file.identity;
            report.delimiter = file.delimiter;
        }
        Ok(report)
    }

    /// Runs the job and adds what it did to `sum`. Returns the bytes of a memory target too. `alone`: no other job
    /// belongs to the run, so names of fields that no record has can be refused here.
    pub(crate) fn run_into(self, sum: &mut Sum, alone: bool) -> Result<(FileReport, Vec<u8>)> {
        let warnings = sum.warnings.len();
        let again = self.again();
        again::begin_anew(self, again, |job| {
            job.run_once(sum, alone).inspect_err(|error| {
                if error.is_superseded() {
                    sum.registry.forget();
                    sum.warnings.truncate(warnings);
                }
            })
        })
    }

    /// The job for a second run, if there can be one.
    fn again(&self) -> Option<Job> {
        let settings = again::settings(&self.settings)?;
        Some(Job { source: self.source.again()?, target: again::target(&self.target, &settings)?, settings })
    }

    fn run_once(self, sum: &mut Sum, alone: bool) -> Result<(FileReport, Vec<u8>)> {
        let before = audit::counts();
        let settings = self.settings;
        if settings.aggregate.as_ref().is_some_and(Aggregate::is_live) {
            return Err(Error::usage("⟨window⟩ and ⟨emit⟩ are for one output\n  Convert the inputs one by one."));
        }
        if let Some(stop) = &settings.stop {
            stop.check().map_err(|e| Error::io("start", "the job", e))?;
        }
        sort::check_folder(&settings, self.target.path())?;
        let place = place_for(&settings, &self.target)?;
        refuse_source(&self.target, [&self.source])?;
        if let Some(place) = &place {
            refuse_source(&place.clone().into(), [&self.source])?;
        }
        let deduping = Deduping::asked(&settings, self.target.path())?;
        let mut opened = Opened::new(self.source, &self.target, &settings)?;
        let facts = Facts {
            source: &opened.source,
            route: &opened.route,
            packs: opened.plan.packing.is_some()
                || opened.plan.blocking.is_some()
                || settings.other_encoding().is_some(),
        };
        let mut resumable = Resumable::open(&facts, &self.target, place.as_deref(), &settings)?;
        if let Some(whole) = resumable.as_mut().and_then(|resumable| resumable.whole.take()) {
            let target = self.target.path().map(Into::into);
            sum.add_whole(&whole, target.as_deref().unwrap_or(Path::new("-")));
            let mut run = Run::earlier(whole.bytes_in, whole.len());
            sum.add(&opened, &mut run, &before);
            run.totals = whole.totals();
            resumable.into_iter().for_each(Resumable::finished);
            let (quarantine, delimiter) =
                (place.filter(|place| run.totals.records_failed > 0 && place.exists()), opened.delimiter());
            return Ok((FileReport { quarantine, delimiter, ..run.file(&opened.source, target) }, Vec::new()));
        }
        let left = match &mut resumable {
            Some(resumable) => resumable.left.take(),
            None => Left::of(&self.target, place.as_deref())?,
        };
        if resumable.as_ref().is_some_and(|resumable| resumable.nothing) {
            sum.warnings.push(Warning::new(WarningKind::NothingToResume, NOTHING_TO_RESUME));
        }
        let (mut target, mut ledger) = outputs(self.target, place, resumable.as_ref(), &settings)?;
        let plan = opened.plan.clone();
        if let Some(packing) = &plan.packing {
            target = target.packed(packing)?;
        }
        target = in_blocks(target, opened.route.to, plan.blocking.as_ref(), &settings)?;
        target = encoded(target, opened.route.to, &settings)?;
        let place = target.file_path().map(Into::into);
        let earlier = sum.registry.with_done(|done| done.written_bytes);
        let run = opened.choose(deduping, sum);
        let run = run.and_then(|()| opened.convert(&target, &sum.registry, resumable.as_mut(), &mut ledger));
        let run = run.and_then(|mut run| {
            ledger.judge(run.totals.records_in).map_err(|error| opened.tell(error))?;
            run.totals
                .judge(&opened.source.path, opened.route.from.lines(), opened.replay.is_some())
                .map_err(|error| opened.tell(error))?;
            sum.add(&opened, &mut run, &before);
            sum.refuse_names(alone && settings.strict)?;
            Ok(run)
        });
        let mut run = match run.map_err(|error| opened.source.blame(error)) {
            Ok(run) => run,
            Err(error) => {
                let Some(resumable) = resumable else { return Err(ledger.convict(error)) };
                let error = match resumable.naming(ledger.quarantine.as_ref().filter(|_| error.is_about_bad_records()))
                {
                    Ok(()) => ledger.convict(error),
                    // If the quarantine could not be named, nothing of it stays.
                    Err(_) => error,
                };
                let unchanged = opened.source.unchanged().is_ok();
                return Err(resumable.fail(target, ledger.quarantine, error, unchanged));
            }
        };
        if let Some(len) = target.flush()? {
            sum.registry.flushed(earlier + len);
            run.bytes_out = len;
        }
        if let Some(result) = &sum.result {
            sum.registry.result(run.bytes_out, result.records);
        }
        let (output, quarantine) = match resumable {
            None => {
                let named = name(target, ledger)?;
                sum.warnings.extend(left.map(Left::remove));
                named
            }
            Some(resumable) => {
                sum.resumed_from = resumable.from.as_ref().map(|entry| entry.input);
                let ready = resumable.finishing(&target, ledger.quarantine.as_ref(), run.bytes_in, &run.totals);
                let named = ready.and_then(|()| name(target, ledger));
                // Before the journal is removed: after that, another run may begin.
                if named.is_ok() {
                    sum.warnings.extend(left.map(Left::remove));
                }
                resumable.finished();
                named?
            }
        };
        sum.warnings.extend(opened.warnings());
        sum.bytes_out += run.bytes_out;
        let delimiter = opened.delimiter();
        Ok((FileReport { quarantine, delimiter, ..run.file(&opened.source, place) }, output))
    }
}

/// Opens the target, and the ledger with the quarantine at `place` if there is one; both where an earlier run stopped.
fn outputs(
    target: TargetSpec,
    place: Option<PathBuf>,
    resumable: Option<&Resumable>,
    settings: &Settings,
) -> Result<(Target, Ledger)> {
    let stop = settings.stop.as_ref();
    let Some(resumable) = resumable else {
        let target = target.open(settings.force, stop)?;
        let quarantine = place.map(|place| Quarantine::create(place, settings.force, stop)).transpose()?;
        return Ok((target, Ledger::new(settings.max_errors, quarantine, 0)));
    };
    let target = resumable.target(settings.force)?;
    let count = resumable.from.as_ref().map_or(0, |entry| entry.counted.records_failed);
    match resumable.quarantine(settings.force) {
        Ok(quarantine) => Ok((target, Ledger::new(settings.max_errors, quarantine, count))),
        // What an earlier run left is not touched.
        Err(error) if resumable.from.is_some() => target.keep().and(Err(error)),
        Err(error) => {
            resumable.journal.remove();
            Err(error)
        }
    }
}

/// Gives both their final names, the quarantine first, so that a target is never there without its quarantine.
fn name(target: Target, ledger: Ledger) -> Result<(Vec<u8>, Option<PathBuf>)> {
    let quarantine = ledger.finish()?;
    Ok((target.finish()?, quarantine))
}

//! Many sources, one target.

mod choose;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::error::{Error, ErrorClass, Result};
use crate::flow::order::reached::Place;
use crate::flow::split::Split;
use crate::flow::wanted::Wanted;
use crate::fold::Fold;
use crate::fold::ending::Ending;
use crate::format::{Ends, Format, Frame, UnknownKey, WriteFormat};
use crate::job::again;
use crate::job::doubles::Deduping;
use crate::job::kept::Staying;
use crate::job::many::asked::Many;
use crate::job::many::columns::Together;
use crate::job::many::live::{self, Live, Onto};
use crate::job::many::names::less_names;
use crate::job::many::parts::{coders, named_by, split_of};
use crate::job::many::rest::Rest;
use crate::job::many::target::{open_target, refuse_what_stays, target_format};
use crate::job::many::whole;
use crate::job::open::{refuse_groups, refuse_source, tell_again};
use crate::job::opened::Opened;
use crate::job::pass::{How, Run as RunOfOne};
use crate::job::settings::Settings;
use crate::job::sort::{Sorting, check_folder};
use crate::job::spec::SourceSpec;
use crate::job::sum::Sum;
use crate::memory::audit;
use crate::metrics::{FileReport, Report};
use crate::quarantine::{Ledger, Quarantine, place_for};
use crate::record::Schema;
use crate::resume::{Left, ResumableSort};
use crate::sink::{Target, TargetSpec};
use crate::wording::input;

impl Many {
    /// Runs the conversion.
    ///
    /// # Errors
    /// The first failure; then there is no file under the target's name. With [`keep_going`](Self::keep_going)
    /// failures of sources are in [`Report::files`]; if all failed, there is no file either.
    pub fn run(self) -> Result<Report> {
        let again = self.again();
        let possible = again.is_some();
        again::begin_anew(self, again, |many| {
            let mut resumable = None;
            let outcome = many.run_once(possible, &mut resumable);
            match (resumable.and_then(Arc::into_inner), outcome) {
                (Some(resumable), Ok(report)) => {
                    resumable.finished();
                    Ok(report)
                }
                (Some(resumable), Err(error)) => Err(resumable.fail(error)),
                (None, outcome) => outcome,
            }
        })
    }

    /// The same for a second run, if there can be one.
    fn again(&self) -> Option<Many> {
        // Parts that are whole have their names by then.
        let Many { sources, target, settings, keep_going, split: None } = self else { return None };
        let settings = again::settings(settings)?;
        let target = again::target(target, &settings)?;
        Some(Many { sources: again::sources(sources)?, target, settings, keep_going: *keep_going, split: None })
    }

    /// Runs it; records that don't count end the run if it `begins_anew` then. `resumable` gets what was kept for
    /// another run.
    fn run_once(self, begins_anew: bool, resumable: &mut Option<Arc<ResumableSort>>) -> Result<Report> {
        let started = Instant::now();
        let Many { sources, target, settings, keep_going, split } = self;
        let sources = sources.into_iter().map(|source| source.now(&settings)).collect::<Result<Vec<_>>>()?;
        let memory_limit = settings.memory_limit;
        let names: Vec<PathBuf> = sources.iter().map(|source| source.name().to_path_buf()).collect();
        let mut settings = less_names(settings, names.iter().map(|name| name.as_os_str().len()))?;
        let Some(first) = sources.first() else { return Err(Error::usage("there is no input")) };
        let to = target_format(&settings, first, &target)?;
        settings.to = Some(to);
        refuse_groups(to, &settings)?;
        let mut target = target;
        let template = split.as_ref().and(target.path()).map(Path::to_path_buf);
        let split = match split {
            Some(by) => {
                Some(split_of(by, to, std::mem::replace(&mut target, TargetSpec::Memory), &mut settings, &sources)?)
            }
            None => None,
        };
        let coders = if split.is_some() { None } else { Some(coders(&mut settings, to, &target)?) };
        let deduping = Deduping::asked(&settings, target.path().or(template.as_deref()))?;
        if deduping.is_some() && keep_going {
            return Err(Error::usage(
                "⟨keep_going⟩: the records of an input that fails partway would be among those that are compared\n  Leave out ⟨keep_going⟩.",
            ));
        }
        live::refuse(&settings, keep_going)?;
        let mut sorting = Sorting::asked(&mut settings, &target, sources.len(), keep_going)?;
        check_folder(&settings, target.path())?;
        let place = place_for(&settings, &target)?;
        refuse_source(&target, &sources)?;
        if let Some(place) = &place {
            refuse_source(&place.clone().into(), &sources)?;
        }
        if let Some(sorting) = &mut sorting {
            *resumable = sorting.resumable(&sources, &target, place.is_some(), &settings)?;
        }
        let whole = resumable.as_ref().and_then(|resumable| resumable.whole.as_ref());
        if let Some((whole, path)) = whole.zip(target.path()) {
            return whole::report(whole, sources, path, &settings, started);
        }
        let left = match resumable {
            Some(resumable) => resumable.left(),
            None => Left::of(&target, place.as_deref())?,
        };
        let mut target = open_target(target, to, coders, &settings)?;
        let quarantine = place.map(|place| Quarantine::create(place, settings.force, settings.stop.as_ref()));
        let failed_before = sorting.as_ref().map_or(0, Sorting::failed_before);
        let ledger = Ledger::new(settings.max_errors, quarantine.transpose()?, failed_before);
        if keep_going {
            refuse_what_stays(&target, ledger.quarantine.as_ref(), &settings)?;
        }
        let files = names.into_iter().map(|source| FileReport { source, ..FileReport::default() }).collect();
        let mut run = Run {
            settings: &settings,
            to,
            target: &target,
            ledger,
            keep_going,
            begins_anew,
            together: None,
            types: None,
            entries: sources.into_iter().map(Entry::Spec).collect(),
            files,
            sum: Sum::new(settings.progress.as_ref()),
            frame: None,
            place: Place::after(0),
            fold: None,
            split,
            sorting,
            live: None,
            wanted: Wanted::ALL,
            kept: None,
        };
        if let Some(resumable) = resumable.as_ref().filter(|resumable| resumable.nothing) {
            run.sum.warnings.push(resumable.nothing_warning());
        }
        let sizes = run.files.iter().map(|file| fs::metadata(&file.source).map_or(0, |found| found.len()));
        run.sum.resumed_from = run.sorting.as_ref().and_then(|sorting| sorting.resumed_from(sizes));
        let outcome = run.choose(deduping).and_then(|()| run.look()).and_then(|()| run.convert());
        let outcome =
            outcome.and_then(|()| run.ledger.judge(run.sum.records_in).map_err(|error| tell_again(error, &settings)));
        let no_field = run.split.as_ref().and_then(Split::warning).filter(|_| run.sum.records_out > 0);
        run.sum.warnings.extend(no_field);
        let outcome = outcome.and_then(|()| run.sum.refuse_names(settings.strict));
        outcome.map_err(|error| run.ledger.convict(error))?;
        let Run { files, mut sum, ledger, frame, place, fold, split, sorting, live, .. } = run;
        let path = target.file_path().map(Into::into);
        let (mut output, mut quarantine) = (Vec::new(), None);
        if let Some(split) = split {
            let parts = split.finish()?;
            sum.bytes_out = parts.iter().map(|part| part.bytes).sum();
            sum.registry.flushed(sum.bytes_out);
            let quarantine = ledger.finish()?;
            return Ok(Report { files, quarantine, parts, elapsed: started.elapsed(), ..sum.report(memory_limit) });
        }
        let rest = Rest { fold, frame, place, sorting, live };
        if rest.write(&settings, to, &mut target, &mut sum)? {
            if let Some(resumable) = resumable {
                let (bytes_in, totals) = sum.counted();
                resumable.finishing(&target, bytes_in, &totals, &files)?;
            }
            // A target is never without it.
            quarantine = ledger.finish()?;
            output = target.finish()?;
            sum.warnings.extend(left.map(Left::remove));
        }
        Ok(Report { target: path, files, quarantine, output, elapsed: started.elapsed(), ..sum.report(memory_limit) })
    }
}

/// The names of the columns of all inputs may take the memory limit divided by this: every source has them in its
/// tables again.
pub(super) const NAMES: usize = 8;

/// Whether there is a regular file under a path.
pub(super) fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// One of the sources.
pub(super) enum Entry<'s> {
    /// Not open.
    Spec(SourceSpec),
    /// Kept open since the look, because it can't be opened again.
    Held(Box<Opened<'s>>),
    /// It was converted, or failed.
    Done,
}

/// What all sources have in common, where the target has to know the types of all fields.
pub(super) struct Types {
    /// The fields of their records.
    pub fields: Schema,
    /// They have a schema of their own, with the same text.
    pub same_text: bool,
}

/// A run in progress.
pub(super) struct Run<'s> {
    pub(super) settings: &'s Settings,
    pub(super) to: Format,
    target: &'s Target,
    ledger: Ledger,
    pub(super) keep_going: bool,
    /// The job is run again if records were read that don't count.
    begins_anew: bool,
    /// The columns of the target, where there are any.
    pub(super) together: Option<Together>,
    /// The types of all fields, for a target that has to know them.
    types: Option<Types>,
    pub(super) entries: Vec<Entry<'s>>,
    pub(super) files: Vec<FileReport>,
    pub(super) sum: Sum,
    /// What is written around the records; its prefix was written already.
    frame: Option<Frame>,
    place: Place,
    /// The fold over all sources, if the job ends in one.
    fold: Option<Ending>,
    /// The parts of the output, if it is split.
    split: Option<Split>,
    /// The records, if they are sorted.
    sorting: Option<Sorting>,
    /// What is written while records still come, if anything is.
    live: Option<Live>,
    /// Which of the records of the next sources are wanted.
    pub(super) wanted: Wanted,
    /// Those that stay of those that are equal.
    kept: Option<Arc<Staying>>,
}

impl<'s> Run<'s> {
    /// Looks at every source that has not failed.
    pub(super) fn each(&mut self, mut look: impl FnMut(&mut Opened<'s>) -> Result<()>) -> Result<()> {
        for index in 0..self.entries.len() {
            if self.files[index].error.is_some() {
                continue;
            }
            let looked = self.open(index).and_then(|mut opened| {
                let outcome = look(&mut opened).map_err(|error| opened.source.blame(error));
                self.put_back(index, opened);
                outcome
            });
            if let Err(error) = looked {
                self.failed(index, error)?;
            }
        }
        Ok(())
    }

    /// Gives back a source that was looked at. A pipe can't be opened twice, and what was read of it is kept.
    pub(super) fn put_back(&mut self, index: usize, mut opened: Opened<'s>) {
        let path = opened.source.path.clone();
        self.entries[index] = match opened.replay.take() {
            Some(section) => Entry::Spec(SourceSpec::Quarantined(section)),
            None if is_file(&path) => Entry::Spec(match opened.source.limit() {
                Some(len) => SourceSpec::Beginning(path, len),
                None => path.into(),
            }),
            None => Entry::Held(Box::new(opened)),
        };
    }

    /// Opens a source, or takes the open one.
    pub(super) fn open(&mut self, index: usize) -> Result<Opened<'s>> {
        let mut opened = self.take_out(index)?;
        if let Some(kept) = self.kept.as_ref().filter(|_| opened.kept.is_none()) {
            opened.keeps(kept)?;
        }
        Ok(opened)
    }

    fn take_out(&mut self, index: usize) -> Result<Opened<'s>> {
        match std::mem::replace(&mut self.entries[index], Entry::Done) {
            Entry::Spec(spec) => {
                let mut opened = Opened::among(spec, &TargetSpec::Memory, self.settings, self.lacking())?;
                opened.number = index as u32;
                if let Some(split) = &self.split {
                    named_by(&mut opened, split);
                }
                Ok(opened)
            }
            Entry::Held(opened) => Ok(*opened),
            Entry::Done => Err(Error::mistake("an input was opened twice")),
        }
    }

    /// Handles a source that failed: the error ends the run, or is noted.
    pub(super) fn failed(&mut self, index: usize, error: Error) -> Result<()> {
        let file = &mut self.files[index];
        // What can't be written ends the run in any case, and so does a stop.
        let quarantine = self.ledger.quarantine.as_ref().map(Quarantine::path);
        let written = |path| Some(path) == quarantine || path == self.target.path();
        let ends = error.class() == ErrorClass::Stopped || error.is_too_many() || error.io_path().is_some_and(written);
        let ends = ends || self.begins_anew && error.is_superseded();
        if !self.keep_going || ends {
            return Err(error.in_file(&file.source));
        }
        file.error = Some(Arc::new(error.in_file(&file.source)));
        self.sum.registry.forget();
        self.entries[index] = Entry::Done;
        Ok(())
    }

    fn convert(&mut self) -> Result<()> {
        self.types = self.types()?;
        for index in 0..self.entries.len() {
            if self.files[index].error.is_some() {
                continue;
            }
            let (place, begun, wanted) = (self.place, self.frame.is_some(), self.wanted);
            // Nothing more is read; an output that has only a header needs a source for that.
            if wanted.is_over() && (begun || self.fold.is_some()) {
                break;
            }
            let mark = self.ledger.mark();
            if let Err(error) = self.convert_one(index) {
                self.failed(index, error)?;
                self.ledger.back(mark)?;
                (self.place, self.wanted) = (place, wanted);
                if !begun {
                    self.frame = None;
                }
                // Of a fold nothing is written before the end.
                if !self.settings.folds() {
                    // All workers have ended: nothing more is written after this place.
                    self.target.truncate(place.offset)?;
                }
            }
        }
        Ok(())
    }

    fn convert_one(&mut self, index: usize) -> Result<()> {
        let before = audit::counts();
        let mut opened = self.open(index)?;
        opened.wanted = self.wanted;
        if let Some(together) = &self.together {
            opened.route.left_out += together.align(&mut opened)?;
        }
        // What was kept so far stays beside it.
        self.fold.as_mut().map_or(Ok(()), |all| all.go_on(&opened.budget))?;
        let (mut run, fold) = match opened.fold(self.target.file_path())? {
            Some(fold) => self.fold_one(&mut opened, fold)?,
            None => (self.write_one(&mut opened)?, None),
        };
        // Late records are no sign of another format.
        if !self.live.as_ref().is_some_and(Live::refused_late) {
            run.totals
                .judge(&opened.source.path, opened.route.from.lines(), opened.replay.is_some())
                .map_err(|error| opened.tell(error))?;
        }
        (self.place, self.wanted) = (run.place, opened.still_wanted);
        match (&mut self.fold, fold) {
            (Some(all), Some(fold)) => all.merge(fold),
            (None, fold) => self.fold = fold,
            (Some(_), None) => {}
        }
        self.sum.add(&opened, &mut run, &before);
        let path = &self.files[index].source;
        self.sum.warnings.extend(opened.warnings().map(|warning| warning.of(input(path))));
        self.files[index] =
            FileReport { source: path.clone(), delimiter: opened.delimiter(), ..run.file(&opened.source, None) };
        Ok(())
    }

    /// Writes the records of a source after those of the others.
    fn write_one(&mut self, opened: &mut Opened<'_>) -> Result<RunOfOne> {
        if self.settings.aggregate.is_some() {
            return self.read_live(opened);
        }
        let columns = self.together.as_ref().filter(|_| self.to.is_tabular());
        let columns = columns.map(|all| opened.route.columns_of(all.schema().clone(), all.unknown()));
        let columns = match &self.types {
            Some(types) => {
                opened.keeps_schema = types.same_text;
                Some(opened.route.columns_of(types.fields.clone(), UnknownKey::Count))
            }
            None => columns,
        };
        let writing = opened.writing(columns)?;
        if let Some(split) = &mut self.split {
            let names = opened.route.names.clone();
            let (ends, least) = (self.to.ends(), opened.plan.piece);
            named_by(opened, split);
            split.go_on(&*writing, names.as_ref(), ends, least, &opened.budget)?;
            self.ledger.begin(&opened.source.path, || opened.head());
            self.frame = Some(writing.frame());
            let run = opened.split(split, &self.sum.registry, &mut self.ledger);
            return run.map_err(|error| opened.source.blame(opened.tell_key(error)));
        }
        self.check_start(&*writing)?;
        if let Some(sorting) = &mut self.sorting {
            self.frame.get_or_insert_with(|| writing.frame());
            sorting.go_on(opened, &*writing)?;
            self.ledger.begin(&opened.source.path, || opened.head());
            let run = sorting.read(opened, &self.sum.registry, &mut self.ledger);
            return run.map_err(|error| opened.source.blame(opened.tell_key(error)));
        }
        self.begin(&*writing)?;
        let first_skips = self.frame.as_ref().map_or(0, |frame| frame.first_skips);
        self.ledger.begin(&opened.source.path, || opened.head());
        let registry = &self.sum.registry;
        let run = opened.records(&*writing, self.target, registry, self.place, first_skips, &mut self.ledger);
        run.map_err(|error| opened.source.blame(opened.tell_key(error)))
    }

    /// Takes in the records of a source, and writes what can be written by then.
    fn read_live(&mut self, opened: &mut Opened<'_>) -> Result<RunOfOne> {
        let live = Live::go_on(self.live.take(), opened, self.to, self.target, &self.sum.registry)?;
        let live = self.live.insert(live);
        let begun = self.frame.is_some().then_some(self.place);
        self.frame.get_or_insert_with(|| live.frame());
        let (registry, ledger) = (&self.sum.registry, &mut self.ledger);
        live.read(opened, begun, Onto { to: self.to, target: self.target, registry, ledger })
    }

    /// Folds the records of a source separately, because the source may still fail as a whole.
    fn fold_one(&mut self, opened: &mut Opened<'_>, fold: Ending) -> Result<(RunOfOne, Option<Ending>)> {
        self.ledger.begin(&opened.source.path, || opened.head());
        let Settings { on_error, strict, .. } = *self.settings;
        let how = How { on_error, strict, tries: false, ledger: Some(&mut self.ledger), resumable: None };
        let (run, fold) = opened.fold_by(how, fold, self.target, &self.sum.registry);
        let run = run.map_err(|error| opened.source.blame(error))?;
        Ok((run, Some(fold)))
    }

    /// Refuses a source whose records would be written as those of another schema.
    fn check_start(&self, writing: &dyn WriteFormat) -> Result<()> {
        match &self.frame {
            Some(frame) if self.to.has_blocks() && frame.prefix != writing.frame().prefix => {
                Err(Error::usage(format!(
                    "its schema is not that of the inputs before, so one {} file can't hold both\n  Give ⟨schema⟩, which all inputs get.",
                    self.to.title()
                )))
            }
            _ => Ok(()),
        }
    }

    /// Writes what comes before the records of the next source: the prefix before the first, the missing end of
    /// a last line before others.
    fn begin(&mut self, writing: &dyn WriteFormat) -> Result<()> {
        if self.frame.is_none() {
            let frame = writing.frame();
            self.target.write(&frame.prefix, 0)?;
            self.place = Place::after(frame.prefix.len());
            self.frame = Some(frame);
            return Ok(());
        }
        let lines = self.to.ends() == Ends::Break;
        if lines && self.place.last.is_some_and(|last| last != b'\n') {
            self.target.write(b"\n", self.place.offset)?;
            self.place.offset += 1;
            self.place.last = Some(b'\n');
        }
        Ok(())
    }
}

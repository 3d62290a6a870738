//! Checkpoints of a sort: its runs on disk, and how far the sources are in them.
//!
//! The journal lies beside the target, as that of other runs. Its entries say which runs were written since the entry
//! before, in which files, and where the sources go on after them. The target itself is written at the end, all at once:
//! nothing of it is kept.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, ErrorClass, Result};
use crate::flow::sort::SortKey;
use crate::flow::totals::Totals;
use crate::job::rows::Rows;
use crate::job::settings::{Checkpoint, Settings};
use crate::metrics::{FileReport, Warning, WarningKind};
use crate::plan::route::Route;
use crate::resume::entry::Reached;
use crate::resume::identity::{self, Identity};
use crate::resume::journal::{Begin, Journal, whole};
use crate::resume::left::Left;
use crate::resume::runs::{folder_of, run_names, whole_folder};
use crate::resume::whole::Whole;
use crate::resume::{is_device, names};
use crate::sink::{Target, TargetSpec};
use crate::source::Source;
use crate::spill::{Run, SpillFile, SpillFolder, SpillNames};
use crate::wording::input;

const NOTHING: &str = "nothing to resume: no checkpoint was written (a sort writes them only with ⟨checkpoint⟩ or ⟨resume⟩, and the first after 64 MiB of input unless ⟨checkpoint_every⟩ says otherwise); this run started from the beginning";

/// A sort that can be resumed.
pub(crate) struct Sorted {
    journal: Journal,
    names: SpillNames,
    /// The folder of new runs, and how entries name it.
    folder: PathBuf,
    named: Option<String>,
    /// Folders with runs.
    folders: Vec<PathBuf>,
    /// Where the run goes on: the last checkpoint, with all sources that were read to their ends.
    pub from: Option<Reached>,
    /// The runs that are there already.
    runs: Vec<Run>,
    /// The number of the next file.
    next: u32,
    /// What is left of an interrupted run that this one does not go on with.
    left: Mutex<Option<Left>>,
    /// A run was to be resumed, and none had written a checkpoint.
    pub nothing: bool,
    /// How much of the input lies between two checkpoints.
    pub every: u64,
    /// The run before had ended: nothing is left to be done.
    pub whole: Option<Whole>,
    /// What is there stays.
    kept: bool,
}

/// What decides whether another sort was the same.
pub(crate) struct Same {
    pub sources: Vec<Identity>,
    pub settings: BTreeMap<String, String>,
}

impl Same {
    /// Of records that are sorted by these keys, of which `rows` are written.
    pub fn new(by: &[SortKey], rows: &Rows) -> Same {
        let by: Vec<String> = by.iter().map(|key| format!("{key:?}")).collect();
        let rows = format!("{:?}", (rows.offset, rows.limit, rows.tail));
        let settings = [("sort", by.join(", ")), ("limit", rows)].map(|(name, text)| (name.to_owned(), text));
        Same { sources: Vec::new(), settings: settings.into() }
    }

    /// Takes in the next source.
    ///
    /// # Errors
    /// Usage: a sort of it can't be resumed.
    pub fn add(&mut self, source: &Source, route: &Route, own: &Settings) -> Result<()> {
        if let Some(op) = own.ops.iter().find(|op| op.fingerprint().is_none()) {
            return Err(Error::usage(format!(
                "a run with the op `{}` can't be resumed: it does not say what it does\n  Leave out checkpoints and resuming, or give the op a fingerprint (Op::fingerprint).",
                op.name()
            )));
        }
        let Some(map) = source.map() else {
            return Err(Error::usage(format!(
                "a sort can be resumed only if its inputs are files that can be mapped, and {} is not: it is read as a stream, for example because it is compressed or in another encoding\n  Leave out ⟨checkpoint⟩ and ⟨resume⟩, or use such files.",
                input(&source.path)
            )));
        };
        self.sources.push(Identity::of(source, map.bytes()));
        for (name, text) in identity::settings(own, route, None) {
            let known = self.settings.entry(name).or_default();
            if *known != text {
                *known = if known.is_empty() { text } else { format!("{known}, {text}") };
            }
        }
        Ok(())
    }
}

/// The target of a sort that is to be one that can be resumed. None is unless that is asked for: its runs, which are as
/// large as the input, would stay when the program is killed.
///
/// # Errors
/// Usage: it can't be.
pub(crate) fn is_asked<'t>(
    rows: &Rows,
    target: &'t TargetSpec,
    quarantine: bool,
    settings: &Settings,
) -> Result<Option<&'t Path>> {
    if !settings.resume && settings.checkpoint != Checkpoint::On {
        return Ok(None);
    }
    let no = |why: &str| -> Result<_> {
        Err(Error::usage(format!("{why}\n  Leave out ⟨checkpoint⟩ and ⟨resume⟩.")))
    };
    if rows.dedupe.is_some() {
        return no(
            "a sort with ⟨dedupe⟩ can't be resumed: which records are equal is found out in a pass of its own, of which no checkpoint is written",
        );
    }
    if rows.sample.is_some() {
        return no(
            "a sort with ⟨sample⟩ can't be resumed: which records are drawn is found out in a pass of its own, of which no checkpoint is written",
        );
    }
    if quarantine {
        return no(
            "a sort with a quarantine can't be resumed: its checkpoints do not say how far the quarantine was written",
        );
    }
    match target.path() {
        Some(path) if !is_device(path) => Ok(Some(path)),
        _ => no("a sort can be resumed only if its output is a file"),
    }
}

impl Sorted {
    /// Opens the journal of a sort that [is to be resumed](is_asked). Finds out where to go on. `folder`: that of new runs.
    ///
    /// # Errors
    /// Usage: the run before was another one. Io.
    pub fn open(same: Same, target: &Path, folder: PathBuf, settings: &Settings) -> Result<Sorted> {
        let [_, journal] = names(target);
        if settings.resume && !settings.force && target.is_file() && !journal.exists() {
            return Err(Error::usage(format!(
                "{} exists already, and there is nothing to resume\n  If the last run ended well, the file is complete. Give ⟨force⟩ to replace it.",
                target.display()
            )));
        }
        let named = named(&folder, target)?;
        let begin = Begin::sorting(same.sources, same.settings, named.clone());
        let whole = if settings.resume { whole(target, &journal, &begin)? } else { None };
        if whole.is_none() {
            Target::check(target, settings.force)?;
        }
        let mut left = if settings.resume { None } else { Left::found(target, None) };
        let mut journal = Journal::open(&journal, target, settings.durable)?;
        let (mut from, mut runs, mut next, names) = (None, Vec::new(), 0, run_names(target));
        let mut good = 0;
        let mut folders = vec![folder.clone()];
        if settings.resume
            && let Some(found) = journal.read()?
        {
            begin.check(&found.begin, target)?;
            folders.extend(found.folders(target));
            let sorted = if whole.is_some() { &[][..] } else { &found.sorted[..] };
            let mut all = Reached::default();
            for entry in sorted {
                let folder = whole_folder(&entry.folder, target);
                // What follows a run that is gone is of no use: its records would be missing.
                let Some(opened) = open_runs(entry, &folder, &names)? else { break };
                next = entry.runs.iter().map(|run| run.file.saturating_add(1)).fold(next, u32::max);
                runs.extend(opened);
                let done = all.done.into_iter().chain(entry.done.iter().cloned()).collect();
                (all, good) = (Reached { done, ..entry.clone() }, good + 1);
            }
            from = (good > 0).then_some(all);
        } else if let Some(left) = &mut left
            && let Some(found) = journal.read()?
        {
            left.add_runs(&found, target);
            folders.extend(found.folders(target));
        }
        folders.sort_unstable();
        folders.dedup();
        let nothing = settings.resume && from.is_none() && whole.is_none();
        let every = settings.checkpoint_every.max(1);
        let mut sorted = Sorted {
            journal,
            names,
            folder,
            named,
            folders,
            from,
            runs,
            next,
            left: left.into(),
            nothing,
            every,
            whole,
            kept: false,
        };
        if sorted.whole.is_none() {
            sorted.begin(&begin, good)?;
        }
        Ok(sorted)
    }

    /// Removes what the first `good` checkpoints don't speak of, and writes the beginning of the journal or names the
    /// present folder in it. The files go first: as long as they are there, the journal says in which folders.
    fn begin(&mut self, begin: &Begin, good: usize) -> Result<()> {
        let Some(from) = &self.from else {
            // The files of a run that is not gone on with; their names are taken by new ones.
            self.remove_runs();
            self.next = 0;
            return self.journal.begin(begin);
        };
        let mut known: Vec<PathBuf> = Vec::new();
        for run in self.runs.iter().filter_map(Run::saved) {
            known.extend(self.folders.iter().map(|folder| self.names.path(folder, run.file)));
        }
        for folder in &self.folders {
            for path in self.names.found(folder).into_iter().filter(|path| !known.contains(path)) {
                let _ = fs::remove_file(path);
            }
        }
        self.journal.keep_sorted(good)?;
        let again = Reached { folder: self.named.clone(), done: Vec::new(), runs: Vec::new(), ..from.clone() };
        self.journal.append_sorted(&again)
    }

    /// Where new runs go.
    pub fn spill_folder(&self) -> SpillFolder {
        SpillFolder::named(self.folder.clone(), self.names.clone(), self.next)
    }

    /// What is left of an interrupted run that this one does not go on with.
    pub fn left(&self) -> Option<Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A run was to be resumed, and there was nothing to go on with.
    pub fn nothing_warning(&self) -> Warning {
        Warning::new(WarningKind::NothingToResume, NOTHING)
    }

    /// The runs that the run before has left.
    pub fn take_runs(&mut self) -> Vec<Run> {
        std::mem::take(&mut self.runs)
    }

    /// Notes a checkpoint: these runs were written since the one before.
    ///
    /// # Errors
    /// Io: the journal can't be written.
    pub fn note(&self, reached: Reached, runs: &[Run]) -> Result<()> {
        if self.journal.durable {
            runs.iter().try_for_each(Run::sync)?;
        }
        let runs = runs.iter().filter_map(Run::saved).collect();
        self.journal.append_sorted(&Reached { folder: self.named.clone(), runs, ..reached })
    }

    /// The target is whole and going to get its name.
    ///
    /// # Errors
    /// Io: it can't be brought to the disk.
    pub fn finishing(&self, target: &Target, bytes_in: u64, totals: &Totals, files: &[FileReport]) -> Result<()> {
        if self.journal.durable {
            target.sync()?;
        }
        match Whole::of(target, bytes_in, totals, files) {
            Some(whole) => self.journal.whole(&whole),
            None => Ok(()),
        }
    }

    /// The target has its name: nothing is left to be resumed.
    pub fn finished(mut self) {
        self.remove();
    }

    /// What is left of a sort that failed: everything, if another run can go on there.
    pub fn fail(mut self, error: Error) -> Error {
        // What does not fit into this memory limit may fit into another one.
        let passing = matches!(error.class(), ErrorClass::Io | ErrorClass::Stopped | ErrorClass::Memory);
        if passing && !error.is_about_changed_data() && self.journal.has_entries() {
            self.kept = true;
            let note = format!(
                "What was sorted is kept in {}: the same command with ⟨resume⟩ continues there.",
                self.folder.display()
            );
            return error.note(note, true);
        }
        if error.class() == ErrorClass::Usage && self.journal.has_entries() {
            self.kept = true;
            return error;
        }
        self.remove();
        error
    }

    fn remove(&mut self) {
        self.kept = true;
        self.remove_runs();
        self.journal.remove();
    }

    fn remove_runs(&self) {
        // One that can't be removed does no harm.
        for path in self.folders.iter().flat_map(|folder| self.names.found(folder)) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Sorted {
    fn drop(&mut self) {
        // The run ended before it began to sort.
        if !self.kept && !self.journal.has_entries() {
            self.remove();
        }
    }
}

/// How entries name a folder: not at all if it is that of the target.
fn named(folder: &Path, target: &Path) -> Result<Option<String>> {
    let (whole, own) = (fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf()), folder_of(target));
    if whole == own {
        return Ok(None);
    }
    whole.into_os_string().into_string().map(Some).map_err(|_| {
        Error::usage(format!(
            "{} is not text in UTF-8, and a sort that can be resumed has to write it down\n  Name another folder with ⟨spill_dir⟩.",
            folder.display()
        ))
    })
}

/// The runs of an entry; none if some are gone or are not what they were.
fn open_runs(entry: &Reached, folder: &Path, names: &SpillNames) -> Result<Option<Vec<Run>>> {
    let (mut files, mut opened) = (HashMap::new(), Vec::new());
    for saved in &entry.runs {
        let file = match files.get(&saved.file) {
            Some(file) => Some(SpillFile::clone(file)),
            None => SpillFile::left(folder, names, saved.file)?,
        };
        let Some(file) = file else { return Ok(None) };
        let Some(run) = saved.open(&file)? else { return Ok(None) };
        files.insert(saved.file, file);
        opened.push(run);
    }
    Ok(Some(opened))
}

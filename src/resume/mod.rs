//! Checkpoints: what a run leaves beside its target, so that another one can go on where it stopped.
//!
//! While it is written, the target has the name `.NAME.part.pagemill`; beside it lies the journal,
//! `.NAME.journal.pagemill`. The journal says what is converted and how, and now and then records the state
//! between two slices: how much of the input is done, how long its output is, and the checksum. A run that
//! resumes checks that the input, the settings and the output are still the same, and goes on there.

mod entry;
mod identity;
mod journal;
mod left;
mod memory;
mod runs;
mod sorted;
mod tracker;
mod whole;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

pub(crate) use entry::{Entry, Reached as ReachedSort, Read as ReadSource, Underway};
pub(crate) use journal::Journal;
pub(crate) use left::Left;
pub(crate) use sorted::{Same, Sorted as ResumableSort, is_asked as is_sort_resumable};
pub(crate) use tracker::{Reached, Tracker, hash};
pub(crate) use whole::Whole;

use crate::error::{Error, ErrorClass, Result};
use crate::flow::totals::Totals;
use crate::job::settings::{Checkpoint, Settings};
use crate::plan::route::Route;
use crate::quarantine::Quarantine;
use crate::sink::TargetSpec;
use crate::sink::{self, Target, open_left};
use crate::source::Source;
use identity::Identity;
use journal::{Begin, Found, Named};

/// From this size of the input on a run writes checkpoints without being asked: it takes seconds.
const LARGE: usize = 2 << 30;

/// A run that can be resumed.
pub(crate) struct Resumable {
    path: PathBuf,
    part: PathBuf,
    /// The names of the quarantine, if there is one.
    quarantine: Option<Names>,
    pub journal: Journal,
    begin: Begin,
    /// Where the run begins.
    pub from: Option<Entry>,
    /// The columns that the run before had found in the data.
    pub columns: Option<Vec<String>>,
    /// What is left of an interrupted run that this one does not go on with.
    pub left: Option<Left>,
    /// A run was to be resumed, and none had written a checkpoint.
    pub nothing: bool,
    /// The run before had ended: nothing is left to be done.
    pub whole: Option<Whole>,
}

/// What decides whether a job can be gone on with, and whether another run was the same.
pub(crate) struct Facts<'f> {
    pub source: &'f Source,
    pub route: &'f Route,
    /// The output is compressed, or in another encoding.
    pub packs: bool,
}

impl Resumable {
    /// Opens the journal of the target; none if the run is not to be resumed. Finds out where to go on.
    pub fn open(
        job: &Facts<'_>,
        target: &TargetSpec,
        quarantine: Option<&Path>,
        settings: &Settings,
    ) -> Result<Option<Resumable>> {
        let Some((bytes, path)) = wanted(job, target, quarantine, settings)? else { return Ok(None) };
        // Before anything that another run left is touched.
        let [part, journal] = names(path);
        if settings.resume && !settings.force && path.is_file() && !journal.exists() {
            return Err(Error::usage(format!(
                "{} exists already, and there is nothing to resume\n  If the last run ended well, the file is complete. Give ⟨force⟩ to replace it.",
                path.display()
            )));
        }
        let begin = Begin::new(Identity::of(job.source, bytes), identity::settings(settings, job.route, quarantine));
        let whole = if settings.resume { journal::whole(path, &journal, &begin)? } else { None };
        if whole.is_none() {
            Target::check(path, settings.force)?;
        }
        let quarantined = |path: &Path| {
            let [part, _] = names(path);
            Names { path: path.to_path_buf(), part }
        };
        let names = quarantine.map(quarantined);
        let left = if settings.resume { None } else { Left::found(path, quarantine) };
        // What can't be gone on with and can't be replaced is refused before anything is written.
        for part in [Some(&part), names.as_ref().map(|names| &names.part)].into_iter().flatten() {
            open_left(part)?;
        }
        let mut journal = Journal::open(&journal, path, settings.durable)?;
        if whole.is_some() {
            let (path, from, columns, left, nothing) = (path.to_path_buf(), None, None, None, false);
            let resumable =
                Resumable { path, part, quarantine: names, journal, begin, from, columns, left, nothing, whole };
            return Ok(Some(resumable));
        }
        let (mut from, mut columns, mut fresh) = (None, None, true);
        if settings.resume
            && let Some(found) = journal.read()?
        {
            fresh = false;
            begin.check(&found.begin, path)?;
            if let Some((names, named)) = names.as_ref().zip(found.named) {
                names.take_back(named)?;
            }
            from = last_good(&found, &part, names.as_ref().map(|names| &*names.part))?;
            columns = found.begin.columns;
        }
        if let Some(names) = &names {
            Target::check(&names.path, settings.force).inspect_err(|_| {
                if fresh {
                    journal.remove();
                }
            })?;
        }
        journal.keep(from.as_ref()).inspect_err(|_| {
            if from.is_none() {
                journal.remove();
            }
        })?;
        let (path, nothing) = (path.to_path_buf(), settings.resume && from.is_none());
        Ok(Some(Resumable { path, part, quarantine: names, journal, begin, from, columns, left, nothing, whole }))
    }

    /// The target, with as much of its content as is still good.
    pub fn target(&self, force: bool) -> Result<Target> {
        let len = self.from.as_ref().map_or(0, |entry| entry.output);
        Target::resumable(&self.path, force, &self.part, len).inspect_err(|_| {
            if self.from.is_none() {
                self.journal.remove();
            }
        })
    }

    /// The quarantine, with as much of its content as is still good.
    pub fn quarantine(&self, force: bool) -> Result<Option<Quarantine>> {
        let Some(Names { path, part }) = &self.quarantine else { return Ok(None) };
        let (len, crc) = self.from.as_ref().map_or((0, 0), |entry| entry.quarantine);
        Quarantine::resume(path.clone(), force, part, len, crc).map(Some)
    }

    /// Writes the journal's beginning, unless the run goes on with one that has it.
    pub fn start(&mut self, columns: Option<Vec<String>>) -> Result<()> {
        if self.from.is_some() {
            return Ok(());
        }
        self.begin.columns = columns;
        self.journal.begin(&self.begin)
    }

    /// The run starts from the beginning: what was written is void.
    pub fn restart(&mut self, columns: Vec<String>) -> Result<()> {
        self.from = None;
        self.start(Some(columns))
    }

    /// Both are going to get their names, the quarantine first: a target is never without it.
    pub fn finishing(
        &self,
        target: &Target,
        quarantine: Option<&Quarantine>,
        bytes_in: u64,
        totals: &Totals,
    ) -> Result<()> {
        if self.journal.durable {
            target.sync()?;
        }
        self.naming(quarantine)?;
        match Whole::of(target, bytes_in, totals, &[]) {
            Some(whole) => self.journal.whole(&whole),
            None => Ok(()),
        }
    }

    /// The quarantine is going to get its name. A run that goes on after the end of this one knows it by that.
    pub fn naming(&self, quarantine: Option<&Quarantine>) -> Result<()> {
        let Some(quarantine) = quarantine else { return Ok(()) };
        if self.journal.durable {
            quarantine.target().sync()?;
        }
        let (len, crc) = quarantine.state();
        self.journal.name(len, crc)
    }

    /// Nothing is left to be resumed.
    pub fn finished(self) {
        self.journal.remove();
    }

    /// What is left of a run that failed: everything, if another one can go on there, with an `unchanged` source.
    pub fn fail(&self, target: Target, quarantine: Option<Quarantine>, error: Error, unchanged: bool) -> Error {
        let passing = unchanged && matches!(error.class(), ErrorClass::Io | ErrorClass::Stopped);
        let keep = || quarantine.map_or(Ok(()), Quarantine::keep).and_then(|()| target.keep());
        if passing && self.journal.has_entries() && keep().is_ok() {
            let note = format!(
                "What was written is kept: the same command with ⟨resume⟩ continues there ({}).",
                self.part.display()
            );
            return error.note(note, true);
        }
        self.journal.remove();
        error
    }
}

/// The mapped bytes and the path of the target, if checkpoints are wanted.
fn wanted<'o>(
    job: &Facts<'o>,
    target: &'o TargetSpec,
    quarantine: Option<&Path>,
    settings: &Settings,
) -> Result<Option<(&'o [u8], &'o Path)>> {
    let asked = settings.resume || settings.checkpoint == Checkpoint::On;
    if settings.checkpoint == Checkpoint::Off && !settings.resume {
        return Ok(None);
    }
    let possible = match (job.source.map(), target.path()) {
        (Some(map), Some(path))
            if !settings.folds() && !job.packs && !is_device(path) && !quarantine.is_some_and(is_device) =>
        {
            Some((map.bytes(), path))
        }
        _ => None,
    };
    if !settings.rows.are_all() {
        let own_pass = [("⟨dedupe⟩", settings.rows.dedupe.is_some()), ("⟨sample⟩", settings.rows.sample.is_some())];
        return match (asked, own_pass.into_iter().find(|(_, is_asked)| *is_asked)) {
            (false, _) => Ok(None),
            (true, Some((setting, _))) => Err(Error::usage(format!(
                "a run with {setting} can't be resumed: which records stay is found out in a pass of its own that has no checkpoints\n  Leave out checkpoints and resuming.",
            ))),
            (true, None) => Err(Error::usage(
                "a run with ⟨limit⟩, ⟨offset⟩ or ⟨tail⟩ can't be resumed: a checkpoint does not say how many records were counted\n  Leave out checkpoints and resuming.",
            )),
        };
    }
    // Nobody could tell whether another run has the same one.
    let unknown = settings.ops.iter().find(|op| op.fingerprint().is_none());
    match possible {
        Some((bytes, _)) if !asked && (bytes.len() < LARGE || unknown.is_some()) => Ok(None),
        Some(_) if let Some(op) = unknown => Err(Error::usage(format!(
            "a run with the op `{}` can't be resumed: it does not say what it does\n  Leave out checkpoints and resuming, or give the op a fingerprint (Op::fingerprint).",
            op.name()
        ))),
        None if asked && let Some(fold) = settings.fold => Err(Error::usage(format!(
            "a run with the op `{}` can't be resumed: its workers keep what they have until the end\n  Leave out checkpoints and resuming.",
            fold.name()
        ))),
        None if asked && settings.aggregate.is_some() => Err(Error::usage(
            "a run that writes totals can't be resumed: its workers keep what they have until the end\n  Leave out checkpoints and resuming.",
        )),
        None if asked => Err(Error::usage(
            "a run can be resumed only if its input is a file that can be mapped, and its output a file that is neither compressed, nor in another encoding, nor a container such as Avro\n  Leave out ⟨checkpoint⟩ and ⟨resume⟩, or use such files.",
        )),
        possible => Ok(possible),
    }
}

fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

/// The hidden names beside a file until it is done: its part, and the journal.
fn names(path: &Path) -> [PathBuf; 2] {
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    [".part.pagemill", ".journal.pagemill"].map(|end| sink::beside(&place, ".", end))
}

/// The name of the quarantine, and the one that it has until the end.
struct Names {
    path: PathBuf,
    part: PathBuf,
}

impl Names {
    /// The run before ended between the naming of the quarantine and that of the target: it goes on with it.
    fn take_back(&self, Named { named, crc }: Named) -> Result<()> {
        if self.part.exists() {
            return Ok(());
        }
        // A link that the user made stays one.
        let Ok(place) = fs::canonicalize(&self.path) else { return Ok(()) };
        let Some(mut written) = Written::open(&place)? else { return Ok(()) };
        let whole = written.file.metadata().is_ok_and(|metadata| metadata.len() == named);
        match whole && named > 0 && written.begins_with(named, crc)? {
            true => fs::rename(&place, &self.part).map_err(|e| Error::io("rename", &self.path, e)),
            false => Ok(()),
        }
    }
}

/// The last entry whose output is there as it was written, and whose quarantine is.
fn last_good(found: &Found, part: &Path, quarantine: Option<&Path>) -> Result<Option<Entry>> {
    let Some(mut output) = Written::open(part)? else { return Ok(None) };
    let mut quarantine = quarantine.map_or(Ok(None), Written::open)?;
    let mut good = None;
    for entry in &found.entries {
        let (len, crc) = entry.quarantine;
        let kept = match &mut quarantine {
            _ if len == 0 => true,
            Some(quarantine) => quarantine.begins_with(len, crc)?,
            None => false,
        };
        if !kept || !output.begins_with(entry.output, entry.crc)? {
            break;
        }
        good = Some(entry.clone());
    }
    Ok(good)
}

/// A file that another run wrote, read forwards.
struct Written {
    file: File,
    path: PathBuf,
    crc: crc32fast::Hasher,
    len: u64,
    buffer: Vec<u8>,
}

impl Written {
    /// None if there is no such file.
    fn open(path: &Path) -> Result<Option<Written>> {
        Ok(open_left(path)?.map(|file| Written {
            file,
            path: path.to_path_buf(),
            crc: crc32fast::Hasher::new(),
            len: 0,
            buffer: vec![0; 256 << 10],
        }))
    }

    /// Whether its first `len` bytes, not fewer than were asked for before, have this checksum.
    fn begins_with(&mut self, len: u64, crc: u32) -> Result<bool> {
        while self.len < len {
            let most = (len - self.len).min(self.buffer.len() as u64) as usize;
            match self.file.read(&mut self.buffer[..most]).map_err(|e| Error::io("read", &self.path, e))? {
                0 => return Ok(false),
                count => {
                    self.crc.update(&self.buffer[..count]);
                    self.len += count as u64;
                }
            }
        }
        Ok(self.len == len && self.crc.clone().finalize() == crc)
    }
}

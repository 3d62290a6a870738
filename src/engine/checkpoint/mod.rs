//! Checkpoints: what a run leaves beside its target, so that another one can go on where it stopped.
//!
//! While it is written, the target has the name `.NAME.part.pagemill`; beside it lies the journal,
//! `.NAME.journal.pagemill`. The journal says what was converted how, and now and then where the run stands
//! between two slices: how much of the input is done, how long the output of it is, and its checksum. A run that
//! resumes looks whether the input, the settings and the output are still those, and goes on there.

mod entry;
mod identity;
mod journal;
mod tracker;

use std::fs::{self, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

pub(super) use entry::Entry;
pub(super) use journal::Journal;
pub(super) use tracker::{Tracker, hash};

use super::Settings;
use super::opened::Opened;
use super::settings::{Checkpoint, TargetSpec};
use crate::error::{Error, ErrorClass, Result};
use crate::source::Bytes;
use crate::target::Target;
use identity::Identity;
use journal::{Begin, Found};

/// From this size of the input on a run writes checkpoints without being asked: it takes seconds.
const LARGE: usize = 2 << 30;

/// A run that can be resumed.
pub(super) struct Resumable {
    path: PathBuf,
    part: PathBuf,
    pub journal: Journal,
    begin: Begin,
    /// Where the run begins.
    pub from: Option<Entry>,
    /// The columns that the run before had found in the data.
    pub columns: Option<Vec<String>>,
}

impl Resumable {
    /// Opens the journal of the target; none if the run is not to be resumed. Finds out where to go on.
    pub fn open(opened: &Opened<'_>, target: &TargetSpec, settings: &Settings) -> Result<Option<Resumable>> {
        let Some((bytes, path)) = wanted(opened, target, settings)? else { return Ok(None) };
        // Before anything that another run left is touched.
        Target::check(path, settings.force)?;
        let [part, journal] = ["part", "journal"].map(|what| beside(path, what));
        let begin = Begin::new(Identity::of(&opened.source, bytes), identity::settings(settings, &opened.route));
        let mut journal = Journal::open(&journal, path, settings.durable)?;
        let (mut from, mut columns) = (None, None);
        if settings.resume
            && let Some(found) = journal.read()?
        {
            begin.check(&found.begin, path)?;
            from = last_good(&found, &part)?;
            columns = found.begin.columns;
        }
        journal.keep(from.as_ref())?;
        Ok(Some(Resumable { path: path.to_path_buf(), part, journal, begin, from, columns }))
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

    /// Writes the journal's beginning, unless the run goes on with one that has it.
    pub fn start(&mut self, columns: Option<Vec<String>>) -> Result<()> {
        if self.from.is_some() {
            return Ok(());
        }
        self.begin.columns = columns;
        self.journal.begin(&self.begin)
    }

    /// The run begins anew: what was written is worth nothing.
    pub fn restart(&mut self, columns: Vec<String>) -> Result<()> {
        self.from = None;
        self.start(Some(columns))
    }

    /// Gives the target its name; then nothing is left to be resumed.
    pub fn finish(self, target: Target) -> Result<Vec<u8>> {
        let synced = if self.journal.durable { target.sync() } else { Ok(()) };
        let output = synced.and_then(|()| target.finish());
        self.journal.remove();
        output
    }

    /// What is left of a run that failed: everything, if another one can go on there, with an `unchanged` source.
    pub fn fail(&self, target: Target, error: Error, unchanged: bool) -> Error {
        let passing = unchanged && matches!(error.class(), ErrorClass::Io | ErrorClass::Stopped);
        if passing && self.journal.has_entries() && target.keep().is_ok() {
            return error.note(format!(
                "What was written is kept: the same command with --resume goes on there ({}).",
                self.part.display()
            ));
        }
        self.journal.remove();
        error
    }
}

/// The mapped bytes and the path of the target, if checkpoints are wanted.
fn wanted<'o>(
    opened: &'o Opened<'_>,
    target: &'o TargetSpec,
    settings: &Settings,
) -> Result<Option<(&'o [u8], &'o Path)>> {
    let asked = settings.resume || settings.checkpoint == Checkpoint::On;
    if settings.checkpoint == Checkpoint::Off && !settings.resume {
        return Ok(None);
    }
    let possible = match (&opened.source.bytes, target) {
        (Bytes::Mapped(map), TargetSpec::Path(path))
            if !settings.word_count && opened.plan.packing.is_none() && !is_device(path) =>
        {
            Some((map.bytes(), path.as_path()))
        }
        _ => None,
    };
    match possible {
        Some((bytes, _)) if !asked && bytes.len() < LARGE => Ok(None),
        None if asked => Err(Error::usage(
            "only a run from a file that can be mapped into a file that is not compressed can be resumed\n  Leave out --checkpoint and --resume, or give such files.",
        )),
        possible => Ok(possible),
    }
}

fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

/// A hidden name beside the target.
fn beside(path: &Path, what: &str) -> PathBuf {
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let mut name = std::ffi::OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(format!(".{what}.pagemill"));
    place.with_file_name(name)
}

/// The last entry whose output is there as it was written.
fn last_good(found: &Found, part: &Path) -> Result<Option<Entry>> {
    let failed = |e| Error::io("read", part, e);
    let mut file = match OpenOptions::new().read(true).open(part) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let (mut crc, mut at, mut good) = (crc32fast::Hasher::new(), 0, None);
    let mut buffer = vec![0; 256 << 10];
    for entry in &found.entries {
        while at < entry.output {
            let most = (entry.output - at).min(buffer.len() as u64) as usize;
            match file.read(&mut buffer[..most]).map_err(failed)? {
                0 => return Ok(good),
                count => {
                    crc.update(&buffer[..count]);
                    at += count as u64;
                }
            }
        }
        if crc.clone().finalize() != entry.crc {
            return Ok(good);
        }
        good = Some(*entry);
    }
    Ok(good)
}

//! The file of checkpoints: one JSON text a line, each with its checksum before it. A line that was not written
//! to its end ends the journal.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::identity::Identity;
use crate::error::{Error, Result};

/// What a journal begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begin {
    /// Of pagemill: another one may write other bytes.
    version: String,
    source: Identity,
    settings: BTreeMap<String, String>,
    /// The columns that were found in the data.
    pub columns: Option<Vec<String>>,
}

/// What stands in a journal.
pub(super) struct Found {
    pub begin: Begin,
    pub entries: Vec<Entry>,
}

impl Begin {
    pub fn new(source: Identity, settings: BTreeMap<String, String>) -> Begin {
        Begin { version: env!("CARGO_PKG_VERSION").to_owned(), source, settings, columns: None }
    }

    /// Refuses to go on with another job.
    pub fn check(&self, before: &Begin, target: &Path) -> Result<()> {
        let changed = if self.version != before.version {
            Some(format!("the run before was one of pagemill {}", before.version))
        } else if self.source != before.source {
            Some("its input has changed since".to_owned())
        } else {
            let other = |(name, text): &(&String, &String)| before.settings.get(*name) != Some(*text);
            self.settings.iter().find(other).map(|(name, _)| format!("the settings {name} are others now"))
        };
        match changed {
            None => Ok(()),
            Some(reason) => Err(Error::usage(format!(
                "{} can't be resumed: {reason}\n  Leave out --resume to begin anew.",
                target.display()
            ))),
        }
    }
}

/// An open journal, which no other run has.
pub(crate) struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    has_entries: std::sync::atomic::AtomicBool,
    /// Data reaches the disk before a checkpoint speaks of it.
    pub durable: bool,
}

impl Journal {
    /// Opens the journal at `path`, of the run that writes `target`.
    pub fn open(path: &Path, target: &Path, durable: bool) -> Result<Journal> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(|e| Error::io("create", path, e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::usage(format!("another run is writing {} just now", target.display())));
            }
            // Not every filesystem has locks.
            Err(TryLockError::Error(_)) => {}
        }
        Ok(Journal { path: path.to_path_buf(), file: Mutex::new(file), has_entries: false.into(), durable })
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::io("write to", &self.path, error)
    }

    fn file(&mut self) -> &mut File {
        self.file.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What stands in it; none if it has no beginning.
    pub(super) fn read(&mut self) -> Result<Option<Found>> {
        let mut text = Vec::new();
        let read = self.file().seek(SeekFrom::Start(0)).and_then(|_| self.file().read_to_end(&mut text));
        read.map_err(|e| Error::io("read", &self.path, e))?;
        let mut lines = text.split_inclusive(|byte| *byte == b'\n').map_while(content);
        let Some(begin) = lines.next().and_then(|line| serde_json::from_slice(line).ok()) else { return Ok(None) };
        let entries = lines.map_while(|line| serde_json::from_slice(line).ok()).collect();
        Ok(Some(Found { begin, entries }))
    }

    /// Goes on behind `entry`: what follows it is taken away. Without one, everything is.
    pub fn keep(&mut self, entry: Option<&Entry>) -> Result<()> {
        let mut len = 0;
        if let Some(entry) = entry
            && let Some(found) = self.read()?
        {
            let before = found.entries.iter().take_while(|other| *other != entry).count();
            len = line(&found.begin).len();
            len += found.entries[..=before.min(found.entries.len() - 1)].iter().map(|e| line(e).len()).sum::<usize>();
        }
        *self.has_entries.get_mut() = entry.is_some();
        let cut = self.file().set_len(len as u64).and_then(|()| self.file().seek(SeekFrom::End(0)));
        cut.map(drop).map_err(|e| self.failed(e))
    }

    /// Writes the beginning, and takes away what was there.
    pub(super) fn begin(&mut self, begin: &Begin) -> Result<()> {
        self.keep(None)?;
        let written = self.file().write_all(&line(begin));
        written.map_err(|e| self.failed(e))
    }

    /// Adds a checkpoint.
    pub fn append(&self, entry: &Entry) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        file.write_all(&line(entry)).map_err(|e| self.failed(e))?;
        if self.durable {
            file.sync_data().map_err(|e| self.failed(e))?;
        }
        self.has_entries.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    /// Whether a run could go on somewhere.
    pub fn has_entries(&self) -> bool {
        self.has_entries.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Removes the file.
    pub fn remove(&self) -> Result<()> {
        fs::remove_file(&self.path).map_err(|e| Error::io("remove", &self.path, e))
    }
}

/// A line: a checksum in eight hexadecimal digits, a space, JSON.
fn line(content: &impl Serialize) -> Vec<u8> {
    // These types have nothing that JSON can't hold.
    let json = serde_json::to_string(content).unwrap_or_default();
    format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).into_bytes()
}

/// The JSON of a line that was written to its end.
fn content(line: &[u8]) -> Option<&[u8]> {
    let (crc, json) = line.strip_suffix(b"\n")?.split_at_checked(9)?;
    let crc = u32::from_str_radix(std::str::from_utf8(crc.strip_suffix(b" ")?).ok()?, 16).ok()?;
    (crc32fast::hash(json) == crc).then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(output: u64) -> Entry {
        let numbers = (0, 0, 0);
        let (records_in, records_out, records_failed) = numbers;
        Entry { input: 7, output, crc: 1, started: true, records_in, records_out, records_failed, lossy: vec![3] }
    }

    /// Whatever is cut off: the lines before are found, and new ones follow them.
    #[test]
    fn a_torn_line_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let (path, input) = (folder.path().join("journal"), folder.path().join("input"));
        fs::write(&input, "content").unwrap();
        let begin = Begin::new(Identity::of(&input, b"content").unwrap(), BTreeMap::new());
        let mut journal = Journal::open(&path, &input, true).unwrap();
        journal.begin(&begin).unwrap();
        for output in [10, 20, 30] {
            journal.append(&entry(output)).unwrap();
        }
        drop(journal);
        let whole = fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').map(|at| at + 1).collect();
        for len in 0..=whole.len() {
            fs::write(&path, &whole[..len]).unwrap();
            let mut journal = Journal::open(&path, &input, false).unwrap();
            let found = journal.read().unwrap();
            let lines = ends.iter().filter(|end| **end <= len).count();
            assert_eq!(found.as_ref().map(|found| found.entries.len() + 1).unwrap_or(0), lines, "{len}");
            if lines > 1 {
                journal.keep(Some(&entry(10))).unwrap();
                journal.append(&entry(40)).unwrap();
                let outputs: Vec<u64> = journal.read().unwrap().unwrap().entries.iter().map(|e| e.output).collect();
                assert_eq!(outputs, [10, 40]);
            }
        }
    }

    #[test]
    fn a_journal_has_one_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let first = Journal::open(&path, &path, false).unwrap();
        assert!(Journal::open(&path, &path, false).is_err());
        drop(first);
        assert!(Journal::open(&path, &path, false).is_ok());
    }
}

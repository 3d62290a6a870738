//! A file, pipe or device that has a path.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::identity::{Identity, Stamp};
use super::inlet::{self, Inlet};
use super::store::{ALL, Flow, Store};
use crate::error::{Error, Result};
use crate::sys::{Map, Stop};

/// What is under a path.
pub(crate) struct FileStore {
    path: PathBuf,
    /// Since it was opened first: a regular file that has bytes.
    found: Option<Identity>,
    /// Only this many bytes are read: it may grow.
    limit: Option<u64>,
}

impl FileStore {
    /// What is under `path`, which is looked at when it is opened.
    pub fn new(path: impl Into<PathBuf>) -> FileStore {
        FileStore { path: path.into(), found: None, limit: None }
    }

    /// The first bytes of what is under `path`, which may get more.
    pub fn upto(path: impl Into<PathBuf>, len: u64) -> FileStore {
        FileStore { limit: Some(len), ..FileStore::new(path) }
    }
}

impl Store for FileStore {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(&mut self, range: Range<u64>, stop: Option<&Stop>) -> Result<Flow> {
        let failed = |e| Error::io("read", &self.path, e);
        let mut file = inlet::open(&self.path, stop).map_err(|e| Error::io("open", &self.path, e))?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(Error::usage(format!("{} is a folder\n  Give a file⟨recursive⟩.", self.path.display())));
        }
        if self.found.is_none() {
            self.found = Identity::of(&file);
        }
        if range == ALL && self.limit.is_none() {
            return Ok(Inlet::new(file, stop).into());
        }
        let range = range.start..range.end.min(self.limit.unwrap_or(u64::MAX));
        file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        let flow = Flow::from(Inlet::new(file, stop));
        Ok(Flow { reader: Box::new(flow.reader.take(range.end - range.start)), ..flow })
    }

    fn map(&self) -> Result<Map> {
        let Some(found) = &self.found else {
            return Err(Error::usage(format!(
                "{} can't be mapped (it is empty or not a regular file)\n  Leave out ⟨io map⟩.",
                self.path.display()
            )));
        };
        found.file().try_clone().and_then(Map::new).map_err(|e| Error::io("map", &self.path, e))
    }

    fn file(&self) -> Result<Option<File>> {
        let file = self.found.as_ref().filter(|_| self.limit.is_none()).map(|found| found.file().try_clone());
        file.transpose().map_err(|e| Error::io("open", &self.path, e))
    }

    fn is_repeatable(&self) -> bool {
        self.found.is_some()
    }

    fn stamp(&self) -> Option<&Stamp> {
        self.found.as_ref().map(|found| &found.stamp)
    }

    fn check(&self) -> Result<()> {
        self.found.as_ref().map_or(Ok(()), |found| found.check(Some(&self.path), self.limit))
    }

    fn limit(&self) -> Option<u64> {
        self.limit
    }
}

/// Standard input.
#[derive(Default)]
pub(crate) struct Stdin {
    /// Since it was opened, if it is a regular file.
    found: Option<Identity>,
}

impl Store for Stdin {
    fn path(&self) -> &Path {
        Path::new("-")
    }

    fn open(&mut self, _range: Range<u64>, stop: Option<&Stop>) -> Result<Flow> {
        let file = stdin().map_err(|e| Error::io("read", "standard input", e))?;
        self.found = Identity::of(&file);
        Ok(Inlet::new(file, stop).into())
    }

    fn map(&self) -> Result<Map> {
        Err(Error::usage("standard input can't be mapped\n  Leave out ⟨io map⟩, or give the file itself."))
    }

    fn stamp(&self) -> Option<&Stamp> {
        self.found.as_ref().map(|found| &found.stamp)
    }

    fn check(&self) -> Result<()> {
        self.found.as_ref().map_or(Ok(()), |found| found.check(None, None))
    }
}

/// The standard library's own handle can't be woken by a stop.
fn stdin() -> std::io::Result<File> {
    crate::sys::check_stdin()?;
    crate::sys::stdin_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "0123456789").unwrap();
        let mut store = FileStore::new(&path);
        assert!(store.stamp().is_none() && store.map().is_err());
        let mut read = |range| {
            let mut text = String::new();
            store.open(range, None).unwrap().reader.read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(read(ALL), "0123456789");
        assert_eq!(read(3..5), "34");
        assert_eq!(read(8..1_000), "89");
        assert_eq!(read(10..11), "");
        assert!(store.is_repeatable() && store.stamp().unwrap().file_len() == 10);
        assert_eq!(store.map().unwrap().bytes(), b"0123456789");
    }
}

//! The source that a job is given.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::job::settings::Settings;
use crate::quarantine::Section;
use crate::sink::from_paths;
use crate::source::{FileStore, Reader, Stdin, Store};
use crate::sys::FileId;
use crate::wording::input;

/// Where the bytes of a job come from.
#[non_exhaustive]
pub enum SourceSpec {
    /// A file.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// Anything that can be read, once and forwards.
    Reader(Box<dyn Read + Send>),
    /// A file, and how many of its bytes are read: see [`Settings::snapshot`].
    #[doc(hidden)]
    Beginning(PathBuf, u64),
    /// The bad records of one source in a quarantine: see [`Replay`](crate::job::Replay).
    #[doc(hidden)]
    Quarantined(Section),
}

impl SourceSpec {
    /// Bytes in memory. (A text converts into the path of a file: see the `From` implementations.)
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> SourceSpec {
        SourceSpec::Reader(Box::new(Cursor::new(bytes.into())))
    }

    /// Anything that can be read, once and forwards.
    pub fn reader(reader: impl Read + Send + 'static) -> SourceSpec {
        SourceSpec::Reader(Box::new(reader))
    }

    /// The same up to the length that it has now, if the settings say so.
    ///
    /// # Errors
    /// Usage: it is no file.
    pub(crate) fn now(self, settings: &Settings) -> Result<SourceSpec> {
        match self {
            SourceSpec::Path(path) if settings.snapshot => {
                match path.metadata() {
                    Ok(metadata) if metadata.is_file() => Ok(SourceSpec::Beginning(path, metadata.len())),
                    Ok(_) => Err(no_length(&path)),
                    // That is reported when it is opened.
                    Err(_) => Ok(SourceSpec::Path(path)),
                }
            }
            SourceSpec::Stdin | SourceSpec::Reader(_) if settings.snapshot => Err(no_length(self.name())),
            other => Ok(other),
        }
    }

    /// The same source once more, if it is a file.
    pub(crate) fn again(&self) -> Option<SourceSpec> {
        let again = match self {
            SourceSpec::Path(path) => SourceSpec::Path(path.clone()),
            SourceSpec::Beginning(path, len) => SourceSpec::Beginning(path.clone(), *len),
            SourceSpec::Stdin | SourceSpec::Reader(_) | SourceSpec::Quarantined(_) => return None,
        };
        self.file_id().map(|_| again)
    }

    /// What it is read from.
    pub(crate) fn store(self) -> Box<dyn Store> {
        match self {
            SourceSpec::Path(path) => Box::new(FileStore::new(path)),
            SourceSpec::Beginning(path, len) => Box::new(FileStore::upto(path, len)),
            SourceSpec::Stdin => Box::new(Stdin::default()),
            SourceSpec::Reader(reader) => Box::new(Reader::new(reader)),
            SourceSpec::Quarantined(section) => Box::new(FileStore::new(section.path())),
        }
    }

    /// Its name in messages; `-` if it has none.
    pub(crate) fn name(&self) -> &Path {
        match self {
            SourceSpec::Path(path) | SourceSpec::Beginning(path, _) => path,
            SourceSpec::Quarantined(section) => section.path(),
            SourceSpec::Stdin | SourceSpec::Reader(_) => Path::new("-"),
        }
    }

    /// The path whose extensions may say format and compression.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            SourceSpec::Path(path) | SourceSpec::Beginning(path, _) => Some(path),
            SourceSpec::Stdin | SourceSpec::Reader(_) | SourceSpec::Quarantined(_) => None,
        }
    }

    /// The part of a quarantine that it is, if it is one.
    pub(crate) fn section(&self) -> Option<&Section> {
        match self {
            SourceSpec::Quarantined(section) => Some(section),
            _ => None,
        }
    }

    /// The regular file that it is, if it is one.
    pub(crate) fn file_id(&self) -> Option<FileId> {
        match self {
            SourceSpec::Path(_) | SourceSpec::Beginning(..) | SourceSpec::Quarantined(_) => {
                FileId::of_path(self.name())
            }
            SourceSpec::Stdin => FileId::of_stdin(),
            SourceSpec::Reader(_) => None,
        }
    }
}

fn no_length(path: &Path) -> Error {
    Error::usage(format!("⟨snapshot⟩: {} is not a file, so it has no length\n  Leave out ⟨snapshot⟩.", input(path)))
}

from_paths!(SourceSpec: &str, String, &String, &Path, PathBuf, &PathBuf, &OsStr, OsString);

impl From<Vec<u8>> for SourceSpec {
    /// The bytes themselves.
    fn from(bytes: Vec<u8>) -> SourceSpec {
        SourceSpec::bytes(bytes)
    }
}

impl From<&[u8]> for SourceSpec {
    /// The bytes themselves.
    fn from(bytes: &[u8]) -> SourceSpec {
        SourceSpec::bytes(bytes)
    }
}

impl<const N: usize> From<&[u8; N]> for SourceSpec {
    /// The bytes themselves.
    fn from(bytes: &[u8; N]) -> SourceSpec {
        SourceSpec::bytes(bytes)
    }
}

impl From<File> for SourceSpec {
    /// What the file has from its position on. It is read, not mapped: a path is faster.
    fn from(file: File) -> SourceSpec {
        SourceSpec::reader(file)
    }
}

impl From<Box<dyn Read + Send>> for SourceSpec {
    fn from(reader: Box<dyn Read + Send>) -> SourceSpec {
        SourceSpec::Reader(reader)
    }
}

impl From<io::Stdin> for SourceSpec {
    fn from(_: io::Stdin) -> SourceSpec {
        SourceSpec::Stdin
    }
}

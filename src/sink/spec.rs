//! The target that a job is given.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::target::Target;
use crate::error::Result;
use crate::sys::{FileId, Stop};

/// Where the bytes of a job go.
#[non_exhaustive]
pub enum TargetSpec {
    /// A file: written under a temporary name beside it and renamed at the end.
    Path(PathBuf),
    /// Standard output.
    Stdout,
    /// Anything that can be written.
    Writer(Box<dyn Write + Send>),
    /// Memory: [`Report::output`](crate::metrics::Report::output) has the bytes.
    Memory,
}

impl TargetSpec {
    /// Anything that can be written. It is flushed at the end; after an error it has a part of the output.
    pub fn writer(writer: impl Write + Send + 'static) -> TargetSpec {
        TargetSpec::Writer(Box::new(writer))
    }

    /// Its path, if it has one: the extensions may say format and compression, and other files are beside it.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            TargetSpec::Path(path) => Some(path),
            TargetSpec::Stdout | TargetSpec::Writer(_) | TargetSpec::Memory => None,
        }
    }

    /// The same target once more, if what was written to it is not seen by anybody before the end. `late`: nothing is
    /// written before that.
    pub(crate) fn again(&self, late: bool) -> Option<TargetSpec> {
        match self {
            TargetSpec::Path(path) if late || fs::metadata(path).map_or(true, |found| found.is_file()) => {
                Some(TargetSpec::Path(path.clone()))
            }
            TargetSpec::Memory => Some(TargetSpec::Memory),
            TargetSpec::Stdout => late.then_some(TargetSpec::Stdout),
            TargetSpec::Path(_) | TargetSpec::Writer(_) => None,
        }
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            TargetSpec::Path(path) => path.display().to_string(),
            TargetSpec::Stdout => "standard output".to_owned(),
            TargetSpec::Writer(_) => "the writer".to_owned(),
            TargetSpec::Memory => "memory".to_owned(),
        }
    }

    /// The regular file that it is, if it is one that exists.
    pub(crate) fn file_id(&self) -> Option<FileId> {
        match self {
            TargetSpec::Path(path) => FileId::of_path(path),
            TargetSpec::Stdout => FileId::of_stdout(),
            TargetSpec::Writer(_) | TargetSpec::Memory => None,
        }
    }

    /// Opens it; an existing file is only replaced with `force`. A stop ends a write that waits.
    pub(crate) fn open(self, force: bool, stop: Option<&Stop>) -> Result<Target> {
        match self {
            TargetSpec::Path(path) => Target::open(&path, force, stop),
            TargetSpec::Stdout => Target::standard(stop),
            TargetSpec::Writer(writer) => Ok(Target::writer(writer)),
            TargetSpec::Memory => Ok(Target::memory()),
        }
    }
}

/// Paths of every kind become a file.
macro_rules! from_paths {
    ($spec:ident: $($path:ty),*) => {$(
        impl From<$path> for $spec {
            /// A file.
            fn from(path: $path) -> $spec {
                $spec::Path(path.into())
            }
        }
    )*};
}

pub(crate) use from_paths;

from_paths!(TargetSpec: &str, String, &String, &Path, PathBuf, &PathBuf, &OsStr, OsString);

impl From<File> for TargetSpec {
    /// Written from the file's position on, and never renamed or removed: after an error it has a part of the output.
    fn from(file: File) -> TargetSpec {
        TargetSpec::writer(file)
    }
}

impl From<Box<dyn Write + Send>> for TargetSpec {
    fn from(writer: Box<dyn Write + Send>) -> TargetSpec {
        TargetSpec::Writer(writer)
    }
}

impl From<io::Stdout> for TargetSpec {
    fn from(_: io::Stdout) -> TargetSpec {
        TargetSpec::Stdout
    }
}

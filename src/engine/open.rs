//! Opening the source and the target that a job names.

use std::path::Path;

use super::settings::{Io, Settings, SourceSpec, TargetSpec};
use crate::error::{Error, Result};
use crate::source::{Mapping, Source};
use crate::target::Target;

/// Opens the source.
pub(super) fn open_source(source: SourceSpec, settings: &Settings) -> Result<Source> {
    let mapping = match settings.io {
        Io::Auto => Mapping::May,
        Io::Map => Mapping::Must,
        Io::Read => Mapping::No,
    };
    match source {
        SourceSpec::Path(path) => Source::file(&path, mapping),
        SourceSpec::Stdin if mapping == Mapping::Must => {
            Err(Error::usage("standard input can't be mapped\n  Leave out --io map, or give the file itself."))
        }
        SourceSpec::Stdin => Ok(Source::stream(Box::new(std::io::stdin()))),
        SourceSpec::Reader(reader) => Ok(Source::stream(reader)),
    }
}

/// Opens the target; refuses to write onto a source.
pub(super) fn open_target<'p>(
    target: TargetSpec,
    sources: impl IntoIterator<Item = &'p Path>,
    settings: &Settings,
) -> Result<Target> {
    match target {
        TargetSpec::Path(path) => {
            if sources.into_iter().any(|source| same_file(&path, source)) {
                return Err(Error::usage(format!(
                    "{} is the source; writing onto it would destroy it\n  Write to another file and rename that.",
                    path.display()
                )));
            }
            Target::file(&path, settings.force)
        }
        TargetSpec::Stdout => Target::stdout(),
        TargetSpec::Writer(writer) => Ok(Target::writer(writer)),
        TargetSpec::Memory => Ok(Target::memory()),
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    identity(a).is_some_and(|a| identity(b) == Some(a))
}

/// What tells whether two paths are of one file: device and number.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    metadata.is_file().then(|| (metadata.dev(), metadata.ino()))
}

/// What tells whether two paths are of one file: the path without links.
#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> Option<std::path::PathBuf> {
    std::fs::canonicalize(path).ok()
}

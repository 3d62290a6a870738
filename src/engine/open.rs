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
    let stop = settings.stop.as_ref();
    match source {
        SourceSpec::Path(path) => Source::file(&path, mapping, settings.decompress, stop),
        SourceSpec::Stdin if mapping == Mapping::Must => {
            Err(Error::usage("standard input can't be mapped\n  Leave out --io map, or give the file itself."))
        }
        SourceSpec::Stdin => Source::stdin(settings.decompress, stop),
        SourceSpec::Reader(reader) => Source::stream(reader, settings.decompress, stop),
    }
}

/// Opens the target; refuses to write onto the source.
pub(super) fn open_target(target: TargetSpec, source: &Source, settings: &Settings) -> Result<Target> {
    let stop = settings.stop.as_ref();
    match target {
        TargetSpec::Path(path) => {
            if same_file(&path, &source.path) {
                return Err(Error::usage(format!(
                    "{} is the source; writing onto it would destroy it\n  Write to another file and rename that.",
                    path.display()
                )));
            }
            Target::open(&path, settings.force, stop)
        }
        TargetSpec::Stdout => Target::standard(stop),
        TargetSpec::Writer(writer) => Ok(Target::writer(writer)),
        TargetSpec::Memory => Ok(Target::memory()),
    }
}

#[cfg(unix)]
fn same_file(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (std::fs::metadata(a), std::fs::metadata(b)) {
        (Ok(a), Ok(b)) => a.is_file() && a.dev() == b.dev() && a.ino() == b.ino(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_file(a: &Path, b: &Path) -> bool {
    matches!((std::fs::canonicalize(a), std::fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

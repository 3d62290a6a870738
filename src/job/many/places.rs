//! Names for the targets of many sources.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::compress::{Codec, Compress};
use crate::error::{Error, Result};
use crate::format::{self, Extensions, Format};
use crate::job::settings::Settings;
use crate::op::Folding;
use crate::quarantine::place_for;
use crate::sink::Target;
use crate::source::Listed;
use crate::sys::FileId;

/// Target paths for the sources, below `folder`: the part of each source's path that is kept, with the suffix of the
/// target's format. Nothing is written. With `keep_going`, a source whose format is not known keeps its name: it will
/// fail when its turn comes.
///
/// # Errors
/// Usage: two sources would get one name, a target exists (unless the settings have `force`) or is one of the
/// sources, a source has no name, or its format is not known.
pub fn places(sources: &[Listed], folder: &Path, settings: &Settings, keep_going: bool) -> Result<Vec<PathBuf>> {
    let inputs: HashSet<_> = sources.iter().filter_map(|source| FileId::of_path(&source.path)).collect();
    let mut taken: HashMap<PathBuf, &Path> = HashMap::with_capacity(sources.len());
    let mut places = Vec::with_capacity(sources.len());
    for source in sources {
        if source.path == Path::new("-") {
            return Err(Error::usage("⟨Each⟩: standard input has no name\n  Use ⟨target⟩ to name its output."));
        }
        let from = match format::source_format(settings.from, Some(&source.path), &settings.extensions) {
            Err(_) if keep_going => {
                places.push(folder.join(&source.kept));
                continue;
            }
            from => from?,
        };
        let to = settings.to.or(settings.fold.map(Folding::format)).unwrap_or(from);
        let place = folder.join(compressed(renamed(&source.kept, to, &settings.extensions), to, settings.compress));
        if let Some(other) = taken.insert(place.clone(), &source.path) {
            return Err(Error::usage(format!(
                "⟨Each⟩: {} and {} would both be written to {}\n  Convert them to different folders.",
                other.display(),
                source.path.display(),
                place.display()
            )));
        }
        if FileId::of_path(&place).is_some_and(|place| inputs.contains(&place)) {
            return Err(Error::usage(format!(
                "⟨Each⟩: {} is one of the inputs; writing to it would destroy it\n  Give another folder.",
                place.display()
            )));
        }
        if !settings.force && place.symlink_metadata().is_ok() {
            return Err(Error::usage(format!("{} exists already\n  Give ⟨force⟩ to replace it.", place.display())));
        }
        if let Some(quarantine) = place_for(settings, &place.clone().into())? {
            Target::check(&quarantine, settings.force)?;
        }
        places.push(place);
    }
    Ok(places)
}

/// A path with the suffix of what it will be compressed with. A container compresses its own blocks.
fn compressed(path: PathBuf, to: Format, compress: Compress) -> PathBuf {
    let Compress::As(compression) = compress else { return path };
    if to.has_blocks() {
        return path;
    }
    let mut name = OsString::from(path);
    name.push(".");
    name.push(compression.codec.extensions()[0]);
    name.into()
}

/// A path with the suffix of a format, which takes the place of another format's suffix.
fn renamed(path: &Path, to: Format, extensions: &Extensions) -> PathBuf {
    // A compressed source also loses the suffix of its codec.
    let plain = Codec::from_path(path).map(|_| path.with_extension(""));
    let path = plain.as_deref().unwrap_or(path);
    match extensions.format_of(path) {
        Some(own) if own == to => path.to_path_buf(),
        Some(_) => path.with_extension(to.extensions()[0]),
        None => {
            let mut name = OsString::from(path);
            name.push(".");
            name.push(to.extensions()[0]);
            name.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes() {
        let mut own = Extensions::default();
        let name = |path: &str, to| renamed(Path::new(path), to, &own).to_string_lossy().into_owned();
        assert_eq!(name("a/b.csv", Format::Ndjson), "a/b.ndjson");
        assert_eq!(name("a/b.JSONL", Format::Ndjson), "a/b.JSONL");
        assert_eq!(name("a/b.csv.gz", Format::Ndjson), "a/b.ndjson");
        assert_eq!(name("a/b.csv.zst", Format::Csv), "a/b.csv");
        assert_eq!(name("a.b/data.2024", Format::Csv), "a.b/data.2024.csv");
        assert_eq!(name("plain", Format::Text), "plain.txt");
        assert_eq!(name("a.bak", Format::Ndjson), "a.bak.ndjson");
        own.add("bak", Format::Csv).unwrap();
        let name = |path: &str, to| renamed(Path::new(path), to, &own).to_string_lossy().into_owned();
        assert_eq!(name("a.bak.gz", Format::Ndjson), "a.ndjson");
        assert_eq!(name("a.bak", Format::Csv), "a.bak");
    }
}

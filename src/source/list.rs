//! One file of many sources.

use std::path::PathBuf;

/// One file of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its path.
    pub path: PathBuf,
    /// The part of the path that a target keeps: the name, with the folders below the one that was named.
    pub kept: PathBuf,
}

impl Listed {
    /// A file that was named as such.
    pub fn file(path: PathBuf) -> Listed {
        let kept = path.file_name().map_or_else(|| path.clone(), PathBuf::from);
        Listed { path, kept }
    }
}

//! Results that are kept under a name.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::measure::Outcome;
use crate::error::{Error, Result};
use crate::sys::state_folder;

/// The version of the file. Another one is not read.
const VERSION: u32 = 1;

/// What was measured in one session, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// The version of the file.
    format: u32,
    /// The version of the program that was measured.
    pub program: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// The machine.
    pub machine: Machine,
    /// How it was run: settings that are not the usual ones, in words.
    pub settings: String,
    /// What was measured, by workload.
    pub workloads: BTreeMap<String, Kept>,
}

/// A workload that was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// What the input was: a checksum and its length.
    pub data: String,
    /// The times.
    pub outcome: Outcome,
}

impl Session {
    /// An empty one.
    pub fn new(program: &str, at: u64, machine: Machine, settings: String) -> Session {
        Session { format: VERSION, program: program.to_owned(), at, machine, settings, workloads: BTreeMap::new() }
    }
}

/// Checks that a name can be one of a file.
///
/// # Errors
/// Usage: it can't.
pub fn check_name(name: &str) -> Result<()> {
    const LONGEST: usize = 100;
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fine = !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_fine);
    if fine && !name.starts_with(['.', '-']) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "`{}` can't be the name of a result\n  A name has letters, digits, `-`, `_` and `.`, at most {LONGEST}, and begins with a letter or a digit.",
        name.escape_debug()
    )))
}

fn folder() -> Result<PathBuf> {
    state_folder().map(|folder| folder.join("bench")).ok_or_else(|| {
        Error::usage("there is no folder for results: neither XDG_STATE_HOME nor HOME is set\n  Set one of them.")
    })
}

fn file(name: &str) -> Result<PathBuf> {
    check_name(name)?;
    Ok(folder()?.join(format!("{name}.json")))
}

/// Keeps a session under a name; what had that name is replaced. Gives the file.
///
/// # Errors
/// Usage: the name can't be one, or there is no folder. The file can't be written.
pub fn save(name: &str, session: &Session) -> Result<PathBuf> {
    let path = file(name)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    let text = serde_json::to_string(session).map_err(|e| Error::io("write", &path, e.into()))?;
    let written = || {
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(&path).map_err(|error| error.error)
    };
    written().map_err(|e| Error::io("write", &path, e))?;
    Ok(path)
}

/// The session that was kept under a name.
///
/// # Errors
/// Usage: the name can't be one, there is none, or it is from another version. The file can't be read.
pub fn load(name: &str) -> Result<Session> {
    let path = file(name)?;
    let text = fs::read(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let known = names().join(", ");
            let known =
                if known.is_empty() { "There are none yet.".to_owned() } else { format!("There are: {known}.") };
            Error::usage(format!("there is no saved result `{name}`\n  {known}"))
        }
        _ => Error::io("read", &path, error),
    })?;
    let session: Option<Session> = serde_json::from_slice(&text).ok().filter(|found: &Session| found.format == VERSION);
    session.ok_or_else(|| {
        Error::usage(format!("{} is not a result that this version can read\n  Save it anew.", path.display()))
    })
}

/// The names of all that are kept.
pub fn names() -> Vec<String> {
    let files = folder().ok().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let name = |file: fs::DirEntry| Some(file.file_name().to_str()?.strip_suffix(".json")?.to_owned());
    let mut names: Vec<String> = files.filter_map(name).filter(|name| check_name(name).is_ok()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        for name in ["a", "v1.2", "before-2024_01", "9"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        let long = "a".repeat(101);
        for name in
            ["", ".", "..", "../a", "a/b", "/etc/passwd", "a\\b", ".hidden", "-x", "a b", "ä", "a\0", "a\nb", &long]
        {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}

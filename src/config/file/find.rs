//! Which configuration files there are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// What a configuration in a folder is called.
pub const NAME: &str = "pagemill.toml";

/// A configuration file.
pub struct Found {
    /// As it was named, or from the current folder.
    pub path: PathBuf,
    /// It is the user's own: their file, or one that they named. Any other may have come with a folder of data, so it may
    /// not name commands.
    pub own: bool,
}

/// The files that there are, the one that wins last. `named`: what `--config` says.
///
/// # Errors
/// Usage: the file that was named does not exist.
pub fn find(named: Option<&Path>) -> Result<Vec<Found>, Error> {
    if named == Some(Path::new("none")) {
        return Ok(Vec::new());
    }
    let mut found: Vec<Found> =
        own_file().filter(|path| path.exists()).map(|path| Found { path, own: true }).into_iter().collect();
    let same = |one: &Path, other: &Path| {
        fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
    };
    found.extend(
        nearest().filter(|path| !named.is_some_and(|named| same(named, path))).map(|path| Found { path, own: false }),
    );
    if let Some(path) = named {
        if !path.exists() {
            return Err(Error::usage(format!(
                "--config: there is no file {}\n  `none` reads no configuration file.",
                path.display()
            )));
        }
        found.push(Found { path: path.to_path_buf(), own: true });
    }
    Ok(found)
}

/// The user's own file, whether it exists or not; none: there is no folder for it. By the rules of XDG, a relative folder does not count.
pub fn own_file() -> Option<PathBuf> {
    let folder = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(config.join("pagemill/config.toml"))
}

/// The nearest in the current folder and those above.
fn nearest() -> Option<PathBuf> {
    let here = PathBuf::from(NAME);
    if here.is_file() {
        return Some(here);
    }
    let current = env::current_dir().ok()?;
    current.ancestors().skip(1).map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

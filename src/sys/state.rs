//! Where programs keep what they remember.

use std::env;
use std::path::PathBuf;

/// The folder for what pagemill remembers: `pagemill` below `XDG_STATE_HOME`, or below `~/.local/state`. None if there is
/// neither.
pub fn state_folder() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // A relative path is to be ignored, says the specification of XDG.
    let state = set("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let home = || set("HOME").or_else(|| set("USERPROFILE")).map(|home| home.join(".local/state"));
    Some(state.or_else(home)?.join("pagemill"))
}

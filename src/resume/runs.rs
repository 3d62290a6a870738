//! Where the runs of a sort are that can be resumed, and what their files are called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;

use crate::sink::{beside, whole_path};
use crate::spill::SpillNames;

/// The folder of a target.
pub(crate) fn folder_of(target: &Path) -> PathBuf {
    let whole = whole_path(target);
    whole.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The folder that an entry names.
pub(crate) fn whole_folder(named: &Option<String>, target: &Path) -> PathBuf {
    named.as_ref().map_or_else(|| folder_of(target), PathBuf::from)
}

/// The names of the files with the runs of a target. Targets of the same name may have their runs in one folder.
pub(crate) fn run_names(target: &Path) -> SpillNames {
    let whole = whole_path(target);
    let sum = XxHash3_64::oneshot(whole.as_os_str().as_encoded_bytes());
    let name = beside(&whole, ".", &format!(".{sum:016x}.run."));
    let before = name.file_name().map_or_else(OsString::new, OsString::from);
    SpillNames { before, after: ".pagemill" }
}

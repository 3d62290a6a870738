//! What is in a configuration file.

use std::ffi::OsString;
use std::path::PathBuf;

use super::alert::Alert;
use crate::config::flags::{Commands, Flag, Meant, Place, SetBy};

/// A flag that a configuration sets.
#[derive(Clone)]
pub struct Entry {
    /// The flag.
    pub flag: &'static Flag,
    /// Its values as on the command line; none: a switch that is off, or a list with nothing in it.
    pub values: Option<Vec<OsString>>,
    /// Where it was set.
    pub by: SetBy,
}

/// A profile or a job.
pub struct Section {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// What a job does; that of a profile is `convert`.
    pub command: Commands,
    /// The profile of a job.
    pub profile: Option<(String, Place)>,
    /// What extensions of file names mean.
    pub extensions: Option<Meant>,
    /// What it sets.
    pub entries: Vec<Entry>,
}

/// Whether this can be the name of a profile or a job: it isn't empty, and isn't taken for a flag.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('-')
}

/// A configuration file.
pub struct File {
    /// As it was named, or from the current folder.
    pub path: PathBuf,
    /// What holds for all runs.
    pub top: Vec<Entry>,
    /// The profiles.
    pub profiles: Vec<Section>,
    /// The jobs.
    pub jobs: Vec<Section>,
    /// The alerts.
    pub alerts: Vec<Alert>,
    /// The file with the token of the dashboard.
    pub dashboard_token_file: Option<PathBuf>,
    /// Whether the dashboard may show what bad records begin with to whoever may see it.
    pub dashboard_samples: Option<bool>,
}

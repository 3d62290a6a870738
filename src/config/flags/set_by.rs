//! Where a value was set.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// A line of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named or found.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl Place {
    /// A line of a file.
    pub fn new(file: &Path, line: usize) -> Place {
        Place { file: file.to_path_buf(), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetBy {
    /// On the command line.
    Flag,
    /// At the top of a configuration file: for all runs.
    File(Place),
    /// By this variable of the environment.
    Variable(String),
    /// In this profile.
    Profile(String, Place),
    /// In this job.
    Job(String, Place),
}

impl SetBy {
    /// As a report shows it.
    pub fn json(&self) -> Value {
        let path = |place: &Place| place.file.to_string_lossy().into_owned();
        match self {
            SetBy::Flag => json!({"by": "flag"}),
            SetBy::File(place) => json!({"by": "file", "file": path(place), "line": place.line}),
            SetBy::Variable(name) => json!({"by": "variable", "name": name}),
            SetBy::Profile(name, place) => {
                json!({"by": "profile", "name": name, "file": path(place), "line": place.line})
            }
            SetBy::Job(name, place) => json!({"by": "job", "name": name, "file": path(place), "line": place.line}),
        }
    }
}

impl fmt::Display for SetBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetBy::Flag => f.write_str("command line"),
            SetBy::File(place) => place.fmt(f),
            SetBy::Variable(name) => f.write_str(name),
            SetBy::Profile(name, place) => write!(f, "profile {name}, {place}"),
            SetBy::Job(name, place) => write!(f, "job {name}, {place}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_and_a_line() {
        let place = Place::new(Path::new("a/pagemill.toml"), 7);
        let by = SetBy::Profile("eu".to_owned(), place);
        assert_eq!(by.to_string(), "profile eu, a/pagemill.toml:7");
        assert_eq!(by.json(), json!({"by": "profile", "name": "eu", "file": "a/pagemill.toml", "line": 7}));
    }
}

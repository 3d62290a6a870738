//! The flags that a user gave.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::commands::Commands;
use crate::error::Error;

/// The flags that a command was given, in order of first appearance.
pub struct Said {
    command: Commands,
    flags: Vec<(String, Vec<OsString>)>,
}

impl Said {
    /// No flags yet.
    pub fn new(command: Commands) -> Said {
        Said { command, flags: Vec::new() }
    }

    /// The command.
    pub fn command(&self) -> Commands {
        self.command
    }

    /// Adds a flag (its name without dashes) with its values: none for a switch, maybe several for a list.
    pub fn add(&mut self, name: &str, values: impl IntoIterator<Item = OsString>) {
        self.flags.push((name.to_owned(), values.into_iter().collect()));
    }

    /// Whether a flag was given.
    pub fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|(flag, _)| flag == name)
    }

    /// The value of a flag.
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        let (_, values) = self.flags.iter().find(|(flag, _)| flag == name)?;
        values.first().map(OsString::as_os_str)
    }

    /// The path given by a flag.
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.value(name).map(Path::new)
    }

    /// The text of a flag.
    ///
    /// # Errors
    /// Usage: it is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        self.value(name).map(|value| value.to_str().ok_or_else(|| no_text(name))).transpose()
    }

    /// The texts of a flag.
    ///
    /// # Errors
    /// Usage: one of them is not UTF-8.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, Error> {
        let values = self.flags.iter().filter(|(flag, _)| flag == name).flat_map(|(_, values)| values);
        values.map(|value| value.to_str().map(str::to_owned).ok_or_else(|| no_text(name))).collect()
    }

    /// The names of all flags.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.flags.iter().map(|(flag, _)| flag.as_str())
    }
}

fn no_text(name: &str) -> Error {
    Error::usage(format!("--{name}: the value is not UTF-8"))
}

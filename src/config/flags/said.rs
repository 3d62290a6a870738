//! The flags that a user gave, and where.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::commands::Commands;
use super::set_by::SetBy;
use crate::alerts::Notified;
use crate::error::Error;
use crate::format::Extensions;

/// The flags that a command was given, in order of first appearance: those of the command line, then those of
/// configurations.
#[derive(Clone)]
pub struct Said {
    command: Commands,
    flags: Vec<Given>,
    passed: Vec<Passed>,
    /// Switches that were switched off: not the same as switches that nobody has named.
    off: Vec<String>,
    extensions: Option<Meant>,
    alerts: Vec<Notified>,
    token_file: Option<PathBuf>,
    samples: bool,
    shown: bool,
}

/// Extensions that a configuration gives a meaning.
#[derive(Clone)]
pub struct Meant {
    /// What they mean.
    pub extensions: Extensions,
    /// Where that was set.
    pub by: SetBy,
}

/// A flag with its values.
#[derive(Clone)]
struct Given {
    name: String,
    values: Vec<OsString>,
    by: SetBy,
}

/// A value of a configuration that can't have an effect here.
#[derive(Clone)]
pub struct Passed {
    /// The flag.
    pub name: String,
    /// Where it was set.
    pub by: SetBy,
    /// Why it has no effect.
    pub why: String,
}

impl Said {
    /// No flags yet.
    pub fn new(command: Commands) -> Said {
        Said {
            command,
            flags: Vec::new(),
            passed: Vec::new(),
            off: Vec::new(),
            extensions: None,
            alerts: Vec::new(),
            token_file: None,
            samples: false,
            shown: false,
        }
    }

    /// Notes that a switch was switched off.
    pub fn switch_off(&mut self, name: &str) {
        self.off.push(name.to_owned());
    }

    /// Whether somebody has switched it off.
    pub fn is_off(&self, name: &str) -> bool {
        self.off.iter().any(|off| off == name)
    }

    /// What extensions of file names mean, if a configuration says so.
    pub fn extensions(&self) -> Option<&Meant> {
        self.extensions.as_ref()
    }

    /// Sets that.
    pub fn use_extensions(&mut self, meant: Meant) {
        self.extensions = Some(meant);
    }

    /// What is configured to be watched for.
    pub fn alerts(&self) -> &[Notified] {
        &self.alerts
    }

    /// The file with the token of the dashboard, if one is configured.
    pub fn token_file(&self) -> Option<&Path> {
        self.token_file.as_deref()
    }

    /// Names that file.
    pub fn use_token_file(&mut self, path: Option<&Path>) {
        self.token_file = path.map(Path::to_path_buf);
    }

    /// Whether the dashboard may show what bad records begin with to whoever may see it.
    pub fn shows_samples(&self) -> bool {
        self.samples
    }

    /// Says whether it may.
    pub fn show_samples(&mut self, may: bool) {
        self.samples = may;
    }

    /// Adds rules.
    pub fn watch_for(&mut self, alerts: impl IntoIterator<Item = Notified>) {
        self.alerts.extend(alerts);
    }

    /// The records are shown to people, in a table whose cells are those of CSV.
    pub fn show(&mut self) {
        self.replace("to", OsString::from("csv"));
        self.shown = true;
    }

    /// Whether the records are shown to people.
    pub fn is_shown(&self) -> bool {
        self.shown
    }

    /// The command.
    pub fn command(&self) -> Commands {
        self.command
    }

    /// Adds a flag of the command line (its name without dashes) with its values: none for a switch, maybe several for
    /// a list.
    pub fn add(&mut self, name: &str, values: impl IntoIterator<Item = OsString>) {
        self.add_by(name, values, SetBy::Flag);
    }

    /// Adds a flag that was set somewhere.
    pub fn add_by(&mut self, name: &str, values: impl IntoIterator<Item = OsString>, by: SetBy) {
        self.flags.push(Given { name: name.to_owned(), values: values.into_iter().collect(), by });
    }

    /// Gives a flag another value, as if it had been typed.
    pub fn replace(&mut self, name: &str, value: OsString) {
        self.flags.retain(|flag| flag.name != name);
        self.add(name, [value]);
    }

    /// Takes out a flag that can't have an effect, and remembers that.
    pub fn pass_over(&mut self, passed: Passed) {
        self.flags.retain(|flag| flag.name != passed.name);
        self.passed.push(passed);
    }

    /// What was passed over.
    pub fn passed(&self) -> &[Passed] {
        &self.passed
    }

    /// Where a flag was set; none: nowhere.
    pub fn by(&self, name: &str) -> Option<&SetBy> {
        self.find(name).map(|flag| &flag.by)
    }

    /// Whether a flag was given on the command line.
    pub fn is_typed(&self, name: &str) -> bool {
        self.by(name) == Some(&SetBy::Flag)
    }

    /// All flags, and where they were set.
    pub fn origins(&self) -> impl Iterator<Item = (&str, &SetBy)> {
        self.flags.iter().map(|flag| (flag.name.as_str(), &flag.by))
    }

    /// The job that set some of them.
    pub fn job(&self) -> Option<&str> {
        self.flags.iter().find_map(|flag| match &flag.by {
            SetBy::Job(name, _) => Some(name.as_str()),
            _ => None,
        })
    }

    fn find(&self, name: &str) -> Option<&Given> {
        self.flags.iter().find(|flag| flag.name == name)
    }

    /// Whether a flag was given.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The value of a flag.
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        self.find(name)?.values.first().map(OsString::as_os_str)
    }

    /// All values of a flag.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &OsStr> {
        let flags = self.flags.iter().filter(move |flag| flag.name == name);
        flags.flat_map(|flag| &flag.values).map(OsString::as_os_str)
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
        self.values(name).map(|value| value.to_str().map(str::to_owned).ok_or_else(|| no_text(name))).collect()
    }

    /// The expressions, in order: the name of the flag, and its texts.
    ///
    /// # Errors
    /// Usage: one of them is not UTF-8.
    pub fn steps(&self, is_step: impl Fn(&str) -> bool) -> Result<Vec<(&str, Vec<String>)>, Error> {
        let given = self.flags.iter().filter(|flag| is_step(&flag.name));
        let texts = |flag: &Given| {
            let text = |value: &OsString| value.to_str().map(str::to_owned).ok_or_else(|| no_text(&flag.name));
            flag.values.iter().map(text).collect::<Result<Vec<_>, _>>()
        };
        given.map(|flag| Ok((flag.name.as_str(), texts(flag)?))).collect()
    }

    /// The names of all flags, each once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let first = |name: &str| self.flags.iter().position(|flag| flag.name == name);
        let names = self.flags.iter().enumerate();
        names.filter(move |(at, flag)| first(&flag.name) == Some(*at)).map(|(_, flag)| flag.name.as_str())
    }
}

fn no_text(name: &str) -> Error {
    Error::usage(format!("--{name}: the value is not UTF-8"))
}

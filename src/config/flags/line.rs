//! A command line as a whole: what it reads and writes.

use std::path::Path;

use super::commands::Commands;
use super::kinds::Kinds;
use super::said::Said;
use crate::format::source_format;
use crate::job::Settings;

/// Why a flag has no effect, and what to do instead.
pub struct No {
    pub why: String,
    pub instead: String,
}

/// What to do about a flag that has no use here.
pub const LEAVE_OUT: &str = "Leave it out.";

impl No {
    pub fn new(why: impl Into<String>, instead: impl Into<String>) -> Option<No> {
        Some(No { why: why.into(), instead: instead.into() })
    }
}

/// What these inputs may be. One whose format is unknown may be anything.
pub fn kinds<'p>(settings: &Settings, paths: impl Iterator<Item = &'p Path>) -> Kinds {
    let kind = |path| match source_format(
        settings.from,
        Some(path).filter(|path| *path != Path::new("-")),
        &settings.extensions,
    ) {
        Ok(format) => Kinds::of(format, settings.options.payload),
        Err(_) => Kinds::ALL,
    };
    paths.fold(Kinds::NONE, |all, path| all.or(kind(path)))
}

/// What is known about a command before it reads anything.
pub struct Line<'l> {
    /// The command.
    pub command: Commands,
    /// Its flags.
    pub said: &'l Said,
    /// What the flags mean.
    pub settings: &'l Settings,
    /// What the inputs may be.
    pub sources: Kinds,
    /// What the output may be.
    pub targets: Kinds,
    /// Where the inputs come from.
    pub origin: Origin,
    /// The only input is exactly the path given, not a pattern, folder or list.
    pub plain: bool,
    /// The output goes to files.
    pub to_file: bool,
}

/// Where inputs come from, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// One file.
    #[default]
    File,
    /// Standard input alone.
    Stdin,
    /// Several, whose records go to one output.
    Many,
    /// Several, each with an output of its own.
    Each,
}

impl Line<'_> {
    pub(super) fn input(&self) -> String {
        match self.origin {
            Origin::Many | Origin::Each => format!("the inputs are {}", self.sources),
            _ => format!("the input is {}", self.sources),
        }
    }

    pub(super) fn output(&self) -> String {
        match self.said.is_shown() {
            true => "the output is a table for people".to_owned(),
            false => format!("the output is {}", self.targets),
        }
    }

    pub(super) fn both(&self) -> String {
        match self.targets {
            Kinds::NONE => self.input(),
            _ if self.sources == Kinds::NONE => self.output(),
            _ => format!("{} and {}", self.input(), self.output()),
        }
    }
}

//! A flag, and everything about it.

use serde_json::Value;

use super::commands::Commands;
use super::kinds::Kinds;
use super::line::{LEAVE_OUT, Line, No};
use crate::error::Error;
use crate::job::Settings;

/// A group of flags in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What is read and written.
    InputAndOutput,
    /// CSV and TSV.
    Csv,
    /// JSON and NDJSON.
    Json,
    /// Fixed records and frames.
    Typed,
    /// Which records there are.
    Rows,
    /// Which fields a record has.
    Fields,
    /// Types of values.
    Values,
    /// Conditions and calculations.
    Expressions,
    /// Bad records.
    Errors,
    /// How a job runs.
    RunAndMemory,
    /// Resuming after an interruption.
    Resume,
    /// How programs are measured.
    Measuring,
    /// What is reported about a run.
    See,
}

impl Group {
    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Group::InputAndOutput => "Input and output",
            Group::Csv => "CSV",
            Group::Json => "JSON",
            Group::Typed => "Typed formats",
            Group::Rows => "Rows",
            Group::Fields => "Fields",
            Group::Values => "Values",
            Group::Expressions => "Expressions",
            Group::Errors => "Errors",
            Group::RunAndMemory => "Run & memory",
            Group::Resume => "Resume",
            Group::Measuring => "Measuring",
            Group::See => "See",
        }
    }
}

/// The value of a flag; the text is its name in the help.
#[derive(Clone, Copy)]
pub enum Takes {
    /// None: the flag is a switch.
    Nothing,
    /// A text.
    Text(&'static str),
    /// A text that may begin with a hyphen.
    Any(&'static str),
    /// One of these words, in any case; each may have another spelling.
    Word(&'static str, fn() -> Vec<(&'static str, Option<&'static str>)>),
    /// A number, such as `1_000`.
    Count(&'static str),
    /// A path.
    Path(&'static str),
    /// Paths; on the command line one.
    Paths(&'static str),
    /// Comma-separated items; if the flag is repeated, the lists are joined.
    List(&'static str),
    /// A text that may contain commas and begin with a hyphen; the flag may be repeated.
    Expression(&'static str),
}

/// What a flag can change, which decides where it may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Where settings come from: on the command line.
    Settings,
    /// Which files are read and written: on the command line, or in a job.
    Files,
    /// The bytes of the output, or which records fail: on the command line, in a profile or in a job.
    Output,
    /// Nothing in the output, but what becomes of this one run: as above, and on top of a job.
    Run,
    /// Only how jobs run and what is reported about them: everywhere, also for all runs and in the environment.
    Manner,
}

/// What a flag changes in the settings. Its name, with dashes, is for errors.
type Sets = fn(&mut Settings, &str, &[String]) -> Result<(), Error>;

/// Where a report shows a flag, as keys separated by dots, and the value shown.
type Shows = (&'static str, fn(&Settings) -> Value);

/// The formats that a flag is for.
#[derive(Clone, Copy)]
enum Formats {
    Any,
    /// An input is one of these.
    Source(Kinds),
    /// The output is one of these.
    Target(Kinds),
    /// An input or the output is one of these.
    Either(Kinds),
    /// From one of the first to one of the second.
    Pairs(&'static [(Kinds, Kinds)]),
}

/// Another condition; `None` if it is met.
type Unless = fn(&Line<'_>) -> Option<No>;

/// A flag.
pub struct Flag {
    /// The long name, without dashes.
    pub name: &'static str,
    /// Its letter, if it has one.
    pub short: Option<char>,
    /// An older spelling that is still accepted.
    pub alias: Option<&'static str>,
    /// Where help shows it.
    pub group: Group,
    /// Its value.
    pub takes: Takes,
    /// Not shown in the help.
    pub hidden: bool,
    /// Also shown in the short help.
    pub common: bool,
    /// What it can change.
    pub changes: Changes,
    /// It is a step, and steps happen in the order in which they are written.
    pub step: bool,
    /// It comes before the others: they may change what it sets.
    pub first: bool,
    /// Flags that can't be given with it.
    pub conflicts: &'static [&'static str],
    /// Flags that it cancels.
    pub overrides: &'static [&'static str],
    help: &'static str,
    pub(super) help_in: &'static [(Commands, &'static str)],
    commands: Commands,
    formats: Formats,
    unless: Option<Unless>,
    pub(super) sets: Option<Sets>,
    pub(super) shows: Option<Shows>,
}

pub(super) const fn flag(name: &'static str, takes: Takes, commands: Commands, help: &'static str) -> Flag {
    Flag {
        name,
        short: None,
        alias: None,
        group: Group::InputAndOutput,
        takes,
        hidden: false,
        common: false,
        changes: Changes::Output,
        step: false,
        first: false,
        conflicts: &[],
        overrides: &[],
        help,
        help_in: &[],
        commands,
        formats: Formats::Any,
        unless: None,
        sets: None,
        shows: None,
    }
}

impl Flag {
    pub(super) const fn short(self, letter: char) -> Flag {
        Flag { short: Some(letter), ..self }
    }

    pub(super) const fn alias(self, alias: &'static str) -> Flag {
        Flag { alias: Some(alias), ..self }
    }

    pub(super) const fn group(self, group: Group) -> Flag {
        Flag { group, ..self }
    }

    pub(super) const fn hidden(self) -> Flag {
        Flag { hidden: true, ..self }
    }

    pub(super) const fn common(self) -> Flag {
        Flag { common: true, ..self }
    }

    pub(super) const fn changes(self, changes: Changes) -> Flag {
        Flag { changes, ..self }
    }

    pub(super) const fn step(self) -> Flag {
        Flag { step: true, ..self }
    }

    pub(super) const fn first(self) -> Flag {
        Flag { first: true, ..self }
    }

    pub(super) const fn conflicts(self, conflicts: &'static [&'static str]) -> Flag {
        Flag { conflicts, ..self }
    }

    pub(super) const fn overrides(self, overrides: &'static [&'static str]) -> Flag {
        Flag { overrides, ..self }
    }

    /// Other help texts for some commands.
    pub(super) const fn help_in(self, help_in: &'static [(Commands, &'static str)]) -> Flag {
        Flag { help_in, ..self }
    }

    pub(super) const fn source(self, kinds: Kinds) -> Flag {
        Flag { formats: Formats::Source(kinds), ..self }
    }

    pub(super) const fn target(self, kinds: Kinds) -> Flag {
        Flag { formats: Formats::Target(kinds), ..self }
    }

    pub(super) const fn either(self, kinds: Kinds) -> Flag {
        Flag { formats: Formats::Either(kinds), ..self }
    }

    pub(super) const fn pairs(self, pairs: &'static [(Kinds, Kinds)]) -> Flag {
        Flag { formats: Formats::Pairs(pairs), ..self }
    }

    pub(super) const fn unless(self, unless: Unless) -> Flag {
        Flag { unless: Some(unless), ..self }
    }

    pub(super) const fn sets(self, sets: Sets) -> Flag {
        Flag { sets: Some(sets), ..self }
    }

    pub(super) const fn shows(self, keys: &'static str, value: fn(&Settings) -> Value) -> Flag {
        Flag { shows: Some((keys, value)), ..self }
    }

    /// What it does in a command.
    pub fn help(&self, command: Commands) -> &'static str {
        self.help_in.iter().find(|(own, _)| *own == command).map_or(self.help, |(_, help)| help)
    }

    /// Whether a command uses it. `run` takes what `convert` does, apart from what would change the job.
    pub fn is_in(&self, command: Commands) -> bool {
        let on_top = command == Commands::JOBS
            && matches!(self.changes, Changes::Run | Changes::Manner)
            && Commands::CONVERT.are_in(self.commands);
        on_top || command == Commands::TUNE && self.is_tried() || command.are_in(self.commands)
    }

    /// Whether `tune` passes it on: it says what one conversion gives, or how it runs.
    fn is_tried(&self) -> bool {
        let is_apart = matches!(self.group, Group::Resume | Group::See) || self.is_about_inputs();
        Commands::CONVERT.are_in(self.commands) && !is_apart && !["force", "strict-memory"].contains(&self.name)
    }

    /// Whether it can't be given together with the other.
    pub fn excludes(&self, other: &Flag) -> bool {
        let names = |flag: &Flag, name| flag.conflicts.contains(&name) || flag.overrides.contains(&name);
        names(self, other.name) || names(other, self.name)
    }

    /// Reads its value, to see whether it has a meaning. `name` is how errors name the flag.
    ///
    /// # Errors
    /// Usage: a text that has no meaning.
    pub fn try_set(&self, name: &str, texts: &[String]) -> Result<(), Error> {
        self.sets.map_or(Ok(()), |sets| sets(&mut Settings::default(), name, texts))
    }

    /// Its value in these settings, if it has one of its own there.
    pub fn value_in(&self, settings: &Settings) -> Option<Value> {
        self.shows.map(|(_, value)| value(settings)).filter(|value| !value.is_null())
    }

    /// Whether the command's parser accepts it: `replay` accepts all flags of `convert`, `man` and `history` those that all commands
    /// take, to say why they do not use them.
    pub fn is_known_in(&self, command: Commands) -> bool {
        let is_everywhere = ["config", "profile", "quiet", "verbose"].contains(&self.name);
        self.is_in(command)
            || matches!(command, Commands::MAN | Commands::HISTORY) && is_everywhere
            || command == Commands::REPLAY && self.is_in(Commands::CONVERT) && !self.is_about_inputs()
    }

    /// Whether it is about finding inputs: a quarantine is named, not searched for.
    fn is_about_inputs(&self) -> bool {
        ["input", "recursive", "include", "out-dir", "files-from", "zero-terminated", "keep-going"].contains(&self.name)
    }

    /// Why it can't have an effect on this command line.
    pub(super) fn refusal(&self, line: &Line<'_>) -> Option<No> {
        if !self.is_in(line.command) {
            return No::new(line.command.why_not(), LEAVE_OUT);
        }
        self.formats.refusal(line).or_else(|| self.unless.and_then(|unless| unless(line)))
    }
}

impl Formats {
    fn refusal(&self, line: &Line<'_>) -> Option<No> {
        let input = |kinds: Kinds| {
            No::new(line.input(), format!("It is for {kinds}: leave it out, or give the input's format with --from."))
        };
        let output = |kinds: Kinds| {
            No::new(line.output(), format!("It is for {kinds}: leave it out, or give the output's format with --to."))
        };
        match *self {
            Formats::Any => None,
            Formats::Source(kinds) if !line.sources.meets(kinds) => input(kinds),
            Formats::Target(kinds) if !line.targets.meets(kinds) => output(kinds),
            Formats::Either(kinds) if line.command == Commands::REPLAY && !line.targets.meets(kinds) => {
                No::new(format!("{}, and {}", line.output(), line.command.why_not()), LEAVE_OUT)
            }
            Formats::Either(kinds) if !line.sources.or(line.targets).meets(kinds) => {
                No::new(line.both(), format!("It is for {kinds}: leave it out."))
            }
            Formats::Pairs(pairs) => {
                if pairs.iter().any(|(from, to)| line.sources.meets(*from) && line.targets.meets(*to)) {
                    return None;
                }
                let from = pairs.iter().fold(Kinds::NONE, |all, (from, _)| all.or(*from));
                let to = pairs.iter().filter(|(from, _)| line.sources.meets(*from));
                let to = to.fold(Kinds::NONE, |all, (_, to)| all.or(*to));
                if to == Kinds::NONE { input(from) } else { output(to) }
            }
            _ => None,
        }
    }
}

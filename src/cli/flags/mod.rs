//! What each flag applies to. A flag that was given where it can't have an effect ends the command before anything is
//! read: a user who said something is never left with an output that does not heed it.

mod kinds;
mod table;

use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, FromArgMatches};
use pagemill::error::Error;
use pagemill::format::source_format;
use pagemill::job::Settings;

use super::request::file;
pub use kinds::Kinds;
use table::{FLAGS, LEAVE_OUT};

/// Sets of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commands(u8);

impl Commands {
    pub const CONVERT: Commands = Commands(1);
    pub const REPLAY: Commands = Commands(1 << 1);
    pub const COUNT: Commands = Commands(1 << 2);
    pub const GENERATE: Commands = Commands(1 << 3);
    pub const AUDIT: Commands = Commands(1 << 4);

    /// All of them, with their names.
    const NAMES: [(&'static str, Commands); 5] = [
        ("convert", Commands::CONVERT),
        ("replay", Commands::REPLAY),
        ("count", Commands::COUNT),
        ("generate", Commands::GENERATE),
        ("audit", Commands::AUDIT),
    ];

    /// The command of this name; none if it has no flags.
    pub fn named(name: &str) -> Option<Commands> {
        Commands::NAMES.iter().find(|(other, _)| *other == name).map(|(_, command)| *command)
    }

    const fn or(self, other: Commands) -> Commands {
        Commands(self.0 | other.0)
    }

    /// Whether the command has arguments of others that it does not heed: it knows them so that it can say why.
    pub fn share_flags(self) -> bool {
        self == Commands::REPLAY
    }

    /// Whether all of these are among the others.
    pub fn are_in(self, others: Commands) -> bool {
        self.0 & !others.0 == 0
    }

    /// Why a flag that other commands have can't have an effect in this one.
    fn why_not(self) -> &'static str {
        match self {
            Commands::REPLAY => "the quarantine file says how its records are read",
            Commands::COUNT => "records are counted, not written",
            _ => "it is for other commands",
        }
    }
}

/// A long flag, and where it can have an effect.
struct Flag {
    /// Without dashes.
    name: &'static str,
    commands: Commands,
    formats: Formats,
    also: Option<Also>,
}

/// Which formats a flag is for.
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

/// Another condition: none if it holds.
type Also = fn(&Line<'_>) -> Option<No>;

/// Why a flag has no effect, and what to do instead.
struct No {
    why: String,
    instead: String,
}

impl No {
    fn new(why: impl Into<String>, instead: impl Into<String>) -> Option<No> {
        Some(No { why: why.into(), instead: instead.into() })
    }
}

impl Flag {
    /// Why the flag can't have an effect on this command line.
    fn refusal(&self, line: &Line<'_>) -> Option<No> {
        if !line.command.are_in(self.commands) {
            return No::new(line.command.why_not(), LEAVE_OUT);
        }
        self.formats.refusal(line).or_else(|| self.also.and_then(|also| also(line)))
    }
}

impl Formats {
    fn refusal(&self, line: &Line<'_>) -> Option<No> {
        let input = |kinds: Kinds| {
            No::new(line.input(), format!("It is for {kinds}: leave it out, or give the input's format with -f."))
        };
        let output = |kinds: Kinds| {
            No::new(line.output(), format!("It is for {kinds}: leave it out, or give the output's format with -t."))
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

/// The flags that a user gave.
#[derive(Debug, Default)]
pub struct Given(Vec<&'static str>);

impl Given {
    /// Whether a flag was given.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
}

/// A struct of arguments takes these with `#[command(flatten)]`, before all others: those take their values away.
impl Args for Given {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        command
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Given, clap::Error> {
        let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        let ids = matches.ids().map(clap::Id::as_str).filter(|id| given(id));
        Ok(Given(ids.filter_map(flag).map(|flag| flag.name).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Given::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The flag of this name, in which clap has underscores for hyphens.
fn flag(id: &str) -> Option<&'static Flag> {
    let hyphen = |byte: u8| if byte == b'_' { b'-' } else { byte };
    FLAGS.iter().find(|flag| flag.name.len() == id.len() && flag.name.bytes().eq(id.bytes().map(hyphen)))
}

/// Whether a command heeds the argument of this name; one that is no flag it does.
pub fn is_heeded(command: Commands, id: &str) -> bool {
    flag(id).is_none_or(|flag| command.are_in(flag.commands))
}

/// Each flag with each command that heeds it.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = (Commands, &'static str)> {
    let commands = || Commands::NAMES.iter().map(|(_, command)| *command);
    FLAGS.iter().flat_map(move |flag| {
        commands().filter(|command| command.are_in(flag.commands)).map(|command| (command, flag.name))
    })
}

/// What these inputs may be. One whose format is not known may be anything.
pub fn kinds<'p>(settings: &Settings, paths: impl Iterator<Item = &'p Path>) -> Kinds {
    let kind = |path| match source_format(settings.from, file(path)) {
        Ok(format) => Kinds::of(format, settings.options.payload),
        Err(_) => Kinds::ALL,
    };
    paths.fold(Kinds::NONE, |all, path| all.or(kind(path)))
}

/// What is known of a command before it reads anything.
pub struct Line<'l> {
    pub command: Commands,
    pub given: &'l Given,
    /// What the flags mean.
    pub settings: &'l Settings,
    /// What the inputs may be.
    pub sources: Kinds,
    /// What the output may be.
    pub targets: Kinds,
    pub origin: Origin,
    /// The only input is what was named: no pattern, folder or list stands for it.
    pub plain: bool,
    /// The output goes into files.
    pub to_file: bool,
}

/// Where inputs come from, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    File,
    /// Standard input alone.
    Stdin,
    /// Several, whose records go into one output.
    Many,
    /// Several, each of which has an output of its own.
    Each,
}

impl Line<'_> {
    /// Refuses the first flag that can't have an effect.
    ///
    /// # Errors
    /// Usage: which flag, why, and what to do instead.
    pub fn check(&self) -> Result<(), Error> {
        for name in &self.given.0 {
            if let Some(No { why, instead }) = flag(name).and_then(|flag| flag.refusal(self)) {
                return Err(Error::usage(format!("`--{name}` has no effect: {why}\n  {instead}")));
            }
        }
        Ok(())
    }

    fn input(&self) -> String {
        match self.origin {
            Origin::Many | Origin::Each => format!("the inputs are {}", self.sources),
            _ => format!("the input is {}", self.sources),
        }
    }

    fn output(&self) -> String {
        format!("the output is {}", self.targets)
    }

    fn both(&self) -> String {
        match self.targets {
            Kinds::NONE => self.input(),
            _ if self.sources == Kinds::NONE => self.output(),
            _ => format!("{} and {}", self.input(), self.output()),
        }
    }
}

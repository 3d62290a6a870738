//! The commands: their names, what they are for, and their arguments.

use clap::error::ErrorKind;
use clap::{ArgAction, ArgMatches, Args, FromArgMatches, Parser, Subcommand};
use pagemill::error::Error;

use super::exit::Exit;
use super::{audit, completions, convert, count, flags, generate, help, replay};

/// Convert files larger than memory: in parallel, keeping the order, within a memory limit.
#[derive(Parser, Debug)]
#[command(name = "pagemill", version, after_help = EXAMPLES, override_usage = USAGE)]
#[command(disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const USAGE: &str = "pagemill INPUT [OUTPUT] [FLAGS]\n       pagemill COMMAND [ARGUMENTS]";

const EXAMPLES: &str = "\
Examples:
  pagemill trips.csv trips.ndjson
  pagemill convert trips.csv -t ndjson --select id,fare
  pagemill count -r trips.csv
  pagemill help convert csv

Without a command, one input is converted. `pagemill COMMAND -h` shows the common flags, `pagemill COMMAND --help` all.";

/// A command and its arguments.
#[derive(Debug)]
pub enum Command {
    Convert(Box<convert::Convert>),
    Replay(Box<replay::Replay>),
    Count(Box<count::Count>),
    Generate(Box<generate::Generate>),
    Audit(Box<audit::Audit>),
    Completions(completions::Completions),
    Help(help::Help),
}

/// What is known of a command before its arguments are built.
pub struct Entry {
    pub name: &'static str,
    /// A name that it had before.
    pub alias: Option<&'static str>,
    pub about: &'static str,
    /// The examples, the most important ones first.
    pub examples: &'static [&'static str],
    /// What is to be known beyond the flags.
    pub notes: &'static str,
    /// What flags of other commands are here, by their ids.
    texts: &'static [(&'static str, &'static str)],
    pub arguments: fn(clap::Command) -> clap::Command,
    parse: fn(&ArgMatches) -> Result<Command, clap::Error>,
}

/// All commands, as the help lists them.
pub static ALL: [Entry; 7] = [
    Entry {
        name: "convert",
        alias: None,
        about: "Convert files from one format to another, and change values on the way",
        examples: convert::EXAMPLES,
        notes: convert::NOTES,
        texts: &[],
        arguments: convert::Convert::augment_args,
        parse: |found| Ok(Command::Convert(Box::new(FromArgMatches::from_arg_matches(found)?))),
    },
    Entry {
        name: "replay",
        alias: None,
        about: "Convert the bad records in a quarantine file, once they are repaired",
        examples: replay::EXAMPLES,
        notes: replay::NOTES,
        texts: &[
            ("tsv_escapes", "Write TSV with \\t \\n \\r \\\\ instead of quotes, and \\N for null"),
            (
                "on_error",
                "What happens at a record that is still bad: the job ends (fail), the record is left out and counted (skip), or it is also put into another quarantine file (quarantine) [default: fail]",
            ),
        ],
        arguments: replay::Replay::augment_args,
        parse: |found| Ok(Command::Replay(Box::new(FromArgMatches::from_arg_matches(found)?))),
    },
    Entry {
        name: "count",
        alias: None,
        about: "Count lines, words, characters and bytes as `wc -lwmc` does, and records",
        examples: count::EXAMPLES,
        notes: count::NOTES,
        texts: &[
            ("no_headers", "The input has no header: its first record is counted too"),
            (
                "names",
                "Names for the columns of an input without a header: its first record is counted too (comma-separated)",
            ),
            ("tsv_escapes", "TSV with \\t \\n \\r \\\\ instead of quotes, and \\N for null"),
            (
                "on_error",
                "What happens at a bad record: its file is not counted (fail), it is not counted and a warning says so (skip), or it is also put into the file that --quarantine names (quarantine) [default: fail]",
            ),
            ("quarantine", "The file for bad records; implies --on-error quarantine"),
            ("explain", "Print how the files would be counted, without counting them"),
            ("report", "Write a report of the run to this file, as one JSON object"),
            ("strict", "Treat warnings about the data as errors, and check the number of fields of CSV records"),
            (
                "strict_memory",
                "End with code 4 if the process ever used more memory than the limit; the counts are still right",
            ),
        ],
        arguments: count::Count::augment_args,
        parse: |found| Ok(Command::Count(Box::new(FromArgMatches::from_arg_matches(found)?))),
    },
    Entry {
        name: "generate",
        alias: Some("sample"),
        about: "Write sample data: the same bytes for the same seed",
        examples: generate::EXAMPLES,
        notes: generate::NOTES,
        texts: &[("no_headers", "Write no header"), ("tsv_escapes", "TSV with \\t \\n \\r \\\\ instead of quotes")],
        arguments: generate::Generate::augment_args,
        parse: |found| Ok(Command::Generate(Box::new(FromArgMatches::from_arg_matches(found)?))),
    },
    Entry {
        name: "audit",
        alias: None,
        about: "Run a conversion and show what it allocated, stage by stage",
        examples: audit::EXAMPLES,
        notes: audit::NOTES,
        texts: &[("output", "File to write; - is standard output [default: the output is thrown away]")],
        arguments: audit::Audit::augment_args,
        parse: |found| Ok(Command::Audit(Box::new(FromArgMatches::from_arg_matches(found)?))),
    },
    Entry {
        name: "completions",
        alias: None,
        about: "Print a completion script for a shell",
        examples: completions::EXAMPLES,
        notes: "",
        texts: &[],
        arguments: completions::Completions::augment_args,
        parse: |found| Ok(Command::Completions(FromArgMatches::from_arg_matches(found)?)),
    },
    Entry {
        name: "help",
        alias: None,
        about: "Explain a command, or one group of its flags",
        examples: help::EXAMPLES,
        notes: "",
        texts: &[],
        arguments: help::Help::augment_args,
        parse: |found| Ok(Command::Help(FromArgMatches::from_arg_matches(found)?)),
    },
];

/// The command that has this name, or had it before.
pub fn named(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name || entry.alias == Some(name))
}

impl Entry {
    /// The command with all its arguments.
    pub fn build(&self, command: clap::Command) -> clap::Command {
        // The comment on the arguments is not for users.
        let command = (self.arguments)(command).about(self.about).long_about(None::<&str>);
        let unheeded = flags::Commands::named(self.name).filter(|own| own.share_flags());
        let command = self.texts.iter().fold(command, |command, (id, help)| command.mut_arg(id, |arg| arg.help(*help)));
        command.mut_args(|arg| {
            let hidden = unheeded.is_some_and(|own| !flags::is_heeded(own, arg.get_id().as_str()));
            let arg = if hidden { arg.hide(true) } else { arg };
            match arg.get_action() {
                // A switch may be given twice; it says the same then.
                ArgAction::SetTrue => {
                    let own = arg.get_id().clone();
                    arg.overrides_with(own)
                }
                _ => arg,
            }
        })
    }
}

// Not derived, so that only the command that is used gets its arguments built: that is a part of what a small file
// takes.
impl Subcommand for Command {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        ALL.iter().fold(command, |command, entry| {
            let own = clap::Command::new(entry.name).about(entry.about);
            let own = entry.alias.iter().fold(own, |own, alias| own.alias(*alias));
            command.subcommand(own.defer(|command| match named(command.get_name()) {
                Some(entry) => entry.build(command),
                None => command,
            }))
        })
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Command::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        named(name).is_some()
    }
}

impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Command, clap::Error> {
        let Some((name, matches)) = matches.subcommand() else {
            return Err(clap::Error::new(ErrorKind::MissingSubcommand));
        };
        let entry = named(name).ok_or_else(|| clap::Error::new(ErrorKind::InvalidSubcommand))?;
        (entry.parse)(matches)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Command::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Command {
    /// Does what was asked for. `implied`: the command was not said.
    pub fn run(self, implied: bool) -> Result<Exit, Error> {
        match self {
            Command::Convert(mut convert) => {
                if implied {
                    convert.in_and_out()?;
                }
                convert.run()
            }
            Command::Replay(replay) => replay.run(),
            Command::Count(count) => count.run(),
            Command::Generate(generate) => generate.run(),
            Command::Audit(audit) => audit.run(),
            Command::Completions(completions) => completions.run(),
            Command::Help(help) => help.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }

    /// A flag that is in no table would be heeded nowhere, or pass in silence where it has no effect.
    #[test]
    fn the_table_has_every_flag_of_every_command_and_no_other() {
        let mut cli = Cli::command();
        cli.build();
        let mut left: Vec<(flags::Commands, &str)> = flags::all().collect();
        for command in cli.get_subcommands() {
            let own = flags::Commands::named(command.get_name());
            for arg in command.get_arguments() {
                let is_flag = |name: &str| flags::all().any(|(_, flag)| flag == name);
                assert!(!arg.is_positional() || !is_flag(arg.get_id().as_str()), "{arg} has the id of a flag");
                let Some(long) = arg.get_long().filter(|long| !["help", "version"].contains(long)) else { continue };
                let own = own.unwrap_or_else(|| panic!("{} has flags, and is not in the table", command.get_name()));
                assert_eq!(arg.get_id().as_str().replace('_', "-"), long, "the table knows flags by their ids");
                match left.iter().position(|(command, name)| (*command, *name) == (own, long)) {
                    Some(index) => drop(left.swap_remove(index)),
                    None => assert!(arg.is_hide_set(), "--{long} of {} is not in the table", command.get_name()),
                }
            }
        }
        assert!(left.is_empty(), "the table has flags that no command has: {left:?}");
    }
}

//! The command line: clap structs, one file a subcommand. The work is done by the library.

mod args;
mod audit;
mod completions;
mod console;
mod convert;
mod count;
mod exit;
mod replay;
mod request;
mod sample;
mod signals;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand};
use pagemill::error::{Error, ErrorClass};

use exit::Exit;

/// Converts files larger than memory, in parallel, in order, inside a memory ceiling.
#[derive(Parser, Debug)]
#[command(name = "pagemill", version, arg_required_else_help = true, after_help = EXAMPLES)]
#[command(disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pagemill convert trips.csv -o trips.ndjson
  pagemill count trips.csv
  pagemill convert --help";

#[derive(Debug)]
enum Command {
    Convert(Box<convert::Convert>),
    Replay(Box<replay::Replay>),
    Count(Box<count::Count>),
    Sample(Box<sample::Sample>),
    Audit(Box<audit::Audit>),
    Completions(completions::Completions),
}

// Not derived, so that only the subcommand that is used gets its arguments built: that is a part of what a small file
// takes.
impl Subcommand for Command {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        command
            .subcommand(later::<convert::Convert>(
                "convert",
                "Convert a file from one format to another, and change its values on the way",
                convert::EXAMPLES,
            ))
            .subcommand(later::<replay::Replay>(
                "replay",
                "Convert the bad records that a conversion put into quarantine, once they are repaired",
                replay::EXAMPLES,
            ))
            .subcommand(later::<count::Count>(
                "count",
                "Count lines, words, characters and bytes like `wc -lwmc`, and records of a format",
                count::EXAMPLES,
            ))
            .subcommand(later::<sample::Sample>(
                "sample",
                "Write sample data: the same bytes for the same seed",
                sample::EXAMPLES,
            ))
            .subcommand(later::<audit::Audit>(
                "audit",
                "Run a conversion and show what it allocated, stage by stage",
                audit::EXAMPLES,
            ))
            .subcommand(later::<completions::Completions>(
                "completions",
                "Print a completion script for a shell",
                completions::EXAMPLES,
            ))
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Command::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        ["convert", "replay", "count", "sample", "audit", "completions"].contains(&name)
    }
}

/// A subcommand whose arguments are built when it is used.
fn later<A: Args>(name: &'static str, about: &'static str, after_help: &'static str) -> clap::Command {
    clap::Command::new(name).about(about).after_help(after_help).defer(|command| {
        // The comment on the arguments is not for users.
        let about = command.get_about().cloned().unwrap_or_default();
        A::augment_args(command).about(about).long_about(None::<&str>)
    })
}

impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Command, clap::Error> {
        let Some((name, matches)) = matches.subcommand() else {
            return Err(clap::Error::new(ErrorKind::MissingSubcommand));
        };
        Ok(match name {
            "convert" => Command::Convert(Box::new(FromArgMatches::from_arg_matches(matches)?)),
            "replay" => Command::Replay(Box::new(FromArgMatches::from_arg_matches(matches)?)),
            "count" => Command::Count(Box::new(FromArgMatches::from_arg_matches(matches)?)),
            "sample" => Command::Sample(Box::new(FromArgMatches::from_arg_matches(matches)?)),
            "audit" => Command::Audit(Box::new(FromArgMatches::from_arg_matches(matches)?)),
            "completions" => Command::Completions(FromArgMatches::from_arg_matches(matches)?),
            _ => return Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Command::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Runs the command and says how it ended.
pub fn main() -> ExitCode {
    console::catch_bugs();
    let exit = match Cli::try_parse() {
        Ok(cli) => run(cli.command).unwrap_or_else(|error| fail(&error)),
        Err(error) => usage(&error),
    };
    exit.into()
}

fn run(command: Command) -> Result<Exit, Error> {
    match command {
        Command::Convert(convert) => convert.run(),
        Command::Replay(replay) => replay.run(),
        Command::Count(count) => count.run(),
        Command::Sample(sample) => sample.run(),
        Command::Audit(audit) => audit.run(),
        Command::Completions(completions) => completions.run(),
    }
}

fn fail(error: &Error) -> Exit {
    match signals::ending() {
        Some((name, _)) if error.can_resume() => console::error(format_args!("{name}: {error}")),
        Some((name, _)) if error.class() == ErrorClass::Stopped => console::error(format_args!(
            "{error} ({name})\n  No output file was written, and its temporary file was removed."
        )),
        // A reader that went away has got what it asked for.
        _ if error.is_broken_pipe() => {}
        _ => console::error(error),
    }
    Exit::of(error)
}

/// Help, version, or a command line that makes no sense.
fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        // A failed write is a reader that went away.
        let _ = error.print();
        return Exit::Done;
    }
    let text = error.render().to_string();
    match text.strip_prefix("error: ") {
        Some(text) => console::error(text.trim_end()),
        None => console::note(&text),
    }
    Exit::Usage
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn clap_finds_no_fault() {
        Cli::command().debug_assert();
    }
}

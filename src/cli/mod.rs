//! The command line: clap structs, one file a subcommand. The work is done by the library.

mod args;
mod audit;
mod completions;
mod console;
mod convert;
mod count;
mod exit;
mod request;
mod sample;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pagemill::error::Error;

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

#[derive(Subcommand, Debug)]
enum Command {
    /// Convert a file from one format to another, and change its values on the way
    #[command(after_help = convert::EXAMPLES)]
    Convert(Box<convert::Convert>),
    /// Count lines, words, characters and bytes like `wc -lwmc`, and records of a format
    #[command(after_help = count::EXAMPLES)]
    Count(Box<count::Count>),
    /// Write sample data: the same bytes for the same seed
    #[command(after_help = sample::EXAMPLES)]
    Sample(Box<sample::Sample>),
    /// Run a conversion and show what it allocated, stage by stage
    #[command(after_help = audit::EXAMPLES)]
    Audit(Box<audit::Audit>),
    /// Print a completion script for a shell
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::Completions),
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
        Command::Count(count) => count.run(),
        Command::Sample(sample) => sample.run(),
        Command::Audit(audit) => audit.run(),
        Command::Completions(completions) => completions.run(),
    }
}

fn fail(error: &Error) -> Exit {
    // A reader that went away has got what it asked for.
    if !error.is_broken_pipe() {
        console::error(error);
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

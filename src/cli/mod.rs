//! The command line: one file a command. The work is done by the library.

mod args;
mod audit;
mod commands;
mod completions;
mod console;
mod convert;
mod count;
mod exit;
mod flags;
mod generate;
mod help;
mod inputs;
mod once;
mod refusal;
mod replay;
mod report_file;
mod request;
mod signals;
mod tips;
mod words;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use pagemill::error::{Error, ErrorClass};

use commands::Cli;
use exit::Exit;
use words::Line;

/// Runs the command and says how it ended.
pub fn main() -> ExitCode {
    console::catch_bugs();
    let exit = match words::read() {
        Ok(Some(line)) => run(&line).unwrap_or_else(|error| fail(&error)),
        Ok(None) => {
            console::note(&help::overview());
            Exit::Usage
        }
        Err(error) => fail(&error),
    };
    match exit {
        Exit::Done if console::is_unheard() => Exit::InputOutput.into(),
        exit => exit.into(),
    }
}

fn run(line: &Line) -> Result<Exit, Error> {
    match Cli::try_parse_from(&line.words) {
        Ok(cli) => cli.command.run(line.implied),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp => help::asked(line),
            ErrorKind::DisplayVersion => {
                console::print(&error.render().to_string())?;
                Ok(Exit::Done)
            }
            _ => Ok(refuse(&error)),
        },
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

/// Says why a command line makes no sense.
fn refuse(error: &clap::Error) -> Exit {
    console::error(refusal::wording(error));
    Exit::Usage
}

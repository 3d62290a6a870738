//! The command line: one file for each command. The library does the work.

mod audit;
mod ceiling;
mod commands;
mod completions;
mod console;
mod convert;
mod count;
mod dashboard;
mod ending;
mod exit;
mod found;
mod generate;
mod help;
mod inputs;
#[cfg(unix)]
mod listener;
mod live;
mod once;
mod parser;
mod paths;
mod refusal;
mod replay;
mod report_file;
mod request;
mod screen;
mod settings;
mod signals;
mod tips;
mod watch;
mod worded;
mod words;

use std::process::ExitCode;

use clap::error::ErrorKind;
use pagemill::error::{Error, ErrorClass};

use exit::Exit;
use worded::worded;
use words::Line;

/// Runs the command and returns how it ended.
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
    dashboard::end(exit);
    match exit {
        Exit::Done if console::is_unheard() => Exit::InputOutput.into(),
        exit => exit.into(),
    }
}

fn run(line: &Line) -> Result<Exit, Error> {
    let matches = match parser::cli().try_get_matches_from(&line.words) {
        Ok(matches) => matches,
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp => return help::asked(line),
            ErrorKind::DisplayVersion => {
                console::print(&error.render().to_string())?;
                return Ok(Exit::Done);
            }
            _ => return Ok(refuse(&error)),
        },
    };
    let Some((entry, matches)) =
        matches.subcommand().and_then(|(name, matches)| Some((commands::named(name)?, matches)))
    else {
        return Ok(Exit::Usage);
    };
    let typed = parser::read(entry, matches);
    match entry.name {
        "replay" => replay::run(typed),
        "count" => count::run(typed),
        "generate" => generate::run(typed),
        "audit" => audit::run(typed),
        "completions" => completions::run(typed),
        "help" => help::run(typed),
        _ => convert::run(typed, line.implied),
    }
}

fn fail(error: &Error) -> Exit {
    match ending::ending() {
        Some(signal) if error.can_resume() => console::error(format_args!("{}: {}", signal.name, worded(error))),
        Some(signal) if error.class() == ErrorClass::Stopped => console::error(format_args!(
            "{} ({})\n  No output file was written, and its temporary file was removed.",
            worded(error),
            signal.name
        )),
        // A reader that went away has got what it wanted.
        _ if error.is_broken_pipe() => {}
        _ => console::error(worded(error)),
    }
    dashboard::failed(error);
    Exit::of(error)
}

/// Reports why a command line makes no sense.
fn refuse(error: &clap::Error) -> Exit {
    console::error(refusal::wording(error));
    Exit::Usage
}

//! The command line: one file for each command. The library does the work.

mod aggregate;
mod ahead;
mod alerting;
mod allocated;
mod answer;
mod audit;
mod bench;
mod bench_answer;
mod ceiling;
mod children;
mod commands;
mod completions;
mod configure;
mod configured;
mod console;
mod convert;
mod count;
mod dashboard;
#[cfg(feature = "dashboard")]
mod earlier;
mod elsewhere;
mod ending;
mod exit;
mod failure;
mod found;
mod generate;
mod head;
mod help;
#[cfg(feature = "history")]
mod history;
mod inputs;
mod jobs;
mod kept;
#[cfg(unix)]
mod listener;
mod live;
mod manual;
mod measuring;
mod named;
mod once;
mod otlp;
mod parser;
mod past;
mod paths;
mod profiles;
mod refusal;
mod replay;
mod report_file;
mod request;
#[cfg(feature = "history")]
mod rules;
mod schema;
mod screen;
mod settings;
mod signals;
mod sort;
mod split;
mod stats;
mod table;
mod tips;
mod tune;
mod tuned;
mod watch;
mod worded;
mod words;
mod workloads;

use std::process::ExitCode;

use clap::error::ErrorKind;
use pagemill::config::flags::Commands;
use pagemill::error::Error;
use pagemill::sys::{self, Done};

use exit::Exit;
use failure::fail;
use words::Line;

/// Runs the command and returns how it ended.
pub fn main() -> ExitCode {
    console::catch_bugs();
    sys::allow_forgetting_code();
    let exit = match words::read() {
        Ok(Some(line)) => run(&line).unwrap_or_else(|error| fail(&error)),
        Ok(None) => {
            console::note(&help::overview());
            Exit::Usage
        }
        Err(error) => fail(&error),
    };
    alerting::end();
    otlp::end();
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
    let mut typed = parser::read(entry, matches);
    if entry.flags.is_some_and(Commands::takes_settings) {
        configured::fill(&mut typed.said, &line.off)?;
    }
    if typed.said.has("memory-limit") {
        sys::forget_code(Done::Line);
    }
    match entry.name {
        "replay" => replay::run(typed),
        "count" => count::run(typed),
        "head" => head::run(typed),
        "split" => split::run(typed),
        "sort" => sort::run(typed),
        "aggregate" => aggregate::run(typed),
        "schema" => schema::run(typed),
        "stats" => stats::run(typed),
        "generate" => generate::run(typed),
        "audit" => audit::run(typed),
        "bench" => bench::run(typed),
        "tune" => tune::run(typed),
        "run" => jobs::run(&typed, &line.off),
        "config" => configure::run(&typed, &line.off),
        "man" => manual::run(&typed),
        #[cfg(feature = "history")]
        "history" => history::run(typed),
        #[cfg(feature = "history")]
        "alerts" => rules::run(typed),
        #[cfg(not(feature = "history"))]
        "history" | "alerts" => Err(Error::usage("this build has no history\n  Build it with the feature `history`.")),
        "completions" => completions::run(typed),
        "help" => help::run(typed),
        _ => convert::run(typed, line.implied),
    }
}

/// Reports why a command line makes no sense.
fn refuse(error: &clap::Error) -> Exit {
    console::error(refusal::wording(error));
    Exit::Usage
}

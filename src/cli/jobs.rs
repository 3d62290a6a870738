//! `pagemill run`.

use pagemill::config::flags::{Said, find};
use pagemill::error::Error;
use pagemill::sys;

use super::ahead::{Fault, Named, check};
use super::configured::configuration;
use super::console;
use super::dashboard;
use super::exit::Exit;
use super::failure::fail;
use super::named;
use super::otlp;
use super::parser::Typed;

/// Runs the jobs named, one after another, up to the first that does not end well. A job is what its command line would
/// be. All are looked at before the first one runs.
pub fn run(typed: &Typed, off: &[String]) -> Result<Exit, Error> {
    let configuration = configuration(&typed.said)?;
    let profile = typed.said.text("profile")?;
    let mut jobs = Vec::with_capacity(typed.operands.len());
    for name in &typed.operands {
        let name = name.to_string_lossy().into_owned();
        let command = configuration.command_of(&name)?;
        let mut said = Said::new(command);
        for (flag, _) in typed.said.origins().filter(|(flag, _)| !["config", "profile"].contains(flag)) {
            if find(command, flag).is_none() {
                return Err(Error::usage(format!(
                    "`--{flag}` has no effect: the job `{name}` is one of `{}`, which does not have it\n  Leave it out.",
                    command.name()
                )));
            }
            said.add(flag, typed.said.values(flag).map(Into::into));
        }
        configuration.fill(&mut said, off, profile, Some(&name))?;
        jobs.push(Named { name, said });
    }
    if jobs.len() == 1
        && let Some(only) = jobs.pop()
    {
        return named::run(typed_as(only.said));
    }
    if let Some(flag) = ["report", "cpuprofile", "memprofile"].into_iter().find(|flag| typed.said.has(flag)) {
        return Err(Error::usage(format!(
            "`--{flag}` names one file, and these are {} jobs\n  Put a `{flag}` into each job.",
            jobs.len()
        )));
    }
    if let Err(Fault { job, error }) = check(&jobs) {
        let exit = fail(&error);
        console::error(format_args!("job `{job}` can't run like this, so no job was run"));
        return Ok(exit);
    }
    Ok(all(jobs))
}

/// Runs jobs that were looked at.
fn all(jobs: Vec<Named>) -> Exit {
    let mut done: Vec<String> = Vec::new();
    let mut jobs = jobs.into_iter();
    while let Some(Named { name, said }) = jobs.next() {
        if !done.is_empty() {
            // What the job before it did is no part of what this one does.
            dashboard::close(Exit::Done);
            otlp::end();
            sys::reset_peaks();
        }
        let exit = named::run(typed_as(said)).unwrap_or_else(|error| fail(&error));
        if exit != Exit::Done {
            let rest: Vec<String> = jobs.map(|job| quoted(&job.name)).collect();
            let parts = [(done, "done before"), (rest, "not run")];
            let parts: Vec<String> = parts.iter().filter_map(|(names, what)| were(names, what)).collect();
            console::error(format_args!("job `{name}` failed: {}", parts.join("; ")));
            return exit;
        }
        done.push(quoted(&name));
    }
    Exit::Done
}

fn typed_as(said: Said) -> Typed {
    Typed { said, operands: Vec::new() }
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

/// What became of these jobs, if there are any.
fn were(names: &[String], what: &str) -> Option<String> {
    let were = match names.len() {
        0 => return None,
        1 => "was",
        _ => "were",
    };
    Some(format!("{} {were} {what}", names.join(", ")))
}

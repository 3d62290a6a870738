//! `pagemill run`.

use pagemill::config::flags::{Commands, Said};
use pagemill::error::Error;

use super::configured::configuration;
use super::console;
use super::convert;
use super::exit::Exit;
use super::failure::fail;
use super::parser::Typed;

/// Runs the jobs named, one after another, up to the first that does not end well. A job is what its command line would
/// be.
pub fn run(typed: &Typed, off: &[String]) -> Result<Exit, Error> {
    let configuration = configuration(&typed.said)?;
    let profile = typed.said.text("profile")?;
    let mut jobs = Vec::with_capacity(typed.operands.len());
    for name in &typed.operands {
        let name = name.to_string_lossy().into_owned();
        let mut said = Said::new(Commands::CONVERT);
        for (flag, _) in typed.said.origins().filter(|(flag, _)| !["config", "profile"].contains(flag)) {
            said.add(flag, typed.said.values(flag).map(Into::into));
        }
        configuration.fill(&mut said, off, profile, Some(&name))?;
        jobs.push((name, said));
    }
    let one = ["report", "cpuprofile", "memprofile"].into_iter().find(|flag| typed.said.has(flag));
    if let Some(flag) = one.filter(|_| jobs.len() > 1) {
        return Err(Error::usage(format!(
            "`--{flag}` names one file, and these are {} jobs\n  Put a `{flag}` into each job.",
            jobs.len()
        )));
    }
    let mut jobs = jobs.into_iter();
    while let Some((name, said)) = jobs.next() {
        let exit = convert::run(Typed { said, operands: Vec::new() }, false);
        let rest: Vec<String> = jobs.as_slice().iter().map(|(name, _)| format!("`{name}`")).collect();
        match exit {
            Ok(Exit::Done) => {}
            exit if rest.is_empty() => return exit,
            exit => {
                let exit = exit.unwrap_or_else(|error| fail(&error));
                if exit == Exit::Done {
                    continue;
                }
                let were = if rest.len() == 1 { "was" } else { "were" };
                console::error(format_args!("job `{name}` failed: {} {were} not run", rest.join(", ")));
                return Ok(exit);
            }
        }
    }
    Ok(Exit::Done)
}

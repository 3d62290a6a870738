//! Putting together what is configured: of several values for a flag, the one that wins.

use std::path::Path;

use super::alert::Alert;
use super::section::{Entry, File, Section};
use crate::alerts::Notified;
use crate::config::flags::{Commands, Passed, Said, SetBy, find};
use crate::error::Error;
use crate::op::nearest;

/// All that is configured.
#[derive(Default)]
pub struct Configuration {
    /// The files, the one that wins last.
    pub files: Vec<File>,
    /// What the environment says.
    pub variables: Vec<Entry>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Configuration {
    /// The names of the profiles, each once.
    pub fn profiles(&self) -> Vec<&str> {
        names(self.files.iter().flat_map(|file| &file.profiles))
    }

    /// The names of the jobs, each once.
    pub fn jobs(&self) -> Vec<&str> {
        names(self.files.iter().flat_map(|file| &file.jobs))
    }

    /// The file with the token of the dashboard.
    pub fn dashboard_token_file(&self) -> Option<&Path> {
        self.files.iter().rev().find_map(|file| file.dashboard_token_file.as_deref())
    }

    /// The profile of this name that counts, and those of other files whose place it takes.
    pub fn profiles_named(&self, name: &str) -> Vec<&Section> {
        self.files.iter().rev().flat_map(|file| &file.profiles).filter(|section| section.name == name).collect()
    }

    /// What a job does.
    ///
    /// # Errors
    /// Usage: there is no such job.
    pub fn command_of(&self, job: &str) -> Result<Commands, Error> {
        let jobs = || self.files.iter().rev().flat_map(|file| &file.jobs);
        let job = named(jobs, Some(job), "job", &self.jobs(), self.files.is_empty())?;
        Ok(job.map_or(Commands::CONVERT, |job| job.command))
    }

    /// Adds what is configured to what was said, where that leaves a flag open. `off`: switches that were switched off
    /// on the command line. A value for a flag that the command does not have is passed over.
    ///
    /// Of profiles and jobs of one name only that of the last file counts, so that a file that was found never changes
    /// a part of another one. A job takes the profile of its own file, if that has one of the name.
    ///
    /// # Errors
    /// Usage: there is no such profile or job.
    pub fn fill(&self, said: &mut Said, off: &[String], profile: Option<&str>, job: Option<&str>) -> Result<(), Error> {
        let jobs = || self.files.iter().rev().flat_map(|file| &file.jobs);
        let profiles = || self.files.iter().rev().flat_map(|file| &file.profiles);
        let of_job = named(jobs, job, "job", &self.jobs(), self.files.is_empty())?;
        let named_by_job = of_job.and_then(|job| job.profile.as_ref());
        let beside = |section: &&Section| {
            profile.is_none()
                && named_by_job.is_some_and(|(name, place)| *name == section.name && place.file == section.place.file)
        };
        let of_profile = match profiles().find(beside) {
            Some(beside) => Some(beside),
            None => {
                let profile = profile.or(named_by_job.map(|(name, _)| name.as_str()));
                named(profiles, profile, "profile", &self.profiles(), self.files.is_empty())?
            }
        };
        let sections = || of_job.into_iter().chain(of_profile);
        if let Some(meant) = sections().find_map(|section| section.extensions.clone()) {
            said.use_extensions(meant);
        }
        let entries = sections().flat_map(|section| &section.entries);
        let entries = entries.chain(&self.variables).chain(self.files.iter().rev().flat_map(|file| &file.top));
        let alerts = self.files.iter().flat_map(|file| file.alerts.iter().cloned());
        said.use_token_file(self.dashboard_token_file());
        said.show_samples(self.files.iter().rev().find_map(|file| file.dashboard_samples).unwrap_or_default());
        said.watch_for(alerts.map(|Alert { rule, command, webhook, .. }| Notified { rule, command, webhook }));
        // Within one place nothing contradicts itself; what was decided before wins.
        let mut decided: Vec<&str> = off.iter().map(String::as_str).collect();
        off.iter().for_each(|name| said.switch_off(name));
        let typed: Vec<String> = said.names().map(str::to_owned).collect();
        // The list that steps are taken from.
        let mut steps: Option<&SetBy> = None;
        for entry in entries {
            let name = entry.flag.name;
            let goes_on = entry.flag.step && steps == Some(&entry.by);
            let is_decided = decided.contains(&name) && !goes_on;
            if is_decided || typed.iter().any(|typed| typed == name) || contradicts(said, entry) {
                continue;
            }
            decided.push(name);
            steps = if entry.flag.step { Some(&entry.by) } else { steps };
            let Some(values) = &entry.values else {
                said.switch_off(name);
                continue;
            };
            // Another command's flag of the same name means something else.
            let is_same = said.command().works() || entry.flag.is_in(said.command());
            match find(said.command(), name) {
                Some(_) if is_same => said.add_by(name, values.clone(), entry.by.clone()),
                _ => said.pass_over(Passed {
                    name: name.to_owned(),
                    by: entry.by.clone(),
                    why: "this command does not have it".to_owned(),
                }),
            }
        }
        Ok(())
    }
}

/// The section with this name that wins; none is asked for without a name.
fn named<'c, I: Iterator<Item = &'c Section>>(
    all: impl Fn() -> I,
    name: Option<&str>,
    what: &str,
    known: &[&str],
    no_files: bool,
) -> Result<Option<&'c Section>, Error> {
    let Some(name) = name else { return Ok(None) };
    if let Some(found) = all().find(|section| section.name == name) {
        return Ok(Some(found));
    }
    let like = nearest(known, name).map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
    let instead = match known {
        _ if no_files => {
            "No configuration file was read: `pagemill config init` writes one, --config FILE names one.".to_owned()
        }
        [] => format!("There are none: a {what} is a table [{what}.NAME] in a configuration file."),
        known => format!("These exist: {}.", known.join(", ")),
    };
    Err(Error::usage(format!("there is no {what} `{name}`{like}\n  {instead}")))
}

/// Whether an entry contradicts what wins over it.
fn contradicts(said: &Said, entry: &Entry) -> bool {
    if entry.values.is_none() {
        return false;
    }
    // A file for bad records says what becomes of them, as --on-error does.
    let another = entry.flag.name == "quarantine"
        && said.value("on-error").is_some_and(|how| !how.eq_ignore_ascii_case("quarantine"))
        || entry.flag.name == "on-error" && said.has("quarantine");
    another || said.names().filter_map(|name| find(said.command(), name)).any(|flag| flag.excludes(entry.flag))
}

fn names<'c>(sections: impl Iterator<Item = &'c Section>) -> Vec<&'c str> {
    let mut names: Vec<&str> = Vec::new();
    for section in sections {
        if !names.contains(&section.name.as_str()) {
            names.push(&section.name);
        }
    }
    names
}

//! All that is configured, and what is wrong with it.

use std::path::{Path, PathBuf};

use super::configuration::Configuration;
use super::environment::environment;
use super::fault::Fault;
use super::find::{Found, find};
use super::read::read;
use super::section::File;
use super::text;
use crate::error::Error;
use crate::op::nearest;

/// Configurations as they are, faults included.
pub struct Loaded {
    /// What they say.
    pub configuration: Configuration,
    /// What is wrong with them.
    pub faults: Vec<Fault>,
}

impl Loaded {
    /// What they say.
    ///
    /// # Errors
    /// Usage: the first of the faults.
    pub fn sound(self) -> Result<Configuration, Error> {
        Fault::error(&self.faults).map_or(Ok(self.configuration), Err)
    }
}

/// Reads the environment and all configuration files. `named` is what `--config` says.
///
/// # Errors
/// Usage: the file that was named does not exist. Input: a file can't be read.
pub fn load(named: Option<&Path>) -> Result<Loaded, Error> {
    let environment = environment();
    let mut faults = environment.faults;
    let named = named.map(Path::to_path_buf).or(environment.config.map(PathBuf::from));
    let mut files: Vec<File> = Vec::new();
    for found in find(named.as_deref())? {
        files.extend(one(&found, &mut faults)?);
    }
    let configuration = Configuration { files, variables: environment.entries, warnings: environment.warnings };
    for job in configuration.files.iter().flat_map(|file| &file.jobs) {
        let Some((name, place)) = &job.profile else { continue };
        let names = configuration.profiles();
        if !names.contains(&name.as_str()) {
            let like = nearest(&names, name).map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
            faults.push(Fault { place: Some(place.clone()), what: format!("there is no profile `{name}`{like}") });
        }
    }
    let number = |file: &Path| configuration.files.iter().position(|read| read.path == file);
    faults.sort_by_key(|fault| fault.place.as_ref().map(|place| (number(&place.file), place.line)));
    Ok(Loaded { configuration, faults })
}

fn one(found: &Found, faults: &mut Vec<Fault>) -> Result<Option<File>, Error> {
    match text::read(&found.path).map_err(|e| Error::io("read", &found.path, e))? {
        Ok(text) => Ok(Some(read(found, &text, faults))),
        Err(fault) => {
            faults.push(fault);
            Ok(None)
        }
    }
}

//! A look at several jobs before the first of them runs: what is wrong with the last one must not come out after hours.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pagemill::config::flags::{Commands, Said};
use pagemill::error::Error;
use pagemill::job::places;
use pagemill::sink::{Target, whole_path};

use super::convert;
use super::parser::Typed;
use super::paths::file;
use super::request::Request;

/// A job with its flags.
pub struct Named {
    pub name: String,
    pub said: Said,
}

/// What is wrong, and with which job.
pub struct Fault {
    pub job: String,
    pub error: Error,
}

/// What the jobs that were looked at will do.
#[derive(Default)]
struct Plans<'j> {
    /// The files that they write, with the jobs.
    files: Vec<(PathBuf, &'j str)>,
    /// The folders that they write into.
    folders: Vec<PathBuf>,
    /// The one that reads standard input.
    reader: Option<&'j str>,
}

/// Checks all jobs: flags, inputs, outputs, and whether two of them get into each other's way. What an earlier job
/// writes, a later one may read.
///
/// # Errors
/// The first job that can't run as it is.
pub fn check(jobs: &[Named]) -> Result<(), Fault> {
    let mut plans = Plans::default();
    for job in jobs {
        plans.add(job).map_err(|error| Fault { job: job.name.clone(), error })?;
    }
    Ok(())
}

impl<'j> Plans<'j> {
    fn add(&mut self, job: &'j Named) -> Result<(), Error> {
        let said = &job.said;
        let typed = Typed { said: said.clone(), operands: Vec::new() };
        let mut named = said.values("input").chain(said.values("files-from")).map(Path::new);
        let request = if said.path("files-from") == Some(Path::new("-")) {
            // The list can be read only once.
            self.reads_stdin(job)?;
            None
        } else {
            match convert::asked(typed, Commands::CONVERT, false) {
                // A pattern may mean files that an earlier job writes.
                Err(_) if named.any(|input| self.may_make(input)) => None,
                request => Some(request?),
            }
        };
        let mut written: Vec<PathBuf> = ["output", "quarantine", "report"]
            .into_iter()
            .filter_map(|flag| said.path(flag).and_then(file).map(Path::to_path_buf))
            .collect();
        if let Some(mut request) = request {
            if request.see.explain {
                return Ok(());
            }
            self.look(&mut request, job)?;
            if let Some((batch, folder)) =
                request.batch.as_ref().and_then(|batch| Some((batch, batch.out_dir.as_deref()?)))
            {
                written.extend(places(&batch.sources, folder, &request.settings, batch.keep_going)?);
            }
        }
        for path in written {
            let place = whole(&path);
            if let Some((_, other)) = self.files.iter().find(|(file, other)| *file == place && *other != job.name) {
                return Err(Error::usage(format!(
                    "jobs `{other}` and `{}` would both write {}\n  Give each an output of its own.",
                    job.name,
                    path.display()
                )));
            }
            if fs::metadata(&path).is_ok_and(|found| found.is_file()) {
                Target::check(&path, said.has("force"))?;
            }
            self.files.push((place, &job.name));
        }
        self.folders.extend(said.path("out-dir").map(whole));
        Ok(())
    }

    /// Looks at what a job reads.
    fn look(&mut self, request: &mut Request, job: &'j Named) -> Result<(), Error> {
        if request.batch.is_none() {
            request.resolve_formats()?;
        }
        let sources: Vec<&Path> = match &request.batch {
            Some(batch) => batch.sources.iter().map(|source| &*source.path).collect(),
            None => vec![&request.source],
        };
        for source in sources {
            let Some(path) = file(source) else {
                self.reads_stdin(job)?;
                continue;
            };
            match fs::metadata(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.makes(path) => {}
                found => _ = found.map_err(|e| Error::io("open", path, e))?,
            }
        }
        Ok(())
    }

    /// Only one job can read standard input.
    fn reads_stdin(&mut self, job: &'j Named) -> Result<(), Error> {
        match self.reader.replace(&job.name) {
            None => Ok(()),
            Some(other) => Err(Error::usage(format!(
                "jobs `{other}` and `{}` both read standard input, which can be read only once",
                job.name
            ))),
        }
    }

    /// Whether one of these jobs writes this file, or into the folder that it is in.
    fn makes(&self, path: &Path) -> bool {
        let place = whole(path);
        self.files.iter().any(|(file, _)| *file == place) || self.folders.iter().any(|folder| place.starts_with(folder))
    }

    /// Whether a path or pattern may mean what one of these jobs writes.
    fn may_make(&self, input: &Path) -> bool {
        let is_wild = |path: &Path| path.to_string_lossy().contains(['*', '?', '[']);
        let fixed = input.ancestors().find(|path| !is_wild(path)).filter(|path| !path.as_os_str().is_empty());
        let fixed = whole(fixed.unwrap_or(Path::new(".")));
        self.files.iter().map(|(file, _)| file).chain(&self.folders).any(|made| made.starts_with(&fixed))
    }
}

/// A path from the root, without links; folders that are not there yet are part of it.
fn whole(path: &Path) -> PathBuf {
    let found = whole_path(path);
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if found.is_relative() && !folder.as_os_str().is_empty() => whole(folder).join(name),
        _ => found,
    }
}

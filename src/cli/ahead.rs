//! A look at several jobs before the first of them runs: what is wrong with the last one must not come out after hours.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pagemill::config::flags::Said;
use pagemill::error::Error;
use pagemill::job::places;
use pagemill::sink::{Target, whole_path};

use super::named;
use super::parser::Typed;
use super::paths::file;
use super::request::{METRICS, Request, See};

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

/// A file that a job writes.
struct Written<'j> {
    place: PathBuf,
    job: &'j str,
    /// It is there for what runs now, so the next job may write it too.
    is_of_now: bool,
}

/// What the jobs that were looked at will do.
#[derive(Default)]
struct Plans<'j> {
    /// The files that they write.
    files: Vec<Written<'j>>,
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
        let mut paths = said.values("input").chain(said.values("files-from")).map(Path::new);
        let request = if said.path("files-from") == Some(Path::new("-")) {
            // The list can be read only once.
            self.reads_stdin(job)?;
            None
        } else {
            match named::asked(typed) {
                // A pattern may mean files that an earlier job writes.
                Err(_) if paths.any(|input| self.may_make(input)) => None,
                request => Some(request?),
            }
        };
        let (written, beside) = match request {
            Some(mut request) => {
                if request.see.explain {
                    return Ok(());
                }
                self.look(&mut request, job)?;
                let batch = request.batch.as_ref().and_then(|batch| Some((batch, batch.out_dir.as_deref()?)));
                let places = match batch {
                    Some((batch, folder)) => places(&batch.sources, folder, &request.settings, batch.keep_going)?,
                    None => Vec::new(),
                };
                (request.written(places), request.see)
            }
            // What it reads is not there yet, so where each output goes is not known.
            None => {
                let named = ["output", "quarantine"].into_iter().filter_map(|flag| said.path(flag));
                (named.map(Path::to_path_buf).collect(), See::of(said)?)
            }
        };
        let force = said.has("force");
        for path in written.iter().filter_map(|path| file(path)) {
            self.writes(path, job, false)?;
            if fs::metadata(path).is_ok_and(|found| found.is_file()) {
                Target::check(path, force)?;
            }
        }
        for (flag, path) in beside.files() {
            let is_of_now = flag == METRICS;
            path.and_then(file).map_or(Ok(()), |path| self.writes(path, job, is_of_now))?;
        }
        beside.may_write(force)?;
        self.folders.extend(said.path("out-dir").map(whole));
        Ok(())
    }

    /// Notes a file that a job writes; no other one may.
    fn writes(&mut self, path: &Path, job: &'j Named, is_of_now: bool) -> Result<(), Error> {
        let new = Written { place: whole(path), job: &job.name, is_of_now };
        let clash = |old: &&Written| old.place == new.place && old.job != new.job && !(old.is_of_now && is_of_now);
        if let Some(other) = self.files.iter().find(clash) {
            return Err(Error::usage(format!(
                "jobs `{}` and `{}` would both write {}\n  Give each a file of its own.",
                other.job,
                job.name,
                path.display()
            )));
        }
        self.files.push(new);
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
        self.files.iter().any(|file| file.place == place) || self.folders.iter().any(|folder| place.starts_with(folder))
    }

    /// Whether a path or pattern may mean what one of these jobs writes.
    fn may_make(&self, input: &Path) -> bool {
        let is_wild = |path: &Path| path.to_string_lossy().contains(['*', '?', '[']);
        let fixed = input.ancestors().find(|path| !is_wild(path)).filter(|path| !path.as_os_str().is_empty());
        let fixed = whole(fixed.unwrap_or(Path::new(".")));
        self.files.iter().map(|file| &file.place).chain(&self.folders).any(|made| made.starts_with(&fixed))
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

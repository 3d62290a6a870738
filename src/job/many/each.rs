//! Many sources, a target for each.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::error::{Error, ErrorClass, Result};
use crate::job::many::names::less_names;
use crate::job::settings::Settings;
use crate::job::single::Job;
use crate::job::spec::SourceSpec;
use crate::job::sum::Sum;
use crate::metrics::{FileReport, Report};
use crate::sink::TargetSpec;

/// Conversions of many sources, each to a file of its own; they run one after the other. [`places`](crate::job::places)
/// finds names for the targets.
///
/// ```
/// use pagemill::job::Each;
///
/// let folder = tempfile::tempdir()?;
/// let path = |name: &str| folder.path().join(name);
/// std::fs::write(path("a.csv"), "id\n1\n")?;
/// std::fs::write(path("b.csv"), "name\nx\n")?;
/// let report = Each::new([(path("a.csv"), path("out/a.ndjson")), (path("b.csv"), path("out/b.ndjson"))]).run()?;
/// assert_eq!(std::fs::read(path("out/b.ndjson"))?, b"{\"name\":\"x\"}\n");
/// assert_eq!((report.files.len(), report.records_out), (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct Each {
    /// Each source with the file that it becomes. Missing folders of targets are made.
    pairs: Vec<(SourceSpec, PathBuf)>,
    /// Everything else.
    pub settings: Settings,
    /// A source that fails is reported, and the others are still converted.
    pub keep_going: bool,
}

impl Each {
    /// Conversions with the default settings.
    pub fn new<S: Into<SourceSpec>>(pairs: impl IntoIterator<Item = (S, PathBuf)>) -> Each {
        let pairs = pairs.into_iter().map(|(source, target)| (source.into(), target)).collect();
        Each { pairs, settings: Settings::default(), keep_going: false }
    }

    /// Changes the settings.
    pub fn with(mut self, change: impl FnOnce(&mut Settings)) -> Each {
        change(&mut self.settings);
        self
    }

    /// Goes on after a source that fails.
    pub fn keep_going(mut self, keep_going: bool) -> Each {
        self.keep_going = keep_going;
        self
    }

    /// Runs the conversions. Targets of those that succeed stay, whatever happens to the others.
    ///
    /// # Errors
    /// The first failure; with [`keep_going`](Self::keep_going) failures are in [`Report::files`].
    pub fn run(self) -> Result<Report> {
        let started = Instant::now();
        if self.settings.quarantine.is_some() {
            return Err(Error::usage(
                "⟨quarantine⟩ names one file, but each output has its own quarantine next to it\n  Leave out ⟨quarantine⟩.",
            ));
        }
        if !self.settings.sort.is_empty() {
            return Err(Error::usage("⟨sort⟩ is for one output\n  Sort the inputs one by one."));
        }
        let memory_limit = self.settings.memory_limit;
        let now = |(source, target): (SourceSpec, PathBuf)| Ok((source.now(&self.settings)?, target));
        let pairs = self.pairs.into_iter().map(now).collect::<Result<Vec<_>>>()?;
        let names = pairs.iter().map(|(source, target)| source.name().as_os_str().len() + target.as_os_str().len());
        let settings = less_names(self.settings, names)?;
        let mut sum = Sum::new(settings.progress.as_ref());
        let mut files = Vec::with_capacity(pairs.len());
        for (source, target) in pairs {
            let name = source.name().to_path_buf();
            let warnings = sum.warnings.len();
            match one(source, target.clone(), &settings, &mut sum) {
                Ok(file) => files.push(file),
                Err(error) if self.keep_going && error.class() != ErrorClass::Stopped => {
                    sum.registry.forget();
                    files.push(FileReport {
                        error: Some(Arc::new(error.in_file(&name))),
                        source: name.clone(),
                        target: Some(target),
                        ..FileReport::default()
                    });
                }
                Err(error) => return Err(error.in_file(&name)),
            }
            for warning in &mut sum.warnings[warnings..] {
                *warning = warning.clone().of(name.display());
            }
        }
        sum.refuse_names(settings.strict)?;
        Ok(Report { files, elapsed: started.elapsed(), ..sum.report(memory_limit) })
    }
}

fn one(source: SourceSpec, target: PathBuf, settings: &Settings, sum: &mut Sum) -> Result<FileReport> {
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
    }
    let job = Job { source, target: TargetSpec::Path(target), settings: settings.clone() };
    Ok(job.run_into(sum, false)?.0)
}

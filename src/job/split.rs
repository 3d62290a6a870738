//! One output that becomes many files.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::flow::split::By;
use crate::job::settings::Settings;
use crate::job::single::Job;
use crate::job::spec::SourceSpec;
use crate::metrics::Report;
use crate::sink::TargetSpec;

/// A conversion whose output is split into many files. Each has a header of its own, if the format has one, and its records
/// are in the order of the sources. A file appears under its name when it is whole.
///
/// ```
/// use pagemill::job::{By, Split};
///
/// let folder = tempfile::tempdir()?;
/// let path = |name: &str| folder.path().join(name);
/// std::fs::write(path("a.csv"), "id,city\n1,Bern\n2,Rome\n3,Bern\n")?;
/// let split = Split::new([path("a.csv")], path("out/{part}.csv"), By::Field("city".to_owned()));
/// let report = split.run()?;
/// assert_eq!(std::fs::read_to_string(path("out/Bern.csv"))?, "id,city\n1,Bern\n3,Bern\n");
/// assert_eq!((report.parts.len(), report.parts[1].records), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct Split {
    /// Where the bytes come from, in this order.
    pub sources: Vec<SourceSpec>,
    /// The path of the files: `{part}` stands for the name of each, which is one file in one folder, whatever values
    /// records have.
    pub template: PathBuf,
    /// What decides which file a record goes to.
    pub by: By,
    /// Everything else. There is one worker.
    pub settings: Settings,
}

impl Split {
    /// A split with the default settings.
    pub fn new<S: Into<SourceSpec>>(
        sources: impl IntoIterator<Item = S>,
        template: impl Into<PathBuf>,
        by: By,
    ) -> Split {
        let sources = sources.into_iter().map(Into::into).collect();
        Split { sources, template: template.into(), by, settings: Settings::default() }
    }

    /// Changes the settings.
    pub fn with(mut self, change: impl FnOnce(&mut Settings)) -> Split {
        change(&mut self.settings);
        self
    }

    /// Runs it.
    ///
    /// # Errors
    /// Those of [`Job::run`]. Files that were whole before stay; none is there in part.
    pub fn run(self) -> Result<Report> {
        let Split { sources, template, by, settings } = self;
        if matches!(by, By::Records(0) | By::Size(0)) {
            return Err(Error::usage("a part has room for at least one record or byte"));
        }
        if !settings.sort.is_empty() {
            return Err(Error::usage("⟨sort⟩ is for one output\n  Sort into one file, and split that."));
        }
        let mut many = Job::many(sources, TargetSpec::Path(template)).with(|own| *own = settings);
        many.split = Some(by);
        many.run()
    }
}

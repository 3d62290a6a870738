//! What many sources become.

use crate::flow::split::By;
use crate::job::settings::Settings;
use crate::job::single::Job;
use crate::job::spec::SourceSpec;
use crate::sink::TargetSpec;

/// A conversion of many sources into one target: their records follow each other in one array, under one header.
///
/// Sources in columns must all have the same columns, in any order, unless [`ColumnsFrom`] says otherwise. A last line
/// without a line break gets one when another source follows.
///
/// ```
/// use pagemill::job::ColumnsFrom;
/// use pagemill::{Format, Job, SourceSpec, TargetSpec};
///
/// let sources = ["id,name\n1,Ada\n", "name,id\nGrace,2\n"].map(SourceSpec::bytes);
/// let report = Job::many(sources, TargetSpec::Memory).with(|settings| settings.from = Some(Format::Csv)).run()?;
/// assert_eq!(report.output, b"id,name\n1,Ada\n2,Grace\n");
///
/// let sources = ["id,name\n1,Ada\n", "id,born\n2,1906\n"].map(SourceSpec::bytes);
/// let report = Job::many(sources, TargetSpec::Memory)
///     .with(|settings| {
///         settings.from = Some(Format::Csv);
///         settings.to = Some(Format::Ndjson);
///         settings.columns = ColumnsFrom::Union;
///     })
///     .run()?;
/// assert_eq!(report.output, b"{\"id\":1,\"name\":\"Ada\"}\n{\"id\":2,\"born\":1906}\n");
/// assert_eq!(report.files[1].records_out, 1);
/// # Ok::<(), pagemill::Error>(())
/// ```
#[non_exhaustive]
pub struct Many {
    /// Where the bytes come from, in this order. Files are opened one at a time; anything else stays open after the
    /// look at the columns.
    pub sources: Vec<SourceSpec>,
    /// Where the bytes go.
    pub target: TargetSpec,
    /// Everything else.
    pub settings: Settings,
    /// A source that fails is reported, nothing of it is written, and the others are still converted. Needs a target
    /// that can be truncated: a file that is not compressed, or memory.
    pub keep_going: bool,
    /// The target's path is that of many files.
    pub(crate) split: Option<By>,
}

impl Job {
    /// Many sources into one target, with the default settings.
    pub fn many<S: Into<SourceSpec>>(sources: impl IntoIterator<Item = S>, target: impl Into<TargetSpec>) -> Many {
        let sources = sources.into_iter().map(Into::into).collect();
        Many { sources, target: target.into(), settings: Settings::default(), keep_going: false, split: None }
    }
}

impl Many {
    /// Changes the settings.
    pub fn with(mut self, change: impl FnOnce(&mut Settings)) -> Many {
        change(&mut self.settings);
        self
    }

    /// Goes on after a source that fails.
    pub fn keep_going(mut self, keep_going: bool) -> Many {
        self.keep_going = keep_going;
        self
    }
}

//! Jobs that begin anew.
//!
//! Where a key on the way to the records of a document is there twice, the last one counts. It may come after all records
//! of the first, and to look for it would take as long as reading the records. So a run takes the first array to be the
//! one, and ends when it finds a second. Nothing of the first one may stay: the job is run again, with a look at the
//! whole source before.

use crate::error::{Error, Result};
use crate::fold::records::Records;
use crate::job::opened::Opened;
use crate::job::pass::How;
use crate::job::settings::{Checkpoint, OnError, Settings};
use crate::job::spec::SourceSpec;
use crate::metrics::Registry;
use crate::sink::{Target, TargetSpec};

/// Runs a job, and if records that don't count were read, the second job, which is the same with the settings for that.
pub(crate) fn begin_anew<J, T>(job: J, again: Option<J>, mut run: impl FnMut(J) -> Result<T>) -> Result<T> {
    match (run(job), again) {
        (Err(error), Some(again)) if error.is_superseded() => run(again),
        (outcome, _) => outcome,
    }
}

/// The settings of a second run, if there can be one: nothing can be taken back of what was written elsewhere than into a
/// file.
pub(crate) fn settings(settings: &Settings) -> Option<Settings> {
    let possible = settings.options.records_at.is_some() && !settings.strict && !settings.looks_ahead;
    let quarantine = settings.quarantine.clone().is_none_or(|place| TargetSpec::Path(place).again(false).is_some());
    // A checkpoint does not say which arrays don't count.
    let again = || Settings { looks_ahead: true, resume: false, checkpoint: Checkpoint::Off, ..settings.clone() };
    (possible && quarantine).then(again)
}

/// All of these sources, if they can be read again.
pub(crate) fn sources<'s>(sources: impl IntoIterator<Item = &'s SourceSpec>) -> Option<Vec<SourceSpec>> {
    sources.into_iter().map(SourceSpec::again).collect()
}

/// A target that can be written once more; `late`: nothing is written before the source has ended.
pub(crate) fn target(target: &TargetSpec, settings: &Settings) -> Option<TargetSpec> {
    let totals = settings.aggregate.as_ref().is_some_and(|aggregate| !aggregate.is_live());
    target.again(totals || settings.fold.is_some() || !settings.sort.is_empty())
}

impl Opened<'_> {
    /// Looks at the whole source, if a run before this one read records that don't count. Errors in the data are left for
    /// the run to report.
    pub(crate) fn look_ahead(&mut self) -> Result<()> {
        if !self.settings.looks_ahead || !self.source.is_repeatable() || !self.reading.look_ahead(true) {
            return Ok(());
        }
        let how = How { on_error: OnError::Skip, strict: false, tries: false, ledger: None, resumable: None };
        let outcome = self.fold_by(how, Records::default(), &Target::memory(), &Registry::new()).0;
        self.reading.look_ahead(false);
        if std::mem::take(&mut self.begun) {
            self.rewind()?;
        }
        match outcome {
            // Nothing was converted yet.
            Err(error) if error.stopped_at().is_some() => Err(Error::stopped(None)),
            Err(error) if error.position().is_none() => Err(error),
            _ => Ok(()),
        }
    }
}

//! A job: a source, settings, a target.

use super::settings::{Settings, SourceSpec, TargetSpec};
use crate::error::Error;
use crate::metrics::Report;

/// A conversion that is ready to run.
pub struct Job {
    /// Where bytes come from.
    pub source: SourceSpec,
    /// Where bytes go.
    pub target: TargetSpec,
    /// Everything else.
    pub settings: Settings,
}

impl Job {
    /// Says how the job would run, without running it: the memory plan and the concrete choices.
    pub fn explain(self) -> Result<String, Error> {
        unimplemented!()
    }

    /// Runs the job.
    pub fn run(self) -> Result<Report, Error> {
        unimplemented!()
    }
}

//! How a pass over a source is made, and its outcome.

use std::path::PathBuf;

use crate::flow::feed::Paused;
use crate::flow::order::reached::Place;
use crate::flow::totals::Totals;
use crate::fold::pen::Written;
use crate::job::settings::OnError;
use crate::memory::audit;
use crate::metrics::{Counted, Events, FileReport, SourceIdentity};
use crate::quarantine::Ledger;
use crate::resume::Resumable;
use crate::source::Source;

/// The outcome of a run.
pub(crate) struct Run {
    /// The result over all records, if that was written.
    pub written: Option<Written>,
    pub totals: Totals,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How far the output is, without what follows the records.
    pub place: Place,
    /// The heap just before the first slice.
    pub ready: audit::Counts,
    /// What was done because memory was scarce.
    pub events: Events,
    /// Where another pass goes on with the source; none: it was read to its end.
    pub paused: Option<Paused>,
}

/// The part of a source that a pass is about.
#[derive(Default)]
pub(crate) struct Stretch {
    /// Where it begins; none: with the first record.
    pub from: Option<Paused>,
    /// What there was before it.
    pub totals: Totals,
    /// What of that was counted in this run.
    pub counted: Counted,
    /// It ends with the slice in which this offset is; none: with the source.
    pub until: Option<u64>,
    /// An earlier run has read the source to its end: nothing is left to be read, and all of it is counted.
    pub done: bool,
}

impl Run {
    /// One in which nothing was read, because an earlier run had counted this.
    pub fn earlier(bytes_in: u64, bytes_out: u64) -> Run {
        Run {
            written: None,
            totals: Totals::default(),
            bytes_in,
            bytes_out,
            place: Place::after(0),
            ready: audit::counts(),
            events: Events::default(),
            paused: None,
        }
    }

    /// The report on this source alone.
    pub fn file(&self, source: &Source, target: Option<PathBuf>) -> FileReport {
        FileReport {
            source: source.path.clone(),
            identity: identity(source),
            target,
            counts: None,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            records_in: self.totals.records_in,
            records_out: self.totals.records_out,
            records_failed: self.totals.records_failed,
            records_filtered: self.totals.records_filtered,
            quarantine: None,
            delimiter: None,
            error: None,
        }
    }
}

/// Which file a source is, for its report.
pub(crate) fn identity(source: &Source) -> Option<SourceIdentity> {
    let stamp = source.stamp()?;
    Some(SourceIdentity::new(stamp.file_len(), stamp.modified(), stamp.place()))
}

/// How a pass is made.
pub(crate) struct How<'h> {
    /// What a bad record does.
    pub on_error: OnError,
    /// Records that lose something are bad.
    pub strict: bool,
    /// Records that the target refuses are bad, though none is written.
    pub tries: bool,
    /// Where bad records are entered; none: they are only left out.
    pub ledger: Option<&'h mut Ledger>,
    /// Where checkpoints are written, and perhaps read; none: there are none.
    pub resumable: Option<&'h Resumable>,
}

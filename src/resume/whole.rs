//! An output that has its name, though its journal is still there: the run ended before it removed that.

use std::fs::Metadata;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::flow::totals::Totals;
use crate::metrics::{FileReport, Warning, WarningKind};
use crate::resume::memory::Remembered;
use crate::sink::Target;
use crate::source::Stamp;

/// What the journal says last: the output is whole and gets its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Whole {
    /// Which file that is.
    whole: Stamp,
    /// What was counted of all sources.
    pub bytes_in: u64,
    counted: <Totals as Remembered>::State,
    /// The same of each, where there may be several.
    sources: Vec<OfSource>,
}

/// What was counted of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OfSource {
    bytes_in: u64,
    records_in: u64,
    records_out: u64,
    records_failed: u64,
    records_filtered: u64,
}

impl Whole {
    /// This target is going to get its name; none if it is not a file.
    pub fn of(target: &Target, bytes_in: u64, totals: &Totals, files: &[FileReport]) -> Option<Whole> {
        let whole = Stamp::of(&target.metadata()?);
        let source = |file: &FileReport| OfSource {
            bytes_in: file.bytes_in,
            records_in: file.records_in,
            records_out: file.records_out,
            records_failed: file.records_failed,
            records_filtered: file.records_filtered,
        };
        Some(Whole { whole, bytes_in, counted: totals.state(), sources: files.iter().map(source).collect() })
    }

    /// Whether that is this file.
    pub fn is(&self, file: &Metadata) -> bool {
        file.is_file() && self.whole == Stamp::of(file)
    }

    /// How long the output is.
    pub fn len(&self) -> u64 {
        self.whole.file_len()
    }

    /// What was counted.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        totals.recall(&self.counted);
        totals
    }

    /// The same in the reports on the sources.
    pub fn tell(&self, files: &mut [FileReport]) {
        for (file, source) in files.iter_mut().zip(&self.sources) {
            let &OfSource { bytes_in, records_in, records_out, records_failed, records_filtered } = source;
            (file.bytes_in, file.records_in, file.records_out) = (bytes_in, records_in, records_out);
            (file.records_failed, file.records_filtered) = (records_failed, records_filtered);
        }
    }

    /// What is said of it.
    pub fn warning(&self, target: &Path) -> Warning {
        let text = format!(
            "{} was whole already: the earlier run ended after it had written it; nothing was read again, and what that run had left beside it was removed",
            target.display()
        );
        Warning::new(WarningKind::Leftovers, text)
    }
}

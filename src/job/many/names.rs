//! The memory that the names of many sources take.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::job::settings::Settings;
use crate::job::spec::SourceSpec;
use crate::metrics::FileReport;
use crate::plan::outside::Outside;
use crate::plan::sizes::FEW;
use crate::wording::megabytes;

/// The settings with a memory limit that leaves room for the names of the sources, which have these lengths.
pub(super) fn less_names(settings: Settings, names: impl ExactSizeIterator<Item = usize>) -> Result<Settings> {
    // A path is stored in the caller's list (whole and in part), here, and in the report, each time with the cost of an
    // allocation.
    const ALLOCATION: usize = 16;
    let kept = size_of::<FileReport>()
        + size_of::<SourceSpec>()
        + size_of::<usize>()
        + 3 * size_of::<PathBuf>()
        + 4 * ALLOCATION;
    let count = names.len();
    let bytes = names.map(|len| 4 * len + kept).sum::<usize>();
    let limit = settings.memory_limit;
    if bytes > limit / 2 {
        let needed = (bytes * 2).max(100_000);
        return Err(Error::needs_memory(
            needed,
            format!(
                "the list of {count} inputs takes {}, more than half of the memory limit of {}\n  Give ⟨memory_limit {}⟩ or more, or convert fewer inputs at a time.",
                megabytes(bytes),
                megabytes(limit),
                megabytes(needed)
            ),
        ));
    }
    let taken = if bytes > FEW { bytes } else { 0 };
    let outside = Outside { names: taken, ..settings.outside };
    Ok(Settings { memory_limit: limit - taken, outside, ..settings })
}

//! How signals can affect jobs.

use pagemill::{Progress, Stop};

/// How signals can affect jobs.
pub struct Watch {
    pub stop: Stop,
    pub progress: Progress,
}

/// Said when the system refuses memory.
#[cfg(unix)]
pub const NO_MEMORY: &str = "pagemill: the system has no more memory for this process\n  No output file was written, and its temporary file was removed. Lower --memory-limit or --workers, or raise the limit of the process.\n";

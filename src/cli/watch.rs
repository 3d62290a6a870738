//! How signals can affect jobs.

use pagemill::{Progress, Stop};

/// How signals can affect jobs.
pub struct Watch {
    pub stop: Stop,
    pub progress: Progress,
}

//! What signals can do to jobs.

use pagemill::{Progress, Stop};

/// What signals can do to jobs.
pub struct Watch {
    pub stop: Stop,
    pub progress: Progress,
}

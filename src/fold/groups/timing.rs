//! What was asked for about time.

use std::time::Duration;

/// What was asked for about time.
#[derive(Clone, Default)]
pub(super) struct Timing {
    pub window: Option<Duration>,
    pub slide: Option<Duration>,
    pub lateness: Option<Duration>,
    pub emit: Option<Duration>,
    /// The field with the time of a record, and the number of the argument that reads it.
    pub time: Option<(String, usize)>,
}

/// The fields of a window in the result: when it begins, and when it ends.
pub(super) const BOUNDS: [&str; 2] = ["window_start", "window_end"];

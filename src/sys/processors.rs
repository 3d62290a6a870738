//! How many processors this process may use.

use std::sync::OnceLock;

/// How many processors this process may use, by its affinity and its control group. It is asked once: that takes a dozen
/// system calls.
pub fn processors() -> usize {
    static FOUND: OnceLock<usize> = OnceLock::new();
    *FOUND.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

//! What signals do to the command.
//!
//! | signal | |
//! |---|---|
//! | SIGINT, SIGTERM | the job is stopped; what has not ended within a second is ended |
//! | again | the process ends at once, in the handler |
//! | SIGUSR1 | a line about how far the job is |
//! | SIGBUS | a mapped input that shrinks is an error |
//! | SIGABRT | temporary files are removed; for want of memory the command ends as over its ceiling |
//! | SIGXFSZ, SIGPIPE | ignored: a write fails |
//!
//! A job over one small file is over before its progress could matter: there the first signal ends the process at once,
//! and SIGUSR1 is ignored, unless checkpoints were asked for, which a stop completes.

use std::fs;
use std::path::Path;

use pagemill::job::{Checkpoint, Settings};

use super::watch::Watch;

/// Inputs up to this size, in bytes, are read in no time. A listening thread would add a twentieth to the time for 10
/// KB.
const BRIEF: u64 = 64 << 10;

/// Lets signals stop a job, and ask for its progress. `only` is its input, if there is no other; `watched`: somebody wants
/// to see it run.
pub fn attach(settings: &mut Settings, only: Option<&Path>, watched: bool) {
    let resumes = settings.resume || settings.checkpoint == Checkpoint::On;
    let is_small = |path: &Path| fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= BRIEF);
    if !resumes && !watched && only.is_some_and(is_small) {
        end_at_once();
    } else if let Some(watch) = watch() {
        settings.stop = Some(watch.stop.clone());
        settings.progress = Some(watch.progress.clone());
    }
}

/// Handles signals from the first call on. `None` if that is not possible; then signals have their usual effect.
#[cfg(unix)]
pub fn watch() -> Option<&'static Watch> {
    use std::sync::OnceLock;
    static WATCH: OnceLock<Option<Watch>> = OnceLock::new();
    WATCH.get_or_init(super::listener::start).as_ref()
}

#[cfg(not(unix))]
pub fn watch() -> Option<&'static Watch> {
    None
}

/// Lets the first signal end the process.
fn end_at_once() {
    #[cfg(unix)]
    {
        // Without the guard, a file that shrinks ends the process; without the handlers, a signal leaves temporary
        // files.
        let _ = pagemill::sys::guard_maps();
        let _ = pagemill::sys::signals::end_at_first(super::watch::NO_MEMORY);
    }
}

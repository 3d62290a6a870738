//! What signals do to the command.
//!
//! | signal | |
//! |---|---|
//! | SIGINT, SIGTERM | the job is stopped; what does not end by itself is ended within a second |
//! | again | the process ends at once, in the handler |
//! | SIGUSR1 | a line about how far the job is |
//! | SIGBUS | a mapped input that shrinks is an error |
//! | SIGABRT | temporary files are removed; for want of memory the command ends as over its ceiling |
//! | SIGXFSZ, SIGPIPE | ignored: a write fails |
//!
//! A job over one small file is over before anybody could ask how far it is: there the first signal ends the process at
//! once, and SIGUSR1 is ignored, unless checkpoints were asked for, which a stop completes.

use std::fs;
use std::path::Path;

use pagemill::job::{Checkpoint, Settings};
use pagemill::{Progress, Stop};

use super::exit::Exit;

/// What signals can do to jobs.
pub struct Watch {
    pub stop: Stop,
    pub progress: Progress,
}

/// What is read in no time, in bytes. A thread that listens would be a twentieth of the time that 10 KB take.
const BRIEF: u64 = 64 << 10;

/// Lets signals stop a job, and ask how far it is. `only` is its input, if there is no other.
pub fn attach(settings: &mut Settings, only: Option<&Path>) {
    let resumes = settings.resume || settings.checkpoint == Checkpoint::On;
    let is_small = |path: &Path| fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= BRIEF);
    if !resumes && only.is_some_and(is_small) {
        end_at_once();
    } else if let Some(watch) = watch() {
        settings.stop = Some(watch.stop.clone());
        settings.progress = Some(watch.progress.clone());
    }
}

/// The signal that asked for the end: its name, and how the command ends.
pub fn ending() -> Option<(&'static str, Exit)> {
    #[cfg(unix)]
    {
        use pagemill::sys::signals::{Signal, ending};
        let signal = ending()?;
        Some((signal.name(), if signal == Signal::Terminate { Exit::Terminated } else { Exit::Interrupted }))
    }
    #[cfg(not(unix))]
    None
}

/// Handles signals from the first call on. None where that is not possible; then they do what they always do.
#[cfg(unix)]
pub fn watch() -> Option<&'static Watch> {
    use std::sync::OnceLock;
    static WATCH: OnceLock<Option<Watch>> = OnceLock::new();
    WATCH.get_or_init(unix::start).as_ref()
}

#[cfg(not(unix))]
pub fn watch() -> Option<&'static Watch> {
    None
}

/// Lets the first signal end the process.
fn end_at_once() {
    #[cfg(unix)]
    {
        // Without the guard a file that shrinks ends the process, without the handlers a signal leaves temporary files.
        let _ = pagemill::sys::guard_maps();
        let _ = pagemill::sys::signals::end_at_first();
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::time::{Duration, Instant};

    use pagemill::metrics::status;
    use pagemill::sys::{guard_maps, signals, signals::Signals, takes_a_line};
    use pagemill::{Progress, Stop};

    use super::Watch;

    /// What has not ended by itself so long after the first signal is ended.
    const DEADLINE: Duration = Duration::from_millis(800);

    /// The listener does little. One heap for all threads (`M_ARENA_MAX`) would save it a dozen page faults, and no time
    /// that could be measured.
    const STACK: usize = 128 << 10;

    pub fn start() -> Option<Watch> {
        // Without the guard a file that shrinks ends the process, as it would without us.
        let _ = guard_maps();
        let signals = Signals::install().ok()?;
        let watch = Watch { stop: Stop::new(), progress: Progress::new() };
        let (stop, progress) = (watch.stop.clone(), watch.progress.clone());
        // A copy of its own: whoever writes to standard error may hold the lock of the other for long.
        let stderr = std::io::stderr().as_fd().try_clone_to_owned().map(File::from).ok()?;
        let listener = std::thread::Builder::new().name("signals".into()).stack_size(STACK);
        listener.spawn(move || listen(signals, &stop, &progress, &stderr)).ok()?;
        Some(watch)
    }

    fn listen(mut signals: Signals, stop: &Stop, progress: &Progress, stderr: &File) {
        let mut ending: Option<Instant> = None;
        loop {
            let left = ending.map(|since| DEADLINE.saturating_sub(since.elapsed()));
            match signals.next(left) {
                Ok(Some(signals::Signal::Status)) => tell(stderr, &status(&progress.snapshot())),
                Ok(Some(_)) => {
                    stop.request();
                    ending.get_or_insert_with(Instant::now);
                }
                Ok(None) => {}
                Err(_) => return,
            }
            if ending.is_some_and(|since| since.elapsed() >= DEADLINE) {
                let Some((name, exit)) = super::ending() else { return };
                tell(stderr, &format!("ended by {name} in the middle of its work\n  A temporary file was removed."));
                signals::end_at_once(exit as u8);
            }
        }
    }

    /// Says something, unless that would take waiting: signals must go on being heard.
    fn tell(mut stderr: &File, what: &str) {
        if takes_a_line(stderr.as_fd()) {
            let _ = stderr.write_all(format!("pagemill: {what}\n").as_bytes());
        }
    }
}

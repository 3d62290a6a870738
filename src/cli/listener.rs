//! The thread that listens for signals.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pagemill::metrics::status;
use pagemill::sys::{guard_maps, signals, signals::Signals, takes_a_line};
use pagemill::{Progress, Stop};

use super::ending;
use super::screen;
use super::watch::{Later, NO_MEMORY, Watch};

/// If the job has not ended this long after the first signal, the process is ended.
const DEADLINE: Duration = Duration::from_millis(800);

/// After this time a run is one whose progress is of interest.
const LATE: Duration = Duration::from_secs(1);

/// The listener does little. A single heap for all threads (`M_ARENA_MAX`) would save a dozen page faults, and no
/// measurable time.
const STACK: usize = 128 << 10;

pub fn start() -> Option<Watch> {
    // Without the guard, a file that shrinks ends the process, as it would without us.
    let _ = guard_maps();
    let signals = Signals::install(NO_MEMORY).ok()?;
    let watch = Watch { stop: Stop::new(), progress: Progress::new(), later: Arc::default() };
    let (stop, progress, later) = (watch.stop.clone(), watch.progress.clone(), Arc::clone(&watch.later));
    // Its own handle: the lock of the usual one may be held for long by a thread that is writing.
    let stderr = std::io::stderr().as_fd().try_clone_to_owned().map(File::from).ok()?;
    let listener = std::thread::Builder::new().name("signals".into()).stack_size(STACK);
    listener.spawn(move || listen(signals, &stop, &progress, &later, &stderr)).ok()?;
    Some(watch)
}

fn listen(mut signals: Signals, stop: &Stop, progress: &Progress, later: &Later, stderr: &File) {
    let mut ending: Option<Instant> = None;
    let mut late = Some(Instant::now() + LATE);
    loop {
        let left = ending.map(|since| DEADLINE.saturating_sub(since.elapsed()));
        let wait = late.map(|late| late.saturating_duration_since(Instant::now()));
        if wait.is_some_and(|wait| wait.is_zero()) {
            late = None;
            later.is_late();
            continue;
        }
        let left = left.into_iter().chain(wait).min();
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
            let Some(signal) = ending::ending() else { return };
            let removed = if signals::leaves_files() { "\n  A temporary file was removed." } else { "" };
            tell(stderr, &format!("ended by {} in the middle of its work{removed}", signal.name));
            signals::end_at_once(signal.code());
        }
    }
}

/// Writes a message, unless that would block: the thread has to keep listening.
fn tell(mut stderr: &File, what: &str) {
    screen::try_aside(|| {
        if takes_a_line(stderr.as_fd()) {
            let _ = stderr.write_all(format!("pagemill: {what}\n").as_bytes());
        }
    });
}

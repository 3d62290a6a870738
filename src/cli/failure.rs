//! What is said when a command fails.

use std::sync::atomic::{AtomicBool, Ordering};

use pagemill::error::{Error, ErrorClass};

use super::console;
use super::dashboard;
use super::ending;
use super::exit::Exit;
use super::worded::worded;

/// Whether the records of the last run go to standard output.
static TO_STANDARD_OUTPUT: AtomicBool = AtomicBool::new(false);

/// A run begins whose records go to standard output, or do not.
pub fn to_standard_output(they_do: bool) {
    TO_STANDARD_OUTPUT.store(they_do, Ordering::Relaxed);
}

/// Reports an error, and says how the command ends.
pub fn fail(error: &Error) -> Exit {
    match ending::ending() {
        Some(signal) if error.can_resume() => console::error(format_args!("{}: {}", signal.name, worded(error))),
        Some(signal) if error.class() == ErrorClass::Stopped => console::error(format_args!(
            "{} ({})\n  {}",
            worded(error),
            signal.name,
            match TO_STANDARD_OUTPUT.load(Ordering::Relaxed) {
                true => "What was written to standard output stays, and is not the whole.",
                false => "No output file was written, and its temporary file was removed.",
            }
        )),
        // A reader that went away has got what it wanted.
        _ if error.is_broken_pipe() => {}
        _ => console::error(worded(error)),
    }
    dashboard::failed(error);
    Exit::of(error)
}

//! What is said when a command fails.

use pagemill::error::{Error, ErrorClass};

use super::console;
use super::dashboard;
use super::ending;
use super::exit::Exit;
use super::worded::worded;

/// Reports an error, and says how the command ends.
pub fn fail(error: &Error) -> Exit {
    match ending::ending() {
        Some(signal) if error.can_resume() => console::error(format_args!("{}: {}", signal.name, worded(error))),
        Some(signal) if error.class() == ErrorClass::Stopped => console::error(format_args!(
            "{} ({})\n  No output file was written, and its temporary file was removed.",
            worded(error),
            signal.name
        )),
        // A reader that went away has got what it wanted.
        _ if error.is_broken_pipe() => {}
        _ => console::error(worded(error)),
    }
    dashboard::failed(error);
    Exit::of(error)
}

//! What is written to standard error and standard output.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use pagemill::error::Error;
use pagemill::wording::counted;

use super::exit::Exit;
use super::screen;

const RED: &str = "31";
const YELLOW: &str = "33";

/// Reports that something failed.
pub fn error(what: impl Display) {
    say(RED, "", &what);
}

/// Reports what the user should know although nothing failed.
pub fn warning(what: impl Display) {
    say(YELLOW, "warning: ", &what);
}

/// Reports that a rule about the run was met, or is not any more.
pub fn alert(what: impl Display) {
    say(YELLOW, "alert: ", &what);
}

/// Warns about bad records that were left out: which quarantine they went to, and how many other quarantines there are.
pub fn left_out(count: u64, bytes: u64, quarantine: Option<&Path>, others: usize) {
    let place = quarantine.map(|path| format!(" and put into {}", path.display())).unwrap_or_default();
    let others = if others == 0 { String::new() } else { format!(" and {}", counted(others as u64, "other file")) };
    if count > 0 {
        let was = if count == 1 { "was" } else { "were" };
        let (records, bytes) = (counted(count, "bad record"), counted(bytes, "byte"));
        warning(format_args!("{records} ({bytes}) {was} left out{place}{others}"));
    }
}

/// A message was lost: standard error is closed, or writing to it failed.
static UNHEARD: AtomicBool = AtomicBool::new(false);

/// Writes text to standard error as it is.
pub fn note(text: &str) {
    let write = || pagemill::sys::check_stderr().and_then(|()| io::stderr().lock().write_all(text.as_bytes()));
    let written = screen::aside(write);
    if written.is_err() {
        UNHEARD.store(true, Relaxed);
    }
}

/// Whether a message was lost: then only the exit code can tell.
pub fn is_unheard() -> bool {
    UNHEARD.load(Relaxed)
}

/// Writes to standard output.
///
/// # Errors
/// The write failed; a broken pipe is an error like any other here.
pub fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    let write =
        || pagemill::sys::check_stdout().and_then(|()| stdout.write_all(text.as_bytes())).and_then(|()| stdout.flush());
    screen::aside(write).map_err(|e| Error::io("write", "standard output", e))
}

fn say(color: &str, kind: &str, what: &dyn Display) {
    let start = if io::stderr().is_terminal() && pagemill::sink::ends_amid_line() { "\n" } else { "" };
    // One write, so that the lines of two processes do not mix.
    note(&match has_colors() {
        true => format!("{start}\x1b[1;{color}mpagemill:\x1b[0m {kind}{what}\n"),
        false => format!("{start}pagemill: {kind}{what}\n"),
    });
}

fn has_colors() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    has_cursor() && !is_set("NO_COLOR")
}

/// Whether standard error is a terminal that does more than print.
pub fn has_cursor() -> bool {
    io::stderr().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether a thread panicked because the standard library found no memory for its alternative stack: it has no other
/// way to report that.
fn has_no_stack(panic: &str) -> bool {
    panic.starts_with("failed to") && panic.contains("alternative stack")
}

/// Makes a bug print what it is and how to report it, instead of a backtrace.
pub fn catch_bugs() {
    std::panic::set_hook(Box::new(|panic| {
        if pagemill::sys::is_caught() {
            return;
        }
        let place = panic.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let what = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        pagemill::sys::remove_leftovers();
        if has_no_stack(what) {
            error(format_args!(
                "there is no memory for a thread: {what}\n  Lower --workers, or raise the limit of the address space."
            ));
            std::process::exit(Exit::MemoryCeiling as i32);
        }
        error(format_args!(
            "a bug in pagemill: {what}{place}\n  No output file was finished. Please report this line and the command."
        ));
        // Other threads may be waiting for this one, so nothing is unwound.
        std::process::exit(101);
    }));
}

#[cfg(test)]
mod tests {
    use super::has_no_stack;

    #[test]
    fn a_thread_without_a_stack_is_no_bug() {
        assert!(has_no_stack("failed to allocate an alternative stack: Cannot allocate memory (os error 12)"));
        assert!(has_no_stack("failed to set up alternative stack guard page: Cannot allocate memory (os error 12)"));
        assert!(!has_no_stack("index out of bounds: the len is 3 but the index is 3"));
    }
}

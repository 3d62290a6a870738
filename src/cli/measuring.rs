//! What the commands that measure have in common.

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::time::Duration;

use pagemill::config::flags::Said;
use pagemill::config::parse_duration;
use pagemill::error::Error;

use super::console;

/// The time that `--time-limit` gives, or the usual one.
///
/// # Errors
/// Usage: it is no time, or none at all.
pub fn time_limit(said: &Said, usual: Duration) -> Result<Duration, Error> {
    let Some(text) = said.text("time-limit")? else { return Ok(usual) };
    parse_duration(text).filter(|limit| !limit.is_zero()).ok_or_else(|| {
        Error::usage(format!("--time-limit: `{text}` is not a time\n  Write it as 500ms, 30s, 5m or 1h."))
    })
}

/// Says what is being done: in a line that the next one replaces, where somebody sees it.
pub struct Progress {
    /// Each is a line of its own, wherever it goes.
    plain: bool,
    quiet: bool,
    /// How long the last line was.
    last: Cell<usize>,
}

impl Progress {
    pub fn new(plain: bool, quiet: bool) -> Progress {
        Progress { plain, quiet, last: Cell::new(0) }
    }

    pub fn say(&self, what: &str) {
        const LONGEST: usize = 78;
        if self.plain {
            console::note(&format!("pagemill: {what}\n"));
        } else if !self.quiet && io::stderr().is_terminal() && console::has_cursor() {
            let line: String = what.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            let length = line.chars().count();
            let blanks = " ".repeat(self.last.get().saturating_sub(length));
            console::note(&format!("\r{line}{blanks}"));
            self.last.set(length);
        }
    }

    /// Removes the line.
    pub fn clear(&self) {
        let last = self.last.take();
        if last > 0 {
            console::note(&format!("\r{}\r", " ".repeat(last)));
        }
    }
}

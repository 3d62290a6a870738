//! How the command ends.

use std::process::ExitCode;

use pagemill::error::{Error, ErrorClass};

use super::ending::ending;

/// The exit codes. They are a promise: scripts depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[cfg_attr(not(test), allow(dead_code))] // Resuming comes with checkpoints.
pub enum Exit {
    /// Everything was done.
    Done = 0,
    /// The input is not valid in its format, or the target can't hold it. Also: an audit found allocations.
    BadData = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// Reading or writing failed.
    InputOutput = 3,
    /// The work does not fit below the memory limit.
    MemoryCeiling = 4,
    /// Stopped before the end; it can be resumed.
    Stopped = 5,
    /// SIGINT.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// The exit code for an error. A reader that went away is not a failure.
    pub fn of(error: &Error) -> Exit {
        let ending = || ending().map(|signal| if signal.terminates { Exit::Terminated } else { Exit::Interrupted });
        if error.is_broken_pipe() {
            // The reader may have received the same signal, and ended first.
            return ending().unwrap_or(Exit::Done);
        }
        match error.class() {
            ErrorClass::Data => Exit::BadData,
            ErrorClass::Usage => Exit::Usage,
            ErrorClass::Memory => Exit::MemoryCeiling,
            // Without a checkpoint, there is nothing to resume.
            ErrorClass::Stopped => ending().unwrap_or(Exit::Interrupted),
            // Reading or writing, and what a later library may add.
            _ => Exit::InputOutput,
        }
    }

    /// The exit code of two parts of the work: the first that is not [`Done`](Exit::Done).
    pub fn or(self, other: Exit) -> Exit {
        if self == Exit::Done { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pagemill::error::{Position, RecordError};
    use std::io;

    #[test]
    fn codes_are_those_of_the_documentation() {
        let table = [
            (Exit::Done, 0, "done"),
            (Exit::BadData, 1, "bad data"),
            (Exit::Usage, 2, "usage"),
            (Exit::InputOutput, 3, "input or output"),
            (Exit::MemoryCeiling, 4, "memory limit"),
            (Exit::Stopped, 5, "stopped"),
            (Exit::Interrupted, 130, "SIGINT"),
            (Exit::Terminated, 143, "SIGTERM"),
        ];
        let page = include_str!("../docs/errors.md");
        for (exit, code, meaning) in table {
            assert_eq!(exit as u8, code, "{exit:?}");
            let row = page.lines().find(|line| line.starts_with(&format!("| {code} |")));
            assert!(row.is_some_and(|row| row.contains(meaning)), "the row for {code} says {row:?}");
        }
    }

    #[test]
    fn errors_have_codes() {
        let io = |kind| Error::io("write", "x", io::Error::from(kind));
        let table = [
            (Error::data(Position::default(), RecordError::new(0, "bad")), Exit::BadData),
            (Error::usage("no"), Exit::Usage),
            (io(io::ErrorKind::StorageFull), Exit::InputOutput),
            (io(io::ErrorKind::BrokenPipe), Exit::Done),
            (Error::memory("too low"), Exit::MemoryCeiling),
        ];
        for (error, exit) in table {
            assert_eq!(Exit::of(&error), exit, "{error}");
        }
    }

    #[test]
    fn the_first_failure_stays() {
        assert_eq!(Exit::Done.or(Exit::InputOutput), Exit::InputOutput);
        assert_eq!(Exit::BadData.or(Exit::InputOutput), Exit::BadData);
        assert_eq!(Exit::BadData.or(Exit::Done), Exit::BadData);
    }
}

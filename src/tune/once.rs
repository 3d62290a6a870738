//! One run in another process.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::error::Error;
use crate::sys::Stop;
use crate::sys::child::{Ended, run};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It did its work in this time.
    Took(Duration),
    /// It failed.
    Failed {
        /// Its exit code; none: a signal ended it.
        code: Option<i32>,
        /// What it wrote to standard error.
        said: String,
    },
    /// It took longer than it was given, and was ended.
    TooLong,
}

/// Runs a program once. It reads nothing, and what it prints goes nowhere; `stderr` is a file for what it says.
///
/// # Errors
/// It can't be started; or the stop was requested.
pub fn once(command: &mut Command, stderr: &Path, limit: Duration, stop: Option<&Stop>) -> Result<Ran, Error> {
    let said = File::create(stderr).map_err(|e| Error::io("create", stderr, e))?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
    let took = run(command, limit, stop).map_err(|e| Error::io("run", command.get_program(), e))?;
    if stop.is_some_and(Stop::is_requested) {
        return Err(Error::stopped(None));
    }
    Ok(match took.ended {
        Some(Ended::TooLong | Ended::Stopped) => Ran::TooLong,
        None if took.status.success() => Ran::Took(took.wall),
        None => Ran::Failed { code: took.status.code(), said: fs::read_to_string(stderr).unwrap_or_default() },
    })
}

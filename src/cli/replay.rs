//! `pagemill replay`.

use std::path::{Path, PathBuf};

use pagemill::config::flags::Commands;
use pagemill::error::Error;

use super::convert::refuse_folder;
use super::exit::Exit;
use super::parser::Typed;
use super::paths::file;
use super::request::Request;
use super::signals;

/// Converts the records of a quarantine.
pub fn run(Typed { said, operands }: Typed) -> Result<Exit, Error> {
    let path: PathBuf = operands.into_iter().next().map(PathBuf::from).unwrap_or_default();
    let output = said.path("output").map(Path::to_path_buf);
    refuse_folder(output.as_deref(), Commands::REPLAY)?;
    if file(&path).is_none() {
        return Err(Error::usage(
            "replay reads a file, not standard input\n  Save the quarantine to a file first, and name that.",
        ));
    }
    let mut request = Request::of(said, path, output)?;
    request.check_flags(Commands::REPLAY)?;
    signals::attach(
        &mut request.settings,
        Some(&request.source),
        request.see.live.is_wanted() || request.see.report.is_some(),
    );
    request.replay()
}

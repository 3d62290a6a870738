//! `pagemill replay`.

use std::path::PathBuf;

use clap::Args;
use pagemill::error::Error;

use super::convert::How;
use super::exit::Exit;
use super::flags::{Commands, Given};
use super::signals;

pub const EXAMPLES: &[&str] = &[
    "pagemill convert dirty.csv -o clean.ndjson --on-error quarantine",
    "$EDITOR clean.ndjson.quarantine.ndjson",
    "pagemill replay clean.ndjson.quarantine.ndjson -o repaired.ndjson",
];

pub const NOTES: &str = "\
Every line of a quarantine is a bad record; \"reason\" says what is wrong with it. To repair it add the right record \
as \"text\" (of frames the payload, of an array the value), or change its bytes in \"raw\" (base64). Take away the \
lines of records that are not wanted.

The first line says how the records are read and has to stay, so flags about reading need not be given again; those \
about fields, ops and the output have to. What is still bad is reported with its place in the original file.";

/// The arguments of `replay`.
#[derive(Args, Debug)]
pub struct Replay {
    #[command(flatten)]
    given: Given,
    /// The quarantine, whose records were repaired
    #[arg(value_name = "QUARANTINE")]
    file: PathBuf,
    #[command(flatten)]
    how: How,
}

impl Replay {
    /// Converts the records of the quarantine.
    pub fn run(self) -> Result<Exit, Error> {
        let mut request = self.how.request(self.file)?;
        request.check_flags(Commands::REPLAY, &self.given)?;
        signals::attach(&mut request.settings, Some(&request.source));
        request.replay()
    }
}

//! `pagemill replay`.

use std::path::PathBuf;

use clap::Args;
use pagemill::error::Error;

use super::convert::{How, refuse_folder};
use super::exit::Exit;
use super::flags::{Commands, Given};
use super::request::file;
use super::signals;

pub const EXAMPLES: &[&str] = &[
    "pagemill convert dirty.csv -o clean.ndjson --on-error quarantine",
    "$EDITOR clean.ndjson.quarantine.ndjson",
    "pagemill replay clean.ndjson.quarantine.ndjson -o repaired.ndjson",
];

pub const NOTES: &str = "\
Every line of a quarantine after the first is a bad record; \"reason\" says what is wrong with it. To repair a record, \
add the correct text as \"text\" (for frames the payload, for a JSON array the value), or change its bytes in \"raw\" \
(base64). A record that is not repaired is read as it was and is bad again: delete the lines of records that you do \
not want, or give --on-error skip.

Keep the first line: it says how the records are read, so flags about reading need not be given again. Flags about \
fields, ops and the output have to be given again. What is still bad is reported with its place in the original file.";

/// The arguments of `replay`.
#[derive(Args, Debug)]
pub struct Replay {
    #[command(flatten)]
    given: Given,
    /// The quarantine file with the repaired records
    #[arg(value_name = "QUARANTINE")]
    file: PathBuf,
    #[command(flatten)]
    how: How,
}

impl Replay {
    /// Converts the records of the quarantine.
    pub fn run(self) -> Result<Exit, Error> {
        refuse_folder(self.how.output(), Commands::REPLAY)?;
        if file(&self.file).is_none() {
            return Err(Error::usage(
                "replay reads a file, not standard input\n  Save the quarantine to a file first, and name that.",
            ));
        }
        let mut request = self.how.request(self.file)?;
        request.check_flags(Commands::REPLAY, &self.given)?;
        signals::attach(&mut request.settings, Some(&request.source));
        request.replay()
    }
}

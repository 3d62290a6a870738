//! `pagemill split`.

use pagemill::config::flags::{Commands, Said};
use pagemill::config::{parse_count, parse_size};
use pagemill::error::Error;
use pagemill::job::By;

use super::convert;
use super::exit::Exit;
use super::parser::Typed;
use super::paths::file;

/// Writes one output as many files.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    let by = prepare(&typed)?;
    let mut request = convert::request(typed, Commands::SPLIT, false)?;
    request.split = Some(by);
    request.convert()
}

/// What decides which file a record goes to, if the files have names.
///
/// # Errors
/// Usage: nothing decides it, or the files have no names.
pub fn prepare(typed: &Typed) -> Result<By, Error> {
    let by = by(&typed.said)?;
    if typed.said.path("output").and_then(file).is_none() {
        return Err(Error::usage(
            "split writes many files, and needs their names\n  Give them with -o: {part} is replaced by the name of each, as in -o 'out/{part}.csv'",
        ));
    }
    Ok(by)
}

/// What decides which file a record goes to.
fn by(said: &Said) -> Result<By, Error> {
    if let Some(text) = said.text("records")? {
        return match parse_count(text) {
            Ok(0) => Err(Error::usage("--records: 0 leaves no room for anything; the least is 1")),
            Ok(records) => Ok(By::Records(records)),
            Err(why) => Err(Error::usage(format!("`--records` can't be `{text}`: {why}"))),
        };
    }
    if let Some(text) = said.text("size")? {
        return match parse_size("--size", text)? {
            0 => Err(Error::usage("--size: 0 leaves no room for anything; the least is 1")),
            size => Ok(By::Size(size)),
        };
    }
    match said.text("by")? {
        Some(field) if !field.is_empty() => Ok(By::Field(field.to_owned())),
        _ => Err(Error::usage(
            "split has to know which file a record goes to\n  Give --records N, --size SIZE or --by FIELD.",
        )),
    }
}

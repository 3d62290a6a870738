//! `pagemill aggregate`.

use pagemill::config::flags::Commands;
use pagemill::error::Error;
use pagemill::job::Aggregate;

use super::exit::Exit;
use super::head;
use super::parser::Typed;
use super::request::Request;
use super::worded::worded;

/// Writes totals over all records, or over those of each group.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    head::shown(typed, Commands::AGGREGATE, prepare)
}

/// Makes a request one for totals.
///
/// # Errors
/// Usage: nothing is asked for, or what is contradicts itself.
pub fn prepare(request: &mut Request) -> Result<(), Error> {
    if request.settings.fold.is_some() {
        return Err(Error::usage(
            "`--op wordcount` has no effect: totals of groups are written, not of texts\n  Leave it out, or use convert.",
        ));
    }
    let asked = request.settings.aggregate.get_or_insert_with(Aggregate::new);
    asked.check().map_err(|error| Error::usage(worded(&error)))
}

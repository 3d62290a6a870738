//! `pagemill sort`.

use pagemill::config::flags::Commands;
use pagemill::error::Error;

use super::exit::Exit;
use super::head;
use super::parser::Typed;

/// Sorts records.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    if !typed.said.has("by") {
        return Err(Error::usage(
            "sort has to know the order\n  Give the fields: --by fare:desc:number,name; with :desc for descending, and :text, :number or :date; or :locale=sv, :nocase or :natural for text.",
        ));
    }
    head::shown(typed, Commands::SORT, |_| Ok(()))
}

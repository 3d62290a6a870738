//! `pagemill sort`.

use pagemill::config::flags::{Commands, Said};
use pagemill::error::Error;

use super::exit::Exit;
use super::head;
use super::parser::Typed;

/// Sorts records.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    is_said(&typed.said)?;
    head::shown(typed, Commands::SORT, |_| Ok(()))
}

/// Refuses to sort without an order.
///
/// # Errors
/// Usage: no order is said.
pub fn is_said(said: &Said) -> Result<(), Error> {
    if said.has("by") {
        return Ok(());
    }
    Err(Error::usage(
        "sort has to know the order\n  Give the fields: --by fare:desc:number,name; with :desc for descending, and :text, :number or :date; or :locale=sv, :nocase or :natural for text.",
    ))
}

//! `pagemill stats`.

use pagemill::config::flags::Commands;
use pagemill::described::Described;
use pagemill::error::Error;
use pagemill::op::Folding;
use pagemill::sys;

use super::answer::{Out, To};
use super::convert;
use super::exit::Exit;
use super::head::cells;
use super::parser::Typed;
use super::request::Request;
use super::table::table;

/// Describes every column.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    let out = Out::of(&typed.said)?;
    let mut request = convert::request(typed, Commands::STATS, false)?;
    prepare(&mut request, out.to)?;
    if out.to.records().is_some() || request.see.explain {
        return request.convert();
    }
    out.check()?;
    let (bytes, exit) = request.run_kept()?;
    let described = Described::of(cells(&bytes));
    out.write(&match out.to {
        To::Html => described.html(&request.names()),
        To::Svg => described.svg(),
        _ => table(&described.table(), out.is_shown().then(sys::output_width).flatten()),
    })?;
    Ok(exit)
}

/// Makes a request one for a description.
///
/// # Errors
/// Usage: words are to be counted.
pub fn prepare(request: &mut Request, to: To) -> Result<(), Error> {
    request.refuse_words()?;
    request.settings.fold = Some(Folding::Stats);
    request.settings.to = Some(to.records().unwrap_or("csv").parse()?);
    Ok(())
}

//! `pagemill stats`.

use pagemill::config::flags::Commands;
use pagemill::described::Described;
use pagemill::error::Error;
use pagemill::op::Folding;
use pagemill::sys;

use super::answer::{Out, To};
use super::convert;
use super::exit::Exit;
use super::head::{PART, cells};
use super::kept::Kept;
use super::parser::Typed;
use super::table::table;

/// Describes every column.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    let out = Out::of(&typed.said)?;
    let mut request = convert::request(typed, Commands::STATS, false)?;
    if request.settings.fold.is_some() {
        return Err(Error::usage(
            "`--op wordcount` has no effect: fields are described, not texts\n  Leave it out, or use convert.",
        ));
    }
    request.settings.fold = Some(Folding::Stats);
    request.settings.to = Some(out.to.records().unwrap_or("csv").parse()?);
    if out.to.records().is_some() || request.see.explain {
        return request.convert();
    }
    out.check()?;
    let kept = Kept::new(request.settings.memory_limit / PART);
    request.kept = Some(kept.clone());
    let outcome = request.run(true);
    kept.check()?;
    let (_, exit) = outcome?;
    let described = Described::of(cells(&kept.take()));
    out.write(&match out.to {
        To::Html => described.html(&request.names()),
        To::Svg => described.svg(),
        _ => table(&described.table(), out.is_shown().then(sys::output_width).flatten()),
    })?;
    Ok(exit)
}

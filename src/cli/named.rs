//! Jobs of a configuration: each does what the command that it names does.

use pagemill::config::flags::Commands;
use pagemill::error::Error;

use super::answer::Out;
use super::exit::Exit;
use super::parser::Typed;
use super::request::Request;
use super::{aggregate, convert, head, schema, sort, split, stats};

/// Runs a job.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    match typed.said.command() {
        Commands::SPLIT => split::run(typed),
        Commands::SORT => sort::run(typed),
        Commands::AGGREGATE => aggregate::run(typed),
        Commands::STATS => stats::run(typed),
        Commands::SCHEMA => schema::run(typed),
        _ => convert::run(typed, false),
    }
}

/// What a job asks for, without running it.
///
/// # Errors
/// Those that running it would begin with.
pub fn asked(mut typed: Typed) -> Result<Request, Error> {
    let command = typed.said.command();
    match command {
        Commands::SPLIT => _ = split::prepare(&typed)?,
        Commands::SORT => sort::is_said(&typed.said)?,
        _ => {}
    }
    if matches!(command, Commands::SORT | Commands::AGGREGATE) && head::is_table(&typed.said)? {
        typed.said.show();
    }
    let mut request = convert::asked(typed, command, false)?;
    match command {
        Commands::AGGREGATE => aggregate::prepare(&mut request)?,
        Commands::STATS => {
            let to = Out::of(&request.said)?.to;
            stats::prepare(&mut request, to)?;
        }
        Commands::SCHEMA => {
            schema::form(&request.said)?;
            schema::prepare(&mut request)?;
        }
        _ => {}
    }
    Ok(request)
}

//! `pagemill completions`.

use clap_complete::Shell;
use pagemill::error::Error;

use super::console;
use super::exit::Exit;
use super::parser::{self, Typed};

/// Prints a script for the shell.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    // The parser has checked it.
    let shell = typed.operands.first().and_then(|shell| shell.to_str()?.parse::<Shell>().ok());
    let shell = shell.ok_or_else(|| Error::usage("there is no completion script for this shell"))?;
    // Into memory first: the generator panics when a write fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut parser::cli(), "pagemill", &mut script);
    console::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

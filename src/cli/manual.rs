//! `pagemill man`.

use clap_mangen::Man;
use pagemill::error::Error;

use super::commands;
use super::console;
use super::exit::Exit;
use super::parser::{self, Typed};

/// Prints the manual page of the program, or of a command.
pub fn run(typed: &Typed) -> Result<Exit, Error> {
    if let Some(flag) = typed.said.names().next() {
        let why = typed.said.command().why_not();
        return Err(Error::usage(format!("`--{flag}` has no effect: {why}\n  Leave it out.")));
    }
    let name = typed.operands.first().map(|name| name.to_string_lossy());
    let man = match name.as_deref() {
        None => Man::new(parser::cli()),
        Some(name) => {
            let Some(entry) = commands::named(name) else {
                let names: Vec<&str> = commands::ALL.iter().map(|entry| entry.name).collect();
                return Err(Error::usage(format!(
                    "there is no command `{name}`\n  The commands are {}.",
                    names.join(", ")
                )));
            };
            let command = clap::Command::new(entry.name).bin_name(format!("pagemill {}", entry.name));
            let notes = format!("Examples:\n  {}\n\n{}", entry.examples.join("\n  "), entry.notes);
            let command = parser::build(entry, command).version(env!("CARGO_PKG_VERSION")).after_help(notes);
            Man::new(command.display_name(format!("pagemill-{}", entry.name)))
        }
    };
    let mut page = Vec::new();
    man.render(&mut page).map_err(|e| Error::io("write", "standard output", e))?;
    console::print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}

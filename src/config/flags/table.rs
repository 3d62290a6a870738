//! The table: all flags, and the check of a command line against it.

use super::commands::Commands;
use super::flag::Flag;
use super::line::{Line, No};
use super::said::Passed;
use super::set_by::SetBy;
use super::{bench, csv, dialect, errors, fields, input, json, past, rows, run};
use crate::error::Error;

/// The whole table, in the order of the help.
pub fn all() -> impl Iterator<Item = &'static Flag> {
    let groups = [
        input::FLAGS,
        csv::FLAGS,
        json::FLAGS,
        rows::FLAGS,
        fields::FLAGS,
        dialect::FLAGS,
        errors::FLAGS,
        run::FLAGS,
        past::FLAGS,
        bench::FLAGS,
    ];
    groups.into_iter().flatten()
}

/// A command's flag by its name without dashes.
pub fn find(command: Commands, name: &str) -> Option<&'static Flag> {
    all().find(|flag| flag.name == name && flag.is_known_in(command))
}

/// Refuses the first flag of the command line that can't have an effect. Those of configurations that can't have one are
/// returned: they are to be [passed over](super::said::Said::pass_over).
///
/// # Errors
/// Usage: which flag, why, and what to do instead.
pub fn check(line: &Line<'_>) -> Result<Vec<Passed>, Error> {
    let mut passed = Vec::new();
    for (name, by) in line.said.origins() {
        let Some(flag) = find(line.command, name) else { continue };
        let Some(No { why, instead }) = flag.refusal(line) else { continue };
        if *by == SetBy::Flag {
            return Err(Error::usage(format!("`--{}` has no effect: {why}\n  {instead}", flag.name)));
        }
        passed.push(Passed { name: name.to_owned(), by: by.clone(), why });
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EACH: [Commands; 17] = [
        Commands::CONVERT,
        Commands::REPLAY,
        Commands::COUNT,
        Commands::GENERATE,
        Commands::AUDIT,
        Commands::JOBS,
        Commands::CONFIG,
        Commands::HISTORY,
        Commands::BENCH,
        Commands::MAN,
        Commands::TUNE,
        Commands::HEAD,
        Commands::SPLIT,
        Commands::SORT,
        Commands::AGGREGATE,
        Commands::STATS,
        Commands::SCHEMA,
    ];

    #[test]
    fn a_command_has_each_name_and_letter_once() {
        for command in EACH {
            let mut names: Vec<&str> = Vec::new();
            let mut letters: Vec<char> = Vec::new();
            for flag in all().filter(|flag| flag.is_known_in(command)) {
                for name in [Some(flag.name), flag.alias].into_iter().flatten() {
                    assert!(!names.contains(&name), "--{name} is there twice");
                    names.push(name);
                }
                if let Some(letter) = flag.short {
                    assert!(!letters.contains(&letter), "-{letter} is there twice");
                    letters.push(letter);
                }
            }
        }
    }

    #[test]
    fn what_a_flag_names_exists() {
        for flag in all() {
            for other in flag.conflicts.iter().chain(flag.overrides) {
                assert!(all().any(|flag| flag.name == *other), "--{}: there is no --{other}", flag.name);
            }
            for (command, _) in flag.help_in {
                assert!(flag.is_in(*command), "--{} has help for a command that does not have it", flag.name);
            }
        }
    }
}

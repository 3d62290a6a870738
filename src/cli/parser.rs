//! The parser of the command line, made from the tables of commands and flags.

use std::ffi::OsString;

use clap::builder::{PossibleValue, PossibleValuesParser, ValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use pagemill::config::flags::{self, Commands, Flag, Said, Takes};
use pagemill::config::parse_count;

use super::commands::{self, Entry, Operand};

/// What was typed after the command.
pub struct Typed {
    /// The flags.
    pub said: Said,
    /// Everything else, in order.
    pub operands: Vec<OsString>,
}

/// The whole command line. Only the command that is used has its arguments built: building takes a noticeable part of
/// the time for a small file.
pub fn cli() -> Command {
    let cli = Command::new("pagemill")
        .version(env!("CARGO_PKG_VERSION"))
        .about(commands::ABOUT)
        .after_help(commands::EXAMPLES)
        .override_usage(commands::USAGE)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true);
    commands::ALL.iter().fold(cli, |cli, entry| {
        let own = Command::new(entry.name).about(entry.about);
        let own = entry.alias.iter().fold(own, |own, alias| own.alias(*alias));
        cli.subcommand(own.defer(|command| match commands::named(command.get_name()) {
            Some(entry) => build(entry, command),
            None => command,
        }))
    })
}

/// A command with all its arguments.
pub fn build(entry: &Entry, command: Command) -> Command {
    let command = entry.operands.iter().fold(command.about(entry.about), |command, part| command.arg(operand(part)));
    let Some(own) = entry.flags else { return command };
    flags::all().filter(|flag| flag.is_known_in(own)).fold(command, |command, flag| {
        let arg = arg(flag).help(flag.help(own)).hide(flag.hidden || !flag.is_in(own));
        let known = |names: &'static [&'static str]| names.iter().filter(move |name| flags::find(own, name).is_some());
        let arg = known(flag.conflicts).fold(arg, |arg, other| arg.conflicts_with(*other));
        command.arg(known(flag.overrides).fold(arg, |arg, other| arg.overrides_with(*other)))
    })
}

/// What `config` does.
pub const ACTIONS: [&str; 5] = ["check", "show", "init", "schema", "report-schema"];

fn operand(operand: &Operand) -> Arg {
    let arg = Arg::new(operand.id).value_name(operand.name).help(operand.help);
    match operand.id {
        "inputs" => arg.num_args(0..).action(ArgAction::Append).value_parser(ValueParser::path_buf()),
        "quarantine-file" => arg.required(true).value_parser(ValueParser::path_buf()),
        "workloads" => arg.num_args(0..).action(ArgAction::Append),
        "jobs" => arg.required(true).num_args(1..).action(ArgAction::Append),
        "action" => arg.required(true).value_parser(ACTIONS),
        "shell" => arg.required(true).value_parser(value_parser!(clap_complete::Shell)),
        _ => arg.allow_hyphen_values(true),
    }
}

fn arg(flag: &'static Flag) -> Arg {
    let arg = Arg::new(flag.name).long(flag.name).help_heading(flag.group.heading());
    let arg = flag.short.into_iter().fold(arg, Arg::short);
    let arg = flag.alias.into_iter().fold(arg, Arg::alias);
    match flag.takes {
        // A switch may be repeated, with no further effect.
        Takes::Nothing => arg.action(ArgAction::SetTrue).overrides_with(flag.name),
        Takes::Text(name) => arg.value_name(name),
        Takes::Any(name) => arg.value_name(name).allow_hyphen_values(true),
        Takes::Word(name, words) => arg.value_name(name).ignore_case(true).value_parser(one_of(words())),
        Takes::Count(name) => arg.value_name(name).value_parser(count),
        Takes::Paths(name) => path(arg, name).conflicts_with("inputs"),
        Takes::Path(name) => path(arg, name),
        Takes::List(name) => arg.value_name(name).action(ArgAction::Append),
        Takes::Expression(name) => arg.value_name(name).allow_hyphen_values(true).action(ArgAction::Append),
    }
}

fn path(arg: Arg, name: &'static str) -> Arg {
    arg.value_name(name).value_parser(ValueParser::path_buf())
}

fn one_of(words: Vec<(&'static str, Option<&'static str>)>) -> PossibleValuesParser {
    PossibleValuesParser::new(
        words.into_iter().map(|(word, other)| other.into_iter().fold(PossibleValue::new(word), PossibleValue::alias)),
    )
}

/// A number that fits this machine.
fn count(text: &str) -> Result<u64, String> {
    let count = parse_count(text)?;
    usize::try_from(count).map(|_| count).map_err(|_| "the number is too large".to_owned())
}

/// What was typed after the command.
pub fn read(entry: &Entry, matches: &ArgMatches) -> Typed {
    let typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let raw = |id: &str| matches.get_raw(id).into_iter().flatten().map(OsString::from);
    let mut said = Said::new(entry.flags.unwrap_or(Commands::NONE));
    if let Some(own) = entry.flags {
        for id in matches.ids().map(clap::Id::as_str).filter(|id| typed(id)) {
            let Some(flag) = flags::find(own, id) else { continue };
            if let Takes::Expression(_) = flag.takes {
                continue;
            }
            let is_switch = matches!(flag.takes, Takes::Nothing);
            said.add(id, raw(id).filter(|_| !is_switch));
        }
        in_order(own, matches).into_iter().for_each(|(id, value)| said.add(id, [value]));
    }
    let operands = entry.operands.iter().filter(|operand| typed(operand.id)).flat_map(|operand| raw(operand.id));
    Typed { said, operands: operands.collect() }
}

/// The expressions, in the order in which they were typed.
fn in_order(own: Commands, matches: &ArgMatches) -> Vec<(&'static str, OsString)> {
    let flags = flags::all().filter(|flag| matches!(flag.takes, Takes::Expression(_)) && flag.is_known_in(own));
    let typed = flags.filter(|flag| matches.value_source(flag.name) == Some(ValueSource::CommandLine));
    let places = typed.flat_map(|flag| {
        let places = matches.indices_of(flag.name).into_iter().flatten();
        places.zip(matches.get_raw(flag.name).into_iter().flatten()).map(|(place, raw)| (place, flag.name, raw))
    });
    let mut all: Vec<_> = places.collect();
    all.sort_unstable_by_key(|(place, ..)| *place);
    all.into_iter().map(|(_, name, raw)| (name, OsString::from(raw))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_no_fault() {
        cli().debug_assert();
    }

    #[test]
    fn operands_and_flags_have_different_names() {
        for entry in &commands::ALL {
            let own = entry.operands.iter().map(|operand| operand.id);
            own.for_each(|id| assert!(flags::all().all(|flag| flag.name != id), "{id} is a flag too"));
        }
    }
}

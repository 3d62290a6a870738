//! What the command-line parser refuses, in our words.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use pagemill::op::nearest;

use super::tips;

/// Why a command line makes no sense, and what to do.
pub fn wording(error: &clap::Error) -> String {
    tips::of(error).or_else(|| ours(error)).unwrap_or_else(|| {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        text.split("\n\nFor more information").next().unwrap_or(text).trim_end().to_owned()
    })
}

fn ours(error: &clap::Error) -> Option<String> {
    if error.kind() == ErrorKind::InvalidUtf8 {
        let help = format!("`pagemill {} --help` shows what it takes.", tips::command().get_name());
        return Some(format!("only names of files may have bytes that are not UTF-8\n  {help}"));
    }
    let arg = first(error, ContextKind::InvalidArg)?;
    let command = tips::command();
    let name = match name(&arg) {
        // Its letter is what people know.
        "--limit" if command.get_name() == "head" && !is_typed("--limit") => "-n",
        name => name,
    };
    let help = format!("`pagemill {} --help` shows what it takes.", command.get_name());
    let value = || first(error, ContextKind::InvalidValue).unwrap_or_default();
    Some(match error.kind() {
        ErrorKind::ArgumentConflict => match first(error, ContextKind::PriorArg) {
            Some(other) if other != arg => {
                format!("`{name}` and `{}` can't be given together\n  Leave one of them out.", self::name(&other))
            }
            _ => format!("`{name}` was given twice\n  Give it once."),
        },
        ErrorKind::UnknownArgument => format!("`pagemill {}` does not take `{arg}`\n  {help}", command.get_name()),
        ErrorKind::InvalidValue if value().is_empty() => format!("`{name}` needs a value\n  {help}"),
        ErrorKind::InvalidValue => {
            let value = value();
            let valid = all(error, ContextKind::ValidValue);
            let names: Vec<&str> = valid.iter().map(String::as_str).collect();
            let like = nearest(&names, &value).map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
            match names.is_empty() {
                true => format!("`{name}` can't be `{value}`\n  {help}"),
                false => format!("`{name}` can't be `{value}`{like}\n  It is one of {}.", names.join(", ")),
            }
        }
        ErrorKind::ValueValidation => {
            let reason = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            format!("`{name}` can't be `{}`{reason}", value())
        }
        ErrorKind::TooManyValues => {
            let value = value();
            let instead = match value.as_str() {
                "no" | "off" | "0" => {
                    format!("Write `{name}=false` against a configuration; else leave it out: it is off.")
                }
                _ => format!("Write `{name}` alone, or leave it out."),
            };
            format!("`{name}` is on or off and takes no value, but `{value}` was given\n  {instead}")
        }
        ErrorKind::MissingRequiredArgument => {
            let missing: Vec<String> =
                all(error, ContextKind::InvalidArg).iter().map(|arg| format!("`{}`", self::name(arg))).collect();
            format!("`pagemill {}` needs {} here\n  {help}", command.get_name(), missing.join(" and "))
        }
        _ => return None,
    })
}

/// Whether the long name of a flag was typed.
fn is_typed(flag: &str) -> bool {
    let is_it = |arg: OsString| arg.to_str().is_some_and(|arg| arg.split('=').next() == Some(flag));
    std::env::args_os().any(is_it)
}

/// What the parser gives as this kind of context: one text, or several.
fn all(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

fn first(error: &clap::Error, kind: ContextKind) -> Option<String> {
    all(error, kind).into_iter().next()
}

/// The name of an argument, without its value: `--to` for `--to <FORMAT>`, `INPUT` for `[INPUT]...`.
fn name(arg: &str) -> &str {
    let name = arg.split(' ').next().unwrap_or(arg).trim_end_matches('.');
    if name.starts_with('-') { name } else { name.trim_matches(['<', '>', '[', ']']) }
}

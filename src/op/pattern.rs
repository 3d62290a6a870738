//! Fields by name, position, range or regex.

use regex::bytes::{Regex, RegexBuilder};

use crate::error::{Error, Result};
use crate::nearest::instead_of;
use crate::record::Schema;

/// How large a compiled regex may be, in bytes.
const REGEX_SIZE: usize = 1 << 20;

/// The fields that a text of `--select` or `--drop` means.
pub(super) struct Found {
    /// Their indexes, in order.
    pub fields: Vec<usize>,
    /// It is a range or a regex: it takes those that nothing before it has taken.
    pub rest: bool,
}

impl Found {
    fn one(field: usize) -> Found {
        Found { fields: vec![field], rest: false }
    }
}

/// The fields of a schema that a text means: a name; a position from 1; a range `a..c` of names or positions, which may
/// go backwards; or `/regex/`, which means all names that it matches. A name that exists is never taken for anything
/// else.
///
/// # Errors
/// Usage: there is no such field. `flag` names the setting.
pub(super) fn find(schema: &Schema, text: &str, flag: &str) -> Result<Found> {
    if let Some(field) = schema.position(text.as_bytes()) {
        return Ok(Found::one(field));
    }
    if let Some(pattern) = regex_of(text) {
        let regex = compile(pattern, flag)?;
        let fields: Vec<usize> = (0..schema.len()).filter(|field| regex.is_match(schema.name(*field))).collect();
        return match fields.is_empty() {
            true => Err(nothing(schema, text, flag)),
            false => Ok(Found { fields, rest: true }),
        };
    }
    if let Some((first, last)) = text.split_once("..") {
        let (first, last) = (one(schema, first, text, flag)?, one(schema, last, text, flag)?);
        let fields = if first <= last { (first..=last).collect() } else { (last..=first).rev().collect() };
        return Ok(Found { fields, rest: true });
    }
    one(schema, text, text, flag).map(Found::one)
}

/// A regex for the names of fields of nested records.
pub(super) struct Pattern {
    regex: Regex,
    /// Its number among the paths.
    pub number: usize,
    /// What it matches is selected at the place of this entry of the records' rules; none: it is dropped.
    pub place: Option<usize>,
}

impl Pattern {
    /// The regexes among some paths, the first of which has a number; `place` finds the places of those that select.
    pub fn all(
        paths: &[String],
        first: usize,
        flag: &str,
        place: impl Fn(&[u8]) -> Option<usize>,
    ) -> Result<Vec<Pattern>> {
        let regexes =
            paths.iter().enumerate().filter_map(|(number, path)| Some((first + number, path, regex_of(path)?)));
        regexes
            .map(|(number, path, regex)| {
                Ok(Pattern { regex: compile(regex, flag)?, number, place: place(path.as_bytes()) })
            })
            .collect()
    }

    pub fn matches(&self, key: &[u8]) -> bool {
        self.regex.is_match(key)
    }
}

/// Whether a text that is no field's name means fields of a table: a position, a range or a regex.
pub(crate) fn finds(schema: &Schema, text: &str) -> bool {
    find(schema, text, "").is_ok()
}

/// Whether a table has nothing of what a text means, which another table may have: no field of the name or the
/// position, no name that the regex matches, neither end of the range.
pub(crate) fn lacks(schema: &Schema, text: &str) -> bool {
    if schema.position(text.as_bytes()).is_some() {
        return false;
    }
    if let Some(pattern) = regex_of(text) {
        return compile(pattern, "").is_ok_and(|regex| !schema.names().any(|name| regex.is_match(name)));
    }
    match text.split_once("..") {
        Some((first, last)) => lacks_one(schema, first) && lacks_one(schema, last),
        None => lacks_one(schema, text),
    }
}

/// The same for a name or a position.
fn lacks_one(schema: &Schema, name: &str) -> bool {
    let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let is_position = || digits && name.parse().is_ok_and(|position: usize| position <= schema.len());
    !name.is_empty() && schema.position(name.as_bytes()).is_none() && !is_position()
}

/// Whether a text can be a position, a range or a regex.
pub(crate) fn may_be_pattern(text: &str) -> bool {
    regex_of(text).is_some() || text.contains("..") || text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The regex in a text `/regex/`.
pub(crate) fn regex_of(text: &str) -> Option<&str> {
    text.strip_prefix('/')?.strip_suffix('/').filter(|regex| !regex.is_empty())
}

/// Refuses a text `/regex/` whose regex is none.
///
/// # Errors
/// Usage: what is wrong with it.
pub(crate) fn check_pattern(text: &str, flag: &str) -> Result<()> {
    regex_of(text).map_or(Ok(()), |regex| compile(regex, flag).map(drop))
}

fn compile(pattern: &str, flag: &str) -> Result<Regex> {
    RegexBuilder::new(pattern).size_limit(REGEX_SIZE).build().map_err(|error| {
        let what = error.to_string();
        let last = what.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Error::usage(format!("{flag} /{pattern}/ is not a regex: {last}"))
    })
}

/// The field of a name or a position, which is part of a text.
fn one(schema: &Schema, name: &str, text: &str, flag: &str) -> Result<usize> {
    if let Some(field) = schema.position(name.as_bytes()) {
        return Ok(field);
    }
    let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(missing(schema, if name.is_empty() { text } else { name }, flag));
    }
    let known = schema.len();
    match name.parse::<usize>() {
        Ok(0) => Err(Error::usage(format!(
            "{flag} {text}: fields are counted from 1\n  1 is the first one, and there are {known}."
        ))),
        Ok(position) if position <= known => Ok(position - 1),
        _ => Err(Error::usage(format!(
            "{flag} {text}: the source has no field `{name}`, and no {name}th one either: there are {known}"
        ))),
    }
}

/// The error for a field that a source lacks.
pub(super) fn missing(schema: &Schema, name: &str, flag: &str) -> Error {
    let instead = otherwise(name, flag).unwrap_or_else(|| instead_of(schema.names(), name.as_bytes()));
    Error::usage(format!("{flag} names the field `{name}`, which the source does not have{instead}"))
}

/// How a text that was meant for something else than a name is written.
fn otherwise(text: &str, flag: &str) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match (text.split_once('-'), text.strip_prefix('!')) {
        (Some((first, last)), _) if is_number(first) && is_number(last) => {
            Some(format!("\n  A range is written with two dots: {first}..{last}."))
        }
        (None, Some(field)) if !field.is_empty() && flag == "⟨select⟩" => {
            Some(format!("\n  To leave a field out: ⟨drop {field}⟩."))
        }
        _ => None,
    }
}

fn nothing(schema: &Schema, text: &str, flag: &str) -> Error {
    let instead = instead_of(schema.names(), b"");
    Error::usage(format!("{flag} {text} matches no field of the source{instead}"))
}

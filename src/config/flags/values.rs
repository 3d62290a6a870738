//! Reading the values of flags.

use std::time::Duration;

use serde_json::{Value, json};

use crate::config::{parse_byte, parse_count, parse_delimiter, parse_duration, parse_size};
use crate::error::Error;
use crate::format::Ragged;
use crate::format::csv::{Comment, Delimiter};

/// Sets one setting.
pub(super) fn put<T>(setting: &mut T, value: T) -> Result<(), Error> {
    *setting = value;
    Ok(())
}

/// A single byte.
pub(super) fn byte(flag: &str, texts: &[String]) -> Result<u8, Error> {
    parse_byte(flag, &texts[0])
}

/// A delimiter.
pub(super) fn delimiter(flag: &str, texts: &[String]) -> Result<Delimiter, Error> {
    parse_delimiter(flag, &texts[0])
}

/// A delimiter as reports show it.
pub(super) fn shown_delimiter(delimiter: Option<Delimiter>) -> Value {
    json!(delimiter.map(|one| match one.is_auto() {
        true => "auto".into(),
        false => String::from_utf8_lossy(one.bytes()).into_owned(),
    }))
}

/// What happens to records of another width.
pub(super) fn ragged(flag: &str, text: &str) -> Result<Ragged, Error> {
    text.parse().map_err(|error: Error| Error::usage(format!("{flag}: {error}")))
}

/// What comments begin with: a single byte as [`byte`] takes it, or a text.
pub(super) fn comment(flag: &str, texts: &[String]) -> Result<Comment, Error> {
    let text = &*texts[0];
    match byte(flag, texts) {
        Ok(byte) => Ok(byte.into()),
        Err(_)
            if (2..=Comment::ROOM).contains(&text.len()) && !text.contains(['\n', '\r']) && !text.starts_with('\\') =>
        {
            Ok(text.into())
        }
        Err(_) => Err(Error::usage(format!(
            "{flag}: `{}` can't begin comments\n  Give the text that they begin with, up to {} bytes: '#', '##', //",
            text.escape_debug(),
            Comment::ROOM
        ))),
    }
}

/// A size in bytes.
pub(super) fn size(flag: &str, texts: &[String]) -> Result<usize, Error> {
    // It fits: `parse_size` has checked it.
    Ok(parse_size(flag, &texts[0])? as usize)
}

/// A number.
pub(super) fn count(flag: &str, texts: &[String]) -> Result<usize, Error> {
    let wrong = |why: &str| Error::usage(format!("`{flag}` can't be `{}`: {why}", texts[0]));
    let number = parse_count(&texts[0]).map_err(|why| wrong(&why))?;
    number.try_into().map_err(|_| wrong("the number is too large"))
}

/// A duration, such as `5m`.
pub(super) fn duration(flag: &str, texts: &[String]) -> Result<Duration, Error> {
    parse_duration(&texts[0]).ok_or_else(|| {
        Error::usage(format!("{flag}: `{}` is not a duration\n  Write it as 500ms, 30s, 5m, 1h or 1d.", texts[0]))
    })
}

/// A number greater than zero.
pub(super) fn at_least_one(flag: &str, texts: &[String]) -> Result<usize, Error> {
    match count(flag, texts)? {
        0 => Err(Error::usage(format!("{flag}: 0 leaves no room for anything; the least is 1"))),
        number => Ok(number),
    }
}

//! Reading the values of flags.

use serde_json::{Value, json};

use crate::config::{parse_byte, parse_count, parse_delimiter, parse_size};
use crate::error::Error;
use crate::format::Ragged;
use crate::format::csv::{Comment, Delimiter};
use crate::job::{KeyKind, SortKey};
use crate::op::{split, unescape};

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

/// The fields that records are sorted by.
pub(super) fn sort_keys(flag: &str, texts: &[String]) -> Result<Vec<SortKey>, Error> {
    let mut keys: Vec<SortKey> = Vec::new();
    for text in texts {
        for part in split(text, ',')? {
            let parts = split(part, ':')?;
            let (field, words) = parts.split_first().map_or(("", &[][..]), |(field, words)| (*field, words));
            let mut key = SortKey::new(unescape(field));
            let (mut direction, mut kind) = (false, false);
            for word in words {
                let is_direction = ["asc", "desc"].iter().any(|name| name.eq_ignore_ascii_case(word));
                let known = KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
                let twice = std::mem::replace(if is_direction { &mut direction } else { &mut kind }, true);
                key = match known {
                    _ if twice => return Err(no_key(flag, part)),
                    _ if word.eq_ignore_ascii_case("desc") => key.descending(),
                    _ if is_direction => key,
                    Some((_, kind)) => key.as_kind(*kind),
                    None => return Err(no_key(flag, part)),
                };
            }
            if key.field().is_empty() {
                return Err(no_key(flag, part));
            }
            if keys.iter().any(|other| other.field() == key.field()) {
                return Err(Error::usage(format!("{flag}: `{}` is there twice", key.field())));
            }
            keys.push(key);
        }
    }
    Ok(keys)
}

/// How values may be compared.
const KINDS: [(&str, KeyKind); 3] = [("text", KeyKind::Text), ("number", KeyKind::Number), ("date", KeyKind::Date)];

fn no_key(flag: &str, part: &str) -> Error {
    Error::usage(format!(
        "{flag}: `{part}` is no field to sort by\n  Write FIELD, FIELD:desc or FIELD:desc:number; the kinds are text, number and date. In a name, write \\: for a colon."
    ))
}

/// A number.
pub(super) fn count(flag: &str, texts: &[String]) -> Result<usize, Error> {
    let wrong = |why: &str| Error::usage(format!("`{flag}` can't be `{}`: {why}", texts[0]));
    let number = parse_count(&texts[0]).map_err(|why| wrong(&why))?;
    number.try_into().map_err(|_| wrong("the number is too large"))
}

/// A number greater than zero.
pub(super) fn at_least_one(flag: &str, texts: &[String]) -> Result<usize, Error> {
    match count(flag, texts)? {
        0 => Err(Error::usage(format!("{flag}: 0 leaves no room for anything; the least is 1"))),
        number => Ok(number),
    }
}

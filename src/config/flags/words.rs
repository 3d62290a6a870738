//! Values that are one of a fixed set of words.

use super::said::Said;
use crate::error::Error;
use crate::format::csv::{CleanNames, Known};
use crate::format::frames::{Payload, Prefix};
use crate::format::{BytesAs, Nested, Nonfinite, Types};
use crate::job::{InvalidUtf8, Io, Keep, OnError};
use crate::monitor::Show;

/// The words, and their meanings.
pub struct Words<T: 'static>(&'static [(&'static str, T)]);

impl<T: Copy + PartialEq> Words<T> {
    /// All words; none has another spelling.
    pub fn all(&self) -> Vec<(&'static str, Option<&'static str>)> {
        self.0.iter().map(|(word, _)| (*word, None)).collect()
    }

    /// The word for a value.
    pub fn of(&self, value: T) -> &'static str {
        self.0.iter().find(|(_, other)| *other == value).map_or("", |(word, _)| word)
    }

    /// The meaning of a text. `flag` names the flag in errors.
    ///
    /// # Errors
    /// Usage: the text is not one of the words.
    pub fn parse(&self, flag: &str, text: &str) -> Result<T, Error> {
        let found = self.0.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let words: Vec<&str> = self.0.iter().map(|(word, _)| *word).collect();
            Error::usage(format!("{flag}: `{text}` is not one of {}", words.join(", ")))
        })
    }
}

pub static CLEAN: Words<CleanNames> =
    Words(&[("trim", CleanNames::Trim), ("lower", CleanNames::Lower), ("snake", CleanNames::Snake)]);
pub static TYPES: Words<Types> = Words(&[("auto", Types::Auto), ("text", Types::Text)]);
pub static KNOWN: Words<Known> =
    Words(&[("mysql", Known::Mysql), ("postgres", Known::Postgres), ("excel", Known::Excel), ("unix", Known::Unix)]);
pub static NESTED: Words<Nested> = Words(&[("dot", Nested::Dot), ("json", Nested::Json)]);
pub static NONFINITE: Words<Nonfinite> =
    Words(&[("null", Nonfinite::Null), ("text", Nonfinite::Text), ("fail", Nonfinite::Fail)]);
pub static FRAME: Words<Prefix> = Words(&[
    ("u16le", Prefix::U16Le),
    ("u16be", Prefix::U16Be),
    ("u32le", Prefix::U32Le),
    ("u32be", Prefix::U32Be),
    ("u64le", Prefix::U64Le),
    ("varint", Prefix::Varint),
    ("none", Prefix::None),
]);
pub static PAYLOAD: Words<Payload> = Words(&[
    ("bytes", Payload::Bytes),
    ("text", Payload::Text),
    ("json", Payload::Json),
    ("msgpack", Payload::Msgpack),
    ("cbor", Payload::Cbor),
    ("protobuf", Payload::Protobuf),
]);
pub static BYTES: Words<BytesAs> = Words(&[("base64", BytesAs::Base64), ("text", BytesAs::Text)]);
pub static INVALID_UTF8: Words<InvalidUtf8> = Words(&[("fail", InvalidUtf8::Fail), ("replace", InvalidUtf8::Replace)]);
pub static IO: Words<Io> = Words(&[("auto", Io::Auto), ("map", Io::Map), ("read", Io::Read)]);
pub static ON_ERROR: Words<OnError> =
    Words(&[("fail", OnError::Fail), ("skip", OnError::Skip), ("quarantine", OnError::Quarantine)]);
pub static KEEP: Words<Keep> = Words(&[("first", Keep::First), ("last", Keep::Last)]);
pub static PROGRESS: Words<Show> =
    Words(&[("auto", Show::Auto), ("bar", Show::Bar), ("plain", Show::Plain), ("none", Show::Nothing)]);

/// How progress is to be shown; none: nobody said.
///
/// # Errors
/// Usage: the text is not one of the words.
pub fn progress(said: &Said) -> Result<Option<Show>, Error> {
    said.text("progress")?.map(|text| PROGRESS.parse("--progress", text)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (word, value) in FRAME.0 {
            assert_eq!((FRAME.parse("--frame", word).ok(), FRAME.of(*value)), (Some(*value), *word));
        }
        assert_eq!(TYPES.parse("--types", "TEXT").ok(), Some(Types::Text));
        let error = TYPES.parse("--types", "int").expect_err("no value").to_string();
        assert_eq!(error, "--types: `int` is not one of auto, text");
    }
}

//! Flags with a fixed set of values: the text of each and what it means.

use crate::error::Error;
use crate::format::frames::{Payload, Prefix};
use crate::format::{BytesAs, Nested, Ragged, Types};
use crate::job::{InvalidUtf8, Io, OnError};

/// A flag with a fixed set of values.
#[derive(Debug)]
pub struct Choice<T: 'static> {
    /// The flag, with its dashes.
    pub flag: &'static str,
    /// The values: text and meaning.
    pub values: &'static [(&'static str, T)],
}

impl<T: Copy + PartialEq> Choice<T> {
    /// The texts of all values.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.values.iter().map(|(name, _)| *name)
    }

    /// The text of a value.
    pub fn name(&self, value: T) -> &'static str {
        self.values.iter().find(|(_, v)| *v == value).map_or("", |(name, _)| name)
    }

    /// What a text means.
    ///
    /// # Errors
    /// Usage: the text is none of the values.
    pub fn parse(&self, text: &str) -> Result<T, Error> {
        self.values.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = self.names().collect();
            Error::usage(format!("{}: `{text}` is not one of {}", self.flag, names.join(", ")))
        })
    }
}

/// What becomes of short records.
pub const RAGGED: Choice<Ragged> = Choice { flag: "--ragged", values: &[("fail", Ragged::Fail), ("pad", Ragged::Pad)] };

/// What an unquoted CSV field is.
pub const TYPES: Choice<Types> = Choice { flag: "--types", values: &[("auto", Types::Auto), ("text", Types::Text)] };

/// How nested values become columns.
pub const NESTED: Choice<Nested> = Choice { flag: "--nested", values: &[("dot", Nested::Dot), ("json", Nested::Json)] };

/// The length prefix of frames.
pub const FRAME: Choice<Prefix> = Choice {
    flag: "--frame",
    values: &[
        ("u16le", Prefix::U16Le),
        ("u16be", Prefix::U16Be),
        ("u32le", Prefix::U32Le),
        ("u32be", Prefix::U32Be),
        ("u64le", Prefix::U64Le),
        ("varint", Prefix::Varint),
    ],
};

/// What a frame holds.
pub const PAYLOAD: Choice<Payload> = Choice {
    flag: "--payload",
    values: &[("bytes", Payload::Bytes), ("text", Payload::Text), ("json", Payload::Json)],
};

/// How bytes stand in text.
pub const BYTES: Choice<BytesAs> =
    Choice { flag: "--bytes", values: &[("base64", BytesAs::Base64), ("text", BytesAs::Text)] };

/// What invalid UTF-8 does.
pub const INVALID_UTF8: Choice<InvalidUtf8> =
    Choice { flag: "--invalid-utf8", values: &[("fail", InvalidUtf8::Fail), ("replace", InvalidUtf8::Replace)] };

/// How a file is read.
pub const IO: Choice<Io> = Choice { flag: "--io", values: &[("auto", Io::Auto), ("map", Io::Map), ("read", Io::Read)] };

/// What a bad record does.
pub const ON_ERROR: Choice<OnError> = Choice {
    flag: "--on-error",
    values: &[("fail", OnError::Fail), ("skip", OnError::Skip), ("quarantine", OnError::Quarantine)],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (name, value) in FRAME.values {
            assert_eq!((FRAME.parse(name).ok(), FRAME.name(*value)), (Some(*value), *name));
        }
        assert_eq!(TYPES.parse("TEXT").ok(), Some(Types::Text));
        let error = RAGGED.parse("drop").expect_err("no value").to_string();
        assert_eq!(error, "--ragged: `drop` is not one of fail, pad");
    }
}

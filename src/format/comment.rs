//! What lines begin with that are no records.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// Text with which lines begin that are left out: `#`, `##`, `//`. It has one to fifteen bytes, none of them a line
/// break; a job with another one is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// The bytes, as many as there is room for; zeros follow.
    bytes: [u8; Comment::ROOM],
    /// How many bytes there are, up to one more than there is room for.
    len: u8,
}

impl Comment {
    /// The most bytes.
    pub const ROOM: usize = 15;

    fn new(text: &[u8]) -> Comment {
        let len = text.len().min(Comment::ROOM);
        let mut bytes = [0; Comment::ROOM];
        bytes[..len].copy_from_slice(&text[..len]);
        Comment { bytes, len: text.len().min(Comment::ROOM + 1) as u8 }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len).min(Comment::ROOM)]
    }

    /// Whether it can be one.
    fn is_good(&self) -> bool {
        let len = usize::from(self.len);
        (1..=Comment::ROOM).contains(&len) && !self.bytes().iter().any(|byte| b"\r\n".contains(byte))
    }

    /// Refuses what can't be one; `side` is the input or the output.
    ///
    /// # Errors
    /// Usage: it has no bytes or too many of them, or a line break.
    pub(super) fn check(&self, side: &str) -> Result<()> {
        if self.is_good() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the comment mark of the {side} can't be `{}`; give one to {} bytes without a line break",
            self.to_string().escape_debug(),
            Comment::ROOM
        )))
    }

    /// Whether a line that begins with these bytes is left out.
    #[inline]
    pub(super) fn begins(&self, line: &[u8]) -> bool {
        line.starts_with(self.bytes())
    }

    /// Its first byte.
    pub(crate) fn first(&self) -> u8 {
        self.bytes[0]
    }
}

impl From<u8> for Comment {
    fn from(byte: u8) -> Comment {
        Comment::new(&[byte])
    }
}

impl From<&str> for Comment {
    fn from(text: &str) -> Comment {
        Comment::new(text.as_bytes())
    }
}

impl fmt::Display for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.bytes()))?;
        f.write_str(if usize::from(self.len) > Comment::ROOM { "…" } else { "" })
    }
}

impl fmt::Debug for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl Serialize for Comment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.bytes() {
            [byte] => serializer.serialize_u8(*byte),
            _ => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Comment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Comment, D::Error> {
        /// Older quarantines have a byte.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Byte(u8),
            Text(String),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Byte(byte) => byte.into(),
            Form::Text(text) => (&*text).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_one() {
        for good in ["#", "##", "//", "é", "123456789012345"] {
            assert!(Comment::from(good).is_good(), "{good}");
        }
        for bad in ["", "#\n", "\r", "1234567890123456"] {
            assert!(!Comment::from(bad).is_good(), "{bad:?}");
        }
    }

    #[test]
    fn there_and_back() {
        for text in ["#", "##", "é"] {
            let written = serde_json::to_string(&Comment::from(text)).unwrap();
            assert_eq!(serde_json::from_str::<Comment>(&written).unwrap(), Comment::from(text));
        }
        assert_eq!(serde_json::from_str::<Comment>("35").unwrap(), Comment::from(b'#'));
    }
}

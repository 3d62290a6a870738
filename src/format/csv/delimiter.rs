//! What separates the fields of CSV and TSV.

use std::fmt;

/// What separates the fields of CSV and TSV: one ASCII character, or a text of up to seven bytes; no line break is in
/// it. A job with another one is refused.
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Delimiter {
    /// The bytes, as many as there is room for; zeros follow.
    bytes: [u8; Delimiter::ROOM],
    /// How many bytes there are, up to one more than there is room for; 0: it is to be found.
    len: u8,
}

/// A delimiter in a file of ours: its byte, or its text.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
enum Written {
    Byte(u8),
    Text(String),
}

impl Delimiter {
    const ROOM: usize = 7;

    /// It is to be found in the first bytes of the input.
    pub const AUTO: Delimiter = Delimiter { bytes: [0; Delimiter::ROOM], len: 0 };

    fn new(text: &[u8]) -> Delimiter {
        let len = text.len().min(Delimiter::ROOM);
        let mut bytes = [0; Delimiter::ROOM];
        bytes[..len].copy_from_slice(&text[..len]);
        Delimiter { bytes, len: text.len().min(Delimiter::ROOM + 1) as u8 }
    }

    /// The byte, if it is only one.
    pub fn byte(self) -> Option<u8> {
        (self.len == 1).then_some(self.bytes[0])
    }

    /// Whether it is to be found.
    pub fn is_auto(self) -> bool {
        self.len == 0
    }

    /// Whether it has more bytes than there is room for.
    pub(super) fn is_too_long(&self) -> bool {
        usize::from(self.len) > Delimiter::ROOM
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len).min(Delimiter::ROOM)]
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_auto() {
            true => f.write_str("auto"),
            false => write!(f, "{}{}", self.bytes().escape_ascii(), if self.is_too_long() { "…" } else { "" }),
        }
    }
}

impl fmt::Debug for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl From<u8> for Delimiter {
    fn from(byte: u8) -> Delimiter {
        Delimiter::new(&[byte])
    }
}

impl From<char> for Delimiter {
    fn from(char: char) -> Delimiter {
        Delimiter::from(&*char.encode_utf8(&mut [0; 4]))
    }
}

impl From<&str> for Delimiter {
    fn from(text: &str) -> Delimiter {
        Delimiter::new(text.as_bytes())
    }
}

impl From<Delimiter> for u8 {
    /// The first byte.
    fn from(delimiter: Delimiter) -> u8 {
        delimiter.bytes[0]
    }
}

impl From<Written> for Delimiter {
    fn from(written: Written) -> Delimiter {
        match written {
            Written::Byte(byte) => byte.into(),
            Written::Text(text) => text.as_str().into(),
        }
    }
}

impl From<Delimiter> for Written {
    fn from(delimiter: Delimiter) -> Written {
        match delimiter.byte() {
            Some(byte) => Written::Byte(byte),
            None => Written::Text(String::from_utf8_lossy(delimiter.bytes()).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_it_is_written_and_shown() {
        let written = |delimiter: Delimiter| serde_json::to_string(&delimiter).unwrap();
        let table = [(Delimiter::from(';'), "59"), ("||".into(), "\"||\""), ("\t|\t".into(), "\"\\t|\\t\"")];
        for (delimiter, text) in table {
            assert_eq!(written(delimiter), text);
            assert_eq!(serde_json::from_str::<Delimiter>(text).unwrap(), delimiter);
        }
        assert_eq!(Delimiter::from("\t|\t").to_string(), "\\t|\\t");
        assert_eq!((Delimiter::AUTO.to_string(), Delimiter::AUTO.byte()), ("auto".to_owned(), None));
        let long = Delimiter::from("12345678");
        assert!(long.is_too_long() && !Delimiter::from("1234567").is_too_long());
        assert_eq!((long.to_string().as_str(), long.byte()), ("1234567…", None));
    }
}

//! The dialects of CSV and TSV.

use std::fmt;

use super::comment::Comment;

/// What separates the fields of CSV and TSV. It has to be one ASCII character that is not a line break: a job with
/// another one is refused. (The type has room for more, so that longer ones can be allowed.)
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(from = "u8", into = "u8")]
pub struct Delimiter {
    /// The bytes, as many as there is room for; zeros follow.
    bytes: [u8; Delimiter::ROOM],
    /// How many bytes there are, up to one more than there is room for.
    len: u8,
}

impl Delimiter {
    const ROOM: usize = 7;

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
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = usize::from(self.len);
        write!(f, "{}", self.bytes[..len.min(Delimiter::ROOM)].escape_ascii())?;
        f.write_str(if len > Delimiter::ROOM { "…" } else { "" })
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
    /// The first byte: the only one, where the delimiter was not refused.
    fn from(delimiter: Delimiter) -> u8 {
        delimiter.bytes[0]
    }
}

/// CSV or TSV as it is read. Its special characters are single ASCII bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Dialect {
    /// Between fields; `None`: `,` for CSV and a tab for TSV.
    pub delimiter: Option<Delimiter>,
    /// Around a field.
    pub quote: u8,
    /// Before a quote inside quotes that is part of the text; `None`: such quotes are doubled.
    pub escape: Option<u8>,
    /// Quotes have their meaning (`--no-quoting` turns it off).
    pub quoting: bool,
    /// Lines that start with it are skipped.
    pub comment: Option<Comment>,
    /// TSV with `\t`, `\n`, `\r` and `\\` instead of quotes.
    pub tsv_escapes: bool,
}

impl Dialect {
    /// The same with changes. (A struct that may grow can't be written field by field elsewhere.)
    pub fn with(mut self, change: impl FnOnce(&mut Dialect)) -> Dialect {
        change(&mut self);
        self
    }
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect { delimiter: None, quote: b'"', escape: None, quoting: true, comment: None, tsv_escapes: false }
    }
}

/// CSV or TSV as it is written, whatever it was read from; only the escapes of TSV are set by [`Dialect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutDialect {
    /// Between fields; `None`: `,` for CSV and a tab for TSV.
    pub delimiter: Option<Delimiter>,
    /// Around a field that needs it.
    pub quote: u8,
    /// Before a quote inside quotes; `None`: quotes are doubled.
    pub escape: Option<u8>,
    /// Fields may be quoted. Otherwise a field that needs quotes makes a bad record.
    pub quoting: bool,
    /// Put every field in quotes.
    pub quote_all: bool,
    /// End records with CRLF instead of LF; lines of text as well.
    pub crlf: bool,
    /// Write no header.
    pub no_headers: bool,
    /// Begin CSV, TSV and text with a byte order mark.
    pub bom: bool,
}

impl OutDialect {
    /// The same with changes. (A struct that may grow can't be written field by field elsewhere.)
    pub fn with(mut self, change: impl FnOnce(&mut OutDialect)) -> OutDialect {
        change(&mut self);
        self
    }
}

impl Default for OutDialect {
    fn default() -> OutDialect {
        OutDialect {
            delimiter: None,
            quote: b'"',
            escape: None,
            quoting: true,
            quote_all: false,
            crlf: false,
            no_headers: false,
            bom: false,
        }
    }
}

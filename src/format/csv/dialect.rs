//! The dialects of CSV and TSV.

use super::{Comment, Delimiter};

/// A dialect by its name: a program, and how it reads and writes CSV and TSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Known {
    /// MySQL and MariaDB: `\N` is null; before another byte a backslash makes that a part of the text, or means a
    /// control character. TSV has no quotes.
    Mysql,
    /// PostgreSQL: CSV is as without a name; TSV has backslash escapes instead of quotes.
    Postgres,
    /// Excel: lines end with CRLF.
    Excel,
    /// Every field is in quotes, and lines end with LF.
    Unix,
}

/// CSV or TSV as it is read. Its special characters are single ASCII bytes; only the delimiter may have several.
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
    /// Spaces at the start of a field are no part of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub skip_space: bool,
    /// Whose it is: this says what a backslash means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference.
fn is_false(value: &bool) -> bool {
    !value
}

impl Dialect {
    /// The dialect of this name.
    pub fn of(known: Known) -> Dialect {
        Dialect { known: Some(known), ..Dialect::default() }
    }

    /// The same with changes. (A struct that may grow can't be written field by field elsewhere.)
    pub fn with(mut self, change: impl FnOnce(&mut Dialect)) -> Dialect {
        change(&mut self);
        self
    }
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect {
            delimiter: None,
            quote: b'"',
            escape: None,
            quoting: true,
            comment: None,
            tsv_escapes: false,
            skip_space: false,
            known: None,
        }
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
    /// Whose it is: null and backslashes are written as it reads them.
    pub known: Option<Known>,
    /// Begin CSV, TSV and text with a byte order mark.
    pub bom: bool,
}

impl OutDialect {
    /// The dialect of this name.
    pub fn of(known: Known) -> OutDialect {
        OutDialect {
            quote_all: known == Known::Unix,
            crlf: known == Known::Excel,
            known: Some(known),
            ..OutDialect::default()
        }
    }

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
            known: None,
            bom: false,
        }
    }
}

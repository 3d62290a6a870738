//! The dialects of CSV and TSV.

/// CSV or TSV as it is read. Its special characters are single ASCII bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Dialect {
    /// Between fields; `None`: `,` for CSV and a tab for TSV.
    pub delimiter: Option<u8>,
    /// Around a field.
    pub quote: u8,
    /// Before a quote inside quotes that is part of the text; `None`: such quotes are doubled.
    pub escape: Option<u8>,
    /// Quotes have their meaning (`--no-quoting` turns it off).
    pub quoting: bool,
    /// Lines that start with it are skipped.
    pub comment: Option<u8>,
    /// TSV with `\t`, `\n`, `\r` and `\\` instead of quotes.
    pub tsv_escapes: bool,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect { delimiter: None, quote: b'"', escape: None, quoting: true, comment: None, tsv_escapes: false }
    }
}

/// CSV or TSV as it is written, whatever it was read from; only the escapes of TSV are set by [`Dialect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutDialect {
    /// Between fields; `None`: `,` for CSV and a tab for TSV.
    pub delimiter: Option<u8>,
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
        }
    }
}

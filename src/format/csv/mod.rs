//! CSV and TSV.
use super::{Columns, Error, Format, OpenError, Opening, Options, Shape, WriteFormat};

/// CSV or TSV as it is read. Single bytes, all ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields; none: `,` for CSV and a tab for TSV.
    pub delimiter: Option<u8>,
    /// Around a field.
    pub quote: u8,
    /// Takes its special meaning from a quote inside quotes; none: quotes are doubled.
    pub escape: Option<u8>,
    /// Quotes mean something (`--no-quoting` turns it off).
    pub quoting: bool,
    /// A line that starts with it is passed over.
    pub comment: Option<u8>,
    /// TSV with `\t`, `\n`, `\r` and `\\` instead of quotes.
    pub tsv_escapes: bool,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect { delimiter: None, quote: b'"', escape: None, quoting: true, comment: None, tsv_escapes: false }
    }
}

/// CSV or TSV as it is written. The quote is that of [`Dialect`]; it is doubled inside quotes, or
/// escaped where the dialect has an escape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutDialect {
    /// Between fields; none: `,` for CSV and a tab for TSV.
    pub delimiter: Option<u8>,
    /// Put every field in quotes.
    pub quote_all: bool,
    /// End records with CRLF instead of LF.
    pub crlf: bool,
}

/// Opens CSV or TSV.
pub fn open(_format: Format, _options: &Options, _head: &[u8], _end: bool) -> Result<Opening, OpenError> {
    unimplemented!()
}
/// Prepares CSV or TSV.
pub fn create(
    _format: Format,
    _options: &Options,
    _shape: &Shape,
    _columns: Option<Columns>,
) -> Result<Box<dyn WriteFormat>, Error> {
    unimplemented!()
}

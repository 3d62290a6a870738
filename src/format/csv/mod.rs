//! CSV and TSV (RFC 4180 and dialects). The specification, also for malformed input, is the crate `csv-core`.

mod begin;
mod cut;
mod decode;
mod encode;
mod fields;
mod header;
mod quotes;
mod row;
mod spec;
#[cfg(test)]
mod tests;

use super::{Columns, Cut, Decode, Format, OpenError, Opening, Options, ReadFormat, Shape, Tally, Want, WriteFormat};
use crate::error::{Error, Result};
use crate::record::Schema;
use crate::scan::csv::Marks;
pub(crate) use encode::may_be_mark;

/// CSV or TSV as it is read. Single bytes, all ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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

/// CSV or TSV as it is written, whatever it was read from: only the escapes of TSV are those of [`Dialect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutDialect {
    /// Between fields; none: `,` for CSV and a tab for TSV.
    pub delimiter: Option<u8>,
    /// Around a field that needs it.
    pub quote: u8,
    /// Before a quote inside quotes; none: quotes are doubled.
    pub escape: Option<u8>,
    /// Fields may be in quotes. Where they may not, one that needs them is a bad record.
    pub quoting: bool,
    /// Put every field in quotes.
    pub quote_all: bool,
    /// End records with CRLF instead of LF; lines of text too.
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

/// A dialect without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Resolved {
    delimiter: u8,
    /// None: quotes mean nothing.
    quote: Option<u8>,
    escape: Option<u8>,
    comment: Option<u8>,
    tsv_escapes: bool,
}

impl Resolved {
    fn reading(format: Format, dialect: &Dialect) -> Result<Resolved> {
        Resolved::new(format, dialect, "input")
    }

    fn writing(format: Format, options: &Options) -> Result<Resolved> {
        let OutDialect { delimiter, quote, escape, quoting, .. } = options.out_dialect;
        let tsv_escapes = options.dialect.tsv_escapes;
        Resolved::new(format, &Dialect { delimiter, quote, escape, quoting, comment: None, tsv_escapes }, "output")
    }

    fn new(format: Format, dialect: &Dialect, side: &str) -> Result<Resolved> {
        let tsv_escapes = dialect.tsv_escapes && format == Format::Tsv;
        let resolved = Resolved {
            delimiter: dialect.delimiter.unwrap_or(if format == Format::Tsv { b'\t' } else { b',' }),
            quote: (dialect.quoting && !tsv_escapes).then_some(dialect.quote),
            escape: dialect.escape.filter(|_| dialect.quoting && !tsv_escapes),
            comment: dialect.comment,
            tsv_escapes,
        };
        if tsv_escapes && b"\\tnr".contains(&resolved.delimiter) {
            let shown = resolved.delimiter.escape_ascii();
            return Err(Error::usage(format!(
                "the delimiter of the {side} can't be `{shown}`, which is used in escapes"
            )));
        }
        let named = [
            ("the delimiter", Some(resolved.delimiter)),
            ("the quote", resolved.quote),
            ("the escape", resolved.escape),
            ("the comment mark", resolved.comment),
        ];
        for (index, (name, byte)) in named.iter().enumerate() {
            let Some(byte) = *byte else { continue };
            if !byte.is_ascii() || byte == b'\n' || byte == b'\r' {
                return Err(Error::usage(format!(
                    "{name} of the {side} can't be the byte {byte:#04x}; give an ASCII character that is not a line break"
                )));
            }
            if let Some((other, _)) = named[..index].iter().find(|(_, earlier)| *earlier == Some(byte)) {
                return Err(Error::usage(format!(
                    "{other} and {name} of the {side} are both `{}`",
                    byte.escape_ascii()
                )));
            }
        }
        Ok(resolved)
    }

    /// The vector kernels understand this dialect.
    fn is_plain(&self) -> bool {
        self.escape.is_none() && self.comment.is_none()
    }

    /// Whether a field with this byte needs quotes, or escapes where they take their place. Some readers take an escape
    /// for one outside of quotes too.
    #[inline]
    fn is_special(&self, byte: u8) -> bool {
        byte == self.delimiter
            || byte == b'\n'
            || byte == b'\r'
            || self.quote == Some(byte)
            || self.escape == Some(byte)
            || self.tsv_escapes && byte == b'\\'
    }

    /// Whether no field can have this byte, because there are neither quotes nor an escape for it.
    fn is_lost(&self, byte: u8) -> bool {
        let is_delimiter = byte == self.delimiter;
        match self.tsv_escapes {
            true => is_delimiter && byte != b'\t',
            false => self.quote.is_none() && (is_delimiter || byte == b'\n' || byte == b'\r'),
        }
    }

    fn marks(&self) -> Marks {
        Marks { delimiter: self.delimiter, quote: self.quote }
    }
}

/// Whether a target of this format has the dialect of a source of it, so that a record of regular fields can be copied.
pub(crate) fn writes_as_it_reads(format: Format, options: &Options) -> bool {
    let dialects = (Resolved::reading(format, &options.dialect), Resolved::writing(format, options));
    // Where a record is read without the kernels, nobody knows whether it is regular.
    matches!(dialects, (Ok(read), Ok(written))
        if read == written && read.is_plain() && !(options.out_dialect.quote_all && read.quote.is_some()))
}

/// Opens CSV or TSV: reads the header.
pub fn open(format: Format, options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let mut dialect = Resolved::reading(format, &options.dialect)?;
    let Some(beginning) = begin::read(&dialect, options, head, end) else { return Ok(Opening::More) };
    dialect.delimiter = beginning.delimiter.unwrap_or(dialect.delimiter);
    let Some(header) = header::read(&dialect, options, head, beginning.end, end)? else { return Ok(Opening::More) };
    Ok(Opening::Ready(Box::new(Reading {
        dialect,
        named: beginning.delimiter,
        header,
        ragged: options.ragged,
        other_width: match (options.names.is_empty(), options.no_headers) {
            (false, _) => "{} field{s} where the list of names has {}",
            (true, true) => "{} field{s} where the first record has {}",
            (true, false) => "{} field{s} where the header has {}",
        },
        strict: options.strict,
        max_record: options.max_record,
    })))
}

/// CSV whose header was read.
struct Reading {
    dialect: Resolved,
    /// The delimiter that the source names itself.
    named: Option<u8>,
    header: header::Header,
    ragged: super::Ragged,
    /// What is said of a record of another width than this.
    other_width: &'static str,
    strict: bool,
    max_record: usize,
}

impl ReadFormat for Reading {
    fn start(&self) -> usize {
        self.header.end
    }

    fn schema(&self) -> Option<&Schema> {
        Some(&self.header.schema)
    }

    fn warnings(&self) -> &[String] {
        &self.header.warnings
    }

    fn delimiter(&self) -> Option<u8> {
        self.named
    }

    fn suspicion(&self) -> Option<&str> {
        self.header.suspicion.as_deref()
    }

    fn replaced(&self) -> u64 {
        self.header.replaced
    }

    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(cut::CsvCut::new(self.dialect, self.max_record))
    }

    fn tally(&self) -> Option<Box<dyn Tally>> {
        Some(Box::new(cut::CsvTally::new(self.dialect, self.max_record)))
    }

    fn marks(&self) -> Option<Marks> {
        self.dialect.is_plain().then(|| self.dialect.marks())
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        Box::new(decode::CsvDecode::new(self, want))
    }
}

/// Prepares CSV or TSV.
pub fn create(
    format: Format,
    options: &Options,
    shape: &Shape,
    columns: Option<Columns>,
    from: Format,
) -> Result<Box<dyn WriteFormat>> {
    let dialect = Resolved::writing(format, options)?;
    // What an unquoted field of the source holds needs no quotes where the dialects are equal.
    let same = matches!(from, Format::Csv | Format::Tsv) && Resolved::reading(from, &options.dialect)? == dialect;
    let typed = matches!(from, Format::Fixed | Format::Frames);
    let writing = encode::Writing::new(dialect, options, shape, columns, (same, typed));
    writing.check_names()?;
    Ok(Box::new(writing))
}

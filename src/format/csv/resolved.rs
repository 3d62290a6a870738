//! A dialect as it is read or written.

use super::dialect::Dialect;
use super::dialect::OutDialect;
use crate::error::{Error, Result};
use crate::format::{Options, Surplus};
use crate::scan::csv::Marks;

/// Which defaults a dialect has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preset {
    Csv,
    Tsv,
}

impl Preset {
    pub fn delimiter(self) -> u8 {
        match self {
            Preset::Csv => b',',
            Preset::Tsv => b'\t',
        }
    }
}

/// A dialect with every byte decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub delimiter: u8,
    /// `None`: quotes mean nothing.
    pub quote: Option<u8>,
    pub escape: Option<u8>,
    pub comment: Option<u8>,
    pub tsv_escapes: bool,
}

impl Resolved {
    pub(super) fn reading(preset: Preset, dialect: &Dialect) -> Result<Resolved> {
        Resolved::new(preset, dialect, "input")
    }

    pub(super) fn writing(preset: Preset, options: &Options) -> Result<Resolved> {
        let OutDialect { delimiter, quote, escape, quoting, .. } = options.out_dialect;
        let tsv_escapes = options.dialect.tsv_escapes;
        Resolved::new(preset, &Dialect { delimiter, quote, escape, quoting, comment: None, tsv_escapes }, "output")
    }

    fn new(preset: Preset, dialect: &Dialect, side: &str) -> Result<Resolved> {
        let tsv_escapes = dialect.tsv_escapes && preset == Preset::Tsv;
        let delimiter = match dialect.delimiter {
            Some(delimiter) => delimiter.byte().ok_or_else(|| {
                Error::usage(format!(
                    "the delimiter of the {side} can't be `{delimiter}`; give one ASCII character that is not a line break"
                ))
            })?,
            None => preset.delimiter(),
        };
        let resolved = Resolved {
            delimiter,
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

    /// Null is written differently from an empty field, which is empty text.
    pub fn says_null(&self) -> bool {
        self.tsv_escapes
    }

    /// The vector kernels can read this dialect.
    pub fn is_plain(&self) -> bool {
        self.escape.is_none() && self.comment.is_none()
    }

    /// Whether a field with this byte needs quotes, or the escapes that replace them. Some readers obey an escape
    /// outside quotes too.
    #[inline]
    pub fn is_special(&self, byte: u8) -> bool {
        byte == self.delimiter
            || byte == b'\n'
            || byte == b'\r'
            || self.quote == Some(byte)
            || self.escape == Some(byte)
            || self.tsv_escapes && byte == b'\\'
    }

    /// Whether no field can contain this byte, because there are neither quotes nor an escape for it.
    pub fn is_lost(&self, byte: u8) -> bool {
        let is_delimiter = byte == self.delimiter;
        match self.tsv_escapes {
            true => is_delimiter && byte != b'\t',
            false => self.quote.is_none() && (is_delimiter || byte == b'\n' || byte == b'\r'),
        }
    }

    pub fn marks(&self) -> Marks {
        Marks { delimiter: self.delimiter, quote: self.quote }
    }
}

/// Whether a target has the same dialect as the source, so that a record of regular fields can be copied.
pub(super) fn writes_as_it_reads(preset: Preset, options: &Options) -> bool {
    let dialects = (Resolved::reading(preset, &options.dialect), Resolved::writing(preset, options));
    // Records that are read without the kernels are not known to be regular.
    matches!(dialects, (Ok(read), Ok(written))
        if read == written && options.nulls.is_empty() && options.out_null.is_empty() && read.is_plain()
            && options.ragged.surplus != Surplus::Extra && !(options.out_dialect.quote_all && read.quote.is_some()))
}

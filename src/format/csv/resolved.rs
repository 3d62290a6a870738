//! A dialect as it is read or written.

use super::Comment;
use super::Delimiter;
use super::dialect::{Dialect, Known, OutDialect};
use crate::error::{Error, Result};
use crate::format::{Options, Surplus};
use crate::scan::bytes::AnyOf;
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

/// What a backslash means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Backslashes {
    /// Nothing of its own.
    #[default]
    Plain,
    Mysql,
    Postgres,
}

impl Backslashes {
    fn of(preset: Preset, known: Option<Known>) -> Backslashes {
        match (known, preset) {
            (Some(Known::Mysql), _) => Backslashes::Mysql,
            (Some(Known::Postgres), Preset::Tsv) => Backslashes::Postgres,
            _ => Backslashes::Plain,
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
    pub comment: Option<Comment>,
    pub tsv_escapes: bool,
    /// The whole delimiter, if it has several bytes; `delimiter` is its first one.
    pub long: Option<Delimiter>,
    /// Spaces at the start of a field are no part of it.
    pub skip_space: bool,
    /// What a backslash, or what is named as the escape, means, also outside of quotes.
    pub backslashes: Backslashes,
    /// A blank line is a record whose only field is empty. Known when the table is open: it has one column, and the
    /// dialect is one of a database or has escapes.
    pub blank_records: bool,
}

impl Resolved {
    pub(super) fn reading(preset: Preset, dialect: &Dialect) -> Result<Resolved> {
        let tsv_escapes = dialect.tsv_escapes && preset == Preset::Tsv;
        Resolved::new(preset, &Dialect { tsv_escapes, ..*dialect }, "input")
    }

    pub(super) fn writing(preset: Preset, options: &Options) -> Result<Resolved> {
        let OutDialect { delimiter, quote, mut escape, quoting, known, .. } = options.out_dialect;
        let backslashes = Backslashes::of(preset, known);
        let databases = preset == Preset::Tsv && backslashes != Backslashes::Plain;
        if preset == Preset::Csv && backslashes == Backslashes::Mysql {
            escape = escape.or(Some(b'\\'));
        }
        // Without quotes, a database reads nothing but escapes.
        let tsv_escapes = match preset {
            Preset::Tsv => options.dialect.tsv_escapes || databases,
            Preset::Csv => backslashes == Backslashes::Mysql && !quoting,
        };
        let dialect = Dialect { delimiter, quote, escape, quoting, tsv_escapes, ..Dialect::default() };
        Resolved::new(preset, &dialect, "output")
    }

    fn new(preset: Preset, dialect: &Dialect, side: &str) -> Result<Resolved> {
        let backslashes = Backslashes::of(preset, dialect.known);
        let databases = backslashes != Backslashes::Plain;
        let tsv_escapes = dialect.tsv_escapes && !databases;
        let quoting = dialect.quoting && !tsv_escapes && !(databases && preset == Preset::Tsv);
        // Until it is found, it is the usual one.
        let named = dialect.delimiter.filter(|delimiter| !delimiter.is_auto());
        let delimiter = named.map_or(preset.delimiter(), u8::from);
        let resolved = Resolved {
            delimiter,
            quote: quoting.then_some(dialect.quote),
            escape: match databases {
                true => Some(dialect.escape.unwrap_or(b'\\')),
                false => dialect.escape.filter(|_| quoting),
            },
            comment: dialect.comment,
            tsv_escapes,
            long: named.filter(|delimiter| delimiter.byte().is_none()),
            skip_space: dialect.skip_space,
            backslashes,
            blank_records: false,
        };
        resolved.check_long(side)?;
        if resolved.skip_space && delimiter == b' ' {
            return Err(Error::usage(
                "spaces at the start of fields can't be skipped where a space separates fields\n  Leave out ⟨dialect.skip_space⟩, or give another ⟨dialect.delimiter⟩.",
            ));
        }
        if tsv_escapes && b"\\tnr".contains(&resolved.delimiter) {
            let shown = resolved.delimiter.escape_ascii();
            return Err(Error::usage(format!(
                "the delimiter of the {side} can't be `{shown}`, which is used in escapes"
            )));
        }
        let named = [
            ("the delimiter", Some(resolved.delimiter).filter(|_| resolved.long.is_none())),
            ("the quote", resolved.quote),
            ("the escape", resolved.escape),
        ];
        if let Some(comment) = resolved.comment {
            let first = Some(comment.first());
            comment.check(side)?;
            if let Some((other, _)) = named.iter().find(|(_, byte)| *byte == first) {
                return Err(Error::usage(format!(
                    "{other} and the comment mark of the {side} both begin with `{comment}`"
                )));
            }
        }
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
        self.tsv_escapes || self.backslashes != Backslashes::Plain
    }

    /// Refuses a delimiter of several bytes that can't be told from what is around it.
    fn check_long(&self, side: &str) -> Result<()> {
        let Some(long) = &self.long else { return Ok(()) };
        let refused = |why: String| Err(Error::usage(format!("the delimiter of the {side} can't be `{long}`: {why}")));
        if long.is_too_long() {
            return refused("it may have 7 bytes at most".to_owned());
        }
        if long.bytes().iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return refused("a line break ends records".to_owned());
        }
        let inside = [("the quote", self.quote), ("the escape", self.escape)];
        let at_start =
            [("the comment mark", self.comment.map(|comment| comment.first()).filter(|byte| *byte == self.delimiter))];
        for (name, byte) in inside.into_iter().chain(at_start) {
            if let Some(byte) = byte.filter(|byte| long.bytes().contains(byte)) {
                return refused(format!("{name} `{}` is in it", byte.escape_ascii()));
            }
        }
        if self.tsv_escapes && long.bytes().contains(&b'\\') {
            return refused("a backslash is used in escapes".to_owned());
        }
        Ok(())
    }

    /// The vector kernels can read this dialect.
    pub fn is_plain(&self) -> bool {
        self.escape.is_none() && self.comment.is_none() && !self.is_own()
    }

    /// csv-core does not know this dialect: [`own`](super::own) reads it.
    pub fn is_own(&self) -> bool {
        self.long.is_some() || self.skip_space || self.backslashes != Backslashes::Plain || self.blank_records
    }

    /// Where there is no quote, every line break ends a record, although this dialect is not plain.
    pub fn is_of_lines(&self) -> bool {
        self.is_own() && self.escape.is_none() && self.comment.is_none()
    }

    /// An escape makes a line break part of a field; there are no quotes.
    pub fn hides_breaks(&self) -> bool {
        self.backslashes != Backslashes::Plain && self.quote.is_none()
    }

    pub fn is_mysql(&self) -> bool {
        self.backslashes == Backslashes::Mysql
    }

    /// The length of the delimiter at `at`; 0 if there is none.
    #[inline]
    pub fn delimiter_len(&self, data: &[u8], at: usize) -> usize {
        match &self.long {
            _ if data.get(at) != Some(&self.delimiter) => 0,
            None => 1,
            Some(long) if data[at..].starts_with(long.bytes()) => long.bytes().len(),
            Some(_) => 0,
        }
    }

    /// Whether what is at `at`, up to the end of the data, may become a delimiter.
    #[inline]
    pub fn may_delimit(&self, data: &[u8], at: usize) -> bool {
        self.long
            .as_ref()
            .is_some_and(|long| data.len() - at < long.bytes().len() && long.bytes().starts_with(&data[at..]))
    }

    /// The length of the line break at `at`; 0 if there is none. Where an escape may be before a line break, a single
    /// carriage return is text, and for MySQL one before a line feed is too.
    #[inline]
    pub fn break_len(&self, data: &[u8], at: usize) -> usize {
        match (data.get(at), data.get(at + 1)) {
            (Some(b'\n'), _) => 1,
            (Some(b'\r'), Some(b'\n')) if !(self.hides_breaks() && self.is_mysql()) => 2,
            (Some(b'\r'), _) if !self.hides_breaks() => 1,
            _ => 0,
        }
    }

    /// Whether an escape outside of quotes is at `at`. With quotes, it does not hide a line break.
    #[inline]
    pub fn escapes_at(&self, data: &[u8], at: usize) -> bool {
        self.backslashes != Backslashes::Plain
            && data.get(at) == self.escape.as_ref()
            && (self.quote.is_none() || !matches!(data.get(at + 1), Some(b'\n' | b'\r')))
    }

    /// Whether a field without quotes is the word that means null to MySQL, where fields may have quotes.
    #[inline]
    pub fn is_word_null(&self, text: &[u8]) -> bool {
        self.is_mysql() && self.quote.is_some() && text == b"NULL"
    }

    /// Whether the line at `at` is the one that ends the data of PostgreSQL: `\.`.
    #[inline]
    pub fn is_end_mark(&self, data: &[u8], at: usize) -> bool {
        self.hides_breaks()
            && !self.is_mysql()
            && data[at..].starts_with(b"\\.")
            && (at + 2 == data.len() || self.break_len(data, at + 2) > 0)
    }

    /// Whether a field with this byte needs quotes, or the escapes that replace them. Some readers obey an escape
    /// outside quotes too.
    #[inline]
    pub fn is_special(&self, byte: u8) -> bool {
        self.special_bytes().contains(&byte)
    }

    /// All such bytes, to be looked for in texts.
    pub fn specials(&self) -> AnyOf {
        AnyOf::new(self.special_bytes())
    }

    fn special_bytes(&self) -> [u8; 5] {
        let delimiter = if self.long.is_none() { self.delimiter } else { b'\n' };
        let escape = self.escape.or(self.tsv_escapes.then_some(b'\\'));
        [delimiter, b'\n', b'\r', self.quote.unwrap_or(b'\n'), escape.unwrap_or(b'\n')]
    }

    /// Whether no field can contain this byte, because there are neither quotes nor an escape for it.
    pub fn is_lost(&self, byte: u8) -> bool {
        let is_delimiter = byte == self.delimiter;
        match self.tsv_escapes {
            true => is_delimiter && byte != b'\t',
            false => self.quote.is_none() && (is_delimiter || byte == b'\n' || byte == b'\r'),
        }
    }

    /// The whole delimiter.
    pub fn delimiter_bytes(&self) -> &[u8] {
        self.long.as_ref().map_or(std::slice::from_ref(&self.delimiter), Delimiter::bytes)
    }

    /// Whether a text in front of the delimiter would be divided by a delimiter of several bytes.
    pub fn divides(&self, text: &[u8]) -> bool {
        let Some(long) = &self.long else { return false };
        let delimiter = long.bytes();
        // A delimiter may begin in the text and end in the one that follows it.
        let ends = (1..delimiter.len()).any(|len| {
            text.ends_with(&delimiter[..len]) && delimiter[len..].iter().eq(delimiter[..delimiter.len() - len].iter())
        });
        ends || memchr::memmem::find(text, delimiter).is_some()
    }

    /// A byte of a text that needs quotes, where there are none.
    pub fn lost_in(&self, text: &[u8]) -> Option<u8> {
        let own = |byte: &u8| self.long.is_none() || *byte != self.delimiter;
        let found = text.iter().copied().find(|byte| self.is_lost(*byte) && own(byte));
        found.or_else(|| self.divides(text).then_some(self.delimiter))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_that_are_special_are_those_that_are_looked_for() {
        let delimiters = [None, Some(Delimiter::from(b';')), Some(Delimiter::from("||"))];
        for preset in [Preset::Csv, Preset::Tsv] {
            for delimiter in delimiters {
                for (escape, quoting, tsv_escapes) in
                    [(None, true, false), (Some(b'\\'), true, false), (None, false, false), (None, false, true)]
                {
                    for known in [None, Some(Known::Mysql), Some(Known::Postgres)] {
                        let dialect = Dialect { delimiter, escape, quoting, tsv_escapes, known, ..Dialect::default() };
                        let Ok(resolved) = Resolved::new(preset, &dialect, "output") else { continue };
                        for byte in 0..=255 {
                            let is_found = resolved.specials().is_in(&[byte]);
                            assert_eq!(is_found, resolved.is_special(byte), "{dialect:?} {byte}");
                        }
                    }
                }
            }
        }
    }
}

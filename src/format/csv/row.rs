//! Records of plain values, written with vector instructions; whatever is odd is left to `encode`.

use super::Resolved;
use crate::record::Value;
use crate::scan::number::{is_json_number, may_be_number, short_is_number};
use crate::scan::vector::{Vector, Work};

/// How plain records are written.
#[derive(Clone, Copy)]
pub(super) struct RowStyle {
    pub dialect: Resolved,
    pub terminator: &'static [u8],
    pub quote_all: bool,
    /// An untyped field can be copied as it is: the source has the same dialect.
    pub same: bool,
    /// Missing fields are simply counted: nothing lossy is refused.
    pub lenient: bool,
}

/// What a row came to.
pub(super) struct Row {
    pub len: usize,
    /// Missing fields, each an empty cell.
    pub absent: u64,
}

/// Writes one record. None if there may be no room, or a value takes more thought.
pub(super) struct WriteRow<'o, I> {
    pub style: RowStyle,
    pub values: I,
    pub to: &'o mut [u8],
}

impl<'a, I: Iterator<Item = Value<'a>>> Work for WriteRow<'_, I> {
    type Out = Option<Row>;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Option<Row> {
        self.style.row(v, self.values, self.to)
    }
}

/// Room that a field may need beside twice its text: quotes, delimiter, and a whole block written at once.
const MARGIN: usize = 80;

impl RowStyle {
    /// Writes a record at the front of `to`.
    #[inline(always)]
    pub fn row<'a, V: Vector>(&self, v: V, values: impl Iterator<Item = Value<'a>>, to: &mut [u8]) -> Option<Row> {
        let (mut at, mut absent, mut fields) = (0, 0, 0);
        for value in values {
            fields += 1;
            let (text, quoted, trusted) = match value {
                Value::Untyped(text) => (text, self.quote_all || self.comments(text), self.same),
                Value::Number(text) => (text, self.quote_all, false),
                Value::Text(text) => (text, self.quote_all || self.reads_otherwise(v, text), false),
                Value::Null => (&[][..], false, true),
                Value::Absent if self.lenient => {
                    absent += 1;
                    (&[][..], false, true)
                }
                _ => return None,
            };
            if to.len() - at < 2 * text.len() + MARGIN {
                return None;
            }
            let found = copy(v, text, to, at, &self.dialect);
            if !quoted && (trusted || !found.special) {
                at += text.len();
            } else if found.quote {
                at = self.quote(text, to, at)?;
            } else {
                let quote = self.dialect.quote?;
                to[at] = quote;
                copy(v, text, to, at + 1, &self.dialect);
                at += text.len() + 2;
                to[at - 1] = quote;
            }
            to[at] = self.dialect.delimiter;
            at += 1;
        }
        // An empty line would be no record.
        if fields == 0 || at == fields && fields == 1 {
            return None;
        }
        at -= 1;
        to[at..at + self.terminator.len()].copy_from_slice(self.terminator);
        Some(Row { len: at + self.terminator.len(), absent })
    }

    /// Whether a text without quotes would be read back as null or a number.
    #[inline(always)]
    fn reads_otherwise<V: Vector>(&self, v: V, text: &[u8]) -> bool {
        if may_be_number(text) {
            return if text.len() > 32 { is_json_number(text) } else { short_is_number(v, v.short(text), text) };
        }
        text.is_empty() || self.comments(text)
    }

    /// Whether a text at the start of a record would make it a comment.
    #[inline(always)]
    pub fn comments(&self, text: &[u8]) -> bool {
        self.dialect.comment.is_some() && self.dialect.comment == text.first().copied()
    }

    /// Writes a text in quotes, those inside doubled; none in dialects that do it otherwise.
    #[inline]
    fn quote(&self, text: &[u8], to: &mut [u8], mut at: usize) -> Option<usize> {
        let quote = self.dialect.quote.filter(|_| self.dialect.escape.is_none())?;
        to[at] = quote;
        at += 1;
        let mut rest = text;
        while let Some(place) = memchr::memchr(quote, rest) {
            to[at..at + place + 1].copy_from_slice(&rest[..place + 1]);
            to[at + place + 1] = quote;
            at += place + 2;
            rest = &rest[place + 1..];
        }
        to[at..at + rest.len()].copy_from_slice(rest);
        to[at + rest.len()] = quote;
        Some(at + rest.len() + 1)
    }
}

/// What a text holds.
struct Found {
    /// Something that only quotes can hide.
    special: bool,
    /// A quote, or an escape, which takes more than quotes around the text.
    quote: bool,
}

/// Copies a text to `to[at..]` and says what it holds.
#[inline(always)]
fn copy<V: Vector>(v: V, text: &[u8], to: &mut [u8], at: usize, dialect: &Resolved) -> Found {
    // In a dialect of backslash escapes the backslash takes the quote's place.
    let quote = dialect.quote.unwrap_or(if dialect.tsv_escapes { b'\\' } else { dialect.delimiter });
    let delimiter = dialect.delimiter;
    if text.len() <= 32 {
        let short = v.short(text);
        if let Some(into) = to[at..].first_chunk_mut() {
            v.short_store(short, into);
        }
        let valid = ((1u64 << text.len()) - 1) as u32;
        let quotes = v.short_equal(short, quote) & valid;
        let others = v.short_equal(short, delimiter) | v.short_equal(short, b'\n') | v.short_equal(short, b'\r');
        return Found { special: quotes | (others & valid) != 0, quote: quotes != 0 };
    }
    let (blocks, rest) = text.as_chunks::<64>();
    let (mut quotes, mut others, mut place) = (0, 0, at);
    for bytes in blocks {
        let block = v.load(bytes);
        if let Some(into) = to[place..].first_chunk_mut() {
            v.store(block, into);
        }
        quotes |= v.equal(block, quote);
        others |= separators(v, block, delimiter);
        place += 64;
    }
    let block = v.load_part(rest);
    if let Some(into) = to[place..].first_chunk_mut() {
        v.store(block, into);
    }
    let valid = (1 << rest.len()) - 1;
    quotes |= v.equal(block, quote) & valid;
    others |= separators(v, block, delimiter) & valid;
    Found { special: quotes | others != 0, quote: quotes != 0 }
}

/// Where a field would end. (No closure: that would be compiled without the instructions.)
#[inline(always)]
fn separators<V: Vector>(v: V, block: V::Block, delimiter: u8) -> u64 {
    v.equal(block, delimiter) | v.equal(block, b'\n') | v.equal(block, b'\r')
}

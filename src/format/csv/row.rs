//! Records of plain values, written with vector instructions; whatever is odd is left to `encode`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Resolved;
use crate::record::digits::{DigitRoom, float_text, int_text, uint_text};
use crate::record::{Lossy, LossyKind, Value};
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
    /// Bytes become Base64.
    pub base64: bool,
    /// What is lossy is simply counted: nothing is refused.
    pub lenient: bool,
}

/// What a row came to.
pub(super) struct Row {
    pub len: usize,
    pub lossy: RowLossy,
}

/// How many values of some rows were lossy.
#[derive(Clone, Copy, Default)]
pub(super) struct RowLossy {
    /// Missing fields, each an empty cell.
    absent: u64,
    truths: u64,
    bytes: u64,
}

impl RowLossy {
    #[inline(always)]
    pub fn add(&mut self, other: RowLossy) {
        self.absent += other.absent;
        self.truths += other.truths;
        self.bytes += other.bytes;
    }

    pub fn count(&self, lossy: &mut Lossy) {
        lossy.count_many(LossyKind::AbsentAsNull, self.absent);
        lossy.count_many(LossyKind::BoolAsText, self.truths);
        lossy.count_many(LossyKind::BytesAsText, self.bytes);
    }
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
        self.style.row::<false, V>(v, self.values, self.to)
    }
}

/// Room that a field may need beside twice its text: quotes, delimiter, and a whole block written at once.
const MARGIN: usize = 80;

impl RowStyle {
    /// Writes a record at the front of `to`. Values that only typed sources have are none of those that take
    /// more thought when `TYPED`; to have them in the same loop costs the others 5 % of the instructions.
    #[inline(always)]
    pub fn row<'a, const TYPED: bool, V: Vector>(
        &self,
        v: V,
        values: impl Iterator<Item = Value<'a>>,
        to: &mut [u8],
    ) -> Option<Row> {
        let (mut at, mut lossy, mut fields) = (0, RowLossy::default(), 0);
        let mut digits = DigitRoom::default();
        for value in values {
            fields += 1;
            let (text, quoted, trusted) = match value {
                Value::Untyped(text) => (text, self.quote_all || self.comments(text), self.same),
                Value::Number(text) => (text, self.quote_all, false),
                Value::Text(text) => (text, self.quote_all || self.reads_otherwise(v, text), false),
                Value::Null => (&[][..], false, true),
                Value::Absent if self.lenient => {
                    lossy.absent += 1;
                    (&[][..], false, true)
                }
                Value::Bytes(bytes) if TYPED && self.lenient && self.base64 => {
                    lossy.bytes += 1;
                    at = self.base64(bytes, to, at)?;
                    continue;
                }
                other if TYPED => (self.typed(other, &mut digits, &mut lossy)?, self.quote_all, false),
                _ => return None,
            };
            if to.len() - at < 2 * text.len() + MARGIN {
                return None;
            }
            let found = copy(v, text, to, at, &self.dialect);
            if !quoted && (trusted || !found.special) {
                at += text.len();
            } else if found.quote {
                at = self.quote(v, text, to, at)?;
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
        Some(Row { len: at + self.terminator.len(), lossy })
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

    /// The text of a value of a typed source.
    #[inline(never)]
    fn typed<'t>(&self, value: Value<'t>, digits: &'t mut DigitRoom, lossy: &mut RowLossy) -> Option<&'t [u8]> {
        match value {
            Value::Int(number) => Some(int_text(number, digits)),
            Value::UInt(number) => Some(uint_text(number, digits)),
            Value::Float(number) => Some(float_text(number, digits)),
            Value::Bool(truth) if self.lenient => {
                lossy.truths += 1;
                Some(if truth { b"true" } else { b"false" })
            }
            Value::Bytes(bytes) if self.lenient => {
                lossy.bytes += 1;
                Some(bytes)
            }
            _ => None,
        }
    }

    /// Writes bytes as Base64 in quotes, and the delimiter. No byte of it is a quote in any sensible dialect.
    #[inline(never)]
    fn base64(&self, bytes: &[u8], to: &mut [u8], at: usize) -> Option<usize> {
        let quote = self.dialect.quote?;
        if to.len() - at < 2 * bytes.len() + MARGIN {
            return None;
        }
        to[at] = quote;
        let end = at + 1 + STANDARD.encode_slice(bytes, &mut to[at + 1..]).ok()?;
        to[end] = quote;
        to[end + 1] = self.dialect.delimiter;
        Some(end + 2)
    }

    /// Writes a text in quotes, those inside doubled; none in dialects that do it otherwise.
    #[inline(always)]
    fn quote<V: Vector>(&self, v: V, text: &[u8], to: &mut [u8], mut at: usize) -> Option<usize> {
        let quote = self.dialect.quote.filter(|_| self.dialect.escape.is_none())?;
        to[at] = quote;
        at += 1;
        let (blocks, rest) = text.as_chunks::<32>();
        for block in blocks {
            at = double(v, quote, block, to, at);
        }
        at = double(v, quote, rest, to, at);
        to[at] = quote;
        Some(at + 1)
    }
}

/// Writes at most 32 bytes with quotes doubled. Behind each quote the rest moves on, all of it by one store.
#[inline(always)]
fn double<V: Vector>(v: V, quote: u8, text: &[u8], to: &mut [u8], mut at: usize) -> usize {
    let mut short = v.short(text);
    let mut bits = v.short_equal(short, quote) & ((1u64 << text.len()) - 1) as u32;
    let mut from = 0;
    loop {
        if let Some(into) = to[at..].first_chunk_mut() {
            v.short_store(short, into);
        }
        if bits == 0 {
            return at + text.len() - from;
        }
        let next = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        at += next + 1 - from;
        to[at] = quote;
        (at, from) = (at + 1, next + 1);
        short = v.short(&text[from..]);
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

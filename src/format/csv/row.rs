//! Writes records of plain values with vector instructions; everything odd is left to `encode`.
//!
//! Tried, and slower: blocks of 64 bytes for short texts too (each load and store then crosses a cache line); writing
//! quotes without a branch, or treating all kinds of values alike, or just unquoted and quoted fields (more stores and
//! instructions cost more than the mispredicted branches); using the cutter's positions to tell which fields are
//! numbers when all get quotes (as many instructions as looking at each); scanning a long text before copying it (its
//! length is mispredicted, and then twice). With AVX-512, a load from a page that is not there takes as long as a
//! record even if it loads nothing: so there is no load for an empty field, whose text may be anywhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::resolved::Resolved;
use crate::record::digits::{DigitRoom, float_text, int_text, is_odd_nan, uint_text};
use crate::record::{Lossy, LossyKind, Value};
use crate::scan::number::{begins_like_number, below, is_json_number, may_be_number, short_is_number};
use crate::scan::vector::{Vector, Work};

/// How plain records are written.
#[derive(Clone, Copy)]
pub(super) struct RowStyle {
    pub dialect: Resolved,
    /// The line break, at the front of the array, and its length.
    line_break: ([u8; 2], usize),
    pub quote_all: bool,
    /// An untyped field can be copied unchanged: the source has the same dialect.
    pub same: bool,
    /// Bytes become Base64.
    pub base64: bool,
    /// Lossy values are just counted: nothing is refused.
    pub lenient: bool,
    /// The byte that can't be in quotes unchanged: the quote, or the backslash in a dialect with backslash escapes.
    mark: u8,
    /// The quote after a text, and the delimiter.
    closing: [u8; 2],
    /// If a bit is set, nothing can be quoted.
    unquotable: u32,
    /// Numbers get no quotes, and have no byte that needs them.
    bare_numbers: bool,
    /// Null is written differently from an empty field.
    pub says_null: bool,
    /// No record is plain: the dialect has an escape, a delimiter of several bytes, or a text for null.
    careful: bool,
}

impl RowStyle {
    pub fn new(dialect: Resolved, crlf: bool, quote_all: bool, same: bool, base64: bool) -> RowStyle {
        let instead = if dialect.tsv_escapes { b'\\' } else { dialect.delimiter };
        let mark = dialect.quote.unwrap_or(instead);
        RowStyle {
            dialect,
            line_break: if crlf { (*b"\r\n", 2) } else { (*b"\n\0", 1) },
            quote_all,
            same,
            base64,
            lenient: false,
            mark,
            closing: [mark, dialect.delimiter],
            unquotable: u32::from(dialect.quote.is_none()),
            bare_numbers: !b"0123456789+-.eE".iter().any(|byte| [dialect.delimiter, mark].contains(byte)),
            says_null: dialect.says_null(),
            careful: dialect.escape.is_some() || dialect.long.is_some(),
        }
    }
}

/// The outcome of writing a row.
pub(super) struct Row {
    pub len: usize,
    pub lossy: RowLossy,
}

/// The lossy values in some rows, by kind.
#[derive(Clone, Copy, Default)]
pub(super) struct RowLossy {
    /// Missing fields, each an empty cell.
    absent: u64,
    truths: u64,
    bytes: u64,
    /// Numbers in quotes.
    numbers: u64,
    /// NaNs with a sign or a payload.
    nans: u64,
}

impl RowLossy {
    #[inline(always)]
    pub fn add(&mut self, other: RowLossy) {
        self.absent += other.absent;
        self.truths += other.truths;
        self.bytes += other.bytes;
        self.numbers += other.numbers;
        self.nans += other.nans;
    }

    pub fn count(&self, lossy: &mut Lossy) {
        lossy.count_many(LossyKind::AbsentAsNull, self.absent);
        lossy.count_many(LossyKind::BoolAsText, self.truths);
        lossy.count_many(LossyKind::BytesAsText, self.bytes);
        lossy.count_many(LossyKind::NumberAsText, self.numbers);
        lossy.count_many(LossyKind::NanAsPlainNan, self.nans);
    }
}

/// Writes one record. `None` if there may not be enough room, or a value needs more care.
pub(super) struct WriteRow<'o, I, const QUOTE_ALL: bool> {
    pub style: RowStyle,
    /// The text that most values are part of.
    pub source: &'o [u8],
    pub values: I,
    pub to: &'o mut [u8],
}

impl<'a, I: Iterator<Item = Value<'a>>, const QUOTE_ALL: bool> Work for WriteRow<'_, I, QUOTE_ALL> {
    type Out = Option<Row>;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Option<Row> {
        self.style.row::<false, QUOTE_ALL, V>(v, self.source, self.values, self.to)
    }
}

/// The longest text written in one piece.
const SHORT: usize = 32;
/// Room for such a text, with quotes and delimiter.
const WINDOW: usize = SHORT + 8;
/// Room that a quoted field may need besides twice its text.
const MARGIN: usize = 104;

impl RowStyle {
    /// Writes a record at the front of `to`. Values that only typed sources have are written here only if `TYPED`;
    /// having them in the same loop would cost the other sources 5 % of the instructions. `QUOTE_ALL` mirrors the
    /// style, so that it costs nothing when off.
    #[inline(always)]
    pub fn row<'a, const TYPED: bool, const QUOTE_ALL: bool, V: Vector>(
        &self,
        v: V,
        source: &[u8],
        values: impl Iterator<Item = Value<'a>>,
        to: &mut [u8],
    ) -> Option<Row> {
        // The escape itself is escaped, quoted or not; a text that means null is in quotes, as one with a delimiter is.
        if self.careful {
            return None;
        }
        let (mut at, mut lossy) = (0, RowLossy::default());
        let mut digits = DigitRoom::default();
        for value in values {
            // Tested first: comparing the kind costs less than an indirect jump.
            if QUOTE_ALL && let Value::Untyped(text) = value {
                at = self.maybe_number(v, source, text, to, at, &mut lossy.numbers)?;
                continue;
            }
            let (text, must) = match value {
                Value::Untyped(text) | Value::Number(text) if !QUOTE_ALL && self.as_it_is(&value) => {
                    at = self.copy(v, source, text, to, at)?;
                    continue;
                }
                Value::Number(text) if QUOTE_ALL => {
                    lossy.numbers += 1;
                    (text, true)
                }
                Value::Untyped(text) | Value::Number(text) => (text, false),
                Value::Text(text) => (text, QUOTE_ALL || self.reads_otherwise(v, source, text)),
                Value::Null | Value::Absent if (self.lenient | matches!(value, Value::Null)) & !self.says_null => {
                    lossy.absent += u64::from(matches!(value, Value::Absent));
                    *to.get_mut(at)? = self.dialect.delimiter;
                    at += 1;
                    continue;
                }
                Value::Bytes(bytes) if TYPED && self.lenient && self.base64 => {
                    lossy.bytes += 1;
                    at = self.base64(bytes, to, at)?;
                    continue;
                }
                other if TYPED => (self.typed(other, &mut digits, &mut lossy)?, QUOTE_ALL),
                _ => return None,
            };
            at = if text.len() <= SHORT {
                self.short(v, v.short_near(text, source), text, must, to, at)?
            } else {
                self.long(v, text, must, to, at)?
            };
        }
        // No field, or just an empty one: an empty line would not be a record.
        if at <= 1 || QUOTE_ALL && lossy.numbers != 0 && !self.lenient {
            return None;
        }
        at -= 1;
        // Always two bytes: copying one or two takes a call, which costs as much as a short field.
        *to.get_mut(at..)?.first_chunk_mut()? = self.line_break.0;
        Some(Row { len: at + self.line_break.1, lossy })
    }

    /// The same, and a text may have to be told apart from null.
    pub fn guarding_null(self, guards: bool) -> RowStyle {
        RowStyle { careful: self.careful | guards, ..self }
    }

    /// What ends a record.
    pub fn line_break(&self) -> &[u8] {
        &self.line_break.0[..self.line_break.1]
    }

    /// Whether a value's text can have no special byte.
    #[inline(always)]
    fn as_it_is(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Untyped(_) => self.same,
            Value::Number(_) => self.bare_numbers,
            _ => false,
        }
    }

    /// Writes a field unchanged, and the delimiter.
    #[inline(always)]
    fn copy<V: Vector>(&self, v: V, source: &[u8], text: &[u8], to: &mut [u8], at: usize) -> Option<usize> {
        let to = to.get_mut(at..)?;
        if text.len() <= SHORT {
            let window: &mut [u8; WINDOW] = to.first_chunk_mut()?;
            if let Some(into) = window.first_chunk_mut() {
                v.short_store(v.short_near(text, source), into);
            }
            window[text.len()] = self.dialect.delimiter;
        } else {
            to.get_mut(..text.len())?.copy_from_slice(text);
            *to.get_mut(text.len())? = self.dialect.delimiter;
        }
        Some(at + text.len() + 1)
    }

    /// Writes a quoted field whose text may be a number, and the delimiter; counts the numbers.
    #[inline(always)]
    fn maybe_number<V: Vector>(
        &self,
        v: V,
        source: &[u8],
        text: &[u8],
        to: &mut [u8],
        at: usize,
        numbers: &mut u64,
    ) -> Option<usize> {
        if text.len() > SHORT {
            *numbers += u64::from(is_json_number(text));
            return self.long(v, text, true, to, at);
        }
        let short = v.short_near(text, source);
        if begins_like_number(text) && short_is_number(v, short, text) {
            *numbers += 1;
        }
        let len = text.len().min(SHORT);
        let window = to.get_mut(at..)?.first_chunk_mut()?;
        if v.short_equal(short, self.mark) & below(len as u32) != 0 {
            return self.quote(v, text, to, at);
        }
        self.enclose(v, short, len, window)?;
        Some(at + len + 3)
    }

    /// Writes a short field, in quotes if it `must` be, and the delimiter.
    #[inline(always)]
    fn short<V: Vector>(
        &self,
        v: V,
        short: V::Short,
        text: &[u8],
        must: bool,
        to: &mut [u8],
        at: usize,
    ) -> Option<usize> {
        let len = text.len().min(SHORT);
        let window: &mut [u8; WINDOW] = to.get_mut(at..)?.first_chunk_mut()?;
        let valid = below(len as u32);
        let quotes = v.short_equal(short, self.mark) & valid;
        let others = v.short_one_of(short, [self.dialect.delimiter, b'\n', b'\r']) & valid;
        if !must & (quotes | others == 0) {
            if let Some(into) = window.first_chunk_mut() {
                v.short_store(short, into);
            }
            window[len] = self.dialect.delimiter;
            return Some(at + len + 1);
        }
        if quotes | self.unquotable != 0 {
            return self.quote(v, text, to, at);
        }
        self.enclose(v, short, len, window)?;
        Some(at + len + 3)
    }

    /// Writes a short text without a quote in it as a field in quotes, and the delimiter.
    #[inline(always)]
    fn enclose<V: Vector>(&self, v: V, short: V::Short, len: usize, window: &mut [u8; WINDOW]) -> Option<()> {
        window[0] = self.mark;
        v.short_store(short, window[1..].first_chunk_mut()?);
        *window[len + 1..].first_chunk_mut()? = self.closing;
        Some(())
    }

    /// Writes a longer field, in quotes if it `must` be, and the delimiter.
    #[inline(always)]
    fn long<V: Vector>(&self, v: V, text: &[u8], must: bool, to: &mut [u8], at: usize) -> Option<usize> {
        let room = to.get_mut(at..at + text.len() + 3)?;
        let found = self.copy_long(v, text, &mut room[..text.len()]);
        if !must & (found.quotes | found.others == 0) {
            room[text.len()] = self.dialect.delimiter;
            return Some(at + text.len() + 1);
        }
        if found.quotes | u64::from(self.unquotable) != 0 {
            return self.quote(v, text, to, at);
        }
        room[0] = self.mark;
        self.copy_long(v, text, &mut room[1..text.len() + 1]);
        room[text.len() + 1] = self.mark;
        room[text.len() + 2] = self.dialect.delimiter;
        Some(at + text.len() + 3)
    }

    /// Copies a longer text and tells what it contains. The last piece may overlap the one before.
    #[inline(always)]
    fn copy_long<V: Vector>(&self, v: V, text: &[u8], to: &mut [u8]) -> Found {
        let mut found = Found { quotes: 0, others: 0 };
        let others = [self.dialect.delimiter, b'\n', b'\r'];
        if let Some(last) = text.last_chunk() {
            for (into, bytes) in to.as_chunks_mut().0.iter_mut().zip(text.as_chunks().0) {
                let block = v.load(bytes);
                v.store(block, into);
                found.quotes |= v.equal(block, self.mark);
                found.others |= v.one_of(block, others);
            }
            let block = v.load(last);
            if let Some(end) = to.last_chunk_mut() {
                v.store(block, end);
            }
            found.quotes |= v.equal(block, self.mark);
            found.others |= v.one_of(block, others);
        } else if let (Some(first), Some(last)) = (text.first_chunk::<SHORT>(), text.last_chunk::<SHORT>()) {
            let ends = [v.short(first), v.short(last)];
            if let Some(into) = to.first_chunk_mut() {
                v.short_store(ends[0], into);
            }
            if let Some(into) = to.last_chunk_mut() {
                v.short_store(ends[1], into);
            }
            found.quotes = (v.short_equal(ends[0], self.mark) | v.short_equal(ends[1], self.mark)).into();
            found.others = (v.short_one_of(ends[0], others) | v.short_one_of(ends[1], others)).into();
        }
        found
    }

    /// Whether a text without quotes would read back as null or a number.
    #[inline(always)]
    fn reads_otherwise<V: Vector>(&self, v: V, source: &[u8], text: &[u8]) -> bool {
        text.is_empty() || self.is_number(v, source, text)
    }

    /// Whether a text is exactly a JSON number.
    #[inline(always)]
    fn is_number<V: Vector>(&self, v: V, source: &[u8], text: &[u8]) -> bool {
        match text.len() {
            _ if !may_be_number(text) => false,
            ..=SHORT => short_is_number(v, v.short_near(text, source), text),
            _ => is_json_number(text),
        }
    }

    /// The text of a value of a typed source.
    #[inline(never)]
    fn typed<'t>(&self, value: Value<'t>, digits: &'t mut DigitRoom, lossy: &mut RowLossy) -> Option<&'t [u8]> {
        let number = matches!(value, Value::Int(_) | Value::UInt(_) | Value::Float(_));
        let nan = matches!(value, Value::Float(number) if is_odd_nan(number));
        if (nan || number && self.quote_all) && !self.lenient {
            return None;
        }
        lossy.nans += u64::from(nan);
        lossy.numbers += u64::from(number && self.quote_all && !nan);
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

    /// Writes bytes as quoted Base64, and the delimiter; `None` in dialects where Base64 may contain the quote.
    #[inline(never)]
    fn base64(&self, bytes: &[u8], to: &mut [u8], at: usize) -> Option<usize> {
        let special = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        let quote = self.dialect.quote.filter(|quote| !special(*quote))?;
        if self.dialect.escape.is_some_and(special) || to.len() - at < 2 * bytes.len() + MARGIN {
            return None;
        }
        to[at] = quote;
        let end = at + 1 + STANDARD.encode_slice(bytes, &mut to[at + 1..]).ok()?;
        to[end] = quote;
        to[end + 1] = self.dialect.delimiter;
        Some(end + 2)
    }

    /// Writes a text in quotes, doubling those inside, and the delimiter; `None` without quotes or room.
    #[inline(always)]
    fn quote<V: Vector>(&self, v: V, text: &[u8], to: &mut [u8], mut at: usize) -> Option<usize> {
        let quote = self.dialect.quote.filter(|_| to.len() - at >= 2 * text.len() + MARGIN)?;
        to[at] = quote;
        at += 1;
        for piece in text.chunks(SHORT) {
            at += v.double(piece, quote, to[at..].first_chunk_mut()?);
        }
        to[at] = quote;
        to[at + 1] = self.dialect.delimiter;
        Some(at + 2)
    }
}

/// What special bytes a text has: a bit for each.
struct Found {
    /// Bytes that can't be in quotes unchanged.
    quotes: u64,
    /// Bytes that need quotes.
    others: u64,
}

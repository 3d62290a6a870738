//! Batches in columns to NDJSON and JSON.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::encode::{Style, finish};
use crate::format::Encode;
use crate::record::digits::{DigitRoom, float_text, int_text, uint_text};
use crate::record::json::{Grouped, Plain, Sink, Step, json_text, unflatten};
use crate::record::{Batch, BytesAs, EncodeError, LossyKind, Output, Schema, Value};
use crate::scan::json::{escape_into, short_special, write_text, write_untyped};
use crate::scan::number::short_is_number;
use crate::scan::vector::{Unit, Vector, Work};

/// A field's name as it is written, `,"name":`, followed by a quote for a text.
struct Name {
    first: [u8; 32],
    /// What does not fit into `first`.
    rest: Box<[u8]>,
    len: usize,
    /// The room it takes, including what a value may need besides its text.
    room: usize,
}

impl Name {
    fn new(name: &[u8]) -> Name {
        let text = [b",", &json_text(name)[..], b":"].concat();
        let (mut first, near) = ([b'"'; 32], text.len().min(32));
        first[..near].copy_from_slice(&text[..near]);
        Name { first, rest: text[near..].into(), len: text.len(), room: text.len().max(32) + 40 + BEHIND }
    }
}

/// Writes each record as a map on a line of its own.
pub struct Flat {
    unit: Unit,
    before: Vec<u8>,
    end: &'static [u8],
    names: Vec<Name>,
    bytes_as: BytesAs,
    /// Nulls are left out.
    omit_null: bool,
    /// Bytes that become text are just counted: nothing lossy is refused.
    lenient: bool,
    /// Writes the records that are not simple.
    any: Any,
}

impl Flat {
    pub fn new(style: Style, schema: &Schema) -> Flat {
        let any = Any::new(style, unflatten::flat(schema), None);
        let names = schema.names().map(Name::new).collect();
        Flat {
            unit: Unit::get(),
            before: style.before(),
            end: style.end,
            names,
            bytes_as: style.forms.bytes_as,
            omit_null: style.forms.omit_null,
            lenient: false,
            any,
        }
    }
}

impl Encode for Flat {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        self.lenient = !output.is_strict();
        let mut next = records.start;
        while next < records.end {
            let rows = self.unit.run(Rows { flat: self, batch, records: next..records.end, to: output.room(1)? });
            output.advance(rows.len);
            output.lossy.count_many(LossyKind::BytesAsText, rows.bytes);
            output.records += (rows.behind - next) as u64;
            next = rows.behind;
            match rows.stop {
                None => {}
                // An empty buffer may have room for this record.
                Some(Stop::NoRoom) if !output.is_empty() => {
                    output.room(output.capacity())?;
                }
                Some(_) => {
                    self.any.encode(batch, next..next + 1, output)?;
                    next += 1;
                }
            }
        }
        Ok(())
    }
}

/// Writes as many records as fit; stops at a record that is not simple.
struct Rows<'e, 'b, 'a, 'o> {
    flat: &'e Flat,
    batch: &'b Batch<'a>,
    records: Range<usize>,
    to: &'o mut [u8],
}

/// What was written.
struct Written {
    /// The record after the last one written.
    behind: usize,
    len: usize,
    /// How many values were bytes.
    bytes: u64,
    /// Why some records are missing.
    stop: Option<Stop>,
}

/// Why a record was not written.
enum Stop {
    /// There may be no room for it.
    NoRoom,
    /// It has a value that needs more care.
    Odd,
}

impl Work for Rows<'_, '_, '_, '_> {
    type Out = Written;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Written {
        let Rows { flat, batch, records, to } = self;
        let mut written = Written { behind: records.end, len: 0, bytes: 0, stop: None };
        for record in records {
            match flat.row(v, batch.columns(record), &mut to[written.len..]) {
                Ok((len, bytes)) => {
                    written.len += len;
                    written.bytes += bytes;
                }
                Err(stop) => {
                    (written.behind, written.stop) = (record, Some(stop));
                    break;
                }
            }
        }
        written
    }
}

/// What may follow a record's last value: a bracket and a line feed.
const BEHIND: usize = 8;

impl Flat {
    /// Writes a record; returns its length, and how many values were bytes.
    #[inline(always)]
    fn row<V: Vector>(&self, v: V, values: &[Value<'_>], to: &mut [u8]) -> Result<(usize, u64), Stop> {
        let begin = self.before.len();
        if to.len() < begin + BEHIND {
            return Err(Stop::NoRoom);
        }
        put_few(&self.before, to, 0);
        let (mut at, mut bytes) = (begin, 0);
        let mut done = 0;
        while let (Some(fields), Some(names)) = (values.get(done..), self.names.get(done..)) {
            let short = short_fields(v, fields, names, to, at);
            (done, at) = (done + short.fields, short.end);
            // The field that was too long for that, if any.
            let (Some(value), Some(name)) = (values.get(done), self.names.get(done)) else { break };
            (at, bytes) = match *value {
                Value::Untyped(text) => {
                    let at = put_name(v, name, text.len() * 6, to, at)?;
                    (write_untyped(v, text, to, at), bytes)
                }
                Value::Text(text) => {
                    let at = put_name(v, name, text.len() * 6, to, at)?;
                    (write_text(v, text, to, at), bytes)
                }
                other => self.other(v, other, name, bytes, to, at)?,
            };
            done += 1;
        }
        // The first name's comma becomes the bracket.
        to[begin] = b'{';
        at = at.max(begin + 1);
        to[at] = b'}';
        at += 1;
        put_few(self.end, to, at);
        Ok((at + self.end.len(), bytes))
    }
}

impl Flat {
    /// Writes a value that is not text, and counts bytes. Returns the place after it.
    #[inline(always)]
    fn other<V: Vector>(
        &self,
        v: V,
        value: Value<'_>,
        name: &Name,
        bytes: u64,
        to: &mut [u8],
        at: usize,
    ) -> Result<(usize, u64), Stop> {
        match value {
            Value::Absent => Ok((at, bytes)),
            Value::Null if self.omit_null => Ok((at, bytes)),
            Value::Bytes(held) if self.lenient => {
                let at = put_name(v, name, held.len() * 6, to, at)?;
                Ok((self.put_bytes(held, to, at).ok_or(Stop::Odd)?, bytes + 1))
            }
            other => {
                let mut digits = DigitRoom::default();
                let text = plain_text(other, &mut digits).ok_or(Stop::Odd)?;
                let at = put_name(v, name, text.len(), to, at)?;
                Ok((put_text(v, text, to, at), bytes))
            }
        }
    }

    /// Writes quoted bytes; there is room for six times their number. `None` if text can't hold them.
    #[inline(never)]
    fn put_bytes(&self, bytes: &[u8], to: &mut [u8], at: usize) -> Option<usize> {
        to[at] = b'"';
        let inside = &mut to[at + 1..];
        let len = match self.bytes_as {
            BytesAs::Base64 => STANDARD.encode_slice(bytes, inside).ok()?,
            BytesAs::Text if simdutf8::basic::from_utf8(bytes).is_ok() => escape_into(self.unit, bytes, inside),
            BytesAs::Text => return None,
        };
        to[at + 1 + len] = b'"';
        Some(at + len + 2)
    }
}

/// A value that is written without quotes and without loss.
#[inline(always)]
fn plain_text<'t>(value: Value<'t>, digits: &'t mut DigitRoom) -> Option<&'t [u8]> {
    Some(match value {
        Value::Number(text) => text,
        Value::Null => b"null",
        Value::Bool(true) => b"true",
        Value::Bool(false) => b"false",
        other => return number_text(other, digits),
    })
}

/// Out of line, so that the loop over fields stays short.
#[inline(never)]
fn number_text<'t>(value: Value<'_>, digits: &'t mut DigitRoom) -> Option<&'t [u8]> {
    match value {
        Value::Int(number) => Some(int_text(number, digits)),
        Value::UInt(number) => Some(uint_text(number, digits)),
        Value::Float(number) if number.is_finite() => Some(float_text(number, digits)),
        _ => None,
    }
}

/// Usually writes no byte or one; now and then a few, for which calling memcpy would take longer.
#[inline(always)]
fn put_few(bytes: &[u8], to: &mut [u8], at: usize) {
    for (to, byte) in to[at..].iter_mut().zip(bytes) {
        *to = *byte;
    }
}

/// The longest text written in one piece.
const SHORT: usize = 32;
/// Room for a name and a quoted text of that length, and what follows the last value.
const WINDOW: usize = 128;

/// How far [`short_fields`] got.
struct Short {
    fields: usize,
    /// The place after them.
    end: usize,
}

/// Writes fields up to the first one that is not a short text with a short name, or does not fit.
///
/// Measured on numeric CSV, no gain beyond 2 or 3 %: stores without checks and one masked compare for all digits (a
/// third fewer instructions with AVX-512), whole loads instead of masked ones, eight copies of the loop so that
/// branches are told apart by address, a check for numbers without branches, masks that tell a number with an exponent
/// from a hash (where most mispredictions were expected), batches and lists that fit the first-level cache, not
/// checking whether a text needs escaping. What did help: letting the decoder tell numbers, see `scan::csv::numbers`.
#[inline(always)]
fn short_fields<V: Vector>(v: V, values: &[Value<'_>], names: &[Name], to: &mut [u8], mut at: usize) -> Short {
    for (fields, (value, name)) in values.iter().zip(names).enumerate() {
        let end = Short { fields, end: at };
        let (text, form) = match *value {
            Value::Number(text) => (text, Form::Bare),
            Value::Text(text) => (text, Form::Quoted),
            Value::Untyped(text) => (text, Form::Either),
            _ => return end,
        };
        let Some(window) = to.get_mut(at..).and_then(|to| to.first_chunk_mut()) else { return end };
        if text.len() > SHORT || name.len >= 32 {
            return end;
        }
        match short_field(v, name, text, form, window) {
            0 => return end,
            len => at += len,
        }
    }
    Short { fields: values.len().min(names.len()), end: at }
}

/// How a text is written.
#[derive(Clone, Copy)]
enum Form {
    Bare,
    Quoted,
    /// Without quotes if it is a number.
    Either,
}

/// Writes a short name and a short text. Returns the length; zero if the text needs escaping.
#[inline(always)]
fn short_field<V: Vector>(v: V, name: &Name, text: &[u8], form: Form, to: &mut [u8; WINDOW]) -> usize {
    // No name is longer; this tells the compiler.
    let at = name.len % 32;
    let short = v.short(text);
    if let Some(into) = to.first_chunk_mut() {
        v.short_store(v.short(&name.first), into);
    }
    let bare = match form {
        Form::Bare => true,
        Form::Quoted => false,
        Form::Either => short_is_number(v, short, text),
    };
    if bare {
        if let Some(into) = to[at..].first_chunk_mut() {
            v.short_store(short, into);
        }
        return at + text.len();
    }
    if short_special(v, short, text.len()) {
        return 0;
    }
    if let Some(into) = to[at + 1..].first_chunk_mut() {
        v.short_store(short, into);
    }
    to[at + 1 + text.len()] = b'"';
    at + 2 + text.len()
}

/// Writes a name if there is room for it and for `value` more bytes.
#[inline(always)]
fn put_name<V: Vector>(v: V, name: &Name, value: usize, to: &mut [u8], at: usize) -> Result<usize, Stop> {
    let to = &mut to[at..];
    if to.len() < name.room + value {
        return Err(Stop::NoRoom);
    }
    v.short_store(v.short(&name.first), to.first_chunk_mut().ok_or(Stop::NoRoom)?);
    if !name.rest.is_empty() {
        to[32..name.len].copy_from_slice(&name.rest);
    }
    Ok(at + name.len)
}

#[inline(always)]
fn put_text<V: Vector>(v: V, text: &[u8], to: &mut [u8], at: usize) -> usize {
    match to[at..].first_chunk_mut() {
        Some(into) if text.len() <= 32 => v.short_store(v.short(text), into),
        _ => to[at..at + text.len()].copy_from_slice(text),
    }
    at + text.len()
}

/// Writes any record: with nested maps, indented, of any size.
pub struct Any {
    before: Vec<u8>,
    end: &'static [u8],
    grouped: Grouped,
}

impl Any {
    /// See [`Grouped::new`].
    pub fn new(style: Style, steps: Vec<Step>, parse: Option<usize>) -> Any {
        Any { before: style.before(), end: style.end, grouped: Grouped::new(style.writer(), steps, parse) }
    }
}

impl Encode for Any {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for index in records {
            let mark = output.mark();
            output.put(&self.before)?;
            let mut sink = Plain(output);
            let outcome = self.grouped.record(batch.columns(index), &mut sink);
            let outcome = outcome.and_then(|()| Ok(sink.put(self.end)?));
            finish(outcome, mark, index, batch, output)?;
        }
        Ok(())
    }
}

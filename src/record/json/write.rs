//! Values as JSON text.

use base64::Engine;

use super::kept::WithoutNulls;
use super::pretty::Pretty;
use super::sink::{Refusal, Sink};
use super::{BytesAs, Forms, Nonfinite};
use crate::error::Error;
use crate::record::digits::{float_text, int_text, is_odd_nan, uint_text};
use crate::record::{LossyKind, Output, Tree, Value};
use crate::scan::json::{Compactor, escape_into, write_text};
use crate::scan::vector::{Unit, Vector};

/// An output buffer, written with one processor's vector instructions; for use inside a
/// [`Work`](crate::scan::vector::Work).
pub struct Fast<'o, 'w, V> {
    /// The instructions.
    pub vector: V,
    /// The buffer.
    pub output: &'o mut Output<'w>,
}

/// The longest text that is escaped at once.
const PIECE: usize = 512;
/// Room for it.
const PIECE_ROOM: usize = PIECE * 6 + 40;

impl<V: Vector> Sink for Fast<'_, '_, V> {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.output.put(bytes)
    }

    #[inline(always)]
    fn lose(&mut self, kind: LossyKind) {
        self.output.lose(kind);
    }

    #[inline(always)]
    fn text(&mut self, text: &[u8]) -> Result<(), Error> {
        if text.len() > PIECE || self.output.capacity() < PIECE_ROOM {
            return self.long_text(text);
        }
        let room = self.output.room(text.len() * 6 + 40)?;
        let len = write_text(self.vector, text, room, 0);
        self.output.advance(len);
        Ok(())
    }

    #[inline(always)]
    fn key(&mut self, before: &'static [u8], key: &[u8], behind: &'static [u8]) -> Result<(), Error> {
        if key.len() > 32 || self.output.capacity() < PIECE_ROOM {
            self.output.put(before)?;
            self.long_text(key)?;
            return self.output.put(behind);
        }
        let room = self.output.room(32 * 6 + 80)?;
        let mut len = before.len();
        room[..len].copy_from_slice(before);
        len = write_text(self.vector, key, room, len);
        room[len..len + behind.len()].copy_from_slice(behind);
        self.output.advance(len + behind.len());
        Ok(())
    }

    #[inline(always)]
    fn number(&mut self, text: &[u8]) -> Result<(), Error> {
        if text.len() <= 32 && self.output.capacity() >= 32 {
            let room = self.output.room(32)?;
            if let Some(into) = room.first_chunk_mut() {
                self.vector.short_store(self.vector.short(text), into);
            }
            self.output.advance(text.len());
            return Ok(());
        }
        self.output.put(text)
    }

    #[inline(always)]
    fn compact(&mut self, mut raw: &[u8]) -> Result<(), Error> {
        let mut compactor = Compactor::new();
        if self.output.capacity() < 64 {
            return Plain(self.output).compact(raw);
        }
        while !raw.is_empty() {
            let room = self.output.room(64)?;
            let (read, written) = compactor.copy_with(self.vector, raw, room);
            self.output.advance(written);
            raw = &raw[read..];
        }
        Ok(())
    }
}

impl<V: Vector> Fast<'_, '_, V> {
    #[inline(never)]
    fn long_text(&mut self, text: &[u8]) -> Result<(), Error> {
        if self.output.capacity() < PIECE_ROOM {
            return Plain(self.output).text(text);
        }
        let unit = Unit::get();
        self.output.put_byte(b'"')?;
        for piece in text.chunks(PIECE) {
            // A call of a separate function, which can't use the instructions of `self.vector`.
            let len = escape_into(unit, piece, self.output.room(piece.len() * 6 + 40)?);
            self.output.advance(len);
        }
        self.output.put_byte(b'"')
    }
}

/// An output buffer of any capacity, however small.
pub struct Plain<'o, 'w>(pub &'o mut Output<'w>);

impl Sink for Plain<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.put(bytes)
    }
    fn lose(&mut self, kind: LossyKind) {
        self.0.lose(kind);
    }
}

/// Writes values as JSON text.
pub struct Writer {
    forms: Forms,
    pretty: Option<Pretty>,
    without_nulls: WithoutNulls,
    /// For each open list and map, the node after it, and whether it is a map.
    open: Vec<(u32, bool)>,
}

impl Writer {
    /// Without white space.
    pub fn new(forms: impl Into<Forms>) -> Writer {
        let without_nulls = WithoutNulls::default();
        Writer { forms: forms.into(), pretty: None, without_nulls, open: Vec::with_capacity(64) }
    }

    /// With line breaks and two spaces of indentation per level; `level` is that of the values.
    pub fn pretty(forms: impl Into<Forms>, level: usize) -> Writer {
        Writer { pretty: Some(Pretty::new(level)), ..Writer::new(forms) }
    }

    /// Whether there are line breaks.
    pub fn is_pretty(&self) -> bool {
        self.pretty.is_some()
    }

    /// Changes the level of what follows by `levels`; for callers that write maps themselves.
    pub fn nest(&mut self, levels: isize) {
        if let Some(pretty) = &mut self.pretty {
            pretty.level = pretty.level.saturating_add_signed(levels);
        }
    }

    /// Goes back to the first level, after an error.
    pub fn reset(&mut self) {
        if let Some(pretty) = &mut self.pretty {
            pretty.level = pretty.first;
        }
    }

    /// A line break and the indentation of the next line, if indenting.
    pub fn line<S: Sink>(&self, sink: &mut S) -> Result<(), Error> {
        match &self.pretty {
            Some(pretty) => pretty.line(sink),
            None => Ok(()),
        }
    }

    /// Whether a key with this value is left out.
    #[inline(always)]
    pub fn leaves_out<S: Sink>(&self, value: Value<'_>, sink: &mut S) -> bool {
        matches!(value, Value::Absent) || self.forms.omit_null && self.is_null(value, sink)
    }

    #[cold]
    #[inline(never)]
    fn is_null<S: Sink>(&self, value: Value<'_>, sink: &mut S) -> bool {
        match value {
            Value::Null => true,
            Value::Float(number) if !number.is_finite() && self.forms.nonfinite == Nonfinite::Null => {
                sink.lose(LossyKind::NotFiniteAsNull);
                true
            }
            _ => false,
        }
    }

    /// Writes a node with everything inside it. Absent fields are left out.
    #[inline(always)]
    pub fn tree<S: Sink>(&mut self, tree: Tree<'_, '_>, sink: &mut S) -> Result<(), Refusal> {
        let (values, keys) = tree.nodes();
        // A record that was not written to its end may have left something behind.
        self.reset();
        if !matches!(values[0], Value::List(_) | Value::Map(_)) {
            return self.leaf(values[0], sink);
        }
        self.open.clear();
        let (mut in_map, mut first, mut behind) = (false, true, u32::MAX);
        let mut node = 0;
        while node < values.len() {
            while node as u32 == behind {
                (in_map, first, behind) = self.close(in_map, first, sink)?;
            }
            let value = values[node];
            if in_map && self.leaves_out(value, sink) {
                node += 1;
                continue;
            }
            if in_map && self.pretty.is_none() {
                match std::mem::replace(&mut first, false) {
                    true => sink.key(b"", keys[node], b":")?,
                    false => sink.key(b",", keys[node], b":")?,
                }
            } else if node > 0 {
                self.before(&mut first, sink)?;
                if in_map {
                    sink.key(b"", keys[node], b": ")?;
                }
            }
            match value {
                Value::List(inside) | Value::Map(inside) => {
                    self.open.push((behind, in_map));
                    in_map = matches!(value, Value::Map(_));
                    behind = node as u32 + 1 + inside;
                    first = true;
                    sink.put(if in_map { b"{" } else { b"[" })?;
                    self.deeper();
                }
                _ => self.leaf(value, sink)?,
            }
            node += 1;
        }
        while !self.open.is_empty() {
            (in_map, first, _) = self.close(in_map, first, sink)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn deeper(&mut self) {
        if let Some(pretty) = &mut self.pretty {
            pretty.level += 1;
        }
    }

    /// The comma and line break before a part of a list or map.
    #[inline(always)]
    fn before<S: Sink>(&mut self, first: &mut bool, sink: &mut S) -> Result<(), Error> {
        if !std::mem::replace(first, false) {
            sink.put(b",")?;
        }
        self.line(sink)
    }

    /// Ends the innermost list or map; returns the state of what is around it.
    #[inline(always)]
    fn close<S: Sink>(&mut self, is_map: bool, empty: bool, sink: &mut S) -> Result<(bool, bool, u32), Error> {
        if let Some(pretty) = &mut self.pretty {
            pretty.level -= 1;
            if !empty {
                pretty.line(sink)?;
            }
        }
        sink.put(if is_map { b"}" } else { b"]" })?;
        let (behind, in_map) = self.open.pop().unwrap_or((u32::MAX, false));
        Ok((in_map, false, behind))
    }

    /// Writes a value that is not a list or map of nodes.
    #[inline(always)]
    pub fn leaf<S: Sink>(&mut self, value: Value<'_>, sink: &mut S) -> Result<(), Refusal> {
        match value {
            Value::Text(text) => sink.text(text)?,
            Value::Number(text) => sink.number(text)?,
            Value::Raw(text) if self.forms.omit_null => self.without_nulls.write(text, &mut self.pretty, sink)?,
            Value::Raw(text) => match &mut self.pretty {
                Some(pretty) => pretty.raw(text, sink)?,
                None => sink.compact(text)?,
            },
            Value::Null | Value::Absent => sink.put(b"null")?,
            Value::Bool(true) => sink.put(b"true")?,
            Value::Bool(false) => sink.put(b"false")?,
            Value::Untyped(_) => match value.typed() {
                Value::Number(text) => sink.put(text)?,
                Value::Text(text) => sink.text(text)?,
                _ => {}
            },
            Value::Bytes(bytes) => return self.bytes(bytes, sink),
            Value::Float(number) if !number.is_finite() => return self.not_finite(number, sink),
            other => write_typed(other, sink)?,
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn not_finite<S: Sink>(&self, number: f64, sink: &mut S) -> Result<(), Refusal> {
        match self.forms.nonfinite {
            Nonfinite::Null => {
                sink.lose(LossyKind::NotFiniteAsNull);
                Ok(sink.put(b"null")?)
            }
            Nonfinite::Text => {
                sink.lose(LossyKind::NumberAsText);
                if is_odd_nan(number) {
                    sink.lose(LossyKind::NanAsPlainNan);
                }
                Ok(sink.text(name_of(number))?)
            }
            Nonfinite::Fail => Err(Refusal::NotFinite),
        }
    }

    #[inline(always)]
    fn bytes<S: Sink>(&self, bytes: &[u8], sink: &mut S) -> Result<(), Refusal> {
        sink.lose(LossyKind::BytesAsText);
        if self.forms.bytes_as == BytesAs::Text {
            if simdutf8::basic::from_utf8(bytes).is_err() {
                return Err(Refusal::Value("bytes that are not UTF-8 can't be JSON text".into()));
            }
            return Ok(sink.text(bytes)?);
        }
        sink.put(b"\"")?;
        let mut text = [0; 1024];
        for piece in bytes.chunks(768) {
            // 768 bytes become exactly 1024 characters.
            let len = base64::engine::general_purpose::STANDARD.encode_slice(piece, &mut text).unwrap_or(0);
            sink.put(&text[..len])?;
        }
        Ok(sink.put(b"\"")?)
    }
}

/// What a number that is not finite is called.
pub fn name_of(number: f64) -> &'static [u8] {
    match number {
        f64::INFINITY => b"Infinity",
        f64::NEG_INFINITY => b"-Infinity",
        _ => b"NaN",
    }
}

/// Writes an integer or finite floating-point number of a typed source.
fn write_typed<S: Sink>(value: Value<'_>, sink: &mut S) -> Result<(), Error> {
    match value {
        Value::Int(number) => sink.put(int_text(number, &mut [0; 32])),
        Value::UInt(number) => sink.put(uint_text(number, &mut [0; 32])),
        Value::Float(number) => sink.put(float_text(number, &mut [0; 32])),
        Value::List(_) => sink.put(b"[]"),
        _ => sink.put(b"{}"),
    }
}

#[cfg(test)]
mod tests;

//! Writing the fields of messages.

use super::convert::{How, no_value, number, of_enum, shown};
use super::fault::Fail;
use super::sink::Sink;
use super::table::{Field, Known, Message, Messages, Of, Shape};
use super::tape::Tape;
use super::wire::{BEGIN_GROUP, BYTES, END_GROUP, FIXED32, FIXED64};
use crate::record::digits::{float_text, int_text, uint_text};
use crate::record::json::Reader as JsonReader;
use crate::record::{Batch, BytesAs, Detail, LossyKind, Value};
use crate::wording::a;

/// How deep messages may be in each other where they are written. Other programs read 100 by default.
pub const DEEPEST: usize = 200;

/// What writing a message takes besides its schema.
pub struct Pen {
    pub how: How,
    pub bytes_as: BytesAs,
    pub max_depth: usize,
    /// The fields of the messages that are open: their numbers, nodes and places.
    pub gathered: Vec<(u32, u32, u32)>,
    /// What was lost.
    pub lost: Vec<LossyKind>,
    /// The value is a cell of a table, where lists and maps are JSON text.
    pub cell: bool,
    pub reader: JsonReader,
}

/// Where lists and maps that are JSON text are taken apart: an empty batch.
pub type Scratch<'s, 'a> = Option<&'s mut Batch<'a>>;

pub type Written = Result<(), Fail>;

/// Writes the tag of a field.
#[inline(always)]
pub fn tag<S: Sink>(number: u32, layout: u8, sink: &mut S) -> Written {
    sink.varint(u64::from(number) << 3 | u64::from(layout))
}

/// Writes a number as it is laid out.
#[inline(always)]
pub fn plain<S: Sink>(of: Of, raw: u64, sink: &mut S) -> Written {
    match of.layout() {
        FIXED64 => sink.put(&raw.to_le_bytes()),
        FIXED32 => sink.put(&(raw as u32).to_le_bytes()),
        _ => sink.varint(raw),
    }
}

impl Pen {
    /// Writes the content of a message.
    #[allow(clippy::too_many_arguments)]
    pub fn message<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        of: u32,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        if depth >= self.max_depth {
            return Err(Fail::wrong(format!("has more than {} messages in each other", self.max_depth)));
        }
        match (messages.at(of).known, tape.value(node)) {
            (Known::No, Value::Map(_)) => self.fields(messages, of, tape, node, depth, b"", scratch, sink),
            (Known::No, value) => Err(no_value(Of::Message { of, group: false }, value, "")),
            (known, _) => self.special(known, messages, of, tape, node, depth, scratch, sink),
        }
    }

    /// Writes the fields of a map, but not the one with the key `without`.
    #[allow(clippy::too_many_arguments)]
    pub fn fields<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        of: u32,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        without: &[u8],
        mut scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let message = messages.at(of);
        let from = self.gathered.len();
        let (mut at, end) = (node + 1, tape.behind(node));
        let (mut guess, mut last, mut sorted) = (0, 0, true);
        while at < end {
            let key = tape.key(at);
            if !matches!(tape.value(at), Value::Absent) {
                match message.named(key, guess) {
                    Some(place) => {
                        let number = message.fields[place].number;
                        sorted &= number > last;
                        (guess, last) = (place + 1, number);
                        self.gathered.push((number, at as u32, place as u32));
                    }
                    None if !without.is_empty() && key == without => {}
                    None => self.lost.push(LossyKind::FieldNotInSchema),
                }
            }
            at = tape.behind(at);
        }
        if !sorted {
            self.gathered[from..].sort_unstable();
            self.once(message, from)?;
        }
        if !message.oneofs.is_empty() {
            self.one_of_each(messages, of, tape, from)?;
        }
        for place in &message.required {
            let is_it = |(_, node, other): &(u32, u32, u32)| {
                other == place && !matches!(tape.value(*node as usize), Value::Null)
            };
            if !self.gathered[from..].iter().any(is_it) {
                return Err(
                    Fail::wrong("is missing, and the message requires it").at(&message.fields[*place as usize].name)
                );
            }
        }
        for index in from..self.gathered.len() {
            let (_, node, place) = self.gathered[index];
            let field = &message.fields[place as usize];
            let written = self.field(messages, field, tape, node as usize, depth, scratch.as_deref_mut(), sink);
            written.map_err(|fail| fail.at(&field.name))?;
        }
        self.gathered.truncate(from);
        Ok(())
    }

    /// Refuses a field that is there under both of its names, or twice.
    fn once(&mut self, message: &Message, from: usize) -> Written {
        let twice = self.gathered[from..].windows(2).find(|two| two[0].0 == two[1].0);
        match twice {
            Some(two) => Err(Fail::wrong("is there twice").at(&message.fields[two[0].2 as usize].name)),
            None => Ok(()),
        }
    }

    /// Refuses a second field of a group of which only one may be set.
    fn one_of_each(&self, messages: &Messages, of: u32, tape: Tape<'_, '_>, from: usize) -> Written {
        let message = messages.at(of);
        let set = |(_, node, place): &(u32, u32, u32)| {
            let field = &message.fields[*place as usize];
            let is_set = !matches!(tape.value(*node as usize), Value::Null) || takes_null(messages, field);
            field.oneof.filter(|_| is_set)
        };
        let fields = &self.gathered[from..];
        for (index, field) in fields.iter().enumerate() {
            if let Some(oneof) = set(field)
                && fields[..index].iter().any(|other| set(other) == Some(oneof))
            {
                return Err(two_of(&message.oneofs[oneof as usize], &message.fields[field.2 as usize].name));
            }
        }
        Ok(())
    }

    /// Writes a field.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    pub fn field<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        field: &Field,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let value = tape.value(node);
        match (value, field.shape) {
            (Value::Absent, _) => Ok(()),
            (Value::Null, Shape::Optional | Shape::Required | Shape::Plain)
                if takes_null(messages, field) && !self.cell =>
            {
                let skips = field.shape == Shape::Plain;
                self.one(messages, field.number, field.of, skips, tape, node, depth, scratch, sink)
            }
            // The first value of a NullValue is null too.
            (Value::Null, Shape::Plain) if takes_null(messages, field) => Ok(()),
            (Value::Null, Shape::Optional | Shape::Required) => Ok(()),
            (Value::Null, _) => {
                if !self.how.json {
                    self.lost.push(LossyKind::NullAsDefault);
                }
                Ok(())
            }
            (Value::Raw(text), _) => self.parsed(messages, field, text, value, depth, scratch, sink),
            (Value::Text(text) | Value::Untyped(text), _) if self.cell && is_inside(messages, field, text) => {
                self.parsed(messages, field, text, value, depth, scratch, sink)
            }
            (Value::List(_), Shape::List { packed }) => {
                self.list(messages, field, packed, tape, node, depth, scratch, sink)
            }
            (Value::Map(_), Shape::Map(pair)) => self.map(messages, field, pair, tape, node, depth, scratch, sink),
            (value, Shape::List { .. }) => Err(Fail::wrong(format!("is {}, which is not a list", shown(value)))),
            (value, Shape::Map(_)) => Err(Fail::wrong(format!("is {}, which is not an object", shown(value)))),
            (_, shape) => {
                let skips = shape == Shape::Plain;
                self.one(messages, field.number, field.of, skips, tape, node, depth, scratch, sink)
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn list<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        field: &Field,
        packed: bool,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        mut scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let (mut at, end) = (node + 1, tape.behind(node));
        if at == end {
            return Ok(());
        }
        let packed = packed && field.of.may_be_packed();
        let mut begun = 0;
        if packed {
            tag(field.number, BYTES, sink)?;
            begun = sink.begin()?;
        }
        while at < end {
            let value = tape.value(at);
            let written = match (packed, value) {
                (_, Value::Null | Value::Absent) if !takes_null(messages, field) => {
                    Err(Fail::wrong("is null, which a list can't hold"))
                }
                (false, _) => {
                    let scratch = scratch.as_deref_mut();
                    self.one(messages, field.number, field.of, false, tape, at, depth, scratch, sink)
                }
                (true, value) => match self.raw(messages, field.of, value) {
                    Ok(raw) => plain(field.of, raw, sink),
                    Err(fail) => Err(fail),
                },
            };
            written.map_err(|fail| fail.inside(b""))?;
            at = tape.behind(at);
        }
        if packed { sink.end(begun) } else { Ok(()) }
    }

    #[allow(clippy::too_many_arguments)]
    fn map<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        field: &Field,
        pair: u32,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        mut scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let (mut at, end) = (node + 1, tape.behind(node));
        while at < end {
            let key = tape.key(at);
            if !matches!(tape.value(at), Value::Absent) {
                let scratch = scratch.as_deref_mut();
                let written = self.pair(messages, field.number, pair, key, tape, at, depth, scratch, sink);
                written.map_err(|fail| fail.inside(key))?;
            }
            at = tape.behind(at);
        }
        Ok(())
    }

    /// Writes a pair of a map.
    #[allow(clippy::too_many_arguments)]
    pub fn pair<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        number: u32,
        pair: u32,
        key: &[u8],
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let [name, value] = &messages.at(pair).fields[..] else { return Ok(()) };
        if matches!(tape.value(node), Value::Null) && !takes_null(messages, value) {
            return Err(Fail::wrong("is null, which a map can't hold"));
        }
        tag(number, BYTES, sink)?;
        let begun = sink.begin()?;
        tag(1, name.of.layout(), sink)?;
        match name.of {
            Of::Text { .. } | Of::Bytes => {
                sink.varint(key.len() as u64)?;
                sink.put(key)?;
            }
            of => {
                let how = How { json: true, as_text: true };
                let (raw, _) = super::convert::number(of, Value::Untyped(key), how)
                    .map_err(|_| Fail::wrong(format!("has a key that is not {}", a(super::convert::title(of)))))?;
                plain(of, raw, sink)?;
            }
        }
        self.one(messages, 2, value.of, false, tape, node, depth, scratch, sink)?;
        sink.end(begun)
    }

    /// The number that a value is.
    #[inline(always)]
    fn raw(&mut self, messages: &Messages, of: Of, value: Value<'_>) -> Result<u64, Fail> {
        let (raw, lost) = match of {
            Of::Enum(number) => match messages.value(number) {
                all if all.is_null && matches!(value, Value::Null) => (0, None),
                all => of_enum(all, value, self.how)?,
            },
            of => number(of, value, self.how)?,
        };
        if let Some(lost) = lost {
            self.lost.push(lost);
        }
        Ok(raw)
    }

    /// Writes one value with its tag; with `skips`, none that is zero or empty.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    pub fn one<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        number: u32,
        of: Of,
        skips: bool,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let value = tape.value(node);
        match of {
            Of::Message { of, group: false } => {
                tag(number, BYTES, sink)?;
                let begun = sink.begin()?;
                self.message(messages, of, tape, node, depth + 1, scratch, sink)?;
                sink.end(begun)
            }
            Of::Message { of, group: true } => {
                tag(number, BEGIN_GROUP, sink)?;
                self.message(messages, of, tape, node, depth + 1, scratch, sink)?;
                tag(number, END_GROUP, sink)
            }
            Of::Text { utf8 } => self.text(number, utf8, skips, value, sink),
            Of::Bytes => self.bytes(number, skips, value, sink),
            of => {
                let raw = self.raw(messages, of, value)?;
                if skips && raw == 0 {
                    return Ok(());
                }
                tag(number, of.layout(), sink)?;
                plain(of, raw, sink)
            }
        }
    }

    #[inline]
    pub fn text<S: Sink>(&mut self, number: u32, utf8: bool, skips: bool, value: Value<'_>, sink: &mut S) -> Written {
        let mut room = [0; 32];
        let text = match value {
            Value::Text(text) | Value::Untyped(text) => text,
            Value::Bytes(bytes) if !utf8 || std::str::from_utf8(bytes).is_ok() => bytes,
            Value::Number(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Bool(_) if self.how.json => {
                return Err(no_value(Of::Text { utf8 }, value, ""));
            }
            Value::Bool(truth) => {
                self.lost.push(LossyKind::BoolAsText);
                if truth { &b"true"[..] } else { b"false" }
            }
            Value::Number(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) => {
                self.lost.push(LossyKind::NumberAsText);
                match value {
                    Value::Int(number) => int_text(number, &mut room),
                    Value::UInt(number) => uint_text(number, &mut room),
                    Value::Float(number) if !number.is_finite() => super::read::not_finite(number),
                    Value::Float(number) => float_text(number, &mut room),
                    Value::Number(text) => text,
                    _ => b"",
                }
            }
            value => return Err(no_value(Of::Text { utf8 }, value, "")),
        };
        if skips && text.is_empty() {
            return Ok(());
        }
        tag(number, BYTES, sink)?;
        sink.varint(text.len() as u64)?;
        sink.put(text)
    }

    #[inline]
    pub fn bytes<S: Sink>(&mut self, number: u32, skips: bool, value: Value<'_>, sink: &mut S) -> Written {
        let bytes = match (value, self.bytes_as) {
            (Value::Bytes(bytes), _) => bytes,
            (Value::Text(text) | Value::Untyped(text), BytesAs::Text) => text,
            (Value::Text(text) | Value::Untyped(text), BytesAs::Base64) => {
                if skips && text.is_empty() {
                    return Ok(());
                }
                tag(number, BYTES, sink)?;
                let begun = sink.begin()?;
                self.base64(text, value, sink)?;
                return sink.end(begun);
            }
            _ => return Err(no_value(Of::Bytes, value, "")),
        };
        if skips && bytes.is_empty() {
            return Ok(());
        }
        tag(number, BYTES, sink)?;
        sink.varint(bytes.len() as u64)?;
        sink.put(bytes)
    }

    /// Writes the bytes of a Base64 text. JSON allows the alphabet of addresses, and no padding.
    pub fn base64<S: Sink>(&self, text: &[u8], value: Value<'_>, sink: &mut S) -> Written {
        use base64::Engine;
        use base64::engine::general_purpose::STANDARD_NO_PAD;
        const PIECE: usize = 1024;
        let wrong = || no_value(Of::Bytes, value, ": it is not base64");
        let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
        let digits = &text[..text.len() - padding];
        let is_whole = text.len().is_multiple_of(4) || self.how.json && padding == 0;
        if padding > 2 || !is_whole {
            return Err(wrong());
        }
        let (mut copy, mut decoded) = ([0; PIECE], [0; PIECE / 4 * 3]);
        for piece in digits.chunks(PIECE) {
            let copy = &mut copy[..piece.len()];
            copy.copy_from_slice(piece);
            if self.how.json {
                copy.iter_mut().for_each(|byte| match byte {
                    b'-' => *byte = b'+',
                    b'_' => *byte = b'/',
                    _ => {}
                });
            }
            let len = STANDARD_NO_PAD.decode_slice(&*copy, &mut decoded).map_err(|_| wrong())?;
            sink.put(&decoded[..len])?;
        }
        Ok(())
    }

    /// Writes a field whose value is the JSON text of a list or map.
    #[allow(clippy::too_many_arguments)]
    #[inline(never)]
    fn parsed<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        field: &Field,
        text: &'a [u8],
        value: Value<'a>,
        depth: usize,
        scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let Some(scratch) = scratch else { return Err(Fail::wrong("is JSON text inside JSON text")) };
        let cell = std::mem::replace(&mut self.cell, false);
        let read = self.reader.only_value(text, 0..text.len(), Detail::All, scratch);
        let written = match read {
            Ok(()) => {
                let tape = Tape::of(scratch.open_tree());
                self.field(messages, field, tape, 0, depth, None, sink)
            }
            Err(error) if error.lacks_memory() => Err(error.into()),
            Err(_) => Err(Fail::wrong(format!("is {}, which is not the JSON text of {}", shown(value), inside(field)))),
        };
        scratch.abandon();
        self.cell = cell;
        written
    }
}

/// What a field holds, if it is no plain value.
fn inside(field: &Field) -> &'static str {
    match field.shape {
        Shape::List { .. } => "a list",
        _ => "an object",
    }
}

/// The error for a second field of a group.
#[cold]
pub fn two_of(oneof: &str, field: &str) -> Fail {
    Fail::wrong(format!("is set, and another field of `{oneof}` too, of which only one may be")).at(field)
}

/// Whether null is a value of a field.
pub fn takes_null(messages: &Messages, field: &Field) -> bool {
    match field.of {
        Of::Message { of, .. } => messages.at(of).known == Known::Value,
        Of::Enum(of) => messages.value(of).is_null,
        _ => false,
    }
}

/// Whether the text of a cell is the JSON of what a field holds.
fn is_inside(messages: &Messages, field: &Field, text: &[u8]) -> bool {
    if matches!(field.shape, Shape::List { .. } | Shape::Map(_)) {
        return true;
    }
    let Of::Message { of, .. } = field.of else { return false };
    match messages.at(of).known {
        Known::No | Known::Struct | Known::ListValue | Known::Any => true,
        Known::Value => {
            matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
        }
        _ => false,
    }
}

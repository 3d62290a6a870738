//! Values that are kept longer than their batch.

use crate::error::{RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::held::Held;
use crate::fold::groups::saved::{Out, Saved};
use crate::memory::Arena;
use crate::record::Value;
use crate::record::digits::{DigitRoom, float_text, int_text, uint_text};

/// What kind of value a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    #[default]
    Absent,
    Null,
    Bool,
    Number,
    Float,
    Text,
    Untyped,
    Bytes,
    Raw,
}

impl Kind {
    const ALL: [Kind; 9] = [
        Kind::Absent,
        Kind::Null,
        Kind::Bool,
        Kind::Number,
        Kind::Float,
        Kind::Text,
        Kind::Untyped,
        Kind::Bytes,
        Kind::Raw,
    ];

    /// The kind with this number.
    pub fn of(number: u8) -> Kind {
        Kind::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }

    pub fn is_null(self) -> bool {
        matches!(self, Kind::Absent | Kind::Null)
    }

    /// The value of this kind with this text.
    pub fn value(self, text: &[u8]) -> Value<'_> {
        match self {
            Kind::Absent => Value::Absent,
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(text == b"true"),
            Kind::Number => Value::Number(text),
            Kind::Float => match std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
                Some(number) => Value::Float(number),
                None => Value::Text(text),
            },
            Kind::Text => Value::Text(text),
            Kind::Untyped => Value::Untyped(text),
            Kind::Bytes => Value::Bytes(text),
            Kind::Raw => Value::Raw(text),
        }
    }
}

/// The kind and the text of a value that is no list or map; `room` is for numbers of typed sources.
#[inline]
pub(crate) fn parts<'r>(value: Value<'r>, room: &'r mut DigitRoom) -> (Kind, &'r [u8]) {
    match value {
        Value::Untyped(text) => (Kind::Untyped, text),
        Value::Text(text) => (Kind::Text, text),
        Value::Number(text) => (Kind::Number, text),
        Value::Null => (Kind::Null, b""),
        Value::Bool(truth) => (Kind::Bool, if truth { b"true" } else { b"false" }),
        Value::Int(number) => (Kind::Number, int_text(number, room)),
        Value::UInt(number) => (Kind::Number, uint_text(number, room)),
        Value::Float(number) => (Kind::Float, float_text(number, room)),
        Value::Bytes(bytes) => (Kind::Bytes, bytes),
        Value::Raw(text) => (Kind::Raw, text),
        Value::Absent | Value::List(_) | Value::Map(_) => (Kind::Absent, b""),
    }
}

/// A value that is kept.
#[derive(Default)]
pub(crate) struct Kept {
    kind: Kind,
    text: Vec<u8>,
}

impl Kept {
    /// Takes a value in place of the one before.
    pub fn set(&mut self, value: Value<'_>) {
        let mut room = [0; 32];
        let (kind, text) = parts(value, &mut room);
        self.kind = kind;
        self.text.clear();
        self.text.extend_from_slice(text);
    }

    /// How many bytes it takes beside itself.
    pub fn size(&self) -> usize {
        self.text.capacity()
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// A copy of the value.
    ///
    /// # Errors
    /// There is no memory.
    pub fn value<'a>(&self, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        Ok(self.kind.value(copied(&self.text, arena)?))
    }
}

/// Gives a value that may be kept, and where it is, as bytes.
///
/// # Errors
/// Those of `out`.
pub(super) fn save_kept(kept: &Option<(At, Kept)>, out: &mut Out<'_>) -> Result<()> {
    let Some((at, kept)) = kept else { return out.put(&[0]) };
    out.put(&[1, kept.kind as u8])?;
    out.at(*at)?;
    out.text(&kept.text)
}

/// Reads what was given.
///
/// # Errors
/// Io: it is not whole. There is no memory.
pub(super) fn load_kept(from: &mut Saved<'_>, held: &mut Held) -> Result<Option<(At, Kept)>> {
    if from.byte()? == 0 {
        return Ok(None);
    }
    let (kind, at, text) = (Kind::of(from.byte()?), from.at()?, from.text()?);
    held.take(text.len())?;
    Ok(Some((at, Kept { kind, text: text.to_vec() })))
}

/// A copy of a text.
///
/// # Errors
/// There is no memory.
pub(crate) fn copied<'a>(text: &[u8], arena: &'a Arena) -> Result<&'a [u8], RecordError> {
    let copy = arena.bytes(text.len(), 0)?;
    copy.copy_from_slice(text);
    Ok(copy)
}

/// The values that a group has in common, from its key and their kinds.
pub(crate) fn common<'k>(
    mut key: &'k [u8],
    kinds: &[u8],
    mut take: impl FnMut(Value<'k>) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    for (index, kind) in kinds.iter().enumerate() {
        key = &key[1..];
        let len = match index + 1 < kinds.len() {
            true => {
                let (len, rest) = key.split_at(4);
                key = rest;
                u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize
            }
            false => key.len(),
        };
        let (text, rest) = key.split_at(len);
        take(Kind::of(*kind).value(text))?;
        key = rest;
    }
    Ok(())
}

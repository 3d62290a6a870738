//! From plain values to data.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::digits::{self, LONGEST};
use super::moments::{Read, clock_of, date_of, duration_of, stamp_of};
use super::out::Out;
use super::tree::{Kind, Logical, Node};
use super::wrong::Wrong;
use crate::record::canonical::{self, Digits};
use crate::record::digits::{DigitRoom, float_text, int_text, uint_text};
use crate::record::json::name_of;
use crate::record::to_number::{self, NotThatNumber};
use crate::record::{LossyKind, Value};

/// Writes a plain value as one of this type. `base64`: the text of bytes is their Base64.
pub(super) fn put<O: Out>(node: &Node, value: Value<'_>, base64: bool, out: &mut O) -> Result<(), Wrong> {
    match (&node.kind, node.logical) {
        (Kind::Null, _) => match value {
            Value::Null | Value::Absent => Ok(()),
            value => Err(Wrong::kind(value, node)),
        },
        (_, _) if matches!(value, Value::Null | Value::Absent) => Err(Wrong::kind(value, node)),
        (Kind::Bytes | Kind::Fixed(_), Some(Logical::Decimal { precision, scale })) => {
            decimal(node, value, precision as usize, scale as usize, out)
        }
        (Kind::Int, Some(Logical::Date)) => moment(node, value, |text| date_of(text).map(i64::from), out),
        (_, Some(Logical::Time(unit))) => moment(node, value, |text| clock_of(text, unit), out),
        (_, Some(Logical::Timestamp { unit, utc })) => moment(node, value, |text| stamp_of(text, unit, utc), out),
        (Kind::Fixed(_), Some(Logical::Uuid)) => match value {
            Value::Text(text) | Value::Untyped(text) => {
                Ok(out.put(&uuid(text).ok_or_else(|| Wrong::no_value(value, node))?)?)
            }
            value => bytes(node, value, base64, out),
        },
        (Kind::Fixed(_), Some(Logical::Duration)) => match value {
            Value::Text(text) | Value::Untyped(text) => match duration_of(text) {
                Read::Is(parts) => Ok(parts.iter().try_for_each(|part| out.put(&part.to_le_bytes()))?),
                Read::Beyond => Err(Wrong::beyond(value, node)),
                Read::No => Err(Wrong::no_value(value, node)),
            },
            value => bytes(node, value, base64, out),
        },
        (Kind::Boolean, _) => match value {
            Value::Bool(truth) => Ok(out.put(&[u8::from(truth)])?),
            Value::Text(b"true") | Value::Untyped(b"true") => Ok(out.put(&[1])?),
            Value::Text(b"false") | Value::Untyped(b"false") => Ok(out.put(&[0])?),
            value => Err(Wrong::kind(value, node)),
        },
        (Kind::Int, _) => {
            let number = integer(node, value, out)?;
            Ok(out.long(i32::try_from(number).map_err(|_| Wrong::beyond(value, node))?.into())?)
        }
        (Kind::Long, _) => {
            let number = integer(node, value, out)?;
            Ok(out.long(i64::try_from(number).map_err(|_| Wrong::beyond(value, node))?)?)
        }
        (Kind::Float, _) => float(node, value, out),
        (Kind::Double, _) => double(node, value, out),
        (Kind::String, _) => text(value, out),
        (Kind::Enum { symbols, .. }, _) => match value {
            Value::Text(text) | Value::Untyped(text) => {
                let found = symbols.iter().position(|symbol| symbol.as_bytes() == text);
                Ok(out.long(found.ok_or_else(|| Wrong::no_value(value, node))? as i64)?)
            }
            value => Err(Wrong::kind(value, node)),
        },
        (Kind::Bytes | Kind::Fixed(_), _) => bytes(node, value, base64, out),
        (Kind::Array(_) | Kind::Map(_) | Kind::Record(_) | Kind::Union(_), _) => Err(Wrong::kind(value, node)),
    }
}

#[inline(always)]
fn integer<O: Out>(node: &Node, value: Value<'_>, out: &mut O) -> Result<i128, Wrong> {
    match value {
        Value::Int(number) => return Ok(number.into()),
        Value::UInt(number) => return Ok(number.into()),
        Value::Number(text) | Value::Untyped(text) | Value::Text(text) => {
            if let Some(Digits { mantissa, scale: 0, .. }) = Digits::of(text) {
                return Ok(mantissa);
            }
        }
        Value::Float(_) => {}
        value => return Err(Wrong::kind(value, node)),
    }
    match to_number::integer(value) {
        Ok(number) => {
            out.lose(LossyKind::SpellingChanged);
            Ok(number.value)
        }
        Err(NotThatNumber::NotANumber) if !matches!(value, Value::Number(_) | Value::Float(_)) => {
            Err(Wrong::no_value(value, node))
        }
        Err(_) => Err(Wrong::beyond(value, node)),
    }
}

/// A text that means a number that is not finite.
fn not_finite(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Text(b"NaN") | Value::Untyped(b"NaN") => Some(f64::NAN),
        Value::Text(b"Infinity" | b"inf") | Value::Untyped(b"Infinity" | b"inf") => Some(f64::INFINITY),
        Value::Text(b"-Infinity" | b"-inf") | Value::Untyped(b"-Infinity" | b"-inf") => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn failed(value: Value<'_>, node: &Node, why: NotThatNumber) -> Wrong {
    match (why, value) {
        (NotThatNumber::NotANumber, Value::Text(_) | Value::Untyped(_)) => Wrong::no_value(value, node),
        (NotThatNumber::NotANumber, _) => Wrong::kind(value, node),
        _ => Wrong::beyond(value, node),
    }
}

fn double<O: Out>(node: &Node, value: Value<'_>, out: &mut O) -> Result<(), Wrong> {
    let number = match value {
        Value::Float(number) => number,
        Value::Number(text) | Value::Untyped(text) | Value::Text(text) => match canonical::float(text) {
            Some(number) => number,
            None => match not_finite(value) {
                Some(number) => number,
                None => {
                    let near = to_number::float64(value).map_err(|why| failed(value, node, why))?;
                    let whole = Digits::of(text).is_some_and(|digits| digits.scale == 0);
                    match near.exact {
                        false => out.lose(LossyKind::NumberRounded),
                        true if !whole => out.lose(LossyKind::SpellingChanged),
                        true => {}
                    }
                    near.value
                }
            },
        },
        value => {
            let near = to_number::float64(value).map_err(|why| failed(value, node, why))?;
            if !near.exact {
                out.lose(LossyKind::NumberRounded);
            }
            near.value
        }
    };
    Ok(out.put(&number.to_le_bytes())?)
}

fn float<O: Out>(node: &Node, value: Value<'_>, out: &mut O) -> Result<(), Wrong> {
    if let Some(number) = not_finite(value) {
        return Ok(out.put(&(number as f32).to_le_bytes())?);
    }
    let near = to_number::float32(value).map_err(|why| failed(value, node, why))?;
    if !near.exact {
        out.lose(LossyKind::NumberRounded);
    }
    Ok(out.put(&near.value.to_le_bytes())?)
}

fn decimal<O: Out>(node: &Node, value: Value<'_>, precision: usize, scale: usize, out: &mut O) -> Result<(), Wrong> {
    let mut space: DigitRoom = [0; 32];
    let digits = match value {
        Value::Number(text) | Value::Untyped(text) | Value::Text(text) => text,
        Value::Int(number) => int_text(number, &mut space),
        Value::UInt(number) => uint_text(number, &mut space),
        Value::Float(number) if number.is_finite() => float_text(number, &mut space),
        value => return Err(Wrong::kind(value, node)),
    };
    let mut room = [0; LONGEST];
    let Some((len, same)) = digits::bytes_of(digits, precision, scale, &mut room) else {
        let is_number = crate::record::decimal::Decimal::loose(digits).is_some();
        return Err(if is_number { Wrong::beyond(value, node) } else { Wrong::no_value(value, node) });
    };
    if !same && matches!(value, Value::Number(_) | Value::Untyped(_) | Value::Text(_)) {
        out.lose(LossyKind::SpellingChanged);
    }
    let bytes = &room[LONGEST - len..];
    match node.kind {
        Kind::Fixed(size) => {
            if len > size {
                return Err(Wrong::beyond(value, node));
            }
            let filled = if bytes[0] >= 0x80 { [0xff] } else { [0] };
            (len..size).try_for_each(|_| out.put(&filled))?;
            Ok(out.put(bytes)?)
        }
        _ => Ok(out.run(bytes)?),
    }
}

#[inline(always)]
fn moment<O: Out>(
    node: &Node,
    value: Value<'_>,
    read: impl FnOnce(&[u8]) -> Read<i64>,
    out: &mut O,
) -> Result<(), Wrong> {
    let (Value::Text(text) | Value::Untyped(text)) = value else { return Err(Wrong::kind(value, node)) };
    match read(text) {
        Read::Is(number) => Ok(out.long(number)?),
        Read::Beyond => Err(Wrong::beyond(value, node)),
        Read::No => Err(Wrong::no_value(value, node)),
    }
}

fn text<O: Out>(value: Value<'_>, out: &mut O) -> Result<(), Wrong> {
    let mut space: DigitRoom = [0; 32];
    let number = match value {
        Value::Text(text) | Value::Untyped(text) => return Ok(out.run(text)?),
        Value::Raw(text) => {
            out.lose(if text.first() == Some(&b'[') { LossyKind::ListAsText } else { LossyKind::MapAsText });
            return Ok(out.run(text)?);
        }
        Value::Bool(truth) => {
            out.lose(LossyKind::BoolAsText);
            return Ok(out.run(if truth { b"true" } else { b"false" })?);
        }
        Value::Bytes(bytes) => {
            out.lose(LossyKind::BytesAsText);
            out.long((bytes.len().div_ceil(3) * 4) as i64)?;
            let mut room = [0; 1024];
            for piece in bytes.chunks(768) {
                // The room is as long as the text, so this can't fail.
                let len = STANDARD.encode_slice(piece, &mut room).unwrap_or(0);
                out.put(&room[..len])?;
            }
            return Ok(());
        }
        Value::Number(text) => text,
        Value::Int(number) => int_text(number, &mut space),
        Value::UInt(number) => uint_text(number, &mut space),
        Value::Float(number) if number.is_finite() => float_text(number, &mut space),
        Value::Float(number) => name_of(number),
        Value::Null | Value::Absent | Value::List(_) | Value::Map(_) => b"",
    };
    out.lose(LossyKind::NumberAsText);
    Ok(out.run(number)?)
}

fn bytes<O: Out>(node: &Node, value: Value<'_>, base64: bool, out: &mut O) -> Result<(), Wrong> {
    let size = if let Kind::Fixed(size) = node.kind { Some(size) } else { None };
    let is_wrong = |len: usize| size.is_some_and(|size| size != len);
    match value {
        Value::Bytes(bytes) if is_wrong(bytes.len()) => Err(Wrong::no_value(value, node)),
        Value::Bytes(bytes) if size.is_some() => Ok(out.put(bytes)?),
        Value::Bytes(bytes) => Ok(out.run(bytes)?),
        Value::Text(text) | Value::Untyped(text) if !base64 => bytes_of_text(node, text, size, out),
        Value::Text(text) | Value::Untyped(text) => {
            let no = || Wrong::no_value(value, node);
            // Its length has to be known first.
            let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
            if text.len() % 4 != 0 {
                return Err(no());
            }
            let len = text.len() / 4 * 3 - padding;
            if is_wrong(len) {
                return Err(no());
            }
            if size.is_none() {
                out.long(len as i64)?;
            }
            let (mut room, mut done) = ([0; 768], 0);
            for piece in text.chunks(1024) {
                let decoded = STANDARD.decode_slice(piece, &mut room).map_err(|_| no())?;
                done += decoded;
                out.put(&room[..decoded])?;
            }
            if done == len { Ok(()) } else { Err(no()) }
        }
        value => Err(Wrong::kind(value, node)),
    }
}

fn bytes_of_text<O: Out>(node: &Node, text: &[u8], size: Option<usize>, out: &mut O) -> Result<(), Wrong> {
    match size {
        None => Ok(out.run(text)?),
        Some(size) if size == text.len() => Ok(out.put(text)?),
        Some(_) => Err(Wrong::no_value(Value::Text(text), node)),
    }
}

/// The bytes of the text of a UUID.
fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != 36 {
        return None;
    }
    let mut digits = 0;
    let mut bytes = [0u8; 16];
    for (place, byte) in text.iter().enumerate() {
        if matches!(place, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = char::from(*byte).to_digit(16)? as u8;
        bytes[digits / 2] |= if digits % 2 == 0 { digit << 4 } else { digit };
        digits += 1;
    }
    Some(bytes)
}

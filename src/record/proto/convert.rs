//! The number that a plain value is written as.

use super::fault::Fail;
use super::table::{Enum, Of};
use crate::nearest::nearest;
use crate::record::digits::short_float;
use crate::record::to_number::{self, NotThatNumber};
use crate::record::{LossyKind, Value};
use crate::wording::a;

/// How values are taken.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// As the canonical JSON has them: numbers in texts are numbers.
    pub json: bool,
    /// Nothing tells numbers from texts, so that a text may be any value.
    pub as_text: bool,
}

/// A number, and what is lost.
pub type Given = (u64, Option<LossyKind>);

/// What a value is, for errors.
#[cold]
pub fn shown(value: Value<'_>) -> String {
    match value {
        Value::Text(text) | Value::Untyped(text) | Value::Number(text) => {
            let text = String::from_utf8_lossy(text);
            match text.char_indices().nth(40) {
                Some((cut, _)) => format!("`{}…`", &text[..cut]),
                None => format!("`{text}`"),
            }
        }
        Value::Absent | Value::Null => "null".to_owned(),
        Value::Bool(truth) => format!("`{truth}`"),
        Value::Int(number) => format!("`{number}`"),
        Value::UInt(number) => format!("`{number}`"),
        Value::Float(number) => format!("`{number:?}`"),
        Value::Bytes(bytes) => crate::wording::counted(bytes.len() as u64, "byte"),
        Value::List(_) | Value::Raw([b'[', ..]) => "a list".to_owned(),
        _ => "an object".to_owned(),
    }
}

/// The name of a kind in errors.
pub fn title(of: Of) -> &'static str {
    match of {
        Of::Double => "double",
        Of::Float => "float",
        Of::Int32 => "int32",
        Of::Int64 => "int64",
        Of::UInt32 => "uint32",
        Of::UInt64 => "uint64",
        Of::SInt32 => "sint32",
        Of::SInt64 => "sint64",
        Of::Fixed32 => "fixed32",
        Of::Fixed64 => "fixed64",
        Of::SFixed32 => "sfixed32",
        Of::SFixed64 => "sfixed64",
        Of::Bool => "bool",
        Of::Text { .. } => "string",
        Of::Bytes => "bytes",
        Of::Enum(_) => "value of its enum",
        Of::Message { .. } => "message",
    }
}

/// A number or truth value as it is laid out: all but texts, bytes, enums and messages.
#[inline(always)]
pub fn number(of: Of, value: Value<'_>, how: How) -> Result<Given, Fail> {
    match (of, value) {
        (Of::Bool, value) => truth(value, how),
        (Of::Double, Value::Float(number)) => Ok((number.to_bits(), None)),
        (Of::Double | Of::Float, value) => float(of, value, how),
        (Of::Int64 | Of::SFixed64, Value::Int(number)) => Ok((number as u64, None)),
        (Of::UInt64 | Of::Fixed64, Value::UInt(number)) => Ok((number, None)),
        (of, value) => integer(of, value, how),
    }
}

/// A text where the format tells texts from numbers.
fn from_text(value: Value<'_>, how: How) -> Option<LossyKind> {
    let is_text = matches!(value, Value::Text(_)) && !how.as_text && !how.json;
    is_text.then_some(LossyKind::SpellingChanged)
}

fn truth(value: Value<'_>, how: How) -> Result<Given, Fail> {
    let truth = match value {
        Value::Bool(truth) => truth,
        Value::Text(b"true") | Value::Untyped(b"true") => true,
        Value::Text(b"false") | Value::Untyped(b"false") => false,
        _ => return Err(no_value(Of::Bool, value, "")),
    };
    Ok((u64::from(truth), from_text(value, how)))
}

#[inline]
fn integer(of: Of, value: Value<'_>, how: How) -> Result<Given, Fail> {
    let found = to_number::integer(value).map_err(|why| no_number(of, value, why))?;
    let number = found.value;
    let (least, most) = match of {
        Of::Int32 | Of::SInt32 | Of::SFixed32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Of::UInt32 | Of::Fixed32 => (0, i128::from(u32::MAX)),
        Of::UInt64 | Of::Fixed64 => (0, i128::from(u64::MAX)),
        _ => (i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    if !(least..=most).contains(&number) {
        return Err(no_number(of, value, NotThatNumber::OutOfRange));
    }
    let spelled = if found.exact {
        from_text(value, how).or_else(|| respelled(value, how))
    } else {
        Some(LossyKind::NumberRounded)
    };
    let number = number as i64;
    let raw = match of {
        Of::SInt32 => u64::from(((number as i32) << 1 ^ (number as i32) >> 31) as u32),
        Of::SInt64 => (number << 1 ^ number >> 63) as u64,
        Of::SFixed32 | Of::Fixed32 => u64::from(number as u32),
        _ => number as u64,
    };
    Ok((raw, spelled))
}

/// A whole number that is written as `1.0` or `1e3`.
fn respelled(value: Value<'_>, how: How) -> Option<LossyKind> {
    let (Value::Number(text) | Value::Untyped(text) | Value::Text(text)) = value else { return None };
    let plain = text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
    (!plain && !how.json).then_some(LossyKind::SpellingChanged)
}

fn float(of: Of, value: Value<'_>, how: How) -> Result<Given, Fail> {
    let value = match value {
        Value::Text(text) | Value::Untyped(text) => match text {
            // As JSON may name what it has no numbers for.
            b"Infinity" => Value::Float(f64::INFINITY),
            b"-Infinity" => Value::Float(f64::NEG_INFINITY),
            b"NaN" => Value::Float(f64::NAN),
            _ => value,
        },
        value => value,
    };
    let lost = |exact: bool| if exact { from_text(value, how) } else { Some(LossyKind::NumberRounded) };
    let wrong = |why| no_number(of, value, why);
    if of == Of::Double {
        let found = to_number::float64(value).map_err(wrong)?;
        return Ok((found.value.to_bits(), lost(found.exact)));
    }
    let found = to_number::float32(value).map_err(wrong)?;
    Ok((u64::from(found.value.to_bits()), lost(found.exact || is_short(found.value, value))))
}

/// Whether a number of 64 bits is what the shortest text of one of 32 bits reads as.
#[inline(never)]
fn is_short(number: f32, value: Value<'_>) -> bool {
    let Value::Float(wide) = value else { return false };
    let mut room = [0; 32];
    let text = std::str::from_utf8(short_float(number, &mut room));
    text.is_ok_and(|text| text.parse() == Ok(wide))
}

#[cold]
fn no_number(of: Of, value: Value<'_>, why: NotThatNumber) -> Fail {
    match why {
        NotThatNumber::NotANumber => no_value(of, value, ""),
        NotThatNumber::Fraction => no_value(of, value, ": it has a fraction"),
        NotThatNumber::OutOfRange => no_value(of, value, ": it is out of range"),
    }
}

/// The error for a value that is none of a kind.
#[cold]
pub fn no_value(of: Of, value: Value<'_>, why: &str) -> Fail {
    Fail::wrong(format!("is {}, which is not {}{why}", shown(value), a(title(of))))
}

/// A value of an enum: its name, or its number.
#[inline]
pub fn of_enum(all: &Enum, value: Value<'_>, how: How) -> Result<Given, Fail> {
    if let Value::Text(text) | Value::Untyped(text) = value
        && let Some(number) = all.number(text)
    {
        return Ok((i64::from(number) as u64, None));
    }
    let is_number = match value {
        // A text is the name of a value.
        Value::Text(_) => how.as_text,
        _ => true,
    };
    match integer(Of::Int32, value, how) {
        Ok((raw, lost)) if is_number && (!all.closed || all.place(raw as i32).is_some()) => Ok((raw, lost)),
        _ => Err(no_name(all, value)),
    }
}

#[cold]
fn no_name(all: &Enum, value: Value<'_>) -> Fail {
    let near = match value {
        Value::Text(text) | Value::Untyped(text) => {
            let text = String::from_utf8_lossy(text);
            let names: Vec<&str> = all.names().collect();
            nearest(&names, &text).map(|near| format!("; the nearest name is `{near}`")).unwrap_or_default()
        }
        _ => String::new(),
    };
    Fail::wrong(format!("is {}, which is not a value of the enum {}{near}", shown(value), all.name))
}

//! One value as one of a type.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::text::{Text, clock, decimal, moment};
use crate::error::RecordError;
use crate::expr::{Moment, Precision};
use crate::memory::Arena;
use crate::record::canonical::{self, Digits};
use crate::record::decimal::Decimal;
use crate::record::digits::{DigitRoom, float_text, int_text, short_float, uint_text};
use crate::record::json::{BytesAs, name_of};
use crate::record::{Kind, LossyKind, Type, Value};

/// Where new texts are kept, and what was lost.
#[derive(Clone, Copy)]
pub(super) struct Room<'a> {
    pub arena: &'a Arena,
    /// The offset of the record.
    pub offset: usize,
    pub bytes_as: BytesAs,
    /// An untyped value is text, and an empty one of another kind is null.
    pub as_text: bool,
    pub lost: Option<LossyKind>,
}

/// Why a value does not fit.
pub(super) struct Wrong {
    path: String,
    what: String,
    pub memory: Option<Box<RecordError>>,
}

impl Wrong {
    pub fn of(what: impl Into<String>) -> Wrong {
        Wrong { path: String::new(), what: what.into(), memory: None }
    }

    pub fn missing() -> Wrong {
        Wrong::of("is missing, and the schema does not allow that")
    }

    pub fn memory(error: RecordError) -> Wrong {
        Wrong { memory: Some(Box::new(error)), ..Wrong::of("") }
    }

    #[cold]
    pub fn value(of: &Type, value: Value<'_>) -> Wrong {
        let is = match value {
            Value::Text(text) | Value::Untyped(text) | Value::Number(text) => {
                format!("`{}`", String::from_utf8_lossy(text).chars().take(40).collect::<String>())
            }
            Value::Null => return Wrong::of("is null, and the schema does not allow that"),
            Value::Bool(truth) => format!("`{truth}`"),
            Value::Int(number) => format!("`{number}`"),
            Value::UInt(number) => format!("`{number}`"),
            Value::Float(number) => format!("`{number:?}`"),
            Value::Bytes(bytes) => crate::wording::counted(bytes.len() as u64, "byte"),
            Value::List(_) | Value::Raw([b'[', ..]) => "a list".to_owned(),
            _ => "an object".to_owned(),
        };
        Wrong::of(format!("is {is}, which is not {}", crate::schema::shown(of)))
    }

    /// The value is in a field.
    pub fn at(mut self, name: &[u8]) -> Wrong {
        let name = String::from_utf8_lossy(name);
        self.path = match &*self.path {
            "" => name.into_owned(),
            inner if inner.starts_with('[') => format!("{name}{inner}"),
            inner => format!("{name}.{inner}"),
        };
        self
    }

    /// It is a value of a map, or an item of a list, which has no key.
    pub fn inside(self, key: &[u8]) -> Wrong {
        if key.is_empty() { self.at(b"[]") } else { self.at(key) }
    }

    pub fn message(&self) -> String {
        format!("the field `{}` {}", self.path, self.what)
    }
}

type Found<'a> = Result<Option<Value<'a>>, Wrong>;

impl<'a> Room<'a> {
    fn kept(&self, text: &[u8]) -> Result<&'a [u8], Wrong> {
        let copy = self.arena.bytes(text.len(), self.offset).map_err(Wrong::memory)?;
        copy.copy_from_slice(text);
        Ok(copy)
    }

    /// Keeps a text that is written otherwise than the value was.
    fn respelled(&mut self, text: &[u8]) -> Result<&'a [u8], Wrong> {
        self.lost = self.lost.or(Some(LossyKind::SpellingChanged));
        self.kept(text)
    }
}

/// The value as one of a kind, if a few steps show that it is written as the kind writes it; [`convert`] gives the same.
#[inline(always)]
pub(super) fn as_written<'a>(kind: &Kind, value: Value<'a>) -> Option<Value<'a>> {
    match (kind, value) {
        (Kind::Text, Value::Text(text) | Value::Untyped(text)) => Some(Value::Text(text)),
        (Kind::Int(_) | Kind::UInt(_) | Kind::Decimal { .. }, Value::Number(text)) => written(kind, text),
        (Kind::Date | Kind::Time(_) | Kind::Timestamp { .. }, Value::Text(text)) => written(kind, text),
        (_, Value::Untyped(text)) => written(kind, text),
        _ => None,
    }
}

/// The same of a text; none of those kinds either whose values are read to know that.
#[inline(always)]
fn written<'a>(kind: &Kind, text: &'a [u8]) -> Option<Value<'a>> {
    let is_moment = match kind {
        Kind::Date => canonical::is_date(text),
        Kind::Time(unit) => canonical::time(text) == Some(*unit),
        Kind::Timestamp { unit, utc } => canonical::timestamp(text) == Some((*unit, *utc)),
        Kind::Int(_) | Kind::UInt(_) | Kind::Decimal { .. } => {
            return Digits::of(text).filter(|digits| fits(digits, kind)).map(|_| Value::Number(text));
        }
        _ => false,
    };
    is_moment.then_some(Value::Text(text))
}

/// Whether a number is one of a kind.
#[inline(always)]
fn fits(digits: &Digits, kind: &Kind) -> bool {
    let whole = digits.scale == 0;
    match kind {
        Kind::Int(bits) => whole && (-1i128 << (bits - 1)..1 << (bits - 1)).contains(&digits.mantissa),
        Kind::UInt(bits) => whole && (0..1i128 << bits).contains(&digits.mantissa),
        Kind::Decimal { precision, scale } => {
            i64::from(digits.scale) == i64::from(*scale) && digits.whole + digits.scale <= u32::from(*precision)
        }
        _ => false,
    }
}

/// The value as one of a type.
#[inline]
pub(super) fn convert<'a>(of: &Type, value: Value<'a>, room: &mut Room<'a>) -> Result<Value<'a>, Wrong> {
    // Most texts stay as they are.
    if let (Kind::Text, Value::Text(text) | Value::Untyped(text)) = (&of.kind, value) {
        return Ok(Value::Text(text));
    }
    let is_empty = room.as_text && matches!(value, Value::Text(b"") | Value::Untyped(b""));
    let value = if is_empty && !takes_empty(&of.kind) { Value::Null } else { value };
    let found = match value {
        Value::Null | Value::Absent => super::is_nullable(of).then_some(value),
        value => fitting(&of.kind, value, room)?,
    };
    match (found, value) {
        (Some(found), _) => Ok(found),
        (None, Value::Absent) => Err(Wrong::missing()),
        (None, value) => Err(Wrong::value(of, value)),
    }
}

/// Whether an empty text is a value of a kind.
fn takes_empty(kind: &Kind) -> bool {
    match kind {
        Kind::Any | Kind::Text | Kind::Bytes(_) | Kind::Enum(_) => true,
        Kind::Union(types) => types.iter().any(|of| takes_empty(&of.kind)),
        _ => false,
    }
}

/// The value as one of a kind; none if it is not.
#[inline]
fn fitting<'a>(kind: &Kind, value: Value<'a>, room: &mut Room<'a>) -> Found<'a> {
    match (kind, value) {
        (Kind::Any, value) => return Ok(Some(value)),
        (Kind::Union(types), value) => return among(types, value, room),
        _ => {}
    }
    let found = match value {
        Value::Text(text) | Value::Untyped(text) => of_text(kind, text, false, room)?,
        Value::Number(text) => of_text(kind, text, true, room)?,
        value => of_typed(kind, value, room)?,
    };
    // A field of a table that is not in quotes is not yet one or the other.
    let changed = match (value, found) {
        (Value::Text(_), Some(Value::Number(_) | Value::Bool(_))) if !room.as_text => LossyKind::SpellingChanged,
        (Value::Number(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_), Some(Value::Text(_))) => {
            LossyKind::NumberAsText
        }
        (Value::Bool(_), Some(Value::Text(_))) => LossyKind::BoolAsText,
        _ => return Ok(found),
    };
    room.lost = room.lost.or(Some(changed));
    Ok(found)
}

/// The first type of a union that holds the value as it is, or else the first that holds it. Numbers are text where
/// the union has no kind of numbers.
fn among<'a>(types: &[Type], value: Value<'a>, room: &mut Room<'a>) -> Found<'a> {
    let before = room.lost;
    let mut other = None;
    for of in types {
        room.lost = None;
        let may_be = is_of(&of.kind, value, room.as_text);
        if !may_be && (of.kind != Kind::Text || has_kind_of(types, value)) {
            continue;
        }
        if let Some(found) = fitting(&of.kind, value, room)? {
            if room.lost.is_none() {
                room.lost = before;
                return Ok(Some(found));
            }
            other = other.or(Some((found, room.lost)));
        }
    }
    room.lost = before.or(other.and_then(|(_, lost)| lost));
    Ok(other.map(|(found, _)| found))
}

/// Whether a value may be of a kind of a union. Formats that tell numbers, truth values and texts apart say which it is.
fn is_of(kind: &Kind, value: Value<'_>, as_text: bool) -> bool {
    let numeric = is_numeric(kind);
    match (kind, value) {
        (Kind::Any | Kind::Union(_), _) | (_, Value::Untyped(_)) => true,
        (Kind::Bool, value) => matches!(value, Value::Bool(_)),
        (_, Value::Text(_)) => as_text || !numeric,
        (_, Value::Number(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_)) => numeric,
        (_, Value::Bool(_)) => false,
        _ => true,
    }
}

fn is_numeric(kind: &Kind) -> bool {
    matches!(kind, Kind::Int(_) | Kind::UInt(_) | Kind::Float(_) | Kind::Decimal { .. })
}

/// Whether one of the types of a union is of numbers, if the value is one; other values are not looked for.
fn has_kind_of(types: &[Type], value: Value<'_>) -> bool {
    types.iter().any(|of| match (&of.kind, value) {
        (Kind::Union(types), _) => has_kind_of(types, value),
        (kind, Value::Number(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_)) => is_numeric(kind),
        _ => true,
    })
}

/// A text, or a number as it is written.
#[inline]
fn of_text<'a>(kind: &Kind, text: &'a [u8], is_number: bool, room: &mut Room<'a>) -> Found<'a> {
    if let Some(found) = written(kind, text).filter(|found| !is_number || matches!(found, Value::Number(_))) {
        return Ok(Some(found));
    }
    Ok(match kind {
        Kind::Text => Some(Value::Text(text)),
        // Written otherwise: with another scale, an exponent, zeros.
        Kind::Int(_) | Kind::UInt(_) => {
            let whole = decimal(text, canonical::DIGITS as u8, 0);
            respelled(text, whole.filter(|text| written(kind, text.as_bytes()).is_some()), room)?
        }
        Kind::Decimal { precision, scale } => respelled(text, decimal(text, *precision, *scale), room)?,
        Kind::Float(bits) => float(text, *bits, room)?,
        _ if is_number => None,
        Kind::Bool => match text {
            b"true" => Some(Value::Bool(true)),
            b"false" => Some(Value::Bool(false)),
            _ => {
                let truth = [b"true".as_slice(), b"false"].iter().position(|word| text.eq_ignore_ascii_case(word));
                if truth.is_some() {
                    room.lost = room.lost.or(Some(LossyKind::SpellingChanged));
                }
                truth.map(|word| Value::Bool(word == 0))
            }
        },
        Kind::Date | Kind::Time(_) | Kind::Timestamp { .. } => other_moment(kind, text, room)?,
        Kind::Enum(symbols) => symbols.iter().any(|symbol| symbol.as_bytes() == text).then_some(Value::Text(text)),
        Kind::Bytes(length) => {
            let bytes = match room.bytes_as {
                BytesAs::Base64 => decoded(text, room)?,
                BytesAs::Text => Some(text),
            };
            bytes.filter(|bytes| length.is_none_or(|length| bytes.len() == length)).map(Value::Bytes)
        }
        _ => None,
    })
}

fn decoded<'a>(text: &[u8], room: &Room<'a>) -> Result<Option<&'a [u8]>, Wrong> {
    let size = base64::decoded_len_estimate(text.len());
    let to = room.arena.bytes(size, room.offset).map_err(Wrong::memory)?;
    Ok(STANDARD.decode_slice(text, to).ok().map(|len| &to[..len]))
}

/// A number that is written anew, unless that gives the same text.
fn respelled<'a>(before: &'a [u8], text: Option<Text>, room: &mut Room<'a>) -> Found<'a> {
    Ok(match text {
        Some(text) if text.as_bytes() == before => Some(Value::Number(before)),
        Some(text) => Some(Value::Number(room.respelled(text.as_bytes())?)),
        None => None,
    })
}

fn float<'a>(text: &'a [u8], bits: u8, room: &mut Room<'a>) -> Found<'a> {
    if bits == 64 && canonical::float(text).is_some() {
        return Ok(Some(Value::Number(text)));
    }
    let Some(exact) = Decimal::loose(text) else { return Ok(None) };
    let Ok(digits) = std::str::from_utf8(text) else { return Ok(None) };
    let mut space: DigitRoom = [0; 32];
    let shortest = match bits {
        64 => match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => float_text(number, &mut space),
            _ => return Ok(None),
        },
        _ => match digits.parse::<f32>() {
            Ok(number) if number.is_finite() => short_float(number, &mut space),
            _ => return Ok(None),
        },
    };
    if shortest == text {
        return Ok(Some(Value::Number(text)));
    }
    let same = Decimal::parse(shortest).is_some_and(|shortest| shortest.same(&exact));
    room.lost = room.lost.or(Some(if same { LossyKind::SpellingChanged } else { LossyKind::NumberRounded }));
    Ok(Some(Value::Number(room.kept(shortest)?)))
}

/// A date or time that is written otherwise.
#[inline(never)]
fn other_moment<'a>(kind: &Kind, text: &[u8], room: &mut Room<'a>) -> Found<'a> {
    // A second that a clock shows only now and then is not another one.
    if text.len() > 40 || text.windows(3).any(|three| three == b":60") {
        return Ok(None);
    }
    let respelled = match kind {
        Kind::Time(unit) => clock(text, *unit),
        Kind::Date => {
            Moment::parse(text).filter(|of| of.kind == Precision::Day).and_then(|of| moment(of.at, None, false))
        }
        Kind::Timestamp { unit, utc } => {
            let wanted = if *utc { Precision::Utc } else { Precision::Local };
            Moment::parse(text).filter(|of| of.kind == wanted).and_then(|of| moment(of.at, Some(*unit), *utc))
        }
        _ => None,
    };
    respelled.map(|text| room.respelled(text.as_bytes()).map(Value::Text)).transpose()
}

/// A value of a format that has types.
#[inline(never)]
fn of_typed<'a>(kind: &Kind, value: Value<'a>, room: &mut Room<'a>) -> Found<'a> {
    let mut space: DigitRoom = [0; 32];
    Ok(match (kind, value) {
        (Kind::Bool, Value::Bool(_)) => Some(value),
        (Kind::Text, Value::Bool(truth)) => Some(Value::Text(if truth { b"true" } else { b"false" })),
        (Kind::Bytes(length), Value::Bytes(bytes)) => {
            length.is_none_or(|length| bytes.len() == length).then_some(value)
        }
        (Kind::Float(64), Value::Float(_)) => Some(value),
        (Kind::Float(_), Value::Float(number)) => {
            let short = f64::from(number as f32);
            if !number.is_nan() && short != number {
                room.lost = room.lost.or(Some(LossyKind::NumberRounded));
            }
            Some(Value::Float(short))
        }
        (Kind::Text, Value::Float(number)) if !number.is_finite() => Some(Value::Text(name_of(number))),
        (_, Value::Int(number)) => {
            let text = room.kept(int_text(number, &mut space))?;
            of_text(kind, text, true, room)?
        }
        (_, Value::UInt(number)) => {
            let text = room.kept(uint_text(number, &mut space))?;
            of_text(kind, text, true, room)?
        }
        (_, Value::Float(number)) if number.is_finite() => {
            let text = room.kept(float_text(number, &mut space))?;
            of_text(kind, text, true, room)?
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned(kind: Kind, value: Value<'static>, as_text: bool) -> Option<(String, Option<LossyKind>)> {
        let arena = Arena::new(1 << 12, 1 << 16);
        let mut room = Room { arena: &arena, offset: 0, bytes_as: BytesAs::Base64, as_text, lost: None };
        let found = convert(&kind.into(), value, &mut room).ok()?;
        Some((format!("{:?}", found), room.lost))
    }

    fn shown(value: Value<'_>) -> String {
        format!("{value:?}")
    }

    #[test]
    fn a_change_between_numbers_and_texts_is_counted() {
        let lost = |kind, value, as_text| pinned(kind, value, as_text).unwrap().1;
        for value in [Value::Number(b"1.10"), Value::Int(1), Value::UInt(1), Value::Float(1.5), Value::Float(f64::NAN)]
        {
            assert_eq!(lost(Kind::Text, value, false), Some(LossyKind::NumberAsText), "{value:?}");
        }
        assert_eq!(lost(Kind::Text, Value::Bool(true), false), Some(LossyKind::BoolAsText));
        assert_eq!(lost(Kind::Int(8), Value::Text(b"5"), false), Some(LossyKind::SpellingChanged));
        assert_eq!(lost(Kind::Bool, Value::Text(b"true"), false), Some(LossyKind::SpellingChanged));
        // Fields of tables.
        for (kind, text) in [(Kind::Int(8), b"5".as_slice()), (Kind::Bool, b"true"), (Kind::Text, b"1.10")] {
            assert_eq!(lost(kind.clone(), Value::Untyped(text), false), None);
            assert_eq!(lost(kind, Value::Text(text), true), None);
        }
    }

    #[test]
    fn what_is_seen_in_few_steps_is_what_is_found_in_many() {
        let unit = crate::record::Unit::Milli;
        let kinds = [
            Kind::Text,
            Kind::Int(8),
            Kind::Int(64),
            Kind::UInt(8),
            Kind::Decimal { precision: 4, scale: 2 },
            Kind::Date,
            Kind::Timestamp { unit, utc: true },
            Kind::Bool,
            Kind::Float(64),
        ];
        let texts = [
            "",
            "0",
            "-0",
            "127",
            "128",
            "-128",
            "-129",
            "255",
            "256",
            "9223372036854775807",
            "9223372036854775808",
            "1.5",
            "12.34",
            "123.45",
            "007",
            "1e3",
            "2024-02-29",
            "2023-02-29",
            "2024-06-01T06:19:16.500Z",
            "2024-06-01T06:19:16Z",
            "2024-06-01T06:19:16.500",
            "true",
            "x",
        ];
        let mut seen = 0;
        for kind in &kinds {
            for text in texts.map(str::as_bytes) {
                for value in [Value::Untyped(text), Value::Text(text), Value::Number(text)] {
                    for as_text in [false, true] {
                        if let Some(found) = as_written(kind, value) {
                            assert_eq!(pinned(kind.clone(), value, as_text), Some((shown(found), None)), "{kind:?}");
                            seen += 1;
                        }
                    }
                }
            }
        }
        assert!(seen > 100, "{seen}");
        assert_eq!(as_written(&Kind::Int(8), Value::Untyped(b"-128")), Some(Value::Number(b"-128")));
        assert_eq!(as_written(&Kind::Int(8), Value::Untyped(b"128")), None);
        assert_eq!(as_written(&Kind::Int(8), Value::Text(b"5")), None);
        assert_eq!(as_written(&Kind::Date, Value::Untyped(b"2024-02-29")), Some(Value::Text(b"2024-02-29")));
    }

    #[test]
    fn a_number_of_many_digits_that_stays_as_it_is_is_not_counted() {
        let kind = Kind::Decimal { precision: 41, scale: 1 };
        let long = b"9999999999999999999999999999999999999999.5";
        assert_eq!(pinned(kind.clone(), Value::Number(long), false), Some((shown(Value::Number(long)), None)));
        let lost = |text| pinned(kind.clone(), Value::Number(text), false).unwrap().1;
        assert_eq!(lost(b"9999999999999999999999999999999999999999.50"), Some(LossyKind::SpellingChanged));
    }

    #[test]
    fn a_union_without_numbers_has_them_as_text() {
        let list = || Kind::List(std::sync::Arc::new(Kind::Any.into()));
        let union = |kinds: Vec<Kind>| Kind::Union(kinds.into_iter().map(Type::from).collect());
        let found = |kind, value| pinned(kind, value, false).map(|(text, _)| text);
        let one = Value::Number(b"1");
        assert_eq!(found(union(vec![Kind::Text, list()]), one), Some(shown(Value::Text(b"1"))));
        assert_eq!(found(union(vec![Kind::Bool, Kind::Text]), Value::Number(b"-0")), Some(shown(Value::Text(b"-0"))));
        // A kind of numbers says which numbers there are.
        assert_eq!(found(union(vec![Kind::Int(8), Kind::Text]), one), Some(shown(one)));
        assert_eq!(found(union(vec![Kind::Int(8), Kind::Text]), Value::Number(b"300")), None);
        assert_eq!(found(union(vec![Kind::Int(8), Kind::Text]), Value::Bool(true)), None);
    }
}

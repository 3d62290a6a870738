//! A value while an expression is evaluated.

use super::decimal::{Big, Decimal, ROOM, Small, Trouble};
use super::moment::{Moment, Text};
use crate::record::Value;
use crate::record::digits::{DigitRoom, float_text, int_text, uint_text};
use crate::scan::number::is_json_number;

/// A value: of a field as the source has it, or made by the expression.
#[derive(Clone, Copy, Debug)]
pub enum Scalar<'a> {
    Absent,
    Null,
    Bool(bool),
    Number(Small),
    Big(&'a Big),
    Text(&'a [u8]),
    Time(Moment),
    /// What a field holds; neither absent nor null, nor a list or map that was taken apart.
    Field(Value<'a>),
    /// A list or map: its node in the record.
    Inside(u32),
}

/// Room for the text of a scalar that has none of its own.
pub struct TextRoom {
    digits: [u8; ROOM],
    short: DigitRoom,
    moment: Text,
}

impl TextRoom {
    pub fn new() -> TextRoom {
        TextRoom { digits: [0; ROOM], short: [0; 32], moment: Text::new() }
    }
}

impl<'a> Scalar<'a> {
    #[inline]
    pub fn is_null(self) -> bool {
        matches!(self, Scalar::Null | Scalar::Absent)
    }

    /// The text that it holds already.
    #[inline]
    pub fn own_text(self) -> Option<&'a [u8]> {
        match self {
            Scalar::Text(text) | Scalar::Field(Value::Untyped(text) | Value::Text(text) | Value::Number(text)) => {
                Some(text)
            }
            Scalar::Bool(truth) | Scalar::Field(Value::Bool(truth)) => Some(if truth { b"true" } else { b"false" }),
            _ => None,
        }
    }

    /// The text of it, as it would be written; none for null and for what is no text.
    pub fn text<'r>(self, room: &'r mut TextRoom) -> Option<&'r [u8]>
    where
        'a: 'r,
    {
        if let Some(text) = self.own_text() {
            return Some(text);
        }
        match self {
            Scalar::Number(small) => Some(Decimal::Small(small).text(&mut room.digits)),
            Scalar::Big(big) => Some(Decimal::Big(*big).text(&mut room.digits)),
            Scalar::Time(moment) => {
                room.moment = moment.text();
                Some(room.moment.as_bytes())
            }
            Scalar::Field(value) => typed_text(value, &mut room.short),
            _ => None,
        }
    }

    /// Whether it is a number, or a text that is exactly one.
    #[inline]
    pub fn is_number(self) -> bool {
        match self {
            Scalar::Number(_) | Scalar::Big(_) => true,
            Scalar::Text(text) | Scalar::Field(Value::Untyped(text) | Value::Text(text)) => is_json_number(text),
            Scalar::Field(value) => match value {
                Value::Number(_) | Value::Int(_) | Value::UInt(_) => true,
                Value::Float(number) => number.is_finite(),
                _ => false,
            },
            _ => false,
        }
    }

    /// The value of a short number, as most are.
    #[inline(always)]
    pub fn small(self) -> Option<Small> {
        match self {
            Scalar::Number(small) => Some(small),
            Scalar::Text(text) | Scalar::Field(Value::Untyped(text) | Value::Text(text) | Value::Number(text)) => {
                let (mantissa, scale) = Small::quick(text)?;
                Some(Small { mantissa: mantissa.into(), scale })
            }
            _ => None,
        }
    }

    /// The value of a number.
    ///
    /// # Errors
    /// It has too many digits to calculate with.
    #[inline]
    pub fn decimal(self) -> Option<Result<Decimal, Trouble>> {
        match self {
            Scalar::Number(small) => Some(Ok(Decimal::Small(small))),
            Scalar::Big(big) => Some(Ok(Decimal::Big(*big))),
            Scalar::Text(text) | Scalar::Field(Value::Untyped(text) | Value::Text(text) | Value::Number(text)) => {
                Decimal::parse(text)
            }
            Scalar::Field(Value::Int(number)) => Some(Ok(Decimal::integer(number.into()))),
            Scalar::Field(Value::UInt(number)) => Some(Ok(Decimal::integer(number.into()))),
            Scalar::Field(value @ Value::Float(number)) if number.is_finite() => {
                Some(Decimal::of_digits(typed_text(value, &mut [0; 32])?))
            }
            _ => None,
        }
    }
}

/// The text of a number of a typed source.
fn typed_text<'r>(value: Value<'_>, room: &'r mut DigitRoom) -> Option<&'r [u8]> {
    Some(match value {
        Value::Int(number) => int_text(number, room),
        Value::UInt(number) => uint_text(number, room),
        Value::Float(number) => float_text(number, room),
        _ => return None,
    })
}

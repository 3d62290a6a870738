//! What kinds of values a column has.

use crate::expr::decimal::Decimal;
use crate::fold::groups::given::{Number, PLACES, short};
use crate::fold::groups::kept::{self, parts};
use crate::record::Value;
use crate::record::digits::DigitRoom;
use crate::scan::number::is_json_number;

/// How a value is written in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A number, or a field of a table that is not in quotes.
    Plain,
    Text,
    Bool,
    Bytes,
}

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Bool,
    Bytes,
    List,
    Map,
}

impl Kind {
    pub const ALL: [Kind; 6] = [Kind::Number, Kind::Text, Kind::Bool, Kind::Bytes, Kind::List, Kind::Map];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Number => "number",
            Kind::Text => "text",
            Kind::Bool => "bool",
            Kind::Bytes => "bytes",
            Kind::List => "list",
            Kind::Map => "map",
        }
    }

    /// The kind of a value that is written so.
    pub fn of(class: Class, text: &[u8]) -> Kind {
        match class {
            Class::Plain if is_json_number(text) => Kind::Number,
            Class::Plain | Class::Text => Kind::Text,
            Class::Bool => Kind::Bool,
            Class::Bytes => Kind::Bytes,
        }
    }
}

/// Whether a value is surely no number but a text: it has a byte that no number has, where most texts have one.
#[inline(always)]
pub(super) fn is_word(class: Class, text: &[u8]) -> bool {
    let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let (first, middle) = (text.first(), text.get(text.len() / 2));
    // In a number, a hyphen is the first byte or comes after an exponent's letter.
    let is_date = matches!(text, [_, _, _, b'0'..=b'9', b'-', ..]);
    matches!(class, Class::Plain | Class::Text)
        && (is_date || !first.is_none_or(is_of_number) || !middle.is_none_or(is_of_number))
}

/// What a column takes in.
pub(super) enum Taken<'v> {
    Absent,
    Null,
    List,
    Map,
    Value(Class, &'v [u8]),
}

/// What a value is to a column; `room` is for numbers of typed sources.
#[inline(always)]
pub(super) fn taken<'v>(value: &Value<'v>, as_text: bool, room: &'v mut DigitRoom) -> Taken<'v> {
    match *value {
        Value::Untyped(text) if as_text => Taken::Value(Class::Text, text),
        Value::Untyped(text) | Value::Number(text) => Taken::Value(Class::Plain, text),
        Value::Text(text) => Taken::Value(Class::Text, text),
        Value::Null => Taken::Null,
        Value::Absent => Taken::Absent,
        other => others(other, room),
    }
}

#[inline(never)]
fn others<'v>(value: Value<'v>, room: &'v mut DigitRoom) -> Taken<'v> {
    match value {
        Value::List(_) => return Taken::List,
        Value::Map(_) => return Taken::Map,
        Value::Raw(text) => {
            let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
            return if first == Some(&b'[') { Taken::List } else { Taken::Map };
        }
        _ => {}
    }
    let (kind, text) = parts(value, room);
    match kind {
        kept::Kind::Bool => Taken::Value(Class::Bool, text),
        kept::Kind::Bytes => Taken::Value(Class::Bytes, text),
        _ => Taken::Value(Class::Plain, text),
    }
}

/// The number that a value is for calculations: a number, or a text that is exactly one, unless it is longer than sums are
/// made for.
#[inline(always)]
pub(super) fn measured(class: Class, text: &[u8]) -> Option<Number<'_>> {
    match class {
        Class::Plain | Class::Text => short(text).or_else(|| long(text)),
        Class::Bool | Class::Bytes => None,
    }
}

#[inline(never)]
fn long(text: &[u8]) -> Option<Number<'_>> {
    if !matches!(text.first(), Some(b'-' | b'0'..=b'9')) {
        return None;
    }
    match Decimal::parse(text) {
        Some(Ok(number)) if number.is_within(PLACES) => Some(Number::Long(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_numbers() {
        for text in ["", "0", "-1", "100e-5", "1e400", "1234.5", "-0", "1E+3"] {
            assert!(!is_word(Class::Plain, text.as_bytes()), "{text}");
        }
        for text in ["Z067", "2024-01-03", "user 7"] {
            assert!(is_word(Class::Text, text.as_bytes()), "{text}");
            assert!(measured(Class::Text, text.as_bytes()).is_none(), "{text}");
        }
        // Others are looked at as a whole.
        assert!(!is_word(Class::Plain, b"2/34") && measured(Class::Plain, b"2/34").is_none());
        assert_eq!(measured(Class::Text, b"1.10"), Some(Number::Short(110, 2)));
        assert_eq!(measured(Class::Plain, b"-0"), Some(Number::Long(b"-0")));
        assert_eq!((measured(Class::Plain, b"1e151"), measured(Class::Bool, b"1")), (None, None));
    }
}

//! Values of the kinds that were said for their fields.

use serde::{Deserialize, Serialize};

use super::Op;
use super::splice::dotted;
use crate::error::{Cause, Error, RecordError, Result};
use crate::expr::Moment;
use crate::record::digits::{DigitRoom, float_text, int_text, uint_text};
use crate::record::json::name_of;
use crate::record::{Batch, Value, find};
use crate::scan::number::is_json_number;

/// What the values of a field are. Nulls stay nulls, whatever the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FieldKind {
    /// Text, also if it looks like a number. Numbers and truth values become their texts.
    Text,
    /// A decimal number, as RFC 8259 writes it.
    Decimal,
    /// A decimal number without a point and an exponent.
    Integer,
    /// `true` or `false`, in any case.
    Boolean,
    /// A day, as ISO 8601 writes it: `2024-06-01`. It stays text.
    Date,
    /// A time of a day, as ISO 8601 writes it, with an offset from UTC or without. It stays text.
    Timestamp,
}

/// The kinds, with their names.
const KINDS: [(&str, FieldKind); 6] = [
    ("text", FieldKind::Text),
    ("decimal", FieldKind::Decimal),
    ("integer", FieldKind::Integer),
    ("boolean", FieldKind::Boolean),
    ("date", FieldKind::Date),
    ("timestamp", FieldKind::Timestamp),
];

impl FieldKind {
    /// The kind of this name, in any case.
    ///
    /// # Errors
    /// Usage: there is none.
    pub fn named(name: &str) -> Result<FieldKind> {
        let found = KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind);
        found.ok_or_else(|| {
            Error::usage(format!(
                "⟨types⟩: there is no kind `{name}`\n  The kinds are {}.",
                KINDS.map(|(name, _)| name).join(", ")
            ))
        })
    }

    fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// What a value of this kind is.
    fn said(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Decimal => "a decimal number",
            FieldKind::Integer => "an integer",
            FieldKind::Boolean => "true or false",
            FieldKind::Date => "a date",
            FieldKind::Timestamp => "a timestamp",
        }
    }

    /// The value as one of this kind; none if it is not.
    #[inline]
    fn of(self, value: Value<'_>) -> Option<Value<'_>> {
        let (Value::Text(text) | Value::Untyped(text) | Value::Number(text)) = value else {
            return match (self, value) {
                (_, Value::Null | Value::Absent) | (FieldKind::Boolean, Value::Bool(_)) => Some(value),
                (FieldKind::Integer | FieldKind::Decimal, Value::Int(_) | Value::UInt(_)) => Some(value),
                (FieldKind::Decimal, Value::Float(number)) if number.is_finite() => Some(value),
                (FieldKind::Text, Value::Float(number)) if !number.is_finite() => Some(Value::Text(name_of(number))),
                (FieldKind::Text, Value::Bool(truth)) => Some(Value::Text(if truth { b"true" } else { b"false" })),
                _ => None,
            };
        };
        let is_text = !matches!(value, Value::Number(_));
        match self {
            FieldKind::Text => Some(Value::Text(text)),
            FieldKind::Decimal => is_json_number(text).then_some(Value::Number(text)),
            FieldKind::Integer => {
                let whole = !text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
                (whole && is_json_number(text)).then_some(Value::Number(text))
            }
            FieldKind::Boolean if is_text && text.eq_ignore_ascii_case(b"true") => Some(Value::Bool(true)),
            FieldKind::Boolean if is_text && text.eq_ignore_ascii_case(b"false") => Some(Value::Bool(false)),
            FieldKind::Boolean => None,
            FieldKind::Date => {
                (is_text && text.len() == 10 && Moment::parse(text).is_some()).then_some(Value::Text(text))
            }
            FieldKind::Timestamp => {
                (is_text && text.len() > 10 && Moment::parse(text).is_some()).then_some(Value::Text(text))
            }
        }
    }
}

/// A number of a typed source with its text, which is what text formats have.
#[cold]
fn with_text<'a>(value: Value<'a>, offset: usize, batch: &Batch<'a>) -> Result<Value<'a>, RecordError> {
    let mut room: DigitRoom = [0; 32];
    let text = match value {
        Value::Int(number) => int_text(number, &mut room),
        Value::UInt(number) => uint_text(number, &mut room),
        Value::Float(number) if number.is_finite() => float_text(number, &mut room),
        _ => return Ok(value),
    };
    let place = batch.arena().bytes(text.len(), offset)?;
    place.copy_from_slice(text);
    Ok(Value::Number(place))
}

/// Makes the values of some fields values of the kinds that they have. A record with one that is not of its kind is bad.
pub struct TypeFields {
    /// As they were written: the names of columns.
    names: Vec<Box<[u8]>>,
    /// For each, its path in nested records.
    paths: Vec<Box<[u8]>>,
    /// For each, its kind.
    kinds: Vec<FieldKind>,
}

impl TypeFields {
    /// Fields with their kinds.
    pub fn new<'f>(fields: impl IntoIterator<Item = (&'f str, FieldKind)>) -> TypeFields {
        let (names, kinds): (Vec<&str>, Vec<FieldKind>) = fields.into_iter().unzip();
        let paths = names.iter().map(|name| dotted(name)).collect();
        TypeFields { names: names.iter().map(|name| name.as_bytes().into()).collect(), paths, kinds }
    }

    #[cold]
    fn wrong(&self, number: usize, value: Value<'_>, offset: usize) -> RecordError {
        let (name, kind) = (String::from_utf8_lossy(&self.names[number]), self.kinds[number].said());
        let is = match value {
            Value::Text(text) | Value::Untyped(text) | Value::Number(text) => {
                format!("`{}`", String::from_utf8_lossy(text).chars().take(40).collect::<String>())
            }
            Value::Bool(truth) => format!("`{truth}`"),
            Value::Int(number) => format!("`{number}`"),
            Value::UInt(number) => format!("`{number}`"),
            Value::Float(number) if !number.is_finite() => format!("`{}`", String::from_utf8_lossy(name_of(number))),
            Value::Float(number) => format!("`{number:?}`"),
            Value::Bytes(_) => "bytes".to_owned(),
            Value::List(_) | Value::Raw([b'[', ..]) => "a list".to_owned(),
            _ => "an object".to_owned(),
        };
        RecordError::new(offset, format!("the field `{name}` is {is}, which is not {kind}"))
            .cause(Cause::Value)
            .hint("Leave the field out of ⟨types⟩, or leave such records out: ⟨on_error skip⟩.")
    }
}

impl Op for TypeFields {
    fn name(&self) -> &str {
        "types"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        for (number, (path, kind)) in self.paths.iter().zip(&self.kinds).enumerate() {
            let column = batch.schema().map(|schema| schema.position(&self.names[number]));
            for record in 0..batch.len() {
                let place = match column {
                    Some(column) => column,
                    None => find(batch.tree(record), path).map(|node| node as usize),
                };
                let Some(place) = place else { continue };
                if let (None, Some((seen, first))) = (column, batch.seen()) {
                    seen.mark(first + number);
                }
                let value = match column {
                    Some(_) => batch.columns(record)[place],
                    None => batch.tree(record).nodes().0[place],
                };
                // Where every field is text, an empty one of another kind is null.
                let empty = *kind != FieldKind::Text
                    && batch.untyped_is_text()
                    && matches!(value, Value::Text(b"") | Value::Untyped(b""));
                let offset = batch.span(record).start;
                let value = match (kind, value) {
                    _ if empty => Ok(Value::Null),
                    (FieldKind::Text, Value::Int(_) | Value::UInt(_) | Value::Float(_)) => {
                        with_text(value, offset, batch)
                    }
                    _ => Ok(value),
                };
                let typed = value.and_then(|value| kind.of(value).ok_or_else(|| self.wrong(number, value, offset)));
                match typed {
                    Ok(typed) => batch.nodes_mut(record).1[place] = typed,
                    Err(error) => batch.reject_with(record, error),
                }
            }
        }
    }

    fn needs_utf8(&self) -> bool {
        false
    }

    fn fingerprint(&self) -> Option<String> {
        let mut text = String::from("types ");
        for (number, (name, kind)) in self.names.iter().zip(&self.kinds).enumerate() {
            let comma = if number > 0 { "," } else { "" };
            text += &format!("{comma}{}={}", String::from_utf8_lossy(name).escape_default(), kind.name());
        }
        Some(text)
    }

    fn fields(&self) -> &[Box<[u8]>] {
        &self.names
    }

    fn kinds(&self) -> &[FieldKind] {
        &self.kinds
    }
}

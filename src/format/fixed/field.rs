//! How the value of one field is written in bytes, and read back.

use std::borrow::Cow;

use crate::record::line_form::{ScalarRoom, ScalarText, base64_len, read_base64};
use crate::record::to_number::{self, NotThatNumber};
use crate::record::{self, LossyKind, Value};

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The least significant byte comes first.
    Little,
    /// The most significant byte comes first.
    Big,
}

/// What follows text that is shorter than its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pad {
    /// Zero bytes.
    Zero,
    /// Spaces.
    Space,
}

impl Pad {
    #[inline]
    fn byte(self) -> u8 {
        match self {
            Pad::Zero => 0,
            Pad::Space => b' ',
        }
    }
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the variants say it all
pub enum Kind {
    U8,
    I8,
    U16(Order),
    U32(Order),
    U64(Order),
    I16(Order),
    I32(Order),
    I64(Order),
    F32(Order),
    F64(Order),
    /// One byte, 0 or 1.
    Bool,
    /// Text without its padding.
    Text(Pad),
    /// The field's bytes, unchanged.
    Bytes,
    /// Not a field: skipped when read, zeros when written.
    Skip,
}

use crate::wording::counted;
use Kind::*;
use Order::{Big, Little};

/// The types whose name fixes the width.
const NAMES: [(&str, Kind, usize); 19] = [
    ("u8", U8, 1),
    ("i8", I8, 1),
    ("u16le", U16(Little), 2),
    ("u16be", U16(Big), 2),
    ("u32le", U32(Little), 4),
    ("u32be", U32(Big), 4),
    ("u64le", U64(Little), 8),
    ("u64be", U64(Big), 8),
    ("i16le", I16(Little), 2),
    ("i16be", I16(Big), 2),
    ("i32le", I32(Little), 4),
    ("i32be", I32(Big), 4),
    ("i64le", I64(Little), 8),
    ("i64be", I64(Big), 8),
    ("f32le", F32(Little), 4),
    ("f32be", F32(Big), 4),
    ("f64le", F64(Little), 8),
    ("f64be", F64(Big), 8),
    ("bool", Bool, 1),
];

impl Kind {
    /// The type and width that a name states, or why it is not understood.
    pub fn parse(name: &str) -> Result<(Kind, usize), String> {
        if let Some((_, kind, width)) = NAMES.iter().find(|(known, ..)| *known == name) {
            return Ok((*kind, *width));
        }
        if NAMES.iter().any(|(known, ..)| known.strip_suffix("le") == Some(name)) {
            return Err(format!("`{name}` needs a byte order: {name}le or {name}be"));
        }
        let (stem, pad) = match name.strip_suffix("space") {
            Some(stem) if stem.starts_with("text") => (stem, Pad::Space),
            _ => (name, Pad::Zero),
        };
        for (prefix, kind) in [("text", Text(pad)), ("bytes", Bytes), ("skip", Skip)] {
            let Some(digits) = stem.strip_prefix(prefix) else { continue };
            if digits.is_empty() {
                return Err(format!("`{name}` needs a number of bytes: {prefix}16"));
            }
            match digits.parse::<usize>() {
                Ok(0) => return Err("a field has at least one byte".to_string()),
                Ok(width) if digits.bytes().all(|digit| digit.is_ascii_digit()) => return Ok((kind, width)),
                _ => {}
            }
        }
        Err(format!(
            "unknown type `{name}`; the types are u8, i8, u16, u32, u64, i16, i32, i64, f32, f64 (le or be at the end gives the byte order), bool, textN, textNspace, bytesN, skipN"
        ))
    }

    /// The schema kind for a field of this width.
    pub(super) fn of_values(self, width: usize) -> record::Kind {
        match self {
            U8 | U16(_) | U32(_) | U64(_) => record::Kind::UInt(bits(width)),
            I8 | I16(_) | I32(_) | I64(_) => record::Kind::Int(bits(width)),
            F32(_) | F64(_) => record::Kind::Float(bits(width)),
            Bool => record::Kind::Bool,
            Text(_) => record::Kind::Text,
            Bytes => record::Kind::Bytes(Some(width)),
            // Skipped items have none.
            Skip => record::Kind::Any,
        }
    }

    /// The name without a width.
    fn word(self) -> &'static str {
        match self {
            Text(_) => "text",
            Bytes => "bytes",
            Skip => "skip",
            kind => NAMES.iter().find(|(_, known, _)| *known == kind).map_or("", |(name, ..)| name),
        }
    }
}

/// The bits of a number of at most eight bytes.
fn bits(width: usize) -> u8 {
    (8 * width) as u8
}

#[inline]
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[..N]);
    array
}

macro_rules! load {
    ($number:ty, $order:expr, $bytes:expr) => {
        match $order {
            Little => <$number>::from_le_bytes(array($bytes)),
            Big => <$number>::from_be_bytes(array($bytes)),
        }
    };
}

/// Reads a field; `bytes` has exactly its width. `None` for a truth value that is neither 0 nor 1.
#[inline(always)]
pub(super) fn read(kind: Kind, bytes: &[u8]) -> Option<Value<'_>> {
    Some(match kind {
        U8 => Value::UInt(bytes[0].into()),
        I8 => Value::Int((bytes[0] as i8).into()),
        U16(order) => Value::UInt(load!(u16, order, bytes).into()),
        U32(order) => Value::UInt(load!(u32, order, bytes).into()),
        U64(order) => Value::UInt(load!(u64, order, bytes)),
        I16(order) => Value::Int(load!(i16, order, bytes).into()),
        I32(order) => Value::Int(load!(i32, order, bytes).into()),
        I64(order) => Value::Int(load!(i64, order, bytes)),
        F32(order) => Value::Float(to_number::widen(load!(f32, order, bytes))),
        F64(order) => Value::Float(load!(f64, order, bytes)),
        Bool if bytes[0] > 1 => return None,
        Bool => Value::Bool(bytes[0] == 1),
        Text(pad) => Value::Text(strip(bytes, pad.byte())),
        Bytes => Value::Bytes(bytes),
        Skip => Value::Absent,
    })
}

/// Text without the padding after it.
#[inline]
fn strip(mut text: &[u8], pad: u8) -> &[u8] {
    while let [head @ .., last] = text
        && *last == pad
    {
        text = head;
    }
    text
}

/// How text and bytes are turned into each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextRule {
    /// Text for a bytes field is Base64; otherwise it is the bytes themselves.
    pub base64_is_bytes: bool,
    /// Bytes for a text field become Base64; otherwise they are the text themselves.
    pub bytes_are_base64: bool,
}

/// Why a value does not fit its field: a phrase to follow the field's name, and what to do.
#[derive(Debug)]
pub(super) struct Misfit {
    pub reason: Cow<'static, str>,
    pub hint: Option<&'static str>,
}

fn misfit<T>(reason: impl Into<Cow<'static, str>>, hint: &'static str) -> Result<T, Misfit> {
    Err(Misfit { reason: reason.into(), hint: Some(hint) })
}

macro_rules! put {
    ($number:expr, $order:expr, $place:expr) => {
        match $order {
            Little => $place.copy_from_slice(&$number.to_le_bytes()),
            Big => $place.copy_from_slice(&$number.to_be_bytes()),
        }
    };
}

macro_rules! store {
    ($number:ty, $value:expr, $order:expr, $place:expr, $lose:expr) => {{
        // Typed numbers that fit need no detour through 128 bits.
        let fits = match $value {
            Value::UInt(n) => <$number>::try_from(n).ok(),
            Value::Int(n) => <$number>::try_from(n).ok(),
            _ => None,
        };
        let number = match fits {
            Some(number) => number,
            None => {
                let number = to_number::integer($value)?;
                if !number.exact {
                    $lose(LossyKind::NumberRounded);
                }
                <$number>::try_from(number.value).map_err(|_| NotThatNumber::OutOfRange)?
            }
        };
        put!(number, $order, $place)
    }};
}

macro_rules! store_float {
    ($of:path, $value:expr, $order:expr, $place:expr, $lose:expr) => {{
        let number = $of($value)?;
        if !number.exact {
            $lose(LossyKind::NumberRounded);
        }
        put!(number.value, $order, $place)
    }};
}

/// Writes a value into its field; `place` has exactly its width.
#[inline]
pub(super) fn write(
    kind: Kind,
    value: Value<'_>,
    rule: TextRule,
    place: &mut [u8],
    mut lose: impl FnMut(LossyKind),
) -> Result<(), Misfit> {
    match write_number(kind, value, place, &mut lose) {
        Ok(true) => return Ok(()),
        Ok(false) => {}
        Err(why) => return Err(not_that_number(kind, value, why)),
    }
    match kind {
        Bool => {
            place[0] = truth(value)?.into();
            Ok(())
        }
        Text(pad) => write_text(value, pad.byte(), rule, place, lose),
        Bytes => write_bytes(value, rule, place),
        _ => {
            place.fill(0);
            Ok(())
        }
    }
}

/// Writes the kinds that are numbers; false for the others.
#[inline(always)]
fn write_number(
    kind: Kind,
    value: Value<'_>,
    place: &mut [u8],
    lose: &mut impl FnMut(LossyKind),
) -> Result<bool, NotThatNumber> {
    match kind {
        U8 => store!(u8, value, Little, place, lose),
        I8 => store!(i8, value, Little, place, lose),
        U16(order) => store!(u16, value, order, place, lose),
        U32(order) => store!(u32, value, order, place, lose),
        U64(order) => store!(u64, value, order, place, lose),
        I16(order) => store!(i16, value, order, place, lose),
        I32(order) => store!(i32, value, order, place, lose),
        I64(order) => store!(i64, value, order, place, lose),
        F32(order) => store_float!(to_number::float32, value, order, place, lose),
        F64(order) => store_float!(to_number::float64, value, order, place, lose),
        Bool | Text(_) | Bytes | Skip => return Ok(false),
    }
    Ok(true)
}

fn truth(value: Value<'_>) -> Result<bool, Misfit> {
    match value {
        Value::Bool(truth) => Ok(truth),
        Value::Text(b"true") | Value::Untyped(b"true") => Ok(true),
        Value::Text(b"false") | Value::Untyped(b"false") => Ok(false),
        _ => no_value(value)
            .unwrap_or_else(|| misfit(format!("(bool) can't hold {}", show(value)), "A bool is true or false.")),
    }
}

#[inline]
fn write_text(
    value: Value<'_>,
    pad: u8,
    rule: TextRule,
    place: &mut [u8],
    lose: impl FnMut(LossyKind),
) -> Result<(), Misfit> {
    if let Value::Text(text) | Value::Untyped(text) = value
        && text.len() <= place.len()
        && text.last() != Some(&pad)
    {
        let (head, tail) = place.split_at_mut(text.len());
        head.copy_from_slice(text);
        tail.fill(pad);
        return Ok(());
    }
    write_as_text(value, pad, rule, place, lose)
}

/// Values that are not text, and text that does not fit.
#[inline(never)]
fn write_as_text(
    value: Value<'_>,
    pad: u8,
    rule: TextRule,
    place: &mut [u8],
    lose: impl FnMut(LossyKind),
) -> Result<(), Misfit> {
    if let Some(refused) = no_value(value) {
        return refused;
    }
    if let Value::List(_) | Value::Map(_) | Value::Raw(_) = value {
        return misfit("(text) can't hold a list or a map", "Select the fields that the layout has.");
    }
    let mut room = ScalarRoom::default();
    let text = ScalarText::of(value, rule.bytes_are_base64, &mut room, lose);
    if text.len() > place.len() {
        return misfit(
            format!("(text{}) can't hold {}: it has {}", place.len(), show(value), counted(text.len() as u64, "byte")),
            "Make the field wider in ⟨layout⟩.",
        );
    }
    let (head, tail) = place.split_at_mut(text.len());
    match text {
        ScalarText::Plain(text) => head.copy_from_slice(text),
        ScalarText::Base64(bytes) => text_of_base64(bytes, head),
    }
    if head.last() == Some(&pad) {
        return misfit(
            format!("(text{}) can't hold {}: it ends with the padding character", place.len(), show(value)),
            "Text that ends in a space needs textN, text that ends in a zero byte textNspace or bytesN.",
        );
    }
    tail.fill(pad);
    Ok(())
}

fn text_of_base64(bytes: &[u8], place: &mut [u8]) {
    use base64::Engine;
    // The place is as long as the text, so this can't fail.
    let written = base64::engine::general_purpose::STANDARD.encode_slice(bytes, place);
    debug_assert!(written.is_ok());
}

fn write_bytes(value: Value<'_>, rule: TextRule, place: &mut [u8]) -> Result<(), Misfit> {
    let width = place.len();
    let wrong = |len: usize| {
        misfit(
            format!("(bytes{width}) can't hold {}: it needs exactly {width}", counted(len as u64, "byte")),
            "Use textN for text of varying length.",
        )
    };
    match value {
        Value::Text(text) | Value::Untyped(text) if rule.base64_is_bytes => {
            let len = base64_len(text).unwrap_or(width);
            if len != width {
                return wrong(len);
            }
            if !read_base64(text, place) {
                return misfit(
                    format!("(bytes{width}) can't hold {}: it is not base64", show(value)),
                    "Take text as the bytes themselves with ⟨bytes_as text⟩",
                );
            }
            Ok(())
        }
        Value::Bytes(bytes) | Value::Text(bytes) | Value::Untyped(bytes) => {
            if bytes.len() != width {
                return wrong(bytes.len());
            }
            place.copy_from_slice(bytes);
            Ok(())
        }
        _ => no_value(value).unwrap_or_else(|| {
            misfit(format!("(bytes{width}) can't hold {}", show(value)), "Only text and bytes go into it.")
        }),
    }
}

/// The error for null and for a missing field.
fn no_value<T>(value: Value<'_>) -> Option<Result<T, Misfit>> {
    let hint = "A fixed record has a value in every field; leave out such records with ⟨on_error skip⟩";
    match value {
        Value::Null => Some(misfit("can't hold null", hint)),
        Value::Absent => Some(misfit("is missing in the record", hint)),
        _ => None,
    }
}

#[cold]
fn not_that_number(kind: Kind, value: Value<'_>, why: NotThatNumber) -> Misfit {
    if let Some(Err(refused)) = no_value::<()>(value) {
        return refused;
    }
    let why = match why {
        NotThatNumber::NotANumber => "it is not a number",
        NotThatNumber::Fraction => "it has a fraction",
        NotThatNumber::OutOfRange => "it is out of range",
    };
    Misfit { reason: format!("({}) can't hold {}: {why}", kind.word(), show(value)).into(), hint: None }
}

/// The value for an error message: short, and always readable.
fn show(value: Value<'_>) -> String {
    const LONGEST: usize = 40;
    let text = match value {
        Value::Text(text) | Value::Untyped(text) | Value::Number(text) => text,
        Value::Int(n) => return n.to_string(),
        Value::UInt(n) => return n.to_string(),
        Value::Float(n) => return format!("{n:?}"),
        Value::Bool(truth) => return truth.to_string(),
        Value::Null => return "null".to_string(),
        Value::Absent => return "nothing".to_string(),
        Value::Bytes(_) => return "bytes".to_string(),
        Value::List(_) | Value::Map(_) | Value::Raw(_) => return "a list or a map".to_string(),
    };
    match text.get(..LONGEST) {
        Some(head) => format!("`{}…`", head.escape_ascii()),
        None => format!("`{}`", text.escape_ascii()),
    }
}

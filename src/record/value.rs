//! One value of a record.

/// A value, or the node of a list or map in a [`Batch`](super::Batch).
///
/// Typing is delayed: numbers are kept as their source text, and a CSV field that was not quoted stays
/// [`Untyped`](Value::Untyped) until somebody has to know. Text borrows from the slice, or from the
/// arena where it had to be unescaped. Text is valid UTF-8 whenever the target or an op asked for
/// that; from CSV to CSV any bytes pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// The field is not there.
    #[default]
    Absent,
    /// There, without a value: JSON `null`, an unquoted empty CSV field.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer of a typed source.
    Int(i64),
    /// An unsigned integer of a typed source.
    UInt(u64),
    /// A 64-bit floating-point number of a typed source; may be infinite or NaN.
    Float(f64),
    /// A number as RFC 8259 writes it: the source's digits, unchanged.
    Number(&'a [u8]),
    /// Text.
    Text(&'a [u8]),
    /// A non-empty unquoted CSV field: a number if it is exactly an RFC 8259 number, else text. A decoder that was
    /// [asked to](crate::format::Want::typed) may tell which, and then it is one of those.
    Untyped(&'a [u8]),
    /// Bytes that are not text.
    Bytes(&'a [u8]),
    /// The checked JSON text of a list or map that nobody asked to take apart. May hold white space.
    Raw(&'a [u8]),
    /// A list; its items are the next so many nodes (all levels counted).
    List(u32),
    /// A map; its fields are the next so many nodes (all levels counted).
    Map(u32),
}

impl<'a> Value<'a> {
    /// How many nodes below belong to this one.
    #[inline]
    pub fn nodes_inside(&self) -> usize {
        match *self {
            Value::List(n) | Value::Map(n) => n as usize,
            _ => 0,
        }
    }

    /// Decides what an untyped value is; other values stay.
    #[inline]
    pub fn typed(self) -> Value<'a> {
        match self {
            Value::Untyped(text) if crate::scan::number::is_json_number(text) => Value::Number(text),
            Value::Untyped(text) => Value::Text(text),
            other => other,
        }
    }
}

const _: () = assert!(size_of::<Value<'_>>() <= 24);

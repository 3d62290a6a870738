//! One value of a record.

/// A value, or the node of a list or map in a [`Batch`](super::Batch).
///
/// Typing is delayed: numbers are kept as their source text, and an unquoted CSV field stays
/// [`Untyped`](Value::Untyped) until its type matters. Text borrows from the slice, or from the arena if it had to be
/// unescaped. Text is valid UTF-8 whenever the target or an op asked for that; from CSV to CSV any bytes pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// The field is missing.
    #[default]
    Absent,
    /// Present, without a value: JSON `null`, an unquoted empty CSV field.
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
    /// [asked to](crate::format::Want::typed) may decide, and returns one of those instead.
    Untyped(&'a [u8]),
    /// Bytes that are not text.
    Bytes(&'a [u8]),
    /// The checked JSON text of a list or map that is not taken apart. May contain white space.
    Raw(&'a [u8]),
    /// A list; this many nodes after it are inside (all levels counted).
    List(u32),
    /// A map; this many nodes after it are inside (all levels counted).
    Map(u32),
}

impl<'a> Value<'a> {
    /// How many of the nodes after this one are inside it.
    #[inline]
    pub fn nodes_inside(&self) -> usize {
        match *self {
            Value::List(n) | Value::Map(n) => n as usize,
            _ => 0,
        }
    }

    /// Decides what an untyped value is; other values are unchanged.
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

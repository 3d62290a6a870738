//! How a record is written in a target without fields: as a line of text, or the payload of a frame.
//!
//! A record with one plain value is written as that value's text. Every other record is written as JSON, so that
//! nothing is lost.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::digits::{DigitRoom, float_text, int_text, is_odd_nan, uint_text};
use super::json::{Refusal, Sink, Writer};
use super::{Batch, LossyKind, Output, Schema, Value};
use crate::error::Error;

/// The form of one record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LineForm<'b, 'a> {
    /// The text of its only value, which is not a list or map.
    Value {
        /// The name that is lost; empty if the record is a bare value.
        key: &'b [u8],
        /// The value.
        value: Value<'a>,
    },
    /// The JSON text of the whole record.
    Json,
}

impl<'b, 'a: 'b> LineForm<'b, 'a> {
    /// The form of a record in a batch.
    #[inline]
    pub fn of(batch: &'b Batch<'a>, record: usize) -> LineForm<'b, 'a> {
        let (key, value) = match batch.schema() {
            Some(schema) => match batch.columns(record) {
                [value] => (schema.name(0), *value),
                _ => return LineForm::Json,
            },
            None => {
                let tree = batch.tree(record);
                match tree.value() {
                    Value::Map(1) => match tree.children().next() {
                        Some(child) => (child.key(), child.value()),
                        None => return LineForm::Json,
                    },
                    value => (&[][..], value),
                }
            }
        };
        match value {
            Value::List(_) | Value::Map(_) | Value::Raw(_) => LineForm::Json,
            _ => LineForm::Value { key, value },
        }
    }
}

/// Writes a whole record as JSON text without white space; absent fields are left out.
#[inline(always)]
pub fn write_json<S: Sink>(batch: &Batch<'_>, record: usize, writer: &mut Writer, sink: &mut S) -> Result<(), Refusal> {
    let Some(schema) = batch.schema() else {
        return writer.tree(batch.tree(record), sink);
    };
    let mut before: &[u8] = b"{";
    for (name, value) in schema.names().zip(batch.columns(record)) {
        if !matches!(value, Value::Absent) {
            sink.put(before)?;
            sink.text(name)?;
            sink.put(b":")?;
            writer.leaf(*value, sink)?;
            before = b",";
        }
    }
    Ok(sink.put(if before == b"{" { b"{}" } else { b"}" })?)
}

/// The most bytes of JSON text that a record can become.
pub fn longest_json(batch: &Batch<'_>, record: usize) -> usize {
    // Every byte of a text may become six; a name or value adds up to 40 bytes of brackets, quotes, digits and room
    // that vector code needs.
    let text = |text: &[u8]| text.len().saturating_mul(6).saturating_add(40);
    let value = |value: &Value<'_>| match value {
        Value::Text(bytes) | Value::Untyped(bytes) | Value::Bytes(bytes) => text(bytes),
        Value::Number(bytes) | Value::Raw(bytes) => bytes.len() + 64,
        _ => 40,
    };
    let sum = |bytes: usize, more: usize| bytes.saturating_add(more);
    match batch.schema() {
        Some(schema) => {
            let names = schema.names().map(text).fold(64, sum);
            batch.columns(record).iter().map(value).fold(names, sum)
        }
        None => {
            let (values, keys) = batch.tree(record).nodes();
            let keys = keys.iter().map(|key| text(key)).fold(64, sum);
            values.iter().map(value).fold(keys, sum)
        }
    }
}

/// Whether records of this shape may have to be written as JSON, and their text must therefore be UTF-8.
pub fn may_be_json(schema: Option<&Schema>) -> bool {
    schema.is_none_or(|schema| schema.len() != 1)
}

/// Room for the text of any scalar.
pub type ScalarRoom = DigitRoom;

/// The text of a scalar value, ready to be measured and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarText<'v> {
    /// These bytes.
    Plain(&'v [u8]),
    /// The Base64 text (RFC 4648, with padding) of these bytes.
    Base64(&'v [u8]),
}

impl<'v> ScalarText<'v> {
    /// The text of a value that is not a list or map (for those it is empty).
    ///
    /// Calls `lose` for what text can't express. `base64` says how bytes become text.
    #[inline]
    pub fn of(
        value: Value<'v>,
        base64: bool,
        room: &'v mut ScalarRoom,
        mut lose: impl FnMut(LossyKind),
    ) -> ScalarText<'v> {
        let number = match value {
            Value::Text(text) | Value::Untyped(text) | Value::Raw(text) => return ScalarText::Plain(text),
            Value::Bool(truth) => {
                lose(LossyKind::BoolAsText);
                return ScalarText::Plain(if truth { b"true" } else { b"false" });
            }
            Value::Bytes(bytes) => {
                lose(LossyKind::BytesAsText);
                return if base64 { ScalarText::Base64(bytes) } else { ScalarText::Plain(bytes) };
            }
            Value::Null | Value::Absent | Value::List(_) | Value::Map(_) => {
                lose(LossyKind::NullAsText);
                return ScalarText::Plain(b"");
            }
            Value::Number(text) => text,
            Value::Int(n) => int_text(n, room),
            Value::UInt(n) => uint_text(n, room),
            Value::Float(n) => {
                if is_odd_nan(n) {
                    lose(LossyKind::NanAsPlainNan);
                }
                float_text(n, room)
            }
        };
        lose(LossyKind::NumberAsText);
        ScalarText::Plain(number)
    }

    /// Its length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            ScalarText::Plain(text) => text.len(),
            ScalarText::Base64(bytes) => bytes.len().div_ceil(3) * 4,
        }
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends it to the output.
    #[inline]
    pub fn write(&self, output: &mut Output<'_>) -> Result<(), Error> {
        match self {
            ScalarText::Plain(text) => output.put(text),
            ScalarText::Base64(bytes) => write_base64(bytes, output),
        }
    }
}

/// How many bytes become Base64 at once; a multiple of three, so that the pieces join.
const PIECE: usize = 768;

/// Appends the Base64 text of bytes, in pieces: values may have any length, and nothing is allocated.
pub fn write_base64(bytes: &[u8], output: &mut Output<'_>) -> Result<(), Error> {
    base64_pieces(bytes, |piece| output.put(piece))
}

/// Passes the Base64 text of bytes to `put`, in pieces.
pub fn base64_pieces(bytes: &[u8], mut put: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
    let mut text = [0; PIECE / 3 * 4];
    for piece in bytes.chunks(PIECE) {
        // The place is as long as the text of a whole piece, so this can't fail.
        let len = STANDARD.encode_slice(piece, &mut text).unwrap_or(0);
        put(&text[..len])?;
    }
    Ok(())
}

/// Appends the text of a scalar value.
#[inline]
pub fn write_text(value: Value<'_>, base64: bool, output: &mut Output<'_>) -> Result<(), Error> {
    let mut room = ScalarRoom::default();
    ScalarText::of(value, base64, &mut room, |kind| output.lose(kind)).write(output)
}

/// The bytes of a piece of Base64 text, if it is valid.
fn decode<'p>(text: &[u8], place: &'p mut [u8; PIECE]) -> Option<&'p [u8]> {
    let place = &mut place[..base64_len(text)?];
    read_base64(text, place).then_some(place)
}

/// Whether a text of any length is Base64 (RFC 4648, with padding).
pub fn is_base64(text: &[u8]) -> bool {
    let mut place = [0; PIECE];
    let pieces = text.chunks(PIECE / 3 * 4);
    let count = pieces.len();
    // Only the last piece may have padding.
    pieces
        .enumerate()
        .all(|(index, piece)| decode(piece, &mut place).is_some_and(|bytes| index + 1 == count || bytes.len() == PIECE))
}

/// Appends the bytes of a text that [`is_base64`], in pieces.
pub fn write_from_base64(text: &[u8], output: &mut Output<'_>) -> Result<(), Error> {
    let mut place = [0; PIECE];
    for piece in text.chunks(PIECE / 3 * 4) {
        output.put(decode(piece, &mut place).unwrap_or_default())?;
    }
    Ok(())
}

/// How many bytes a Base64 text encodes; `None` if it can't be padded Base64 by its length.
pub fn base64_len(text: &[u8]) -> Option<usize> {
    let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    if !text.len().is_multiple_of(4) { None } else { Some(text.len() / 4 * 3 - padding) }
}

/// Fills `place`, which is [`base64_len`] bytes long, from a Base64 text. False if the text is not Base64.
pub fn read_base64(text: &[u8], place: &mut [u8]) -> bool {
    STANDARD.decode_slice(text, place) == Ok(place.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Arena;
    use crate::record::Drain;

    struct Sink(Vec<u8>);
    impl Drain for Sink {
        fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }
    }

    fn text_of(value: Value<'_>, base64: bool) -> (String, Option<LossyKind>) {
        let (mut buffer, mut sink) = ([0; 16], Sink(Vec::new()));
        let mut output = Output::new(&mut buffer, &mut sink, false);
        write_text(value, base64, &mut output).unwrap();
        let lost = output.lossy.iter().map(|(kind, _)| kind).next();
        let len = output.len();
        sink.0.extend_from_slice(&buffer[..len]);
        (String::from_utf8(sink.0).unwrap(), lost)
    }

    #[test]
    fn the_text_of_scalars() {
        use LossyKind::*;
        for (value, text, lost) in [
            (Value::Int(i64::MIN), "-9223372036854775808", Some(NumberAsText)),
            (Value::UInt(u64::MAX), "18446744073709551615", Some(NumberAsText)),
            (Value::Float(0.1), "0.1", Some(NumberAsText)),
            (Value::Float(-0.0), "-0.0", Some(NumberAsText)),
            (Value::Float(-1.7976931348623157e308), "-1.7976931348623157e308", Some(NumberAsText)),
            (Value::Number(b"1.10"), "1.10", Some(NumberAsText)),
            (Value::Untyped(b"007"), "007", None),
            (Value::Text(b"a text longer than the buffer"), "a text longer than the buffer", None),
            (Value::Bool(true), "true", Some(BoolAsText)),
            (Value::Null, "", Some(NullAsText)),
            (Value::Bytes(b"\xff\x00"), "/wA=", Some(BytesAsText)),
        ] {
            assert_eq!(text_of(value, true), (text.to_string(), lost), "{value:?}");
        }
        assert_eq!(text_of(Value::Bytes(b"raw"), false).0, "raw");
        let long = vec![b'x'; 2000];
        assert_eq!(text_of(Value::Bytes(&long), true).0, STANDARD.encode(&long));
        assert_eq!(ScalarText::Base64(&long).len(), STANDARD.encode(&long).len());
    }

    #[test]
    fn base64_there_and_back() {
        for bytes in [&b""[..], b"a", b"ab", b"abc", b"abcd"] {
            let text = STANDARD.encode(bytes);
            let mut place = vec![0; base64_len(text.as_bytes()).unwrap()];
            assert!(read_base64(text.as_bytes(), &mut place));
            assert_eq!(place, bytes);
        }
        assert_eq!(base64_len(b"abc"), None);
        assert!(!read_base64(b"a?bc", &mut [0; 3]));
        assert!(!read_base64(b"====", &mut [0; 1]));
    }

    #[test]
    fn long_base64_goes_in_pieces() {
        let bytes: Vec<u8> = (0..5000u32).map(|n| (n * 7) as u8).collect();
        for (len, spoil, fine) in
            [(5000, None, true), (4000, None, true), (5000, Some(6660), false), (5000, Some(1020), false)]
        {
            let mut text = STANDARD.encode(&bytes[..len]).into_bytes();
            if let Some(at) = spoil {
                text[at..at + 4].copy_from_slice(b"AAA=");
            }
            let (mut buffer, mut sink) = ([0; 100], Sink(Vec::new()));
            let mut output = Output::new(&mut buffer, &mut sink, false);
            assert_eq!(is_base64(&text), fine, "{len} {spoil:?}");
            if fine {
                write_from_base64(&text, &mut output).unwrap();
            }
            let left = output.len();
            sink.0.extend_from_slice(&buffer[..left]);
            assert_eq!(sink.0, if fine { &bytes[..len] } else { &[] });
        }
    }

    #[test]
    fn one_plain_value_is_its_own_line() {
        let arena = Arena::new(1 << 14, 1 << 20);
        let one = Schema::new([&b"line"[..]]);
        let mut batch = Batch::new(&arena, b"", Some(&one), 100);
        batch.reserve(1, 0).unwrap();
        batch.push(Value::Int(1));
        batch.end_record(0, 0).unwrap();
        assert_eq!(LineForm::of(&batch, 0), LineForm::Value { key: b"line", value: Value::Int(1) });

        let mut batch = Batch::new(&arena, b"", None, 100);
        batch.push_keyed(b"", Value::Map(1), 0).unwrap();
        batch.push_keyed(b"k", Value::Null, 0).unwrap();
        batch.end_record(0, 0).unwrap();
        batch.push_keyed(b"", Value::Map(1), 0).unwrap();
        batch.push_keyed(b"k", Value::Raw(b"[]"), 0).unwrap();
        batch.end_record(0, 0).unwrap();
        batch.push_keyed(b"", Value::Number(b"1"), 0).unwrap();
        batch.end_record(0, 0).unwrap();
        batch.push_keyed(b"", Value::Map(0), 0).unwrap();
        batch.end_record(0, 0).unwrap();
        let forms: Vec<_> = (0..4).map(|record| LineForm::of(&batch, record)).collect();
        assert_eq!(forms[0], LineForm::Value { key: b"k", value: Value::Null });
        assert_eq!(forms[1], LineForm::Json);
        assert_eq!(forms[2], LineForm::Value { key: b"", value: Value::Number(b"1") });
        assert_eq!(forms[3], LineForm::Json);
    }
}

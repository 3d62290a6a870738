//! Removing white space from both ends.

use super::{Fields, Op};
use crate::record::Batch;

/// Removes Unicode `White_Space` from both ends of texts.
///
/// Works on any bytes: what is not valid UTF-8 is not white space. A trimmed text remains text, even if the rest looks
/// like a number.
pub struct Trim {
    fields: Fields,
}

impl Trim {
    /// Trims these fields.
    pub fn new(fields: Fields) -> Trim {
        Trim { fields }
    }
}

impl Op for Trim {
    fn name(&self) -> &str {
        "trim"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        self.fields.each_text(batch, |text, _| {
            let trimmed = trim(text);
            Ok((trimmed.len() < text.len()).then_some(trimmed))
        });
    }

    fn needs_utf8(&self) -> bool {
        false
    }

    fn fingerprint(&self) -> Option<String> {
        super::named(self)
    }

    fn fields(&self) -> &[Box<[u8]>] {
        self.fields.names()
    }
}

/// The text without the white space at its ends.
#[inline]
fn trim(mut text: &[u8]) -> &[u8] {
    while let Some(len) = leading(text) {
        text = &text[len..];
    }
    while let Some(len) = trailing(text) {
        text = &text[..text.len() - len];
    }
    text
}

/// The length of a white space character at the start.
#[inline]
fn leading(text: &[u8]) -> Option<usize> {
    match text {
        [9..=13 | b' ', ..] => Some(1),
        [0xc2, 0x85 | 0xa0, ..] => Some(2),
        [0xe1..=0xe3, b, c, ..] if is_space([text[0], *b, *c]) => Some(3),
        _ => None,
    }
}

/// The length of a white space character at the end.
#[inline]
fn trailing(text: &[u8]) -> Option<usize> {
    match text {
        [.., 9..=13 | b' '] => Some(1),
        [.., 0xc2, 0x85 | 0xa0] => Some(2),
        [.., a @ 0xe1..=0xe3, b, c] if is_space([*a, *b, *c]) => Some(3),
        _ => None,
    }
}

/// Whether three bytes are one of U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000.
fn is_space(bytes: [u8; 3]) -> bool {
    matches!(
        bytes,
        [0xe1, 0x9a, 0x80] | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf] | [0xe2, 0x81, 0x9f] | [0xe3, 0x80, 0x80]
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, keyed, show};
    use super::*;
    use crate::record::Value;

    #[test]
    fn takes_off_what_the_standard_library_takes_off() {
        for c in '\0'..=char::MAX {
            for text in [format!("{c}a{c}b{c}"), format!("{c}"), format!(" {c}{c} "), format!("{c}\u{a0}é\u{3000}{c}")]
            {
                assert_eq!(trim(text.as_bytes()), text.trim().as_bytes(), "{c:?}");
            }
        }
    }

    #[test]
    fn leaves_invalid_bytes() {
        assert_eq!(trim(b" \xff a \xc2 "), b"\xff a \xc2");
        assert_eq!(trim(b"\xa0\xe2\x80x\x80\xa0"), b"\xa0\xe2\x80x\x80\xa0");
        assert_eq!(trim(b"\xf0\xc2\xa0"), b"\xf0");
    }

    #[test]
    fn trimmed_text_stays_text_and_other_values_stay() {
        let op = Trim::new(Fields::all());
        let values = [
            Value::Untyped(b" 5"),
            Value::Untyped(b"5"),
            Value::Untyped(b"x"),
            Value::Text(b"  "),
            Value::Null,
            Value::Bytes(b" "),
        ];
        let expected = [
            Value::Text(b"5"),
            Value::Untyped(b"5"),
            Value::Untyped(b"x"),
            Value::Text(b""),
            Value::Null,
            Value::Bytes(b" "),
        ];
        columns(&["a", "b", "c", "d", "e", "f"], &[&values], |batch| {
            op.apply(batch);
            assert_eq!(batch.columns(0), expected);
        });
        keyed(&[r#"{" a ":" b ","c":[" d ",{"e":" f"}]}"#], |batch| {
            op.apply(batch);
            assert_eq!(show(batch, 0), r#"{" a ":"b","c":["d",{"e":"f"}]}"#);
        });
    }
}

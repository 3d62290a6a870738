//! Keys: bytes that are in the order of the values.
//!
//! | value | bytes |
//! |---|---|
//! | null, absent | `FF`, which comes last in either direction |
//! | false, true | `10`, `11` |
//! | number | the sign and the power of ten, then two digits a byte, each plus one, and `00`; inverted if negative |
//! | text | `D0`, the text with `00 FF` for each zero byte, and `00 01` |
//! | bytes | `D1`, and as text |
//! | date | `D2`, and the fields of the time in UTC |
//! | text in a collation | `D3`, the key of the collation, which has no zero byte, and `00 01` |
//!
//! Nothing begins with all of another value's bytes, so the keys of several fields can follow each other. Where the
//! order is descending, all bytes but those of null are inverted.

use super::by::{KeyKind, SortKey};
use super::collate::Collation;
use crate::expr::Moment;
use crate::record::Value;
use crate::record::decimal::Decimal;
use crate::record::digits::{DigitRoom, float_text, int_text, uint_text};

/// Appends the key of a value, whose text this is; one that is not of the kind comes last, as null does.
pub(crate) fn append_key(keys: &mut Vec<u8>, value: Value<'_>, text: &[u8], key: &SortKey) {
    let start = keys.len();
    keys.resize(start + longest(text, key), 0);
    let mut pen = Pen::new(&mut keys[start..]);
    let written = match pen.value(value, key, false) {
        Ok(()) => pen.len(),
        Err(_) => 0,
    };
    keys.truncate(start + written);
    if written == 0 {
        keys.push(NULL);
    }
}

/// How long the key of a text is at most.
pub(crate) fn longest(text: &[u8], key: &SortKey) -> usize {
    const AROUND: usize = 32;
    match key.collation() {
        None => 2 * text.len() + AROUND,
        Some(collation) => AROUND + collation.write(text, &mut []).unwrap_or_else(|needed| needed),
    }
}

/// Why a value has no place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// There is no room for the key.
    Full,
    /// The value is not of the kind.
    NotA(&'static str),
}

/// Writes keys into a room of fixed size.
pub(crate) struct Pen<'r> {
    room: &'r mut [u8],
    len: usize,
}

const NULL: u8 = 0xff;
const FALSE: u8 = 0x10;
const TRUE: u8 = 0x11;
const TEXT: u8 = 0xd0;
const BYTES: u8 = 0xd1;
const DATE: u8 = 0xd2;
const COLLATED: u8 = 0xd3;

/// Numbers: what is below zero has the inverted bytes of what is above.
const ZERO: u8 = 0x80;
/// A small number whose power of ten follows.
const TINY: u8 = 0x82;
/// `0.d₁d₂… × 10^0`.
const ONE: u8 = 0xa1;
/// The largest power of ten that is in the first byte, and the least.
const MOST: i64 = 30;
/// A large number whose power of ten follows.
const HUGE: u8 = 0xc0;
const INFINITE: u8 = 0xc1;
/// After all others, as in SQL.
const NAN: u8 = 0xc2;

impl<'r> Pen<'r> {
    pub fn new(room: &'r mut [u8]) -> Pen<'r> {
        Pen { room, len: 0 }
    }

    /// How long the key is so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Appends bytes as they are.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), NoKey> {
        let end = self.len + bytes.len();
        self.room.get_mut(self.len..end).ok_or(NoKey::Full)?.copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> Result<(), NoKey> {
        *self.room.get_mut(self.len).ok_or(NoKey::Full)? = byte;
        self.len += 1;
        Ok(())
    }

    /// Appends the key of a value; `untyped_is_text`: unquoted fields of tables are not looked at.
    #[inline]
    pub fn value(&mut self, value: Value<'_>, key: &SortKey, untyped_is_text: bool) -> Result<(), NoKey> {
        if matches!(value, Value::Absent | Value::Null) {
            return self.byte(NULL);
        }
        let start = self.len;
        match key.kind() {
            KeyKind::Any => self.any(value, untyped_is_text)?,
            KeyKind::Text => self.as_text(value, key.collation())?,
            KeyKind::Number => self.as_number(value)?,
            KeyKind::Date => self.as_date(value)?,
        }
        if key.is_descending() {
            self.room[start..self.len].iter_mut().for_each(|byte| *byte = !*byte);
        }
        Ok(())
    }

    fn any(&mut self, value: Value<'_>, untyped_is_text: bool) -> Result<(), NoKey> {
        match value {
            Value::Absent | Value::Null => self.byte(NULL),
            Value::Bool(truth) => self.byte(if truth { TRUE } else { FALSE }),
            Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Number(_) => self.as_number(value),
            Value::Untyped(text) if !untyped_is_text => {
                if let Some(short) = Short::of(text).filter(|short| short.is_json) {
                    return self.short(&short);
                }
                match Decimal::parse(text) {
                    Some(decimal) => self.decimal(&decimal),
                    None => self.text(TEXT, text),
                }
            }
            Value::Untyped(text) | Value::Text(text) => self.text(TEXT, text),
            Value::Bytes(bytes) => self.text(BYTES, bytes),
            Value::Raw(_) | Value::List(_) | Value::Map(_) => {
                Err(NoKey::NotA("a value that can be sorted by: it is a list or map"))
            }
        }
    }

    fn as_text(&mut self, value: Value<'_>, collation: Option<&Collation>) -> Result<(), NoKey> {
        let mut room = DigitRoom::default();
        let text = match value {
            Value::Text(text) | Value::Untyped(text) | Value::Number(text) | Value::Bytes(text) => text,
            Value::Bool(true) => b"true",
            Value::Bool(false) => b"false",
            Value::Int(number) => int_text(number, &mut room),
            Value::UInt(number) => uint_text(number, &mut room),
            Value::Float(number) => float_text(number, &mut room),
            _ => return Err(NoKey::NotA("text: it is a list or map")),
        };
        let Some(collation) = collation else { return self.text(TEXT, text) };
        self.byte(COLLATED)?;
        self.len += collation.write(text, &mut self.room[self.len..]).map_err(|_| NoKey::Full)?;
        self.put(&[0, 1])
    }

    fn as_number(&mut self, value: Value<'_>) -> Result<(), NoKey> {
        let mut room = DigitRoom::default();
        let text = match value {
            Value::Text(text) | Value::Untyped(text) => text.trim_ascii(),
            Value::Number(text) => text,
            Value::Int(number) => int_text(number, &mut room),
            Value::UInt(number) => uint_text(number, &mut room),
            Value::Float(number) if number.is_nan() => return self.byte(NAN),
            Value::Float(number) if number.is_infinite() => {
                return self.byte(if number > 0.0 { INFINITE } else { !INFINITE });
            }
            Value::Float(number) => float_text(number, &mut room),
            _ => return Err(NoKey::NotA("a number")),
        };
        if let Some(short) = Short::of(text) {
            return self.short(&short);
        }
        match Decimal::loose(text) {
            Some(decimal) => self.decimal(&decimal),
            None => match text {
                b"NaN" => self.byte(NAN),
                b"Infinity" | b"inf" => self.byte(INFINITE),
                b"-Infinity" | b"-inf" => self.byte(!INFINITE),
                _ => Err(NoKey::NotA("a number")),
            },
        }
    }

    #[inline]
    fn decimal(&mut self, decimal: &Decimal<'_>) -> Result<(), NoKey> {
        if decimal.is_zero() {
            return self.byte(ZERO);
        }
        let start = self.len;
        let scale = decimal.scale;
        if (-MOST..=MOST).contains(&scale) {
            self.byte((i64::from(ONE) + scale) as u8)?;
        } else {
            self.byte(if scale < 0 { TINY } else { HUGE })?;
            // The sign in front, so that negative ones come first.
            self.put(&((scale as u64) ^ 1 << 63).to_be_bytes())?;
        }
        let mut digits = decimal.digits();
        while let Some(digit) = digits.next() {
            self.byte(1 + 10 * digit + digits.next().unwrap_or(0))?;
        }
        self.byte(0)?;
        if decimal.negative {
            self.room[start..self.len].iter_mut().for_each(|byte| *byte = !*byte);
        }
        Ok(())
    }

    /// The same for a number without an exponent and with few digits, which most are.
    #[inline]
    fn short(&mut self, short: &Short) -> Result<(), NoKey> {
        let Some(first) = short.digits.iter().position(|digit| *digit > 0) else { return self.byte(ZERO) };
        let last = short.digits.iter().rposition(|digit| *digit > 0).unwrap_or(first);
        let sign = if short.negative { 0xff } else { 0 };
        // The digits after the last one are zero.
        let pairs = short.digits[first..=last + 1].chunks_exact(2).take((last - first) / 2 + 1);
        let mut bytes = [0; Short::MOST / 2 + 2];
        bytes[0] = sign ^ (i64::from(ONE) + short.point as i64 - first as i64) as u8;
        let mut len = 1;
        for pair in pairs {
            bytes[len] = sign ^ (1 + 10 * pair[0] + pair[1]);
            len += 1;
        }
        bytes[len] = sign;
        self.put(&bytes[..=len])
    }

    fn text(&mut self, class: u8, text: &[u8]) -> Result<(), NoKey> {
        self.byte(class)?;
        let mut rest = text;
        while let Some(zero) = memchr::memchr(0, rest) {
            self.put(&rest[..zero])?;
            self.put(&[0, 0xff])?;
            rest = &rest[zero + 1..];
        }
        self.put(rest)?;
        self.put(&[0, 1])
    }

    fn as_date(&mut self, value: Value<'_>) -> Result<(), NoKey> {
        let text = match value {
            Value::Text(text) | Value::Untyped(text) => text.trim_ascii(),
            _ => return Err(NoKey::NotA("a date")),
        };
        let at = Moment::parse(text).ok_or(NoKey::NotA("a date"))?.at;
        self.byte(DATE)?;
        // The year may be below zero.
        self.put(&((at.year() as u16) ^ 0x8000).to_be_bytes())?;
        self.put(&[at.month(), at.day(), at.hour(), at.minute(), at.second()].map(|part| part as u8))?;
        self.put(&(at.subsec_nanosecond() as u32).to_be_bytes())
    }
}

/// A number without an exponent, and with few digits.
struct Short {
    negative: bool,
    /// It is written as JSON writes numbers.
    is_json: bool,
    /// Followed by zeros.
    digits: [u8; Short::MOST + 2],
    /// How many digits are before the point.
    point: usize,
}

impl Short {
    /// The most digits.
    const MOST: usize = 22;

    #[inline]
    fn of(text: &[u8]) -> Option<Short> {
        let (negative, text) = match text {
            [b'-', text @ ..] => (true, text),
            text => (false, text),
        };
        if text.len() > Short::MOST {
            return None;
        }
        let (mut digits, mut len, mut point) = ([0; Short::MOST + 2], 0, None);
        for byte in text {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                digits[len] = digit;
                len += 1;
            } else if *byte == b'.' && point.is_none() {
                point = Some(len);
            } else {
                return None;
            }
        }
        let whole = point.unwrap_or(len);
        let is_json = whole > 0 && point != Some(len) && (digits[0] > 0 || whole == 1);
        (len > 0).then_some(Short { negative, is_json, digits, point: whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: Value<'_>, by: &SortKey) -> Result<Vec<u8>, NoKey> {
        let mut room = [0; 256];
        let mut pen = Pen::new(&mut room);
        pen.value(value, by, false)?;
        let len = pen.len();
        Ok(room[..len].to_vec())
    }

    fn field(kind: KeyKind) -> SortKey {
        SortKey::new("x").as_kind(kind)
    }

    /// These values are in ascending order, whatever the direction; `=` before one that is equal to the one before.
    fn in_order(values: &[&str], kind: KeyKind) {
        let value = |text: &'static [u8]| if text.is_empty() { Value::Null } else { Value::Untyped(text) };
        let values: Vec<&'static [u8]> = values.iter().map(|text| text.as_bytes().to_vec().leak() as &[u8]).collect();
        for pair in values.windows(2) {
            let (a, b) = (pair[0].strip_prefix(b"=").unwrap_or(pair[0]), pair[1].strip_prefix(b"="));
            for by in [field(kind), field(kind).descending()] {
                let keys = [a, b.unwrap_or(pair[1])].map(|text| key(value(text), &by).unwrap());
                let order = keys[0].cmp(&keys[1]);
                let wanted = match b {
                    Some(_) => std::cmp::Ordering::Equal,
                    None if by.is_descending() && !pair[1].is_empty() => std::cmp::Ordering::Greater,
                    None => std::cmp::Ordering::Less,
                };
                assert_eq!(
                    order,
                    wanted,
                    "{:?} {by}",
                    pair.iter().map(|t| String::from_utf8_lossy(t)).collect::<Vec<_>>()
                );
            }
        }
    }

    #[test]
    fn numbers_by_their_value() {
        let values = [
            "-inf",
            "-1e400",
            "-10",
            "-9.99",
            "-9.9",
            "-9",
            "-1",
            "-0.5",
            "-1e-400",
            "0",
            "=-0",
            "=0.00",
            "=0e5",
            "1e-400",
            "1e-31",
            "1e-30",
            "0.1",
            "=0.10",
            "=1e-1",
            "0.11",
            "0.5",
            "1",
            "=01",
            "=+1",
            "= 1.0 ",
            "1.0000000000000000000001",
            "9",
            "10",
            "=1e1",
            "100",
            "123456789012345678901",
            "123456789012345678902",
            "1e30",
            "1e31",
            "1e400",
            "2e400",
            "1e401",
            "inf",
            "NaN",
            "",
        ];
        in_order(&values, KeyKind::Number);
        for text in ["abc", "1,5", "--1", ".", "1e", "0x10", "infinity"] {
            assert_eq!(
                key(Value::Untyped(text.as_bytes()), &field(KeyKind::Number)),
                Err(NoKey::NotA("a number")),
                "{text}"
            );
        }
        let named = ["-Infinity", "-inf", "0", "Infinity", "NaN"];
        let named = named.map(|text| key(Value::Untyped(text.as_bytes()), &field(KeyKind::Number)).unwrap());
        assert!(named.is_sorted() && named[0] == named[1]);
        let floats = [f64::NEG_INFINITY, -0.1, 0.0, 0.1, 1e300, f64::INFINITY, f64::NAN];
        let keys = floats.map(|float| key(Value::Float(float), &field(KeyKind::Number)).unwrap());
        assert!(keys.is_sorted());
        assert_eq!(key(Value::Int(-7), &field(KeyKind::Any)), key(Value::Untyped(b"-7.0"), &field(KeyKind::Any)));
    }

    #[test]
    fn short_numbers_have_the_keys_of_others() {
        let texts = [
            "0",
            "-0.0",
            "1",
            "-1",
            "10",
            "100",
            "0.5",
            "-0.05",
            "123.4",
            "1234567890123456789012",
            "99.99",
            "-7.10",
            "0.001",
            "5.",
            ".5",
            "007",
            "-.50",
        ];
        for text in texts {
            let short = key(Value::Untyped(text.as_bytes()), &field(KeyKind::Number)).unwrap();
            let other = key(Value::Untyped(format!("{text}e0").as_bytes()), &field(KeyKind::Number)).unwrap();
            assert_eq!(short, other, "{text}");
            let is_json = crate::scan::number::is_json_number(text.as_bytes());
            assert_eq!(Short::of(text.as_bytes()).is_some_and(|short| short.is_json), is_json, "{text}");
        }
        for text in ["", "-", ".", "1e5", "+1", "1.2.3", "12345678901234567890123"] {
            assert!(Short::of(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn text_by_its_bytes() {
        in_order(
            &["\0", "\0\0", "\0a", "\x01", " ", "10", "9", "a", "a\0", "a\0b", "aa", "b", "ä", "\u{10ffff}", ""],
            KeyKind::Text,
        );
        let texts = [&b""[..], b"\0"].map(|text| key(Value::Text(text), &field(KeyKind::Text)).unwrap());
        assert!(texts.is_sorted() && texts[0] != texts[1]);
        assert_eq!(key(Value::Int(12), &field(KeyKind::Text)), key(Value::Text(b"12"), &field(KeyKind::Text)));
        assert!(key(Value::Raw(b"[]"), &field(KeyKind::Text)).is_err());
    }

    #[test]
    #[cfg(feature = "collation")]
    fn text_in_a_collation() {
        let by = SortKey::new("x").collated(Collation::of("sv").unwrap());
        for by in [by.clone(), by.descending()] {
            let mut keys = ["", "a", "A", "a b", "ab", "b", "z", "å", "ö"]
                .map(|text| key(Value::Text(text.as_bytes()), &by).unwrap());
            if by.is_descending() {
                keys.reverse();
            }
            assert!(keys.is_sorted_by(|one, other| one < other), "{by}");
            let null = key(Value::Null, &by).unwrap();
            assert!(keys.iter().all(|key| *key < null && !keys.iter().any(|o| o != key && o.starts_with(key))));
        }
        assert_eq!(key(Value::Int(12), &by_text()), key(Value::Text(b"12"), &by_text()));
        assert!(key(Value::Raw(b"[]"), &by_text()).is_err());
        // Keys that are longer than those of bytes: a ligature of eighteen letters.
        let (long, mut keys) = ("\u{fdfa}".repeat(100), vec![7]);
        append_key(&mut keys, Value::Text(long.as_bytes()), long.as_bytes(), &by_text());
        assert!(keys.len() > 2 * long.len() && keys[0] == 7, "{}", keys.len());
        let mut room = [0; 30];
        let full = Pen::new(&mut room).value(Value::Text(long.as_bytes()), &by_text(), false);
        assert_eq!(full, Err(NoKey::Full));
    }

    #[cfg(feature = "collation")]
    fn by_text() -> SortKey {
        SortKey::new("x").collated(Collation::root().unwrap())
    }

    #[test]
    fn values_as_what_they_are() {
        in_order(&["-1", "9", "10", "=10.0", "007", "1e", "abc", ""], KeyKind::Any);
        let all = [
            Value::Bool(false),
            Value::Bool(true),
            Value::Float(f64::NEG_INFINITY),
            Value::Number(b"1"),
            Value::Text(b"0"),
            Value::Bytes(b""),
        ];
        let keys = all.map(|value| key(value, &field(KeyKind::Any)).unwrap());
        assert!(keys.is_sorted());
        let mut room = [0; 9];
        let mut pen = Pen::new(&mut room);
        pen.value(Value::Untyped(b"12"), &field(KeyKind::Any), true).unwrap();
        assert_eq!(room[..5], [TEXT, b'1', b'2', 0, 1]);
    }

    #[test]
    fn dates_by_the_instant() {
        in_order(
            &[
                "-000044-03-15",
                "1969-12-31T23:59:59.999999999Z",
                "1970-01-01",
                "=1970-01-01T00:00:00",
                "=1970-01-01 01:00:00+01:00",
                "2024-02-29T00:00:00+00:01",
                "2024-02-29",
                "2024-02-29T00:00:00-00:01",
                "9999-12-31",
                "",
            ][1..],
            KeyKind::Date,
        );
        assert_eq!(key(Value::Text(b"yesterday"), &field(KeyKind::Date)), Err(NoKey::NotA("a date")));
        assert!(key(Value::Number(b"2024"), &field(KeyKind::Date)).is_err());
    }

    #[test]
    fn no_value_has_the_beginning_of_another() {
        let values =
            [&b"a"[..], b"ab", b"a\0", b"a\0\x01", b"1", b"10", b"1.5", b"1e99", b"1e-99", b"-1", b"-1.5", b"0"];
        for kind in [KeyKind::Any, KeyKind::Text] {
            let keys = values.map(|text| key(Value::Untyped(text), &field(kind)).unwrap());
            for (a, one) in keys.iter().enumerate() {
                assert!(!keys.iter().enumerate().any(|(b, other)| a != b && other.starts_with(one)), "{a}");
            }
        }
    }

    #[test]
    fn a_key_that_does_not_fit_is_told() {
        let mut room = [0; 4];
        for text in [&b"long"[..], b"123456789", b"1e99"] {
            assert_eq!(Pen::new(&mut room).value(Value::Untyped(text), &field(KeyKind::Any), false), Err(NoKey::Full));
        }
    }
}

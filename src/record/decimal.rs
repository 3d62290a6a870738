//! The exact value of a number given as text, of any length and exponent.

use crate::scan::number::is_json_number;

/// The value of an RFC 8259 number: `±0.d₁d₂d₃… × 10^scale`, where neither the first nor the last digit is zero.
/// Borrows the text; nothing is rounded or allocated.
#[derive(Clone, Copy, Debug)]
pub struct Decimal<'t> {
    /// Whether the text starts with a minus sign.
    pub negative: bool,
    /// The power of ten; saturates at the ends of `i64`, far beyond every binary number.
    pub scale: i64,
    int: &'t [u8],
    fraction: &'t [u8],
    /// The significant digits of `int` followed by `fraction`: without zeros at either end.
    first: usize,
    last: usize,
}

impl<'t> Decimal<'t> {
    /// The value of `text`; `None` unless it is exactly an RFC 8259 number.
    pub fn parse(text: &'t [u8]) -> Option<Decimal<'t>> {
        if !is_json_number(text) {
            return None;
        }
        let negative = text[0] == b'-';
        Some(Decimal::of_digits(negative, &text[usize::from(negative)..]))
    }

    /// The value of a number as people write it: a sign, zeros before other digits, no digit before or after the point.
    pub fn loose(text: &'t [u8]) -> Option<Decimal<'t>> {
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let end = rest.iter().position(|b| matches!(b, b'e' | b'E')).unwrap_or(rest.len());
        let points = rest[..end].iter().filter(|b| **b == b'.').count();
        let exponent = match rest[end..] {
            [] => &b"0"[..],
            [_, b'-' | b'+', ..] => &rest[end + 2..],
            _ => &rest[end + 1..],
        };
        let is_number = points <= 1
            && end > points
            && !exponent.is_empty()
            && rest[..end].iter().all(|b| b.is_ascii_digit() || *b == b'.')
            && exponent.iter().all(u8::is_ascii_digit);
        is_number.then(|| Decimal::of_digits(negative, rest))
    }

    /// The value of digits, perhaps with a point and an exponent.
    fn of_digits(negative: bool, rest: &'t [u8]) -> Decimal<'t> {
        let (mantissa, exponent) = match rest.iter().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => (&rest[..at], exponent(&rest[at + 1..])),
            None => (rest, 0),
        };
        let (int, fraction) = match mantissa.iter().position(|b| *b == b'.') {
            Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
            None => (mantissa, &[][..]),
        };
        let mut decimal = Decimal { negative, scale: 0, int, fraction, first: 0, last: int.len() + fraction.len() };
        decimal.trim(exponent);
        decimal
    }

    fn trim(&mut self, exponent: i64) {
        while self.first < self.last && self.digit(self.first) == 0 {
            self.first += 1;
        }
        while self.last > self.first && self.digit(self.last - 1) == 0 {
            self.last -= 1;
        }
        if !self.is_zero() {
            self.scale = exponent.saturating_add(self.int.len() as i64 - self.first as i64);
        }
    }

    #[inline]
    fn digit(&self, index: usize) -> u8 {
        match self.int.get(index) {
            Some(digit) => digit - b'0',
            None => self.fraction[index - self.int.len()] - b'0',
        }
    }

    /// Whether it is zero (of either sign).
    pub fn is_zero(&self) -> bool {
        self.first == self.last
    }

    /// The number of significant digits.
    pub fn len(&self) -> usize {
        self.last - self.first
    }

    /// Whether there are no significant digits, as for zero.
    pub fn is_empty(&self) -> bool {
        self.is_zero()
    }

    /// The significant digits, each from 0 to 9.
    pub fn digits(&self) -> impl Iterator<Item = u8> + '_ {
        (self.first..self.last).map(|index| self.digit(index))
    }

    /// Whether both are the same number. The two zeros are not: `-0` is kept distinct.
    pub fn same(&self, other: &Decimal<'_>) -> bool {
        self.negative == other.negative
            && self.scale == other.scale
            && self.len() == other.len()
            && self.digits().eq(other.digits())
    }
}

/// The digits after `e`, with their sign.
fn exponent(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let size = digits.iter().fold(0i64, |n, digit| n.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if negative { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn the_same_number_in_other_words() {
        for (one, two, same) in [
            ("1.10", "1.1", true),
            ("1e3", "1000", true),
            ("0.001", "1E-3", true),
            ("0e9", "0.00", true),
            ("-0", "0", false),
            ("1", "-1", false),
            ("12345678901234567890123", "12345678901234567890124", false),
            ("120", "12", false),
            ("1e400", "10e399", true),
            ("1e99999999999999999999999", "1e99999999999999999999998", true), // both saturate
        ] {
            let (a, b) = (Decimal::parse(one.as_bytes()), Decimal::parse(two.as_bytes()));
            assert_eq!(a.unwrap().same(&b.unwrap()), same, "{one} {two}");
        }
        assert!(Decimal::parse(b"007").is_none());
    }

    #[test]
    fn numbers_as_people_write_them() {
        for (one, two) in [("007", "7"), ("+5", "5"), (".5", "0.5"), ("5.", "5"), ("-.5e+1", "-5"), ("00", "0")] {
            let (a, b) = (Decimal::loose(one.as_bytes()), Decimal::parse(two.as_bytes()));
            assert!(a.unwrap().same(&b.unwrap()), "{one} {two}");
        }
        for text in ["", "-", ".", "+-5", "1e", "1e+", "1.2.3", "e5", "1 2", "0x1"] {
            assert!(Decimal::loose(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn digits_and_scale() {
        let decimal = Decimal::parse(b"-00.0".get(1..).unwrap());
        assert!(decimal.is_none());
        let decimal = Decimal::parse(b"-120.050e2").unwrap();
        assert!(decimal.negative);
        assert_eq!(decimal.digits().collect::<Vec<_>>(), [1, 2, 0, 0, 5]);
        assert_eq!(decimal.scale, 5);
    }
}

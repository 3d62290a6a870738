//! Numbers of three significant digits.

use crate::error::RecordError;
use crate::fold::groups::exact;
use crate::memory::Arena;
use crate::record::Value;

/// A number of three significant digits; the order of these integers is that of the numbers. 0 is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rounded(pub(crate) i32);

/// The least exponent; numbers have at most 150 digits after the point.
const LEAST: i32 = -200;

impl Rounded {
    pub const ZERO: Rounded = Rounded(0);

    /// `digits` from 100 to 1000, of which the first is that of `10^exponent`.
    pub fn new(negative: bool, digits: i32, exponent: i32) -> Rounded {
        let (digits, exponent) = if digits == 1000 { (100, exponent + 1) } else { (digits, exponent) };
        let size = (exponent - LEAST) * 900 + digits - 100 + 1;
        Rounded(if negative { -size } else { size })
    }

    #[inline]
    pub fn short(mantissa: i64, scale: u32) -> Rounded {
        let size = mantissa.unsigned_abs();
        let Some(last) = size.checked_ilog10() else { return Rounded(0) };
        let digits = match last {
            0..=2 => size * 10u64.pow(2 - last),
            _ => {
                let divisor = 10u64.pow(last - 2);
                (size + divisor / 2) / divisor
            }
        };
        Rounded::new(mantissa < 0, digits as i32, last as i32 - scale as i32)
    }

    /// That of a number of RFC 8259, which has at most 150 digits before the point.
    pub fn of_text(text: &[u8]) -> Rounded {
        let (negative, text) = match text {
            [b'-', text @ ..] => (true, text),
            text => (false, text),
        };
        let (digits, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &b""[..]),
        };
        let Some(first) = digits.iter().position(|byte| matches!(byte, b'1'..=b'9')) else { return Rounded(0) };
        let point = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
        let mut after = digits[first..].iter().filter(|byte| **byte != b'.').map(|byte| i32::from(byte - b'0'));
        let [one, two, three, four] = [(); 4].map(|()| after.next().unwrap_or(0));
        let digits = one * 100 + two * 10 + three + i32::from(four >= 5);
        let (below, exponent) = match exponent {
            [b'-', exponent @ ..] => (true, exponent),
            [b'+', exponent @ ..] => (false, exponent),
            exponent => (false, exponent),
        };
        let exponent =
            exponent.iter().fold(0i32, |all, byte| all.saturating_mul(10).saturating_add((byte - b'0').into()));
        let exponent = if below { -exponent } else { exponent };
        Rounded::new(negative, digits, exponent + point as i32 - first as i32 - i32::from(first < point))
    }

    /// Whether it is negative, its digits from 100 to 999, and the exponent of the first one; none for zero.
    pub fn parts(self) -> Option<(bool, i32, i32)> {
        let size = self.0.abs().checked_sub(1).filter(|size| *size >= 0)?;
        Some((self.0 < 0, size % 900 + 100, size / 900 + LEAST))
    }

    pub fn value(self, arena: &Arena) -> Result<Value<'_>, RecordError> {
        let Some((_, mut digits, exponent)) = self.parts() else {
            return exact::text(false, b"0".to_vec(), 0, arena);
        };
        let mut scale = i64::from(2 - exponent);
        while digits % 10 == 0 && scale > 0 {
            digits /= 10;
            scale -= 1;
        }
        exact::text(self.0 < 0, digits.to_string().into_bytes(), scale, arena)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value<'_>) -> String {
        match value {
            Value::Number(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_rounded_to_three_digits() {
        let arena = Arena::new(1 << 10, 1 << 20);
        let short = |mantissa, scale| text(Rounded::short(mantissa, scale).value(&arena).unwrap());
        let cases = [
            (0, 0, "0"),
            (5, 0, "5"),
            (-1234, 2, "-12.3"),
            (9995, 1, "1000"),
            (100, 2, "1"),
            (12_350, 0, "12400"),
            (123, 17, "0.00000000000000123"),
        ];
        for (mantissa, scale, wanted) in cases {
            assert_eq!(short(mantissa, scale), wanted);
        }
        let long = |number: &str| text(Rounded::of_text(number.as_bytes()).value(&arena).unwrap());
        assert_eq!(long("1.2351e30"), "1240000000000000000000000000000");
        assert_eq!(long("-9.999e-20"), "-0.0000000000000000001");
        for (number, wanted) in [
            ("0.0000", "0"),
            ("-0e7", "0"),
            ("0.0012349999E+4", "12.3"),
            ("1234567890123456789012.5", "1230000000000000000000"),
            ("99.96E1", "1000"),
            ("6.2e-3", "0.0062"),
        ] {
            assert_eq!(long(number), wanted);
        }
        assert!(Rounded::short(-2, 0) < Rounded::short(-1, 0) && Rounded::short(999, 3) < Rounded::short(1, 0));
    }
}

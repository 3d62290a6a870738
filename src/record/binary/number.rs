//! Numbers as text: those that need a decimal fraction, and what a text becomes.

use super::big::{Big, MOST_DIGITS};
use crate::record::digits::float_text;
use crate::record::{LossyKind, StackText, Value, to_number};

/// What a number given as text is written as.
#[derive(Debug, PartialEq)]
pub enum Number<'b> {
    UInt(u64),
    /// `-1 - n`.
    Negative(u64),
    Float(f64),
    /// A whole number of more than 64 bits, or `-1` minus that; its bytes.
    Big(bool, &'b [u8]),
    /// A whole number, as above, times this power of ten.
    Decimal(i64, Whole<'b>),
    /// Its own text.
    Text,
}

/// The whole number of a decimal fraction.
#[derive(Debug, PartialEq)]
pub enum Whole<'b> {
    UInt(u64),
    Negative(u64),
    Big(bool, &'b [u8]),
}

/// Whether a decimal fraction of this many digits is written with all its zeros, and not with an exponent.
fn is_plain(exponent: i64, digits: usize) -> bool {
    exponent <= 0 && exponent.unsigned_abs() <= digits as u64 + 20
}

/// Passes the text of a decimal fraction to `put`, in pieces.
pub fn decimal_text(negative: bool, digits: &[u8], exponent: i64, mut put: impl FnMut(&[u8])) {
    const ZEROS: [u8; 32] = [b'0'; 32];
    if negative {
        put(b"-");
    }
    if !is_plain(exponent, digits.len()) {
        put(digits);
        put(StackText::<24>::of(format_args!("e{exponent}")).as_bytes());
        return;
    }
    let fraction = exponent.unsigned_abs() as usize;
    match digits.len().checked_sub(fraction) {
        Some(0) | None => {
            put(b"0.");
            put(&ZEROS[..fraction - digits.len()]);
            put(digits);
        }
        Some(whole) => {
            put(&digits[..whole]);
            if fraction > 0 {
                put(b".");
                put(&digits[whole..]);
            }
        }
    }
}

/// Powers of ten that are exact.
const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The value of a short text, if that is the text of the value: all digits fit, and none is a zero too many.
#[inline]
fn quick(text: &[u8]) -> Option<Number<'static>> {
    let negative = text.first() == Some(&b'-');
    let digits = &text[usize::from(negative)..];
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut whole, mut point) = (0u64, usize::MAX);
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = whole * 10 + u64::from(byte - b'0'),
            b'.' if point == usize::MAX => point = at,
            _ => return None,
        }
    }
    if point == usize::MAX {
        return match negative {
            false => Some(Number::UInt(whole)),
            true if whole > 0 => Some(Number::Negative(whole - 1)),
            true => None,
        };
    }
    let after = digits.len() - point - 1;
    // A zero at the end is part of the text of whole numbers only, and small ones have an exponent.
    if after == 0 || (digits[digits.len() - 1] == b'0' && after > 1) || (whole > 0 && whole as f64 * 1e4 < TENS[after])
    {
        return None;
    }
    // Both are exact, so the quotient is the nearest number; at most 15 digits can always be recovered.
    let size = whole as f64 / TENS[after];
    Some(Number::Float(if negative { -size } else { size }))
}

/// What a number becomes, and what is lost. `decimals`: the target has numbers of any size, and decimal fractions.
#[inline]
pub fn of_text<'b>(text: &[u8], decimals: bool, big: &'b mut Big) -> (Number<'b>, Option<LossyKind>) {
    match quick(text) {
        Some(number) => (number, None),
        None => of_any_text(text, decimals, big),
    }
}

#[cold]
fn of_any_text<'b>(text: &[u8], decimals: bool, big: &'b mut Big) -> (Number<'b>, Option<LossyKind>) {
    const AS_TEXT: (Number<'_>, Option<LossyKind>) = (Number::Text, Some(LossyKind::NumberAsText));
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mantissa_end = rest.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(rest.len());
    let (mantissa, exponent) = (&rest[..mantissa_end], &rest[mantissa_end..]);
    let is_whole = exponent.is_empty() && !mantissa.contains(&b'.');
    if is_whole
        && mantissa.len() <= 20
        && let Some(size) = std::str::from_utf8(mantissa).ok().and_then(|digits| digits.parse::<u128>().ok())
    {
        // Neither -0 nor more than 64 bits.
        match (negative, u64::try_from(size), u64::try_from(size.wrapping_sub(1))) {
            (false, Ok(number), _) => return (Number::UInt(number), None),
            (true, _, Ok(less)) if decimals || less < 1 << 63 => return (Number::Negative(less), None),
            _ => {}
        }
    }
    if text.len() > MOST_DIGITS {
        return AS_TEXT;
    }
    let near = to_number::float64(Value::Number(text));
    if let Ok(near) = near
        && near.exact
        && float_text(near.value, &mut [0; 32]) == text
    {
        return (Number::Float(near.value), None);
    }
    let is_zero = !mantissa.iter().any(|byte| matches!(byte, b'1'..=b'9'));
    if decimals && !(negative && is_zero) {
        return decimal(negative, mantissa, exponent, text, big).unwrap_or(AS_TEXT);
    }
    match near {
        Ok(near) if near.exact => (Number::Float(near.value), Some(LossyKind::SpellingChanged)),
        _ => AS_TEXT,
    }
}

/// A number as a whole number times a power of ten.
fn decimal<'b>(
    negative: bool,
    mantissa: &[u8],
    exponent: &[u8],
    text: &[u8],
    big: &'b mut Big,
) -> Option<(Number<'b>, Option<LossyKind>)> {
    let point = mantissa.iter().position(|byte| *byte == b'.');
    let after = point.map_or(0, |point| mantissa.len() - point - 1) as i64;
    let stated = match exponent {
        [] => 0,
        [_, b'+', digits @ ..] | [_, digits @ ..] => std::str::from_utf8(digits).ok()?.parse::<i64>().ok()?,
    };
    let power = stated.checked_sub(after)?;
    // The digits without the point and without zeros before them.
    let mut digits = [0; MOST_DIGITS];
    let mut len = 0;
    for digit in mantissa.iter().filter(|byte| **byte != b'.').skip_while(|byte| **byte == b'0') {
        digits[len] = *digit;
        len += 1;
    }
    if len == 0 {
        (digits[0], len) = (b'0', 1);
    }
    let digits = &digits[..len];
    let mut rest = text;
    let mut same = true;
    decimal_text(negative, digits, power, |piece| match rest.strip_prefix(piece) {
        Some(behind) => rest = behind,
        None => same = false,
    });
    let lost = (!same || !rest.is_empty()).then_some(LossyKind::SpellingChanged);
    let small = if len <= 19 { std::str::from_utf8(digits).ok()?.parse::<u64>().ok() } else { None };
    let whole = match small {
        Some(size) if !negative => Whole::UInt(size),
        Some(size) => Whole::Negative(size.checked_sub(1)?),
        None => {
            let bytes = big.bytes_of(digits.iter().copied(), negative);
            match bytes.len() {
                ..=8 => {
                    let number = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
                    if negative { Whole::Negative(number) } else { Whole::UInt(number) }
                }
                _ => Whole::Big(negative, bytes),
            }
        }
    };
    Some(match (power, whole) {
        (0, Whole::Big(negative, bytes)) if stated == 0 && after == 0 => (Number::Big(negative, bytes), lost),
        (power, whole) => (Number::Decimal(power, whole), lost),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, decimals: bool, want: Number<'_>, lost: Option<LossyKind>) {
        assert_eq!(of_text(text.as_bytes(), decimals, &mut Big::new()), (want, lost), "{text}");
    }

    #[test]
    fn numbers_that_any_target_has() {
        for decimals in [false, true] {
            for (text, want) in [
                ("0", Number::UInt(0)),
                ("18446744073709551615", Number::UInt(u64::MAX)),
                ("-1", Number::Negative(0)),
                ("-9223372036854775808", Number::Negative((1 << 63) - 1)),
                ("1.5", Number::Float(1.5)),
                ("0.1", Number::Float(0.1)),
                ("-0.0", Number::Float(-0.0)),
                ("123456789.25", Number::Float(123456789.25)),
                ("0.0001", Number::Float(0.0001)),
                ("1e-7", Number::Float(1e-7)),
                ("0.30000000000000004", Number::Float(0.30000000000000004)),
                ("1.7976931348623157e308", Number::Float(f64::MAX)),
            ] {
                check(text, decimals, want, None);
            }
            check("-0", decimals, Number::Float(-0.0), Some(LossyKind::SpellingChanged));
        }
    }

    #[test]
    fn decimal_fractions() {
        for (text, power, whole) in [
            ("1.10", -2, Whole::UInt(110)),
            ("-1.10", -2, Whole::Negative(109)),
            ("0.00001", -5, Whole::UInt(1)),
            ("0.00", -2, Whole::UInt(0)),
            ("1e3", 3, Whole::UInt(1)),
            ("1e400", 400, Whole::UInt(1)),
            ("0.1000000000000000000000", -22, Whole::Big(false, &[54, 53, 201, 173, 197, 222, 160, 0, 0])),
        ] {
            check(text, true, Number::Decimal(power, whole), None);
        }
        for (text, power, whole) in [
            ("1E3", 3, Whole::UInt(1)),
            ("1.0e3", 2, Whole::UInt(10)),
            ("1e+3", 3, Whole::UInt(1)),
            ("0.0000000000000000000000001e0", -25, Whole::UInt(1)),
        ] {
            check(text, true, Number::Decimal(power, whole), Some(LossyKind::SpellingChanged));
        }
        check("18446744073709551616", true, Number::Big(false, &[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        check("-18446744073709551616", true, Number::Negative(u64::MAX), None);
        check("-18446744073709551617", true, Number::Big(true, &[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn without_decimal_fractions() {
        check("1.10", false, Number::Float(1.1), Some(LossyKind::SpellingChanged));
        check("1e3", false, Number::Float(1000.0), Some(LossyKind::SpellingChanged));
        for text in
            ["18446744073709551616", "-9223372036854775809", "1e400", "0.1234567890123456789", "9007199254740993.5"]
        {
            // 2^64 is a binary number too, but not with this text.
            let binary = text == "18446744073709551616";
            match binary {
                true => check(text, false, Number::Float(18446744073709551616.0), Some(LossyKind::SpellingChanged)),
                false if text == "-9223372036854775809" => {
                    check(text, false, Number::Text, Some(LossyKind::NumberAsText))
                }
                false => check(text, false, Number::Text, Some(LossyKind::NumberAsText)),
            }
        }
        let long = "9".repeat(MOST_DIGITS + 1);
        check(&long, true, Number::Text, Some(LossyKind::NumberAsText));
        check("1e99999999999999999999", true, Number::Text, Some(LossyKind::NumberAsText));
    }

    #[test]
    fn texts_of_decimal_fractions() {
        let text = |negative, digits: &str, exponent| {
            let mut all = Vec::new();
            decimal_text(negative, digits.as_bytes(), exponent, |piece| all.extend_from_slice(piece));
            String::from_utf8(all).unwrap()
        };
        for (digits, exponent, want) in [
            ("110", -2, "1.10"),
            ("5", -3, "0.005"),
            ("27315", -2, "273.15"),
            ("12", 0, "12"),
            ("15", 9, "15e9"),
            ("1", -21, "0.000000000000000000001"),
            ("1", -22, "1e-22"),
            ("0", -2, "0.00"),
        ] {
            assert_eq!(text(false, digits, exponent), want);
            assert_eq!(text(true, digits, exponent), format!("-{want}"));
        }
    }
}

//! Texts that a value of a kind gives back: from the value alone, the text is known again.
//!
//! Every kind has one text for each value. `007`, `1.10` for a floating-point number and `2024-06-01 06:19:16` are not
//! such texts, although it is clear what they mean.

use super::Unit;
use super::calendar::days;
use super::digits::{DigitRoom, float_text};
use crate::scan::number::is_json_number;
use crate::scan::short;

/// The most digits of a decimal number for which a kind is found: as many as 128 bits hold.
pub const DIGITS: u32 = 38;

/// A decimal number as its kind writes it: no exponent, no zeros before other digits, no negative zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits {
    /// The number without its point.
    pub mantissa: i128,
    /// How many digits come before the point, without a zero that is alone there.
    pub whole: u32,
    /// How many come after it.
    pub scale: u32,
}

/// So many digits fit into 64 bits, where counting is much faster.
const NARROW: usize = 19;

impl Digits {
    /// The digits of a text; `None` if it is not the text of a decimal number of at most [`DIGITS`] digits.
    #[inline]
    pub fn of(text: &[u8]) -> Option<Digits> {
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        if let Some(words) = short::words(text) {
            let (mantissa, scale) = short::of_words(words, text.len())?;
            let whole = match digits[0] {
                b'0' => 0,
                _ => digits.len() as u32 - if scale > 0 { scale + 1 } else { 0 },
            };
            let is_written = mantissa != 0 || digits.len() == text.len();
            return is_written.then_some(Digits { mantissa: mantissa.into(), whole, scale });
        }
        if digits.is_empty() || digits.len() > DIGITS as usize + 2 {
            return None;
        }
        let (mut first, mut mantissa, mut point) = (0u64, 0i128, None);
        let (begin, end) = digits.split_at(digits.len().min(NARROW));
        for (at, byte) in begin.iter().enumerate() {
            match byte {
                b'0'..=b'9' => first = first * 10 + u64::from(byte - b'0'),
                b'.' if point.is_none() => point = Some(at),
                _ => return None,
            }
        }
        mantissa += i128::from(first);
        // One that wraps has too many digits.
        for (at, byte) in end.iter().enumerate() {
            match byte {
                b'0'..=b'9' => mantissa = mantissa.wrapping_mul(10).wrapping_add(i128::from(byte - b'0')),
                b'.' if point.is_none() => point = Some(NARROW + at),
                _ => return None,
            }
        }
        let before = point.unwrap_or(digits.len());
        let scale = (digits.len() - before).saturating_sub(usize::from(point.is_some())) as u32;
        let zero_first = digits[0] == b'0';
        if before == 0 || point.is_some() && scale == 0 || zero_first && before > 1 {
            return None;
        }
        let whole = if zero_first { 0 } else { before as u32 };
        let negative = digits.len() < text.len();
        let is_written = whole + scale <= DIGITS && !(negative && mantissa == 0);
        is_written.then_some(Digits {
            mantissa: if negative { mantissa.wrapping_neg() } else { mantissa },
            whole,
            scale,
        })
    }
}

/// Powers of ten that are exact as floating-point numbers.
const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The floating-point number of 64 bits that a text is the shortest one of; `None` if it is not the text of one.
#[inline]
pub fn float(text: &[u8]) -> Option<f64> {
    // No other decimal of up to 15 digits means the same number, and in this range there is no exponent.
    if text.len() <= 17
        && let Some(Digits { mantissa, whole, scale }) = Digits::of(text)
    {
        let ends = text.ends_with(b"0") && scale > 1;
        if scale == 0 || ends {
            return None;
        }
        let number = mantissa as f64 / POWERS[scale as usize % POWERS.len()];
        if whole + scale <= 15 && number.abs() >= 1e-4 {
            return Some(number);
        }
    }
    any_float(text)
}

#[inline(never)]
fn any_float(text: &[u8]) -> Option<f64> {
    if text.len() > 24 || !is_json_number(text) {
        return None;
    }
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let mut room: DigitRoom = [0; 32];
    (number.is_finite() && float_text(number, &mut room) == text).then_some(number)
}

/// Whether a text is a day of the calendar from the year 1 to 9999: `2024-02-29`.
#[inline]
pub fn is_date(text: &[u8]) -> bool {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = *text else { return false };
    let Some(pairs) = short::two_digits_each([a, b, c, d, e, f, g, h]) else { return false };
    let [century, year, month, day] = pairs.map(i64::from);
    let year = 100 * century + year;
    year > 0 && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day)
}

/// The unit of a time of day: `06:19:16`, perhaps with three, six or nine digits after a point.
#[inline]
pub fn time(text: &[u8]) -> Option<Unit> {
    let (clock, fraction) = text.split_at_checked(8)?;
    let [a, b, b':', c, d, b':', e, f] = *clock else { return None };
    let [hour, minute, second, _] = short::two_digits_each([a, b, c, d, e, f, b'0', b'0'])?;
    let within = hour < 24 && minute < 60 && second < 60;
    let unit = match fraction {
        [] => Unit::Second,
        [b'.', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => match digits.len() {
            3 => Unit::Milli,
            6 => Unit::Micro,
            9 => Unit::Nano,
            _ => return None,
        },
        _ => return None,
    };
    within.then_some(unit)
}

/// The unit of a point in time, and whether it is in UTC: `2024-06-01T06:19:16.500Z`. Another offset than `Z` would not
/// come back.
#[inline]
pub fn timestamp(text: &[u8]) -> Option<(Unit, bool)> {
    let (date, rest) = text.split_at_checked(10)?;
    let [b'T', clock @ ..] = rest else { return None };
    let utc = clock.ends_with(b"Z");
    let unit = time(if utc { &clock[..clock.len() - 1] } else { clock })?;
    is_date(date).then_some((unit, utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_without_other_spellings() {
        let digits = |text: &str| Digits::of(text.as_bytes()).map(|d| (d.mantissa, d.whole, d.scale));
        assert_eq!(digits("1.10"), Some((110, 1, 2)));
        assert_eq!(digits("-0.05"), Some((-5, 0, 2)));
        assert_eq!(digits("0"), Some((0, 0, 0)));
        assert_eq!(digits("-120"), Some((-120, 3, 0)));
        let long = "9".repeat(38);
        assert_eq!(digits(&long), Some((99_999_999_999_999_999_999_999_999_999_999_999_999, 38, 0)));
        for text in ["", "-", "007", "00.5", "-0", "-0.00", "+1", ".5", "5.", "1e3", "1.2.3", "1 ", &"9".repeat(39)] {
            assert_eq!(digits(text), None, "{text}");
        }
    }

    #[test]
    fn floats_are_as_short_as_can_be() {
        for (text, number) in [
            ("1.5", 1.5),
            ("0.1", 0.1),
            ("-7.0", -7.0),
            ("0.0", 0.0),
            ("0.0001", 0.0001),
            ("1e16", 1e16),
            ("1e-5", 1e-5),
            ("5e-324", 5e-324),
            ("0.30000000000000004", 0.300_000_000_000_000_04),
        ] {
            assert_eq!(float(text.as_bytes()), Some(number), "{text}");
        }
        assert_eq!(float(b"-0.0").map(f64::to_bits), Some((-0.0f64).to_bits()));
        for text in ["1", "1.10", "1.00", "0.00001", "1E16", "1e+16", "1e400", "0.10000000000000000001", "NaN", "", "x"]
        {
            assert_eq!(float(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn dates_and_times_that_exist() {
        for text in ["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert!(is_date(text.as_bytes()), "{text}");
        }
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-04-31",
            "2024-1-01",
            "0000-01-01",
            "20240101",
        ] {
            assert!(!is_date(text.as_bytes()), "{text}");
        }
        assert_eq!(time(b"23:59:59"), Some(Unit::Second));
        assert_eq!(time(b"23:59:59.001"), Some(Unit::Milli));
        assert_eq!(timestamp(b"2024-06-01T06:19:16.123456Z"), Some((Unit::Micro, true)));
        assert_eq!(timestamp(b"2024-06-01T06:19:16.123456789"), Some((Unit::Nano, false)));
        for text in ["24:00:00", "23:60:00", "23:59:60", "1:00:00", "12:00", "12:00:00.5", "12:00:00.", "12:00:00.12x"]
        {
            assert_eq!(time(text.as_bytes()), None, "{text}");
        }
        for text in ["2024-06-01 06:19:16", "2024-06-01T06:19:16+00:00", "2024-06-01T06:19:16z", "2024-02-30T00:00:00Z"]
        {
            assert_eq!(timestamp(text.as_bytes()), None, "{text}");
        }
    }
}

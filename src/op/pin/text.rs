//! The text that a kind gives a value that was written otherwise.

use jiff::civil::{DateTime, Time};

use crate::record::decimal::Decimal;
use crate::record::{StackText, Unit};

/// A text of a number or a moment.
pub(super) type Text = StackText<320>;

/// A number with exactly `scale` digits after the point, of at most `precision` in all; none if it is not one.
pub(super) fn decimal(text: &[u8], precision: u8, scale: i8) -> Option<Text> {
    let number = Decimal::loose(text)?;
    let (precision, scale) = (i64::from(precision), i64::from(scale));
    // The digits of `0.d₁d₂…` times a power of ten: how many come before the point, and how many after it.
    let (len, before) = (number.len() as i64, number.scale);
    let is_within = number.is_zero() || before <= precision - scale && len.checked_sub(before)? <= scale;
    if !is_within {
        return None;
    }
    let (mut room, mut at) = ([0u8; 300], 0);
    let mut put = |byte: u8| {
        if let Some(place) = room.get_mut(at) {
            *place = byte;
        }
        at += 1;
    };
    if number.negative && !number.is_zero() {
        put(b'-');
    }
    let digit = |place: i64| {
        let index = usize::try_from(place).ok().filter(|_| !number.is_zero());
        index.and_then(|index| number.digits().nth(index)).unwrap_or(0) + b'0'
    };
    let whole = if number.is_zero() { 0 } else { before.max(0) };
    if whole == 0 {
        put(b'0');
    }
    (0..whole).for_each(|place| put(digit(place)));
    if scale > 0 {
        put(b'.');
        (0..scale).for_each(|place| put(digit(before + place)));
    }
    let text = room.get(..at)?;
    Some(Text::of(format_args!("{}", std::str::from_utf8(text).ok()?)))
}

/// The digits of a unit, and the nanoseconds that its last digit counts.
fn digits(unit: Unit) -> (usize, i32) {
    match unit {
        Unit::Second => (0, 1_000_000_000),
        Unit::Milli => (3, 1_000_000),
        Unit::Micro => (6, 1_000),
        Unit::Nano => (9, 1),
    }
}

/// The digits after the second, with a point; none if some would be lost.
fn fraction(nanoseconds: i32, unit: Unit) -> Option<StackText<16>> {
    let (digits, each) = digits(unit);
    if nanoseconds % each != 0 {
        return None;
    }
    Some(match digits {
        0 => StackText::of(format_args!("")),
        digits => StackText::of(format_args!(".{:0digits$}", nanoseconds / each)),
    })
}

/// A time of day in a unit; none if it is none, or has more digits.
pub(super) fn clock(text: &[u8], unit: Unit) -> Option<Text> {
    let time: Time = std::str::from_utf8(text).ok()?.parse().ok()?;
    let fraction = fraction(time.subsec_nanosecond(), unit)?;
    let fraction = std::str::from_utf8(fraction.as_bytes()).ok()?;
    Some(Text::of(format_args!("{:02}:{:02}:{:02}{fraction}", time.hour(), time.minute(), time.second())))
}

/// A point in time in a unit, or a day; none if it has more digits, or its year more than four.
pub(super) fn moment(at: DateTime, unit: Option<Unit>, utc: bool) -> Option<Text> {
    if !(1..=9999).contains(&at.year()) {
        return None;
    }
    let (year, month, day) = (at.year(), at.month(), at.day());
    let Some(unit) = unit else { return Some(Text::of(format_args!("{year:04}-{month:02}-{day:02}"))) };
    let fraction = fraction(at.subsec_nanosecond(), unit)?;
    let fraction = std::str::from_utf8(fraction.as_bytes()).ok()?;
    let (hour, minute, second, zone) = (at.hour(), at.minute(), at.second(), if utc { "Z" } else { "" });
    Some(Text::of(format_args!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_exactly_so_many_digits() {
        let made = |text: &str, precision, scale| {
            decimal(text.as_bytes(), precision, scale).map(|text| String::from_utf8(text.as_bytes().to_vec()).unwrap())
        };
        for (text, precision, scale, wanted) in [
            ("007", 3, 0, Some("7")),
            ("-0", 3, 0, Some("0")),
            ("1e3", 4, 0, Some("1000")),
            ("1e3", 3, 0, None),
            ("1.5", 4, 2, Some("1.50")),
            ("1.500", 4, 2, Some("1.50")),
            ("1.555", 4, 2, None),
            ("-.05", 2, 2, Some("-0.05")),
            ("0", 2, 2, Some("0.00")),
            ("0.001", 4, 3, Some("0.001")),
            ("100", 4, 2, None),
            ("1200", 2, -2, Some("1200")),
            ("1210", 2, -2, None),
            ("x", 4, 2, None),
            ("1e99999999999999999999", 38, 0, None),
            ("1e-99999999999999999999", 38, 10, None),
        ] {
            assert_eq!(made(text, precision, scale).as_deref(), wanted, "{text} {precision} {scale}");
        }
    }

    #[test]
    fn times_keep_all_their_digits() {
        let made = |text: &str, unit| {
            clock(text.as_bytes(), unit).map(|text| String::from_utf8(text.as_bytes().to_vec()).unwrap())
        };
        assert_eq!(made("06:19", Unit::Second).as_deref(), Some("06:19:00"));
        assert_eq!(made("06:19:16.5", Unit::Milli).as_deref(), Some("06:19:16.500"));
        assert_eq!(made("06:19:16.5", Unit::Second), None);
        assert_eq!(made("06:19:16.1234", Unit::Milli), None);
    }
}

//! Moments and durations as text, and back.

use std::io::Write;

use crate::record::calendar;

/// The longest text.
pub const LONGEST: usize = 48;

const DAY: i64 = 86_400;
/// The first second of the year 1, and the last one of 9999.
const MOMENTS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// The most seconds of a duration: about 10,000 years.
const SECONDS: u64 = 315_576_000_000;
const NANOS: i32 = 1_000_000_000;

/// Writes nothing, or three, six or nine digits after a point.
fn fraction(nanos: u32, room: &mut &mut [u8]) {
    // There is room for it.
    let _ = match nanos {
        0 => Ok(()),
        n if n % 1_000_000 == 0 => write!(room, ".{:03}", n / 1_000_000),
        n if n % 1_000 == 0 => write!(room, ".{:06}", n / 1_000),
        n => write!(room, ".{n:09}"),
    };
}

/// Writes a moment in UTC; gives the length of the text. None: it has no four-digit year, or the nanoseconds are none.
pub fn moment_text(seconds: i64, nanos: i32, room: &mut [u8; LONGEST]) -> Option<usize> {
    if !MOMENTS.contains(&seconds) || !(0..NANOS).contains(&nanos) {
        return None;
    }
    let ((year, month, of_month), second) = (calendar::date(seconds.div_euclid(DAY)), seconds.rem_euclid(DAY));
    let mut rest = &mut room[..];
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let _ = write!(rest, "{year:04}-{month:02}-{of_month:02}T{hour:02}:{minute:02}:{second:02}");
    fraction(nanos as u32, &mut rest);
    let _ = rest.write(b"Z");
    let left = rest.len();
    Some(LONGEST - left)
}

/// Writes a duration; gives the length of the text. None: it is too long, or the signs differ.
pub fn duration_text(seconds: i64, nanos: i32, room: &mut [u8; LONGEST]) -> Option<usize> {
    let signs_differ = seconds > 0 && nanos < 0 || seconds < 0 && nanos > 0;
    if seconds.unsigned_abs() > SECONDS || nanos.unsigned_abs() >= NANOS as u32 || signs_differ {
        return None;
    }
    let mut rest = &mut room[..];
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let _ = write!(rest, "{sign}{}", seconds.unsigned_abs());
    fraction(nanos.unsigned_abs(), &mut rest);
    let _ = rest.write(b"s");
    let left = rest.len();
    Some(LONGEST - left)
}

/// The number that the first digits of a text make, as many as are asked for; and the rest.
fn digits(text: &[u8], count: usize) -> Option<(i64, &[u8])> {
    let (digits, rest) = text.split_at_checked(count)?;
    let all = digits.iter().all(u8::is_ascii_digit);
    all.then(|| (digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')), rest))
}

fn after(text: &[u8], byte: u8) -> Option<&[u8]> {
    text.split_first().filter(|(first, _)| **first == byte).map(|(_, rest)| rest)
}

/// Nanoseconds after a point, if there is one, of at most nine digits; and the rest.
fn nanos(text: &[u8]) -> Option<(i32, &[u8])> {
    let Some(rest) = after(text, b'.') else { return Some((0, text)) };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let (number, rest) = digits(rest, count)?;
    Some((number as i32 * 10i32.pow(9 - count as u32), rest))
}

/// The seconds and nanoseconds of a moment (RFC 3339).
pub fn moment(text: &[u8]) -> Option<(i64, i32)> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(after(rest, b'-')?, 2)?;
    let (of_month, rest) = digits(after(rest, b'-')?, 2)?;
    let rest = after(rest, b'T').or_else(|| after(rest, b't')).or_else(|| after(rest, b' '))?;
    let (hour, rest) = digits(rest, 2)?;
    let (minute, rest) = digits(after(rest, b':')?, 2)?;
    let (second, rest) = digits(after(rest, b':')?, 2)?;
    let (nanos, rest) = nanos(rest)?;
    let offset = match rest {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (hours, rest) = digits(rest, 2)?;
            let (minutes, rest) = digits(after(rest, b':')?, 2)?;
            if hours > 23 || minutes > 59 || !rest.is_empty() {
                return None;
            }
            (hours * 3600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 || !(1..=12).contains(&month) {
        return None;
    }
    let seconds = calendar::day(year, month, of_month)? * DAY + hour * 3600 + minute * 60 + second - offset;
    MOMENTS.contains(&seconds).then_some((seconds, nanos))
}

/// The seconds and nanoseconds of a duration, such as `1.5s`.
pub fn duration(text: &[u8]) -> Option<(i64, i32)> {
    let (negative, rest) = after(text, b'-').map_or((false, text), |rest| (true, rest));
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=12).contains(&count) {
        return None;
    }
    let (seconds, rest) = digits(rest, count)?;
    let (nanos, rest) = nanos(rest)?;
    if rest != b"s" || seconds as u64 > SECONDS {
        return None;
    }
    Some(if negative { (-seconds, -nanos) } else { (seconds, nanos) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_there_and_back() {
        // As Python's datetime has them.
        for (seconds, nanos, text) in [
            (0, 0, "1970-01-01T00:00:00Z"),
            (-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400, 10_000_000, "2000-02-29T00:00:00.010Z"),
            (4_107_542_400, 1_000, "2100-03-01T00:00:00.000001Z"),
            (253_402_300_799, 0, "9999-12-31T23:59:59Z"),
            (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
        ] {
            let mut room = [0; LONGEST];
            let len = moment_text(seconds, nanos, &mut room).unwrap();
            assert_eq!(std::str::from_utf8(&room[..len]).unwrap(), text);
            assert_eq!(moment(text.as_bytes()), Some((seconds, nanos)));
        }
        assert_eq!(moment(b"1972-01-01T10:00:20.021-05:00"), Some((63_126_020, 21_000_000)));
        for none in ["2023-02-29T00:00:00Z", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-01-01T24:00:00Z"] {
            assert_eq!(moment(none.as_bytes()), None, "{none}");
        }
        assert_eq!(moment(b"0001-01-01T00:00:00+01:00"), None);
        let mut room = [0; LONGEST];
        assert!(moment_text(253_402_300_800, 0, &mut room).is_none() && moment_text(0, -1, &mut room).is_none());
    }

    #[test]
    fn durations_there_and_back() {
        for (seconds, nanos, text) in [
            (0, 0, "0s"),
            (1, 500_000_000, "1.500s"),
            (0, -1, "-0.000000001s"),
            (-3, -10_000, "-3.000010s"),
            (315_576_000_000, 999_999_999, "315576000000.999999999s"),
        ] {
            let mut room = [0; LONGEST];
            let len = duration_text(seconds, nanos, &mut room).unwrap();
            assert_eq!(std::str::from_utf8(&room[..len]).unwrap(), text);
            assert_eq!(duration(text.as_bytes()), Some((seconds, nanos)));
        }
        for none in ["1", "s", "1.s", "315576000001s", "1.0000000001s", " 1s"] {
            assert_eq!(duration(none.as_bytes()), None, "{none}");
        }
        let mut room = [0; LONGEST];
        assert!(duration_text(1, -1, &mut room).is_none());
    }
}

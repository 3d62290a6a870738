//! Moments as text (ISO 8601).

use crate::record::calendar;

/// The longest text.
pub const LONGEST: usize = 64;

/// Writes the moment this many seconds after 1970 began, in UTC, with these digits after the seconds; gives the length
/// of the text. None: the year does not have four digits.
pub fn moment(seconds: i64, fraction: &[u8], into: &mut [u8; LONGEST]) -> Option<usize> {
    // The first and the last second of years with four digits.
    if !(-62_167_219_200..=253_402_300_799).contains(&seconds) || fraction.len() > 32 {
        return None;
    }
    let ((year, month, day), second) = (calendar::date(seconds.div_euclid(86_400)), seconds.rem_euclid(86_400));
    let mut at = 0;
    let mut put = |number: u64, width: usize, after: u8| {
        let mut rest = number;
        for place in (at..at + width).rev() {
            into[place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        into[at + width] = after;
        at += width + 1;
    };
    put(year as u64, 4, b'-');
    put(month as u64, 2, b'-');
    put(day as u64, 2, b'T');
    put(second as u64 / 3600, 2, b':');
    put(second as u64 / 60 % 60, 2, b':');
    put(second as u64 % 60, 2, if fraction.is_empty() { b'Z' } else { b'.' });
    if !fraction.is_empty() {
        into[at..at + fraction.len()].copy_from_slice(fraction);
        at += fraction.len();
        into[at] = b'Z';
        at += 1;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(seconds: i64, fraction: &str) -> Option<String> {
        let mut room = [0; LONGEST];
        let len = moment(seconds, fraction.as_bytes(), &mut room)?;
        Some(String::from_utf8(room[..len].to_vec()).unwrap())
    }

    #[test]
    fn moments() {
        // As Python's datetime writes them.
        for (seconds, want) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_363_896_240, "2013-03-21T20:04:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-62_135_596_800, "0001-01-01T00:00:00Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(text(seconds, "").as_deref(), Some(want));
        }
        assert_eq!(text(0, "000000001").as_deref(), Some("1970-01-01T00:00:00.000000001Z"));
        assert_eq!((text(253_402_300_800, ""), text(i64::MIN, "")), (None, None));
    }
}

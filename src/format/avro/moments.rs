//! Dates and times as text (ISO 8601), in both directions, with all their digits.
//!
//! Years beyond four digits have a sign, as ISO 8601 says for such years.

use crate::record::{Unit, calendar};
use crate::scan::short;

/// Room for the text of any moment.
pub(super) const LONGEST: usize = 48;

/// A text that is being written.
struct Pen<'p> {
    room: &'p mut [u8; LONGEST],
    len: usize,
}

impl Pen<'_> {
    fn put(&mut self, byte: u8) {
        self.room[self.len] = byte;
        self.len += 1;
    }

    /// A number with at least this many digits.
    fn number(&mut self, number: u64, width: usize) {
        let digits = number.checked_ilog10().map_or(1, |log| log as usize + 1).max(width);
        let mut rest = number;
        for place in (self.len..self.len + digits).rev() {
            self.room[place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.len += digits;
    }

    fn date(&mut self, day: i64) {
        let (year, month, of_month) = calendar::date(day);
        match year {
            0..=9999 => {}
            ..0 => self.put(b'-'),
            _ => self.put(b'+'),
        }
        self.number(year.unsigned_abs(), 4);
        self.put(b'-');
        self.number(month as u64, 2);
        self.put(b'-');
        self.number(of_month as u64, 2);
    }

    /// A time of day, in units after midnight.
    fn clock(&mut self, time: u64, unit: Unit) {
        let (each, digits) = scale(unit);
        let (second, rest) = (time / each, time % each);
        self.number(second / 3600, 2);
        self.put(b':');
        self.number(second / 60 % 60, 2);
        self.put(b':');
        self.number(second % 60, 2);
        if digits > 0 {
            self.put(b'.');
            self.number(rest, digits);
        }
    }
}

/// How many of a unit a second has, and the digits after its point.
pub(super) fn scale(unit: Unit) -> (u64, usize) {
    match unit {
        Unit::Second => (1, 0),
        Unit::Milli => (1_000, 3),
        Unit::Micro => (1_000_000, 6),
        Unit::Nano => (1_000_000_000, 9),
    }
}

/// The text of a day.
pub(super) fn date_text(day: i64, room: &mut [u8; LONGEST]) -> usize {
    let mut pen = Pen { room, len: 0 };
    pen.date(day);
    pen.len
}

/// What a number counts, and in which unit it is shown: seconds are counted in thousandths.
fn shown(number: i64, unit: Unit) -> (i64, Unit) {
    match unit {
        Unit::Second if number % 1000 == 0 => (number / 1000, unit),
        Unit::Second => (number, Unit::Milli),
        unit => (number, unit),
    }
}

/// The text of a time of day; none if a day has no such time.
pub(super) fn clock_text(time: i64, unit: Unit, room: &mut [u8; LONGEST]) -> Option<usize> {
    let (time, unit) = shown(time, unit);
    let time = u64::try_from(time).ok().filter(|time| *time < 86_400 * scale(unit).0)?;
    let mut pen = Pen { room, len: 0 };
    pen.clock(time, unit);
    Some(pen.len)
}

/// The text of a moment, this many units after 1970 began.
pub(super) fn stamp_text(stamp: i64, unit: Unit, utc: bool, room: &mut [u8; LONGEST]) -> usize {
    let (stamp, unit) = shown(stamp, unit);
    let each = 86_400 * scale(unit).0 as i64;
    let mut pen = Pen { room, len: 0 };
    pen.date(stamp.div_euclid(each));
    pen.put(b'T');
    pen.clock(stamp.rem_euclid(each) as u64, unit);
    if utc {
        pen.put(b'Z');
    }
    pen.len
}

/// Digits at the beginning of a text, at least `least` of them and at most 18.
fn digits(text: &[u8], least: usize) -> Option<(u64, &[u8])> {
    let len = text.iter().take(19).take_while(|byte| byte.is_ascii_digit()).count();
    if len < least || len > 18 {
        return None;
    }
    let number = text[..len].iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    Some((number, &text[len..]))
}

/// The day of a text that is a date as usual, as in `2024-06-01`.
#[inline]
pub(super) fn plain_date(text: &[u8]) -> Option<i64> {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = *text else { return None };
    let [century, year, month, day] = short::two_digits_each([a, b, c, d, e, f, g, h])?.map(i64::from);
    calendar::day(100 * century + year, month, day)
}

/// The moment of a text that is one as usual, in units after 1970 began: `2024-06-01T06:19:16.500Z` for thousandths.
#[inline]
pub(super) fn plain_stamp(text: &[u8], unit: Unit, utc: bool) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = if utc { rest.strip_suffix(b"Z")? } else { rest };
    let (clock, fraction) = rest.split_at_checked(9)?;
    let [b'T', a, b, b':', c, d, b':', e, f] = *clock else { return None };
    let [hour, minute, second, _] = short::two_digits_each([a, b, c, d, e, f, b'0', b'0'])?.map(i64::from);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = plain_date(date)? * 86_400 + (hour * 60 + minute) * 60 + second;
    match (unit, fraction) {
        // Seconds are counted in thousandths.
        (Unit::Second, []) => Some(seconds * 1000),
        (Unit::Milli | Unit::Micro | Unit::Nano, [b'.', digits @ ..]) => {
            let (each, len) = scale(unit);
            let (part, b"") = self::digits(digits, len)? else { return None };
            (digits.len() == len).then_some(())?;
            seconds.checked_mul(each as i64)?.checked_add(part as i64)
        }
        _ => None,
    }
}

/// Exactly two digits.
fn two(text: &[u8]) -> Option<(u64, &[u8])> {
    let [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] = text else { return None };
    Some((u64::from(a - b'0') * 10 + u64::from(b - b'0'), rest))
}

fn read_date(text: &[u8]) -> Option<(i64, &[u8])> {
    let (sign, rest) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        rest => (1, rest),
    };
    let (year, after) = digits(rest, 4)?;
    // Without a sign, years have four digits.
    if rest.len() == text.len() && rest.len() - after.len() != 4 || year > 1 << 40 {
        return None;
    }
    let (month, rest) = two(after.strip_prefix(b"-")?)?;
    let (of_month, rest) = two(rest.strip_prefix(b"-")?)?;
    Some((calendar::day(sign * year as i64, month as i64, of_month as i64)?, rest))
}

/// The nanoseconds after midnight.
fn read_clock(text: &[u8]) -> Option<(u64, &[u8])> {
    let (hour, rest) = two(text)?;
    let (minute, rest) = two(rest.strip_prefix(b":")?)?;
    let (second, mut rest) = match rest.strip_prefix(b":") {
        Some(rest) => two(rest)?,
        None => (0, rest),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut nanos = 0;
    if let [b'.' | b',', fraction @ ..] = rest {
        let (number, behind) = digits(fraction, 1)?;
        let len = (fraction.len() - behind.len()) as u32;
        nanos = match len {
            ..=9 => number * 10u64.pow(9 - len),
            _ if number % 10u64.pow(len - 9) == 0 => number / 10u64.pow(len - 9),
            _ => return None,
        };
        rest = behind;
    }
    Some((((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanos, rest))
}

/// Whether a text was read whole, and exactly.
pub(super) enum Read<T> {
    /// It is this.
    Is(T),
    /// It has digits, or is so far away, that this can't be held.
    Beyond,
    /// It is nothing of the kind.
    No,
}

impl<T> Read<T> {
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Read<U> {
        match self {
            Read::Is(value) => Read::Is(of(value)),
            Read::Beyond => Read::Beyond,
            Read::No => Read::No,
        }
    }
}

/// The day of a text.
pub(super) fn date_of(text: &[u8]) -> Read<i32> {
    match read_date(text) {
        Some((day, b"")) => i32::try_from(day).map_or(Read::Beyond, Read::Is),
        _ => Read::No,
    }
}

/// The time of day of a text, in units.
pub(super) fn clock_of(text: &[u8], unit: Unit) -> Read<i64> {
    match read_clock(text) {
        Some((nanos, b"")) => in_units(i128::from(nanos), unit),
        _ => Read::No,
    }
}

fn in_units(nanos: i128, unit: Unit) -> Read<i64> {
    let unit = if unit == Unit::Second { Unit::Milli } else { unit };
    let each = i128::from(1_000_000_000 / scale(unit).0);
    match nanos % each {
        0 => i64::try_from(nanos / each).map_or(Read::Beyond, Read::Is),
        _ => Read::Beyond,
    }
}

/// The moment of a text, in units after 1970 began. With `utc`, it has an offset; else it has none.
pub(super) fn stamp_of(text: &[u8], unit: Unit, utc: bool) -> Read<i64> {
    let read = || {
        let (day, rest) = read_date(text)?;
        let (b'T' | b't' | b' ', rest) = rest.split_first()? else { return None };
        let (nanos, rest) = read_clock(rest)?;
        let offset = match rest {
            b"" if !utc => 0,
            b"Z" | b"z" if utc => 0,
            [sign @ (b'+' | b'-'), rest @ ..] if utc => {
                let (hours, rest) = two(rest)?;
                let (minutes, rest) = two(rest.strip_prefix(b":").unwrap_or(rest))?;
                if !rest.is_empty() || hours > 23 || minutes > 59 {
                    return None;
                }
                let seconds = (hours * 60 + minutes) as i128 * 60;
                if *sign == b'+' { seconds } else { -seconds }
            }
            _ => return None,
        };
        Some((i128::from(day) * 86_400 - offset) * 1_000_000_000 + i128::from(nanos))
    };
    match read() {
        Some(nanos) => in_units(nanos, unit),
        None => Read::No,
    }
}

/// The text of a duration of months, days and milliseconds.
pub(super) fn duration_text([months, days, millis]: [u32; 3], room: &mut [u8; LONGEST]) -> usize {
    let mut pen = Pen { room, len: 0 };
    pen.put(b'P');
    if months > 0 {
        pen.number(months.into(), 1);
        pen.put(b'M');
    }
    if days > 0 {
        pen.number(days.into(), 1);
        pen.put(b'D');
    }
    if millis > 0 || pen.len == 1 {
        pen.put(b'T');
        pen.number(u64::from(millis / 1000), 1);
        if millis % 1000 > 0 {
            pen.put(b'.');
            pen.number(u64::from(millis % 1000), 3);
        }
        pen.put(b'S');
    }
    pen.len
}

/// The months, days and milliseconds of a text; years, weeks, hours and minutes are taken for what they are.
pub(super) fn duration_of(text: &[u8]) -> Read<[u32; 3]> {
    let (mut rest, mut is_time, mut any) = (text, false, false);
    let mut sums = [0u64; 3];
    let Some(after) = rest.strip_prefix(b"P") else { return Read::No };
    rest = after;
    while !rest.is_empty() {
        if let (Some(after), false) = (rest.strip_prefix(b"T"), is_time) {
            (rest, is_time) = (after, true);
            if rest.is_empty() {
                return Read::No;
            }
            continue;
        }
        let Some((number, after)) = digits(rest, 1) else { return Read::No };
        if number > u64::from(u32::MAX) * 1000 {
            return Read::Beyond;
        }
        any = true;
        let (place, each, after) = match (after, is_time) {
            ([b'Y', after @ ..], false) => (0, 12, after),
            ([b'M', after @ ..], false) => (0, 1, after),
            ([b'W', after @ ..], false) => (1, 7, after),
            ([b'D', after @ ..], false) => (1, 1, after),
            ([b'H', after @ ..], true) => (2, 3_600_000, after),
            ([b'M', after @ ..], true) => (2, 60_000, after),
            ([b'S', after @ ..], true) => (2, 1000, after),
            ([b'.' | b',', fraction @ ..], true) => {
                let Some((part, behind)) = digits(fraction, 1) else { return Read::No };
                let len = (fraction.len() - behind.len()) as u32;
                let Some(after) = behind.strip_prefix(b"S") else { return Read::No };
                sums[2] += match len {
                    ..=3 => part * 10u64.pow(3 - len),
                    _ if part % 10u64.pow(len - 3) == 0 => part / 10u64.pow(len - 3),
                    _ => return Read::Beyond,
                };
                (2, 1000, after)
            }
            _ => return Read::No,
        };
        sums[place] = sums[place].saturating_add(number.saturating_mul(each));
        rest = after;
    }
    match sums.map(u32::try_from) {
        _ if !any => Read::No,
        [Ok(months), Ok(days), Ok(millis)] => Read::Is([months, days, millis]),
        _ => Read::Beyond,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut [u8; LONGEST]) -> usize) -> String {
        let mut room = [0; LONGEST];
        let len = write(&mut room);
        String::from_utf8(room[..len].to_vec()).unwrap()
    }

    fn is<T: std::fmt::Debug>(read: Read<T>) -> Result<T, &'static str> {
        match read {
            Read::Is(value) => Ok(value),
            Read::Beyond => Err("beyond"),
            Read::No => Err("no"),
        }
    }

    #[test]
    fn days() {
        // As Python's datetime.date counts them; the last ones as Java's LocalDate does.
        for (day, wanted) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11016, "2000-02-29"),
            (-719_162, "0001-01-01"),
            (2_932_896, "9999-12-31"),
            (2_932_897, "+10000-01-01"),
            (-719_528, "0000-01-01"),
            (-719_529, "-0001-12-31"),
            (i32::MAX, "+5881580-07-11"),
            (i32::MIN, "-5877641-06-23"),
        ] {
            assert_eq!(text(|room| date_text(i64::from(day), room)), wanted);
            assert_eq!(is(date_of(wanted.as_bytes())), Ok(day));
        }
        for wrong in ["2023-02-29", "2024-13-01", "2024-1-01", "10000-01-01", "2024-01-01 ", ""] {
            assert_eq!(is(date_of(wrong.as_bytes())), Err("no"), "{wrong}");
        }
    }

    #[test]
    fn moments() {
        for (stamp, unit, utc, wanted) in [
            (0, Unit::Milli, true, "1970-01-01T00:00:00.000Z"),
            (-1, Unit::Milli, true, "1969-12-31T23:59:59.999Z"),
            (1_717_222_756_500_000, Unit::Micro, false, "2024-06-01T06:19:16.500000"),
            (i64::MAX, Unit::Nano, true, "2262-04-11T23:47:16.854775807Z"),
            (i64::MIN, Unit::Nano, true, "1677-09-21T00:12:43.145224192Z"),
            (i64::MAX, Unit::Milli, true, "+292278994-08-17T07:12:55.807Z"),
            (1500, Unit::Second, true, "1970-01-01T00:00:01.500Z"),
            (-2000, Unit::Second, false, "1969-12-31T23:59:58"),
        ] {
            assert_eq!(text(|room| stamp_text(stamp, unit, utc, room)), wanted);
            assert_eq!(is(stamp_of(wanted.as_bytes(), unit, utc)), Ok(stamp));
        }
        assert_eq!(is(stamp_of(b"2024-06-01T08:19:16+02:00", Unit::Milli, true)), Ok(1_717_222_756_000));
        assert_eq!(is(stamp_of(b"2024-06-01T08:19:16", Unit::Milli, true)), Err("no"));
        assert_eq!(is(stamp_of(b"2024-06-01T08:19:16Z", Unit::Milli, false)), Err("no"));
        assert_eq!(is(stamp_of(b"2024-06-01T08:19:16.0001Z", Unit::Milli, true)), Err("beyond"));
        assert_eq!(is(stamp_of(b"2024-06-01T08:19:16.1230Z", Unit::Milli, true)), Ok(1_717_229_956_123));
    }

    #[test]
    fn times_of_day() {
        let mut room = [0; LONGEST];
        assert_eq!(text(|room| clock_text(86_399_999, Unit::Milli, room).unwrap()), "23:59:59.999");
        assert_eq!(clock_text(86_400_000, Unit::Milli, &mut room), None);
        assert_eq!(clock_text(-1, Unit::Micro, &mut room), None);
        assert_eq!(is(clock_of(b"23:59:59.999", Unit::Milli)), Ok(86_399_999));
        assert_eq!(is(clock_of(b"06:19", Unit::Micro)), Ok(22_740_000_000));
        assert_eq!(is(clock_of(b"24:00:00", Unit::Micro)), Err("no"));
    }

    #[test]
    fn durations() {
        for (parts, wanted) in [
            ([1, 2, 3004], "P1M2DT3.004S"),
            ([0, 0, 0], "PT0S"),
            ([0, 0, 3500], "PT3.500S"),
            ([u32::MAX; 3], "P4294967295M4294967295DT4294967.295S"),
            ([14, 0, 0], "P14M"),
        ] {
            assert_eq!(text(|room| duration_text(parts, room)), wanted);
            assert_eq!(is(duration_of(wanted.as_bytes())), Ok(parts));
        }
        assert_eq!(is(duration_of(b"P1Y2M1W1DT1H1M1.5S")), Ok([14, 8, 3_661_500]));
        assert_eq!(is(duration_of(b"PT0.0001S")), Err("beyond"));
        assert_eq!(is(duration_of(b"P4294967296M")), Err("beyond"));
        for wrong in ["", "P", "PT", "P1", "1D", "P1DT", "P1H", "PT1S "] {
            assert_eq!(is(duration_of(wrong.as_bytes())), Err("no"), "{wrong}");
        }
    }
}

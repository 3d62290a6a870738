//! Numbers and times as text, fast.

use super::pen::Pen;
use crate::record::calendar;
use crate::scan::number::PAIRS;

/// Appends `units.cents` with two digits for the cents: `1.10`. Less than 100,000 cents.
#[inline]
pub(super) fn push_cents(pen: &mut Pen<'_>, cents: u32) {
    let ([a, b], [c, d]) = (PAIRS[(cents / 1000 % 100) as usize], PAIRS[(cents % 100) as usize]);
    let ones = b'0' + (cents / 100 % 10) as u8;
    match cents {
        10_000.. => pen.put(&[a, b, ones, b'.', c, d]),
        1000.. => pen.put(&[b, ones, b'.', c, d]),
        _ => pen.put(&[ones, b'.', c, d]),
    }
}

/// Appends a number from -0.999999 to 0.999999 with all six digits.
#[inline]
pub(super) fn push_rate(pen: &mut Pen<'_>, millionths: u32, negative: bool) {
    let pair = |n: u32| PAIRS[(n % 100) as usize];
    let ([a, b], [c, d], [e, f]) = (pair(millionths / 10_000), pair(millionths / 100), pair(millionths));
    if negative {
        pen.put(b"-");
    }
    pen.put(&[b'0', b'.', a, b, c, d, e, f]);
}

/// Appends five digits, possibly with leading zeros: not a number.
#[inline]
pub(super) fn push_zip(pen: &mut Pen<'_>, zip: u32) {
    let ([a, b], [c, d]) = (PAIRS[(zip / 1000 % 100) as usize], PAIRS[(zip / 10 % 100) as usize]);
    pen.put(&[a, b, c, d, b'0' + (zip % 10) as u8]);
}

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

/// Writes points in time; the date is computed only once a day.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    day: u64,
    date: [u8; 10],
}

impl Clock {
    pub(super) fn new() -> Clock {
        Clock { day: 0, date: *b"1970-01-01" }
    }

    /// Appends a time in the form of RFC 3339, `2024-01-31T23:59:59.999Z`; `time` is in milliseconds since 1970. After
    /// the year 9999 the dates start again.
    #[inline]
    pub(super) fn push(&mut self, pen: &mut Pen<'_>, time: u64) {
        let (day, ms) = (time / DAY, (time % DAY) as u32);
        if day != self.day {
            self.turn(day);
        }
        let pair = |n: u32| PAIRS[n as usize];
        let ([h, hh], [m, mm], [s, ss]) = (pair(ms / 3_600_000), pair(ms / 60_000 % 60), pair(ms / 1000 % 60));
        let [tens, ones] = pair(ms % 100);
        let hundreds = b'0' + (ms % 1000 / 100) as u8;
        pen.put(&self.date);
        pen.put(&[b'T', h, hh, b':', m, mm, b':', s, ss, b'.', hundreds, tens, ones, b'Z']);
    }

    /// Takes the date of a day.
    #[cold]
    fn turn(&mut self, day: u64) {
        self.day = day;
        // 146,097 days are 400 years; for 8,000 years from 1970 all years have four digits.
        let (y, m, d) = calendar::date((day % (146_097 * 20)) as i64);
        let pair = |n: i64| PAIRS[n as usize];
        let ([a, b], [c, e], [f, g], [h, i]) = (pair(y / 100), pair(y % 100), pair(m), pair(d));
        self.date = [a, b, c, e, b'-', f, g, b'-', h, i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Pen<'_>)) -> String {
        let mut memory = Vec::new();
        let mut pen = Pen::new(&mut memory);
        pen.begin(100);
        write(&mut pen);
        let end = pen.at();
        memory.truncate(end);
        String::from_utf8(memory).unwrap()
    }

    #[test]
    fn numbers() {
        assert_eq!(text(|out| push_cents(out, 110)), "1.10");
        assert_eq!(text(|out| push_cents(out, 5)), "0.05");
        assert_eq!(text(|out| push_cents(out, 1234)), "12.34");
        assert_eq!(text(|out| push_cents(out, 99_999)), "999.99");
        assert_eq!(text(|out| push_zip(out, 1203)), "01203");
        assert_eq!(text(|out| push_zip(out, 98_765)), "98765");
        assert_eq!(text(|out| push_rate(out, 123, true)), "-0.000123");
        assert_eq!(text(|out| push_rate(out, 987_654, false)), "0.987654");
    }

    #[test]
    fn times() {
        // From `date -u -d @SECONDS`.
        for (seconds, want) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_704_067_199, "2023-12-31T23:59:59"),
            (1_709_210_096, "2024-02-29T12:34:56"),
            (4_107_542_399, "2100-02-28T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(text(|out| Clock::new().push(out, seconds * 1000 + 7)), format!("{want}.007Z"));
        }
        assert_eq!(text(|out| Clock::new().push(out, u64::MAX)).len(), 24);
    }
}

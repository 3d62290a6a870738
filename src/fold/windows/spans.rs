//! Windows of time: which ones a time is in, and which have ended.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;

/// The most windows that a time may be in.
pub(crate) const MOST: i64 = 1440;

/// The longest duration of windows: a century.
const LONGEST: Duration = Duration::from_secs(36_525 * 86_400);

/// Windows of one length, one beginning every so often. Window 0 begins with 1970 in UTC; its end does not belong to it.
/// Times are microseconds since then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spans {
    /// How long a window is.
    pub size: i64,
    /// How much later the next one begins.
    pub slide: i64,
    /// How much later than the newest record another one may come.
    pub lateness: i64,
}

/// The microseconds of a duration; none: it is longer than a century.
pub(crate) fn micros(duration: Duration) -> Option<i64> {
    if duration > LONGEST { None } else { i64::try_from(duration.as_micros()).ok() }
}

impl Spans {
    /// The first and the last window that a time is in.
    pub fn of(self, time: i64) -> (i64, i64) {
        ((time - self.size).div_euclid(self.slide) + 1, time.div_euclid(self.slide))
    }

    /// The last window that has ended when a record of this time was met.
    pub fn ended(self, newest: i64) -> i64 {
        (newest - self.lateness - self.size).div_euclid(self.slide)
    }

    /// When a window begins, and when it ends.
    pub fn bounds(self, window: i64) -> [i64; 2] {
        let start = window * self.slide;
        [start, start + self.size]
    }
}

/// A time as ISO 8601 in UTC.
pub(super) fn text(time: i64) -> String {
    match Timestamp::from_microsecond(time) {
        Ok(timestamp) => format!("{}Z", Offset::UTC.to_datetime(timestamp)),
        Err(_) => time.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn spans(size: i64, slide: i64, lateness: i64) -> Spans {
        Spans { size: size * SECOND, slide: slide * SECOND, lateness: lateness * SECOND }
    }

    #[test]
    fn an_end_belongs_to_the_next_window() {
        let minutes = spans(60, 60, 0);
        for (time, window) in [(0, 0), (59, 0), (60, 1), (-1, -1), (-60, -1), (-61, -2)] {
            assert_eq!(minutes.of(time * SECOND), (window, window), "{time}");
        }
        assert_eq!(minutes.of(60 * SECOND - 1), (0, 0));
        assert_eq!(minutes.bounds(-1), [-60 * SECOND, 0]);
    }

    #[test]
    fn sliding_windows_overlap() {
        // From 0 to 60, from 20 to 80 and so on.
        let sliding = spans(60, 20, 0);
        assert_eq!(sliding.of(0), (-2, 0));
        assert_eq!(sliding.of(59 * SECOND), (0, 2));
        assert_eq!(sliding.of(60 * SECOND), (1, 3));
        // A length that is no multiple: from 0 to 50, from 20 to 70, from 40 to 90.
        let odd = spans(50, 20, 0);
        assert_eq!((odd.of(45 * SECOND), odd.of(55 * SECOND)), ((0, 2), (1, 2)));
    }

    #[test]
    fn a_window_ends_when_the_newest_time_is_later_by_the_lateness() {
        let late = spans(60, 60, 10);
        assert_eq!((late.ended(70 * SECOND - 1), late.ended(70 * SECOND)), (-1, 0));
        assert_eq!(late.ended(0), -2);
    }

    #[test]
    fn times_are_written_in_utc() {
        for (time, wanted) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_717_222_756_500_000, "2024-06-01T06:19:16.5Z"),
            (-1_000_000, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(text(time), wanted);
        }
    }
}

//! Dates and times.

use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;

use crate::record::StackText;

/// A day, or a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: DateTime,
    pub kind: Precision,
}

/// How exact a [`Moment`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// A day.
    Day,
    /// What a clock shows, nobody says where.
    Local,
    /// A point in time, in UTC.
    Utc,
}

/// The text of a moment: at most 13 bytes for a day, 19 for a time of nanoseconds, and a letter.
pub type Text = StackText<48>;

const PARSER: DateTimeParser = DateTimeParser::new();

impl Moment {
    pub fn day(date: Date) -> Moment {
        Moment { at: date.to_datetime(jiff::civil::Time::midnight()), kind: Precision::Day }
    }

    /// The moment that an ISO 8601 text means: a date, or a date and a time, which may have an offset from UTC.
    pub fn parse(text: &[u8]) -> Option<Moment> {
        if text.len() <= 10 {
            return PARSER.parse_date(text).ok().map(Moment::day);
        }
        let with_offset = match text {
            [.., b'Z' | b'z' | b']'] => true,
            // A sign after the date.
            _ => text[10..].iter().any(|byte| matches!(byte, b'+' | b'-')),
        };
        if with_offset {
            if is_a_day_off(text) {
                return None;
            }
            // What is near the last or the first moment has no timestamp that leaves room for every offset.
            return match PARSER.parse_timestamp(text) {
                Ok(timestamp) => Some(Moment::utc(timestamp)),
                Err(_) => {
                    let pieces = PARSER.parse_pieces(text).ok()?;
                    let offset = pieces.to_numeric_offset()?;
                    Moment::at_offset(pieces.date().to_datetime(pieces.time()?), offset)
                }
            };
        }
        Some(Moment { at: PARSER.parse_datetime(text).ok()?, kind: Precision::Local })
    }

    pub fn utc(timestamp: jiff::Timestamp) -> Moment {
        Moment { at: Offset::UTC.to_datetime(timestamp), kind: Precision::Utc }
    }

    /// What a clock shows at this offset from UTC.
    pub fn at_offset(at: DateTime, offset: Offset) -> Option<Moment> {
        let ahead = jiff::SignedDuration::from_secs(offset.seconds().into());
        Some(Moment { at: at.checked_sub(ahead).ok()?, kind: Precision::Utc })
    }

    /// The day of it.
    pub fn to_day(self) -> Moment {
        Moment::day(self.at.date())
    }

    /// The same as a time; a day begins at midnight.
    pub fn to_time(self) -> Moment {
        let kind = if self.kind == Precision::Day { Precision::Local } else { self.kind };
        Moment { kind, ..self }
    }

    /// As ISO 8601 writes it: `2024-06-01`, `2024-06-01T06:19:16.5`, with a `Z` if it is in UTC.
    pub fn text(self) -> Text {
        match self.kind {
            Precision::Day => Text::of(format_args!("{}", self.at.date())),
            Precision::Local => Text::of(format_args!("{}", self.at)),
            Precision::Utc => Text::of(format_args!("{}Z", self.at)),
        }
    }
}

/// Whether the offset from UTC has 24 hours or more, which ISO 8601 has not.
fn is_a_day_off(text: &[u8]) -> bool {
    let clock = text.iter().position(|byte| matches!(byte, b'T' | b't' | b' ')).unwrap_or(0);
    let sign = text[clock..].iter().position(|byte| matches!(byte, b'+' | b'-' | b'['));
    match sign.map(|sign| &text[clock + sign..]) {
        Some([b'+' | b'-', hours @ ..]) => hours.get(..2).is_some_and(|hours| hours >= b"24".as_slice()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_8601_and_back() {
        let iso = |text: &str| {
            Moment::parse(text.as_bytes()).map(|m| String::from_utf8(m.text().as_bytes().to_vec()).unwrap())
        };
        for (text, wanted) in [
            ("2024-02-29", Some("2024-02-29")),
            ("2023-02-29", None),
            ("2024-06-01T06:19:16Z", Some("2024-06-01T06:19:16Z")),
            ("2024-06-01 06:19", Some("2024-06-01T06:19:00")),
            ("2024-06-01T23:19:16.500+02:00", Some("2024-06-01T21:19:16.5Z")),
            ("2024-06-01T23:19:16-05", Some("2024-06-02T04:19:16Z")),
            ("2024-06-01T24:00:00", None),
            ("2024-06-01T06:19:16+24:00", None),
            ("2024-06-01T06:19:16-25", None),
            ("2024-06-01T06:19:16+23:59", Some("2024-05-31T06:20:16Z")),
            ("+002024-06-24T06:19:16Z", Some("2024-06-24T06:19:16Z")),
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59Z")),
            ("9999-12-31T23:59:59.999999999+00:00", Some("9999-12-31T23:59:59.999999999Z")),
            ("9999-12-31T23:59:59-01:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(iso(text).as_deref(), wanted, "{text}");
        }
    }
}

//! The time of a record.

use crate::expr::Moment;
use crate::expr::decimal::{Decimal, Rounding};
use crate::record::Value;
use crate::record::digits::{DigitRoom, float_text};

/// The times that windows have, in microseconds since 1970: from year 1 to the end of year 9899. Every window around them
/// can be written.
const TIMES: std::ops::Range<i64> = -62_135_596_800_000_000..250_246_627_200_000_000;

/// Why a value is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// It is null or absent.
    Null,
    /// It is something else.
    Other,
    /// It is before or after all times.
    Range,
}

/// The time that a value means, in microseconds since 1970, rounded down: a date or a time in ISO 8601, in UTC unless it
/// has an offset, or a number of seconds.
pub(super) fn of(value: Value<'_>) -> Result<i64, No> {
    let time = match value {
        Value::Null | Value::Absent => return Err(No::Null),
        Value::Untyped(text) | Value::Text(text) | Value::Number(text) => of_text(text.trim_ascii())?,
        Value::Int(number) => number.checked_mul(1_000_000).ok_or(No::Range)?,
        Value::UInt(number) => {
            i64::try_from(number).ok().and_then(|number| number.checked_mul(1_000_000)).ok_or(No::Range)?
        }
        Value::Float(number) if number.is_finite() => {
            let mut room: DigitRoom = [0; 32];
            seconds(float_text(number, &mut room)).ok_or(No::Other)??
        }
        _ => return Err(No::Other),
    };
    if TIMES.contains(&time) { Ok(time) } else { Err(No::Range) }
}

fn of_text(text: &[u8]) -> Result<i64, No> {
    // `20240601` is a number: which form a text has must not depend on how long it is.
    if let Some(number) = seconds(text) {
        return number;
    }
    let moment = Moment::parse(text).ok_or(No::Other)?;
    let timestamp = jiff::tz::Offset::UTC.to_timestamp(moment.at).map_err(|_| No::Range)?;
    Ok(i64::try_from(timestamp.as_nanosecond().div_euclid(1000)).unwrap_or(i64::MAX))
}

/// The microseconds of a number of seconds; none: the text is no number.
fn seconds(text: &[u8]) -> Option<Result<i64, No>> {
    let number = match Decimal::parse(text)? {
        Ok(number) => number,
        Err(_) => return Some(Err(No::Range)),
    };
    let micros = number.multiply(Decimal::integer(1_000_000)).and_then(|micros| micros.round(0, Rounding::Floor));
    Some(micros.ok().and_then(Decimal::to_i64).ok_or(No::Range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_times() {
        let second = 1_000_000;
        for (text, wanted) in [
            ("1970-01-01", Ok(0)),
            ("1970-01-01T00:00:01Z", Ok(second)),
            (" 1970-01-01 00:00:01 ", Ok(second)),
            ("1970-01-01T01:00:01+01:00", Ok(second)),
            ("1969-12-31T19:00:01.5-05:00", Ok(second + 500_000)),
            ("1970-01-01T00:00:00.000001999Z", Ok(1)),
            ("1969-12-31T23:59:59.9999999Z", Ok(-1)),
            ("1", Ok(second)),
            ("1.5", Ok(1_500_000)),
            ("1.0000019", Ok(second + 1)),
            ("-0.0000001", Ok(-1)),
            ("1e3", Ok(1000 * second)),
            ("20240601", Ok(20_240_601 * second)),
            ("1717222756000", Err(No::Range)),
            ("1e400", Err(No::Range)),
            ("0000-12-31T23:59:59Z", Err(No::Range)),
            ("0001-01-01", Ok(TIMES.start)),
            ("9899-12-31T23:59:59.999999Z", Ok(TIMES.end - 1)),
            ("9900-01-01", Err(No::Range)),
            ("yesterday", Err(No::Other)),
            ("", Err(No::Other)),
            ("2024-02-30", Err(No::Other)),
        ] {
            assert_eq!(of(Value::Untyped(text.as_bytes())), wanted, "{text}");
        }
        assert_eq!(of(Value::Int(2)), Ok(2 * second));
        assert_eq!(of(Value::Float(0.25)), Ok(250_000));
        assert_eq!(of(Value::UInt(u64::MAX)), Err(No::Range));
        assert_eq!((of(Value::Null), of(Value::Bool(true))), (Err(No::Null), Err(No::Other)));
    }
}

//! Functions of dates and times.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::fmt::strtime;

use super::function::{Function, PLAIN};
use crate::expr::decimal::Decimal;
use crate::expr::moment::{Moment, Precision};
use crate::expr::scalar::Scalar;
use crate::expr::scope::{Outcome, Scope};
use crate::expr::types::Type::{self, Number, Text};
use crate::record::StackText;

pub static FUNCTIONS: [Function; 5] = [
    Function { name: "to_date", usage: "to_date(text, format)", run: |args, scope| parse(args, scope, true), ..PARSE },
    Function {
        name: "to_timestamp",
        usage: "to_timestamp(text, format)",
        run: |args, scope| parse(args, scope, false),
        ..PARSE
    },
    Function {
        name: "strftime",
        usage: "strftime(time, format)",
        takes: &[Type::Time, Text],
        count: (2, 2),
        gives: Text,
        run: format,
        ..PLAIN
    },
    Function {
        name: "date_trunc",
        usage: "date_trunc(unit, time)",
        takes: &[Text, Type::Time],
        count: (2, 2),
        gives: Type::Time,
        run: truncate,
        ..PLAIN
    },
    Function {
        name: "date_part",
        usage: "date_part(unit, time)",
        takes: &[Text, Type::Time],
        count: (2, 2),
        gives: Number,
        run: part,
        ..PLAIN
    },
];

const PARSE: Function = Function { takes: &[Text, Text], count: (2, 2), gives: Type::Time, ..PLAIN };

/// A text in a form that a format describes, with the conversions of `strftime`.
fn parse<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>, day: bool) -> Outcome<'a> {
    let (text, format) = (scope.text_of(args[0])?, scope.text_of(args[1])?);
    let wanted = || format!("a time of the form `{}`", String::from_utf8_lossy(format));
    let parsed = match strtime::parse(format, text) {
        Ok(parsed) => parsed,
        Err(_) => return Err(scope.needs(&wanted(), args[0])),
    };
    let moment = if day {
        parsed.to_date().map(Moment::day)
    } else if parsed.offset().is_some() || parsed.timestamp().is_some() {
        parsed.to_timestamp().map(Moment::utc)
    } else {
        parsed
            .to_datetime()
            .or_else(|_| parsed.to_date().map(|date| date.at(0, 0, 0, 0)))
            .map(|at| Moment { at, kind: Precision::Local })
    };
    match moment {
        Ok(moment) => Ok(Scalar::Time(moment)),
        Err(_) => Err(scope.needs(&wanted(), args[0])),
    }
}

fn time(scalar: Scalar<'_>) -> Moment {
    match scalar {
        Scalar::Time(moment) => moment,
        // Arguments have the types that functions name.
        _ => Moment::day(Date::ZERO),
    }
}

/// The longest text that a format makes.
const LONGEST: usize = 256;

fn format<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let (moment, format) = (time(args[0]), scope.text_of(args[1])?);
    let mut text = StackText::<LONGEST>::new();
    let broken = match moment.kind {
        Precision::Utc => match jiff::tz::Offset::UTC.to_timestamp(moment.at) {
            Ok(timestamp) => strtime::BrokenDownTime::from(timestamp),
            Err(_) => strtime::BrokenDownTime::from(moment.at),
        },
        _ => strtime::BrokenDownTime::from(moment.at),
    };
    match broken.format(format, jiff::fmt::StdFmtWrite(&mut text)) {
        Ok(()) => scope.text(text.as_bytes()),
        Err(_) => Err(scope.bad(format_args!("can't write a time in the form `{}`", String::from_utf8_lossy(format)))),
    }
}

/// What units are called, without an `s` at the end.
const UNITS: &str = "year, quarter, month, week, day, hour, minute, second (date_part also dow, doy, epoch)";

fn unit<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Result<&'a [u8], crate::expr::scope::Bad> {
    let unit = scope.text_of(args[0])?;
    Ok(match unit {
        [short @ .., b's' | b'S'] => short,
        unit => unit,
    })
}

fn truncate<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let (unit, moment) = (unit(args, scope)?, time(args[1]));
    let (date, time) = (moment.at.date(), moment.at.time());
    let is = |name: &str| unit.eq_ignore_ascii_case(name.as_bytes());
    let day = |date: Date| Some(date.to_datetime(Time::midnight()));
    let month = |month: i8| Date::new(date.year(), month, 1).ok().and_then(day);
    let clock = |minute: i8, second: i8| Some(date.at(time.hour(), minute, second, 0));
    let at: Option<DateTime> = if is("year") {
        month(1)
    } else if is("quarter") {
        month((date.month() - 1) / 3 * 3 + 1)
    } else if is("month") {
        month(date.month())
    } else if is("week") {
        let since = i64::from(date.weekday().since(Weekday::Monday));
        date.checked_sub(jiff::SignedDuration::from_hours(24 * since)).ok().and_then(day)
    } else if is("day") {
        day(date)
    } else if is("hour") {
        clock(0, 0)
    } else if is("minute") {
        clock(time.minute(), 0)
    } else if is("second") {
        clock(time.minute(), time.second())
    } else {
        return Err(scope.bad(format_args!("names no unit; the units are {UNITS}")));
    };
    match at {
        Some(at) => Ok(Scalar::Time(Moment { at, ..moment })),
        None => Err(scope.bad("is before the first day that there is")),
    }
}

fn part<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let (unit, moment) = (unit(args, scope)?, time(args[1]));
    let (date, time) = (moment.at.date(), moment.at.time());
    let is = |name: &str| unit.eq_ignore_ascii_case(name.as_bytes());
    let nanos = i128::from(time.subsec_nanosecond());
    let whole = |number: i128| Decimal::integer(number);
    let number = if is("year") {
        whole(date.year().into())
    } else if is("quarter") {
        whole(((date.month() - 1) / 3 + 1).into())
    } else if is("month") {
        whole(date.month().into())
    } else if is("week") {
        whole(date.iso_week_date().week().into())
    } else if is("day") {
        whole(date.day().into())
    } else if is("hour") {
        whole(time.hour().into())
    } else if is("minute") {
        whole(time.minute().into())
    } else if is("second") {
        seconds(time.second().into(), nanos)
    } else if is("dow") {
        whole(date.weekday().to_sunday_zero_offset().into())
    } else if is("doy") {
        whole(date.day_of_year().into())
    } else if is("epoch") {
        let days = date.duration_since(Date::constant(1970, 1, 1)).as_secs();
        let clock = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        seconds((days + clock).into(), nanos)
    } else {
        return Err(scope.bad(format_args!("names no unit; the units are {UNITS}")));
    };
    scope.number(Ok(number))
}

/// Seconds with as many digits after the point as there are.
fn seconds(whole: i128, nanos: i128) -> Decimal {
    let (mut mantissa, mut scale) = (whole * 1_000_000_000 + nanos, 9);
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    Decimal::Small(crate::expr::decimal::Small { mantissa, scale })
}

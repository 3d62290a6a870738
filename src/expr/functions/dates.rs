//! Functions of dates and times.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::fmt::strtime;

use super::function::{Function, Known, PLAIN};
use crate::expr::decimal::Decimal;
use crate::expr::moment::{Moment, Precision};
use crate::expr::scalar::Scalar;
use crate::expr::scope::{Outcome, Scope};
use crate::expr::types::Type::{self, Number, Text};
use crate::record::StackText;

pub static FUNCTIONS: [Function; 5] = [
    Function {
        name: "to_date",
        usage: "to_date(text, format)",
        check: |known| check_parsed(known, true),
        run: |args, scope| parse(args, scope, true),
        ..PARSE
    },
    Function {
        name: "to_timestamp",
        usage: "to_timestamp(text, format)",
        check: |known| check_parsed(known, false),
        run: |args, scope| parse(args, scope, false),
        ..PARSE
    },
    Function {
        name: "strftime",
        usage: "strftime(time, format)",
        takes: &[Type::Time, Text],
        count: (2, 2),
        gives: Text,
        check: check_format,
        run: format,
        ..PLAIN
    },
    Function {
        name: "date_trunc",
        usage: "date_trunc(unit, time)",
        takes: &[Text, Type::Time],
        count: (2, 2),
        gives: Type::Time,
        check: |known| check_unit(known, &UNITS[..TRUNCATED]),
        run: truncate,
        ..PLAIN
    },
    Function {
        name: "date_part",
        usage: "date_part(unit, time)",
        takes: &[Text, Type::Time],
        count: (2, 2),
        gives: Number,
        check: |known| check_unit(known, &UNITS),
        run: part,
        ..PLAIN
    },
];

const PARSE: Function = Function { takes: &[Text, Text], count: (2, 2), gives: Type::Time, ..PLAIN };

/// A text in a form that a format describes, with the conversions of `strftime`.
fn parse<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>, day: bool) -> Outcome<'a> {
    let (text, format) = (scope.text_of(args[0])?, scope.text_of(args[1])?);
    match strtime::parse(format, text).ok().and_then(|parsed| moment(&parsed, day)) {
        Some(moment) => Ok(Scalar::Time(moment)),
        None => {
            let wanted = format!("a time of the form `{}`", String::from_utf8_lossy(format));
            Err(scope.needs(&wanted, args[0]))
        }
    }
}

/// The moment, or the day, that a text tells.
fn moment(parsed: &strtime::BrokenDownTime, day: bool) -> Option<Moment> {
    if day {
        return parsed.to_date().ok().map(Moment::day);
    }
    if parsed.timestamp().is_some() {
        return parsed.to_timestamp().ok().map(Moment::utc);
    }
    let at = parsed.to_datetime().or_else(|_| parsed.to_date().map(|date| date.at(0, 0, 0, 0))).ok()?;
    match parsed.offset() {
        Some(offset) => Moment::at_offset(at, offset),
        None => Some(Moment { at, kind: Precision::Local }),
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
    if let Some(text) = written(moment, format) {
        return scope.text(text.as_bytes());
    }
    let shown = String::from_utf8_lossy(format);
    let in_utc = written(Moment { kind: Precision::Utc, ..moment }, format).is_some();
    Err(match in_utc && moment.kind != Precision::Utc {
        true => scope.bad(format_args!(
            "can't write `{shown}`: the time `{}` does not tell its offset from UTC",
            String::from_utf8_lossy(moment.text().as_bytes())
        )),
        false => scope.bad(format_args!("can't write a time in the form `{shown}`")),
    })
}

/// A time in the form that a format describes.
fn written(moment: Moment, format: &[u8]) -> Option<StackText<LONGEST>> {
    let mut text = StackText::<LONGEST>::new();
    let broken = match moment.kind {
        Precision::Utc => match jiff::tz::Offset::UTC.to_timestamp(moment.at) {
            Ok(timestamp) => strtime::BrokenDownTime::from(timestamp),
            Err(_) => strtime::BrokenDownTime::from(moment.at),
        },
        _ => strtime::BrokenDownTime::from(moment.at),
    };
    broken.format(format, jiff::fmt::StdFmtWrite(&mut text)).ok()?;
    Some(text)
}

/// A part of a time.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    DayOfWeek,
    DayOfYear,
    Epoch,
}

/// What units are called, without an `s` at the end. Those that only `date_part` has come last.
const UNITS: [(&str, Unit); 11] = [
    ("year", Unit::Year),
    ("quarter", Unit::Quarter),
    ("month", Unit::Month),
    ("week", Unit::Week),
    ("day", Unit::Day),
    ("hour", Unit::Hour),
    ("minute", Unit::Minute),
    ("second", Unit::Second),
    ("dow", Unit::DayOfWeek),
    ("doy", Unit::DayOfYear),
    ("epoch", Unit::Epoch),
];
/// The units that `date_trunc` has.
const TRUNCATED: usize = 8;

/// The unit of a name, or what is wrong with it.
fn unit(name: &[u8], units: &[(&str, Unit)]) -> Result<Unit, String> {
    let short = name.strip_suffix(b"s").or(name.strip_suffix(b"S")).unwrap_or(name);
    let found = units.iter().find(|(unit, _)| short.eq_ignore_ascii_case(unit.as_bytes()));
    found.map(|(_, unit)| *unit).ok_or_else(|| {
        let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
        format!("`{}` is not a unit; the units are {}", String::from_utf8_lossy(name), names.join(", "))
    })
}

fn check_unit(known: Known<'_>, units: &[(&str, Unit)]) -> Result<(), String> {
    match known.value.text() {
        Some(text) if known.index == 0 => unit(text, units).map(|_| ()),
        _ => Ok(()),
    }
}

/// A time to try formats with.
const TRIED: DateTime = DateTime::constant(2024, 12, 31, 23, 58, 59, 123_456_789);

/// Whether times can be written in a form.
fn check_format(known: Known<'_>) -> Result<(), String> {
    let (1, Some(format)) = (known.index, known.value.text()) else { return Ok(()) };
    let writes = |kind| written(Moment { at: TRIED, kind }, format).is_some();
    if writes(Precision::Utc) || writes(Precision::Local) { Ok(()) } else { Err(no_form(format)) }
}

/// Whether texts can be read in a form: what is written in it can be.
fn check_parsed(known: Known<'_>, day: bool) -> Result<(), String> {
    let (1, Some(format)) = (known.index, known.value.text()) else { return Ok(()) };
    if !format.contains(&b'%') {
        return Err(format!("{}, whose parts begin with `%`", no_form(format)));
    }
    let tried = [Precision::Utc, Precision::Local].map(|kind| written(Moment { at: TRIED, kind }, format));
    let Some(text) = tried.iter().flatten().next() else { return Err(no_form(format)) };
    match strtime::parse(format, text.as_bytes()) {
        Err(_) => Err(no_form(format)),
        Ok(parsed) if moment(&parsed, day).is_none() => {
            Err(format!("the form `{}` does not include the day", String::from_utf8_lossy(format)))
        }
        Ok(_) => Ok(()),
    }
}

fn no_form(format: &[u8]) -> String {
    format!("`{}` is not a form of a time, such as `%d.%m.%Y %H:%M`", String::from_utf8_lossy(format))
}

fn truncate<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let unit = unit(scope.text_of(args[0])?, &UNITS[..TRUNCATED]).map_err(|what| scope.fails(what))?;
    let moment = time(args[1]);
    let (date, time) = (moment.at.date(), moment.at.time());
    let day = |date: Date| Some(date.to_datetime(Time::midnight()));
    let month = |month: i8| Date::new(date.year(), month, 1).ok().and_then(day);
    let clock = |minute: i8, second: i8| Some(date.at(time.hour(), minute, second, 0));
    let at: Option<DateTime> = match unit {
        Unit::Year => month(1),
        Unit::Quarter => month((date.month() - 1) / 3 * 3 + 1),
        Unit::Month => month(date.month()),
        Unit::Week => {
            let since = i64::from(date.weekday().since(Weekday::Monday));
            date.checked_sub(jiff::SignedDuration::from_hours(24 * since)).ok().and_then(day)
        }
        Unit::Hour => clock(0, 0),
        Unit::Minute => clock(time.minute(), 0),
        Unit::Second => clock(time.minute(), time.second()),
        Unit::Day | Unit::DayOfWeek | Unit::DayOfYear | Unit::Epoch => day(date),
    };
    match at {
        Some(at) => Ok(Scalar::Time(Moment { at, ..moment })),
        None => Err(scope.bad("is before the first day that there is")),
    }
}

fn part<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let unit = unit(scope.text_of(args[0])?, &UNITS).map_err(|what| scope.fails(what))?;
    let moment = time(args[1]);
    let (date, time) = (moment.at.date(), moment.at.time());
    let nanos = i128::from(time.subsec_nanosecond());
    let number = match unit {
        Unit::Year => date.year().into(),
        Unit::Quarter => ((date.month() - 1) / 3 + 1).into(),
        Unit::Month => date.month().into(),
        Unit::Week => date.iso_week_date().week().into(),
        Unit::Day => date.day().into(),
        Unit::Hour => time.hour().into(),
        Unit::Minute => time.minute().into(),
        Unit::Second => return scope.number(Ok(seconds(time.second().into(), nanos))),
        Unit::DayOfWeek => date.weekday().to_sunday_zero_offset().into(),
        Unit::DayOfYear => date.day_of_year().into(),
        Unit::Epoch => {
            let days = date.duration_since(Date::constant(1970, 1, 1)).as_secs();
            let clock = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
            return scope.number(Ok(seconds((days + clock).into(), nanos)));
        }
    };
    scope.number(Ok(Decimal::integer(number)))
}

/// Seconds with as many digits after the point as there are.
fn seconds(whole: i128, nanos: i128) -> Decimal {
    let (mut mantissa, mut scale) = (whole * 1_000_000_000 + nanos, 9);
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    Decimal::Small(crate::expr::decimal::Small { mantissa, scale })
}

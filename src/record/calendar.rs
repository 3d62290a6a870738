//! Days of the calendar and their dates, in the proleptic Gregorian calendar of ISO 8601.
//!
//! Years are counted from March, so that the day that some years lack is the last one: Howard Hinnant, "chrono-compatible
//! low-level date algorithms".

/// The year, month and day of month of a day; day 0 is 1970-01-01.
pub(crate) fn date(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year + era * 400 + next, month, of_month)
}

/// The day of a date; none if there is no such date.
pub(crate) fn day(year: i64, month: i64, of_month: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=days(year, month)).contains(&of_month) {
        return None;
    }
    let (shifted, since_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * since_march + 2) / 5 + of_month - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// How many days a month has.
pub(crate) fn days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 != 0 || year % 100 == 0 && year % 400 != 0 => 28,
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_another_implementation() {
        let first = jiff::civil::date(1970, 1, 1);
        for number in (-2_000_000..2_900_000).step_by(97).chain(-800..800) {
            let other = first.checked_add(jiff::Span::new().days(number)).unwrap();
            let own = (i64::from(other.year()), i64::from(other.month()), i64::from(other.day()));
            assert_eq!(date(number), own);
            assert_eq!(day(own.0, own.1, own.2), Some(number));
        }
        for (year, month, of_month) in
            [(1900, 2, 29), (2001, 2, 29), (2001, 4, 31), (2001, 0, 1), (2001, 13, 1), (2001, 1, 0)]
        {
            assert_eq!(day(year, month, of_month), None);
        }
        assert_eq!(day(2000, 2, 29), Some(11_016));
    }
}

//! Results that were worked out by hand.

use super::*;

fn number(text: &str) -> Decimal {
    Decimal::of_digits(text.as_bytes()).unwrap()
}

fn text(result: Result<Decimal, Trouble>) -> String {
    match result {
        Ok(number) => {
            let text = String::from_utf8(number.text(&mut [0; ROOM]).to_vec()).unwrap();
            let mut room = [0; SHORT];
            let short = number.short_text(&mut room);
            assert!(short.is_none_or(|short| short == text.as_bytes()), "{text}");
            assert!(short.is_some() || text.len() > 18, "{text}");
            text
        }
        Err(trouble) => format!("{trouble:?}"),
    }
}

#[test]
fn numbers_keep_their_digits() {
    for (from, to) in [
        ("1.10", "1.10"),
        ("-0.00", "0.00"),
        ("0", "0"),
        ("1.5e3", "1500"),
        ("1e-5", "0.00001"),
        ("-12e-1", "-1.2"),
        ("+007.50", "7.50"),
        (".5", "0.5"),
        (
            "12345678901234567890123456789012345678901234567890.5",
            "12345678901234567890123456789012345678901234567890.5",
        ),
    ] {
        assert_eq!(text(Ok(number(from))), to, "{from}");
    }
    assert_eq!(text(Ok(number(&format!("1e{}", MAX_DIGITS - 1)))), format!("1{}", "0".repeat(299)));
    for long in ["1e300", "1e-301", "1e99999999999999999999", "1e-99999999999999999999"] {
        assert_eq!(Decimal::of_digits(long.as_bytes()), Err(Trouble::TooLong), "{long}");
    }
    assert_eq!(text(Decimal::of_digits(b"0e99999999999999999999")), "0");
    assert!(Decimal::parse(b"007").is_none() && Decimal::parse(b"1.").is_none() && Decimal::parse(b"-").is_none());
}

#[test]
fn quick_numbers_are_those_of_the_grammar() {
    for text in ["0", "-0", "7", "0.5", "-12.25", "999999999999999999", "0.00000000000000001"] {
        assert!(Small::quick(text.as_bytes()).is_some() && is_json_number(text.as_bytes()), "{text}");
    }
    for text in ["", "-", ".", "1.", ".1", "00", "01", "-01", "00.1", "1.2.3", "+1", "1e2", " 1", "a", "--1", "-.1"] {
        assert!(Small::quick(text.as_bytes()).is_none(), "{text}");
    }
    assert_eq!(Small::quick(b"-12.250"), Some((-12_250, 3)));
    // With a point, eighteen digits take nineteen bytes.
    assert_eq!(Small::quick(b"99999999.9999999999"), Some((999_999_999_999_999_999, 10)));
    assert_eq!(Small::quick(b"9999999999999999999"), None);
}

#[test]
fn sums_and_products_have_the_scales_of_sql() {
    for (a, op, b, result) in [
        ("1.10", '*', "2", "2.20"),
        ("1.10", '+', "2", "3.10"),
        ("0.1", '+', "0.2", "0.3"),
        ("1.1", '*', "1.1", "1.21"),
        ("5", '-', "5.00", "0.00"),
        ("-5", '*', "0.0", "0.0"),
        ("99999999999999999999999999999999999999", '+', "1", "100000000000000000000000000000000000000"),
        ("99999999999999999999999999999999999999", '*', "10", "999999999999999999999999999999999999990"),
        ("-7.5", '%', "2", "-1.5"),
        ("7", '%', "-2.50", "2.00"),
        ("1e200", '*', "1e100", "TooLong"),
        ("1e200", '+', "1e-200", "TooLong"),
        ("1", '%', "0", "DivisionByZero"),
        ("0", '/', "0.0", "DivisionByZero"),
        ("6", '/', "3", "2"),
        ("1", '/', "4", "0.25"),
        ("1.00", '/', "2", "0.5"),
        ("1", '/', "3", "0.3333333333333333333333333333333333"),
        ("2", '/', "-3", "-0.6666666666666666666666666666666667"),
        ("1000", '/', "0.01", "100000"),
        ("0", '/', "7.5", "0"),
        // Exactly half: the last digit that stays is even.
        ("10000000000000000000000000000000005", '/', "10", "1000000000000000000000000000000000"),
        ("10000000000000000000000000000000015", '/', "10", "1000000000000000000000000000000002"),
        ("1e40", '/', "3", "3333333333333333333333333333333333000000"),
    ] {
        let (one, two) = (number(a), number(b));
        let calculated = match op {
            '+' => one.sum(two),
            '-' => one.subtract(two),
            '*' => one.multiply(two),
            '/' => one.divide(two),
            _ => one.remainder(two),
        };
        assert_eq!(text(calculated), result, "{a} {op} {b}");
    }
}

#[test]
fn rounding() {
    for (from, places, half, floor, ceiling) in [
        ("2.5", 0, "3", "2", "3"),
        ("-2.5", 0, "-3", "-3", "-2"),
        ("2.45", 1, "2.5", "2.4", "2.5"),
        ("-2.44", 1, "-2.4", "-2.5", "-2.4"),
        ("2", 2, "2.00", "2.00", "2.00"),
        ("1250", -2, "1300", "1200", "1300"),
        ("-1250", -2, "-1300", "-1300", "-1200"),
        ("49", -2, "0", "0", "100"),
        ("0.0004", 2, "0.00", "0.00", "0.01"),
        (
            "12345678901234567890123456789012345678901.5",
            0,
            "12345678901234567890123456789012345678902",
            "12345678901234567890123456789012345678901",
            "12345678901234567890123456789012345678902",
        ),
    ] {
        let to = |rounding| text(number(from).round(places, rounding));
        assert_eq!(to(Rounding::HalfUp), half, "{from}");
        assert_eq!(to(Rounding::Floor), floor, "{from}");
        assert_eq!(to(Rounding::Ceiling), ceiling, "{from}");
    }
    assert_eq!(text(number("-2.9").round(0, Rounding::Down)), "-2");
    assert_eq!(text(number("1").round(400, Rounding::Down)), "TooLong");
    assert_eq!((number("3.00").to_i64(), number("3.01").to_i64()), (Some(3), None));
}

#[test]
fn order() {
    let rising = [
        "-1e299",
        "-12345678901234567890123456789012345678901",
        "-1.1",
        "-1e-300",
        "0",
        "1e-300",
        "0.1",
        "1",
        "1.10001",
        "12345678901234567890123456789012345678901",
        "12345678901234567890123456789012345678902",
        "1e299",
    ];
    for (at, one) in rising.iter().enumerate() {
        for (place, two) in rising.iter().enumerate() {
            assert_eq!(number(one).compare(number(two)), at.cmp(&place), "{one} {two}");
        }
    }
    assert_eq!(number("-0").compare(number("0.00")), Ordering::Equal);
    assert_eq!(number("1.10").compare(number("1.1")), Ordering::Equal);
}

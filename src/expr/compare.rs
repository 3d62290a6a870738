//! Comparing values: numbers digit by digit, texts byte by byte.

use std::cmp::Ordering;

use super::decimal::{Decimal as Computed, Small};
use super::scalar::{Scalar, TextRoom};
use crate::record::Value;
use crate::record::decimal::Decimal;

/// Which of two numbers is larger, whatever their length. Both are numbers.
#[inline]
pub fn numbers(one: Scalar<'_>, two: Scalar<'_>) -> Ordering {
    if let (Some(a), Some(b)) = (quick(one), quick(two)) {
        return Computed::Small(a).compare(Computed::Small(b));
    }
    long_numbers(one, two)
}

#[inline]
fn quick(scalar: Scalar<'_>) -> Option<Small> {
    match scalar {
        Scalar::Number(small) => Some(small),
        _ => {
            let (mantissa, scale) = Small::quick(scalar.own_text()?)?;
            Some(Small { mantissa: mantissa.into(), scale })
        }
    }
}

#[cold]
fn long_numbers(one: Scalar<'_>, two: Scalar<'_>) -> Ordering {
    let (mut a, mut b) = (TextRoom::new(), TextRoom::new());
    let parsed = |text: Option<&[u8]>| text.and_then(Decimal::parse).is_some();
    debug_assert!(parsed(one.text(&mut a)) && parsed(two.text(&mut b)), "both are numbers");
    let (a, b) = (one.text(&mut a).and_then(Decimal::parse), two.text(&mut b).and_then(Decimal::parse));
    match (a, b) {
        (Some(a), Some(b)) => decimals(&a, &b),
        _ => Ordering::Equal,
    }
}

/// Which of two numbers is larger. The two zeros are equal.
fn decimals(a: &Decimal<'_>, b: &Decimal<'_>) -> Ordering {
    let sign = |number: &Decimal<'_>| match (number.is_zero(), number.negative) {
        (true, _) => 0,
        (false, negative) => 1 - 2 * i32::from(negative),
    };
    let (one, two) = (sign(a), sign(b));
    if one != two || one == 0 {
        return one.cmp(&two);
    }
    // The digits begin and end with others than zero, so a shorter beginning is a smaller number.
    let size = a.scale.cmp(&b.scale).then_with(|| a.digits().cmp(b.digits()));
    if one < 0 { size.reverse() } else { size }
}

/// Which of two texts comes first, byte by byte. Both have a text.
#[inline]
pub fn texts(one: Scalar<'_>, two: Scalar<'_>) -> Ordering {
    if let (Some(a), Some(b)) = (bytes(one), bytes(two)) {
        return a.cmp(b);
    }
    let (mut a, mut b) = (TextRoom::new(), TextRoom::new());
    let a = bytes(one).or_else(|| one.text(&mut a));
    a.cmp(&bytes(two).or_else(|| two.text(&mut b)))
}

/// Its own bytes, if it has any: bytes that are no text compare too.
#[inline]
fn bytes(scalar: Scalar<'_>) -> Option<&[u8]> {
    match scalar {
        Scalar::Field(Value::Bytes(bytes)) => Some(bytes),
        scalar => scalar.own_text(),
    }
}

/// Two fields: as numbers if both are exactly numbers, else as texts.
pub fn fields(one: Scalar<'_>, two: Scalar<'_>) -> Ordering {
    if one.is_number() && two.is_number() { numbers(one, two) } else { texts(one, two) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(a: &'static str, b: &'static str) -> Ordering {
        numbers(Scalar::Field(Value::Untyped(a.as_bytes())), Scalar::Field(Value::Number(b.as_bytes())))
    }

    #[test]
    fn numbers_of_any_length() {
        for (a, b, order) in [
            ("1.10", "1.1", Ordering::Equal),
            ("1e400", "1e399", Ordering::Greater),
            ("-1e400", "1", Ordering::Less),
            ("1e-400", "0", Ordering::Greater),
            ("-0", "0.0", Ordering::Equal),
            ("100000000000000000000000000000000000000001", "1e41", Ordering::Greater),
            ("10", "9", Ordering::Greater),
            ("-10", "-9", Ordering::Less),
            ("0.30000000000000004", "0.3", Ordering::Greater),
            ("1e2", "100", Ordering::Equal),
        ] {
            assert_eq!(of(a, b), order, "{a} {b}");
            assert_eq!(of(b, a), order.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn fields_are_numbers_only_if_both_are() {
        let field = |text: &'static str| Scalar::Field(Value::Text(text.as_bytes()));
        assert_eq!(fields(field("10"), field("9")), Ordering::Greater);
        assert_eq!(fields(field("10"), field("9a")), Ordering::Less);
        assert_eq!(fields(field("1.0"), field("1")), Ordering::Equal);
        assert_eq!(fields(field("007"), field("7")), Ordering::Less);
        assert_eq!(fields(Scalar::Field(Value::Int(10)), Scalar::Field(Value::Float(9.5))), Ordering::Greater);
        assert_eq!(texts(Scalar::Field(Value::Int(10)), field("9")), Ordering::Less);
    }
}

//! From any value to a binary number, with no silent loss.

use super::decimal::Decimal;
use super::{StackText, Value};

/// Why a value is not the number required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotThatNumber {
    /// It is not a number, nor text that is exactly a number.
    NotANumber,
    /// It has a fraction.
    Fraction,
    /// It is too small or too large.
    OutOfRange,
}

/// A number, and whether it is the value that was given: not if digits or the sign of `-0` were lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number<T> {
    /// The number.
    pub value: T,
    /// Nothing was lost.
    pub exact: bool,
}

use NotThatNumber::{Fraction, NotANumber, OutOfRange};

/// The whole number that a value is: a typed number without a fraction, or text that is exactly a number (`5.0` and
/// `1e3` are whole numbers too).
#[inline]
pub fn integer(value: Value<'_>) -> Result<Number<i128>, NotThatNumber> {
    match value {
        Value::Int(n) => Ok(Number { value: n.into(), exact: true }),
        Value::UInt(n) => Ok(Number { value: n.into(), exact: true }),
        Value::Number(text) | Value::Untyped(text) | Value::Text(text) => integer_of_text(text),
        Value::Float(n) => integer_of_float(n),
        _ => Err(NotANumber),
    }
}

#[inline]
fn integer_of_text(text: &[u8]) -> Result<Number<i128>, NotThatNumber> {
    let negative = text.first() == Some(&b'-');
    let digits = &text[usize::from(negative)..];
    // Up to 18 digits fit into 64 bits; a leading zero takes the slow path.
    if (1..=18).contains(&digits.len()) && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit) {
        let size = digits.iter().fold(0i64, |n, digit| n * 10 + i64::from(digit - b'0'));
        return Ok(Number { value: i128::from(if negative { -size } else { size }), exact: true });
    }
    integer_of_decimal(Decimal::parse(text).ok_or(NotANumber)?)
}

fn integer_of_decimal(decimal: Decimal<'_>) -> Result<Number<i128>, NotThatNumber> {
    if decimal.is_zero() {
        return Ok(Number { value: 0, exact: !decimal.negative });
    }
    // 64 bits have at most 20 digits, which 128 bits hold easily.
    if decimal.scale > 20 {
        return Err(OutOfRange);
    }
    if decimal.scale < decimal.len() as i64 {
        return Err(Fraction);
    }
    let zeros = decimal.scale as u32 - decimal.len() as u32;
    let size = decimal.digits().fold(0i128, |n, digit| n * 10 + i128::from(digit)) * 10i128.pow(zeros);
    Ok(Number { value: if decimal.negative { -size } else { size }, exact: true })
}

fn integer_of_float(n: f64) -> Result<Number<i128>, NotThatNumber> {
    if n.is_nan() {
        return Err(NotANumber);
    }
    if n.abs() >= 2f64.powi(64) {
        return Err(OutOfRange);
    }
    if n.fract() != 0.0 {
        return Err(Fraction);
    }
    Ok(Number { value: n as i128, exact: n != 0.0 || n.is_sign_positive() })
}

/// The 64-bit floating-point number nearest to a value.
///
/// Text is exact if it is the shortest text of that number, or its exact value: then it can be recovered. `NaN`, `inf`
/// and `-inf` are read as such.
#[inline]
pub fn float64(value: Value<'_>) -> Result<Number<f64>, NotThatNumber> {
    match value {
        Value::Float(n) => Ok(Number { value: n, exact: true }),
        Value::Int(n) => Ok(Number { value: n as f64, exact: (n as f64) as i128 == i128::from(n) }),
        Value::UInt(n) => Ok(Number { value: n as f64, exact: (n as f64) as i128 == i128::from(n) }),
        Value::Number(text) | Value::Untyped(text) | Value::Text(text) => float64_of_text(text),
        _ => Err(NotANumber),
    }
}

/// The 32-bit floating-point number nearest to a value, like [`float64`].
#[inline]
pub fn float32(value: Value<'_>) -> Result<Number<f32>, NotThatNumber> {
    match value {
        Value::Float(n) => narrow(n),
        Value::Int(n) => Ok(Number { value: n as f32, exact: (n as f32) as i128 == i128::from(n) }),
        Value::UInt(n) => Ok(Number { value: n as f32, exact: (n as f32) as i128 == i128::from(n) }),
        Value::Number(text) | Value::Untyped(text) | Value::Text(text) => float32_of_text(text),
        _ => Err(NotANumber),
    }
}

/// Any 32-bit number as a 64-bit one. NaNs keep their bits, which a cast does not promise.
#[inline]
pub fn widen(n: f32) -> f64 {
    if !n.is_nan() {
        return f64::from(n);
    }
    let bits = u64::from(n.to_bits());
    f64::from_bits((bits >> 31 << 63) | 0x7ff << 52 | (bits & 0x7f_ffff) << 29)
}

#[inline]
fn narrow(n: f64) -> Result<Number<f32>, NotThatNumber> {
    if n.is_nan() {
        return Ok(narrow_nan(n));
    }
    let value = n as f32;
    if value.is_infinite() && n.is_finite() {
        return Err(OutOfRange);
    }
    Ok(Number { value, exact: f64::from(value) == n })
}

#[cold]
fn narrow_nan(n: f64) -> Number<f32> {
    let bits = n.to_bits();
    let payload = (bits >> 29) as u32 & 0x7f_ffff;
    // With no bit of its payload set it would be infinity.
    let payload = if payload == 0 { 0x40_0000 } else { payload };
    let value = f32::from_bits(((bits >> 63) as u32) << 31 | 0xff << 23 | payload);
    Number { value, exact: widen(value).to_bits() == bits }
}

/// Room for the exact value of any 64-bit number: 309 digits, a point, 1074 digits, a sign.
type ExactText = StackText<1400>;

macro_rules! float_of_text {
    ($of_text:ident, $kept:ident, $float:ty, $digits:literal, $scale:literal) => {
        fn $of_text(text: &[u8]) -> Result<Number<$float>, NotThatNumber> {
            let Some(decimal) = Decimal::parse(text) else {
                let value = match text {
                    b"NaN" => <$float>::NAN,
                    b"inf" => <$float>::INFINITY,
                    b"-inf" => <$float>::NEG_INFINITY,
                    _ => return Err(NotANumber),
                };
                return Ok(Number { value, exact: true });
            };
            // A number's text is ASCII, and the standard library reads a superset of RFC 8259.
            let value =
                std::str::from_utf8(text).ok().and_then(|text| text.parse::<$float>().ok()).ok_or(NotANumber)?;
            if value.is_infinite() {
                return Err(OutOfRange);
            }
            // This few digits can always be recovered, within the range of normal numbers.
            let few = decimal.len() <= $digits && (-$scale..=$scale).contains(&decimal.scale);
            Ok(Number { value, exact: few || $kept(&decimal, value) })
        }

        #[cold]
        fn $kept(decimal: &Decimal<'_>, value: $float) -> bool {
            let is = |text: &[u8]| Decimal::parse(text).is_some_and(|other| other.same(decimal));
            is(StackText::<48>::of(format_args!("{value:e}")).as_bytes())
                || is(StackText::<48>::of(format_args!("{:e}", f64::from(value))).as_bytes())
                || is(ExactText::of(format_args!("{value:.1074}")).as_bytes())
        }
    };
}

float_of_text!(float64_of_text, kept64, f64, 15, 290);
float_of_text!(float32_of_text, kept32, f32, 6, 30);

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value<'_> {
        Value::Number(text.as_bytes())
    }

    #[test]
    fn integers_of_text() {
        for (source, want) in [
            ("0", Ok((0, true))),
            ("-0", Ok((0, false))),
            ("-0.0", Ok((0, false))),
            ("18446744073709551615", Ok((18446744073709551615, true))),
            ("-9223372036854775808", Ok((-9223372036854775808, true))),
            ("999999999999999999", Ok((999999999999999999, true))),
            ("5.0", Ok((5, true))),
            ("1e3", Ok((1000, true))),
            ("12.50e1", Ok((125, true))),
            ("1.5", Err(Fraction)),
            ("1e-1", Err(Fraction)),
            ("1e400", Err(OutOfRange)),
            ("123456789012345678901", Err(OutOfRange)),
            ("007", Err(NotANumber)),
            ("+5", Err(NotANumber)),
            ("", Err(NotANumber)),
            ("-", Err(NotANumber)),
            ("12a", Err(NotANumber)),
        ] {
            let got = integer(Value::Untyped(source.as_bytes())).map(|n| (n.value, n.exact));
            assert_eq!(got, want, "{source}");
        }
    }

    #[test]
    fn integers_of_floats() {
        assert_eq!(integer(Value::Float(3.0)), Ok(Number { value: 3, exact: true }));
        assert_eq!(integer(Value::Float(-0.0)), Ok(Number { value: 0, exact: false }));
        assert_eq!(integer(Value::Float(0.5)), Err(Fraction));
        assert_eq!(integer(Value::Float(1e30)), Err(OutOfRange));
        assert_eq!(integer(Value::Float(f64::INFINITY)), Err(OutOfRange));
        assert_eq!(integer(Value::Float(f64::NAN)), Err(NotANumber));
        assert_eq!(integer(Value::Bool(true)), Err(NotANumber));
    }

    #[test]
    fn floats_of_text() {
        for (source, value, exact) in [
            ("0.1", 0.1, true),
            ("1.10", 1.1, true),
            ("-0", -0.0, true),
            ("0.1000000000000000055511151231257827021181583404541015625", 0.1, true),
            ("0.10000000000000000555", 0.1, false),
            ("9007199254740993", 9007199254740992.0, false),
            ("1152921504606846976", 1152921504606846976.0, true), // 2^60
            ("12345678901234567890123", 12345678901234567890123.0, false),
            ("0.1234567890123456", 0.1234567890123456, true),
            ("1e-400", 0.0, false),
            ("5e-324", 5e-324, true),
            ("1.7976931348623157e308", f64::MAX, true),
        ] {
            let got = float64(text(source)).unwrap();
            assert_eq!((got.value.to_bits(), got.exact), (value.to_bits(), exact), "{source}");
        }
        assert_eq!(float64(text("1e400")), Err(OutOfRange));
        assert_eq!(float64(Value::Text(b"Infinity")), Err(NotANumber));
        assert!(float64(Value::Text(b"NaN")).unwrap().value.is_nan());
    }

    #[test]
    fn narrow_floats() {
        assert_eq!(float32(text("0.1")), Ok(Number { value: 0.1, exact: true }));
        // What a 32-bit 0.1 looks like as a 64-bit number.
        assert_eq!(float32(text("0.10000000149011612")), Ok(Number { value: 0.1, exact: true }));
        assert_eq!(float32(text("0.123456789")), Ok(Number { value: 0.12345679, exact: false }));
        assert_eq!(float32(text("1e39")), Err(OutOfRange));
        assert_eq!(float32(Value::Float(0.1)), Ok(Number { value: 0.1, exact: false }));
        assert_eq!(float32(Value::Float(1e39)), Err(OutOfRange));
        assert_eq!(float32(Value::Int(16777217)), Ok(Number { value: 16777216.0, exact: false }));
        assert_eq!(float64(Value::UInt(u64::MAX)), Ok(Number { value: 2f64.powi(64), exact: false }));
    }

    #[test]
    fn every_kind_of_nan_keeps_its_bits() {
        for bits in [0x7fc0_0000u32, 0x7f80_0001, 0xffc0_1234, 0xff80_0001] {
            let wide = widen(f32::from_bits(bits));
            assert!(wide.is_nan());
            let back = float32(Value::Float(wide)).unwrap();
            assert_eq!((back.value.to_bits(), back.exact), (bits, true));
        }
    }
}

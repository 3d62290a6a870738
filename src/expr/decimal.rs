//! Exact arithmetic on decimal numbers.
//!
//! A number is an integer and a scale: how many of its digits come after the point. Sums, differences and products are
//! exact, with the scales of SQL: a sum has the larger scale of both, a product their sum. Numbers of up to 38 digits
//! are calculated in 128 bits; larger ones in integers of a fixed size, so that no result takes memory.

mod write;

use std::cmp::Ordering;

use ruint::Uint;

use crate::scan::number::is_json_number;
use crate::scan::short;

/// The most digits of a number in a calculation, before and after the point together.
pub const MAX_DIGITS: usize = 300;
/// How many significant digits a quotient has at most, as a decimal128 of IEEE 754.
pub const QUOTIENT_DIGITS: usize = 34;

/// Room for the text of any number: a sign, a zero and a point besides the digits.
pub const ROOM: usize = MAX_DIGITS + 8;

/// Room for the text of a short number: twenty digits, zeros before them, a sign and a point.
pub const SHORT: usize = 48;

/// An integer of up to 385 digits: the numerator of a quotient has more digits than a number.
type Wide = Uint<1280, 20>;

/// Powers of ten up to the largest that an `i128` holds.
pub const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < 39 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It has more than [`MAX_DIGITS`] digits.
    TooLong,
    DivisionByZero,
}

/// A number of at most 38 digits: `mantissa × 10^-scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Small {
    pub mantissa: i128,
    pub scale: u32,
}

/// A number of any length up to [`MAX_DIGITS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Big {
    negative: bool,
    coefficient: Wide,
    scale: u32,
}

/// The result of a calculation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    Small(Small),
    Big(Big),
}

impl Small {
    pub const ZERO: Small = Small { mantissa: 0, scale: 0 };

    /// A number without an exponent and with at most 18 digits, which most numbers are.
    #[inline(always)]
    pub fn quick(text: &[u8]) -> Option<(i64, u32)> {
        if let Some(words) = short::words(text) {
            return short::of_words(words, text.len());
        }
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        if digits.len() > 19 {
            return None;
        }
        let (mut mantissa, mut point) = (0i64, usize::MAX);
        for (at, byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(i64::from(digit));
            } else if *byte == b'.' && point == usize::MAX && at > 0 {
                point = at;
            } else {
                return None;
            }
        }
        // Nineteen digits may be too many.
        if point == usize::MAX && digits.len() > 18 || point == digits.len() - 1 {
            return None;
        }
        // A zero before other digits makes it a text.
        if digits[0] == b'0' && digits.len() > 1 && point != 1 {
            return None;
        }
        let scale = if point == usize::MAX { 0 } else { (digits.len() - 1 - point) as u32 };
        Some((if negative { -mantissa } else { mantissa }, scale))
    }

    /// The number with fewer digits after the point; `None` if it has fewer already, or digits before the point go.
    fn rounded(self, places: i64, rounding: Rounding) -> Option<Small> {
        let scale = u32::try_from(places).ok().filter(|places| *places <= self.scale)?;
        let divisor = *POWERS.get((self.scale - scale) as usize)?;
        let (kept, rest) = (self.mantissa / divisor, self.mantissa % divisor);
        let sign = if self.mantissa < 0 { -1 } else { 1 };
        let up = match rounding {
            Rounding::Down => false,
            Rounding::Floor => rest < 0,
            Rounding::Ceiling => rest > 0,
            Rounding::HalfUp => rest.abs() >= divisor - rest.abs(),
        };
        Some(Small { mantissa: if up { kept + sign } else { kept }, scale })
    }

    #[inline(always)]
    fn raised(self, scale: u32) -> Option<i128> {
        if scale == self.scale {
            return Some(self.mantissa);
        }
        self.mantissa.checked_mul(*POWERS.get((scale - self.scale) as usize)?)
    }

    #[inline(always)]
    fn aligned(self, other: Small) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        Some((self.raised(scale)?, other.raised(scale)?, scale))
    }

    /// The sum, if it is as short.
    #[inline(always)]
    pub fn sum(self, other: Small) -> Option<Small> {
        let (one, two, scale) = self.aligned(other)?;
        Some(Small { mantissa: one.checked_add(two)?, scale })
    }

    /// The difference, if it is as short.
    #[inline(always)]
    pub fn difference(self, other: Small) -> Option<Small> {
        let (one, two, scale) = self.aligned(other)?;
        Some(Small { mantissa: one.checked_sub(two)?, scale })
    }

    /// The product, if it is as short.
    #[inline(always)]
    pub fn product(self, other: Small) -> Option<Small> {
        let scale = self.scale + other.scale;
        // Most mantissas are so short that the product needs no check.
        let mantissa = match (i64::try_from(self.mantissa), i64::try_from(other.mantissa)) {
            (Ok(one), Ok(two)) => i128::from(one) * i128::from(two),
            _ => self.mantissa.checked_mul(other.mantissa)?,
        };
        Small { mantissa, scale }.fits()
    }

    #[inline]
    fn fits(self) -> Option<Small> {
        (self.scale as usize <= MAX_DIGITS).then_some(self)
    }
}

impl Decimal {
    /// The value of an RFC 8259 number; `None` if the text is none.
    ///
    /// # Errors
    /// It has too many digits.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Result<Decimal, Trouble>> {
        if let Some((mantissa, scale)) = Small::quick(text) {
            return Some(Ok(Decimal::Small(Small { mantissa: mantissa.into(), scale })));
        }
        is_json_number(text).then(|| Decimal::of_digits(text))
    }

    /// The value of a text of an optional sign, digits with at most one point, and an optional exponent.
    #[inline(never)]
    pub fn of_digits(text: &[u8]) -> Result<Decimal, Trouble> {
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let (digits, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (&rest[..at], exponent(&rest[at + 1..])),
            None => (rest, 0),
        };
        let point = digits.iter().position(|byte| *byte == b'.');
        let fraction = point.map_or(0, |point| digits.len() - point - 1);
        let mut coefficient = Wide::ZERO;
        let (mut chunk, mut len, mut significant) = (0u64, 0u32, 0);
        for digit in digits.iter().filter(|byte| **byte != b'.').map(|byte| byte - b'0') {
            if significant == 0 && digit == 0 {
                continue;
            }
            significant += 1;
            if significant > MAX_DIGITS {
                return Err(Trouble::TooLong);
            }
            chunk = chunk * 10 + u64::from(digit);
            len += 1;
            if len == 18 {
                coefficient = coefficient * power(18) + Wide::from(chunk);
                (chunk, len) = (0, 0);
            }
        }
        coefficient = coefficient * power(len) + Wide::from(chunk);
        let scale = (fraction as i64).saturating_sub(exponent);
        if coefficient.is_zero() {
            let scale = scale.clamp(0, MAX_DIGITS as i64) as u32;
            return Ok(Decimal::Small(Small { mantissa: 0, scale }));
        }
        let mut big = Big { negative, coefficient, scale: scale.clamp(0, MAX_DIGITS as i64 + 1) as u32 };
        if scale < 0 {
            let zeros = scale.unsigned_abs();
            if zeros > MAX_DIGITS as u64 {
                return Err(Trouble::TooLong);
            }
            big = big.raised(zeros as u32)?;
            big.scale = 0;
        }
        big.shrunk()
    }

    pub fn integer(number: i128) -> Decimal {
        Decimal::Small(Small { mantissa: number, scale: 0 })
    }

    pub fn big(self) -> Big {
        match self {
            Decimal::Big(big) => big,
            Decimal::Small(Small { mantissa, scale }) => {
                Big { negative: mantissa < 0, coefficient: Wide::from(mantissa.unsigned_abs()), scale }
            }
        }
    }

    /// Whether it is below zero, its size without the point (the lowest 64 bits first), and how many digits come after the
    /// point.
    pub fn parts(self) -> (bool, [u64; 20], u32) {
        let Big { negative, coefficient, scale } = self.big();
        (negative, *coefficient.as_limbs(), scale)
    }

    /// Whether it has at most `places` digits before the point, and at most as many after it.
    pub fn is_within(self, places: i64) -> bool {
        let Big { coefficient, scale, .. } = self.big();
        i64::from(scale) <= places && digits(coefficient) as i64 - i64::from(scale) <= places
    }

    #[inline]
    pub fn sum(self, other: Decimal) -> Result<Decimal, Trouble> {
        if let (Decimal::Small(a), Decimal::Small(b)) = (self, other)
            && let Some(sum) = a.sum(b)
        {
            return Ok(Decimal::Small(sum));
        }
        self.big().add(other.big())
    }

    #[inline]
    pub fn subtract(self, other: Decimal) -> Result<Decimal, Trouble> {
        self.sum(other.negated())
    }

    #[inline]
    pub fn multiply(self, other: Decimal) -> Result<Decimal, Trouble> {
        if let (Decimal::Small(a), Decimal::Small(b)) = (self, other)
            && let Some(product) = a.product(b)
        {
            return Ok(Decimal::Small(product));
        }
        self.big().multiply(other.big())
    }

    /// The quotient in at most [`QUOTIENT_DIGITS`] significant digits, half to even, without zeros at the end of the
    /// digits after the point.
    pub fn divide(self, other: Decimal) -> Result<Decimal, Trouble> {
        self.big().divide(other.big())
    }

    /// What is left after the largest multiple of `other` that is not beyond it; it has the sign of `self`.
    pub fn remainder(self, other: Decimal) -> Result<Decimal, Trouble> {
        if let (Decimal::Small(a), Decimal::Small(b)) = (self, other)
            && let Some((one, two, scale)) = a.aligned(b)
        {
            let mantissa = one.checked_rem(two).ok_or(Trouble::DivisionByZero)?;
            return Ok(Decimal::Small(Small { mantissa, scale }));
        }
        self.big().remainder(other.big())
    }

    #[inline]
    pub fn negated(self) -> Decimal {
        match self {
            Decimal::Small(Small { mantissa, scale }) if mantissa != i128::MIN => {
                Decimal::Small(Small { mantissa: -mantissa, scale })
            }
            other => {
                let big = other.big();
                Decimal::Big(Big { negative: !big.negative, ..big })
            }
        }
    }

    pub fn absolute(self) -> Decimal {
        if self.is_negative() { self.negated() } else { self }
    }

    pub fn is_negative(self) -> bool {
        match self {
            Decimal::Small(small) => small.mantissa < 0,
            Decimal::Big(big) => big.negative,
        }
    }

    pub fn is_zero(self) -> bool {
        match self {
            Decimal::Small(small) => small.mantissa == 0,
            Decimal::Big(big) => big.coefficient.is_zero(),
        }
    }

    /// The number as an integer, if it is one that fits.
    pub fn to_i64(self) -> Option<i64> {
        let whole = self.round(0, Rounding::Down).ok()?;
        if whole.compare(self) != Ordering::Equal {
            return None;
        }
        match whole {
            Decimal::Small(small) => small.mantissa.try_into().ok(),
            Decimal::Big(_) => None,
        }
    }

    /// Whether nothing but zeros comes after the point.
    pub fn is_integer(self) -> bool {
        self.round(0, Rounding::Down).is_ok_and(|whole| whole.compare(self) == Ordering::Equal)
    }

    /// The number with `places` digits after the point; negative places are zeros before it.
    pub fn round(self, places: i64, rounding: Rounding) -> Result<Decimal, Trouble> {
        if let Decimal::Small(small) = self
            && let Some(rounded) = small.rounded(places, rounding)
        {
            return Ok(Decimal::Small(rounded));
        }
        let big = self.big();
        let scale = i64::from(big.scale);
        let wanted = places.clamp(-(MAX_DIGITS as i64) - 1, MAX_DIGITS as i64 + 1);
        if wanted >= scale {
            let mut raised = big.raised((wanted - scale) as u32)?;
            raised.scale = wanted as u32;
            return raised.shrunk();
        }
        let away = match rounding {
            Rounding::HalfUp => None,
            Rounding::Down => Some(false),
            Rounding::Floor => Some(big.negative),
            Rounding::Ceiling => Some(!big.negative),
        };
        let removed = (scale - wanted) as u32;
        let (kept, rest) = divided(big.coefficient, removed);
        let up = match (away, rest) {
            (_, Rest::Nothing) | (Some(false), _) => false,
            (Some(true), _) => true,
            (None, rest) => rest != Rest::BelowHalf,
        };
        let coefficient = kept + Wide::from(u64::from(up));
        let mut rounded = Big { coefficient, scale: wanted.max(0) as u32, ..big };
        if wanted < 0 {
            rounded = rounded.raised(wanted.unsigned_abs() as u32)?;
        }
        rounded.shrunk()
    }

    /// Which of both is larger.
    #[inline]
    pub fn compare(self, other: Decimal) -> Ordering {
        if let (Decimal::Small(a), Decimal::Small(b)) = (self, other)
            && let Some((one, two, _)) = a.aligned(b)
        {
            return one.cmp(&two);
        }
        self.big().compare(other.big())
    }
}

/// How digits are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest; away from zero when two are equally near, as SQL does.
    HalfUp,
    /// Towards zero.
    Down,
    Floor,
    Ceiling,
}

/// What was cut off, compared with half of the last digit kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Nothing,
    BelowHalf,
    Half,
    AboveHalf,
}

/// A coefficient without its last digits, and what they were.
fn divided(coefficient: Wide, digits: u32) -> (Wide, Rest) {
    if digits as usize > 385 {
        let rest = if coefficient.is_zero() { Rest::Nothing } else { Rest::BelowHalf };
        return (Wide::ZERO, rest);
    }
    let divisor = power(digits);
    let (kept, rest) = coefficient.div_rem(divisor);
    (kept, rest_of(rest, divisor))
}

fn rest_of(rest: Wide, divisor: Wide) -> Rest {
    if rest.is_zero() {
        return Rest::Nothing;
    }
    match rest.cmp(&(divisor - rest)) {
        Ordering::Less => Rest::BelowHalf,
        Ordering::Equal => Rest::Half,
        Ordering::Greater => Rest::AboveHalf,
    }
}

impl Big {
    /// As a small number if it fits into one; refused if it is too long.
    fn shrunk(self) -> Result<Decimal, Trouble> {
        if self.scale as usize > MAX_DIGITS {
            return Err(Trouble::TooLong);
        }
        if self.coefficient.bit_len() < 127 {
            let size = self.coefficient.wrapping_to::<u128>() as i128;
            let mantissa = if self.negative { -size } else { size };
            return Ok(Decimal::Small(Small { mantissa, scale: self.scale }));
        }
        if digits(self.coefficient) > MAX_DIGITS { Err(Trouble::TooLong) } else { Ok(Decimal::Big(self)) }
    }

    /// The same with more zeros at the end of the coefficient; the scale is not changed.
    fn raised(self, zeros: u32) -> Result<Big, Trouble> {
        if zeros == 0 || self.coefficient.is_zero() {
            return Ok(self);
        }
        if digits(self.coefficient) + zeros as usize > MAX_DIGITS + 2 {
            return Err(Trouble::TooLong);
        }
        Ok(Big { coefficient: self.coefficient * power(zeros), ..self })
    }

    fn aligned(self, other: Big) -> Result<(Big, Big), Trouble> {
        let scale = self.scale.max(other.scale);
        let (mut one, mut two) = (self.raised(scale - self.scale)?, other.raised(scale - other.scale)?);
        (one.scale, two.scale) = (scale, scale);
        Ok((one, two))
    }

    fn add(self, other: Big) -> Result<Decimal, Trouble> {
        let (one, two) = self.aligned(other)?;
        let (a, b) = (one.coefficient, two.coefficient);
        let sum = match (one.negative == two.negative, a >= b) {
            (true, _) => Big { coefficient: a + b, ..one },
            (false, true) => Big { coefficient: a - b, ..one },
            (false, false) => Big { coefficient: b - a, ..two },
        };
        sum.shrunk()
    }

    fn multiply(self, other: Big) -> Result<Decimal, Trouble> {
        let (a, b) = (digits(self.coefficient), digits(other.coefficient));
        // The product has at most one digit fewer than both together.
        if a + b > MAX_DIGITS + 1 {
            return Err(Trouble::TooLong);
        }
        let coefficient = self.coefficient * other.coefficient;
        let negative = self.negative != other.negative;
        Big { negative, coefficient, scale: self.scale + other.scale }.shrunk()
    }

    fn divide(self, other: Big) -> Result<Decimal, Trouble> {
        if other.coefficient.is_zero() {
            return Err(Trouble::DivisionByZero);
        }
        let (a, b) = (digits(self.coefficient), digits(other.coefficient));
        // So many zeros that the quotient has at least one digit more than are kept.
        let zeros = (QUOTIENT_DIGITS + 1 + b).saturating_sub(a) as u32;
        let (mut quotient, rest) = (self.coefficient * power(zeros)).div_rem(other.coefficient);
        let mut scale = i64::from(self.scale) - i64::from(other.scale) + i64::from(zeros);
        let surplus = digits(quotient).saturating_sub(QUOTIENT_DIGITS) as u32;
        if surplus > 0 {
            let (kept, cut) = divided(quotient, surplus);
            let cut = match (cut, rest.is_zero()) {
                (cut, true) => cut,
                (Rest::Nothing | Rest::BelowHalf, false) => Rest::BelowHalf,
                (Rest::Half | Rest::AboveHalf, false) => Rest::AboveHalf,
            };
            let up = cut == Rest::AboveHalf || cut == Rest::Half && kept.bit(0);
            quotient = kept + Wide::from(u64::from(up));
            scale -= i64::from(surplus);
        }
        while scale > 0 && !quotient.is_zero() {
            let (shorter, digit) = quotient.div_rem(Wide::from(10u64));
            if !digit.is_zero() {
                break;
            }
            (quotient, scale) = (shorter, scale - 1);
        }
        if quotient.is_zero() {
            scale = 0;
        }
        let negative = self.negative != other.negative;
        let big = Big { negative, coefficient: quotient, scale: scale.clamp(0, MAX_DIGITS as i64 + 1) as u32 };
        if scale < 0 { big.raised(scale.unsigned_abs() as u32)?.shrunk() } else { big.shrunk() }
    }

    fn remainder(self, other: Big) -> Result<Decimal, Trouble> {
        let (one, two) = self.aligned(other)?;
        let rest = one.coefficient.checked_rem(two.coefficient).ok_or(Trouble::DivisionByZero)?;
        Big { coefficient: rest, ..one }.shrunk()
    }

    fn compare(self, other: Big) -> Ordering {
        let sign = |big: &Big| match (big.coefficient.is_zero(), big.negative) {
            (true, _) => 0,
            (false, negative) => 1 - 2 * i32::from(negative),
        };
        let (a, b) = (sign(&self), sign(&other));
        if a != b || a == 0 {
            return a.cmp(&b);
        }
        let size = match self.aligned(other) {
            Ok((one, two)) => one.coefficient.cmp(&two.coefficient),
            // Too long to be aligned: then their first digits are at different places.
            Err(_) => {
                let place = |big: &Big| digits(big.coefficient) as i64 - i64::from(big.scale);
                place(&self).cmp(&place(&other))
            }
        };
        if self.negative { size.reverse() } else { size }
    }
}

/// Ten to the power of at most 385.
fn power(exponent: u32) -> Wide {
    match POWERS.get(exponent as usize) {
        Some(power) => Wide::from(*power as u128),
        None => Wide::from(10u64).pow(Wide::from(exponent)),
    }
}

/// The number of decimal digits; 0 for zero.
fn digits(coefficient: Wide) -> usize {
    if coefficient.is_zero() {
        return 0;
    }
    // log10(2) is a little more than 0.30102: the estimate is at most one too small.
    let estimate = 1 + (coefficient.bit_len() - 1) * 30_102 / 100_000;
    estimate + usize::from(coefficient >= power(estimate as u32))
}

/// The digits after `e`, with their sign; saturates.
fn exponent(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let size = digits.iter().fold(0i64, |n, digit| n.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if negative { -size } else { size }
}

#[cfg(test)]
mod tests;

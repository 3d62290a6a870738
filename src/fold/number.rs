//! Numbers that are added up.

use crate::expr::decimal::{Decimal, Small};

/// The most digits of a number before the point, and the most after it: sums stay of a size that is known.
pub(crate) const PLACES: i64 = 150;

/// A number that was given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Number<'a> {
    #[default]
    Null,
    /// At most 18 digits: the mantissa and how many of them come after the point. It is written in exactly these digits.
    Short(i64, u32),
    /// Any other, as it is written.
    Long(&'a [u8]),
}

impl Number<'_> {
    /// Its value.
    pub fn decimal(self) -> Decimal {
        match self {
            Number::Short(mantissa, scale) => Decimal::Small(Small { mantissa: mantissa.into(), scale }),
            Number::Long(text) => decimal(text),
            Number::Null => Decimal::Small(Small::ZERO),
        }
    }
}

/// The value of a number that was checked.
pub(crate) fn decimal(text: &[u8]) -> Decimal {
    Decimal::parse(text).and_then(Result::ok).unwrap_or(Decimal::Small(Small::ZERO))
}

/// Short numbers are less than this, without their point.
pub(crate) const MOST: u64 = 1_000_000_000_000_000_000;

/// A text that is a short number, if it is one that is written in exactly these digits.
#[inline(always)]
pub(crate) fn short<'a>(text: &[u8]) -> Option<Number<'a>> {
    let (mantissa, scale) = Small::quick(text)?;
    // Zero has no sign here.
    if mantissa == 0 && text[0] == b'-' {
        return None;
    }
    Some(Number::Short(mantissa, scale))
}

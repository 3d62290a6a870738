//! Short numbers whose order is that of integers.

use std::cmp::Ordering;

use crate::error::RecordError;
use crate::expr::decimal::{Decimal, POWERS, SHORT, Small};
use crate::fold::groups::given::Number;
use crate::memory::Arena;
use crate::record::Value;

/// The most digits after the point of a short number.
const SCALE: u32 = 18;
/// How many bits the scale takes.
const BITS: u32 = 5;

/// A short number in 16 bytes: its value times 10¹⁸, and below that how many digits come after its point. In the order of
/// these integers, numbers are in the order of their values, and those of one value in that of the digits after the point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Packed(i128);

impl Packed {
    /// A number of less than 10¹⁸ without its point.
    #[inline(always)]
    pub fn new(mantissa: i64, scale: u32) -> Packed {
        // At most 10³⁶ times 32, which is less than 2¹²⁶.
        Packed(((i128::from(mantissa) * POWERS[(SCALE - scale) as usize]) << BITS) + i128::from(scale))
    }

    /// The order of the values alone.
    #[inline(always)]
    pub fn by_value(self, other: Packed) -> Ordering {
        (self.0 >> BITS).cmp(&(other.0 >> BITS))
    }

    /// The number.
    pub fn number<'a>(self) -> Number<'a> {
        let scale = (self.0 & ((1 << BITS) - 1)) as u32;
        Number::Short(((self.0 >> BITS) / POWERS[(SCALE - scale) as usize]) as i64, scale)
    }

    /// The number as it was written.
    ///
    /// # Errors
    /// There is no memory.
    pub fn value(self, arena: &Arena) -> Result<Value<'_>, RecordError> {
        let Number::Short(mantissa, scale) = self.number() else { return Ok(Value::Null) };
        let mut room = [0; SHORT];
        let text = Decimal::Small(Small { mantissa: mantissa.into(), scale }).short_text(&mut room).unwrap_or_default();
        let copy = arena.bytes(text.len(), 0)?;
        copy.copy_from_slice(text);
        Ok(Value::Number(copy))
    }
}

/// The most digits after the point of a tight number.
const TIGHT_SCALE: u32 = 7;
/// How many bits that takes.
const TIGHT_BITS: u32 = 3;
/// What the mantissa is multiplied with, for each number of digits after the point.
const TIGHT_POWERS: [i64; 8] = [10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];

/// The same in 8 bytes, for numbers below about 10¹¹ with up to seven digits after the point, which most are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Tight(i64);

impl Tight {
    /// None: it has too many digits.
    #[inline(always)]
    pub fn new(mantissa: i64, scale: u32) -> Option<Tight> {
        let power = *TIGHT_POWERS.get(scale as usize)?;
        let raised = mantissa.checked_mul(power)?.checked_mul(1 << TIGHT_BITS)?;
        Some(Tight(raised + i64::from(scale)))
    }

    /// How many numbers of digits after the point there may be: from none.
    pub const SCALES: usize = TIGHT_POWERS.len();

    /// The number without its point, and how many digits come after that.
    pub fn parts(self) -> (i64, u32) {
        let scale = (self.0 & ((1 << TIGHT_BITS) - 1)) as u32;
        ((self.0 >> TIGHT_BITS) / TIGHT_POWERS[scale as usize], scale)
    }

    /// The number.
    pub fn number<'a>(self) -> Number<'a> {
        let (mantissa, scale) = self.parts();
        Number::Short(mantissa, scale)
    }
}

const _: () = assert!(TIGHT_POWERS.len() == TIGHT_SCALE as usize + 1 && TIGHT_SCALE < 1 << TIGHT_BITS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_are_in_order_and_come_back() {
        let numbers =
            [(-999_999_999_999_999_999, 0), (-1, 0), (-1, 18), (0, 0), (0, 2), (1, 18), (11, 1), (110, 2), (5, 0)];
        for (mantissa, scale) in numbers {
            assert_eq!(Packed::new(mantissa, scale).number(), Number::Short(mantissa, scale));
        }
        assert!(numbers.windows(2).all(|pair| Packed::new(pair[0].0, pair[0].1) < Packed::new(pair[1].0, pair[1].1)));
        for (mantissa, scale) in
            [(-1_000_000_000, 0), (-1, 0), (-1, 7), (0, 0), (0, 2), (1, 7), (11, 1), (110, 2), (5, 0)]
        {
            assert_eq!(Tight::new(mantissa, scale).map(Tight::number), Some(Number::Short(mantissa, scale)));
        }
        assert!(Tight::new(11, 1) < Tight::new(110, 2) && Tight::new(-2, 0) < Tight::new(-1, 1));
        assert_eq!((Tight::new(1, 8), Tight::new(1 << 40, 0)), (None, None));
        assert!(Packed::new(11, 1).by_value(Packed::new(110, 2)).is_eq());
    }
}

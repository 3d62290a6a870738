//! Short products that are added to long sums.

use ruint::Uint;

/// How many limbs a product has at most: the square of a number of 127 bits (4), how often it is there (1), and a power of
/// ten below 2¹²⁷ (2).
const LIMBS: usize = 7;

/// A product of short numbers, without a sign. A long sum is many times longer, and to multiply at its length takes that
/// many times longer too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Few([u64; LIMBS]);

impl Few {
    pub fn of(number: u128) -> Few {
        let mut limbs = [0; LIMBS];
        (limbs[0], limbs[1]) = (number as u64, (number >> 64) as u64);
        Few(limbs)
    }

    /// Multiplied by another number; the product has to fit.
    pub fn times(self, factor: u128) -> Few {
        let (low, high) = (self.by(factor as u64), (factor >> 64) as u64);
        if high == 0 {
            return low;
        }
        let more = self.by(high).0;
        let (mut sum, mut carry) = (low.0, false);
        for (limb, more) in sum[1..].iter_mut().zip(more) {
            (*limb, carry) = limb.carrying(more, carry);
        }
        debug_assert!(!carry && more[LIMBS - 1] == 0);
        Few(sum)
    }

    fn by(mut self, factor: u64) -> Few {
        let mut carry = 0;
        for limb in &mut self.0 {
            let product = u128::from(*limb) * u128::from(factor) + carry;
            (*limb, carry) = (product as u64, product >> 64);
        }
        debug_assert_eq!(carry, 0);
        self
    }

    /// The same at another length, which is not shorter.
    pub fn long<const BITS: usize, const LONG: usize>(self) -> Uint<BITS, LONG> {
        let mut limbs = [0; LONG];
        limbs[..LIMBS].copy_from_slice(&self.0);
        Uint::from_limbs(limbs)
    }

    /// Adds it to a sum in two's complement, or takes it from that if it is `negative`.
    pub fn add_to<const BITS: usize, const LONG: usize>(self, sum: &mut Uint<BITS, LONG>, negative: bool) {
        let mut limbs = sum.into_limbs();
        let (front, rest) = limbs.split_at_mut(LIMBS);
        let mut carry = false;
        for (limb, own) in front.iter_mut().zip(self.0) {
            (*limb, carry) = if negative { limb.borrowing(own, carry) } else { limb.carrying(own, carry) };
        }
        for limb in rest {
            if !carry {
                break;
            }
            (*limb, carry) = if negative { limb.overflowing_sub(1) } else { limb.overflowing_add(1) };
        }
        *sum = Uint::from_limbs(limbs);
    }
}

/// Sums and differences of limbs.
trait Limb {
    /// The sum with another one and what is carried, and whether there is something to carry.
    fn carrying(self, other: u64, carry: bool) -> (u64, bool);

    /// The same for a difference.
    fn borrowing(self, other: u64, carry: bool) -> (u64, bool);
}

impl Limb for u64 {
    #[inline]
    fn carrying(self, other: u64, carry: bool) -> (u64, bool) {
        let (sum, one) = self.overflowing_add(other);
        let (sum, two) = sum.overflowing_add(carry.into());
        (sum, one || two)
    }

    #[inline]
    fn borrowing(self, other: u64, carry: bool) -> (u64, bool) {
        let (rest, one) = self.overflowing_sub(other);
        let (rest, two) = rest.overflowing_sub(carry.into());
        (rest, one || two)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Long = Uint<640, 10>;

    fn long(number: u128) -> Long {
        Long::from(number)
    }

    /// As with numbers that are long from the beginning.
    #[test]
    fn they_are_what_long_numbers_are() {
        let numbers = [0, 1, 9, u64::MAX.into(), 1 << 64, (1 << 64) + 1, u128::MAX >> 1, 10u128.pow(38), 0x1234 << 80];
        for one in numbers {
            for two in numbers {
                assert_eq!(Few::of(one).times(two).long::<640, 10>(), long(one) * long(two), "{one} {two}");
                for three in [1, 7, u128::from(u64::MAX)] {
                    for power in [1, 10, 10u128.pow(19), 10u128.pow(38)] {
                        let few = Few::of(one).times(one).times(three).times(power);
                        let product = long(one) * long(one) * long(three) * long(power);
                        assert_eq!(few.long::<640, 10>(), product, "{one} {three} {power}");
                        for before in [Long::ZERO, long(two), Long::MAX, long(two).wrapping_neg(), Long::MAX << 448] {
                            let (mut more, mut less) = (before, before);
                            few.add_to(&mut more, false);
                            few.add_to(&mut less, true);
                            assert_eq!((more, less), (before.wrapping_add(product), before.wrapping_sub(product)));
                        }
                    }
                }
            }
        }
    }
}

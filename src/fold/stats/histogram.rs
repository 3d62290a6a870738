//! How many numbers there are in parts of their range, exactly.

use crate::expr::decimal::{Decimal, POWERS};

/// The most parts.
pub(super) const PARTS: usize = 30;
/// How many digits come after the point of the unit of all calculations here.
const SCALE: u32 = 18;

/// Parts of one width, which is one or two times a power of ten: the least with which they are enough. Each width is a
/// multiple of those before it, so parts can be put together; what comes out only depends on which numbers there are.
pub(super) struct Histogram {
    /// The number of the width.
    width: usize,
    /// The first and the last part that has a number: a part with number `p` begins at `p` widths.
    ends: Option<(i128, i128)>,
    counts: [u64; PARTS],
    /// A number has more than 18 digits before or after the point.
    is_lost: bool,
    fast: Fast,
    scale: u32,
}

/// How the part of a short number is found, where the width is a whole number at its scale.
#[derive(Clone, Copy, Default)]
struct Fast {
    /// Where the first part begins, and how far after it all of them end: 0 if this way is closed.
    from: i64,
    len: u64,
    divisor: u64,
    /// The high half of a product with it is the quotient; 0: the divisor is too large for that.
    factor: u64,
}

/// Parts for people: where the first one begins, how wide each is, and how many numbers are in each. Both have this many
/// digits after the point.
pub(super) struct Parts<'h> {
    pub from: i128,
    pub step: i128,
    pub scale: u32,
    pub counts: &'h [u64],
}

/// The width with a number, in units.
fn width(number: usize) -> i128 {
    POWERS[number / 2] * [1, 2][number % 2]
}

/// How many parts of one width make one of the next.
fn factor(number: usize) -> i128 {
    [2, 5][number % 2]
}

impl Histogram {
    pub fn new() -> Histogram {
        let counts = [0; PARTS];
        Histogram { width: 0, ends: None, counts, is_lost: false, fast: Fast::default(), scale: 0 }
    }

    /// Short numbers have this many digits after the point from now on.
    pub fn rescale(&mut self, scale: u32) {
        self.scale = scale;
        self.set_fast();
    }

    /// Takes in a number at the scale, of at most 18 digits.
    #[inline(always)]
    pub fn add(&mut self, number: i64) {
        let Fast { from, len, divisor, factor } = self.fast;
        // What is before the first part is far after the last one here.
        let after = number.wrapping_sub(from) as u64;
        if after < len {
            let part = match factor {
                0 => after / divisor,
                factor => ((u128::from(after) * u128::from(factor)) >> 64) as u64,
            };
            self.counts[part as usize] += 1;
            return;
        }
        self.add_units(i128::from(number) * POWERS[(SCALE - self.scale) as usize], 1);
    }

    /// Takes in any number that is there so often.
    pub fn add_times(&mut self, number: Decimal, times: u64) {
        let small = match number {
            Decimal::Small(small) => Some(small).filter(|small| small.scale <= SCALE),
            Decimal::Big(_) => None,
        };
        let most = POWERS[2 * SCALE as usize];
        let units = small.and_then(|small| small.mantissa.checked_mul(POWERS[(SCALE - small.scale) as usize]));
        match units.filter(|units| (-most..=most).contains(units)) {
            Some(units) => self.add_units(units, times),
            None => self.is_lost = true,
        }
    }

    #[inline(never)]
    fn add_units(&mut self, units: i128, times: u64) {
        self.settle();
        loop {
            let part = units.div_euclid(width(self.width));
            let (first, last) = self.ends.map_or((part, part), |(first, last)| (first.min(part), last.max(part)));
            if last - first < PARTS as i128 {
                self.begin_at(first, last);
                self.counts[(part - first) as usize] += times;
                self.set_fast();
                return;
            }
            self.widen();
        }
    }

    /// The parts are these from now on.
    fn begin_at(&mut self, first: i128, last: i128) {
        if let Some((before, _)) = self.ends {
            self.counts.rotate_right((before - first) as usize);
        }
        self.ends = Some((first, last));
    }

    /// Goes over to the next width.
    fn widen(&mut self) {
        let by = factor(self.width);
        self.width += 1;
        let Some((first, last)) = self.ends else { return };
        let ends = (first.div_euclid(by), last.div_euclid(by));
        let before = std::mem::replace(&mut self.counts, [0; PARTS]);
        for (part, count) in (first..=last).zip(before) {
            self.counts[(part.div_euclid(by) - ends.0) as usize] += count;
        }
        self.ends = Some(ends);
    }

    /// Finds out how the parts of short numbers are found.
    fn set_fast(&mut self) {
        self.fast = self.ends.and_then(|(first, _)| self.fast(first)).unwrap_or_default();
    }

    fn fast(&self, first: i128) -> Option<Fast> {
        let unit = POWERS[(SCALE - self.scale) as usize];
        let width = width(self.width);
        let divisor = i64::try_from(width / unit).ok().filter(|_| width % unit == 0)?;
        let from = i64::try_from(first).ok()?.checked_mul(divisor)?;
        let len = (divisor as u64).checked_mul(PARTS as u64)?;
        let divisor = divisor as u64;
        // The factor is too large by less than one: that adds less than `len` parts of 2⁶⁴ to a quotient, and does not
        // reach the next one.
        let is_short = divisor > 1 && len.checked_mul(divisor).is_some();
        let factor = if is_short { u64::MAX / divisor + 1 } else { 0 };
        Some(Fast { from, len, divisor, factor })
    }

    pub fn merge(&mut self, mut other: Histogram) {
        self.settle();
        other.settle();
        self.is_lost |= other.is_lost;
        while self.width < other.width {
            self.widen();
        }
        while other.width < self.width {
            other.widen();
        }
        let Some((first, last)) = other.ends else { return };
        let step = width(self.width);
        for (part, count) in (first..=last).zip(other.counts).filter(|(_, count)| *count > 0) {
            // Where a part begins is in it.
            self.add_units(part * step, count);
        }
    }

    /// The last part with a number: short numbers go into the parts after it without being looked at.
    fn settle(&mut self) {
        if let Some((first, last)) = &mut self.ends {
            let used = self.counts.iter().rposition(|count| *count > 0).unwrap_or(0);
            *last = (*last).max(*first + used as i128);
        }
    }

    /// What is in each part; none without numbers, or if one has too many digits.
    pub fn parts(&self) -> Option<Parts<'_>> {
        let (first, last) = self.ends.filter(|_| !self.is_lost)?;
        let last = last.max(first + self.counts.iter().rposition(|count| *count > 0)? as i128);
        let step = width(self.width);
        // Zeros at the end say nothing.
        let zeros = (self.width / 2).min(SCALE as usize);
        let power = POWERS[zeros];
        let counts = &self.counts[..=(last - first) as usize];
        Some(Parts { from: first * step / power, step: step / power, scale: SCALE - zeros as u32, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of these numbers, taken in by two and put together.
    fn parts(numbers: &[&str]) -> Option<(i128, i128, u32, Vec<u64>)> {
        let [mut one, mut two] = [Histogram::new(), Histogram::new()];
        for (index, number) in numbers.iter().enumerate() {
            let number = Decimal::parse(number.as_bytes()).unwrap().unwrap();
            [&mut one, &mut two][index % 3 / 2].add_times(number, 1);
        }
        one.merge(two);
        one.parts().map(|parts| (parts.from, parts.step, parts.scale, parts.counts.to_vec()))
    }

    #[test]
    fn widths_are_round_and_do_not_depend_on_the_order() {
        assert_eq!(parts(&["3"]), Some((3_000_000_000_000_000_000, 1, 18, vec![1])));
        // With 0.1 there would be 31 parts.
        let wanted = Some((-2, 2, 1, [&[1][..], &[0; 14], &[2]].concat()));
        assert_eq!(parts(&["-0.1", "2.9", "2.8"]), wanted);
        assert_eq!(parts(&["2.8", "-0.1", "2.9"]), wanted);
        assert_eq!(parts(&["0", "29", "1.5"]), Some((0, 1, 0, [&[1, 1][..], &[0; 27], &[1]].concat())));
        assert_eq!(parts(&["1000", "-1000"]), Some((-1000, 100, 0, [&[1][..], &[0; 19], &[1]].concat())));
        assert_eq!(parts(&["1e19", "1"]), None);
        assert_eq!(parts(&["1", "1e-19"]), None);
        assert_eq!(parts(&[]), None);
    }

    #[test]
    fn short_numbers_take_the_same_way() {
        let (mut fast, mut slow) = (Histogram::new(), Histogram::new());
        fast.rescale(2);
        let mut number = 1i64;
        for _ in 0..2000 {
            number = (number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)) >> 40;
            fast.add(number);
            let text = format!("{number}e-2");
            slow.add_times(Decimal::parse(text.as_bytes()).unwrap().unwrap(), 1);
        }
        let (fast, slow) = (fast.parts().unwrap(), slow.parts().unwrap());
        assert_eq!((fast.from, fast.step, fast.scale, fast.counts), (slow.from, slow.step, slow.scale, slow.counts));
        assert_eq!(fast.counts.iter().sum::<u64>(), 2000);
    }
}

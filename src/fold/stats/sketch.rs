//! Numbers rounded to three significant digits, and how often each is there.

use crate::error::Result;
use crate::fold::groups::held::Held;
use crate::fold::rounded::Rounded;

/// How many numbers of three significant digits have the same sign and exponent; the last place is for those that round
/// up to the next exponent.
const PLACES: usize = 901;
/// The most digits of a short number.
const DIGITS: usize = 19;
/// There is no page.
const NONE: u32 = u32::MAX / 2;

/// What has a rank is at most 0.5 % from the number that has it. Only depends on which numbers there are.
pub(super) struct Sketch {
    zeros: u64,
    pages: Vec<Page>,
    /// How often each number is there, page after page.
    times: Vec<u64>,
    /// Where the page of short numbers with this many digits after their first one begins, at the scale; negative ones come
    /// after the others.
    known: [u32; 2 * DIGITS],
    scale: u32,
}

/// The numbers of one sign and exponent.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Page {
    negative: bool,
    exponent: i32,
}

impl Sketch {
    pub fn new() -> Sketch {
        Sketch { zeros: 0, pages: Vec::new(), times: Vec::new(), known: [NONE; 2 * DIGITS], scale: 0 }
    }

    /// Short numbers have this many digits after the point from now on.
    pub fn rescale(&mut self, scale: u32) {
        self.scale = scale;
        self.known = [NONE; 2 * DIGITS];
    }

    /// Takes in a number of at most 18 digits without its point.
    #[inline(always)]
    pub fn add(&mut self, number: i64, held: &mut Held) -> Result<()> {
        let size = number.unsigned_abs();
        if size == 0 {
            self.zeros += 1;
            return Ok(());
        }
        let last = last_digit(size);
        let place = first_three(size, last) - 100;
        let begin = self.known[last + if number < 0 { DIGITS } else { 0 }] as usize;
        match self.times.get_mut(begin + place) {
            Some(times) => *times += 1,
            None => self.add_first(number < 0, last, place, held)?,
        }
        Ok(())
    }

    #[cold]
    fn add_first(&mut self, negative: bool, last: usize, place: usize, held: &mut Held) -> Result<()> {
        let exponent = last as i32 - self.scale as i32;
        let begin = self.page(Page { negative, exponent }, held)?;
        self.known[last + if negative { DIGITS } else { 0 }] = begin as u32;
        self.times[begin + place] += 1;
        Ok(())
    }

    /// Where the page of an exponent begins; it is added if it is new.
    fn page(&mut self, page: Page, held: &mut Held) -> Result<usize> {
        if let Some(found) = self.pages.iter().position(|own| *own == page) {
            return Ok(found * PLACES);
        }
        // The list is copied when it grows.
        held.take(2 * (PLACES * size_of::<u64>() + size_of::<Page>()))?;
        self.pages.push(page);
        self.times.resize(self.pages.len() * PLACES, 0);
        Ok(self.times.len() - PLACES)
    }

    /// Takes in a number that is there so often.
    pub fn add_times(&mut self, number: Rounded, times: u64, held: &mut Held) -> Result<()> {
        let Some((negative, digits, exponent)) = number.parts() else {
            self.zeros += times;
            return Ok(());
        };
        let begin = self.page(Page { negative, exponent }, held)?;
        self.times[begin + digits as usize - 100] += times;
        Ok(())
    }

    pub fn merge(&mut self, other: Sketch, held: &mut Held) -> Result<()> {
        self.zeros += other.zeros;
        for (page, times) in other.pages.into_iter().zip(other.times.chunks(PLACES)) {
            let begin = self.page(page, held)?;
            self.times[begin..].iter_mut().zip(times).for_each(|(own, other)| *own += other);
        }
        Ok(())
    }

    /// The numbers in order, each once, with how often it is there.
    pub fn numbers(&self) -> Vec<(Rounded, u64)> {
        let mut all = Vec::new();
        if self.zeros > 0 {
            all.push((Rounded::ZERO, self.zeros));
        }
        for (page, times) in self.pages.iter().zip(self.times.chunks(PLACES)) {
            for (place, times) in times.iter().enumerate().filter(|(_, times)| **times > 0) {
                all.push((Rounded::new(page.negative, place as i32 + 100, page.exponent), *times));
            }
        }
        all.sort_unstable_by_key(|(number, _)| *number);
        all.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            kept.1 += if same { later.1 } else { 0 };
            same
        });
        all
    }
}

/// Powers of ten.
const POWERS: [u64; 20] = {
    let mut powers = [1; 20];
    let mut at = 1;
    while at < 20 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// How many digits come after the first one of a number that is not zero.
#[inline(always)]
fn last_digit(size: u64) -> usize {
    // 1233 / 4096 is a little more than the logarithm of 2.
    let about = (((64 - size.leading_zeros()) * 1233) >> 12) as usize;
    about - usize::from(size < POWERS[about])
}

/// How many bits the numbers have that are divided: less than 10¹⁸ and half of 10¹⁵.
const BITS: u32 = 60;

/// What the high half of a product with a factor is shifted by is the quotient by a power of ten.
#[derive(Clone, Copy)]
struct Divide {
    half: u64,
    factor: u64,
    shift: u32,
}

const DIVIDE: [Divide; 17] = {
    let mut all = [Divide { half: 0, factor: 0, shift: 0 }; 17];
    // A number is not divided by one.
    let mut at = 1;
    while at < 17 {
        let by = POWERS[at] as u128;
        // The logarithm of the divisor, rounded up. The factor is too large by less than one part in 2 to the power of BITS.
        let log = 128 - (by - 1).leading_zeros();
        let shift = (BITS + log).saturating_sub(64);
        let factor = (1u128 << (64 + shift)).div_ceil(by);
        all[at] = Divide { half: (by / 2) as u64, factor: factor as u64, shift };
        at += 1;
    }
    all
};

/// The first three digits, rounded half away from zero: 100 to 1000.
#[inline(always)]
fn first_three(size: u64, last: usize) -> usize {
    if last <= 2 {
        return (size * POWERS[2 - last]) as usize;
    }
    let Divide { half, factor, shift } = DIVIDE[last - 2];
    let product = u128::from(size + half) * u128::from(factor);
    ((product >> 64) as u64 >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_a_division() {
        let mut size = 1u64;
        for step in 0..200_000u64 {
            size = (size.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step)) % 1_000_000_000_000_000_000;
            let number = (size / POWERS[(step % 18) as usize]).max(1);
            for number in [number, POWERS[(step % 18) as usize], POWERS[(step % 18) as usize + 1] - 1] {
                let last = number.ilog10();
                assert_eq!(last_digit(number), last as usize, "{number}");
                let wanted = match last {
                    0..2 => number * POWERS[2 - last as usize],
                    _ => (number + POWERS[last as usize - 2] / 2) / POWERS[last as usize - 2],
                };
                assert_eq!(first_three(number, last as usize) as u64, wanted, "{number}");
            }
        }
    }
}

//! Numbers rounded to three significant digits, and how often each is there.

use crate::error::Result;
use crate::fold::held::Held;
use crate::fold::rounded::Rounded;

/// How many numbers of three significant digits have the same sign and exponent; the last place is for those that round
/// up to the next exponent.
const PLACES: usize = 901;
/// The most digits of a short number.
const DIGITS: usize = 19;
/// There is no page.
const NONE: u16 = u16::MAX;

/// What has a rank is at most 0.5 % from the number that has it. Only depends on which numbers there are.
pub(super) struct Sketch {
    zeros: u64,
    pages: Vec<Page>,
    /// The page of short numbers with so many digits before their first one, at the scale; negative ones come after the
    /// others.
    known: [u16; 2 * DIGITS],
    scale: u32,
}

/// The numbers of one sign and exponent.
struct Page {
    negative: bool,
    exponent: i32,
    times: Box<[u64; PLACES]>,
}

impl Sketch {
    pub fn new() -> Sketch {
        Sketch { zeros: 0, pages: Vec::new(), known: [NONE; 2 * DIGITS], scale: 0 }
    }

    /// Short numbers have so many digits after the point from now on.
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
        let page = self.known[last + if number < 0 { DIGITS } else { 0 }];
        match self.pages.get_mut(usize::from(page)) {
            Some(page) => page.times[place] += 1,
            None => self.find(number < 0, last, held)?.times[place] += 1,
        }
        Ok(())
    }

    #[cold]
    fn find(&mut self, negative: bool, last: usize, held: &mut Held) -> Result<&mut Page> {
        let page = self.page(negative, last as i32 - self.scale as i32, held)?;
        self.known[last + if negative { DIGITS } else { 0 }] = page as u16;
        Ok(&mut self.pages[page])
    }

    /// Finds the page of an exponent, or adds it.
    fn page(&mut self, negative: bool, exponent: i32, held: &mut Held) -> Result<usize> {
        let found = self.pages.iter().position(|page| page.negative == negative && page.exponent == exponent);
        if let Some(found) = found {
            return Ok(found);
        }
        held.take(size_of::<[u64; PLACES]>() + 2 * size_of::<Page>())?;
        self.pages.push(Page { negative, exponent, times: Box::new([0; PLACES]) });
        Ok(self.pages.len() - 1)
    }

    /// Takes in a number that is there so often.
    pub fn add_times(&mut self, number: Rounded, times: u64, held: &mut Held) -> Result<()> {
        let Some((negative, digits, exponent)) = number.parts() else {
            self.zeros += times;
            return Ok(());
        };
        let page = self.page(negative, exponent, held)?;
        self.pages[page].times[digits as usize - 100] += times;
        Ok(())
    }

    pub fn merge(&mut self, other: Sketch, held: &mut Held) -> Result<()> {
        self.zeros += other.zeros;
        for page in other.pages {
            let own = self.page(page.negative, page.exponent, held)?;
            self.pages[own].times.iter_mut().zip(page.times.iter()).for_each(|(own, other)| *own += other);
        }
        Ok(())
    }

    /// The numbers in order, each once, with how often it is there.
    pub fn numbers(&self) -> Vec<(Rounded, u64)> {
        let mut all = Vec::new();
        if self.zeros > 0 {
            all.push((Rounded::ZERO, self.zeros));
        }
        for page in &self.pages {
            for (place, times) in page.times.iter().enumerate().filter(|(_, times)| **times > 0) {
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

/// Multiplying by this and shifting is the same as dividing by a power of ten.
#[derive(Clone, Copy)]
struct Divide {
    half: u64,
    factor: u64,
    shift: u32,
}

const DIVIDE: [Divide; 17] = {
    let mut all = [Divide { half: 0, factor: 0, shift: 0 }; 17];
    let mut at = 0;
    while at < 17 {
        let by = POWERS[at] as u128;
        // The logarithm of the divisor, rounded up.
        let log = 128 - (by - 1).leading_zeros();
        let shift = BITS + log;
        let factor = ((1u128 << shift) + by - 1) / by;
        all[at] = Divide { half: (by / 2) as u64, factor: factor as u64, shift };
        at += 1;
    }
    all
};

/// The first three digits, rounded half away from zero: 100 to 1000.
#[inline(always)]
fn first_three(size: u64, last: usize) -> usize {
    if last < 2 {
        return (size * POWERS[2 - last]) as usize;
    }
    let Divide { half, factor, shift } = DIVIDE[last - 2];
    ((u128::from(size + half) * u128::from(factor)) >> shift) as usize
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

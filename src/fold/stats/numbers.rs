//! What is calculated from the numbers of a column, in one go.

use std::cmp::Ordering;

use crate::error::Result;
use crate::expr::decimal::{Decimal, Small};
use crate::fold::groups::exact::Exact;
use crate::fold::groups::given::{MOST, Number};
use crate::fold::groups::held::Held;
use crate::fold::rounded::Rounded;
use crate::fold::stats::histogram::Histogram;
use crate::fold::stats::sketch::Sketch;

/// The numbers of a column.
///
/// Most numbers are short. They are brought to one scale, which is that of the number with the most digits after the
/// point so far: then integers are compared and added up. What is too long for that goes another way, with the same result.
pub(super) struct Numbers {
    pub count: u64,
    scale: u32,
    /// Short numbers between these need not be compared with the smallest and the largest, and neither need those that
    /// are equal and have at least this many digits after the point.
    low: Gate,
    high: Gate,
    pub min: Option<Extreme>,
    pub max: Option<Extreme>,
    /// Of short numbers, at the scale, and of their squares at twice that, as far as they are not in the sums.
    sum: i128,
    squares: u128,
    sums: [Exact; 2],
    pub sketch: Sketch,
    pub histogram: Histogram,
}

/// An integer at the scale, and the digits after the point that it was written with.
#[derive(Clone, Copy)]
struct Gate {
    number: i64,
    scale: u32,
}

/// A number as it was written.
#[derive(Clone)]
pub(super) enum Extreme {
    Short(i64, u32),
    Long(Box<[u8]>),
}

impl Extreme {
    fn of(number: Number<'_>) -> Extreme {
        match number {
            Number::Short(mantissa, scale) => Extreme::Short(mantissa, scale),
            Number::Long(text) => Extreme::Long(text.into()),
            Number::Null => Extreme::Short(0, 0),
        }
    }

    pub fn number(&self) -> Number<'_> {
        match self {
            Extreme::Short(mantissa, scale) => Number::Short(*mantissa, *scale),
            Extreme::Long(text) => Number::Long(text),
        }
    }
}

/// How numbers of one value are ordered, so that it does not matter which came first: those with fewer digits after the
/// point first, then shorter texts, then by their bytes.
pub(super) fn tie(one: Number<'_>, two: Number<'_>) -> Ordering {
    match (one, two) {
        (Number::Short(_, one), Number::Short(_, two)) => one.cmp(&two),
        (Number::Short(..), _) => Ordering::Less,
        (_, Number::Short(..)) => Ordering::Greater,
        (Number::Long(one), Number::Long(two)) => one.len().cmp(&two.len()).then(one.cmp(two)),
        _ => Ordering::Equal,
    }
}

/// What a short number is multiplied with to have more digits after the point, and the largest that stays short.
const RAISE: [(i64, u64); 19] = {
    let mut raise = [(1, MOST - 1); 19];
    let mut at = 1;
    while at < 19 {
        raise[at].0 = raise[at - 1].0 * 10;
        raise[at].1 = (MOST - 1) / raise[at].0 as u64;
        at += 1;
    }
    raise
};

impl Numbers {
    pub fn new() -> Numbers {
        Numbers {
            count: 0,
            scale: 0,
            low: Gate { number: i64::MAX, scale: 0 },
            high: Gate { number: i64::MIN, scale: 0 },
            min: None,
            max: None,
            sum: 0,
            squares: 0,
            sums: [Exact::default(), Exact::default()],
            sketch: Sketch::new(),
            histogram: Histogram::new(),
        }
    }

    /// Takes in a short number.
    #[inline(always)]
    pub fn add(&mut self, mantissa: i64, scale: u32, held: &mut Held) -> Result<()> {
        if scale > self.scale {
            self.rescale(scale, held)?;
        }
        let (factor, most) = RAISE[(self.scale - scale) as usize];
        if mantissa.unsigned_abs() > most {
            return self.add_times(Number::Short(mantissa, scale), 1, held);
        }
        let number = mantissa * factor;
        self.count += 1;
        let below = number < self.low.number || number == self.low.number && scale < self.low.scale;
        let above = number > self.high.number || number == self.high.number && scale < self.high.scale;
        if below || above {
            self.compare(Number::Short(mantissa, scale));
        }
        self.sum += i128::from(number);
        let size = u128::from(number.unsigned_abs());
        self.squares += size * size;
        if self.squares > i128::MAX as u128 {
            self.flush(held)?;
        }
        self.histogram.add(number);
        self.sketch.add(number, held)
    }

    /// Takes in any number that is there so often.
    #[cold]
    pub fn add_times(&mut self, number: Number<'_>, times: u64, held: &mut Held) -> Result<()> {
        self.count += times;
        self.compare(number);
        let [sum, squares] = &mut self.sums;
        sum.add_times(number, times, held);
        squares.add_square_times(number, times, held);
        let rounded = match number {
            Number::Short(mantissa, scale) => Rounded::short(mantissa, scale),
            Number::Long(text) => Rounded::of_text(text),
            Number::Null => Rounded::ZERO,
        };
        self.histogram.add_times(number.decimal(), times);
        self.sketch.add_times(rounded, times, held)
    }

    /// The next numbers have more digits after the point.
    #[cold]
    fn rescale(&mut self, scale: u32, held: &mut Held) -> Result<()> {
        self.flush(held)?;
        self.scale = scale;
        self.sketch.rescale(scale);
        self.histogram.rescale(scale);
        self.set_gates();
        Ok(())
    }

    /// Adds to the sums what is not in them.
    ///
    /// # Errors
    /// There is no memory.
    pub fn flush(&mut self, held: &mut Held) -> Result<()> {
        let [sum, squares] = &mut self.sums;
        sum.add_small(std::mem::take(&mut self.sum), self.scale, held);
        let rest = std::mem::take(&mut self.squares);
        // Half of it fits in any case.
        squares.add_small((rest / 2) as i128, 2 * self.scale, held);
        squares.add_small((rest - rest / 2) as i128, 2 * self.scale, held);
        // A long sum may have taken memory.
        held.take(0)
    }

    /// Keeps a number if it is the smallest or the largest.
    #[inline(never)]
    fn compare(&mut self, number: Number<'_>) {
        let value = number.decimal();
        let order = |kept: &Extreme| {
            let kept = kept.number();
            (value.compare(kept.decimal()), tie(number, kept))
        };
        let is_min = self.min.as_ref().is_none_or(|min| {
            let (order, tie) = order(min);
            order.then(tie).is_lt()
        });
        let is_max = self.max.as_ref().is_none_or(|max| {
            let (order, tie) = order(max);
            order.is_gt() || order.is_eq() && tie.is_lt()
        });
        if is_min {
            self.min = Some(Extreme::of(number));
        }
        if is_max {
            self.max = Some(Extreme::of(number));
        }
        if is_min || is_max {
            self.set_gates();
        }
    }

    fn set_gates(&mut self) {
        let all = Gate { number: i64::MAX, scale: 0 };
        self.low = self.min.as_ref().map_or(all, |min| gate(min, self.scale, i64::MAX));
        let all = Gate { number: i64::MIN, scale: 0 };
        self.high = self.max.as_ref().map_or(all, |max| gate(max, self.scale, i64::MIN));
    }

    pub fn merge(&mut self, mut other: Numbers, held: &mut Held) -> Result<()> {
        self.flush(held)?;
        other.flush(held)?;
        self.count += other.count;
        [other.min, other.max].iter().flatten().for_each(|extreme| self.compare(extreme.number()));
        let [sum, squares] = other.sums;
        self.sums[0].merge(&sum, held);
        self.sums[1].merge(&squares, held);
        self.histogram.merge(other.histogram);
        self.sketch.merge(other.sketch, held)
    }

    /// The sum, and that of the squares, of what was [flushed](Self::flush).
    pub fn sums(&self) -> &[Exact; 2] {
        &self.sums
    }
}

/// The gate of a number, at a scale. What can't be had at that scale is below or above all numbers, or `open`: every
/// number is compared with it.
fn gate(kept: &Extreme, scale: u32, open: i64) -> Gate {
    let far = |number: i64| Gate { number, scale: 0 };
    if let Extreme::Short(mantissa, own) = *kept
        && let Some((factor, most)) = scale.checked_sub(own).and_then(|more| RAISE.get(more as usize))
        && mantissa.unsigned_abs() <= *most
    {
        return Gate { number: mantissa * factor, scale: own };
    }
    let end = |mantissa: i128| Decimal::Small(Small { mantissa, scale });
    let value = kept.number().decimal();
    if value.compare(end(-i128::from(MOST))).is_lt() {
        return far(i64::MIN);
    }
    if value.compare(end(i128::from(MOST))).is_gt() {
        return far(i64::MAX);
    }
    far(open)
}

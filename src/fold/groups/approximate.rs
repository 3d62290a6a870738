//! `approx_distinct`, `approx_quantile`: a little memory for each group, however many values it has.
//!
//! Both only depend on which values there are, not on their order: slices, workers and merging change nothing.

use twox_hash::XxHash3_64;

use crate::error::{RecordError, Result};
use crate::expr::decimal::{Decimal, ROOM};
use crate::fold::groups::column::{At, State};
use crate::fold::groups::count::number;
use crate::fold::groups::exact;
use crate::fold::groups::given::Number;
use crate::fold::groups::held::Held;
use crate::fold::groups::kept::parts;
use crate::fold::groups::share::Share;
use crate::memory::Arena;
use crate::record::Value;

/// How many bits of a hash choose a register.
const BITS: u32 = 14;
const REGISTERS: usize = 1 << BITS;
/// How many bits are left.
const REST: usize = (u64::BITS - BITS) as usize;
/// Up to this many different values are counted exactly.
const EXACT: usize = 1024;

/// About how many different values there are: HyperLogLog with 2¹⁴ registers and the estimator of Ertl (2017), which needs
/// no tables. Its standard error is 0.81 %. Up to [`EXACT`] values are counted exactly.
#[derive(Default)]
pub(super) struct Distinct {
    /// Hashes, while there are few; the first `known` are in order.
    hashes: Vec<u64>,
    known: usize,
    /// For each register the most zeros, and one, that the rest of a hash begins with.
    registers: Option<Box<[u8]>>,
}

impl Distinct {
    #[inline]
    fn add_hash(&mut self, hash: u64, held: &mut Held) -> Result<()> {
        if let Some(registers) = &mut self.registers {
            note(registers, hash);
            return Ok(());
        }
        if self.hashes[..self.known].binary_search(&hash).is_ok() {
            return Ok(());
        }
        if self.hashes.len() == self.hashes.capacity() {
            return self.add_more(hash, held);
        }
        self.hashes.push(hash);
        Ok(())
    }

    #[cold]
    fn add_more(&mut self, hash: u64, held: &mut Held) -> Result<()> {
        self.settle_hashes();
        if self.hashes.len() > EXACT {
            return self.estimate(held).map(|()| self.registers.iter_mut().for_each(|registers| note(registers, hash)));
        }
        if 4 * self.hashes.len() >= 3 * self.hashes.capacity() {
            let more = self.hashes.capacity().max(4);
            held.take(more * size_of::<u64>())?;
            self.hashes.reserve_exact(self.hashes.capacity() + more - self.hashes.len());
        }
        self.hashes.push(hash);
        Ok(())
    }

    /// Each hash once, in order.
    fn settle_hashes(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.known = self.hashes.len();
    }

    /// Goes over to registers.
    fn estimate(&mut self, held: &mut Held) -> Result<()> {
        held.take(REGISTERS)?;
        let mut registers = vec![0; REGISTERS].into_boxed_slice();
        self.hashes.iter().for_each(|hash| note(&mut registers, *hash));
        held.give(self.hashes.capacity() * size_of::<u64>());
        (self.hashes, self.known, self.registers) = (Vec::new(), 0, Some(registers));
        Ok(())
    }
}

#[inline(always)]
fn note(registers: &mut [u8], hash: u64) {
    let register = &mut registers[(hash >> REST) as usize];
    let zeros = ((hash << BITS).leading_zeros() as usize).min(REST) + 1;
    *register = (*register).max(zeros as u8);
}

/// How many different hashes the registers have seen.
fn estimated(registers: &[u8]) -> u64 {
    let mut counts = [0u32; REST + 2];
    registers.iter().for_each(|zeros| counts[usize::from(*zeros)] += 1);
    let all = registers.len() as f64;
    let mut sum = all * tau(1.0 - f64::from(counts[REST + 1]) / all);
    for count in counts[1..=REST].iter().rev() {
        sum = 0.5 * (sum + f64::from(*count));
    }
    sum += all * sigma(f64::from(counts[0]) / all);
    (all * all / (2.0 * std::f64::consts::LN_2 * sum)).round() as u64
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * y;
        y += y;
        if sum == before {
            return sum;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        y *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * y;
        if sum == before {
            return sum / 3.0;
        }
    }
}

impl State for Distinct {
    type Item<'a> = Value<'a>;
    type How = ();

    #[inline]
    fn add(&mut self, value: Value<'_>, _: At, (): &(), held: &mut Held) -> Result<()> {
        let mut room = [0; 32];
        let (_, text) = parts(value, &mut room);
        // The same everywhere and in every version.
        self.add_hash(XxHash3_64::oneshot(text), held)
    }

    fn merge(&mut self, mut other: Distinct, (): &(), held: &mut Held) -> Result<()> {
        if self.registers.is_none() && other.registers.is_some() {
            std::mem::swap(self, &mut other);
            held.take(REGISTERS)?;
        }
        match (&mut self.registers, &other.registers) {
            (Some(own), Some(others)) => own.iter_mut().zip(others).for_each(|(own, other)| *own = (*own).max(*other)),
            _ => other.hashes.iter().try_for_each(|hash| self.add_hash(*hash, held))?,
        }
        Ok(())
    }

    fn settle(&mut self, (): &(), held: &mut Held) -> Result<()> {
        self.settle_hashes();
        if self.hashes.len() > EXACT { self.estimate(held) } else { Ok(()) }
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        number(self.registers.as_ref().map_or(self.hashes.len() as u64, |registers| estimated(registers)), arena)
    }
}

/// The numbers of a group, rounded to three significant digits: those that are then alike are counted together. What has a
/// rank is at most 0.5 % from the number that has it.
#[derive(Default)]
pub(super) struct Quantile {
    /// In order.
    counts: Vec<(Rounded, u64)>,
}

/// A number of three significant digits; the order of these integers is that of the numbers. 0 is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rounded(i32);

/// The least exponent; numbers have at most 150 digits after the point.
const LEAST: i32 = -200;

impl Rounded {
    /// `digits` from 100 to 1000, of which the first is that of `10^exponent`.
    fn new(negative: bool, digits: i32, exponent: i32) -> Rounded {
        let (digits, exponent) = if digits == 1000 { (100, exponent + 1) } else { (digits, exponent) };
        let size = (exponent - LEAST) * 900 + digits - 100 + 1;
        Rounded(if negative { -size } else { size })
    }

    #[inline]
    fn short(mantissa: i64, scale: u32) -> Rounded {
        let size = mantissa.unsigned_abs();
        let Some(last) = size.checked_ilog10() else { return Rounded(0) };
        let digits = match last {
            0..=2 => size * 10u64.pow(2 - last),
            _ => {
                let divisor = 10u64.pow(last - 2);
                (size + divisor / 2) / divisor
            }
        };
        Rounded::new(mantissa < 0, digits as i32, last as i32 - scale as i32)
    }

    #[cold]
    fn of(number: Decimal) -> Rounded {
        let mut room = [0; ROOM];
        let text = number.text(&mut room);
        let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
        let Some(first) = text.iter().position(|byte| matches!(byte, b'1'..=b'9')) else { return Rounded(0) };
        let mut after = text[first..].iter().filter(|byte| **byte != b'.').map(|byte| i32::from(byte - b'0'));
        let [one, two, three, four] = [(); 4].map(|()| after.next().unwrap_or(0));
        let digits = one * 100 + two * 10 + three + i32::from(four >= 5);
        let exponent = point as i32 - first as i32 - i32::from(first < point);
        Rounded::new(number.is_negative(), digits, exponent)
    }

    fn value(self, arena: &Arena) -> Result<Value<'_>, RecordError> {
        if self.0 == 0 {
            return exact::text(false, b"0".to_vec(), 0, arena);
        }
        let size = self.0.abs() - 1;
        let (mut digits, exponent) = (size % 900 + 100, size / 900 + LEAST);
        let mut scale = i64::from(2 - exponent);
        while digits % 10 == 0 && scale > 0 {
            digits /= 10;
            scale -= 1;
        }
        exact::text(self.0 < 0, digits.to_string().into_bytes(), scale, arena)
    }
}

impl Quantile {
    #[inline]
    fn count(&mut self, number: Rounded, times: u64, held: &mut Held) -> Result<()> {
        match self.counts.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(place) => self.counts[place].1 += times,
            Err(place) => {
                if self.counts.len() == self.counts.capacity() {
                    let more = self.counts.len().max(4);
                    held.take(more * size_of::<(Rounded, u64)>())?;
                    self.counts.reserve_exact(more);
                }
                self.counts.insert(place, (number, times));
            }
        }
        Ok(())
    }
}

impl State for Quantile {
    type Item<'a> = Number<'a>;
    type How = Share;

    #[inline]
    fn add(&mut self, number: Number<'_>, _: At, _: &Share, held: &mut Held) -> Result<()> {
        let number = match number {
            Number::Short(mantissa, scale) => Rounded::short(mantissa, scale),
            number => Rounded::of(number.decimal()),
        };
        self.count(number, 1, held)
    }

    fn merge(&mut self, other: Quantile, _: &Share, held: &mut Held) -> Result<()> {
        other.counts.into_iter().try_for_each(|(number, times)| self.count(number, times, held))
    }

    fn result<'a>(&self, share: &Share, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        let count: u64 = self.counts.iter().map(|(_, times)| times).sum();
        let mut left = share.rank(count);
        for (number, times) in &self.counts {
            if left <= u128::from(*times) {
                return number.value(arena);
            }
            left -= u128::from(*times);
        }
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Budget;

    fn text(value: Value<'_>) -> String {
        match value {
            Value::Number(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn different_values_are_estimated() {
        let budget = Budget::new(1 << 30);
        let mut held = Held::new(&budget, 0);
        for count in [0, 1, 1000, 1024, 1025, 20_000, 41_000, 300_000] {
            let (mut one, mut two) = (Distinct::default(), Distinct::default());
            for number in 0..count {
                let text = format!("user {number}");
                let state = if number % 3 == 0 { &mut one } else { &mut two };
                state.add(Value::Text(text.as_bytes()), At::default(), &(), &mut held).unwrap();
                one.add(Value::Text(text.as_bytes()), At::default(), &(), &mut held).unwrap();
            }
            one.merge(two, &(), &mut held).unwrap();
            one.settle(&(), &mut held).unwrap();
            let arena = Arena::new(1 << 10, 1 << 20);
            let found: f64 = text(one.result(&(), &arena).unwrap()).parse().unwrap();
            let most = if count <= EXACT { 0.0 } else { 0.025 * count as f64 };
            assert!((found - count as f64).abs() <= most, "{count}: {found}");
        }
    }

    #[test]
    fn numbers_are_rounded_to_three_digits() {
        let arena = Arena::new(1 << 10, 1 << 20);
        let short = |mantissa, scale| text(Rounded::short(mantissa, scale).value(&arena).unwrap());
        let cases = [
            (0, 0, "0"),
            (5, 0, "5"),
            (-1234, 2, "-12.3"),
            (9995, 1, "1000"),
            (100, 2, "1"),
            (12_350, 0, "12400"),
            (123, 17, "0.00000000000000123"),
        ];
        for (mantissa, scale, wanted) in cases {
            assert_eq!(short(mantissa, scale), wanted);
        }
        let long = |number: &str| {
            text(Rounded::of(Decimal::parse(number.as_bytes()).unwrap().unwrap()).value(&arena).unwrap())
        };
        assert_eq!(long("1.2351e30"), "1240000000000000000000000000000");
        assert_eq!(long("-9.999e-20"), "-0.0000000000000000001");
        assert_eq!(long("0.0000"), "0");
        assert!(Rounded::short(-2, 0) < Rounded::short(-1, 0) && Rounded::short(999, 3) < Rounded::short(1, 0));
    }
}

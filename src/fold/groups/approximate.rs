//! `approx_distinct`, `approx_quantile`: a little memory for each group, however many values it has.
//!
//! Both only depend on which values there are, not on their order: slices, workers and merging change nothing.

use crate::error::{RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::column::State;
use crate::fold::groups::count::number;
use crate::fold::groups::given::Number;
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::kept::parts;
use crate::fold::groups::saved::{Out, Saved};
use crate::fold::groups::share::Share;
use crate::fold::groups::whole::{Join, Whole};
use crate::fold::registers::{Hashed, REGISTERS, estimated, note};
use crate::fold::rounded::Rounded;
use crate::memory::Arena;
use crate::record::Value;

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

impl State for Distinct {
    type Item<'a> = Value<'a>;
    type How = ();

    #[inline]
    fn add(&mut self, value: Value<'_>, _: At, (): &(), held: &mut Held) -> Result<()> {
        let mut room = [0; 32];
        let (_, text) = parts(value, &mut room);
        self.add_hash(Hashed::of(text).hash, held)
    }

    fn merge(&mut self, other: &mut Distinct, (): &(), held: &mut Held) -> Result<()> {
        if self.registers.is_none() && other.registers.is_some() {
            held.take(REGISTERS)?;
            std::mem::swap(self, other);
        }
        match (&mut self.registers, &other.registers) {
            (Some(own), Some(others)) => own.iter_mut().zip(others).for_each(|(own, other)| *own = (*own).max(*other)),
            _ => other.hashes.iter().try_for_each(|hash| self.add_hash(*hash, held))?,
        }
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        match &self.registers {
            Some(registers) => {
                out.put(&u32::MAX.to_le_bytes())?;
                out.put(registers)
            }
            None => {
                out.put(&(self.hashes.len() as u32).to_le_bytes())?;
                self.hashes.iter().try_for_each(|hash| out.number(*hash))
            }
        }
    }

    fn joined((): &()) -> Box<dyn Joined> {
        Join::<Distinct>::boxed(&())
    }

    fn settle(&mut self, (): &(), held: &mut Held) -> Result<()> {
        self.settle_hashes();
        if self.hashes.len() > EXACT { self.estimate(held) } else { Ok(()) }
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        number(self.registers.as_ref().map_or(self.hashes.len() as u64, |registers| estimated(registers)), arena)
    }
}

impl Whole for Distinct {
    fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Distinct> {
        match u32::from_le_bytes(from.array()?) {
            u32::MAX => {
                held.take(REGISTERS)?;
                Ok(Distinct { registers: Some(from.bytes(REGISTERS)?.into()), ..Distinct::default() })
            }
            count => {
                held.take(count as usize * size_of::<u64>())?;
                let hashes = (0..count).map(|_| from.number()).collect::<Result<_>>()?;
                Ok(Distinct { hashes, ..Distinct::default() })
            }
        }
    }
}

/// The numbers of a group, rounded to three significant digits: those that are then alike are counted together. What has a
/// rank is at most 0.5 % from the number that has it.
#[derive(Default)]
pub(super) struct Quantile {
    /// In order.
    counts: Vec<(Rounded, u64)>,
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
            Number::Long(text) => Rounded::of_text(text),
            Number::Null => Rounded::ZERO,
        };
        self.count(number, 1, held)
    }

    fn merge(&mut self, other: &mut Quantile, _: &Share, held: &mut Held) -> Result<()> {
        while let Some((number, times)) = other.counts.last() {
            self.count(*number, *times, held)?;
            other.counts.pop();
        }
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        out.put(&(self.counts.len() as u32).to_le_bytes())?;
        self.counts.iter().try_for_each(|(number, times)| {
            out.put(&number.0.to_le_bytes())?;
            out.number(*times)
        })
    }

    fn joined(share: &Share) -> Box<dyn Joined> {
        Join::<Quantile>::boxed(share)
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

impl Whole for Quantile {
    fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Quantile> {
        let count = u32::from_le_bytes(from.array()?);
        held.take(count as usize * size_of::<(Rounded, u64)>())?;
        let mut one = || Ok((Rounded(i32::from_le_bytes(from.array()?)), from.number()?));
        Ok(Quantile { counts: (0..count).map(|_| one()).collect::<Result<_>>()? })
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
            one.merge(&mut two, &(), &mut held).unwrap();
            one.settle(&(), &mut held).unwrap();
            let arena = Arena::new(1 << 10, 1 << 20);
            let found: f64 = text(one.result(&(), &arena).unwrap()).parse().unwrap();
            let most = if count <= EXACT { 0.0 } else { 0.025 * count as f64 };
            assert!((found - count as f64).abs() <= most, "{count}: {found}");
        }
    }
}

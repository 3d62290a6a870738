//! `quantile`, `median`: a value by its rank.

use std::cmp::Ordering;

use crate::error::{RecordError, Result};
use crate::fold::groups::column::{At, State};
use crate::fold::number::{Number, decimal};
use crate::fold::held::Held;
use crate::fold::kept::copied;
use crate::fold::groups::packed::{Packed, Tight};
use crate::fold::groups::ranked::Ranked;
use crate::fold::groups::share::Share;
use crate::memory::Arena;
use crate::record::Value;

/// How many long numbers are put in order together at least, once there are so many.
const FEW: usize = 4;

/// All numbers of a group, each of those that are written alike once, with how often it is there.
#[derive(Default)]
pub(super) struct Quantile {
    /// Most numbers: those with few digits.
    tight: Ranked<Tight>,
    /// Others that are short.
    short: Ranked<Packed>,
    /// Those that are not, in no order.
    long: Vec<(Box<[u8]>, u64)>,
    /// How many of `long` are in order, each once.
    known: usize,
}

impl Quantile {
    /// Puts the long ones in order: by their value, and of one value the shorter first.
    fn order_long(&mut self) {
        self.long.sort_unstable_by(|(one, _), (two, _)| order_of_long(one, two));
        self.long.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            kept.1 += if same { later.1 } else { 0 };
            same
        });
        self.known = self.long.len();
    }

    #[cold]
    fn add_long(&mut self, text: &[u8], times: u64, held: &mut Held) -> Result<()> {
        let known = self.long[..self.known].binary_search_by(|(one, _)| order_of_long(one, text));
        if let Ok(place) = known {
            self.long[place].1 += times;
            return Ok(());
        }
        if self.long.len() >= (2 * self.known).max(FEW) {
            self.order_long();
        }
        if self.long.len() == self.long.capacity() {
            let more = self.long.len().max(FEW);
            held.take(more * size_of::<(Box<[u8]>, u64)>())?;
            self.long.reserve_exact(more);
        }
        held.take(text.len() + ALLOCATION)?;
        self.long.push((text.into(), times));
        Ok(())
    }

    /// How many numbers there are.
    fn count(&self) -> u64 {
        self.tight.count() + self.short.count() + self.long.iter().map(|(_, times)| times).sum::<u64>()
    }
}

/// What a block of the heap takes beside its content.
const ALLOCATION: usize = 16;

fn order_of_long(one: &[u8], two: &[u8]) -> Ordering {
    decimal(one).compare(decimal(two)).then(one.len().cmp(&two.len())).then(one.cmp(two))
}

/// The order of numbers of different kinds: by their value, and of one value the one with fewer digits after the point, or
/// the short one, first.
fn order_of(one: Number<'_>, two: Number<'_>) -> Ordering {
    let places = |number: Number<'_>| match number {
        Number::Short(_, scale) => scale,
        _ => u32::MAX,
    };
    one.decimal().compare(two.decimal()).then(places(one).cmp(&places(two)))
}

impl State for Quantile {
    type Item<'a> = Number<'a>;
    type How = Share;

    #[inline(always)]
    fn add(&mut self, number: Number<'_>, _: At, _: &Share, held: &mut Held) -> Result<()> {
        match number {
            Number::Short(mantissa, scale) => match Tight::new(mantissa, scale) {
                Some(number) => self.tight.add(number, held),
                None => self.short.add(Packed::new(mantissa, scale), held),
            },
            Number::Long(text) => self.add_long(text, 1, held),
            Number::Null => Ok(()),
        }
    }

    fn merge(&mut self, mut other: Quantile, _: &Share, held: &mut Held) -> Result<()> {
        self.tight.merge(other.tight, held)?;
        self.short.merge(other.short, held)?;
        std::mem::take(&mut other.long).iter().try_for_each(|(text, times)| self.add_long(text, *times, held))
    }

    fn settle(&mut self, _: &Share, held: &mut Held) -> Result<()> {
        self.tight.order(held)?;
        self.short.order(held)?;
        self.order_long();
        Ok(())
    }

    fn result<'a>(&self, share: &Share, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        let mut left = share.rank(self.count());
        let mut tight = self.tight.sorted.iter().map(|one| (one.number.number(), one.times)).peekable();
        let mut short = self.short.sorted.iter().map(|one| (one.number.number(), one.times)).peekable();
        let mut long = self.long.iter().map(|(text, times)| (Number::Long(text), *times)).peekable();
        loop {
            let firsts = [tight.peek(), short.peek(), long.peek()].map(|first| first.copied());
            let next = firsts.iter().enumerate().filter_map(|(kind, first)| first.map(|first| (kind, first)));
            let Some((kind, (number, times))) = next.min_by(|(_, (one, _)), (_, (two, _))| order_of(*one, *two)) else {
                return Ok(Value::Null);
            };
            if left <= u128::from(times) {
                return match number {
                    Number::Short(mantissa, scale) => Packed::new(mantissa, scale).value(arena),
                    Number::Long(text) => Ok(Value::Number(copied(text, arena)?)),
                    Number::Null => Ok(Value::Null),
                };
            }
            left -= u128::from(times);
            match kind {
                0 => drop(tight.next()),
                1 => drop(short.next()),
                _ => drop(long.next()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Budget;

    /// The rank-th smallest of numbers, given to two workers.
    fn quantile(numbers: &[(i64, u32)], long: &[&str], share: Share) -> String {
        let budget = Budget::new(1 << 30);
        let mut held = Held::new(&budget, &crate::fold::groups::GROUPS);
        let (mut one, mut two) = (Quantile::default(), Quantile::default());
        for (index, (mantissa, scale)) in numbers.iter().enumerate() {
            let state = if index % 3 == 0 { &mut two } else { &mut one };
            state.add(Number::Short(*mantissa, *scale), At::default(), &share, &mut held).unwrap();
        }
        for (index, text) in long.iter().enumerate() {
            let state = if index % 2 == 0 { &mut two } else { &mut one };
            state.add(Number::Long(text.as_bytes()), At::default(), &share, &mut held).unwrap();
        }
        one.merge(two, &share, &mut held).unwrap();
        one.settle(&share, &mut held).unwrap();
        let arena = Arena::new(1 << 10, 1 << 20);
        match one.result(&share, &arena).unwrap() {
            Value::Number(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_nearest_rank_is_given_as_it_was_written() {
        let share = |part| Share { part, whole: 100 };
        // 1, 1.0, 2, 30 and 100: with 40 % at or below it is the second.
        let numbers = [(30, 0), (1, 0), (10, 1), (2, 0), (100, 0)];
        assert_eq!(quantile(&numbers, &[], share(0)), "1");
        assert_eq!(quantile(&numbers, &[], share(40)), "1.0");
        assert_eq!(quantile(&numbers, &[], share(41)), "2");
        assert_eq!(quantile(&numbers, &[], share(100)), "100");
        assert_eq!(quantile(&numbers, &["1e30", "-0", "3e1"], share(50)), "2");
        assert_eq!(quantile(&numbers, &["1e30", "-0", "3e1"], share(75)), "3e1");
        assert_eq!(quantile(&numbers, &["1e30", "-0", "3e1"], share(1)), "-0");
        assert_eq!(quantile(&numbers, &["1e30", "-0", "3e1"], share(100)), "1e30");
        assert_eq!(quantile(&[], &[], share(50)), "Null");
    }

    #[test]
    fn many_numbers_are_in_order() {
        // 0 to 9999, each three times and in no order; the middle of 30,000 is the 15,000th.
        let numbers: Vec<(i64, u32)> = (0..30_000).map(|n| (n * 7919 % 10_000, 0)).collect();
        assert_eq!(quantile(&numbers, &[], Share { part: 1, whole: 2 }), "4999");
        assert_eq!(quantile(&numbers, &[], Share { part: 1, whole: 10_000 }), "0");
        assert_eq!(quantile(&numbers, &[], Share { part: 95, whole: 100 }), "9499");
    }
}

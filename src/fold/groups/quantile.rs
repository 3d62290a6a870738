//! `quantile`, `median`: a value by its rank.

use std::cmp::Ordering;

use crate::error::{RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::column::{Put, State};
use crate::fold::groups::given::{Number, decimal};
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::kept::copied;
use crate::fold::groups::number::{Packed, Tight};
use crate::fold::groups::ranked::{ALLOCATION, Ranked};
use crate::fold::groups::ranks::{Ranks, Writing};
use crate::fold::groups::saved::Out;
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

    fn merge(&mut self, other: &mut Quantile, _: &Share, held: &mut Held) -> Result<()> {
        self.tight.merge(&mut other.tight, held)?;
        self.short.merge(&mut other.short, held)?;
        other.known = 0;
        while let Some((text, times)) = other.long.last() {
            self.add_long(text, *times, held)?;
            other.long.pop();
        }
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        out.number(self.count())
    }

    fn entries(&mut self, put: &mut Put<'_>) -> Result<()> {
        self.order_long();
        let tight = self.tight.in_order().map(|(number, times)| (number.number(), times));
        let short = self.short.in_order().map(|(number, times)| (number.number(), times));
        let long = self.long.iter().map(|(text, times)| (Number::Long(text), *times));
        let mut writing = Writing::new();
        in_order(tight, short, long).try_for_each(|(number, times)| writing.number(number, times, put))
    }

    fn joined(share: &Share) -> Box<dyn Joined> {
        Ranks::boxed(*share)
    }

    fn settle(&mut self, _: &Share, held: &mut Held) -> Result<()> {
        self.tight.order(held)?;
        self.short.order(held)?;
        self.order_long();
        Ok(())
    }

    fn result<'a>(&self, share: &Share, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        let mut left = share.rank(self.count());
        let tight = self.tight.sorted.iter().map(|one| (one.number.number(), one.times));
        let short = self.short.sorted.iter().map(|one| (one.number.number(), one.times));
        let long = self.long.iter().map(|(text, times)| (Number::Long(text), *times));
        for (number, times) in in_order(tight, short, long) {
            if left <= u128::from(times) {
                return match number {
                    Number::Short(mantissa, scale) => Packed::new(mantissa, scale).value(arena),
                    Number::Long(text) => Ok(Value::Number(copied(text, arena)?)),
                    Number::Null => Ok(Value::Null),
                };
            }
            left -= u128::from(times);
        }
        Ok(Value::Null)
    }
}

/// Numbers of three kinds, each of which are in order, in order together.
fn in_order<'n>(
    tight: impl Iterator<Item = (Number<'n>, u64)>,
    short: impl Iterator<Item = (Number<'n>, u64)>,
    long: impl Iterator<Item = (Number<'n>, u64)>,
) -> impl Iterator<Item = (Number<'n>, u64)> {
    let (mut tight, mut short, mut long) = (tight.peekable(), short.peekable(), long.peekable());
    std::iter::from_fn(move || {
        let firsts = [tight.peek(), short.peek(), long.peek()].map(|first| first.copied());
        let next = firsts.iter().enumerate().filter_map(|(kind, first)| first.map(|first| (kind, first.0)));
        match next.min_by(|(_, one), (_, two)| order_of(*one, *two))?.0 {
            0 => tight.next(),
            1 => short.next(),
            _ => long.next(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Budget;

    /// The rank-th smallest of numbers, given to two workers.
    fn quantile(numbers: &[(i64, u32)], long: &[&str], share: Share) -> String {
        let budget = Budget::new(1 << 30);
        let mut held = Held::new(&budget);
        let (mut one, mut two) = (Quantile::default(), Quantile::default());
        for (index, (mantissa, scale)) in numbers.iter().enumerate() {
            let state = if index % 3 == 0 { &mut two } else { &mut one };
            state.add(Number::Short(*mantissa, *scale), At::default(), &share, &mut held).unwrap();
        }
        for (index, text) in long.iter().enumerate() {
            let state = if index % 2 == 0 { &mut two } else { &mut one };
            state.add(Number::Long(text.as_bytes()), At::default(), &share, &mut held).unwrap();
        }
        one.merge(&mut two, &share, &mut held).unwrap();
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

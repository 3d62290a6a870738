//! `quantile`, `median`: a value by its rank.

use std::cmp::Ordering;

use crate::error::{RecordError, Result};
use crate::fold::groups::column::{At, State};
use crate::fold::groups::function::Share;
use crate::fold::groups::given::{Number, decimal};
use crate::fold::groups::held::Held;
use crate::fold::groups::kept::copied;
use crate::fold::groups::number::Packed;
use crate::memory::Arena;
use crate::record::Value;

/// How many numbers are put in order together at least, once there are so many.
const PIECE: usize = 32;
/// How many there is room for at first.
const FEW: usize = 4;

/// All numbers of a group, each of those that are written alike once, with how often it is there.
#[derive(Default)]
pub(super) struct Quantile {
    /// In order, each once.
    sorted: Vec<Times>,
    /// Those that came since.
    new: Vec<Packed>,
    /// Those that are not short, in no order.
    long: Vec<(Box<[u8]>, u64)>,
    /// How many of `long` are in order, each once.
    known: usize,
}

/// A number, and how often it is there. (As one struct of two 16-byte values it would be larger.)
#[derive(Clone, Copy)]
struct Times {
    number: Packed,
    times: u64,
}

impl Quantile {
    /// Puts the numbers that came since in order.
    #[inline(never)]
    fn order(&mut self, held: &mut Held) -> Result<()> {
        if self.new.is_empty() {
            return Ok(());
        }
        self.new.sort_unstable();
        let mut different = 1;
        different += self.new.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let known = &self.sorted;
        // How many of them are not there yet.
        let (mut place, mut more) = (0, 0);
        let mut last = None;
        for number in &self.new {
            if last == Some(*number) {
                continue;
            }
            last = Some(*number);
            if different * 8 < known.len() {
                place += known[place..].partition_point(|one| one.number < *number);
            } else {
                while known.get(place).is_some_and(|one| one.number < *number) {
                    place += 1;
                }
            }
            more += usize::from(known.get(place).is_none_or(|one| one.number != *number));
        }
        let (old, all) = (self.sorted.len(), self.sorted.len() + more);
        if self.sorted.capacity() < all {
            let grown = (all - old).max(old / 4).max(FEW);
            held.take(grown * size_of::<Times>())?;
            self.sorted.reserve_exact(grown);
        }
        // From the end, so that nothing is written over.
        self.sorted.resize(all, Times { number: Packed::default(), times: 0 });
        let (mut from, mut to, mut left) = (old, all, &self.new[..]);
        while let Some((number, rest)) = left.split_last() {
            while from > 0 && self.sorted[from - 1].number > *number {
                from -= 1;
                to -= 1;
                self.sorted[to] = self.sorted[from];
            }
            let times = 1 + rest.iter().rev().take_while(|other| *other == number).count();
            left = &left[..left.len() - times];
            let mut one = Times { number: *number, times: times as u64 };
            if from > 0 && self.sorted[from - 1].number == *number {
                from -= 1;
                one.times += self.sorted[from].times;
            }
            to -= 1;
            self.sorted[to] = one;
        }
        self.new.clear();
        Ok(())
    }

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
    fn grow(&mut self, held: &mut Held) -> Result<()> {
        // The more are known, the more are put in order together: each is moved a few times only.
        let most = self.sorted.len().max(PIECE);
        if self.new.len() >= most {
            return self.order(held);
        }
        let more = self.new.capacity().max(FEW).min(most.next_power_of_two());
        held.take(more * size_of::<Packed>())?;
        self.new.reserve_exact(more);
        Ok(())
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
}

/// What a block of the heap takes beside its content.
const ALLOCATION: usize = 16;

fn order_of_long(one: &[u8], two: &[u8]) -> Ordering {
    decimal(one).compare(decimal(two)).then(one.len().cmp(&two.len())).then(one.cmp(two))
}

impl State for Quantile {
    type Item<'a> = Number<'a>;
    type How = Share;

    #[inline(always)]
    fn add(&mut self, number: Number<'_>, _: At, _: &Share, held: &mut Held) -> Result<()> {
        match number {
            Number::Short(mantissa, scale) => {
                if self.new.len() == self.new.capacity() {
                    self.grow(held)?;
                }
                self.new.push(Packed::new(mantissa, scale));
                Ok(())
            }
            Number::Long(text) => self.add_long(text, 1, held),
            Number::Null => Ok(()),
        }
    }

    fn merge(&mut self, mut other: Quantile, share: &Share, held: &mut Held) -> Result<()> {
        for number in std::mem::take(&mut other.new) {
            let Number::Short(mantissa, scale) = number.number() else { continue };
            self.add(Number::Short(mantissa, scale), At::default(), share, held)?;
        }
        for (text, times) in std::mem::take(&mut other.long) {
            self.add_long(&text, times, held)?;
        }
        if other.sorted.is_empty() {
            return Ok(());
        }
        self.order(held)?;
        held.take((self.sorted.len() + other.sorted.len()) * size_of::<Times>())?;
        let before = self.sorted.capacity();
        let mut all: Vec<Times> = Vec::with_capacity(self.sorted.len() + other.sorted.len());
        let (mut ours, mut theirs) = (self.sorted.iter().peekable(), other.sorted.iter().peekable());
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some(one), Some(two)) if one.number <= two.number => ours.next(),
                (Some(_), None) => ours.next(),
                (_, Some(_)) => theirs.next(),
                (None, None) => break,
            };
            let Some(next) = next else { break };
            match all.last_mut() {
                Some(last) if last.number == next.number => last.times += next.times,
                _ => all.push(*next),
            }
        }
        self.sorted = all;
        held.give(before * size_of::<Times>());
        Ok(())
    }

    fn settle(&mut self, _: &Share, held: &mut Held) -> Result<()> {
        self.order(held)?;
        self.order_long();
        Ok(())
    }

    fn result<'a>(&self, share: &Share, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        let short: u64 = self.sorted.iter().map(|one| one.times).sum();
        let count = short + self.long.iter().map(|(_, times)| times).sum::<u64>();
        if count == 0 {
            return Ok(Value::Null);
        }
        let (mut left, mut long) = (share.rank(count), self.long.iter().peekable());
        for one in &self.sorted {
            while let Some((text, times)) = long.next_if(|(text, _)| is_before(text, one.number)) {
                if left <= u128::from(*times) {
                    return Ok(Value::Number(copied(text, arena)?));
                }
                left -= u128::from(*times);
            }
            if left <= u128::from(one.times) {
                return one.number.value(arena);
            }
            left -= u128::from(one.times);
        }
        for (text, times) in long {
            if left <= u128::from(*times) {
                return Ok(Value::Number(copied(text, arena)?));
            }
            left -= u128::from(*times);
        }
        Ok(Value::Null)
    }
}

/// Whether a long number comes before a short one; of equal ones, the short one is first.
fn is_before(text: &[u8], short: Packed) -> bool {
    decimal(text).compare(short.number().decimal()).is_lt()
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

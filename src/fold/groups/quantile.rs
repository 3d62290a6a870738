//! `quantile`, `median`: a value by its rank.

use std::cmp::Ordering;

use crate::error::{RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::column::{Put, State};
use crate::fold::groups::dense::Dense;
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

/// How many different numbers are in a table before it is looked whether most are close together.
const MANY: usize = 64;
/// How many long numbers are put in order together at least, once there are this many.
const FEW: usize = 4;

/// All numbers of a group, each of those that are written alike with how often it is there.
#[derive(Default)]
pub(super) struct Quantile {
    /// Most numbers, where those are close together. A number may be in `tight` too.
    dense: Dense,
    /// Other numbers with few digits.
    tight: Ranked<Tight>,
    /// Those with more.
    others: Option<Box<Others>>,
}

#[derive(Default)]
struct Others {
    /// Those that are short.
    short: Ranked<Packed>,
    /// Those that are not, in no order.
    long: Vec<(Box<[u8]>, u64)>,
    /// How many of `long` are in order, each once.
    known: usize,
}

impl Quantile {
    #[inline(always)]
    fn add_times(&mut self, number: Number<'_>, times: u64, held: &mut Held) -> Result<()> {
        match number {
            Number::Short(mantissa, scale) => {
                if self.dense.add(mantissa, scale, times) {
                    return Ok(());
                }
                let Some(number) = Tight::new(mantissa, scale) else {
                    return self.others(held)?.short.add(Packed::new(mantissa, scale), times, held);
                };
                if self.tight.len() >= MANY && self.tight.is_full() {
                    self.concentrate(held)?;
                }
                self.tight.add(number, times, held)
            }
            Number::Long(text) => self.others(held)?.add_long(text, times, held),
            Number::Null => Ok(()),
        }
    }

    fn others(&mut self, held: &mut Held) -> Result<&mut Others> {
        if self.others.is_none() {
            held.take(size_of::<Others>() + ALLOCATION)?;
        }
        Ok(self.others.get_or_insert_default())
    }

    /// Those with few digits, in no order: each without its point, with the number of digits after that, and its times.
    fn few(&self) -> impl Iterator<Item = (i64, u32, u64)> {
        let tight = self.tight.each().map(|one| (one.number.parts(), one.times));
        self.dense.each().chain(tight.map(|((mantissa, scale), times)| (mantissa, scale, times)))
    }

    /// The table is full: makes counters for the range in which most numbers are, if there is one, and else a larger table.
    #[cold]
    fn concentrate(&mut self, held: &mut Held) -> Result<()> {
        let mut times_of = [0; Tight::SCALES];
        self.few().for_each(|(_, scale, times)| times_of[scale as usize] += times);
        let (all, scale) =
            (times_of.iter().sum::<u64>(), (0..Tight::SCALES as u32).max_by_key(|scale| times_of[*scale as usize]));
        let scale = scale.unwrap_or_default();
        let most = self.few().count();
        held.take(most * size_of::<(i64, u64)>())?;
        let mut numbers = Vec::with_capacity(most);
        numbers.extend(self.few().filter(|one| one.1 == scale).map(|(mantissa, _, times)| (mantissa, times)));
        numbers.sort_unstable();
        // Counters take what a table of twice the size would.
        let size = self.dense.len() + self.tight.places() * 16;
        let (low, inside) = Dense::range(&numbers, size);
        let outside =
            most - numbers.iter().filter(|(number, _)| (number.wrapping_sub(low) as u64) < size as u64).count();
        drop(numbers);
        held.give(most * size_of::<(i64, u64)>());
        if inside < all / 4 * 3 || outside > self.tight.len() / 2 {
            return self.tight.grow(held);
        }
        held.take(size * size_of::<u16>())?;
        let (mut dense, mut tight) = (Dense::new(low, scale, size), Ranked::default());
        for (mantissa, scale, times) in self.few() {
            if !dense.add(mantissa, scale, times)
                && let Some(number) = Tight::new(mantissa, scale)
            {
                tight.add(number, times, held)?;
            }
        }
        self.tight.give(held);
        held.give(self.dense.len() * size_of::<u16>());
        (self.dense, self.tight) = (dense, tight);
        Ok(())
    }
}

impl Quantile {
    /// How many numbers there are.
    fn count(&self) -> u64 {
        let few = self.few().map(|(_, _, times)| times);
        let others = self.others.iter();
        let short = others.clone().flat_map(|others| others.short.each()).map(|one| one.times);
        let long = others.flat_map(|others| &others.long).map(|(_, times)| *times);
        few.chain(short).chain(long).sum()
    }

    /// Puts those of each kind in order; takes no memory.
    fn order(&mut self) {
        self.tight.order();
        if let Some(others) = &mut self.others {
            others.short.order();
            others.order_long();
        }
    }

    /// All numbers in order, after those of each kind were put in order; one may be there twice.
    fn in_order(&self) -> impl Iterator<Item = (Number<'_>, u64)> {
        let dense = self.dense.each().map(|(mantissa, scale, times)| (Number::Short(mantissa, scale), times));
        let tight = self.tight.each().map(|one| (one.number.number(), one.times));
        let others = self.others.iter();
        let short = others.clone().flat_map(|others| others.short.each()).map(|one| (one.number.number(), one.times));
        let long = others.flat_map(|others| &others.long).map(|(text, times)| (Number::Long(text), *times));
        let (mut dense, mut tight, mut short, mut long) =
            (dense.peekable(), tight.peekable(), short.peekable(), long.peekable());
        std::iter::from_fn(move || {
            let firsts = [dense.peek(), tight.peek(), short.peek(), long.peek()].map(|first| first.copied());
            let next = firsts.iter().enumerate().filter_map(|(kind, first)| first.map(|first| (kind, first.0)));
            match next.min_by(|(_, one), (_, two)| order_of(*one, *two))?.0 {
                0 => dense.next(),
                1 => tight.next(),
                2 => short.next(),
                _ => long.next(),
            }
        })
    }
}

impl Others {
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
        self.add_times(number, 1, held)
    }

    fn merge(&mut self, other: &mut Quantile, _: &Share, held: &mut Held) -> Result<()> {
        if self.dense.len() == 0 && self.tight.len() == 0 {
            held.take(other.dense.len() * size_of::<u16>())?;
            self.dense = std::mem::take(&mut other.dense);
        } else {
            let add = |mantissa, scale, times| self.add_times(Number::Short(mantissa, scale), times, held);
            other.dense.drain(add)?;
        }
        self.tight.merge(&mut other.tight, held)?;
        let Some(theirs) = &mut other.others else { return Ok(()) };
        let ours = self.others(held)?;
        ours.short.merge(&mut theirs.short, held)?;
        theirs.known = 0;
        while let Some((text, times)) = theirs.long.last() {
            ours.add_long(text, *times, held)?;
            theirs.long.pop();
        }
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        out.number(self.count())
    }

    fn entries(&mut self, put: &mut Put<'_>) -> Result<()> {
        self.order();
        let mut writing = Writing::new();
        self.in_order().try_for_each(|(number, times)| writing.number(number, times, put))
    }

    fn joined(share: &Share) -> Box<dyn Joined> {
        Ranks::boxed(*share)
    }

    fn settle(&mut self, _: &Share, _: &mut Held) -> Result<()> {
        self.order();
        Ok(())
    }

    fn result<'a>(&self, share: &Share, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        let mut left = share.rank(self.count());
        for (number, times) in self.in_order() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Budget;

    /// The rank-th smallest of numbers, given to two workers.
    fn quantile(numbers: &[(i64, u32)], long: &[&str], share: Share) -> String {
        let budget = Budget::new(1 << 30);
        let mut held = Held::new(&budget, 0);
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
    fn numbers_that_are_close_together() {
        // Prices from 10.00 to 19.99 in no order, each 700 times, and a few that are far from them, or written otherwise.
        let mut numbers: Vec<(i64, u32)> = (0..700_000).map(|n| (1000 + n * 7919 % 1000, 2)).collect();
        let half = Share { part: 1, whole: 2 };
        assert_eq!(quantile(&numbers, &[], half), "14.99");
        numbers.extend((0..1000).flat_map(|n| [(n * 1_000_003, 2), (150, 1), (15, 0), (-n, 5)]));
        assert_eq!(quantile(&numbers, &["1e30"], Share { part: 0, whole: 1 }), "-0.00999");
        // Of 704,001 numbers, 1001 are below 10.00, so that the 352,001st is the 351,000th of the others. The 500 prices up to
        // 14.99 are 350,000 of them, and then comes 15, a thousand times, before 15.0 and 15.00.
        assert_eq!(quantile(&numbers, &["1e30"], half), "15");
        assert_eq!(quantile(&numbers, &["1e30"], Share { part: 1, whole: 1 }), "1e30");
        // More often than a small counter can say.
        let often: Vec<(i64, u32)> = (0..400_000).map(|n| if n % 4 > 0 { (500, 2) } else { (n % 800, 2) }).collect();
        assert_eq!(quantile(&often, &[], half), "5.00");
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

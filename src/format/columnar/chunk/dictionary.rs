//! The different values of a column, and which of them each value is.

use super::hybrid::width;
use super::values::{Fixed, Texts, Values};
use crate::scan::bytes::same;
use crate::scan::short::words;

/// The most values that a dictionary has, and the most bytes.
const VALUES: usize = 1 << 16;
const BYTES: usize = 1 << 20;
/// How many values there are between two checks whether most of them are different.
const LOOK: usize = 4096;
/// A place is looked for so often in a row; then too many hashes are alike.
const STEPS: usize = 64;
/// How many places there are at first.
const PLACES: usize = 1 << 10;

/// Makes the dictionaries of columns, one after another.
#[derive(Default)]
pub(super) struct Dictionary {
    /// For each place, the higher half of a hash, and the number of a value plus 1; 0: there is none.
    places: Vec<u64>,
    /// For each value of the column, its number in the dictionary.
    pub numbers: Vec<u32>,
}

impl Dictionary {
    /// The different values of a column, if it takes less room with them than without.
    pub fn make(&mut self, of: &Values) -> Option<Values> {
        let made = match of {
            Values::Bool(_) => return None,
            Values::Narrow(all) => Values::Narrow(self.fill(all.iter().copied(), Vec::new())?),
            Values::Wide(all) => Values::Wide(self.fill(all.iter().copied(), Vec::new())?),
            Values::Fixed(all) => Values::Fixed(self.fill(all.iter(0..all.len()), Fixed::new(all.size()))?),
            Values::Bytes(all) => Values::Bytes(self.fill(all.iter(0..all.len()), Texts::default())?),
        };
        let numbers = self.numbers.len() * number_width(&made) as usize / 8;
        (made.plain_size(0..made.len()) + numbers < of.plain_size(0..of.len())).then_some(made)
    }

    fn fill<V: Copy, S: Store<V>>(&mut self, all: impl Iterator<Item = V>, mut known: S) -> Option<S> {
        self.numbers.clear();
        self.places.clear();
        self.places.resize(PLACES, 0);
        let mut bytes = 0;
        for (at, value) in all.enumerate() {
            if at % LOOK == 0 && known.count() > at - at / 4 {
                return None;
            }
            let hash = S::hash(value) & HIGH;
            let mut place = self.first(hash);
            let mut steps = 0;
            let number = loop {
                let found = self.places[place];
                if found == 0 {
                    bytes += S::size(value);
                    let number = known.count();
                    if number == VALUES || bytes > BYTES {
                        return None;
                    }
                    known.add(value);
                    self.places[place] = hash | (number as u64 + 1);
                    if 2 * known.count() > self.places.len() {
                        self.grow();
                    }
                    break number as u32;
                }
                let number = found as u32 - 1;
                if found & HIGH == hash && known.holds(number as usize, value) {
                    break number;
                }
                steps += 1;
                if steps == STEPS {
                    return None;
                }
                place = (place + 1) & (self.places.len() - 1);
            };
            self.numbers.push(number);
        }
        Some(known)
    }

    /// Where something of this hash is at the earliest.
    #[inline(always)]
    fn first(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.places.len() - 1)
    }

    #[cold]
    fn grow(&mut self) {
        let more = vec![0; 2 * self.places.len()];
        for found in std::mem::replace(&mut self.places, more).into_iter().filter(|found| *found != 0) {
            let mut place = self.first(found);
            while self.places[place] != 0 {
                place = (place + 1) & (self.places.len() - 1);
            }
            self.places[place] = found;
        }
    }
}

/// How many bits the number of a value has.
pub(super) fn number_width(dictionary: &Values) -> u32 {
    width(dictionary.len().saturating_sub(1) as u32)
}

const HIGH: u64 = !0 << 32;

/// Values, of which each is another one.
trait Store<V> {
    fn count(&self) -> usize;
    /// Whether the value of this number is that one.
    fn holds(&self, number: usize, value: V) -> bool;
    fn add(&mut self, value: V);
    fn hash(value: V) -> u64;
    /// How many bytes a value takes.
    fn size(value: V) -> usize;
}

macro_rules! numbers {
    ($of:ty) => {
        impl Store<$of> for Vec<$of> {
            fn count(&self) -> usize {
                self.len()
            }
            #[inline(always)]
            fn holds(&self, number: usize, value: $of) -> bool {
                self[number] == value
            }
            #[inline(always)]
            fn add(&mut self, value: $of) {
                self.push(value);
            }
            #[inline(always)]
            fn hash(value: $of) -> u64 {
                mixed(u64::from(value), 0)
            }
            fn size(_: $of) -> usize {
                size_of::<$of>()
            }
        }
    };
}
numbers!(u32);
numbers!(u64);

macro_rules! bytes {
    ($of:ty) => {
        impl Store<&[u8]> for $of {
            fn count(&self) -> usize {
                self.len()
            }
            #[inline(always)]
            fn holds(&self, number: usize, value: &[u8]) -> bool {
                same(self.get(number), value)
            }
            #[inline(always)]
            fn add(&mut self, value: &[u8]) {
                self.push(value);
            }
            #[inline(always)]
            fn hash(value: &[u8]) -> u64 {
                hash(value)
            }
            fn size(value: &[u8]) -> usize {
                4 + value.len()
            }
        }
    };
}
bytes!(Fixed);
bytes!(Texts);

#[inline(always)]
fn hash(bytes: &[u8]) -> u64 {
    match words(bytes) {
        Some([low, high]) => mixed(low, high ^ (bytes.len() as u64) << 56),
        None => twox_hash::XxHash3_64::oneshot(bytes),
    }
}

/// Two numbers in one, each bit of which depends on all of theirs.
#[inline(always)]
fn mixed(one: u64, other: u64) -> u64 {
    let product = u128::from(one ^ 0x9e37_79b9_7f4a_7c15) * u128::from(other ^ 0xd1b5_4a32_d192_ed03);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: impl Iterator<Item = String>) -> Values {
        let mut texts = Texts::default();
        all.for_each(|text| texts.push(text.as_bytes()));
        Values::Bytes(texts)
    }

    #[test]
    fn a_column_has_a_dictionary_where_that_is_shorter() {
        let mut dictionary = Dictionary::default();
        // Lengths on both sides of each way to hash; thousands of them, so that the places grow.
        let text = |row: usize| format!("{}{}", "x".repeat(row % 23), row % 2300);
        let values = texts((0..40_000).map(text));
        let known = dictionary.make(&values).unwrap();
        let (Values::Bytes(values), Values::Bytes(known)) = (&values, &known) else { panic!("no texts") };
        let different: std::collections::HashSet<_> = (0..40_000).map(text).collect();
        assert_eq!(known.len(), different.len());
        assert_eq!(dictionary.numbers.len(), 40_000);
        for (row, number) in dictionary.numbers.iter().enumerate() {
            assert_eq!(known.get(*number as usize), values.get(row));
        }
        let numbers = dictionary.make(&Values::Wide((0..1000).map(|row| row % 10).collect())).unwrap();
        assert_eq!(numbers.len(), 10);
        // All are different, or nearly all; or none is repeated for long.
        assert!(dictionary.make(&Values::Wide((0..10).collect())).is_none());
        assert!(dictionary.make(&Values::Narrow((0..100_000).collect())).is_none());
        assert!(dictionary.make(&texts((0..70_000).map(|row| format!("{row}")))).is_none());
        assert!(dictionary.make(&Values::Bool(vec![true; 1000])).is_none());
        assert!(dictionary.make(&Values::Wide(Vec::new())).is_none());
    }

    #[test]
    fn equal_hashes_end_in_no_dictionary_and_not_in_a_long_search() {
        // With the constant of the hash, the product is always 0.
        let mut fixed = Fixed::new(16);
        for row in 0..1000u64 {
            let first = row % 100;
            fixed.push(&[first.to_le_bytes(), (0xd1b5_4a32_d192_ed03u64 ^ 16 << 56).to_le_bytes()].concat());
        }
        assert_eq!(hash(fixed.get(0)), hash(fixed.get(1)));
        assert!(Dictionary::default().make(&Values::Fixed(fixed)).is_none());
    }
}

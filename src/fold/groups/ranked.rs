//! Numbers, each with how often it is there, and their order.

use std::hash::Hash;

use crate::error::Result;
use crate::fold::groups::held::Held;
use crate::fold::groups::keys::hash_of;

/// How many different numbers are looked through one by one; more are in a hash table.
const LISTED: usize = 16;
/// How many there is room for at first.
const FEW: usize = 4;
/// Tables with more places than this grow by half, smaller ones are doubled.
const LARGE: usize = 1 << 12;

/// What a block of the heap takes beside its content.
pub(super) const ALLOCATION: usize = 16;

/// Different numbers. (Numbers that were sorted in pieces and merged took twice as long.)
pub(super) struct Ranked<N> {
    /// The numbers, one after the other; in a table there are free places, with no times, between them.
    places: Vec<Times<N>>,
    /// How many different ones there are.
    len: usize,
    /// They are in a hash table: each is at the place of its hash, or after it if that was taken.
    table: bool,
}

/// A number, and how often it is there.
#[derive(Clone, Copy, Default)]
pub(super) struct Times<N> {
    pub number: N,
    pub times: u64,
}

impl<N> Default for Ranked<N> {
    fn default() -> Ranked<N> {
        Ranked { places: Vec::new(), len: 0, table: false }
    }
}

impl<N: Copy + Ord + Hash + Default> Ranked<N> {
    /// Adds a number, which is there this many times.
    ///
    /// # Errors
    /// There is no memory.
    #[inline(always)]
    pub fn add(&mut self, number: N, times: u64, held: &mut Held) -> Result<()> {
        let place = match self.table {
            true => {
                let place = of(&self.places, number);
                &mut self.places[place]
            }
            false if self.places.len() > LISTED => return self.add_again(number, times, held),
            false => match self.places.iter_mut().find(|one| one.number == number) {
                Some(place) => place,
                None => return self.add_new(number, times, held),
            },
        };
        if place.times == 0 {
            return self.add_new(number, times, held);
        }
        place.times += times;
        Ok(())
    }

    /// Adds a number to many that were put in order.
    #[cold]
    fn add_again(&mut self, number: N, times: u64, held: &mut Held) -> Result<()> {
        self.grow(held)?;
        let place = of(&self.places, number);
        match &mut self.places[place] {
            Times { times: 0, .. } => self.add_new(number, times, held),
            place => {
                place.times += times;
                Ok(())
            }
        }
    }

    /// How many different numbers there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// How many places a table has.
    pub fn places(&self) -> usize {
        self.places.len()
    }

    /// Another number needs more room.
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        // A table has at least a fifth of its places free.
        if self.table { self.len >= self.places.len() / 5 * 4 } else { self.len == self.places.capacity() }
    }

    /// Takes what they take back.
    pub fn give(&self, held: &mut Held) {
        held.give(self.places.capacity() * size_of::<Times<N>>());
    }

    /// Adds one that is not there yet.
    #[inline(never)]
    fn add_new(&mut self, number: N, times: u64, held: &mut Held) -> Result<()> {
        if self.is_full() {
            self.grow(held)?;
        }
        self.len += 1;
        let one = Times { number, times };
        if self.table {
            let place = of(&self.places, number);
            self.places[place] = one;
        } else {
            self.places.push(one);
        }
        Ok(())
    }

    /// Makes room.
    ///
    /// # Errors
    /// There is no memory.
    #[cold]
    pub fn grow(&mut self, held: &mut Held) -> Result<()> {
        let before = self.places.capacity();
        if self.len < LISTED {
            // The heap takes something for a block of it.
            let block = if before == 0 { 2 * ALLOCATION } else { 0 };
            held.take(before.max(FEW) * size_of::<Times<N>>() + block)?;
            self.places.reserve_exact(before.max(FEW));
            return Ok(());
        }
        let large = self.len > LARGE;
        let size = if large { self.len / 2 * 3 / 4 * 5 } else { self.len * 5 / 2 };
        held.take(size * size_of::<Times<N>>())?;
        let mut table = vec![Times::default(); size];
        for one in self.places.iter().filter(|one| one.times > 0) {
            let place = of(&table, one.number);
            table[place] = *one;
        }
        (self.places, self.table) = (table, true);
        held.give(before * size_of::<Times<N>>());
        Ok(())
    }

    /// Puts them in order.
    pub fn order(&mut self) {
        self.places.retain(|one| one.times > 0);
        self.places.sort_unstable_by_key(|one| one.number);
        self.table = false;
    }

    /// Those that are there, in order if they were put in order last.
    pub fn each(&self) -> impl Iterator<Item = &Times<N>> + Clone {
        self.places.iter().filter(|one| one.times > 0)
    }

    /// Takes in those of another worker.
    ///
    /// # Errors
    /// There is no memory: what was not taken in is still in the other one.
    pub fn merge(&mut self, other: &mut Ranked<N>, held: &mut Held) -> Result<()> {
        if self.len == 0 {
            held.take(other.places.capacity() * size_of::<Times<N>>())?;
            self.give(held);
            *self = std::mem::take(other);
            return Ok(());
        }
        if !self.table && self.len >= LISTED {
            self.grow(held)?;
        }
        // In steps that meet every place once: in the order of their hashes, all would crowd at the beginning of a table
        // that grows later.
        let size = other.places.len();
        let mut step = size / 8 * 5 + 1;
        while gcd(step, size) > 1 {
            step += 1;
        }
        let mut place = 0;
        for _ in 0..size {
            let (at, one) = (place, other.places[place]);
            place = (place + step) % size;
            if one.times > 0 {
                self.add(one.number, one.times, held)?;
                other.places[at].times = 0;
            }
        }
        Ok(())
    }
}

fn gcd(one: usize, two: usize) -> usize {
    if two == 0 { one } else { gcd(two, one % two) }
}

/// The place of a number in a table, or the free one where it belongs.
#[inline(always)]
fn of<N: Copy + Eq + Hash>(table: &[Times<N>], number: N) -> usize {
    let hash = u128::from(hash_of(&number));
    let mut place = ((hash * table.len() as u128) >> 64) as usize;
    while table[place].times > 0 && table[place].number != number {
        place = if place + 1 < table.len() { place + 1 } else { 0 };
    }
    place
}

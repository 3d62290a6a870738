//! Numbers in order, each with how often it is there.

use crate::error::Result;
use crate::fold::held::Held;

/// How many numbers are put in order together at least, once there are so many.
const PIECE: usize = 32;
/// How many there is room for at first.
const FEW: usize = 4;

/// Numbers in order, each once, and those that came since.
pub(super) struct Ranked<N> {
    pub sorted: Vec<Times<N>>,
    new: Vec<N>,
}

/// A number, and how often it is there.
#[derive(Clone, Copy)]
pub(super) struct Times<N> {
    pub number: N,
    pub times: u64,
}

impl<N> Default for Ranked<N> {
    fn default() -> Ranked<N> {
        Ranked { sorted: Vec::new(), new: Vec::new() }
    }
}

impl<N: Copy + Ord> Ranked<N> {
    /// Adds a number.
    ///
    /// # Errors
    /// There is no memory.
    #[inline(always)]
    pub fn add(&mut self, number: N, held: &mut Held) -> Result<()> {
        if self.new.len() == self.new.capacity() {
            self.grow(held)?;
        }
        self.new.push(number);
        Ok(())
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.new.len() as u64 + self.sorted.iter().map(|one| one.times).sum::<u64>()
    }

    #[cold]
    fn grow(&mut self, held: &mut Held) -> Result<()> {
        // The more are known, the more are put in order together: each is moved a few times only.
        let most = self.sorted.len().max(PIECE);
        if self.new.len() >= most {
            return self.order(held);
        }
        let more = self.new.capacity().max(FEW).min(most - self.new.len());
        held.take(more * size_of::<N>())?;
        self.new.reserve_exact(more);
        Ok(())
    }

    /// Puts those that came since in order.
    ///
    /// # Errors
    /// There is no memory.
    #[inline(never)]
    pub fn order(&mut self, held: &mut Held) -> Result<()> {
        self.new.sort_unstable();
        // How many of them are not there yet.
        let (mut place, mut more, mut last) = (0, 0, None);
        for number in &self.new {
            if last.replace(*number) == Some(*number) {
                continue;
            }
            while self.sorted.get(place).is_some_and(|one| one.number < *number) {
                place += 1;
            }
            more += usize::from(self.sorted.get(place).is_none_or(|one| one.number != *number));
        }
        let Some(any) = last else { return Ok(()) };
        let (old, all) = (self.sorted.len(), self.sorted.len() + more);
        if self.sorted.capacity() < all {
            let grown = all + (old / 4).max(FEW) - self.sorted.capacity();
            held.take(grown * size_of::<Times<N>>())?;
            self.sorted.reserve_exact(self.sorted.capacity() + grown - old);
        }
        // From the end, so that nothing is written over.
        self.sorted.resize(all, Times { number: any, times: 0 });
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

    /// Takes in those of another worker.
    ///
    /// # Errors
    /// There is no memory.
    pub fn merge(&mut self, mut other: Ranked<N>, held: &mut Held) -> Result<()> {
        std::mem::take(&mut other.new).into_iter().try_for_each(|number| self.add(number, held))?;
        if other.sorted.is_empty() {
            return Ok(());
        }
        self.order(held)?;
        let (most, before) = (self.sorted.len() + other.sorted.len(), self.sorted.capacity());
        held.take(most * size_of::<Times<N>>())?;
        let mut all: Vec<Times<N>> = Vec::with_capacity(most);
        let (mut ours, mut theirs) = (self.sorted.iter().peekable(), other.sorted.iter().peekable());
        loop {
            let is_ours = match (ours.peek(), theirs.peek()) {
                (Some(one), Some(two)) => one.number <= two.number,
                (one, _) => one.is_some(),
            };
            let Some(next) = (if is_ours { ours.next() } else { theirs.next() }) else { break };
            match all.last_mut() {
                Some(last) if last.number == next.number => last.times += next.times,
                _ => all.push(*next),
            }
        }
        all.shrink_to_fit();
        held.give((before + most - all.capacity()) * size_of::<Times<N>>());
        self.sorted = all;
        Ok(())
    }
}

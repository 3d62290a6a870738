//! Stacks, and how often each was seen.

use std::collections::HashMap;

/// How many addresses are held at most: 2 MiB. A run has a few hundred different stacks of some twenty.
const MOST: usize = 256 << 10;

/// What a stack takes beyond its addresses, in addresses.
const EXTRA: usize = 8;

/// Stacks, and how often each was seen. A stack is the addresses of instructions, the innermost first.
#[derive(Debug, Default)]
pub struct Stacks {
    seen: HashMap<Box<[usize]>, u64>,
    held: usize,
}

impl Stacks {
    /// Counts a stack. If there are too many different ones, a new one is counted as its innermost function alone, and
    /// in the end as an empty one.
    pub fn add(&mut self, stack: &[usize]) {
        for part in [stack, &stack[..stack.len().min(1)], &[]] {
            if let Some(count) = self.seen.get_mut(part) {
                *count += 1;
                return;
            }
            if self.held + part.len() + EXTRA <= MOST || part.is_empty() {
                self.held += part.len() + EXTRA;
                self.seen.insert(part.into(), 1);
                return;
            }
        }
    }

    /// All stacks with their counts, in a fixed order.
    pub fn sorted(&self) -> Vec<(&[usize], u64)> {
        let mut all: Vec<(&[usize], u64)> = self.seen.iter().map(|(stack, count)| (&**stack, *count)).collect();
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_stacks_are_counted_together() {
        let mut stacks = Stacks::default();
        [[1, 2], [1, 3], [1, 2]].iter().for_each(|stack| stacks.add(stack));
        assert_eq!(stacks.sorted(), [(&[1, 2][..], 2), (&[1, 3], 1)]);
    }

    #[test]
    fn memory_is_limited_and_no_sample_is_lost() {
        let mut stacks = Stacks::default();
        for n in 0..100_000 {
            stacks.add(&[n % 3, n, n, n, n, n, n, n]);
        }
        assert!(stacks.held <= MOST + EXTRA, "{}", stacks.held);
        assert_eq!(stacks.sorted().iter().map(|(_, count)| count).sum::<u64>(), 100_000);
        assert!(stacks.sorted().iter().any(|(stack, count)| stack.len() <= 1 && *count > 1_000));
    }
}

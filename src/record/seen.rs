//! Which of the names given to a job occur in its records.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

/// The names given to a job, each with the setting that has it, and whether any record had it.
///
/// A name once found stays found, so workers can share this without any memory ordering.
#[derive(Default)]
pub struct Seen {
    names: Vec<Name>,
    /// How many steps there were that could be undone.
    step: AtomicU64,
    /// Some names that records have, to suggest one from.
    known: Mutex<Vec<Box<[u8]>>>,
}

struct Name {
    setting: &'static str,
    name: Box<[u8]>,
    seen: Since,
    /// It was looked for in a record.
    wanted: Since,
}

/// The step in which something became true, or that it did not.
struct Since(AtomicU64);

impl Since {
    const fn never() -> Since {
        Since(AtomicU64::new(u64::MAX))
    }

    fn is_set(&self) -> bool {
        self.0.load(Relaxed) != u64::MAX
    }

    #[inline]
    fn set(&self, step: &AtomicU64) {
        // Reading is cheap when many processors do it; writing is not.
        if !self.is_set() {
            self.0.store(step.load(Relaxed), Relaxed);
        }
    }

    fn undo(&self, step: u64) {
        if self.0.load(Relaxed) == step {
            self.0.store(u64::MAX, Relaxed);
        }
    }
}

/// How many names are kept for suggestions.
const KNOWN: usize = 1024;

impl Seen {
    /// Names, none of them found yet.
    pub fn new<N: Into<Box<[u8]>>>(names: impl IntoIterator<Item = (&'static str, N)>) -> Seen {
        let name = |(setting, name): (&'static str, N)| Name {
            setting,
            name: name.into(),
            seen: Since::never(),
            wanted: Since::never(),
        };
        Seen { names: names.into_iter().map(name).collect(), ..Seen::default() }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of this number.
    pub fn name(&self, number: usize) -> Option<&[u8]> {
        self.names.get(number).map(|name| &*name.name)
    }

    /// A record has the name of this number.
    #[inline]
    pub fn mark(&self, number: usize) {
        if let Some(name) = self.names.get(number) {
            name.seen.set(&self.step);
        }
    }

    /// A record has this name, which is the one of number `first` or of a later one.
    pub fn mark_name(&self, first: usize, name: &[u8]) {
        if let Some(known) = self.names.iter().skip(first).find(|known| *known.name == *name) {
            known.seen.set(&self.step);
        }
    }

    /// The names of these numbers are looked for in a record.
    pub fn want(&self, numbers: Range<usize>) {
        self.names.iter().take(numbers.end).skip(numbers.start).for_each(|name| name.wanted.set(&self.step));
    }

    /// Begins a step that can be undone. Only where one worker reads the records.
    pub fn begin_step(&self) {
        self.step.fetch_add(1, Relaxed);
    }

    /// Forgets what the last step has found.
    pub fn undo_step(&self) {
        let step = self.step.load(Relaxed);
        for name in &self.names {
            name.seen.undo(step);
            name.wanted.undo(step);
        }
    }

    /// The numbers of the names that were found.
    pub fn met(&self) -> impl Iterator<Item = usize> + '_ {
        self.names.iter().enumerate().filter(|(_, name)| name.seen.is_set()).map(|(number, _)| number)
    }

    /// The settings and names that were looked for and that no record had.
    pub fn unseen(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let is_unseen = |name: &&Name| name.wanted.is_set() && !name.seen.is_set();
        self.names.iter().filter(is_unseen).map(|name| (name.setting, &*name.name))
    }

    /// The numbers and names that were not found yet.
    pub fn missing(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let missing = |(number, name): (usize, &'_ Name)| (!name.seen.is_set()).then_some(number);
        let numbers = self.names.iter().enumerate().filter_map(missing);
        numbers.map(|number| (number, &*self.names[number].name))
    }

    /// Adds what was found in another source of the same job.
    pub fn add(&self, other: &Seen) {
        other.met().for_each(|number| self.mark(number));
        let wanted = other.names.iter().enumerate().filter(|(_, name)| name.wanted.is_set());
        wanted.for_each(|(number, _)| self.want(number..number + 1));
        other.known().iter().for_each(|name| self.learn(name));
    }

    /// A name that records have.
    pub fn learn(&self, name: &[u8]) {
        let mut known = self.lock();
        if known.len() < KNOWN && !known.iter().any(|known| **known == *name) {
            known.push(name.into());
        }
    }

    /// Names that records have.
    pub fn known(&self) -> Vec<Box<[u8]>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Box<[u8]>>> {
        self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_undone() {
        let seen = Seen::new(["a", "b", "c"].map(|name| ("drop", name.as_bytes())));
        seen.begin_step();
        seen.mark(0);
        seen.want(0..2);
        seen.begin_step();
        seen.mark(0);
        seen.mark(2);
        seen.want(0..3);
        assert_eq!(seen.met().collect::<Vec<_>>(), [0, 2]);
        seen.undo_step();
        assert_eq!(seen.met().collect::<Vec<_>>(), [0]);
        assert_eq!(seen.unseen().collect::<Vec<_>>(), [("drop", &b"b"[..])]);
    }
}

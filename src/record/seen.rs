//! Which of the names given to a job occur in its records.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

/// The names given to a job, each with the setting that has it, and whether any record had it.
///
/// A name once found stays found, so workers can share this without any memory ordering.
#[derive(Default)]
pub struct Seen {
    names: Vec<Name>,
    /// Some names that records have, to suggest one from.
    known: Mutex<Vec<Box<[u8]>>>,
}

struct Name {
    setting: &'static str,
    name: Box<[u8]>,
    seen: AtomicBool,
    /// It was looked for in a record.
    wanted: AtomicBool,
}

/// How many names are kept for suggestions.
const KNOWN: usize = 1024;

impl Seen {
    /// Names, none of them found yet.
    pub fn new<N: Into<Box<[u8]>>>(names: impl IntoIterator<Item = (&'static str, N)>) -> Seen {
        let name = |(setting, name): (&'static str, N)| Name {
            setting,
            name: name.into(),
            seen: AtomicBool::new(false),
            wanted: AtomicBool::new(false),
        };
        Seen { names: names.into_iter().map(name).collect(), known: Mutex::default() }
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
        // Reading is cheap when many processors do it; writing is not.
        if let Some(name) = self.names.get(number).filter(|name| !name.seen.load(Relaxed)) {
            name.seen.store(true, Relaxed);
        }
    }

    /// The names of these numbers are looked for in a record.
    pub fn want(&self, numbers: Range<usize>) {
        let names = self.names.iter().take(numbers.end).skip(numbers.start);
        names.filter(|name| !name.wanted.load(Relaxed)).for_each(|name| name.wanted.store(true, Relaxed));
    }

    /// The numbers of the names that were found.
    pub fn met(&self) -> impl Iterator<Item = usize> + '_ {
        self.names.iter().enumerate().filter(|(_, name)| name.seen.load(Relaxed)).map(|(number, _)| number)
    }

    /// The settings and names that were looked for and that no record had.
    pub fn unseen(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let is_unseen = |name: &&Name| name.wanted.load(Relaxed) && !name.seen.load(Relaxed);
        self.names.iter().filter(is_unseen).map(|name| (name.setting, &*name.name))
    }

    /// The numbers and names that were not found yet.
    pub fn missing(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let missing = |(number, name): (usize, &'_ Name)| (!name.seen.load(Relaxed)).then_some(number);
        let numbers = self.names.iter().enumerate().filter_map(missing);
        numbers.map(|number| (number, &*self.names[number].name))
    }

    /// Adds what was found in another source of the same job.
    pub fn add(&self, other: &Seen) {
        other.met().for_each(|number| self.mark(number));
        let wanted = other.names.iter().enumerate().filter(|(_, name)| name.wanted.load(Relaxed));
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

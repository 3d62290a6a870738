//! The different values of a column, as long as there are few.

use hashbrown::HashTable;
use twox_hash::XxHash3_64;

use crate::error::Result;
use crate::fold::held::Held;
use crate::fold::stats::kind::Class;

/// The most different values that are kept of a column.
pub(super) const VALUES: usize = 4096;
/// The most bytes that their texts may have together.
pub(super) const BYTES: usize = 256 << 10;

/// The hash of a value: the same everywhere and in every version, as what is estimated depends on it.
#[inline(always)]
pub(super) fn hash(text: &[u8]) -> u64 {
    XxHash3_64::oneshot(text)
}

/// The different values, and how often each is there. Whether they are too many only depends on which they are.
#[derive(Default)]
pub(super) struct Table {
    numbers: HashTable<u16>,
    entries: Vec<Entry>,
    texts: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: u64,
    times: u64,
    start: u32,
    len: u32,
    class: Class,
}

/// A value of the table.
#[derive(Clone, Copy)]
pub(super) struct Counted<'t> {
    pub class: Class,
    pub text: &'t [u8],
    pub hash: u64,
    pub times: u64,
}

impl Table {
    /// Counts a value. `false`: there are too many different ones.
    ///
    /// # Errors
    /// There is no memory.
    #[inline(always)]
    pub fn count(&mut self, value: Counted<'_>, held: &mut Held) -> Result<bool> {
        let Table { numbers, entries, texts } = self;
        let is = |number: &u16| {
            let entry = &entries[usize::from(*number)];
            entry.hash == value.hash && entry.class == value.class && entry.text(texts) == value.text
        };
        match numbers.find(value.hash, is) {
            Some(number) => {
                entries[usize::from(*number)].times += value.times;
                Ok(true)
            }
            None => self.add(value, held),
        }
    }

    #[cold]
    fn add(&mut self, value: Counted<'_>, held: &mut Held) -> Result<bool> {
        let Counted { class, text, hash, times } = value;
        if self.entries.len() == VALUES || self.texts.len() + text.len() > BYTES {
            return Ok(false);
        }
        let before = self.size();
        let entry = Entry { hash, times, start: self.texts.len() as u32, len: text.len() as u32, class };
        self.texts.extend_from_slice(text);
        self.entries.push(entry);
        let entries = &self.entries;
        let number = (entries.len() - 1) as u16;
        self.numbers.insert_unique(hash, number, |number| entries[usize::from(*number)].hash);
        held.take(self.size() - before)?;
        Ok(true)
    }

    /// What it takes, in bytes.
    pub fn size(&self) -> usize {
        self.texts.capacity()
            + self.entries.capacity() * size_of::<Entry>()
            + self.numbers.capacity() * 2 * size_of::<u16>()
    }

    /// The values, in no order that means anything.
    pub fn values(&self) -> impl Iterator<Item = Counted<'_>> {
        self.entries.iter().map(|entry| Counted {
            class: entry.class,
            text: entry.text(&self.texts),
            hash: entry.hash,
            times: entry.times,
        })
    }
}

impl Entry {
    #[inline(always)]
    fn text<'t>(&self, texts: &'t [u8]) -> &'t [u8] {
        let start = self.start as usize;
        &texts[start..start + self.len as usize]
    }
}

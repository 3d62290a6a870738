//! Byte strings and their numbers: the keys of groups, and the different values of a group.

use std::sync::OnceLock;

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::{BuildHasher, Hash};

use crate::error::{Error, Result};
use crate::fold::groups::chunks::Chunks;
use crate::fold::groups::held::Held;

/// How many bytes of keys lie together.
const PAGE: usize = 64 << 10;
/// The most keys: their numbers have 32 bits.
const MOST: usize = u32::MAX as usize;
/// What a place of the table takes, in bytes.
const PLACE: usize = size_of::<u32>() + 1;

/// Byte strings, each with a number: 0, 1, 2 in the order in which they were first met. Numbers stay the same.
///
/// For each there is memory for one more number, so that they can be put in order.
pub(in crate::fold) struct Keys {
    table: HashTable<u32>,
    entries: Chunks<Entry>,
    pages: Vec<Vec<u8>>,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: u64,
    page: u32,
    start: u32,
    len: u32,
    /// How many bytes follow that are no part of the key.
    more: u32,
}

/// The hash of a key, the same for all tables of the process. Its seed is not: who makes the data does not know it.
#[inline]
pub(in crate::fold) fn hash(key: &[u8]) -> u64 {
    hash_of(key)
}

/// The same of any value.
#[inline]
pub(super) fn hash_of<T: Hash + ?Sized>(value: &T) -> u64 {
    static BUILDER: OnceLock<DefaultHashBuilder> = OnceLock::new();
    BUILDER.get_or_init(DefaultHashBuilder::default).hash_one(value)
}

impl Keys {
    pub fn new() -> Keys {
        Keys { table: HashTable::new(), entries: Chunks::beside(size_of::<u32>()), pages: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The number of a key that was met before.
    #[inline]
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        let Keys { table, entries, pages } = self;
        table.find(hash, |number| is(entries.get(*number as usize), hash, key, pages)).copied()
    }

    /// Adds a key that was not met before, and bytes that belong to it. Returns its number.
    ///
    /// # Errors
    /// There is no memory, or no number.
    #[cold]
    pub fn add(&mut self, hash: u64, key: &[u8], more: &[u8], held: &mut Held) -> Result<u32> {
        let number = self.entries.len();
        if number >= MOST {
            return Err(Error::memory("there are more than 4294967294 different values\n  Group by fewer values."));
        }
        let len = key.len() + more.len();
        if self.pages.last().is_none_or(|page| page.capacity() - page.len() < len) {
            // The first pages are smaller: there may be many tables.
            let page = ((PAGE >> 6) << (2 * self.pages.len().min(3))).max(len);
            held.take(page)?;
            self.pages.push(Vec::with_capacity(page));
        }
        if self.table.len() == self.table.capacity() {
            self.grow(held)?;
        }
        let page = self.pages.len() - 1;
        let start = self.pages[page].len();
        self.pages[page].extend_from_slice(key);
        self.pages[page].extend_from_slice(more);
        let (start, len, more) = (start as u32, key.len() as u32, more.len() as u32);
        self.entries.push(Entry { hash, page: page as u32, start, len, more }, held)?;
        let entries = &self.entries;
        self.table.insert_unique(hash, number as u32, |number| entries.get(*number as usize).hash);
        Ok(number as u32)
    }

    /// Makes room for twice as many in the table. While keys are moved, both tables are there.
    fn grow(&mut self, held: &mut Held) -> Result<()> {
        let before = self.table.capacity();
        let more = before.max(64);
        // A table has at most 8/7 of its capacity places, up to the next power of two.
        let size = |capacity: usize| if capacity == 0 { 0 } else { (capacity * 8 / 7 + 1).next_power_of_two() * PLACE };
        held.take(size(before + more))?;
        let entries = &self.entries;
        self.table.reserve(more, |number| entries.get(*number as usize).hash);
        held.give(size(before));
        Ok(())
    }

    pub fn hash_of(&self, number: u32) -> u64 {
        self.entries.get(number as usize).hash
    }

    /// The key with a number.
    pub fn key(&self, number: u32) -> &[u8] {
        let entry = self.entries.get(number as usize);
        let start = entry.start as usize;
        &self.pages[entry.page as usize][start..start + entry.len as usize]
    }

    /// The key with a number, and after it the bytes that belong to it.
    pub fn whole(&self, number: u32) -> &[u8] {
        let entry = self.entries.get(number as usize);
        let start = entry.start as usize;
        &self.pages[entry.page as usize][start..start + (entry.len + entry.more) as usize]
    }

    /// The bytes that belong to a key.
    pub fn more(&self, number: u32) -> &[u8] {
        let entry = self.entries.get(number as usize);
        let start = (entry.start + entry.len) as usize;
        &self.pages[entry.page as usize][start..start + entry.more as usize]
    }

    /// Changes them; there are as many as before.
    pub fn set_more(&mut self, number: u32, more: &[u8]) {
        let entry = self.entries.get(number as usize);
        let start = (entry.start + entry.len) as usize;
        self.pages[entry.page as usize][start..start + entry.more as usize].copy_from_slice(more);
    }
}

#[inline(always)]
fn is(entry: &Entry, hash: u64, key: &[u8], pages: &[Vec<u8>]) -> bool {
    let start = entry.start as usize;
    entry.hash == hash
        && entry.len as usize == key.len()
        && &pages[entry.page as usize][start..start + entry.len as usize] == key
}

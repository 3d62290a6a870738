//! The different values of a column, as long as there are few.

use crate::error::Result;
use crate::fold::groups::held::Held;
use crate::fold::registers::Hashed;
use crate::fold::stats::kind::Class;

/// The most different values that are kept of a column.
pub(super) const VALUES: usize = 4096;
/// The most bytes that their texts may have together.
pub(super) const BYTES: usize = 256 << 10;

/// There is no value at a place.
const NONE: u16 = u16::MAX;
/// How many places there are first.
const FIRST: usize = 16;

/// The different values, and how often each is there. Whether they are too many only depends on which they are.
#[derive(Default)]
pub(super) struct Table {
    /// The numbers of values, from the place that the hash says on; at least half of the places are free.
    places: Vec<u16>,
    entries: Vec<Entry>,
    texts: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Entry {
    hashed: Hashed,
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
    pub hashed: Hashed,
    pub times: u64,
}

impl Table {
    /// Counts a value. `false`: there are too many different ones.
    ///
    /// # Errors
    /// There is no memory.
    #[inline(always)]
    pub fn count(&mut self, value: Counted<'_>, held: &mut Held) -> Result<bool> {
        let Table { places, entries, texts } = self;
        let mask = places.len().wrapping_sub(1);
        let mut at = value.hashed.hash as usize & mask;
        while let Some(entry) = places.get(at).and_then(|number| entries.get_mut(usize::from(*number))) {
            if entry.hashed.words == value.hashed.words
                && entry.len as usize == value.text.len()
                && entry.class == value.class
                && (value.hashed.is_short || entry.text(texts) == value.text)
            {
                entry.times += value.times;
                return Ok(true);
            }
            at = (at + 1) & mask;
        }
        self.add(value, held)
    }

    #[cold]
    fn add(&mut self, value: Counted<'_>, held: &mut Held) -> Result<bool> {
        let Counted { class, text, hashed, times } = value;
        if self.entries.len() == VALUES || self.texts.len() + text.len() > BYTES {
            return Ok(false);
        }
        let before = self.size();
        self.entries.push(Entry { hashed, times, start: self.texts.len() as u32, len: text.len() as u32, class });
        self.texts.extend_from_slice(text);
        if 2 * self.entries.len() > self.places.len() {
            self.places = vec![NONE; (2 * self.places.len()).max(FIRST)];
            (0..self.entries.len()).for_each(|number| self.place(number));
        } else {
            self.place(self.entries.len() - 1);
        }
        held.take(self.size() - before)?;
        Ok(true)
    }

    fn place(&mut self, number: usize) {
        let mask = self.places.len() - 1;
        let mut at = self.entries[number].hashed.hash as usize & mask;
        while self.places[at] != NONE {
            at = (at + 1) & mask;
        }
        self.places[at] = number as u16;
    }

    /// What it takes, in bytes.
    pub fn size(&self) -> usize {
        self.texts.capacity() + self.entries.capacity() * size_of::<Entry>() + self.places.capacity() * size_of::<u16>()
    }

    /// The values, in no order that means anything.
    pub fn values(&self) -> impl Iterator<Item = Counted<'_>> {
        self.entries.iter().map(|entry| Counted {
            class: entry.class,
            text: entry.text(&self.texts),
            hashed: entry.hashed,
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

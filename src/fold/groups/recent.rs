//! The groups of short keys that were met last.

use crate::scan::short::words;

/// How many places there are.
const PLACES: usize = 1 << BITS;
const BITS: u32 = 10;

/// A small table of short keys with their groups: each key has one place, and the one that was met last stays in it. Most
/// records find their group here, with one look and no comparison of texts.
pub(super) struct Recent {
    places: Box<[Place]>,
}

/// A key of at most 16 bytes; two of one length with the same words are the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Short {
    first: u64,
    last: u64,
    /// Never 0 in a place that is taken.
    mark: u32,
}

/// A key and its group, in 24 bytes.
#[derive(Clone, Copy, Default)]
struct Place {
    first: u64,
    last: u64,
    mark: u32,
    group: u32,
}

impl Recent {
    /// What it takes, in bytes.
    pub const SIZE: usize = PLACES * size_of::<Place>();

    pub fn new() -> Recent {
        Recent { places: vec![Place::default(); PLACES].into() }
    }

    /// The group of a key, if it is still here.
    #[inline(always)]
    pub fn find(&self, key: Short) -> Option<u32> {
        let Place { first, last, mark, group } = self.places[key.place()];
        (Short { first, last, mark } == key).then_some(group)
    }

    /// Keeps no keys any more.
    pub fn forget(&mut self) {
        self.places.fill(Place::default());
    }

    #[inline(always)]
    pub fn keep(&mut self, key: Short, group: u32) {
        let Short { first, last, mark } = key;
        self.places[key.place()] = Place { first, last, mark, group };
    }
}

impl Short {
    /// None: it is too long. `kind`: below 128, and part of the key.
    #[inline(always)]
    pub fn new(kind: u8, text: &[u8]) -> Option<Short> {
        let [first, last] = words(text)?;
        Some(Short { first, last, mark: u32::from(kind) << 8 | 0x8000 | text.len() as u32 })
    }

    #[inline(always)]
    fn place(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29)).wrapping_add(self.mark.into());
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_short_key_is_its_own() {
        let text: Vec<u8> = (1..=17).collect();
        let mut keys: Vec<Short> = (0..=16).filter_map(|len| Short::new(1, &text[..len])).collect();
        // Any other byte makes another key, and so does another kind.
        for len in 1..=16 {
            for at in 0..len {
                let mut other = text[..len].to_vec();
                other[at] = 0;
                keys.extend(Short::new(1, &other));
            }
        }
        keys.extend(Short::new(0, b""));
        assert_eq!(keys.len(), 17 + 136 + 1);
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{index}");
        }
        assert!(Short::new(1, &text).is_none());
    }

    #[test]
    fn only_what_was_kept_is_found() {
        let mut recent = Recent::new();
        let key = |number: u64| Short::new(1, &number.to_le_bytes()).unwrap();
        assert_eq!(recent.find(Short::new(0, b"").unwrap()), None);
        for number in 0..5000 {
            recent.keep(key(number), number as u32);
            assert_eq!(recent.find(key(number)), Some(number as u32));
        }
        let left =
            (0..5000).filter(|number| recent.find(key(*number)).is_some_and(|group| u64::from(group) == *number));
        assert!((1..=PLACES).contains(&left.count()));
        assert_eq!(recent.find(key(5000)), None);
    }
}

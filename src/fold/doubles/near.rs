//! Keys that are looked up together.
//!
//! Of a large table, most of what a look needs is far from the processor. Looks that do not depend on each other are
//! waited for together.

use crate::fold::groups::keys::{Keys, hash};
use crate::spill::ITEM;

/// How many keys are looked up together.
const KEYS: usize = 32;
/// The longest key that waits for others.
const LONGEST: usize = 64;

/// Keys that wait to be looked up.
pub(super) struct Near {
    bytes: Box<[[u8; LONGEST]; KEYS]>,
    waiting: [Waiting; KEYS],
    len: usize,
}

/// A key that waits, and where its record is.
#[derive(Clone, Copy, Default)]
pub(super) struct Waiting {
    len: u8,
    pub hash: u64,
    pub place: [u8; ITEM],
    /// Its number, if the table had it.
    pub number: Option<u32>,
}

impl Near {
    pub fn new() -> Near {
        Near { bytes: Box::new([[0; LONGEST]; KEYS]), waiting: [Waiting::default(); KEYS], len: 0 }
    }

    /// Whether there is no room for another key.
    pub fn is_full(&self) -> bool {
        self.len == KEYS
    }

    /// Adds a key. Returns whether it is short enough to wait; there is room.
    #[inline]
    pub fn push(&mut self, key: &[u8], place: [u8; ITEM]) -> bool {
        let Some(into) = self.bytes[self.len].get_mut(..key.len()) else { return false };
        into.copy_from_slice(key);
        self.waiting[self.len] = Waiting { len: key.len() as u8, hash: hash(key), place, number: None };
        self.len += 1;
        true
    }

    /// Looks all of them up; returns how many there are.
    #[inline]
    pub fn find(&mut self, keys: &Keys) -> usize {
        for (waiting, bytes) in self.waiting[..self.len].iter_mut().zip(&*self.bytes) {
            waiting.number = keys.find(waiting.hash, &bytes[..usize::from(waiting.len)]);
        }
        self.len
    }

    /// One of them.
    #[inline]
    pub fn get(&self, index: usize) -> (&[u8], Waiting) {
        let waiting = self.waiting[index];
        (&self.bytes[index][..usize::from(waiting.len)], waiting)
    }

    /// There are none any more.
    pub fn clear(&mut self) {
        self.len = 0;
    }
}

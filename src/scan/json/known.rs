//! The keys that were met so far, as paths of maps, with the bytes between their quotes in the text.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::scan::bytes::same;

/// How many keys are kept. With their bytes and the table they take 48 KiB, a part of what the memory plan has for
/// a decoder and an encoder beside the arena.
const NODES: usize = 768;
/// How many bytes of keys are kept.
const BYTES: usize = 8 << 10;
/// A key longer than this is not kept.
const LONGEST: usize = 1 << 10;

/// The node of a record, which has no key; and as a guess, the one that never holds.
pub(super) const ROOT: usize = 0;

/// How many of the last bytes of `"key":` are compared at once.
const NEAR: usize = 16;
/// A key up to this length is within them, both its quotes included, and a byte before that is not a part of it.
const SHORT: usize = NEAR - 4;

/// A key in the map of another key.
#[derive(Clone, Copy)]
struct Node {
    /// The last bytes of `"key":`, with zeros before them, if the key is short; else zero.
    near: u128,
    /// Which of them count, if the key is a leaf; else all of them: no valid text has zeros.
    mask: u128,
    /// Where the key's bytes are.
    start: u16,
    len: u16,
    parent: u16,
    /// Guesses: the first key in this key's map, and the key that came after this one.
    first: u16,
    next: u16,
    /// It was seen with a value that is a column.
    leaf: bool,
}

/// Keys and the maps they are in.
pub(super) struct Known {
    nodes: Vec<Node>,
    bytes: Vec<u8>,
    /// Nodes by map and key.
    table: HashTable<u16>,
    hasher: DefaultHashBuilder,
}

/// Where a walk through a record is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The key whose map it is in.
    pub map: usize,
    /// The key before, in this map; [`ROOT`] when there was none.
    pub key: usize,
    /// The key that is probably next.
    pub guess: usize,
}

impl Known {
    pub fn new() -> Known {
        let hasher = DefaultHashBuilder::default();
        Known { nodes: vec![EMPTY], bytes: Vec::new(), table: HashTable::new(), hasher }
    }

    /// Whether the key was seen with a value that is a column.
    #[inline(always)]
    pub fn is_leaf(&self, key: usize) -> bool {
        self.nodes[key].leaf
    }

    pub fn set_leaf(&mut self, key: usize) {
        let node = &mut self.nodes[key];
        node.leaf = true;
        if let Some(mask) = mask_of(node.len.into()).filter(|_| node.near != 0) {
            node.mask = mask;
        }
    }

    /// The beginning of a key's map.
    #[inline(always)]
    pub fn enter(&self, key: usize) -> Place {
        Place { map: key, key: ROOT, guess: self.nodes[key].first.into() }
    }

    /// After a map, in the one around it.
    #[inline(always)]
    pub fn leave(&self, map: usize) -> Place {
        let node = &self.nodes[map];
        Place { map: node.parent.into(), key: map, guess: node.next.into() }
    }

    /// After a key of the same map.
    #[inline(always)]
    pub fn behind(&self, place: Place, key: usize) -> Place {
        Place { map: place.map, key, guess: self.nodes[key].next.into() }
    }

    /// The guess after `guess`, if that is the key before the colon at `colon`, short, and a leaf. Where it is not,
    /// [`holds`](Self::holds) has to look. `escapes`: there are some in the text up to the colon.
    #[inline(always)]
    pub fn behind_leaf(&self, guess: usize, text: &[u8], colon: usize, escapes: bool) -> Option<usize> {
        let node = self.nodes.get(guess)?;
        let near = text.get(..=colon)?.last_chunk::<NEAR>()?;
        if (u128::from_le_bytes(*near) ^ node.near) & node.mask != 0 {
            return None;
        }
        if escapes && !is_outside(text, colon.checked_sub(usize::from(node.len) + 2)?) {
            return None;
        }
        Some(node.next.into())
    }

    /// Whether the guess is the key before the colon at `colon`. If not, [`find`](Self::find) may know the key.
    #[inline(always)]
    pub fn holds(&self, guess: usize, text: &[u8], colon: usize) -> bool {
        let node = &self.nodes[guess];
        let key = self.bytes_of(node);
        let Some(quote) = colon.checked_sub(key.len() + 2).filter(|_| guess != ROOT) else { return false };
        text[quote] == b'"'
            && text[colon - 1] == b'"'
            && same(&text[quote + 1..colon - 1], key)
            && is_outside(text, quote)
    }

    fn bytes_of(&self, node: &Node) -> &[u8] {
        &self.bytes[node.start.into()..][..node.len.into()]
    }

    /// The key before the colon at `colon`, where the guess did not hold; and with `learn`, as a new one. None: it is
    /// not known.
    #[cold]
    #[inline(never)]
    pub fn find(&mut self, place: Place, text: &[u8], colon: usize, learn: bool) -> Option<usize> {
        let (near, key) = match near_before(text, colon) {
            0 => key_before(text, colon).map(|key| (near_of(key), key))?,
            near => (near, &b""[..]),
        };
        // Where keys are optional, it is often one that comes a little later.
        let mut guess = place.guess;
        for _ in 0..3 {
            if guess != ROOT && self.is_key(guess, near, key) {
                return Some(guess);
            }
            guess = self.nodes[guess].next.into();
        }
        let hash = self.hash(place.map, near, key);
        let is_it = |node: &u16| {
            let node = usize::from(*node);
            usize::from(self.nodes[node].parent) == place.map && self.is_key(node, near, key)
        };
        let found = match self.table.find(hash, is_it) {
            Some(found) => usize::from(*found),
            None if learn => self.insert(place.map, near, key_before(text, colon)?, hash)?,
            None => return None,
        };
        match place.key {
            ROOT => self.nodes[place.map].first = found as u16,
            before => self.nodes[before].next = found as u16,
        }
        Some(found)
    }

    /// Whether this is a node's key: by its last bytes, or if they are zero, by all of them.
    #[inline(always)]
    fn is_key(&self, node: usize, near: u128, key: &[u8]) -> bool {
        let node = &self.nodes[node];
        node.near == near && (near != 0 || self.bytes_of(node) == key)
    }

    fn insert(&mut self, map: usize, near: u128, key: &[u8], hash: u64) -> Option<usize> {
        if self.nodes.len() >= NODES || key.len() > LONGEST || self.bytes.len() + key.len() > BYTES {
            return None;
        }
        let index = self.nodes.len();
        let (start, len) = (self.bytes.len() as u16, key.len() as u16);
        self.bytes.extend_from_slice(key);
        self.nodes.push(Node { near, start, len, parent: map as u16, leaf: false, ..EMPTY });
        let Known { nodes, bytes, table, hasher } = self;
        table.insert_unique(hash, index as u16, |node| {
            let node = &nodes[usize::from(*node)];
            hash_of(hasher, node.parent.into(), node.near, &bytes[node.start.into()..][..node.len.into()])
        });
        Some(index)
    }

    fn hash(&self, map: usize, near: u128, key: &[u8]) -> u64 {
        hash_of(&self.hasher, map, near, key)
    }
}

/// The hash of a key in a map: by its last bytes, or if they are zero, by all of them.
fn hash_of(hasher: &DefaultHashBuilder, map: usize, near: u128, key: &[u8]) -> u64 {
    hasher.hash_one((map, near, if near == 0 { key } else { &[] }))
}

/// The node of a record, and what others have of it at first.
const EMPTY: Node = Node { near: 0, mask: u128::MAX, start: 0, len: 0, parent: 0, first: 0, next: 0, leaf: true };

/// Which of the last bytes of `"key":` are those of a key of this length, if it is short.
#[inline(always)]
fn mask_of(len: usize) -> Option<u128> {
    (len <= SHORT).then(|| u128::MAX << (8 * (NEAR - 3 - len)))
}

/// Whether a quote is not within a key, after a backslash.
#[inline(always)]
fn is_outside(text: &[u8], quote: usize) -> bool {
    quote > 0 && text[quote - 1] != b'\\'
}

/// What a [`Node`] has of a key.
fn near_of(key: &[u8]) -> u128 {
    let Some(mask) = mask_of(key.len()) else { return 0 };
    let mut near = [b'"'; NEAR];
    near[NEAR - 2 - key.len()..NEAR - 2].copy_from_slice(key);
    near[NEAR - 1] = b':';
    u128::from_le_bytes(near) & mask
}

/// The same of the key before a colon; zero if that takes a closer look.
#[inline(always)]
fn near_before(text: &[u8], colon: usize) -> u128 {
    // A byte is 0x80 where the text has a quote, else 0.
    const LOW: u128 = u128::from_ne_bytes([0x7f; NEAR]);
    const QUOTES: u128 = u128::from_ne_bytes([b'"'; NEAR]);
    let Some(near) = text.get(..=colon).and_then(|text| text.last_chunk::<NEAR>()) else { return 0 };
    let near = u128::from_le_bytes(*near);
    let bytes = near ^ QUOTES;
    let quotes = !(((bytes & LOW) + LOW) | bytes | LOW);
    // The closing quote is the last but one byte.
    let closes = quotes >> (8 * (NEAR - 2)) == 0x80;
    let len = (quotes << 16).leading_zeros() as usize / 8;
    match mask_of(len) {
        Some(mask) if closes && is_outside(text, colon - 2 - len) => near & mask,
        _ => 0,
    }
}

/// The bytes of the key before a colon.
#[cold]
#[inline(never)]
fn key_before(text: &[u8], colon: usize) -> Option<&[u8]> {
    let before = text[..colon].trim_ascii_end().strip_suffix(b"\"")?;
    let from = before.len().saturating_sub(LONGEST + 1);
    let mut end = before.len();
    while let Some(quote) = memchr::memrchr(b'"', &before[from..end]).map(|quote| from + quote) {
        let escapes = before[..quote].iter().rev().take_while(|byte| **byte == b'\\').count();
        if escapes % 2 == 0 {
            return Some(&before[quote + 1..]);
        }
        end = quote;
    }
    None
}

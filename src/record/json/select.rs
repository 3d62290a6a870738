//! Some fields of JSON values, straight into columns.

use std::collections::HashMap;

use super::read::{Build, Fault};
use super::strings::unescape;
use crate::error::RecordError;
use crate::record::{Batch, LossyKind, Value};
use crate::scan::bytes::same;

const NONE: u32 = u32::MAX;
/// How many keys of a map are remembered for the guess, and how long they may be.
const GUESSES: usize = 256;
const GUESS_LEN: usize = 64;

/// A path's column, and what is left of the path.
type End<'p> = (u32, &'p [u8]);

/// What a key of a map leads to.
#[derive(Clone, Copy)]
struct Action {
    /// The column that its value fills.
    slot: u32,
    /// The map that its value has to be, with more of the paths inside.
    map: u32,
}

const NOTHING: Action = Action { slot: NONE, map: NONE };

/// A map that some paths lead through.
#[derive(Default)]
struct Map {
    keys: HashMap<Box<[u8]>, Action>,
    /// The i-th key of such a map in the record before, and what it led to.
    guesses: Vec<(Vec<u8>, Action)>,
    /// All columns that are filled from inside.
    below: Vec<u32>,
    /// The last record that had it.
    seen: u64,
}

/// Paths of fields, and the columns they fill. A path is the keys of nested maps, joined by dots; a key
/// may have dots itself.
pub struct Selection {
    maps: Vec<Map>,
    width: usize,
    /// Columns of a path that an earlier column has too.
    copies: Vec<(u32, u32)>,
    records: u64,
    open: Vec<Open>,
    /// The column for records that are no maps.
    value: u32,
}

/// A map being walked: where to go on behind it.
#[derive(Clone, Copy)]
struct Open {
    map: u32,
    keys: usize,
    /// The column that the map itself fills.
    slot: u32,
    start: usize,
}

impl Selection {
    /// The columns are in the order of `paths`.
    pub fn new<P: AsRef<[u8]>>(paths: &[P]) -> Selection {
        let (mut first, mut copies) = (HashMap::new(), Vec::new());
        for (slot, path) in paths.iter().enumerate() {
            let slot = slot as u32;
            let earlier = *first.entry(path.as_ref()).or_insert(slot);
            if earlier != slot {
                copies.push((earlier, slot));
            }
        }
        let mut paths: Vec<End<'_>> = first.into_iter().map(|(path, slot)| (slot, path)).collect();
        paths.sort_unstable();
        let value = paths.iter().find(|(_, path)| *path == b"value").map_or(NONE, |(slot, _)| *slot);
        let mut build = Builder { maps: Vec::new(), known: HashMap::new() };
        build.map(paths.clone());
        let width = paths.len() + copies.len();
        Selection { maps: build.maps, width, copies, records: 0, open: Vec::with_capacity(8), value }
    }

    /// Begins a record.
    #[inline]
    pub(super) fn record<'s, 'b, 'a>(
        &'s mut self,
        text: &'a [u8],
        batch: &'b mut Batch<'a>,
        offset: usize,
    ) -> Result<Columns<'s, 'b, 'a>, RecordError> {
        batch.reserve(self.width, offset)?;
        for _ in 0..self.width {
            batch.push(Value::Absent);
        }
        self.records += 1;
        self.open.clear();
        let action = Action { slot: self.value, map: 0 };
        Ok(Columns { selection: self, batch, text, map: NONE, keys: 0, action })
    }
}

/// Makes a map for each set of path ends; the same set can be reached by more than one way.
struct Builder<'p> {
    maps: Vec<Map>,
    known: HashMap<Vec<End<'p>>, u32>,
}

impl<'p> Builder<'p> {
    fn map(&mut self, paths: Vec<End<'p>>) -> u32 {
        if let Some(map) = self.known.get(&paths) {
            return *map;
        }
        let map = self.maps.len() as u32;
        self.known.insert(paths.clone(), map);
        self.maps.push(Map { below: paths.iter().map(|(slot, _)| *slot).collect(), ..Map::default() });
        // What each possible key leaves of the paths.
        let mut rests: HashMap<&[u8], (u32, Vec<End<'_>>)> = HashMap::new();
        for (slot, path) in &paths {
            for dot in memchr::memchr_iter(b'.', path) {
                rests.entry(&path[..dot]).or_insert((NONE, Vec::new())).1.push((*slot, &path[dot + 1..]));
            }
            rests.entry(path).or_insert((NONE, Vec::new())).0 = *slot;
        }
        for (key, (slot, rest)) in rests {
            let inner = if rest.is_empty() { NONE } else { self.map(rest) };
            self.maps[map as usize].keys.insert(key.into(), Action { slot, map: inner });
        }
        map
    }
}

/// Fills the columns of one record.
pub(super) struct Columns<'s, 'b, 'a> {
    selection: &'s mut Selection,
    batch: &'b mut Batch<'a>,
    text: &'a [u8],
    /// The map being walked, and how many of its keys were met.
    map: u32,
    keys: usize,
    /// What the last key led to.
    action: Action,
}

impl<'a> Columns<'_, '_, 'a> {
    /// Ends the record's values.
    #[inline]
    pub fn finish(self) {
        for (from, to) in &self.selection.copies {
            let values = self.batch.open_values();
            values[*to as usize] = values[*from as usize];
        }
    }

    #[inline(always)]
    fn set(&mut self, slot: u32, value: Value<'a>) {
        let place = &mut self.batch.open_values()[slot as usize];
        let twice = !matches!(place, Value::Absent);
        *place = value;
        if twice {
            self.batch.lossy.count(LossyKind::DuplicateKey);
        }
    }

    #[cold]
    #[inline(never)]
    fn look_up(&mut self, key: &[u8]) -> Action {
        let map = &mut self.selection.maps[self.map as usize];
        let action = map.keys.get(key).copied().unwrap_or(NOTHING);
        if self.keys < GUESSES && key.len() <= GUESS_LEN {
            let empty = map.keys.get(&b""[..]).copied().unwrap_or(NOTHING);
            while map.guesses.len() <= self.keys {
                map.guesses.push((Vec::with_capacity(GUESS_LEN), empty));
            }
            let guess = &mut map.guesses[self.keys];
            guess.0.clear();
            guess.0.extend_from_slice(key);
            guess.1 = action;
        }
        action
    }

    /// A key led to a map: the last one of the same key counts.
    #[inline]
    fn enter(&mut self, map: u32) {
        let map = &mut self.selection.maps[map as usize];
        if std::mem::replace(&mut map.seen, self.selection.records) != self.selection.records {
            return;
        }
        self.batch.lossy.count(LossyKind::DuplicateKey);
        for slot in &map.below {
            self.batch.open_values()[*slot as usize] = Value::Absent;
        }
    }
}

impl<'a> Build<'a> for Columns<'_, '_, 'a> {
    const SKIP: bool = false;

    #[inline(always)]
    fn key(&mut self, key: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault> {
        let key = if escaped { unescape(key, self.batch.slice(), self.batch.arena(), offset)? } else { key };
        let action = match self.selection.maps[self.map as usize].guesses.get(self.keys) {
            Some((guess, action)) if same(guess, key) => *action,
            _ => self.look_up(key),
        };
        self.keys += 1;
        self.action = action;
        if action.map != NONE {
            self.enter(action.map);
        }
        Ok(())
    }
    #[inline(always)]
    fn item(&mut self) {}
    #[inline(always)]
    fn scalar(&mut self, value: Value<'a>, _: usize) -> Result<(), Fault> {
        if self.action.slot != NONE {
            self.set(self.action.slot, value);
        }
        Ok(())
    }
    #[inline(always)]
    fn text(&mut self, text: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault> {
        if self.action.slot != NONE {
            let text = if escaped { unescape(text, self.batch.slice(), self.batch.arena(), offset)? } else { text };
            self.set(self.action.slot, Value::Text(text));
        }
        Ok(())
    }
    #[inline(always)]
    fn open(&mut self, is_map: bool, offset: usize) -> Result<bool, Fault> {
        if !is_map || self.action.map == NONE {
            return Ok(false);
        }
        let root = self.map == NONE;
        let slot = if root { NONE } else { self.action.slot };
        self.selection.open.push(Open { map: self.map, keys: self.keys, slot, start: offset });
        (self.map, self.keys) = (self.action.map, 0);
        Ok(true)
    }
    #[inline(always)]
    fn close(&mut self, _: bool, end: usize) {
        let Some(open) = self.selection.open.pop() else { return };
        (self.map, self.keys) = (open.map, open.keys);
        if open.slot != NONE {
            self.set(open.slot, Value::Raw(&self.text[open.start..end]));
        }
    }
    #[inline(always)]
    fn raw(&mut self, text: &'a [u8], _: usize) -> Result<(), Fault> {
        if self.action.slot != NONE {
            self.set(self.action.slot, Value::Raw(text));
        }
        Ok(())
    }
}

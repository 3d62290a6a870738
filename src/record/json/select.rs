//! Selected fields of JSON values, straight into columns.

use std::collections::HashMap;
use std::sync::Arc;

use super::build::{Build, Fault};
use super::strings::unescape;
use crate::error::{Fault as Whose, RecordError};
use crate::record::{Batch, LossyKind, Seen, Value};

const NONE: u32 = u32::MAX;
/// How many keys of a map are remembered as guesses, and how long they may be.
const GUESSES: usize = 256;
/// The guess that no key equals.
const NO_GUESS: u32 = 0;
const GUESS_LEN: usize = 64;

/// This many records at the start are searched for names to suggest.
const LEARNT: u64 = 64;

/// A path's column, and the rest of the path.
type End<'p> = (u32, &'p [u8]);

/// What to do at a key of a map.
#[derive(Clone, Copy)]
struct Action {
    /// The column to fill with its value.
    slot: u32,
    /// The map that its value has to be, because more of the paths are inside.
    map: u32,
}

const NOTHING: Action = Action { slot: NONE, map: NONE };

/// The slot of a record that is not a map, and the map inside a key with dots if that makes a difference: no real slot
/// or map has this number.
const NO_MAP: u32 = u32::MAX - 1;
const DOTTED: u32 = u32::MAX - 1;

/// Where to note the paths that are found, and for each path its numbers there.
pub type Told = (Arc<Seen>, Arc<[Vec<usize>]>);

/// How to treat selected fields.
#[derive(Clone, Default)]
pub struct Chosen {
    /// Refuse a map that has to become columns of its own: then the columns have to be collected again.
    pub refuse_maps: bool,
    /// Refuse a list that a path leads through.
    pub refuse_lists: bool,
    /// Refuse a key with dots that equals a path.
    pub refuse_dotted: bool,
    /// Where to note the paths that are found, and for each path its numbers there.
    pub seen: Option<Told>,
}

impl std::fmt::Debug for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Chosen { refuse_maps, refuse_lists, refuse_dotted, seen } = self;
        f.debug_tuple("Chosen").field(&(refuse_maps, refuse_lists, refuse_dotted, seen.is_some())).finish()
    }
}

/// A key that is expected, and what to do at it.
struct Guess {
    key: Vec<u8>,
    /// Its first 16 bytes, and ones in their places.
    start: u128,
    mask: u128,
    action: Action,
    /// The guess for the key after it.
    next: u32,
}

impl Guess {
    fn none() -> Guess {
        let mut guess =
            Guess { key: Vec::with_capacity(GUESS_LEN), start: 0, mask: 0, action: NOTHING, next: NO_GUESS };
        guess.forget();
        guess
    }

    /// No key equals it, since it is not UTF-8.
    fn forget(&mut self) {
        self.set(b"\xff", NOTHING);
    }

    fn set(&mut self, key: &[u8], action: Action) {
        self.key.clear();
        self.key.extend_from_slice(key);
        let mut start = [0; 16];
        let len = key.len().min(16);
        start[..len].copy_from_slice(&key[..len]);
        self.start = u128::from_le_bytes(start);
        self.mask = u128::MAX.checked_shr(128 - 8 * len as u32).unwrap_or(0);
        self.action = action;
    }

    /// Whether it is the first `len` bytes of a text.
    #[inline(always)]
    fn begins(&self, text: &[u8], len: usize) -> bool {
        if len != self.key.len() {
            return false;
        }
        match text.first_chunk() {
            Some(first) if len <= 16 => (u128::from_le_bytes(*first) ^ self.start) & self.mask == 0,
            _ => text[..len] == self.key[..],
        }
    }
}

/// A map that some paths lead through.
#[derive(Default)]
struct Map {
    keys: HashMap<Box<[u8]>, Action>,
    /// The guess for its first key, and how many there are for its keys.
    first: u32,
    guesses: usize,
    /// All columns that are filled from inside it.
    below: Vec<u32>,
    /// A path that leads to it, ending with a dot.
    path: Vec<u8>,
    /// The last record in which it occurred.
    seen: u64,
}

/// Paths of fields, and the columns they fill. A path is the keys of nested maps, joined by dots; a key may contain
/// dots itself.
pub struct Selection {
    maps: Vec<Map>,
    /// The keys of maps in the previous record, and what to do at them; the first is [`NO_GUESS`].
    guesses: Vec<Guess>,
    width: usize,
    /// Columns whose path an earlier column has too.
    copies: Vec<(u32, u32)>,
    records: u64,
    open: Vec<Open>,
    paths: Vec<Box<[u8]>>,
    chosen: Chosen,
    /// The numbers of names found for the first time in the record being read: they count only if it is good.
    met: Vec<usize>,
    /// Why fields can't be selected from the last record, although it is valid.
    unfit: Option<RecordError>,
}

/// A map being walked: where to continue after it.
#[derive(Clone, Copy)]
struct Open {
    map: u32,
    guess: u32,
    before: u32,
    /// The column that the map itself fills.
    slot: u32,
    start: usize,
}

impl Selection {
    /// The columns are in the order of `paths`.
    pub fn new<P: AsRef<[u8]>>(paths: &[P], chosen: &Chosen) -> Selection {
        let all = paths.iter().map(|path| path.as_ref().into()).collect();
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
        let mut build = Builder { maps: Vec::new(), known: HashMap::new(), refuse_dotted: chosen.refuse_dotted };
        build.map(paths.clone(), b"");
        let width = paths.len() + copies.len();
        let (maps, open, chosen) = (build.maps, Vec::with_capacity(8), chosen.clone());
        let met = Vec::with_capacity(GUESSES);
        let guesses = vec![Guess::none()];
        Selection { maps, guesses, width, copies, records: 0, open, paths: all, chosen, met, unfit: None }
    }

    /// Whether there is something to do after the last record, which is good.
    #[inline(always)]
    pub fn has_more(&self) -> bool {
        self.unfit.is_some() || !self.met.is_empty()
    }

    /// The last record is good, so its names count. Returns why nothing could be selected from it, if that is the case.
    #[cold]
    pub fn settle(&mut self) -> Option<RecordError> {
        if let Some((seen, _)) = &self.chosen.seen {
            self.met.iter().for_each(|number| seen.mark(*number));
        }
        self.met.clear();
        self.unfit.take()
    }

    /// The last record is bad: none of its names count, and it is no guess for the next one.
    #[cold]
    pub fn forget(&mut self) {
        (self.unfit, self.records) = (None, self.records + 1);
        if !self.met.is_empty() {
            self.met.clear();
            self.guesses.iter_mut().for_each(Guess::forget);
        }
    }

    /// Adds a row without any field for a valid record from which fields can't be selected because of `error`.
    ///
    /// # Errors
    /// There is no room.
    #[cold]
    pub fn unfit(&mut self, batch: &mut Batch<'_>, offset: usize, error: RecordError) -> Result<(), RecordError> {
        self.forget();
        self.record(&[], batch, offset)?;
        self.unfit = Some(error);
        Ok(())
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
        let action = Action { slot: NO_MAP, map: 0 };
        Ok(Columns { selection: self, batch, text, map: NONE, guess: NO_GUESS, before: NO_GUESS, action })
    }

    /// Makes room for a guess of a key of a map, after that for the key before.
    fn add_guess(&mut self, map: u32, before: u32) -> u32 {
        let map = &mut self.maps[map as usize];
        if map.guesses == GUESSES {
            return NO_GUESS;
        }
        map.guesses += 1;
        let added = self.guesses.len() as u32;
        self.guesses.push(Guess::none());
        match before {
            NO_GUESS => map.first = added,
            before => self.guesses[before as usize].next = added,
        }
        added
    }
}

/// Makes a map for each set of path ends; several ways can lead to the same set.
struct Builder<'p> {
    maps: Vec<Map>,
    known: HashMap<Vec<End<'p>>, u32>,
    refuse_dotted: bool,
}

impl<'p> Builder<'p> {
    fn map(&mut self, paths: Vec<End<'p>>, path: &[u8]) -> u32 {
        if let Some(map) = self.known.get(&paths) {
            return *map;
        }
        let map = self.maps.len() as u32;
        self.known.insert(paths.clone(), map);
        self.maps.push(Map {
            below: paths.iter().map(|(slot, _)| *slot).collect(),
            path: path.into(),
            ..Map::default()
        });
        // For each possible key, what remains of the paths.
        let mut rests: HashMap<&[u8], (u32, Vec<End<'_>>)> = HashMap::new();
        for (slot, rest) in &paths {
            for dot in memchr::memchr_iter(b'.', rest) {
                rests.entry(&rest[..dot]).or_insert((NONE, Vec::new())).1.push((*slot, &rest[dot + 1..]));
            }
            rests.entry(rest).or_insert((NONE, Vec::new())).0 = *slot;
        }
        for (key, (slot, rest)) in rests {
            let inner = match rest.is_empty() {
                _ if self.refuse_dotted && key.contains(&b'.') => DOTTED,
                true => NONE,
                false => self.map(rest, &[path, key, b"."].concat()),
            };
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
    /// The map being walked, the guess for its next key, and that for the key before.
    map: u32,
    guess: u32,
    before: u32,
    /// What to do at the last key.
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

    /// A record that is no map: it is the field `value`, if that is selected.
    #[cold]
    fn whole(&mut self, value: Value<'a>, offset: usize) -> Result<(), Fault> {
        let Some(slot) = self.selection.paths.iter().position(|path| **path == *b"value") else {
            return Err(RecordError::new(offset, "the record is not an object, so it has no fields to select").into());
        };
        self.batch.open_values()[slot] = value;
        if let Some((_, numbers)) = &self.selection.chosen.seen {
            self.selection.met.extend(numbers.get(slot).into_iter().flatten());
        }
        Ok(())
    }

    #[inline(always)]
    fn set(&mut self, slot: u32, value: Value<'a>, offset: usize) -> Result<(), Fault> {
        let Some(place) = self.batch.open_values().get_mut(slot as usize) else {
            return self.whole(value, offset);
        };
        let twice = !matches!(place, Value::Absent);
        *place = value;
        if twice {
            self.batch.lose(LossyKind::DuplicateKey, 1);
        }
        Ok(())
    }

    /// The error for a value at `offset` that has to be read another way.
    #[cold]
    #[inline(never)]
    fn apart(&self, offset: usize) -> Fault {
        let slot = self.action.slot;
        let what = match self.selection.paths.get(slot as usize) {
            Some(path) => format!("the selected field `{}` is an object", String::from_utf8_lossy(path)),
            None => "a path of ⟨select⟩ goes through a list, or through a key with dots".to_owned(),
        };
        let error = RecordError::new(offset, format!("{what}, and the columns were found without it"))
            .hint("A stream can't be read twice, so its columns are those of its first MiB: convert from a file, or keep objects whole with ⟨nested json⟩")
            .fault(Whose::UnknownKey);
        error.into()
    }

    #[cold]
    #[inline(never)]
    fn look_up(&mut self, key: &[u8]) -> Action {
        let action = self.selection.maps[self.map as usize].keys.get(key).copied().unwrap_or(NOTHING);
        if self.guess == NO_GUESS {
            self.guess = self.selection.add_guess(self.map, self.before);
        }
        if self.guess != NO_GUESS {
            let guess = &mut self.selection.guesses[self.guess as usize];
            if key.len() <= GUESS_LEN {
                guess.set(key, action);
            }
            (self.before, self.guess) = (self.guess, guess.next);
        }
        let map = &self.selection.maps[self.map as usize];
        if let Some((seen, numbers)) = &self.selection.chosen.seen {
            // What was found in this place is the guess from now on.
            self.selection.met.extend(numbers.get(action.slot as usize).into_iter().flatten());
            if self.selection.records <= LEARNT {
                seen.learn(&[&map.path[..], key].concat());
            }
        }
        action
    }

    /// A key leads to a map: if it occurs twice, the last one counts.
    #[inline]
    fn enter(&mut self, map: u32, offset: usize) -> Result<(), Fault> {
        let Some(map) = self.selection.maps.get_mut(map as usize) else { return Err(self.apart(offset)) };
        if std::mem::replace(&mut map.seen, self.selection.records) != self.selection.records {
            return Ok(());
        }
        self.batch.lose(LossyKind::DuplicateKey, 1);
        for slot in &map.below {
            self.batch.open_values()[*slot as usize] = Value::Absent;
        }
        Ok(())
    }
}

/// Whether a value is a map with fields: one without fields is a column like other values.
fn has_fields(text: &[u8]) -> bool {
    text.strip_prefix(b"{").is_some_and(|rest| !rest.trim_ascii_start().starts_with(b"}"))
}

/// Whether the list at the start of the text contains a map or list. If not, a path into it leads nowhere: the field is
/// missing.
#[cold]
#[inline(never)]
fn has_insides(text: &[u8]) -> bool {
    let mut rest = text.get(1..).unwrap_or_default();
    while let Some(at) = rest.iter().position(|byte| b"[{]\"".contains(byte)) {
        let found = rest[at];
        rest = &rest[at + 1..];
        match found {
            b'"' => rest = behind_quote(rest),
            found => return found != b']',
        }
    }
    false
}

/// What follows the quote that ends a string.
fn behind_quote(mut text: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', text) {
        let escaped = text[at] == b'\\';
        text = text.get(at + 1 + usize::from(escaped)..).unwrap_or_default();
        if !escaped {
            return text;
        }
    }
    &[]
}

impl<'a> Build<'a> for Columns<'_, '_, 'a> {
    const SKIP: bool = false;

    #[inline(always)]
    fn key(&mut self, key: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault> {
        let (key, text) = if escaped {
            let key = unescape(key, self.batch.slice(), self.batch.arena(), offset)?;
            (key, key)
        } else {
            (key, &self.text[offset + 1..])
        };
        let guess = &self.selection.guesses[self.guess as usize];
        let action = if guess.begins(text, key.len()) {
            (self.before, self.guess) = (self.guess, guess.next);
            guess.action
        } else {
            self.look_up(key)
        };
        self.action = action;
        if action.map != NONE {
            self.enter(action.map, offset)?;
        }
        Ok(())
    }
    #[inline(always)]
    fn item(&mut self) {}
    #[inline(always)]
    fn scalar(&mut self, value: Value<'a>, offset: usize) -> Result<(), Fault> {
        match self.action.slot {
            NONE => Ok(()),
            slot => self.set(slot, value, offset),
        }
    }
    #[inline(always)]
    fn text(&mut self, text: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault> {
        if self.action.slot != NONE {
            let text = if escaped { unescape(text, self.batch.slice(), self.batch.arena(), offset)? } else { text };
            self.set(self.action.slot, Value::Text(text), offset)?;
        }
        Ok(())
    }
    #[inline(always)]
    fn open(&mut self, is_map: bool, offset: usize) -> Result<bool, Fault> {
        if !is_map || self.action.map == NONE {
            // A list may contain selected fields.
            let led = self.action.map != NONE && self.map != NONE && self.selection.chosen.refuse_lists;
            return if led && has_insides(&self.text[offset..]) { Err(self.apart(offset)) } else { Ok(false) };
        }
        let root = self.map == NONE;
        let slot = if root { NONE } else { self.action.slot };
        if slot != NONE && self.selection.chosen.refuse_maps {
            return Err(self.apart(offset));
        }
        self.selection.open.push(Open { map: self.map, guess: self.guess, before: self.before, slot, start: offset });
        self.map = self.action.map;
        (self.guess, self.before) = (self.selection.maps[self.map as usize].first, NO_GUESS);
        Ok(true)
    }
    #[inline(always)]
    fn close(&mut self, _: bool, end: usize) {
        let Some(open) = self.selection.open.pop() else { return };
        (self.map, self.guess, self.before) = (open.map, open.guess, open.before);
        if open.slot != NONE {
            // The column exists, so this can't fail.
            let _ = self.set(open.slot, Value::Raw(&self.text[open.start..end]), open.start);
        }
    }
    #[inline(always)]
    fn raw(&mut self, text: &'a [u8], offset: usize) -> Result<(), Fault> {
        if self.action.slot == NONE {
            return Ok(());
        }
        if self.selection.chosen.refuse_maps && has_fields(text) {
            return Err(self.apart(offset));
        }
        self.set(self.action.slot, Value::Raw(text), offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of every length up to 40, in texts that end soon or late after them, with one byte changed or none.
    #[test]
    fn a_guess_begins_a_text_if_its_bytes_do() {
        let letters: Vec<u8> = (b'a'..=b'z').cycle().take(80).collect();
        let mut guess = Guess::none();
        for len in 0..40 {
            let key = &letters[..len];
            guess.set(key, NOTHING);
            for end in len..len + 20 {
                assert!(guess.begins(&letters[..end], len), "{len} {end}");
                assert!(!guess.begins(&letters[..end], len + 1), "{len} {end}");
                for changed in 0..end {
                    let mut text = letters[..end].to_vec();
                    text[changed] ^= 0x80;
                    assert_eq!(guess.begins(&text, len), changed >= len, "{len} {end} {changed}");
                }
            }
        }
        guess.forget();
        assert!(!guess.begins(b"", 0) && !guess.begins(b"a", 1));
    }
}

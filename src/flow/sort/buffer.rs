//! The records of one worker that wait to be sorted.

use std::io;

use crate::error::{Error, Result};
use crate::spill::{ENTRY, RunWriter, Sorted, lengths, prefix};
use crate::sys::Pages;

/// The least memory that a worker needs for sorting.
pub(crate) const SHARE: usize = 512 << 10;

/// What is taken before it is known how long records are.
const FIRST: usize = 1 << 20;

/// Records with their keys, in the memory of one worker. What they take does not grow beyond its share.
pub(crate) struct Buffer {
    /// Entries as they are in a run, one after another.
    data: Pages,
    len: usize,
    index: Vec<Place>,
    share: usize,
    /// The share was taken.
    whole: bool,
}

/// Where an entry is.
#[derive(Clone, Copy)]
struct Place {
    /// The first bytes of its key.
    prefix: u64,
    /// Where it begins; the highest bit says that its key, apart from its number, is in the prefix.
    at: u64,
}

const SHORT: u64 = 1 << 63;
const PLACE: usize = size_of::<Place>();

impl Place {
    fn at(self) -> usize {
        (self.at & !SHORT) as usize
    }
}

/// How far a buffer was filled.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    len: usize,
    records: usize,
}

impl Buffer {
    /// An empty one.
    ///
    /// # Errors
    /// Memory: the system has none.
    pub fn new(share: usize) -> Result<Buffer> {
        let whole = share < 3 * FIRST;
        let mut buffer = Buffer { data: pages(PLACE)?, len: 0, index: Vec::new(), share, whole };
        buffer.divide(if whole { share } else { FIRST }, 3, 4)?;
        Ok(buffer)
    }

    /// Takes the memory: this many parts of all for the entries. Nothing of it is resident before it is used.
    fn divide(&mut self, bytes: usize, parts: usize, all: usize) -> Result<()> {
        let data = (bytes as u128 * parts as u128 / all as u128) as usize;
        let data = data.clamp(bytes / 4, bytes / 16 * 15);
        let places = (bytes - data) / PLACE;
        if self.index.is_empty() {
            // What is given back goes to the system.
            self.index = Vec::new();
            self.data.resize(PLACE).map_err(no_pages)?;
        }
        self.index.reserve_exact(places.saturating_sub(self.index.len()));
        self.data.resize(data).map_err(no_pages)
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.index.len()
    }

    /// Room for an entry, if there is room for one more.
    #[inline]
    pub fn room(&mut self) -> &mut [u8] {
        let full = self.index.len() == self.index.capacity();
        let from = if full { self.data.len() } else { self.len };
        &mut self.data[from..]
    }

    /// Takes in what was written into the room: an entry, whose key ends with `number` bytes that say its number.
    #[inline]
    pub fn push(&mut self, key: usize, number: usize, body: usize) {
        let at = self.len;
        self.data[at..at + 4].copy_from_slice(&(key as u32).to_le_bytes());
        self.data[at + 4..at + ENTRY].copy_from_slice(&(body as u32).to_le_bytes());
        let start = at + ENTRY;
        let own = key - number;
        let short = if own <= 8 { SHORT } else { 0 };
        self.index.push(Place { prefix: prefix(&self.data[start..start + own]), at: at as u64 | short });
        self.len = start + key + body;
    }

    /// How far it is filled.
    pub fn mark(&self) -> Mark {
        Mark { len: self.len, records: self.index.len() }
    }

    /// Forgets what came after a mark.
    pub fn back(&mut self, mark: Mark) {
        self.len = mark.len;
        self.index.truncate(mark.records);
    }

    /// Whether more memory could be taken, and it was.
    #[cold]
    pub fn grow(&mut self) -> Result<bool> {
        if std::mem::replace(&mut self.whole, true) {
            return Ok(false);
        }
        let (parts, all) = match self.len {
            0 => (3, 4),
            len => (len, len + self.index.len() * PLACE),
        };
        // The index is there twice while it grows. There is room for at least twice as much as before, of both.
        self.divide(self.share - FIRST, parts, all)?;
        Ok(true)
    }

    /// Whether there is more room now for the first entry, which may be a long one.
    #[cold]
    pub fn widen(&mut self) -> Result<bool> {
        let (before, bytes) = (self.data.len(), self.size());
        if self.records() == 0 {
            self.divide(bytes, 1, 1)?;
        }
        Ok(self.data.len() > before)
    }

    /// How much memory it may take at present, in bytes.
    fn size(&self) -> usize {
        self.data.len() + self.index.capacity() * PLACE
    }

    /// Puts the entries in order.
    pub fn sort(&mut self) {
        let data = &*self.data;
        self.index.sort_unstable_by(|a, b| {
            a.prefix.cmp(&b.prefix).then_with(|| match a.at & b.at & SHORT {
                // They came in the order of their numbers.
                SHORT => a.at.cmp(&b.at),
                _ => key_at(data, a.at()).cmp(key_at(data, b.at())),
            })
        });
    }

    /// Keeps only the first entries, after they were put in order. Whether that made room for as many again; and the
    /// last one's key.
    pub fn keep_first(&mut self, most: usize) -> (bool, Option<&[u8]>) {
        if self.index.len() < most.max(1) {
            return (false, None);
        }
        self.index.truncate(most);
        let data = &mut *self.data;
        let size = |place: &Place| entry_len(data, place.at());
        let bytes: usize = self.index.iter().map(size).sum();
        let fits = bytes <= data.len() / 2 && most <= self.index.capacity() / 2;
        if !fits {
            return (false, None);
        }
        self.index.sort_unstable_by_key(|place| place.at());
        let mut end = 0;
        for place in &mut self.index {
            let (at, len) = (place.at(), entry_len(data, place.at()));
            data.copy_within(at..at + len, end);
            place.at = place.at & SHORT | end as u64;
            end += len;
        }
        self.len = end;
        let data = &*self.data;
        let last = self.index.iter().map(|place| key_at(data, place.at())).max();
        (true, last)
    }

    /// Writes the entries, which are in order, as a run, and forgets them.
    pub fn write(&mut self, writer: &mut RunWriter) -> Result<()> {
        for place in &self.index {
            let at = place.at();
            writer.entry(&self.data[at..at + entry_len(&self.data, at)])?;
        }
        let (len, records) = (self.len, self.index.len());
        let unused =
            self.data.len() - len > self.data.len() / 4 || self.index.capacity() - records > self.index.capacity() / 4;
        self.back(Mark { len: 0, records: 0 });
        // One that is as long as it may be stays so.
        if unused && records > 0 && !(self.data.len() >= self.size() / 16 * 15 && len > self.data.len() / 2) {
            return self.divide(self.size(), len, len + records * PLACE);
        }
        Ok(())
    }

    /// Gives its memory back.
    pub fn release(&mut self) -> Result<()> {
        (self.index, self.len) = (Vec::new(), 0);
        self.data.resize(PLACE).map_err(no_pages)
    }

    /// The entries, which are in order.
    pub fn entries(&self) -> Entries<'_> {
        let mut entries = Entries { buffer: self, next: 0, key: (0, 0), len: 0, prefix: 0, ended: false };
        entries.next();
        entries
    }
}

/// Memory of this size, zeros at first.
fn pages(bytes: usize) -> Result<Pages> {
    Pages::new(bytes).map_err(no_pages)
}

#[cold]
fn no_pages(error: io::Error) -> Error {
    Error::memory(format!("the system has no memory for sorting: {error}\n  Lower ⟨memory_limit⟩ or ⟨workers⟩."))
}

fn key_at(data: &[u8], at: usize) -> &[u8] {
    let (key, _) = lengths(&data[at..at + ENTRY]);
    &data[at + ENTRY..at + ENTRY + key]
}

fn entry_len(data: &[u8], at: usize) -> usize {
    let (key, body) = lengths(&data[at..at + ENTRY]);
    ENTRY + key + body
}

/// The entries of a buffer in order.
pub(crate) struct Entries<'b> {
    buffer: &'b Buffer,
    next: usize,
    /// Where the key begins, and where it ends.
    key: (usize, usize),
    len: usize,
    prefix: u64,
    ended: bool,
}

impl Entries<'_> {
    #[inline]
    fn next(&mut self) {
        let Some(place) = self.buffer.index.get(self.next) else {
            self.ended = true;
            return;
        };
        let at = place.at();
        let (key, body) = lengths(&self.buffer.data[at..at + ENTRY]);
        (self.key, self.len) = ((at + ENTRY, at + ENTRY + key), body);
        self.prefix = prefix(&self.buffer.data[self.key.0..self.key.1]);
        self.next += 1;
    }
}

impl Sorted for Entries<'_> {
    fn is_over(&self) -> bool {
        self.ended
    }

    fn prefix(&self) -> u64 {
        self.prefix
    }

    fn key(&self) -> &[u8] {
        &self.buffer.data[self.key.0..self.key.1]
    }

    #[inline]
    fn take(&mut self, to: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let body = self.key.1;
        to(&self.buffer.data[body..body + self.len])?;
        self.next();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::{Merge, SpillFile};

    /// Adds an entry with this key, whose last byte is its number; says whether there was room.
    fn add(buffer: &mut Buffer, key: &[u8], body: &[u8]) -> bool {
        let len = ENTRY + key.len() + body.len();
        let Some(room) = buffer.room().get_mut(ENTRY..len) else { return false };
        room[..key.len()].copy_from_slice(key);
        room[key.len()..].copy_from_slice(body);
        buffer.push(key.len(), 1, body.len());
        true
    }

    fn keys(buffer: &Buffer) -> Vec<Vec<u8>> {
        let (mut merge, mut found) = (Merge::new(vec![buffer.entries()]), Vec::new());
        while let Some(input) = merge.first() {
            found.push(input.key().to_vec());
            input.take(&mut |_| Ok(())).unwrap();
            merge.next();
        }
        found
    }

    #[test]
    fn entries_are_sorted_by_their_keys() {
        let mut buffer = Buffer::new(SHARE).unwrap();
        let all: [&[u8]; 6] = [b"b\x00", b"a long key\x01", b"b\x02", b"a long kex\x03", b"\x04", b"a long key\x05"];
        for key in all {
            assert!(add(&mut buffer, key, b"body"));
        }
        buffer.sort();
        let wanted: [&[u8]; 6] = [b"\x04", b"a long kex\x03", b"a long key\x01", b"a long key\x05", b"b\x00", b"b\x02"];
        assert_eq!(keys(&buffer), wanted);
        // The first two stay, and there is room for more; what comes later comes after what is equal.
        let (made_room, last) = buffer.keep_first(2);
        assert_eq!((made_room, last), (true, Some(&b"a long kex\x03"[..])));
        assert!(add(&mut buffer, b"a\x06", b""));
        buffer.sort();
        assert_eq!(keys(&buffer), [&b"\x04"[..], b"a\x06", b"a long kex\x03"]);
    }

    #[test]
    fn a_buffer_takes_its_share_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let file = SpillFile::create(folder.path()).unwrap();
        let mut writer = RunWriter::new(file, 4096);
        for share in [SHARE, FIRST, 2 * FIRST, 3 * FIRST - 1, 3 * FIRST, 5 * FIRST] {
            for body in [0, 1, 100, 5000, 200_000] {
                let (mut buffer, body, mut count) = (Buffer::new(share).unwrap(), vec![b'x'; body], 0u64);
                for _ in 0..3 {
                    let before = count;
                    loop {
                        let key = [&count.to_be_bytes()[..], b"#"].concat();
                        if add(&mut buffer, &key, &body) {
                            count += 1;
                        } else if !buffer.grow().unwrap() {
                            break;
                        }
                        assert!(buffer.data.len() + buffer.index.capacity() * PLACE <= share);
                    }
                    let used = (count - before) as usize * (ENTRY + 9 + body.len() + PLACE);
                    assert!(used * 3 > share || body.len() > 100_000, "{share} {} {used}", body.len());
                    buffer.sort();
                    assert!(keys(&buffer).is_sorted());
                    buffer.write(&mut writer).unwrap();
                    assert_eq!(buffer.records(), 0);
                }
            }
        }
    }
}

//! Writing and reading one run.

use std::time::Instant;

use crc32fast::Hasher;
use serde::{Deserialize, Serialize};

use super::file::{MOST, SpillFile};
use super::pack::{HEAD, Packer, Packing};
use crate::error::{Error, Result};
use crate::sys::Pages;

/// What comes before an entry: the lengths of its key and its body.
pub(crate) const ENTRY: usize = 8;

/// The lengths of key and body at the front of an entry.
#[inline]
pub(crate) fn lengths(entry: &[u8]) -> (usize, usize) {
    let number = |at: usize| {
        let bytes = entry.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        u32::from_le_bytes(bytes) as usize
    };
    (number(0), number(4))
}

/// The first eight bytes of a key as a number, in the order of keys.
#[inline]
pub(crate) fn prefix(key: &[u8]) -> u64 {
    if let Some(bytes) = key.first_chunk::<8>() {
        return u64::from_be_bytes(*bytes);
    }
    let mut bytes = [0; 8];
    bytes[..key.len()].copy_from_slice(key);
    u64::from_be_bytes(bytes)
}

/// A run that was written.
#[derive(Clone)]
pub(crate) struct Run {
    file: SpillFile,
    /// Where its blocks are.
    start: u64,
    end: u64,
    block: usize,
    /// The longest key.
    key: usize,
    /// The checksum of the checksums of its blocks: in a file with a name, each might be that of another block.
    sum: u32,
}

/// A run in a file with a name, as another run of the program finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedRun {
    /// The number of the file.
    pub file: u32,
    start: u64,
    end: u64,
    block: usize,
    key: usize,
    sum: u32,
}

impl SavedRun {
    /// The run in this file; none if the file is too short, or the run can't be one.
    pub fn open(&self, file: &SpillFile) -> Result<Option<Run>> {
        let SavedRun { file: _, start, end, block, key, sum } = *self;
        // Nobody allocates what a line claims that somebody changed.
        // (How much memory the key takes is looked at before runs are merged.)
        let can_be = start <= end && end <= file.len()? && block <= MOST && u32::try_from(key).is_ok();
        Ok(can_be.then(|| Run { file: file.clone(), start, end, block, key, sum }))
    }
}

impl Run {
    /// What another run of the program has to know; none if the file has no name.
    pub fn saved(&self) -> Option<SavedRun> {
        let Run { file, start, end, block, key, sum } = self;
        Some(SavedRun { file: file.number()?, start: *start, end: *end, block: *block, key: *key, sum: *sum })
    }

    /// What was written reaches the disk.
    pub fn sync(&self) -> Result<()> {
        self.file.sync()
    }

    /// How many bytes it takes on disk.
    pub fn bytes(&self) -> u64 {
        self.end - self.start
    }

    /// How much memory it takes to read it, in bytes: a block, the same one as it is on the disk, and a key that began
    /// in the one before.
    pub fn memory(&self) -> usize {
        window(self.block, self.key)
    }
}

fn window(block: usize, key: usize) -> usize {
    2 * block + ENTRY + key
}

/// Writes runs into one file, one after another.
pub(crate) struct RunWriter {
    file: SpillFile,
    /// The block that is being filled.
    block: Vec<u8>,
    packer: Packer,
    size: usize,
    /// Where the run began, and where the next block goes.
    start: u64,
    at: u64,
    key: usize,
    sum: Hasher,
}

impl RunWriter {
    /// Writes blocks of `size` bytes.
    pub fn new(file: SpillFile, size: usize) -> RunWriter {
        RunWriter::packing(file, size, Packing::wished())
    }

    fn packing(file: SpillFile, size: usize, packing: Packing) -> RunWriter {
        let mut block = Vec::with_capacity(size);
        block.resize(HEAD, 0);
        RunWriter { file, block, packer: Packer::new(packing, size), size, start: 0, at: 0, key: 0, sum: Hasher::new() }
    }

    /// What one takes of the memory, in bytes, with blocks of this size.
    pub fn memory(size: usize) -> usize {
        size + Packer::memory(size)
    }

    /// Adds a whole entry: lengths, key and body.
    pub fn entry(&mut self, entry: &[u8]) -> Result<()> {
        let (key, _) = lengths(entry);
        self.key = self.key.max(key);
        self.put(entry)
    }

    /// Adds the lengths and the key of an entry, which is given in parts; the bytes of its body follow.
    pub fn begin(&mut self, key: &[&[u8]], body: usize) -> Result<()> {
        let len = key.iter().map(|part| part.len()).sum();
        self.key = self.key.max(len);
        self.put(&(len as u32).to_le_bytes())?;
        self.put(&(body as u32).to_le_bytes())?;
        key.iter().try_for_each(|part| self.put(part))
    }

    /// Adds bytes of an entry.
    pub fn put(&mut self, mut bytes: &[u8]) -> Result<()> {
        while bytes.len() > self.size - self.block.len() {
            let (now, later) = bytes.split_at(self.size - self.block.len());
            self.block.extend_from_slice(now);
            self.flush()?;
            bytes = later;
        }
        self.block.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if self.block.len() > HEAD {
            let packed = self.packer.pack(&mut self.block);
            let (len, began) = (packed.block.len(), Instant::now());
            let checksum = self.file.write(packed.block, packed.is_packed, self.at)?;
            self.sum.update(&checksum.to_le_bytes());
            self.packer.wrote(len, began.elapsed());
            self.at += len as u64;
            self.block.truncate(HEAD);
        }
        Ok(())
    }

    /// Ends the run.
    pub fn end(&mut self) -> Result<Run> {
        self.flush()?;
        let (start, end, sum) = (self.start, self.at, std::mem::take(&mut self.sum).finalize());
        let run = Run { file: self.file.clone(), start, end, block: self.size, key: self.key, sum };
        (self.start, self.key) = (self.at, 0);
        Ok(run)
    }
}

/// Reads a run, entry by entry.
pub(crate) struct RunReader {
    run: Run,
    /// Where the next block is.
    next: u64,
    window: Pages,
    /// The part of the window that was not read yet: it begins with the key of the entry.
    from: usize,
    to: usize,
    key: usize,
    /// How much of the entry's body was not read yet.
    body: usize,
    prefix: u64,
    ended: bool,
    sum: Hasher,
}

impl RunReader {
    /// Begins with the first entry.
    ///
    /// # Errors
    /// Those of [`next`](Self::next).
    pub fn new(run: Run) -> Result<RunReader> {
        let (next, room) = (run.start, run.memory());
        let no_memory =
            |e| Error::memory(format!("the system has no memory for merging: {e}\n  Lower ⟨memory_limit⟩."));
        let window = Pages::new(room).map_err(no_memory)?;
        let sum = Hasher::new();
        let mut reader = RunReader { run, next, window, from: 0, to: 0, key: 0, body: 0, prefix: 0, ended: false, sum };
        reader.next()?;
        Ok(reader)
    }

    /// Whether there is no entry.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// The entry's key.
    #[inline]
    pub fn key(&self) -> &[u8] {
        &self.window[self.from..self.from + self.key]
    }

    /// Its first eight bytes.
    #[inline]
    pub fn prefix(&self) -> u64 {
        self.prefix
    }

    /// How long the entry's body is.
    pub fn len(&self) -> usize {
        self.body
    }

    /// Reads the body, in pieces, and goes on to the next entry. The key is gone as soon as the body is read.
    #[inline]
    pub fn take(&mut self, to: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.from += self.key;
        self.key = 0;
        if self.body <= self.to - self.from {
            to(&self.window[self.from..self.from + self.body])?;
            self.from += self.body;
            self.body = 0;
            return self.next();
        }
        while self.body > 0 {
            if self.from == self.to {
                self.fill()?;
            }
            let len = self.body.min(self.to - self.from);
            to(&self.window[self.from..self.from + len])?;
            self.from += len;
            self.body -= len;
        }
        self.next()
    }

    /// Goes on to the next entry, after the whole one before was read.
    fn next(&mut self) -> Result<()> {
        if self.from == self.to && self.next == self.run.end {
            self.ended = true;
            return match std::mem::take(&mut self.sum).finalize() == self.run.sum {
                true => Ok(()),
                false => Err(self.run.file.changed()),
            };
        }
        self.need(ENTRY)?;
        let (key, body) = lengths(&self.window[self.from..self.to]);
        self.from += ENTRY;
        self.need(key)?;
        (self.key, self.body) = (key, body);
        self.prefix = prefix(&self.window[self.from..self.from + key]);
        Ok(())
    }

    /// Has this many bytes in the window.
    #[inline]
    fn need(&mut self, len: usize) -> Result<()> {
        while self.to - self.from < len {
            self.fill()?;
        }
        Ok(())
    }

    /// Reads one more block.
    fn fill(&mut self) -> Result<()> {
        let most = self.run.block - HEAD;
        self.window.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        if self.next >= self.run.end || self.window.len() - self.to < most {
            return Err(self.run.file.changed());
        }
        let block = self.run.file.read(&mut self.window[self.to..], self.next, most)?;
        (self.to, self.next) = (self.to + block.len, block.next);
        self.sum.update(&block.checksum.to_le_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &[u8], body: &[u8]) -> Vec<u8> {
        let lengths = [(key.len() as u32).to_le_bytes(), (body.len() as u32).to_le_bytes()].concat();
        [&lengths, key, body].concat()
    }

    fn all(run: Run) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let (mut reader, mut found) = (RunReader::new(run)?, Vec::new());
        while !reader.is_over() {
            let (key, mut body) = (reader.key().to_vec(), Vec::new());
            reader.take(&mut |piece| {
                body.extend_from_slice(piece);
                Ok(())
            })?;
            found.push((key, body));
        }
        Ok(found)
    }

    fn entries() -> Vec<(Vec<u8>, Vec<u8>)> {
        // Longer and shorter than a block of 64 bytes, and empty.
        [0, 1, 7, 55, 56, 57, 200].iter().map(|len| (vec![*len as u8; *len], vec![b'x'; 3 * *len])).collect()
    }

    const BOTH: [Packing; 2] = [Packing::Never, Packing::Always];

    #[test]
    fn runs_are_read_as_they_were_written() {
        BOTH.into_iter().for_each(read_as_written);
    }

    fn read_as_written(packing: Packing) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = RunWriter::packing(SpillFile::create(folder.path()).unwrap(), 64, packing);
        for (key, body) in entries() {
            writer.entry(&entry(&key, &body)).unwrap();
        }
        let first = writer.end().unwrap();
        writer.begin(&[b"k", b"ey"], 4).unwrap();
        writer.put(b"bo").unwrap();
        writer.put(b"dy").unwrap();
        let (second, empty) = (writer.end().unwrap(), writer.end().unwrap());
        let bytes: u64 = entries().iter().map(|(key, body)| (ENTRY + key.len() + body.len()) as u64).sum();
        assert_eq!(first.bytes() < bytes, packing == Packing::Always, "{} {bytes}", first.bytes());
        assert_eq!(all(first).unwrap(), entries());
        assert_eq!(all(second).unwrap(), [(b"key".to_vec(), b"body".to_vec())]);
        assert_eq!((all(empty.clone()).unwrap(), empty.bytes()), (vec![], 0));
        // Nothing of it has a name.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_changed_file_is_an_error() {
        BOTH.into_iter().for_each(changed);
    }

    fn changed(packing: Packing) {
        use std::os::unix::fs::FileExt;
        let folder = tempfile::tempdir().unwrap();
        let file = SpillFile::create(folder.path()).unwrap();
        let mut writer = RunWriter::packing(file.clone(), 64, packing);
        for (key, body) in entries() {
            writer.entry(&entry(&key, &body)).unwrap();
        }
        let run = writer.end().unwrap();
        let len = run.bytes();
        for at in 0..len {
            let mut old = [0];
            file.file().read_exact_at(&mut old, at).unwrap();
            for bit in [1, 0x80] {
                file.file().write_all_at(&[old[0] ^ bit], at).unwrap();
                let error = all(run.clone()).unwrap_err().to_string();
                assert!(error.contains("somebody changed the file"), "{at}: {error}");
            }
            file.file().write_all_at(&old, at).unwrap();
        }
        assert_eq!(all(run.clone()).unwrap(), entries());
        for cut in [0, 1, 63, len - 1] {
            file.file().set_len(cut).unwrap();
            assert!(all(run.clone()).unwrap_err().to_string().contains("somebody changed the file"));
        }
    }

    /// Blocks with a right checksum that no run has: whoever can write the file can make them.
    #[test]
    fn a_made_up_block_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        // Text that LZ4 takes for a literal of 15 bytes and more that never come, nothing, and a match before the start.
        let all_bad: [&[u8]; 4] = [b"\xff\xff\xff", b"\0", b"\x0f\xff\xff", b"\x10a\x09\x09"];
        for bad in all_bad {
            let file = SpillFile::create(folder.path()).unwrap();
            let mut block = [&[0; HEAD], bad].concat();
            file.write(&mut block, true, 0).unwrap();
            let run = Run { file, start: 0, end: block.len() as u64, block: 64, key: 9, sum: 0 };
            assert!(all(run).unwrap_err().to_string().contains("somebody changed the file"), "{bad:?}");
        }
        // Entries that are longer than they may be, or longer than the run.
        for lengths in [[u32::MAX, 0], [3, u32::MAX], [500, 9]] {
            let file = SpillFile::create(folder.path()).unwrap();
            let mut block = [&[0; HEAD][..], &lengths.map(u32::to_le_bytes).concat(), b"key"].concat();
            file.write(&mut block, false, 0).unwrap();
            let run = Run { file, start: 0, end: block.len() as u64, block: 64, key: 9, sum: 0 };
            assert!(all(run).unwrap_err().to_string().contains("somebody changed the file"), "{lengths:?}");
        }
    }

    #[test]
    fn prefixes_are_in_the_order_of_keys() {
        assert_eq!(prefix(b"\x01"), 1 << 56);
        assert_eq!(prefix(b"\0\0\0\0\0\0\0\x02\xff"), 2);
        assert!(prefix(b"ab") < prefix(b"b") && prefix(b"") == 0);
    }
}

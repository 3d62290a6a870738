//! Items in order, of which any can be looked up: in memory, or on disk where there are too many.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::SpillFile;
use super::pack::HEAD;
use crate::error::Result;

/// The size of an item, in bytes.
pub(crate) const ITEM: usize = 16;
/// The items of a block, in bytes.
const BLOCK: usize = 16 << 10;

/// Writes a list.
pub(crate) struct ListWriter {
    folder: PathBuf,
    /// How much of it may be in memory, in bytes.
    most: usize,
    list: List,
    /// The block that is being filled, with room for its head.
    block: Vec<u8>,
    /// Where the next block of the file goes.
    at: u64,
}

/// A list that was written.
pub(crate) struct List {
    /// The first item of each block.
    firsts: Vec<[u8; ITEM]>,
    /// All items, if there is no file.
    items: Vec<u8>,
    file: Option<SpillFile>,
}

/// Looks items up. Those who ask in the order of the items read each block once.
pub(crate) struct ListReader {
    list: Arc<List>,
    /// The block that was read from the file.
    block: Vec<u8>,
    /// Its number, and how many bytes it has; none: there is none yet.
    current: Option<(usize, usize)>,
    /// Where the last item that was asked for is, or would be.
    at: usize,
}

impl ListWriter {
    /// An empty list. Up to `most` bytes of it stay in memory; more go to a file in this folder.
    pub fn new(folder: &Path, most: usize) -> ListWriter {
        let list = List { firsts: Vec::new(), items: Vec::new(), file: None };
        let mut block = Vec::with_capacity(HEAD + BLOCK);
        block.resize(HEAD, 0);
        ListWriter { folder: folder.to_path_buf(), most, list, block, at: 0 }
    }

    /// Adds an item, which comes after all others.
    ///
    /// # Errors
    /// Io: the file can't be written.
    pub fn push(&mut self, item: [u8; ITEM]) -> Result<()> {
        if self.block.len() == HEAD + BLOCK {
            self.flush()?;
        }
        if self.block.len() == HEAD {
            self.list.firsts.push(item);
        }
        self.block.extend_from_slice(&item);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let bytes = self.block.len() - HEAD;
        let list = &mut self.list;
        if list.file.is_none() && list.items.len() + bytes <= self.most {
            if list.items.capacity() == 0 && bytes == BLOCK {
                list.items.reserve_exact(self.most);
            }
            list.items.extend_from_slice(&self.block[HEAD..]);
        } else {
            if list.file.is_none() {
                self.move_out()?;
            }
            self.write()?;
        }
        self.block.truncate(HEAD);
        Ok(())
    }

    /// Writes the blocks in memory to a file.
    #[cold]
    fn move_out(&mut self) -> Result<()> {
        self.list.file = Some(SpillFile::create(&self.folder)?);
        let items = std::mem::take(&mut self.list.items);
        let last = self.block.split_off(HEAD);
        for block in items.chunks(BLOCK) {
            self.block.extend_from_slice(block);
            self.write()?;
            self.block.truncate(HEAD);
        }
        self.block.extend_from_slice(&last);
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let Some(file) = &self.list.file else { return Ok(()) };
        file.write(&mut self.block, false, self.at)?;
        self.at += self.block.len() as u64;
        Ok(())
    }

    /// The list, and how many bytes of it are on disk.
    ///
    /// # Errors
    /// Io: the file can't be written.
    pub fn end(mut self) -> Result<(List, u64)> {
        if self.block.len() > HEAD {
            self.flush()?;
        }
        Ok((self.list, self.at))
    }
}

impl List {
    /// The last item that comes before this one.
    ///
    /// # Errors
    /// Io: the file can't be read, or it is not what was written.
    pub fn last_before(&self, item: [u8; ITEM]) -> Result<Option<[u8; ITEM]>> {
        let behind = self.firsts.partition_point(|first| *first < item);
        let Some(number) = behind.checked_sub(1) else { return Ok(None) };
        let mut room = Vec::new();
        let block = match &self.file {
            Some(file) => {
                room.resize(BLOCK, 0);
                let block = file.read(&mut room, (number * (HEAD + BLOCK)) as u64, BLOCK)?;
                &room[..block.len]
            }
            None => &self.items[number * BLOCK..self.items.len().min((number + 1) * BLOCK)],
        };
        let (items, _) = block.as_chunks::<ITEM>();
        Ok(items[..items.partition_point(|other| *other < item)].last().copied())
    }

    /// What it takes of the memory, in bytes.
    pub fn memory(&self) -> usize {
        self.items.capacity() + self.firsts.capacity() * ITEM
    }
}

impl ListReader {
    /// What one takes of the memory, in bytes.
    pub const MEMORY: usize = BLOCK;

    pub fn new(list: Arc<List>) -> ListReader {
        let block = if list.file.is_some() { vec![0; BLOCK] } else { Vec::new() };
        ListReader { list, block, current: None, at: 0 }
    }

    /// Whether this item is in the list.
    ///
    /// # Errors
    /// Io: the file can't be read, or it is not what was written.
    #[inline]
    pub fn has(&mut self, item: [u8; ITEM]) -> Result<bool> {
        let firsts = &self.list.firsts;
        let is_here = self.current.is_some_and(|(number, _)| {
            firsts[number] <= item && firsts.get(number + 1).is_none_or(|next| item < *next)
        });
        if !is_here && !self.seek(item)? {
            return Ok(false);
        }
        let Some((number, len)) = self.current else { return Ok(false) };
        let items = match self.list.file {
            Some(_) => &self.block[..len],
            None => &self.list.items[number * BLOCK..][..len],
        };
        let (items, _) = items.as_chunks::<ITEM>();
        if self.at > 0 && items[self.at - 1] >= item {
            // Records are looked at again.
            self.at = items.partition_point(|other| *other < item);
        }
        while items.get(self.at).is_some_and(|other| *other < item) {
            self.at += 1;
        }
        Ok(items.get(self.at) == Some(&item))
    }

    /// Goes to the block in which an item would be; whether there is one.
    #[cold]
    fn seek(&mut self, item: [u8; ITEM]) -> Result<bool> {
        let behind = self.list.firsts.partition_point(|first| *first <= item);
        let Some(number) = behind.checked_sub(1) else { return Ok(false) };
        (self.current, self.at) = (None, 0);
        let len = match &self.list.file {
            Some(file) => file.read(&mut self.block, (number * (HEAD + BLOCK)) as u64, BLOCK)?.len,
            None => BLOCK.min(self.list.items.len() - number * BLOCK),
        };
        self.current = Some((number, len));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: u64) -> [u8; ITEM] {
        u128::from(number).to_be_bytes()
    }

    #[test]
    fn items_are_found_in_memory_and_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        for (count, most) in
            [(0, 0), (1, 0), (1, 100), (1024, 1 << 20), (1025, 1 << 20), (5000, 1 << 20), (5000, 40_000)]
        {
            let mut writer = ListWriter::new(folder.path(), most);
            (0..count).for_each(|number| writer.push(item(3 * number + 1)).unwrap());
            let (list, on_disk) = writer.end().unwrap();
            assert_eq!(on_disk > 0, count * 16 > most as u64, "{count} {most}");
            assert!(list.memory() <= most.max(1 << 16) + 16 * 64);
            for number in [0, 1, 2, 3070, 3073, 3074, 3 * count, 4 * count + 2] {
                let last = (0..count).map(|index| 3 * index + 1).filter(|own| *own < number).max();
                assert_eq!(list.last_before(item(number)).unwrap(), last.map(item), "{number}");
            }
            let mut reader = ListReader::new(Arc::new(list));
            for number in 0..3 * count + 3 {
                let is_there = number % 3 == 1 && number / 3 < count;
                assert_eq!(reader.has(item(number)).unwrap(), is_there, "{number}");
                assert_eq!(reader.has(item(number)).unwrap(), is_there, "{number} again");
            }
            // In another order.
            for number in (0..3 * count).rev().step_by(7) {
                assert_eq!(reader.has(item(number)).unwrap(), number % 3 == 1);
                assert!(count < 5 || reader.has(item(13)).unwrap());
            }
        }
    }

    #[test]
    fn a_changed_file_is_an_error() {
        use std::os::unix::fs::FileExt;
        let folder = tempfile::tempdir().unwrap();
        let mut writer = ListWriter::new(folder.path(), 0);
        (0..3000).for_each(|number| writer.push(item(number)).unwrap());
        let (list, _) = writer.end().unwrap();
        list.file.as_ref().unwrap().file().write_all_at(b"x", 20_000).unwrap();
        let mut reader = ListReader::new(Arc::new(list));
        assert!(reader.has(item(5)).unwrap());
        let error = reader.has(item(1500)).unwrap_err().to_string();
        assert!(error.contains("somebody changed the file"), "{error}");
    }
}

//! Records of the result: which of them are written, and what holds them if there are too many for the memory.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::flow::sort::Buffer;
use crate::fold::groups::held::Held;
use crate::fold::groups::kept::{Kind, parts};
use crate::fold::groups::saved::Saved;
use crate::fold::pen::{Rows, memory};
use crate::memory::Arena;
use crate::record::Value;
use crate::record::digits::DigitRoom;
use crate::spill::{ENTRY, Merge, Run, RunWriter, Sorted, SpillFile};
use crate::wording::megabytes;

/// Which groups are written, of all of them in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub skip: u64,
    pub left: u64,
}

impl Part {
    /// Passes over `offset` of `all`, takes the first `limit` of the others, and of these the last `tail`.
    pub fn of(all: u64, offset: u64, limit: Option<u64>, tail: Option<u64>) -> Part {
        let skip = offset.min(all);
        let first = (all - skip).min(limit.unwrap_or(u64::MAX));
        let left = first.min(tail.unwrap_or(u64::MAX));
        Part { skip: skip + first - left, left }
    }
}

/// Puts records of the result in order.
pub(super) struct Results {
    buffer: Buffer,
    folder: Arc<Path>,
    block: usize,
    writer: Option<RunWriter>,
    pub runs: Vec<Run>,
    /// How many bytes were written to disk.
    pub bytes: u64,
    /// How many records there are, wanted or not.
    pub count: u64,
    /// No more than the first of them are wanted.
    most: Option<usize>,
    /// Keys from this one on are not wanted.
    from: Vec<u8>,
}

impl Results {
    /// None yet; they may take `memory` bytes.
    ///
    /// # Errors
    /// Memory: the system has none.
    pub fn new(memory: usize, folder: Arc<Path>, block: usize, most: Option<u64>) -> Result<Results> {
        let most = most.and_then(|most| usize::try_from(most).ok());
        let buffer = Buffer::new(memory.saturating_sub(RunWriter::memory(block)))?;
        Ok(Results {
            buffer,
            folder,
            block,
            writer: None,
            runs: Vec::new(),
            bytes: 0,
            count: 0,
            most,
            from: Vec::new(),
        })
    }

    /// Adds a record: its key, and what [`put_row`] made of its values.
    ///
    /// # Errors
    /// Memory: it does not fit. Io: it can't be written to disk.
    pub fn add(&mut self, key: &[u8], body: &[u8]) -> Result<()> {
        self.count += 1;
        if !self.from.is_empty() && *key >= *self.from {
            return Ok(());
        }
        let len = ENTRY + key.len() + body.len();
        loop {
            if let Some(room) = self.buffer.room().get_mut(ENTRY..len) {
                let (own, rest) = room.split_at_mut(key.len());
                own.copy_from_slice(key);
                rest.copy_from_slice(body);
                self.buffer.push(key.len(), 0, body.len());
                return Ok(());
            }
            if self.buffer.grow()? {
                continue;
            }
            if self.buffer.records() == 0 {
                if self.buffer.widen()? {
                    continue;
                }
                return Err(Error::memory(format!(
                    "a record of the result takes {}, which does not fit into memory\n  Raise ⟨memory_limit⟩.",
                    megabytes(len)
                )));
            }
            self.make_room()?;
        }
    }

    #[cold]
    fn make_room(&mut self) -> Result<()> {
        self.buffer.sort();
        if let Some(most) = self.most {
            let (made_room, last) = self.buffer.keep_first(most);
            if made_room {
                self.from.clear();
                self.from.extend_from_slice(last.unwrap_or_default());
                return Ok(());
            }
        }
        self.write()
    }

    /// Writes the records, which are in order, to disk.
    fn write(&mut self) -> Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => none.insert(RunWriter::new(SpillFile::create(&self.folder)?, self.block)),
        };
        self.buffer.write(writer)?;
        let run = writer.end()?;
        self.bytes += run.bytes();
        self.runs.push(run);
        Ok(())
    }

    /// No more come. If not all are in memory, all go to disk, and the memory is given back.
    ///
    /// # Errors
    /// Io: they can't be written.
    pub fn end(&mut self) -> Result<()> {
        self.buffer.sort();
        if self.runs.is_empty() {
            return Ok(());
        }
        if self.buffer.records() > 0 {
            self.write()?;
        }
        self.writer = None;
        self.buffer.release()
    }

    /// Those in memory, in order.
    pub fn in_memory(&self) -> Merge<impl Sorted> {
        Merge::new(vec![self.buffer.entries()])
    }
}

/// Appends the values of a record as bytes.
pub(super) fn put_row(row: &[Value<'_>], to: &mut Vec<u8>) {
    let mut room = DigitRoom::default();
    for value in row {
        let (kind, text) = parts(*value, &mut room);
        to.push(kind as u8);
        to.extend_from_slice(&(text.len() as u32).to_le_bytes());
        to.extend_from_slice(text);
    }
}

/// How many bytes that takes.
pub(super) fn row_len(row: &[Value<'_>]) -> usize {
    let mut room = DigitRoom::default();
    row.iter().map(|value| 1 + size_of::<u32>() + parts(*value, &mut room).1.len()).sum()
}

/// Records that were put in order.
pub(super) struct Ordered<'m, S> {
    pub merge: Merge<S>,
    pub part: Part,
    pub body: Vec<u8>,
    pub held: &'m mut Held,
    pub check: &'m dyn Fn() -> Result<()>,
    pub read: u64,
}

impl<S: Sorted> Rows for Ordered<'_, S> {
    fn next<'a>(&mut self, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<bool>
    where
        Self: 'a,
    {
        loop {
            if self.part.left == 0 {
                return Ok(false);
            }
            let Some(input) = self.merge.first() else { return Ok(false) };
            if self.read.is_multiple_of(4096) {
                (self.check)()?;
            }
            self.read += 1;
            let (body, held, skips) = (&mut self.body, &mut *self.held, self.part.skip > 0);
            body.clear();
            input.take(&mut |piece| if skips { Ok(()) } else { append(piece, body, held) })?;
            self.merge.next();
            if skips {
                self.part.skip -= 1;
                continue;
            }
            self.part.left -= 1;
            let copy = arena.bytes(self.body.len(), 0).map_err(memory)?;
            copy.copy_from_slice(&self.body);
            let mut from = Saved(copy);
            while !from.0.is_empty() {
                let kind = Kind::of(from.byte()?);
                row.push(kind.value(from.text()?));
            }
            return Ok(true);
        }
    }
}

/// Appends bytes to a list that keeps its room.
///
/// # Errors
/// There is no memory.
pub(super) fn append(bytes: &[u8], to: &mut Vec<u8>, held: &mut Held) -> Result<()> {
    let left = to.capacity() - to.len();
    if left < bytes.len() {
        let more = (bytes.len() - left).max(to.capacity());
        held.take(more)?;
        to.reserve_exact(left + more);
    }
    to.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_all() {
        let part = |offset, limit, tail| Part::of(10, offset, limit, tail);
        assert_eq!(part(0, None, None), Part { skip: 0, left: 10 });
        assert_eq!(part(3, Some(4), None), Part { skip: 3, left: 4 });
        // The last two of the records 4 to 7.
        assert_eq!(part(3, Some(4), Some(2)), Part { skip: 5, left: 2 });
        assert_eq!(part(8, Some(4), Some(9)), Part { skip: 8, left: 2 });
        assert_eq!(part(11, None, Some(1)), Part { skip: 10, left: 0 });
    }
}

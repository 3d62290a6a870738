//! A list that grows without being copied.

use std::mem::size_of;

use crate::error::Result;
use crate::fold::groups::held::Held;

/// How many items a chunk has.
const CHUNK: usize = 1 << BITS;
const BITS: u32 = 8;

/// How many items the first chunk has room for at first: there may be many short lists.
const FEW: usize = 16;

/// Items with numbers from 0. They lie in chunks of one size, so growing copies nothing beyond the first of them, and what
/// the list takes is known to the byte.
pub(super) struct Chunks<T> {
    chunks: Vec<Vec<T>>,
    /// How many bytes each takes elsewhere.
    beside: usize,
}

impl<T> Chunks<T> {
    pub fn new() -> Chunks<T> {
        Chunks::beside(0)
    }

    /// For each item, this many bytes are taken for what its owner keeps beside the list.
    pub fn beside(bytes: usize) -> Chunks<T> {
        Chunks { chunks: Vec::new(), beside: bytes }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Adds an item.
    ///
    /// # Errors
    /// There is no memory for another chunk.
    #[inline]
    pub fn push(&mut self, item: T, held: &mut Held) -> Result<()> {
        match self.chunks.last_mut() {
            Some(last) if last.len() < last.capacity() => last.push(item),
            _ => return self.push_first(item, held),
        }
        Ok(())
    }

    #[cold]
    fn push_first(&mut self, item: T, held: &mut Held) -> Result<()> {
        let each = size_of::<T>() + self.beside;
        if let [first] = &mut self.chunks[..]
            && first.len() < CHUNK
        {
            let more = (3 * first.len()).min(CHUNK - first.len());
            held.take(more * each)?;
            first.reserve_exact(more);
            first.push(item);
            return Ok(());
        }
        let room = if self.chunks.is_empty() { FEW } else { CHUNK };
        held.take(room * each)?;
        let mut chunk = Vec::with_capacity(room);
        chunk.push(item);
        self.chunks.push(chunk);
        Ok(())
    }

    #[inline(always)]
    pub fn get(&self, number: usize) -> &T {
        &self.chunks[number >> BITS][number & (CHUNK - 1)]
    }

    #[inline(always)]
    pub fn get_mut(&mut self, number: usize) -> &mut T {
        &mut self.chunks[number >> BITS][number & (CHUNK - 1)]
    }

    /// Takes the last item away.
    pub fn pop(&mut self) {
        if let Some(last) = self.chunks.last_mut() {
            last.pop();
            if last.is_empty() {
                self.chunks.pop();
            }
        }
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.chunks.iter_mut().flatten()
    }
}

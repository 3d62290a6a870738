//! Decompression on threads of its own, ahead of who reads by a fixed number of blocks.
//!
//! A thread takes an empty block, then its place in the order, and only then decodes: so the block that is read next
//! is always being filled, and no thread waits for another. Nobody spins.

use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use crate::compress::{Claim, Opener, Piece, Splitter, Unpacking};
use crate::memory::{Buffer, Pool};

/// A compressed source, read as what it holds.
pub(super) struct Unpacker {
    shared: Arc<Shared>,
    /// What is being read.
    block: Option<Block>,
    at: usize,
    /// The place of the next block in the order.
    next: u64,
}

struct Block {
    bytes: Buffer,
    len: usize,
}

/// The blocks of an `Unpacker`, for somebody who has no hold of it.
#[derive(Clone)]
pub struct Blocks(Arc<Shared>);

impl Blocks {
    /// Whether blocks that are empty give their memory back, but for `idle` of them.
    pub fn set_lean(&self, lean: bool, idle: usize) {
        let mut state = self.0.lock();
        let blocks = state.ring.len();
        state.free.set_marks(blocks, idle);
        state.free.set_lean(lean);
    }
}

struct Shared {
    /// The sequential part, and the place of what it gives next.
    splitter: Mutex<(Splitter, u64)>,
    state: Mutex<State>,
    /// A block is ready, or the data ended.
    ready: Condvar,
    /// A block came back, or nobody reads any more.
    freed: Condvar,
}

struct State {
    /// Decoded blocks and errors, at their place modulo the ring's length.
    ring: Vec<Option<io::Result<Block>>>,
    free: Pool,
    /// The place after the last block.
    end: Option<u64>,
    stopped: bool,
}

impl Unpacker {
    /// Begins to decode.
    pub fn new(reader: Box<dyn Read + Send>, unpacking: &Unpacking) -> io::Result<Unpacker> {
        let splitter = Mutex::new((Splitter::new(reader, unpacking)?, 0));
        let mut free = Pool::new();
        free.stock(unpacking.block, unpacking.blocks()).map_err(io::Error::other)?;
        // One place more than blocks: a thread that comes to the end has taken a block too, and a place.
        let ring = (0..=unpacking.blocks()).map(|_| None).collect();
        let state = Mutex::new(State { ring, free, end: None, stopped: false });
        let shared = Arc::new(Shared { splitter, state, ready: Condvar::new(), freed: Condvar::new() });
        for number in 0..unpacking.threads {
            let mut opener = Opener::new(unpacking)?;
            let mut piece = Piece::new(unpacking);
            let shared = Arc::clone(&shared);
            let thread = thread::Builder::new().name(format!("unpack-{number}"));
            // Not joined: it may wait for a pipe that nobody writes to any more.
            let started = thread.spawn(move || shared.work(&mut opener, &mut piece));
            // The first one is enough.
            if number == 0 {
                started?;
            }
        }
        Ok(Unpacker { shared, block: None, at: 0, next: 0 })
    }

    /// Its blocks.
    pub fn blocks(&self) -> Blocks {
        Blocks(Arc::clone(&self.shared))
    }
}

impl Read for Unpacker {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(block) = &self.block {
                let rest = &block.bytes[self.at..block.len];
                if !rest.is_empty() || output.is_empty() {
                    let count = rest.len().min(output.len());
                    output[..count].copy_from_slice(&rest[..count]);
                    self.at += count;
                    return Ok(count);
                }
            }
            let Some(block) = self.shared.take(self.next, self.block.take())? else { return Ok(0) };
            (self.block, self.at) = (Some(block), 0);
            self.next += 1;
        }
    }
}

impl Drop for Unpacker {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.freed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Gives back a block that was read; waits for the one at `place`. None at the end.
    fn take(&self, place: u64, read: Option<Block>) -> io::Result<Option<Block>> {
        let mut state = self.lock();
        if let Some(block) = read {
            state.free.give(block.bytes);
            self.freed.notify_one();
        }
        let at = (place % state.ring.len() as u64) as usize;
        loop {
            match state.ring[at].take() {
                Some(Ok(block)) => return Ok(Some(block)),
                Some(Err(error)) => {
                    // Nothing follows an error.
                    state.end = Some(place);
                    self.freed.notify_all();
                    return Err(error);
                }
                None if state.end.is_some_and(|end| place >= end) => return Ok(None),
                None => state = self.ready.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
            }
        }
    }

    /// An empty block; waits for one. None when nobody reads any more, or there is nothing to read.
    fn empty(&self) -> Option<Buffer> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.end.is_some() {
                return None;
            }
            if let Some(block) = state.free.take(1) {
                return Some(block);
            }
            state = self.freed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Decodes block after block.
    fn work(&self, opener: &mut Opener, piece: &mut Piece) {
        while let Some(mut bytes) = self.empty() {
            let (claim, place) = {
                let mut splitter = self.splitter.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                let claim = splitter.0.next(piece, &mut bytes);
                splitter.1 += 1;
                (claim, splitter.1 - 1)
            };
            let decoded = match claim {
                Ok(Claim::End) => return self.end(place),
                Ok(Claim::Block(len)) => Ok(len),
                Ok(Claim::Piece) => opener.open(piece, &mut bytes),
                Err(error) => Err(error),
            };
            let failed = decoded.is_err();
            let mut state = self.lock();
            let at = (place % state.ring.len() as u64) as usize;
            state.ring[at] = Some(decoded.map(|len| Block { bytes, len }));
            drop(state);
            self.ready.notify_all();
            if failed {
                return;
            }
        }
    }

    fn end(&self, place: u64) {
        let mut state = self.lock();
        // Threads that find the end later have later places.
        state.end = Some(state.end.map_or(place, |end| end.min(place)));
        drop(state);
        self.ready.notify_all();
        self.freed.notify_all();
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::compress::{Codec, Compression, Packed};
    use crate::sys::memory::resident_in;

    #[test]
    fn empty_blocks_give_their_memory_back() {
        let mut packed = Vec::new();
        for _ in 0..40 {
            Compression::from(Codec::Lz4).packer().unwrap().pack(&[7; 100_000], &mut packed).unwrap();
        }
        let unpacking = Unpacking::new(Packed::new(Codec::Lz4, &packed), 1, 100_000_000);
        let mut unpacker = Unpacker::new(Box::new(io::Cursor::new(packed)), &unpacking).unwrap();
        let blocks = unpacker.blocks();
        assert_eq!(io::copy(&mut unpacker, &mut io::sink()).unwrap(), 4_000_000);
        let resident = || -> usize {
            let mut state = blocks.0.lock();
            let mut all: Vec<Buffer> = std::iter::from_fn(|| state.free.take(1)).collect();
            let resident = all.iter().map(|block| resident_in(block)).sum();
            all.iter_mut().for_each(|block| block.fill(1));
            all.into_iter().for_each(|block| state.free.give(block));
            resident
        };
        resident();
        // The thread that met the end has kept one.
        let all = unpacking.blocks() - 1;
        assert_eq!(resident(), all * unpacking.block);
        blocks.set_lean(true, 1);
        assert_eq!(resident(), unpacking.block);
        assert_eq!(resident(), unpacking.block);
        blocks.set_lean(false, 1);
        resident();
        assert_eq!(resident(), all * unpacking.block);
    }
}

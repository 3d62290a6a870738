//! Compression on threads of its own, in members of a fixed size that leave in their order.
//!
//! What is written is collected in blocks whose size depends on the codec alone; every block becomes members of its
//! own. So the bytes depend on nothing but the data, and blocks are compressed in parallel.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use super::seam::{Can, Sink};
use crate::compress::{Compression, Pack, Packing};
use crate::error::{Error, Result};
use crate::memory::{Buffer, Pool};

/// A target whose bytes are compressed on their way.
pub(super) struct Packer {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    target: Box<dyn Sink>,
    compression: Compression,
    /// The size of a block, and how many there are.
    block: usize,
    blocks: usize,
    state: Mutex<State>,
    /// There is a block to compress, or an end.
    filled: Condvar,
    /// A block was compressed or written, a turn has come, or there is an end.
    done: Condvar,
}

/// Data to compress, and how much there is.
struct Block {
    bytes: Buffer,
    len: usize,
}

struct State {
    /// The block that is being filled, if there is one.
    block: Option<Block>,
    /// Blocks to compress, in order.
    queue: VecDeque<Block>,
    free: Pool,
    /// The number of the first block in the queue, from 0.
    next: u64,
    /// The number of the block whose turn it is to get its place.
    turn: u64,
    /// Blocks that are being compressed or written.
    busy: usize,
    /// Where the next members go.
    offset: u64,
    error: Option<Error>,
    /// An error was met, or nothing more is wanted.
    stopped: bool,
}

impl State {
    fn empty(&mut self) -> Option<Block> {
        self.free.take(1).map(|bytes| Block { bytes, len: 0 })
    }
}

impl Packer {
    /// Begins at the start of `target`.
    pub fn new(target: Box<dyn Sink>, packing: &Packing) -> Result<Packer> {
        let block = packing.block();
        let blocks = packing.blocks();
        let mut free = Pool::new();
        free.stock(block, blocks)?;
        let state = State {
            block: None,
            queue: VecDeque::with_capacity(blocks),
            free,
            next: 0,
            turn: 0,
            busy: 0,
            offset: 0,
            error: None,
            stopped: false,
        };
        let shared = Arc::new(Shared {
            target,
            compression: packing.compression,
            block,
            blocks,
            state: Mutex::new(state),
            filled: Condvar::new(),
            done: Condvar::new(),
        });
        let mut packer = Packer { shared, threads: Vec::with_capacity(packing.threads) };
        for number in 0..packing.threads {
            let mut pack = packing.compression.packer()?;
            let shared = Arc::clone(&packer.shared);
            let mut output = Vec::with_capacity(block + block / 8);
            let thread = thread::Builder::new().name(format!("pack-{number}"));
            match thread.spawn(move || shared.work(&mut *pack, &mut output)) {
                Ok(thread) => packer.threads.push(thread),
                Err(error) if number == 0 => {
                    return Err(Error::memory(format!(
                        "can't start a thread that compresses: {error}\n  Lower ⟨workers⟩."
                    )));
                }
                // The first one is enough.
                Err(_) => break,
            }
        }
        Ok(packer)
    }

    /// Ends the threads. They are joined: a file must not be written any more once the target is gone.
    fn stop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.filled.notify_all();
        self.shared.done.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Sink for Packer {
    fn path(&self) -> &Path {
        self.shared.target.path()
    }

    fn file_path(&self) -> Option<&Path> {
        self.shared.target.file_path()
    }

    fn metadata(&self) -> Option<std::fs::Metadata> {
        self.shared.target.metadata()
    }

    /// Members have places only once they are compressed.
    fn can(&self) -> Can {
        Can { positional: false, truncate: false, ..self.shared.target.can() }
    }

    /// Compresses `bytes` after what was written before.
    fn write(&self, mut bytes: &[u8], _offset: u64) -> Result<()> {
        let mut state = self.shared.lock();
        while !bytes.is_empty() {
            let mut block = loop {
                if state.stopped {
                    return Err(state.error.take().unwrap_or_else(Error::ended));
                }
                match state.block.take().or_else(|| state.empty()) {
                    Some(block) => break block,
                    None => state = self.shared.wait(&self.shared.done, state),
                }
            };
            let room = &mut block.bytes[block.len..];
            let count = bytes.len().min(room.len());
            room[..count].copy_from_slice(&bytes[..count]);
            block.len += count;
            bytes = &bytes[count..];
            if block.len < self.shared.block {
                state.block = Some(block);
            } else {
                state.queue.push_back(block);
                self.shared.filled.notify_one();
            }
        }
        Ok(())
    }

    fn left(&self, _written: u64) -> u64 {
        self.shared.lock().offset
    }

    /// Whether empty blocks give their memory back, but for `idle` of them.
    fn set_lean(&self, lean: bool, idle: usize) {
        let mut state = self.shared.lock();
        state.free.set_marks(self.shared.blocks, idle);
        state.free.set_lean(lean);
    }

    /// Throws away what was written.
    fn restart(&self) -> Result<()> {
        let mut state = self.shared.lock();
        while let Some(block) = state.queue.pop_front().or_else(|| state.block.take()) {
            state.free.give(block.bytes);
        }
        state = self.shared.idle(state)?;
        (state.next, state.turn, state.offset) = (0, 0, 0);
        drop(state);
        self.shared.target.restart()
    }

    /// Writes everything that is left, and what follows all members. Returns the length of the compressed
    /// data, the same again when it is called again.
    fn flush(&mut self) -> Result<Option<u64>> {
        if self.threads.is_empty() {
            return Ok(Some(self.shared.lock().offset));
        }
        let mut state = self.shared.lock();
        // Even nothing is a member.
        let block = match state.next + state.queue.len() as u64 {
            0 => state.block.take().or_else(|| state.empty()),
            _ => state.block.take(),
        };
        state.queue.extend(block);
        self.shared.filled.notify_one();
        state = self.shared.idle(state)?;
        let ending = self.shared.compression.ending();
        let at = state.offset;
        state.offset += ending.len() as u64;
        drop(state);
        self.shared.target.write(ending, at)?;
        self.stop();
        Ok(Some(at + ending.len() as u64))
    }

    /// Ends the threads and gives the target back, if everything was written.
    fn finish(mut self: Box<Self>) -> Result<Vec<u8>> {
        self.flush()?;
        let shared = Arc::clone(&self.shared);
        drop(self);
        match Arc::try_unwrap(shared) {
            Ok(shared) => shared.target.finish(),
            // All threads were joined, so nobody else has it.
            Err(_) => Err(Error::usage("a thread that compresses is still at work")),
        }
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait<'s>(&self, what: &Condvar, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        what.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Waits until all blocks of the queue were written.
    fn idle<'s>(&self, mut state: MutexGuard<'s, State>) -> Result<MutexGuard<'s, State>> {
        loop {
            if state.stopped {
                return Err(state.error.take().unwrap_or_else(Error::ended));
            }
            if state.queue.is_empty() && state.busy == 0 {
                return Ok(state);
            }
            state = self.wait(&self.done, state);
        }
    }

    /// Compresses and writes block after block.
    fn work(&self, pack: &mut dyn Pack, output: &mut Vec<u8>) {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return;
            }
            let Some(block) = state.queue.pop_front() else {
                state = self.wait(&self.filled, state);
                continue;
            };
            let number = state.next;
            state.next += 1;
            state.busy += 1;
            drop(state);
            output.clear();
            let packed = pack.pack(&block.bytes[..block.len], output);
            state = self.lock();
            state.free.give(block.bytes);
            self.done.notify_all();
            let written = match packed {
                Ok(()) => {
                    let outcome;
                    (state, outcome) = self.write(state, number, output);
                    outcome
                }
                Err(error) => Err(error),
            };
            state.busy -= 1;
            if let Err(error) = written {
                state.error.get_or_insert(error);
                state.stopped = true;
                self.filled.notify_all();
            }
            self.done.notify_all();
        }
    }

    /// Writes members when their turn comes; beside those of others where that is possible.
    fn write<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        number: u64,
        members: &[u8],
    ) -> (MutexGuard<'s, State>, Result<()>) {
        while state.turn != number {
            if state.stopped {
                return (state, Ok(()));
            }
            state = self.wait(&self.done, state);
        }
        if state.stopped {
            return (state, Ok(()));
        }
        let at = state.offset;
        state.offset += members.len() as u64;
        let beside = self.target.can().positional;
        if beside {
            state.turn += 1;
            self.done.notify_all();
        }
        drop(state);
        let written = self.target.write(members, at);
        state = self.lock();
        if !beside {
            state.turn += 1;
        }
        (state, written)
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::compress::Codec;
    use crate::sink::memory::Memory;
    use crate::sys::memory::resident_in;

    #[test]
    fn empty_blocks_give_their_memory_back() {
        let packing = Compression::from(Codec::Lz4).packing(2);
        let mut packer = Packer::new(Box::new(Memory::default()), &packing).unwrap();
        let resident = |packer: &Packer| -> usize {
            let mut state = packer.shared.lock();
            let all: Vec<Block> = std::iter::from_fn(|| state.empty()).collect();
            let resident = all.iter().map(|block| resident_in(&block.bytes)).sum();
            all.into_iter().for_each(|block| state.free.give(block.bytes));
            resident
        };
        for idle in [1, 0, 2] {
            packer.set_lean(false, idle);
            // As if all of them had been filled at a time.
            let mut all: Vec<Block> = std::iter::from_fn(|| packer.shared.lock().empty()).collect();
            all.iter_mut().for_each(|block| block.bytes.fill(1));
            assert_eq!(all.len(), packing.blocks());
            all.into_iter().for_each(|block| packer.shared.lock().free.give(block.bytes));
            assert_eq!(resident(&packer), packing.blocks() * packing.block());
            packer.set_lean(true, idle);
            assert_eq!(resident(&packer), idle * packing.block());
        }
        packer.flush().unwrap();
    }
}

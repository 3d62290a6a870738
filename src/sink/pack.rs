//! Blocks that are made on threads of their own, and leave in their order.
//!
//! What is written is collected in blocks; each becomes members of a compressed file, or a block of a container. Where a
//! block ends depends on the data alone, see [`Fill`]. So the bytes depend on nothing else either, and blocks are made in
//! parallel.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use super::fill::{Block, Fill, Filled};
use super::seam::{Can, Sink};
use crate::compress::{Begun, Blocking, Blocks, Compression, Join, Pack, PackBlock, Packing, Part};
use crate::error::{Error, Result};
use crate::memory::Pool;

/// A target whose bytes are compressed, or put into blocks, on their way.
pub(super) struct Packer {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    target: Box<dyn Sink>,
    /// What follows all blocks.
    ending: &'static [u8],
    /// The room of a block, and how many there are.
    room: usize,
    blocks: usize,
    state: Mutex<State>,
    /// There is a whole block, or an end.
    filled: Condvar,
    /// A block was made or written, a turn has come, or there is an end.
    done: Condvar,
}

/// The room of a block, how many there are, and how many threads make something of them.
struct Sizes {
    room: usize,
    blocks: usize,
    threads: usize,
}

/// Makes what is written of a block, for one thread.
enum Maker {
    Members(Box<dyn Pack>),
    Block(Box<dyn PackBlock>),
}

impl Maker {
    /// Appends what the block becomes to `output`, or returns it if it has to be joined to those before it. `known` is
    /// what the container says.
    fn make(&mut self, known: &[u8], block: &Block, output: &mut Vec<u8>) -> Result<Option<Part>> {
        match self {
            Maker::Members(pack) => pack.pack(block.bytes(), output).map(|()| None),
            Maker::Block(pack) => pack.pack(known, block.records, block.bytes(), output),
        }
    }
}

struct State {
    /// How blocks are filled.
    fill: Fill,
    /// What has to be known to make a block of a container, and what puts its blocks together.
    known: Arc<[u8]>,
    join: Option<Box<dyn Join>>,
    /// The block that is being filled, if there is one.
    block: Option<Block>,
    /// Whether one of the blocks is larger than usual.
    has_large: bool,
    /// Blocks to make something of, in order.
    queue: VecDeque<Block>,
    free: Pool,
    /// The number of the first block in the queue, from 0.
    next: u64,
    /// The number of the block whose turn it is to get its place.
    turn: u64,
    /// Blocks of which something is being made or written.
    busy: usize,
    /// Where the next of these goes.
    offset: u64,
    error: Option<Error>,
    /// An error was met, or nothing more is wanted.
    stopped: bool,
}

impl State {
    /// Fails if there was an error, or nothing more is wanted.
    fn check(&mut self) -> Result<()> {
        if self.stopped { Err(self.error.take().unwrap_or_else(Error::ended)) } else { Ok(()) }
    }

    fn empty(&mut self) -> Option<Block> {
        self.free.take(1).map(Block::new)
    }

    fn give(&mut self, block: Block) {
        self.has_large &= !block.is_large;
        self.free.give(block.buffer);
    }
}

impl Packer {
    /// Compresses everything; begins at the start of `target`.
    pub fn new(target: Box<dyn Sink>, packing: &Packing) -> Result<Packer> {
        let compression: Compression = packing.compression;
        let maker = || compression.packer().map(Maker::Members);
        let sizes = Sizes { room: packing.block(), blocks: packing.blocks(), threads: packing.threads };
        Packer::with(target, Fill::Bytes, compression.ending(), sizes, maker)
    }

    /// Makes a container; begins at the start of `target`.
    pub fn of_blocks(target: Box<dyn Sink>, blocks: Arc<dyn Blocks>, blocking: &Blocking) -> Result<Packer> {
        let fill = Fill::records(&blocks, blocking);
        let sizes = Sizes { room: blocking.room(), blocks: blocking.blocks(), threads: blocking.threads };
        Packer::with(target, fill, &[], sizes, || blocks.packer().map(Maker::Block))
    }

    fn with(
        target: Box<dyn Sink>,
        fill: Fill,
        ending: &'static [u8],
        sizes: Sizes,
        maker: impl Fn() -> Result<Maker>,
    ) -> Result<Packer> {
        let Sizes { room, blocks, threads } = sizes;
        let mut free = Pool::new();
        free.stock(room, blocks)?;
        let state = State {
            fill,
            known: Arc::default(),
            join: None,
            block: None,
            has_large: false,
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
            ending,
            room,
            blocks,
            state: Mutex::new(state),
            filled: Condvar::new(),
            done: Condvar::new(),
        });
        let mut packer = Packer { shared, threads: Vec::with_capacity(threads) };
        for number in 0..threads {
            let mut maker = maker()?;
            let shared = Arc::clone(&packer.shared);
            let mut output = Vec::with_capacity(room + room / 8);
            let thread = thread::Builder::new().name(format!("pack-{number}"));
            match thread.spawn(move || shared.work(&mut maker, &mut output)) {
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

    /// Takes `bytes` after what was written before.
    fn write(&self, mut bytes: &[u8], _offset: u64) -> Result<()> {
        let mut state = self.shared.lock();
        while !bytes.is_empty() {
            if state.fill.is_at_header() {
                self.shared.begin(&mut state, &mut bytes)?;
                continue;
            }
            let mut block = loop {
                state.check()?;
                match state.block.take().or_else(|| state.empty()) {
                    Some(block) => break block,
                    None => state = self.shared.wait(&self.shared.done, state),
                }
            };
            match state.fill.fill(&mut block, &mut bytes) {
                Filled::Part => state.block = Some(block),
                Filled::Whole => {
                    state.queue.push_back(block);
                    self.shared.filled.notify_one();
                }
                // One at a time may be, so that there is memory for it.
                Filled::Narrow { .. } if state.has_large && !block.is_large => {
                    state.block = Some(block);
                    state.check()?;
                    state = self.shared.wait(&self.shared.done, state);
                }
                Filled::Narrow { needed } => {
                    state.has_large = true;
                    block.widen(needed)?;
                    state.block = Some(block);
                }
                Filled::TooLarge(error) => return Err(error),
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
            state.give(block);
        }
        state.fill.restart();
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
            0 if state.fill.is_never_empty() => state.block.take().or_else(|| state.empty()),
            _ => state.block.take().filter(|block| !block.bytes().is_empty()),
        };
        state.queue.extend(block);
        self.shared.filled.notify_one();
        state = self.shared.idle(state)?;
        let mut ending = self.shared.ending.to_vec();
        if let Some(mut join) = state.join.take() {
            join.end(&mut ending)?;
        }
        let at = state.offset;
        state.offset += ending.len() as u64;
        drop(state);
        self.shared.target.write(&ending, at)?;
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
            Err(_) => Err(Error::mistake("a thread that compresses is still at work")),
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
            state.check()?;
            if state.queue.is_empty() && state.busy == 0 {
                return Ok(state);
            }
            state = self.wait(&self.done, state);
        }
    }

    /// Reads the prefix of a target, and writes what a container begins with.
    fn begin(&self, state: &mut State, bytes: &mut &[u8]) -> Result<()> {
        let Some(Begun { header, known, join }) = state.fill.begin(bytes)? else { return Ok(()) };
        self.target.write(&header, 0)?;
        state.offset = header.len() as u64;
        (state.known, state.join) = (known, join);
        Ok(())
    }

    /// Makes something of block after block, and writes it.
    fn work(&self, maker: &mut Maker, output: &mut Vec<u8>) {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return;
            }
            let Some(block) = state.queue.pop_front() else {
                state = self.wait(&self.filled, state);
                continue;
            };
            let (number, known) = (state.next, Arc::clone(&state.known));
            state.next += 1;
            state.busy += 1;
            drop(state);
            output.clear();
            let packed = maker.make(&known, &block, output);
            state = self.lock();
            state.give(block);
            self.done.notify_all();
            let written = match packed {
                Ok(part) => {
                    let outcome;
                    (state, outcome) = self.write(state, number, part, output);
                    outcome
                }
                Err(error) => Err(error),
            };
            // What a large block took.
            output.clear();
            output.shrink_to(self.room + self.room / 8);
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
        part: Option<Part>,
        members: &mut Vec<u8>,
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
        if let (Some(part), Some(join)) = (part, &mut state.join)
            && let Err(error) = join.add(part, members)
        {
            return (state, Err(error));
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
            let resident = all.iter().map(|block| resident_in(&block.buffer)).sum();
            all.into_iter().for_each(|block| state.give(block));
            resident
        };
        for idle in [1, 0, 2] {
            packer.set_lean(false, idle);
            // As if all of them had been filled at a time.
            let mut all: Vec<Block> = std::iter::from_fn(|| packer.shared.lock().empty()).collect();
            all.iter_mut().for_each(|block| block.buffer.fill(1));
            assert_eq!(all.len(), packing.blocks());
            all.into_iter().for_each(|block| packer.shared.lock().give(block));
            assert_eq!(resident(&packer), packing.blocks() * packing.block());
            packer.set_lean(true, idle);
            assert_eq!(resident(&packer), idle * packing.block());
        }
        packer.flush().unwrap();
    }
}

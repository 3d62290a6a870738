//! What compressing and decompressing take: threads, blocks, and memory.

use super::choice::Compression;
use super::codec::Codec;
use super::sizes::block;
use super::sniff::Packed;
use crate::error::{Error, Result};
use crate::sys::processors;
use crate::wording::megabytes;

/// What a thread and its decoder take beside blocks and windows.
const DECODER: usize = 384 << 10;
/// A block that a codec without known members decodes into.
const BLOCK: usize = 256 << 10;
/// What the process takes beside that where it only counts.
const OTHERS: usize = 7 << 20;
/// What is read of a file at a time.
const INPUT: usize = 128 << 10;
/// Blocks that wait decoded, beside one for each thread.
const AHEAD: usize = 2;
/// A window that later members may have, even if the first one has a smaller one (RFC 8878 asks for it).
const WINDOW: usize = 8 << 20;

/// How compressed data is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpacking {
    /// How it was compressed.
    pub codec: Codec,
    /// How many threads decode.
    pub threads: usize,
    /// The size of a block of decoded bytes.
    pub block: usize,
    /// The most a member may ask to keep.
    pub window: usize,
    /// What the first member asks to keep.
    least: usize,
    /// Members that fit into a block are decoded in parallel.
    pub pieces: bool,
}

impl Unpacking {
    /// The best way to read data with this beginning, with at most `threads` threads below a memory limit.
    pub fn new(packed: Packed, threads: usize, memory_limit: usize) -> Unpacking {
        let Packed { codec, window, pieces } = packed;
        let generous = match codec {
            Codec::Zstd => 1 << (memory_limit / 8).max(WINDOW).ilog2(),
            Codec::Xz => (memory_limit / 8).max(WINDOW),
            // No member can ask for more.
            Codec::Gzip | Codec::Bzip2 => window,
            Codec::Lz4 => 3 * (4 << 20) + (64 << 10),
        };
        let unpacking =
            Unpacking { codec, threads: 1, block: BLOCK, window: window.max(generous), least: window, pieces: false };
        match pieces {
            Some(block) if threads > 1 => Unpacking { threads, block, pieces: true, ..unpacking },
            _ => unpacking,
        }
    }

    /// A way to read data for a job that does little else, below a memory limit. `threads`: 0 is one for each
    /// processor.
    ///
    /// # Errors
    /// The limit is too low.
    pub fn within(packed: Packed, threads: usize, memory_limit: usize) -> Result<Unpacking> {
        let mut unpacking = Unpacking::new(packed, if threads == 0 { processors() } else { threads }, memory_limit);
        while unpacking.bytes() > memory_limit.saturating_sub(OTHERS) {
            unpacking = unpacking.less().ok_or_else(|| {
                let least = unpacking.bytes().saturating_add(OTHERS);
                let (memory_limit, needed, least) = (megabytes(memory_limit), least, megabytes(least));
                Error::needs_memory(needed, format!(
                    "the memory limit of {memory_limit} is too low to read this {} data; it needs {least}\n  Give ⟨memory_limit {least}⟩ or more, in a control group that has that much left.",
                    packed.codec.name()
                ))
            })?;
        }
        Ok(unpacking)
    }

    /// The size of the buffer for what is read; it has room for a whole member whose length is looked for.
    pub fn input(&self) -> usize {
        if self.pieces { self.block + self.block / 64 + INPUT } else { INPUT }
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.threads + AHEAD
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let pieces = if self.pieces { self.threads * self.input() } else { 0 };
        (self.blocks() * self.block + self.input() + pieces + self.threads * DECODER).saturating_add(self.window)
    }

    /// The same for less memory; none: it takes no less.
    pub fn less(&self) -> Option<Unpacking> {
        if self.pieces {
            return Some(Unpacking { threads: 1, block: BLOCK, pieces: false, ..*self });
        }
        (self.window > self.least).then_some(Unpacking { window: self.least, ..*self })
    }
}

/// How data is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Codec and level.
    pub compression: Compression,
    /// How many threads compress.
    pub threads: usize,
}

impl Compression {
    /// How it is done by as many threads.
    #[doc(hidden)]
    pub fn packing(self, threads: usize) -> Packing {
        Packing::new(self, threads)
    }
}

impl Packing {
    /// Compressing with as many threads.
    pub fn new(compression: Compression, threads: usize) -> Packing {
        Packing { compression, threads }
    }

    /// Compressing with one thread for each worker; 0: for each processor.
    pub fn for_workers(compression: Compression, workers: usize) -> Packing {
        compression.packing(if workers == 0 { processors() } else { workers })
    }

    /// Compressing with one thread for each worker (0: for each processor), or fewer so that it takes at most `bytes`.
    ///
    /// # Errors
    /// One thread takes more.
    pub fn within(compression: Compression, workers: usize, bytes: usize) -> Result<Packing> {
        let packing = Packing::for_workers(compression, workers).at_most(bytes);
        if packing.bytes() > bytes {
            let needed = packing.bytes() * 2;
            let least = megabytes(needed);
            return Err(Error::needs_memory(
                needed,
                format!(
                    "the memory limit is too low to compress with {compression}; that needs {}\n  Give ⟨memory_limit {least}⟩ or more, in a control group that has that much left.",
                    megabytes(packing.bytes())
                ),
            ));
        }
        Ok(packing)
    }

    /// The same with fewer threads, so that it takes at most `bytes`; with one if even that takes more.
    pub fn at_most(self, bytes: usize) -> Packing {
        let mut packing = self;
        while packing.bytes() > bytes {
            let Some(less) = packing.less() else { break };
            packing = less;
        }
        packing
    }

    /// How much data is compressed at a time.
    pub fn block(&self) -> usize {
        block(self.compression.codec)
    }

    /// How many blocks of data there are: one that is filled, and one for each thread and to wait.
    pub fn blocks(&self) -> usize {
        self.threads + 2
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let block = self.block();
        self.blocks() * block + self.threads * (block + block / 8 + encoder(self.compression))
    }

    /// The same for less memory; none: it takes no less.
    pub fn less(&self) -> Option<Packing> {
        (self.threads > 1).then_some(Packing { threads: self.threads / 2, ..*self })
    }
}

/// What an encoder takes, in bytes. For zstd it was measured with members of our size; for xz it is what its manual
/// says for a dictionary of their size, and a half more.
pub(super) fn encoder(compression: Compression) -> usize {
    const MIB: usize = 1 << 20;
    let Compression { codec, level } = compression;
    match (codec, level) {
        (Codec::Gzip | Codec::Lz4, _) => MIB,
        // The manual: 400 KB and eight times the size of a block.
        (Codec::Bzip2, level) => 400_000 + 800_000 * level as usize,
        (Codec::Zstd, 0..=2) => 2 * MIB,
        (Codec::Zstd, 3..=5) => 4 * MIB,
        (Codec::Zstd, 6..=12) => 8 * MIB,
        (Codec::Zstd, _) => 16 * MIB,
        (Codec::Xz, 0..=3) => 12 * MIB,
        (Codec::Xz, _) => 20 * MIB,
    }
}

impl std::fmt::Display for Unpacking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.codec.name();
        match self.pieces {
            true => write!(f, "{name}, members in parallel by {} threads", self.threads),
            false => write!(f, "{name}, by one thread"),
        }
    }
}

impl std::fmt::Display for Packing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (threads, noun) = (self.threads, if self.threads == 1 { "thread" } else { "threads" });
        write!(f, "{}, by {threads} {noun}", self.compression)
    }
}

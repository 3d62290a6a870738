//! Containers that group their records in blocks, and compress each by itself: Avro, Parquet, Arrow.
//!
//! A block ends with the record that reaches its size. So blocks depend on the records alone, and are made in parallel.

use std::any::Any;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::sys::processors;
use crate::wording::megabytes;

/// What makes a container of records. It is given the prefix of a target and its records, each after its length as a
/// little-endian number of four bytes; the prefix has one too.
pub(crate) trait Blocks: Send + Sync {
    /// The bytes of records that end a block.
    fn size(&self) -> usize;
    /// What a thread takes to make a block, beside the block and what becomes of it, in bytes.
    fn coder(&self) -> usize;
    /// Begins a container.
    ///
    /// # Errors
    /// The prefix can't be written.
    fn begin(&self, prefix: &[u8]) -> Result<Begun>;
    /// What makes blocks, for one thread.
    ///
    /// # Errors
    /// There is no memory for it.
    fn packer(&self) -> Result<Box<dyn PackBlock>>;
}

/// A container that was begun.
pub(crate) struct Begun {
    /// What it begins with.
    pub header: Vec<u8>,
    /// What has to be known to make a block.
    pub known: Arc<[u8]>,
    /// What puts blocks together, if they do not just follow each other.
    pub join: Option<Box<dyn Join>>,
}

/// A block that has to be joined to those before it.
pub(crate) type Part = Box<dyn Any + Send>;

/// Makes blocks.
pub(crate) trait PackBlock: Send {
    /// Makes the block of these records, which follow each other without their lengths: appends it to `output`, or returns
    /// it if it has to be joined to others. `known` is what the container says.
    ///
    /// # Errors
    /// The codec can't be set up, most of all for want of memory.
    fn pack(&mut self, known: &[u8], records: u64, data: &[u8], output: &mut Vec<u8>) -> Result<Option<Part>>;
}

/// Puts the blocks of a container together, in their order: its end says where they are.
pub(crate) trait Join: Send {
    /// Appends the next block to `output`.
    ///
    /// # Errors
    /// There is no memory for what has to be known of it.
    fn add(&mut self, part: Part, output: &mut Vec<u8>) -> Result<()>;
    /// Appends what follows all blocks.
    ///
    /// # Errors
    /// There is no memory for it.
    fn end(&mut self, output: &mut Vec<u8>) -> Result<()>;
}

/// How a container is made: threads and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocking {
    /// How many threads make blocks.
    pub threads: usize,
    /// The bytes of records that end a block.
    pub size: usize,
    /// What a thread takes beside blocks, in bytes.
    coder: usize,
    /// How much larger than usual one block at a time may be, for a large record.
    large: usize,
}

/// A record that begins in a block usually ends within this many bytes.
const MARGIN: usize = 32 << 10;
/// A large record takes at most one part in this many of the memory.
const LARGE: usize = 16;

impl Blocking {
    /// With as many threads, below a memory limit.
    pub fn new(blocks: &dyn Blocks, threads: usize, memory_limit: usize) -> Blocking {
        Blocking { threads, size: blocks.size(), coder: blocks.coder(), large: memory_limit / LARGE }
    }

    /// With one thread for each worker (0: for each processor).
    pub fn for_workers(blocks: &dyn Blocks, workers: usize) -> Blocking {
        Blocking::new(blocks, if workers == 0 { processors() } else { workers }, 0)
    }

    /// The same below a memory limit, with fewer threads so that it takes at most `bytes`, or with one.
    pub fn at_most(self, memory_limit: usize, bytes: usize) -> Blocking {
        let mut blocking = Blocking { large: memory_limit / LARGE, ..self };
        while blocking.bytes() > bytes
            && let Some(less) = blocking.less()
        {
            blocking = less;
        }
        blocking
    }

    /// The usual room of a block.
    pub fn room(&self) -> usize {
        self.size.saturating_add(MARGIN)
    }

    /// The most that a block may hold.
    pub fn most(&self) -> usize {
        self.room().saturating_add(self.large)
    }

    /// The error for a record of `len` bytes, which fits into no block.
    #[cold]
    pub fn too_large(&self, len: usize) -> Error {
        // Of that, a block may have as much as the record takes.
        let needed = len.saturating_mul(LARGE);
        Error::needs_memory(
            needed,
            format!(
                "a record of {len} bytes is too large for a block: the memory limit leaves {} bytes\n  Give ⟨memory_limit {}⟩ or more.",
                self.most(),
                megabytes(needed)
            ),
        )
    }

    /// How many blocks there are: one that is filled, and one for each thread and to wait.
    pub fn blocks(&self) -> usize {
        self.threads + 2
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let room = self.room();
        let each = room.saturating_add(room / 8 + self.coder);
        self.blocks()
            .saturating_mul(room)
            .saturating_add(self.threads.saturating_mul(each))
            .saturating_add(2 * self.large)
    }

    /// The memory limit below which a job fits that takes `bytes` now: of any limit a part is for large records.
    pub fn limit(&self, bytes: usize) -> usize {
        let others = bytes.saturating_sub(2 * self.large);
        others.saturating_add(others / (LARGE / 2 - 1) + 1)
    }

    /// The same for less memory; none: it takes no less.
    pub fn less(&self) -> Option<Blocking> {
        (self.threads > 1).then_some(Blocking { threads: self.threads / 2, ..*self })
    }
}

impl std::fmt::Display for Blocking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (threads, noun) = (self.threads, if self.threads == 1 { "thread" } else { "threads" });
        write!(f, "{} bytes of records each, by {threads} {noun}", self.size)
    }
}

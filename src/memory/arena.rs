//! A worker's bump arena.

use bumpalo::Bump;

use crate::error::{Fault, RecordError};

/// A bump arena with a limit. It is reset after each batch and then keeps its memory.
pub struct Arena {
    bump: Bump,
    limit: usize,
}

impl Arena {
    /// An arena that never holds more than `limit` bytes, of which `start` are taken at once.
    ///
    /// The system gives a page its memory when it is first touched, so a generous `start` costs little.
    pub fn new(start: usize, limit: usize) -> Arena {
        // Without memory it begins empty: then the first value that needs some is refused.
        let bump = Bump::try_with_capacity(start).unwrap_or_default();
        bump.set_allocation_limit(Some(limit.max(start)));
        Arena { bump, limit: limit.max(start) }
    }

    /// The most it may hold, in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn bump(&self) -> &Bump {
        &self.bump
    }

    /// Bytes handed out since the last reset, rounded up by at most a chunk's unused rest.
    pub fn used(&self) -> usize {
        self.bump.allocated_bytes() - self.bump.chunk_capacity()
    }

    /// `len` zeroed bytes, or an error at `offset` of the slice when the limit does not allow them.
    pub fn bytes(&self, len: usize, offset: usize) -> Result<&mut [u8], RecordError> {
        self.bump.try_alloc_slice_fill_copy(len, 0u8).map_err(|_| {
            RecordError::new(
                offset,
                format!("a value of {len} bytes does not fit into a worker's arena of {} bytes", self.limit),
            )
            .hint("Raise --memory-limit, or lower --workers so that each gets more of it.")
            .fault(Fault::NoMemory)
        })
    }

    /// Gives everything back at once; the memory stays for the next batch.
    pub fn reset(&mut self) {
        self.bump.reset();
    }
}

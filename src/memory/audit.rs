//! Counting allocations: proof that a steady state allocates nothing.
//!
//! A test (or a program) installs the [`CountingAllocator`]; then [`assert_no_alloc`] checks a closure
//! and [`count_allocs`] measures one. Both look at their own thread only, so tests may run in parallel.
//!
//! ```
//! use pagemill::audit::{CountingAllocator, assert_no_alloc, count_allocs};
//!
//! #[global_allocator]
//! static ALLOCATOR: CountingAllocator = CountingAllocator;
//!
//! # fn main() {
//! let mut line = String::with_capacity(64);
//! assert_no_alloc(|| line.push_str("fits into what is there"));
//!
//! let (boxed, counts) = count_allocs(|| Box::new([0u8; 100]));
//! assert_eq!((counts.blocks, counts.bytes), (1, 100));
//! # drop(boxed);
//! # }
//! ```

use std::ops::Sub;

pub use crate::sys::alloc::CountingAllocator;
use crate::sys::alloc::{process, thread};

/// What the heap was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Blocks given out; a reallocation counts as one.
    pub blocks: u64,
    /// Bytes given out; a reallocation counts with its new size.
    pub bytes: u64,
    /// Bytes that are held now.
    pub current: u64,
    /// The most bytes that were ever held.
    pub peak: u64,
}

/// What one thread was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadCounts {
    /// Blocks given out; a reallocation counts as one.
    pub blocks: u64,
    /// Bytes given out; a reallocation counts with its new size.
    pub bytes: u64,
}

impl Sub for Counts {
    type Output = Counts;

    /// What came after `earlier`: the blocks and bytes since then, `current` and `peak` as they are now.
    fn sub(self, earlier: Counts) -> Counts {
        Counts {
            blocks: self.blocks.saturating_sub(earlier.blocks),
            bytes: self.bytes.saturating_sub(earlier.bytes),
            ..self
        }
    }
}

/// The counters of the whole process; all zero unless the [`CountingAllocator`] is installed.
///
/// Costs four relaxed loads and allocates nothing.
///
/// ```
/// # use pagemill::audit::{self, CountingAllocator};
/// # #[global_allocator]
/// # static ALLOCATOR: CountingAllocator = CountingAllocator;
/// # fn main() {
/// let before = audit::counts();
/// let block = vec![0u8; 4096];
/// let since = audit::counts() - before;
/// assert!(since.blocks >= 1 && since.bytes >= 4096);
/// assert!(since.current >= 4096 && since.peak >= since.current);
/// # drop(block);
/// # }
/// ```
pub fn counts() -> Counts {
    let (blocks, bytes, current, peak) = process();
    Counts { blocks, bytes, current, peak }
}

/// What this thread was given since it began; all zero unless the [`CountingAllocator`] is installed.
#[inline]
pub fn thread_counts() -> ThreadCounts {
    let (blocks, bytes) = thread();
    ThreadCounts { blocks, bytes }
}

/// Whether the [`CountingAllocator`] is installed. (A Rust program allocates before `main`.)
pub fn is_counting() -> bool {
    counts().blocks > 0
}

/// Runs a closure and says what *this thread* was given meanwhile, and what the process holds after it.
///
/// ```
/// # use pagemill::audit::{self, CountingAllocator};
/// # #[global_allocator]
/// # static ALLOCATOR: CountingAllocator = CountingAllocator;
/// # fn main() {
/// let (sum, counts) = audit::count_allocs(|| (1..=10).sum::<u32>());
/// assert_eq!((sum, counts.blocks), (55, 0));
/// # }
/// ```
pub fn count_allocs<R>(run: impl FnOnce() -> R) -> (R, Counts) {
    let before = thread_counts();
    let result = run();
    let after = thread_counts();
    (result, Counts { blocks: after.blocks - before.blocks, bytes: after.bytes - before.bytes, ..counts() })
}

/// Runs a closure in which *this thread* may not allocate. Freeing is allowed.
///
/// ```should_panic
/// # use pagemill::audit::{self, CountingAllocator};
/// # #[global_allocator]
/// # static ALLOCATOR: CountingAllocator = CountingAllocator;
/// # fn main() {
/// audit::assert_no_alloc(|| String::from("needs a block"));
/// # }
/// ```
///
/// # Panics
/// If the thread was given a block; or if nothing counts, because then nothing would be proved.
#[track_caller]
pub fn assert_no_alloc<R>(run: impl FnOnce() -> R) -> R {
    assert!(
        is_counting(),
        "nothing counts allocations here; install pagemill::audit::CountingAllocator with #[global_allocator]"
    );
    let (result, counts) = count_allocs(run);
    assert!(counts.blocks == 0, "{} blocks ({} bytes) were allocated where none may be", counts.blocks, counts.bytes);
    result
}

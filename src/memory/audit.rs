//! Counting allocations: proof that a steady state allocates nothing.
//!
//! A test (or a program) installs the [`CountingAllocator`]; then [`assert_no_alloc`] and [`assert_max_alloc`] check a
//! closure and [`count_allocs`] measures one. They look at their own thread only, so tests may run in parallel, and work
//! in release builds too. A failed check shows where the first allocation was.
//!
//! As a dev-dependency it needs none of the command: `pagemill = { version = "…", default-features = false }`. The
//! folder `tests/audit_example` of the repository is a crate that does so.
//!
//! How it compares with crates that are made for this alone:
//!
//! | | this | `assert_no_alloc` | `stats_alloc` | `dhat` |
//! |---|---|---|---|---|
//! | counts by | thread, process | thread | process | process |
//! | tests in parallel | yes | yes | no | no: one profiler at a time |
//! | a limit other than none | blocks and bytes | no | by hand | by hand |
//! | shows where | the first one too many | aborts there, or only counts | no | all call sites, in its viewer |
//! | in release builds | yes | off by default | yes | yes, slowly |
//! | the cost of an allocation | a few additions | a check | a few additions | a backtrace each |
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
use crate::sys::alloc::{Limited, process, thread};

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
/// If the thread was given a block, with a backtrace of the first allocation; or if nothing counts, because then nothing
/// would be proved.
#[track_caller]
pub fn assert_no_alloc<R>(run: impl FnOnce() -> R) -> R {
    assert_max_alloc(0, 0, run)
}

/// Runs a closure in which *this thread* may be given this many blocks and bytes. Freeing is allowed; what is freed counts
/// all the same.
///
/// ```
/// # use pagemill::audit::{self, CountingAllocator};
/// # #[global_allocator]
/// # static ALLOCATOR: CountingAllocator = CountingAllocator;
/// # fn main() {
/// let words: Vec<&str> = audit::assert_max_alloc(1, 64, || {
///     let mut words = Vec::with_capacity(2);
///     words.extend("two words".split(' '));
///     words
/// });
/// assert_eq!(words, ["two", "words"]);
/// # }
/// ```
///
/// # Panics
/// If the thread was given more: the message has a backtrace of the first allocation that was too much (lines need debug
/// information). Or if nothing counts, because then nothing would be proved.
#[track_caller]
pub fn assert_max_alloc<R>(blocks: u64, bytes: u64, run: impl FnOnce() -> R) -> R {
    assert!(
        is_counting(),
        "nothing counts allocations here; install pagemill::audit::CountingAllocator with #[global_allocator]"
    );
    let limited = Limited::to(blocks, bytes);
    let (result, counts) = count_allocs(run);
    if counts.blocks <= blocks && counts.bytes <= bytes {
        return result;
    }
    // The limit is lifted since it was passed: what follows may allocate.
    let (caught, _limited) = (limited.caught().names(), limited);
    let allowed = match (blocks, bytes) {
        (0, _) | (_, 0) => "none may be".to_owned(),
        _ => format!("at most {blocks} blocks ({bytes} bytes) may be"),
    };
    panic!(
        "{} blocks ({} bytes) were allocated where {allowed}; the first that was too much:\n{caught}",
        counts.blocks, counts.bytes
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    // The library's own tests have the counting allocator only where they install it: see tests/alloc_json.rs and the
    // example crate tests/audit_example.
    #[test]
    fn nothing_is_proved_where_nothing_counts() {
        if !is_counting() {
            let told = std::panic::catch_unwind(|| assert_no_alloc(|| 1)).unwrap_err();
            assert!(told.downcast_ref::<&str>().is_some_and(|text| text.contains("#[global_allocator]")));
        }
    }
}

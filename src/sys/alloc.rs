//! The system's allocator with counters around it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The system's allocator, which counts what it is asked for.
///
/// Installed with `#[global_allocator]`. A call costs a few relaxed additions; a program that allocates
/// nothing pays nothing. The counters are those of the process, so there is no use in a second instance.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator;

static BLOCKS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static CURRENT: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// The size of the last block that the system had no memory for; 0: it had for all.
static REFUSED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // `const` and without a destructor: reading it can neither allocate nor fail in a thread that ends.
    static HERE: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Blocks and bytes that the whole process was given, and the bytes it holds and held at most.
pub(crate) fn process() -> (u64, u64, u64, u64) {
    let peak = PEAK.load(Relaxed).max(CURRENT.load(Relaxed));
    (BLOCKS.load(Relaxed), BYTES.load(Relaxed), CURRENT.load(Relaxed) as u64, peak as u64)
}

/// Whether the system ever had no memory for a block.
#[cfg(unix)]
pub(super) fn was_refused() -> bool {
    REFUSED.load(Relaxed) > 0
}

/// Blocks and bytes that this thread was given.
pub(crate) fn thread() -> (u64, u64) {
    HERE.try_with(Cell::get).unwrap_or_default()
}

#[inline]
fn given(bytes: usize) {
    BLOCKS.fetch_add(1, Relaxed);
    BYTES.fetch_add(bytes as u64, Relaxed);
    // A thread whose locals are gone still counts for the process.
    let _ = HERE.try_with(|here| {
        let (blocks, total) = here.get();
        here.set((blocks + 1, total + bytes as u64));
    });
}

#[inline]
fn grown(bytes: usize) {
    let now = CURRENT.fetch_add(bytes, Relaxed) + bytes;
    // The load first: a read of a shared line is cheaper than a write to it, and peaks are rare.
    if now > PEAK.load(Relaxed) {
        PEAK.fetch_max(now, Relaxed);
    }
}

/// Counts memory that is not the heap's as a block of it: what had `from` bytes (0: nothing yet) has `to` now.
pub(super) fn resized(from: usize, to: usize) {
    // Nothing counts in this program: a Rust program allocates before `main`.
    if BLOCKS.load(Relaxed) == 0 {
        return;
    }
    if to > 0 {
        given(to);
    }
    match to.checked_sub(from) {
        Some(more) => grown(more),
        None => {
            CURRENT.fetch_sub(from - to, Relaxed);
        }
    }
}

// SAFETY: every call goes to `System` with its arguments unchanged, and `System` keeps the contract of
// `GlobalAlloc`. The counting touches no memory but the counters, does not allocate and does not unwind.
unsafe impl GlobalAlloc for CountingAllocator {
    // SAFETY: the caller's promises (a layout of non-zero size) are those that `System` asks for.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above; the layout is passed on unchanged.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            given(layout.size());
            grown(layout.size());
        } else {
            REFUSED.store(layout.size(), Relaxed);
        }
        block
    }

    // SAFETY: as for `alloc`.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above; the layout is passed on unchanged.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            given(layout.size());
            grown(layout.size());
        } else {
            REFUSED.store(layout.size(), Relaxed);
        }
        block
    }

    // SAFETY: every block came from `System`, with the layout that the caller names again.
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) };
        CURRENT.fetch_sub(layout.size(), Relaxed);
    }

    // SAFETY: every block came from `System`, with the layout that the caller names again; the caller
    // promises that `size` is not zero and does not overflow when rounded up.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let moved = unsafe { System.realloc(block, layout, size) };
        if !moved.is_null() {
            given(size);
            match size.checked_sub(layout.size()) {
                Some(more) => grown(more),
                None => {
                    CURRENT.fetch_sub(layout.size() - size, Relaxed);
                }
            }
        } else {
            REFUSED.store(size, Relaxed);
        }
        moved
    }
}

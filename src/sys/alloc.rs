//! The system's allocator with counters around it.

#[cfg(not(feature = "dhat-heap"))]
use std::alloc::System;
use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

// It passes everything on to the system's, and notes it while a profile is made. What it takes for that is counted too.
#[cfg(feature = "dhat-heap")]
use dhat::Alloc as System;

use super::frames::Frames;
use super::sites;

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
    static HERE: Cell<Here> = const { Cell::new(Here { blocks: 0, bytes: 0, limit: NO_LIMIT, traced: false }) };
    /// Where the limit of this thread was passed.
    static CAUGHT: Cell<Frames> = const { Cell::new(Frames::NONE) };
}

/// What a thread was given.
#[derive(Clone, Copy)]
struct Here {
    blocks: u64,
    bytes: u64,
    limit: Limit,
    /// The call site of each allocation is noted.
    traced: bool,
}

/// How much a thread may be given since it began. The allocation that passes it is traced.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    blocks: u64,
    bytes: u64,
}

const NO_LIMIT: Limit = Limit { blocks: u64::MAX, bytes: u64::MAX };

/// A limit of this thread, which ends when this is dropped.
pub(crate) struct Limited {
    /// What held before, and where that was passed.
    before: Limit,
    caught_before: Frames,
}

impl Limited {
    /// This thread may be given this many more blocks and bytes.
    pub fn to(blocks: u64, bytes: u64) -> Limited {
        let caught_before = CAUGHT.replace(Frames::NONE);
        HERE.with(|here| {
            let now = here.get();
            let limit = Limit { blocks: now.blocks.saturating_add(blocks), bytes: now.bytes.saturating_add(bytes) };
            here.set(Here { limit, ..now });
            Limited { before: now.limit, caught_before }
        })
    }

    /// Where it was passed, if it was.
    pub fn caught(&self) -> Frames {
        CAUGHT.get()
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = HERE.try_with(|here| here.set(Here { limit: self.before, ..here.get() }));
        let _ = CAUGHT.try_with(|caught| caught.set(self.caught_before));
    }
}

/// Notes where a thread is that was given too much. What that takes does not count as the thread's.
#[cold]
#[inline(never)]
fn catch(here: &Cell<Here>) {
    let now = Here { limit: NO_LIMIT, ..here.get() };
    here.set(now);
    let frames = Frames::here();
    let _ = CAUGHT.try_with(|caught| caught.set(frames));
    here.set(now);
}

/// Notes the call site of an allocation. What that takes does not count as the thread's.
#[cold]
#[inline(never)]
fn note(here: &Cell<Here>, bytes: usize) {
    let now = here.replace(Here { traced: false, ..here.get() });
    sites::note(number(here), Frames::here(), bytes as u64);
    here.set(now);
}

/// A number that no other thread has at the same time.
fn number(here: &Cell<Here>) -> usize {
    here as *const _ as usize
}

/// The call sites that this thread has noted belong to this stage.
#[cold]
pub(crate) fn settle(stage: u8, steady: bool) {
    let _ = HERE.try_with(|here| sites::settle(number(here), stage, steady));
}

/// From now on the call sites of this thread's allocations are noted, or are not.
pub(crate) fn trace(on: bool) {
    let _ = HERE.try_with(|here| here.set(Here { traced: on, ..here.get() }));
}

/// Blocks and bytes that the whole process was given, and the bytes it holds and held at most.
pub(crate) fn process() -> (u64, u64, u64, u64) {
    let peak = PEAK.load(Relaxed).max(CURRENT.load(Relaxed));
    (BLOCKS.load(Relaxed), BYTES.load(Relaxed), CURRENT.load(Relaxed) as u64, peak as u64)
}

/// The most bytes that are held is counted anew.
pub(super) fn reset_peak() {
    PEAK.store(CURRENT.load(Relaxed), Relaxed);
}

/// Whether the system ever had no memory for a block.
#[cfg(unix)]
pub(super) fn was_refused() -> bool {
    REFUSED.load(Relaxed) > 0
}

/// Blocks and bytes that this thread was given.
pub(crate) fn thread() -> (u64, u64) {
    HERE.try_with(|here| (here.get().blocks, here.get().bytes)).unwrap_or_default()
}

#[inline]
fn given(bytes: usize) {
    BLOCKS.fetch_add(1, Relaxed);
    BYTES.fetch_add(bytes as u64, Relaxed);
    // A thread whose locals are gone still counts for the process.
    let _ = HERE.try_with(|here| {
        let Here { blocks, bytes: total, limit, traced } = here.get();
        let now = Here { blocks: blocks + 1, bytes: total + bytes as u64, limit, traced };
        here.set(now);
        if traced {
            note(here, bytes);
        }
        if (now.blocks > limit.blocks) | (now.bytes > limit.bytes) {
            catch(here);
        }
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
// `GlobalAlloc`. The counting touches no memory but the counters and does not unwind. It allocates only to note where a
// limit was passed, after the limit was lifted, so that it does not get here again.
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

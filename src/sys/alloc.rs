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
    static HERE: Cell<Here> = const { Cell::new(Here { blocks: 0, bytes: 0, limit: NO_LIMIT }) };
    /// Where the limit of this thread was passed.
    static CAUGHT: Cell<Frames> = const { Cell::new(Frames { addresses: [0; FRAMES], len: 0 }) };
}

/// As many callers are noted.
const FRAMES: usize = 64;

/// The addresses of callers, the innermost first. None if nothing was caught.
#[derive(Clone, Copy)]
pub(crate) struct Frames {
    addresses: [usize; FRAMES],
    len: usize,
}

impl Frames {
    /// Their functions and places, a line each, as far as they are known.
    pub fn names(&self) -> String {
        let mut text = String::new();
        for (number, address) in self.addresses[..self.len].iter().enumerate() {
            backtrace::resolve(*address as *mut _, |symbol| {
                let name = symbol.name().map(|name| name.to_string()).unwrap_or_default();
                text += &format!("{number:>4}: {name}\n");
                if let (Some(file), Some(line)) = (symbol.filename(), symbol.lineno()) {
                    text += &format!("             at {}:{line}\n", file.display());
                }
            });
        }
        text
    }
}

/// What a thread was given.
#[derive(Clone, Copy)]
struct Here {
    blocks: u64,
    bytes: u64,
    limit: Limit,
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
    /// This thread may be given so many more blocks and bytes.
    pub fn to(blocks: u64, bytes: u64) -> Limited {
        let caught_before = CAUGHT.replace(Frames { addresses: [0; FRAMES], len: 0 });
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

/// Notes where a thread is that was given too much. What that takes does not count as the thread's. The standard
/// library's backtraces can't be had here: they take a lock, which the thread may hold.
#[cold]
#[inline(never)]
fn catch(here: &Cell<Here>) {
    let now = Here { limit: NO_LIMIT, ..here.get() };
    here.set(now);
    let mut frames = Frames { addresses: [0; FRAMES], len: 0 };
    // SAFETY: what has to be synchronized is the symbol library of Windows; elsewhere the unwinder may be used by any
    // thread at any time. Addresses are only noted here.
    #[cfg(not(windows))]
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            frames.addresses[frames.len] = frame.ip() as usize;
            frames.len += 1;
            frames.len < FRAMES
        });
    }
    let _ = CAUGHT.try_with(|caught| caught.set(frames));
    here.set(now);
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
        let Here { blocks, bytes: total, limit } = here.get();
        let now = Here { blocks: blocks + 1, bytes: total + bytes as u64, limit };
        here.set(now);
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

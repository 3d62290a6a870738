//! Reading a file ahead of those who work on it, into the page cache.
//!
//! Who touches a page that is not there waits for the device, and meanwhile the device waits for the next one who does. A
//! thread of its own asks for what comes next, so that both go on. What is there already is not asked for: of each
//! [`STEP`] the first page is looked at, which takes a microsecond.
//!
//! The pages are the system's, not the process's. How far ahead they are asked for is bounded, and may be bounded more
//! closely at any time.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use super::usage::group_left;

/// How far ahead of those who work a file is read, unless there is less memory for it.
const WINDOW: u64 = 64 << 20;
/// What is asked for at a time.
const STEP: u64 = 1 << 20;
/// Shorter files are not worth a thread.
const SHORT: u64 = 16 << 20;

/// A file that is read ahead until this is dropped.
pub struct Ahead {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    /// How far those who work have come.
    reached: AtomicU64,
    /// Who reaches this wakes the thread.
    wake_at: AtomicU64,
    window: AtomicU64,
    most: u64,
    ended: AtomicBool,
}

impl Ahead {
    /// Begins at offset `from` of a file of `len` bytes; none if that is not worth it, or not possible: then the file is
    /// read as others are.
    pub fn start(file: &File, from: u64, len: u64) -> Option<Ahead> {
        if len.saturating_sub(from) < SHORT {
            return None;
        }
        // The page cache of a control group is a part of its memory.
        let window = group_left().map_or(WINDOW, |left| WINDOW.min(left / 4));
        // What the system knows of how a file is read belongs to a descriptor.
        let own = File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
        let shared = Arc::new(Shared {
            reached: AtomicU64::new(from),
            wake_at: AtomicU64::new(u64::MAX),
            window: AtomicU64::new(window),
            most: window,
            ended: AtomicBool::new(false),
        });
        let thread = thread::Builder::new().name("read-ahead".into()).stack_size(64 << 10);
        let thread = thread.spawn({
            let shared = shared.clone();
            move || shared.read(&own, len)
        });
        Some(Ahead { shared, thread: Some(thread.ok()?) })
    }

    /// Those who work are done with everything up to `offset`, or nearly so.
    #[inline]
    pub fn reached(&self, offset: u64) {
        let shared = &*self.shared;
        if offset > shared.reached.fetch_max(offset, Relaxed) && offset >= shared.wake_at.load(Relaxed) {
            self.wake();
        }
    }

    /// Whether to read ahead from now on, or to leave the memory to others.
    pub fn allow(&self, allowed: bool) {
        let window = if allowed { self.shared.most } else { 0 };
        if self.shared.window.swap(window, Relaxed) < window {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        self.shared.wake_at.store(u64::MAX, Relaxed);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.shared.ended.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn read(&self, file: &File, len: u64) {
        let mut next = self.reached.load(Relaxed) / STEP * STEP;
        while next < len && !self.ended.load(Relaxed) {
            let (reached, window) = (self.reached.load(Relaxed), self.window.load(Relaxed));
            // Some are not as far as others. What all of them have read is not asked for.
            if reached > next + window {
                next = reached / STEP * STEP;
            }
            if next < reached + window {
                if !is_cached(file, next) && ask(file, next).is_err() {
                    return;
                }
                next += STEP;
                continue;
            }
            // Not for each step again.
            self.wake_at.store(reached + (window / 4).max(STEP), Relaxed);
            if self.reached.load(Relaxed) == reached && self.window.load(Relaxed) == window {
                thread::park();
            }
        }
    }
}

/// Whether the page at `offset` is in the page cache; if nobody knows, it is not.
fn is_cached(file: &File, offset: u64) -> bool {
    let mut byte = 0u8;
    let room = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    // SAFETY: the one element of the list is a byte that is ours to write.
    unsafe { libc::preadv2(file.as_raw_fd(), &room, 1, offset as libc::off_t, libc::RWF_NOWAIT) == 1 }
}

/// Asks the system to read a step.
fn ask(file: &File, offset: u64) -> io::Result<()> {
    // SAFETY: the call takes numbers only, and the descriptor is open.
    let error = unsafe { libc::posix_fadvise(file.as_raw_fd(), offset as _, STEP as _, libc::POSIX_FADV_WILLNEED) };
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

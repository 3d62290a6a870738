//! Reading a file into the page cache, ahead of the workers.
//!
//! A worker that touches a page that is not there waits for the device, and meanwhile the device has nothing to do. A
//! thread of its own asks for what comes next, so that both go on. What is there already is not asked for: of each
//! [`STEP`] the first byte is read if that takes no waiting, a microsecond.
//!
//! The pages are the system's, not the process's. How far ahead they are asked for is bounded, and may be bounded more
//! closely at any time.
//!
//! What did not help: to read the steps, as `cat` does, in place of asking for them (mapped files took as long or longer,
//! and it takes a processor's time); to wait for the pages of a slice by `MADV_POPULATE_READ`.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use super::usage::group_left;

/// How far ahead of the workers a file is read, unless there is less memory for it.
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
    /// How far the workers have come.
    reached: AtomicU64,
    /// A worker that reaches this offset wakes the thread.
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

    /// The workers are done with everything up to `offset`, or nearly so.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::{Duration, Instant};

    /// Whether a page is in the page cache. To ask for it by a read might bring it there.
    fn is_there(map: &memmap2::Mmap, offset: u64) -> bool {
        let mut state = 0u8;
        // SAFETY: the page is one of the mapping, and there is a byte for its state.
        let done = unsafe { libc::mincore(map.as_ptr().add(offset as usize) as *mut _, 4096, &mut state) };
        assert_eq!(done, 0);
        state & 1 == 1
    }

    /// Waits for a page.
    fn comes(map: &memmap2::Mmap, offset: u64) -> bool {
        let started = Instant::now();
        while !is_there(map, offset) {
            if started.elapsed() > Duration::from_secs(20) {
                return false;
            }
            thread::sleep(Duration::from_millis(2));
        }
        true
    }

    #[test]
    fn pages_come_before_they_are_needed_and_not_all_at_once() {
        const LEN: u64 = 5 * WINDOW / 2;
        let path = tempfile::NamedTempFile::new_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let mut file = path.reopen().unwrap();
        let block = vec![b'x'; STEP as usize];
        (0..LEN / STEP).for_each(|_| file.write_all(&block).unwrap());
        file.sync_all().unwrap();
        // SAFETY: the call takes numbers only, and the descriptor is open.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        // SAFETY: nobody else has the file, which stays as it is.
        let map = unsafe { memmap2::Mmap::map(&file) }.unwrap();
        let steps = |from: u64, to: u64| (from..to).step_by(STEP as usize);
        if steps(0, LEN).any(|at| is_there(&map, at)) {
            println!("the pages of this folder's files stay in memory: nothing to see here");
            return;
        }
        let Some(ahead) = Ahead::start(&file, 0, LEN) else { panic!("a large file is read ahead") };
        if ahead.shared.most < WINDOW {
            return;
        }
        assert!(steps(0, WINDOW).all(|at| comes(&map, at)));
        thread::sleep(Duration::from_millis(50));
        // The system may read on a little unasked.
        assert!(!is_there(&map, 2 * WINDOW));
        ahead.allow(false);
        ahead.reached(WINDOW);
        thread::sleep(Duration::from_millis(50));
        assert!(!is_there(&map, 2 * WINDOW - STEP));
        ahead.allow(true);
        assert!(steps(WINDOW, 2 * WINDOW).all(|at| comes(&map, at)));
        ahead.reached(2 * WINDOW);
        assert!(steps(2 * WINDOW, LEN).all(|at| comes(&map, at)));
        drop(ahead);
        assert!(Ahead::start(&file, LEN - SHORT + 1, LEN).is_none());
    }
}

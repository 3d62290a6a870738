//! Samples of what the threads of this process do: a timer of the process's own time, and a handler that notes the
//! callers of whatever thread it interrupts.
//!
//! (`ITIMER_PROF` of POSIX: the system signals the thread that runs when the time is up, so idle threads take no samples.)

use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::*};

use super::signals::{errno, set_errno};

/// How many callers are noted.
pub const DEPTH: usize = 128;

/// Samples that are noted and not yet collected. Every processor that is busy takes a few hundred a second.
pub const SLOTS: usize = 256;

/// The handler looks at this many places for a sample. It runs in several threads at a time.
const TRIES: usize = 8;

const FREE: usize = 0;
const TAKEN: usize = 1;
const NOTED: usize = 2;

/// A place for a sample. It is in the program's image, and takes no memory before it is written to.
struct Slot {
    state: AtomicUsize,
    depth: AtomicUsize,
    frames: [AtomicUsize; DEPTH],
}

static NOTES: [Slot; SLOTS] = [const {
    Slot { state: AtomicUsize::new(FREE), depth: AtomicUsize::new(0), frames: [const { AtomicUsize::new(0) }; DEPTH] }
}; SLOTS];
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// Samples for which there was no place.
static LOST: AtomicU64 = AtomicU64::new(0);
static RUNNING: AtomicBool = AtomicBool::new(false);

/// Samples are taken until this is dropped.
#[derive(Debug)]
pub struct Sampling(());

impl Sampling {
    /// Takes this number of samples for each second of processor time, all threads together. Systems round that to their own
    /// clock.
    ///
    /// # Errors
    /// The system refuses; or samples are taken already.
    pub fn start(hertz: u32) -> io::Result<Sampling> {
        if RUNNING.swap(true, SeqCst) {
            return Err(io::Error::other("samples are taken already"));
        }
        let sampling = Sampling(());
        LOST.store(0, Relaxed);
        // Whatever the unwinder prepares on its first use is not prepared in the handler.
        // SAFETY: Linux's unwinder needs no synchronization.
        unsafe { backtrace::trace_unsynchronized(|_| true) };
        handle()?;
        every((1_000_000 / hertz.max(1)) as libc::suseconds_t)?;
        Ok(sampling)
    }

    /// Hands over the samples taken since the last time: the addresses of instructions, the innermost first.
    pub fn collect(&self, mut each: impl FnMut(&[usize])) {
        let mut stack = [0; DEPTH];
        for slot in NOTES.iter().filter(|slot| slot.state.load(Acquire) == NOTED) {
            let depth = slot.depth.load(Relaxed).min(DEPTH);
            stack.iter_mut().zip(&slot.frames[..depth]).for_each(|(to, from)| *to = from.load(Relaxed));
            slot.state.store(FREE, Release);
            each(&stack[..depth]);
        }
    }

    /// Stops the clock; what it has taken can still be collected.
    pub fn pause(&self) {
        let _ = every(0);
    }

    /// How many samples were lost because nobody collected them in time.
    pub fn lost(&self) -> u64 {
        LOST.load(Relaxed)
    }
}

/// The handler stays: a last signal may be on its way, and would end the process.
impl Drop for Sampling {
    fn drop(&mut self) {
        self.pause();
        self.collect(|_| ());
        RUNNING.store(false, SeqCst);
    }
}

/// Sets the timer to this number of microseconds; 0 stops it. Children don't inherit it.
fn every(micros: libc::suseconds_t) -> io::Result<()> {
    let time = libc::timeval { tv_sec: micros / 1_000_000, tv_usec: micros % 1_000_000 };
    let timer = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: the pointer is to a valid value, and nobody asks for the previous one.
    match unsafe { libc::setitimer(libc::ITIMER_PROF, &timer, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn handle() -> io::Result<()> {
    // SAFETY: `sigaction` is plain numbers and pointers, for which zeroes are valid; the handler has the signature that
    // SA_SIGINFO asks for. Interrupted reads and writes go on, and whoever waits with poll expects signals. It runs on
    // the stack of the thread: an alternate one is too small for an unwinder.
    let status = unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        action.sa_sigaction = on_tick as *const () as usize;
        action.sa_flags = libc::SA_RESTART | libc::SA_SIGINFO;
        libc::sigaction(libc::SIGPROF, &action, std::ptr::null_mut())
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Nothing here but atomics, and an unwinder that neither allocates nor takes a lock that the interrupted code may hold.
extern "C" fn on_tick(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // Put back at the end, so that the interrupted code does not notice.
    let errno = errno();
    let free = |slot: &&Slot| slot.state.compare_exchange(FREE, TAKEN, Acquire, Relaxed).is_ok();
    match (0..TRIES).map(|_| &NOTES[NEXT.fetch_add(1, Relaxed) % SLOTS]).find(free) {
        Some(slot) => {
            // SAFETY: the system calls handlers that have SA_SIGINFO with the context of the interrupted thread.
            note(slot, unsafe { interrupted(context) });
            slot.state.store(NOTED, Release);
        }
        None => _ = LOST.fetch_add(1, Relaxed),
    }
    set_errno(errno);
}

/// Notes the instruction that was interrupted, and its callers. The frames of the handler come first, and are passed over.
fn note(slot: &Slot, at: usize) {
    slot.frames[0].store(at, Relaxed);
    let mut depth = 1;
    let mut is_handler = true;
    // SAFETY: Linux's unwinder needs no synchronization. Addresses are only noted here.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            let address = frame.ip() as usize;
            if is_handler {
                is_handler = address != at;
                return true;
            }
            // That is where a thread begins.
            if address == 0 {
                return false;
            }
            // Calls return to the instruction after them, which may belong to another line.
            slot.frames[depth].store(address - 1, Relaxed);
            depth += 1;
            depth < DEPTH
        });
    }
    slot.depth.store(depth, Relaxed);
}

/// The instruction that a signal interrupted.
///
/// # Safety
/// `context` is what a handler with SA_SIGINFO was called with.
unsafe fn interrupted(context: *mut libc::c_void) -> usize {
    // SAFETY: the caller's promise.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    #[cfg(target_arch = "x86_64")]
    return context.uc_mcontext.gregs[libc::REG_RIP as usize] as usize;
    #[cfg(target_arch = "aarch64")]
    return context.uc_mcontext.pc as usize;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn work(rounds: u64) -> u64 {
        (0..rounds).fold(7, |sum, n| std::hint::black_box(sum ^ n).wrapping_mul(31))
    }

    /// Other tests may be running, and are seen too.
    #[test]
    fn a_busy_thread_is_seen() {
        let sampling = Sampling::start(500).expect("a timer");
        assert!(Sampling::start(500).is_err(), "there is one timer");
        let start = work as *const () as usize;
        let is_work = |address: &usize| (start..start + 1024).contains(address);
        let (mut samples, mut found) = (0, None);
        while found.is_none() && samples < 10_000 {
            std::hint::black_box(work(200_000));
            sampling.collect(|stack| {
                samples += 1;
                found = found.take().or(stack.iter().any(is_work).then(|| stack.to_vec()));
            });
        }
        let stack = found.unwrap_or_else(|| panic!("not seen in {samples} samples"));
        assert!(stack.len() > 3, "a test has callers: {stack:x?}");
    }
}

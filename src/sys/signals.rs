//! Signals, for a program that is built on this library. Nothing here happens unasked.
//!
//! The handler does what can't wait and passes the rest on through a pipe: [`Signals::next`] is called by an
//! ordinary thread, which may do anything.

use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, IntoRawFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use super::{groups, leftover};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGUSR1.
    Status,
}

impl Signal {
    fn of(number: i32) -> Option<Signal> {
        match number {
            libc::SIGINT => Some(Signal::Interrupt),
            libc::SIGTERM => Some(Signal::Terminate),
            libc::SIGUSR1 => Some(Signal::Status),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
            Signal::Status => "SIGUSR1",
        }
    }
}

/// A second signal ends the process only this many milliseconds after the first: some programs send one to
/// a process and to its group, so that it comes twice.
const TWICE: u64 = 50;

/// Where the handler writes; -1: nobody listens.
static PIPE: AtomicI32 = AtomicI32::new(-1);
/// The first signal that asked for the end in the lowest byte, and above it when it came; 0: none did.
static ENDING: AtomicU64 = AtomicU64::new(0);

/// What is written to standard error when the system refuses memory.
static SAID_WITHOUT_MEMORY: OnceLock<&'static str> = OnceLock::new();

/// Receives signals.
#[derive(Debug)]
pub struct Signals(io::PipeReader);

impl Signals {
    /// Handles SIGINT, SIGTERM and SIGUSR1 from now on, and ignores SIGXFSZ, so that a file that may not grow
    /// is a failed write. SIGABRT, which is how a process without memory ends, removes temporary files first; if the
    /// system has refused memory, `no_memory` is written to standard error. A signal that was ignored when the process
    /// started stays ignored.
    ///
    /// The first SIGINT or SIGTERM is only reported. A second one removes temporary files and ends the process
    /// in the handler, whatever its threads do.
    ///
    /// # Errors
    /// The system refuses, or signals are handled already.
    pub fn install(no_memory: &'static str) -> io::Result<Signals> {
        let (reader, writer) = io::pipe()?;
        set_nonblocking(&writer)?;
        // Never closed: a handler may be about to write.
        let fd = writer.into_raw_fd();
        if PIPE.compare_exchange(-1, fd, SeqCst, SeqCst).is_err() {
            // SAFETY: the descriptor was just given up by its owner.
            unsafe { libc::close(fd) };
            return Err(io::Error::other("signals are handled already"));
        }
        handle_all(on_signal, no_memory)?;
        Ok(Signals(reader))
    }

    /// The next signal; none if none came in this time. Without a time it waits.
    ///
    /// # Errors
    /// The pipe can't be read.
    pub fn next(&mut self, time: Option<Duration>) -> io::Result<Option<Signal>> {
        let started = Instant::now();
        loop {
            let left = time.map(|time| time.saturating_sub(started.elapsed()));
            if super::stop::wait(self.0.as_fd(), libc::POLLIN, None, left)? {
                let mut byte = [0];
                self.0.read_exact(&mut byte)?;
                if let Some(signal) = Signal::of(byte[0].into()) {
                    return Ok(Some(signal));
                }
            } else if left.is_some_and(|left| left.is_zero()) {
                return Ok(None);
            }
        }
    }
}

/// For work that is over before anybody could listen: as [`Signals::install`], but the first SIGINT or SIGTERM removes
/// temporary files and ends the process in the handler, and SIGUSR1 does nothing.
///
/// # Errors
/// The system refuses.
pub fn end_at_first(no_memory: &'static str) -> io::Result<()> {
    handle_all(on_first, no_memory)
}

/// The first signal that asked for the end.
pub fn ending() -> Option<Signal> {
    Signal::of((ENDING.load(SeqCst) & 0xff) as i32)
}

/// Takes SIGHUP and SIGQUIT for SIGTERM from now on, if signals are handled at all: a program that this process runs in a
/// group of its own does not get them from the terminal, and would be left.
///
/// # Errors
/// The system refuses.
pub(super) fn hangup_terminates() -> io::Result<()> {
    if PIPE.load(SeqCst) == -1 {
        return Ok(());
    }
    handle(libc::SIGHUP, on_signal)?;
    handle(libc::SIGQUIT, on_signal)
}

/// Whether [`end_at_once`] would remove a temporary file.
pub fn leaves_files() -> bool {
    leftover::any()
}

/// Ends the process now, without waiting for any thread. Temporary files are removed, and programs that it measures are
/// ended.
pub fn end_at_once(code: u8) -> ! {
    groups::end_all();
    leftover::remove_leftovers();
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code.into()) }
}

fn set_nonblocking(pipe: &io::PipeWriter) -> io::Result<()> {
    // SAFETY: the descriptor is open, and these commands take and give plain numbers.
    let status = unsafe {
        let flags = libc::fcntl(pipe.as_raw_fd(), libc::F_GETFL);
        libc::fcntl(pipe.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK)
    };
    if status == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn handle_all(handler: extern "C" fn(libc::c_int), no_memory: &'static str) -> io::Result<()> {
    let _ = SAID_WITHOUT_MEMORY.set(no_memory);
    leftover::enable();
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGUSR1] {
        handle(signal, handler)?;
    }
    handle(libc::SIGABRT, on_abort)?;
    // SAFETY: ignoring a signal has no preconditions.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    Ok(())
}

fn handle(signal: libc::c_int, handler: extern "C" fn(libc::c_int)) -> io::Result<()> {
    // SAFETY: `sigaction` is plain numbers and pointers, for which zeroes are valid. The pointers are to valid
    // values, and the handler has the signature that flags without SA_SIGINFO ask for.
    let status = unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        let mut previous = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        if libc::sigaction(signal, std::ptr::null(), &mut previous) == 0 && previous.sa_sigaction == libc::SIG_IGN {
            return Ok(());
        }
        action.sa_sigaction = handler as *const () as usize;
        // Whoever waits does it with poll, which is never restarted, and has a pipe to be woken by.
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        libc::sigaction(signal, &action, std::ptr::null_mut())
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Nothing here but atomics and calls that POSIX allows in a handler.
extern "C" fn on_signal(signal: libc::c_int) {
    // Put back at the end, so that the interrupted code does not notice.
    let errno = errno();
    let signal = if matches!(signal, libc::SIGHUP | libc::SIGQUIT) { libc::SIGTERM } else { signal };
    if signal != libc::SIGUSR1 {
        let now = millis();
        if let Err(first) = ENDING.compare_exchange(0, now << 8 | signal as u64, SeqCst, SeqCst)
            && now.saturating_sub(first >> 8) >= TWICE
        {
            end_at_once(128 + signal as u8);
        }
    }
    let byte = signal as u8;
    // SAFETY: the pointer is to one byte. A full pipe takes none and does not wait: enough is in it then.
    unsafe { libc::write(PIPE.load(SeqCst), (&raw const byte).cast(), 1) };
    set_errno(errno);
}

/// As [`on_signal`], where nobody listens.
extern "C" fn on_first(signal: libc::c_int) {
    let name: &[u8] = match signal {
        libc::SIGINT => b"pagemill: ended by SIGINT",
        libc::SIGTERM => b"pagemill: ended by SIGTERM",
        _ => return,
    };
    say(name);
    say(match leftover::any() {
        true => b"\n  The temporary file was removed; an output file that is there is a whole one.\n".as_slice(),
        false => b"\n",
    });
    end_at_once(128 + signal as u8);
}

/// Writes to standard error, if that would not wait.
fn say(text: &[u8]) {
    // SAFETY: standard error is not closed by anybody; a descriptor that is closed is only an error.
    let stderr = unsafe { std::os::fd::BorrowedFd::borrow_raw(libc::STDERR_FILENO) };
    if super::takes_a_line(stderr) {
        // SAFETY: the pointer is to this many bytes.
        unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    }
}

/// How a process ends that the system has no memory for: as one whose work does not fit below the limit.
const NO_MEMORY: u8 = 4;

/// The process is about to abort. The standard library does that when there is no memory; whatever the
/// reason is, no temporary file is left.
extern "C" fn on_abort(_: libc::c_int) {
    if super::alloc::was_refused() {
        // Reading it is one atomic load.
        SAID_WITHOUT_MEMORY.get().iter().for_each(|text| say(text.as_bytes()));
        end_at_once(NO_MEMORY);
    }
    leftover::remove_leftovers();
}

/// Milliseconds of a clock that only goes forwards.
fn millis() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a valid value; the call may be made in a handler.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
}

#[cfg(target_os = "linux")]
use libc::__errno_location as errno_place;
#[cfg(target_vendor = "apple")]
use libc::__error as errno_place;

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(super) fn errno() -> libc::c_int {
    // SAFETY: errno is a variable of this thread, whose place is always valid.
    unsafe { *errno_place() }
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(super) fn set_errno(value: libc::c_int) {
    // SAFETY: errno is a variable of this thread, whose place is always valid.
    unsafe { *errno_place() = value }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(super) fn errno() -> libc::c_int {
    0
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(super) fn set_errno(_value: libc::c_int) {}

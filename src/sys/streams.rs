//! Which standard streams were closed when the process began.
//!
//! The runtime of the language opens `/dev/null` in the place of a closed one before `main`, so that writing to it
//! succeeds and reading from it gives nothing. That is looked at earlier here.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// A bit for each standard stream that was closed, by its number.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Runs before the runtime does.
#[cfg(target_os = "linux")]
#[used]
// SAFETY: the loader calls what this section points to once, before `main`, with arguments that `look` does not take.
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

#[cfg(target_os = "linux")]
extern "C" fn look() {
    for stream in 0..3 {
        // SAFETY: asking for the flags of a descriptor has no preconditions.
        if unsafe { libc::fcntl(stream, libc::F_GETFD) } < 0 {
            CLOSED.fetch_or(1 << stream, Relaxed);
        }
    }
}

fn check(stream: u8) -> io::Result<()> {
    match CLOSED.load(Relaxed) & (1 << stream) {
        0 => Ok(()),
        _ => Err(io::Error::other("it is closed")),
    }
}

/// Fails if standard input was closed when the process began. Known on Linux only.
///
/// # Errors
/// It was closed.
pub fn check_stdin() -> io::Result<()> {
    check(0)
}

/// The same for standard error.
///
/// # Errors
/// It was closed.
pub fn check_stderr() -> io::Result<()> {
    check(2)
}

/// The same for standard output.
///
/// # Errors
/// It was closed.
pub fn check_stdout() -> io::Result<()> {
    check(1)
}

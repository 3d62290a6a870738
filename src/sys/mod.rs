//! The operating system: mapped files and their faults, page release, signals. Everything `unsafe` that is not
//! vector code.

#[cfg(target_os = "linux")]
mod ahead;
pub mod alloc;
pub mod child;
mod code;
mod disk;
mod environ;
mod file_id;
mod frames;
#[cfg(unix)]
mod groups;
mod guard;
mod left;
mod leftover;
mod map;
pub mod memory;
mod pages;
mod panics;
mod positional;
mod processors;
#[cfg(all(feature = "profile", target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub mod sampling;
#[cfg(unix)]
pub mod signals;
pub mod sites;
mod state;
mod stop;
mod streams;
mod terminal;
pub mod usage;

#[cfg(target_os = "linux")]
pub use ahead::Ahead;
pub use code::{Done, allow_forgetting_code, forget_code};
pub use disk::{forget, free_bytes};
pub use environ::variables;
pub use file_id::{FileId, stdin_file};
pub use guard::guard_maps;
pub use left::{claim, longest_name, open_left, remove_dead};
pub use leftover::{Leftover, remove_leftovers};
pub use map::{AROUND, Map};
pub use memory::{peak_rss_bytes, reset_peaks, resident_bytes};
pub use pages::Pages;
#[cfg(feature = "columnar")]
pub(crate) use panics::caught;
pub use panics::is_caught;
pub(crate) use positional::{read_exact_at, write_all_at};
pub use processors::processors;
pub use state::state_folder;
pub use stop::Stop;
#[cfg(unix)]
pub use stop::takes_a_line;
#[cfg(unix)]
pub(crate) use stop::{pause, readable, readable_within, writable};
pub use streams::{check_stderr, check_stdin, check_stdout};
pub use terminal::{output_width, terminal_size};

/// The size of a page in bytes.
#[cfg(unix)]
pub fn page_size() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    static SIZE: AtomicUsize = AtomicUsize::new(0);
    match SIZE.load(Relaxed) {
        0 => {
            // SAFETY: sysconf has no preconditions.
            let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
            SIZE.store(size, Relaxed);
            size
        }
        size => size,
    }
}

/// Without page release nothing depends on the size of a page.
#[cfg(not(unix))]
pub fn page_size() -> usize {
    4096
}

/// Closes a copy of a file's descriptor and says whether that failed, which dropping the file does not: some
/// filesystems report a failed write only then.
#[cfg(unix)]
pub fn close_copy(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::fd::IntoRawFd;
    loop {
        let copy = file.try_clone()?;
        // SAFETY: the descriptor was owned by `copy` and is given up here, so it is closed exactly once.
        if unsafe { libc::close(copy.into_raw_fd()) } == 0 {
            return Ok(());
        }
        // Whether an interrupted close reported everything is not known; another copy does.
        let error = std::io::Error::last_os_error();
        if error.kind() != std::io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Elsewhere a failed write is reported when it is made.
#[cfg(not(unix))]
pub fn close_copy(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

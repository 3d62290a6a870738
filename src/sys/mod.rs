//! The operating system: mapped files, page release. Everything `unsafe` that is not vector code.

pub mod alloc;
mod map;
pub mod memory;

pub use map::Map;
pub use memory::{peak_rss_bytes, resident_bytes};

/// Closes a file and says whether that failed, which dropping it does not.
#[cfg(unix)]
pub fn close(file: std::fs::File) -> std::io::Result<()> {
    use std::os::fd::IntoRawFd;
    // SAFETY: the descriptor was owned by `file` and is given up here, so it is closed exactly once.
    match unsafe { libc::close(file.into_raw_fd()) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

//! How large a terminal is.

use std::io;

/// The columns and rows of the terminal on standard error; none where it is no terminal, or does not say.
#[cfg(unix)]
pub fn terminal_size() -> Option<(usize, usize)> {
    size(&io::stderr())
}

/// The columns of the terminal on standard output; none where it is no terminal, or does not say.
#[cfg(unix)]
pub fn output_width() -> Option<usize> {
    size(&io::stdout()).map(|(columns, _)| columns)
}

#[cfg(unix)]
fn size(stream: &impl std::os::fd::AsRawFd) -> Option<(usize, usize)> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the call writes one `winsize`, and the pointer is to one.
    let status = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCGWINSZ, &mut size) };
    (status == 0 && size.ws_col > 0 && size.ws_row > 0).then(|| (size.ws_col.into(), size.ws_row.into()))
}

/// Elsewhere nobody is asked.
#[cfg(not(unix))]
pub fn terminal_size() -> Option<(usize, usize)> {
    let _ = io::stderr();
    None
}

/// Elsewhere nobody is asked.
#[cfg(not(unix))]
pub fn output_width() -> Option<usize> {
    None
}

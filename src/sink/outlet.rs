//! A pipe or device. A stop ends a write that waits.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::sys::Stop;

/// Standard output, a FIFO or a device.
pub(super) struct Outlet {
    file: File,
    stop: Option<Stop>,
    /// It is standard output, and that is a terminal.
    is_seen: bool,
}

/// Standard output is a terminal, and what was written to it ends in the middle of a line.
static AMID: AtomicBool = AtomicBool::new(false);

/// Whether what is said next on the terminal would stick to the data there. It is asked to begin a new line, so the next
/// answer is no.
pub fn ends_amid_line() -> bool {
    AMID.swap(false, Relaxed)
}

impl Outlet {
    /// Opens a device or FIFO. A FIFO without a reader is waited for; a stop ends that.
    pub fn open(path: &Path, stop: Option<&Stop>) -> io::Result<Outlet> {
        #[cfg(unix)]
        if let Some(stop) = stop
            && is_fifo(&path.metadata()?)
        {
            return Ok(Outlet { file: open_fifo(path, stop)?, stop: Some(stop.clone()), is_seen: false });
        }
        Ok(Outlet { file: File::options().write(true).open(path)?, stop: stop.cloned(), is_seen: false })
    }

    /// Standard output.
    #[cfg(unix)]
    pub fn stdout(stop: Option<&Stop>) -> io::Result<Outlet> {
        use std::os::fd::AsFd;
        // The standard library's handle searches every write for its last newline; a copy of the descriptor does not.
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let file = if stop.is_some() { nonblocking(&file).unwrap_or(file) } else { file };
        let is_seen = io::IsTerminal::is_terminal(&file);
        Ok(Outlet { file, stop: stop.cloned(), is_seen })
    }

    /// Closes it; some errors of writes are reported only then.
    pub fn close(self) -> io::Result<()> {
        crate::sys::close_copy(&self.file)
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.file.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    writable(&self.file, self.stop.as_ref())?;
                }
                Ok(len) if self.is_seen && len > 0 => {
                    AMID.store(bytes[len - 1] != b'\n', Relaxed);
                    return Ok(len);
                }
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
fn is_fifo(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo()
}

/// A description of the same pipe of our own, whose writes do not wait: to change the one that was inherited would
/// change it for the other programs that have it. None if it is no pipe, or may not be opened.
#[cfg(target_os = "linux")]
fn nonblocking(file: &File) -> Option<File> {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;
    if !is_fifo(&file.metadata().ok()?) {
        return None;
    }
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    File::options().write(true).custom_flags(libc::O_NONBLOCK).open(path).ok()
}

#[cfg(all(unix, not(target_os = "linux")))]
fn nonblocking(_file: &File) -> Option<File> {
    None
}

#[cfg(unix)]
fn open_fifo(path: &Path, stop: &Stop) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    use std::time::Duration;
    loop {
        match File::options().write(true).custom_flags(libc::O_NONBLOCK).open(path) {
            // Nobody reads yet, and nothing says when somebody does.
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {
                crate::sys::pause(stop, Duration::from_millis(10))?;
            }
            other => return other,
        }
    }
}

#[cfg(unix)]
fn writable(file: &File, stop: Option<&Stop>) -> io::Result<()> {
    use std::os::fd::AsFd;
    crate::sys::writable(file.as_fd(), stop)
}

#[cfg(not(unix))]
fn writable(_file: &File, stop: Option<&Stop>) -> io::Result<()> {
    stop.map_or(Ok(()), Stop::check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_what_is_seen_is_known() {
        let write = |is_seen, bytes: &[u8]| {
            let mut outlet = Outlet { file: tempfile::tempfile().unwrap(), stop: None, is_seen };
            outlet.write_all(bytes).unwrap();
        };
        write(false, b"amid");
        assert!(!ends_amid_line());
        write(true, b"a line\n");
        assert!(!ends_amid_line());
        write(true, b"a line\namid");
        assert!(ends_amid_line() && !ends_amid_line(), "a new line is begun once");
    }
}

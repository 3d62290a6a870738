//! Reading from files, pipes and readers so that a stop ends it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::sys::Stop;

/// What came is converted when nothing more comes for so long, or when it took so long to come.
const IDLE: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(1);

/// A file, pipe or device that is read forwards.
pub(super) struct Inlet {
    file: Arc<File>,
    stop: Option<Stop>,
    /// A read may take for ever: everything but a regular file.
    waits: bool,
}

impl Inlet {
    pub fn new(file: File, stop: Option<&Stop>) -> Inlet {
        let waits = !file.metadata().is_ok_and(|metadata| metadata.is_file());
        Inlet { file: Arc::new(file), stop: stop.cloned(), waits }
    }

    /// Says whether it is worth waiting for more. None if it always is.
    pub fn soon(&self) -> Option<Soon> {
        let (file, stop) = (self.file.clone(), self.stop.clone());
        self.waits.then(|| Box::new(move |since: Instant| since.elapsed() < LONG && soon(&file, stop.as_ref())) as Soon)
    }
}

impl Read for Inlet {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(stop) = &self.stop {
                stop.check()?;
                if self.waits {
                    readable(&self.file, Some(stop))?;
                }
            }
            match (&*self.file).read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A pipe that somebody made non-blocking, or that was opened so because of a stop.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => readable(&self.file, self.stop.as_ref())?,
                other => return other,
            }
        }
    }
}

/// Opens a file for reading. A FIFO without a writer is not waited for here but in the first read, which a stop ends.
pub(super) fn open(path: &Path, stop: Option<&Stop>) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    if stop.is_some() {
        use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
        if path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo()) {
            return File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path);
        }
    }
    let _ = stop;
    File::open(path)
}

/// Whether to wait for more than what was read since some time. It waits a while to find out.
pub type Soon = Box<dyn Fn(Instant) -> bool + Send>;

/// Whether the next read has something to say soon.
#[cfg(unix)]
fn soon(file: &File, stop: Option<&Stop>) -> bool {
    use std::os::fd::AsFd;
    crate::sys::readable_within(file.as_fd(), stop, IDLE).unwrap_or(true)
}

#[cfg(not(unix))]
fn soon(_file: &File, _stop: Option<&Stop>) -> bool {
    true
}

#[cfg(unix)]
fn readable(file: &File, stop: Option<&Stop>) -> io::Result<()> {
    use std::os::fd::AsFd;
    crate::sys::readable(file.as_fd(), stop)
}

#[cfg(not(unix))]
fn readable(_file: &File, stop: Option<&Stop>) -> io::Result<()> {
    stop.map_or(Ok(()), Stop::check)
}

/// A reader of the caller's own: asked for the stop between two reads.
pub(super) struct Asked {
    pub reader: Box<dyn Read + Send>,
    pub stop: Stop,
}

impl Read for Asked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stop.check()?;
        self.reader.read(buffer)
    }
}

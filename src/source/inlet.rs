//! Reading from files, pipes and readers so that a stop ends it.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::store::{Flow, Patience, Soon};
use crate::sys::Stop;

/// A file, pipe or device that is read forwards.
pub(super) struct Inlet {
    file: Arc<File>,
    stop: Option<Stop>,
    /// A read may take for ever: everything but a regular file.
    waits: bool,
    /// How many bytes a regular file has, how many were read, and who reads ahead.
    len: u64,
    at: u64,
    #[cfg(target_os = "linux")]
    ahead: Option<crate::sys::Ahead>,
}

/// This much is read before anybody reads ahead: a look at the beginning needs no more.
const LOOK: u64 = 1 << 20;

/// Why a file that ends at byte `at` can't be read on.
fn cut(at: u64) -> io::Error {
    io::Error::other(format!("byte {at}: the file was shortened while it was read"))
}

impl Inlet {
    pub fn new(file: File, stop: Option<&Stop>) -> Inlet {
        let len = file.metadata().ok().filter(Metadata::is_file).map(|metadata| metadata.len());
        let at = if len.is_some() { (&file).stream_position().unwrap_or(0) } else { 0 };
        Inlet {
            file: Arc::new(file),
            stop: stop.cloned(),
            waits: len.is_none(),
            len: len.unwrap_or(0),
            at,
            #[cfg(target_os = "linux")]
            ahead: None,
        }
    }

    /// This many more bytes were read.
    fn goes_on(&mut self, count: usize) {
        let before = self.at;
        self.at += count as u64;
        #[cfg(target_os = "linux")]
        match &self.ahead {
            Some(ahead) => ahead.reached(self.at),
            None if before / LOOK == 0 && self.at / LOOK > 0 => {
                self.ahead = crate::sys::Ahead::start(&self.file, self.at, self.len);
            }
            None => {}
        }
    }

    /// Whether the file has ended before the end it had when it was opened: its last record may be a part of one. The
    /// files of `/proc` and `/sys` have less than they claim, but go on claiming it.
    fn was_cut(&self) -> bool {
        self.at < self.len && self.file.metadata().is_ok_and(|now| now.len() < self.len)
    }
}

impl From<Inlet> for Flow {
    fn from(inlet: Inlet) -> Flow {
        let (file, stop) = (inlet.file.clone(), inlet.stop.clone());
        // A regular file never keeps anybody waiting.
        let wait = move |since: Instant, patience: Patience| {
            since.elapsed() < patience.long && soon(&file, stop.as_ref(), patience)
        };
        let soon = inlet.waits.then(|| Box::new(wait) as Soon);
        Flow { reader: Box::new(inlet), soon }
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
                Ok(0) if !buffer.is_empty() && self.was_cut() => return Err(cut(self.at)),
                Ok(count) => {
                    self.goes_on(count);
                    return Ok(count);
                }
                Err(error) => return Err(error),
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

/// Whether the next read has something to say soon.
#[cfg(unix)]
fn soon(file: &File, stop: Option<&Stop>, patience: Patience) -> bool {
    use std::os::fd::AsFd;
    crate::sys::readable_within(file.as_fd(), stop, patience.idle).unwrap_or(true)
}

#[cfg(not(unix))]
fn soon(_file: &File, _stop: Option<&Stop>, _patience: Patience) -> bool {
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

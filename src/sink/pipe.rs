//! Sinks that are written from front to back: pipes, devices, standard output, writers.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::outlet::Outlet;
use super::seam::{Can, PIECE, Sink};
use crate::error::{Error, Result};
use crate::sys::Stop;

/// Something that bytes are only ever added to.
pub(super) struct Pipe<W> {
    path: PathBuf,
    writer: Mutex<W>,
}

/// What has to be done at the end of a pipe.
pub(super) trait End {
    /// Ends writing: some errors are reported only then.
    fn end(self) -> io::Result<()>;
}

impl End for Outlet {
    fn end(self) -> io::Result<()> {
        self.close()
    }
}

impl End for Box<dyn Write + Send> {
    fn end(mut self) -> io::Result<()> {
        self.flush()
    }
}

impl<W: Write + End + Send> Sink for Pipe<W> {
    fn path(&self) -> &Path {
        &self.path
    }

    fn can(&self) -> Can {
        Can::APPEND
    }

    fn write(&self, bytes: &[u8], _offset: u64) -> Result<()> {
        let write = |piece| self.writer.lock().unwrap_or_else(PoisonError::into_inner).write_all(piece);
        bytes.chunks(PIECE).try_for_each(write).map_err(|e| Error::io("write to", &self.path, e))
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>> {
        let Pipe { path, writer } = *self;
        let writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        writer.end().map(|()| Vec::new()).map_err(|e| Error::io("write to", &path, e))
    }
}

/// A pipe or a device. A stop ends a write that waits.
pub(super) fn open(path: &Path, stop: Option<&Stop>) -> Result<Pipe<Outlet>> {
    let outlet = Outlet::open(path, stop).map_err(|e| Error::io("create", path, e))?;
    Ok(Pipe { path: path.to_path_buf(), writer: Mutex::new(outlet) })
}

/// Standard output. A stop ends a write that waits.
pub(super) fn standard(stop: Option<&Stop>) -> Result<Box<dyn Sink>> {
    let path = PathBuf::from("standard output");
    let failed = |e| Error::io("write to", &path, e);
    crate::sys::check_stdout().map_err(failed)?;
    #[cfg(unix)]
    let writer = Mutex::new(Outlet::stdout(stop).map_err(failed)?);
    #[cfg(not(unix))]
    let (writer, _) = (Mutex::new(Box::new(io::stdout()) as Box<dyn Write + Send>), stop);
    Ok(Box::new(Pipe { path, writer }))
}

/// Anything that can be written.
pub(super) fn of(writer: Box<dyn Write + Send>) -> Pipe<Box<dyn Write + Send>> {
    Pipe { path: PathBuf::from("the writer"), writer: Mutex::new(writer) }
}

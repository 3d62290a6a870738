//! Where bytes go: a file under a temporary name, or a stream.

mod writer;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use crate::error::{Error, Result};

pub use writer::Forwards;

/// Writes are split into pieces of this size: larger single writes to a new file measured several
/// times slower.
const PIECE: usize = 256 << 10;

/// An open target.
pub struct Target {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    /// A temporary file beside the final place.
    File { temporary: tempfile::NamedTempFile, place: PathBuf, force: bool },
    /// A device that takes positional writes and can be begun anew: `/dev/null`.
    Null(File),
    /// Anything written forwards.
    Stream(Mutex<Box<dyn Write + Send>>),
    /// Memory.
    Memory(Mutex<Vec<u8>>),
}

impl Target {
    /// A file. It is written under a temporary name beside `path` and renamed by [`finish`](Self::finish);
    /// an existing one is only replaced with `force`. Devices and pipes are written directly.
    pub fn file(path: &Path, force: bool) -> Result<Target> {
        let failed = |e| Error::io("create", path, e);
        if let Ok(metadata) = fs::metadata(path)
            && !metadata.is_file()
        {
            if metadata.is_dir() {
                return Err(Error::usage(format!("{} is a directory; give a file", path.display())));
            }
            let device = OpenOptions::new().write(true).open(path).map_err(failed)?;
            let kind = match is_null(&metadata) {
                true => Kind::Null(device),
                false => Kind::Stream(Mutex::new(Box::new(device))),
            };
            return Ok(Target { path: path.to_path_buf(), kind });
        }
        // A link is followed, so that it stays one.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let existing = fs::metadata(&place).ok();
        if existing.is_some() && !force {
            return Err(exists(path));
        }
        let folder = match place.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(place.file_name().ok_or_else(|| Error::usage(format!("{} names no file", path.display())))?);
        prefix.push(".");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".pagemill");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(match &existing {
                Some(metadata) => metadata.permissions(),
                None => fs::Permissions::from_mode(0o666),
            });
        }
        let temporary = builder.tempfile_in(folder).map_err(failed)?;
        Ok(Target { path: path.to_path_buf(), kind: Kind::File { temporary, place, force } })
    }

    /// Standard output.
    pub fn stdout() -> Result<Target> {
        let failed = |e| Error::io("write to", "standard output", e);
        #[cfg(unix)]
        let writer: Box<dyn Write + Send> = {
            use std::os::fd::AsFd;
            // The standard library's handle searches every write for its last newline; a copy of the descriptor does not.
            Box::new(File::from(io::stdout().as_fd().try_clone_to_owned().map_err(failed)?))
        };
        #[cfg(not(unix))]
        let writer: Box<dyn Write + Send> = Box::new(io::stdout());
        let _ = failed;
        Ok(Target { path: PathBuf::from("standard output"), kind: Kind::Stream(Mutex::new(writer)) })
    }

    /// Anything that can be written.
    pub fn writer(writer: Box<dyn Write + Send>) -> Target {
        Target { path: PathBuf::from("the writer"), kind: Kind::Stream(Mutex::new(writer)) }
    }

    /// Memory.
    pub fn memory() -> Target {
        Target { path: PathBuf::from("memory"), kind: Kind::Memory(Mutex::new(Vec::new())) }
    }

    /// The name for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The final path of a file target.
    pub fn file_path(&self) -> Option<&Path> {
        matches!(self.kind, Kind::File { .. }).then_some(&*self.path)
    }

    /// Whether writes at different offsets may happen in any order, beside each other.
    pub fn is_positional(&self) -> bool {
        matches!(self.kind, Kind::File { .. } | Kind::Null(_))
    }

    /// Whether what was written can be thrown away and begun anew.
    pub fn is_restartable(&self) -> bool {
        !matches!(self.kind, Kind::Stream(_))
    }

    /// Writes all of `bytes`; at `offset` if the target is positional, else behind what was written before.
    pub fn write(&self, bytes: &[u8], offset: u64) -> Result<()> {
        let outcome = match &self.kind {
            Kind::File { temporary, .. } => write_at(temporary.as_file(), bytes, offset),
            Kind::Null(file) => write_at(file, bytes, offset),
            Kind::Stream(writer) => bytes.chunks(PIECE).try_for_each(|piece| lock(writer).write_all(piece)),
            Kind::Memory(buffer) => {
                lock(buffer).extend_from_slice(bytes);
                Ok(())
            }
        };
        outcome.map_err(|e| Error::io("write to", &self.path, e))
    }

    /// Throws away what was written.
    pub fn restart(&self) -> Result<()> {
        match &self.kind {
            Kind::File { temporary, .. } => {
                temporary.as_file().set_len(0).map_err(|e| Error::io("truncate", &self.path, e))
            }
            Kind::Memory(buffer) => {
                lock(buffer).clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the end of what was written can be taken back.
    pub fn is_truncatable(&self) -> bool {
        !matches!(self.kind, Kind::Stream(_))
    }

    /// Takes back what was written behind the first `len` bytes. No write may be under way.
    pub fn truncate(&self, len: u64) -> Result<()> {
        match &self.kind {
            Kind::File { temporary, .. } => {
                temporary.as_file().set_len(len).map_err(|e| Error::io("truncate", &self.path, e))
            }
            Kind::Memory(buffer) => {
                lock(buffer).truncate(len as usize);
                Ok(())
            }
            Kind::Null(_) => Ok(()),
            Kind::Stream(_) => Err(Error::usage(format!("{} can't be truncated", self.path.display()))),
        }
    }

    /// Ends writing: the file gets its name. Returns the bytes of a memory target.
    pub fn finish(self) -> Result<Vec<u8>> {
        let path = self.path;
        match self.kind {
            Kind::File { temporary, place, force } => {
                // Some filesystems tell of a failed write only when the file is closed; a copy of the
                // descriptor is closed here, where the error can still be seen.
                close(temporary.as_file()).map_err(|e| Error::io("write to", &path, e))?;
                let renamed = if force { temporary.persist(&place) } else { temporary.persist_noclobber(&place) };
                renamed.map(drop).map_err(|e| match e.error.kind() {
                    io::ErrorKind::AlreadyExists => exists(&path),
                    _ => Error::io("rename the temporary file to", &path, e.error),
                })?;
                Ok(Vec::new())
            }
            Kind::Stream(writer) => {
                lock(&writer).flush().map_err(|e| Error::io("write to", &path, e))?;
                Ok(Vec::new())
            }
            Kind::Null(_) => Ok(Vec::new()),
            Kind::Memory(buffer) => Ok(buffer.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())),
        }
    }
}

fn exists(path: &Path) -> Error {
    Error::usage(format!("{} exists already\n  Give --force to replace it.", path.display()))
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    let mut at = offset;
    bytes.chunks(PIECE).try_for_each(|piece| {
        file.write_all_at(piece, at)?;
        at += piece.len() as u64;
        Ok(())
    })
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        let count = file.seek_write(&bytes[..bytes.len().min(PIECE)], offset)?;
        bytes = &bytes[count..];
        offset += count as u64;
    }
    Ok(())
}

#[cfg(unix)]
fn close(file: &File) -> io::Result<()> {
    crate::sys::close(file.try_clone()?)
}

#[cfg(not(unix))]
fn close(_file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn is_null(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.rdev() == libc::makedev(1, 3)
}

#[cfg(not(target_os = "linux"))]
fn is_null(_metadata: &fs::Metadata) -> bool {
    false
}

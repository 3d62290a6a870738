//! Where bytes go: a file under a temporary name, or a stream; compressed, if that is wanted.

mod names;
mod outlet;
mod pack;
mod writer;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use crate::compress::Packing;
use crate::error::{Error, Result};
use crate::sys::{Leftover, Stop};

pub use names::beside;
use outlet::Outlet;
pub use outlet::ends_amid_line;
pub use writer::Forwards;

/// Writes are split into pieces of this size: larger single writes to a new file measured several
/// times slower.
const PIECE: usize = 256 << 10;

/// A temporary name has these characters, or as many random ones, and ends like this.
const USUAL: &str = "000000";
const RANDOM: usize = USUAL.len();
const END: &str = ".pagemill";

/// An open target.
pub struct Target {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    /// A temporary file beside the final place.
    File { temporary: tempfile::NamedTempFile, place: PathBuf, force: bool, leftover: Option<Leftover> },
    /// A device that takes positional writes and can be started again: `/dev/null`.
    Null(File),
    /// A pipe or another device.
    Outlet(Mutex<Outlet>),
    /// Anything that is written from front to back.
    Stream(Mutex<Box<dyn Write + Send>>),
    /// Memory.
    Memory(Mutex<Vec<u8>>),
    /// Another target, compressed.
    Packed(pack::Packer<Target>),
}

impl pack::Below for Target {
    fn write(&self, bytes: &[u8], offset: u64) -> Result<()> {
        Target::write(self, bytes, offset)
    }

    fn is_positional(&self) -> bool {
        Target::is_positional(self)
    }

    fn restart(&self) -> Result<()> {
        Target::restart(self)
    }

    fn finish(self) -> Result<Vec<u8>> {
        Target::finish(self)
    }
}

impl Target {
    /// A file. It is written under a temporary name beside `path` and renamed by [`finish`](Self::finish);
    /// an existing one is only replaced with `force`. Devices and pipes are written directly.
    pub fn file(path: &Path, force: bool) -> Result<Target> {
        Target::open(path, force, None)
    }

    /// As [`file`](Self::file); a stop ends a write that waits.
    pub fn open(path: &Path, force: bool, stop: Option<&Stop>) -> Result<Target> {
        let failed = |e| Error::io("create", path, e);
        if let Ok(metadata) = fs::metadata(path)
            && !metadata.is_file()
        {
            if metadata.is_dir() {
                return Err(Error::usage(format!(
                    "{} is a folder\n  Give a file; ⟨Each⟩ writes one file for each input into a folder.",
                    path.display()
                )));
            }
            let kind = match is_null(&metadata) {
                true => Kind::Null(OpenOptions::new().write(true).open(path).map_err(failed)?),
                false => Kind::Outlet(Mutex::new(Outlet::open(path, stop).map_err(failed)?)),
            };
            return Ok(Target { path: path.to_path_buf(), kind });
        }
        let (place, existing) = place(path, force)?;
        let folder = folder_of(&place);
        if place.file_name().is_none() {
            return Err(Error::usage(format!("{} is not the name of a file", path.display())));
        }
        let prefix = prefix(&place);
        let options = creating(existing.as_ref());
        let make = |prefix: &OsStr, random: usize| {
            let mut leftover = None;
            let mut builder = tempfile::Builder::new();
            let temporary = builder.prefix(prefix).rand_bytes(random).suffix(END).make_in(folder, |path| {
                let (file, registered) = Leftover::make(path, || options.open(path))?;
                leftover = Some(registered);
                Ok(file)
            })?;
            io::Result::Ok((temporary, leftover))
        };
        let made = match usual(&prefix, folder, make) {
            Some(made) => made,
            None => make(&prefix, RANDOM).map_err(failed)?,
        };
        let (temporary, leftover) = made;
        Ok(Target { path: path.to_path_buf(), kind: Kind::File { temporary, place, force, leftover } })
    }

    /// Fails as the opening of a file would because of what is there already.
    pub fn check(path: &Path, force: bool) -> Result<()> {
        place(path, force).map(drop)
    }

    /// A file whose temporary name `part` is known beforehand; of what another run left there, `len` bytes are kept.
    pub fn resumable(path: &Path, force: bool, part: &Path, len: u64) -> Result<Target> {
        let (place, existing) = place(path, force)?;
        crate::sys::remove_dead(&usual_path(&prefix(&place), folder_of(&place)));
        let file = match (open_left(part)?, len) {
            (Some(file), 1..) => file,
            (None, 1..) => return Err(Error::io("open", part, io::ErrorKind::NotFound.into())),
            (left, 0) => {
                let failed = |e| Error::io("create", part, e);
                if left.is_some() {
                    fs::remove_file(part).map_err(failed)?;
                }
                creating(existing.as_ref()).open(part).map_err(failed)?
            }
        };
        file.set_len(len).map_err(|e| Error::io("truncate", part, e)).inspect_err(|_| {
            // What another run wrote stays.
            if len == 0 {
                let _ = fs::remove_file(part);
            }
        })?;
        let temporary = tempfile::TempPath::try_from_path(part).map_err(|e| Error::io("create", part, e))?;
        let temporary = tempfile::NamedTempFile::from_parts(file, temporary);
        // It stays where the program ends at once: another run can go on with it.
        let leftover = None;
        Ok(Target { path: path.to_path_buf(), kind: Kind::File { temporary, place, force, leftover } })
    }

    /// Leaves what was written under its temporary name.
    pub fn keep(self) -> Result<()> {
        match self.kind {
            Kind::File { temporary, .. } => {
                temporary.keep().map(drop).map_err(|e| Error::io("keep", &self.path, e.error))
            }
            _ => Ok(()),
        }
    }

    /// Waits until what was written is on the disk.
    pub fn sync(&self) -> Result<()> {
        match &self.kind {
            Kind::File { temporary, .. } => {
                temporary.as_file().sync_data().map_err(|e| Error::io("write to", &self.path, e))
            }
            _ => Ok(()),
        }
    }

    /// Standard output.
    pub fn stdout() -> Result<Target> {
        Target::standard(None)
    }

    /// Standard output; a stop ends a write that waits.
    pub fn standard(stop: Option<&Stop>) -> Result<Target> {
        let path = PathBuf::from("standard output");
        crate::sys::check_stdout().map_err(|e| Error::io("write to", &path, e))?;
        #[cfg(unix)]
        let kind = Kind::Outlet(Mutex::new(Outlet::stdout(stop).map_err(|e| Error::io("write to", &path, e))?));
        #[cfg(not(unix))]
        let (kind, _) = (Kind::Stream(Mutex::new(Box::new(io::stdout()))), stop);
        Ok(Target { path, kind })
    }

    /// Anything that can be written.
    pub fn writer(writer: Box<dyn Write + Send>) -> Target {
        Target { path: PathBuf::from("the writer"), kind: Kind::Stream(Mutex::new(writer)) }
    }

    /// Memory.
    pub fn memory() -> Target {
        Target { path: PathBuf::from("memory"), kind: Kind::Memory(Mutex::new(Vec::new())) }
    }

    /// The same target, compressed.
    ///
    /// # Errors
    /// An encoder or a thread can't be made.
    pub fn packed(self, packing: &Packing) -> Result<Target> {
        Ok(Target { path: self.path.clone(), kind: Kind::Packed(pack::Packer::new(self, packing)?) })
    }

    /// The name for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The final path of a file target.
    pub fn file_path(&self) -> Option<&Path> {
        match &self.kind {
            Kind::File { .. } => Some(&self.path),
            Kind::Packed(packer) => packer.target().file_path(),
            _ => None,
        }
    }

    /// Whether writes at different offsets may happen in any order, beside each other.
    pub fn is_positional(&self) -> bool {
        matches!(self.kind, Kind::File { .. } | Kind::Null(_))
    }

    /// Whether what was written can be thrown away and written again.
    pub fn is_restartable(&self) -> bool {
        match &self.kind {
            Kind::Stream(_) | Kind::Outlet(_) => false,
            Kind::Packed(packer) => packer.target().is_restartable(),
            _ => true,
        }
    }

    /// Writes all of `bytes`; at `offset` if the target is positional, else after what was written before.
    pub fn write(&self, bytes: &[u8], offset: u64) -> Result<()> {
        let outcome = match &self.kind {
            Kind::File { temporary, .. } => write_at(temporary.as_file(), bytes, offset),
            Kind::Null(file) => write_at(file, bytes, offset),
            Kind::Outlet(outlet) => bytes.chunks(PIECE).try_for_each(|piece| lock(outlet).write_all(piece)),
            Kind::Stream(writer) => bytes.chunks(PIECE).try_for_each(|piece| lock(writer).write_all(piece)),
            Kind::Memory(buffer) => {
                lock(buffer).extend_from_slice(bytes);
                Ok(())
            }
            Kind::Packed(packer) => return packer.write(bytes),
        };
        outcome.map_err(|e| Error::io("write to", &self.path, e))
    }

    /// Whether blocks of a compressed target that hold nothing give their memory back, but for `idle` of them.
    pub fn set_lean(&self, lean: bool, idle: usize) {
        if let Kind::Packed(packer) = &self.kind {
            packer.set_lean(lean, idle);
        }
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
            Kind::Packed(packer) => packer.restart(),
            _ => Ok(()),
        }
    }

    /// Whether the end of what was written can be taken back.
    pub fn is_truncatable(&self) -> bool {
        !matches!(self.kind, Kind::Stream(_) | Kind::Outlet(_) | Kind::Packed(_))
    }

    /// Takes back what was written after the first `len` bytes. No write may be under way.
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
            Kind::Stream(_) | Kind::Outlet(_) | Kind::Packed(_) => {
                Err(Error::usage(format!("{} can't be truncated", self.path.display())))
            }
        }
    }

    /// Writes what still waits to be compressed; nothing may be written afterwards. The length of the compressed
    /// data, of a compressed target.
    pub fn flush(&mut self) -> Result<Option<u64>> {
        match &mut self.kind {
            Kind::Packed(packer) => packer.flush().map(Some),
            _ => Ok(None),
        }
    }

    /// Ends writing: the file gets its name. Returns the bytes of a memory target.
    pub fn finish(self) -> Result<Vec<u8>> {
        let path = self.path;
        match self.kind {
            Kind::File { temporary, place, force, leftover } => {
                crate::sys::close_copy(temporary.as_file()).map_err(|e| Error::io("write to", &path, e))?;
                let renamed = if force { temporary.persist(&place) } else { temporary.persist_noclobber(&place) };
                renamed.map(drop).map_err(|e| match e.error.kind() {
                    io::ErrorKind::AlreadyExists => exists(&path),
                    _ => Error::io("rename the temporary file to", &path, e.error),
                })?;
                drop(leftover);
                Ok(Vec::new())
            }
            Kind::Outlet(outlet) => {
                let outlet = outlet.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
                outlet.close().map_err(|e| Error::io("write to", &path, e))?;
                Ok(Vec::new())
            }
            Kind::Stream(writer) => {
                lock(&writer).flush().map_err(|e| Error::io("write to", &path, e))?;
                Ok(Vec::new())
            }
            Kind::Packed(packer) => packer.finish(),
            Kind::Null(_) => Ok(Vec::new()),
            Kind::Memory(buffer) => Ok(buffer.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())),
        }
    }
}

/// The folder that a file is in.
fn folder_of(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What the temporary names of a file begin with.
fn prefix(place: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(names::fitted(place, "..".len() + RANDOM + END.len()));
    prefix.push(".");
    prefix
}

/// The temporary name that begins like this and is tried first.
fn usual_path(prefix: &OsStr, folder: &Path) -> PathBuf {
    let mut name = prefix.to_owned();
    name.push(USUAL);
    name.push(END);
    folder.join(name)
}

/// Makes the temporary file under the name that it usually has, so that the next run knows what a killed one left; none
/// if another run is using it, or files can't be locked there.
fn usual(
    prefix: &OsStr,
    folder: &Path,
    make: impl Fn(&OsStr, usize) -> io::Result<(tempfile::NamedTempFile, Option<Leftover>)>,
) -> Option<(tempfile::NamedTempFile, Option<Leftover>)> {
    // Elsewhere nobody knows whether a name still leads to a file.
    if !cfg!(unix) {
        return None;
    }
    crate::sys::remove_dead(&usual_path(prefix, folder));
    let mut name = prefix.to_owned();
    name.push(USUAL);
    let (temporary, leftover) = make(&name, 0).ok()?;
    match crate::sys::claim(temporary.as_file(), temporary.path()) {
        Ok(true) => Some((temporary, leftover)),
        // What has the name now is not ours to remove.
        Ok(false) => {
            let _ = temporary.keep();
            None
        }
        Err(_) => None,
    }
}

/// How a new file is made that takes the place of `existing`; nothing may be under its name, not even a link.
fn creating(existing: Option<&fs::Metadata>) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(existing.map_or(0o666, |metadata| metadata.permissions().mode()));
    }
    #[cfg(not(unix))]
    let _ = existing;
    options
}

/// Opens what a run of the same user left under a name that others know too; none if there is nothing.
///
/// # Errors
/// Usage: it is something else, a link for example. What such a name leads to is never read or written.
pub fn open_left(path: &Path) -> Result<Option<File>> {
    crate::sys::open_left(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => Error::usage(format!(
            "{} is {error}; a run continues only with a file of its own\n  Remove it, or write to another folder.",
            path.display()
        )),
        _ => Error::io("open", path, error),
    })
}

/// Where a file goes in the end, and what is there now.
fn place(path: &Path, force: bool) -> Result<(PathBuf, Option<fs::Metadata>)> {
    // A link is followed, so that it stays one.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let existing = fs::metadata(&place).ok();
    if existing.is_some() && !force {
        return Err(exists(path));
    }
    Ok((place, existing))
}

/// A path without links, also of a file that is not there yet.
pub fn whole_path(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = || Some(fs::canonicalize(folder).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_path_buf())
}

fn exists(path: &Path) -> Error {
    Error::usage(format!("{} exists already\n  Give ⟨force⟩ to replace it.", path.display()))
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

#[cfg(target_os = "linux")]
fn is_null(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.rdev() == libc::makedev(1, 3)
}

#[cfg(not(target_os = "linux"))]
fn is_null(_metadata: &fs::Metadata) -> bool {
    false
}

//! Files as sinks: written under a temporary name beside the final one, and renamed at the end.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::names;
use super::seam::{Can, PIECE, Sink};
use crate::error::{Error, Result};
use crate::sys::{Leftover, write_all_at};

/// A temporary name has these characters, or as many random ones, and ends like this.
const USUAL: &str = "000000";
const RANDOM: usize = USUAL.len();
const END: &str = ".pagemill";

/// A file that has a temporary name until it is whole.
pub(super) struct TemporaryFile {
    path: PathBuf,
    temporary: NamedTempFile,
    /// Where it goes in the end.
    place: PathBuf,
    /// What is there may go.
    force: bool,
    leftover: Option<Leftover>,
}

impl TemporaryFile {
    /// A new file beside `path`; one that is there already is only replaced with `force`.
    pub fn create(path: &Path, force: bool) -> Result<TemporaryFile> {
        let failed = |e| Error::io("create", path, e);
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
            io::Result::Ok(Made { temporary, leftover })
        };
        let Made { temporary, leftover } = match usual(&prefix, folder, make) {
            Some(made) => made,
            None => make(&prefix, RANDOM).map_err(failed)?,
        };
        Ok(TemporaryFile { path: path.to_path_buf(), temporary, place, force, leftover })
    }

    /// A file whose temporary name `part` is known beforehand; of what another run left there, `len` bytes are kept.
    pub fn resume(path: &Path, force: bool, part: &Path, len: u64) -> Result<TemporaryFile> {
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
        let temporary = NamedTempFile::from_parts(file, temporary);
        // It stays where the program ends at once: another run can go on with it.
        let leftover = None;
        Ok(TemporaryFile { path: path.to_path_buf(), temporary, place, force, leftover })
    }
}

impl Sink for TemporaryFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn file_path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn metadata(&self) -> Option<fs::Metadata> {
        self.temporary.as_file().metadata().ok()
    }

    fn can(&self) -> Can {
        Can::ALL
    }

    fn write(&self, bytes: &[u8], offset: u64) -> Result<()> {
        write_at(self.temporary.as_file(), bytes, offset).map_err(|e| Error::io("write to", &self.path, e))
    }

    fn truncate(&self, len: u64) -> Result<()> {
        self.temporary.as_file().set_len(len).map_err(|e| Error::io("truncate", &self.path, e))
    }

    fn sync(&self) -> Result<()> {
        self.temporary.as_file().sync_data().map_err(|e| Error::io("write to", &self.path, e))
    }

    fn keep(self: Box<Self>) -> Result<()> {
        let TemporaryFile { path, temporary, .. } = *self;
        temporary.keep().map(drop).map_err(|e| Error::io("keep", &path, e.error))
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>> {
        let TemporaryFile { path, temporary, place, force, leftover } = *self;
        crate::sys::close_copy(temporary.as_file()).map_err(|e| Error::io("write to", &path, e))?;
        let renamed = if force { temporary.persist(&place) } else { temporary.persist_noclobber(&place) };
        renamed.map(drop).map_err(|e| match e.error.kind() {
            io::ErrorKind::AlreadyExists => exists(&path),
            _ => Error::io("rename the temporary file to", &path, e.error),
        })?;
        drop(leftover);
        Ok(Vec::new())
    }
}

/// The null device: it takes positional writes, and nothing it was given has to be taken back.
pub(super) struct Null {
    path: PathBuf,
    file: File,
}

impl Null {
    pub fn open(path: &Path) -> Result<Null> {
        let file = OpenOptions::new().write(true).open(path).map_err(|e| Error::io("create", path, e))?;
        Ok(Null { path: path.to_path_buf(), file })
    }
}

impl Sink for Null {
    fn path(&self) -> &Path {
        &self.path
    }

    fn can(&self) -> Can {
        Can::ALL
    }

    fn write(&self, bytes: &[u8], offset: u64) -> Result<()> {
        write_at(&self.file, bytes, offset).map_err(|e| Error::io("write to", &self.path, e))
    }

    fn truncate(&self, _len: u64) -> Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

/// A temporary file, and what removes it if the program ends at once.
struct Made {
    temporary: NamedTempFile,
    leftover: Option<Leftover>,
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
fn usual(prefix: &OsStr, folder: &Path, make: impl Fn(&OsStr, usize) -> io::Result<Made>) -> Option<Made> {
    // Elsewhere nobody knows whether a name still leads to a file.
    if !cfg!(unix) {
        return None;
    }
    crate::sys::remove_dead(&usual_path(prefix, folder));
    let mut name = prefix.to_owned();
    name.push(USUAL);
    let made = make(&name, 0).ok()?;
    match crate::sys::claim(made.temporary.as_file(), made.temporary.path()) {
        Ok(true) => Some(made),
        // What has the name now is not ours to remove.
        Ok(false) => {
            let _ = made.temporary.keep();
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
pub(super) fn place(path: &Path, force: bool) -> Result<(PathBuf, Option<fs::Metadata>)> {
    // A link is followed, so that it stays one.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let existing = fs::metadata(&place).ok();
    if existing.is_some() && !force {
        return Err(exists(path));
    }
    Ok((place, existing))
}

fn exists(path: &Path) -> Error {
    Error::usage(format!("{} exists already\n  Give ⟨force⟩ to replace it.", path.display()))
}

fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut at = offset;
    bytes.chunks(PIECE).try_for_each(|piece| {
        write_all_at(file, piece, at)?;
        at += piece.len() as u64;
        Ok(())
    })
}

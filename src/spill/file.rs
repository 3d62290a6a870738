//! A file in which blocks have checksums. It has no name, unless another run is to find it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::pack::{HEAD, unpack};
use crate::error::{Error, Result};
use crate::sys::{read_exact_at, write_all_at};

/// In the number of bytes: they are compressed.
const PACKED: u32 = 1 << 31;

/// The most bytes of a block, with its head.
pub(super) const MOST: usize = 256 << 10;

/// The size of blocks where `memory` bytes are there for merging, with the [`HEAD`] of each: so many that all runs of
/// most sorts can be merged at once.
pub(crate) fn block_size(memory: usize) -> usize {
    const LEAST: usize = 16 << 10;
    let size = (memory / 128).clamp(LEAST, MOST);
    1 << size.ilog2()
}

/// A file for runs. Without a name, it is gone when it is closed. A clone is the same file.
#[derive(Clone)]
pub(crate) struct SpillFile {
    file: Arc<File>,
    folder: Arc<Path>,
    /// The number in its name.
    number: Option<u32>,
}

/// What was read of a block.
pub(super) struct Block {
    pub len: usize,
    /// Where the next one begins.
    pub next: u64,
    pub checksum: u32,
}

/// Where files for runs are made.
pub(crate) struct SpillFolder {
    pub path: PathBuf,
    names: Option<SpillNames>,
    next: AtomicU32,
}

/// The names of files that another run is to find: all of them begin and end like this, with a number in between.
#[derive(Clone, Debug)]
pub(crate) struct SpillNames {
    pub before: OsString,
    pub after: &'static str,
}

impl SpillNames {
    /// The file with this number.
    pub fn path(&self, folder: &Path, number: u32) -> PathBuf {
        let mut name = self.before.clone();
        name.push(number.to_string());
        name.push(self.after);
        folder.join(name)
    }

    /// All files in a folder that have such a name.
    pub fn found(&self, folder: &Path) -> Vec<PathBuf> {
        let is_one = |name: &OsStr| {
            let rest = name.as_encoded_bytes().strip_prefix(self.before.as_encoded_bytes());
            let number = rest.and_then(|rest| rest.strip_suffix(self.after.as_bytes()));
            number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
        };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries.filter(|entry| is_one(&entry.file_name())).map(|e| e.path()).collect();
        found.sort_unstable();
        found
    }
}

impl SpillFolder {
    /// One whose files have no names.
    pub fn unnamed(path: PathBuf) -> SpillFolder {
        SpillFolder { path, names: None, next: AtomicU32::new(0) }
    }

    /// One whose files have names, with numbers from `next` on.
    pub fn named(path: PathBuf, names: SpillNames, next: u32) -> SpillFolder {
        SpillFolder { path, names: Some(names), next: AtomicU32::new(next) }
    }

    /// A new file.
    ///
    /// # Errors
    /// Io: it can't be made there. Usage: something that no run left has its name.
    pub fn create(&self) -> Result<SpillFile> {
        let Some(names) = &self.names else { return SpillFile::create(&self.path) };
        let number = self.next.fetch_add(1, Relaxed);
        let path = names.path(&self.path, number);
        let failed = |e| failed(MAKE, &self.path, e);
        // What a run left that was killed before it noted that; never what a link leads to.
        if left(&path)?.is_some() {
            fs::remove_file(&path).map_err(failed)?;
        }
        let file = private().open(&path).map_err(failed)?;
        Ok(SpillFile { file: Arc::new(file), folder: self.path.as_path().into(), number: Some(number) })
    }
}

/// Opens what a run left; none if nothing is there.
///
/// # Errors
/// Usage: it is something else, a link for example.
fn left(path: &Path) -> Result<Option<File>> {
    crate::sys::open_left(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => Error::usage(format!(
            "{} is {error}; a run sorts only in files of its own\n  Remove it, or name another folder with ⟨spill_dir⟩.",
            path.display()
        )),
        _ => Error::io("open", path, error),
    })
}

/// How a file is made that nobody else may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

const WRITE: &str = "write what does not fit into memory in";
const MAKE: &str = "make a file for what does not fit into memory in";

impl SpillFile {
    /// A new file in this folder.
    ///
    /// # Errors
    /// Io: it can't be made there.
    pub fn create(folder: &Path) -> Result<SpillFile> {
        let file = tempfile::tempfile_in(folder).map_err(|e| failed(MAKE, folder, e))?;
        Ok(SpillFile { file: Arc::new(file), folder: folder.into(), number: None })
    }

    /// The file that another run made; none if it is not there.
    ///
    /// # Errors
    /// Usage: something else has its name.
    pub fn left(folder: &Path, names: &SpillNames, number: u32) -> Result<Option<SpillFile>> {
        let file = left(&names.path(folder, number))?;
        Ok(file.map(|file| SpillFile { file: Arc::new(file), folder: folder.into(), number: Some(number) }))
    }

    /// The number in its name, if it has one.
    pub(super) fn number(&self) -> Option<u32> {
        self.number
    }

    /// How long it is.
    pub(super) fn len(&self) -> Result<u64> {
        let metadata = self.file.metadata().map_err(|e| failed("look at a file in", &self.folder, e))?;
        Ok(metadata.len())
    }

    /// What was written reaches the disk.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|e| failed(WRITE, &self.folder, e))
    }

    /// Writes a block at an offset: `block` begins with room for its [`HEAD`]. Gives its checksum.
    pub(super) fn write(&self, block: &mut [u8], is_packed: bool, at: u64) -> Result<u32> {
        let (head, bytes) = block.split_at_mut(HEAD);
        let len = bytes.len() as u32 | if is_packed { PACKED } else { 0 };
        head[..4].copy_from_slice(&len.to_le_bytes());
        let checksum = checksum(len, bytes);
        head[4..].copy_from_slice(&checksum.to_le_bytes());
        write_all_at(&self.file, block, at).map_err(|e| failed(WRITE, &self.folder, e))?;
        Ok(checksum)
    }

    /// Reads the bytes of the block at an offset into the front of `room`; `most`: no block is longer. A compressed
    /// block needs room for twice as many.
    ///
    /// # Errors
    /// Io: they can't be read, or are not those that were written.
    pub(super) fn read(&self, room: &mut [u8], at: u64, most: usize) -> Result<Block> {
        let mut head = [0; HEAD];
        self.read_at(&mut head, at)?;
        let [a, b, c, d, sum @ ..] = head;
        let word = u32::from_le_bytes([a, b, c, d]);
        let (len, is_packed) = ((word & !PACKED) as usize, word & PACKED > 0);
        if len == 0 || len > most || len > room.len() {
            return Err(self.changed());
        }
        // What is packed is read into the end of the room, and unpacked into its front.
        let from = if is_packed { room.len() - len } else { 0 };
        let (front, rest) = room.split_at_mut(from);
        let bytes = &mut rest[..len];
        self.read_at(bytes, at + HEAD as u64)?;
        let checksum = checksum(word, bytes);
        if checksum != u32::from_le_bytes(sum) {
            return Err(self.changed());
        }
        let next = at + (HEAD + len) as u64;
        if !is_packed {
            return Ok(Block { len, next, checksum });
        }
        let most = most.min(front.len());
        let unpacked = unpack(bytes, &mut front[..most]).ok_or_else(|| self.changed())?;
        Ok(Block { len: unpacked, next, checksum })
    }

    fn read_at(&self, room: &mut [u8], at: u64) -> Result<()> {
        read_exact_at(&self.file, room, at).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => self.changed(),
            _ => failed("read what does not fit into memory in", &self.folder, e),
        })
    }

    /// The error for bytes that are not those that were written.
    #[cold]
    pub(super) fn changed(&self) -> Error {
        let text = "what was written there is not what is read: the disk is faulty, or somebody changed the file";
        Error::io(
            "read what does not fit into memory in",
            &self.folder,
            io::Error::new(io::ErrorKind::InvalidData, text),
        )
    }

    #[cfg(test)]
    pub(super) fn file(&self) -> &File {
        &self.file
    }
}

/// The checksum of a block, with what its head says of it.
fn checksum(word: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(word);
    hasher.update(bytes);
    hasher.finalize()
}

#[cold]
fn failed(action: &'static str, folder: &Path, error: io::Error) -> Error {
    let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let instead = match full {
        true => "\n  Name a folder with more room with ⟨spill_dir⟩, or raise ⟨memory_limit⟩.",
        false => "\n  Name another folder with ⟨spill_dir⟩.",
    };
    Error::io(action, folder, io::Error::new(error.kind(), format!("{error}{instead}")))
}

//! A file without a name, in which blocks have checksums.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::sys::{read_exact_at, write_all_at};

/// What comes before the bytes of a block: their number and their checksum.
pub(super) const HEAD: usize = 8;

/// The size of blocks where `memory` bytes are there for merging, with the [`HEAD`] of each: so many that all runs of
/// most sorts can be merged at once.
pub(crate) fn block_size(memory: usize) -> usize {
    const LEAST: usize = 16 << 10;
    const MOST: usize = 256 << 10;
    let size = (memory / 128).clamp(LEAST, MOST);
    1 << size.ilog2()
}

/// A file for runs. It has no name, so it is gone when it is closed. A clone is the same file.
#[derive(Clone)]
pub(crate) struct SpillFile {
    file: Arc<File>,
    folder: Arc<Path>,
}

impl SpillFile {
    /// A new file in this folder.
    ///
    /// # Errors
    /// Io: it can't be made there.
    pub fn create(folder: &Path) -> Result<SpillFile> {
        let file = tempfile::tempfile_in(folder)
            .map_err(|e| failed("make a file for what does not fit into memory in", folder, e))?;
        Ok(SpillFile { file: Arc::new(file), folder: PathBuf::from(folder).into() })
    }

    /// Writes a block at an offset: `block` begins with room for its [`HEAD`].
    pub(super) fn write(&self, block: &mut [u8], at: u64) -> Result<()> {
        let (head, bytes) = block.split_at_mut(HEAD);
        head[..4].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        head[4..].copy_from_slice(&crc32fast::hash(bytes).to_le_bytes());
        write_all_at(&self.file, block, at)
            .map_err(|e| failed("write what does not fit into memory in", &self.folder, e))
    }

    /// Reads the bytes of the block at an offset into the front of `room`; `most`: no block is longer. Gives their
    /// number.
    ///
    /// # Errors
    /// Io: they can't be read, or are not those that were written.
    pub(super) fn read(&self, room: &mut [u8], at: u64, most: usize) -> Result<usize> {
        let mut head = [0; HEAD];
        self.read_at(&mut head, at)?;
        let [a, b, c, d, sum @ ..] = head;
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        if len == 0 || len > most || len > room.len() {
            return Err(self.changed());
        }
        self.read_at(&mut room[..len], at + HEAD as u64)?;
        if crc32fast::hash(&room[..len]) != u32::from_le_bytes(sum) {
            return Err(self.changed());
        }
        Ok(len)
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

#[cold]
fn failed(action: &'static str, folder: &Path, error: io::Error) -> Error {
    let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let instead = match full {
        true => "\n  Name a folder with more room with ⟨spill_dir⟩, or raise ⟨memory_limit⟩.",
        false => "\n  Name another folder with ⟨spill_dir⟩.",
    };
    Error::io(action, folder, io::Error::new(error.kind(), format!("{error}{instead}")))
}

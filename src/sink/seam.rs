//! What every sink is to the rest of the program.

use std::fs::Metadata;
use std::path::Path;

use crate::error::{Error, Result};

/// Writes are split into pieces of this size: larger single writes to a new file measured several times slower.
pub(super) const PIECE: usize = 256 << 10;

/// Where bytes go. A new kind of sink is one file that implements this, and one line where a
/// [`TargetSpec`](super::TargetSpec) is opened.
///
/// Bytes are written by several threads. A sink that is [positional](Can::positional) takes them at their offsets in any
/// order; any other one takes them one after another, and whoever writes sees to the order.
///
/// Errors are of the class [`Io`](crate::error::ErrorClass::Io) and name the sink; usage if it is asked for what it
/// [can't](Can).
pub trait Sink: Send + Sync {
    /// Its name in messages.
    fn path(&self) -> &Path;

    /// The final path, if it is a file that gets its name at the end.
    fn file_path(&self) -> Option<&Path> {
        None
    }

    /// What the system says of the file that gets its name at the end, if there is one.
    fn metadata(&self) -> Option<Metadata> {
        None
    }

    /// What it can.
    fn can(&self) -> Can;

    /// Writes all of `bytes`; at `offset` if the sink is positional, else after what was written before.
    fn write(&self, bytes: &[u8], offset: u64) -> Result<()>;

    /// Takes back what was written after the first `len` bytes. No write may be under way.
    fn truncate(&self, len: u64) -> Result<()> {
        let _ = len;
        Err(Error::usage(format!("{} can't be truncated", self.path().display())))
    }

    /// Throws away what was written.
    fn restart(&self) -> Result<()> {
        if self.can().truncate { self.truncate(0) } else { Ok(()) }
    }

    /// How many bytes have left for good, of `written` in all: of a compressed sink, those of finished members.
    fn left(&self, written: u64) -> u64 {
        written
    }

    /// Waits until what was written is on the disk.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    /// Memory is scarce, or is not any more: empty buffers of its own give their memory back, but for `idle` of them.
    fn set_lean(&self, lean: bool, idle: usize) {
        let _ = (lean, idle);
    }

    /// Writes what still waits; nothing may be written afterwards. The length of the whole, where it is not the sum of
    /// what was written: of a compressed sink.
    fn flush(&mut self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Leaves what was written under its temporary name, if it has one.
    fn keep(self: Box<Self>) -> Result<()> {
        Ok(())
    }

    /// Ends writing: a file gets its name. Returns the bytes of a sink in memory.
    fn finish(self: Box<Self>) -> Result<Vec<u8>>;
}

/// What a sink can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Can {
    /// Writes at different offsets may happen in any order, beside each other.
    pub positional: bool,
    /// What was written can be thrown away and written again.
    pub restart: bool,
    /// The end of what was written can be taken back.
    pub truncate: bool,
}

impl Can {
    /// Bytes can only be added at the end, and nothing is taken back.
    pub const APPEND: Can = Can { positional: false, restart: false, truncate: false };
    /// All of it.
    pub const ALL: Can = Can { positional: true, restart: true, truncate: true };
}

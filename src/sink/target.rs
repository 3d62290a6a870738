//! An open target: a sink, perhaps with compression in front of it.

use std::fs;
use std::io::Write;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

use super::encoded::{Encoded, Recode};
use super::file::{self, Null, TemporaryFile};
use super::memory::Memory;
use super::pack::Packer;
use super::pipe;
use super::seam::Sink;
use crate::compress::{Blocking, Blocks, Packing};
use crate::error::{Error, Result};
use crate::sys::Stop;

/// An open target. What can be done with it says [`Sink`].
pub struct Target(Box<dyn Sink>);

impl Deref for Target {
    type Target = dyn Sink;

    fn deref(&self) -> &(dyn Sink + 'static) {
        &*self.0
    }
}

impl DerefMut for Target {
    fn deref_mut(&mut self) -> &mut (dyn Sink + 'static) {
        &mut *self.0
    }
}

impl Target {
    /// A file. It is written under a temporary name beside `path` and renamed by [`finish`](Self::finish); an existing
    /// one is only replaced with `force`. Devices and pipes are written directly. A stop ends a write that waits.
    pub fn open(path: &Path, force: bool, stop: Option<&Stop>) -> Result<Target> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(Error::usage(format!(
                "{} is a folder\n  Give a file; ⟨Each⟩ writes one file for each input into a folder.",
                path.display()
            ))),
            Ok(metadata) if is_null(&metadata) => Null::open(path).map(Target::from),
            Ok(metadata) if !metadata.is_file() => pipe::open(path, stop).map(Target::from),
            _ => TemporaryFile::create(path, force).map(Target::from),
        }
    }

    /// Fails as the opening of a file would because of what is there already.
    pub fn check(path: &Path, force: bool) -> Result<()> {
        file::place(path, force).map(drop)
    }

    /// A file whose temporary name `part` is known beforehand; of what another run left there, `len` bytes are kept.
    pub fn resumable(path: &Path, force: bool, part: &Path, len: u64) -> Result<Target> {
        TemporaryFile::resume(path, force, part, len).map(Target::from)
    }

    /// Standard output; a stop ends a write that waits.
    pub fn standard(stop: Option<&Stop>) -> Result<Target> {
        pipe::standard(stop).map(Target)
    }

    /// Anything that can be written.
    pub fn writer(writer: Box<dyn Write + Send>) -> Target {
        pipe::of(writer).into()
    }

    /// Memory.
    pub fn memory() -> Target {
        Memory::default().into()
    }

    /// The same target, compressed.
    ///
    /// # Errors
    /// An encoder or a thread can't be made.
    pub fn packed(self, packing: &Packing) -> Result<Target> {
        Packer::new(self.0, packing).map(Target::from)
    }

    /// The same target, as a container of records that are grouped in blocks.
    ///
    /// # Errors
    /// What makes blocks, or a thread, can't be made.
    pub(crate) fn in_blocks(self, blocks: Arc<dyn Blocks>, blocking: &Blocking) -> Result<Target> {
        Packer::of_blocks(self.0, blocks, blocking).map(Target::from)
    }

    /// The same target, in another encoding.
    pub(crate) fn encoded(self, recode: Recode) -> Target {
        Encoded::new(self.0, recode).into()
    }

    /// Leaves what was written under its temporary name. See [`Sink::keep`].
    pub fn keep(self) -> Result<()> {
        self.0.keep()
    }

    /// Ends writing. See [`Sink::finish`].
    pub fn finish(self) -> Result<Vec<u8>> {
        self.0.finish()
    }
}

impl<S: Sink + 'static> From<S> for Target {
    fn from(sink: S) -> Target {
        Target(Box::new(sink))
    }
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

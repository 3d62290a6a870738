//! Memory as a sink.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::seam::{Can, Sink};
use crate::error::Result;

/// Bytes in memory.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Vec<u8>>);

impl Memory {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Memory {
    fn path(&self) -> &Path {
        Path::new("memory")
    }

    fn can(&self) -> Can {
        Can { positional: false, ..Can::ALL }
    }

    fn write(&self, bytes: &[u8], _offset: u64) -> Result<()> {
        self.bytes().extend_from_slice(bytes);
        Ok(())
    }

    fn truncate(&self, len: u64) -> Result<()> {
        self.bytes().truncate(len as usize);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>> {
        Ok(self.0.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

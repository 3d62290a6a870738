//! What a job writes, kept to be shown.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use pagemill::error::Error;

/// How much of the memory limit a table may take, as one part in this many: it is there three times, as CSV, as cells and
/// as lines.
pub const PART: usize = 16;

/// The bytes that a job writes, as far as there is room for them.
#[derive(Clone)]
pub struct Kept {
    most: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Kept {
    /// Room for this many bytes.
    pub fn new(most: usize) -> Kept {
        Kept { most, state: Arc::default() }
    }

    /// Fails if there was no room for all of them.
    pub fn check(&self) -> Result<(), Error> {
        if !self.state.lock().unwrap_or_else(PoisonError::into_inner).is_full {
            return Ok(());
        }
        Err(Error::memory(format!(
            "the table has more than the {} bytes that the memory limit leaves for it\n  Show fewer records, raise --memory-limit, or write the records as they are: -t csv",
            self.most
        )))
    }

    /// What was written.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).bytes)
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.bytes.len() + bytes.len() > self.most {
            state.is_full = true;
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        state.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

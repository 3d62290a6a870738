//! A store that can be read again: what can be read only once is kept in a temporary file while it is read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::identity::Stamp;
use super::store::{ALL, Flow, Store};
use crate::error::{Error, Result};
use crate::sys::{Map, Stop};
use crate::wording::input;

/// How much is copied at a time, in bytes.
const STEP: usize = 64 << 10;

/// A store, and a copy of its bytes if it needs one. The copy has no name, and is gone when the program ends.
pub(crate) struct Spooled {
    store: Box<dyn Store>,
    copy: Option<Arc<Mutex<Copy>>>,
}

/// What was read so far, and what is still to be read.
struct Copy {
    reader: Box<dyn Read + Send>,
    file: File,
}

impl Spooled {
    /// A store that may be read more than once.
    pub fn new(store: Box<dyn Store>) -> Spooled {
        Spooled { store, copy: None }
    }
}

impl Store for Spooled {
    fn path(&self) -> &Path {
        self.store.path()
    }

    fn open(&mut self, range: Range<u64>, stop: Option<&Stop>) -> Result<Flow> {
        let failed = |e| Error::io("keep a copy of", self.store.path(), e);
        if let Some(copy) = &self.copy {
            let mut copy = lock(copy);
            let read = copy.rest().and_then(|()| copy.file.try_clone());
            let mut file = read.map_err(failed)?;
            file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
            return Ok(Flow { reader: Box::new(file.take(range.end - range.start)), soon: None });
        }
        let flow = self.store.open(range.clone(), stop)?;
        if self.store.is_repeatable() {
            return Ok(flow);
        }
        debug_assert_eq!(range, ALL);
        let file = tempfile::tempfile().map_err(|e| Error::io("keep a copy of", self.store.path(), e))?;
        let copy = Arc::new(Mutex::new(Copy { reader: flow.reader, file }));
        self.copy = Some(Arc::clone(&copy));
        Ok(Flow { reader: Box::new(Kept(copy)), soon: flow.soon })
    }

    fn map(&self) -> Result<Map> {
        match self.copy {
            None => self.store.map(),
            Some(_) => Err(Error::usage(format!("{} can't be mapped\n  Leave out ⟨io map⟩.", input(self.path())))),
        }
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn stamp(&self) -> Option<&Stamp> {
        self.store.stamp()
    }

    fn limit(&self) -> Option<u64> {
        self.store.limit()
    }

    fn check(&self) -> Result<()> {
        self.store.check()
    }
}

fn lock(copy: &Mutex<Copy>) -> MutexGuard<'_, Copy> {
    copy.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Copy {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let len = self.reader.read(bytes)?;
        self.file.write_all(&bytes[..len])?;
        Ok(len)
    }

    /// Reads what nobody has read.
    fn rest(&mut self) -> io::Result<()> {
        let mut room = vec![0; STEP];
        loop {
            match self.read(&mut room) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Keeps what it reads.
struct Kept(Arc<Mutex<Copy>>);

impl Read for Kept {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        lock(&self.0).read(bytes)
    }
}

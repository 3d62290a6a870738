//! A store that can be read again: what can be read only once is kept in a temporary file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use super::identity::Stamp;
use super::store::{ALL, Flow, Store};
use crate::error::{Error, Result};
use crate::sys::{Map, Stop};
use crate::wording::input;

/// How much is copied at a time, in bytes.
const STEP: usize = 256 << 10;

/// A store, and a copy of its bytes if it needs one. The copy has no name, and is gone when the program ends.
pub(crate) struct Spooled {
    store: Box<dyn Store>,
    copy: Option<File>,
}

impl Spooled {
    /// A store that may be read more than once.
    pub fn new(store: Box<dyn Store>) -> Spooled {
        Spooled { store, copy: None }
    }

    /// Copies everything, and the copy is read from then on.
    fn copy(&self, mut flow: Flow) -> Result<File> {
        let failed = |e| {
            let folder = std::env::temp_dir();
            Error::io("keep a copy of", self.store.path(), e).note(
                format!("It has to be read twice, so it is kept in a temporary file in {}.", folder.display()),
                false,
            )
        };
        let mut copy = tempfile::tempfile().map_err(failed)?;
        let mut room = vec![0; STEP];
        loop {
            match flow.reader.read(&mut room) {
                Ok(0) => return Ok(copy),
                Ok(len) => copy.write_all(&room[..len]).map_err(failed)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::read(self.store.path(), error)),
            }
        }
    }
}

impl Store for Spooled {
    fn path(&self) -> &Path {
        self.store.path()
    }

    fn open(&mut self, range: Range<u64>, stop: Option<&Stop>) -> Result<Flow> {
        if self.copy.is_none() {
            let flow = self.store.open(range.clone(), stop)?;
            if self.store.is_repeatable() {
                return Ok(flow);
            }
            debug_assert_eq!(range, ALL);
            self.copy = Some(self.copy(flow)?);
        }
        let failed = |e| Error::read(self.store.path(), e);
        let Some(copy) = &self.copy else { return Err(failed(io::ErrorKind::NotFound.into())) };
        let mut copy = copy.try_clone().map_err(failed)?;
        copy.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        Ok(Flow { reader: Box::new(copy.take(range.end - range.start)), soon: None })
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

    fn check(&self) -> Result<()> {
        self.store.check()
    }
}

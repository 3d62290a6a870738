//! Anything that can be read: bytes in memory, or a reader of the caller's own.

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use super::inlet::Asked;
use super::store::{Flow, Store};
use crate::error::{Error, Result};
use crate::sys::Stop;

/// What a reader gives, once.
pub(crate) struct Reader(Option<Box<dyn Read + Send>>);

impl Reader {
    pub fn new(reader: Box<dyn Read + Send>) -> Reader {
        Reader(Some(reader))
    }
}

impl Store for Reader {
    fn path(&self) -> &Path {
        Path::new("-")
    }

    /// The stop is looked at between two reads.
    fn open(&mut self, _range: Range<u64>, stop: Option<&Stop>) -> Result<Flow> {
        let Some(reader) = self.0.take() else {
            return Err(Error::io("read", "-", io::Error::other("it can be read only once")));
        };
        let reader: Box<dyn Read + Send> = match stop {
            Some(stop) => Box::new(Asked { reader, stop: stop.clone() }),
            None => reader,
        };
        Ok(Flow { reader, soon: None })
    }
}

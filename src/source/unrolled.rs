//! A store that can't be read from front to back: a stream is made of it, which can.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::ops::Range;
use std::path::Path;

use super::identity::Stamp;
use super::sniff::{first, packed};
use super::spooled::CopyPlace;
use super::store::{ALL, Flow, Store};
use super::unpack::Unpacker;
use crate::compress::{Decompress, Unpacking};
use crate::error::{Error, Result};
use crate::record::{Unrolled, Wanted};
use crate::sys::Stop;

/// Makes a stream of a file.
pub(crate) type Unroll = Box<dyn Fn(File) -> Result<Unrolled> + Send>;

/// A store of which a stream is made. What is no regular file, or is compressed, is copied first; the copy has no name,
/// and is gone when the program ends.
pub(crate) struct UnrolledStore {
    store: Box<dyn Store>,
    unroll: Unroll,
    decompress: Decompress,
    place: CopyPlace,
    /// What decompressing may take, in bytes.
    ceiling: usize,
    copy: Option<File>,
    memory: usize,
    records: Option<u64>,
    wanted: Wanted,
}

impl UnrolledStore {
    /// A copy, if one is needed, goes to `place`; decompressing may take `ceiling` bytes.
    pub fn new(
        store: Box<dyn Store>,
        unroll: Unroll,
        decompress: Decompress,
        place: CopyPlace,
        ceiling: usize,
    ) -> UnrolledStore {
        UnrolledStore {
            store,
            unroll,
            decompress,
            place,
            ceiling,
            copy: None,
            memory: 0,
            records: None,
            wanted: Wanted::default(),
        }
    }

    /// The file, or a copy.
    fn any_place(&mut self, stop: Option<&Stop>) -> Result<File> {
        let failed = |store: &dyn Store, e| Error::read(store.path(), e);
        if let Some(copy) = &self.copy {
            return copy.try_clone().map_err(|e| failed(&*self.store, e));
        }
        let mut flow = self.store.open(ALL, stop)?;
        let start = first(&mut flow.reader, self.decompress).map_err(|e| failed(&*self.store, e))?;
        let packed = packed(&start, self.decompress, self.store.path());
        if packed.is_none()
            && let Some(file) = self.store.file()?
        {
            return Ok(file);
        }
        let mut reader: Box<dyn Read + Send> = Box::new(Cursor::new(start).chain(flow.reader));
        if let Some(packed) = packed {
            let unpacking = Unpacking::within(packed, 1, self.ceiling)?;
            reader = Box::new(Unpacker::new(reader, &unpacking).map_err(|e| failed(&*self.store, e))?);
        }
        let copied = tempfile::tempfile_in(&self.place.folder).and_then(|mut file| {
            // Errors of the source and those of the copy are told apart.
            let mut room = vec![0; 256 << 10];
            loop {
                let len = match reader.read(&mut room) {
                    Ok(0) => return Ok(Ok(file)),
                    Ok(len) => len,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Ok(Err(error)),
                };
                io::Write::write_all(&mut file, &room[..len])?;
            }
        });
        let copied = copied.map_err(|e| failed(&*self.store, self.place.failed(e)))?;
        let copy = copied.map_err(|e| failed(&*self.store, e))?;
        let file = copy.try_clone().map_err(|e| failed(&*self.store, e))?;
        self.copy = Some(copy);
        Ok(file)
    }
}

impl Store for UnrolledStore {
    fn path(&self) -> &Path {
        self.store.path()
    }

    fn open(&mut self, range: Range<u64>, stop: Option<&Stop>) -> Result<Flow> {
        debug_assert_eq!(range, ALL);
        let file = self.any_place(stop)?;
        let made = (self.unroll)(file).map_err(|error| error.in_file(self.store.path()))?;
        (self.memory, self.records, self.wanted) = (made.memory, made.records, made.wanted);
        Ok(Flow { reader: made.reader, soon: None })
    }

    fn want(&self, fields: Option<&[Box<[u8]>]>) {
        self.wanted.set(fields);
    }

    fn records(&self) -> Option<u64> {
        self.records
    }

    fn is_made(&self) -> bool {
        true
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn is_repeatable(&self) -> bool {
        self.store.is_repeatable() || self.copy.is_some()
    }

    fn stamp(&self) -> Option<&Stamp> {
        self.store.stamp()
    }

    fn check(&self) -> Result<()> {
        self.store.check()
    }
}

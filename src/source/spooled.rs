//! A store that can be read again: what can be read only once is kept in a temporary file while it is read.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::identity::Stamp;
use super::store::{ALL, Flow, Store};
use crate::error::{Error, Result};
use crate::sys::{Map, Stop, read_exact_at, write_all_at};
use crate::wording::input;

/// How many bytes of the copy have one checksum.
pub(super) const BLOCK: usize = 64 << 10;
/// The bytes of that, before them.
pub(super) const SUM: usize = 4;

/// A store, and a copy of its bytes if it needs one. The copy has no name, and is gone when the program ends.
pub(crate) struct Spooled {
    store: Box<dyn Store>,
    place: CopyPlace,
    copy: Option<Arc<Mutex<Copy>>>,
}

/// Where a copy goes.
#[derive(Clone)]
pub(crate) struct CopyPlace {
    pub folder: PathBuf,
    /// What to do if there is no room.
    pub instead: &'static str,
}

/// What was read so far, and what is still to be read.
struct Copy {
    reader: Box<dyn Read + Send>,
    place: CopyPlace,
    file: Arc<File>,
    /// What is not in the file yet, with room for its checksum.
    block: Vec<u8>,
    /// How many bytes are in the file, without checksums.
    len: u64,
    ended: bool,
}

/// The copy can't be written or read.
#[derive(Debug)]
struct Failed {
    folder: PathBuf,
    error: io::Error,
    /// None: the bytes are other ones.
    instead: Option<&'static str>,
}

impl Spooled {
    /// A store that may be read more than once. Its copy goes to this place.
    pub fn new(store: Box<dyn Store>, place: CopyPlace) -> Spooled {
        Spooled { store, place, copy: None }
    }
}

impl Store for Spooled {
    fn path(&self) -> &Path {
        self.store.path()
    }

    fn open(&mut self, range: Range<u64>, stop: Option<&Stop>) -> Result<Flow> {
        if let Some(copy) = &self.copy {
            let mut copy = lock(copy);
            copy.rest().map_err(|e| Error::read(self.store.path(), e))?;
            let (file, len, folder) = (Arc::clone(&copy.file), copy.len, copy.place.folder.clone());
            let again = Again::new(file, folder, u64::MAX);
            let reader = AgainFrom { again, at: range.start, end: range.end.min(len) };
            return Ok(Flow { reader: Box::new(reader), soon: None });
        }
        let flow = self.store.open(range.clone(), stop)?;
        if self.store.is_repeatable() {
            return Ok(flow);
        }
        debug_assert_eq!(range, ALL);
        let place = self.place.clone();
        let file = tempfile::tempfile_in(&place.folder).map_err(|e| Error::read(self.store.path(), place.failed(e)))?;
        let mut block = Vec::with_capacity(SUM + BLOCK);
        block.resize(SUM, 0);
        let copy = Copy { reader: flow.reader, place, file: Arc::new(file), block, len: 0, ended: false };
        let copy = Arc::new(Mutex::new(copy));
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

impl CopyPlace {
    #[cold]
    pub(super) fn failed(&self, error: io::Error) -> io::Error {
        let failed = Failed { folder: self.folder.clone(), error, instead: Some(self.instead) };
        io::Error::new(failed.error.kind(), failed)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (error, folder) = (&self.error, self.folder.display());
        match self.instead {
            Some(instead) => write!(
                f,
                "the copy that is kept in {folder}, because it is read twice, can't be written: {error}\n  {instead}"
            ),
            None => write!(f, "the copy that is kept in {folder}, because it is read twice, can't be read: {error}"),
        }
    }
}

impl std::error::Error for Failed {}

impl Copy {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let len = self.reader.read(bytes)?;
        if len == 0 && !bytes.is_empty() && !self.ended {
            self.ended = true;
            self.flush()?;
        }
        let mut rest = &bytes[..len];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(SUM + BLOCK - self.block.len()));
            self.block.extend_from_slice(now);
            rest = later;
            if self.block.len() == SUM + BLOCK {
                self.flush()?;
            }
        }
        Ok(len)
    }

    /// Writes the block.
    fn flush(&mut self) -> io::Result<()> {
        let len = self.block.len() - SUM;
        let number = self.len / BLOCK as u64;
        let (sum, bytes) = self.block.split_at_mut(SUM);
        sum.copy_from_slice(&checksum(number, bytes).to_le_bytes());
        write_all_at(&self.file, &self.block, start(number)).map_err(|e| self.place.failed(e))?;
        self.len += len as u64;
        self.block.truncate(SUM);
        Ok(())
    }

    /// Reads what nobody has read.
    fn rest(&mut self) -> io::Result<()> {
        let mut room = vec![0; if self.ended { 0 } else { BLOCK }];
        while !self.ended {
            match self.read(&mut room) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Where a block begins in the file.
pub(super) fn start(number: u64) -> u64 {
    number * (SUM + BLOCK) as u64
}

/// Of a block with this number: it is not what another one has.
pub(super) fn checksum(number: u64, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(number as u32);
    hasher.update(bytes);
    hasher.finalize()
}

/// Keeps what it reads.
struct Kept(Arc<Mutex<Copy>>);

impl Read for Kept {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        lock(&self.0).read(bytes)
    }
}

/// Reads the blocks of a copy.
pub(super) struct Again {
    pub file: Arc<File>,
    folder: PathBuf,
    /// How many blocks have room in the file: others take the places of those before them.
    pub slots: u64,
    /// The block that was read last, with its checksum, and its number.
    block: Vec<u8>,
    number: Option<u64>,
}

impl Again {
    /// The blocks of a file in this folder.
    pub fn new(file: impl Into<Arc<File>>, folder: PathBuf, slots: u64) -> Again {
        Again { file: file.into(), folder, slots, block: Vec::new(), number: None }
    }

    #[cold]
    pub(super) fn failed(&self, error: io::Error) -> io::Error {
        let failed = Failed { folder: self.folder.clone(), error, instead: None };
        // No reader takes that for bad data.
        io::Error::other(failed)
    }

    /// Reads a block, all of whose bytes have to be there; `end` is where the copy ends.
    fn block(&mut self, number: u64, end: u64) -> io::Result<()> {
        self.number = None;
        let len = (end - number * BLOCK as u64).min(BLOCK as u64) as usize;
        self.block.resize(SUM + len, 0);
        let changed = || {
            io::Error::other(
                "what was written there is not what is read: the disk is faulty, or somebody changed the file",
            )
        };
        let from = start(number % self.slots);
        read_exact_at(&self.file, &mut self.block, from).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.failed(changed()),
            _ => self.failed(error),
        })?;
        let (sum, bytes) = self.block.split_at(SUM);
        match checksum(number, bytes).to_le_bytes() == sum {
            true => self.number = Some(number),
            false => return Err(self.failed(changed())),
        }
        Ok(())
    }

    /// Copies bytes from `at` on, which is before `end`, where the copy ends.
    ///
    /// # Errors
    /// They can't be read, or are not those that were written.
    pub fn copy(&mut self, at: u64, end: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let number = at / BLOCK as u64;
        if self.number != Some(number) {
            self.block(number, end)?;
        }
        let from = SUM + (at % BLOCK as u64) as usize;
        let most = (end - at).min((self.block.len() - from) as u64) as usize;
        let len = most.min(bytes.len());
        bytes[..len].copy_from_slice(&self.block[from..from + len]);
        Ok(len)
    }
}

/// Reads a copy from `at` to `end`.
struct AgainFrom {
    again: Again,
    at: u64,
    end: u64,
}

impl Read for AgainFrom {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.end || bytes.is_empty() {
            return Ok(0);
        }
        let len = self.again.copy(self.at, self.end, bytes)?;
        self.at += len as u64;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe with these bytes, a few of which come at a time.
    struct Pipe(Vec<u8>, usize);

    struct Drip(io::Cursor<Vec<u8>>, usize);

    impl Read for Drip {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let most = bytes.len().min(self.1);
            self.0.read(&mut bytes[..most])
        }
    }

    impl Store for Pipe {
        fn path(&self) -> &Path {
            Path::new("-")
        }

        fn open(&mut self, _range: Range<u64>, _stop: Option<&Stop>) -> Result<Flow> {
            let reader = Drip(io::Cursor::new(std::mem::take(&mut self.0)), self.1);
            Ok(Flow { reader: Box::new(reader), soon: None })
        }
    }

    fn place() -> CopyPlace {
        CopyPlace { folder: std::env::temp_dir(), instead: "" }
    }

    fn read(flow: Flow) -> io::Result<Vec<u8>> {
        let (mut reader, mut read) = (flow.reader, Vec::new());
        reader.read_to_end(&mut read).map(|_| read)
    }

    #[test]
    fn it_is_the_same_again() {
        for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 200_001] {
            for step in [1000, BLOCK, BLOCK + 7, usize::MAX] {
                let bytes: Vec<u8> = (0..len).map(|at| (at * 31 % 251) as u8).collect();
                let mut spooled = Spooled::new(Box::new(Pipe(bytes.clone(), step)), place());
                let first = spooled.open(ALL, None).unwrap().reader.take(len as u64 / 3);
                assert!(read(Flow { reader: Box::new(first), soon: None }).unwrap() == bytes[..len / 3]);
                for from in [0, len / 2, len] {
                    let again = spooled.open(from as u64..u64::MAX, None).unwrap();
                    assert!(read(again).unwrap() == bytes[from..], "{len} {step} {from}");
                }
            }
        }
    }

    /// A changed byte, two blocks that changed places, and an end that is gone.
    #[test]
    fn what_was_changed_is_not_given() {
        let bytes: Vec<u8> = (0..4 * BLOCK + 9).map(|at| (at % 253) as u8).collect();
        let changes: [fn(&File); 3] = [
            |file| write_all_at(file, b"?", start(1) + 77).unwrap(),
            |file| {
                let (mut one, mut two) = (vec![0; SUM + BLOCK], vec![0; SUM + BLOCK]);
                read_exact_at(file, &mut one, start(1)).unwrap();
                read_exact_at(file, &mut two, start(2)).unwrap();
                write_all_at(file, &two, start(1)).unwrap();
                write_all_at(file, &one, start(2)).unwrap();
            },
            |file| file.set_len(start(4) + 5).unwrap(),
        ];
        for change in changes {
            let mut spooled = Spooled::new(Box::new(Pipe(bytes.clone(), usize::MAX)), place());
            read(spooled.open(ALL, None).unwrap()).unwrap();
            change(&lock(spooled.copy.as_ref().unwrap()).file);
            let error = read(spooled.open(ALL, None).unwrap()).unwrap_err();
            assert!(error.to_string().contains("somebody changed the file"), "{error}");
        }
    }
}

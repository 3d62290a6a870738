//! A file that is read at any place.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use crate::sys::read_exact_at;

/// What a file is read from, at any place.
#[derive(Clone)]
pub(super) struct Input {
    pub file: Arc<File>,
    pub len: u64,
}

impl Input {
    pub fn new(file: File) -> io::Result<Input> {
        let len = file.metadata()?.len();
        Ok(Input { file: Arc::new(file), len })
    }
}

impl Length for Input {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Input {
    type T = BufReader<At>;

    fn get_read(&self, start: u64) -> ParquetResult<BufReader<At>> {
        Ok(BufReader::new(At { input: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if length as u64 > self.len.saturating_sub(start) {
            return Err(ParquetError::EOF(format!("{length} bytes at byte {start} are not there")));
        }
        let mut bytes = vec![0; length];
        read_exact_at(&self.file, &mut bytes, start)?;
        Ok(bytes.into())
    }
}

/// A file that is read from a place on.
pub(super) struct At {
    pub input: Input,
    pub at: u64,
}

impl Read for At {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = (self.input.len.saturating_sub(self.at)).min(bytes.len() as u64) as usize;
        read_exact_at(&self.input.file, &mut bytes[..count], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for At {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.input.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

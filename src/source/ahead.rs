//! What was read of a stream before its turn. It is in a temporary file, which has no name, until it is read again.

use std::env::temp_dir;
use std::io;

use super::spooled::{Again, BLOCK, CopyPlace, SUM, checksum, start};
use crate::sys::write_all_at;

/// Bytes that were read ahead.
pub(super) struct Ahead {
    again: Again,
    place: CopyPlace,
    /// The bytes after those of all whole blocks, with room for their checksum.
    last: Vec<u8>,
    /// How many bytes came in all, and how many of them were read again.
    end: u64,
    at: u64,
}

impl Ahead {
    /// Room for `most` bytes at a time.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn new(most: usize) -> io::Result<Ahead> {
        const INSTEAD: &str = "Set TMPDIR to a folder with more room, or raise ⟨memory_limit⟩.";
        let place = CopyPlace { folder: temp_dir(), instead: INSTEAD };
        let file = tempfile::tempfile_in(&place.folder).map_err(|e| place.failed(e))?;
        let mut last = Vec::with_capacity(SUM + BLOCK);
        last.resize(SUM, 0);
        let slots = (most / BLOCK) as u64 + 2;
        Ok(Ahead { again: Again::new(file, place.folder.clone(), slots), place, last, end: 0, at: 0 })
    }

    /// Whether everything was read again.
    pub fn is_empty(&self) -> bool {
        self.at == self.end
    }

    /// How many bytes were not.
    pub fn len(&self) -> u64 {
        self.end - self.at
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// They can't be written.
    pub fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(SUM + BLOCK - self.last.len()));
            self.last.extend_from_slice(now);
            self.end += now.len() as u64;
            bytes = later;
            if self.last.len() == SUM + BLOCK {
                let number = self.end / BLOCK as u64 - 1;
                let (sum, block) = self.last.split_at_mut(SUM);
                sum.copy_from_slice(&checksum(number, block).to_le_bytes());
                let to = start(number % self.again.slots);
                write_all_at(&self.again.file, &self.last, to).map_err(|e| self.place.failed(e))?;
                self.last.truncate(SUM);
            }
        }
        Ok(())
    }

    /// Copies bytes that are `from` bytes after the next one; none at the end.
    ///
    /// # Errors
    /// They can't be read, or are not those that were written.
    pub fn look(&mut self, from: u64, bytes: &mut [u8]) -> io::Result<usize> {
        let (at, whole) = (self.at + from, self.end - (self.last.len() - SUM) as u64);
        if at < whole {
            return self.again.copy(at, whole, bytes);
        }
        let rest = &self.last[SUM + ((at - whole) as usize).min(self.last.len() - SUM)..];
        let len = rest.len().min(bytes.len());
        bytes[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    /// The next bytes; none at the end.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let len = self.look(0, bytes)?;
        self.at += len as u64;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte number `at` of all.
    fn byte(at: u64) -> u8 {
        (at * 31 % 251) as u8
    }

    /// Bytes come and go, in pieces of other sizes; the file is used again and again.
    #[test]
    fn bytes_come_out_as_they_went_in() {
        let most = 5 * BLOCK;
        let mut ahead = Ahead::new(most).unwrap();
        let (mut pushed, mut read) = (0u64, 0u64);
        let mut room = vec![0; 3 * BLOCK];
        for round in 0..60usize {
            let len = (round * 7919 * 13 % (2 * BLOCK)).min(most - (pushed - read) as usize);
            let bytes: Vec<u8> = (pushed..pushed + len as u64).map(byte).collect();
            ahead.push(&bytes).unwrap();
            pushed += len as u64;
            assert_eq!((ahead.len(), ahead.is_empty()), (pushed - read, pushed == read));
            for from in [0, 1, (pushed - read) / 2, pushed - read] {
                let size = room.len().min(1 + round * 1000);
                let len = ahead.look(from, &mut room[..size]).unwrap();
                assert_eq!(len == 0, from >= pushed - read);
                assert!((read + from..).zip(&room[..len]).all(|(at, found)| byte(at) == *found), "{round} {from}");
            }
            let mut left = round * 104_729 % (2 * BLOCK);
            while left > 0 {
                let len = ahead.read(&mut room[..left]).unwrap();
                assert!((read..).zip(&room[..len]).all(|(at, found)| byte(at) == *found), "{round}");
                if len == 0 {
                    break;
                }
                (read, left) = (read + len as u64, left - len);
            }
        }
        assert!(read > 3 * most as u64, "{read}");
    }

    #[test]
    fn what_was_changed_is_not_given() {
        let mut ahead = Ahead::new(BLOCK).unwrap();
        ahead.push(&vec![7; 2 * BLOCK]).unwrap();
        write_all_at(&ahead.again.file, b"?", start(1) + 77).unwrap();
        let mut room = vec![0; BLOCK];
        assert_eq!(ahead.read(&mut room).unwrap(), BLOCK);
        let error = ahead.read(&mut room).unwrap_err();
        assert!(error.to_string().contains("somebody changed the file"), "{error}");
    }
}

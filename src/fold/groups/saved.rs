//! States as bytes, for runs on disk.

use std::io;

use crate::error::{Error, Result};
use crate::fold::groups::at::At;
use crate::spill::RunWriter;

/// Takes the bytes of states: it counts them, or writes them as the body of an entry.
pub(super) struct Out<'w> {
    pub len: usize,
    writer: Option<&'w mut RunWriter>,
}

impl<'w> Out<'w> {
    /// Counts bytes.
    pub fn counting() -> Out<'static> {
        Out { len: 0, writer: None }
    }

    /// Writes them, as many as were counted.
    pub fn writing(writer: &'w mut RunWriter) -> Out<'w> {
        Out { len: 0, writer: Some(writer) }
    }

    /// Takes bytes.
    ///
    /// # Errors
    /// Io: they can't be written.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.len += bytes.len();
        match &mut self.writer {
            Some(writer) => writer.put(bytes),
            None => Ok(()),
        }
    }

    /// Takes a number.
    pub fn number(&mut self, number: u64) -> Result<()> {
        self.put(&number.to_le_bytes())
    }

    /// Takes the place of a record.
    pub fn at(&mut self, at: At) -> Result<()> {
        self.number(at.slice)?;
        self.number(at.record)
    }

    /// Takes bytes and their number.
    pub fn text(&mut self, text: &[u8]) -> Result<()> {
        self.put(&(text.len() as u32).to_le_bytes())?;
        self.put(text)
    }
}

/// Bytes of states that were written.
pub(super) struct Saved<'b>(pub &'b [u8]);

impl<'b> Saved<'b> {
    /// The next bytes.
    ///
    /// # Errors
    /// Io: there are fewer.
    #[inline]
    pub fn bytes(&mut self, len: usize) -> Result<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len).ok_or_else(not_whole)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// The next bytes, of which there are always as many.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or_else(not_whole)?;
        self.0 = rest;
        Ok(*bytes)
    }

    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub fn number(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn at(&mut self) -> Result<At> {
        Ok(At { slice: self.number()?, record: self.number()? })
    }

    pub fn text(&mut self) -> Result<&'b [u8]> {
        let len = u32::from_le_bytes(self.array()?);
        self.bytes(len as usize)
    }
}

#[cold]
fn not_whole() -> Error {
    let error = io::Error::new(io::ErrorKind::InvalidData, "a group that was written there is not whole");
    Error::io("read", "groups on disk", error)
}

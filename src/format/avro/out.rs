//! Where the data of a record goes.

use crate::error::Error;
use crate::record::{LossyKind, Output, varint};

/// Takes the data of a record.
pub(super) trait Out {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// Counts something that can't be written.
    fn lose(&mut self, kind: LossyKind);

    #[inline(always)]
    fn long(&mut self, number: i64) -> Result<(), Error> {
        let mut room = [0; varint::LONGEST];
        let len = varint::put_signed(number, &mut room);
        self.put(&room[..len])
    }

    /// Bytes with their length before them.
    #[inline(always)]
    fn run(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.long(bytes.len() as i64)?;
        self.put(bytes)
    }
}

/// The most of a record that is kept.
const KEPT: usize = 256 << 10;

/// The data of a record, or only its length if it is long.
pub(super) struct Room {
    bytes: Vec<u8>,
    len: usize,
}

impl Room {
    /// For records of any length: what they do not use takes no memory, and nothing is allocated later.
    pub fn new() -> Room {
        Room { bytes: Vec::with_capacity(KEPT), len: 0 }
    }

    /// The same room, empty, for the next record. What is left has no room until it is put back.
    pub fn take(&mut self) -> Room {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        Room { bytes, len: 0 }
    }

    /// How long the record is.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The data; none: it is too long to be kept.
    pub fn kept(&self) -> Option<&[u8]> {
        (self.bytes.len() == self.len).then_some(&self.bytes)
    }
}

/// Fills a room.
pub(super) struct Filling<'o, 'w> {
    pub room: &'o mut Room,
    pub output: &'o mut Output<'w>,
}

impl Out for Filling<'_, '_> {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let room = &mut *self.room;
        if room.bytes.len() == room.len && room.len + bytes.len() <= KEPT {
            room.bytes.extend_from_slice(bytes);
        }
        room.len += bytes.len();
        Ok(())
    }

    #[inline(always)]
    fn long(&mut self, number: i64) -> Result<(), Error> {
        let mut longest = [0; varint::LONGEST];
        let len = varint::put_signed(number, &mut longest);
        let room = &mut *self.room;
        if room.bytes.len() == room.len && room.len + longest.len() <= KEPT {
            // Copying a fixed number of bytes is faster than copying just those.
            room.bytes.extend_from_slice(&longest);
            room.len += len;
            room.bytes.truncate(room.len);
            return Ok(());
        }
        self.put(&longest[..len])
    }

    fn lose(&mut self, kind: LossyKind) {
        self.output.lose(kind);
    }
}

/// Writes a record whose length is known, for the second time.
pub(super) struct Again<'o, 'w>(pub &'o mut Output<'w>);

impl Out for Again<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.put(bytes)
    }

    fn lose(&mut self, _: LossyKind) {}
}

/// Tells whether a value is written without a loss.
#[derive(Default)]
pub(super) struct Probe {
    pub lost: bool,
}

impl Out for Probe {
    fn put(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn lose(&mut self, _: LossyKind) {
        self.lost = true;
    }
}

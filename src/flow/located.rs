//! Where records are, however they are read and whoever reads them.

use crate::record::Batch;

/// Where a record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The number of its source.
    pub source: u32,
    /// Where in the source it begins.
    pub offset: u64,
    /// Its number among those that a step made of one.
    pub part: u32,
}

impl Place {
    /// The length of its bytes.
    pub const BYTES: usize = 16;

    /// Bytes that are in the order of places.
    pub fn bytes(self) -> [u8; Place::BYTES] {
        let mut bytes = [0; Place::BYTES];
        bytes[..4].copy_from_slice(&self.source.to_be_bytes());
        bytes[4..12].copy_from_slice(&self.offset.to_be_bytes());
        bytes[12..].copy_from_slice(&self.part.to_be_bytes());
        bytes
    }

    /// The offset in bytes that were made so.
    pub fn offset_in(bytes: [u8; Place::BYTES]) -> u64 {
        let [_, _, _, _, offset @ .., _, _, _, _] = bytes;
        u64::from_be_bytes(offset)
    }
}

/// Finds the places of the records of a source, one after the other.
#[derive(Default)]
pub(crate) struct Places {
    last: Option<Place>,
}

impl Places {
    /// The place of a record; those before it in the batch come first.
    #[inline]
    pub fn of(&mut self, batch: &Batch<'_>, record: usize) -> Place {
        let before = batch.before();
        let (source, offset) = (before.number, before.offset + batch.span(record).start as u64);
        let part = match self.last {
            Some(last) if (last.source, last.offset) == (source, offset) => last.part + 1,
            _ => 0,
        };
        let place = Place { source, offset, part };
        self.last = Some(place);
        place
    }
}

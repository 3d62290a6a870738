//! Where messages are written.

use super::fault::Fail;
use super::wire::width_of;
use crate::record::{Output, varint};

/// Where the bytes of messages go. The length of a message comes before it.
pub trait Sink {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Fail>;

    /// Begins a message, whose length is not known.
    fn begin(&mut self) -> Result<usize, Fail>;

    /// Ends the message that gave this number when it began.
    fn end(&mut self, begun: usize) -> Result<(), Fail>;

    /// Appends a number.
    #[inline(always)]
    fn varint(&mut self, number: u64) -> Result<(), Fail> {
        if number < 0x80 {
            return self.put(&[number as u8]);
        }
        let mut room = [0; 10];
        let len = varint::put(number, &mut room);
        self.put(&room[..len])
    }
}

/// A place with this much room. A message is moved if its length takes more than one byte.
pub struct Room<'r> {
    /// The place.
    pub room: &'r mut [u8],
    /// How much of it is filled.
    pub len: usize,
}

impl Sink for Room<'_> {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Fail> {
        match self.room.get_mut(self.len..self.len + bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.len += bytes.len();
                Ok(())
            }
            None => Err(Fail::Full),
        }
    }

    #[inline(always)]
    fn begin(&mut self) -> Result<usize, Fail> {
        self.put(&[0])?;
        Ok(self.len)
    }

    #[inline(always)]
    fn end(&mut self, begun: usize) -> Result<(), Fail> {
        let len = self.len - begun;
        if len < 0x80 {
            self.room[begun - 1] = len as u8;
            return Ok(());
        }
        let more = width_of(len as u64) - 1;
        if self.len + more > self.room.len() {
            return Err(Fail::Full);
        }
        self.room.copy_within(begun..self.len, begun + more);
        self.len += more;
        let mut place = [0; 10];
        let width = varint::put(len as u64, &mut place);
        self.room[begun - 1..begun - 1 + width].copy_from_slice(&place[..width]);
        Ok(())
    }
}

/// Measures: how long everything is, and each message in it.
pub struct Measure<'l> {
    /// How long it is so far.
    pub len: usize,
    /// The lengths of messages, in the order in which they begin.
    pub lens: &'l mut Vec<usize>,
}

impl Sink for Measure<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Fail> {
        self.len += bytes.len();
        Ok(())
    }

    fn begin(&mut self) -> Result<usize, Fail> {
        self.lens.push(self.len);
        Ok(self.lens.len() - 1)
    }

    fn end(&mut self, begun: usize) -> Result<(), Fail> {
        let len = self.len - self.lens[begun];
        self.lens[begun] = len;
        self.len += width_of(len as u64);
        Ok(())
    }
}

/// Writes what was measured.
pub struct Again<'s, 'o, 'w> {
    /// Where to.
    pub output: &'o mut Output<'w>,
    /// The lengths of messages that begin from now on.
    pub lens: std::slice::Iter<'s, usize>,
}

impl Sink for Again<'_, '_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Fail> {
        Ok(self.output.put(bytes)?)
    }

    fn begin(&mut self) -> Result<usize, Fail> {
        let len = self.lens.next().copied().unwrap_or_default();
        self.varint(len as u64)?;
        Ok(0)
    }

    fn end(&mut self, _: usize) -> Result<(), Fail> {
        Ok(())
    }
}

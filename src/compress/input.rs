//! Compressed bytes on their way into a decoder.

use std::io::{self, ErrorKind, Read};

/// A reader with a buffer of fixed size that one can look ahead in.
pub(super) struct Input {
    reader: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Where `start` is in the file.
    offset: u64,
    ended: bool,
    /// The members so far promise that another one follows.
    pub promised: bool,
}

impl Input {
    pub fn new(reader: Box<dyn Read + Send>, buffer: usize) -> Input {
        Input {
            reader,
            buffer: vec![0; buffer].into_boxed_slice(),
            start: 0,
            end: 0,
            offset: 0,
            ended: false,
            promised: false,
        }
    }

    /// Nothing; takes no memory.
    pub fn none() -> Input {
        Input::new(Box::new(io::empty()), 0)
    }

    /// The offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What is buffered, which is empty at the end only; and whether nothing follows it.
    pub fn fill(&mut self) -> io::Result<(&[u8], bool)> {
        if self.start == self.end {
            self.more()?;
        }
        Ok((&self.buffer[self.start..self.end], self.ended))
    }

    /// Whether there is nothing more.
    pub fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.fill()?.0.is_empty())
    }

    /// The next `count` bytes, fewer at the end or if the buffer is not so large. They stay.
    pub fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        let count = count.min(self.buffer.len());
        while self.end - self.start < count && !self.ended {
            self.more()?;
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }

    /// Passes over bytes that were looked at.
    pub fn consume(&mut self, count: usize) {
        debug_assert!(count <= self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// The next byte; none at the end.
    pub fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.fill()?.0.first().copied();
        self.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    fn more(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while !self.ended && self.end < self.buffer.len() {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.end += count;
                    break;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Read for Input {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let (bytes, _) = self.fill()?;
        let count = bytes.len().min(output.len());
        output[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

//! A stream without its last lines: they are held back until more lines come.

use std::fmt;
use std::io::{self, Read};

use crate::scan::lines::Lines;

/// Gives what it reads, apart from the last lines.
pub(super) struct HeldBack {
    reader: Box<dyn Read + Send>,
    lines: Lines,
    count: u64,
    /// The most text that may be held back, in bytes.
    most: usize,
    buffer: Vec<u8>,
    /// What was given, and up to where something may be given.
    at: usize,
    free: usize,
    ended: bool,
}

/// How much is read at once at least.
const PIECE: usize = 64 << 10;

/// More has to be held back than there is room for.
#[derive(Debug)]
pub(crate) struct TooMuch {
    count: u64,
    most: usize,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooMuch { count, most } = self;
        write!(
            f,
            "⟨skip.footer⟩: the last {count} lines are longer than {most} bytes, the most that is held back of what is not mapped\n  Give the file itself, uncompressed, or raise ⟨memory_limit⟩."
        )
    }
}

impl std::error::Error for TooMuch {}

impl HeldBack {
    /// Without the last `count` lines, which have at most `most` bytes.
    pub fn new(reader: Box<dyn Read + Send>, lines: Lines, count: u64, most: usize) -> HeldBack {
        HeldBack { reader, lines, count, most, buffer: Vec::new(), at: 0, free: 0, ended: false }
    }

    /// Reads more, after everything free was given.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.at);
        let len = self.buffer.len();
        if len > self.most {
            return Err(io::Error::other(TooMuch { count: self.count, most: self.most }));
        }
        // What is held back is looked at again with what comes: so much has to be worth it.
        let more = len.max(PIECE);
        self.buffer.reserve_exact(more);
        self.buffer.resize(len + more, 0);
        let read = self.reader.read(&mut self.buffer[len..]);
        self.buffer.truncate(len + *read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        // Until the end a line counts when its line break is there.
        let whole = if self.ended { self.buffer.len() } else { ended_lines(&self.buffer, self.lines) };
        (self.at, self.free) = (0, lines_from(&self.buffer[..whole], self.lines, self.count));
        Ok(())
    }
}

impl Read for HeldBack {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.at == self.free {
            if self.ended || room.is_empty() {
                return Ok(0);
            }
            self.fill()?;
        }
        let len = room.len().min(self.free - self.at);
        room[..len].copy_from_slice(&self.buffer[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

/// Where the last line break ends for sure.
fn ended_lines(text: &[u8], lines: Lines) -> usize {
    let last = match (lines, text) {
        // A line feed may follow.
        (Lines::Breaks, [text @ .., b'\r']) => memchr::memrchr2(b'\n', b'\r', text),
        (Lines::Breaks, text) => memchr::memrchr2(b'\n', b'\r', text),
        (Lines::Feeds, text) => memchr::memrchr(b'\n', text),
    };
    last.map_or(0, |at| at + 1)
}

/// Where the last `count` lines of a text begin. What follows the last line break is a line, if it is anything.
pub(super) fn lines_from(text: &[u8], lines: Lines, count: u64) -> usize {
    let mut at = text.len();
    for _ in 0..count {
        // Its own line break does not count.
        let line = match (lines, &text[..at]) {
            (_, []) => return 0,
            (Lines::Breaks, [line @ .., b'\r', b'\n'] | [line @ .., b'\r' | b'\n']) => line,
            (_, [line @ .., b'\n']) => line,
            (_, line) => line,
        };
        at = match lines {
            Lines::Feeds => memchr::memrchr(b'\n', line),
            Lines::Breaks => memchr::memrchr2(b'\n', b'\r', line),
        }
        .map_or(0, |found| found + 1);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Drip(&'static [u8], usize);

    impl Read for Drip {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let len = self.1.min(room.len()).min(self.0.len());
            room[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    fn without(text: &'static str, lines: Lines, count: u64) -> String {
        let whole = text[..lines_from(text.as_bytes(), lines, count)].to_owned();
        for size in [1, 2, 3, 100] {
            let mut read = String::new();
            let mut reader = HeldBack::new(Box::new(Drip(text.as_bytes(), size)), lines, count, 1_000);
            reader.read_to_string(&mut read).unwrap();
            assert_eq!(read, whole, "{text:?} {size}");
        }
        whole
    }

    #[test]
    fn the_last_lines_are_left_out() {
        let breaks = |text, count| without(text, Lines::Breaks, count);
        assert_eq!(breaks("a\nb\nc\n", 1), "a\nb\n");
        assert_eq!(breaks("a\nb\nc", 1), "a\nb\n");
        assert_eq!(breaks("a\r\nb\rc\r\n", 1), "a\r\nb\r");
        assert_eq!(breaks("a\r\nb\rc\r\n", 2), "a\r\n");
        assert_eq!(breaks("a\n\n\n", 2), "a\n");
        assert_eq!(breaks("a\n", 1), "");
        assert_eq!(breaks("a\nb", 5), "");
        assert_eq!(breaks("", 1), "");
        assert_eq!(without("a\rb\nc\n", Lines::Feeds, 1), "a\rb\n");
    }

    #[test]
    fn no_more_is_held_back_than_there_is_room_for() {
        let mut reader = HeldBack::new(Box::new(io::repeat(b'x')), Lines::Feeds, 1, 100_000);
        let error = reader.read(&mut [0; 10]).unwrap_err();
        assert!(error.get_ref().is_some_and(|inner| inner.is::<TooMuch>()), "{error}");
    }
}

//! A stream without its last lines: they are held back until more lines come.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::scan::lines::Lines;

/// Gives what it reads, apart from the last lines.
pub(super) struct HeldBack {
    reader: Box<dyn Read + Send>,
    footer: Footer,
    buffer: Vec<u8>,
    /// What was given, and up to where something may be given.
    at: usize,
    free: usize,
    ended: bool,
}

/// What is left out at the end of a stream.
#[derive(Clone, Debug)]
pub(super) struct Footer {
    pub lines: Lines,
    /// How many lines.
    pub count: u64,
    /// After the last line break nothing is read: then this is how many bytes that are.
    pub unfinished: Option<Unfinished>,
    /// The most text that may be held back, in bytes.
    pub most: usize,
}

/// How many bytes are left out because they are no whole line; it is known when the source was read.
pub(crate) type Unfinished = Arc<AtomicU64>;

/// How much is read at once at least.
const PIECE: usize = 64 << 10;

/// More has to be held back than there is room for.
#[derive(Debug)]
pub(crate) struct TooMuch {
    most: usize,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.most;
        write!(
            f,
            "the lines that may be left out at the end are longer than {most} bytes, the most that is held back of what is not mapped\n  Give the file itself, uncompressed, or raise ⟨memory_limit⟩, or lower ⟨skip.footer⟩."
        )
    }
}

impl std::error::Error for TooMuch {}

impl HeldBack {
    /// Without what the footer says.
    pub fn new(reader: Box<dyn Read + Send>, footer: Footer) -> HeldBack {
        HeldBack { reader, footer, buffer: Vec::new(), at: 0, free: 0, ended: false }
    }

    /// Reads more, after everything free was given.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.at);
        let len = self.buffer.len();
        let Footer { lines, count, ref unfinished, most } = self.footer;
        if len > most {
            return Err(io::Error::other(TooMuch { most }));
        }
        // What is held back is looked at again with what comes: so much has to be worth it.
        let more = len.max(PIECE);
        self.buffer.reserve_exact(more);
        self.buffer.resize(len + more, 0);
        let read = self.reader.read(&mut self.buffer[len..]);
        self.buffer.truncate(len + *read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        // Until the end a line counts when its line break is there.
        let all = self.buffer.len();
        let whole = match (self.ended, unfinished) {
            (true, None) => all,
            (true, Some(left)) => {
                let whole = last_break(&self.buffer, lines);
                left.store((all - whole) as u64, Relaxed);
                whole
            }
            // A line feed may follow.
            (false, _) if self.buffer.ends_with(b"\r") => last_break(&self.buffer[..all - 1], lines),
            (false, _) => last_break(&self.buffer, lines),
        };
        (self.at, self.free) = (0, lines_from(&self.buffer[..whole], lines, count));
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

/// Where the last line break ends.
pub(super) fn last_break(text: &[u8], lines: Lines) -> usize {
    let last = match lines {
        Lines::Breaks => memchr::memrchr2(b'\n', b'\r', text),
        Lines::Feeds => memchr::memrchr(b'\n', text),
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
            let mut reader = HeldBack::new(
                Box::new(Drip(text.as_bytes(), size)),
                Footer { lines, count, unfinished: None, most: 1_000 },
            );
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
    fn a_line_without_an_end_is_left_out() {
        for (text, whole, count) in [("a\nb", "a\n", 0), ("a\nb\n", "a\nb\n", 0), ("ab", "", 0), ("a\nb\nc", "a\n", 1)]
        {
            for size in [1, 3, 100] {
                let left = Unfinished::default();
                let footer = Footer { lines: Lines::Breaks, count, unfinished: Some(left.clone()), most: 1_000 };
                let mut read = String::new();
                HeldBack::new(Box::new(Drip(text.as_bytes(), size)), footer).read_to_string(&mut read).unwrap();
                let unfinished = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
                assert_eq!((&*read, left.load(Relaxed)), (whole, unfinished as u64), "{text:?} {size}");
            }
        }
    }

    #[test]
    fn no_more_is_held_back_than_there_is_room_for() {
        let mut reader = HeldBack::new(
            Box::new(io::repeat(b'x')),
            Footer { lines: Lines::Feeds, count: 1, unfinished: None, most: 100_000 },
        );
        let error = reader.read(&mut [0; 10]).unwrap_err();
        assert!(error.get_ref().is_some_and(|inner| inner.is::<TooMuch>()), "{error}");
    }
}

//! Appending to a block with copies of constant size, which cost a fraction of copies of variable size.

use crate::scan::number::decimal;

/// Texts are copied in steps of this many bytes; what is copied beyond a text is overwritten by the next one.
const STEP: usize = 32;
/// Room needed after a record for such copies.
pub(super) const SLACK: usize = 2 * STEP;

/// Writes records into a block's memory.
pub(super) struct Pen<'b> {
    bytes: &'b mut Vec<u8>,
    at: usize,
}

impl<'b> Pen<'b> {
    /// A pen at the start of a block. What the block held before is overwritten.
    pub(super) fn new(bytes: &'b mut Vec<u8>) -> Pen<'b> {
        Pen { bytes, at: 0 }
    }

    /// How many bytes were written.
    #[inline]
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Makes room for a record of at most `longest` bytes.
    #[inline]
    pub(super) fn begin(&mut self, longest: usize) {
        if self.bytes.len() - self.at < longest + SLACK {
            let more = (longest + SLACK).max(self.bytes.len() / 2);
            self.bytes.resize(self.at + more, 0);
        }
    }

    /// Appends bytes whose number is known at compile time.
    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.part(bytes, N);
    }

    /// Appends the first `len` of these bytes.
    #[inline(always)]
    pub(super) fn part<const N: usize>(&mut self, bytes: &[u8; N], len: usize) {
        self.bytes[self.at..self.at + N].copy_from_slice(bytes);
        self.at += len;
    }

    /// Appends a text from a pool.
    #[inline(always)]
    pub(super) fn text(&mut self, text: &Text) {
        let mut done = 0;
        while done < text.len {
            let step = &text.bytes[done..done + STEP];
            self.bytes[self.at + done..self.at + done + STEP].copy_from_slice(step);
            done += STEP;
        }
        self.at += text.len;
    }

    /// Appends any bytes.
    #[inline]
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Appends a byte `count` times.
    #[inline]
    pub(super) fn fill(&mut self, byte: u8, count: usize) {
        self.bytes[self.at..self.at + count].fill(byte);
        self.at += count;
    }

    /// Appends a number.
    #[inline]
    pub(super) fn number(&mut self, n: u64) {
        // The digits end in the middle: after them is what the copy takes along.
        let mut text = [0; 40];
        let len = text.first_chunk_mut().map_or(0, |room| decimal(n, room).len());
        self.bytes[self.at..self.at + 20].copy_from_slice(&text[20 - len..40 - len]);
        self.at += len;
    }

    /// Leaves out `count` bytes, to be written later.
    #[inline]
    pub(super) fn leave(&mut self, count: usize) {
        self.at += count;
    }

    /// Writes bytes at `at` that were left out.
    #[inline]
    pub(super) fn write_at(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Moves everything after `from` so that it starts at `to`, a few bytes away.
    #[inline]
    pub(super) fn shift(&mut self, from: usize, to: usize) {
        let len = self.at - from;
        self.bytes.copy_within(from..from + len, to);
        self.at = to + len;
    }
}

/// A text from a pool, followed by bytes up to a whole number of steps.
pub(super) struct Text {
    bytes: Box<[u8]>,
    len: usize,
}

impl Text {
    pub(super) fn new(bytes: &[u8]) -> Text {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(STEP), 0);
        Text { bytes: padded.into(), len: bytes.len() }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// The length of the longest text in a pool.
pub(super) fn longest(texts: &[Text]) -> usize {
    texts.iter().map(Text::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_behind_the_other() {
        let mut memory = vec![b'#'; 300];
        for _ in 0..2 {
            let mut pen = Pen::new(&mut memory);
            pen.begin(500);
            for n in [0, 9, 10, 99, 100, 12345, u64::MAX] {
                pen.number(n);
                pen.put(b",");
            }
            for len in [0, 1, 31, 32, 33, 100] {
                pen.text(&Text::new(&vec![b'x'; len]));
                pen.part(b";abc", 1);
            }
            let at = pen.at();
            pen.leave(1);
            pen.bytes(b"end");
            pen.shift(at + 1, at + 2);
            pen.fill(b'.', 2);
            pen.write_at(at, b"<>");
            let end = pen.at();
            let x = |count| "x".repeat(count);
            let want =
                format!("0,9,10,99,100,12345,18446744073709551615,;x;{};{};{};{};<>end..", x(31), x(32), x(33), x(100));
            assert_eq!(std::str::from_utf8(&memory[..end]).unwrap(), want);
        }
    }
}

//! Lines, words, characters and bytes, as GNU `wc -lwmc` counts them in a UTF-8 locale.
//!
//! The rules are those of coreutils 9.1 (`src/wc.c`, the branch for multibyte locales) on glibc 2.36:
//!
//! * A line is a line feed; a byte is a byte.
//! * A character is a sequence that `mbrtowc` takes. That is UTF-8 and, in glibc, also the old forms of
//!   four to six bytes for values above U+10FFFF. A byte that begins no such sequence is no character and
//!   neither begins nor ends a word.
//! * White space and no-break spaces end a word, printable characters begin or continue one; all others
//!   (controls, unassigned code points) do neither.
//!
//! There is one difference: `wc` reads 16 KiB at a time, and when an invalid sequence lies across the end
//! of such a piece it overlooks the byte after it. Here counts don't depend on where the pieces end.
//!
//! Text is checked in chunks that stay in the first-level cache; valid chunks go through vector code
//! that makes one bit of each byte and counts with bit operations, others through a plain loop.

mod block;
mod class;
mod counts;
mod scalar;

#[cfg(test)]
mod tests;

use super::vector::Unit;
use block::{Count, State};
pub use counts::Counts;
use counts::LONGEST;

/// The counts of a piece of text, and what is needed to join it to its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SliceCount {
    /// The counts of the piece, as if it stood alone.
    pub counts: Counts,
    /// Whether the first character that begins or ends words is part of a word; none if there is none.
    starts_in_word: Option<bool>,
    /// Whether a word continues if a word character follows.
    ends_in_word: bool,
}

impl SliceCount {
    /// Adds the piece that follows. Exact if no character lies across the cut, as after any ASCII byte.
    pub fn merge(&mut self, next: &SliceCount) {
        self.counts.add(&next.counts);
        if self.ends_in_word && next.starts_in_word == Some(true) {
            self.counts.words -= 1;
        }
        if next.starts_in_word.is_some() {
            self.ends_in_word = next.ends_in_word;
        }
        self.starts_in_word = self.starts_in_word.or(next.starts_in_word);
    }
}

/// How many bytes of text are checked at a time: at most half of a first-level cache, so that they are read from memory
/// only once.
const CHUNK: usize = 8 << 10;

/// Counts a piece of text that was cut between characters.
pub fn count_slice(bytes: &[u8]) -> SliceCount {
    count_with(Unit::get(), bytes)
}

/// [`count_slice`] with chosen instructions.
pub(crate) fn count_with(unit: Unit, bytes: &[u8]) -> SliceCount {
    let mut state = State::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(chunk_end(rest));
        match simdutf8::basic::from_utf8(chunk) {
            Ok(text) => unit.run(Count { text, state: &mut state }),
            Err(_) => scalar::count(chunk, &mut state),
        }
        rest = behind;
    }
    SliceCount {
        counts: Counts { bytes: bytes.len() as u64, ..state.counts },
        starts_in_word: state.first,
        ends_in_word: state.in_word == 1,
    }
}

/// Where the first chunk of `bytes` ends: never inside a character.
fn chunk_end(bytes: &[u8]) -> usize {
    if bytes.len() <= CHUNK {
        return bytes.len();
    }
    let is_inner = |at: &usize| bytes[*at] & 0xc0 == 0x80;
    // After a run of more continuation bytes than any character has, no character goes on.
    (CHUNK + 1 - LONGEST..=CHUNK).rev().find(|at| !is_inner(at)).unwrap_or(CHUNK)
}

/// Counts a text that comes in pieces cut anywhere.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    total: SliceCount,
    /// The beginning of a character whose end has not come yet.
    pending: [u8; LONGEST],
    pending_len: usize,
}

impl Counter {
    /// A counter at zero.
    pub fn new() -> Counter {
        Counter::default()
    }

    /// Counts the next piece.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        if self.pending_len > 0 {
            bytes = self.complete(bytes);
        }
        let (whole, part) = bytes.split_at(bytes.len() - scalar::unfinished(bytes));
        self.total.merge(&count_slice(whole));
        self.pending[..part.len()].copy_from_slice(part);
        self.pending_len += part.len();
    }

    /// Adds to the pending character what belongs to it, and counts it when nothing is missing.
    fn complete<'b>(&mut self, mut bytes: &'b [u8]) -> &'b [u8] {
        let needed = scalar::sequence_len(self.pending[0]);
        while let [first, rest @ ..] = bytes
            && self.pending_len < needed
            && first & 0xc0 == 0x80
        {
            self.pending[self.pending_len] = *first;
            self.pending_len += 1;
            bytes = rest;
        }
        if self.pending_len == needed || !bytes.is_empty() {
            let pending = count_slice(&self.pending[..self.pending_len]);
            self.total.merge(&pending);
            self.pending_len = 0;
        }
        bytes
    }

    /// The counts so far, as if the text ended here.
    pub fn counts(&self) -> Counts {
        let Counts { lines, words, chars, bytes } = self.total.counts;
        // The beginning of a character is no character.
        Counts { lines, words, chars, bytes: bytes + self.pending_len as u64 }
    }
}

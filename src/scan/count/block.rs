//! Counting with one bit for each byte, 64 bytes at a time.

use super::class::{Class, SUSPECTS, class};
use super::counts::Counts;
use crate::scan::vector::{Vector, Work};

/// How many bytes make a block.
pub(super) const BLOCK: usize = 64;

/// The state of counting between two blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// The counts; `bytes` is not used.
    pub counts: Counts,
    /// The first character that is a word character (true) or a space.
    pub first: Option<bool>,
    /// 1 inside a word.
    pub in_word: u64,
}

/// Counts valid UTF-8.
pub(super) struct Count<'t> {
    pub text: &'t str,
    pub state: &'t mut State,
}

impl Work for Count<'_> {
    type Out = ();

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) {
        let (bytes, state) = (self.text.as_bytes(), self.state);
        let mut at = 0;
        while let Some((block, next)) = window(bytes, at) {
            count_block(vector, [block, next], &bytes[at..], state);
            at += BLOCK;
        }
        // Continuation bytes count as nothing, so the last block is padded with them.
        let mut last = [0x80; BLOCK + 1];
        last[..bytes.len() - at].copy_from_slice(&bytes[at..]);
        if let Some((block, next)) = window(&last, 0) {
            count_block(vector, [block, next], &bytes[at..], state);
        }
    }
}

/// The block at `at` and the one a byte further on.
#[inline(always)]
fn window(bytes: &[u8], at: usize) -> Option<(&[u8; BLOCK], &[u8; BLOCK])> {
    let window = bytes.get(at..at + BLOCK + 1)?;
    Some((window.first_chunk()?, window.last_chunk()?))
}

/// Counts the block that `bytes` begin with; it is given with the block a byte further on.
#[inline(always)]
fn count_block<V: Vector>(vector: V, [block, next]: [&[u8; BLOCK]; 2], bytes: &[u8], state: &mut State) {
    let block = vector.load(block);
    let (mut words, mut spaces) =
        (vector.within(block, 33, 94), vector.within(block, 9, 5) | vector.equal(block, b' '));
    let mut chars = BLOCK as u32;
    let high = vector.high(block);
    if high != 0 {
        let leads = high & !vector.below(block, 0xc0);
        chars -= (high & !leads).count_ones();
        words |= leads;
        // Leads of characters that may be other than word characters.
        let suspects = vector.pairs(block, vector.load(next), &SUSPECTS);
        if suspects != 0 {
            (words, spaces) = settle(suspects, words, spaces, bytes);
        }
    }
    state.counts.chars += chars as u64;
    state.counts.lines += vector.equal(block, b'\n').count_ones() as u64;
    count_words(words, spaces, state);
}

/// Counts where words begin, given word characters and spaces; all other bytes change nothing.
#[inline(always)]
fn count_words(words: u64, spaces: u64, state: &mut State) {
    let neither = !(words | spaces);
    // After a word character, the carry of an addition runs through the bytes that change nothing.
    let behind = (words << 1 | state.in_word) & neither;
    let inside = words | neither & !neither.wrapping_add(behind);
    let before = inside << 1 | state.in_word;
    state.counts.words += (words & !before).count_ones() as u64;
    state.in_word = inside >> 63;
    if state.first.is_none() && neither != u64::MAX {
        state.first = Some(words >> neither.trailing_ones() & 1 == 1);
    }
}

/// Looks at each suspect and takes it out of the words if it is none.
fn settle(mut suspects: u64, mut words: u64, mut spaces: u64, bytes: &[u8]) -> (u64, u64) {
    while suspects != 0 {
        let at = suspects.trailing_zeros() as usize;
        let bit = suspects & suspects.wrapping_neg();
        suspects ^= bit;
        match class(decode(&bytes[at..])) {
            Class::Word => {}
            Class::Space => (words, spaces) = (words & !bit, spaces | bit),
            Class::Neither => words &= !bit,
        }
    }
    (words, spaces)
}

/// The code point of a valid sequence of two to four bytes.
#[inline]
fn decode(bytes: &[u8]) -> u32 {
    let inner = |byte: u8| (byte & 0x3f) as u32;
    match *bytes {
        [a @ 0xf0..=0xff, b, c, d, ..] => (a as u32 & 7) << 18 | inner(b) << 12 | inner(c) << 6 | inner(d),
        [a @ 0xe0..=0xef, b, c, ..] => (a as u32 & 15) << 12 | inner(b) << 6 | inner(c),
        [a, b, ..] => (a as u32 & 31) << 6 | inner(b),
        _ => 0,
    }
}

//! Counting with one bit for each byte, 64 bytes at a time: the part that all kernels share.

use super::class::{Class, SUSPECTS, class};
use super::counts::Counts;

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

/// Masks of a block of valid UTF-8, one bit for each byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Masks {
    /// Line feeds.
    pub lines: u64,
    /// ASCII white space.
    pub spaces: u64,
    /// ASCII word characters.
    pub words: u64,
    /// Bytes that are not ASCII.
    pub high: u64,
}

/// The bytes of a block that are not ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct High {
    /// Continuation bytes: 80 to BF.
    pub inner: u64,
    /// Leads of characters that may be other than word characters.
    pub suspects: u64,
}

/// Makes masks of blocks.
pub(super) trait Classify {
    /// The masks of a block.
    ///
    /// # Safety
    /// The processor must have what the kernel needs.
    unsafe fn masks(block: &[u8; BLOCK]) -> Masks;

    /// More masks of a block with bytes that are not ASCII; `next` is the block moved on by one byte.
    ///
    /// # Safety
    /// The processor must have what the kernel needs.
    unsafe fn high(block: &[u8; BLOCK], next: &[u8; BLOCK]) -> High;
}

/// Counts valid UTF-8.
///
/// # Safety
/// The processor must have what the kernel `C` needs.
#[inline(always)]
pub(super) unsafe fn count<C: Classify>(text: &str, state: &mut State) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some((block, next)) = window(bytes, at) {
        // SAFETY: the caller answers for the processor.
        unsafe { count_block::<C>(block, next, bytes, at, state) };
        at += BLOCK;
    }
    // Continuation bytes count as nothing, so the last block is padded with them.
    let mut last = [0x80; BLOCK + 1];
    last[..bytes.len() - at].copy_from_slice(&bytes[at..]);
    if let Some((block, next)) = window(&last, 0) {
        // SAFETY: as above.
        unsafe { count_block::<C>(block, next, bytes, at, state) };
    }
}

/// The block at `at` and the one a byte further on.
#[inline(always)]
fn window(bytes: &[u8], at: usize) -> Option<(&[u8; BLOCK], &[u8; BLOCK])> {
    let window = bytes.get(at..at + BLOCK + 1)?;
    Some((window.first_chunk()?, window.last_chunk()?))
}

/// Counts the block at `at` of `bytes`.
///
/// # Safety
/// The processor must have what the kernel `C` needs.
#[inline(always)]
unsafe fn count_block<C: Classify>(
    block: &[u8; BLOCK],
    next: &[u8; BLOCK],
    bytes: &[u8],
    at: usize,
    state: &mut State,
) {
    // SAFETY: the caller answers for the processor.
    let masks = unsafe { C::masks(block) };
    let (mut words, mut spaces) = (masks.words, masks.spaces);
    let mut chars = BLOCK as u32;
    if masks.high != 0 {
        // SAFETY: as above.
        let high = unsafe { C::high(block, next) };
        chars -= high.inner.count_ones();
        words |= masks.high & !high.inner;
        if high.suspects != 0 {
            (words, spaces) = settle(high.suspects, words, spaces, &bytes[at..]);
        }
    }
    state.counts.chars += chars as u64;
    state.counts.lines += masks.lines.count_ones() as u64;
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

/// Eight bytes in a register.
struct Portable;

const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

const fn each(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// The high bit of each byte that is at least `least`, for bytes below 0x80.
#[inline(always)]
fn at_least(low: u64, least: u8) -> u64 {
    low.wrapping_add(each(0x80 - least))
}

/// The high bits of eight bytes as eight bits, first byte lowest.
#[inline(always)]
fn gather(high: u64) -> u64 {
    (high >> 7 & each(1)).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

impl Classify for Portable {
    #[inline(always)]
    unsafe fn masks(block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks::default();
        for (index, eight) in block.as_chunks::<8>().0.iter().enumerate() {
            let bytes = u64::from_le_bytes(*eight);
            let (low, shift) = (bytes & LOW, index * 8);
            let spaces = (at_least(low, 9) & !at_least(low, 14)) | (at_least(low, 32) & !at_least(low, 33));
            masks.lines |= gather(at_least(low, 10) & !at_least(low, 11) & !bytes) << shift;
            masks.spaces |= gather(spaces & !bytes) << shift;
            masks.words |= gather(at_least(low, 33) & !at_least(low, 127) & !bytes) << shift;
            masks.high |= gather(bytes) << shift;
        }
        masks
    }

    #[inline(always)]
    unsafe fn high(block: &[u8; BLOCK], next: &[u8; BLOCK]) -> High {
        let mut high = High::default();
        for (index, (byte, next)) in block.iter().zip(next).enumerate() {
            let quarter = (next >> 4 & 3) + 4 * (byte >> 4 & 1);
            let table = &SUSPECTS[(*byte >= 0xe0) as usize];
            let suspect = *byte >= 0xc0 && table[*byte as usize & 15] >> quarter & 1 == 1;
            high.inner |= ((byte & 0xc0 == 0x80) as u64) << index;
            high.suspects |= (suspect as u64) << index;
        }
        high
    }
}

/// Counts valid UTF-8 on any processor.
pub(super) fn count_portable(text: &str, state: &mut State) {
    // SAFETY: this kernel needs nothing of the processor.
    unsafe { count::<Portable>(text, state) }
}

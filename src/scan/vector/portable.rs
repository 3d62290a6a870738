//! Plain Rust: the specification of the other families, and the fallback where they can't run.

use super::work::{Pairs, Vector, goes_on};

/// Any processor.
#[derive(Clone, Copy)]
pub struct Portable;

/// First a byte of 0 or 1 for each byte, which compilers turn into vector instructions, then eight of those at a time
/// to bits by one multiplication.
#[inline(always)]
fn mask<const N: usize>(bytes: &[u8; N], test: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0u8; N];
    for (flag, byte) in flags.iter_mut().zip(bytes) {
        *flag = u8::from(test(*byte));
    }
    let mut bits = 0;
    for (index, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= gathered << (8 * index);
    }
    bits
}

#[inline(always)]
fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut block = [0; N];
    block[..bytes.len()].copy_from_slice(bytes);
    block
}

impl Vector for Portable {
    type Block = [u8; 64];
    type Short = [u8; 32];

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> [u8; 64] {
        *bytes
    }
    #[inline(always)]
    fn load_part(self, bytes: &[u8]) -> [u8; 64] {
        padded(bytes)
    }
    #[inline(always)]
    fn store(self, block: [u8; 64], into: &mut [u8; 64]) {
        *into = block;
    }
    #[inline(always)]
    fn equal(self, block: [u8; 64], byte: u8) -> u64 {
        mask(&block, |b| b == byte)
    }
    #[inline(always)]
    fn one_of(self, block: [u8; 64], [x, y, z]: [u8; 3]) -> u64 {
        mask(&block, |b| (b == x) | (b == y) | (b == z))
    }
    #[inline(always)]
    fn below(self, block: [u8; 64], byte: u8) -> u64 {
        mask(&block, |b| b < byte)
    }
    #[inline(always)]
    fn within(self, block: [u8; 64], first: u8, count: u8) -> u64 {
        mask(&block, |b| b.wrapping_sub(first) < count)
    }
    #[inline(always)]
    fn high(self, block: [u8; 64]) -> u64 {
        mask(&block, |b| b >= 0x80)
    }
    #[inline(always)]
    fn pairs(self, block: [u8; 64], next: [u8; 64], pairs: &Pairs) -> u64 {
        let half = |table: &[u8; 16], half: u8| table[usize::from(half & 15)];
        let found = |(byte, next): (u8, u8)| {
            let [two, more] = [0, 1].map(|row| half(&pairs.low[row], byte) & half(&pairs.high[row], byte >> 4));
            (two | more) & half(&pairs.next, next >> 4) != 0
        };
        let each = block.into_iter().zip(next).enumerate();
        each.fold(0, |bits, (at, pair)| bits | u64::from(found(pair)) << at)
    }
    #[inline(always)]
    fn set_bit_5(self, block: [u8; 64]) -> [u8; 64] {
        block.map(|b| b | 0x20)
    }
    #[inline(always)]
    fn operators(self, block: [u8; 64]) -> u64 {
        // `[` and `]` are `{` and `}` without bit 5.
        mask(&block, |b| (b | 0x20 == b'{') | (b | 0x20 == b'}') | (b == b':') | (b == b','))
    }
    #[inline(always)]
    fn white(self, block: [u8; 64]) -> u64 {
        mask(&block, |b| (b == b' ') | (b == b'\t') | (b == b'\n') | (b == b'\r'))
    }
    #[inline(always)]
    fn parity(self, mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }
    #[inline(always)]
    fn positions(self, bits: u64, base: u32, into: &mut [u32; 64]) {
        each_position(bits, base, into);
    }
    #[inline(always)]
    fn flags(self, bits: u64, ones: u64, into: &mut [u8; 64]) {
        each_flag(bits, ones, into);
    }
    #[inline(always)]
    fn pack(self, block: [u8; 64], keep: u64, into: &mut [u8; 64]) {
        pack_bytes(&block, keep, into);
    }
    #[inline(always)]
    fn other_case(self, block: [u8; 64], first: u8) -> [u8; 64] {
        block.map(|byte| byte ^ u8::from(byte.wrapping_sub(first) < 26) << 5)
    }
    #[inline(always)]
    fn reverse(self, mut block: [u8; 64]) -> [u8; 64] {
        block.reverse();
        block
    }
    #[inline(always)]
    fn short(self, bytes: &[u8]) -> [u8; 32] {
        padded(bytes)
    }
    #[inline(always)]
    fn short_near(self, text: &[u8], source: &[u8]) -> [u8; 32] {
        goes_on(text, source).copied().unwrap_or_else(|| self.short(text))
    }
    #[inline(always)]
    fn short_load(self, bytes: &[u8; 32]) -> [u8; 32] {
        *bytes
    }
    #[inline(always)]
    fn short_store(self, short: [u8; 32], into: &mut [u8; 32]) {
        *into = short;
    }
    #[inline(always)]
    fn short_equal(self, short: [u8; 32], byte: u8) -> u32 {
        mask(&short, |b| b == byte) as u32
    }
    #[inline(always)]
    fn short_one_of(self, short: [u8; 32], [x, y, z]: [u8; 3]) -> u32 {
        mask(&short, |b| (b == x) | (b == y) | (b == z)) as u32
    }
    #[inline(always)]
    fn short_below(self, short: [u8; 32], byte: u8) -> u32 {
        mask(&short, |b| b < byte) as u32
    }
    #[inline(always)]
    fn short_same(self, short: [u8; 32], other: [u8; 32]) -> u32 {
        let mut differ = [0; 32];
        differ.iter_mut().zip(short).zip(other).for_each(|((differ, a), b)| *differ = a ^ b);
        mask(&differ, |b| b == 0) as u32
    }
    #[inline(always)]
    fn short_digits(self, short: [u8; 32]) -> u32 {
        mask(&short, |b| b.is_ascii_digit()) as u32
    }
    #[inline(always)]
    fn short_specials(self, short: [u8; 32]) -> u32 {
        mask(&short, |b| (b == b'"') | (b == b'\\') | (b < b' ')) as u32
    }
}

/// [`Vector::positions`].
#[inline(always)]
pub(super) fn each_position(bits: u64, base: u32, into: &mut [u32; 64]) {
    each(bits, into, |place| base + place);
}

/// [`Vector::flags`].
#[inline(always)]
pub(super) fn each_flag(bits: u64, ones: u64, into: &mut [u8; 64]) {
    each(bits, into, |place| (ones >> (place & 63) & 1) as u8);
}

/// Writes what `of` makes of the number of each set bit, eight at a time: the number of loops then seldom changes, so
/// it is predicted.
#[inline(always)]
fn each<T>(mut bits: u64, into: &mut [T; 64], of: impl Fn(u32) -> T) {
    let count = bits.count_ones() as usize;
    for eight in into.as_chunks_mut::<8>().0.iter_mut().take(count.div_ceil(8)) {
        for to in eight {
            *to = of(bits.trailing_zeros());
            bits &= bits.wrapping_sub(1);
        }
    }
}

/// [`Vector::pack`] without branches.
#[inline(always)]
pub(super) fn pack_bytes(block: &[u8; 64], keep: u64, into: &mut [u8; 64]) {
    let mut len = 0;
    for (index, byte) in block.iter().enumerate() {
        into[len & 63] = *byte;
        len += (keep >> index & 1) as usize;
    }
}

/// At most 32 bytes, followed by zeros, without a call of memcpy.
#[inline(always)]
#[allow(dead_code)] // Not every target has a family that reads so.
pub(super) fn pad(bytes: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 32];
    let len = bytes.len();
    match len {
        16.. => {
            let (first, last) = (&bytes[..16], &bytes[len - 16..]);
            block[..16].copy_from_slice(first);
            block[len - 16..len].copy_from_slice(last);
        }
        8.. => {
            block[..8].copy_from_slice(&bytes[..8]);
            block[len - 8..len].copy_from_slice(&bytes[len - 8..]);
        }
        4.. => {
            block[..4].copy_from_slice(&bytes[..4]);
            block[len - 4..len].copy_from_slice(&bytes[len - 4..]);
        }
        1.. => {
            block[0] = bytes[0];
            block[len / 2] = bytes[len / 2];
            block[len - 1] = bytes[len - 1];
        }
        0 => {}
    }
    block
}

//! NEON, which every 64-bit ARM processor has.

use std::arch::aarch64::*;

use super::portable::{Portable, each_flag, each_position, pack_bytes, pad};
use super::work::{Pairs, Vector, Work, goes_on};

/// A 64-bit ARM processor.
#[derive(Clone, Copy)]
pub struct Neon;

/// Runs `work` compiled for these instructions.
pub fn run<W: Work>(work: W) -> W::Out {
    work.run(Neon)
}

/// For each low half of a byte, the operator that has it once bit 5 is set (`[` becomes `{`).
const OPERATORS: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b':', b'{', b',', b'}', 0, 0];
/// For each low half of a byte, the white space that has it; else a byte with another low half.
const WHITE: [u8; 16] = [b' ', 0, 0, 0, 0, 0, 0, 0, 0, b'\t', b'\n', 0, 0, b'\r', 0, 0];
/// The bit of each byte among eight.
const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

#[inline(always)]
fn sixteen(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: NEON is part of the target; the load is of the 16 bytes and needs no alignment.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

#[inline(always)]
fn registers<const N: usize>(bytes: &[[u8; 16]]) -> [uint8x16_t; N] {
    std::array::from_fn(|index| sixteen(&bytes[index]))
}

#[inline(always)]
fn write(register: uint8x16_t, into: &mut [u8; 16]) {
    // SAFETY: NEON is part of the target; the store is of the 16 bytes and needs no alignment.
    unsafe { vst1q_u8(into.as_mut_ptr(), register) }
}

/// A bit for each byte of ones.
#[inline(always)]
fn bits([a, b, c, d]: [uint8x16_t; 4]) -> u64 {
    let bit = sixteen(&BITS);
    // SAFETY: NEON is part of the target. Sums of neighbours, three times: eight bytes become one.
    unsafe {
        let low = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
        let high = vpaddq_u8(vandq_u8(c, bit), vandq_u8(d, bit));
        let all = vpaddq_u8(low, high);
        vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(all, all)))
    }
}

/// The same for 32 bytes.
#[inline(always)]
fn bits_of_short([a, b]: [uint8x16_t; 2]) -> u32 {
    let bit = sixteen(&BITS);
    // SAFETY: NEON is part of the target.
    unsafe {
        let all = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
        let all = vpaddq_u8(all, all);
        vgetq_lane_u32::<0>(vreinterpretq_u32_u8(vpaddq_u8(all, all)))
    }
}

#[inline(always)]
fn equal(register: uint8x16_t, byte: u8) -> uint8x16_t {
    // SAFETY: NEON is part of the target.
    unsafe { vceqq_u8(register, vdupq_n_u8(byte)) }
}

#[inline(always)]
fn one_of(register: uint8x16_t, [a, b, c]: [u8; 3]) -> uint8x16_t {
    // SAFETY: NEON is part of the target.
    unsafe { vorrq_u8(vorrq_u8(equal(register, a), equal(register, b)), equal(register, c)) }
}

#[inline(always)]
fn below(register: uint8x16_t, byte: u8) -> uint8x16_t {
    // SAFETY: NEON is part of the target.
    unsafe { vcltq_u8(register, vdupq_n_u8(byte)) }
}

#[inline(always)]
fn look_up(table: &[u8; 16], register: uint8x16_t) -> uint8x16_t {
    // SAFETY: NEON is part of the target.
    unsafe { vqtbl1q_u8(sixteen(table), vandq_u8(register, vdupq_n_u8(15))) }
}

#[inline(always)]
fn within(register: uint8x16_t, first: u8, count: u8) -> uint8x16_t {
    // SAFETY: NEON is part of the target.
    below(unsafe { vsubq_u8(register, vdupq_n_u8(first)) }, count)
}

#[inline(always)]
fn pairs(register: uint8x16_t, next: uint8x16_t, pairs: &Pairs) -> uint8x16_t {
    // SAFETY: NEON is part of the target.
    unsafe {
        let high = vshrq_n_u8::<4>(register);
        let row = |row: usize| vandq_u8(look_up(&pairs.low[row], register), look_up(&pairs.high[row], high));
        vtstq_u8(vorrq_u8(row(0), row(1)), look_up(&pairs.next, vshrq_n_u8::<4>(next)))
    }
}

#[inline(always)]
fn operators(register: uint8x16_t) -> uint8x16_t {
    // SAFETY: NEON is part of the target. Control characters are taken out because bit 5 makes a comma of a form feed.
    unsafe {
        let folded = vorrq_u8(register, vdupq_n_u8(0x20));
        vbicq_u8(vceqq_u8(look_up(&OPERATORS, register), folded), below(register, 0x20))
    }
}

#[inline(always)]
fn white(register: uint8x16_t) -> uint8x16_t {
    // SAFETY: NEON is part of the target. A byte that is no white space looks up another one.
    unsafe { vceqq_u8(look_up(&WHITE, register), register) }
}

impl Vector for Neon {
    type Block = [uint8x16_t; 4];
    type Short = [uint8x16_t; 2];

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> Self::Block {
        registers(bytes.as_chunks().0)
    }
    #[inline(always)]
    fn load_part(self, bytes: &[u8]) -> Self::Block {
        let mut block = [0; 64];
        block[..bytes.len()].copy_from_slice(bytes);
        self.load(&block)
    }
    #[inline(always)]
    fn store(self, block: Self::Block, into: &mut [u8; 64]) {
        into.as_chunks_mut().0.iter_mut().zip(block).for_each(|(into, register)| write(register, into));
    }
    #[inline(always)]
    fn equal(self, block: Self::Block, byte: u8) -> u64 {
        bits(block.map(|register| equal(register, byte)))
    }
    #[inline(always)]
    fn one_of(self, block: Self::Block, bytes: [u8; 3]) -> u64 {
        bits(block.map(|register| one_of(register, bytes)))
    }
    #[inline(always)]
    fn below(self, block: Self::Block, byte: u8) -> u64 {
        bits(block.map(|register| below(register, byte)))
    }
    #[inline(always)]
    fn within(self, block: Self::Block, first: u8, count: u8) -> u64 {
        bits(block.map(|register| within(register, first, count)))
    }
    #[inline(always)]
    fn high(self, block: Self::Block) -> u64 {
        self.within(block, 0x80, 0x80)
    }
    #[inline(always)]
    fn pairs(self, block: Self::Block, next: Self::Block, of: &Pairs) -> u64 {
        bits(std::array::from_fn(|index| pairs(block[index], next[index], of)))
    }
    #[inline(always)]
    fn set_bit_5(self, block: Self::Block) -> Self::Block {
        // SAFETY: NEON is part of the target.
        block.map(|part| unsafe { vorrq_u8(part, vdupq_n_u8(0x20)) })
    }
    #[inline(always)]
    fn operators(self, block: Self::Block) -> u64 {
        bits(block.map(operators))
    }
    #[inline(always)]
    fn white(self, block: Self::Block) -> u64 {
        bits(block.map(white))
    }
    #[inline(always)]
    fn parity(self, bits: u64) -> u64 {
        // Not every processor has carry-less multiplication (PMULL), and on some it is no faster than six shifts.
        Portable.parity(bits)
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
    fn pack(self, block: Self::Block, keep: u64, into: &mut [u8; 64]) {
        let mut bytes = [0; 64];
        self.store(block, &mut bytes);
        pack_bytes(&bytes, keep, into);
    }
    #[inline(always)]
    fn other_case(self, block: Self::Block, first: u8) -> Self::Block {
        // SAFETY: NEON is part of the target.
        block.map(|register| unsafe { veorq_u8(register, vandq_u8(within(register, first, 26), vdupq_n_u8(0x20))) })
    }
    #[inline(always)]
    fn reverse(self, [a, b, c, d]: Self::Block) -> Self::Block {
        // SAFETY: NEON is part of the target. Bytes are reversed within halves, and then the halves change places.
        [d, c, b, a].map(|register| unsafe {
            let halves = vrev64q_u8(register);
            vextq_u8::<8>(halves, halves)
        })
    }
    #[inline(always)]
    fn short(self, bytes: &[u8]) -> Self::Short {
        registers(pad(bytes).as_chunks().0)
    }
    #[inline(always)]
    fn short_near(self, text: &[u8], source: &[u8]) -> Self::Short {
        match goes_on::<32>(text, source) {
            Some(bytes) => registers(bytes.as_chunks().0),
            None => self.short(text),
        }
    }
    #[inline(always)]
    fn short_load(self, bytes: &[u8; 32]) -> Self::Short {
        registers(bytes.as_chunks().0)
    }
    #[inline(always)]
    fn short_store(self, short: Self::Short, into: &mut [u8; 32]) {
        into.as_chunks_mut().0.iter_mut().zip(short).for_each(|(into, register)| write(register, into));
    }
    #[inline(always)]
    fn short_equal(self, short: Self::Short, byte: u8) -> u32 {
        bits_of_short(short.map(|register| equal(register, byte)))
    }
    #[inline(always)]
    fn short_one_of(self, short: Self::Short, bytes: [u8; 3]) -> u32 {
        bits_of_short(short.map(|register| one_of(register, bytes)))
    }
    #[inline(always)]
    fn short_below(self, short: Self::Short, byte: u8) -> u32 {
        bits_of_short(short.map(|register| below(register, byte)))
    }
    #[inline(always)]
    fn short_same(self, [a, b]: Self::Short, [c, d]: Self::Short) -> u32 {
        // SAFETY: NEON is part of the target.
        bits_of_short(unsafe { [vceqq_u8(a, c), vceqq_u8(b, d)] })
    }
    #[inline(always)]
    fn short_specials(self, short: Self::Short) -> u32 {
        // SAFETY: NEON is part of the target.
        bits_of_short(short.map(|register| unsafe {
            let quotes = vorrq_u8(equal(register, b'"'), equal(register, b'\\'));
            vorrq_u8(quotes, below(register, b' '))
        }))
    }
}

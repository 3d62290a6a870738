//! AVX2 with carry-less multiplication: Haswell, Zen and later.

use std::arch::x86_64::*;

use super::portable::{each_flag, each_position, pack_bytes, pad};
use super::work::{Pairs, Vector, Work, goes_on};

/// A processor with AVX2, BMI1, BMI2, POPCNT, LZCNT and PCLMULQDQ.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    pub fn new() -> Option<Avx2> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("pclmulqdq");
        has.then_some(Avx2(()))
    }
}

/// Runs `work` compiled for these instructions.
///
/// # Safety
/// [`Avx2::new`] must have yielded a value.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
pub unsafe fn run<W: Work>(work: W) -> W::Out {
    work.run(Avx2(()))
}

#[inline(always)]
fn join(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: an `Avx2` exists wherever this is called, so the processor has AVX2.
    unsafe { u64::from(_mm256_movemask_epi8(low) as u32) | u64::from(_mm256_movemask_epi8(high) as u32) << 32 }
}

/// For each low half of a byte, the operator that has it once bit 5 is set (`[` becomes `{`).
const OPERATORS: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b':', b'{', b',', b'}', 0, 0];
const LAST_TO_FIRST: [u8; 16] = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
/// For each low half of a byte, the white space that has it; else a byte with another low half.
const WHITE: [u8; 16] = [b' ', 0, 0, 0, 0, 0, 0, 0, 0, b'\t', b'\n', 0, 0, b'\r', 0, 0];

/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the load is of the 32 bytes and needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline(always)]
fn table(of: &[u8; 16]) -> __m256i {
    // SAFETY: an `Avx2` exists wherever this is called; the load is of 16 bytes of an array of 16.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(of.as_ptr().cast())) }
}

#[inline(always)]
fn below(vector: __m256i, byte: u8) -> __m256i {
    // SAFETY: an `Avx2` exists wherever this is called, so the processor has AVX2.
    unsafe {
        let most = _mm256_set1_epi8(byte.wrapping_sub(1) as i8);
        _mm256_cmpeq_epi8(_mm256_min_epu8(vector, most), vector)
    }
}

#[inline(always)]
fn within(vector: __m256i, first: u8, count: u8) -> __m256i {
    // SAFETY: an `Avx2` exists wherever this is called, so the processor has AVX2.
    below(unsafe { _mm256_sub_epi8(vector, _mm256_set1_epi8(first as i8)) }, count)
}

#[inline(always)]
fn pairs(vector: __m256i, next: __m256i, pairs: &Pairs) -> __m256i {
    // SAFETY: an `Avx2` exists wherever this is called, so the processor has AVX2.
    unsafe {
        let half = _mm256_set1_epi8(15);
        let upper = |vector| _mm256_and_si256(_mm256_srli_epi16::<4>(vector), half);
        let look = |of: &[u8; 16], halves| _mm256_shuffle_epi8(table(of), halves);
        let (low, high) = (_mm256_and_si256(vector, half), upper(vector));
        let row = |row: usize| _mm256_and_si256(look(&pairs.low[row], low), look(&pairs.high[row], high));
        let found = _mm256_and_si256(_mm256_or_si256(row(0), row(1)), look(&pairs.next, upper(next)));
        let none = _mm256_cmpeq_epi8(found, _mm256_setzero_si256());
        _mm256_xor_si256(none, _mm256_set1_epi8(-1))
    }
}

#[inline(always)]
fn one_of(vector: __m256i, [a, b, c]: [u8; 3]) -> __m256i {
    // SAFETY: an `Avx2` exists wherever this is called, so the processor has AVX2.
    unsafe {
        let a = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(a as i8));
        let b = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(b as i8));
        let c = _mm256_cmpeq_epi8(vector, _mm256_set1_epi8(c as i8));
        _mm256_or_si256(_mm256_or_si256(a, b), c)
    }
}

#[inline(always)]
fn white(vector: __m256i) -> __m256i {
    // SAFETY: an `Avx2` exists wherever this is called, so the processor has AVX2. A byte from 0x80 looks up zero,
    // which it is not; a zero byte looks up a space.
    unsafe { _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table(&WHITE), vector), vector) }
}

#[inline(always)]
fn operators(vector: __m256i) -> __m256i {
    // SAFETY: an `Avx2` exists wherever this is called, so the processor has AVX2. Control characters are taken out
    // because bit 5 makes a comma of a form feed.
    unsafe {
        let folded = _mm256_or_si256(vector, _mm256_set1_epi8(0x20));
        let found = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table(&OPERATORS), vector), folded);
        _mm256_andnot_si256(below(vector, 0x20), found)
    }
}

impl Vector for Avx2 {
    type Block = [__m256i; 2];
    type Short = __m256i;

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> Self::Block {
        let from: *const __m256i = bytes.as_ptr().cast();
        // SAFETY: `self` proves AVX2; both loads are within the 64 bytes and need no alignment.
        unsafe { [_mm256_loadu_si256(from), _mm256_loadu_si256(from.add(1))] }
    }
    #[inline(always)]
    fn load_part(self, bytes: &[u8]) -> Self::Block {
        let mut block = [0; 64];
        block[..bytes.len()].copy_from_slice(bytes);
        self.load(&block)
    }
    #[inline(always)]
    fn store(self, block: Self::Block, into: &mut [u8; 64]) {
        let to: *mut __m256i = into.as_mut_ptr().cast();
        // SAFETY: `self` proves AVX2; both stores are within the 64 bytes and need no alignment.
        unsafe {
            _mm256_storeu_si256(to, block[0]);
            _mm256_storeu_si256(to.add(1), block[1]);
        }
    }
    #[inline(always)]
    fn equal(self, block: Self::Block, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let byte = _mm256_set1_epi8(byte as i8);
            join(_mm256_cmpeq_epi8(block[0], byte), _mm256_cmpeq_epi8(block[1], byte))
        }
    }
    #[inline(always)]
    fn one_of(self, block: Self::Block, [a, b, c]: [u8; 3]) -> u64 {
        join(one_of(block[0], [a, b, c]), one_of(block[1], [a, b, c]))
    }
    #[inline(always)]
    fn below(self, block: Self::Block, byte: u8) -> u64 {
        if byte == 0 {
            return 0;
        }
        join(below(block[0], byte), below(block[1], byte))
    }
    #[inline(always)]
    fn within(self, block: Self::Block, first: u8, count: u8) -> u64 {
        join(within(block[0], first, count), within(block[1], first, count))
    }
    #[inline(always)]
    fn high(self, block: Self::Block) -> u64 {
        join(block[0], block[1])
    }
    #[inline(always)]
    fn pairs(self, block: Self::Block, next: Self::Block, of: &Pairs) -> u64 {
        join(pairs(block[0], next[0], of), pairs(block[1], next[1], of))
    }
    #[inline(always)]
    fn set_bit_5(self, block: Self::Block) -> Self::Block {
        // SAFETY: `self` proves AVX2.
        block.map(|half| unsafe { _mm256_or_si256(half, _mm256_set1_epi8(0x20)) })
    }
    #[inline(always)]
    fn operators(self, block: Self::Block) -> u64 {
        join(operators(block[0]), operators(block[1]))
    }
    #[inline(always)]
    fn white(self, block: Self::Block) -> u64 {
        join(white(block[0]), white(block[1]))
    }
    #[inline(always)]
    fn parity(self, bits: u64) -> u64 {
        // SAFETY: `self` proves PCLMULQDQ. A product with all ones is the running exclusive or.
        unsafe {
            let ones = _mm_set1_epi8(-1);
            _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits as i64), ones)) as u64
        }
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
    fn other_case(self, block: [__m256i; 2], first: u8) -> [__m256i; 2] {
        // SAFETY: `self` proves AVX2. Signed: bytes that are not ASCII are below every letter.
        block.map(|half| unsafe {
            let from = _mm256_cmpgt_epi8(half, _mm256_set1_epi8(first as i8 - 1));
            let letters = _mm256_and_si256(from, _mm256_cmpgt_epi8(_mm256_set1_epi8(first as i8 + 26), half));
            _mm256_xor_si256(half, _mm256_and_si256(letters, _mm256_set1_epi8(0x20)))
        })
    }
    #[inline(always)]
    fn reverse(self, [first, last]: [__m256i; 2]) -> [__m256i; 2] {
        // SAFETY: `self` proves AVX2.
        [last, first].map(|half| unsafe {
            _mm256_permute4x64_epi64::<0b01_00_11_10>(_mm256_shuffle_epi8(half, table(&LAST_TO_FIRST)))
        })
    }
    #[inline(always)]
    fn short(self, bytes: &[u8]) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { load(&pad(bytes)) }
    }
    #[inline(always)]
    fn short_near(self, text: &[u8], source: &[u8]) -> __m256i {
        match goes_on(text, source) {
            // SAFETY: `self` proves AVX2.
            Some(bytes) => unsafe { load(bytes) },
            None => self.short(text),
        }
    }
    #[inline(always)]
    fn short_load(self, bytes: &[u8; 32]) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { load(bytes) }
    }
    #[inline(always)]
    fn short_store(self, short: __m256i, into: &mut [u8; 32]) {
        // SAFETY: `self` proves AVX2; the store is of the 32 bytes of `into`, and needs no alignment.
        unsafe { _mm256_storeu_si256(into.as_mut_ptr().cast(), short) }
    }
    #[inline(always)]
    fn short_equal(self, short: __m256i, byte: u8) -> u32 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(short, _mm256_set1_epi8(byte as i8))) as u32 }
    }
    #[inline(always)]
    fn short_one_of(self, short: __m256i, bytes: [u8; 3]) -> u32 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_movemask_epi8(one_of(short, bytes)) as u32 }
    }
    #[inline(always)]
    fn short_below(self, short: __m256i, byte: u8) -> u32 {
        if byte == 0 {
            return 0;
        }
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_movemask_epi8(below(short, byte)) as u32 }
    }
    #[inline(always)]
    fn short_same(self, short: __m256i, other: __m256i) -> u32 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(short, other)) as u32 }
    }
    #[inline(always)]
    fn short_digits(self, short: __m256i) -> u32 {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_movemask_epi8(within(short, b'0', 10)) as u32 }
    }
    #[inline(always)]
    fn short_specials(self, short: __m256i) -> u32 {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let quotes = _mm256_cmpeq_epi8(short, _mm256_set1_epi8(b'"' as i8));
            let backslashes = _mm256_cmpeq_epi8(short, _mm256_set1_epi8(b'\\' as i8));
            let all = _mm256_or_si256(_mm256_or_si256(quotes, backslashes), below(short, b' '));
            _mm256_movemask_epi8(all) as u32
        }
    }
}

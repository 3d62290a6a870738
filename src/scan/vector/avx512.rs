//! AVX-512 with byte compression (VBMI2): Ice Lake, Zen 4 and later.

use std::arch::x86_64::*;

use super::work::{Pairs, Vector, Work};

/// A processor with AVX-512 F, BW, VL, VBMI2 and everything that [`Avx2`](super::avx2::Avx2) requires.
#[derive(Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    pub fn new() -> Option<Avx512> {
        let has = super::avx2::Avx2::new().is_some()
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi2");
        has.then_some(Avx512(()))
    }
}

/// Runs `work` compiled for these instructions.
///
/// # Safety
/// [`Avx512::new`] must have yielded a value.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
pub unsafe fn run<W: Work>(work: W) -> W::Out {
    work.run(Avx512(()))
}

/// For each low half of a byte, the operator that has it once bit 5 is set (`[` becomes `{`).
const OPERATORS: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b':', b'{', b',', b'}', 0, 0];
const LAST_TO_FIRST: [u8; 16] = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
/// For each low half of a byte, the white space that has it; else a byte with another low half.
const WHITE: [u8; 16] = [b' ', 0, 0, 0, 0, 0, 0, 0, 0, b'\t', b'\n', 0, 0, b'\r', 0, 0];
/// The number of each byte of a block.
const NUMBERS: [u8; 64] = {
    let mut numbers = [0; 64];
    let mut index = 0;
    while index < 64 {
        numbers[index] = index as u8;
        index += 1;
    }
    numbers
};

#[inline(always)]
fn table(of: &[u8; 16]) -> __m512i {
    // SAFETY: an `Avx512` exists wherever this is called; the load is of 16 bytes of an array of 16.
    unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(of.as_ptr().cast())) }
}

impl Vector for Avx512 {
    type Block = __m512i;
    type Short = __m256i;

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> __m512i {
        // SAFETY: `self` proves AVX-512; the load is of the 64 bytes and needs no alignment.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }
    #[inline(always)]
    fn load_part(self, bytes: &[u8]) -> __m512i {
        let len = bytes.len().min(64);
        let mask = if len == 64 { !0 } else { (1u64 << len) - 1 };
        // SAFETY: `self` proves AVX-512; bytes outside the mask, which has `bytes.len()` ones, are not read.
        unsafe { _mm512_maskz_loadu_epi8(mask, bytes.as_ptr().cast()) }
    }
    #[inline(always)]
    fn store(self, block: __m512i, into: &mut [u8; 64]) {
        // SAFETY: `self` proves AVX-512; the store is of the 64 bytes and needs no alignment.
        unsafe { _mm512_storeu_si512(into.as_mut_ptr().cast(), block) }
    }
    #[inline(always)]
    fn store_part(self, block: __m512i, into: &mut [u8]) {
        let len = into.len().min(64);
        let mask = if len == 64 { !0 } else { (1u64 << len) - 1 };
        // SAFETY: `self` proves AVX-512; bytes outside the mask, which has at most `into.len()` ones, are not written.
        unsafe { _mm512_mask_storeu_epi8(into.as_mut_ptr().cast(), mask, block) }
    }
    #[inline(always)]
    fn equal(self, block: __m512i, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe { _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(byte as i8)) }
    }
    #[inline(always)]
    fn below(self, block: __m512i, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe { _mm512_cmplt_epu8_mask(block, _mm512_set1_epi8(byte as i8)) }
    }
    #[inline(always)]
    fn within(self, block: __m512i, first: u8, count: u8) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe {
            let number = _mm512_sub_epi8(block, _mm512_set1_epi8(first as i8));
            _mm512_cmplt_epu8_mask(number, _mm512_set1_epi8(count as i8))
        }
    }
    #[inline(always)]
    fn high(self, block: __m512i) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe { _mm512_movepi8_mask(block) }
    }
    #[inline(always)]
    fn pairs(self, block: __m512i, next: __m512i, pairs: &Pairs) -> u64 {
        // SAFETY: `self` proves AVX-512.
        unsafe {
            let half = _mm512_set1_epi8(15);
            let upper = |block| _mm512_and_si512(_mm512_srli_epi16::<4>(block), half);
            let look = |of: &[u8; 16], halves| _mm512_shuffle_epi8(table(of), halves);
            let (low, high) = (_mm512_and_si512(block, half), upper(block));
            let row = |row: usize| _mm512_and_si512(look(&pairs.low[row], low), look(&pairs.high[row], high));
            _mm512_test_epi8_mask(_mm512_or_si512(row(0), row(1)), look(&pairs.next, upper(next)))
        }
    }
    #[inline(always)]
    fn set_bit_5(self, block: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512.
        unsafe { _mm512_or_si512(block, _mm512_set1_epi8(0x20)) }
    }
    #[inline(always)]
    fn operators(self, block: __m512i) -> u64 {
        // SAFETY: `self` proves AVX-512. Control characters are taken out because bit 5 makes a comma of a form feed.
        unsafe {
            let folded = _mm512_or_si512(block, _mm512_set1_epi8(0x20));
            let found = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table(&OPERATORS), block), folded);
            found & !self.below(block, 0x20)
        }
    }
    #[inline(always)]
    fn white(self, block: __m512i) -> u64 {
        // SAFETY: `self` proves AVX-512. A byte from 0x80 looks up zero, which it is not; a zero byte looks up a space.
        unsafe { _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table(&WHITE), block), block) }
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
        let to: *mut __m512i = into.as_mut_ptr().cast();
        let count = bits.count_ones();
        // SAFETY: `self` proves AVX-512 with VBMI2; the four stores of 16 numbers are within the 64 of `into`.
        unsafe {
            let numbers = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(NUMBERS.as_ptr().cast()));
            let base = _mm512_set1_epi32(base as i32);
            let wide = |sixteen: __m128i| _mm512_add_epi32(_mm512_cvtepu8_epi32(sixteen), base);
            // A block has 10 to 25 positions, as a rule: a branch at 16 would be taken every other time. One store of 8
            // where that is enough gained nothing for long CSV fields, and nested JSON took a tenth longer.
            _mm512_storeu_si512(to, wide(_mm512_castsi512_si128(numbers)));
            _mm512_storeu_si512(to.add(1), wide(_mm512_extracti32x4_epi32::<1>(numbers)));
            if count > 32 {
                _mm512_storeu_si512(to.add(2), wide(_mm512_extracti32x4_epi32::<2>(numbers)));
                _mm512_storeu_si512(to.add(3), wide(_mm512_extracti32x4_epi32::<3>(numbers)));
            }
        }
    }
    #[inline(always)]
    fn flags(self, bits: u64, ones: u64, into: &mut [u8; 64]) {
        // SAFETY: `self` proves AVX-512.
        self.pack(unsafe { _mm512_maskz_set1_epi8(ones, 1) }, bits, into);
    }
    #[inline(always)]
    fn pack(self, block: __m512i, keep: u64, into: &mut [u8; 64]) {
        // SAFETY: `self` proves AVX-512 with VBMI2. Compressed in a register: to memory it is slow on Zen 4.
        let packed = unsafe { _mm512_maskz_compress_epi8(keep, block) };
        self.store(packed, into);
    }
    #[inline(always)]
    fn other_case(self, block: __m512i, first: u8) -> __m512i {
        // SAFETY: `self` proves AVX-512.
        unsafe {
            let number = _mm512_sub_epi8(block, _mm512_set1_epi8(first as i8));
            let letters = _mm512_cmplt_epu8_mask(number, _mm512_set1_epi8(26));
            _mm512_xor_si512(block, _mm512_maskz_mov_epi8(letters, _mm512_set1_epi8(0x20)))
        }
    }
    #[inline(always)]
    fn reverse(self, block: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512.
        unsafe {
            let lanes = _mm512_shuffle_epi8(block, table(&LAST_TO_FIRST));
            _mm512_shuffle_i64x2::<0b00_01_10_11>(lanes, lanes)
        }
    }
    #[inline(always)]
    fn short(self, bytes: &[u8]) -> __m256i {
        let len = bytes.len().min(32);
        let mask = ((1u64 << len) - 1) as u32;
        // SAFETY: `self` proves AVX-512 VL and BW; bytes outside the mask, which has `bytes.len()` ones, are not read.
        unsafe { _mm256_maskz_loadu_epi8(mask, bytes.as_ptr().cast()) }
    }
    #[inline(always)]
    fn short_load(self, bytes: &[u8; 32]) -> __m256i {
        // SAFETY: `self` proves AVX2; the load is of the 32 bytes and needs no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }
    #[inline(always)]
    fn short_store(self, short: __m256i, into: &mut [u8; 32]) {
        // SAFETY: `self` proves AVX2; the store is of the 32 bytes of `into`, and needs no alignment.
        unsafe { _mm256_storeu_si256(into.as_mut_ptr().cast(), short) }
    }
    #[inline(always)]
    fn short_equal(self, short: __m256i, byte: u8) -> u32 {
        // SAFETY: `self` proves AVX-512 VL and BW.
        unsafe { _mm256_cmpeq_epi8_mask(short, _mm256_set1_epi8(byte as i8)) }
    }
    #[inline(always)]
    fn short_below(self, short: __m256i, byte: u8) -> u32 {
        // SAFETY: `self` proves AVX-512 VL and BW.
        unsafe { _mm256_cmplt_epu8_mask(short, _mm256_set1_epi8(byte as i8)) }
    }
    #[inline(always)]
    fn short_same(self, short: __m256i, other: __m256i) -> u32 {
        // SAFETY: `self` proves AVX-512 VL and BW.
        unsafe { _mm256_cmpeq_epi8_mask(short, other) }
    }
    #[inline(always)]
    fn short_digits(self, short: __m256i) -> u32 {
        // SAFETY: `self` proves AVX-512 VL and BW.
        unsafe {
            let value = _mm256_sub_epi8(short, _mm256_set1_epi8(b'0' as i8));
            _mm256_cmplt_epu8_mask(value, _mm256_set1_epi8(10))
        }
    }
    #[inline(always)]
    fn double(self, bytes: &[u8], byte: u8, into: &mut [u8; 96]) -> usize {
        let short = self.short(bytes);
        let bits = self.short_equal(short, byte) & ((1u64 << bytes.len().min(32)) - 1) as u32;
        const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        // SAFETY: `self` proves AVX-512 with VBMI2, and BMI2; the store is within `into`. Of two bits for each byte, 1
        // for itself and 0 for another one before it, those 0 go that no byte is for; what is left says where bytes go.
        unsafe {
            let places = _pext_u64(ODD, ODD | _pdep_u64(bits.into(), !ODD));
            let filled = _mm512_set1_epi8(byte as i8);
            let doubled = _mm512_mask_expand_epi8(filled, places, _mm512_castsi256_si512(short));
            _mm512_storeu_si512(into.as_mut_ptr().cast(), doubled);
        }
        bytes.len() + bits.count_ones() as usize
    }
}

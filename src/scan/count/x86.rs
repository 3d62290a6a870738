//! The masks with AVX2 and AVX-512.

use std::arch::x86_64::*;

use super::block::{BLOCK, Classify, High, Masks, State, count};
use super::class::{MORE, QUARTERS, SUSPECTS, TWO};

/// Counts valid UTF-8.
///
/// # Safety
/// The processor must have AVX2, BMI1 and POPCNT.
#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(super) unsafe fn count_avx2(text: &str, state: &mut State) {
    // SAFETY: the caller answers for the processor.
    unsafe { count::<Avx2>(text, state) }
}

/// Counts valid UTF-8.
///
/// # Safety
/// The processor must have AVX-512 F, BW and VL, BMI1 and POPCNT.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,bmi1,popcnt")]
pub(super) unsafe fn count_avx512(text: &str, state: &mut State) {
    // SAFETY: the caller answers for the processor.
    unsafe { count::<Avx512>(text, state) }
}

struct Avx2;

/// # Safety
/// The processor must have AVX2.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn halves(block: &[u8; BLOCK]) -> [__m256i; 2] {
    let at = block.as_ptr().cast::<__m256i>();
    // SAFETY: a block has 64 bytes, and the loads may be unaligned.
    unsafe { [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))] }
}

#[inline]
#[target_feature(enable = "avx2")]
fn join(low: __m256i, high: __m256i) -> u64 {
    _mm256_movemask_epi8(low) as u32 as u64 | (_mm256_movemask_epi8(high) as u32 as u64) << 32
}

#[inline]
#[target_feature(enable = "avx2")]
fn table_256(table: &[u8; 16]) -> __m256i {
    // SAFETY: the table has the 16 bytes that are loaded.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast())) }
}

impl Classify for Avx2 {
    #[inline(always)]
    unsafe fn masks(block: &[u8; BLOCK]) -> Masks {
        #[inline]
        #[target_feature(enable = "avx2")]
        fn masks(block: &[u8; BLOCK]) -> Masks {
            // SAFETY: the feature is enabled here.
            let [a, b] = unsafe { halves(block) };
            let line = |v| _mm256_cmpeq_epi8(v, _mm256_set1_epi8(10));
            // Signed: bytes from 80 on are below zero, so below everything that is compared here.
            let above = |v, least: i8| _mm256_cmpgt_epi8(v, _mm256_set1_epi8(least - 1));
            let word = |v| _mm256_andnot_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(127)), above(v, 33));
            let control = |v| _mm256_andnot_si256(above(v, 14), above(v, 9));
            let space = |v| _mm256_or_si256(control(v), _mm256_cmpeq_epi8(v, _mm256_set1_epi8(32)));
            Masks {
                lines: join(line(a), line(b)),
                spaces: join(space(a), space(b)),
                words: join(word(a), word(b)),
                high: join(a, b),
            }
        }
        // SAFETY: the caller answers for the processor.
        unsafe { masks(block) }
    }

    #[inline(always)]
    unsafe fn high(block: &[u8; BLOCK], next: &[u8; BLOCK]) -> High {
        #[inline]
        #[target_feature(enable = "avx2")]
        fn suspects(lead: __m256i, next: __m256i) -> __m256i {
            let nibble = _mm256_set1_epi8(15);
            let low = _mm256_and_si256(lead, nibble);
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(lead), nibble);
            let second = _mm256_and_si256(_mm256_srli_epi16::<4>(next), nibble);
            let look = |table: &[u8; 16], index| _mm256_shuffle_epi8(table_256(table), index);
            let two = _mm256_and_si256(look(&SUSPECTS[0], low), look(&TWO, high));
            let more = _mm256_and_si256(look(&SUSPECTS[1], low), look(&MORE, high));
            let clean = _mm256_cmpeq_epi8(
                _mm256_and_si256(_mm256_or_si256(two, more), look(&QUARTERS, second)),
                _mm256_setzero_si256(),
            );
            _mm256_xor_si256(clean, _mm256_set1_epi8(-1))
        }

        #[inline]
        #[target_feature(enable = "avx2")]
        fn high(block: &[u8; BLOCK], next: &[u8; BLOCK]) -> High {
            // SAFETY: the feature is enabled here.
            let ([a, b], [next_a, next_b]) = unsafe { (halves(block), halves(next)) };
            let inner = |v| _mm256_cmpgt_epi8(_mm256_set1_epi8(0xc0u8 as i8), v);
            High { inner: join(inner(a), inner(b)), suspects: join(suspects(a, next_a), suspects(b, next_b)) }
        }
        // SAFETY: the caller answers for the processor.
        unsafe { high(block, next) }
    }
}

struct Avx512;

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn table_512(table: &[u8; 16]) -> __m512i {
    // SAFETY: the table has the 16 bytes that are loaded.
    unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast())) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load_512(block: &[u8; BLOCK]) -> __m512i {
    // SAFETY: a block has 64 bytes, and the load may be unaligned.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

impl Classify for Avx512 {
    #[inline(always)]
    unsafe fn masks(block: &[u8; BLOCK]) -> Masks {
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn masks(block: &[u8; BLOCK]) -> Masks {
            let v = load_512(block);
            let all = |byte: u8| _mm512_set1_epi8(byte as i8);
            let within = |first, count| _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, all(first)), all(count));
            Masks {
                lines: _mm512_cmpeq_epi8_mask(v, all(10)),
                spaces: within(9, 5) | _mm512_cmpeq_epi8_mask(v, all(32)),
                words: within(33, 94),
                high: _mm512_movepi8_mask(v),
            }
        }
        // SAFETY: the caller answers for the processor.
        unsafe { masks(block) }
    }

    #[inline(always)]
    unsafe fn high(block: &[u8; BLOCK], next: &[u8; BLOCK]) -> High {
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn high(block: &[u8; BLOCK], next: &[u8; BLOCK]) -> High {
            let (lead, next, nibble) = (load_512(block), load_512(next), _mm512_set1_epi8(15));
            let low = _mm512_and_si512(lead, nibble);
            let high = _mm512_and_si512(_mm512_srli_epi16::<4>(lead), nibble);
            let second = _mm512_and_si512(_mm512_srli_epi16::<4>(next), nibble);
            let look = |table: &[u8; 16], index| _mm512_shuffle_epi8(table_512(table), index);
            let two = _mm512_and_si512(look(&SUSPECTS[0], low), look(&TWO, high));
            let more = _mm512_and_si512(look(&SUSPECTS[1], low), look(&MORE, high));
            High {
                inner: _mm512_cmplt_epi8_mask(lead, _mm512_set1_epi8(0xc0u8 as i8)),
                suspects: _mm512_test_epi8_mask(_mm512_or_si512(two, more), look(&QUARTERS, second)),
            }
        }
        // SAFETY: the caller answers for the processor.
        unsafe { high(block, next) }
    }
}

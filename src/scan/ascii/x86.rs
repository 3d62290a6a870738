//! 32 bytes at a time with AVX2, 64 with AVX-512.
//!
//! Where a length is no multiple of the register, the last register overlaps the one before: it writes
//! the same bytes once more.

use std::arch::x86_64::*;

use super::seen::Seen;

/// # Safety
/// The processor must have AVX2; `from` and `to` have the same length, at least 32.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn change_case_256(first: u8, from: &[u8], to: &mut [u8]) -> Seen {
    let len = from.len();
    let (before, behind) = (_mm256_set1_epi8(first as i8 - 1), _mm256_set1_epi8(first as i8 + 26));
    let bit = _mm256_set1_epi8(0x20);
    let (mut changed, mut all) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    let (from, to) = (from.as_ptr(), to.as_mut_ptr());
    let mut step = |at: usize| {
        // SAFETY: every caller below has `at + 32 <= len`.
        let bytes = unsafe { _mm256_loadu_si256(from.add(at).cast()) };
        // Signed: bytes that are not ASCII are below every letter.
        let letters = _mm256_and_si256(_mm256_cmpgt_epi8(bytes, before), _mm256_cmpgt_epi8(behind, bytes));
        let flipped = _mm256_xor_si256(bytes, _mm256_and_si256(letters, bit));
        // SAFETY: as above, for the other side.
        unsafe { _mm256_storeu_si256(to.add(at).cast(), flipped) };
        changed = _mm256_or_si256(changed, letters);
        all = _mm256_or_si256(all, bytes);
    };
    let mut at = 0;
    while at + 32 <= len {
        step(at);
        at += 32;
    }
    if at < len {
        step(len - 32);
    }
    Seen { changed: _mm256_movemask_epi8(changed) != 0, high: _mm256_movemask_epi8(all) != 0 }
}

/// # Safety
/// The processor must have AVX-512 F and BW; `from` and `to` have the same length.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn change_case_512(first: u8, from: &[u8], to: &mut [u8]) -> Seen {
    let len = from.len();
    let (first, count, bit) = (_mm512_set1_epi8(first as i8), _mm512_set1_epi8(26), _mm512_set1_epi8(0x20));
    let (mut changed, mut high) = (0, 0);
    let (from, to) = (from.as_ptr(), to.as_mut_ptr());
    let mut flip = |bytes: __m512i| {
        let letters = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, first), count);
        changed |= letters;
        high |= _mm512_movepi8_mask(bytes);
        _mm512_xor_si512(bytes, _mm512_maskz_mov_epi8(letters, bit))
    };
    let mut at = 0;
    while at + 64 <= len {
        // SAFETY: 64 bytes from `at` on lie inside both.
        unsafe { _mm512_storeu_si512(to.add(at).cast(), flip(_mm512_loadu_si512(from.add(at).cast()))) };
        at += 64;
    }
    if at < len && len >= 64 {
        let at = len - 64;
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(to.add(at).cast(), flip(_mm512_loadu_si512(from.add(at).cast()))) };
    } else if at < len {
        let rest = u64::MAX >> (64 - len);
        // SAFETY: only the bytes of the mask are read and written, and they lie inside both.
        unsafe {
            let bytes = flip(_mm512_maskz_loadu_epi8(rest, from.add(at).cast()));
            _mm512_mask_storeu_epi8(to.add(at).cast(), rest, bytes);
        }
    }
    Seen { changed: changed != 0, high: high != 0 }
}

/// # Safety
/// The processor must have AVX2; `from` and `to` have the same length, at least 32.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn reverse_256(from: &[u8], to: &mut [u8]) -> bool {
    let len = from.len();
    let order = _mm256_broadcastsi128_si256(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    let mut all = _mm256_setzero_si256();
    let (from, to) = (from.as_ptr(), to.as_mut_ptr());
    let mut step = |at: usize| {
        // SAFETY: every caller below has `at + 32 <= len`.
        let bytes = unsafe { _mm256_loadu_si256(from.add(at).cast()) };
        let turned = _mm256_permute4x64_epi64::<0b01_00_11_10>(_mm256_shuffle_epi8(bytes, order));
        // SAFETY: as above, so that `len - 32 - at` is inside, and 32 bytes from there.
        unsafe { _mm256_storeu_si256(to.add(len - 32 - at).cast(), turned) };
        all = _mm256_or_si256(all, bytes);
    };
    let mut at = 0;
    while at + 32 <= len {
        step(at);
        at += 32;
    }
    if at < len {
        step(len - 32);
    }
    _mm256_movemask_epi8(all) != 0
}

/// # Safety
/// The processor must have AVX-512 F and BW; `from` and `to` have the same length, at least 64.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn reverse_512(from: &[u8], to: &mut [u8]) -> bool {
    let len = from.len();
    let order = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let order = _mm512_broadcast_i32x4(order);
    let mut high = 0;
    let (from, to) = (from.as_ptr(), to.as_mut_ptr());
    let mut step = |at: usize| {
        // SAFETY: every caller below has `at + 64 <= len`.
        let bytes = unsafe { _mm512_loadu_si512(from.add(at).cast()) };
        let lanes = _mm512_shuffle_epi8(bytes, order);
        let turned = _mm512_shuffle_i64x2::<0b00_01_10_11>(lanes, lanes);
        // SAFETY: as above, so that `len - 64 - at` is inside, and 64 bytes from there.
        unsafe { _mm512_storeu_si512(to.add(len - 64 - at).cast(), turned) };
        high |= _mm512_movepi8_mask(bytes);
    };
    let mut at = 0;
    while at + 64 <= len {
        step(at);
        at += 64;
    }
    if at < len {
        step(len - 64);
    }
    high != 0
}

/// # Safety
/// The processor must have AVX2 and POPCNT; there must be a mask for every 64 bytes.
#[target_feature(enable = "avx2,popcnt")]
pub(super) unsafe fn leads_256(bytes: &[u8], masks: &mut [u64]) -> usize {
    let mut inner = 0;
    let mut leads = |block: &[u8; 64]| {
        let at = block.as_ptr().cast::<__m256i>();
        // SAFETY: a block has 64 bytes, and the loads may be unaligned.
        let halves = unsafe { [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))] };
        // Signed, C0 to FF is -64 to -1.
        let least = _mm256_set1_epi8(-65);
        let mask = |v: [__m256i; 2]| {
            let [low, high] = v.map(|v| _mm256_movemask_epi8(v) as u32 as u64);
            low | high << 32
        };
        let high = mask(halves);
        let leads = high & mask(halves.map(|v| _mm256_cmpgt_epi8(v, least)));
        inner += (high & !leads).count_ones();
        leads
    };
    let (blocks, tail) = bytes.as_chunks::<64>();
    for (block, mask) in blocks.iter().zip(masks.iter_mut()) {
        *mask = leads(block);
    }
    if !tail.is_empty() {
        let mut last = [0; 64];
        last[..tail.len()].copy_from_slice(tail);
        masks[blocks.len()] = leads(&last);
    }
    inner as usize
}

/// # Safety
/// The processor must have AVX-512 F and BW, and POPCNT; there must be a mask for every 64 bytes.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
pub(super) unsafe fn leads_512(bytes: &[u8], masks: &mut [u64]) -> usize {
    let mut inner = 0;
    let least = _mm512_set1_epi8(0xc0u8 as i8);
    for (block, mask) in bytes.chunks(64).zip(masks) {
        let all = u64::MAX >> (64 - block.len());
        // SAFETY: only the bytes of the mask are read, and they lie inside the block.
        let bytes = unsafe { _mm512_maskz_loadu_epi8(all, block.as_ptr().cast()) };
        *mask = _mm512_cmpge_epu8_mask(bytes, least);
        inner += (_mm512_movepi8_mask(bytes) & !*mask).count_ones();
    }
    inner as usize
}

//! Classifying a block of 64 bytes.

use super::{Marks, Masks};

/// A way to classify blocks. Its existence says that the processor can do it.
pub(super) trait Classify: Copy {
    /// The masks of a block.
    ///
    /// # Safety
    /// The processor must have the features of the implementation.
    unsafe fn masks(self, block: &[u8; 64]) -> Masks;
}

/// Plain Rust; compilers turn the comparisons into whatever vectors there are.
#[derive(Clone, Copy)]
pub(super) struct Portable(pub Marks);

impl Classify for Portable {
    #[inline(always)]
    unsafe fn masks(self, block: &[u8; 64]) -> Masks {
        let find = |byte: u8| {
            let mut mask = 0u64;
            for (index, chunk) in block.chunks_exact(8).enumerate() {
                let mut bits = 0u64;
                for (bit, &b) in chunk.iter().enumerate() {
                    bits |= u64::from(b == byte) << bit;
                }
                mask |= bits << (8 * index);
            }
            mask
        };
        Masks {
            delimiters: find(self.0.delimiter),
            breaks: find(b'\n') | find(b'\r'),
            quotes: self.0.quote.map_or(0, find),
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Classify, Marks, Masks};
    use std::arch::x86_64::*;

    #[derive(Clone, Copy)]
    pub struct Avx512 {
        delimiter: __m512i,
        quote: __m512i,
        lf: __m512i,
        cr: __m512i,
    }

    impl Avx512 {
        /// # Safety
        /// The processor must have AVX-512 F and BW.
        #[target_feature(enable = "avx512f,avx512bw")]
        pub unsafe fn new(marks: Marks) -> Avx512 {
            // A line break in the quote's place is masked out below: it never quotes.
            let splat = |byte: u8| _mm512_set1_epi8(byte as i8);
            Avx512 {
                delimiter: splat(marks.delimiter),
                quote: splat(marks.quote.unwrap_or(b'\n')),
                lf: splat(b'\n'),
                cr: splat(b'\r'),
            }
        }
    }

    impl Classify for Avx512 {
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        unsafe fn masks(self, block: &[u8; 64]) -> Masks {
            // SAFETY: the block has 64 bytes; the load needs no alignment.
            let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
            let lf = _mm512_cmpeq_epi8_mask(bytes, self.lf);
            Masks {
                delimiters: _mm512_cmpeq_epi8_mask(bytes, self.delimiter),
                breaks: lf | _mm512_cmpeq_epi8_mask(bytes, self.cr),
                quotes: _mm512_cmpeq_epi8_mask(bytes, self.quote) & !lf,
            }
        }
    }

    #[derive(Clone, Copy)]
    pub struct Avx2 {
        delimiter: __m256i,
        quote: __m256i,
        lf: __m256i,
        cr: __m256i,
    }

    impl Avx2 {
        /// # Safety
        /// The processor must have AVX2.
        #[target_feature(enable = "avx2")]
        pub unsafe fn new(marks: Marks) -> Avx2 {
            let splat = |byte: u8| _mm256_set1_epi8(byte as i8);
            Avx2 {
                delimiter: splat(marks.delimiter),
                quote: splat(marks.quote.unwrap_or(b'\n')),
                lf: splat(b'\n'),
                cr: splat(b'\r'),
            }
        }
    }

    impl Classify for Avx2 {
        #[inline]
        #[target_feature(enable = "avx2")]
        unsafe fn masks(self, block: &[u8; 64]) -> Masks {
            // SAFETY: both halves lie in the block; the loads need no alignment.
            let (low, high) = unsafe {
                (_mm256_loadu_si256(block.as_ptr().cast()), _mm256_loadu_si256(block.as_ptr().add(32).cast()))
            };
            let find = |wanted: __m256i| {
                let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)) as u32;
                let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)) as u32;
                u64::from(low) | u64::from(high) << 32
            };
            let lf = find(self.lf);
            Masks { delimiters: find(self.delimiter), breaks: lf | find(self.cr), quotes: find(self.quote) & !lf }
        }
    }
}

/// The block at `at`, filled up with zeros at the end of the data, and the bits that are data.
#[inline(always)]
pub(super) fn block_at(data: &[u8], at: usize, tail: &mut [u8; 64]) -> (*const [u8; 64], u64) {
    match data[at..].first_chunk::<64>() {
        Some(block) => (block, u64::MAX),
        None => {
            let rest = &data[at..];
            *tail = [0; 64];
            tail[..rest.len()].copy_from_slice(rest);
            (tail, (1u64 << rest.len()) - 1)
        }
    }
}

impl Masks {
    /// Only the bits that are data.
    #[inline(always)]
    pub(super) fn only(self, valid: u64) -> Masks {
        Masks { delimiters: self.delimiters & valid, breaks: self.breaks & valid, quotes: self.quotes & valid }
    }
}

//! A stream of the positions that matter to a decoder.

use super::masks::{Classify, Portable, block_at};
use super::{Carry, Marks, understand};
use crate::scan::kernel::Kernel;

/// How many positions are found ahead; the list stays in the first-level cache.
const AHEAD: usize = 2048;

/// Finds, one after another, the positions of separators outside quotes, of the second quotes of doubled
/// ones, and of irregular bytes (see the [module](super)).
pub struct Separators {
    marks: Marks,
    kernel: Kernel,
    found: Box<[u32; AHEAD]>,
    /// The next position to hand out, and how many there are.
    head: usize,
    len: usize,
    /// Where the next block starts.
    at: usize,
    carry: Carry,
}

impl Separators {
    /// A scanner for these marks.
    pub fn new(marks: Marks) -> Separators {
        Separators::with_kernel(marks, Kernel::get())
    }

    pub(super) fn with_kernel(marks: Marks, kernel: Kernel) -> Separators {
        Separators { marks, kernel, found: Box::new([0; AHEAD]), head: 0, len: 0, at: 0, carry: Carry::START }
    }

    /// Starts over at `at`, the start of a record.
    pub fn restart(&mut self, at: usize) {
        (self.head, self.len, self.at, self.carry) = (0, 0, at, Carry::START);
    }

    /// The next position; none at the end of the data, which must be the same in every call since
    /// [`restart`](Self::restart).
    #[inline(always)]
    pub fn next(&mut self, data: &[u8]) -> Option<usize> {
        if self.head == self.len && !self.refill(data) {
            return None;
        }
        let position = self.found[self.head % AHEAD];
        self.head += 1;
        Some(position as usize)
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self, data: &[u8]) -> bool {
        // Positions are 32 bits wide. A slice is at most a record and a slice's target long, both far below.
        assert!(data.len() <= u32::MAX as usize);
        (self.head, self.len) = (0, 0);
        match self.kernel {
            // SAFETY: a kernel other than the portable one is only chosen where the processor has its features.
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512 => unsafe { self.refill_avx512(data) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => unsafe { self.refill_avx2(data) },
            // SAFETY: the portable way needs no features.
            _ => unsafe { self.refill_with(Portable(self.marks), data) },
        }
        self.len > 0
    }

    /// # Safety
    /// The processor must have AVX-512 F and BW, BMI1 and BMI2.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,bmi1,bmi2,popcnt")]
    unsafe fn refill_avx512(&mut self, data: &[u8]) {
        // SAFETY: the caller vouches for the features.
        unsafe { self.refill_with(super::masks::Avx512::new(self.marks), data) }
    }

    /// # Safety
    /// The processor must have AVX2, BMI1 and BMI2.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    unsafe fn refill_avx2(&mut self, data: &[u8]) {
        // SAFETY: the caller vouches for the features.
        unsafe { self.refill_with(super::masks::Avx2::new(self.marks), data) }
    }

    /// # Safety
    /// The processor must have the features of `classify`.
    #[inline(always)]
    unsafe fn refill_with(&mut self, classify: impl Classify, data: &[u8]) {
        let mut tail = [0; 64];
        let (mut len, mut at, mut carry) = (0, self.at, self.carry);
        let found = &mut self.found[..];
        while at < data.len() && len + 64 <= AHEAD {
            let (block, valid) = block_at(data, at, &mut tail);
            // SAFETY: the caller vouches for the features; the block is 64 bytes of the data or of `tail`.
            let masks = unsafe { classify.masks(&*block) }.only(valid);
            let meaning = understand(masks, &mut carry);
            let mut bits = (meaning.separators | meaning.doubled | meaning.irregular) & valid;
            let count = bits.count_ones() as usize;
            let out = &mut found[len..len + 64];
            // Four at a time without a branch for each: what is written too much is overwritten later.
            let mut index = 0;
            while index < count {
                for slot in &mut out[index..index + 4] {
                    *slot = at as u32 + bits.trailing_zeros();
                    bits &= bits.wrapping_sub(1);
                }
                index += 4;
            }
            len += count;
            at += 64;
        }
        (self.len, self.at, self.carry) = (len, at.min(data.len()), carry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(kernel: Kernel, data: &[u8]) -> Vec<usize> {
        let mut scanner = Separators::with_kernel(Marks { delimiter: b',', quote: Some(b'"') }, kernel);
        scanner.restart(0);
        std::iter::from_fn(|| scanner.next(data)).collect()
    }

    #[test]
    fn separators_doubled_quotes_and_irregular_bytes() {
        //                      0123456789012345678
        assert_eq!(all(Kernel::Portable, b"ab,\"c,\"\"\nd\",e\n"), [2, 7, 11, 13]);
        // A quote inside an unquoted field, and a byte behind a closing quote.
        assert_eq!(all(Kernel::Portable, b"a\"b,c"), [1]);
        assert_eq!(all(Kernel::Portable, b"\"a\"b,c"), [3, 4]);
    }

    #[test]
    fn kernels_agree_on_every_alignment_and_tail() {
        let mut state = 7u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize
        };
        for round in 0..300 {
            let len = random() % 400;
            let alphabet: &[u8] = if round % 2 == 0 { b"ab,\"\n\r" } else { b"abcdefgh,\n\0\"" };
            let data: Vec<u8> = (0..len + 64).map(|_| alphabet[random() % alphabet.len()]).collect();
            for start in 0..8 {
                let data = &data[start..start + len];
                let expected = all(Kernel::Portable, data);
                for kernel in Kernel::available() {
                    assert_eq!(all(kernel, data), expected, "{kernel:?} {:?}", String::from_utf8_lossy(data));
                }
            }
        }
    }
}

//! Copying a field while looking for bytes that would need quotes.

use crate::scan::kernel::Kernel;

/// Four bytes to look for (repeat one where there are fewer).
#[derive(Clone, Copy, Debug)]
pub struct Specials {
    bytes: [u8; 4],
    kernel: Kernel,
}

impl Specials {
    /// Looks for these.
    pub fn new(bytes: [u8; 4]) -> Specials {
        Specials { bytes, kernel: Kernel::get() }
    }
}

/// Copies `field` to the front of `room` and says whether it holds none of the special bytes.
///
/// # Panics
/// If `room` is shorter than `field`.
#[inline]
pub fn copy_checked(room: &mut [u8], field: &[u8], specials: Specials) -> bool {
    assert!(room.len() >= field.len());
    match specials.kernel {
        // SAFETY: the kernel was chosen for this processor; the room is as long as the field.
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512 => unsafe { copy_avx512(room, field, specials.bytes) },
        _ => copy_portable(room, field, specials.bytes),
    }
}

fn copy_portable(room: &mut [u8], field: &[u8], specials: [u8; 4]) -> bool {
    room[..field.len()].copy_from_slice(field);
    let [a, b, c, d] = specials;
    !field.iter().fold(false, |any, &byte| any | (byte == a) | (byte == b) | (byte == c) | (byte == d))
}

/// # Safety
/// The processor must have AVX-512 F and BW, and `room` must be at least as long as `field`.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,bmi1,bmi2")]
unsafe fn copy_avx512(room: &mut [u8], field: &[u8], specials: [u8; 4]) -> bool {
    use std::arch::x86_64::*;
    let [a, b, c, d] = specials.map(|byte| _mm512_set1_epi8(byte as i8));
    let mut any = 0;
    let mut at = 0;
    while at < field.len() {
        let rest = field.len() - at;
        let valid = if rest >= 64 { u64::MAX } else { (1 << rest) - 1 };
        // SAFETY: masked loads and stores touch only the first `rest` bytes behind `at`, which both slices have.
        let bytes = unsafe { _mm512_maskz_loadu_epi8(valid, field.as_ptr().add(at).cast()) };
        let found = _mm512_cmpeq_epi8_mask(bytes, a)
            | _mm512_cmpeq_epi8_mask(bytes, b)
            | _mm512_cmpeq_epi8_mask(bytes, c)
            | _mm512_cmpeq_epi8_mask(bytes, d);
        any |= found & valid;
        // SAFETY: as above.
        unsafe { _mm512_mask_storeu_epi8(room.as_mut_ptr().add(at).cast(), valid, bytes) };
        at += 64;
    }
    any == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_checks() {
        let specials = Specials::new([b',', b'"', b'\n', b'\r']);
        for len in 0..200 {
            let clean: Vec<u8> = (0..len).map(|i| b'a' + (i % 20) as u8).collect();
            let mut room = vec![0; len + 3];
            assert!(copy_checked(&mut room, &clean, specials), "{len}");
            assert_eq!(room[..len], clean);
            assert_eq!(room[len..], [0; 3], "nothing behind the field is touched");
            for at in 0..len {
                let mut dirty = clean.clone();
                dirty[at] = b",\"\n\r"[at % 4];
                assert!(!copy_checked(&mut room, &dirty, specials), "{len} {at}");
                assert!(!copy_portable(&mut vec![0; len], &dirty, specials.bytes));
                assert_eq!(room[..len], dirty);
            }
        }
    }
}

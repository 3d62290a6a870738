//! ASCII letters and the order of bytes, whole registers at a time.

mod portable;
mod seen;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::ControlFlow;

use super::kernel::{Family, Kernel};
pub use seen::Seen;

/// The case that ASCII letters are brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `A` to `Z`.
    Upper,
    /// `a` to `z`.
    Lower,
}

impl Case {
    /// The first of the 26 letters that change.
    #[inline(always)]
    pub fn first(self) -> u8 {
        match self {
            Case::Upper => b'a',
            Case::Lower => b'A',
        }
    }
}

/// Copies `from` to `to` with ASCII letters in the other case; all other bytes stay.
///
/// # Panics
/// If the lengths differ.
#[inline]
pub(crate) fn change_case(kernel: Kernel, case: Case, from: &[u8], to: &mut [u8]) -> Seen {
    assert_eq!(from.len(), to.len());
    match kernel.family() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the token says that the processor has it; the lengths are equal.
        Family::Avx512 => unsafe { x86::change_case_512(case.first(), from, to) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above, and there are at least 32 bytes.
        Family::Avx2 if from.len() >= 32 => unsafe { x86::change_case_256(case.first(), from, to) },
        _ => portable::change_case(case.first(), from, to),
    }
}

/// Copies `from` to `to` with the bytes in reverse order. True if there is a byte that is not ASCII.
///
/// # Panics
/// If the lengths differ.
#[inline]
pub(crate) fn reverse(kernel: Kernel, from: &[u8], to: &mut [u8]) -> bool {
    assert_eq!(from.len(), to.len());
    match kernel.family() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the token says that the processor has it; the lengths are equal, and
        // there are at least 64 bytes.
        Family::Avx512 if from.len() >= 64 => unsafe { x86::reverse_512(from, to) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above (what has AVX-512 has AVX2), and there are at least 32 bytes.
        Family::Avx512 | Family::Avx2 if from.len() >= 32 => unsafe { x86::reverse_256(from, to) },
        _ => portable::reverse(from, to),
    }
}

/// How many bytes [`leads`] takes.
const LEADS: usize = 1024;

/// Calls `visit` with the place of every byte that begins a character of more than one byte (C0 to FF), in order, until
/// `visit` breaks off. If it never does, returns the number of continuation bytes (80 to BF).
#[inline]
pub(crate) fn each_lead<B>(
    kernel: Kernel,
    bytes: &[u8],
    mut visit: impl FnMut(usize) -> ControlFlow<B>,
) -> ControlFlow<B, usize> {
    let (mut masks, mut inner) = ([0; LEADS / 64], 0);
    for (piece, bytes) in bytes.chunks(LEADS).enumerate() {
        inner += leads(kernel, bytes, &mut masks);
        for (block, mask) in masks[..bytes.len().div_ceil(64)].iter().enumerate() {
            let mut mask = *mask;
            // Bit by bit, so that no branch depends on the length of words.
            while mask != 0 {
                visit(piece * LEADS + block * 64 + mask.trailing_zeros() as usize)?;
                mask &= mask - 1;
            }
        }
    }
    ControlFlow::Continue(inner)
}

/// Sets one bit for each byte from C0 to FF, for up to 1024 bytes; masks after that of the last byte stay as they are.
/// Returns the number of bytes from 80 to BF.
fn leads(kernel: Kernel, bytes: &[u8], masks: &mut [u64; LEADS / 64]) -> usize {
    assert!(bytes.len() <= LEADS);
    match kernel.family() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the token says that the processor has it; there is a mask for every 64 bytes.
        Family::Avx512 => unsafe { x86::leads_512(bytes, masks) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Family::Avx2 => unsafe { x86::leads_256(bytes, masks) },
        _ => portable::leads(bytes, masks),
    }
}

/// The place of the first byte at or after `from` that is not ASCII; the length if there is none.
#[inline]
pub fn next_high(bytes: &[u8], from: usize) -> usize {
    portable::next_high(bytes, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All byte values at all places, in an order without a pattern.
    fn sample(len: usize, seed: usize, ascii: bool) -> Vec<u8> {
        let byte = |i: usize| ((i + seed).wrapping_mul(2_654_435_761) >> 7) as u8;
        (0..len).map(|i| if ascii { byte(i) & 0x7f } else { byte(i) }).collect()
    }

    #[test]
    fn case_agrees_with_the_standard_library_at_every_alignment_and_length() {
        for kernel in Kernel::available() {
            for (case, ascii) in [(Case::Upper, true), (Case::Upper, false), (Case::Lower, true), (Case::Lower, false)]
            {
                for start in 0..65 {
                    for len in 0..200 {
                        let from = &sample(start + len, len, ascii)[start..];
                        let mut to = vec![0; len + start + 3];
                        let seen = change_case(kernel, case, from, &mut to[start..start + len]);
                        let expected = match case {
                            Case::Upper => from.to_ascii_uppercase(),
                            Case::Lower => from.to_ascii_lowercase(),
                        };
                        assert_eq!(to[start..start + len], expected, "{kernel:?} {case:?} {start} {len}");
                        assert_eq!(seen, Seen { changed: from != expected, high: !from.is_ascii() }, "{kernel:?}");
                        assert!(to[..start].iter().chain(&to[start + len..]).all(|byte| *byte == 0));
                    }
                }
            }
        }
    }

    #[test]
    fn one_byte_is_seen_wherever_it_is() {
        for kernel in Kernel::available() {
            for len in 1..150 {
                for place in 0..len {
                    for (byte, seen) in [
                        (b'a', Seen { changed: true, high: false }),
                        (b'z', Seen { changed: true, high: false }),
                        (b'`', Seen::default()),
                        (b'{', Seen::default()),
                        (0xe1, Seen { changed: false, high: true }),
                    ] {
                        let (mut from, mut to) = (vec![b'-'; len], vec![0; len]);
                        from[place] = byte;
                        assert_eq!(change_case(kernel, Case::Upper, &from, &mut to), seen, "{kernel:?} {len} {place}");
                        assert_eq!(reverse(kernel, &from, &mut to), seen.high, "{kernel:?} {len} {place}");
                        assert_eq!(next_high(&from, 0), if seen.high { place } else { len });
                        assert_eq!(next_high(&from, place), if seen.high { place } else { len });
                        assert_eq!(next_high(&from, place + 1), len);
                    }
                }
            }
        }
    }

    #[test]
    fn leads_are_told_at_every_alignment_and_length() {
        for kernel in Kernel::available() {
            for start in 0..65 {
                for len in (0..200).chain(LEADS - 2..LEADS + 70) {
                    let bytes = &sample(start + len, len, false)[start..];
                    let mut told = Vec::new();
                    let inner = each_lead::<()>(kernel, bytes, |at| {
                        told.push(at);
                        ControlFlow::Continue(())
                    });
                    let expected: Vec<usize> = (0..len).filter(|at| bytes[*at] >= 0xc0).collect();
                    assert_eq!(told, expected, "{kernel:?} {start} {len}");
                    let expected = bytes.iter().filter(|byte| (0x80..0xc0).contains(*byte)).count();
                    assert_eq!(inner, ControlFlow::Continue(expected), "{kernel:?} {start} {len}");
                }
            }
            let mut count = 0;
            let broken = each_lead(kernel, &[0xc3; 100], |at| match at {
                70 => ControlFlow::Break(at),
                _ => {
                    count += 1;
                    ControlFlow::Continue(())
                }
            });
            assert_eq!((broken, count), (ControlFlow::Break(70), 70));
        }
    }

    #[test]
    fn reverse_agrees_with_the_standard_library_at_every_alignment_and_length() {
        for kernel in Kernel::available() {
            for start in 0..65 {
                for len in 0..300 {
                    let from = &sample(start + len, len, len % 2 == 0)[start..];
                    let mut to = vec![0; len + start + 3];
                    let high = reverse(kernel, from, &mut to[start..start + len]);
                    let expected: Vec<u8> = from.iter().rev().copied().collect();
                    assert_eq!(to[start..start + len], expected, "{kernel:?} {start} {len}");
                    assert_eq!(high, !from.is_ascii());
                    assert!(to[..start].iter().chain(&to[start + len..]).all(|byte| *byte == 0));
                }
            }
        }
    }
}

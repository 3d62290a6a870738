//! ASCII letters, the order of bytes, and where characters of more than one byte are.

mod eights;
mod seen;

use std::ops::ControlFlow;

use super::vector::{Unit, Vector, Work};
pub use eights::next_high;
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
pub(crate) fn change_case(unit: Unit, case: Case, from: &[u8], to: &mut [u8]) -> Seen {
    assert_eq!(from.len(), to.len());
    match from.len() < 64 && !unit.reads_parts() {
        true => eights::change_case(case.first(), from, to),
        false => unit.run(ChangeCase { first: case.first(), from, to }),
    }
}

/// Copies `from` to `to` with the bytes in reverse order. True if there is a byte that is not ASCII.
///
/// # Panics
/// If the lengths differ.
#[inline]
pub(crate) fn reverse(unit: Unit, from: &[u8], to: &mut [u8]) -> bool {
    assert_eq!(from.len(), to.len());
    match from.len() < 64 {
        true => eights::reverse(from, to),
        false => unit.run(Reverse { from, to }),
    }
}

struct ChangeCase<'t> {
    first: u8,
    from: &'t [u8],
    to: &'t mut [u8],
}

impl Work for ChangeCase<'_> {
    type Out = Seen;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> Seen {
        let ChangeCase { first, from, to } = self;
        let (mut changed, mut high) = (0, 0);
        let mut flip = |block| {
            changed |= vector.within(block, first, 26);
            high |= vector.high(block);
            vector.other_case(block, first)
        };
        for (from, to) in from.as_chunks().0.iter().zip(to.as_chunks_mut().0) {
            vector.store(flip(vector.load(from)), to);
        }
        // The last block overlaps the one before, and writes the same bytes once more.
        match (from.last_chunk(), to.last_chunk_mut()) {
            _ if from.len().is_multiple_of(64) => {}
            (Some(from), Some(to)) => vector.store(flip(vector.load(from)), to),
            _ => vector.store_part(flip(vector.load_part(from)), to),
        }
        Seen { changed: changed != 0, high: high != 0 }
    }
}

/// Reverses at least 64 bytes.
struct Reverse<'t> {
    from: &'t [u8],
    to: &'t mut [u8],
}

impl Work for Reverse<'_> {
    type Out = bool;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> bool {
        let Reverse { from, to } = self;
        let mut high = 0;
        let mut turn = |block| {
            high |= vector.high(block);
            vector.reverse(block)
        };
        for (from, to) in from.as_chunks().0.iter().zip(to.as_rchunks_mut().1.iter_mut().rev()) {
            vector.store(turn(vector.load(from)), to);
        }
        // Overlaps the block before.
        if let (Some(from), Some(to)) = (from.last_chunk(), to.first_chunk_mut()) {
            vector.store(turn(vector.load(from)), to);
        }
        high != 0
    }
}

/// How many bytes [`Leads`] takes.
const LEADS: usize = 1024;

/// Calls `visit` with the place of every byte that begins a character of more than one byte (C0 to FF), in order, until
/// `visit` breaks off. If it never does, returns the number of continuation bytes (80 to BF).
#[inline]
pub(crate) fn each_lead<B>(
    unit: Unit,
    bytes: &[u8],
    mut visit: impl FnMut(usize) -> ControlFlow<B>,
) -> ControlFlow<B, usize> {
    let (mut masks, mut inner) = ([0; LEADS / 64], 0);
    for (piece, bytes) in bytes.chunks(LEADS).enumerate() {
        inner += unit.run(Leads { bytes, masks: &mut masks });
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
/// Yields the number of bytes from 80 to BF.
struct Leads<'t> {
    bytes: &'t [u8],
    masks: &'t mut [u64; LEADS / 64],
}

impl Work for Leads<'_> {
    type Out = usize;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> usize {
        let mut inner = 0;
        for (bytes, mask) in self.bytes.chunks(64).zip(self.masks) {
            let block = match bytes.first_chunk() {
                Some(block) => vector.load(block),
                None => vector.load_part(bytes),
            };
            let high = vector.high(block);
            *mask = high & !vector.below(block, 0xc0);
            inner += (high & !*mask).count_ones();
        }
        inner as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::every;

    /// All byte values at all places, in an order without a pattern.
    fn sample(len: usize, seed: usize, ascii: bool) -> Vec<u8> {
        let byte = |i: usize| ((i + seed).wrapping_mul(2_654_435_761) >> 7) as u8;
        (0..len).map(|i| if ascii { byte(i) & 0x7f } else { byte(i) }).collect()
    }

    #[test]
    fn case_agrees_with_the_standard_library_at_every_alignment_and_length() {
        for unit in Unit::available() {
            for (case, ascii) in [(Case::Upper, true), (Case::Upper, false), (Case::Lower, true), (Case::Lower, false)]
            {
                for start in (0..65).step_by(every(13)) {
                    for len in (0..200).step_by(every(23)) {
                        let from = &sample(start + len, len, ascii)[start..];
                        let mut to = vec![0; len + start + 3];
                        let seen = change_case(unit, case, from, &mut to[start..start + len]);
                        let expected = match case {
                            Case::Upper => from.to_ascii_uppercase(),
                            Case::Lower => from.to_ascii_lowercase(),
                        };
                        assert_eq!(to[start..start + len], expected, "{unit:?} {case:?} {start} {len}");
                        assert_eq!(seen, Seen { changed: from != expected, high: !from.is_ascii() }, "{unit:?}");
                        assert!(to[..start].iter().chain(&to[start + len..]).all(|byte| *byte == 0));
                    }
                }
            }
        }
    }

    #[test]
    fn one_byte_is_seen_wherever_it_is() {
        for unit in Unit::available() {
            for len in (1..150).step_by(every(31)) {
                for place in (0..len).step_by(every(17)) {
                    for (byte, seen) in [
                        (b'a', Seen { changed: true, high: false }),
                        (b'z', Seen { changed: true, high: false }),
                        (b'`', Seen::default()),
                        (b'{', Seen::default()),
                        (0xe1, Seen { changed: false, high: true }),
                    ] {
                        let (mut from, mut to) = (vec![b'-'; len], vec![0; len]);
                        from[place] = byte;
                        assert_eq!(change_case(unit, Case::Upper, &from, &mut to), seen, "{unit:?} {len} {place}");
                        assert_eq!(reverse(unit, &from, &mut to), seen.high, "{unit:?} {len} {place}");
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
        for unit in Unit::available() {
            for start in (0..65).step_by(every(13)) {
                for len in (0..200).chain(LEADS - 2..LEADS + 70).step_by(every(41)) {
                    let bytes = &sample(start + len, len, false)[start..];
                    let mut told = Vec::new();
                    let inner = each_lead::<()>(unit, bytes, |at| {
                        told.push(at);
                        ControlFlow::Continue(())
                    });
                    let expected: Vec<usize> = (0..len).filter(|at| bytes[*at] >= 0xc0).collect();
                    assert_eq!(told, expected, "{unit:?} {start} {len}");
                    let expected = bytes.iter().filter(|byte| (0x80..0xc0).contains(*byte)).count();
                    assert_eq!(inner, ControlFlow::Continue(expected), "{unit:?} {start} {len}");
                }
            }
            let mut count = 0;
            let broken = each_lead(unit, &[0xc3; 100], |at| match at {
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
        for unit in Unit::available() {
            for start in (0..65).step_by(every(13)) {
                for len in (0..300).step_by(every(47)) {
                    let from = &sample(start + len, len, len % 2 == 0)[start..];
                    let mut to = vec![0; len + start + 3];
                    let high = reverse(unit, from, &mut to[start..start + len]);
                    let expected: Vec<u8> = from.iter().rev().copied().collect();
                    assert_eq!(to[start..start + len], expected, "{unit:?} {start} {len}");
                    assert_eq!(high, !from.is_ascii());
                    assert!(to[..start].iter().chain(&to[start + len..]).all(|byte| *byte == 0));
                }
            }
        }
    }
}

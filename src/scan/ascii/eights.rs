//! Eight bytes at a time: for texts shorter than a block.

use super::seen::Seen;
use crate::scan::bytes::each;

const LOW: u64 = each(0x7f);
const HIGH: u64 = each(0x80);

/// Changes the case of the 26 letters from `first` on; also says which bits changed.
#[inline(always)]
fn flip(first: u8, bytes: u64) -> (u64, u64) {
    let low = bytes & LOW;
    let from = low + each(0x80 - first);
    let behind = low + each(0x80 - first - 26);
    let letters = from & !behind & !bytes & HIGH;
    (bytes ^ letters >> 2, letters)
}

pub(super) fn change_case(first: u8, from: &[u8], to: &mut [u8]) -> Seen {
    let (eights, tail) = from.as_chunks::<8>();
    let (to_eights, to_tail) = to.as_chunks_mut::<8>();
    let (mut changed, mut all) = (0, 0);
    for (from, to) in eights.iter().zip(to_eights) {
        let bytes = u64::from_le_bytes(*from);
        let (flipped, letters) = flip(first, bytes);
        *to = flipped.to_le_bytes();
        (changed, all) = (changed | letters, all | bytes);
    }
    if !tail.is_empty() {
        let mut last = [0; 8];
        last[..tail.len()].copy_from_slice(tail);
        let bytes = u64::from_le_bytes(last);
        let (flipped, letters) = flip(first, bytes);
        to_tail.copy_from_slice(&flipped.to_le_bytes()[..tail.len()]);
        (changed, all) = (changed | letters, all | bytes);
    }
    Seen { changed: changed != 0, high: all & HIGH != 0 }
}

pub(super) fn reverse(from: &[u8], to: &mut [u8]) -> bool {
    let (eights, tail) = from.as_chunks::<8>();
    let (to_head, to_eights) = to.as_rchunks_mut::<8>();
    let mut all = 0;
    for (from, to) in eights.iter().zip(to_eights.iter_mut().rev()) {
        let bytes = u64::from_le_bytes(*from);
        *to = bytes.to_be_bytes();
        all |= bytes;
    }
    for (from, to) in tail.iter().zip(to_head.iter_mut().rev()) {
        *to = *from;
        all |= *from as u64;
    }
    all & HIGH != 0
}

/// The place of the first byte at or after `from` that is not ASCII; the length if there is none.
#[inline]
pub fn next_high(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let (sixteens, tail) = rest.as_chunks::<16>();
    for (index, sixteen) in sixteens.iter().enumerate() {
        let high = u128::from_le_bytes(*sixteen) & (HIGH as u128 | (HIGH as u128) << 64);
        if high != 0 {
            return from + index * 16 + high.trailing_zeros() as usize / 8;
        }
    }
    let before = tail.iter().position(|byte| !byte.is_ascii()).unwrap_or(tail.len());
    from + sixteens.len() * 16 + before
}

//! The masks with NEON.

use std::arch::aarch64::*;

use super::block::{BLOCK, Classify, High, Masks, State, count};
use super::class::{MORE, QUARTERS, SUSPECTS, TWO};
use crate::scan::vector::neon::{below, bits, equal, look_up, registers};

/// Counts valid UTF-8.
pub(super) fn count_neon(text: &str, state: &mut State) {
    // SAFETY: NEON is part of the target.
    unsafe { count::<Neon>(text, state) }
}

struct Neon;

/// Where bytes from `first` to `first + count - 1` are.
#[inline(always)]
fn within(register: uint8x16_t, first: u8, count: u8) -> uint8x16_t {
    // SAFETY: NEON is part of the target.
    below(unsafe { vsubq_u8(register, vdupq_n_u8(first)) }, count)
}

#[inline(always)]
fn suspects(lead: uint8x16_t, next: uint8x16_t) -> uint8x16_t {
    // SAFETY: NEON is part of the target.
    unsafe {
        let (high, second) = (vshrq_n_u8::<4>(lead), vshrq_n_u8::<4>(next));
        let two = vandq_u8(look_up(&SUSPECTS[0], lead), look_up(&TWO, high));
        let more = vandq_u8(look_up(&SUSPECTS[1], lead), look_up(&MORE, high));
        vtstq_u8(vorrq_u8(two, more), look_up(&QUARTERS, second))
    }
}

impl Classify for Neon {
    #[inline(always)]
    unsafe fn masks(block: &[u8; BLOCK]) -> Masks {
        let block = registers(block.as_chunks().0);
        // SAFETY: NEON is part of the target.
        let spaces = block.map(|r| unsafe { vorrq_u8(within(r, 9, 5), equal(r, b' ')) });
        Masks {
            lines: bits(block.map(|r| equal(r, b'\n'))),
            spaces: bits(spaces),
            words: bits(block.map(|r| within(r, 33, 94))),
            high: !bits(block.map(|r| below(r, 0x80))),
        }
    }

    #[inline(always)]
    unsafe fn high(block: &[u8; BLOCK], next: &[u8; BLOCK]) -> High {
        let (block, next): ([_; 4], [_; 4]) = (registers(block.as_chunks().0), registers(next.as_chunks().0));
        let suspects = std::array::from_fn(|index| suspects(block[index], next[index]));
        High { inner: bits(block.map(|r| within(r, 0x80, 0x40))), suspects: bits(suspects) }
    }
}

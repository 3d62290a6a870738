//! The plain loop, one character at a time: for text that is not valid UTF-8, and as an oracle in tests.

use super::block::State;
use super::class::{Class, class};

/// How many bytes the sequence has that begins with `lead`, the old forms of five and six bytes included; 1
/// for ASCII and for bytes that begin nothing.
pub(super) fn sequence_len(lead: u8) -> usize {
    match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        0xf8..=0xfb => 5,
        0xfc..=0xfd => 6,
        _ => 1,
    }
}

/// How many bytes at the end of `bytes` begin a sequence that is not complete.
pub(super) fn unfinished(bytes: &[u8]) -> usize {
    for (behind, byte) in bytes.iter().rev().take(super::counts::LONGEST - 1).enumerate() {
        if byte & 0xc0 != 0x80 {
            let missing = sequence_len(*byte) > behind + 1;
            return if missing { behind + 1 } else { 0 };
        }
    }
    0
}

/// The character at the start of `bytes` and its length, as glibc's `mbrtowc` decodes it.
fn decode(bytes: &[u8]) -> Option<(u32, usize)> {
    let lead = bytes[0];
    let len = sequence_len(lead);
    if len == 1 {
        return lead.is_ascii().then_some((lead as u32, 1));
    }
    let inner = bytes.get(1..len)?;
    let mut point = lead as u32 & (0x7f >> len);
    for byte in inner {
        if byte & 0xc0 != 0x80 {
            return None;
        }
        point = point << 6 | (byte & 0x3f) as u32;
    }
    let least = [0, 0, 0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000][len];
    (point >= least && !(0xd800..0xe000).contains(&point)).then_some((point, len))
}

/// The class of any character.
fn class_of(point: u32) -> Class {
    match point {
        9..=13 | 32 => Class::Space,
        0..32 | 127 => Class::Neither,
        33..127 => Class::Word,
        _ => class(point),
    }
}

/// Counts any bytes.
pub(super) fn count(bytes: &[u8], state: &mut State) {
    let mut at = 0;
    while at < bytes.len() {
        let Some((point, len)) = decode(&bytes[at..]) else {
            at += 1;
            continue;
        };
        at += len;
        state.counts.chars += 1;
        state.counts.lines += (point == 0x0a) as u64;
        let word = match class_of(point) {
            Class::Neither => continue,
            Class::Word => 1,
            Class::Space => 0,
        };
        state.counts.words += word & !state.in_word;
        state.in_word = word;
        state.first.get_or_insert(word == 1);
    }
}

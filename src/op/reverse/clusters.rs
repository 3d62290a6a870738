//! Puts characters and clusters in their places in a reversed text.

use std::ops::ControlFlow;

use unicode_segmentation::UnicodeSegmentation;

use crate::scan::ascii;
use crate::scan::vector::Unit;

/// Restores all characters that are not ASCII; returns where the first one is that is not [plain](is_plain).
pub(super) fn put_chars(unit: Unit, text: &str, to: &mut [u8]) -> Option<usize> {
    let text = text.as_bytes();
    let mut first = None;
    let _ = ascii::each_lead::<()>(unit, text, |at| {
        put_char(text, at, to);
        if !is_plain(text, at) {
            first.get_or_insert(at);
        }
        ControlFlow::Continue(())
    });
    first
}

/// Puts `from..end` of `text` at its place in the reversed text.
#[inline]
pub(super) fn put(text: &[u8], from: usize, end: usize, to: &mut [u8]) {
    let len = text.len();
    to[len - end..len - from].copy_from_slice(&text[from..end]);
}

/// Puts the character at `at`, which is not ASCII, at its place.
#[inline]
pub(super) fn put_char(text: &[u8], at: usize, to: &mut [u8]) {
    // Constant lengths become plain moves.
    match text[at] {
        ..0xe0 => put(text, at, at + 2, to),
        0xe0..0xf0 => put(text, at, at + 3, to),
        0xf0.. => put(text, at, at + 4, to),
    }
}

#[inline]
pub(super) fn char_len(lead: u8) -> usize {
    match lead {
        ..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

/// Restores all clusters; `first` is where the first character is that is not plain. Everything before it is in place.
///
/// There always is a boundary between two [plain](is_plain) characters, and most characters are plain. The rules are
/// needed only around the others, starting at the plain character before them.
pub(super) fn put_clusters(text: &str, first: usize, to: &mut [u8]) {
    let bytes = text.as_bytes();
    // There is a boundary before the plain character that precedes the first one that is not.
    let mut boundary = text[..first].char_indices().next_back().map_or(first, |(at, _)| at);
    let mut at = boundary;
    while at < bytes.len() {
        if is_plain(bytes, at) {
            let behind = at + char_len(bytes[at]);
            if is_plain(bytes, behind) {
                (at, boundary) = (behind, behind);
                if bytes.get(at).is_some_and(u8::is_ascii) {
                    at = ascii::next_high(bytes, at);
                }
                continue;
            }
        } else if at > boundary {
            // ASCII precedes it, which may belong to it.
            at -= 1;
        }
        at = put_ruled(text, at, to);
        boundary = at;
        if bytes.get(at).is_some_and(u8::is_ascii) {
            at = ascii::next_high(bytes, at);
        }
    }
}

/// Puts clusters in place by the rules, from the boundary `start` to one before a plain character.
pub(super) fn put_ruled(text: &str, start: usize, to: &mut [u8]) -> usize {
    let mut at = start;
    for cluster in text[start..].graphemes(true) {
        put(text.as_bytes(), at, at + cluster.len(), to);
        at += cluster.len();
        if is_plain(text.as_bytes(), at) {
            break;
        }
    }
    at
}

/// Plain characters above ASCII: their property `Grapheme_Cluster_Break` is `Other`, `LV` or `LVT`. (The rules for
/// pictographs and for Indic consonants need a joiner between two of them, which is not plain.) These are not all of
/// them, but the common scripts.
pub(super) const PLAIN: [(u32, u32); 23] = [
    (0xa1, 0xac),       // Latin-1 up to the soft hyphen
    (0xae, 0x2ff),      // Latin
    (0x370, 0x482),     // Greek, Cyrillic
    (0x48a, 0x58f),     // Cyrillic, Armenian
    (0x5d0, 0x5ea),     // Hebrew
    (0x620, 0x64a),     // Arabic
    (0x904, 0x939),     // Devanagari letters
    (0x958, 0x961),     //
    (0xe01, 0xe30),     // Thai consonants
    (0xe40, 0xe46),     // Thai vowels that stand before
    (0x1e00, 0x1fff),   // Latin and Greek with accents
    (0x2010, 0x2027),   // dashes, quotes, dots
    (0x2030, 0x205f),   //
    (0x20a0, 0x20c0),   // currencies
    (0x2190, 0x2bff),   // arrows, mathematics, shapes
    (0x3001, 0x3029),   // punctuation of Chinese and Japanese
    (0x3041, 0x3096),   // Hiragana
    (0x309b, 0x30ff),   // Katakana
    (0x3400, 0x9fff),   // Han
    (0xac00, 0xd7a3),   // Hangul
    (0x1f300, 0x1f3fa), // emoji up to the skin tones
    (0x1f400, 0x1f6ff), // emoji
    (0x1f900, 0x1f9ff), // emoji
];

/// One bit for each code point below U+20000.
static PLAIN_MAP: [u64; 2048] = {
    let mut map = [0; 2048];
    let mut range = 0;
    while range < PLAIN.len() {
        let (mut point, last) = PLAIN[range];
        while point <= last {
            map[point as usize / 64] |= 1 << (point % 64);
            point += 1;
        }
        range += 1;
    }
    map
};

/// Whether the character at `at` is plain. ASCII is (carriage returns are handled elsewhere), and so is the end of the
/// text.
#[inline]
pub(super) fn is_plain(text: &[u8], at: usize) -> bool {
    let inner = |byte: u8| byte as usize & 63;
    let (block, bit) = match text.get(at..).unwrap_or_default() {
        [] | [0..=0x7f, ..] => return true,
        [a @ 0x80..=0xdf, b, ..] => (*a as usize & 31, inner(*b)),
        [a @ 0xe0..=0xef, b, c, ..] => ((*a as usize & 15) << 6 | inner(*b), inner(*c)),
        [0xf0, b, c, d, ..] => (inner(*b) << 6 | inner(*c), inner(*d)),
        _ => return false,
    };
    PLAIN_MAP.get(block).is_some_and(|bits| bits >> bit & 1 == 1)
}

//! Texts from the end to the beginning.

mod lines;

use std::ops::ControlFlow;

use unicode_segmentation::UnicodeSegmentation;

use super::fields::{Changed, Scope, utf8};
use super::{Fields, Op};
use crate::record::Batch;
use crate::scan::ascii;
use crate::scan::kernel::Kernel;

/// Reverses texts.
///
/// By extended grapheme cluster (Unicode Standard Annex 29), so that letters keep their accents and
/// emoji stay whole, or by character (scalar value).
pub struct Reverse {
    fields: Fields,
    clusters: bool,
}

impl Reverse {
    /// By extended grapheme cluster.
    pub fn clusters(fields: Fields) -> Reverse {
        Reverse { fields, clusters: true }
    }

    /// By scalar value.
    pub fn chars(fields: Fields) -> Reverse {
        Reverse { fields, clusters: false }
    }
}

impl Op for Reverse {
    fn name(&self) -> &str {
        if self.clusters { "reverse" } else { "reverse-chars" }
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        if self.fields.names().is_empty() && lines::reverse(batch, self.clusters) {
            return;
        }
        let kernel = Kernel::get();
        match self.clusters {
            true => self.fields.each_text(batch, |text, scope| by_cluster(kernel, text, scope)),
            false => self.fields.each_text(batch, |text, scope| by_char(kernel, text, scope)),
        }
    }

    fn checks_utf8(&self) -> bool {
        self.fields.names().is_empty()
    }

    fn fields(&self) -> &[Box<[u8]>] {
        self.fields.names()
    }
}

/// Reverses all bytes and then puts the characters of more than one byte right.
fn by_char<'a>(kernel: Kernel, text: &'a [u8], scope: &mut Scope<'a>) -> Changed<'a> {
    if text.len() < 2 {
        return Ok(None);
    }
    if ascii::reverse(kernel, text, scope.room(text.len())?) {
        put_chars(kernel, utf8(text, scope.offset)?, scope.room(text.len())?);
    }
    Ok(Some(scope.keep(text.len())))
}

/// Reverses all bytes and then puts the clusters of more than one byte right.
fn by_cluster<'a>(kernel: Kernel, text: &'a [u8], scope: &mut Scope<'a>) -> Changed<'a> {
    if text.len() < 2 {
        return Ok(None);
    }
    if ascii::reverse(kernel, text, scope.room(text.len())?) {
        let (text, to) = (utf8(text, scope.offset)?, scope.room(text.len())?);
        if let Some(at) = put_chars(kernel, text, to) {
            put_clusters(text, at, to);
        }
    }
    // The one cluster of two ASCII characters.
    let to = scope.room(text.len())?;
    for at in memchr::memchr_iter(b'\r', text) {
        if text.get(at + 1) == Some(&b'\n') {
            put(text, at, at + 2, to);
        }
    }
    Ok(Some(scope.keep(text.len())))
}

/// Puts all characters right that are not ASCII; says where the first of them stands that is not
/// [plain](is_plain).
fn put_chars(kernel: Kernel, text: &str, to: &mut [u8]) -> Option<usize> {
    let text = text.as_bytes();
    let mut first = None;
    let _ = ascii::each_lead::<()>(kernel, text, |at| {
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
fn put(text: &[u8], from: usize, end: usize, to: &mut [u8]) {
    let len = text.len();
    to[len - end..len - from].copy_from_slice(&text[from..end]);
}

/// Puts the character at `at`, which is not ASCII, at its place.
#[inline]
fn put_char(text: &[u8], at: usize, to: &mut [u8]) {
    // Constant lengths become plain moves.
    match text[at] {
        ..0xe0 => put(text, at, at + 2, to),
        0xe0..0xf0 => put(text, at, at + 3, to),
        0xf0.. => put(text, at, at + 4, to),
    }
}

#[inline]
fn char_len(lead: u8) -> usize {
    match lead {
        ..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

/// Puts all clusters right; `first` is where the first character stands that is not plain, and before it
/// all is right.
///
/// Between two [plain](is_plain) characters there always is a boundary, and most characters are plain.
/// Only around the others the rules are asked, from the plain character before them on.
fn put_clusters(text: &str, first: usize, to: &mut [u8]) {
    let bytes = text.as_bytes();
    // There is a boundary before the plain character that stands before the first one that is not.
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
            // What stands before is ASCII, and this may belong to it.
            at -= 1;
        }
        at = put_ruled(text, at, to);
        boundary = at;
        if bytes.get(at).is_some_and(u8::is_ascii) {
            at = ascii::next_high(bytes, at);
        }
    }
}

/// Puts clusters right by the rules, from the boundary `start` to one before a plain character.
fn put_ruled(text: &str, start: usize, to: &mut [u8]) -> usize {
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

/// The plain characters above ASCII: their property `Grapheme_Cluster_Break` is `Other`, `LV` or `LVT`. (The
/// rules for pictographs and for Indic consonants need a joiner between two of them, which is not plain.)
/// Not all of them, but the common scripts.
const PLAIN: [(u32, u32); 23] = [
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

/// Whether the character at `at` is plain. ASCII is (carriage returns are looked after elsewhere), and so is the end
/// of the text.
#[inline]
fn is_plain(text: &[u8], at: usize) -> bool {
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

#[cfg(test)]
mod line_tests;

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, rejected};
    use super::*;
    use crate::record::Value;

    fn of(op: &Reverse, text: &str) -> String {
        let mut reversed = Vec::new();
        columns(&["a"], &[&[Value::Text(text.as_bytes())]], |batch| {
            op.apply(batch);
            let Value::Text(to) = batch.columns(0)[0] else { panic!("text stays text") };
            reversed = to.to_vec();
        });
        String::from_utf8(reversed).unwrap()
    }

    fn agrees(clusters: &Reverse, chars: &Reverse, text: &str) {
        assert_eq!(of(clusters, text), text.graphemes(true).rev().collect::<String>(), "{text:?}");
        assert_eq!(of(chars, text), text.chars().rev().collect::<String>(), "{text:?}");
    }

    #[test]
    fn known_texts() {
        let clusters = Reverse::clusters(Fields::all());
        assert_eq!(of(&clusters, "abc"), "cba");
        assert_eq!(of(&clusters, "e\u{301}a"), "ae\u{301}");
        assert_eq!(of(&clusters, "a\r\nb"), "b\r\na");
        assert_eq!(of(&clusters, "👩‍👩‍👧x🇩🇪🇫🇷"), "🇫🇷🇩🇪x👩‍👩‍👧");
        assert_eq!(of(&Reverse::chars(Fields::all()), "e\u{301}a\r\n"), "\n\ra\u{301}e");
    }

    #[test]
    fn every_character_beside_others() {
        let (clusters, chars) = (Reverse::clusters(Fields::all()), Reverse::chars(Fields::all()));
        for c in '\0'..=char::MAX {
            // A plain and an ASCII neighbour, a mark, a joiner, and the character itself.
            agrees(&clusters, &chars, &format!("a{c}é{c}\u{301}b{c}{c}\u{200d}{c}z\u{600}{c}"));
        }
    }

    #[test]
    fn between_plain_characters_is_a_boundary() {
        let plain: Vec<char> = ('\u{80}'..='\u{1ffff}').filter(|c| is_plain(c.to_string().as_bytes(), 0)).collect();
        assert!(plain.len() > 30_000);
        let others: Vec<char> = PLAIN.iter().flat_map(|(a, b)| [*a, *b]).filter_map(char::from_u32).collect();
        for c in &plain {
            for other in others.iter().chain(&['a', '\n', '\r', ' ', '~', '0']) {
                assert_eq!(format!("{c}{other}").graphemes(true).count(), 2, "{c:?} {other:?}");
                assert_eq!(format!("{other}{c}").graphemes(true).count(), 2, "{other:?} {c:?}");
            }
        }
    }

    #[test]
    fn mixed_text() {
        let (clusters, chars) = (Reverse::clusters(Fields::all()), Reverse::chars(Fields::all()));
        let pieces = [
            "plain text ",
            "x",
            "\r\n",
            "\r",
            "\n",
            "é",
            "e\u{301}",
            "日本",
            "한국",
            "\u{1100}\u{1161}\u{11a8}",
            "각\u{11a8}",
            "क्षि",
            "👩‍👩‍👧",
            "👍🏽",
            "🇩🇪",
            "🇫",
            "\u{600}1",
            "\u{301}",
            "\u{200d}",
            "©",
            "1\u{fe0f}\u{20e3}",
            "ที่",
            "\u{ad}",
            "\u{feff}",
        ];
        for seed in 0..20_000usize {
            let mut text = String::new();
            for i in 0..seed % 12 {
                let number = (seed + i * 77).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                text.push_str(pieces[(number >> 40) % pieces.len()]);
                text.push_str(
                    &"some ASCII in between, which may be long enough for a register or two"
                        [..(number >> 50) % 70 * (i % 2)],
                );
            }
            agrees(&clusters, &chars, &text);
        }
    }

    #[test]
    fn invalid_utf8_refuses_the_record() {
        columns(&["a"], &[&[Value::Text(b"ab")], &[Value::Text(b"a\xc3")]], |batch| {
            Reverse::clusters(Fields::all()).apply(batch);
            assert_eq!(batch.columns(0), [Value::Text(b"ba")]);
            assert_eq!(rejected(batch).iter().map(|(record, _)| *record).collect::<Vec<_>>(), [1]);
        });
    }
}

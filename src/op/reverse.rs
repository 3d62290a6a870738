//! Reversing texts.

mod clusters;
mod lines;

use super::fields::{Changed, Scope, utf8};
use super::{Fields, Op};
use crate::record::Batch;
use crate::scan::ascii;
use crate::scan::vector::Unit;
use clusters::{put, put_chars, put_clusters};

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
        let unit = Unit::get();
        match self.clusters {
            true => self.fields.each_text(batch, |text, scope| by_cluster(unit, text, scope)),
            false => self.fields.each_text(batch, |text, scope| by_char(unit, text, scope)),
        }
    }

    fn checks_utf8(&self) -> bool {
        self.fields.names().is_empty()
    }

    fn fingerprint(&self) -> Option<String> {
        super::named(self)
    }

    fn fields(&self) -> &[Box<[u8]>] {
        self.fields.names()
    }
}

/// Reverses all bytes, then restores the characters of more than one byte.
fn by_char<'a>(unit: Unit, text: &'a [u8], scope: &mut Scope<'a>) -> Changed<'a> {
    if text.len() < 2 {
        return Ok(None);
    }
    if ascii::reverse(unit, text, scope.room(text.len())?) {
        put_chars(unit, utf8(text, scope.offset)?, scope.room(text.len())?);
    }
    Ok(Some(scope.keep(text.len())))
}

/// Reverses all bytes, then restores the clusters of more than one byte.
fn by_cluster<'a>(unit: Unit, text: &'a [u8], scope: &mut Scope<'a>) -> Changed<'a> {
    if text.len() < 2 {
        return Ok(None);
    }
    if ascii::reverse(unit, text, scope.room(text.len())?) {
        let (text, to) = (utf8(text, scope.offset)?, scope.room(text.len())?);
        if let Some(at) = put_chars(unit, text, to) {
            put_clusters(text, at, to);
        }
    }
    // CRLF is the one cluster of two ASCII characters.
    let to = scope.room(text.len())?;
    for at in memchr::memchr_iter(b'\r', text) {
        if text.get(at + 1) == Some(&b'\n') {
            put(text, at, at + 2, to);
        }
    }
    Ok(Some(scope.keep(text.len())))
}

#[cfg(test)]
mod line_tests;

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, rejected};
    use super::clusters::{PLAIN, is_plain};
    use super::*;
    use crate::record::Value;
    use unicode_segmentation::UnicodeSegmentation;

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

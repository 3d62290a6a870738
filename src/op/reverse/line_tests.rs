use super::super::testing::{line_by_line, mixed_lines, on_lines};
use super::*;
use unicode_segmentation::UnicodeSegmentation;

#[track_caller]
fn agrees(text: &[u8]) {
    let clusters = |line: &str| line.graphemes(true).rev().collect::<String>();
    let chars = |line: &str| line.chars().rev().collect::<String>();
    assert_eq!(on_lines(&Reverse::clusters(Fields::all()), text), line_by_line(text, clusters));
    assert_eq!(on_lines(&Reverse::chars(Fields::all()), text), line_by_line(text, chars));
}

#[test]
fn mixed_lines_agree_with_the_rules() {
    let pieces = [
        "é",
        "e\u{301}",
        "日本",
        "한국",
        "\u{1100}\u{1161}\u{11a8}",
        "क्षि",
        "👩‍👩‍👧",
        "👍🏽",
        "🇩🇪",
        "🇫",
        "\u{600}1",
        "\u{301}",
        "\u{200d}",
        "1\u{fe0f}\u{20e3}",
        "ที่",
        "\r",
        "x",
    ];
    for seed in 0..800 {
        let pieces = if seed % 2 == 0 { &["é", "日本", "😀", "привет"][..] } else { &pieces };
        agrees(&mixed_lines(pieces, seed, 0));
        agrees(&mixed_lines(pieces, seed, 1 + seed % 50));
    }
}

#[test]
fn lines_of_every_length_at_every_place() {
    for start in 0..70 {
        for len in 0..200 {
            let line: String = ('a'..='z').cycle().skip(len).take(len).collect();
            agrees(format!("{}\n{line}\n{line}é", &"é-".repeat(40)[..start / 3 * 3]).as_bytes());
        }
    }
}

#[test]
fn every_kind_of_invalid_utf8_is_refused() {
    for lead in 0x80..=0xffu8 {
        for b in [0, 0x41, 0x7f, 0x80, 0x83, 0x84, 0x8f, 0x90, 0x91, 0x92, 0x96, 0x9f, 0xa0, 0xbf, 0xc0, 0xff] {
            for c in [0x41, 0x7f, 0x80, 0xbf, 0xc3] {
                agrees(
                    &[b"ok\n", &[lead, b, c][..], b"\n", &[lead, b, c, c], b"\n", &[lead, b], b"\n", &[lead], b"\n"]
                        .concat(),
                );
            }
        }
    }
}

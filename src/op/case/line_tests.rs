use super::super::testing::{line_by_line, mixed_lines, on_lines};
use super::*;

#[track_caller]
fn agrees(text: &[u8]) {
    let (upper, lower) = (ChangeCase::upper(Fields::all()), ChangeCase::lower(Fields::all()));
    assert_eq!(on_lines(&upper, text), line_by_line(text, str::to_uppercase));
    assert_eq!(on_lines(&lower, text), line_by_line(text, str::to_lowercase));
}

#[test]
fn every_character_agrees_with_the_standard_library() {
    let all: Vec<char> = ('\0'..=char::MAX).filter(|c| !matches!(c, '\r' | '\n')).collect();
    // Each among its neighbours, at all places of a register, and alone, so that one that changes its length does not
    // send the others down another path.
    for (number, chars) in all.chunks(999).enumerate() {
        let mut text = String::new();
        for (index, c) in chars.iter().enumerate() {
            text.push(*c);
            text.push_str(["", "a", "Zz ", "\n"][(index + number) % 4]);
        }
        agrees(text.as_bytes());
    }
    for chars in all.chunks(500) {
        let lines: Vec<String> = chars.iter().map(|c| format!("aB{c}{c} {c}zΩ\n")).collect();
        agrees(lines.concat().as_bytes());
    }
}

const PIECES: [&str; 20] = [
    "Straße",
    "İstanbul",
    "ΟΔΥΣΣΕΥΣ",
    "ΣΑΣ.",
    "Σ",
    "'Σ",
    "ﬃ",
    "ΐ",
    "日本",
    "ǅ",
    "naïve",
    "😀",
    "𐐀𐐨",
    "ÿ",
    "ŉ",
    "K",
    "Å",
    "Ⱥ",
    "привет",
    "é",
];

#[test]
fn mixed_lines_agree_with_the_standard_library() {
    for seed in 0..800 {
        // With few kinds of words, many batches have none that changes its length.
        let pieces = &PIECES[if seed % 3 == 0 { 8 } else { 0 }..];
        let pieces = if seed % 3 == 1 { &["é", "привет", "日本", "😀", "Σ"] } else { pieces };
        agrees(&mixed_lines(pieces, seed, 0));
        agrees(&mixed_lines(pieces, seed, 1 + seed % 50));
    }
}

#[test]
fn a_sigma_ends_with_its_line() {
    for end in ["\n", "\r\n", ""] {
        agrees(format!("ΑΣ{end}").as_bytes());
        agrees(format!("ΑΣ\nα{end}").as_bytes());
        agrees(format!("Α\nΣΑ{end}").as_bytes());
        agrees(format!("ΑΣ'\r\n'α{end}").as_bytes());
    }
}

#[test]
fn ascii_letters_change_in_any_bytes() {
    for seed in 0..500 {
        let text = mixed_lines(&PIECES, seed, 3);
        let bare = |line: &[u8]| line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line).to_vec();
        let lines = || text.split_inclusive(|byte| *byte == b'\n').map(bare);
        let upper: Vec<_> = lines().map(|line| Ok(line.to_ascii_uppercase())).collect();
        let lower: Vec<_> = lines().map(|line| Ok(line.to_ascii_lowercase())).collect();
        assert_eq!(on_lines(&ChangeCase::upper_ascii(Fields::all()), &text), upper);
        assert_eq!(on_lines(&ChangeCase::lower_ascii(Fields::all()), &text), lower);
    }
}

#[test]
fn one_op_after_another() {
    struct Both(ChangeCase, ChangeCase);
    impl Op for Both {
        fn name(&self) -> &str {
            "both"
        }
        fn apply(&self, batch: &mut Batch<'_>) {
            self.0.apply(batch);
            self.1.apply(batch);
        }
    }
    let both = Both(ChangeCase::upper(Fields::all()), ChangeCase::lower(Fields::all()));
    for seed in 0..500 {
        let text = mixed_lines(&PIECES, seed, 0);
        assert_eq!(on_lines(&both, &text), line_by_line(&text, |line| line.to_uppercase().to_lowercase()));
    }
}

#[test]
fn every_kind_of_invalid_utf8_is_refused() {
    for lead in 0x80..=0xffu8 {
        for b in [0, 0x41, 0x7f, 0x80, 0x83, 0x84, 0x8f, 0x90, 0x91, 0x92, 0x96, 0x9f, 0xa0, 0xbf, 0xc0, 0xff] {
            for c in [0x41, 0x7f, 0x80, 0xbf, 0xc3] {
                let bad = [&[lead, b, c][..], &[lead, b, c, c], &[lead, b], &[lead]].join(&b"\nfine\n"[..]);
                agrees(&[b"fine\n", &bad[..], b"\n"].concat());
            }
        }
    }
}

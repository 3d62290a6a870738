use std::path::{Path, PathBuf};
use std::process::Command;

use super::block::State;
use super::*;
use missing::{corpora, left_out};

#[allow(dead_code)]
#[path = "../../../tests/support/missing.rs"]
mod missing;

/// The plain loop, as a [`SliceCount`].
fn plain(bytes: &[u8]) -> SliceCount {
    let mut state = State::default();
    scalar::count(bytes, &mut state);
    SliceCount {
        counts: Counts { bytes: bytes.len() as u64, ..state.counts },
        starts_in_word: state.first,
        ends_in_word: state.in_word == 1,
    }
}

fn check(bytes: &[u8], what: &str) {
    for unit in Unit::available() {
        assert_eq!(count_with(unit, bytes), plain(bytes), "{unit:?} {what} {:?}", bytes.escape_ascii().to_string());
    }
}

/// A small generator of numbers, the same in every run (Marsaglia's xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}

/// Pieces that words and characters trip over.
const PIECES: &[&[u8]] = &[
    b"a",
    b"word",
    b" ",
    b"\n",
    b"\r\n",
    b"\t",
    b"\x0b",
    b"\x0c",
    b"\0",
    b"\x01",
    b"\x1f",
    b"\x7f",
    b"~",
    b"!",
    "é".as_bytes(),
    "ß".as_bytes(),
    "\u{a0}".as_bytes(),
    "\u{85}".as_bytes(),
    "\u{ad}".as_bytes(),
    "\u{378}".as_bytes(),
    "Ω".as_bytes(),
    "ש".as_bytes(),
    "\u{5ff}".as_bytes(),
    "\u{7ff}".as_bytes(),
    "\u{1680}".as_bytes(),
    "\u{180e}".as_bytes(),
    "\u{2007}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{2029}".as_bytes(),
    "\u{202f}".as_bytes(),
    "\u{205f}".as_bytes(),
    "\u{2060}".as_bytes(),
    "\u{3000}".as_bytes(),
    "日".as_bytes(),
    "あ".as_bytes(),
    "한".as_bytes(),
    "€".as_bytes(),
    "“".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{ffff}".as_bytes(),
    "\u{e000}".as_bytes(),
    "😀".as_bytes(),
    "\u{1fbff}".as_bytes(),
    "\u{20000}".as_bytes(),
    "\u{2a6e0}".as_bytes(),
    "\u{e0001}".as_bytes(),
    "\u{10ffff}".as_bytes(),
];
const BROKEN: &[&[u8]] = &[
    b"\x80",
    b"\xbf",
    b"\xc0\x80",
    b"\xc1\xbf",
    b"\xc2",
    b"\xe0\x80\x80",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xf0\x80\x80\x80",
    b"\xf0\x9f\x98",
    b"\xf4\x90\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xf8\x88\x80\x80\x80",
    b"\xf8\x80\x80\x80\x80",
    b"\xfb\xbf\xbf\xbf\xbf",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xfc\x80\x80\x80\x80\x80",
    b"\xfd\xbf\xbf\xbf\xbf\xbf",
    b"\xfe",
    b"\xff",
    b"\x80\x80\x80\x80\x80\x80\x80",
];

fn hostile(numbers: &mut Numbers, len: usize, broken: usize) -> Vec<u8> {
    let mut text = Vec::new();
    while text.len() < len {
        match numbers.below(100) < broken {
            true if numbers.below(4) == 0 => text.push(numbers.below(256) as u8),
            true => text.extend_from_slice(BROKEN[numbers.below(BROKEN.len())]),
            false => text.extend_from_slice(PIECES[numbers.below(PIECES.len())]),
        }
    }
    text
}

#[test]
fn counts_by_hand() {
    let of = |text: &[u8]| {
        let Counts { lines, words, chars, bytes } = count_slice(text).counts;
        [lines, words, chars, bytes]
    };
    assert_eq!(of(b""), [0, 0, 0, 0]);
    assert_eq!(of(b"one two\nthree"), [1, 3, 13, 13]);
    assert_eq!(of("déjà\u{a0}vu \n".as_bytes()), [1, 2, 9, 12]);
    // Controls neither begin nor end a word; invalid bytes are no characters.
    assert_eq!(of(b"a\x01b \x01 \0"), [0, 1, 7, 7]);
    assert_eq!(of(b"a\xffb \xff"), [0, 1, 3, 5]);
    assert_eq!(of(b"\xfc\x84\x80\x80\x80\x80"), [0, 0, 1, 6]);
}

#[test]
fn kernels_agree_with_the_plain_loop_on_every_character() {
    for point in ('\0'..=char::MAX).step_by(1) {
        if point.is_ascii() || (point as u32) < 0x1_0000 || (point as u32) % 61 < 2 {
            check(format!("{point} a{point}b").as_bytes(), "character");
        }
    }
}

#[test]
fn kernels_agree_on_every_alignment_and_tail() {
    let mut numbers = Numbers(1);
    for round in 0..40 {
        let text = hostile(&mut numbers, 260, [0, 0, 0, 3, 30][round % 5]);
        for start in 0..65 {
            check(&text[start..], "start");
            check(&text[..text.len() - start], "tail");
        }
        for len in 0..140 {
            check(&text[..len], "length");
        }
    }
}

#[test]
fn kernels_agree_across_chunks() {
    let mut numbers = Numbers(2);
    for round in 0..60 {
        check(&hostile(&mut numbers, 3 * CHUNK + round * 7, round % 3), "chunks");
    }
    for inner in 0..20 {
        let mut text = vec![b'x'; CHUNK - 9];
        text.push(0xfd);
        text.resize(text.len() + inner, 0x80);
        text.resize(text.len() + CHUNK, b' ');
        check(&text, "inner bytes across the end of a chunk");
    }
}

#[test]
fn pieces_merge_behind_any_ascii_byte_and_feed_takes_any_cut() {
    let mut numbers = Numbers(3);
    for round in 0..200 {
        let text = hostile(&mut numbers, 120, round % 40);
        let whole = count_slice(&text);
        for cut in 0..=text.len() {
            let (before, behind) = text.split_at(cut);
            if before.last().is_none_or(u8::is_ascii) {
                let mut merged = count_slice(before);
                merged.merge(&count_slice(behind));
                assert_eq!(merged, whole);
            }
        }
        for size in 1..9 {
            let mut counter = Counter::new();
            text.chunks(size).for_each(|piece| counter.feed(piece));
            assert_eq!(counter.counts(), whole.counts, "{size} {}", text.escape_ascii());
        }
    }
}

/// Whether the oracle is there: `wc` of coreutils 9.1 on glibc 2.36. `POSIXLY_CORRECT` changes its rules.
fn oracle() -> bool {
    let says = |command: &mut Command, what: &str| {
        command.output().is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(what))
    };
    let there = says(Command::new("wc").arg("--version"), "(GNU coreutils) 9.1")
        && says(Command::new("getconf").arg("GNU_LIBC_VERSION"), "glibc 2.36")
        && says(Command::new("locale").arg("-a"), "C.utf8");
    if !there {
        left_out("wc-9.1", "`wc` of coreutils 9.1 on glibc 2.36 is not there");
    }
    there
}

fn agrees_with_wc(files: &[PathBuf]) {
    for files in files.chunks(500) {
        let mut command = Command::new("wc");
        command.arg("-lwmc").args(files).env_clear().env("LC_ALL", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap());
        let output = String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned();
        for (file, line) in files.iter().zip(output.lines()) {
            let told: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).take(4).collect();
            let Counts { lines, words, chars, bytes } = count_slice(&std::fs::read(file).unwrap()).counts;
            assert_eq!([lines, words, chars, bytes], told[..], "{}", file.display());
        }
    }
}

fn write(folder: &Path, name: String, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn agrees_with_wc_on_every_code_point() {
    if !oracle() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let points: Vec<char> = ('\0'..=char::MAX).collect();
    let files = points.chunks(512).enumerate().flat_map(|(index, points)| {
        let alone: String = points.iter().map(|c| format!("{c} ")).collect();
        let inside: String = points.iter().map(|c| format!("a{c}b ")).collect();
        [("alone", alone), ("inside", inside)].map(|(what, text)| (format!("{what}-{index}"), text))
    });
    let files: Vec<_> = files.map(|(name, text)| write(folder.path(), name, text.as_bytes())).collect();
    agrees_with_wc(&files);
}

#[test]
fn agrees_with_wc_on_hostile_bytes() {
    if !oracle() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(4);
    // Below 16 KiB, where `wc` does not depend on its pieces.
    let files = (0..1500).map(|index| {
        let len = numbers.below([40, 300, 16_000][index % 3]);
        let mut text = hostile(&mut numbers, len, index % 101);
        text.truncate(len);
        write(folder.path(), format!("{index}"), &text)
    });
    agrees_with_wc(&files.collect::<Vec<_>>());
}

#[test]
fn agrees_with_wc_on_real_files() {
    if !oracle() {
        return;
    }
    let Some(folder) = corpora() else { return };
    let mut folders = vec![folder];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    // An invalid sequence across a multiple of 16 KiB would be counted otherwise by `wc`.
    let text = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.len() < 16 << 10 || std::str::from_utf8(&bytes).is_ok()
    };
    files.retain(text);
    assert!(!files.is_empty());
    agrees_with_wc(&files);
}

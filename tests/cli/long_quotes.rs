//! Quotes that stay open for longer than there is memory: the search for their end takes no more of it, and finds the
//! same whichever way the input is read.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::support::{Ran, feed, folder, run};

/// More than the lowest limit leaves for one record, which is less than 2 MB.
const LINES: usize = 100_000;
const LIMIT: [&str; 5] = ["--memory-limit", "13MB", "--no-history", "-j", "2"];

/// A file of lines with 40 bytes of text, some of which are other ones.
fn file(odd: &[(usize, &str)]) -> String {
    let line = |n: usize| match odd.iter().find(|(at, _)| *at == n) {
        Some((_, line)) => format!("{n},{line}\n"),
        None => format!("{n},{n:040}\n"),
    };
    "id,note\n".to_owned() + &(0..LINES).map(line).collect::<String>()
}

/// What comes out of the lines that are not left out.
fn lines(out: &[usize]) -> String {
    let line = |n: usize| format!("{n}\t{n:040}\n");
    "id\tnote\n".to_owned() + &(0..LINES).filter(|n| !out.contains(n)).map(line).collect::<String>()
}

/// Runs a command for the file in four ways: mapped, read, from a pipe, and compressed.
fn each_way(here: &Path, text: &str, line: &[&str]) -> [Ran; 4] {
    fs::write(here.join("a.csv"), text).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    fs::write(here.join("a.csv.gz"), packed.finish().unwrap()).unwrap();
    let line = [line, &["-f", "csv"], &LIMIT].concat();
    let run = |input: &[&str]| run(here, line.iter().chain(input));
    [
        run(&["a.csv"]),
        if line[0] == "count" { run(&["a.csv"]) } else { run(&["a.csv", "--io", "read"]) },
        feed(here, line.iter().chain(&["-"]), text.as_bytes()),
        run(&["a.csv.gz"]),
    ]
}

const SKIP: [&str; 5] = ["convert", "-t", "tsv", "--on-error", "skip"];

#[test]
fn one_line_is_bad_and_all_others_are_there() {
    let here = folder();
    let here = here.path();
    for (odd, out, bytes) in [
        // Never closed.
        (&[(1000, "\"no end")][..], &[1000][..], "1 bad record (13 bytes)"),
        // Closed by mistake by the next quote, with text after it; that one is never closed either.
        (&[(1000, "\"Bob"), (90_000, "\"Eve")], &[1000, 90_000], "2 bad records (21 bytes)"),
        // Two at a time, and one at the end.
        (&[(7, "\"x"), (8, "\"y"), (99_999, "\"z")], &[7, 8, 99_999], "3 bad records ("),
    ] {
        for ran in each_way(here, &file(odd), &SKIP) {
            assert_eq!(ran.code, 0, "{odd:?}: {}", ran.stderr);
            let ran = ran.says(&[bytes]);
            assert!(ran.stdout == lines(out), "{odd:?}");
        }
        // Counted as well.
        for ran in each_way(here, &file(odd), &["count", "-r", "--on-error", "skip"]) {
            let count = format!("{} ", LINES - out.len());
            assert!(
                ran.code == 0 && ran.stdout.trim_start().starts_with(&count),
                "{odd:?}: {} {}",
                ran.stdout,
                ran.stderr
            );
        }
    }
}

#[test]
fn the_first_error_is_the_same_too() {
    let here = folder();
    let here = here.path();
    // The header has 8 bytes, ten lines 43 each, ninety 44, nine hundred 45: the quote is after `1000,`.
    let byte = 8 + 10 * 43 + 90 * 44 + 900 * 45 + 5;
    for ran in each_way(here, &file(&[(1000, "\"no end")]), &["convert", "-t", "tsv"]) {
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        ran.says(&[&format!("record 1001, line 1002, byte {byte}"), "the quote opened here is never closed"]);
    }
    // A record that is allowed, and does not fit.
    let text = file(&[(1000, "\"from here"), (90_000, "to there\"")]);
    for line in [&SKIP[..], &["convert", "-t", "tsv"]] {
        for ran in each_way(here, &text, line) {
            assert_eq!(ran.code, 4, "{}", ran.stderr);
            ran.says(&["record 1001", "the record is larger than", "--memory-limit"]);
        }
    }
}

#[test]
fn a_quarantine_has_the_one_line() {
    let here = folder();
    let here = here.path();
    let text = file(&[(1000, "\"no end")]);
    for input in ["a.csv", "a.csv.gz", "-"] {
        each_way(here, "id\n1\n", &["convert", "-t", "tsv"]);
        fs::write(here.join("a.csv"), &text).unwrap();
        let convert = ["convert", input, "-f", "csv", "-o", "b.tsv", "--force", "--quarantine", "q"];
        let ran = match input {
            "a.csv.gz" => {
                each_way(here, &text, &["convert", "-t", "tsv", "--on-error", "skip"]);
                run(here, convert.iter().chain(&LIMIT))
            }
            _ => feed(here, convert.iter().chain(&LIMIT), text.as_bytes()),
        };
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let kept = fs::read_to_string(here.join("q")).unwrap();
        assert_eq!(kept.lines().count(), 2, "{kept}");
        // `1000,"no end` and its line feed in Base64.
        assert!(kept.contains("\"raw\":\"MTAwMCwibm8gZW5kCg==\""), "{kept}");
    }
}

/// Dialects in which a delimiter, an escape or a comment may be divided by what is looked at.
#[test]
fn other_dialects() {
    let here = folder();
    let here = here.path();
    let text = file(&[(1000, "\"no end")]);
    let out = lines(&[1000]);
    for (text, flags) in [
        (text.replace(',', "||"), &["-d", "||"][..]),
        (text.replace("\n5,", "\n#5,\n5,"), &["--comment", "#"]),
        (text.clone(), &["--escape", "\\"]),
        (text.replace('\n', "\r\n"), &[]),
        (text.replace('"', "'"), &["--quote", "'"]),
    ] {
        for ran in each_way(here, &text, &[&SKIP, flags].concat()) {
            assert_eq!(ran.code, 0, "{flags:?}: {}", ran.stderr);
            let ran = ran.says(&["1 bad record ("]);
            assert!(ran.stdout == out, "{flags:?}");
        }
    }
}

//! Ops on lines of text: what they do with invalid UTF-8 is what the decoder does where it checks.

use std::fs;

use crate::support;

fn input() -> Vec<u8> {
    let mut text = Vec::new();
    for line in 0..3000 {
        text.extend_from_slice(format!("{line} Straße déjà vu, 東京, ŉ, Σ'ΑΣ 😀").as_bytes());
        if line % 1000 == 777 {
            text.extend_from_slice(b" caf\xe9 a");
        }
        text.extend_from_slice(if line % 3 == 0 { b"\r\n" } else { b"\n" });
    }
    text
}

#[test]
fn invalid_utf8_is_told_as_the_decoder_tells_it() {
    let folder = support::folder();
    fs::write(folder.path().join("in.txt"), input()).unwrap();
    for op in ["upper", "lower", "reverse", "reverse-chars", "upper,reverse"] {
        let ops: Vec<&str> = op.split(',').flat_map(|op| ["--op", op]).collect();
        for size in ["1", "5000", "1MB"] {
            let run = |to: &str, more: &[&str]| {
                let fixed = ["convert", "in.txt", "-t", to, "--slice-size", size, "-j", "2"];
                support::run(folder.path(), fixed.iter().chain(&ops).chain(more))
            };
            // The decoder checks what goes into JSON.
            let (ours, theirs) = (run("text", &[]), run("ndjson", &[]));
            assert_eq!((ours.code, &ours.stderr), (1, &theirs.stderr), "{op} {size}");
            assert!(ours.stderr.contains("778"), "{}", ours.stderr);
            let skipped = run("text", &["--on-error", "skip"]).ends(0).says(&["3 bad records"]);
            assert_eq!(skipped.stdout.lines().count(), 2997);
            let replaced = run("text", &["--invalid-utf8", "replace"]).ends(0);
            assert_eq!(replaced.stdout.matches('\u{fffd}').count(), 3);
        }
    }
}

#[test]
fn lines_are_changed_as_the_standard_library_changes_them() {
    let folder = support::folder();
    let text = String::from_utf8_lossy(&input()).into_owned();
    fs::write(folder.path().join("in.txt"), &text).unwrap();
    let each = |change: fn(&str) -> String| -> String {
        text.split_inclusive('\n').map(|line| change(line.trim_end()) + &line[line.trim_end().len()..]).collect()
    };
    let cases: [(&str, String); 3] = [
        ("upper", each(str::to_uppercase)),
        ("lower", each(str::to_lowercase)),
        ("reverse-chars", each(|line| line.chars().rev().collect())),
    ];
    for (op, expected) in cases {
        for more in
            [&["-j", "1"][..], &["-j", "3", "--slice-size", "1000"], &["--memory-limit", "12MB"], &["--io", "read"]]
        {
            let ran = support::run(folder.path(), ["convert", "in.txt", "-t", "text", "--op", op].iter().chain(more));
            assert!(ran.ends(0).stdout == expected, "{op} {more:?}");
        }
    }
}

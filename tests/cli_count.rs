//! `count` and `sample` by the command.
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

mod support;

use std::fs;
use std::process::Command;

use support::{feed, fixture, folder, names, run};

#[test]
fn numbers_by_hand() {
    let here = folder();
    // 2 line breaks; the words a, b, ä, c and x; 9 characters, of which one has two bytes.
    fs::write(here.path().join("one.txt"), "a b\nä c\nx").unwrap();
    fs::write(here.path().join("two.txt"), "").unwrap();
    assert_eq!(run(here.path(), ["count", "one.txt"]).ends(0).stdout, " 2  5  9 10 one.txt\n");
    let ran = run(here.path(), ["count", "one.txt", "two.txt"]).ends(0);
    assert_eq!(ran.stdout, " 2  5  9 10 one.txt\n 0  0  0  0 two.txt\n 2  5  9 10 total\n");
    assert_eq!(feed(here.path(), ["count"], b"a b\n").ends(0).stdout, "      1       2       4       4\n");
    assert_eq!(feed(here.path(), ["count", "-"], b"a b\n").ends(0).stdout, "      1       2       4       4 -\n");
}

#[test]
fn records_are_the_fifth_number() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a,b\n1,\"x\ny\"\n2,z\n").unwrap();
    assert_eq!(run(here.path(), ["count", "-f", "csv", "a.csv"]).ends(0).stdout, " 4  4 16 16  2 a.csv\n");
    let ran = run(here.path(), ["count", "-f", "csv", "a.csv", "a.csv"]).ends(0);
    assert_eq!(ran.stdout.lines().last(), Some(" 8  8 32 32  4 total"));
    assert_eq!(
        feed(here.path(), ["count", "-f", "csv"], b"a\n1\n2\n3\n").ends(0).stdout.split_whitespace().last(),
        Some("3")
    );
}

#[test]
fn records_alone() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a,b\n1,\"x\ny\"\n2,z\n").unwrap();
    fs::write(here.path().join("b.ndjson"), "{}\n[1]\n\n2").unwrap();
    let ran = run(here.path(), ["count", "-r", "a.csv", "b.ndjson"]).ends(0);
    assert_eq!(ran.stdout, " 2 a.csv\n 3 b.ndjson\n 5 total\n");
    assert_eq!(run(here.path(), ["count", "-r", "-f", "text", "b.ndjson"]).ends(0).stdout, "4 b.ndjson\n");
    run(here.path(), ["count", "-r", "none"]).ends(2).says(&["-f"]);
}

/// CSV has records whatever their number of fields, unless that is asked for.
#[test]
fn ragged_records_are_records() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a,b\n1\n2,3,4\n").unwrap();
    assert_eq!(run(here.path(), ["count", "-r", "a.csv"]).ends(0).stdout, " 2 a.csv\n");
    assert_eq!(feed(here.path(), ["count", "-r", "-f", "csv"], b"a,b\n1\n2,3,4\n").ends(0).stdout.trim(), "2");
    run(here.path(), ["count", "-r", "--strict", "a.csv"]).ends(1).says(&["1 fields", "record 1"]);
}

#[test]
fn a_missing_file_does_not_keep_the_others_from_being_counted() {
    let here = folder();
    fs::write(here.path().join("one.txt"), "a b\n").unwrap();
    let ran = run(here.path(), ["count", "none.txt", "one.txt"]).ends(3).says(&["none.txt"]);
    assert_eq!(ran.stdout, "1 2 4 4 one.txt\n1 2 4 4 total\n");
}

/// GNU `wc` as the oracle, where it is there.
#[test]
fn the_same_as_wc() {
    let here = folder();
    let files = ["trips.csv", "values.csv", "nested.ndjson", "lines.txt"].map(fixture);
    let wc = Command::new("wc").arg("-lwmc").args(&files).env("LC_ALL", "C.UTF-8").output();
    let Some(wc) = wc.ok().filter(|wc| wc.status.success()) else { return };
    if !Command::new("wc").arg("--version").output().is_ok_and(|v| String::from_utf8_lossy(&v.stdout).contains("GNU")) {
        return;
    }
    let ours =
        run(here.path(), ["count".as_ref()].into_iter().chain(files.iter().map(|file| file.as_os_str()))).ends(0);
    assert_eq!(ours.stdout, String::from_utf8_lossy(&wc.stdout));
}

#[test]
fn samples_depend_on_the_seed_only() {
    let here = folder();
    let sample = |name: &str, seed: &str, workers: &str| {
        let line = ["sample", "--format", "csv", "--size", "300KiB", "--seed", seed, "-j", workers, "-o", name];
        run(here.path(), line).ends(0);
        fs::read(here.path().join(name)).unwrap()
    };
    let one = sample("one.csv", "7", "1");
    assert!(
        (300 << 10..301 << 10).contains(&one.len()) || (299 << 10..=300 << 10).contains(&one.len()),
        "{}",
        one.len()
    );
    assert!(one == sample("two.csv", "7", "2"), "workers changed the bytes");
    assert!(one != sample("three.csv", "8", "1"), "the seed changed nothing");
    let line = ["sample", "--format", "ndjson", "--records", "10", "-o", "ten.ndjson"];
    run(here.path(), line).ends(0);
    assert_eq!(fs::read_to_string(here.path().join("ten.ndjson")).unwrap().lines().count(), 10);
    run(here.path(), line).ends(2).says(&["--force"]);
    assert_eq!(names(here.path()), ["one.csv", "ten.ndjson", "three.csv", "two.csv"]);
}

//! What fuzzing found, so that it stays found.

use std::fs;

use crate::support;
use crate::support::{fixture, folder, run};

fn found(name: &str) -> String {
    fixture("found").join(name).display().to_string()
}

/// A block of BGZF that has another length than it says was read by one worker and refused by two; so was a frame of
/// zstd that holds less than it says and ends with an empty block. One that claims a window of 16 EB was told as a lack of
/// memory, with other sums for other settings.
#[test]
fn members_that_lie_are_refused_by_any_number_of_workers() {
    for (name, says) in [
        ("length.gz", "byte 49: the gzip data is corrupt: a BGZF block does not have the length it says"),
        ("content.zst", "byte 0: the zstd data is corrupt"),
        (
            "window.zst",
            "byte 0: the zstd data is corrupt: a frame says that it needs a window of 16565899579919558117 bytes",
        ),
    ] {
        let here = folder();
        for workers in ["1", "2", "3"] {
            let ran = run(here.path(), ["convert", &found(name), "-f", "text", "-o", "a.txt", "-j", workers]);
            let ran = ran.ends(1).says(&[says]);
            assert!(support::names(here.path()).is_empty(), "{}", ran.stderr);
        }
    }
}

/// Where csv-core itself reads, TSV escapes were left as they were.
#[test]
fn escapes_are_undone_beside_comments() {
    let here = folder();
    let ran = run(here.path(), ["convert", &found("escapes.tsv"), "-t", "ndjson", "--tsv-escapes", "--comment", "#"]);
    assert_eq!(ran.ends(0).stdout, "{\"a\":\"\\t\",\"b\":\"x\\ny\\\\\"}\n");
}

/// A comment that the end of the file cuts off was counted as a record.
#[test]
fn a_comment_at_the_end_is_not_counted() {
    let here = folder();
    for (text, records) in
        [("a,b\n1,2\n#c", 1), ("a,b\n1,2\n\n#c", 1), ("a,b\n#c\n1,2\n#c\n", 1), ("a,b\n#c", 0), ("#c", 0)]
    {
        fs::write(here.path().join("a.csv"), text).unwrap();
        for size in ["1", "1000"] {
            let ran = run(here.path(), ["count", "-r", "--comment", "#", "--slice-size", size, "a.csv"]).ends(0);
            assert_eq!(ran.stdout.split_whitespace().next(), Some(records.to_string().as_str()), "{text:?} {size}");
        }
    }
}

/// Records without fields became empty lines, and nobody was told.
#[test]
fn records_without_fields_are_counted() {
    let here = folder();
    let ran = run(here.path(), ["convert", &found("nothing.ndjson"), "-t", "csv"]);
    ran.ends(0).says(&["2 records written as empty lines", "(record_as_empty_line)"]);
    run(here.path(), ["convert", &found("nothing.ndjson"), "-t", "csv", "--strict"]).ends(1).says(&["record 1"]);
    // A single null in a dialect without quotes is as little.
    fs::write(here.path().join("null.ndjson"), "{\"a\":null}\n{\"a\":1}\n").unwrap();
    let ran = run(here.path(), ["convert", "null.ndjson", "-t", "csv", "--out-no-quoting"]);
    assert_eq!(ran.ends(0).says(&["1 record written as an empty line"]).stdout, "a\n\n1\n");
}

/// A name that only quotes can hold was written without them: the header was another one, or none, when it was read.
#[test]
fn names_that_need_quotes_are_refused_without() {
    let here = folder();
    run(here.path(), ["convert", &found("nameless.ndjson"), "-t", "tsv", "--tsv-escapes"])
        .ends(2)
        .says(&["the column name ``"]);
    fs::write(here.path().join("comma.ndjson"), "{\"a,b\":1}\n").unwrap();
    run(here.path(), ["convert", "comma.ndjson", "-t", "csv", "--out-no-quoting"])
        .ends(2)
        .says(&["the column name `a,b`"]);
    // Of the first keys only: there are more, so the header is no empty line.
    fs::write(here.path().join("more.ndjson"), "{\"\":1}\n{\"a\":2}\n").unwrap();
    for size in ["1", "1000"] {
        let flags = ["convert", "more.ndjson", "-t", "tsv", "--tsv-escapes", "--slice-size", size, "-q", "-o", "out"];
        run(here.path(), flags.iter().chain(&["--force"])).ends(0);
        assert_eq!(fs::read_to_string(here.path().join("out")).unwrap(), "\ta\n1\t\\N\n\\N\t2\n");
    }
}

/// A name that begins as a byte order mark does was taken for one when it was read again.
#[test]
fn a_name_that_looks_like_a_mark_stays_a_name() {
    let here = folder();
    let ran = run(here.path(), ["convert", &found("mark.csv"), "-t", "ndjson"]).ends(0);
    assert_eq!(ran.stdout, "{\"\u{feff}\":1}\n");
    fs::write(here.path().join("a.ndjson"), &ran.stdout).unwrap();
    run(here.path(), ["convert", "a.ndjson", "-o", "a.csv"]).ends(0);
    assert_eq!(run(here.path(), ["convert", "a.csv", "-t", "ndjson"]).ends(0).stdout, ran.stdout);
}

/// To make thousands of equal names differ took the square of their number in time.
#[test]
fn equal_names_end_in_time() {
    let here = folder();
    let names = 50_000;
    fs::write(here.path().join("a.csv"), format!("{}\n{}\n", ",".repeat(names - 1), ",".repeat(names - 1))).unwrap();
    let ran = run(here.path(), ["convert", "a.csv", "-t", "ndjson"]).ends(0).says(&["49,989 more names of the header"]);
    assert!(ran.stderr.len() < 2000 && ran.stdout.contains(&format!("\"_{names}\":null}}")), "{}", ran.stderr);
}

/// Names of many dots and maps in maps were followed by recursion, until the stack was full.
#[test]
fn depth_is_not_the_stacks() {
    let here = folder();
    fs::write(here.path().join("dots.csv"), format!("{}a\n1\n", "a.".repeat(20_000))).unwrap();
    let ran = run(here.path(), ["convert", "dots.csv", "-t", "ndjson", "--unflatten"]).ends(2);
    ran.says(&["more than 1024 deep", "--max-depth"]);
    let depth = 20_000;
    let deep = format!("{}1{}\n", "{\"a\":".repeat(depth), "}".repeat(depth));
    fs::write(here.path().join("deep.ndjson"), deep.repeat(3)).unwrap();
    run(here.path(), ["convert", "deep.ndjson", "-t", "csv"]).ends(1).says(&["more than 1024 deep", "--max-depth"]);
    let flags = ["convert", "deep.ndjson", "-t", "csv", "--max-depth", "50000", "-j", "2", "--slice-size", "1"];
    let ran = run(here.path(), flags).ends(0);
    assert_eq!(ran.stdout, format!("{}a\n1\n1\n1\n", "a.".repeat(depth - 1)));
}

/// As many keys as records: it ends by name, and before there are tables of them all.
#[cfg(target_os = "linux")]
#[test]
fn a_flood_of_keys() {
    use std::process::Stdio;
    let here = support::folder();
    let flood = |keys: usize, length: usize| {
        let key = |id: usize| format!("{id}-{}", "k".repeat(length));
        (0..keys).map(|id| format!("{{\"{}\":{id}}}\n", key(id * 7919))).collect::<String>()
    };
    for (keys, length, limit, code, says) in [
        (150_000, 6, "150MB", 1, "more than 100000 different keys"),
        (20_000, 900, "40MB", 4, "are needed for key tables"),
    ] {
        std::fs::write(here.path().join("flood.ndjson"), flood(keys, length)).unwrap();
        for workers in ["1", "2"] {
            let mut command = support::command(here.path());
            command.args(["convert", "flood.ndjson", "-o", "out.csv", "--memory-limit", limit, "-j", workers]);
            command.args(["--slice-size", "20KB"]);
            let child = command.stderr(Stdio::piped()).spawn().unwrap();
            let (ran, peak) = support::process::ended(child);
            assert_eq!(ran.0, Some(code), "{}", ran.1);
            assert!(ran.1.contains(says) && ran.1.contains("--columns"), "{}", ran.1);
            let limit: u64 = limit.trim_end_matches("MB").parse().unwrap();
            assert!(peak < limit * 1_000_000, "{peak} bytes at the peak, of {limit} MB");
            assert_eq!(support::names(here.path()), ["flood.ndjson"]);
        }
    }
}

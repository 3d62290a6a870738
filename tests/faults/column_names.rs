//! Names of columns ask for their memory while they are read and gathered: what does not fit is refused, and the peak
//! of the process stays below the limit.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Stdio;

use crate::support;
use crate::support::{command, folder, run};

/// Runs a conversion that is refused for its memory, and gives how much was resident at the peak.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str], says: &[&str]) -> u64 {
    let child = command(folder).args(arguments).stderr(Stdio::piped()).spawn().unwrap();
    let ((code, text), peak) = support::process::ended(child);
    assert_eq!(code, Some(4), "{text}");
    says.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in:\n{text}"));
    peak
}

/// A table of one record: this many columns, whose names have `len` bytes and begin differently in each file.
fn table(path: &Path, first: &str, start: usize, count: usize, len: usize) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    file.write_all(first.as_bytes()).unwrap();
    for n in start..start + count {
        write!(file, "{n:0len$}{}", if n + 1 < start + count { "," } else { "\n" }).unwrap();
    }
    let fields = count + usize::from(!first.is_empty());
    (1..fields).for_each(|_| file.write_all(b"1,").unwrap());
    file.write_all(b"1\n").unwrap();
}

#[test]
fn of_one_header() {
    let here = folder();
    // A line of 90 MB, many names, and long ones in a header that takes a closer look.
    table(&here.path().join("long.csv"), "", 0, 90_000, 1000);
    table(&here.path().join("many.csv"), "", 0, 2_000_000, 7);
    table(&here.path().join("quoted.csv"), "\"\",", 0, 90_000, 150);
    let says = ["the column names need ", "but the memory limit leaves", "--memory-limit"];
    for io in ["map", "read"] {
        let base = |name| ["convert", name, "-t", "ndjson", "-o", "out", "-j2", "--io", io, "--memory-limit"];
        let many = ["96MB", "--max-fields", "9000000", "--max-record-size", "17MB"];
        let peak = refused(here.path(), &[&base("many.csv")[..], &many].concat(), &says);
        assert!(peak < 96_000_000, "{io}: {peak}");
        let quoted = ["46MB", "--max-record-size", "14MB"];
        let peak = refused(here.path(), &[&base("quoted.csv")[..], &quoted].concat(), &says);
        assert!(peak < 46_000_000, "{io}: {peak}");
        let long = run(here.path(), base("long.csv").iter().chain(&["36MB"]));
        long.ends(4).says(&["larger than 9000000 bytes", "--memory-limit"]);
    }
    assert!(!here.path().join("out").exists());
    run(here.path(), ["convert", "quoted.csv", "-t", "ndjson", "-o", "out", "--memory-limit", "300MB"]).ends(0);
}

#[test]
fn of_many_inputs() {
    let here = folder();
    for file in 0..30 {
        table(&here.path().join(format!("{file:02}.csv")), "", file * 40, 40, 5000);
    }
    let base = ["convert", "*.csv", "-t", "ndjson", "-o", "out", "--columns", "union", "-j2", "--memory-limit"];
    let says = ["names of the columns of all inputs up to ", ".csv need ", "--memory-limit", "--columns"];
    let peak = refused(here.path(), &[&base[..], &["24MB"]].concat(), &says);
    assert!(peak < 24_000_000, "{peak}");
    assert!(!here.path().join("out").exists());
    run(here.path(), base.iter().chain(&["300MB"])).ends(0);
}

//! `count` and `sample` by the command.

use std::fs;
use std::process::Command;

use crate::support::missing::left_out;
use crate::support::{feed, fixture, folder, names, run, say, with};

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
    fs::write(here.path().join("plain"), "x\n").unwrap();
    run(here.path(), ["count", "-r", "plain"]).ends(2).says(&["-f"]);
    run(here.path(), ["count", "-r", "none"]).ends(3).says(&["there is no file `none`"]);
}

/// CSV has records whatever their number of fields, unless that is asked for.
#[test]
fn ragged_records_are_records() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a,b\n1\n2,3,4\n").unwrap();
    assert_eq!(run(here.path(), ["count", "-r", "a.csv"]).ends(0).stdout, " 2 a.csv\n");
    assert_eq!(feed(here.path(), ["count", "-r", "-f", "csv"], b"a,b\n1\n2,3,4\n").ends(0).stdout.trim(), "2");
    // To say that a bad record ends it asks for what `convert` holds to be bad.
    run(here.path(), ["count", "-r", "--on-error", "fail", "a.csv"])
        .ends(1)
        .says(&["record 1, line 2", "1 field where"]);
    run(here.path(), ["count", "-r", "--strict", "a.csv"]).ends(1).says(&["1 field where", "record 1"]);
}

/// Bad records are left out as `convert` leaves them out, for every format and every way to read.
#[test]
fn bad_records_follow_the_flags_of_convert() {
    let here = folder();
    let here = here.path();
    // Name, content, and how many records are good: two in each, and one is bad.
    let files: [(&str, &[u8], &[&str]); 6] = [
        ("a.ndjson", b"{\"a\":1}\nx\n{\"a\":2}\n", &[]),
        ("b.json", b"[{\"a\":1},{\"a\":x},{\"a\":2}]", &[]),
        ("c.csv", b"a,b\n1,2\n3\n4,5\n", &[]),
        ("d.tsv", b"a\tb\n1\t2\n3\n4\t5\n", &[]),
        ("e.fixed", b"\x01\0\x02\0\x03", &["--layout", "a:u16le"]),
        ("f.frames", b"\x01\0{\x02\0{}\x01\x001", &["--frame", "u16le", "--payload", "json"]),
    ];
    for (name, content, flags) in files {
        fs::write(here.join(name), content).unwrap();
        let all = |line: &[&str]| line.iter().chain(flags).map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let ran = run(here, all(&["count", "-r", "--on-error", "skip", name])).ends(0);
        assert_eq!(ran.stdout.split_whitespace().next(), Some("2"), "{name}: {}", ran.stdout);
        ran.says(&["1 bad record (", ") was left out"]);
        let from = name.split('.').next_back().unwrap();
        let ran = feed(here, all(&["count", "-f", from, "--on-error", "skip", "-q"]), content).ends(0);
        assert_eq!(ran.stdout.split_whitespace().next_back(), Some("2"), "{name}: {}", ran.stdout);
        assert_eq!(ran.stderr, "");
        let bytes = content.len().to_string();
        assert_eq!(ran.stdout.split_whitespace().nth(3), Some(&*bytes), "{name}: {}", ran.stdout);
        run(here, all(&["count", "-r", "--on-error", "skip", "--max-errors", "0", name]))
            .ends(1)
            .says(&["--max-errors 0"]);
        run(here, all(&["count", "-r", "--on-error", "skip", "--max-errors", "20%", name])).ends(1).says(&["20%"]);
        run(here, all(&["count", "-r", "--on-error", "skip", "--max-errors", "50%", name])).ends(0);
        run(here, all(&["count", "-r", "--strict", name])).ends(1);
    }
    run(here, ["count", "-r", "--on-error", "quarantine", "c.csv"]).ends(2).says(&["--quarantine"]);
    let line = ["count", "-r", "--on-error", "quarantine", "--quarantine", "q.ndjson", "c.csv", "a.ndjson", "c.csv"];
    let ran = run(here, line).ends(0).says(&["3 bad records (6 bytes) were left out", "q.ndjson"]);
    assert_eq!(ran.stdout.lines().last(), Some(" 6 total"));
    // A head before those of each input, and the records.
    let quarantine = fs::read_to_string(here.join("q.ndjson")).unwrap();
    let places: Vec<serde_json::Value> = quarantine
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["quarantine"].is_null())
        .map(|line| serde_json::json!([line["file"], line["record"], line["start"]]))
        .collect();
    assert_eq!(places, [("c.csv", 2, 8), ("a.ndjson", 2, 8), ("c.csv", 2, 8)].map(|place| serde_json::json!(place)));
    run(here, line).ends(2).says(&["q.ndjson", "--force"]);
    run(here, line.iter().chain(&["--force"])).ends(0);
    // Nothing of it is left where nothing is bad.
    fs::write(here.join("good.csv"), "a\n1\n").unwrap();
    run(here, ["count", "-r", "--on-error", "quarantine", "--quarantine", "none", "good.csv"]).ends(0);
    assert!(!here.join("none").exists());
}

#[test]
fn where_every_record_is_bad_the_code_is_1() {
    let here = folder();
    fs::write(here.path().join("a.ndjson"), "x\ny\n").unwrap();
    fs::write(here.path().join("b.ndjson"), "1\n").unwrap();
    let ran = run(here.path(), ["count", "-r", "--on-error", "skip", "a.ndjson", "b.ndjson"]).ends(1);
    assert_eq!(ran.stdout, "0 a.ndjson\n1 b.ndjson\n1 total\n");
    ran.says(&["a.ndjson: every record is bad", "2 bad records"]);
}

#[test]
fn many_inputs_are_found_as_by_convert() {
    let here = folder();
    for (name, text) in [("in/a.csv", "x\n1\n"), ("in/sub/b.csv", "x\n2\n3\n")] {
        let path = here.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(here.path().join("list"), "in/a.csv\0in/sub/b.csv\0").unwrap();
    let expected = " 1 in/a.csv\n 2 in/sub/b.csv\n 3 total\n";
    for line in [
        &["count", "-r", "--recursive", "in"][..],
        &["count", "-r", "in/**/*.csv"],
        &["count", "-r", "--files-from", "list", "-0"],
    ] {
        assert_eq!(run(here.path(), line).ends(0).stdout, expected, "{line:?}");
    }
    run(here.path(), ["count", "-r", "in"]).ends(2).says(&["--recursive"]);
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
    if !Command::new("wc").arg("--version").output().is_ok_and(|v| String::from_utf8_lossy(&v.stdout).contains("GNU")) {
        return left_out("wc", "the one of GNU is not there");
    }
    let wc = Command::new("wc").arg("-lwmc").args(&files).env("LC_ALL", "C.UTF-8").output().unwrap();
    assert!(wc.status.success(), "{wc:?}");
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

/// What `convert` says about a run, `count` says too.
#[test]
fn a_count_is_explained_and_reported() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a,b\n1,x y\n2,z\n").unwrap();
    fs::write(here.join("b.csv"), "a,b\n1\n").unwrap();
    let report =
        |name: &str| -> serde_json::Value { serde_json::from_slice(&fs::read(here.join(name)).unwrap()).unwrap() };
    let ran = run(here, ["count", "a.csv", "-v", "--report", "text.json"]).ends(0);
    assert_eq!(ran.stdout, " 3  4 14 14 a.csv\n");
    ran.says(&["  counted    14 B in ", "  found      3 lines, 4 words, 14 characters\n"]);
    let text = report("text.json");
    assert_eq!(text["counts"], serde_json::json!({"lines": 3, "words": 4, "chars": 14, "bytes": 14}));
    assert_eq!((&text["bytes_in"], &text["records_in"]), (&14.into(), &serde_json::Value::Null));
    // Of two files one is bad: it is in the report, and not in the sums.
    let line = ["count", "-r", "--strict", "a.csv", "b.csv", "--report", "records.json"];
    run(here, line).ends(1).says(&["b.csv: record 1"]);
    let records = report("records.json");
    assert_eq!((&records["records_in"], &records["bytes_in"]), (&2.into(), &14.into()));
    let [good, bad] = [0, 1].map(|index| records["files"]["sources"][index].clone());
    assert_eq!(
        (&good["path"], &good["records"], &good["error"]),
        (&"a.csv".into(), &2.into(), &serde_json::Value::Null)
    );
    assert!(bad["path"] == "b.csv" && bad["error"].as_str().is_some_and(|error| error.contains("record 1")));
    // Bad records that are left out are not among those that are counted.
    let line = ["count", "-r", "b.csv", "a.csv", "--on-error", "skip", "-q", "--report", "skip.json"];
    assert_eq!(run(here, line).ends(1).stdout, " 0 b.csv\n 2 a.csv\n 2 total\n");
    let skip = report("skip.json");
    assert_eq!((&skip["records_in"], &skip["records_failed"]), (&3.into(), &1.into()));
    // Nothing is counted where it is only explained.
    let explained = run(here, ["count", "-r", "a.csv", "none.csv", "--explain"]).ends(0);
    assert_eq!(explained.stdout.lines().next(), Some("inputs           the first of 2"));
    for line in ["source           a.csv\n", "counted          records of csv\n", "read by          mapping\n"] {
        assert!(explained.stdout.contains(line), "{line}");
    }
    // Counts go to standard output, and no input is written over.
    run(here, ["count", "a.csv", "--report", "-"]).ends(2).says(&["the counts already go to standard output"]);
    run(here, ["count", "a.csv", "--report", "a.csv", "--force"]).ends(2).says(&["also read or written by the job"]);
    run(here, ["count", "a.csv", "--report", "text.json"]).ends(2).says(&["text.json exists already"]);
}

#[test]
fn what_makes_data_says_how_much() {
    let here = folder();
    let made = run(here.path(), ["generate", "-t", "csv", "--records", "1000", "-o", "a.csv", "-v"]).ends(0);
    made.says(&["  generated  ", " of CSV in ", "  records    1,000 written\n"]);
    run(here.path(), ["generate", "-t", "csv", "--records", "1", "-q", "-v"]).ends(2);
}

/// What makes `convert` warn makes a count doubtful too.
/// A limit that can't be kept is refused, as by `convert`.
#[test]
fn a_limit_that_cannot_be_kept_is_refused() {
    let here = with(&[("a.csv", "a\n1\n")]);
    for line in ["count a.csv", "count -r a.csv", "count -r -f csv a.csv", "convert a.csv -t ndjson"] {
        say(here.path(), &format!("{line} --memory-limit 1KB"))
            .ends(4)
            .says(&[" is too low (did you mean 1000MB?); this job needs at least ", "\n  Give --memory-limit "]);
    }
}

#[test]
fn a_doubtful_beginning_gets_a_warning() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a;b\n1;\"x\ny\"\n").unwrap();
    run(here.path(), ["count", "-r", "a.csv"]).ends(0).says(&["warning: a.csv: ", "-d ';'"]);
    assert_eq!(run(here.path(), ["count", "-r", "a.csv", "-q"]).ends(0).stderr, "");
    assert_eq!(run(here.path(), ["count", "-r", "a.csv", "-d", ";"]).ends(0).stderr, "");
}

/// A name that no record has is told, as `convert` tells it, and refused where warnings are errors.
#[test]
fn names_that_no_record_has_are_told() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.ndjson"), "{\"id\":1}\n{\"id\":2}\n").unwrap();
    fs::write(here.join("b.ndjson"), "{\"name\":\"x\"}\n").unwrap();
    let told = "--where names the field `ids`, which no record has; did you mean `id`?";
    let ran = run(here, ["count", "-r", "a.ndjson", "--where", "ids = 1"]).ends(0).says(&[told]);
    assert_eq!(ran.stdout.trim(), "0 a.ndjson");
    run(here, ["count", "-r", "a.ndjson", "--where", "ids = 1", "--strict"]).ends(1).says(&["the field `ids`"]);
    // One of several sources has it.
    let ran = run(here, ["count", "-r", "a.ndjson", "b.ndjson", "--where", "name = 'x'", "--strict"]).ends(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (" 0 a.ndjson\n 1 b.ndjson\n 1 total\n", ""));
    let report = run(here, ["count", "-r", "a.ndjson", "--where", "ids = 1", "-q", "--report", "r.json"]).ends(0);
    assert_eq!(report.stderr, "");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(here.join("r.json")).unwrap()).unwrap();
    assert_eq!(report["names_never_seen"], serde_json::json!([{"flag": "--where", "name": "ids", "nearest": "id"}]));
}

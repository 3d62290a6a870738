//! Many inputs by the command, against expectations that were written by hand, concatenation, and Python.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::missing::has;
use crate::support::{command, convert, feed, folder, identity, names, read, with};
use serde_json::Value;

#[test]
fn one_output_has_the_records_in_the_order_given() {
    let here = with(&[("b.csv", "id,name\n1,Ada\n2,\"x,\ny\""), ("a.csv", "id,name\n3,Grace\n"), ("empty.csv", "")]);
    let here = here.path();
    // One header; the last record of the first file has no line break.
    let csv = "id,name\n1,Ada\n2,\"x,\ny\"\n3,Grace\n";
    assert_eq!(convert(here, "b.csv empty.csv a.csv").ends(0).stdout, csv);
    assert_eq!(convert(here, "b.csv a.csv --quote-all").ends(0).stdout.matches("\"id\"").count(), 1);
    let lines = "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":2,\"name\":\"x,\\ny\"}\n{\"id\":3,\"name\":\"Grace\"}\n";
    assert_eq!(convert(here, "b.csv a.csv -t ndjson").ends(0).stdout, lines);
    // One array.
    let array: Vec<Value> =
        serde_json::from_str(&convert(here, "empty.csv b.csv a.csv empty.csv -t json").ends(0).stdout).unwrap();
    let ids: Vec<_> = array.iter().map(|record| record["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [1, 2, 3]);
    // The inputs may be sorted otherwise, and one may come twice.
    let ran = convert(here, "a.csv b.csv a.csv -t ndjson --select id").ends(0);
    assert_eq!(ran.stdout, "{\"id\":3}\n{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
    let nothing = convert(here, "empty.csv empty.csv -t json").ends(0).stdout;
    assert_eq!(serde_json::from_str::<Value>(&nothing).unwrap(), serde_json::json!([]));
}

/// The output is decompressed by Python.
#[test]
fn one_compressed_output() {
    if !has("python3") {
        return;
    }
    let here = with(&[("a.csv", "id\n1\n2\n"), ("b.csv", "id\n3\n")]);
    let here = here.path();
    convert(here, "a.csv b.csv -o all.ndjson.gz --report report.json").ends(0);
    convert(here, "a.csv b.csv -o all.json --compress bzip2").ends(0);
    let python = |code: &str| {
        let output = Command::new("python3").args(["-c", code]).current_dir(here).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = python("import gzip; print(gzip.open('all.ndjson.gz','rt').read(), end='')");
    assert_eq!(text, "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
    let text = python("import bz2, json; print(json.load(bz2.open('all.json','rt')), end='')");
    assert_eq!(text, "[{'id': 1}, {'id': 2}, {'id': 3}]");
    let report: Value = serde_json::from_str(&read(here, "report.json")).unwrap();
    assert_eq!(report["bytes_out"], fs::metadata(here.join("all.ndjson.gz")).unwrap().len());
    // A part could not be taken back.
    convert(here, "a.csv b.csv -o no.csv.gz --keep-going").ends(2).says(&["--keep-going", "not compressed"]);
    convert(here, "a.csv b.csv -o no.csv.xz --memory-limit 12MB").ends(4).says(&["--memory-limit", "xz"]);
    convert(here, "a.csv b.csv --out-dir each -t tsv --compress gzip").ends(0);
    assert_eq!(names(&here.join("each")), ["a.tsv.gz", "b.tsv.gz"]);
    assert_eq!(python("import gzip; print(gzip.open('each/b.tsv.gz','rt').read(), end='')"), "id\n3\n");
}

#[test]
fn an_open_quote_at_the_end_of_a_file_does_not_reach_into_the_next() {
    let here = with(&[("a.csv", "x,y\n0,1\n1,\"open\n"), ("b.csv", "x,y\n2,3\n")]);
    convert(here.path(), "a.csv b.csv").ends(1).says(&["a.csv: record 2, line 3, ", "never closed"]);
    assert_eq!(convert(here.path(), "a.csv b.csv --on-error skip").ends(0).stdout, "x,y\n0,1\n2,3\n");
}

#[test]
fn lines_of_two_files_never_become_one() {
    let here = with(&[("a.txt", "one\ntwo"), ("b.txt", "three\r\n"), ("c.ndjson", "{\"a\":1}"), ("d.ndjson", "[2]")]);
    let here = here.path();
    assert_eq!(convert(here, "a.txt b.txt a.txt").ends(0).stdout, "one\ntwo\nthree\r\none\ntwo");
    assert_eq!(convert(here, "a.txt b.txt --op upper").ends(0).stdout, "ONE\nTWO\nTHREE\r\n");
    assert_eq!(convert(here, "c.ndjson d.ndjson c.ndjson").ends(0).stdout, "{\"a\":1}\n[2]\n{\"a\":1}\n");
}

#[test]
fn columns_in_another_order_are_aligned_and_others_are_refused() {
    let here = with(&[
        ("a.csv", "id,name\n1,Ada\n"),
        ("b.csv", "name,id\nGrace,2\n"),
        ("c.csv", "born,id\n1906,3\n"),
        ("t.tsv", "name\tid\nTab\t4\n"),
    ]);
    let here = here.path();
    assert_eq!(convert(here, "a.csv b.csv t.tsv").ends(0).stdout, "id,name\n1,Ada\n2,Grace\n4,Tab\n");
    assert_eq!(
        convert(here, "b.csv a.csv -t ndjson").ends(0).stdout,
        "{\"name\":\"Grace\",\"id\":2}\n{\"name\":\"Ada\",\"id\":1}\n"
    );
    for to in ["csv", "ndjson", "json"] {
        let ran = convert(here, &format!("a.csv b.csv c.csv -t {to}")).ends(1);
        assert_eq!(ran.stdout, "", "nothing is written before all columns are known");
        ran.says(&["c.csv", "a.csv", "it has `born`, which a.csv does not; it has no `name`", "--columns union"]);
    }
    let ran = convert(here, "a.csv b.csv c.csv --columns union")
        .ends(0)
        .says(&["3 missing fields written as empty cells (absent_as_null)"]);
    assert_eq!(ran.stdout, "id,name,born\n1,Ada,\n2,Grace,\n3,,1906\n");
    let ran = convert(here, "a.csv c.csv --columns union -t ndjson").ends(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("{\"id\":1,\"name\":\"Ada\"}\n{\"id\":3,\"born\":1906}\n", "")
    );
    let ran = convert(here, "a.csv c.csv --columns first")
        .ends(0)
        .says(&["1 field left out because the output has no such column (unknown_key)", "1 missing field"]);
    assert_eq!(ran.stdout, "id,name\n1,Ada\n3,\n");
    let ran = convert(here, "a.csv c.csv --columns born,name")
        .ends(0)
        .says(&["2 fields left out because the output has no such column (unknown_key)"]);
    assert_eq!(ran.stdout, "born,name\n,Ada\n1906,\n");
    convert(here, "a.csv c.csv --columns first -t ndjson --strict").ends(1).says(&["c.csv", "`born`"]);
    // Fields that are chosen or renamed are compared as they come out.
    let ran = convert(here, "a.csv c.csv --select id --rename id=number").ends(0);
    assert_eq!(ran.stdout, "number\n1\n3\n");
    let ran = convert(here, "a.csv b.csv --rename id=number --op upper:name").ends(0);
    assert_eq!(ran.stdout, "number,name\n1,ADA\n2,GRACE\n");
    convert(here, "a.csv c.csv --select name").ends(2).says(&["c.csv: ", "`name`"]);
}

#[test]
fn keys_of_json_are_the_union_of_all_inputs() {
    let here = with(&[
        // `c` comes late in the first file: the order of the header may not depend on how much is looked at.
        ("a.ndjson", &format!("{}{{\"c\":1}}\n", "{\"a\":1}\n".repeat(500))),
        ("b.json", "[{\"b\":{\"x\":2}},{\"c\":3}]"),
        ("x.csv", "a,z\n7,8\n"),
    ]);
    let here = here.path();
    for how in ["", "--slice-size 64 -j 3", "--io read"] {
        let ran = convert(here, &format!("a.ndjson b.json -t csv -q {how}")).ends(0);
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert_eq!((lines.len(), lines[0]), (504, "a,c,b.x"), "{how}");
        assert_eq!(&lines[500..], ["1,,", ",1,", ",,2", ",3,"], "{how}");
    }
    convert(here, "x.csv b.json -t csv").ends(1).says(&["b.json", "x.csv", "--columns union"]);
    let ran = convert(here, "x.csv b.json -t csv --columns union -q").ends(0);
    assert_eq!(ran.stdout, "a,z,b.x,c\n7,8,,\n,,2,\n,,,3\n");
    let ran = convert(here, "b.json x.csv a.ndjson -t csv --columns first -q").ends(0);
    assert_eq!(ran.stdout.lines().next(), Some("b.x"));
    // A pipe among them is read once.
    let ran = feed(here, "convert b.json - -f json -t csv -q".split(' '), b"{\"d\":1} {\"c\":2}").ends(0);
    assert_eq!(ran.stdout, "b.x,c,d\n2,,\n,3,\n,,1\n,2,\n");
    let ran = feed(here, "convert x.csv - -f csv -q".split(' '), b"z,a\n1,2\n").ends(0);
    assert_eq!(ran.stdout, "a,z\n7,8\n2,1\n");
}

#[test]
fn patterns_and_folders_are_sorted_by_bytes() {
    let here = with(&[
        ("d/b.txt", "b\n"),
        ("d/B.txt", "B\n"),
        ("d/a-b/x.txt", "a-b\n"),
        ("d/a/x.txt", "a\n"),
        ("d/.hidden.txt", "no\n"),
        ("d/.git/x.txt", "no\n"),
        ("d/é.txt", "é\n"),
    ]);
    let here = here.path();
    assert_eq!(convert(here, "d --recursive -f text").ends(0).stdout, "B\na-b\na\nb\né\n");
    assert_eq!(convert(here, "d/**/*.txt -f text").ends(0).stdout, "B\na-b\na\nb\né\n");
    assert_eq!(convert(here, "./d/?.txt").ends(0).stdout, "B\nb\né\n");
    assert_eq!(convert(here, "d/[ab].txt d/*/x.txt").ends(0).stdout, "b\na-b\na\n");
    convert(here, "d -f text").ends(2).says(&["d is a folder", "--recursive"]);
    convert(here, "d/*.csv").ends(2).says(&["d/*.csv"]);
    // What exists is no pattern.
    fs::write(here.join("[ab].txt"), "itself\n").unwrap();
    fs::write(here.join("a.txt"), "other\n").unwrap();
    assert_eq!(convert(here, "[ab].txt b*.txt d/b.txt").ends(2).stdout, "");
    assert_eq!(convert(here, "[ab].txt d/b.txt").ends(0).stdout, "itself\nb\n");
}

#[test]
fn lists_of_files() {
    let here = with(&[("one.txt", "1\n"), ("two words.txt", "2\n"), ("list", "two words.txt\n\none.txt")]);
    let here = here.path();
    assert_eq!(convert(here, "--files-from list").ends(0).stdout, "2\n1\n");
    assert_eq!(convert(here, "one.txt --files-from list").ends(0).stdout, "1\n2\n1\n");
    let ran = feed(here, "convert --files-from - -0 -t text".split(' '), b"one.txt\0two words.txt\0").ends(0);
    assert_eq!(ran.stdout, "1\n2\n");
    feed(here, "convert - --files-from - -f text".split(' '), b"one.txt\n").ends(2).says(&["only once"]);
    feed(here, "convert --files-from -".split(' '), b"\n").ends(2).says(&["no input"]);
    convert(here, "--files-from nothing").ends(3).says(&["nothing"]);
}

#[test]
fn an_output_for_each_input() {
    let here = with(&[
        ("in/a.csv", "x\n1\n"),
        ("in/sub/a.csv", "y\n2\n"),
        ("in/sub/deep/b.jsonl", "{\"z\":3}\n"),
        ("other/a.csv", "x\n9\n"),
    ]);
    let here = here.path();
    let ran = convert(here, "in -r --out-dir out -t ndjson --report r.json").ends(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert_eq!(read(here, "out/a.ndjson"), "{\"x\":1}\n");
    assert_eq!(read(here, "out/sub/a.ndjson"), "{\"y\":2}\n");
    assert_eq!(read(here, "out/sub/deep/b.jsonl"), "{\"z\":3}\n");
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!((&report["records_in"], &report["bytes_in"]), (&3.into(), &16.into()));
    let mut file = report["files"]["sources"][1].clone();
    assert_eq!(file.as_object_mut().unwrap().remove("identity"), Some(identity(&here.join("in/sub/a.csv"))));
    assert_eq!(
        file,
        serde_json::json!({"path": "in/sub/a.csv", "target": "out/sub/a.ndjson", "bytes": 4, "records": 1, "error": null})
    );
    // What is there is not replaced, and nothing else is written then.
    fs::remove_file(here.join("out/a.ndjson")).unwrap();
    convert(here, "in -r --out-dir out -t ndjson").ends(2).says(&["out/sub/a.ndjson", "--force"]);
    assert!(!here.join("out/a.ndjson").exists());
    convert(here, "in -r --out-dir out -t ndjson --force").ends(0);
    // Clashes are found before anything is written.
    convert(here, "in/a.csv other/a.csv --out-dir new").ends(2).says(&["in/a.csv", "other/a.csv", "new/a.csv"]);
    assert!(!here.join("new").exists());
    // The folders below the fixed part of a pattern are kept.
    convert(here, "*/a.csv --out-dir new").ends(0);
    assert_eq!(read(here, "new/other/a.csv"), "x\n9\n");
    // An input is never written to.
    convert(here, "in/a.csv other/a.csv --out-dir in --force").ends(2).says(&["in/a.csv"]);
    convert(here, "in/a.csv in/sub/deep/b.jsonl --out-dir in --force").ends(2).says(&["one of the inputs"]);
    convert(here, "in/a.csv other/a.csv -o in/a.csv --force").ends(2).says(&["is the source"]);
    feed(here, "convert - -f csv --out-dir new".split(' '), b"x\n").ends(2).says(&["standard input"]);
    // A folder of outputs below that of inputs is no input. All of it is read as CSV here, so none is JSON.
    fs::write(here.join("in/sub/deep/b.jsonl"), "z\n3\n").unwrap();
    convert(here, "in -r --out-dir in/done -f csv -t text").ends(0);
    convert(here, "in -r --out-dir in/done -f csv -t text --force").ends(0);
    assert_eq!(names(&here.join("in/done")), ["a.txt", "sub"]);
}

/// What stands between the first and the last line of a program's errors.
fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn failures_name_the_file_and_the_record_in_it() {
    let here = with(&[
        ("a.csv", "x,y\n1,2\n3,4\n"),
        ("bad.csv", "x,y\n5,6\n7\n"),
        ("b.csv", "x,y\n8,9\n"),
        ("other.csv", "z\n1\n"),
        ("late.ndjson", "{\"a\":1}\n{\"a\":\n"),
    ]);
    let here = here.path();
    convert(here, "a.csv bad.csv b.csv -o all.csv").ends(1).says(&["bad.csv: record 2, line 3, byte 8: "]);
    assert!(!here.join("all.csv").exists());
    convert(here, "a.csv missing.csv bad.csv -o all.csv").ends(3).says(&["missing.csv"]);
    let ran =
        convert(here, "missing.csv a.csv bad.csv other.csv b.csv -o all.csv --keep-going --report r.json").ends(3);
    let ran = ran.says(&["missing.csv", "bad.csv: record 2", "other.csv", "3 of 5 inputs failed"]);
    assert!(lines(&ran.stderr)[0].contains("missing.csv"));
    // Nothing of the failed file is there, the record before the bad one included.
    assert_eq!(read(here, "all.csv"), "x,y\n1,2\n3,4\n8,9\n");
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    let files = report["files"]["sources"].as_array().unwrap();
    let ok: Vec<bool> = files.iter().map(|file| file["error"].is_null()).collect();
    assert_eq!(ok, [false, true, false, false, true]);
    assert_eq!((&report["records_out"], &report["bytes_out"]), (&3.into(), &16.into()));
    // In an array the comma goes too, for the first record as for later ones.
    for (inputs, expected) in [("bad.csv a.csv bad.csv", "[1,3]"), ("a.csv bad.csv b.csv", "[1,3,8]")] {
        let ran = convert(here, &format!("{inputs} -o all.json --force --keep-going --slice-size 1")).ends(1);
        assert!(!ran.stderr.is_empty());
        let array: Vec<Value> = serde_json::from_str(&read(here, "all.json")).unwrap();
        let found: Vec<String> = array.iter().map(|record| record["x"].to_string()).collect();
        assert_eq!(format!("[{}]", found.join(",")), expected);
    }
    // The last line of NDJSON ends with a line feed, whatever that of the input does.
    fs::write(here.join("open.ndjson"), "{\"a\":1}").unwrap();
    convert(here, "open.ndjson late.ndjson -o all.ndjson --keep-going").ends(1);
    assert_eq!(read(here, "all.ndjson"), "{\"a\":1}\n");
    convert(here, "open.ndjson late.ndjson open.ndjson -o all.ndjson --force --keep-going").ends(1);
    assert_eq!(read(here, "all.ndjson"), "{\"a\":1}\n{\"a\":1}\n");
    // A stream can't take back what it has.
    convert(here, "a.csv bad.csv --keep-going").ends(2).says(&["--keep-going", "--out-dir"]);
    let ran = convert(here, "a.csv bad.csv b.csv --keep-going --out-dir out").ends(1).says(&["bad.csv: record 2"]);
    assert_eq!((names(&here.join("out")).join(" "), lines(&ran.stderr).len()), ("a.csv b.csv".to_owned(), 4));
    // If all fail there is no file.
    convert(here, "bad.csv missing.csv -o none.csv --keep-going").ends(1).says(&["2 of 2"]);
    assert!(!here.join("none.csv").exists());
    convert(here, "late.ndjson late.ndjson -t csv").ends(1).says(&["late.ndjson: record 2, line 2, byte 13"]);
    // Bad records that are left out are not failures.
    let ran = convert(here, "a.csv bad.csv b.csv --on-error skip").ends(0).says(&["1 bad record"]);
    assert_eq!(ran.stdout, "x,y\n1,2\n3,4\n5,6\n8,9\n");
    // Counts of a failed file don't count.
    let ran = convert(here, "a.csv bad.csv b.csv --types text --op wordcount --keep-going").ends(1);
    assert!(ran.stdout.ends_with("records    3\n"), "{}", ran.stdout);
    if cfg!(target_os = "linux") {
        convert(here, "a.csv b.csv -t csv -o /dev/full").ends(3).says(&["/dev/full"]);
    }
}

#[test]
fn the_report_adds_up() {
    let here = with(&[("a.csv", "x,x\n1,2\n"), ("b.csv", "x,x\n3,4\n5,6\n")]);
    let ran = convert(here.path(), "a.csv b.csv -t ndjson -o out -v --report r.json").ends(0);
    ran.says(&[
        "converted  2 inputs, 20 B of CSV",
        "a.csv: 8 B in 1 record",
        "b.csv: 12 B in 2 records",
        "3 read and written",
    ])
    .says(&["warning: b.csv: the header names `x` twice"]);
    let report: Value = serde_json::from_str(&read(here.path(), "r.json")).unwrap();
    assert_eq!(
        (&report["bytes_in"], &report["records_in"], &report["records_out"]),
        (&20.into(), &3.into(), &3.into())
    );
    assert_eq!(report["bytes_out"], fs::metadata(here.path().join("out")).unwrap().len());
    let expected = serde_json::json!([
        {"path": "a.csv", "identity": identity(&here.path().join("a.csv")), "bytes": 8, "records": 1, "error": null},
        {"path": "b.csv", "identity": identity(&here.path().join("b.csv")), "bytes": 12, "records": 2, "error": null},
    ]);
    assert_eq!((&report["files"]["source"], &report["files"]["sources"]), (&Value::Null, &expected));
}

#[test]
fn old_spellings_take_one_input_still() {
    let here = with(&[("a.csv", "x\n1\n"), ("b.csv", "x\n2\n")]);
    assert_eq!(convert(here.path(), "--input a.csv -t ndjson").ends(0).stdout, "{\"x\":1}\n");
    assert_eq!(convert(here.path(), "--input a.csv --files-from /dev/null").ends(0).stdout, "x\n1\n");
    convert(here.path(), "b.csv --input a.csv").ends(2);
    convert(here.path(), "-t csv").ends(2);
    convert(here.path(), "a.csv b.csv --out-dir d -o c").ends(2);
    let ran = convert(here.path(), "a.csv b.csv --explain").ends(0);
    assert!(ran.stdout.contains("the first of 2\n"), "{}", ran.stdout);
}

/// Thousands of files, one open at a time.
#[cfg(unix)]
#[test]
fn three_thousand_files_with_few_descriptors() {
    let here = folder();
    fs::create_dir(here.path().join("in")).unwrap();
    let mut expected = String::from("id,name\n");
    for number in 0..3000 {
        let (id, name) = (number, format!("n\"{number}"));
        let text = match number % 2 {
            0 => format!("id,name\n{id},\"n\"\"{number}\"\n"),
            _ => format!("name,id\n\"n\"\"{number}\",{id}"),
        };
        expected += &format!("{id},\"{}\"\n", name.replace('"', "\"\""));
        fs::write(here.path().join(format!("in/{number:04}.csv")), text).unwrap();
    }
    let limited = |line: &str| {
        let script = format!("ulimit -n 64; exec \"$0\" convert {line}");
        let output = Command::new("sh")
            .current_dir(here.path())
            .args(["-c", &script, env!("CARGO_BIN_EXE_pagemill")])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // The history would be kept of the run that takes longer.
    let alike = "--memory-limit 16MB --no-history --report";
    assert!(limited(&format!("'in/*.csv' {alike} r.json")) == expected);
    if cfg!(target_os = "linux") {
        // The code of a build for tests takes most of it; what is asked for here is that the files take little.
        limited(&format!("in/0000.csv {alike} one.json"));
        let [one, all] = ["one.json", "r.json"].map(|name| {
            let report: Value = serde_json::from_str(&read(here.path(), name)).unwrap();
            report["peak_rss_bytes"].as_u64().unwrap()
        });
        assert!(one > 1_000_000 && all < one + 4_000_000, "{one} {all}");
    }
    limited("in -r --out-dir out -t ndjson");
    assert_eq!(names(&here.path().join("out")).len(), 3000);
    assert_eq!(read(here.path(), "out/2999.ndjson"), "{\"name\":\"n\\\"2999\",\"id\":2999}\n");
    limited("in -r -o all.csv -t csv --keep-going");
    assert!(read(here.path(), "all.csv") == expected);
}

/// A list of names that does not fit is refused instead of going over the ceiling.
#[test]
fn a_list_beyond_the_ceiling_is_refused() {
    let here = folder();
    fs::write(here.path().join("list"), "a-name-that-is-repeated.csv\n".repeat(40_000)).unwrap();
    convert(here.path(), "--files-from list -t csv -o x --memory-limit 16MB")
        .ends(4)
        .says(&["40000 inputs", "--memory-limit"]);
}

const PYTHON: &str = r#"
import csv, glob, json, sys
names = sorted(glob.glob("*.csv"), key=lambda name: name.encode())
columns, rows = [], []
for name in names:
    with open(name, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows.append(row)
            columns.extend(key for key in row if key not in columns)
writer = csv.DictWriter(sys.stdout, columns, restval="", lineterminator="\n")
writer.writeheader()
writer.writerows(rows)
"#;

#[test]
fn python_agrees_and_workers_and_slices_do_not_matter() {
    let here = folder();
    let here = here.path();
    // Fields that need their quotes, so that Python's and our quoting are the same.
    for (file, header) in ["a,b,c", "c,a,b", "b,c,d", "d", "a,b,c"].into_iter().enumerate() {
        let width = header.split(',').count();
        let mut text = format!("{header}\n");
        for record in 0..400 {
            let odd = ["x", "\"two\nlines\"", "\"comma,\"", "\"\"\"q\"\"\"", "1.10", "é"];
            let fields: Vec<&str> =
                (0..width).map(|column| odd[(record * 7 + column * 5 + file) % odd.len()]).collect();
            text += &format!("{}\n", fields.join(","));
        }
        fs::write(here.join(format!("{file}.csv")), text.trim_end_matches('\n')).unwrap();
    }
    let ours = convert(here, "*.csv --columns union -q").ends(0).stdout;
    assert_eq!(ours.lines().next(), Some("a,b,c,d"));
    for how in [
        "-j 1 --slice-size 1",
        "-j 7 --slice-size 100",
        "-j 2 --slice-size 4KiB --memory-limit 16MB",
        "--io read -j 3 --slice-size 50",
    ] {
        assert!(convert(here, &format!("*.csv --columns union -q {how}")).ends(0).stdout == ours, "{how}");
        convert(here, &format!("*.csv --columns union -q -o all.out -t csv --force {how}")).ends(0);
        assert!(read(here, "all.out") == ours, "{how}");
    }
    if !has("python3") {
        return;
    }
    let python = Command::new("python3")
        .current_dir(here)
        .args(["-c", PYTHON])
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    assert!(String::from_utf8(python.stdout).unwrap() == ours);
}

#[test]
fn concatenation_by_hand_is_the_same() {
    let here = folder();
    let here = here.path();
    let (mut csv, mut lines, mut text) = (String::from("k,v\n"), String::new(), String::new());
    let mut list = Vec::new();
    for file in 0..20 {
        let records: Vec<(usize, String)> = (0..file * 13).map(|n| (n, format!("v{file}-{n}"))).collect();
        let own: String = records.iter().map(|(k, v)| format!("{k},{v}\n")).collect();
        let json: String = records.iter().map(|(k, v)| format!("{{\"k\":{k},\"v\":\"{v}\"}}\n")).collect();
        fs::write(here.join(format!("{file:02}.csv")), format!("k,v\n{own}")).unwrap();
        fs::write(here.join(format!("{file:02}.ndjson")), &json).unwrap();
        fs::write(here.join(format!("{file:02}.txt")), &own).unwrap();
        csv += &own;
        lines += &json;
        text += &own;
        list.push(format!("{file:02}"));
    }
    let all = |suffix: &str| list.iter().map(|name| format!("{name}.{suffix} ")).collect::<String>();
    for how in ["", "-j 3 --slice-size 10"] {
        assert!(convert(here, &format!("{} {how}", all("csv"))).ends(0).stdout == csv);
        assert!(convert(here, &format!("{} -t ndjson {how}", all("csv"))).ends(0).stdout == lines);
        assert!(convert(here, &format!("{} -t csv {how}", all("ndjson"))).ends(0).stdout == csv);
        assert!(convert(here, &format!("{} {how}", all("ndjson"))).ends(0).stdout == lines);
        assert!(convert(here, &format!("{} {how}", all("txt"))).ends(0).stdout == text);
    }
}

#[cfg(unix)]
#[test]
fn pipes_among_the_inputs() {
    let here = with(&[("a.csv", "x,y\n1,2\n")]);
    let script = "mkfifo p; printf 'y,x\\n4,3\\n' > p & exec \"$0\" convert a.csv p -f csv -t csv";
    let output = command(here.path());
    drop(output);
    let output = Command::new("sh")
        .current_dir(here.path())
        .args(["-c", script, env!("CARGO_BIN_EXE_pagemill")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "x,y\n1,2\n3,4\n");
}

/// Whose format is not known fails like any other input.
#[test]
fn an_unknown_extension_fails_alone() {
    let files = [("in/a.csv", "a\n1\n"), ("in/notes.xyz", "a\n2\n"), ("in/x/b.csv", "a\n3\n")];
    let here = with(&files);
    let here = here.path();
    convert(here, "in -r --out-dir out -t ndjson").ends(2).says(&["in/notes.xyz"]);
    assert!(!here.join("out").exists());
    let ran = convert(here, "in -r --out-dir out -t ndjson --keep-going --report r.json").ends(2);
    ran.says(&["in/notes.xyz", "1 of 3 inputs failed"]);
    assert_eq!(names(&here.join("out")), ["a.ndjson", "x"]);
    assert_eq!(
        (read(here, "out/a.ndjson"), read(here, "out/x/b.ndjson")),
        ("{\"a\":1}\n".into(), "{\"a\":3}\n".into())
    );
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert!(report["files"]["sources"][1]["error"].as_str().unwrap().contains("in/notes.xyz"), "{report}");
}

/// What stands for several files means the same on the day on which only one is there.
#[test]
fn a_pattern_with_one_match_is_still_many() {
    let here = with(&[("d/a.csv", "id\n1\n"), ("list", "d/a.csv\n")]);
    let here = here.path();
    for input in ["d/*.csv", "d --recursive", "--files-from list"] {
        for columns in ["--columns union", "--columns first", "--max-keys 7"] {
            assert_eq!(
                convert(here, &format!("{input} -t csv {columns}")).ends(0).stdout,
                "id\n1\n",
                "{input} {columns}"
            );
        }
    }
    convert(here, "d/*.csv --keep-going -o kept.csv").ends(0);
    convert(here, "d/*.csv --out-dir out -t ndjson --columns union").ends(2).says(&["`--columns` has no effect"]);
    convert(here, "d/a.csv --columns union").ends(2).says(&["`--columns` has no effect"]);
}

/// A list with CRLF line ends named files that are not there, by names that looked right.
#[test]
fn a_list_with_carriage_returns_is_told() {
    let here = with(&[("a.csv", "id\n1\n"), ("list", "a.csv\r\n")]);
    let ran = convert(here.path(), "--files-from list -t ndjson").ends(3);
    let ran = ran.says(&["there is no file `a.csv` followed by a carriage return", "CRLF"]);
    assert!(!ran.stderr.contains('\r'));
}

/// An empty file has no columns, so names can't be missing in it.
#[test]
fn an_empty_file_lacks_no_names() {
    let here = with(&[("a.csv", "a,b\n1,2\n"), ("empty.csv", "")]);
    for flags in ["--select b,a", "--drop a", "--rename a=b,b=a", "--op upper:a"] {
        let expected = convert(here.path(), &format!("a.csv -t csv {flags}")).ends(0).stdout;
        for inputs in ["a.csv empty.csv", "empty.csv a.csv"] {
            assert_eq!(
                convert(here.path(), &format!("{inputs} -t csv {flags}")).ends(0).stdout,
                expected,
                "{inputs} {flags}"
            );
        }
    }
}

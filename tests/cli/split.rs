//! `pagemill split`; what is expected was worked out by hand, or is put together here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{command, feed, folder, names, ran, read, run, say, with};
use serde_json::Value;

const TRIPS: &str = "id,city,fare\n1,Bern,10\n2,\"a/b\",11\n3,,12\n4,\"\",13\n5,bern,14\n6,Bern,1.10\n";

/// The files of a folder, with what is in them.
fn files(folder: &Path) -> BTreeMap<String, String> {
    names(folder).into_iter().map(|name| (name.clone(), read(folder, &name))).collect()
}

fn expect(folder: &Path, expected: &[(&str, &str)]) {
    let expected = expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    assert_eq!(files(folder), expected);
}

#[test]
fn a_file_for_each_value() {
    let here = with(&[("t.csv", TRIPS)]);
    let here = here.path();
    run(here, ["split", "t.csv", "--by", "city", "-o", "out/{part}.csv", "--report", "r.json"]).ends(0);
    expect(
        &here.join("out"),
        &[
            ("%62%65%72%6E.csv", "id,city,fare\n5,bern,14\n"),
            ("%empty.csv", "id,city,fare\n4,\"\",13\n"),
            ("%null.csv", "id,city,fare\n3,,12\n"),
            ("Bern.csv", "id,city,fare\n1,Bern,10\n6,Bern,1.10\n"),
            ("a%2Fb.csv", "id,city,fare\n2,\"a/b\",11\n"),
        ],
    );
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    let parts = report["files"]["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 5);
    assert_eq!(parts[0], serde_json::json!({"path": "out/Bern.csv", "bytes": 35, "records": 2}));
    assert_eq!((&report["records_out"], &report["bytes_out"]), (&6.into(), &122.into()));
    // The field has its new name, and other steps come before.
    let line = "split t.csv --by town --rename city=town --where fare<12 --select city,id -o n/{part}.ndjson";
    say(here, line).ends(0);
    expect(
        &here.join("n"),
        &[
            ("Bern.ndjson", "{\"town\":\"Bern\",\"id\":1}\n{\"town\":\"Bern\",\"id\":6}\n"),
            ("a%2Fb.ndjson", "{\"town\":\"a/b\",\"id\":2}\n"),
        ],
    );
    say(here, "split t.csv --by city -o l/{part}.json --limit 2 --offset 4").ends(0);
    expect(
        &here.join("l"),
        &[
            ("%42%65%72%6E.json", "[\n{\"id\":6,\"city\":\"Bern\",\"fare\":1.10}\n]\n"),
            ("bern.json", "[\n{\"id\":5,\"city\":\"bern\",\"fare\":14}\n]\n"),
        ],
    );
    // A field that is made, in a table whose records are copied.
    run(here, ["split", "t.csv", "--set", "odd=id % 2", "--by", "odd", "-o", "s/{part}.csv", "--limit", "3"]).ends(0);
    expect(
        &here.join("s"),
        &[("0.csv", "id,city,fare,odd\n2,\"a/b\",11,0\n"), ("1.csv", "id,city,fare,odd\n1,Bern,10,1\n3,,12,1\n")],
    );
    // The name may be that of a folder.
    say(here, "split t.csv --by city -o p/city={part}/t.csv --tail 1").ends(0);
    assert_eq!(read(here, "p/city=Bern/t.csv"), "id,city,fare\n6,Bern,1.10\n");
}

/// What fails leaves no folder that was not there before.
#[test]
fn no_folder_is_left() {
    let here = with(&[("t.csv", TRIPS), ("bad.csv", "id,city\n1,Bern\n2\n"), ("v.ndjson", "7\n\"a\"\n7\n")]);
    let here = here.path();
    fs::create_dir(here.join("old")).unwrap();
    for (line, code) in [
        ("split t.csv --by town -o new/deep/{part}.csv", 2),
        ("split t.csv --by town -o old/deep/{part}.csv", 2),
        ("split t.csv --by city --where nothing=1 -o new/{part}.csv", 2),
        ("split bad.csv --by city -o new/x/{part}.csv", 1),
        ("split bad.csv --by city -o old/{part}.csv", 1),
        ("split bad.csv --records 1 --max-errors 0 --on-error skip -o new/{part}.csv", 1),
    ] {
        say(here, line).ends(code);
        assert!(!here.join("new").exists(), "{line}");
        assert!(names(&here.join("old")).is_empty(), "{line}");
    }
    // What is whole stays.
    say(here, "split bad.csv --records 1 -o new/{part}.csv").ends(1);
    assert!(!here.join("new").exists() || names(&here.join("new")) == ["000001.csv"]);
    // So does what is named by fields inside of JSON texts, whatever is written.
    fs::write(here.join("j.csv"), "id,c\n1,\"{\"\"x\"\":7}\"\n2,\"{\"\"x\"\":8}\"\n").unwrap();
    say(here, "split j.csv --parse-json c --by c.x -o j/{part}.ndjson").ends(0);
    expect(
        &here.join("j"),
        &[("7.ndjson", "{\"id\":1,\"c\":{\"x\":7}}\n"), ("8.ndjson", "{\"id\":2,\"c\":{\"x\":8}}\n")],
    );
    // Records that are plain values have the field `value`.
    say(here, "split v.ndjson --by value -o v/{part}.ndjson").ends(0);
    expect(&here.join("v"), &[("7.ndjson", "7\n7\n"), ("a.ndjson", "\"a\"\n")]);
}

#[test]
fn nested_values_and_what_has_none() {
    let lines =
        "{\"a\":{\"b\":1},\"x\":1}\n{\"a\":{\"b\":\"1\"}}\n{\"a.b\":true,\"a\":{\"b\":2}}\n{\"y\":2}\n{\"a\":7}\n";
    let here = with(&[("t.ndjson", lines)]);
    let here = here.path();
    run(here, ["split", "t.ndjson", "--by", "a.b", "-o", "o/{part}.ndjson"]).ends(0);
    // A number and a text with the same digits are one value; a key that is the whole path comes first.
    expect(
        &here.join("o"),
        &[
            ("%null.ndjson", "{\"y\":2}\n{\"a\":7}\n"),
            ("1.ndjson", "{\"a\":{\"b\":1},\"x\":1}\n{\"a\":{\"b\":\"1\"}}\n"),
            ("true.ndjson", "{\"a.b\":true,\"a\":{\"b\":2}}\n"),
        ],
    );
    // Every file has the columns of all.
    say(here, "split t.ndjson --records 3 -o c/{part}.csv --drop a -q").ends(0);
    expect(&here.join("c"), &[("000001.csv", "x,a.b,y\n1,,\n,,\n,true,\n"), ("000002.csv", "x,a.b,y\n,,2\n,,\n")]);
    say(here, "split t.ndjson --by a -o m/{part}.ndjson")
        .ends(1)
        .says(&["t.ndjson: record 1", "field `a` is a list or map, which can't name a part"]);
    assert!(!here.join("m").exists());
    let ran = say(here, "split t.ndjson --by a -o m/{part}.ndjson --on-error skip").ends(0);
    ran.says(&["3 bad records"]);
    expect(&here.join("m"), &[("%null.ndjson", "{\"y\":2}\n"), ("7.ndjson", "{\"a\":7}\n")]);
    say(here, "split t.ndjson --by zz -o z/{part}.ndjson").ends(0).says(&["no record has a value in the field `zz`"]);
}

/// A table, and its records.
fn table(records: usize, values: usize) -> (String, Vec<(usize, String)>) {
    let record = |n: usize| match n % 5 {
        0 => format!("{n},v{},\"two\nlines {}\"", n * 7919 % values, "x".repeat(n % 40)),
        _ => format!("{n},v{},{}", n * 7919 % values, "y".repeat(n * 31 % 60)),
    };
    let rows: Vec<(usize, String)> = (0..records).map(|n| (n * 7919 % values, record(n) + "\n")).collect();
    (rows.iter().fold("n,v,text\n".to_owned(), |text, (_, row)| text + row), rows)
}

#[test]
fn thousands_of_files_with_few_descriptors_in_bounded_memory() {
    let here = folder();
    let here = here.path();
    let (text, rows) = table(12_000, 3000);
    fs::write(here.join("t.csv"), text).unwrap();
    let script = "ulimit -n 40; exec \"$0\" split t.csv --by v -o 'out/{part}.csv' --memory-limit 14MB --strict-memory";
    let mut shell = std::process::Command::new("sh");
    let output = shell.current_dir(here).args(["-c", script, env!("CARGO_BIN_EXE_pagemill")]).output().unwrap();
    let ended = ran(output);
    assert!([0, 4].contains(&ended.code), "{}", ended.stderr);
    let found = files(&here.join("out"));
    assert_eq!(found.len(), 3000);
    for value in 0..3000 {
        let own = rows.iter().filter(|(other, _)| *other == value).map(|(_, row)| row.as_str());
        let expected = own.fold("n,v,text\n".to_owned(), |text, row| text + row);
        assert_eq!(found[&format!("v{value}.csv")], expected);
    }
}

#[test]
fn more_values_than_there_is_memory_for() {
    let here = folder();
    let here = here.path();
    let text: String = (0..60_000).map(|n| format!("{n}{}\n", "x".repeat(90))).collect();
    fs::write(here.join("t.csv"), format!("v\n{text}")).unwrap();
    let ended = say(here, "split t.csv --by v -o out/{part}.csv --memory-limit 14MB").ends(4);
    ended.says(&["parts of the output", "split into fewer files"]);
    assert!(!here.join("out").exists());
}

/// Compression takes its part of the memory too. Whatever the limit, it is that of the user that a message names, and what
/// is left is enough for the parts if the plan says so.
#[test]
fn little_memory_for_compressed_parts() {
    let here = folder();
    let here = here.path();
    let (text, rows) = table(900, 7);
    fs::write(here.join("t.csv"), &text).unwrap();
    for megabytes in 1..24 {
        for extension in ["csv", "csv.gz", "csv.zst"] {
            let line = format!("split t.csv --records 450 -o out/{{part}}.{extension} --memory-limit {megabytes}MB");
            let ran = say(here, &line);
            if ran.code != 0 {
                let limit = format!("the memory limit of {megabytes}MB is too low; this job needs at least ");
                ran.ends(4).says(&[&limit, "Give --memory-limit "]);
                continue;
            }
            let first = rows[..450].iter().fold("n,v,text\n".to_owned(), |text, (_, row)| text + row);
            let part = format!("out/000001.{extension}");
            assert_eq!(run(here, ["convert", &part, "-t", "csv"]).ends(0).stdout, first, "{line}");
            fs::remove_dir_all(here.join("out")).unwrap();
        }
    }
}

#[test]
fn by_number_and_by_size_in_every_way() {
    let here = folder();
    let here = here.path();
    let (text, rows) = table(900, 7);
    fs::write(here.join("t.csv"), &text).unwrap();
    run(here, ["convert", "t.csv", "-o", "t.csv.gz"]).ends(0);
    let mut expected = BTreeMap::new();
    for (part, rows) in rows.chunks(250).enumerate() {
        let text = rows.iter().fold("n,v,text\n".to_owned(), |text, (_, row)| text + row);
        expected.insert(format!("{:06}.csv", part + 1), text);
    }
    // By size: a file is full when the next record would be too much.
    let mut sized: Vec<String> = Vec::new();
    for (_, row) in &rows {
        match sized.last_mut().filter(|last| last.len() + row.len() <= 2000) {
            Some(last) => last.push_str(row),
            None => sized.push(format!("n,v,text\n{row}")),
        }
    }
    let sized: BTreeMap<_, _> =
        sized.into_iter().enumerate().map(|(n, text)| (format!("{:06}.csv", n + 1), text)).collect();
    let mut valued: BTreeMap<String, String> = BTreeMap::new();
    for (value, row) in &rows {
        *valued.entry(format!("v{value}.csv")).or_insert_with(|| "n,v,text\n".to_owned()) += row;
    }
    for (flags, expected) in [("--records 250", &expected), ("--size 2000", &sized), ("--by v", &valued)] {
        for way in ["-j 1", "-j 7 --slice-size 1", "-j 2 --slice-size 4096 --io read", "--memory-limit 20MB"] {
            for input in ["t.csv", "t.csv.gz"] {
                say(here, &format!("split {input} {flags} {way} -o o/{{part}}.csv")).ends(0);
                assert!(files(&here.join("o")) == *expected, "{flags} {way} {input}");
                fs::remove_dir_all(here.join("o")).unwrap();
            }
        }
        let line = format!("split -f csv {flags} -o o/{{part}}.csv");
        feed(here, line.split(' '), text.as_bytes()).ends(0);
        assert!(files(&here.join("o")) == *expected, "{flags}, piped");
        fs::remove_dir_all(here.join("o")).unwrap();
    }
    // Records that are larger than a buffer: each is alone in its file, and whole.
    let large: String = (0..3).map(|n| format!("{n}{}\n", "z".repeat(3 << 20))).collect();
    fs::write(here.join("l.txt"), &large).unwrap();
    say(here, "split l.txt --size 1MB -o o/{part}.txt --on-error skip").ends(0);
    let found = files(&here.join("o"));
    assert_eq!((found.len(), found.values().cloned().collect::<String>() == large), (3, true));
    fs::remove_dir_all(here.join("o")).unwrap();
    say(here, "split l.txt --size 7MB -o o/{part}.txt").ends(0);
    let lens: Vec<usize> = files(&here.join("o")).values().map(String::len).collect();
    assert_eq!(lens, [2 * ((3 << 20) + 2), (3 << 20) + 2]);
}

#[test]
fn several_inputs_are_one() {
    let here = with(&[("a.txt", "one\ntwo"), ("b.txt", "three\nfour\n"), ("c.txt", "five")]);
    let here = here.path();
    say(here, "split a.txt b.txt c.txt --records 3 -o o/{part}.txt").ends(0);
    expect(&here.join("o"), &[("000001.txt", "one\ntwo\nthree\n"), ("000002.txt", "four\nfive")]);
    say(here, "split a.txt b.txt c.txt --size 8 -o s/{part}.txt").ends(0);
    expect(
        &here.join("s"),
        &[("000001.txt", "one\ntwo\n"), ("000002.txt", "three\n"), ("000003.txt", "four\n"), ("000004.txt", "five")],
    );
}

#[test]
fn what_is_there_already_and_what_goes_wrong() {
    let here = with(&[("t.csv", TRIPS), ("bad.csv", "id,city\n1,x\n2,y\n3\n"), ("empty.csv", "id\n")]);
    let here = here.path();
    fs::create_dir(here.join("o")).unwrap();
    fs::write(here.join("o/Bern.csv"), "mine").unwrap();
    say(here, "split t.csv --by city -o o/{part}.csv").ends(2).says(&["o/Bern.csv exists already", "--force"]);
    expect(&here.join("o"), &[("Bern.csv", "mine")]);
    say(here, "split t.csv --by city -o o/{part}.csv --force").ends(0);
    assert_eq!(files(&here.join("o")).len(), 5);
    fs::write(here.join("o/in.csv"), "v\nin\n").unwrap();
    say(here, "split o/in.csv --by v -o o/{part}.csv --force").ends(2).says(&["o/in.csv is an input"]);
    // Those that were whole stay; nothing else does.
    say(here, "split bad.csv --records 1 -o b/{part}.csv").ends(1).says(&["bad.csv: record 3, line 4"]);
    expect(&here.join("b"), &[("000001.csv", "id,city\n1,x\n")]);
    say(here, "split bad.csv --by city -o v/{part}.csv").ends(1);
    assert!(!here.join("v").exists());
    say(here, "split empty.csv --records 1 -o e/{part}.csv").ends(0);
    assert!(names(&here.join("e")).is_empty());
    let no = |line: &str, says: &str| _ = say(here, line).ends(2).says(&[says]);
    no("split t.csv --records 3 -o o.csv", "Put {part} where the name of each belongs: -o 'out/{part}.csv'");
    no("split t.csv -o {part}.csv", "Give --records N, --size SIZE or --by FIELD.");
    no("split t.csv --records 0 -o {part}.csv", "the least is 1");
    no("split t.csv --by city", "Give them with -o");
    no("split t.csv --by town -o {part}.csv", "--by names the field `town`, which the output does not have");
    no("split t.csv --by city --records 3 -o {part}.csv", "can't be given together");
    no("split t.csv --by city -o {part}.csv --out-encoding latin1 --bom", "has no byte order mark");
    no("split t.csv --by city -o {part}.csv --resume", "there is no flag `--resume`");
    assert!(!names(here).iter().any(|name| name.contains("parts")), "{:?}", names(here));
}

#[test]
fn no_value_leads_out_of_the_folder() {
    let here = folder();
    let here = here.path();
    let values =
        ["../up", "..", ".", "/etc/x", "a\\b", "C:x", "x\0y", "%2F", "-rf", "~", "CON", "é", "\u{202e}x", " s "];
    let rows: String = values.iter().map(|value| format!("{}\n", serde_json::json!({"v": value}))).collect();
    fs::write(here.join("t.ndjson"), rows).unwrap();
    run(here, ["split", "t.ndjson", "--by", "v", "-o", "deep/out/{part}"].iter().chain(&["-t", "ndjson"])).ends(0);
    assert_eq!(names(here), ["deep", "t.ndjson"]);
    assert_eq!(names(&here.join("deep")), ["out"]);
    let mut found = names(&here.join("deep/out"));
    found.sort();
    let mut expected = [
        "%2E.%2Fup",
        "%2E%2E",
        "%2E",
        "%2Fetc%2Fx",
        "a%5Cb",
        "C%3Ax",
        "x%00y",
        "%252F",
        "%2Drf",
        "%7E",
        "%43ON",
        "é",
        "%E2%80%AEx",
        "%20s%20",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
#[cfg(unix)]
fn a_table_is_for_people() {
    use crate::support::terminal::Terminal;
    let here = with(&[(
        "t.csv",
        "id,name,note\n1,Ada,\"a\u{1b}[31m\nb\"\n22,東京,\n3,x,yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n",
    )]);
    let here = here.path();
    let terminal = Terminal::new(40, 20);
    let mut child =
        command(here).args(["head", "t.csv"]).stdout(terminal.stream()).stderr(terminal.stream()).spawn().unwrap();
    assert!(child.wait().unwrap().success());
    let (lines, _) = terminal.ends();
    assert_eq!(
        lines,
        ["id  name  note", " 1  Ada   a\\u{1b}[31m\\nb", "22  東京", " 3  x     yyyyyyyyyyyyyyyyyyyyyyyyyyyyy…",]
    );
    // Elsewhere the records are what they are.
    assert_eq!(run(here, ["head", "-n", "1", "t.csv", "-s", "id,name"]).ends(0).stdout, "id,name\n1,Ada\n");
    assert_eq!(run(here, ["head", "t.csv", "-t", "table", "-s", "id", "--tail", "2"]).ends(0).stdout, "id\n22\n 3\n");
    let many: String = (0..30).map(|n| format!("{n}\n")).collect();
    fs::write(here.join("m.txt"), many).unwrap();
    assert_eq!(run(here, ["head", "m.txt"]).ends(0).stdout, "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    run(here, ["head", "t.csv", "-t", "table", "--quote-all"]).ends(2).says(&["the output is a table for people"]);
    run(here, ["convert", "t.csv", "-t", "table"]).ends(2);
    fs::write(here.join("l.txt"), "x".repeat(3 << 20)).unwrap();
    let line = ["head", "l.txt", "-t", "table", "--memory-limit", "30MB"];
    run(here, line).ends(4).says(&["the table has more than the 1875000 bytes", "-t csv"]);
    run(here, ["head", "t.csv", "-t", "table", "-o", "t.txt", "-s", "name"]).ends(0);
    assert_eq!(read(here, "t.txt"), "name\nAda\n東京\nx\n");
    run(here, ["head", "t.csv", "-t", "table", "-o", "t.txt"]).ends(2).says(&["t.txt exists already"]);
    say(here, "head t.csv -t table -o t.gz").ends(2).says(&["a table for people is not compressed", "--to csv"]);
    say(here, "head t.csv -n x").ends(2).says(&["`-n` can't be `x`"]);
    // None of these says that the output is CSV.
    for flag in ["--pretty", "--omit-null", "--unflatten", "--nonfinite text", "--crlf", "--bom", "--out-dialect excel"]
    {
        let line = format!("head t.csv -t table {flag}");
        say(here, &line).ends(2).says(&["has no effect: the output is a table for people"]);
    }
}

/// Thousands of files take as little memory as few: each is compressed and encoded when it is whole.
#[test]
fn a_part_has_the_bytes_of_a_file_that_is_converted() {
    let here = folder();
    let here = here.path();
    let cities = ["Bern", "Z\u{fc}rich", "Gen\u{e8}ve"];
    let text: String = (0..70_000).map(|n: usize| format!("{n},{}\n", cities[n * n % 3])).collect();
    fs::write(here.join("t.csv"), format!("id,city\n{text}")).unwrap();
    for (end, flags) in [
        (".csv.gz", ""),
        (".csv.zst", "--slice-size 4096 --io read"),
        (".ndjson.lz4", "--memory-limit 24MB"),
        (".csv.bz2", ""),
        (".csv", "--compress zstd:9 --memory-limit 32MB"),
        (".csv", "--out-encoding utf-16le --bom --crlf"),
        (".csv.xz", "--out-encoding latin1 --memory-limit 64MB"),
    ] {
        say(here, &format!("split t.csv --by city -o o/{{part}}{end} --force {flags}")).ends(0);
        say(here, &format!("split t.csv --records 30_000 -o o/{{part}}{end} --force --report r.json {flags}")).ends(0);
        let line = |range: &str| format!("convert t.csv -o w{end} --force {flags} {range}");
        let expected = |range: &str| {
            say(here, &line(range)).ends(0);
            fs::read(here.join(format!("w{end}"))).unwrap()
        };
        let part = |name: &str| fs::read(here.join(format!("o/{name}{end}"))).unwrap();
        assert!(part("Z\u{fc}rich") == expected("--where city='Z\u{fc}rich'"), "{end} {flags}");
        assert!(part("000002") == expected("--offset 30000 --limit 30000"), "{end} {flags}");
        let report: serde_json::Value = serde_json::from_str(&read(here, "r.json")).unwrap();
        assert_eq!(report["files"]["parts"][2]["bytes"], part("000003").len(), "{report}");
        assert_eq!(report["files"]["parts"][2]["records"], 10_000);
    }
    // What the encoding lacks is bad, and nothing remains of what failed.
    fs::write(here.join("u.csv"), "id,city\n1,a\n2,\u{3b1}\n").unwrap();
    say(here, "split u.csv --by city -o u/{part}.csv.gz --out-encoding latin1").ends(1).says(&["record 2", "U+03B1"]);
    assert!(!here.join("u").exists());
    say(here, "split u.csv --by city -o u/{part}.csv.gz --out-encoding latin1 --on-error skip").ends(0);
    assert_eq!(names(&here.join("u")), ["a.csv.gz"]);
    // One that exists is not replaced.
    say(here, "split u.csv --by city -o u/{part}.csv.gz").ends(2).says(&["exists"]);
}

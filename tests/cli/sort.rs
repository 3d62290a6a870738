//! `pagemill sort`; what is expected was worked out by hand, or is sorted here.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{feed, folder, names, read, run, say, with};

const FARES: &str = "id,name,fare\n3,c,10\n1,a,9.50\n2,b,\n5,e,9.5\n4,\"d,x\",100\n";

/// The first column of what is printed, without the header.
fn ids(text: &str) -> String {
    text.lines().skip(1).filter_map(|line| line.split(',').next()).collect::<Vec<_>>().join(" ")
}

#[test]
fn records_come_in_the_order_of_fields() {
    let here = with(&[("a.csv", FARES)]);
    let here = here.path();
    let sorted = |flags: &str| ids(&say(here, &format!("sort a.csv {flags}")).ends(0).stdout);
    // By value, equal ones in their order, null last.
    assert_eq!(
        say(here, "sort a.csv --by fare").ends(0).stdout,
        "id,name,fare\n1,a,9.50\n5,e,9.5\n3,c,10\n4,\"d,x\",100\n2,b,\n"
    );
    assert_eq!(sorted("--by fare:desc"), "4 3 1 5 2");
    assert_eq!(sorted("--by fare:desc:number,id:desc"), "4 3 5 1 2");
    assert_eq!(sorted("--by fare:number:desc --by id:DESC"), "4 3 5 1 2");
    // By bytes: 10, 100, 9.5, 9.50.
    assert_eq!(sorted("--by fare:text"), "3 4 5 1 2");
    assert_eq!(sorted("--by name:desc"), "5 4 3 2 1");
    // Names are the new ones; the other steps come first.
    assert_eq!(sorted("--by f --rename fare=f --where id>1"), "5 3 4 2");
    assert_eq!(sorted("--by twice:desc --set twice=0-id"), "1 2 3 4 5");
    // What is written is what is sorted.
    assert_eq!(sorted("--by fare --limit 2"), "1 5");
    assert_eq!(sorted("--by fare --limit 2 --offset 1"), "5 3");
    assert_eq!(sorted("--by fare --tail 2"), "4 2");
    assert_eq!(sorted("--by fare --tail 1 --limit 3"), "3");
    assert_eq!(sorted("--by fare --offset 9"), "");
    assert_eq!(sorted("--by fare --limit 0"), "");
    assert_eq!(sorted("--by id:desc --sample 5 --seed 3"), "5 4 3 2 1");
}

/// Fields inside of JSON texts are fields like others, whatever is written.
#[test]
fn fields_inside_texts() {
    let text =
        "id,c,d\n1,\"{\"\"x\"\":2}\",p\n2,\"{\"\"x\"\":1, \"\"y\"\":[1.10]}\",007\n3,,1.50\n4,\"{\"\"x\"\":10}\",\n";
    let here = with(&[("t.csv", text)]);
    let here = here.path();
    let json = [
        "{\"id\":2,\"c\":{\"x\":1,\"y\":[1.10]},\"d\":\"007\"}",
        "{\"id\":1,\"c\":{\"x\":2},\"d\":\"p\"}",
        "{\"id\":4,\"c\":{\"x\":10},\"d\":null}",
        "{\"id\":3,\"c\":null,\"d\":1.50}",
    ];
    let sorted = |flags: &str| say(here, &format!("sort t.csv --parse-json c {flags}")).ends(0).stdout;
    assert_eq!(sorted("--by c.x -t ndjson"), json.join("\n") + "\n");
    assert_eq!(sorted("--by c.x -t csv"), "id,c.x,c.y,c,d\n2,1,\"[1.10]\",,007\n1,2,,,p\n4,10,,,\n3,,,,1.50\n");
    let cells =
        "id,c,d\n2,\"{\"\"x\"\":1,\"\"y\"\":[1.10]}\",007\n1,\"{\"\"x\"\":2}\",p\n4,\"{\"\"x\"\":10}\",\n3,,1.50\n";
    assert_eq!(sorted("--by c.x -t csv --nested json"), cells);
    assert_eq!(sorted("--by c.x:desc -t ndjson --columns id,c --limit 1"), "{\"id\":4,\"c\":{\"x\":10}}\n");
    assert_eq!(sorted("--by id:desc -t ndjson --limit 1"), "{\"id\":4,\"c\":{\"x\":10},\"d\":null}\n");
    // A field that can't be there is refused before anything is read.
    for (flags, field) in [("--parse-json c --by d.x", "d.x"), ("--parse-json c --by e", "e"), ("--by c.x", "c.x")] {
        for to in ["csv", "ndjson"] {
            say(here, &format!("sort t.csv {flags} -t {to}"))
                .ends(2)
                .says(&[&format!("--by names the field `{field}`")]);
        }
    }
}

#[test]
fn plain_values() {
    let here = with(&[("v.ndjson", "10\n\"a\"\n9.5\nnull\n{\"value\":9.7}\n")]);
    let sorted = |flags: &str| say(here.path(), &format!("sort v.ndjson --by value {flags}")).ends(0).stdout;
    assert_eq!(sorted(""), "9.5\n{\"value\":9.7}\n10\n\"a\"\nnull\n");
    assert_eq!(sorted("-t csv"), "value\n9.5\n9.7\n10\na\n\"\"\n");
}

#[test]
fn any_format_is_read_and_written() {
    let nested = "{\"a\":{\"b\":[2,1]},\"n\":2}\n{\"a\":{\"b\":[1]},\"n\":10}\n{\"n\":1.0}\n{\"a\":null,\"n\":\"x\"}\n";
    let here =
        with(&[("a.csv", FARES), ("a.ndjson", nested), ("t.txt", "b\r\na\nc"), ("b.csv", "id,fare,name\n6,1,f\n")]);
    let here = here.path();
    let json = "[\n{\"id\":5,\"name\":\"e\",\"fare\":9.5},\n{\"id\":4,\"name\":\"d,x\",\"fare\":100}\n]\n";
    assert_eq!(say(here, "sort a.csv --by id:desc --limit 2 -t json").ends(0).stdout, json);
    assert_eq!(say(here, "sort a.csv --by id --limit 0 -t json").ends(0).stdout, "[]\n");
    let lines = |flags: &str| say(here, &format!("sort a.ndjson {flags}")).ends(0).stdout;
    assert_eq!(
        lines("--by a.b.0"),
        "{\"a\":{\"b\":[1]},\"n\":10}\n{\"a\":{\"b\":[2,1]},\"n\":2}\n{\"n\":1.0}\n{\"a\":null,\"n\":\"x\"}\n"
    );
    assert_eq!(lines("--by n --select n"), "{\"n\":1.0}\n{\"n\":2}\n{\"n\":10}\n{\"n\":\"x\"}\n");
    assert_eq!(lines("--by n:desc --select n -t csv"), "n\nx\n10\n2\n1.0\n");
    // Every line keeps its end, and the last one gets one where it is not the last any more.
    assert_eq!(say(here, "sort t.txt --by line").ends(0).stdout, "a\nb\r\nc");
    assert_eq!(say(here, "sort t.txt --by line:desc").ends(0).stdout, "c\nb\r\na\n");
    // Several inputs, with their columns in any order.
    assert_eq!(ids(&say(here, "sort a.csv b.csv --by fare:number").ends(0).stdout), "6 1 5 3 4 2");
    assert_eq!(say(here, "sort b.csv a.csv --by id --limit 1").ends(0).stdout, "id,fare,name\n1,9.50,a\n");
    let fed = feed(here, ["sort", "-", "-f", "csv", "--by", "id:desc", "--tail", "1"], FARES.as_bytes()).ends(0);
    assert_eq!(fed.stdout, "id,name,fare\n1,a,9.50\n");
    say(here, "sort a.csv --by id -o z.csv.gz").ends(0);
    assert_eq!(ids(&say(here, "convert z.csv.gz -t csv --compress none").ends(0).stdout), "1 2 3 4 5");
    // Records that are made of one are sorted like others.
    fs::write(here.join("l.ndjson"), "{\"id\":1,\"l\":[3,1]}\n{\"id\":2,\"l\":[2]}\n").unwrap();
    let exploded = say(here, "sort l.ndjson --by l --explode l").ends(0).stdout;
    assert_eq!(exploded, "{\"id\":1,\"l\":1}\n{\"id\":2,\"l\":2}\n{\"id\":1,\"l\":3}\n");
    // A table for people.
    assert_eq!(
        say(here, "sort a.csv --by fare:desc -s id,fare --limit 2 -t table").ends(0).stdout,
        "id  fare\n 4   100\n 3    10\n"
    );
}

#[test]
fn what_has_no_place_in_the_order_is_bad() {
    let here = with(&[
        ("a.csv", FARES),
        ("a.ndjson", "{\"n\":[1]}\n{\"n\":1}\n"),
        ("d.csv", "d,n\n2024-06-01,1\nsoon,2\n2024-05-31T23:59-01:00,3\n"),
    ]);
    let here = here.path();
    say(here, "sort a.csv --by name:number")
        .ends(1)
        .says(&["a.csv: record 1, line 2", "the field `name`, which is sorted by, is not a number"]);
    say(here, "sort a.ndjson --by n").ends(1).says(&["record 1", "it is a list or map"]);
    assert_eq!(say(here, "sort a.ndjson --by n --on-error skip").ends(0).stdout, "{\"n\":1}\n");
    // 23:59 an hour west of Greenwich is after midnight.
    say(here, "sort d.csv --by d:desc:date -o e.csv --on-error quarantine").ends(0);
    assert_eq!(read(here, "e.csv"), "d,n\n2024-05-31T23:59-01:00,3\n2024-06-01,1\n");
    assert!(read(here, "e.csv.quarantine.ndjson").contains("`d`, which is sorted by, is not a date"));
    say(here, "sort d.csv --by d:date -o f.csv").ends(1);
    assert!(!here.join("f.csv").exists());
    // What makes no sense.
    say(here, "sort a.csv").ends(2).says(&["--by fare:desc:number"]);
    say(here, "sort a.csv --by nam").ends(2).says(&["--by names the field `nam`", "did you mean `name`"]);
    say(here, "sort a.csv --by fare --select id").ends(2).says(&["the output does not have"]);
    for by in ["fare:up", "fare:desc:asc", "fare:text:number", ":desc", "fare,", ""] {
        say(here, &format!("sort a.csv --by={by}")).ends(2);
    }
    say(here, "sort a.csv --by id,id:desc").ends(2).says(&["`id` is there twice"]);
    for flags in ["--resume", "--keep-going", "--out-dir x"] {
        say(here, &format!("sort a.csv --by id {flags}")).ends(2);
    }
    say(here, "sort a.csv --by name:locale=xx").ends(2).says(&[
        "--by: there is no collation `xx`",
        "locale=sv",
        "de-u-co-phonebk",
    ]);
    for by in ["name:locale", "name:locale=", "name:nocase:number", "name:nocase:nocase"] {
        say(here, &format!("sort a.csv --by {by}")).ends(2).says(&["FIELD:nocase"]);
    }
    say(here, "sort a.csv --by id --spill-dir nowhere").ends(2).says(&["--spill-dir: nowhere is not a folder"]);
    say(here, "sort a.csv --by id --op wordcount").ends(2);
    say(here, "sort a.ndjson --by m").ends(0).says(&["no record has a value in the field `m`, which --by names"]);
    say(here, "convert a.csv --sort id").ends(2).says(&["pagemill sort INPUT --by FIELD"]);
}

/// Records with keys that are there several times, and bodies of different lengths.
fn table(records: usize) -> String {
    let mut text = "id,k,t\n".to_owned();
    for id in 0..records {
        let _ = writeln!(text, "{id},{}.{},{}", id * 7919 % 1009, id % 10, "x".repeat(id % 97));
    }
    text
}

/// The same in order: no value has a zero at its end that would make it equal to another one.
fn in_order(text: &str) -> String {
    let (head, lines) = text.split_once('\n').unwrap();
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.sort_by_key(|line| {
        let (whole, tenth) = line.split(',').nth(1).unwrap().split_once('.').unwrap();
        std::cmp::Reverse(whole.parse::<u32>().unwrap() * 10 + tenth.parse::<u32>().unwrap())
    });
    format!("{head}\n{}\n", lines.join("\n"))
}

fn spilled(here: &Path) -> Value {
    serde_json::from_str::<Value>(&read(here, "r.json")).unwrap()["spilled"].clone()
}

#[test]
fn the_bytes_are_the_same_in_every_way() {
    let text = table(60_000);
    let expected = in_order(&text);
    let here = with(&[("a.csv", &*text)]);
    let here = here.path();
    let sort = "--by k:desc:number --report r.json --force";
    for flags in [
        "-j 1",
        "-j 2 --slice-size 10KiB",
        "-j 7 --io read",
        "-j 1 --memory-limit 15MB",
        "-j 2 --memory-limit 15MB --slice-size 100KB",
        "-j 7 --memory-limit 16MB --io read --spill-dir .",
    ] {
        let ran = say(here, &format!("sort a.csv {sort} {flags}")).ends(0);
        assert!(ran.stdout == expected, "{flags}");
        assert_eq!(spilled(here)["bytes"].as_u64().is_some(), flags.contains("memory-limit"), "{flags}");
    }
    let line = format!("sort - -f csv {sort} --memory-limit 15MB");
    let piped = feed(here, line.split_whitespace(), text.as_bytes()).ends(0);
    assert!(piped.stdout == expected);
    // As JSON, the first record of all has no comma before it.
    say(here, "sort a.csv --by k:desc:number -o a.json --memory-limit 15MB").ends(0);
    say(here, "convert a.json -o b.csv").ends(0);
    assert!(read(here, "b.csv") == expected);
    // The highest ones stay in memory.
    let first = say(here, &format!("sort a.csv {sort} --memory-limit 15MB --limit 100 --offset 7")).ends(0).stdout;
    let wanted: Vec<&str> = expected.lines().skip(8).take(100).collect();
    assert_eq!(first.lines().skip(1).collect::<Vec<_>>(), wanted);
    assert_eq!(spilled(here), Value::Null);
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!((&report["records_out"], &report["records_filtered"]), (&100.into(), &59_900.into()));
    // Nothing else is left.
    assert_eq!(names(here), ["a.csv", "a.json", "b.csv", "r.json"]);
}

/// A source with fewer slices than there are workers lies between two large ones.
#[test]
fn a_small_source_among_large_ones_keeps_the_order() {
    let rows = |ids: std::ops::Range<u32>| -> String {
        let row = |id: u32| format!("{id},{},{}\n", id * 7919 % 3, "x".repeat(id as usize % 97));
        "id,k,t\n".to_owned() + &ids.map(row).collect::<String>()
    };
    let here = with(&[("a.csv", &*rows(0..9000)), ("b.csv", &rows(9000..9005)), ("c.csv", &rows(9005..20_000))]);
    let mut expected: Vec<u32> = (0..20_000).collect();
    expected.sort_by_key(|id| id * 7919 % 3);
    let expected = expected.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    for workers in ["1", "3", "7"] {
        let sort = format!("sort a.csv b.csv c.csv --by k:number -j {workers} --slice-size 16KB -q");
        assert!(ids(&say(here.path(), &sort).ends(0).stdout) == expected, "{workers} workers");
    }
}

/// Compressed or not, runs give the same bytes.
#[test]
fn compressed_runs_change_nothing() {
    let text = table(60_000);
    let expected = in_order(&text);
    let here = with(&[("a.csv", &*text)]);
    let here = here.path();
    let run = |packing: &str, words: &str| {
        let mut command = crate::support::command(here);
        command.env("PAGEMILL_SPILL", packing).args(words.split(' '));
        command.args(["--memory-limit", "15MB", "-j", "2", "--report", "r.json", "--force", "-q"]);
        let out = crate::support::ran(command.output().unwrap()).ends(0).stdout;
        (out, spilled(here)["bytes"].as_u64().unwrap())
    };
    for words in ["sort a.csv --by k:desc:number -t csv", "convert a.csv --dedupe id,t -t csv"] {
        let [packed, plain] = ["packed", "plain"].map(|packing| run(packing, words));
        assert!(packed.0 == plain.0, "{words}");
        assert!(packed.0 == expected || !words.starts_with("sort"), "{words}");
        assert!(packed.1 < plain.1, "{words}: {} {}", packed.1, plain.1);
    }
    // Where that is measured, the bytes are the same too.
    assert!(run("auto", "sort a.csv --by k:desc:number -t csv").0 == expected);
}

#[cfg(feature = "collation")]
#[test]
fn text_comes_in_the_order_of_a_language() {
    let names = "id,name\n1,Öberg\n2,zeta\n3,Ahlin\n4,\n5,ahlin\n6,Åkesson\n7,Oberg\n8,file10\n9,file2\n10,Ärla\n";
    let numbers = "{\"id\":1,\"n\":10}\n{\"id\":2,\"n\":\"9\"}\n{\"id\":3,\"n\":[1]}\n";
    let here = with(&[("a.csv", names), ("a.ndjson", numbers)]);
    let here = here.path();
    let sorted = |by: &str| ids(&say(here, &format!("sort a.csv --by {by} -t csv")).ends(0).stdout);
    // Swedish has å, ä, ö after z; German has them beside a and o. Small letters come before capital ones.
    assert_eq!(sorted("name:locale=sv"), "5 3 8 9 7 2 6 10 1 4");
    assert_eq!(sorted("name:locale=de"), "5 3 6 10 8 9 7 1 2 4");
    assert_eq!(sorted("name:desc:locale=sv"), "1 10 6 2 7 9 8 3 5 4");
    // Names that are equal stay in the order of the input.
    assert_eq!(sorted("name:nocase"), "3 5 6 10 8 9 7 1 2 4");
    assert_eq!(sorted("name:nocase:locale=sv:natural"), "3 5 9 8 7 2 6 10 1 4");
    assert_eq!(sorted("name:nocase:desc,id:desc"), "2 1 7 9 8 10 6 5 3 4");
    assert_eq!(sorted("name"), "3 7 5 8 9 2 10 6 1 4");
    let natural = say(here, "sort a.ndjson --by n:natural --on-error skip").ends(0).stdout;
    assert_eq!(natural, "{\"id\":2,\"n\":\"9\"}\n{\"id\":1,\"n\":10}\n");
    let totals =
        say(here, "aggregate a.csv --by name --agg n=count() --sort name:locale=sv:nocase -t csv").ends(0).stdout;
    let first: Vec<&str> = totals.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(first, ["name", "Ahlin", "ahlin", "file10", "file2", "Oberg", "zeta", "Åkesson", "Ärla", "Öberg", ""]);
    let plan = say(here, "sort a.csv --by name:locale=de-AT:nocase --explain").ends(0).stdout;
    assert!(plan.contains("sorted by        name:locale=de-AT:nocase\n"), "{plan}");
    // What does not fit, in every way.
    let words = ["Öl", "öl", "ol", "Ål", "al", "zebra", "Zebra", "ärt"];
    let mut text = "id,w\n".to_owned();
    (0..60_000).for_each(|id| writeln!(text, "{id},{}{}", words[id * 7919 % 8], "!".repeat(id % 61)).unwrap());
    fs::write(here.join("b.csv"), text).unwrap();
    let sort = "sort b.csv --by w:locale=sv:nocase --report r.json --force -t csv -q";
    let whole = say(here, &format!("{sort} -j 1")).ends(0).stdout;
    assert!(whole.starts_with("id,w\n") && whole.lines().count() == 60_001);
    for flags in ["-j 2 --memory-limit 15MB", "-j 7 --slice-size 10KB --io read --memory-limit 16MB"] {
        assert!(say(here, &format!("{sort} {flags}")).ends(0).stdout == whole, "{flags}");
        assert!(spilled(here)["runs"].as_u64() > Some(1), "{flags}");
    }
}

/// A file system that is full: there is nothing under the name, and the error says what to do.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_sort() {
    use crate::support::command;
    let here = with(&[("a.csv", &*table(60_000))]);
    let here = here.path();
    fs::create_dir(here.join("spill")).unwrap();
    // Files may have a megabyte at most: writing more is refused, as on a full disk.
    let line =
        "ulimit -f 1024; trap '' XFSZ; exec \"$0\" sort a.csv --by k --memory-limit 15MB --spill-dir spill -o b.csv";
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(here).env("PAGEMILL_SPILL", "plain").arg("-c").arg(line).arg(command(here).get_program());
    let ran = crate::support::ran(shell.output().unwrap()).ends(3);
    ran.says(&["can't write what does not fit into memory in spill", "--spill-dir"]);
    assert_eq!((names(here), names(&here.join("spill"))), (vec!["a.csv".to_owned(), "spill".to_owned()], vec![]));
}

#[test]
fn the_plan_says_how() {
    let here = with(&[("a.csv", FARES)]);
    let plan = say(here.path(), "sort a.csv --by fare:desc:number,id --limit 3 --explain").ends(0).stdout;
    for part in [
        "sorted by        fare:desc:number, id\n",
        "of the sorted    the first 3\n",
        "sorted records\n",
        "62500000 bytes of memory",
    ] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    // What is no file has no folder for runs.
    let plan = say(here.path(), "sort a.csv --by id -o /dev/null --explain").ends(0).stdout;
    assert!(!plan.contains("in /dev"), "{plan}");
    let plan = run(here.path(), ["sort", "a.csv", "--by", "id", "--spill-dir", "/", "-o", "b.csv", "--explain"])
        .ends(0)
        .stdout;
    assert!(plan.contains("a file without a name in /\n"), "{plan}");
}

/// The limit that an error names is enough, and the limit that was given is the one that it names.
#[test]
fn a_limit_that_is_too_low_names_one_that_is_not() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "id,k\n1,b\n2,a\n").unwrap();
    let jobs = [
        "sort a.csv --by k -o b.csv",
        "sort a.csv --by k -o b.csv.gz",
        "sort a.csv --by k -o b.csv.gz -j 4",
        "sort a.csv --by k -o b.csv.zst -j 7",
        "sort a.csv --by k -o b.csv.xz",
        "sort a.csv a.csv --by k -o b.csv.bz2 -j 3",
        "convert a.csv a.csv -o b.csv.gz -j 4",
        "convert a.csv -o b.csv.xz",
    ];
    for job in jobs {
        for given in ["5MB", "7MB", "11MB"] {
            let with = |limit: &str| run(here, format!("{job} --force -q --memory-limit {limit}").split(' '));
            let ran = with(given);
            if ran.code == 0 {
                continue;
            }
            let ran = ran.ends(4);
            assert!(ran.stderr.contains(&format!("the memory limit of {given} is too low")), "{job}: {}", ran.stderr);
            let (_, named) = ran.stderr.split_once("Give --memory-limit ").unwrap();
            with(named.split(' ').next().unwrap()).ends(0);
        }
    }
}

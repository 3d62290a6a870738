//! Broken JSON: what is good around a bad record comes out, and nothing is lost in silence.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::support::process::Random;
use crate::support::{Ran, feed, folder, run};
use base64::engine::{Engine, general_purpose::STANDARD};
use serde_json::Value;

/// Record `n` in one line.
fn record(n: usize) -> String {
    format!(r#"{{"id":{n},"name":"name {n}","list":[1,{{"x":{n}}}]}}"#)
}

/// The same over several lines, as many programs write it inside of an array.
fn pretty(n: usize) -> String {
    format!(
        "  {{\n    \"id\": {n},\n    \"name\": \"name {n}\",\n    \"list\": [\n      1,\n      {{\n        \"x\": {n}\n      }}\n    ]\n  }}"
    )
}

/// How records stand in a file.
struct Shape {
    name: &'static str,
    flags: &'static [&'static str],
    before: &'static str,
    record: fn(usize) -> String,
    between: &'static str,
    behind: &'static str,
}

const SHAPES: [Shape; 5] = [
    Shape { name: "lines", flags: &[], before: "", record, between: "\n", behind: "\n" },
    Shape { name: "an array in lines", flags: &[], before: "[\n", record, between: ",\n", behind: "\n]\n" },
    Shape {
        name: "an array that begins with a record",
        flags: &[],
        before: "[",
        record,
        between: ",\r\n",
        behind: "]",
    },
    Shape { name: "a pretty array", flags: &[], before: "[\n", record: pretty, between: ",\n", behind: "\n]\n" },
    Shape {
        name: "an inner array",
        flags: &["--records-at", "/x/data"],
        before: "{\n\"v\": 1, \"x\": {\n \"data\": [\n",
        record: pretty,
        between: ",\n",
        behind: "\n ],\n \"n\": [3]}}\n",
    },
];

/// What is wrong with one record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Quote,
    Cut,
    MissingBrace,
    ExtraBrace,
    Comma,
    Garbage,
    Control,
}

const FAULTS: [Fault; 7] =
    [Fault::Quote, Fault::Cut, Fault::MissingBrace, Fault::ExtraBrace, Fault::Comma, Fault::Garbage, Fault::Control];

impl Shape {
    /// `count` records, of which number `at` has the fault; and whether that record is good all the same.
    fn source(&self, count: usize, at: usize, fault: Fault, random: &mut Random) -> (String, bool) {
        let mut text = self.before.to_owned();
        for n in 0..count {
            let mut record = (self.record)(n);
            let mut between = if n + 1 == count { self.behind } else { self.between };
            if n == at {
                match fault {
                    Fault::Quote => record = record.replacen(&format!("name {n}\""), &format!("name {n}"), 1),
                    Fault::Cut => {
                        // Behind the line in which it begins, where it has several.
                        let least = record.find("\"id\"").unwrap() + 2;
                        if !self.flags.is_empty() {
                            // Behind it the rest of the document would make a valid record.
                            record.truncate(record.find("\"list\"").unwrap());
                        }
                        record.truncate(least + random.below((record.len() - least) as u64 - 1) as usize);
                        between = between.strip_prefix(',').unwrap_or(between);
                    }
                    Fault::MissingBrace => record.truncate(record.len() - 1),
                    Fault::ExtraBrace => record.push('}'),
                    Fault::Comma => record.push(','),
                    Fault::Garbage => text += "some other text\n",
                    Fault::Control => record = record.replacen("name ", "name\u{1}", 1),
                }
            }
            text += &record;
            text += between;
        }
        (text, matches!(fault, Fault::ExtraBrace | Fault::Comma | Fault::Garbage))
    }

    /// Runs `convert` of a file, or of standard input.
    fn convert(&self, here: &Path, input: &str, flags: &[&str], fed: Option<&[u8]>) -> Ran {
        let base = ["convert", input, "-f", "json", "-t", "ndjson", "-q", "--report", "report", "--force"];
        let all = base.iter().chain(self.flags).chain(flags);
        match fed {
            Some(fed) => feed(here, all, fed),
            None => run(here, all),
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn one_fault_takes_no_other_record_with_it() {
    const COUNT: usize = 60;
    let mut random = Random(7);
    let ways = [
        ("a.json", &["-j", "1"][..]),
        ("a.json", &["-j", "3", "--slice-size", "60"]),
        ("a.json", &["-j", "2", "--slice-size", "2KiB", "--io", "read"]),
        ("a.json.gz", &["-j", "2", "--slice-size", "1KiB"]),
        ("-", &["-j", "1", "--slice-size", "700"]),
    ];
    for shape in &SHAPES {
        for fault in FAULTS {
            for at in [0, 1 + random.below(COUNT as u64 - 2) as usize, COUNT - 1] {
                if fault == Fault::Garbage && at == 0 && shape.before == "[" {
                    continue; // The record begins in the line of the text.
                }
                let here = folder();
                let here = here.path();
                let (source, stays) = shape.source(COUNT, at, fault, &mut random);
                fs::write(here.join("a.json"), &source).unwrap();
                fs::write(here.join("a.json.gz"), gzip(source.as_bytes())).unwrap();
                let good = (0..COUNT).filter(|n| stays || *n != at);
                let expected: String = good.map(|n| record(n) + "\n").collect();
                let what = format!("{}, {fault:?} at {at}", shape.name);
                let skip = ["--on-error", "skip"];
                for (input, flags) in ways {
                    let fed = (input == "-").then_some(source.as_bytes());
                    let ran = shape.convert(here, input, &[&skip[..], flags].concat(), fed);
                    assert_eq!(ran.code, 0, "{what}, {flags:?}: {}", ran.stderr);
                    assert!(ran.stdout == expected, "{what}, {input} {flags:?}");
                    let report: Value = serde_json::from_slice(&fs::read(here.join("report")).unwrap()).unwrap();
                    assert_eq!(report["records_failed"], 1, "{what}, {input} {flags:?}");
                    let most = if shape.name.contains("lines") { 60 } else { 160 };
                    assert!(report["bytes_failed"].as_u64().unwrap() < most, "{what}, {flags:?}: {report}");
                }
                if at == 0 || at == COUNT - 1 {
                    continue;
                }
                shape.convert(here, "a.json", &["--on-error", "skip", "--max-errors", "0"], None).ends(1);
                shape.convert(here, "a.json", &[], None).ends(1).says(&["a.json: record "]);
                run(here, ["count", "-f", "json", "-r", "a.json"].iter().chain(shape.flags)).ends(1);
            }
        }
    }
}

/// A large file once: the bad record is in its middle, and all else is there.
#[test]
fn ten_thousand_records_but_one() {
    let mut random = Random(3);
    for (shape, fault) in SHAPES.iter().zip([Fault::Quote, Fault::MissingBrace, Fault::Cut, Fault::Quote, Fault::Cut]) {
        let here = folder();
        let at = 1 + random.below(9_998) as usize;
        let (source, _) = shape.source(10_000, at, fault, &mut random);
        fs::write(here.path().join("a.json"), source).unwrap();
        let ran = shape.convert(here.path(), "a.json", &["--on-error", "skip"], None).ends(0);
        let expected: String = (0..10_000).filter(|n| *n != at).map(|n| record(n) + "\n").collect();
        assert!(ran.stdout == expected, "{}, {fault:?} at {at}", shape.name);
    }
}

/// Converts text to NDJSON with `--on-error skip`, in several ways that have to agree.
#[track_caller]
pub fn skipping(text: &str, flags: &[&str]) -> Ran {
    skipping_from("json", text, flags)
}

#[track_caller]
pub fn skipping_from(format: &str, text: &str, flags: &[&str]) -> Ran {
    let here = folder();
    fs::write(here.path().join("a.json"), text).unwrap();
    let base = ["convert", "-f", format, "-t", "ndjson", "--on-error", "skip"];
    let mapped = run(here.path(), base.iter().chain(&["a.json"]).chain(flags));
    let small = ["-j", "2", "--slice-size", "1"];
    let cut = run(here.path(), base.iter().chain(&["a.json"]).chain(&small).chain(flags));
    let piped = feed(here.path(), base.iter().chain(&["-"]).chain(&small).chain(flags), text.as_bytes());
    let whole = feed(here.path(), base.iter().chain(&["-"]).chain(flags), text.as_bytes());
    for (ran, file) in [(cut, "a.json"), (piped, "-"), (whole, "-")] {
        assert_eq!((mapped.code, &mapped.stdout), (ran.code, &ran.stdout), "{text:?}: {}", ran.stderr);
        // How much of a stream was not read nobody knows.
        if mapped.code == 0 || file == "a.json" {
            assert_eq!(mapped.stderr, ran.stderr, "{text:?}");
        }
    }
    mapped
}

#[test]
fn what_is_good_comes_out() {
    for (text, good, bad) in [
        // Commas where there is no array.
        ("{\"a\":1},\n{\"a\":2},\n", "{\"a\":1}\n{\"a\":2}\n", "2 bad records (2 bytes)"),
        // Text before the first record.
        ("Export of today\n{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (15 bytes)"),
        ("2024 export\n{\"a\":1}\n", "{\"a\":1}\n", "1 bad record (11 bytes)"),
        // Arrays that do not end, or end with a comma.
        ("[{\"a\":1},{\"a\":2}", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (0 bytes)"),
        ("[{\"a\":1},\n{\"a\":2},\n", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (0 bytes)"),
        ("[{\"a\":1},{\"a\":2},]", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (0 bytes)"),
        ("[{\"a\":1},{\"a\":2},{\"a\"", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (4 bytes)"),
        // Commas that are missing, or too many.
        ("[{\"a\":1} {\"a\":2}]", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (0 bytes)"),
        ("[{\"a\":1},,{\"a\":2}]", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (1 byte)"),
        ("[,{\"a\":1}]", "{\"a\":1}\n", "1 bad record (1 byte)"),
        // Commas tell where values end.
        ("[{\"a\":1},{\"a\":x},{\"a\":3}]", "{\"a\":1}\n{\"a\":3}\n", "1 bad record (7 bytes)"),
        // More after the array.
        ("[{\"a\":1}]]\n", "{\"a\":1}\n", "1 bad record (1 byte)"),
        ("[{\"a\":1}],\n[{\"a\":2}]\n", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (1 byte)"),
        // Scalars.
        ("1\n\"two\n3\n", "1\n3\n", "1 bad record (4 bytes)"),
        ("[\n1,\n\"two,\n3\n]", "1\n3\n", "1 bad record (4 bytes)"),
    ] {
        let ran = skipping(text, &[]).ends(0).says(&[bad]);
        assert_eq!(ran.stdout, good, "{text:?}");
    }
}

/// Runs what is skipped in every way that can differ, and says what has to come out of all of them.
#[track_caller]
pub fn gives(text: &str, flags: &[&str], (good, bad): (&str, &str)) {
    gives_from("json", text, flags, (good, bad));
}

#[track_caller]
pub fn gives_from(format: &str, text: &str, flags: &[&str], (good, bad): (&str, &str)) {
    let ran = skipping_from(format, text, flags).ends(0);
    assert_eq!(ran.stdout, good, "{text:?}: {}", ran.stderr);
    assert!(ran.stderr.contains(bad), "{text:?}: {}", ran.stderr);
}

/// What ends with code 1, since from byte `from` on records might be lost; what comes out before that.
#[track_caller]
pub fn ends_at(text: &str, flags: &[&str], good: &str, from: usize) {
    ends_from("json", text, flags, good, from);
}

#[track_caller]
pub fn ends_from(format: &str, text: &str, flags: &[&str], good: &str, from: usize) {
    let ran = skipping_from(format, text, flags).ends(1);
    assert_eq!(ran.stdout, good, "{text:?}: {}", ran.stderr);
    let bytes = text.len() - from;
    ran.says(&[&format!("everything from byte {from} on ({bytes} bytes) was not read")]);
}

#[test]
fn records_behind_the_array_are_not_lost_in_silence() {
    // The lines of records are known: reading goes on in the array.
    for (text, good, bad) in [
        (
            "[\n{\"a\":1},\n{\"a\":2}],\n{\"a\":3},\n{\"a\":4}\n]\n",
            "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n",
            "1 bad record (1 byte)",
        ),
        ("[\n{\"a\":1}\n]\n{\"a\":2},\n{\"a\":3}\n]\n", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", "1 bad record (1 byte)"),
        // The bracket, the comma that is missing and the one that is missing at the end.
        ("[\n{\"a\":1}\n]\n{\"a\":2}\n{\"a\":3}\n", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", "3 bad records (1 byte)"),
        ("[\n{\"a\":1}\n] some text\n{\"a\":2}\n]\n", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (9 bytes)"),
        ("[\n{\"a\":1}] {\"a\":2},\n{\"a\":3}\n]\n", "{\"a\":1}\n{\"a\":3}\n", "1 bad record (7 bytes)"),
        ("[\n{\"a\":1}\n], x\n[\n{\"a\":2}\n]\n", "{\"a\":1}\n{\"a\":2}\n", "1 bad record (3 bytes)"),
        // Lists are records too: after a comma they are none of another array.
        ("[\n[1],\n[2]],\n[3],\n[4]\n]\n", "[1]\n[2]\n[3]\n[4]\n", "1 bad record (1 byte)"),
        ("[\n[1],\n[2]\n]\n[\n[3]\n]x\n", "[1]\n[2]\n[3]\n", "1 bad record (1 byte)"),
        // Nothing that may be a record.
        ("[{\"a\":1}] 2 \"three\"\n", "{\"a\":1}\n", "1 bad record (9 bytes)"),
    ] {
        gives(text, &[], (good, bad));
    }
    // Nothing tells.
    for (text, good, from) in [
        ("[{\"a\":0}]\n{\"a\":1}\n{\"a\":2}\n", "{\"a\":0}\n", 10),
        ("[{\"a\":0}],{\"a\":1}]\n", "{\"a\":0}\n", 9),
        ("[{\"a\":0}]\n{\"a\":1}\n[{\"a\":2}]\n", "{\"a\":0}\n", 10),
        ("[\n{\"a\":0}\n]\nx {\"a\":1}\n", "{\"a\":0}\n", 12),
    ] {
        let text = text.to_owned() + &" ".repeat(100);
        ends_at(&text, &[], good, from);
    }
}

#[test]
fn what_follows_an_array_that_is_not_closed_is_no_record() {
    for (text, pointer, good, from) in [
        ("{\"d\":[{\"a\":1},{\"a\":2},\"t\":[7,8]}", "/d", "{\"a\":1}\n{\"a\":2}\n", 22),
        ("{\"d\":[{\"a\":1},\n\"t\" : {\"b\":[7,8]}}\n", "/d", "{\"a\":1}\n", 15),
        ("{\"d\":[\n{\"a\":1},\n\"t\":[\n{\"b\":7}]}\n", "/d", "{\"a\":1}\n", 16),
        ("{\"d\":[{\"a\":1},\"t\u{1}\":[7,8]}", "/d", "{\"a\":1}\n", 14),
        ("{\"d\":[\"t\":[7,8]}", "/d", "", 6),
    ] {
        ends_at(text, &["--records-at", pointer], good, from);
    }
    // Nor is a key one of an array around which there is nothing: its record lacks a brace.
    let lines = "[\n{\"id\":1},\n\"id\":2,\"m\":{\"k\":[{\"x\":2}]}},\n{\"id\":3}\n]\n";
    gives(lines, &[], ("{\"id\":1}\n{\"id\":3}\n", "1 bad record (27 bytes)"));
    ends_at("[{\"id\":1},\"id\":2,\"m\":{\"k\":2}},{\"id\":3}]", &[], "{\"id\":1}\n", 10);
}

/// No part of a line comes out as a record.
#[test]
fn a_bad_line_is_one_bad_record() {
    for (line, good, bytes) in [
        ("\"id\":2,\"m\":{\"k\":2}}", "", 19),
        ("{\"id\":] 2,\"m\":{\"k\":2}}", "", 22),
        ("{}\"id\":2,\"m\":{\"k\":2}}", "{}\n", 19),
        ("id\":2,\"m\":{\"k\":2}}", "", 18),
        (": [2,{\"k\":2}]}", "", 14),
        ("text {\"k\":2} {\"k\":3}", "", 20),
        ("{\"id\":2]} {\"k\":2}", "", 17),
    ] {
        for (before, between, behind) in [("", "\n", "\n"), ("\n ", "\n ", ""), ("", "\r\n", "\r\n\r\n")] {
            let text = format!("{before}{{\"id\":1}}{between}{line}{between}{{\"id\":3}}{between}{{\"id\":4}}{behind}");
            let good = format!("{{\"id\":1}}\n{good}{{\"id\":3}}\n{{\"id\":4}}\n");
            gives(&text, &[], (&good, &format!("1 bad record ({bytes} bytes)")));
            // The last line, too.
            let text = format!("{before}{{\"id\":1}}{between}{{\"id\":3}}{between}{{\"id\":4}}{between}{line}{behind}");
            let end = good.replace("{}\n", "") + if good.contains("{}") { "{}\n" } else { "" };
            gives(&text, &[], (&end, &format!("1 bad record ({bytes} bytes)")));
        }
    }
    // In an array: one that is regular ends with its bracket, another one with its line.
    for (line, good, bytes) in [("{\"id\":] 2,\"m\":{\"k\":2}}", "", 22), ("{\"id\":x},{\"k\":2}", "{\"k\":2}\n", 8)] {
        let text = format!("[\n{{\"id\":1}},\n{line},\n{{\"id\":3}}\n]\n");
        let good = format!("{{\"id\":1}}\n{good}{{\"id\":3}}\n");
        gives(&text, &[], (&good, &format!("1 bad record ({bytes} bytes)")));
    }
    // Records that share a line have only their brackets.
    gives("{\"a\":1}xyz{\"a\":2}", &[], ("{\"a\":1}\n{\"a\":2}\n", "1 bad record (3 bytes)"));
    ends_at("{\"a\":1}{\"a\":0}\"id\":2,\"m\":{\"k\":2}}{\"a\":2}", &[], "{\"a\":1}\n{\"a\":0}\n", 14);
}

/// Records that are valid are never divided, wherever their lines begin.
#[test]
fn valid_documents_stay_whole() {
    for (text, good) in [
        (
            "[\n{\"a\":1},\n{\"a\":[\n{\"b\":2},\n{\"b\":3}\n]},\n{\"a\":4}\n]\n",
            "{\"a\":1}\n{\"a\":[{\"b\":2},{\"b\":3}]}\n{\"a\":4}\n",
        ),
        ("{\"a\":\n{\"b\":\n{\"c\":1}}}\n{\"a\":2}", "{\"a\":{\"b\":{\"c\":1}}}\n{\"a\":2}\n"),
        ("[\n{\n\"a\": [\n{\n\"b\": 1\n}\n]\n},\n{\n\"a\": 2\n}\n]", "{\"a\":[{\"b\":1}]}\n{\"a\":2}\n"),
        ("[\n[1,\n[2],\n[3]\n],\n[4]\n]", "[1,[2],[3]]\n[4]\n"),
        ("[[\n1],\n[2\n]\n]", "[1]\n[2]\n"),
    ] {
        let ran = skipping(text, &[]).ends(0);
        assert_eq!((&*ran.stdout, &*ran.stderr), (good, ""), "{text:?}");
    }
}

/// The line of the first record may be another one than those of all others, or something else may stand there.
#[test]
fn the_first_record_is_not_like_the_others() {
    for (text, good) in [
        (" {\"p\":1}\n{\"id\":1}\n{\"id\":2,\n{\"id\":3}\n{\"id\":4}\n", "p1 1 3 4"),
        ("{\"p\":1}\n {\"id\":1}\n {\"id\":2,\n {\"id\":3}\n {\"id\":4}\n", "p1 1 3 4"),
        ("[\n     {\"p\":1},\n    {\"id\":1},\n    {,\n    {\"id\":3},\n    {\"id\":4}\n]", "p1 1 3 4"),
        ("[\n\t{\"p\":1},\n    {\"id\":1},\n    {\"id\":\"2,\n    {\"id\":3},\n    {\"id\":4}\n]", "p1 1 3 4"),
        ("[\n  {\"p\":1}, \"a\": 5},\n {\"id\":1},\n {\"id\":3},\n {\"id\":4}\n]", "p1 1 3 4"),
        ("[\nplain text here,\n{id\": 1},\n{\"id\":2},\n{\"id\":3}\n]", "2 3"),
        ("[\nid\":0,\"d\":\"{\"},\n{\"id\":1},\n{\"id\":2}\n]", "1 2"),
        ("[\n\": []},\n{\"id\":1},\n{\"id\":2},\n{\"id\":3,\n{\"id\":4}\n]", "1 2 4"),
    ] {
        let record = |id: &str| match id.strip_prefix('p') {
            Some(p) => format!("{{\"p\":{p}}}\n"),
            None => format!("{{\"id\":{id}}}\n"),
        };
        let good: String = good.split(' ').map(record).collect();
        assert_eq!(skipping(text, &[]).ends(0).stdout, good, "{text:?}");
    }
    // Where the lines differ all the time, or have their commas in front, the run ends.
    for text in [
        "[\n  {\"a\":1}\n, {\"a\":2}\n, {\"a\":3,\n, {\"a\":4}\n, {\"a\":5}\n]",
        "[\n{\"a\":1}\n,{\"a\":2\n,{\"a\":3}\n,{\"a\":4}\n]",
        "[\n    {\"a\":1},\n    {\"a\":2},\n    {\"a\":3,\n  {\"a\":4},\n  {\"a\":5}\n]",
    ] {
        skipping(text, &[]).ends(1).says(&["nothing shows where the next record begins"]);
    }
}

/// The records of an array do not go on in another one.
#[test]
fn a_bad_last_record_does_not_lead_to_another_array() {
    for (bad, end) in
        [("{\"a\":2", "\n  ],\n \"other\""), ("{\"a\":\"2", "\n  ],\n \"other\""), ("{\"a\":2", "\n  ],\"other\"")]
    {
        let text = format!(
            "{{\"data\": [\n    {{\"a\":1}},\n    {bad}{end}: [\n    {{\"z\":1}},\n   {{\"z\":2}}\n  ],\n \"third\":[\n    {{\"q\":3}}\n]}}\n"
        );
        let ran = skipping(&text, &["--records-at", "/data"]).ends(1);
        assert_eq!(ran.stdout, "{\"a\":1}\n", "{text}");
    }
}

/// A value that is too large is the same however much of it is looked at; its comma is none of it.
#[test]
fn what_is_too_large_has_the_same_bytes_in_all_slices() {
    let here = folder();
    let large = "x".repeat(3_000);
    for (text, flags) in [
        (format!("[\n{{\"a\":1}},\n{{\"a\":\"{large}\"}},\n{{\"a\":2}}\n]"), &[][..]),
        (format!("{{\"d\":[\n{{\"a\":1}},\n{{\"a\":\"{large}\"}},\n{{\"a\":2}}\n]}}"), &["--records-at", "/d"]),
    ] {
        fs::write(here.path().join("a.json"), &text).unwrap();
        let start = text.find("{\"a\":\"x").unwrap();
        for more in [&["-j", "1"][..], &["--slice-size", "1", "-j", "2"], &["--io", "read", "--slice-size", "100"]] {
            let convert =
                ["convert", "a.json", "-o", "b.ndjson", "--force", "--max-record-size", "2000", "--quarantine", "q"];
            let ran = run(here.path(), convert.iter().chain(flags).chain(more)).ends(0);
            ran.says(&[&format!("1 bad record ({} bytes)", "3,008")]);
            assert_eq!(fs::read_to_string(here.path().join("b.ndjson")).unwrap(), "{\"a\":1}\n{\"a\":2}\n");
            let line = fs::read_to_string(here.path().join("q")).unwrap().lines().nth(1).unwrap().to_owned();
            let bad: Value = serde_json::from_str(&line).unwrap();
            assert_eq!((&bad["start"], &bad["end"]), (&start.into(), &(start + 3_008).into()), "{more:?}");
        }
    }
}

#[test]
fn where_nothing_tells_the_run_ends() {
    let rest = (0..100).map(record).collect::<Vec<_>>().join(",");
    for (text, unread) in [
        (format!("[{{\"a\":1}},{{\"a\":\"x}},{rest}]"), rest.len() + 10),
        (format!("[{{\"a\":1}},{{\"a\":1,{rest}]"), rest.len() + 8),
        (format!("[{{\"a\":1}},{{\"a\":[1}},{rest}]"), rest.len() + 10),
        (format!("[\n{{\n\"a\": 1\n}},\n{{\n\"a\": \"\n}},\n{rest}]"), rest.len() + 13),
    ] {
        let ran = skipping(&text, &[]).ends(1);
        let (from, thousands, rest) = (text.len() - unread, unread / 1000, unread % 1000);
        ran.says(&[&format!("everything from byte {from} on ({thousands},{rest:03} bytes) was not read")]);
    }
}

/// A record that is cut off inside of a list goes on with the records after it, and ends with the bracket of the array
/// and those of the document: valid, but not what was meant.
#[test]
fn a_list_that_is_not_closed_takes_no_records_with_it_in_silence() {
    let pretty = "{\n \"v\": 1,\n \"x\": {\n  \"d\": [\n   {\"a\": 1},\n   {\"l\": [1,\n   {\"a\": 2},\n   {\"a\": 3}\n  ],\n  \"n\": [3]\n }\n}\n";
    for (text, pointer) in [
        // All of the document's brackets are taken, or one is left over.
        ("{\"d\":[{\"l\":[1,{\"a\":2},{\"a\":3}],\"n\":3}\n", "/d"),
        ("{\"d\":[{\"a\":1},{\"l\":[1,{\"a\":2}]}", "/d"),
        ("{\"x\":{\"d\":[{\"l\":[1,{\"a\":2},{\"a\":3}],\"n\":3}}\n", "/x/d"),
        (pretty, "/x/d"),
        // Other documents follow.
        ("{\"d\":[{\"l\":[1,{\"a\":2}],\"n\":3}\n{\"d\":[{\"a\":3}]}\n", "/d"),
        ("{\"x\":{\"d\":[{\"l\":[1,{\"a\":2}]}}\n{\"x\":{\"d\":[4]}}\n", "/x/d"),
        // A document without an end, and another one after it.
        ("{\"d\":[{\"a\":1}\n{\"d\":[{\"a\":3}]}\n", "/d"),
        // Lists around: what follows in them is taken for records.
        ("{\"x\":[{\"d\":[{\"l\":[1,{\"a\":2}],\"n\":3},{\"d\":[4]}],\"m\":1}\n", "/x/0/d"),
        ("[{\"x\":{\"d\":[{\"l\":[1,{\"a\":2}],\"n\":3}},{\"x\":4}]\n", "/0/x/d"),
    ] {
        skipping(text, &["--records-at", pointer]).ends(1);
    }
    let ran = skipping(pretty, &["--records-at", "/x/d"]).ends(1);
    // Lines 6 to 10, counted by hand.
    ran.says(&["record 2", "this record of 53 bytes may have others in it"]);
    // Nothing of that kind: one brace too many, and an array without its end.
    for (text, good) in [
        ("{\"d\":[{\"l\":[1]}},{\"a\":2}]}", "{\"l\":[1]}\n{\"a\":2}\n"),
        ("{\"d\":[{\"a\":2},{\"l\":[1]}}\n]}", "{\"a\":2}\n{\"l\":[1]}\n"),
        ("{\"d\":[{\"a\":1},{\"a\":\"[\"}", "{\"a\":1}\n{\"a\":\"[\"}\n"),
    ] {
        assert_eq!(skipping(text, &["--records-at", "/d"]).ends(0).says(&["1 bad record"]).stdout, good, "{text:?}");
    }
}

/// Brackets may close by chance where a quote is missing, and good records were taken with the bad one, or made up.
#[test]
fn brackets_that_close_by_chance() {
    for text in [
        r#"[{"id":1},{"id:2},{"id":3},{"id":4,"a":"}"}]"#,
        r#"[{"id":1},{"id":9,"b":"q"r","c":"},"},{"id":5,"b":"s"},{"id":6}]"#,
        "[{\"id\":1},{\"id\":9}]\n[{\"id\":\"1},{\"id\":7}]\n[{\"id\":2},{\"id\":3}]\n",
    ] {
        for flags in [&[][..], &["--select", "id"], &["--op", "trim"]] {
            skipping(text, flags).ends(1).says(&["nothing shows where the next record begins", "was not read"]);
        }
    }
    // A quote or bracket too many between records, and pieces of a record that look like one.
    for text in [
        r#"[{"id":0},"{"id":1},{"id":2}]"#,
        r#"[{"id":0}",{"id":1},{"id":2}]"#,
        r#"[{"id":0},{"id":1,"d":[5]},{}id":2},{"id":3},{"id":4}]"#,
        r#"[{"id":0},{"id":1,"d"}[5]},{"id":2}]"#,
        r#"["a","s1"","s2",3,4]"#,
        r#"["s1"x","s2",3,4]"#,
    ] {
        skipping(text, &[]).ends(1).says(&["nothing shows where the next record begins", "was not read"]);
    }
    // Where lines tell, the bad record takes the rest of its line with it.
    for (text, good) in [
        ("[{\"c\":1},\n{\"c\":}{\"x\":7},\"d\":2},\n{\"id\":5}]", "{\"c\":1}\n{\"id\":5}\n"),
        ("[{\"id\":0},\n{\"id\":1,d\":\"}\",\"a\":\"x\"},\n{\"id\":2}]\n", "{\"id\":0}\n{\"id\":2}\n"),
    ] {
        gives(text, &[], (good, "1 bad record ("));
    }
    // A missing comma loses nothing.
    gives(r#"["a" "b","c"]"#, &[], ("\"a\"\n\"b\"\n\"c\"\n", "1 bad record"));
    gives(r#"[{"a":1} {"a":2}]"#, &[], ("{\"a\":1}\n{\"a\":2}\n", "1 bad record"));
    // What is wrong with one value only does not reach others.
    for bad in [r#"{"id":tru}"#, r#"{"id":2,}"#, r#"{"id":[1 2]}"#] {
        let text = format!(r#"[{{"id":1}},{bad},{{"id":3}}]"#);
        gives(&text, &[], ("{\"id\":1}\n{\"id\":3}\n", "1 bad record"));
    }
}

/// A raw record separator is in no valid JSON: a text that was cut off ends before it.
#[test]
fn record_separators_end_what_was_cut_off() {
    let text = "\x1e{\"a\":1}\n\x1e{\"a\":\"x\x1e{\"a\":3}\n\x1e{\"a\":4}\n";
    for format in ["json", "ndjson"] {
        let ran = skipping_from(format, text, &[]).ends(0).says(&["1 bad record (7 bytes)"]);
        assert_eq!(ran.stdout, "{\"a\":1}\n{\"a\":3}\n{\"a\":4}\n", "{format}");
    }
}

/// Whatever the slices and the windows, also where texts take several lines or have no line breaks.
#[test]
fn texts_with_record_separators_in_any_slices() {
    let text = "\x1e{\"a\":\"\x1e{\"id\":1,\"z\":{\"q\":\"}\"}}\x1e{\"a\":2}\n";
    gives(text, &[], ("{\"id\":1,\"z\":{\"q\":\"}\"}}\n{\"a\":2}\n", "1 bad record"));
    let one = skipping_from("ndjson", "\x1e{\"a\":1}\x1e{\"a\":2}", &[]).ends(0);
    assert_eq!((&*one.stdout, &*one.stderr), ("{\"a\":1}\n{\"a\":2}\n", ""));
    let text = |id: usize| format!("\x1e{{\n \"id\": {id},\n \"t\": \"{}\"\n}}\n", "x".repeat(50));
    let cut = format!("{}\x1e{{\n \"id\": 1,\n \"t\": \"cut\n", text(0));
    let all: String = [cut].into_iter().chain((2..21_000).map(text)).collect();
    let here = folder();
    fs::write(here.path().join("a.json"), &all).unwrap();
    for way in [&["a.json"][..], &["a.json", "--io", "read"], &["-"], &["a.json", "--slice-size", "1000"]] {
        let line = ["convert", "-f", "json", "-t", "ndjson", "--on-error", "skip"];
        let ran = feed(here.path(), line.iter().chain(way), all.as_bytes()).ends(0).says(&["1 bad record ("]);
        assert_eq!(ran.stdout.lines().count(), 20_999, "{way:?}");
    }
}

/// An array after maps holds records of which none would be read.
#[test]
fn an_array_after_maps_is_not_passed_over() {
    let text = "{\"a\":1}\n[{\"a\":2},{\"a\":3}]\n";
    skipping(text, &[])
        .ends(1)
        .says(&["an array of records after a record that is in none", "(18 bytes) was not read"]);
    gives("{\"a\":1}\n[2]\n{\"a\":3}\n", &[], ("{\"a\":1}\n{\"a\":3}\n", "1 bad record"));
}

/// With a comma too many at the end of an array that is not closed nothing was said, unless slices were small.
#[test]
fn commas_at_the_end_of_an_array_that_is_not_closed() {
    let here = folder();
    let here = here.path();
    for (text, good, bad) in [
        ("[{\"a\":1},", "{\"a\":1}\n", "1 bad record"),
        ("[{\"a\":1},,", "{\"a\":1}\n", "1 bad record"),
        ("[{\"a\":1} ,\n, ", "{\"a\":1}\n", "1 bad record"),
        ("[{\"a\":1},,,", "{\"a\":1}\n", "2 bad records"),
        ("[{\"a\":1},{,\"a\":1},,", "{\"a\":1}\n", "2 bad records"),
    ] {
        fs::write(here.join("a.json"), text).unwrap();
        for way in [&[][..], &["--io", "read"], &["--slice-size", "1"], &["--slice-size", "1", "--io", "read"]] {
            let convert = ["convert", "a.json", "-t", "ndjson", "--on-error", "skip"];
            let ran = run(here, convert.iter().chain(way)).ends(0).says(&[bad]);
            assert_eq!(ran.stdout, good, "{text} {way:?}");
        }
        run(here, ["convert", "a.json", "-t", "ndjson"]).ends(1);
    }
}

/// Where a key on the way to the records is there twice the last one counts, and is counted.
#[test]
fn of_two_arrays_at_the_same_place_the_last_one_counts() {
    let here = folder();
    for (text, pointer, good, twice) in [
        ("{\"d\":[1],\"d\":[2]}", "/d", "2\n", 1),
        ("{\"d\":[1],\"e\":{\"d\":3},\"\\u0064\":[2]}", "/d", "2\n", 1),
        ("{\"d\":[1],\"d\":7,\"d\":[3,4]}", "/d", "3\n4\n", 2),
        ("{\"x\":{\"d\":[1],\"x\":0},\"d\":0,\"x\":{\"d\":[2]}}", "/x/d", "2\n", 1),
        ("{\"x\":{\"d\":[1],\"d\":[2]},\"x\":{\"d\":[3]}}", "/x/d", "3\n", 1),
        ("{\"x\":{\"d\":[1]},\"x\":{\"d\":[2],\"d\":[3]}}", "/x/d", "3\n", 2),
        ("{\"\":[1],\"\":[2]}", "/", "2\n", 1),
        ("[0,{\"d\":[1],\"d\":[{\"d\":2}]},{\"d\":[3]}]", "/1/d", "{\"d\":2}\n", 1),
    ] {
        for format in ["json", "ndjson"] {
            let ran = skipping_from(format, text, &["--records-at", pointer]).ends(0);
            assert_eq!(ran.stdout, good, "{text:?} {format}");
            ran.says(&[&format!("{twice} repeated key")]);
            let convert = ["convert", "-", "-f", format, "-t", "ndjson", "--strict", "--records-at", pointer];
            feed(here.path(), convert, text.as_bytes()).ends(1).says(&["twice", "--strict"]);
        }
    }
    // The last one is no array.
    let text = "{\"x\":{\"d\":[1],\"d\":null}}\n{\"x\":{\"d\":[2]}}\n";
    skipping(text, &["--records-at", "/x/d"]).ends(1).says(&["no array at `/x/d`", "twice"]);
    let ran = skipping_from("ndjson", text, &["--records-at", "/x/d"]).ends(0).says(&["1 bad record (25 bytes)"]);
    assert_eq!(ran.stdout, "2\n");
    // Each line for itself.
    let text = "{\"d\":[0]}\n{\"d\":[1],\"d\":[2]}\n";
    let ran = skipping_from("ndjson", text, &["--records-at", "/d"]).ends(0).says(&["1 repeated key"]);
    assert_eq!(ran.stdout, "0\n2\n");
}

/// Where the records of the first array are read by then, the second one is refused: after the beginning, of which
/// 64 KiB are looked at, and in documents after the first one.
#[test]
fn a_second_array_further_on_is_refused() {
    let far = |len: usize| format!("{{\"d\":[1],\"e\":\"{}\",\"d\":[2]}}", "x".repeat(len));
    for (text, byte) in [("{\"d\":[0]}\n{\"d\":[1],\"d\":[2]}\n".to_owned(), 19), (far(70_000), 70_016)] {
        let ran = skipping(&text, &["--records-at", "/d"]).ends(1);
        ran.says(&["the key `d` appears a second time", &format!("byte {byte}"), "The last one counts"]);
    }
    assert_eq!(skipping(&far(60_000), &["--records-at", "/d"]).ends(0).stdout, "2\n");
    assert_eq!(skipping_from("ndjson", &far(70_000), &["--records-at", "/d"]).ends(0).stdout, "2\n");
    // Nor can a list take the place of a map.
    let lists = b"[{\"d\":[1]}]{\"0\":{\"d\":[2]}}";
    let here = folder();
    feed(here.path(), ["convert", "-", "-f", "json", "-t", "ndjson", "--records-at", "/0/d"], lists)
        .ends(1)
        .says(&["other lists and maps around its array"]);
    // The same name at other places is another key.
    for (text, pointer, good) in [
        ("{\"x\":{\"d\":[1],\"x\":0},\"d\":[2]}", "/x/d", "1\n"),
        ("{\"d\":[1],\"e\":[{\"d\":[2],\"d\":3}],\"dd\":\"d\"}{\"d\":[4]}", "/d", "1\n4\n"),
        ("[{\"d\":[1]},{\"d\":[2]}]", "/0/d", "1\n"),
    ] {
        assert_eq!(skipping(text, &["--records-at", pointer]).ends(0).stdout, good, "{text:?}");
    }
}

/// A scalar before maps is the one bad record.
#[test]
fn a_scalar_before_maps_is_none_of_them() {
    for first in ["null", "7", "\"a text\"", " true "] {
        for between in ["\n", "\r\n", "\n\n  "] {
            let text = format!("{first}{between}{{\"a\":1}}{between}{{\"a\":2}}\n");
            let bad = format!(
                "1 bad record ({} byte{}",
                first.trim().len(),
                if first.trim().len() == 1 { ")" } else { "s)" }
            );
            gives(&text, &[], ("{\"a\":1}\n{\"a\":2}\n", &bad));
        }
    }
    gives("null {\"a\":1}{\"a\":2}", &[], ("{\"a\":1}\n{\"a\":2}\n", "1 bad record (4 bytes)"));
    // Others are scalars.
    gives("null\n2 3\n{\"a\":1}\n4\n", &[], ("null\n2\n3\n4\n", "1 bad record (7 bytes)"));
    assert_eq!(skipping("7", &[]).ends(0).stdout, "7\n");
    assert_eq!(skipping("7\n8 9\n", &[]).ends(0).stdout, "7\n8\n9\n");
}

/// With `--records-at` every line of NDJSON is a document of its own: a bad one is one bad record.
#[test]
fn a_line_without_records_is_one_bad_record() {
    let here = folder();
    for (line, bytes, why) in [
        ("{\"x\":1,\"y\":[2]}", 16, "the document has nothing at `/d`"),
        ("{\"d\":{\"a\":1}}", 14, "no array at `/d`"),
        ("[1]", 4, "the document has nothing at `/d`"),
        ("7", 2, "the document has nothing at `/d`"),
        ("{\"d\":[1,{\"a\":2}}", 17, "the array of records is not closed"),
        ("{\"d\":[{\"l\":[1,{\"a\":2}],\"n\":3}", 30, "the line ends inside its document"),
        ("{\"d\":[1],\"e\":x}", 16, "something else where a value was expected"),
        ("{\"d\":[1]}]", 11, "text after the document"),
        ("{\"d\":[1]}{\"d\":[2]}", 19, "text after the document"),
        ("{\"d\":[1],\"e\":[1,]}", 19, "something else where a value was expected"),
    ] {
        let text = format!("{{\"d\":[{{\"a\":1}},2]}}\n{line}\n\n{{\"v\":[],\"d\":[],\"w\":0}}\n{{\"d\" : [3]}}\n");
        let ran = skipping_from("ndjson", &text, &["--records-at", "/d"]).ends(0);
        assert_eq!(ran.stdout, "{\"a\":1}\n2\n3\n", "{line}");
        ran.says(&[&format!("1 bad record ({bytes} bytes)")]);
        let fail = ["convert", "-", "-f", "ndjson", "-t", "ndjson", "--records-at", "/d"];
        let ran = feed(here.path(), fail, text.as_bytes()).ends(1).says(&[why, "record 3, line 2, byte "]);
        assert_eq!(ran.stdout, "{\"a\":1}\n2\n");
    }
    // A bad record of the array is one itself; where it is not known where it ends, it ends with the array.
    for (items, good, bytes) in [
        ("1,{\"a\":x},3", "1\n3\n", 7),
        ("1,,3", "1\n3\n", 1),
        ("1,{\"a\":[2}},3", "1\n", 11),
        ("1,\"k\":{\"a\":2}", "1\n", 11),
    ] {
        let text = format!("{{\"d\":[{items}],\"e\":[5]}}\n{{\"d\":[4]}}\n");
        let ran = skipping_from("ndjson", &text, &["--records-at", "/d"]).ends(0);
        assert_eq!(ran.stdout, format!("{good}4\n"), "{items}");
        ran.says(&[&format!("1 bad record ({bytes} byte")]);
    }
    // The empty pointer leads to the whole document.
    let ran = skipping_from("ndjson", "[1,{\"a\":2}]\n{\"a\":3}\n[]\n[[4]]\n", &["--records-at", ""]).ends(0);
    assert_eq!(ran.stdout, "1\n{\"a\":2}\n[4]\n");
    ran.says(&["1 bad record (8 bytes)"]);
    let fail = ["convert", "-", "-f", "ndjson", "-t", "csv", "--records-at", ""];
    feed(here.path(), fail, b"{\"a\":3}\n").ends(1).says(&["the document is not an array"]);
    gives("[1,{\"a\":2}]\n", &["--records-at", ""], ("1\n{\"a\":2}\n", ""));
}

#[test]
fn documents_follow_each_other() {
    for (text, flags, good) in [
        ("[{\"a\":1}][{\"a\":2},{\"a\":3}]", &[][..], "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"),
        ("[{\"a\":1}]\n[]\n [ {\"a\":2} ] \n", &[], "{\"a\":1}\n{\"a\":2}\n"),
        ("{\"d\":[1,2]}\n{\"x\":{\"d\":[9]},\"d\":[3],\"y\":[]}\n{\"d\":[]}", &["--records-at", "/d"], "1\n2\n3\n"),
        ("{\"d\":[1,2]}{\"d\":[3]}", &["--records-at", "/d"], "1\n2\n3\n"),
        ("\u{1e}{\"a\":1}\n\u{1e}{\"a\":2}\n", &[], "{\"a\":1}\n{\"a\":2}\n"),
        ("\u{1e}1\n\u{1e}\"x\"\n", &[], "1\n\"x\"\n"),
    ] {
        let ran = skipping(text, flags).ends(0);
        assert_eq!((&*ran.stdout, &*ran.stderr), (good, ""), "{text:?}");
    }
    // NDJSON: each line, and what stands before each.
    for (text, flags, good) in [
        ("{\"d\":[{\"a\":1}]}\n{\"d\":[{\"a\":2},3]}\n", &["--records-at", "/d"][..], "{\"a\":1}\n{\"a\":2}\n3\n"),
        ("\u{1e}{\"a\":1}\n\u{1e}{\"a\":2}\n", &[], "{\"a\":1}\n{\"a\":2}\n"),
    ] {
        let here = folder();
        let ran =
            feed(here.path(), ["convert", "-", "-f", "ndjson", "-t", "ndjson"].iter().chain(flags), text.as_bytes());
        assert_eq!(ran.ends(0).stdout, good, "{text:?}");
    }
}

#[test]
fn halves_of_surrogate_pairs_can_be_replaced() {
    let text = "{\"a\":\"x\\ud800y\",\"b\":[1]}\n{\"a\":\"\\ude00\\ud83d\\ude00\"}\n{\"\\udfff\":1}\n";
    let here = folder();
    for format in ["json", "ndjson"] {
        for way in [["-t", "ndjson"], ["--op", "trim"]] {
            let convert = ["convert", "-", "-f", format, "-t", "ndjson", "--invalid-utf8", "replace"];
            let ran =
                feed(here.path(), convert.iter().chain(&way[if way[0] == "-t" { 2 } else { 0 }..]), text.as_bytes());
            let ran = ran.ends(0).says(&["3 pieces of invalid UTF-8"]);
            let values: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let expected = [
                serde_json::json!({"a": "x\u{fffd}y", "b": [1]}),
                serde_json::json!({"a": "\u{fffd}\u{1f600}"}),
                serde_json::json!({"\u{fffd}": 1}),
            ];
            assert_eq!(values, expected, "{format} {way:?}");
        }
        feed(here.path(), ["convert", "-", "-f", format, "-t", "csv"], text.as_bytes())
            .ends(1)
            .says(&["half of a surrogate pair", "--invalid-utf8 replace"]);
    }
}

#[test]
fn an_input_of_bad_records_only_fails() {
    let here = folder();
    let here = here.path();
    for (name, text) in [("a.json", "{\"a\":x}\n{y}\n"), ("a.ndjson", "x\ny\n"), ("a.csv", "a,b\n1\n2\n")] {
        fs::write(here.join(name), text).unwrap();
        let quarantine = ["convert", name, "-o", "out.tsv", "--columns", "a", "--on-error", "quarantine", "--force"];
        run(here, quarantine).ends(1).says(&["All 2 records are bad (", "out.tsv.quarantine.ndjson"]);
        assert!(!here.join("out.tsv").exists());
        assert_eq!(fs::read_to_string(here.join("out.tsv.quarantine.ndjson")).unwrap().lines().count(), 3);
        run(here, ["convert", name, "-o", "out.tsv", "--columns", "a", "--on-error", "skip"]).ends(1);
        assert!(!here.join("out.tsv").exists());
    }
    // Of many inputs, each for itself.
    fs::write(here.join("b.ndjson"), "{\"a\":1}\n").unwrap();
    let many = ["convert", "a.ndjson", "b.ndjson", "-o", "out.ndjson", "--on-error", "skip"];
    run(here, many).ends(1).says(&["a.ndjson: ", "All 2 records are bad ("]);
    assert!(!here.join("out.ndjson").exists());
    run(here, many.iter().chain(&["--keep-going"])).ends(1).says(&["a.ndjson: ", "All 2 records are bad ("]);
    assert_eq!(fs::read_to_string(here.join("out.ndjson")).unwrap(), "{\"a\":1}\n");
}

#[test]
fn bad_records_are_kept_and_can_be_repaired() {
    for shape in &SHAPES {
        let here = folder();
        let here = here.path();
        let (source, _) = shape.source(50, 20, Fault::Quote, &mut Random(1));
        fs::write(here.join("a.json"), source).unwrap();
        let convert = ["convert", "a.json", "-o", "b.ndjson", "--on-error", "quarantine", "--slice-size", "100"];
        run(here, convert.iter().chain(shape.flags)).ends(0).says(&["1 bad record ("]);
        let kept = here.join("b.ndjson.quarantine.ndjson");
        let text = fs::read_to_string(&kept).unwrap();
        assert!(text.contains("\"record\":21,"), "{text}");
        let repaired = serde_json::to_string(&record(20)).unwrap();
        fs::write(&kept, text.replace("\"raw\":", &format!("\"text\":{repaired},\"raw\":"))).unwrap();
        let ran = run(here, ["replay", "b.ndjson.quarantine.ndjson", "-t", "ndjson"]).ends(0);
        assert_eq!(ran.stdout, record(20) + "\n");
    }
}

/// What a quarantine keeps of each bad record.
fn kept(quarantine: &Path) -> Vec<String> {
    let text = fs::read_to_string(quarantine).unwrap();
    let lines = text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| String::from_utf8(STANDARD.decode(line["raw"].as_str().unwrap()).unwrap()).unwrap()).collect()
}

/// The bytes of the bad value and no others, however often they are replayed.
#[test]
fn what_is_kept_stays_the_same() {
    let ndjson = "{\"d\":[{\"a\":1},{\"a\":x}]}\n{\"x\":1}\n{\"d\":[{\"a\":[2}},3]}";
    for (format, text, flags, raw) in [
        ("json", "[{\"a\":1},{\"a\":x} , {\"a\":2}]", &[][..], &["{\"a\":x}"][..]),
        ("json", "[\n{\"a\":1},\n{\"a\":\"x},\n{\"a\":\"y} ,\n{\"a\":2}\n]", &[], &["{\"a\":\"x}", "{\"a\":\"y}"]),
        ("json", "[\n{\"a\":1},\n{\"a\":[1},\n{\"a\":2}\n]", &[], &["{\"a\":[1}"]),
        ("json", "[\n{\"a\":1},\n\"a\":2,\"b\":[3]},\n{\"a\":2}\n]", &[], &["\"a\":2,\"b\":[3]}"]),
        ("json", "[{\"a\":1}]]]\n", &[], &["]]"]),
        ("json", "[{\"a\":1} {\"a\":2},,{\"a\":3},]", &[], &["", ",", ""]),
        ("json", "[{\"a\":1}", &[], &[""]),
        (
            "json",
            "{\"a\":1}\n{\"b\":] 2,\"c\":{}}\n{\"a\":2}\n,x\n{\"a\":\"\n",
            &[],
            &["{\"b\":] 2,\"c\":{}}", ",", "x", "{\"a\":\""],
        ),
        ("ndjson", "{\"a\":1}\n{\"a\":x}\r\n{\"a\"", &[], &["{\"a\":x}\r\n", "{\"a\""]),
        ("ndjson", ndjson, &["--records-at", "/d"], &["{\"a\":x}", "{\"x\":1}\n", "{\"a\":[2}},3"]),
    ] {
        for way in [&["--slice-size", "1", "-j", "2"][..], &["--io", "read"]] {
            let here = folder();
            let here = here.path();
            fs::write(here.join("a"), text).unwrap();
            let quarantine = ["-t", "ndjson", "--on-error", "quarantine", "-o"];
            let convert = ["convert", "a", "-f", format, "b"];
            run(here, convert[..4].iter().chain(&quarantine).chain(&convert[4..]).chain(flags).chain(way)).ends(0);
            assert_eq!(kept(&here.join("b.quarantine.ndjson")), raw, "{text:?} {way:?}");
            // Nothing of it is good.
            for [from, to] in [["b", "c"], ["c", "d"]] {
                let from = format!("{from}.quarantine.ndjson");
                run(here, ["replay", &from].iter().chain(&quarantine).chain(&[to])).ends(1);
                assert_eq!(kept(&here.join(format!("{to}.quarantine.ndjson"))), raw, "{text:?} {way:?} {to}");
            }
        }
    }
}

/// A text that runs over the end of its line shows where it begins.
#[test]
fn texts_that_are_not_closed_show_their_beginning() {
    let here = folder();
    for (format, text, line, column) in [
        ("json", "{\"a\":1}\n{\"a\":\"x\n{\"a\":2}\n", 2, 5),
        ("json", "[\n{\"a\":1},\n\n{\"b\":\"x\r\n}]\n", 4, 5),
        ("json", "[{\"a\":1,\n\"a\":\"x\\t\n\"}]\n", 2, 4),
        ("json", "[{\"a\":1},\n\"x\n\"]\n", 2, 0),
        ("ndjson", "{\"a\":1}\n{\"a\":\"x\n{\"a\":2}\n", 2, 5),
    ] {
        fs::write(here.path().join("a"), text).unwrap();
        let shown = text.split('\n').nth(line - 1).unwrap()[column..].replace('\r', "\\r");
        for input in ["a", "-"] {
            for flags in [&["-t", "csv"][..], &["-t", "ndjson", "--slice-size", "1"], &["-t", "csv", "--select", "a"]] {
                let convert = ["convert", input, "-f", format];
                let ran = feed(here.path(), convert.iter().chain(flags), text.as_bytes()).ends(1);
                ran.says(&[
                    &format!("line {line}, byte "),
                    "a text that is not closed in its line",
                    &format!("\n  {line} | {shown}\n"),
                    "write a line feed in it as \\n",
                ]);
            }
        }
    }
}

/// The beginning of the input is missing: of a record, or the bracket of its array.
#[test]
fn a_beginning_that_is_missing() {
    let all = "{\"a\":2}\n{\"a\":3}\n";
    for (text, bad) in [
        // The part of a record, and each comma and the bracket at the end.
        ("\"a\":1},{\"a\":2},{\"a\":3}]\n", "4 bad records (9 bytes)"),
        ("1},{\"a\":2},{\"a\":3}", "3 bad records (4 bytes)"),
        ("},{\"a\":2},{\"a\":3}", "3 bad records (3 bytes)"),
        ("\"a\":1},\n{\"a\":2},\n{\"a\":3}]\n", "3 bad records (9 bytes)"),
        (",{\"a\":2},{\"a\":3}]\n", "3 bad records (3 bytes)"),
        ("{\"a\":2},{\"a\":3}]\n", "2 bad records (2 bytes)"),
        ("  {\n    \"a\": 2\n  },\n  {\n    \"a\": 3\n  }\n]\n", "2 bad records (2 bytes)"),
    ] {
        gives(text, &[], (all, bad));
    }
    // A quote too many, and what follows a key is no record.
    for text in ["\":1},{\"a\":2},{\"a\":3}", "\"d\":[{\"a\":2},{\"a\":3}]}", "\"a\":1,\"m\":{\"k\":2}},{\"a\":2}"] {
        let ran = skipping(text, &[]).ends(1);
        assert_eq!(ran.stdout, "", "{text}");
        ran.says(&[&format!("({} bytes)", text.len())]);
    }
    for (text, code, good) in [
        ("\"d\":[{\"a\":2},{\"a\":3}]}", 1, ""),
        ("{\"d\":{\"a\":2},{\"a\":3}]}", 1, ""),
        ("{\"d\":[{\"a\":2},{\"a\":3}", 0, all),
        ("{\"d\":[{\"a\":2},{\"a\":3}]", 1, all),
        ("{\"d\":[{\"a\":2},{\"a\":3}]\n{\"d\":[{\"a\":4}]}", 1, all),
        ("{\"d\":[{\"a\":2},{\"a\":3}]}\n\"d\":[{\"a\":4}]}", 1, all),
    ] {
        let ran = skipping(text, &["--records-at", "/d"]).ends(code);
        assert_eq!(ran.stdout, good, "{text}");
        assert!(!ran.stderr.contains("like CSV"), "{}", ran.stderr);
    }
}

/// Maps one after another, each indented by two more than the one before: no line tells where the next one begins, and
/// none of them is swallowed.
#[test]
fn maps_that_are_indented_more_and_more() {
    let map = |n: usize| {
        let white = " ".repeat(2 * n);
        format!("{white}{{\n{white}  \"id\": {n},\n{white}  \"l\": [\n{white}    1\n{white}  ]\n{white}}}\n")
    };
    let good = |n: usize| format!("{{\"id\":{n},\"l\":[1]}}\n");
    let whole: String = (0..6).map(map).collect();
    assert_eq!(skipping(&whole, &[]).ends(0).stdout, (0..6).map(good).collect::<String>());
    for at in 1..5 {
        for fault in ["}\n", "]", "\"id\"", ": ["] {
            let broken = map(at).replacen(fault, if fault == "\"id\"" { "\"id" } else { "" }, 1);
            let before: String = (0..at).map(map).collect();
            let text = format!("{before}{broken}{}", (at + 1..6).map(map).collect::<String>());
            ends_at(&text, &[], &(0..at).map(good).collect::<String>(), before.len() + 2 * at);
        }
        // Where brackets and strings are in their places, the bad one ends with its own.
        let text = whole.replacen(&format!("\"id\": {at}"), "\"id\": x", 1);
        gives(&text, &[], (&(0..6).filter(|n| *n != at).map(good).collect::<String>(), "1 bad record ("));
    }
    // The first one is broken, too: its line tells nothing of others.
    let text = whole.replacen("\"l\": [", "\"l\" [", 1).replacen("\"id\": 3", "\"id: 3", 1);
    skipping(&text, &[]).ends(1).says(&["nothing shows where the next record begins"]);
}

/// The first record is broken, and all of them share one line: it does not tell of lines.
#[test]
fn a_broken_first_record_tells_nothing_of_lines() {
    let text = r#"{"id":,"b":1}{"id":1}{"id":2,b":3}{"id":4}{"id":5,b":6}{"id":7}"#;
    ends_at(text, &[], "{\"id\":1}\n", text.find("{\"id\":2").unwrap());
    // What is cut off has its strings in their places.
    ends_at(r#"{"a":1} {"a":2,"b":x y","c":[1,{"d":"e"}]} {"a":3} {"a":4,"b":"z} {"a":5}"#, &[], "{\"a\":1}\n", 8);
}

#[test]
fn hints_say_what_to_do() {
    let here = folder();
    let ndjson = ["convert", "-", "-f", "ndjson", "-t", "csv"];
    feed(here.path(), ndjson, b"{\"a\":1}{\"a\":2}\n").ends(1).says(&["the end of the line", "-f json"]);
    let json = ["convert", "-", "-f", "json", "-t", "ndjson", "--records-at", "/dta"];
    feed(here.path(), json, b"{\"meta\":1,\"data\":[1]}").ends(1).says(&["nothing at `/dta`", "`meta`, `data`"]);
    let json = ["convert", "-", "-f", "json", "-t", "ndjson"];
    feed(here.path(), json, b"{\"a\":1},{\"a\":2}").ends(1).says(&["a comma between values", "`[`"]);
    feed(here.path(), json, b"some text\n[{\"a\":1}]\n").ends(1).says(&["text before the array"]);
}

/// Every line is broken, in ways that look as if they could go on to the end.
#[test]
fn the_worst_files_take_time_in_proportion_to_their_length() {
    for line in
        ["{\"a\":\"x\n", "{\"a\":1\n", "[1,\n", "{\"a\":[\n", "{\"a\":{\"b\":\"\n", "}\n{\n", "\"\n", "{\"a\":[1}]\n"]
    {
        let here = folder();
        let text = format!("{{\"a\":1}}\n{}", line.repeat((40_000 / line.len()).min(4_000)));
        fs::write(here.path().join("a.json"), text).unwrap();
        for way in [["-j", "2", "--slice-size", "1000"], ["-j", "1", "--slice-size", "512KiB"]] {
            let ran = run(here.path(), ["convert", "a.json", "-t", "ndjson", "--on-error", "skip"].iter().chain(&way));
            assert_eq!(ran.stdout.lines().next(), Some("{\"a\":1}"), "{line:?}: {}", ran.stderr);
        }
    }
}

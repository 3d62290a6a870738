//! Bad records: left out, kept, limited, repaired.

use std::fs;
use std::path::Path;

use crate::support;
use crate::support::{folder, names, run};
use base64::engine::{Engine, general_purpose::STANDARD};
use serde_json::Value;

/// How sources of a format are put together, and what they become.
struct Family {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    flags: &'static [&'static str],
    /// What is before the first record, between two, and after the last.
    frame: [&'static [u8]; 3],
    /// Record `n` as it should be.
    good: fn(usize) -> Vec<u8>,
    /// Record `n` as it is, if it is bad.
    bad: fn(usize) -> Vec<u8>,
    /// What a user writes as `text` for the right record; none: the record goes into `raw`.
    text: Option<fn(&[u8]) -> String>,
}

const LAYOUT: &str = "id:u32le,flag:bool,name:text11";

fn whole(record: &[u8]) -> String {
    String::from_utf8(record.to_vec()).unwrap()
}

fn without_line_break(record: &[u8]) -> String {
    whole(record).trim_end().to_owned()
}

fn line(record: &str) -> Vec<u8> {
    format!("{record}\n").into_bytes()
}

fn fixed(n: usize, flag: u8) -> Vec<u8> {
    [&(n as u32).to_le_bytes()[..], &[flag], format!("{:<11}", format!("name {n}")).as_bytes()].concat()
}

fn frame(payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u32).to_le_bytes()[..], payload].concat()
}

const FAMILIES: [Family; 15] = [
    Family {
        name: "csv",
        from: "csv",
        to: "ndjson",
        flags: &["-d", ";"],
        frame: [b"id;name\r\n", b"", b""],
        good: |n| line(&format!("{n};\"name\n{n}\"")),
        bad: |n| line(&if n % 2 == 0 { format!("{n}") } else { format!("{n};a;\"\n\"") }),
        text: Some(without_line_break),
    },
    Family {
        name: "csv without a header, as it is",
        from: "csv",
        to: "csv",
        flags: &["--no-headers"],
        frame: [b"", b"", b""],
        good: |n| line(&format!("{n},name,x")),
        bad: |n| line(&format!("{n},name")),
        text: Some(without_line_break),
    },
    Family {
        name: "tsv with escapes",
        from: "tsv",
        to: "json",
        flags: &["--tsv-escapes", "--op", "upper"],
        frame: [b"id\tname\n", b"", b""],
        good: |n| line(&format!("{n}\tname\\t{n}")),
        bad: |n| line(&format!("{n}\ta\tb\tc")),
        text: None,
    },
    Family {
        name: "a target that can't hold it",
        from: "csv",
        to: "fixed",
        flags: &["--layout", "id:u16be,name:text8"],
        frame: [b"id,name\n", b"", b""],
        good: |n| line(&format!("{},n{n}", n % 1000)),
        bad: |n| line(&if n % 2 == 0 { format!("{},n", 70_000 + n) } else { format!("{n},much too long") }),
        text: Some(without_line_break),
    },
    Family {
        name: "ndjson",
        from: "ndjson",
        to: "csv",
        flags: &[],
        frame: [b"", b"", b""],
        good: |n| line(&format!("{{\"id\":{n},\"name\":\"x{n}\"}}")),
        bad: |n| line(&format!("{{\"id\":{n},\"name\":x{n}}}")),
        text: Some(without_line_break),
    },
    Family {
        name: "ndjson as it is, not UTF-8",
        from: "ndjson",
        to: "ndjson",
        flags: &[],
        frame: [b"\xef\xbb\xbf", b"", b""],
        good: |n| line(&format!("{{\"id\":{n}}}")),
        bad: |n| [format!("{{\"id\":{n},\"name\":\"").as_bytes(), b"\xff\"}\n"].concat(),
        text: Some(without_line_break),
    },
    Family {
        name: "an array",
        from: "json",
        to: "ndjson",
        flags: &["--records-at", "/a/b"],
        frame: [b"{\"a\":{\"b\":[\n  ", b" ,\n  ", b"\n]},\"c\":[]}\n"],
        good: |n| format!("{{\n\"id\":{n},\"list\":[1,[2]]}}").into_bytes(),
        bad: |n| format!("{{\n\"id\":{n},\"list\":[1,[2,]]}}").into_bytes(),
        text: Some(whole),
    },
    Family {
        name: "an array, for a target that can't hold it",
        from: "json",
        to: "fixed",
        flags: &["--layout", "id:u16be,name:text8"],
        frame: [b"[", b", ", b"]"],
        good: |n| format!("{{\"id\":{n},\"name\":\"n\"}}").into_bytes(),
        bad: |n| format!("{{\"id\":{},\"name\":\"n\"}}", 70_000 + n).into_bytes(),
        text: Some(whole),
    },
    Family {
        name: "text",
        from: "text",
        to: "json",
        flags: &[],
        frame: [b"", b"", b""],
        good: |n| format!("line {n}\r\n").into_bytes(),
        bad: |n| [format!("line {n} ").as_bytes(), b"\xc3\x28\r\n"].concat(),
        text: Some(without_line_break),
    },
    Family {
        name: "text in lines, changed",
        from: "text",
        to: "text",
        flags: &["--op", "upper"],
        frame: [b"", b"", b""],
        good: |n| format!("line {n}\r\n").into_bytes(),
        bad: |n| [format!("line {n} ").as_bytes(), b"\xff\n"].concat(),
        text: None,
    },
    Family {
        name: "fixed",
        from: "fixed",
        to: "ndjson",
        flags: &["--layout", LAYOUT],
        frame: [b"", b"", b""],
        good: |n| fixed(n, 1),
        bad: |n| fixed(n, 7),
        text: None,
    },
    Family {
        name: "frames",
        from: "frames",
        to: "ndjson",
        flags: &["--payload", "json"],
        frame: [b"", b"", b""],
        good: |n| frame(format!("{{\"id\":{n}}}").as_bytes()),
        bad: |n| frame(format!("{{\"id\":{n}").as_bytes()),
        text: Some(|record| whole(&record[4..])),
    },
    Family {
        name: "frames of CBOR",
        from: "frames",
        to: "csv",
        flags: &["--payload", "cbor"],
        frame: [b"", b"", b""],
        good: |n| frame(&[&[0xa1, 0x62, b'i', b'd', 0x19][..], &(n as u16).to_be_bytes()].concat()),
        bad: |n| frame(&[&[0xa2, 0x62, b'i', b'd', 0x19][..], &(n as u16).to_be_bytes()].concat()),
        text: None,
    },
    Family {
        name: "MessagePack",
        from: "msgpack",
        to: "ndjson",
        flags: &[],
        frame: [b"", b"", b""],
        good: |n| [&[0x82, 0xa2, b'i', b'd', 0xcd][..], &(n as u16).to_be_bytes(), b"\xa1a\xa1x"].concat(),
        bad: |n| [&[0x82, 0xa2, b'i', b'd', 0xcd][..], &(n as u16).to_be_bytes(), b"\xa1a\xa1\xff"].concat(),
        text: None,
    },
    Family {
        name: "an array of CBOR without a length",
        from: "cbor",
        to: "cbor",
        flags: &["--op", "upper"],
        frame: [b"\xd9\xd9\xf7\x9f", b"", b"\xff"],
        good: |n| [&[0xbf, 0x62, b'i', b'd', 0x19][..], &(n as u16).to_be_bytes(), b"\x61a\x7f\x61x\xff\xff"].concat(),
        // A key without a value.
        bad: |n| [&[0xbf, 0x62, b'i', b'd', 0x19][..], &(n as u16).to_be_bytes(), b"\x61a\xff"].concat(),
        text: None,
    },
];

const RECORDS: usize = 700;

impl Family {
    /// The first, the last, neighbours, and some in the middle.
    fn is_bad(&self, n: usize) -> bool {
        // Without a header the first record is what others are compared with.
        let first = if self.flags.contains(&"--no-headers") { 1 } else { 0 };
        n == first || matches!(n, 17..=19) || n % 97 == 50 || n == RECORDS - 1
    }

    /// A source of these records.
    fn source(&self, records: &[Vec<u8>]) -> Vec<u8> {
        let [before, between, behind] = self.frame;
        [before, &records.join(between), behind].concat()
    }

    /// Runs `convert` with the flags of the family.
    fn convert(&self, here: &Path, source: &str, target: &str, more: &[&str]) -> support::Ran {
        let convert = ["convert", source, "-o", target, "-f", self.from, "-t", self.to, "-q"];
        run(here, convert.iter().chain(self.flags).chain(more))
    }

    /// What the format writes for a source of these records.
    fn converted(&self, here: &Path, records: &[Vec<u8>]) -> Vec<u8> {
        fs::write(here.join("plain"), self.source(records)).unwrap();
        self.convert(here, "plain", "expected", &["--force"]).ends(0);
        fs::read(here.join("expected")).unwrap()
    }
}

/// The lines of a quarantine after its head.
fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["quarantine"] == 1 && lines[1..].iter().all(|line| line["quarantine"] == Value::Null));
    lines[1..].to_vec()
}

fn raw(line: &Value) -> Vec<u8> {
    STANDARD.decode(line["raw"].as_str().unwrap()).unwrap()
}

/// Changes every line after the head.
fn edit(path: &Path, change: impl Fn(&mut Value)) {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let mut edited = lines.next().unwrap().to_owned() + "\n";
    for line in lines {
        let mut line: Value = serde_json::from_str(line).unwrap();
        change(&mut line);
        edited += &format!("{line}\n");
    }
    fs::write(path, edited).unwrap();
}

const WAYS: [[&str; 2]; 6] = [["1", "1"], ["2", "1"], ["3", "60"], ["2", "700"], ["1", "4KiB"], ["3", "512KiB"]];

#[test]
fn bad_records_are_kept_in_order_and_can_be_repaired() {
    for family in &FAMILIES {
        let here = folder();
        let here = here.path();
        let name = family.name;
        let record = |n| if family.is_bad(n) { (family.bad)(n) } else { (family.good)(n) };
        let records: Vec<Vec<u8>> = (0..RECORDS).map(record).collect();
        let (bad, good): (Vec<usize>, Vec<usize>) = (0..RECORDS).partition(|n| family.is_bad(*n));
        let source = family.source(&records);
        fs::write(here.join("dirty"), &source).unwrap();

        // The output is that of the good records.
        let good: Vec<Vec<u8>> = good.into_iter().map(|n| records[n].clone()).collect();
        let expected = family.converted(here, &good);
        family.convert(here, "dirty", "clean", &["--on-error", "quarantine", "--report", "report"]).ends(0);
        assert!(fs::read(here.join("clean")).unwrap() == expected, "{name}");
        let report: Value = serde_json::from_slice(&fs::read(here.join("report")).unwrap()).unwrap();
        assert_eq!(report["quarantine"]["path"], "clean.quarantine.ndjson", "{name}");
        assert_eq!(report["quarantine"]["records"], bad.len(), "{name}");
        assert_eq!((&report["records_in"], &report["records_out"]), (&RECORDS.into(), &good.len().into()), "{name}");

        // The others are there as they were.
        let kept = here.join("clean.quarantine.ndjson");
        let lines = lines(&kept);
        assert_eq!(lines.len(), bad.len(), "{name}");
        for (line, n) in lines.iter().zip(&bad) {
            assert_eq!((&line["file"], &line["record"]), (&"dirty".into(), &(n + 1).into()), "{name}");
            let range = line["start"].as_u64().unwrap() as usize..line["end"].as_u64().unwrap() as usize;
            assert!(raw(line) == source[range], "{name}: {line}");
            assert!(raw(line) == records[*n], "{name}: {line}");
        }
        let reason = lines[0]["reason"].as_str().unwrap();
        family.convert(here, "dirty", "never", &[]).ends(1).says(&[&format!("dirty: record {}, ", bad[0] + 1), reason]);

        // However the work is done.
        let quarantine = fs::read(&kept).unwrap();
        for [workers, slices] in WAYS {
            for io in ["map", "read"] {
                let way = ["-j", workers, "--slice-size", slices, "--io", io, "--memory-limit", "24MB", "--force"];
                let more = ["--on-error", "quarantine", "--quarantine", "bad"];
                family.convert(here, "dirty", "again", &[&way[..], &more].concat()).ends(0);
                let again = fs::read(here.join("again")).unwrap();
                assert!(again == expected, "{name}, {workers} workers, slices of {slices}, {io}");
                let again = fs::read(here.join("bad")).unwrap();
                assert!(again == quarantine, "{name}, {workers} workers, slices of {slices}, {io}");
            }
        }

        // Repaired they are what they would have been.
        let right: Vec<Vec<u8>> = bad.iter().map(|n| (family.good)(*n)).collect();
        let expected = family.converted(here, &right);
        edit(&kept, |line| {
            let right = (family.good)(line["record"].as_u64().unwrap() as usize - 1);
            match family.text {
                Some(text) => line["text"] = text(&right).into(),
                None => line["raw"] = STANDARD.encode(&right).into(),
            }
        });
        // What is said about the output is said again.
        let flags: Vec<&str> = family.flags.iter().copied().skip_while(|flag| *flag != "--op").collect();
        for [workers, slices] in WAYS {
            let replay = ["replay", "clean.quarantine.ndjson", "-o", "repaired", "-t", family.to, "-q", "--force"];
            let way = ["-j", workers, "--slice-size", slices];
            run(here, replay.iter().chain(&way).chain(&flags)).ends(0);
            assert!(fs::read(here.join("repaired")).unwrap() == expected, "{name}, slices of {slices}");
        }
        assert!(!here.join("never").exists());
    }
}

/// A source of CSV in which record `n` is bad if `bad` says so.
fn table(records: usize, bad: impl Fn(usize) -> bool) -> String {
    let record = |n| if bad(n) { format!("{n},x,y\n") } else { format!("{n},name {n}\n") };
    "id,name\n".to_owned() + &(0..records).map(record).collect::<String>()
}

#[test]
fn the_limit_is_exact() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), table(400, |n| n % 10 == 3)).unwrap();
    for most in [0, 1, 7, 38, 39, 40, 41] {
        let mut said: Option<(String, String)> = None;
        for [workers, slices] in WAYS {
            let most_text = most.to_string();
            let way = ["-j", workers, "--slice-size", slices, "--max-errors", &most_text, "-q"];
            let keep = ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine", "--force"];
            let ran = run(here, keep.iter().chain(&way));
            let kept = here.join("b.ndjson.quarantine.ndjson");
            let lines = lines(&kept);
            let skip = ["convert", "a.csv", "-t", "ndjson", "--on-error", "skip"];
            let skipped = run(here, skip.iter().chain(&way));
            if most >= 40 {
                assert_eq!((ran.code, skipped.code, lines.len()), (0, 0, 40));
                fs::remove_file(here.join("b.ndjson")).unwrap();
                continue;
            }
            // The record that went over is number 10 * most + 3, from 0.
            let record = format!("a.csv: record {}, line {}, byte ", 10 * most + 4, 10 * most + 5);
            let ran = ran.ends(1).says(&[&record, "3 fields", "--max-errors", "are in b.ndjson.quarantine.ndjson"]);
            assert_eq!(lines.len(), most + 1);
            assert_eq!(lines.last().unwrap()["record"], 10 * most + 4);
            assert_eq!(names(here), ["a.csv", "b.ndjson.quarantine.ndjson"]);
            // On a pipe, what comes before it was written.
            let skipped = skipped.ends(1).says(&[&record]);
            assert_eq!(skipped.stdout.lines().count(), 9 * most + 3, "{most}: {workers} workers, slices of {slices}");
            let (said, stdout) = said.get_or_insert((ran.stderr.clone(), skipped.stdout.clone()));
            assert_eq!((&ran.stderr, &skipped.stdout), (&*said, &*stdout), "{workers} workers, slices of {slices}");
        }
        fs::remove_file(here.join("b.ndjson.quarantine.ndjson")).unwrap();
    }
}

#[test]
fn a_share_is_judged_at_the_end() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), table(200, |n| n % 10 == 3)).unwrap();
    let convert = ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine", "--max-errors"];
    for [workers, slices] in WAYS {
        let way = ["-j", workers, "--slice-size", slices, "--force"];
        run(here, convert.iter().chain(&["9.9999%"]).chain(&way)).ends(1).says(&[
            "a.csv: record 194, line 195, byte ",
            "20 of 200 records are bad, and --max-errors allows 9.9999%. The last one is shown here.",
            "9.9999%",
            "are in b.ndjson.quarantine.ndjson",
        ]);
        assert_eq!(lines(&here.join("b.ndjson.quarantine.ndjson")).len(), 20);
        assert_eq!(names(here), ["a.csv", "b.ndjson.quarantine.ndjson"]);
        run(here, convert.iter().chain(&["10%"]).chain(&way)).ends(0);
        fs::remove_file(here.join("b.ndjson")).unwrap();
    }
    run(here, ["convert", "a.csv", "-o", "c.ndjson", "--on-error", "skip", "--max-errors", "5%"]).ends(1);
    assert!(!here.join("c.ndjson").exists());
    run(here, ["convert", "a.csv", "-o", "c.ndjson", "--on-error", "skip", "--max-errors", "5"]).ends(1);
    run(here, ["convert", "a.csv", "-o", "c.ndjson", "--max-errors", "5"]).ends(2).says(&["--on-error skip"]);
    run(here, ["convert", "a.csv", "-o", "c.ndjson", "--on-error", "skip", "--max-errors", "five"]).ends(2);
}

/// Bad records that are larger than slices, buffers and what is noted of a slice; and very many of them.
#[test]
fn large_and_many_bad_records_stay_below_the_ceiling() {
    let here = folder();
    let here = here.path();
    let large = "x".repeat(1_500_000);
    let mut source = "a,b\n".to_owned();
    for n in 0..30 {
        source += &match n % 5 {
            3 => format!("{n},{large},y\n"),
            4 => format!("{n}\n").repeat(40_000),
            _ => format!("{n},good\n"),
        };
    }
    fs::write(here.join("a.csv"), &source).unwrap();
    let mut first: Option<(Vec<u8>, Vec<u8>)> = None;
    for [workers, slices] in [["1", "512KiB"], ["2", "16KiB"], ["2", "512KiB"]] {
        for io in ["map", "read"] {
            let convert = ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine", "--force", "--io", io];
            let way = ["-j", workers, "--slice-size", slices, "--memory-limit", "32MB", "--max-record-size", "2MB"];
            run(here, convert.iter().chain(&way).chain(&["--report", "report", "-q"])).ends(0);
            let report: Value = serde_json::from_slice(&fs::read(here.join("report")).unwrap()).unwrap();
            assert_eq!(report["quarantine"]["records"], 6 + 6 * 40_000);
            let heap = report["peak_heap_bytes"].as_u64().unwrap();
            assert!(heap < 32_000_000, "{heap} bytes of heap with {workers} workers, slices of {slices}, {io}");
            let read = |name: &str| fs::read(here.join(name)).unwrap();
            let now = (read("b.ndjson"), read("b.ndjson.quarantine.ndjson"));
            let first = first.get_or_insert_with(|| now.clone());
            assert!(*first == now, "{workers} workers, slices of {slices}, {io}");
        }
    }
    let lines = lines(&here.join("b.ndjson.quarantine.ndjson"));
    let at = |line: &Value, key: &str| line[key].as_u64().unwrap() as usize;
    assert!(lines.iter().all(|line| raw(line) == source.as_bytes()[at(line, "start")..at(line, "end")]));
    assert!(lines.windows(2).all(|pair| pair[0]["end"].as_u64() <= pair[1]["start"].as_u64()));
    assert_eq!(fs::read_to_string(here.join("b.ndjson")).unwrap().lines().count(), 18);
}

#[test]
fn nothing_bad_leaves_nothing() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    let convert = ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine"];
    run(here, convert).ends(0);
    assert_eq!(names(here), ["a.csv", "b.ndjson"]);
    // An old one is not overwritten unless that is said; then it goes in any case: it is another run's.
    fs::write(here.join("b.ndjson.quarantine.ndjson"), "old").unwrap();
    fs::remove_file(here.join("b.ndjson")).unwrap();
    run(here, convert).ends(2).says(&["b.ndjson.quarantine.ndjson exists already", "--force"]);
    run(here, convert.iter().chain(&["--checkpoint"])).ends(2).says(&["b.ndjson.quarantine.ndjson exists already"]);
    assert_eq!(names(here), ["a.csv", "b.ndjson.quarantine.ndjson"]);
    run(here, convert.iter().chain(&["--force"])).ends(0);
    assert_eq!(names(here), ["a.csv", "b.ndjson"]);
    // A run that fails leaves the old one.
    fs::write(here.join("q"), "old").unwrap();
    let fails = ["convert", "c.json", "-t", "ndjson", "-o", "c"];
    fs::write(here.join("c.json"), "[{\"a\":1},{\"a\":\"x},{\"a\":3}]").unwrap();
    run(here, fails.iter().chain(&["--on-error", "quarantine", "--quarantine", "q", "--force"])).ends(1);
    assert_eq!(fs::read_to_string(here.join("q")).unwrap(), "old");
    assert_eq!(names(here), ["a.csv", "b.ndjson", "c.json", "q"]);
}

#[test]
fn a_place_of_its_own() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n2,3\n").unwrap();
    let convert = ["convert", "a.csv", "-t", "ndjson", "--on-error", "quarantine"];
    run(here, convert).ends(2).says(&["--quarantine FILE"]);
    run(here, convert.iter().chain(&["-o", "/dev/null"])).ends(2).says(&["--quarantine FILE"]);
    run(here, convert.iter().chain(&["--quarantine", "a.csv", "--force"])).ends(2).says(&["a.csv is the source"]);
    run(here, convert.iter().chain(&["-o", "b", "--quarantine", "./b"])).ends(2).says(&["b is the output"]);
    run(here, convert.iter().chain(&["--quarantine", "q", "--report", "q"])).ends(2).says(&["--report"]);
    run(here, convert.iter().chain(&["--quarantine", "q.gz"])).ends(2).says(&["never compressed"]);
    let skip = ["convert", "a.csv", "-t", "ndjson", "--on-error", "skip", "--quarantine", "q"];
    run(here, skip).ends(2).says(&["--on-error quarantine"]);
    assert_eq!(names(here), ["a.csv"]);
    let ran = run(here, convert.iter().chain(&["--quarantine", "q"])).ends(0).says(&["1 bad record", "put into q"]);
    assert_eq!((ran.stdout, lines(&here.join("q")).len()), ("{\"a\":1}\n".into(), 1));
    let explained = run(here, convert.iter().chain(&["-o", "b.csv", "--explain"])).ends(0);
    assert!(explained.stdout.contains("put into b.csv.quarantine.ndjson"), "{}", explained.stdout);
}

#[cfg(unix)]
#[test]
fn a_quarantine_that_is_full_ends_the_run() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), table(500, |n| n % 10 == 3)).unwrap();
    let convert = ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine", "--quarantine", "/dev/full"];
    for [workers, slices] in WAYS {
        let way = ["-j", workers, "--slice-size", slices];
        run(here, convert.iter().chain(&way)).ends(3).says(&["/dev/full"]);
        assert_eq!(names(here), ["a.csv"]);
    }
    let null = ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine", "--quarantine", "/dev/null"];
    run(here, null).ends(0);
}

#[test]
fn a_clean_input_allocates_nothing() {
    let here = folder();
    let here = here.path();
    run(here, ["sample", "--format", "csv", "--size", "2MB", "-o", "a.csv"]).ends(0);
    let audit = ["audit", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine", "--max-errors", "10", "-j2"];
    run(here, audit.iter().chain(&["--slice-size", "16KiB"])).ends(0);
    assert_eq!(names(here), ["a.csv", "b.ndjson"]);
}

#[test]
fn what_is_no_fault_of_a_record_ends_the_run() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.frames"), b"\x01\0\0\0a\xff\xff\xff\xffrest").unwrap();
    // The string that is not closed may go on to anywhere.
    fs::write(here.join("b.json"), b"[{\"a\":1}, {\"a\":\"x}, {\"a\":3}]").unwrap();
    fs::write(here.join("c.csv"), format!("a\n1,2\n{}\n", "x".repeat(5000))).unwrap();
    fs::write(here.join("d.fixed"), [fixed(1, 1), fixed(2, 7), fixed(3, 1)[..9].to_vec()].concat()).unwrap();
    let keep = ["--on-error", "quarantine", "-t", "ndjson", "-o", "out"];
    run(here, ["convert", "a.frames"].iter().chain(&keep)).ends(1).says(&["a frame says"]);
    run(here, ["convert", "b.json"].iter().chain(&keep)).ends(1).says(&["(18 bytes) was not read"]);
    assert_eq!(names(here), ["a.frames", "b.json", "c.csv", "d.fixed"]);
    // A record that is too large is a bad one; here there are no others.
    run(here, ["convert", "c.csv", "--max-record-size", "1000"].iter().chain(&keep))
        .ends(1)
        .says(&["All 2 records are bad ("]);
    fs::remove_file(here.join("out.quarantine.ndjson")).unwrap();
    // A record that the end of the input cuts off is a bad record.
    run(here, ["convert", "d.fixed", "--layout", LAYOUT].iter().chain(&keep)).ends(0);
    let lines = lines(&here.join("out.quarantine.ndjson"));
    assert_eq!((lines.len(), raw(&lines[1]).len(), &lines[1]["record"]), (2, 9, &3.into()));
}

/// Sources of two formats, with columns in another order, and one that fails in its middle.
#[test]
fn many_inputs() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "id,name\n1,one\n2\n3,three\n").unwrap();
    fs::write(here.join("b.csv"), "name,id\nfour,4\nfive,5,5\n").unwrap();
    fs::write(here.join("c.ndjson"), "{\"id\":6,\"name\":\"six\"}\n{\"id\":7,}\n").unwrap();
    fs::write(here.join("broken.csv"), format!("id,{}\n0,1\n", "x".repeat(3000))).unwrap();
    let convert =
        ["convert", "a.csv", "broken.csv", "b.csv", "c.ndjson", "-o", "all.ndjson", "--on-error", "quarantine"];
    let more = ["--keep-going", "--max-record-size", "2KB", "--report", "report"];
    run(here, convert.iter().chain(&more)).ends(1).says(&["broken.csv: ", "1 of 4 inputs failed"]);
    let quarantine = here.join("all.ndjson.quarantine.ndjson");
    let text = fs::read_to_string(&quarantine).unwrap();
    let all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown: Vec<String> =
        all.iter().map(|line| format!("{} {} {}", line["file"], line["record"], line["from"])).collect();
    let expected = [
        "null null \"csv\"",
        "\"a.csv\" 2 null",
        "null null \"csv\"",
        "\"b.csv\" 2 null",
        "null null \"ndjson\"",
        "\"c.ndjson\" 2 null",
    ];
    assert_eq!(shown, expected);
    let report: Value = serde_json::from_slice(&fs::read(here.join("report")).unwrap()).unwrap();
    assert_eq!(report["quarantine"]["records"], 3);

    let repaired = text
        .replace("\"raw\":\"Mgo=\"", "\"text\":\"2,two\"")
        .replace("\"raw\":\"Zml2ZSw1LDUK\"", "\"text\":\"five,5\"")
        .replace("\"raw\":\"eyJpZCI6Nyx9Cg==\"", "\"text\":\"{\\\"id\\\":7,\\\"name\\\":\\\"seven\\\"}\"");
    fs::write(&quarantine, repaired).unwrap();
    run(here, ["replay", "all.ndjson.quarantine.ndjson", "-o", "repaired.csv", "--columns", "union"]).ends(0);
    assert_eq!(fs::read_to_string(here.join("repaired.csv")).unwrap(), "id,name\n2,two\n5,five\n7,seven\n");

    // The limit is for all of them together.
    let limited = ["--max-errors", "2", "--force", "--keep-going"];
    fs::remove_file(here.join("broken.csv")).unwrap();
    let convert = convert.iter().filter(|word| **word != "broken.csv");
    run(here, convert.clone().chain(&limited))
        .ends(1)
        .says(&["c.ndjson: record 2", "are in all.ndjson.quarantine.ndjson"]);
    // An output of its own for each, and a quarantine.
    let each = ["convert", "a.csv", "b.csv", "--out-dir", "out", "-t", "ndjson", "--on-error", "quarantine"];
    run(here, each.iter().chain(&["--quarantine", "q"])).ends(2).says(&["Leave out --quarantine"]);
    run(here, each.iter().chain(&["--report", "report", "--force"])).ends(0).says(&["2 bad records"]);
    let out = ["a.ndjson", "a.ndjson.quarantine.ndjson", "b.ndjson", "b.ndjson.quarantine.ndjson"];
    assert_eq!(names(&here.join("out")), out);
    let report: Value = serde_json::from_slice(&fs::read(here.join("report")).unwrap()).unwrap();
    assert_eq!(report["files"]["sources"][1]["quarantine"]["path"], "out/b.ndjson.quarantine.ndjson");
    for name in ["a.ndjson", "b.ndjson"] {
        fs::remove_file(here.join("out").join(name)).unwrap();
    }
    run(here, each).ends(2).says(&["a.ndjson.quarantine.ndjson exists already"]);
}

#[test]
fn what_is_still_bad_has_its_first_place() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), table(40, |n| n % 10 == 3)).unwrap();
    run(here, ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine"]).ends(0);
    let quarantine = here.join("b.ndjson.quarantine.ndjson");
    let before = lines(&quarantine);
    let replay = ["replay", "b.ndjson.quarantine.ndjson", "-o", "c.ndjson"];
    let place = format!("a.csv: record 4, line 5, byte {}: 3 fields", before[0]["start"]);
    run(here, replay).ends(1).says(&[&place]);
    // One is right, one is worse (a quote that is not closed), one is gone.
    edit(&quarantine, |line| match line["record"].as_u64() {
        Some(4) => line["text"] = "3,three".into(),
        Some(14) => line["text"] = "13,\"x,y,z".into(),
        _ => {}
    });
    let text = fs::read_to_string(&quarantine).unwrap();
    let kept: String = text.split_inclusive('\n').filter(|line| !line.contains("\"record\":24")).collect();
    fs::write(&quarantine, kept).unwrap();
    run(here, replay.iter().chain(&["--on-error", "quarantine", "-j2", "--slice-size", "1"])).ends(0);
    let out = fs::read_to_string(here.join("c.ndjson")).unwrap();
    assert_eq!(out, "{\"id\":3,\"name\":\"three\"}\n");
    let after = lines(&here.join("c.ndjson.quarantine.ndjson"));
    assert_eq!((after.len(), &after[0]["record"], &after[1]), (2, &14.into(), &before[3]));
    run(here, replay.iter().chain(&["--max-errors", "0", "--on-error", "skip", "--force"]))
        .ends(1)
        .says(&["a.csv: record 14"]);
    // And once more from there.
    edit(&here.join("c.ndjson.quarantine.ndjson"), |line| {
        line["text"] = if line["record"] == 14 { "13,x" } else { "33,x" }.into();
    });
    run(here, ["replay", "c.ndjson.quarantine.ndjson", "-o", "d.csv", "--op", "upper"]).ends(0);
    assert_eq!(fs::read_to_string(here.join("d.csv")).unwrap(), "id,name\n13,X\n33,X\n");
}

#[test]
fn what_is_no_quarantine_is_told() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n2,3\n4,5\n").unwrap();
    run(here, ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine"]).ends(0);
    let whole = fs::read_to_string(here.join("b.ndjson.quarantine.ndjson")).unwrap();
    let (head, lines) = whole.split_once('\n').unwrap();
    let replay = |content: &str| {
        fs::write(here.join("q"), content).unwrap();
        run(here, ["replay", "q", "-o", "c.ndjson", "--on-error", "skip"])
    };
    for content in ["", "\n", "a\n1\n", lines, &format!("{lines}{whole}"), "{\"quarantine\":2}\n"] {
        replay(content).ends(2).says(&["q is not a quarantine file"]);
    }
    for line in ["{", "[]", "{\"file\":\"a\"}", "{\"file\":\"a\",\"record\":1,\"start\":0,\"end\":1}"] {
        replay(&format!("{head}\n{line}\n"))
            .ends(1)
            .says(&[&format!("q: line 2, byte {}", head.len() + 1), "not a line of a quarantine file"]);
    }
    replay(&whole.replace("\"raw\":\"", "\"raw\":\"*")).ends(1).says(&["not base64"]);
    assert!(!here.join("c.ndjson").exists());
    replay(&format!("{head}\n")).ends(0);
    assert_eq!(fs::read_to_string(here.join("c.ndjson")).unwrap(), "");
    run(here, ["replay", "nothing", "-o", "d.ndjson"]).ends(3).says(&["nothing"]);
    run(here, ["replay", "q", "-f", "json", "-o", "d.ndjson"]).ends(2).says(&["`--from` has no effect"]);
    run(here, ["replay", "q", "-t", "csv", "-o", "q", "--force"]).ends(2).says(&["q is the source"]);
    let explained = run(here, ["replay", "q", "-o", "d.ndjson", "--explain"]).ends(0);
    assert!(explained.stdout.contains("csv to ndjson"), "{}", explained.stdout);
}

/// Of a compressed source, and of one in another encoding, places are those of what it holds.
#[test]
fn places_are_those_of_what_the_source_holds() {
    let here = folder();
    let here = here.path();
    let text = table(300, |n| n % 10 == 3).replace("name", "n\u{e4}me");
    fs::write(here.join("a.csv"), &text).unwrap();
    let wide: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    fs::write(here.join("b.csv"), wide).unwrap();
    run(here, ["convert", "a.csv", "-f", "text", "-t", "text", "-o", "c.csv.gz"]).ends(0);
    for source in ["b.csv", "c.csv.gz"] {
        for [workers, slices] in WAYS {
            let convert = ["convert", source, "-o", "out.ndjson", "--on-error", "quarantine", "--force"];
            run(here, convert.iter().chain(&["-j", workers, "--slice-size", slices])).ends(0);
            let kept = here.join("out.ndjson.quarantine.ndjson");
            let lines = lines(&kept);
            assert_eq!(lines.len(), 30);
            for line in &lines {
                let range = line["start"].as_u64().unwrap() as usize..line["end"].as_u64().unwrap() as usize;
                assert!(raw(line) == text.as_bytes()[range], "{source}: {line}");
            }
            edit(&kept, |line| line["text"] = format!("{},\u{fc}", line["record"]).into());
            run(here, ["replay", "out.ndjson.quarantine.ndjson", "-o", "r.csv", "--force"]).ends(0);
            let repaired = fs::read_to_string(here.join("r.csv")).unwrap();
            assert!(repaired.starts_with("id,n\u{e4}me\n4,\u{fc}\n14,"), "{repaired}");
        }
    }
}

/// Nothing of an input that fails is in the quarantine, not even of a pipe, whose header has to be kept.
#[test]
fn standard_input() {
    let here = folder();
    let here = here.path();
    let text = table(3000, |n| n % 10 == 3);
    let keep = ["--on-error", "quarantine", "--quarantine", "q", "--force"];
    let convert = ["convert", "-", "-f", "csv", "-t", "ndjson"];
    let ran = support::feed(here, convert.iter().chain(&keep).chain(&["--slice-size", "1KB"]), text.as_bytes()).ends(0);
    assert_eq!(ran.stdout.lines().count(), 2700);
    let kept = lines(&here.join("q"));
    assert_eq!((kept.len(), &kept[0]["file"], &kept[299]["record"]), (300, &"-".into(), &2994.into()));
    // Without bad records it is gone; a run that is not done leaves none either.
    let broken = format!("{}\n1,2\n", "x".repeat(5000));
    let more = ["--max-record-size", "1000"];
    support::feed(here, convert.iter().chain(&keep).chain(&more), broken.as_bytes()).ends(1);
    assert_eq!(lines(&here.join("q")), kept);
    support::feed(here, convert.iter().chain(&keep), b"a\n1\n").ends(0);
    assert!(names(here).is_empty());
}

/// An empty `text` is a record where the format has empty ones; elsewhere it is told, and nothing else is lost.
#[test]
fn an_empty_text_is_not_lost() {
    let here = folder();
    let here = here.path();
    let replay = |flags: &[&str]| run(here, ["replay", "a.q", "-t", "ndjson"].iter().chain(flags));
    let quarantine = |from: &str, input: &[u8], flags: &[&str]| {
        fs::write(here.join("a"), input).unwrap();
        let convert = ["convert", "a", "-f", from, "-t", "ndjson", "--quarantine", "a.q", "--on-error", "quarantine"];
        // Where nothing is good that is told by the code.
        let ran = run(here, convert.iter().chain(&["--force"]).chain(flags));
        assert!([0, 1].contains(&ran.code), "{}", ran.stderr);
    };
    // A blank line is no record of CSV, and none of NDJSON.
    quarantine("csv", b"id,name\n1,Ada\n2\n3\n4\n5,Bob\n", &[]);
    edit(&here.join("a.q"), |line| {
        line["text"] = ["2,x", "", "4,y"][line["record"].as_u64().unwrap() as usize - 2].into();
    });
    replay(&[]).ends(1).says(&["a: record 3", "byte 16", "has no record", "delete the whole line"]);
    let ran = replay(&["--on-error", "skip"]).ends(0).says(&["1 bad record"]);
    assert_eq!(ran.stdout, "{\"id\":2,\"name\":\"x\"}\n{\"id\":4,\"name\":\"y\"}\n");
    let ran = replay(&["--on-error", "quarantine", "--quarantine", "b.q"]).ends(0);
    assert_eq!(ran.stdout, "{\"id\":2,\"name\":\"x\"}\n{\"id\":4,\"name\":\"y\"}\n");
    let kept = fs::read_to_string(here.join("b.q")).unwrap();
    assert!(kept.lines().count() == 2 && kept.contains("\"record\":3,\"line\":4,\"start\":16,\"end\":18"), "{kept}");
    quarantine("ndjson", b"{\"a\":1}\nx\n{\"a\":2}\n", &[]);
    edit(&here.join("a.q"), |line| line["text"] = " ".into());
    replay(&[]).ends(1).says(&["record 2", "has no record"]);
    // An empty line is a line, also at the end of the input; an empty payload is one.
    for (from, input, flags, json) in [
        ("text", &b"a\n\xff\nb\n"[..], &[][..], "{\"line\":\"\"}\n"),
        ("text", b"a\n\xff", &[], "{\"line\":\"\"}\n"),
        ("frames", b"\x01\0\0\0\xff", &["--payload", "text"], "{\"payload\":\"\"}\n"),
    ] {
        quarantine(from, input, flags);
        edit(&here.join("a.q"), |line| line["text"] = "".into());
        assert_eq!(replay(&[]).ends(0).stdout, json, "{from}");
    }
}

/// The quarantine says how its records are read: what is about reading alone is refused, not passed over.
#[test]
fn flags_about_reading_are_refused() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "id,name\n1\n2,b\n").unwrap();
    run(here, ["convert", "a.csv", "-o", "a.ndjson", "--quarantine", "q"]).ends(0);
    edit(&here.join("q"), |line| line["text"] = "1,a".into());
    for flags in [
        &["-n"][..],
        &["--names", "x,y"],
        &["-d", ";"],
        &["--encoding", "latin1"],
        &["--frame", "u16le"],
        &["--payload", "text"],
        &["--layout", "a:u8"],
        &["--tsv-escapes"],
    ] {
        run(here, ["replay", "q", "-t", "ndjson"].iter().chain(flags)).ends(2).says(&["has no effect"]);
    }
    assert_eq!(run(here, ["replay", "q", "-t", "ndjson"]).ends(0).stdout, "{\"id\":1,\"name\":\"a\"}\n");
    // About the output they say something.
    assert_eq!(run(here, ["replay", "q", "-t", "csv", "--out-no-headers"]).ends(0).stdout, "1,a\n");
    assert_eq!(run(here, ["replay", "q", "-t", "tsv", "--tsv-escapes"]).ends(0).stdout, "id\tname\n1\ta\n");
    let layout = ["replay", "q", "-t", "fixed", "--layout", "id:u8,name:text1"];
    assert_eq!(run(here, layout).ends(0).stdout, "\u{1}a");
}

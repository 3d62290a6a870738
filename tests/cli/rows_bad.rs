//! `--limit`, `--offset`, `--tail` and `--sample` where records are bad or lose something: what is expected was worked out
//! by hand, or is counted here.

use std::fmt::Write;
use std::fs;

use crate::support::mutate::Random;
use crate::support::{convert, feed, folder, read, run, say, with};
use serde_json::Value;

/// The ways in which a file is read.
const WAYS: [&str; 5] =
    ["", "-j 7 --slice-size 1", "-j 2 --slice-size 64 --io read", "--io read", "-j 2 --slice-size 4096"];

/// The second and the fifth can't be written without quotes; the first of them has a key of its own.
const COMMAS: &str = "{\"a\":\"v\"}\n{\"a\":\"p,q\",\"z\":1}\n{\"a\":\"w\"}\n{\"a\":\"x\",\"b\":1}\n{\"a\":\"r,s\"}\n";

#[test]
fn what_the_target_refuses_does_not_count() {
    let here = with(&[("a.ndjson", COMMAS), ("b.ndjson", "{\"a\":\"1,2\"}\n{\"a\":\"y\"}\n")]);
    let here = here.path();
    run(here, ["convert", "a.ndjson", "-o", "a.ndjson.gz"]).ends(0);
    for (flags, bad, expected) in [
        ("--limit 1", None, "a\nv\n"),
        // A column of a record that was met, and turned out bad.
        ("--limit 2", Some("1 bad record"), "a,z\nv,\nw,\n"),
        ("--limit 3", Some("1 bad record"), "a,z,b\nv,,\nw,,\nx,,1\n"),
        ("--offset 1", Some("2 bad records"), "a,z,b\nw,,\nx,,1\n"),
        ("--offset 2 --limit 1", Some("1 bad record"), "a,b\nx,1\n"),
        ("--tail 1", Some("2 bad records"), "a,b\nx,1\n"),
        ("--tail 2", Some("2 bad records"), "a,z,b\nw,,\nx,,1\n"),
        ("--offset 1 --tail 9", Some("2 bad records"), "a,z,b\nw,,\nx,,1\n"),
        ("--sample 3", Some("2 bad records"), "a,b\nv,\nw,\nx,1\n"),
        ("--limit 2 --tail 1", Some("1 bad record"), "a,z\nw,\n"),
    ] {
        let ends = |line: &str| {
            let ran = convert(here, &format!("{line} -t csv --out-no-quoting --on-error skip {flags}")).ends(0);
            assert_eq!(ran.stdout, expected, "{line} {flags}");
            ran.says(&bad.into_iter().collect::<Vec<_>>());
        };
        WAYS.iter().for_each(|way| ends(&format!("a.ndjson {way}")));
        ends("a.ndjson.gz");
        let line = format!("convert -f ndjson -t csv --out-no-quoting --on-error skip {flags}");
        let piped = feed(here, line.split(' '), COMMAS.as_bytes()).ends(0).stdout;
        // The header of a pipe has the keys of its beginning.
        if !flags.starts_with("--limit") {
            assert_eq!(piped, expected, "{flags}");
        }
        let (target, flags) = ("--out-no-quoting --force -o o.csv", format!("--on-error quarantine {flags}"));
        convert(here, &format!("a.ndjson {target} {flags}")).ends(0);
        assert_eq!(read(here, "o.csv"), expected);
    }
    let two = |flags: &str| {
        convert(here, &format!("a.ndjson b.ndjson -t csv --out-no-quoting --on-error skip {flags}")).ends(0).stdout
    };
    assert_eq!(two("--offset 3 --limit 1"), "a\ny\n");
    assert_eq!(two("--tail 2"), "a,b\nx,1\ny,\n");
    assert_eq!(two("--limit 4"), "a,z,b\nv,,\nw,,\nx,,1\ny,,\n");
    // One that is passed over ends the run as any bad record does.
    convert(here, "a.ndjson -t csv --out-no-quoting --offset 2").ends(1).says(&["record 2", "needs quotes"]);
    convert(here, "a.ndjson -t csv --out-no-quoting --tail 1").ends(1).says(&["record 2", "needs quotes"]);
    convert(here, "a.ndjson -t csv --out-no-quoting --limit 1").ends(0);
    // Columns of another width, and characters that an encoding lacks.
    let here = with(&[("a.csv", "n\n1\n12345\n2\n3\n99999\n"), ("b.csv", "n\nA\n\u{3b1}\nB\n\u{3b2}\n")]);
    let fwf = |flags: &str| convert(here.path(), &format!("a.csv -t fwf --layout n:2 --on-error skip {flags}")).ends(0);
    assert_eq!([fwf("--tail 1").stdout, fwf("--offset 1 --limit 1").stdout], ["3 \n", "2 \n"]);
    assert_eq!(fwf("--tail 1").says(&["2 bad records"]).stdout, "3 \n");
    let latin = |flags: &str| {
        convert(here.path(), &format!("b.csv -t csv --out-encoding latin1 --on-error skip {flags}")).ends(0).stdout
    };
    assert_eq!([latin("--tail 1"), latin("--offset 1"), latin("--limit 2")], ["n\nB\n", "n\nB\n", "n\nA\nB\n"]);
    // What can't name a part.
    let here = with(&[("k.ndjson", "{\"k\":\"a\"}\n{\"k\":[1]}\n{\"k\":\"b\"}\n{\"k\":[2]}\n")]);
    say(here.path(), "split k.ndjson --by k -o o/{part}.ndjson --on-error skip --tail 1").ends(0);
    assert_eq!(crate::support::names(&here.path().join("o")), ["b.ndjson"]);
    // Records that were made of one are good or bad together.
    let here = with(&[("e.ndjson", "{\"a\":[\"1\",\"x,y\"]}\n{\"a\":[\"2\",\"3\"]}\n")]);
    let parts = |flags: &str| {
        let line = format!("e.ndjson -t csv --out-no-quoting --explode a --on-error skip {flags}");
        convert(here.path(), &line).ends(0).stdout
    };
    assert_eq!([parts("--tail 3"), parts("--offset 1"), parts("--limit 1")], ["a\n2\n3\n", "a\n3\n", "a\n2\n"]);
}

/// Good records, and such as the decoder, a step and the target refuse.
#[test]
fn good_records_are_counted_whatever_the_others_are() {
    let here = folder();
    let here = here.path();
    let mut random = Random(7);
    for turn in 0..24 {
        let (mut text, mut good) = (String::new(), Vec::new());
        for n in 0..random.below(40) {
            match random.below(5) {
                0 => writeln!(text, "{{\"a\":\"x,y\",\"n\":{n}}}").unwrap(),
                1 => writeln!(text, "{{\"a\":{n},}}").unwrap(),
                2 => writeln!(text, "{{\"a\":\"x\",\"n\":\"none\"}}").unwrap(),
                _ => {
                    writeln!(text, "{{\"a\":\"x\",\"n\":{n}}}").unwrap();
                    good.push(n);
                }
            }
        }
        fs::write(here.join("a.ndjson"), &text).unwrap();
        let (offset, limit, tail) = (random.below(4), 1 + random.below(9), random.below(5));
        let mut expected = &good[offset.min(good.len())..];
        expected = &expected[..limit.min(expected.len())];
        expected = if tail > 0 { &expected[expected.len().saturating_sub(tail)..] } else { expected };
        if expected.is_empty() {
            continue;
        }
        let tail = if tail > 0 { format!("--tail {tail}") } else { String::new() };
        let flags = format!("--types n=decimal --on-error skip --offset {offset} --limit {limit} {tail}");
        let rows: String = expected.iter().map(|n| format!("x,{n}\n")).collect();
        for way in WAYS {
            let ran = convert(here, &format!("a.ndjson -t csv --out-no-quoting {way} {flags}")).ends(0);
            assert_eq!(ran.stdout, format!("a,n\n{rows}"), "{turn}: {way} {flags}\n{text}");
        }
    }
}

#[test]
fn what_is_lost_in_records_that_are_not_written_is_neither_counted_nor_refused() {
    let here = folder();
    let here = here.path();
    let mut random = Random(11);
    for turn in 0..16 {
        // What is lost in each: surplus fields, and text after a closing quote.
        let losses: Vec<u64> = (0..1 + random.below(30)).map(|_| random.below(4).min(2) as u64).collect();
        let row = |(n, lost): (usize, &u64)| match lost {
            0 => format!("{n},x\n"),
            1 if n % 2 == 0 => format!("{n},\"x\"y\n"),
            1 => format!("{n},x,s\n"),
            _ => format!("{n},x,s,t\n"),
        };
        let rows: String = losses.iter().enumerate().map(row).collect();
        fs::write(here.join("a.csv"), format!("n,t\n{rows}")).unwrap();
        let flags = [
            format!("--limit {}", random.below(9)),
            format!("--offset {}", random.below(9)),
            format!("--offset {} --limit {}", random.below(9), 1 + random.below(9)),
            format!("--tail {}", 1 + random.below(9)),
            format!("--sample {}", 1 + random.below(9)),
            format!("--sample {} --offset 1 --tail 2", 1 + random.below(9)),
        ];
        for flags in flags {
            let line = |way: &str| format!("a.csv -o o.ndjson --ragged truncate --force -q {flags} {way}");
            for way in WAYS {
                convert(here, &line(&format!("{way} --report r.json"))).ends(0);
                let written = read(here, "o.ndjson");
                let written = written.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
                let expected: u64 = written.map(|record| losses[record["n"].as_u64().unwrap() as usize]).sum();
                let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
                let counted: u64 =
                    report["lossy"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
                assert_eq!(counted, expected, "{turn}: {flags} {way}\n{rows}");
                convert(here, &line(&format!("{way} --strict"))).ends(i32::from(expected > 0));
            }
        }
    }
    // With another policy, a record that loses something is a bad one in a strict run, and does not count.
    let here = with(&[("a.csv", "n,t\n1,x\n2,x,s\n3,x\n4,x,s\n")]);
    let strict = |flags: &str| {
        let line = format!("a.csv -t csv -s n --ragged truncate --strict --on-error skip {flags}");
        convert(here.path(), &line).ends(0).stdout
    };
    assert_eq!([strict("--offset 1"), strict("--tail 1"), strict("--limit 2")], ["n\n3\n", "n\n3\n", "n\n1\n3\n"]);
}

/// A record without one of the columns is bad; another one takes its place, and may have more keys.
#[test]
fn a_strict_header_has_the_keys_of_all_that_are_met() {
    let text = "{\"a\":1}\n{\"a\":2,\"b\":3}\n{\"a\":4,\"b\":5,\"c\":6}\n{\"a\":7,\"b\":8,\"c\":9}\n{\"z\":1}\n";
    let here = with(&[("a.ndjson", text)]);
    for way in WAYS {
        let csv = |limit: u64| {
            let line = format!("a.ndjson -t csv --strict --on-error skip --limit {limit} {way}");
            convert(here.path(), &line).ends(0).stdout
        };
        assert_eq!([csv(1), csv(2)], ["a\n1\n", "a,b,c\n4,5,6\n7,8,9\n"], "{way}");
    }
}

#[test]
fn lines_are_known_where_keys_are_looked_for() {
    let text = "{\"a\":1,\"z\":2}\n\n{\"b\":2}\n{\"c\":3}\n";
    let here = with(&[("a.ndjson", text)]);
    let here = here.path();
    for (flags, expected) in [
        ("--where line_number()>2", "b,c\n2,\n,3\n"),
        ("--where line_number()=3 --set n=line_number()", "b,n\n2,3\n"),
        ("--where line_number()>2 --offset 1", "c\n3\n"),
    ] {
        assert_eq!(convert(here, &format!("a.ndjson -t csv {flags}")).ends(0).stdout, expected);
        let line = format!("convert -f ndjson -t csv {flags}");
        assert_eq!(feed(here, line.split(' '), text.as_bytes()).ends(0).stdout, expected, "{flags}");
    }
    let line = "convert -f ndjson -t csv --skip-lines 1 --where line_number()>3";
    assert_eq!(feed(here, line.split(' '), text.as_bytes()).ends(0).stdout, "c\n3\n");
}

/// Options of a folder that only some ways have.
#[test]
fn an_output_of_its_own_counts_by_itself() {
    let here = with(&[("a.ndjson", COMMAS), ("b.ndjson", "{\"a\":\"1,2\"}\n{\"a\":\"y\"}\n{\"a\":\"3,4\"}\n")]);
    let last = |name: &str| read(&here.path().join("o"), name);
    let line = "a.ndjson b.ndjson --out-dir o -t csv --out-no-quoting --on-error skip --tail 1";
    convert(here.path(), line).ends(0);
    assert_eq!([last("a.csv"), last("b.csv")], ["a,b\nx,1\n", "a\ny\n"]);
}

/// What a report says of a run that fails does not depend on how the input is cut: it is about the records before the bad one.
#[test]
fn a_run_that_fails_counts_the_records_before_the_bad_one() {
    let here = folder();
    let here = here.path();
    let row = |n: usize, bad: &str| match n {
        1500 => bad.to_owned(),
        _ if n.is_multiple_of(7) => format!("{{\"n\":{n},\"a\":\"x\",\"a\":\"y\"}}\n"),
        _ => format!("{{\"n\":{n},\"a\":\"x\"}}\n"),
    };
    // What the target refuses, what is no JSON, and what a step refuses.
    for bad in ["{\"n\":1500,\"a\":\"x,y\"}\n", "{\"n\":1500,}\n", "{\"n\":\"none\",\"a\":\"x\"}\n"] {
        fs::write(here.join("a.ndjson"), (0..2000).map(|n| row(n, bad)).collect::<String>()).unwrap();
        for way in WAYS {
            let flags = "--out-no-quoting -s n,a --types n=decimal --where n%2=0 -o o.csv --force --report r.json";
            convert(here, &format!("a.ndjson {flags} {way}")).ends(1).says(&["record 1501"]);
            let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
            let figures = ["records_in", "records_out", "records_filtered", "records_failed"];
            let figures = figures.map(|name| report[name].as_u64().unwrap());
            assert_eq!(figures, [1500, 750, 750, 0], "{bad} {way} {report}");
            // Every fourteenth is even and has a key twice.
            assert_eq!(report["lossy"]["duplicate_key"], 108, "{bad} {way} {report}");
        }
    }
}

#[test]
fn what_is_replaced_in_another_encoding_counts_where_it_is_written() {
    let here = folder();
    let here = here.path();
    let row = |n: usize| match n % 5 {
        // Half of a pair of surrogates.
        2 => [format!("{n},").encode_utf16().collect(), vec![0xd800, u16::from(b'\n')]].concat(),
        _ => format!("{n},\u{e9}\n").encode_utf16().collect(),
    };
    let text: Vec<u16> = "n,t\n".encode_utf16().chain((0..3000).flat_map(row)).collect();
    fs::write(here.join("a.csv"), text.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    for (flags, lost, last) in [
        ("--limit 2", 0, "1,\u{e9}"),
        ("--limit 3", 1, "2,\u{fffd}"),
        ("--offset 3 --limit 4", 0, "6,\u{e9}"),
        ("--tail 3", 1, "2999,\u{e9}"),
        // What a condition drops was read.
        ("--where n<11 --offset 1", 600, "10,\u{e9}"),
    ] {
        for way in ["", "--slice-size 1", "--slice-size 4096 -j 2"] {
            for to in ["csv", "text"] {
                let line = "a.csv --encoding utf-16le --invalid-utf8 replace --force --report r.json";
                convert(here, &format!("{line} -t {to} -o o {flags} {way}")).ends(0);
                let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
                let counted = report["lossy"]["invalid_utf8_replaced"].as_u64().unwrap_or(0);
                assert_eq!(counted, lost, "{to} {flags} {way}");
                if to == "csv" {
                    assert_eq!(read(here, "o").lines().last().unwrap(), last, "{flags} {way}");
                }
            }
        }
    }
}

//! `--limit`, `--offset`, `--tail` and `--sample`, by the command; what is expected was worked out by hand, or is counted
//! here.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use crate::support::mutate::Random;
use crate::support::process::{ends_within, said};
use crate::support::values::rows as csv_rows;
use crate::support::{command, convert, feed, folder, piped, read, run, say, with};
use serde_json::Value;

const CSV: &str = "id,x\n1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n7,a\n";

#[test]
fn they_are_applied_after_all_steps_and_in_their_order() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    let ids = |flags: &str| {
        let ran = convert(here, &format!("a.csv -t csv -s id --out-no-headers {flags}")).ends(0);
        ran.stdout.lines().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids("--limit 3"), "1 2 3");
    assert_eq!(ids("--limit 3 --offset 2"), "3 4 5");
    assert_eq!(ids("--offset 2"), "3 4 5 6 7");
    assert_eq!(ids("--tail 2"), "6 7");
    // The first four after the first one are 2 to 5, and the last two of these are 4 and 5.
    assert_eq!(ids("--tail 2 --limit 4 --offset 1"), "4 5");
    assert_eq!(ids("--tail 9 --limit 2"), "1 2");
    assert_eq!([ids("--limit 0"), ids("--tail 0"), ids("--offset 7"), ids("--sample 0")], ["", "", "", ""]);
    assert_eq!(ids("--limit 1_000"), "1 2 3 4 5 6 7");
    assert_eq!(ids("--sample 7 --offset 5"), "6 7");
    assert_eq!(ids("--where x='b' --limit 2"), "2 4");
    assert_eq!(ids("--where x='b' --offset 1 --tail 1"), "6");
    assert_eq!(ids("--where id>1 --set x='b' --where x='b' --offset 1 --limit 2"), "3 4");
    // Values are kept as they are where nothing else changes them.
    let here = with(&[("a.ndjson", "{\"a\": 1.10}\n\n{ \"a\":2}\n{\"a\":3 }\n")]);
    let ran = convert(here.path(), "a.ndjson --offset 1 --limit 1").ends(0);
    assert_eq!(ran.stdout, "{ \"a\":2}\n");
    let ran = convert(here.path(), "a.ndjson --tail 1 -t json").ends(0);
    assert_eq!(ran.stdout, "[\n{\"a\":3}\n]\n");
}

#[test]
fn nothing_is_read_after_the_limit() {
    let text = "id,x\n1,a\n2,b\n3\n";
    let here = with(&[
        ("a.csv", text),
        ("b.csv", "id,x\n9\n"),
        ("c.ndjson", "{\"id\":1}\n{\"id\":2}\n{\n"),
        ("d.csv", "id,x\n7,z\n9\n"),
    ]);
    let here = here.path();
    // The third record is bad, and so is the other file.
    assert_eq!(convert(here, "a.csv -t csv --limit 2").ends(0).stdout, "id,x\n1,a\n2,b\n");
    assert_eq!(convert(here, "a.csv b.csv -t csv --limit 2").ends(0).stdout, "id,x\n1,a\n2,b\n");
    convert(here, "a.csv -t csv --limit 3").ends(1).says(&["a.csv: record 3, line 4, byte 13"]);
    convert(here, "a.csv -t csv --offset 2").ends(1).says(&["a.csv: record 3, line 4, byte 13"]);
    convert(here, "a.csv -t csv --tail 1").ends(1).says(&["a.csv: record 3, line 4, byte 13"]);
    assert_eq!(convert(here, "c.ndjson -t csv --limit 2").ends(0).stdout, "id\n1\n2\n");
    // Bad records don't count.
    let ran = convert(here, "d.csv a.csv b.csv -t csv --limit 1 --offset 2 --on-error skip").ends(0);
    assert_eq!(ran.says(&["1 bad record"]).stdout, "id,x\n2,b\n");
    let ran = convert(here, "a.csv -t csv --tail 1 --on-error skip").ends(0);
    assert_eq!(ran.says(&["1 bad record"]).stdout, "id,x\n2,b\n");
}

#[test]
fn a_pipe_that_stays_open_is_not_waited_for() {
    let here = folder();
    for (from, to, text, records) in [
        ("csv", "ndjson", "a,b\n1,x\n2,y\n3,z\n", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n"),
        ("text", "text", "one\ntwo\nthree\n", "one\ntwo\n"),
        ("ndjson", "ndjson", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", "{\"a\":1}\n{\"a\":2}\n"),
    ] {
        let mut child = piped(command(here.path()).args(["convert", "-f", from, "-t", to, "--limit", "2"]));
        let mut input = child.stdin.take().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        let errors = said(&mut child);
        let status = ends_within(&mut child, Duration::from_secs(20));
        assert!(status.success(), "{from}: {}", errors.join().unwrap());
        let mut output = String::new();
        child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        assert_eq!(output, records, "{from}");
    }
}

#[test]
fn headers_and_losses_are_those_of_the_records_that_are_written() {
    let lines = "{\"a\":1}\n{\"a\":2,\"b\":3}\n{\"a\":4,\"c\":5}\n{\"a\":6,\"c\":7,\"c\":8}\n";
    let here = with(&[("a.ndjson", lines), ("b.ndjson", "{\"z\":1}\n")]);
    let here = here.path();
    let csv = |flags: &str| convert(here, &format!("a.ndjson -t csv --report r.json --force {flags}")).ends(0);
    assert_eq!(csv("--limit 1").stdout, "a\n1\n");
    assert_eq!(csv("--offset 1 --limit 1").stdout, "a,b\n2,3\n");
    assert_eq!(csv("--tail 1").says(&["1 repeated key"]).stdout, "a,c\n6,8\n");
    assert_eq!(csv("--where a>1 --limit 2").says(&["2 missing fields"]).stdout, "a,b,c\n2,3,\n4,,5\n");
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    // The fourth record was not read; the first one did not meet the condition.
    assert_eq!((&report["records_in"], &report["records_filtered"]), (&3.into(), &1.into()));
    assert_eq!(report["settings"]["limit"], 2);
    csv("--offset 3 --limit 1");
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!(report["lossy"]["duplicate_key"], 1, "{report}");
    assert_eq!((&report["records_in"], &report["records_filtered"]), (&4.into(), &3.into()));
    // What was passed over is not lost.
    csv("--sample 0");
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!((&report["records_filtered"], &report["records_out"]), (&4.into(), &0.into()));
    let two = |flags: &str| convert(here, &format!("a.ndjson b.ndjson -t csv {flags}")).ends(0).stdout;
    assert_eq!(two("--limit 2"), "a,b\n1,\n2,3\n");
    assert_eq!(two("--offset 2 --limit 3"), "a,c,z\n4,5,\n6,8,\n,,1\n");
    assert_eq!(two("--tail 1"), "z\n1\n");
    let pipe = |flags: &str| {
        let flags = format!("convert -f ndjson -t csv {flags}");
        feed(here, flags.split(' '), lines.as_bytes()).ends(0).stdout
    };
    assert_eq!(pipe("--limit 1"), "a\n1\n");
    assert_eq!(pipe("--offset 1 --limit 1"), "a,b\n2,3\n");
    assert_eq!(pipe("--tail 2"), "a,c\n4,5\n6,8\n");
    // Strict or not, what comes after the last record is not looked at.
    convert(here, "a.ndjson -t csv --limit 1 --strict").ends(0);
    convert(here, "a.ndjson -t csv --where a>1 --limit 1 --strict").ends(0);
    convert(here, "a.ndjson -t csv --limit 2 --strict").ends(1);
}

/// A table with records of many lengths, some over several lines.
fn table(records: u64) -> (String, Vec<String>) {
    let mut random = Random(records);
    let fields = |n: u64| match random.below(4) {
        0 => format!("{n},\"line\n{}\"", "y".repeat(random.below(90))),
        1 => format!("{n},\"a, \"\"b\"\"\""),
        _ => format!("{n},{}", "x".repeat(random.below(30))),
    };
    let rows: Vec<String> = (0..records).map(fields).collect();
    (format!("n,text\n{}\n", rows.join("\n")), rows)
}

/// What a run prints, without the header, is the same whatever reads the input and however it is cut.
fn every_way(here: &Path, names: &[&str], flags: &str) -> String {
    let mut first: Option<String> = None;
    for workers in ["1", "2", "7"] {
        for size in ["1", "4096", "512KiB"] {
            for io in ["auto", "read"] {
                for end in ["", ".gz"] {
                    let inputs: Vec<String> = names.iter().map(|name| format!("{name}{end}")).collect();
                    let line =
                        format!("{} -t csv -j {workers} --slice-size {size} --io {io} {flags}", inputs.join(" "));
                    let out = convert(here, &line).ends(0).stdout;
                    assert_eq!(&out, first.get_or_insert_with(|| out.clone()), "{line}");
                }
            }
        }
    }
    first.unwrap()
}

#[test]
fn the_same_bytes_in_every_way() {
    let here = folder();
    let here = here.path();
    let (text, rows) = table(3000);
    fs::write(here.join("a.csv"), &text).unwrap();
    run(here, ["convert", "a.csv", "-o", "a.csv.gz"]).ends(0);
    let csv = |rows: &[String]| format!("n,text\n{}", rows.iter().map(|row| format!("{row}\n")).collect::<String>());
    for (flags, range) in [
        ("--limit 800", 0..800),
        ("--offset 767 --limit 2", 767..769),
        ("--offset 2999", 2999..3000),
        ("--tail 1000", 2000..3000),
        ("--limit 2500 --tail 3", 2497..2500),
    ] {
        assert_eq!(every_way(here, &["a.csv"], flags), csv(&rows[range]), "{flags}");
    }
    let few: Vec<String> = rows.iter().step_by(100).cloned().collect();
    let flags = "--where n%100=0 --offset 3 --limit 20";
    assert_eq!(every_way(here, &["a.csv"], flags), csv(&few[3..23]));
    // Two inputs: the last of one, and the first of the next.
    let both: Vec<String> = rows[2990..].iter().chain(&rows[..5]).cloned().collect();
    assert_eq!(every_way(here, &["a.csv", "a.csv"], "--offset 2990 --limit 15"), csv(&both));
    assert_eq!(every_way(here, &["a.csv", "a.csv"], "--tail 3005"), csv(&[&rows[2995..], &rows[..]].concat()));
    let sample = every_way(here, &["a.csv", "a.csv"], "--sample 50");
    let drawn = csv_rows(sample.as_bytes(), b',');
    assert_eq!(drawn.len(), 51);
    assert!(drawn[1..].iter().all(|row| rows.iter().any(|other| other.starts_with(&format!("{},", row[0])))));
    let piped = |flags: &str| {
        let flags = format!("convert -f csv -t csv {flags}");
        feed(here, flags.split(' '), text.as_bytes()).ends(0).stdout
    };
    for flags in ["--tail 7", "--sample 20 --seed 9", "--limit 1000", "--sample 20 --offset 5 --tail 3"] {
        assert_eq!(piped(flags), every_way(here, &["a.csv"], flags), "{flags}");
    }
}

#[test]
fn a_sample_is_a_part_in_order_and_each_record_has_the_same_chance() {
    let here = folder();
    let here = here.path();
    let numbers: String = (0..200).map(|n| format!("{n}\n")).collect();
    fs::write(here.join("a.txt"), numbers).unwrap();
    let draw = |seed: u32, most: u32| -> Vec<u32> {
        let ran = convert(here, &format!("a.txt --sample {most} --seed {seed}")).ends(0);
        ran.stdout.lines().map(|line| line.parse().unwrap()).collect()
    };
    let mut times = [0_u32; 200];
    for seed in 0..60 {
        let drawn = draw(seed, 50);
        assert!(drawn.len() == 50 && drawn.is_sorted() && drawn.windows(2).all(|two| two[0] < two[1]), "{drawn:?}");
        drawn.iter().for_each(|n| times[*n as usize] += 1);
    }
    // Each is drawn 15 times of 60 on average, with a standard deviation of 3.4: none is far from that.
    assert!(times.iter().all(|times| (2..=32).contains(times)), "{times:?}");
    let halves = times[..100].iter().sum::<u32>();
    assert!((1300..1700).contains(&halves), "{halves}");
    assert_eq!(draw(3, 50), draw(3, 50));
    assert_ne!(draw(3, 50), draw(4, 50));
    // A smaller sample of the same seed is a part of a larger one.
    let large = draw(5, 50);
    assert!(draw(5, 10).iter().all(|n| large.contains(n)));
    assert_eq!(draw(0, 1000).len(), 200);
}

/// Records are the same ones whatever else is done to them, and are what they would be without a sample.
#[test]
fn other_steps_and_a_sample() {
    let here = folder();
    let here = here.path();
    let (text, _) = table(500);
    fs::write(here.join("a.csv"), text).unwrap();
    for steps in
        ["--set made=n%7", "--where n%2=0 --set made=n*10", "--select text,n --op upper", "--drop text", "--set n=n+1"]
    {
        for to in ["csv", "ndjson", "json"] {
            let all = convert(here, &format!("a.csv -t {to} {steps}")).ends(0).stdout;
            for rows in ["--sample 40", "--sample 90 --offset 3 --tail 20", "--offset 7 --limit 100", "--tail 9"] {
                let some = convert(here, &format!("a.csv -t {to} {steps} {rows} --slice-size 2000")).ends(0).stdout;
                let (all, some): (Vec<_>, Vec<_>) = match to {
                    "csv" => (csv_rows(all.as_bytes(), b','), csv_rows(some.as_bytes(), b',')),
                    _ => {
                        let line = |line: &str| vec![line.trim_end_matches(',').to_owned()];
                        (all.lines().map(line).collect(), some.lines().map(line).collect())
                    }
                };
                let mut rest = all.iter();
                assert!(
                    some.len() >= 9 && some.iter().all(|row| rest.any(|other| other == row)),
                    "{steps} {rows} {to}"
                );
            }
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    let no = |line: &str, says: &str| _ = convert(here, line).ends(2).says(&[says]);
    no("a.csv --seed 3", "`--seed` has no effect: no records are drawn\n  Draw some with --sample N");
    no("a.csv -o b.csv --resume --limit 3", "`--resume` has no effect: with `--limit` a run can't be resumed");
    no("a.csv -o b.csv --checkpoint --tail 3", "`--checkpoint` has no effect: with `--tail`");
    no("a.csv --limit=-1", "`--limit` can't be `-1`: it is not a whole number");
    no("a.csv --limit 1.5", "`--limit` can't be `1.5`: it is not a whole number");
    no("a.csv --nrows 3", "pagemill convert a.csv --limit 3\n");
    no("a.csv -n 3", "--limit 3 writes at most 3 records");
    say(here, "count a.csv --limit 3").ends(2);
    say(here, "tail a.csv").ends(2).says(&["pagemill convert INPUT --tail N"]);
    // More ranks than there is memory for.
    let line = "convert a.txt --sample 9000000 --memory-limit 20MB -o out.txt";
    fs::write(here.join("a.txt"), "x\n".repeat(1_000_000)).unwrap();
    say(here, line).ends(4).says(&["ranks of a sample", "draw fewer records"]);
    let ran = convert(here, "a.csv --limit 3 --offset 1 --sample 5 --explain -t csv").ends(0);
    let rows = "rows             5 at random (seed 0), of these without the first 1, of these the first 3\n";
    assert!(ran.stdout.contains(rows), "{}", ran.stdout);
}

#[test]
fn what_is_before_the_first_record_is_there_after_a_first_pass() {
    let here = with(&[("t.csv", "id,a\n1,x\n2,y\n3,z,q\n4,w\n")]);
    let here = here.path();
    convert(here, "t.csv -o t.csv.gz --no-quoting --ragged pad,truncate -q").ends(0);
    for words in ["t.csv --io read --tail 2", "t.csv --sample 9", "t.csv --io read --sample 9"] {
        convert(here, &format!("{words} --quarantine q --force -o o.csv")).ends(0);
        let wanted = if words.contains("tail") { "id,a\n2,y\n4,w\n" } else { "id,a\n1,x\n2,y\n4,w\n" };
        assert_eq!(read(here, "o.csv"), wanted, "{words}");
        // The bytes of the bad record, in Base64.
        assert!(read(here, "q").contains("\"raw\":\"Myx6LHEK\""), "{words}");
    }
    assert_eq!(convert(here, "t.csv.gz --tail 1 -t csv --quarantine q2").ends(0).stdout, "id,a\n4,w\n");
}

#[test]
fn a_header_has_the_keys_of_the_records_that_are_drawn() {
    let lines: String = (0..3_000).map(|id| format!("{{\"k{id}\":{id}}}\n")).collect();
    let here = with(&[("t.ndjson", &lines)]);
    let here = here.path();
    for seed in 0..6 {
        let drawn = convert(here, &format!("t.ndjson -t ndjson --sample 2 --seed {seed}")).ends(0).stdout;
        let ids: Vec<&str> = drawn.lines().map(|line| &line[3..line.find("\":").unwrap()]).collect();
        let wanted = format!("k{},k{}\n{},\n,{}\n", ids[0], ids[1], ids[0], ids[1]);
        for ways in ["", "--slice-size 1", "-j 1 --slice-size 300", "--strict --columns union"] {
            let words = format!("t.ndjson -t csv -q --sample 2 --seed {seed} {ways}");
            match ways.contains("strict") {
                // Each lacks the other's field.
                true => drop(convert(here, &words).ends(1)),
                false => assert_eq!(convert(here, &words).ends(0).stdout, wanted, "{words}"),
            }
        }
    }
}

#[test]
fn no_record_of_several_inputs() {
    let here = with(&[("a.csv", "a,b\n1,2\n"), ("b.csv", "a,b\n3,4\n")]);
    let here = here.path();
    for words in ["--limit 0", "--offset 9 --limit 3 --tail 1", "--tail 0"] {
        assert_eq!(convert(here, &format!("a.csv b.csv -t csv {words}")).ends(0).stdout, "a,b\n", "{words}");
    }
    say(here, "head a.csv -t table --compress gzip").ends(2).says(&["`--compress` has no effect"]);
}

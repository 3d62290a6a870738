//! `pagemill aggregate` while records still come: windows of time, totals so far. What is expected was worked out by hand, or
//! by a calculation that looks at all records at once.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{command, feed, folder, read, run, say, with};

/// A minute of clocks in Zurich that comes twice, records of New York among them, a gap, and a record that is late.
const CLOCKS: &str = "at,k,x
2024-10-27T02:58:30+02:00,a,1
2024-10-26T20:59:10-04:00,b,2
2024-10-27T02:00:05+01:00,a,4
2024-10-27T00:59:59.999999Z,a,8
2024-10-27 01:00:00,b,16
2024-10-27T02:30:00+01:00,a,32
2024-10-27T02:10:00+01:00,c,64
1729996200.5,c,128
";

#[test]
fn times_have_any_offset_and_windows_are_in_utc() {
    let here = with(&[("t.csv", CLOCKS)]);
    let here = here.path();
    // In UTC: 0:58:30, 0:59:10, 1:00:05, 0:59:59.999999, 1:00:00, 1:30:00, 1:10:00 and 2:30:00.5.
    let head = "window_start,window_end,k,n,s\n";
    let line = "aggregate t.csv --time-field at --by k --agg n=count(),s=sum(x)";
    let said = say(here, &format!("{line} --window 1m --lateness 20s --report r.json")).ends(0);
    let said = said.says(&["1 record is late", "--lateness"]);
    assert_eq!(
        said.stdout,
        format!(
            "{head}2024-10-27T00:58:00Z,2024-10-27T00:59:00Z,a,1,1\n\
             2024-10-27T00:59:00Z,2024-10-27T01:00:00Z,b,1,2\n\
             2024-10-27T00:59:00Z,2024-10-27T01:00:00Z,a,1,8\n\
             2024-10-27T01:00:00Z,2024-10-27T01:01:00Z,a,1,4\n\
             2024-10-27T01:00:00Z,2024-10-27T01:01:00Z,b,1,16\n\
             2024-10-27T01:30:00Z,2024-10-27T01:31:00Z,a,1,32\n\
             2024-10-27T02:30:00Z,2024-10-27T02:31:00Z,c,1,128\n"
        )
    );
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!(report["windows"], json!({"records_late": 1, "most_open": 3, "newest": "2024-10-27T02:30:00.5Z"}));
    assert_eq!((&report["records_in"], &report["records_out"]), (&8.into(), &7.into()));
    let settings = &report["settings"];
    assert_eq!(
        ["window", "slide", "time-field", "lateness", "emit"].map(|name| settings[name].clone()),
        [json!("1m"), Value::Null, json!("at"), json!("20s"), Value::Null]
    );
    // Without lateness, 1:00:05 ends the minute before it.
    let said = say(here, &format!("{line} --window 1m")).ends(0).says(&["2 records are late"]);
    assert!(said.stdout.contains("00:59:00Z,2024-10-27T01:00:00Z,b,1,2\n2024-10-27T01:00:00Z"), "{}", said.stdout);
    // From 0:30 to 1:30 and from 1:00 to 2:00; nothing is late.
    let said = say(here, &format!("{line} --window 1h --slide 30m --lateness 1h --offset 2 --limit 4 -q")).ends(0);
    assert_eq!(
        said.stdout,
        format!(
            "{head}2024-10-27T00:30:00Z,2024-10-27T01:30:00Z,a,3,13\n\
             2024-10-27T00:30:00Z,2024-10-27T01:30:00Z,b,2,18\n\
             2024-10-27T00:30:00Z,2024-10-27T01:30:00Z,c,1,64\n\
             2024-10-27T01:00:00Z,2024-10-27T02:00:00Z,a,2,36\n"
        )
    );
    // The groups of a window are sorted; those of the next one follow.
    let said = say(here, &format!("{line} --window 1h --lateness 1h --sort s:desc -q")).ends(0);
    let sums: Vec<_> = said.stdout.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(sums, ["9", "2", "64", "36", "16", "128"]);
}

/// A record: its time in milliseconds, its group and its number.
type Record = (i64, usize, i64);

/// Records out of order, with a gap now and then.
fn stream(count: usize, mut seed: u64) -> Vec<Record> {
    let mut next = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) % below) as i64
    };
    let mut now = 1_711_846_000_000;
    let mut record = |_| {
        now += if next(50) == 0 { 2_000_000 } else { next(4_000) };
        let at = if next(3) == 0 { now - next(200_000) } else { now };
        (at, next(5) as usize, next(1000))
    };
    (0..count).map(&mut record).collect()
}

/// What windows have, and how many records are late: each window is looked at by itself.
fn expected(records: &[Record], size: i64, slide: i64, lateness: i64) -> (String, usize) {
    let newest_before = |index: usize| records[..index].iter().map(|record| record.0).max();
    let newest: Vec<_> = (0..records.len()).map(newest_before).collect();
    let is_open = |index: usize, end: i64| newest[index].is_none_or(|newest| newest - lateness < end);
    let mut windows: BTreeMap<i64, Vec<(usize, i64, i64)>> = BTreeMap::new();
    let mut late = 0;
    for (index, (at, group, x)) in records.iter().enumerate() {
        let first = at - at % slide;
        let starts = (0..).map(|n| first - n * slide).take_while(|start| start + size > *at);
        let open: Vec<i64> = starts.filter(|start| is_open(index, start + size)).collect();
        late += usize::from(open.is_empty());
        for start in open {
            let groups = windows.entry(start).or_default();
            match groups.iter_mut().find(|known| known.0 == *group) {
                Some(known) => (known.1, known.2) = (known.1 + 1, known.2 + x),
                None => groups.push((*group, 1, *x)),
            }
        }
    }
    let mut text = String::from("window_start,window_end,k,n,s,f\n");
    for (start, groups) in &windows {
        for (group, count, sum) in groups {
            let [start, end] = [*start, start + size].map(iso);
            text += &format!("{start},{end},k{group},{count},{sum},k{group}\n");
        }
    }
    (text, late)
}

/// Milliseconds as ISO 8601.
fn iso(millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap();
    format!("{}Z", jiff::tz::Offset::UTC.to_datetime(time))
}

fn table(records: &[Record]) -> String {
    let line = |(at, group, x): &Record| {
        // Two time zones; the second has no daylight in these hours.
        let time = match x % 3 {
            0 => iso(*at),
            1 => format!("{}+05:30", iso(*at + 19_800_000).trim_end_matches('Z')),
            _ => format!("{}.{:03}", at / 1000, at % 1000),
        };
        format!("{time},k{group},{x}\n")
    };
    records.iter().map(line).collect()
}

const ASKED: [&str; 6] = ["--time-field", "at", "--by", "k", "--agg", "n=count(),s=sum(x),f=first(k)"];

#[test]
fn the_same_as_all_records_at_once_by_every_way() {
    let records = stream(2000, 7);
    let text = table(&records);
    let here = folder();
    let here = here.path();
    fs::write(here.join("t.csv"), format!("at,k,x\n{text}")).unwrap();
    let (first, second) = text.split_at(text.match_indices('\n').nth(900).unwrap().0 + 1);
    fs::write(here.join("1.csv"), format!("at,k,x\n{first}")).unwrap();
    fs::write(here.join("2.csv"), format!("at,k,x\n{second}")).unwrap();
    run(here, ["convert", "t.csv", "-o", "t.csv.gz"]).ends(0);
    run(here, ["convert", "t.csv", "-o", "t.ndjson"]).ends(0);
    for (size, slide, lateness) in [(60_000, 60_000, 0), (60_000, 60_000, 90_000), (50_000, 20_000, 5_000)] {
        let (expected, late) = expected(&records, size, slide, lateness);
        assert!(late > 0);
        let [window, slide, lateness] = [size, slide, lateness].map(|millis| format!("{millis}ms"));
        let flags =
            ["--window", &window, "--slide", &slide, "--lateness", &lateness, "-q", "--report", "r.json", "--force"];
        let check = |stdout: String, what: &str| {
            assert!(stdout == expected, "{what} {flags:?}");
            let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
            assert_eq!(report["windows"]["records_late"], late, "{what} {flags:?}");
        };
        let mut ways: Vec<Vec<&str>> = vec![vec!["t.csv.gz"], vec!["t.ndjson", "-t", "csv"]];
        for workers in ["1", "2", "7"] {
            for slices in ["1", "1000", "1MiB"] {
                for input in [&["t.csv"][..], &["t.csv", "--io", "read"], &["1.csv", "2.csv"]] {
                    ways.push([input, &["-j", workers, "--slice-size", slices]].concat());
                }
            }
        }
        for way in ways {
            let line = ["aggregate"].iter().chain(&way).chain(&ASKED).chain(&flags);
            check(run(here, line).ends(0).stdout, &format!("{way:?}"));
        }
        let start = ["aggregate", "-", "-f", "csv", "--slice-size", "100"];
        let text = format!("at,k,x\n{text}");
        check(feed(here, start.iter().chain(&ASKED).chain(&flags), text.as_bytes()).ends(0).stdout, "a pipe");
        // The late ones are in a quarantine, and the others stay where they are.
        let line = ["aggregate", "t.csv", "--quarantine", "q.ndjson"];
        check(run(here, line.iter().chain(&ASKED).chain(&flags)).ends(0).stdout, "a quarantine");
        assert_eq!(read(here, "q.ndjson").matches("the record is late").count(), late);
    }
}

#[test]
fn late_records_are_counted_kept_or_refused() {
    let here = with(&[
        ("t.csv", "at,x\n1970-01-01T00:01:00Z,1\n1970-01-01T00:00:59Z,2\n1970-01-01T00:01:01Z,3\n"),
        ("u.csv", "at,x\n1970-01-01T00:00:01Z,4\n1970-01-01T00:00:02Z,5\n"),
    ]);
    let here = here.path();
    let line = "aggregate t.csv --window 1m --time-field at --agg s=sum(x)";
    let result = "window_start,window_end,s\n1970-01-01T00:01:00Z,1970-01-01T00:02:00Z,4\n";
    let said = say(here, &format!("{line} -v")).ends(0).says(&["1 record is late", "3 read, 1 written, 1 late"]);
    assert_eq!(said.stdout, result);
    assert_eq!(say(here, &format!("{line} --on-error skip")).ends(0).stdout, result);
    assert_eq!(say(here, &format!("{line} --quarantine q.ndjson")).ends(0).stdout, result);
    assert!(read(here, "q.ndjson").contains("\"record\":2,\"line\":3"));
    say(here, &format!("{line} --quarantine q.ndjson --force --max-errors 0")).ends(1);
    say(here, &format!("{line} --strict")).ends(1).says(&["record 2, line 3", "the record is late", "00:00:59Z"]);
    // Inputs are one stream; that all of the second one is late is no sign that it has another format.
    let line = "aggregate t.csv u.csv --window 1m --time-field at --agg s=sum(x)";
    assert_eq!(say(here, &format!("{line} --quarantine q.ndjson --force")).ends(0).stdout, result);
    assert_eq!(read(here, "q.ndjson").matches("the record is late").count(), 3);
    let line = "aggregate u.csv t.csv --window 1m --time-field at --agg s=sum(x) -q";
    let both = "window_start,window_end,s\n1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,9\n1970-01-01T00:01:00Z,1970-01-01T00:02:00Z,4\n";
    assert_eq!(say(here, line).ends(0).stdout, both);
    // Those that were made of one are bad together; otherwise each counts by itself.
    fs::write(here.join("l.ndjson"), "{\"l\":[60,10]}\n{\"l\":[70,20]}\n{\"l\":[80]}\n").unwrap();
    let line = "aggregate l.ndjson --explode l --window 1m --time-field l --agg n=count() -t csv -q";
    let n = |n| format!("window_start,window_end,n\n1970-01-01T00:01:00Z,1970-01-01T00:02:00Z,{n}\n");
    assert_eq!(say(here, line).ends(0).stdout, n(3));
    assert_eq!(say(here, &format!("{line} --quarantine q.ndjson --force")).ends(0).stdout, n(1));
}

#[test]
fn what_is_no_time_makes_a_record_bad() {
    for (time, why) in [
        ("", "is null, where the time of the record is needed"),
        ("soon", "is not a time"),
        ("1717222756000", "is not between the years 1 and 9899"),
    ] {
        let here = with(&[("t.csv", &format!("at,x\n1970-01-01,1\n{time},2\n1970-01-01,4\n"))]);
        let line = "aggregate t.csv --window 1d --time-field at --agg s=sum(x)";
        say(here.path(), line).ends(1).says(&["record 2, line 3", "the field `at`", why]);
        let said = say(here.path(), &format!("{line} --on-error skip -t ndjson")).ends(0);
        let one = "{\"window_start\":\"1970-01-01T00:00:00Z\",\"window_end\":\"1970-01-02T00:00:00Z\",\"s\":5}\n";
        assert_eq!(said.stdout, one, "{time}");
    }
    // A field that records lack is known from the header, or named in the end.
    let here = with(&[("t.ndjson", "{\"a\":1}\n")]);
    say(here.path(), "aggregate t.ndjson --window 1d --time-field at --by a").ends(1).says(&["the field `at` is null"]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let here = with(&[("t.csv", CLOCKS)]);
    for (flags, why) in [
        ("--by k --slide 1m", "`--slide` has no effect: there are no windows"),
        ("--by k --lateness 1m", "`--lateness` has no effect: there are no windows"),
        ("--by k --time-field at", "`--time-field` has no effect: there are no windows"),
        ("--by k --window 1m", "Give --time-field FIELD too"),
        ("--by k --window 1m --time-field att", "--time-field names the field `att`, which the source does not have"),
        ("--by k --window 0s --time-field at", "--window is 0"),
        ("--by k --window 5 --time-field at", "--window: `5` is not a duration"),
        ("--by k --window 40000d --time-field at", "--window is longer than a century"),
        ("--by k --window 1m --slide 2m --time-field at", "--slide is longer than --window"),
        ("--by k --window 1m --slide 0s --time-field at", "--slide is 0"),
        ("--by k --window 1h --slide 1s --time-field at", "in 3600 windows, and at most 1440"),
        ("--by k --window 1m --time-field at --tail 1", "`--tail` has no effect: with `--window`"),
        ("--by k --window 1m --time-field at --emit 1s", "`--emit` has no effect: with `--window`"),
        ("--by k --window 1m --time-field at --sort window_end", "--sort window_end has no effect"),
        ("--by window_end=k --window 1m --time-field at", "two fields `window_end`"),
        ("--window 1m --time-field at", "nothing to aggregate"),
        ("--by k --emit 0s", "--emit is 0"),
    ] {
        say(here.path(), &format!("aggregate t.csv {flags}")).ends(2).says(&[why]);
    }
    say(here.path(), "convert t.csv --window 1m").ends(2);
    let said = say(here.path(), "aggregate t.csv --by k --window 1h --hop 1m --time at --watermark 5m").ends(2);
    said.says(&["pagemill aggregate t.csv --by k --window 1h --slide 1m --time-field at --lateness 5m"]);
}

#[test]
fn a_limit_ends_the_reading() {
    let mut text = String::from("at,x\n");
    (0..100_000).for_each(|n| text += &format!("{n},1\n"));
    let here = with(&[("t.csv", &text)]);
    let here = here.path();
    // The third window ends with record 181, whatever the slices.
    for size in ["1", "1000", "1MiB"] {
        let line = format!(
            "aggregate t.csv --window 1m --time-field at --agg s=sum(x) --limit 2 --offset 1 --slice-size {size} --report r.json --force"
        );
        assert_eq!(
            say(here, &line).ends(0).stdout,
            "window_start,window_end,s\n1970-01-01T00:01:00Z,1970-01-01T00:02:00Z,60\n1970-01-01T00:02:00Z,1970-01-01T00:03:00Z,60\n"
        );
        let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
        assert_eq!((&report["records_in"], &report["records_out"]), (&181.into(), &2.into()), "{size}");
    }
    let json = say(here, "aggregate t.csv --window 9d --time-field at --agg s=sum(x) -t json").ends(0).stdout;
    assert_eq!(
        serde_json::from_str::<Value>(&json).unwrap(),
        json!([{"window_start": "1970-01-01T00:00:00Z", "window_end": "1970-01-10T00:00:00Z", "s": 100_000}])
    );
    let json = say(here, "aggregate t.csv --where false --window 9d --time-field at --agg s=sum(x) -t json").ends(0);
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap(), json!([]));
}

#[test]
fn memory_ends_with_a_number_of_windows() {
    let mut text = String::from("at,k\n");
    (0..300_000).for_each(|n| text += &format!("{n},key number {n}\n"));
    let here = with(&[("t.csv", &text)]);
    let line =
        "aggregate t.csv --by k --window 1000s --time-field at --agg n=count() -o o.csv --force --memory-limit 24MB";
    // Windows that have ended take nothing.
    say(here.path(), line).ends(0);
    say(here.path(), &format!("{line} --lateness 9d")).ends(4).says(&["open windows with", "groups", "--memory-limit"]);
}

/// The lines that a process writes, as they come.
fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    let stdout = child.stdout.take().unwrap();
    thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    receiver
}

/// Much longer than anything here takes.
const LONG: Duration = Duration::from_secs(120);

fn piped(here: &Path, flags: &[&str]) -> Child {
    let mut command: Command = command(here);
    command.args(["aggregate", "-", "-f", "csv"]).args(flags);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

#[test]
fn results_come_before_the_input_ends() {
    let here = folder();
    let flags = ["--window", "1m", "--time-field", "at", "--by", "k", "--agg", "n=count()"];
    let mut child = piped(here.path(), &flags);
    let (mut stdin, lines) = (child.stdin.take().unwrap(), lines(&mut child));
    let mut send = |text: &str| stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).unwrap();
    send("at,k\n1970-01-01T00:00:10Z,a\n1970-01-01T00:00:20Z,b\n");
    send("1970-01-01T00:01:00Z,a\n");
    let next = || lines.recv_timeout(LONG).unwrap();
    assert_eq!(next(), "window_start,window_end,k,n");
    assert_eq!(next(), "1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,a,1");
    assert_eq!(next(), "1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,b,1");
    // Part of a line waits for the rest of it.
    send("1970-01-01T00:02");
    send(":30Z,a\n");
    assert_eq!(next(), "1970-01-01T00:01:00Z,1970-01-01T00:02:00Z,a,1");
    drop(stdin);
    assert_eq!(next(), "1970-01-01T00:02:00Z,1970-01-01T00:03:00Z,a,1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn totals_so_far_come_while_nothing_else_does() {
    let here = folder();
    let mut child = piped(here.path(), &["--emit", "50ms", "--by", "k", "--agg", "n=count(),t=mode(k),m=median(x)"]);
    let (mut stdin, lines) = (child.stdin.take().unwrap(), lines(&mut child));
    let next = || lines.recv_timeout(LONG).unwrap();
    stdin.write_all(b"k,x\na,1\nb,2\n").unwrap();
    assert_eq!(next(), "k,n,t,m");
    // Perhaps the first record was written alone.
    let mut before = Vec::new();
    while before.last().is_none_or(|line| line != "b,1,b,2") {
        before.push(next());
    }
    assert!(before.contains(&"a,1,a,1".to_owned()), "{before:?}");
    stdin.write_all(b"a,0\n").unwrap();
    assert_eq!([next(), next()], ["a,2,a,0", "b,1,b,2"]);
    drop(stdin);
    // The last block is always written.
    assert_eq!([next(), next()], ["a,2,a,0", "b,1,b,2"]);
    assert!(lines.recv_timeout(LONG).is_err());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    assert_eq!(child.stderr.take().map_or(0, |mut stderr| stderr.read_to_string(&mut rest).unwrap()), 0);
}

#[test]
fn the_last_totals_are_those_without_the_flag() {
    let text = table(&stream(3000, 11));
    let here = folder();
    let here = here.path();
    fs::write(here.join("t.csv"), format!("at,k,x\n{text}")).unwrap();
    fs::write(here.join("u.csv"), "at,k,x\n0,k9,1\n").unwrap();
    let line = "aggregate t.csv u.csv --by k --agg n=count(),s=sum(x),q=quantile(x,0.9),d=distinct(x),m=mode(x),a=approx_distinct(x),v=approx_quantile(x,0.5),f=first(at),l=last(at) --sort s:desc";
    let without = say(here, line).ends(0).stdout;
    assert_eq!(say(here, &format!("{line} --emit 1h --slice-size 100")).ends(0).stdout, without);
    // However many blocks there are.
    let (header, rows) = without.split_once('\n').unwrap();
    let often = say(here, &format!("{line} --emit 1ms --slice-size 100")).ends(0).stdout;
    assert!(often.starts_with(header) && often.ends_with(rows));
    for to in ["json", "ndjson"] {
        let often = say(here, &format!("{line} --emit 1ms --slice-size 100 -t {to}")).ends(0).stdout;
        let once = say(here, &format!("{line} -t {to}")).ends(0).stdout;
        let objects = once.trim_start_matches("[\n");
        assert!(often.ends_with(objects), "{to}");
        assert!(to != "json" || serde_json::from_str::<Vec<Value>>(&often).unwrap().len() >= 6);
    }
}

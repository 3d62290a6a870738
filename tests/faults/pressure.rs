//! Memory control, as a user meets it: the same bytes whatever the pressure, responses that come and go in order, what
//! does not fit refused by name, and limits that are written in several ways.
//!
//! `PAGEMILL_PRESSURE` puts levels in the place of readings, one for each slice.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support;
#[cfg(target_os = "linux")]
use crate::support::missing::left_out;
use crate::support::process::table;
use crate::support::{Ran, command, folder, run};
use serde_json::Value;

/// Runs the binary with scripted levels of pressure.
fn pressed(folder: &Path, script: &str, arguments: &[&str]) -> Ran {
    let output = command(folder).args(arguments).env("PAGEMILL_PRESSURE", script).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn report(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn done(report: &Value) -> Vec<&str> {
    report["events"].as_array().unwrap().iter().map(|event| event["done"].as_str().unwrap()).collect()
}

#[test]
fn the_bytes_are_the_same_whatever_the_pressure() {
    let here = folder();
    let (csv, ndjson) = table(3_000_000);
    fs::write(here.path().join("a.csv"), &csv).unwrap();
    let scripts = [
        "critical",
        "high",
        "high*3,critical*2,normal",
        "normal*5,critical*3,normal*4,high*2,critical,normal",
        "high,critical,high,normal*4,high*7,normal*9,critical*20,normal",
    ];
    for script in scripts {
        for (workers, io) in [("1", "map"), ("2", "map"), ("7", "map"), ("2", "read"), ("5", "read")] {
            let flags = ["-j", workers, "--io", io, "--slice-size", "20KiB"];
            let file = ["convert", "a.csv", "-o", "a.ndjson", "--force", "--report", "report.json", "-q"];
            pressed(here.path(), script, &[&file[..], &flags].concat()).ends(0);
            assert!(fs::read(here.path().join("a.ndjson")).unwrap() == ndjson, "{script} {workers} {io}: file");
            let events = report(&here.path().join("report.json"));
            assert!(!done(&events).is_empty(), "{script}: {events}");
            let pipe = ["convert", "a.csv", "-t", "ndjson"];
            let ran = pressed(here.path(), script, &[&pipe[..], &flags].concat()).ends(0);
            assert!(ran.stdout.as_bytes() == ndjson, "{script} {workers} {io}: pipe");
        }
    }
}

#[test]
fn compressed_bytes_are_the_same_whatever_the_pressure() {
    let here = folder();
    let (csv, ndjson) = table(4_000_000);
    fs::write(here.path().join("a.csv"), &csv).unwrap();
    for codec in ["gzip", "zstd", "lz4"] {
        let pack = ["convert", "a.csv", "-t", "csv", "-o", "packed", "--force", "--compress", codec, "-q"];
        run(here.path(), pack).ends(0);
        for script in ["critical", "normal*5,critical*3,normal*9,high*2,critical,normal"] {
            let there = ["convert", "packed", "-f", "csv", "-t", "ndjson", "-o", "b", "--force", "-q", "-j3"];
            let flags = ["--compress", codec, "--slice-size", "20KiB", "--report", "report.json"];
            pressed(here.path(), script, &[&there[..], &flags].concat()).ends(0);
            let report = report(&here.path().join("report.json"));
            assert!(done(&report)[0].contains("trim the pool"), "{codec} {script}: {report}");
            let back = run(here.path(), ["convert", "b", "-f", "ndjson", "-t", "ndjson"]).ends(0);
            assert!(back.stdout.as_bytes() == ndjson, "{codec} {script}");
        }
    }
}

#[test]
fn responses_come_in_order_and_go_in_the_opposite_order() {
    let here = folder();
    fs::write(here.path().join("a.csv"), table(2_000_000).0).unwrap();
    let arguments =
        ["convert", "a.csv", "-o", "a.ndjson", "-j2", "--slice-size", "20KiB", "--report", "report.json", "-v"];
    let ran = pressed(here.path(), "normal*3,high*9,normal", &arguments).ends(0);
    ran.says(&[
        "  pressure   high from 0:00 to 0:0",
        ": released pages, shrank buffers and slices, let 1 of 2 workers wait; ",
    ]);
    let report = report(&here.path().join("report.json"));
    let expected = [
        "began: release pages behind",
        "began: trim the pool",
        "began: fewer slices in flight",
        "began: smaller slices",
        "began: fewer workers",
        "ended: fewer workers",
        "ended: smaller slices",
        "ended: fewer slices in flight",
        "ended: trim the pool",
        "ended: release pages behind",
    ];
    assert_eq!(done(&report), expected);
    let events = report["events"].as_array().unwrap();
    let levels: Vec<&str> = events.iter().map(|event| event["level"].as_str().unwrap()).collect();
    assert_eq!(levels, [["high"; 5], ["normal"; 5]].concat());
    // What was read is true, whatever level the script says.
    let read = &events[0]["read"];
    assert_eq!(read["limit"], 100_000_000);
    if cfg!(target_os = "linux") {
        let number = |key: &str| read[key].as_u64().unwrap();
        assert!(number("anonymous") > 100_000 && number("file") > 100_000, "{read}");
        assert!(number("heap") > 100_000 && number("reserved") > 6 << 20, "{read}");
    }
    assert_eq!(report["events_left_out"], 0);
}

#[test]
fn critical_is_everything_at_once_and_passes_step_by_step() {
    let here = folder();
    let (csv, ndjson) = table(4_000_000);
    fs::write(here.path().join("a.csv"), csv).unwrap();
    let arguments = ["convert", "a.csv", "-o", "a.ndjson", "-j4", "--slice-size", "40KiB", "--report", "report.json"];
    pressed(here.path(), "critical*2,high*2,normal", &arguments).ends(0);
    assert!(fs::read(here.path().join("a.ndjson")).unwrap() == ndjson);
    let report = report(&here.path().join("report.json"));
    assert_eq!(
        done(&report),
        [
            "began: release pages behind, trim the pool, fewer slices in flight, smaller slices, fewer workers, one worker, small pieces",
            "ended: one worker, small pieces",
            "ended: fewer workers",
            "ended: smaller slices",
            "ended: fewer slices in flight",
            "ended: trim the pool",
            "ended: release pages behind",
        ]
    );
}

#[test]
fn events_are_bounded_and_the_rest_is_counted() {
    let here = folder();
    fs::write(here.path().join("a.csv"), table(3_000_000).0).unwrap();
    let script = ["high", "normal"].repeat(60).join(",");
    let arguments =
        ["convert", "a.csv", "-o", "a.ndjson", "-j1", "--slice-size", "16KiB", "--report", "report.json", "-q"];
    pressed(here.path(), &script, &arguments).ends(0);
    let report = report(&here.path().join("report.json"));
    assert_eq!((report["events"].as_array().unwrap().len(), &report["events_left_out"]), (64, &Value::from(56)));
}

#[test]
fn bad_records_are_the_same_under_pressure() {
    let here = folder();
    let (mut csv, mut ndjson) = table(500_000);
    // Larger than the small pieces that critical pressure writes; one is good, one is bad at its end.
    let large = "x\u{e4}".repeat(60_000);
    csv.extend_from_slice(format!("1,{large}\n2,{large}").as_bytes());
    csv.extend_from_slice(b"\xff\n3,end\n");
    ndjson.extend_from_slice(format!("{{\"id\":1,\"name\":\"{large}\"}}\n{{\"id\":3,\"name\":\"end\"}}\n").as_bytes());
    fs::write(here.path().join("a.csv"), &csv).unwrap();
    for script in ["normal", "critical", "high*4,critical,normal*2,critical"] {
        let arguments = ["convert", "a.csv", "-t", "ndjson", "-j3", "--slice-size", "16KiB"];
        let skipped = pressed(here.path(), script, &[&arguments[..], &["--on-error", "skip"]].concat()).ends(0);
        assert!(skipped.stdout.as_bytes() == ndjson, "{script}");
        let failed = pressed(here.path(), script, &arguments).ends(1);
        assert!(failed.stderr.contains("UTF-8") && failed.stderr.contains("record "), "{}", failed.stderr);
        let place = failed.stderr.clone();
        assert_eq!(place, pressed(here.path(), "normal", &arguments).ends(1).stderr, "{script}");
    }
}

#[cfg(unix)]
#[test]
fn parked_workers_end_with_the_run() {
    use crate::support::process::{ends_within, send};
    use std::process::Stdio;
    let here = folder();
    // One that never ends, and one whose reader goes away.
    let arguments = ["convert", "-", "-f", "csv", "-t", "ndjson", "-j4", "--slice-size", "16KiB"];
    for stopped in [true, false] {
        let mut child = command(here.path())
            .args(arguments)
            .env("PAGEMILL_PRESSURE", "critical")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let writer = std::thread::spawn(move || {
            use std::io::Write;
            let lines = table(1_000_000).0;
            while stdin.write_all(&lines).is_ok() {}
        });
        let mut some = vec![0; 300_000];
        std::io::Read::read_exact(&mut stdout, &mut some).unwrap();
        if stopped {
            let reader = support::process::collect(stdout);
            send(&child, libc::SIGTERM);
            assert_eq!(ends_within(&mut child, Duration::from_secs(20)).code(), Some(143));
            reader.join().unwrap();
        } else {
            drop(stdout);
            assert_eq!(ends_within(&mut child, Duration::from_secs(20)).code(), Some(0));
        }
        writer.join().unwrap();
    }
}

#[test]
fn an_audit_finds_no_block_under_pressure() {
    let here = folder();
    fs::write(here.path().join("a.csv"), table(4_000_000).0).unwrap();
    for script in ["critical", "high*9,normal", "normal*9,critical*3,normal*9,high*30,normal"] {
        let arguments = ["audit", "a.csv", "-t", "ndjson", "-j2", "--slice-size", "20KiB", "-q"];
        pressed(here.path(), script, &arguments).ends(0);
    }
    // And with true readings, of which there are some in a run of this length.
    fs::write(here.path().join("b.csv"), table(40_000_000).0).unwrap();
    run(here.path(), ["audit", "b.csv", "-t", "ndjson", "-j2", "-q"]).ends(0);
}

/// A record of `len` bytes between small ones, and what they become.
fn around(len: usize) -> (String, String) {
    let text = "z".repeat(len);
    (
        format!("id,text\n1,a\n2,{text}\n3,b\n"),
        format!("{{\"id\":1,\"text\":\"a\"}}\n{{\"id\":2,\"text\":\"{text}\"}}\n{{\"id\":3,\"text\":\"b\"}}\n"),
    )
}

#[test]
fn a_record_there_is_no_room_for_is_refused_by_name() {
    let here = folder();
    let (csv, ndjson) = around(2_000_000);
    fs::write(here.path().join("a.csv"), csv).unwrap();
    for io in ["map", "read"] {
        let base = ["convert", "a.csv", "-t", "ndjson", "--io", io, "-j2"];
        let limit = |limit| run(here.path(), base.iter().chain(&["--memory-limit", limit]));
        let refused = limit("11MB").ends(4);
        for part in ["a.csv: record ", ", byte ", "large", "limit of 11MB", "output buffers ", "--memory-limit"] {
            assert!(refused.stderr.contains(part), "{io}: {part:?} is not in:\n{}", refused.stderr);
        }
        let done = limit("100MB").ends(0);
        assert!(done.stdout == ndjson, "{io}");
    }
}

#[test]
fn large_records_one_after_the_other_share_what_is_left() {
    let here = folder();
    // Each of them alone fits below the limit; two of them at a time do not.
    let record = |n: usize| format!("{n},{}\n", "y".repeat(4_000_000));
    let expected = |n: usize| format!("{{\"id\":{n},\"text\":\"{}\"}}\n", "y".repeat(4_000_000));
    let csv: String = std::iter::once("id,text\n".into()).chain((0..8).map(record)).collect();
    let ndjson: String = (0..8).map(expected).collect();
    fs::write(here.path().join("a.csv"), csv).unwrap();
    for io in ["map", "read"] {
        let arguments =
            ["convert", "a.csv", "-o", "a.ndjson", "--force", "--io", io, "-j3", "--memory-limit", "32MB", "-q"];
        run(here.path(), arguments.iter().chain(&["--strict-memory", "--slice-size", "64KiB"])).ends(0);
        assert!(fs::read(here.path().join("a.ndjson")).unwrap() == ndjson.as_bytes(), "{io}");
    }
}

/// Runs the binary in a control group of `limit` bytes. None where no group can be made.
#[cfg(target_os = "linux")]
fn in_group(limit: u64, folder: &Path, arguments: &[&str]) -> Option<Ran> {
    let group = match support::group::Group::new(limit) {
        Ok(group) => group,
        Err(error) => {
            left_out("cgroup", &format!("no memory cgroup can be made: {error}"));
            return None;
        }
    };
    let ran = support::ran(group.around(command(folder)).args(arguments).output().unwrap());
    assert_eq!(group.kills(), 0, "{} {}", ran.code, ran.stderr);
    Some(ran)
}

#[cfg(target_os = "linux")]
#[test]
fn a_group_below_the_limit_means_fewer_workers_not_a_refusal() {
    let here = folder();
    let columns = 10_000;
    let (mut csv, mut record) = (String::new(), String::from("{"));
    for n in 0..columns {
        csv.push_str(&format!("{}c{n}", if n > 0 { "," } else { "" }));
        record.push_str(&format!("{}\"c{n}\":{}", if n > 0 { "," } else { "" }, n % 1000));
    }
    let row = (0..columns).map(|n| (n % 1000).to_string()).collect::<Vec<_>>().join(",");
    csv.push_str(&format!("\n{}", format!("{row}\n").repeat(60)));
    let ndjson = format!("{record}}}\n").repeat(60);
    fs::write(here.path().join("a.csv"), csv).unwrap();
    let arguments = ["convert", "a.csv", "-t", "ndjson", "-j8", "--memory-limit", "100MB"];
    for limit in (16..60).step_by(4) {
        let Some(ran) = in_group(limit * 1_000_000, here.path(), &arguments) else { return };
        assert!(ran.ends(0).stdout == ndjson, "{limit}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn where_the_group_is_the_limit_the_error_says_so() {
    let here = folder();
    fs::write(here.path().join("a.csv"), around(3_000_000).0).unwrap();
    fs::write(here.path().join("b.csv"), table(3_000_000).0).unwrap();
    // At the record, and before the first one.
    let record = ["convert", "a.csv", "-t", "ndjson", "-j2", "--memory-limit", "100MB"];
    let plan = ["convert", "b.csv", "-t", "ndjson", "-j2", "--memory-limit", "100MB", "--max-record-size", "9MB"];
    for (arguments, says) in [(&record[..], "a.csv: record 2, "), (&plan, "this job needs at least ")] {
        let Some(ran) = in_group(14_000_000, here.path(), arguments) else { return };
        let ran = ran.ends(4).says(&[says, "control group", "Raise the "]);
        assert!(!ran.stderr.contains("--memory-limit"), "{}", ran.stderr);
        run(here.path(), arguments).ends(0);
    }
}

#[test]
fn key_tables_ask_for_their_memory() {
    let here = folder();
    // Each record has a key of its own, longer than all the memory there is together.
    let records: String = (0..20_000).map(|n| format!("{{\"{n:01000}\":{n}}}\n")).collect();
    fs::write(here.path().join("a.ndjson"), records).unwrap();
    let arguments = ["convert", "a.ndjson", "-o", "a.csv", "-j2"];
    run(here.path(), arguments.iter().chain(&["--memory-limit", "24MB"])).ends(4).says(&[
        "limit of 24MB",
        "are needed for key tables",
        "are left (held: ",
        "--columns",
    ]);
    assert!(!here.path().join("a.csv").exists());
    // Some keys are within what is there anyway.
    let few: String = (0..200).map(|n| format!("{{\"k{n}\":{n}}}\n")).collect();
    fs::write(here.path().join("a.ndjson"), few).unwrap();
    run(here.path(), arguments.iter().chain(&["--memory-limit", "24MB"])).ends(0);
}

#[test]
fn names_of_columns_ask_for_their_memory() {
    let here = folder();
    let header: Vec<String> = (0..100_000).map(|n| format!("column_{n}")).collect();
    fs::write(here.path().join("a.csv"), format!("{}\n", header.join(","))).unwrap();
    let arguments = ["convert", "a.csv", "-t", "ndjson", "-j2"];
    let refused = |limit| run(here.path(), arguments.iter().chain(&["--memory-limit", limit])).ends(4);
    refused("12MB").says(&["the column names need ", "--memory-limit"]);
    refused("30MB").says(&["needs at least ", ", names of columns ", "--memory-limit"]);
    run(here.path(), arguments.iter().chain(&["--memory-limit", "100MB"])).ends(0);
}

#[test]
fn a_header_without_an_end_is_not_looked_for_in_the_whole_file() {
    let here = folder();
    let file = fs::File::create(here.path().join("a.csv")).unwrap();
    file.set_len(400_000_000).unwrap();
    let ran = run(here.path(), ["convert", "a.csv", "-t", "ndjson", "--memory-limit", "32MB"]).ends(4);
    ran.says(&["a.csv: line 1, byte 0: the record is larger than 8000000 bytes", "--memory-limit"]);
    let ran = run(here.path(), ["count", "-r", "a.csv", "--memory-limit", "32MB", "--strict-memory"]).ends(4);
    assert!(!ran.stderr.contains("peak memory was"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn sparse_text_is_counted_in_flat_memory() {
    use std::os::unix::fs::FileExt;
    let here = folder();
    let file = fs::File::create(here.path().join("a.txt")).unwrap();
    file.set_len(600_000_000).unwrap();
    let count = |flags: &[&str]| {
        let arguments = ["count", "a.txt", "--memory-limit", "32MB", "--strict-memory"];
        run(here.path(), arguments.iter().chain(flags)).ends(0).stdout
    };
    assert!(count(&[]).starts_with("        0 "), "{}", count(&[]));
    assert!(count(&[]).contains(" 600000000 a.txt"), "{}", count(&[]));
    // One record that is larger than any limit.
    assert_eq!(count(&["-r"]).split_whitespace().next(), Some("1"));
    assert_eq!(count(&["-f", "text"]).split_whitespace().nth(4), Some("1"));
    for at in [100, 300_000_000, 300_000_001] {
        file.write_all_at(b"\n", at).unwrap();
    }
    assert_eq!(count(&["-r"]).split_whitespace().next(), Some("4"));
    file.write_all_at(b"\n", 599_999_999).unwrap();
    assert_eq!(count(&["-r"]).split_whitespace().next(), Some("4"));
    assert_eq!(count(&[]).split_whitespace().next(), Some("4"));
}

#[test]
fn a_run_over_its_limit_says_so() {
    let here = folder();
    fs::write(here.path().join("a.txt"), "one\ntwo\n").unwrap();
    // The least that is not refused; a build for tests is larger than that.
    let arguments = ["count", "a.txt", "--memory-limit", "8.8MB"];
    let strict = run(here.path(), arguments.iter().chain(&["--strict-memory"])).ends(4);
    assert!(strict.stdout.starts_with("2 2 8 8 a.txt"), "{}", strict.stdout);
    strict.says(&["peak memory was", "more than the memory limit of 8.80 MB", "--strict-memory"]);
    run(here.path(), arguments).ends(0).says(&["warning: ", "peak memory was"]);
    run(here.path(), ["count", "a.txt", "--strict-memory"]).ends(0);
    run(here.path(), ["convert", "a.txt", "-t", "csv", "--strict-memory"]).ends(0);
}

#[test]
fn limits_in_several_ways() {
    let here = folder();
    fs::write(here.path().join("a.csv"), table(100_000).0).unwrap();
    let explained = |limit| {
        let ran = run(here.path(), ["convert", "a.csv", "-t", "ndjson", "--explain", "--memory-limit", limit]).ends(0);
        let line = ran.stdout.lines().find(|line| line.starts_with("memory limit")).unwrap().to_owned();
        line.split_whitespace().nth(2).unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(explained("32MB"), 32_000_000);
    if cfg!(target_os = "linux") {
        let (auto, half, tenth) = (explained("auto"), explained("50%"), explained("10%"));
        // What is available changes from one moment to the next.
        assert!(auto.abs_diff(half) < auto / 4, "{auto} {half}");
        assert!((tenth * 5).abs_diff(half) < half / 4, "{tenth} {half}");
    }
    for wrong in ["0%", "101%", "some", "%"] {
        run(here.path(), ["convert", "a.csv", "--memory-limit", wrong]).ends(2).says(&["--memory-limit: `"]);
    }
}

#[test]
fn the_plan_shows_all_reservations() {
    let here = folder();
    fs::write(here.path().join("a.csv"), table(2_000_000).0).unwrap();
    let ran = run(here.path(), ["convert", "a.csv", "-t", "ndjson", "--compress", "zstd", "--explain", "-j2"]).ends(0);
    for part in [
        "code, stacks and tables",
        "arenas",
        "scratch of decoders and encoders",
        "output buffers",
        "mapped slices",
        "compression",
        "together",
        "left for large records",
        "of that for the slice and arena of each worker, and ",
    ] {
        assert!(ran.stdout.contains(part), "{part:?} is not in:\n{}", ran.stdout);
    }
}

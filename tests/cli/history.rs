//! Past runs: what is kept of them, and how they are listed, drawn and compared.
#![cfg(all(unix, feature = "history"))]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use pagemill::history::{History, Run};

use crate::support::{Ran, command, folder, names, piped, ran};

/// Runs the command with a history of the folder's own.
fn say(here: &Path, arguments: &str) -> Ran {
    let mut command = command(here);
    command.args(words(arguments)).env("XDG_STATE_HOME", here.join("state"));
    ran(command.output().unwrap())
}

/// Words as a shell takes them; one in quotes is whole.
fn words(text: &str) -> Vec<&str> {
    let parts = text.split('\'').enumerate();
    parts
        .flat_map(|(index, part)| if index % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
        .collect()
}

/// A history of runs that read this many bytes in a second.
fn with_runs(here: &Path, job: &str, read: &[u64]) {
    let history = History::create(&here.join("state/pagemill/history.sqlite3")).unwrap();
    for read in read {
        let run = Run {
            started: 1_700_000_000,
            job: job.into(),
            version: "1.0.0".into(),
            settings: "{}".into(),
            state: "done".into(),
            seconds: 1.0,
            read: *read,
            records: 4,
            bad: 1,
            peak: 5_000_000,
            ..Run::default()
        };
        history.add(&run).unwrap();
    }
}

#[test]
fn runs_are_listed_in_every_format() {
    let here = folder();
    let here = here.path();
    say(here, "history").ends(0).says(&[]);
    say(here, "history -t table").ends(0);
    assert_eq!(names(here), [] as [&str; 0], "to look makes no history");
    with_runs(here, "a, b", &[1_000, 2_000]);
    let header =
        "id,started,job,state,seconds,read_bytes,read_bytes_rate,records,records_bad,memory_peak_bytes,verdict";
    let listed = say(here, "history").ends(0);
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, header));
    assert!(
        lines[1].starts_with("1,2023-11-1") && lines[1].ends_with(",\"a, b\",done,1,1000,1000,4,1,5000000,"),
        "{}",
        lines[1]
    );
    let json: serde_json::Value = serde_json::from_str(&say(here, "history -t json").ends(0).stdout).unwrap();
    assert_eq!(
        (json[1]["id"].as_u64(), json[1]["read_bytes"].as_u64(), &json[1]["job"]),
        (Some(2), Some(2_000), &"a, b".into())
    );
    let table = say(here, "history -t table").ends(0).stdout;
    assert!(table.contains("2.00 kB/s") && table.lines().count() == 3, "{table}");
    say(here, "history -o runs.tsv").ends(0);
    assert!(fs::read_to_string(here.join("runs.tsv")).unwrap().starts_with(&header.replace(',', "\t")));
    say(here, "history -o runs.tsv").ends(2).says(&["runs.tsv exists already\n  Give --force"]);
    say(here, "history -o runs.tsv --force").ends(0);
    say(here, "history -t xyz").ends(2);
    say(here, "history -o runs.xyz").ends(2).says(&["the extension .xyz says no format for an answer"]);
    say(here, "history -o runs.svg").ends(2).says(&["pagemill history trend -o trend.svg"]);
}

#[test]
fn one_run_is_shown() {
    let here = folder();
    let here = here.path();
    with_runs(here, "a", &[1_000]);
    say(here, "history show 2").ends(2).says(&["there is no run 2 in the history"]);
    say(here, "history show x").ends(2).says(&["`x` is not a number of a run"]);
    say(here, "history show").ends(2).says(&["which run?"]);
    say(here, "history shwo 1").ends(2).says(&["history has no part `shwo`"]);
    let table = say(here, "history show 1 -t table").ends(0).stdout;
    assert!(table.contains("read bytes rate    1 kB/s\n") && table.contains("version            1.0.0\n"), "{table}");
    let json: serde_json::Value = serde_json::from_str(&say(here, "history show 1 -t json").ends(0).stdout).unwrap();
    assert_eq!((&json["settings"], &json["error"]), (&serde_json::json!({}), &serde_json::Value::Null));
}

#[test]
fn a_trend_tells_what_is_odd() {
    let here = folder();
    let here = here.path();
    say(here, "history trend").ends(2).says(&["no finished run is in the history yet"]);
    with_runs(here, "other", &[1; 6]);
    // The median is 1,002, the deviation 1.4826; the last run is slower by far.
    with_runs(here, "a → b", &[1_000, 1_001, 1_002, 1_003, 1_004, 500]);
    let text = say(here, "history trend -t table").ends(0).stdout;
    assert!(text.starts_with("a → b: 6 finished runs\n"), "{text}");
    assert!(
        text.contains("500 B/s  (usual 998 B/s to 1.01 kB/s)")
            || text.contains("500 B/s  (usual 997 B/s to 1.01 kB/s)"),
        "{text}"
    );
    assert!(text.lines().last().unwrap().ends_with("slower"), "{text}");
    let rows = say(here, "history trend 'a → b' -t csv").ends(0).stdout;
    assert_eq!(rows.lines().filter(|line| line.ends_with(",slower")).count(), 1, "{rows}");
    assert_eq!(say(here, "history trend other -t csv").ends(0).stdout.lines().count(), 7);
    say(here, "history trend nothing").ends(2).says(&["no finished run of `nothing`"]);
    say(here, "history trend -o t.svg").ends(0);
    say(here, "history trend -o t.html").ends(0);
    let svg = fs::read_to_string(here.join("t.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>") && svg.contains("500 B/s slower"), "{svg}");
    assert!(fs::read_to_string(here.join("t.html")).unwrap().starts_with("<!doctype html>"));
}

/// A trend is of finished runs, and each is compared with those of its job, version and settings, however far back.
#[test]
fn a_trend_looks_past_what_is_no_like_of_it() {
    let here = folder();
    let here = here.path();
    with_runs(here, "a", &[1_000, 1_001, 1_002, 1_003, 1_004]);
    let history = History::open(&here.join("state/pagemill/history.sqlite3")).unwrap().unwrap();
    let of = |state: &str, version: &str, read| Run {
        job: "a".into(),
        version: version.into(),
        settings: "{}".into(),
        state: state.into(),
        seconds: 1.0,
        read,
        ..Run::default()
    };
    // More than are looked at: failed ones, and those of another version, which are slower.
    for _ in 0..130 {
        history.add(&of("failed", "1.0.0", 1)).unwrap();
    }
    for _ in 0..4 {
        history.add(&of("done", "2.0.0", 10)).unwrap();
    }
    history.add(&of("done", "1.0.0", 500)).unwrap();
    let rows = say(here, "history trend a -t csv").ends(0).stdout;
    let verdicts: Vec<&str> = rows.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(verdicts, ["", "", "", "", "", "", "", "", "", "slower"], "{rows}");
    assert_eq!(say(here, "history trend a --last 2 -t csv").ends(0).stdout.lines().count(), 3);
    // A list too: the run before which all others failed.
    let rows = say(here, "history --last 1 -t csv").ends(0).stdout;
    assert!(rows.lines().count() == 2 && rows.ends_with(",slower\n"), "{rows}");
    assert_eq!(say(here, "history -t csv").ends(0).stdout.lines().count(), 101);
    say(here, "history --last 0").ends(2).says(&["--last: `0` is not a number of runs"]);
    say(here, "history show 1 --last 3").ends(2).says(&["`--last` has no effect: show shows one run"]);
    say(here, "history prune 5 --last 3").ends(2).says(&["`--last` has no effect: prune removes runs"]);
}

#[test]
fn a_damaged_run_hides_no_other() {
    let here = folder();
    let here = here.path();
    with_runs(here, "a", &[1_000, 2_000, 3_000]);
    let database = rusqlite::Connection::open(here.join("state/pagemill/history.sqlite3")).unwrap();
    database.execute_batch("UPDATE runs SET seconds = x'00ff' WHERE id = 2").unwrap();
    for line in ["history -t ndjson", "history trend a -t ndjson"] {
        let ran = say(here, line).ends(0);
        assert_eq!(ran.stdout.lines().count(), 2, "{line}");
        assert_eq!(ran.stderr, "pagemill: warning: 1 run of the history is damaged, and was left out\n");
    }
    assert_eq!(say(here, "history -q").ends(0).stderr, "");
    say(here, "history show 2").ends(3).says(&["can't read"]);
}

#[test]
fn a_configuration_counts_for_the_history_too() {
    let here = folder();
    let here = here.path();
    with_runs(here, "a", &[1_000]);
    let config = "workers = 3\nquiet = true\n[profile.p]\nto = 'json'\nselect = ['x']\n";
    fs::write(here.join("own.toml"), config).unwrap();
    // What is about records means nothing here.
    assert!(say(here, "history --config own.toml --profile p").ends(0).stdout.starts_with("id,"));
    say(here, "history --config own.toml --profile q").ends(2).says(&["there is no profile `q`"]);
    say(here, "history --config none.toml").ends(2).says(&["--config: there is no file none.toml"]);
    say(here, "history -v").ends(2).says(&["`--verbose` has no effect: past runs are shown whole"]);
    assert_eq!(say(here, "history prune 1 --config own.toml").ends(0).stdout, "removed 0 runs\n");
    fs::write(here.join("own.toml"), "workrs = 3\n").unwrap();
    say(here, "history --config own.toml").ends(2).says(&["own.toml:1: there is no key `workrs`"]);
}

/// The peak that is reported includes what the history takes; where the limit leaves no room for it, the run is not kept.
#[test]
fn the_history_stays_below_the_limit() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    let line = "convert a.csv -t ndjson --no-history=false -j 1 --memory-limit 12MB";
    let said = say(here, line).ends(0).stderr;
    let kept = say(here, "history -t ndjson").ends(0).stdout.lines().count();
    let warned = "this run is not in the history: that would take more memory than the limit of 12 MB leaves\n";
    // A program that was built without optimization is larger than the limit itself.
    assert_eq!(kept == 0, said.contains(warned), "{said}");
    assert!(kept == 0 || !said.contains("peak memory was"), "{said}");
    assert!(!say(here, &format!("{line} -q")).ends(0).stderr.contains("history"));
}

/// The report of a run says how it ended, also if that was not well.
#[test]
fn the_reports_of_runs_that_failed_are_kept() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("bad.csv"), "a,b\n1\n").unwrap();
    fs::write(here.join("good.csv"), "a,b\n1,2\n").unwrap();
    let lines = [
        ("convert bad.csv good.csv --out-dir out -t ndjson --keep-going", 1),
        ("convert bad.csv -o bad.ndjson", 1),
        ("count -r bad.csv good.csv --on-error skip", 1),
        ("convert good.csv -o good.ndjson", 0),
    ];
    for (number, (line, code)) in (1..).zip(lines) {
        say(here, &format!("{line} --no-history=false --memory-limit 400MB")).ends(code);
        let shown = say(here, &format!("history show {number} -t json")).ends(0).stdout;
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let report = &shown["report"];
        assert_eq!(report["exit_code"], code, "{line}: {shown:#}");
        assert_eq!(report["error"].is_string(), line == "convert bad.csv -o bad.ndjson", "{line}: {shown:#}");
    }
}

/// A short run is kept if somebody says that runs are to be kept, and that stays below the limit.
#[test]
fn a_short_run_is_kept_when_it_is_asked_for() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n".repeat(40)).unwrap();
    let kept = || say(here, "history -t ndjson").ends(0).stdout.lines().count();
    say(here, "convert a.csv -t ndjson").ends(0);
    assert_eq!(kept(), 0);
    say(here, "convert a.csv -t ndjson --no-history=false").ends(0);
    assert_eq!(kept(), 1);
    fs::write(here.join("pagemill.toml"), "no-history = false\n").unwrap();
    say(here, "convert a.csv -t ndjson").ends(0);
    say(here, "count a.csv").ends(0);
    assert_eq!(kept(), 3);
    say(here, "convert a.csv -t ndjson --no-history").ends(0);
    say(here, "convert a.csv -t ndjson --config none").ends(0);
    assert_eq!(kept(), 3);
    let small = "convert a.csv -o b.ndjson --memory-limit 28MB -j 1 --strict-memory --report r.json";
    say(here, small).ends(0);
    assert_eq!(kept(), 4);
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(here.join("r.json")).unwrap()).unwrap();
    let peak = report["peak_rss_bytes"].as_u64().unwrap();
    assert!(peak > 0 && peak <= 28_000_000, "{peak}");
}

#[test]
fn several_processes_keep_their_runs_at_a_time() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    let start = |_: usize| {
        let mut command = command(here);
        command.args(["convert", "a.csv", "-t", "ndjson", "--no-history=false"]);
        piped(command.env("XDG_STATE_HOME", here.join("state")))
    };
    let children: Vec<_> = (0..5).map(start).collect();
    for child in children {
        let ran = ran(child.wait_with_output().unwrap()).ends(0);
        assert_eq!((&*ran.stdout, &*ran.stderr), ("{\"a\":1}\n", ""));
    }
    assert_eq!(say(here, "history -t ndjson").ends(0).stdout.lines().count(), 5);
}

#[test]
fn old_runs_are_removed() {
    let here = folder();
    let here = here.path();
    with_runs(here, "a", &[1, 2, 3]);
    say(here, "history prune 1").ends(0).says(&[]);
    assert_eq!(say(here, "history -t ndjson").ends(0).stdout.lines().count(), 1);
    say(here, "history prune x").ends(2).says(&["history prune: x: "]);
    say(here, "history prune 0 --force").ends(2).says(&["`--force` has no effect"]);
    assert_eq!(say(here, "history prune").ends(0).stdout, "removed 0 runs\n");
}

/// Starts a conversion of standard input, and ends it after a while.
fn slow_run(here: &Path, flags: &[&str], spoil: impl FnOnce(&Path)) -> Ran {
    let mut command = command(here);
    command.args(["convert", "-", "-f", "csv", "-t", "ndjson"]).args(flags);
    let mut child = piped(command.env("XDG_STATE_HOME", here.join("state")));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"id\n1\n").unwrap();
    spoil(here);
    std::thread::sleep(Duration::from_millis(2_300));
    stdin.write_all(b"2\n").unwrap();
    drop(stdin);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let output = child.wait_with_output().unwrap();
    ran(std::process::Output { stderr: err.into_bytes(), ..output })
}

#[test]
fn a_run_of_more_than_a_second_is_kept() {
    let here = folder();
    let here = here.path();
    let output = slow_run(here, &[], |_| {}).ends(0);
    assert_eq!((&*output.stdout, &*output.stderr), ("{\"id\":1}\n{\"id\":2}\n", ""));
    let json: serde_json::Value = serde_json::from_str(&say(here, "history show 1 -t json").ends(0).stdout).unwrap();
    assert_eq!((&json["job"], &json["state"]), (&"standard input → standard output".into(), &"done".into()));
    assert_eq!((json["records"].as_u64(), json["report"]["records_out"].as_u64()), (Some(2), Some(2)));
    assert!(json["seconds"].as_f64().is_some_and(|seconds| seconds > 2.0) && json["series"]["step_s"].is_number());
    // Not if that is not wanted, and not if it is short.
    slow_run(here, &["--no-history"], |_| {}).ends(0);
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    say(here, "convert a.csv -t ndjson --metrics-file m.prom").ends(0);
    assert_eq!(say(here, "history -t ndjson").ends(0).stdout.lines().count(), 1);
}

#[test]
fn a_run_does_not_fail_for_its_history() {
    let here = folder();
    let here = here.path();
    let spoilt = |here: &Path| {
        fs::create_dir_all(here.join("state/pagemill")).unwrap();
        fs::write(here.join("state/pagemill/history.sqlite3"), "no database ".repeat(200)).unwrap();
    };
    slow_run(here, &[], spoilt).ends(0).says(&[
        "warning: this run is not in the history: can't open ",
        "history.sqlite3: file is not a database\n  --no-history does without one.",
    ]);
    assert_eq!(slow_run(here, &["-q"], spoilt).ends(0).stderr, "");
    say(here, "history").ends(3).says(&["file is not a database"]);
}

#[test]
fn rules_are_tried_on_a_past_run() {
    let here = folder();
    let here = here.path();
    with_runs(here, "a", &[]);
    let history = History::open(&here.join("state/pagemill/history.sqlite3")).unwrap().unwrap();
    // Ten points of ten seconds; slow in the middle.
    let series =
        r#"{"step_s":10,"read":[900,900,10,10,10,900,900,900,900,900],"written":[],"mapped":[1,1,1,1,1,1,1,1,1,1]}"#;
    history.add(&Run { job: "a".into(), seconds: 100.0, series: Some(series.into()), ..Run::default() }).unwrap();
    let rules = "[[alert]]\nmetric = \"read_bytes_rate\"\nbelow = 100\nfor = \"20s\"\n\
        [[alert]]\nmetric = \"memory_resident_bytes\"\nabove = 5\n[[alert]]\nmetric = \"records_bad_share\"\nabove = 0.5\n";
    fs::write(here.join("rules.toml"), rules).unwrap();
    let expected = "run 1, a: 100.0 s\n  0:50  raised    read_bytes_rate is 10 B/s, below 100 B/s for 20 s\n  1:00  resolved  read_bytes_rate\n\
        never    memory_resident_bytes\nunknown  records_bad_share: records_bad_share is not recorded\n";
    assert_eq!(say(here, "alerts test rules.toml --run 1").ends(0).stdout, expected);
    say(here, "alerts test rules.toml --run 2").ends(2).says(&["there is no run 2"]);
    say(here, "alerts test rules.toml").ends(2).says(&["Give --run ID"]);
    say(here, "alerts").ends(2).says(&["pagemill alerts test RULES --run ID"]);
    fs::write(here.join("none.toml"), "").unwrap();
    say(here, "alerts test none.toml --run 1").ends(2).says(&["none.toml has no rules"]);
    say(here, "alerts test missing.toml --run 1").ends(2).says(&["there is no file missing.toml"]);
}

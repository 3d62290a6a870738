//! Measuring: what is run, what is said of it, and what is left behind.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::process::{ends_within, send};
use crate::support::{Ran, command, folder, names, ran, read};

/// A benchmark with a state folder and a folder for temporary files of its own.
fn bench(here: &Path, arguments: &[&str]) -> Command {
    fs::create_dir_all(here.join("tmp")).unwrap();
    let mut command = command(here);
    command.arg("bench").args(arguments).env("XDG_STATE_HOME", here.join("state")).env("TMPDIR", here.join("tmp"));
    // What a run would take from it is not measured.
    command.env("PAGEMILL_PROGRESS", "plain").env("BINARY", env!("CARGO_BIN_EXE_pagemill"));
    command
}

fn say(here: &Path, arguments: &[&str]) -> Ran {
    let ran = ran(bench(here, arguments).output().unwrap());
    assert_eq!(names(&here.join("tmp")), [] as [&str; 0], "nothing is left behind");
    ran
}

/// A small one, and its results as JSON.
fn results(here: &Path, arguments: &[&str]) -> (Ran, Vec<Value>) {
    let ran = say(here, &[&["-t", "json", "--size", "50KB"], arguments].concat());
    let whole: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr));
    (ran, whole["results"].as_array().unwrap().clone())
}

#[test]
fn a_workload_is_measured() {
    let here = folder();
    let here = here.path();
    let (ran, rows) = results(here, &["csv-ndjson", "count", "small-file", "--runs", "3"]);
    ran.ends(0);
    let names: Vec<&Value> = rows.iter().map(|row| &row["workload"]).collect();
    assert_eq!(names, ["csv-ndjson", "count", "small-file"]);
    let row = &rows[0];
    // Twice in each round.
    assert_eq!((row["runs"].as_u64(), row["seconds_each"].as_array().map(Vec::len)), (Some(6), Some(6)));
    assert_eq!((&row["program"], &row["verdict"]), (&"pagemill".into(), &"".into()));
    // What the data has, counted by others.
    crate::support::run(here, ["generate", "-t", "csv", "--size", "50KB", "-o", "same.csv"]).ends(0);
    let bytes = fs::metadata(here.join("same.csv")).unwrap().len();
    let records = csv::Reader::from_path(here.join("same.csv")).unwrap().records().count() as u64;
    assert_eq!((row["read_bytes"].as_u64(), row["records"].as_u64()), (Some(bytes), Some(records)));
    let figures = ["seconds", "seconds_low", "seconds_high", "read_bytes_rate", "records_rate", "memory_peak_bytes"];
    for name in figures.into_iter().chain(["record_latency_p50_us", "record_latency_p99_us", "allocations_start"]) {
        assert!(row[name].as_f64().unwrap() > 0.0, "{name}: {row}");
    }
    assert_eq!(row["allocations_steady"].as_u64(), Some(0));
    assert!(rows[2]["read_bytes"].as_u64().unwrap() < 11_000 && rows[1]["records"].is_null());
    let low_to_high = ["seconds_low", "seconds", "seconds_high"].map(|name| row[name].as_f64().unwrap());
    assert!(low_to_high.is_sorted(), "{low_to_high:?}");
}

#[test]
fn others_are_compared() {
    let here = folder();
    let here = here.path();
    let same = "\"$BINARY\" convert {in} -o {out} --force -q";
    let other = "\"$BINARY\" convert {in} -o {out} --force -q --drop note";
    let printed = "\"$BINARY\" convert -f csv -t json -q";
    let all = ["--against", same, "--against", other, "--against", printed, "--label", "same,other"];
    let (ran, rows) = results(here, &[&["csv-ndjson", "--runs", "6"], &all[..]].concat());
    ran.ends(0);
    let programs: Vec<&str> = rows.iter().map(|row| row["program"].as_str().unwrap()).collect();
    assert_eq!(programs, ["pagemill", "same", "other", printed]);
    let outputs: Vec<&str> = rows.iter().map(|row| row["output"].as_str().unwrap()).collect();
    assert_eq!((outputs[0], outputs[1], outputs[3]), ("", "same", "same"));
    assert!(outputs[2].starts_with("different: in record ") && outputs[2].contains("`note` is "), "{}", outputs[2]);
    for row in &rows[1..] {
        assert_eq!(row["runs"].as_u64(), Some(6), "it is measured whatever it writes");
        let ratio = ["ratio_low", "ratio", "ratio_high"].map(|name| row[name].as_f64().unwrap());
        assert!(ratio.is_sorted() && ratio[0] > 0.0, "{row}");
        assert!(["faster", "slower", "no difference shown"].contains(&row["verdict"].as_str().unwrap()), "{row}");
        assert!(row["cpu_seconds"].as_f64().is_some() && row["allocations_start"].is_null(), "{row}");
    }
}

#[test]
fn programs_that_fail_are_told() {
    let here = folder();
    let here = here.path();
    let table = [
        ("echo first >&2; echo the last >&2; exit 5", "failed: exit status: 5: the last"),
        ("sleep 100 & sleep 100", "failed: it was ended after 0.5 s"),
        ("kill -9 $$", "failed: signal: 9 (SIGKILL)"),
        ("true {out}", "failed: it wrote no output"),
        ("./nothing-of-this-name", "failed: exit status: 127: "),
        ("printf '[1'", "can't be read: "),
    ];
    let mut arguments = vec!["csv-ndjson", "--runs", "1", "--time-limit", "500ms"];
    table.iter().for_each(|(program, _)| arguments.extend(["--against", program]));
    let (ran, rows) = results(here, &arguments);
    for ((program, output), row) in table.iter().zip(&rows[1..]) {
        let found = row["output"].as_str().unwrap();
        assert!(found.starts_with(output), "{program}: {found}");
    }
    ran.ends(3).says(&["a program could not be measured\n  echo first"]);
    // A different output is no failure.
    say(here, &["csv-ndjson", "--size", "9KB", "--runs", "1", "-q", "--against", "echo '{}'"]).ends(0);
}

#[test]
fn outputs_may_go_nowhere() {
    let here = folder();
    let here = here.path();
    // Says where it was told to write.
    let program = "echo {out} >> places; \"$BINARY\" convert {in} -o {out} --force -q";
    let places = |arguments: &[&str]| {
        let _ = fs::remove_file(here.join("places"));
        let all = [&["csv-ndjson", "--size", "9KB", "--runs", "2", "-q", "--against", program], arguments].concat();
        say(here, &all).ends(0);
        read(here, "places").lines().filter(|line| *line == "/dev/null").count()
    };
    assert_eq!((places(&[]), places(&["--discard"])), (0, 2));
    assert_eq!(read(here, "places").lines().count(), 3);
    assert!(read(here, "places").lines().next().unwrap().ends_with(".ndjson"));
}

#[test]
fn a_result_is_kept_and_compared() {
    let here = folder();
    let here = here.path();
    let small = ["count", "--size", "50KB", "--runs", "6", "-t", "csv"];
    let with = |more: &[&str]| say(here, &[&small, more].concat());
    with(&["--save", "first-1.0"]).ends(0).says(&["the result is saved as first-1.0 ("]);
    assert_eq!(names(&here.join("state/pagemill/bench")), ["first-1.0.json"]);
    let again = with(&["--compare", "first-1.0"]).ends(0).says(&["`first-1.0` was measured by pagemill "]);
    let row = again.stdout.lines().nth(2).unwrap();
    assert!(row.starts_with("count,first-1.0,12,"), "{row}");

    // A million times as fast then, and a million times as slow; whatever the machine did, that is a difference.
    let file = here.join("state/pagemill/bench/first-1.0.json");
    let kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let times = |factor: f64| {
        let mut kept = kept.clone();
        for series in ["ours", "again"] {
            for seconds in kept["workloads"]["count"]["outcome"][series]["seconds"].as_array_mut().unwrap() {
                *seconds = (seconds.as_f64().unwrap() * factor).into();
            }
        }
        fs::write(&file, kept.to_string()).unwrap();
        with(&["--compare", "first-1.0"]).ends(0).stdout
    };
    assert!(times(1e-6).lines().nth(2).unwrap().contains(",slower,"));
    assert!(times(1e6).lines().nth(2).unwrap().contains(",faster,"));

    // Other data, another machine, another version of the file, or none at all.
    let other = ["count", "--size", "60KB", "--runs", "1", "--compare", "first-1.0"];
    say(here, &other).ends(0).says(&["count is not compared: the data differ ("]);
    say(here, &["select", "--size", "9KB", "--runs", "1", "--compare", "first-1.0"])
        .ends(0)
        .says(&["has no times of select"]);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut kept = kept.clone();
        change(&mut kept);
        fs::write(&file, kept.to_string()).unwrap();
        with(&["--compare", "first-1.0"])
    };
    let elsewhere = changed(&|kept| kept["machine"]["processors"] = 1_000.into()).ends(0);
    let elsewhere = elsewhere.says(&["it is from another machine (processors 1000 then, "]);
    assert!(elsewhere.stdout.lines().nth(2).unwrap().contains(",not compared,"), "{}", elsewhere.stdout);
    changed(&|kept| kept["settings"] = "--workers 9".into())
        .ends(0)
        .says(&["Settings differ: --workers 9 then, none now."]);
    changed(&|kept| kept["format"] = 99.into()).ends(2).says(&["is not a result that this version can read"]);
    fs::write(&file, "{").unwrap();
    with(&["--compare", "first-1.0"]).ends(2).says(&["is not a result that this version can read"]);
    with(&["--compare", "second"]).ends(2).says(&["there is no saved result `second`\n  There are: first-1.0."]);
}

#[test]
fn names_stay_in_their_folder() {
    let here = folder();
    let here = here.path();
    for name in ["../x", "/etc/passwd", "a/b", "..", ".hidden", ""] {
        for flag in ["--save", "--compare"] {
            let refused = say(here, &["count", flag, name]).ends(2);
            assert!(refused.stderr.contains("can't be the name of a result"), "{name:?}: {}", refused.stderr);
        }
    }
    assert_eq!(names(here), ["tmp"]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("t.csv"), "id,fare\n1,2\n").unwrap();
    let table: [(&[&str], &str); 16] = [
        (&["csv_ndjson"], "there is no workload `csv_ndjson`; did you mean `csv-ndjson`?\n  There are: csv-ndjson, "),
        (&["--runs", "0"], "--runs: there can be 1 to 1000"),
        (&["--time-limit", "5"], "--time-limit: `5` is not a time"),
        (&["--size", "a lot"], "--size"),
        (&["--discard"], "`--discard` has no effect"),
        (&["--select", "a"], "`--select` has no effect"),
        (&["--label", "a"], "--label: 1 name for 0 commands"),
        (&["--against", " "], "--against: the command is empty"),
        (&["--input", "t.xyz"], "--input t.xyz: the extension does not say the format"),
        (&["--input", "t.csv", "--size", "1MB"], "can't be given together"),
        (&["ndjson-csv", "--input", "t.csv"], "the workload ndjson-csv reads ndjson, and the input is csv"),
        (&["select", "--input", "t.csv"], "the workload select does not know your data\n  Give --select FIELDS."),
        (&["filter", "--input", "t.csv", "--set", "x=1"], "does not know your data\n  Give --where EXPR."),
        (&["--where", "id > 1"], "`--where` has no effect"),
        (&["csv-ndjson", "--input", "t.csv", "-s", "id"], "no workload chooses fields"),
        (&["-o", "t.csv"], "t.csv exists already\n  Give --force"),
    ];
    for (arguments, message) in table {
        say(here, arguments).ends(2).says(&[message]);
    }
    say(here, &["--input", "missing.csv"]).ends(3).says(&["can't read missing.csv"]);
    say(here, &["--size", "900TB"]).ends(3).says(&["are needed for data and outputs, and ", "--dir"]);
    say(here, &["select", "--size", "9KB", "--memory-limit", "1KB"])
        .ends(3)
        .says(&["can't run pagemill", "--memory-limit"]);
}

#[test]
fn a_file_of_ones_own_is_read() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("it's a.csv"), "id,fare\n1,2\n3,4\n").unwrap();
    let run = |more: &[&str]| {
        let ran = say(here, &[&["--input", "it's a.csv", "-t", "json", "-q", "--runs", "1"], more].concat()).ends(0);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["results"].as_array().unwrap().clone()
    };
    let all: Vec<Value> = run(&[]).iter().map(|row| row["workload"].clone()).collect();
    assert_eq!(all, ["csv-ndjson", "csv-tsv", "csv-csv", "stats", "count", "count-records"]);
    let rows = run(&["select", "-s", "fare", "--against", "cut -d, -f2 {in}", "--against", "cut -d, -f1"]);
    assert_eq!((&rows[1]["output"], rows[0]["records"].as_u64()), (&"same".into(), Some(2)));
    let rows = run(&["filter", "--where", "fare > 2", "--against", "grep -v ^1 {in}"]);
    assert_eq!((&rows[1]["output"], rows[0]["records"].as_u64()), (&"same".into(), Some(2)));
    let rows = run(&["set", "--set", "x=fare*2", "--against", "sed '1s/$/,x/;2s/$/,4/;3s/$/,8/' {in}"]);
    assert_eq!(rows[1]["output"], "same");
    let rows = run(&["select", "-s", "fare", "--against", "cut -d, -f2 {in}", "--against", "cut -d, -f1"]);
    assert_eq!(rows[2]["output"], "different: in record 1 `fare` is 2 here and empty or absent there");
    assert_eq!(read(here, "it's a.csv"), "id,fare\n1,2\n3,4\n");
    // A profile may say what its extension means.
    fs::rename(here.join("it's a.csv"), here.join("a.dat")).unwrap();
    fs::write(here.join("pagemill.toml"), "[profile.odd]\nextensions = { dat = \"csv\" }\n").unwrap();
    let ran = say(here, &["count-records", "--input", "a.dat", "--profile", "odd", "-t", "json", "-q", "--runs", "1"])
        .ends(0);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["results"][0]["records"].as_u64(), Some(2));
}

#[test]
fn reports_are_well_formed() {
    let here = folder();
    let here = here.path();
    let small = ["count", "--size", "9KB", "--runs", "2", "-q", "--against", "wc -lwmc {in}", "--label", "<b>&\"x\""];
    for name in ["r.html", "r.svg", "r.csv", "r.tsv", "r.ndjson"] {
        say(here, &[&small[..], &["-o", name]].concat()).ends(0);
    }
    let page = read(here, "r.html");
    assert!(page.starts_with("<!doctype html>") && !page.contains("<b>") && !page.contains("<script"), "{page}");
    assert!(page.contains("&lt;b&gt;&amp;&quot;x&quot;") && page.contains("prefers-color-scheme"));
    assert!(
        !page.contains("http:") || page.matches("http:").count() == page.matches("http://www.w3.org/2000/svg").count()
    );
    is_well_formed(
        page.split_once("<meta ").unwrap().1.split_once("\n<title>").unwrap().1.split_once("</title>\n").unwrap().1,
    );
    is_well_formed(&read(here, "r.svg"));
    assert_eq!(read(here, "r.svg").matches("<circle").count(), 4 + 2);
    assert_eq!(read(here, "r.csv").lines().count(), 3);
    assert_eq!(read(here, "r.tsv").lines().next().unwrap().split('\t').count(), 22);
    say(here, &[&small[..], &["-o", "r.xyz"]].concat()).ends(2).says(&["the extension .xyz says no format"]);
    let list = say(here, &["--list", "-t", "csv"]).ends(0).stdout;
    assert!(list.starts_with("workload,reads,writes,about\ncsv-ndjson,csv,ndjson,"), "{list}");
}

/// Every tag that begins ends, in order.
fn is_well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("<{part}"));
        let name = tag.split([' ', '/']).next().unwrap();
        match tag.strip_prefix('/') {
            // The page's own frame begins before the text.
            Some(name) if ["head", "body", "html"].contains(&name) => {}
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag}"),
            None if tag.ends_with('/') || ["body"].contains(&name) => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, [] as [&str; 0]);
}

/// A benchmark whose other program runs, and the number of that, which it writes to a file.
fn running(here: &Path, program: &str) -> (Child, libc::pid_t) {
    let arguments = ["count", "--size", "9KB", "--against", program];
    let mut command = bench(here, &arguments);
    // What was ignored from the start, as below `nohup`, stays ignored; here every signal is to be heard.
    // SAFETY: `signal` may be called between fork and exec.
    unsafe {
        command.pre_exec(|| {
            for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT] {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        })
    };
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let number = here.join("number");
    let started = Instant::now();
    let process = loop {
        match fs::read_to_string(&number).ok().and_then(|text| text.trim().parse().ok()) {
            Some(process) => break process,
            None => assert!(started.elapsed() < Duration::from_secs(60), "the program did not start"),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    (child, process)
}

/// It may take a moment until the system has ended a process.
fn is_gone(process: libc::pid_t) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(30) {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let is_zombie = stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'));
        // SAFETY: signal 0 only asks whether there is such a process.
        if is_zombie || unsafe { libc::kill(process, 0) } != 0 {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

/// A program that takes no notice of being asked, below a shell that does.
const STUBBORN: &str =
    "(trap '' TERM INT HUP QUIT; sh -c 'echo $PPID' > number; while :; do sleep 1; done) & wait; wait";

#[test]
fn a_signal_ends_everything() {
    for (signal, code) in [(libc::SIGINT, 130), (libc::SIGTERM, 143), (libc::SIGHUP, 143), (libc::SIGQUIT, 143)] {
        let here = folder();
        let here = here.path();
        let (mut child, process) = running(here, "echo $$ > number; exec sleep 100");
        send(&child, signal);
        let status = ends_within(&mut child, Duration::from_secs(60));
        assert_eq!(status.code(), Some(code), "{signal}");
        assert_eq!(names(&here.join("tmp")), [] as [&str; 0], "{signal}");
        assert!(is_gone(process), "after {signal} the program still runs");
    }
}

/// The first one gives it time to end well; the second one doesn't.
#[test]
fn a_second_signal_leaves_no_process() {
    let here = folder();
    let here = here.path();
    let (mut child, process) = running(here, STUBBORN);
    send(&child, libc::SIGTERM);
    // One that comes at once is taken for the same.
    std::thread::sleep(Duration::from_millis(80));
    send(&child, libc::SIGTERM);
    assert_eq!(ends_within(&mut child, Duration::from_secs(60)).code(), Some(143));
    assert!(is_gone(process), "the program still runs");
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_benchmark_leaves_no_program() {
    let here = folder();
    let here = here.path();
    let (mut child, process) = running(here, "echo $$ > number; exec sleep 100");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_gone(process), "the program still runs");
}

/// Some parents leave it so: the system then forgets children that have ended.
#[test]
fn a_parent_may_have_ignored_its_children() {
    let here = folder();
    let mut bench = bench(here.path(), &["count", "--size", "9KB", "--runs", "1", "--against", "wc {in}"]);
    // SAFETY: the call may be made between fork and exec.
    unsafe {
        bench.pre_exec(|| {
            libc::signal(libc::SIGCHLD, libc::SIG_IGN);
            Ok(())
        });
    }
    ran(bench.output().unwrap()).ends(0);
}

/// Programs of others see no secrets.
#[test]
fn secrets_are_not_handed_on() {
    let here = folder();
    let here = here.path();
    let mut bench = bench(here, &["count", "--size", "9KB", "--runs", "1", "--against", "env > seen; wc {in}"]);
    let secrets = ["PAGEMILL_DASHBOARD_TOKEN", "OTEL_EXPORTER_OTLP_HEADERS"];
    secrets.iter().for_each(|name| _ = bench.env(name, "a=secret"));
    ran(bench.env("OTHER", "seen").output().unwrap()).ends(0);
    let seen = read(here, "seen");
    assert!(seen.contains("OTHER=seen") && !seen.contains("secret"), "{seen}");
}

//! What is shown while the command runs: a bar, a block, plain lines, a file of metrics.
#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use pagemill::monitor::{About, Exposition, Moment};

use crate::support::missing::left_out;
use crate::support::terminal::Terminal;
use crate::support::{command, folder, names, run};

/// 3.6 MB of CSV, which is more than a pipe takes: 200,200 records, 200 of which are bad.
fn input(here: &Path) {
    let text: String =
        (0..200_000).map(|n| format!("{n:07},some text\n{}", if n % 1000 == 999 { "bad\n" } else { "" })).collect();
    fs::write(here.join("a.csv"), format!("id,text\n{text}")).unwrap();
}

/// Starts a conversion whose output nobody reads yet: it stands still until somebody does.
fn stuck(here: &Path, terminal: &Terminal, flags: &[&str]) -> (Child, ChildStdout) {
    let mut command = command(here);
    command.args(["convert", "a.csv", "-t", "ndjson", "--on-error", "skip"]).args(flags);
    command.env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
    let mut child = command.stdout(Stdio::piped()).stderr(terminal.stream()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    (child, stdout)
}

/// Reads the output, and gives what is on the terminal at the end.
fn finish(terminal: Terminal, (mut child, mut stdout): (Child, ChildStdout)) -> (Vec<String>, Vec<u8>) {
    let mut output = Vec::new();
    stdout.read_to_end(&mut output).unwrap();
    assert_eq!(output.iter().filter(|byte| **byte == b'\n').count(), 200_000);
    assert!(!output.contains(&0x1b), "nothing is drawn on standard output");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    terminal.ends()
}

/// The bad records, as a warning reports them.
const WARNING: &str = "pagemill: warning: 200 bad records (800 bytes) were left out";

#[test]
fn a_terminal_shows_a_bar_until_the_end() {
    let here = folder();
    input(here.path());
    for (columns, width) in [(120, 10), (80, 10), (50, 8)] {
        let terminal = Terminal::new(columns, 24);
        let run = stuck(here.path(), &terminal, &[]);
        let lines = terminal.waits_for(|lines| !lines.is_empty());
        let bar = &lines[0];
        let (share, rest) = bar.split_once("% [").unwrap_or_else(|| panic!("no bar: {bar}"));
        let (filled, rest) = rest.split_once("] ").unwrap();
        assert!(share.parse::<u8>().is_ok_and(|share| share < 100) && filled.len() == width, "{bar}");
        assert!(filled.trim_start_matches('#').trim_start_matches('-').is_empty(), "{bar}");
        assert!(rest.contains("/3.6 MB") && rest.contains("B/s"), "{bar}");
        assert_eq!(rest.contains("/100 MB"), columns >= 80, "{bar}");
        // The bar is gone before anything else is said.
        let (lines, _) = finish(terminal, run);
        assert_eq!(lines.concat(), WARNING);
    }
}

#[test]
fn a_block_stays_above_the_summary() {
    let here = folder();
    input(here.path());
    let terminal = Terminal::new(80, 40);
    let run = stuck(here.path(), &terminal, &["--monitor", "-v"]);
    // The first block may come before the run has begun.
    let is_running = |lines: &[String]| lines.first().is_some_and(|line| line.contains(" running "));
    let moving = terminal.waits_for(|lines| is_running(lines) && lines.iter().any(|line| line.starts_with("workers ")));
    assert!(moving[0].starts_with("a.csv → standard output "), "{moving:#?}");
    let (lines, raw) = finish(terminal, run);
    assert!(raw.windows(3).any(|bytes| bytes == b"\x1b[K"), "it was drawn in place");
    assert!(lines[0].starts_with("a.csv → standard output ") && lines[0].contains(" done "), "{lines:#?}");
    assert_eq!(lines[1], format!("[{}]  100.0 %", "#".repeat(50)));
    let place = |start: &str| {
        lines.iter().position(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {lines:#?}"))
    };
    let places =
        ["read ", "written ", "records ", "memory ", "latency ", "bad ", WARNING, "  converted  3.60"].map(place);
    assert!(places.is_sorted(), "{lines:#?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("read ")).count(), 1, "one block: {lines:#?}");
}

#[test]
fn a_block_has_the_largest_groups_so_far() {
    let here = folder();
    for (flags, title) in [
        (&["--window", "1m", "--time-field", "at"][..], Some("from 1970-01-01T00:01:00Z to 1970-01-01T00:02:00Z")),
        (&["--emit", "1h"], None),
    ] {
        let terminal = Terminal::new(100, 40);
        let mut command = command(here.path());
        command
            .args(["aggregate", "-", "-f", "csv", "--by", "k", "--agg", "n=count(),s=sum(x)", "--monitor"])
            .args(flags);
        command.env("TERM", "xterm").env("LC_ALL", "C.UTF-8").stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.stderr(terminal.stream()).spawn().unwrap();
        drop(command);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"at,k,x\n60,a,1\n61,b,2\n62,b,3\n63,c,4\n").unwrap();
        let shown = terminal.waits_for(|lines| lines.iter().any(|line| line.ends_with("a   n 1")));
        let first = shown.iter().position(|line| line.starts_with("groups ")).unwrap();
        let groups: Vec<&str> = shown[first..].iter().map(|line| line.trim_start_matches("groups").trim()).collect();
        let wanted: Vec<&str> = title.into_iter().chain(["b   n 2", "a   n 1", "c   n 1"]).collect();
        assert_eq!(groups[..wanted.len()], wanted);
        drop(stdin);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn without_utf8_a_block_is_ascii() {
    let here = folder();
    input(here.path());
    let terminal = Terminal::new(60, 40);
    let mut command = command(here.path());
    command.args(["convert", "a.csv", "-o", "a.ndjson", "--on-error", "skip", "--monitor"]);
    command.env("TERM", "xterm").env("LC_ALL", "C").stdout(Stdio::null()).stderr(terminal.stream());
    assert_eq!(command.status().unwrap().code(), Some(0));
    drop(command);
    let (lines, raw) = terminal.ends();
    assert!(lines[0].starts_with("a.csv -> a.ndjson ") && raw.is_ascii(), "{lines:#?}");
}

#[test]
fn what_can_not_redraw_gets_lines_if_they_are_asked_for() {
    let here = folder();
    input(here.path());
    let convert = |flags: &[&str], term: &str, stdout_too: bool| {
        let terminal = Terminal::new(200, 24);
        let mut command = command(here.path());
        command.args(["convert", "a.csv", "--on-error", "skip", "-q"]).args(flags);
        command.env("TERM", term).env("NO_COLOR", "1").stderr(terminal.stream());
        if stdout_too {
            command.args(["-t", "ndjson", "--select", "id"]).stdout(terminal.stream());
        } else {
            command.args(["-o", "out.ndjson", "--force"]).stdout(Stdio::null());
        }
        assert_eq!(command.status().unwrap().code(), Some(0));
        drop(command);
        String::from_utf8(terminal.ends().1).unwrap()
    };
    assert_eq!(convert(&[], "dumb", false), "");
    let line = convert(&["--monitor"], "dumb", false);
    assert!(
        line.starts_with("pagemill: 0:0") && line.contains("  done  3.6 MB read, ") && line.lines().count() == 1,
        "{line}"
    );
    assert!(!line.contains('\x1b'));
    // Records go to the same terminal.
    let mixed = convert(&["--monitor"], "xterm", true);
    assert!(!mixed.contains('\x1b') && mixed.contains("  done  3.6 MB read, "));
}

#[test]
fn what_is_no_terminal_gets_nothing_unless_it_is_asked_for() {
    let here = folder();
    input(here.path());
    let line = |flags: &str| {
        let mut line = vec!["convert", "a.csv", "-o", "a.ndjson", "--force", "--on-error", "skip"];
        line.extend(flags.split_whitespace());
        run(here.path(), line).ends(0).stderr
    };
    assert_eq!(line(""), format!("{WARNING}\n"));
    assert_eq!(line("-q"), "");
    assert_eq!(line("--progress none"), format!("{WARNING}\n"));
    for asked in ["--progress plain", "--monitor", "--monitor --progress plain"] {
        let said = line(asked);
        let (first, rest) = said.split_once('\n').unwrap();
        assert!(first.starts_with("pagemill: 0:") && first.contains("  done  3.6 MB read, "), "{said}");
        assert!(first.contains(" written, 200,200 records (200 bad), ") && first.contains(" of 100 MB"), "{said}");
        assert_eq!(rest, format!("{WARNING}\n"));
        assert_eq!(line(&format!("{asked} -q")).lines().count(), 1, "what is named is not silenced");
    }
    run(here.path(), ["convert", "a.csv", "--progress", "sometimes"]).ends(2).says(&["--progress", "plain"]);
}

#[test]
fn counts_and_many_inputs_are_watched_too() {
    let here = folder();
    input(here.path());
    fs::copy(here.path().join("a.csv"), here.path().join("b.csv")).unwrap();
    let ran = run(here.path(), ["count", "a.csv", "b.csv", "--progress", "plain"]).ends(0);
    assert!(ran.stderr.contains("  done  7.2 MB read, "), "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 3);
    let many = ["convert", "a.csv", "b.csv", "-o", "c.ndjson", "--on-error", "skip", "-q", "--progress", "plain"];
    let ran = run(here.path(), many).ends(0);
    assert!(ran.stderr.contains("  done  7.2 MB read, ") && ran.stderr.contains(" 400,400 records"), "{}", ran.stderr);
    let failed = run(here.path(), ["convert", "a.csv", "-o", "d.ndjson", "--progress", "plain"]).ends(1);
    assert!(failed.stderr.starts_with("pagemill: 0:0") && failed.stderr.contains("  failed  "), "{}", failed.stderr);
}

/// What the metrics of a run end with is what its report says, whatever the command.
#[test]
fn metrics_are_those_of_the_report() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a,b\n1,2\n3,4\n1,6\n").unwrap();
    fs::write(here.join("b.csv"), "a,b\n5,6\n").unwrap();
    for command in [
        "convert IN -o o.ndjson",
        "convert IN --out-dir out -t ndjson.gz",
        "head IN -n 2 -o o.csv",
        "split IN --by a -o p/{part}.csv",
        "split IN --records 1 -o p/{part}.csv.gz",
        "sort IN --by a -o o.csv",
        "aggregate IN --by a --agg n=count() -o o.csv",
        "stats IN -o o.csv",
        "count -r IN",
        "count -r IN --io read",
        "count -r IN --on-error skip",
        "count -f csv IN",
        "audit IN -t ndjson",
    ] {
        for inputs in ["a.csv", "a.csv b.csv"] {
            if command.contains("out-dir") && inputs == "a.csv" {
                continue;
            }
            let line = command.replace("IN", inputs).replace("-t ndjson.gz", "-t ndjson --compress gzip");
            let more = ["--force", "-q", "--metrics-file", "m.prom", "--report", "r.json"];
            run(here, line.split(' ').chain(more)).ends(0);
            let metrics = fs::read_to_string(here.join("m.prom")).unwrap();
            let report: serde_json::Value =
                serde_json::from_str(&fs::read_to_string(here.join("r.json")).unwrap()).unwrap();
            for (metric, key) in [
                ("read_bytes", "bytes_in"),
                ("written_bytes", "bytes_out"),
                ("records_read", "records_in"),
                ("records_written", "records_out"),
                ("records_filtered", "records_filtered"),
            ] {
                let said = format!("pagemill_{metric}_total {}", report[key]);
                assert!(metrics.lines().any(|other| other == said), "{line}: {said} is not in\n{metrics}");
            }
        }
    }
}

#[test]
fn metrics_go_to_a_file() {
    let here = folder();
    let here = here.path();
    input(here);
    let convert = |more: &[&str]| {
        let line = ["convert", "a.csv", "-o", "a.ndjson", "--on-error", "skip", "--force", "-q"];
        run(here, line.iter().chain(more))
    };
    fs::write(here.join("m.prom"), "# HELP old metrics\n").unwrap();
    convert(&["--metrics-file", "m.prom"]).ends(0);
    let text = fs::read_to_string(here.join("m.prom")).unwrap();
    for line in [
        "pagemill_run_state{state=\"done\"} 1",
        "pagemill_records_read_total 200200",
        "pagemill_records_bad_total{reason=\"fields\"} 200",
        "pagemill_record_latency_seconds_count 200200",
        "pagemill_memory_limit_bytes 100000000",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
    assert_eq!(names(here), ["a.csv", "a.ndjson", "m.prom"], "no temporary file stays");
    // Of compressed targets, what they take.
    for target in ["a.ndjson.gz", "two.ndjson.zst"] {
        let sources = if target.starts_with("two") { &["a.csv", "a.csv"][..] } else { &["a.csv"] };
        let more = ["-o", target, "--on-error", "skip", "-q", "--metrics-file", "m.prom"];
        run(here, [&["convert"], sources, &more].concat()).ends(0);
        let size = fs::metadata(here.join(target)).unwrap().len();
        let text = fs::read_to_string(here.join("m.prom")).unwrap();
        assert!(text.contains(&format!("pagemill_written_bytes_total {size}\n")), "{size} is not in\n{text}");
        fs::remove_file(here.join(target)).unwrap();
    }
    // A run does not fail for it, and nothing that is read or written is replaced by it.
    convert(&["--metrics-file", "none/m.prom"]).ends(0).says(&["warning: --metrics-file: can't write none/m.prom"]);
    for taken in ["a.csv", "a.ndjson"] {
        convert(&["--metrics-file", taken]).ends(2).says(&["--metrics-file: ", "is also read or written by the job"]);
    }
    convert(&["--metrics-file", "-"]).ends(2).says(&["metrics can't go to standard output"]);
    run(here, ["count", "a.csv", "--metrics-file", "a.csv"]).ends(2).says(&["--metrics-file: a.csv is also read"]);
}

/// Reads a text in each format with the parsers of Prometheus, and prints what it found.
const PARSER: &str = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus
for parse, name in zip([prometheus, open_metrics], sys.argv[1:]):
    for family in parse(open(name).read()):
        for sample in family.samples:
            print(family.type, family.unit or '-', sample.name, float(sample.value))
";

#[test]
fn the_official_parser_reads_the_metrics() {
    let python = std::env::var("PAGEMILL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import prometheus_client"]).output();
    if !has.is_ok_and(|ran| ran.status.success()) {
        return left_out("prometheus_client", "Python has no such module; PAGEMILL_PYTHON may name one that has");
    }
    let here = folder();
    input(here.path());
    let line = ["convert", "a.csv", "-o", "a.ndjson", "--on-error", "skip", "-q", "--metrics-file", "m.prom"];
    run(here.path(), line).ends(0);
    let open = Exposition::OpenMetrics.text(&About::default(), &Moment::default());
    fs::write(here.path().join("m.open"), open).unwrap();
    let ran = Command::new(&python).args(["-c", PARSER, "m.prom", "m.open"]).current_dir(here.path()).output().unwrap();
    let found = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    for line in [
        "counter - pagemill_read_bytes_total 3600808.0",
        "counter - pagemill_records_read_total 200200.0",
        "histogram - pagemill_record_latency_seconds_count 200200.0",
        "gauge - pagemill_run_state 1.0",
        "gauge - process_open_fds ",
        // Only OpenMetrics has units and infos.
        "counter bytes pagemill_read_bytes_total 0.0",
        "histogram seconds pagemill_record_latency_seconds_sum 0.0",
        "info - pagemill_build_info 1.0",
    ] {
        assert!(found.lines().any(|other| other.starts_with(line)), "{line} is not in\n{found}");
    }
}

#[test]
fn generated_data_has_progress_too() {
    let here = folder();
    let here = here.path();
    run(here, ["generate", "--size", "200kB", "-o", "a.csv", "--progress", "plain"])
        .ends(0)
        .says(&["pagemill: 0:00  done  ", " written, "]);
    let quiet = run(here, ["generate", "--size", "200kB", "-o", "b.csv"]).ends(0);
    assert_eq!(quiet.stderr, "", "nothing in a log");
    let terminal = Terminal::new(80, 40);
    let mut command = command(here);
    command.args(["generate", "--size", "100MB", "-t", "csv", "--monitor"]);
    command.env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
    let mut child = command.stdout(Stdio::piped()).stderr(terminal.stream()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    // It stands still: nobody reads it.
    let is_written = |line: &String| line.starts_with("written ") && line.ends_with(" of 100.0 MB");
    let lines = terminal.waits_for(|lines| lines.iter().any(is_written));
    assert!(
        lines[0].starts_with("standard output ") && lines.iter().all(|line| !line.starts_with("read ")),
        "{lines:#?}"
    );
    crate::support::process::send(&child, libc::SIGUSR1);
    let said = terminal.waits_for(|lines| lines.iter().any(|line| line.contains(" of 100 MB written (")));
    assert!(!said.is_empty());
    std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn metrics_take_the_place_of_metrics_only() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    fs::write(here.join("precious.txt"), "not metrics").unwrap();
    run(here, ["convert", "a.csv", "-t", "ndjson", "--metrics-file", "precious.txt"])
        .ends(2)
        .says(&["precious.txt exists, and does not hold metrics"]);
    assert_eq!(fs::read_to_string(here.join("precious.txt")).unwrap(), "not metrics");
    // Nothing, an empty file, metrics; a link stays a link, and a device a device.
    fs::write(here.join("empty"), "").unwrap();
    std::os::unix::fs::symlink("empty", here.join("link")).unwrap();
    for name in ["new.prom", "empty", "new.prom", "link", "/dev/null"] {
        run(here, ["convert", "a.csv", "-t", "ndjson", "--metrics-file", name]).ends(0);
    }
    assert!(here.join("link").is_symlink() && fs::read(here.join("empty")).unwrap().starts_with(b"# HELP pagemill_"));
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

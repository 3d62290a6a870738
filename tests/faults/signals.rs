//! Signals, sent to the real binary while it works and while it waits.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::process::{Random, collect, ends_within, fifo, said, send, table};
use crate::support::{command, folder, names};
use libc::{SIGINT, SIGTERM, SIGUSR1};
use pagemill::error::ErrorClass;
use pagemill::{Format, Job, Progress, SourceSpec, Stop, TargetSpec};

/// A second is promised; other tests may take the processor meanwhile.
const SOON: Duration = Duration::from_millis(2500);

fn code(signal: i32) -> Option<i32> {
    Some(128 + signal)
}

fn spawn(folder: &std::path::Path, arguments: &[&str], stdin: Stdio, stdout: Stdio) -> Child {
    command(folder).args(arguments).stdin(stdin).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until a process has set up its signals: it ignores SIGXFSZ then.
fn ready(child: &Child) {
    let path = format!("/proc/{}/status", child.id());
    for _ in 0..5000 {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:\t"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0);
        if ignored >> (libc::SIGXFSZ - 1) & 1 == 1 {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("signals are not handled");
}

/// Waits for the end that a signal asked for.
#[track_caller]
fn ended(child: &mut Child, signal: i32) {
    let started = Instant::now();
    let status = ends_within(child, Duration::from_secs(20));
    assert_eq!(status.code(), code(signal), "{status}");
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

#[test]
fn file_to_file_at_random_moments() {
    let here = folder();
    let (csv, expected) = table(12_000_000);
    fs::write(here.path().join("a.csv"), csv).unwrap();
    let (mut random, mut stopped) = (Random(3), 0);
    for number in 0..24 {
        let (signal, workers) = ([SIGINT, SIGTERM][number % 2], ["1", "2"][number / 2 % 2]);
        let arguments = ["convert", "a.csv", "-o", "a.ndjson", "-j", workers];
        let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::null());
        let err = said(&mut child);
        ready(&child);
        thread::sleep(Duration::from_micros(random.below(120_000)));
        send(&child, signal);
        let sent = Instant::now();
        let status = ends_within(&mut child, Duration::from_secs(20));
        let err = err.join().unwrap();
        if status.code() == Some(0) {
            // The signal came after the last slice.
            assert!(fs::read(here.path().join("a.ndjson")).unwrap() == expected);
            fs::remove_file(here.path().join("a.ndjson")).unwrap();
        } else {
            stopped += 1;
            assert_eq!(status.code(), code(signal), "{err}");
            assert!(sent.elapsed() < SOON, "{:?}", sent.elapsed());
            assert!(err.contains(if signal == SIGINT { "SIGINT" } else { "SIGTERM" }), "{err}");
        }
        assert_eq!(names(here.path()), ["a.csv"]);
    }
    assert!(stopped > 0);
}

/// Slices in flight are finished: a reader that keeps up gets whole records up to where the message says it stopped.
#[test]
fn what_was_begun_is_finished() {
    let here = folder();
    let (csv, expected) = table(30_000_000);
    fs::write(here.path().join("a.csv"), csv).unwrap();
    let mut random = Random(5);
    let mut stopped = 0;
    for number in 0..10 {
        let arguments = ["convert", "a.csv", "-t", "ndjson", "-j", ["1", "2"][number % 2]];
        let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::piped());
        let (out, err) = (collect(child.stdout.take().unwrap()), said(&mut child));
        ready(&child);
        thread::sleep(Duration::from_micros(random.below(100_000)));
        send(&child, SIGTERM);
        let status = ends_within(&mut child, Duration::from_secs(20));
        let (out, err) = (out.join().unwrap(), err.join().unwrap());
        assert!(expected.starts_with(&out), "{} bytes", out.len());
        if status.code() == Some(0) {
            assert_eq!(out.len(), expected.len());
            continue;
        }
        assert_eq!(status.code(), code(SIGTERM));
        if let Some((_, rest)) = err.split_once("after ") {
            stopped += 1;
            let records: usize = rest.split_whitespace().next().unwrap().replace(',', "").parse().unwrap();
            assert_eq!(out.iter().filter(|&&byte| byte == b'\n').count(), records, "{err}");
            assert!(out.is_empty() || out.ends_with(b"\n"));
        }
    }
    assert!(stopped > 0);
}

#[test]
fn a_reader_that_is_slow() {
    let here = folder();
    let (csv, expected) = table(12_000_000);
    fs::write(here.path().join("a.csv"), csv).unwrap();
    for (number, signal) in [SIGINT, SIGTERM, SIGINT, SIGTERM].into_iter().enumerate() {
        let arguments = ["convert", "a.csv", "-t", "ndjson", "-j", ["1", "2"][number / 2]];
        let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::piped());
        let mut out = child.stdout.take().unwrap();
        let err = said(&mut child);
        ready(&child);
        // Reads a little, or nothing at all.
        let mut some = vec![0; 5000 * (number % 2)];
        out.read_exact(&mut some).unwrap();
        thread::sleep(Duration::from_millis(50));
        send(&child, signal);
        ended(&mut child, signal);
        out.read_to_end(&mut some).unwrap();
        assert!(expected.starts_with(&some));
        assert!(err.join().unwrap().contains("SIG"));
    }
}

#[test]
fn a_fifo_that_says_nothing() {
    let here = folder();
    let path = here.path().join("in.csv");
    fifo(&path);
    let head = table(500_000).0;
    for (number, signal) in [SIGINT, SIGTERM, SIGINT, SIGTERM, SIGINT].into_iter().enumerate() {
        let workers = ["1", "2"][number % 2];
        let arguments = ["convert", "in.csv", "-o", "out.ndjson", "-j", workers, "--slice-size", "16KiB"];
        let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::null());
        let err = said(&mut child);
        ready(&child);
        // Nobody opens it; somebody does and says nothing; a part of the input comes.
        let writer = (number > 0).then(|| File::options().write(true).open(&path).unwrap());
        if let (Some(mut writer), true) = (writer.as_ref(), number > 1) {
            writer.write_all(&head).unwrap();
        }
        thread::sleep(Duration::from_millis(100));
        send(&child, signal);
        ended(&mut child, signal);
        // Woken, not ended by the deadline.
        let err = err.join().unwrap();
        assert!(err.contains("stopped") && err.contains("SIG"), "{err}");
        assert_eq!(names(here.path()), ["in.csv"]);
    }
}

#[test]
fn a_fifo_that_nobody_reads() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a\n1\n").unwrap();
    let path = here.path().join("out");
    fifo(&path);
    let arguments = ["convert", "a.csv", "-t", "ndjson", "-o", "out"];
    let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::null());
    ready(&child);
    thread::sleep(Duration::from_millis(50));
    send(&child, SIGTERM);
    ended(&mut child, SIGTERM);
    // With a reader it arrives.
    let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::null());
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n");
    assert_eq!(ends_within(&mut child, Duration::from_secs(20)).code(), Some(0));
}

#[test]
fn standard_input_that_says_nothing() {
    let here = folder();
    for arguments in
        [&["convert", "-", "-f", "csv"][..], &["count"], &["count", "-f", "csv"], &["count", "-r", "-f", "ndjson"]]
    {
        let mut child = spawn(here.path(), arguments, Stdio::piped(), Stdio::null());
        let mut stdin = child.stdin.take().unwrap();
        ready(&child);
        stdin.write_all(b"1\n2\n").unwrap();
        thread::sleep(Duration::from_millis(50));
        send(&child, SIGINT);
        ended(&mut child, SIGINT);
    }
}

/// Starts on one slice that takes many seconds, whose worker looks at nothing else meanwhile.
fn long_slice(folder: &std::path::Path) -> Child {
    fs::write(folder.join("a.txt"), "the quick brown fox ä\n".repeat(3_000_000)).unwrap();
    let ops = ["reverse"; 60].join(",");
    let size = ["--slice-size", "1GiB", "--memory-limit", "4GiB"];
    let arguments = [&["convert", "a.txt", "-o", "b.txt", "-j", "1", "--op", &ops], &size[..]].concat();
    let child = spawn(folder, &arguments, Stdio::null(), Stdio::null());
    ready(&child);
    let started = Instant::now();
    // The temporary file of b.txt.
    while !names(folder).iter().any(|name| name.starts_with(".b.txt.")) {
        assert!(started.elapsed() < Duration::from_secs(20), "no temporary file");
        thread::sleep(Duration::from_millis(1));
    }
    // Until the slice is cut, a stop would end the job before it.
    thread::sleep(Duration::from_millis(200));
    child
}

#[test]
fn one_slice_that_takes_long() {
    let here = folder();
    let mut child = long_slice(here.path());
    let err = said(&mut child);
    send(&child, SIGTERM);
    ended(&mut child, SIGTERM);
    let err = err.join().unwrap();
    assert!(err.contains("ended by SIGTERM") && err.contains("A temporary file was removed"), "{err}");
    assert_eq!(names(here.path()), ["a.txt"]);
}

#[test]
fn a_second_signal_ends_at_once() {
    let here = folder();
    fs::write(here.path().join("a.csv"), table(12_000_000).0).unwrap();
    for (first, second) in [(SIGINT, SIGINT), (SIGTERM, SIGINT), (SIGINT, SIGTERM)] {
        // A reader that reads nothing: the first signal alone would wait for it for a while.
        let mut child = spawn(here.path(), &["convert", "a.csv", "-t", "ndjson"], Stdio::null(), Stdio::piped());
        ready(&child);
        thread::sleep(Duration::from_millis(100));
        send(&child, first);
        thread::sleep(Duration::from_millis(100));
        assert!(child.try_wait().unwrap().is_none());
        send(&child, second);
        let sent = Instant::now();
        assert_eq!(ends_within(&mut child, Duration::from_secs(20)).code(), code(second));
        assert!(sent.elapsed() < Duration::from_millis(300), "{:?}", sent.elapsed());
    }
    // A temporary file is removed in the handler.
    let mut child = long_slice(here.path());
    send(&child, SIGINT);
    thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none());
    send(&child, SIGINT);
    assert_eq!(ends_within(&mut child, Duration::from_millis(600)).code(), code(SIGINT));
    assert_eq!(names(here.path()), ["a.csv", "a.txt"]);
}

#[test]
fn a_sample_is_stopped() {
    let here = folder();
    let arguments = ["sample", "--format", "csv", "--size", "500GiB", "-o", "a.csv"];
    let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::null());
    ready(&child);
    thread::sleep(Duration::from_millis(50));
    send(&child, SIGINT);
    ended(&mut child, SIGINT);
    assert!(names(here.path()).is_empty());
}

/// Nobody listens for a job over one small file: the first signal ends it, even where it waits for a reader.
#[test]
fn a_small_file_is_ended_at_once() {
    let here = folder();
    // What it becomes fills the pipe.
    fs::write(here.path().join("a.csv"), format!("{}\n{}", "a".repeat(1000), "1\n".repeat(500))).unwrap();
    let arguments = ["convert", "a.csv", "-t", "ndjson"];
    for signal in [SIGINT, SIGTERM] {
        let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::piped());
        let err = said(&mut child);
        ready(&child);
        thread::sleep(Duration::from_millis(50));
        send(&child, SIGUSR1);
        thread::sleep(Duration::from_millis(50));
        assert!(child.try_wait().unwrap().is_none());
        assert_eq!(fs::read_dir(format!("/proc/{}/task", child.id())).unwrap().count(), 1);
        send(&child, signal);
        ended(&mut child, signal);
        let expected = if signal == SIGINT { "pagemill: ended by SIGINT\n" } else { "pagemill: ended by SIGTERM\n" };
        // There is no temporary file to speak of.
        assert_eq!(err.join().unwrap(), expected);
    }
    let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::piped());
    let out = collect(child.stdout.take().unwrap());
    assert_eq!(ends_within(&mut child, Duration::from_secs(20)).code(), Some(0));
    assert_eq!(out.join().unwrap().len(), 500 * r#"{"":1}"#.len() + 500 * 1001);
}

/// Who asks for checkpoints wants to go on after a signal, also with a small file.
#[test]
fn a_small_file_with_checkpoints_is_stopped() {
    let here = folder();
    fs::write(here.path().join("a.txt"), "the quick brown fox ä\n".repeat(2500)).unwrap();
    let ops = ["reverse"; 3000].join(",");
    let arguments = ["convert", "a.txt", "-o", "b.txt", "-j", "1", "--op", &ops, "--checkpoint"];
    let mut child = spawn(here.path(), &arguments, Stdio::null(), Stdio::null());
    let err = said(&mut child);
    ready(&child);
    let listens = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
        let names = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default());
        names.into_iter().any(|name| name == "signals\n")
    };
    let heard = (0..5000).any(|_| {
        thread::sleep(Duration::from_millis(1));
        listens()
    });
    send(&child, SIGTERM);
    ends_within(&mut child, Duration::from_secs(20));
    assert!(heard, "{}", err.join().unwrap());
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    use std::os::unix::process::CommandExt;
    let here = folder();
    let mut command = command(here.path());
    command.args(["convert", "-", "-f", "csv"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    // SAFETY: nothing is called between fork and exec but signal, which may be called there.
    unsafe {
        command.pre_exec(|| {
            libc::signal(SIGINT, libc::SIG_IGN);
            Ok(())
        })
    };
    let mut child = command.spawn().unwrap();
    ready(&child);
    send(&child, SIGINT);
    thread::sleep(Duration::from_millis(50));
    child.stdin.take().unwrap().write_all(b"a\n1\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"a\n1\n".to_vec()));
}

#[test]
fn a_status_line_when_asked_for() {
    let here = folder();
    // A stream, and a file that can't go on because nobody reads.
    let mut child = spawn(
        here.path(),
        &["convert", "-", "-f", "csv", "-t", "ndjson", "--slice-size", "4KiB"],
        Stdio::piped(),
        Stdio::piped(),
    );
    let (mut stdin, mut err) = (child.stdin.take().unwrap(), BufReader::new(child.stderr.take().unwrap()));
    ready(&child);
    stdin.write_all(&table(100_000).0).unwrap();
    // Time to convert what came.
    thread::sleep(Duration::from_millis(300));
    send(&child, SIGUSR1);
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    assert!(line.starts_with("pagemill: ") && line.contains(" records, ") && line.contains("/s"), "{line}");
    assert!(!line.contains('%') && !line.contains(" 0 records,"), "{line}");
    drop(stdin);
    let out = collect(child.stdout.take().unwrap());
    assert_eq!(ends_within(&mut child, Duration::from_secs(20)).code(), Some(0));
    assert!(out.join().unwrap() == table(100_000).1);

    fs::write(here.path().join("a.csv"), table(12_000_000).0).unwrap();
    let mut child = spawn(here.path(), &["convert", "a.csv", "-t", "ndjson"], Stdio::null(), Stdio::piped());
    let mut err = BufReader::new(child.stderr.take().unwrap());
    ready(&child);
    thread::sleep(Duration::from_millis(200));
    for _ in 0..2 {
        send(&child, SIGUSR1);
        line.clear();
        err.read_line(&mut line).unwrap();
        assert!(line.contains(" of 12.0 MB read (") && line.contains(" %)"), "{line}");
    }
    send(&child, SIGTERM);
    ended(&mut child, SIGTERM);
}

/// A library user stops a job from another thread, and sees how far it is.
#[test]
fn a_stop_handle() {
    let here = folder();
    let path = here.path().join("in.csv");
    fifo(&path);
    let (stop, progress) = (Stop::new(), Progress::new());
    let out = here.path().join("out.ndjson");
    let job = Job::new(path.as_path(), out.as_path()).stop_with(&stop).watch_with(&progress).slice_size(4096);
    let running = thread::spawn(move || job.workers(2).run());
    let mut writer = File::options().write(true).open(&path).unwrap();
    writer.write_all(&table(1_200_000).0).unwrap();
    let started = Instant::now();
    while progress.snapshot().records_out == 0 {
        assert!(started.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(1));
    }
    // Time to convert everything and wait for more.
    thread::sleep(Duration::from_millis(300));
    assert!(!running.is_finished());
    stop.request();
    let started = Instant::now();
    while !running.is_finished() {
        assert!(started.elapsed() < Duration::from_secs(20), "the job was not woken");
        thread::sleep(Duration::from_millis(1));
    }
    let error = running.join().unwrap().unwrap_err();
    assert_eq!((error.class(), names(here.path())), (ErrorClass::Stopped, vec!["in.csv".to_owned()]));
    let at = error.stopped_at().unwrap();
    assert!(at.file == path && at.record > 0 && at.offset > 0 && at.record == progress.snapshot().records_in);
    // Before it begins, and after its end.
    let job = || Job::new(SourceSpec::bytes("a\n1\n"), TargetSpec::Memory).from(Format::Csv).to(Format::Ndjson);
    assert_eq!(job().stop_with(&stop).run().unwrap_err().class(), ErrorClass::Stopped);
    let late = Stop::new();
    assert_eq!(job().stop_with(&late).run().unwrap().output, b"{\"a\":1}\n");
    late.request();
}

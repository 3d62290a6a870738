//! Runs that are killed, and go on.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Instant;

use pagemill::error::ErrorClass;
use pagemill::job::Checkpoint;
use pagemill::op::Op;
use pagemill::record::{Batch, Value};
use pagemill::{Job, Stop};

use crate::support;
use crate::support::process::interrupted;
use crate::support::{command, folder, names, run};

const LAYOUT: &str = "id:u64le,time:i64le,price:f64le,quantity:u32le,active:bool,name:text24,code:bytes8,pad:skip3";

/// Source and target, and flags for both.
const FAMILIES: [(&str, &str, &[&str]); 10] = [
    ("csv", "ndjson", &[]),
    ("csv", "json", &["--op", "upper"]),
    ("ndjson", "csv", &[]),
    ("json", "json", &[]),
    // This one is of many arrays.
    ("json", "ndjson", &[]),
    ("text", "text", &["--op", "reverse"]),
    ("fixed", "csv", &["--layout", LAYOUT]),
    ("frames", "tsv", &["--on-error", "skip"]),
    ("csv", "json", &["--on-error", "quarantine"]),
    ("ndjson", "csv", &["--on-error", "quarantine", "--max-errors", "1000000"]),
];

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// How often each family is interrupted; `PAGEMILL_KILLS` asks for more.
fn kills() -> u64 {
    std::env::var("PAGEMILL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

/// Killed at random moments, with other workers, slices and limits each time, until a run comes to its end.
#[test]
fn the_bytes_are_the_same_after_kill_9() {
    let mut random = Random(2026);
    let mut went_on = 0;
    for (from, to, flags) in FAMILIES {
        let here = folder();
        run(here.path(), ["sample", "--format", from, "--size", "6MB", "-o", "source"]).ends(0);
        if (from, to) == ("json", "ndjson") {
            divide(&here.path().join("source"));
        }
        let kept = flags.contains(&"quarantine");
        if kept {
            spoil(&here.path().join("source"));
        }
        let common = ["convert", "source", "-f", from, "-t", to, "-q"];
        let started = Instant::now();
        run(here.path(), common.iter().chain(flags).chain(&["-o", "whole"])).ends(0);
        let (whole, time) = (fs::read(here.path().join("whole")).unwrap(), started.elapsed());
        let mut left = kills();
        while left > 0 {
            let _ = fs::remove_file(here.path().join("target"));
            loop {
                let mut command = command(here.path());
                command.args(common).args(flags).args(["-o", "target", "--resume", "--checkpoint-every", "100KB"]);
                command.args(["-j", random.of(&["1", "2", "3"]), "--slice-size", random.of(&["7KB", "64KB", "300KB"])]);
                command.args(["--memory-limit", random.of(&["24MB", "100MB"])]);
                let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
                if left > 0 {
                    left -= 1;
                    sleep(time.mul_f64(random.below(1200) as f64 / 1000.0));
                    child.kill().unwrap();
                }
                let status = child.wait().unwrap();
                went_on += u64::from(left > 0 && has_checkpoint(here.path()));
                if status.success() {
                    break;
                }
                assert_eq!(status.code(), None, "killed");
                if here.path().join("target").exists() {
                    // Killed when everything was done: the journal is all that is left to remove.
                    let _ = fs::remove_file(here.path().join(".target.journal.pagemill"));
                    break;
                }
            }
            assert!(fs::read(here.path().join("target")).unwrap() == whole, "{from} to {to}");
            if !kept {
                assert_eq!(names(here.path()), ["source", "target", "whole"]);
                continue;
            }
            let [kept, again] = ["whole", "target"].map(|name| here.path().join(format!("{name}.quarantine.ndjson")));
            assert!(fs::metadata(&kept).unwrap().len() > 100_000);
            assert!(fs::read(&again).unwrap() == fs::read(&kept).unwrap(), "{from} to {to}");
            fs::remove_file(again).unwrap();
            assert_eq!(names(here.path()), ["source", "target", "whole", "whole.quarantine.ndjson"]);
        }
    }
    assert!(went_on >= kills(), "{went_on} runs had something to go on with");
}

/// A share of bad records is judged over the whole input, however often a run was killed: one below the limit and one
/// above it. After a refusal there is no target, and nothing to be resumed.
#[test]
fn the_share_of_bad_records_is_that_of_all_runs() {
    let here = folder();
    let at = |name: &str| here.path().join(name);
    run(here.path(), ["sample", "--format", "csv", "--size", "6MB", "-o", "source"]).ends(0);
    spoil(&at("source"));
    let (mut random, mut went_on) = (Random(5), 0);
    // One record in 29 is bad, which is 3.45 %.
    for (share, code) in [("3.5%", 0), ("3.4%", 1)] {
        for policy in ["skip", "quarantine"] {
            let base =
                ["convert", "source", "-f", "csv", "-t", "ndjson", "-q", "--on-error", policy, "--max-errors", share];
            let started = Instant::now();
            let once = run(here.path(), base.iter().chain(&["-o", "whole"])).ends(code);
            let time = started.elapsed();
            for left in (0..=6).rev() {
                let mut command = command(here.path());
                command.args(base).args(["-o", "target", "--resume", "--checkpoint-every", "50KB"]);
                command.args(["-j", random.of(&["1", "2", "3"]), "--slice-size", random.of(&["7KB", "64KB"])]);
                let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
                let said = support::process::said(&mut child);
                if left > 0 {
                    sleep(time.mul_f64(random.below(300) as f64 / 1000.0));
                    child.kill().unwrap();
                }
                let status = child.wait().unwrap();
                went_on += u64::from(status.code().is_none() && has_checkpoint(here.path()));
                let said = said.join().unwrap();
                match status.code() {
                    // Killed when everything was done, but for the removal of the journal: once more.
                    None if at("target").exists() || at("target.quarantine.ndjson").exists() => {
                        let done = |name: &String| name.contains("target");
                        names(here.path()).iter().filter(|n| done(n)).for_each(|n| fs::remove_file(at(n)).unwrap());
                        continue;
                    }
                    None => continue,
                    Some(found) => assert_eq!(found, code, "{share} {policy}: {said}"),
                }
                // The same verdict, in the same words.
                assert_eq!(said.replace("target", "whole"), once.stderr, "{share} {policy}");
                break;
            }
            let kept: Vec<String> = names(here.path()).into_iter().filter(|name| name.starts_with('.')).collect();
            assert!(kept.is_empty(), "{share} {policy}: {kept:?}");
            // What is bad is kept as the proof of it.
            for (name, is_there) in [("", code == 0), (".quarantine.ndjson", policy == "quarantine")] {
                let [whole, target] = ["whole", "target"].map(|file| fs::read(at(&format!("{file}{name}"))).ok());
                assert!(whole == target && whole.is_some() == is_there, "{share} {policy}{name}");
            }
            for name in names(here.path()).iter().filter(|name| *name != "source") {
                fs::remove_file(at(name)).unwrap();
            }
        }
    }
    assert!(went_on > 0, "no run had something to go on with");
}

/// Makes many arrays of one.
fn divide(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let divided = lines.iter().enumerate().map(|(number, line)| match line.strip_suffix(',') {
        Some(record) if number % 50 == 7 => format!("{record}]\n\n["),
        _ => format!("{line}\n"),
    });
    fs::write(path, divided.collect::<String>()).unwrap();
}

/// Makes some records bad.
fn spoil(path: &Path) {
    let mut spoiled = Vec::new();
    for (number, line) in fs::read(path).unwrap().split_inclusive(|byte| *byte == b'\n').enumerate() {
        spoiled.extend_from_slice(&line[..line.len() - 1]);
        spoiled.extend_from_slice(if number % 29 == 3 { b",x,y\n" } else { b"\n" });
    }
    fs::write(path, spoiled).unwrap();
}

/// Whether a run left a journal with more than its beginning.
fn has_checkpoint(folder: &Path) -> bool {
    fs::read(folder.join(".target.journal.pagemill")).is_ok_and(|text| text.iter().filter(|b| **b == b'\n').count() > 1)
}

/// A signal: what is in flight is finished, and the way to go on is told.
#[test]
fn a_signal_leaves_a_checkpoint() {
    let here = folder();
    let here = here.path();
    run(here, ["sample", "--format", "csv", "--size", "20MB", "-o", "source.csv"]).ends(0);
    let convert = ["convert", "source.csv", "-o", "target.ndjson", "--checkpoint", "--checkpoint-every", "100KB"];
    let mut tries = 0;
    let output = loop {
        let child = command(here).args(convert).args(["--slice-size", "20KB"]).stderr(Stdio::piped()).spawn().unwrap();
        while !has_checkpoint_of(here, "target.ndjson") && !here.join("target.ndjson").exists() {
            std::thread::yield_now();
        }
        // A shell that starts the tests in its background has them ignore SIGINT.
        support::process::send(&child, libc::SIGTERM);
        let output = child.wait_with_output().unwrap();
        tries += 1;
        // On a busy machine the signal may come when everything is done.
        if output.status.code() != Some(0) || tries == 20 {
            break output;
        }
        fs::remove_file(here.join("target.ndjson")).unwrap();
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(143), "{said}");
    assert!(said.contains("SIGTERM") && said.contains("--resume"), "{said}");
    assert_eq!(names(here), [".target.ndjson.journal.pagemill", ".target.ndjson.part.pagemill", "source.csv"]);
    run(here, ["convert", "source.csv", "-o", "target.ndjson", "--resume"]).ends(0).says(&["resumed: "]);
    run(here, ["convert", "source.csv", "-o", "again.ndjson"]).ends(0);
    assert!(fs::read(here.join("target.ndjson")).unwrap() == fs::read(here.join("again.ndjson")).unwrap());
}

#[test]
fn what_changed_is_told() {
    let here = folder();
    let here = here.path();
    interrupted(here, "target.ndjson");
    let resume = ["convert", "source.csv", "-o", "target.ndjson", "--resume"];
    run(here, resume.iter().chain(&["--types", "text"])).ends(2).says(&[
        "can't be resumed",
        "settings",
        "Leave out --resume",
    ]);
    run(here, resume.iter().chain(&["--op", "upper"])).ends(2).says(&["can't be resumed", "--op"]);
    run(here, resume.iter().chain(&["--op", "wordcount"])).ends(2).says(&["the op `wordcount` can't be resumed"]);
    // The same length, other bytes.
    let source = fs::read(here.join("source.csv")).unwrap();
    let mut other = source.clone();
    *other.last_mut().unwrap() = b'x';
    fs::write(here.join("source.csv"), other).unwrap();
    run(here, resume).ends(2).says(&["can't be resumed", "input has changed"]);
    // Nothing was lost by refusing; a run without --resume begins anew.
    assert!(has_checkpoint_of(here, "target.ndjson"));
    fs::write(here.join("source.csv"), source).unwrap();
    run(here, ["convert", "source.csv", "-o", "target.ndjson", "--checkpoint"]).ends(0);
    run(here, ["convert", "source.csv", "-o", "again.ndjson"]).ends(0);
    assert!(fs::read(here.join("target.ndjson")).unwrap() == fs::read(here.join("again.ndjson")).unwrap());
    assert_eq!(names(here), ["again.ndjson", "source.csv", "target.ndjson"]);
}

fn has_checkpoint_of(folder: &Path, target: &str) -> bool {
    fs::metadata(folder.join(format!(".{target}.journal.pagemill"))).is_ok_and(|metadata| metadata.len() > 2000)
}

/// Output that is not what was written is not gone on with: only what is good before it.
#[test]
fn damaged_output_is_written_again() {
    let here = folder();
    let here = here.path();
    interrupted(here, "target.ndjson");
    let part = here.join(".target.ndjson.part.pagemill");
    let mut bytes = fs::read(&part).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&part, bytes).unwrap();
    run(here, ["convert", "source.csv", "-o", "target.ndjson", "--resume"]).ends(0);
    run(here, ["convert", "source.csv", "-o", "again.ndjson"]).ends(0);
    assert!(fs::read(here.join("target.ndjson")).unwrap() == fs::read(here.join("again.ndjson")).unwrap());
}

#[test]
fn a_run_that_resumes_says_so() {
    let here = folder();
    let here = here.path();
    interrupted(here, "target.ndjson");
    let ran = run(here, ["convert", "source.csv", "-o", "target.ndjson", "--resume", "-v", "--report", "report.json"]);
    let ran = ran.ends(0).says(&["resumed: "]);
    assert!(!ran.stderr.contains("resumed: 0 "));
    // The counts are those of the whole.
    let report: serde_json::Value = serde_json::from_slice(&fs::read(here.join("report.json")).unwrap()).unwrap();
    let lines = fs::read(here.join("target.ndjson")).unwrap().iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(report["records_out"], lines);
    assert_eq!(report["bytes_out"], fs::metadata(here.join("target.ndjson")).unwrap().len());
    assert!(report["resumed_from"].as_u64().unwrap() > 100_000);
}

/// A run that was killed before its first checkpoint left a journal too, but nothing to go on from.
#[test]
fn a_run_that_begins_again_says_so() {
    let here = folder();
    let here = here.path();
    interrupted(here, "target.ndjson");
    let journal = here.join(names(here).into_iter().find(|name| name.ends_with(".journal.pagemill")).unwrap());
    let whole = fs::read(&journal).unwrap();
    let begin = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    fs::write(&journal, &whole[..begin]).unwrap();
    let resumed = run(here, ["convert", "source.csv", "-o", "target.ndjson", "--resume"]).ends(0);
    resumed.says(&["nothing to resume: no checkpoint was written", "started from the beginning"]);
    run(here, ["convert", "source.csv", "-o", "plain.ndjson", "-q"]).ends(0);
    assert!(fs::read(here.join("target.ndjson")).unwrap() == fs::read(here.join("plain.ndjson")).unwrap());
}

#[test]
fn only_files_can_be_resumed() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    run(here, ["convert", "a.csv", "-t", "ndjson", "--resume"]).ends(2).says(&["`--resume` has no effect", "-o"]);
    run(here, ["convert", "a.csv", "-t", "ndjson", "-o", "/dev/null", "--checkpoint"]).ends(2);
    // Nothing to go on with is no error.
    run(here, ["convert", "a.csv", "-o", "a.ndjson", "--resume"]).ends(0);
    assert_eq!(fs::read_to_string(here.join("a.ndjson")).unwrap(), "{\"a\":1}\n");
    assert_eq!(names(here), ["a.csv", "a.ndjson"]);
    run(here, ["convert", "a.csv", "-o", "a.ndjson", "--resume"]).ends(2).says(&["exists already"]);
    assert_eq!(names(here), ["a.csv", "a.ndjson"]);
}

/// Checkpoints are written in the steady state too, where nothing is allocated.
#[test]
fn checkpoints_allocate_nothing() {
    let here = folder();
    let here = here.path();
    run(here, ["sample", "--format", "csv", "--size", "3MB", "-o", "source.csv"]).ends(0);
    let often = ["--checkpoint", "--checkpoint-every", "50KB", "--slice-size", "20KB", "-j", "2"];
    run(here, ["audit", "source.csv", "-o", "target.ndjson"].iter().chain(&often)).ends(0);
    assert!(fs::metadata(here.join("target.ndjson")).unwrap().len() > 3_000_000);
}

#[test]
fn the_source_is_not_written_onto() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    for flag in ["--checkpoint", "--resume", "-q"] {
        let onto = ["convert", "a.csv", "-o", "a.csv", "-t", "tsv", "--force", flag];
        run(here, onto).ends(2).says(&["a.csv", "source"]);
    }
    assert_eq!(fs::read_to_string(here.join("a.csv")).unwrap(), "a\n1\n");
    assert_eq!(names(here), ["a.csv"]);
}

/// A run with a quarantine that was killed in its middle.
fn interrupted_with_quarantine(here: &Path) {
    run(here, ["sample", "--format", "csv", "--size", "3MB", "-o", "source.csv"]).ends(0);
    spoil(&here.join("source.csv"));
    let whole = ["convert", "source.csv", "-o", "whole.ndjson", "--on-error", "quarantine"];
    run(here, whole).ends(0);
    loop {
        let mut command = command(here);
        command.args([
            "convert",
            "source.csv",
            "-o",
            "target.ndjson",
            "--on-error",
            "quarantine",
            "--checkpoint",
            "-q",
        ]);
        let mut child = command.args(["--checkpoint-every", "100KB", "--slice-size", "20KB"]).spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            if has_checkpoint_of(here, "target.ndjson") {
                child.kill().unwrap();
                child.wait().unwrap();
                break;
            }
        }
        let done = ["target.ndjson", "target.ndjson.quarantine.ndjson"].map(|name| fs::remove_file(here.join(name)));
        if done.iter().all(Result::is_err) {
            return;
        }
        // Killed when one of them had its name: what is left would look like a checkpoint of the next run.
        names(here)
            .iter()
            .filter(|name| name.starts_with('.'))
            .for_each(|name| fs::remove_file(here.join(name)).unwrap());
    }
}

const QUARANTINE_PART: &str = ".target.ndjson.quarantine.ndjson.part.pagemill";

fn is_whole(here: &Path) {
    for name in ["ndjson", "ndjson.quarantine.ndjson"] {
        let [whole, target] = ["whole", "target"].map(|file| fs::read(here.join(format!("{file}.{name}"))).unwrap());
        assert!(target == whole, "{name}");
    }
    let expected = [
        "source.csv",
        "target.ndjson",
        "target.ndjson.quarantine.ndjson",
        "whole.ndjson",
        "whole.ndjson.quarantine.ndjson",
    ];
    assert_eq!(names(here), expected);
}

/// A quarantine that is not what was written, or is gone, is written again.
#[test]
fn a_damaged_quarantine_is_written_again() {
    let resume = ["convert", "source.csv", "-o", "target.ndjson", "--on-error", "quarantine", "--resume"];
    for damage in ["changed", "cut", "gone", "longer"] {
        let here = folder();
        let here = here.path();
        interrupted_with_quarantine(here);
        let part = here.join(QUARANTINE_PART);
        let mut bytes = fs::read(&part).unwrap();
        match damage {
            "changed" => bytes[1000] ^= 1,
            "cut" => bytes.truncate(2000),
            "longer" => bytes.extend_from_slice(b"{\"file\":\"half of a line"),
            _ => {}
        }
        fs::write(&part, bytes).unwrap();
        if damage == "gone" {
            fs::remove_file(&part).unwrap();
        }
        let other = ["--quarantine", "other.ndjson"];
        run(here, resume.iter().chain(&other)).ends(2).says(&["can't be resumed", "--quarantine"]);
        run(here, resume.iter().chain(&["--max-errors", "5"])).ends(2).says(&["can't be resumed", "--max-errors"]);
        run(here, resume).ends(0);
        is_whole(here);
    }
}

/// The end may come between the two names: the quarantine has its own already, the target does not.
#[test]
fn a_run_that_ended_between_two_names_goes_on() {
    let here = folder();
    let here = here.path();
    interrupted_with_quarantine(here);
    let quarantine = fs::read(here.join("whole.ndjson.quarantine.ndjson")).unwrap();
    fs::remove_file(here.join(QUARANTINE_PART)).unwrap();
    fs::write(here.join("target.ndjson.quarantine.ndjson"), &quarantine).unwrap();
    let resume = ["convert", "source.csv", "-o", "target.ndjson", "--on-error", "quarantine", "--resume"];
    // As long as the journal does not say that it is this run's, it might be another one's.
    run(here, resume).ends(2).says(&["target.ndjson.quarantine.ndjson exists already"]);
    assert!(has_checkpoint_of(here, "target.ndjson"), "nothing is lost by refusing");
    let here = folder();
    let here = here.path();
    interrupted_with_quarantine(here);
    fs::remove_file(here.join(QUARANTINE_PART)).unwrap();
    fs::write(here.join("target.ndjson.quarantine.ndjson"), &quarantine).unwrap();
    says_named(here, &quarantine);
    let ran = run(here, resume).ends(0);
    assert!(ran.stderr.contains("resumed: ") && !ran.stderr.contains("resumed: 0 "), "{}", ran.stderr);
    is_whole(here);
}

/// Writes into the journal that the quarantine got its name.
fn says_named(here: &Path, quarantine: &[u8]) {
    let journal = here.join(".target.ndjson.journal.pagemill");
    let mut text = fs::read(&journal).unwrap();
    let named = format!("{{\"named\":{},\"crc\":{}}}", quarantine.len(), crc32fast::hash(quarantine));
    text.extend_from_slice(format!("{:08x} {named}\n", crc32fast::hash(named.as_bytes())).as_bytes());
    fs::write(&journal, text).unwrap();
}

/// An op with a mark that it puts in front of texts; it stops the job once it has seen enough of them.
struct Marks {
    mark: &'static [u8],
    says: Option<&'static str>,
    seen: AtomicU64,
    stop: Option<Stop>,
}

impl Op for Marks {
    fn name(&self) -> &str {
        "marks"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        for value in batch.values_mut() {
            if let Value::Text(_) = value.typed() {
                *value = Value::Text(self.mark);
            }
        }
        if self.seen.fetch_add(1, Ordering::Relaxed) > 20
            && let Some(stop) = &self.stop
        {
            stop.request();
        }
    }

    fn fingerprint(&self) -> Option<String> {
        self.says.map(str::to_owned)
    }
}

/// What an op says of itself decides whether a run can go on: another op is refused, and so is one that says nothing.
#[test]
fn another_op_is_not_gone_on_with() {
    let here = folder();
    let (source, target) = (here.path().join("a.csv"), here.path().join("b.csv"));
    let rows: String = (0..200_000).map(|row| format!("{row},text\n")).collect();
    fs::write(&source, format!("id,note\n{rows}")).unwrap();
    let job = |mark: &'static [u8], says, stop: Option<&Stop>| {
        let op = Marks { mark, says, seen: AtomicU64::new(0), stop: stop.cloned() };
        let mut job = Job::new(source.as_path(), target.as_path()).op(op);
        let settings = &mut job.settings;
        (settings.workers, settings.slice_size, settings.checkpoint_every) = (1, 20_000, 20_000);
        (settings.checkpoint, settings.stop, settings.resume) = (Checkpoint::On, stop.cloned(), stop.is_none());
        job
    };
    let stop = Stop::new();
    let error = job(b"x", Some("marks x"), Some(&stop)).run().unwrap_err();
    assert!(error.can_resume(), "{error}");
    let error = job(b"y", Some("marks y"), None).run().unwrap_err().to_string();
    assert!(error.contains("`ops`"), "{error}");
    let error = job(b"x", None, None).run().unwrap_err();
    assert_eq!(error.class(), ErrorClass::Usage);
    assert!(error.to_string().contains("a run with the op `marks` can't be resumed"), "{error}");
    let report = job(b"x", Some("marks x"), None).run().unwrap();
    assert!(report.resumed_from.is_some_and(|bytes| bytes > 0), "{:?}", report.resumed_from);
    let expected: String = (0..200_000).map(|row| format!("{row},x\n")).collect();
    assert_eq!(fs::read_to_string(&target).unwrap(), format!("id,note\n{expected}"));
}

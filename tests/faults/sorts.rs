//! Sorts that are interrupted, and go on.
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Instant;

use serde_json::Value;

use crate::support::process::{Random, send};
use crate::support::{command, feed, folder, names, ran, run};

/// Records whose keys are there several times.
fn table(records: usize, from: usize) -> String {
    let mut text = "id,k,t\n".to_owned();
    for id in from..from + records {
        let _ = writeln!(text, "{id},{},{}", id * 7919 % 1009, "x".repeat(id % 97));
    }
    text
}

/// The same in order.
fn in_order(tables: &[String]) -> String {
    let mut lines: Vec<&str> = tables.iter().flat_map(|table| table.lines().skip(1)).collect();
    lines.sort_by_key(|line| line.split(',').nth(1).unwrap().parse::<u32>().unwrap());
    format!("id,k,t\n{}\n", lines.join("\n"))
}

const SORT: [&str; 6] = ["sort", "a.csv", "--by", "k:number", "-o", "b.csv"];

/// The journal and the files of runs, beside the output.
fn left(here: &Path) -> Vec<String> {
    names(here).into_iter().filter(|name| name.starts_with('.')).collect()
}

fn runs(here: &Path) -> Vec<PathBuf> {
    left(here).iter().filter(|name| name.contains(".run.")).map(|name| here.join(name)).collect()
}

fn of<T: Copy>(random: &mut Random, choices: &[T]) -> T {
    choices[random.below(choices.len() as u64) as usize]
}

/// How many checkpoints there are.
fn checkpoints(here: &Path) -> usize {
    let text = fs::read(here.join(".b.csv.journal.pagemill")).unwrap_or_default();
    text.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1)
}

/// A sort of `a.csv` that was killed after some checkpoints.
fn killed(here: &Path, flags: &[&str]) {
    loop {
        let mut command = command(here);
        command.args(SORT).args(flags).args(["--checkpoint", "--checkpoint-every", "300KB", "-j1", "-q"]);
        let mut child = command.spawn().unwrap();
        while checkpoints(here) < 3 && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if fs::remove_file(here.join("b.csv")).is_err() && checkpoints(here) >= 3 {
            return;
        }
    }
}

fn report(here: &Path) -> Value {
    serde_json::from_slice(&fs::read(here.join("r.json")).unwrap()).unwrap()
}

/// Killed at random moments, with other workers, slices and limits each time.
#[test]
fn the_bytes_are_the_same_after_kill_9() {
    let kills = std::env::var("PAGEMILL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(25);
    let mut random = Random(7);
    let mut went_on = 0;
    let tables = [table(30_000, 0), table(500, 30_000), table(20_000, 30_500)];
    for (sources, target) in [(&tables[..1], "csv"), (&tables[..], "csv"), (&tables[..1], "json")] {
        let here = folder();
        let here = here.path();
        fs::create_dir(here.join("spill")).unwrap();
        let files: Vec<String> = (0..sources.len()).map(|number| format!("{number}.csv")).collect();
        files.iter().zip(sources).for_each(|(file, text)| fs::write(here.join(file), text).unwrap());
        let expected = match target {
            "csv" => in_order(sources),
            _ => {
                fs::write(here.join("c.csv"), in_order(sources)).unwrap();
                run(here, ["convert", "c.csv", "-o", "c.json"]).ends(0);
                fs::remove_file(here.join("c.csv")).unwrap();
                fs::read_to_string(here.join("c.json")).unwrap()
            }
        };
        let _ = fs::remove_file(here.join("c.json"));
        let sort = ["--by", "k:number", "-t", target, "-q", "-o", "b.csv"];
        let sort: Vec<&str> = ["sort"].into_iter().chain(files.iter().map(String::as_str)).chain(sort).collect();
        let started = Instant::now();
        run(here, sort.iter().chain(&["--checkpoint", "--checkpoint-every", "300KB"])).ends(0);
        let time = started.elapsed();
        let mut left_to_kill: u32 = kills;
        while left_to_kill > 0 {
            fs::remove_file(here.join("b.csv")).unwrap();
            loop {
                // Its files are found, whenever it was killed.
                let spill = of(&mut random, &[".", "spill"]);
                let mut command = command(here);
                command.args(&sort).args([
                    "--resume",
                    "--checkpoint-every",
                    of(&mut random, &["100KB", "300KB", "1MB"]),
                ]);
                command.args([
                    "-j",
                    of(&mut random, &["1", "2", "3"]),
                    "--slice-size",
                    of(&mut random, &["7KB", "64KB", "300KB"]),
                ]);
                command.args(["--memory-limit", of(&mut random, &["16MB", "24MB", "100MB"])]);
                command.args(["--spill-dir", spill]);
                command.env("PAGEMILL_SPILL", of(&mut random, &["packed", "plain", "auto"]));
                let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
                if left_to_kill > 0 {
                    left_to_kill -= 1;
                    sleep(time.mul_f64(random.below(1200) as f64 / 1000.0));
                    child.kill().unwrap();
                }
                let status = child.wait().unwrap();
                went_on += u32::from(left_to_kill > 0 && checkpoints(here) > 0);
                if status.success() {
                    break;
                }
                assert_eq!(status.code(), None, "killed");
                // Killed when everything was done, the journal perhaps too.
                if here.join("b.csv").exists() && !here.join(".b.csv.journal.pagemill").exists() {
                    break;
                }
            }
            assert!(fs::read_to_string(here.join("b.csv")).unwrap() == expected, "{target}");
            assert_eq!((left(here), names(&here.join("spill"))), (vec![], vec![]));
        }
    }
    assert!(went_on >= kills / 2, "{went_on} runs had something to go on with");
}

/// A disk that is full when the sorted records are written: the input is not read again.
#[cfg(target_os = "linux")]
#[test]
fn only_the_merge_is_done_again() {
    let here = folder();
    let here = here.path();
    let text = table(60_000, 0);
    fs::write(here.join("a.csv"), &text).unwrap();
    // No file may be longer than 3.3 MB. The output is, and the runs of one of four workers are not: all have 4.8 MB.
    let line = format!(
        "ulimit -f 6500; trap '' XFSZ; exec \"$0\" {} --checkpoint --checkpoint-every 500KB --slice-size 20KB -j 4",
        SORT.join(" ")
    );
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(here).env("PAGEMILL_SPILL", "plain").arg("-c").arg(line).arg(command(here).get_program());
    let full = ran(shell.output().unwrap()).ends(3);
    full.says(&["can't write to b.csv", "What was sorted is kept", "--resume"]);
    assert!(!here.join("b.csv").exists() && !runs(here).is_empty(), "{:?}", names(here));
    let ran =
        run(here, SORT.iter().chain(&["--resume", "-j", "1", "--memory-limit", "20MB", "--report", "r.json"])).ends(0);
    ran.says(&["resumed: "]);
    assert!(fs::read_to_string(here.join("b.csv")).unwrap() == in_order(std::slice::from_ref(&text)));
    let report = report(here);
    assert_eq!(report["resumed_from"], text.len());
    assert_eq!((&report["records_in"], &report["records_out"]), (&60_000.into(), &60_000.into()));
    assert_eq!((&report["bytes_in"], &report["bytes_out"]), (&text.len().into(), &text.len().into()));
    assert_eq!(names(here), ["a.csv", "b.csv", "r.json"]);
}

#[test]
fn a_signal_leaves_sorted_runs() {
    let here = folder();
    let here = here.path();
    let text = table(60_000, 0);
    fs::write(here.join("a.csv"), &text).unwrap();
    let mut tries = 0;
    let output = loop {
        let mut sort = command(here);
        sort.args(SORT).args(["--checkpoint", "--checkpoint-every", "100KB", "--slice-size", "20KB"]);
        let child = sort.stderr(Stdio::piped()).spawn().unwrap();
        while checkpoints(here) == 0 && !here.join("b.csv").exists() {
            std::thread::yield_now();
        }
        send(&child, libc::SIGTERM);
        let output = child.wait_with_output().unwrap();
        tries += 1;
        if output.status.code() != Some(0) || tries == 20 {
            break output;
        }
        fs::remove_file(here.join("b.csv")).unwrap();
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(143), "{said}");
    assert!(
        said.contains("SIGTERM") && said.contains("What was sorted is kept") && said.contains("--resume"),
        "{said}"
    );
    run(here, SORT.iter().chain(&["--resume"])).ends(0).says(&["resumed: "]);
    assert!(fs::read_to_string(here.join("b.csv")).unwrap() == in_order(&[text]));
    assert_eq!(names(here), ["a.csv", "b.csv"]);
}

#[test]
fn what_changed_is_refused() {
    let here = folder();
    let here = here.path();
    let text = table(60_000, 0);
    fs::write(here.join("a.csv"), &text).unwrap();
    killed(here, &["--limit", "50000"]);
    let before = left(here);
    let resume = |flags: &[&str]| run(here, SORT.iter().chain(&["--resume"]).chain(flags));
    resume(&[]).ends(2).says(&["b.csv can't be resumed", "--limit", "Leave out --resume"]);
    resume(&["--limit", "50000", "--where", "id > 3"]).ends(2).says(&["can't be resumed", "--where"]);
    resume(&["--limit", "50000", "-t", "ndjson"]).ends(2).says(&["can't be resumed", "-t"]);
    let other = ["sort", "a.csv", "--by", "k", "-o", "b.csv", "--resume", "--limit", "50000"];
    run(here, other).ends(2).says(&["can't be resumed", "--by"]);
    fs::write(here.join("c.csv"), "id,k,t\n1,2,3\n").unwrap();
    let more = ["sort", "a.csv", "c.csv", "--by", "k:number", "-o", "b.csv", "--resume", "--limit", "50000"];
    run(here, more).ends(2).says(&["can't be resumed", "its input has changed"]);
    run(here, ["convert", "a.csv", "-o", "b.csv", "--resume"]).ends(2).says(&["can't be resumed"]);
    fs::write(here.join("a.csv"), text.replace("100,", "101,")).unwrap();
    resume(&["--limit", "50000"]).ends(2).says(&["can't be resumed", "its input has changed"]);
    // Nothing of it is lost.
    assert_eq!(left(here), before);
    // A run without --resume begins anew, and says so.
    fs::write(here.join("a.csv"), &text).unwrap();
    run(here, SORT).ends(0).says(&["an interrupted run had left", ".run.", "--resume"]);
    assert!(fs::read_to_string(here.join("b.csv")).unwrap() == in_order(&[text]));
    assert_eq!(names(here), ["a.csv", "b.csv", "c.csv"]);
}

/// A run in another folder is found there, and removed there.
#[test]
fn runs_are_found_where_they_are() {
    let here = folder();
    let here = here.path();
    let text = table(60_000, 0);
    fs::write(here.join("a.csv"), &text).unwrap();
    let expected = in_order(&[text]);
    let spill = here.join("spill");
    fs::create_dir(&spill).unwrap();
    for flags in [&["--resume"][..], &[], &["--checkpoint"], &["--resume", "--spill-dir", "spill"]] {
        killed(here, &["--spill-dir", "spill"]);
        assert!(!runs(&spill).is_empty() && runs(here).is_empty());
        let ran = run(here, SORT.iter().chain(flags)).ends(0);
        if flags.contains(&"--resume") {
            ran.says(&["resumed: "])
        } else {
            ran.says(&["an interrupted run had left"])
        };
        assert!(fs::read_to_string(here.join("b.csv")).unwrap() == expected);
        fs::remove_file(here.join("b.csv")).unwrap();
        assert_eq!((left(here), names(&spill)), (vec![], vec![]), "{flags:?}");
    }
    // Other outputs of the same name have runs of their own there.
    fs::create_dir(here.join("other")).unwrap();
    killed(here, &["--spill-dir", "spill"]);
    let before = names(&spill);
    let other = ["sort", "a.csv", "--by", "k:number", "-o", "other/b.csv", "--checkpoint", "--spill-dir", "spill"];
    run(here, other).ends(0);
    assert_eq!(names(&spill), before);
}

/// Files that were written before the first checkpoint are known, whatever folder they are in.
#[test]
fn runs_without_a_checkpoint_are_removed() {
    let here = folder();
    let here = here.path();
    let text = table(60_000, 0);
    fs::write(here.join("a.csv"), &text).unwrap();
    let expected = in_order(&[text]);
    let spill = here.join("spill");
    fs::create_dir(&spill).unwrap();
    for flags in [&["--resume"][..], &[], &["--checkpoint", "--spill-dir", "."]] {
        while runs(&spill).is_empty() {
            let mut command = command(here);
            command.args(SORT).args(["--checkpoint", "--memory-limit", "16MB", "-j1", "-q", "--spill-dir", "spill"]);
            let mut child = command.env("PAGEMILL_SPILL", "plain").spawn().unwrap();
            while runs(&spill).is_empty() && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            child.kill().unwrap();
            child.wait().unwrap();
            let _ = fs::remove_file(here.join("b.csv"));
        }
        assert_eq!(checkpoints(here), 0);
        run(here, SORT.iter().chain(flags)).ends(0);
        assert!(fs::read_to_string(here.join("b.csv")).unwrap() == expected);
        fs::remove_file(here.join("b.csv")).unwrap();
        assert_eq!((left(here), names(&spill)), (vec![], vec![]), "{flags:?}");
    }
}

/// Runs that are not what was written: never other bytes, and nothing is read through a link.
#[test]
fn runs_that_were_changed_are_not_believed() {
    let here = folder();
    let here = here.path();
    let text = table(60_000, 0);
    fs::write(here.join("a.csv"), &text).unwrap();
    let expected = in_order(&[text]);
    let resume = || run(here, SORT.iter().chain(&["--resume"]));
    // A changed byte.
    killed(here, &[]);
    let file = fs::OpenOptions::new().read(true).write(true).open(&runs(here)[0]).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 100_000).unwrap();
    file.write_all_at(&[byte[0] ^ 1], 100_000).unwrap();
    resume().ends(3).says(&["somebody changed the file"]);
    // There is no use in going on with that.
    assert_eq!(names(here), ["a.csv"]);
    // One that is shorter than it was: what needs it is sorted again.
    killed(here, &[]);
    let file = fs::OpenOptions::new().write(true).open(&runs(here)[0]).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    resume().ends(0);
    assert!(fs::read_to_string(here.join("b.csv")).unwrap() == expected);
    fs::remove_file(here.join("b.csv")).unwrap();
    // One that is gone.
    killed(here, &[]);
    fs::remove_file(&runs(here)[0]).unwrap();
    resume().ends(0).says(&["nothing to resume"]);
    assert!(fs::read_to_string(here.join("b.csv")).unwrap() == expected);
    fs::remove_file(here.join("b.csv")).unwrap();
    // A link to somewhere else.
    killed(here, &[]);
    let name = runs(here)[0].clone();
    fs::rename(&name, here.join("victim")).unwrap();
    symlink("victim", &name).unwrap();
    let before = fs::read(here.join("victim")).unwrap();
    resume().ends(2).says(&["a symbolic link"]);
    assert!(fs::read(here.join("victim")).unwrap() == before);
    // Without --resume it is taken away, and not followed.
    run(here, SORT.iter().chain(&["--checkpoint"])).ends(0);
    assert!(fs::read(here.join("victim")).unwrap() == before);
    assert!(fs::read_to_string(here.join("b.csv")).unwrap() == expected);
    assert_eq!(names(here), ["a.csv", "b.csv", "victim"]);
}

#[test]
fn what_can_not_be_resumed_says_why() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), table(10, 0)).unwrap();
    run(here, ["convert", "a.csv", "-o", "a.csv.gz"]).ends(0);
    let no = |words: &str, parts: &[&str]| {
        for flag in ["--resume", "--checkpoint"] {
            let words = words.split(' ').chain([flag]);
            let ran = run(here, words).ends(2);
            ran.says(parts);
        }
    };
    no("sort a.csv --by k", &["the output is not a file"]);
    no("sort a.csv --by k -o b.csv --dedupe k", &["--dedupe", "which records are equal", "pass of its own"]);
    no("sort a.csv --by k -o b.csv --sample 3", &["--sample", "which records are drawn", "pass of its own"]);
    no("sort a.csv.gz --by k -o b.csv", &["files that can be mapped", "a.csv.gz is not"]);
    no("sort a.csv --io read --by k -o b.csv", &["files that can be mapped"]);
    no("sort a.csv --by k -o b.csv --on-error quarantine", &["quarantine"]);
    no("convert a.csv -o b.csv --dedupe k", &["--dedupe", "which records are equal"]);
    no("convert a.csv -o b.csv --limit 3", &["how many records were counted"]);
    no("aggregate a.csv --by k --agg n=count() -o b.csv", &["there is no flag"]);
    let piped = ["sort", "-", "-f", "csv", "--by", "k", "-o", "b.csv", "--resume"];
    feed(here, piped, b"id,k\n1,2\n").ends(2).says(&["its inputs are files"]);
    assert_eq!(names(here), ["a.csv", "a.csv.gz"]);
    // Nothing to go on with is no error.
    run(here, SORT.iter().chain(&["--resume"])).ends(0).says(&["nothing to resume: no checkpoint was written"]);
    run(here, SORT.iter().chain(&["--resume"])).ends(2).says(&["exists already, and there is nothing to resume"]);
    assert_eq!(names(here), ["a.csv", "a.csv.gz", "b.csv"]);
}

/// Killed between the naming of the output and the removal of the journal, and of the runs before it.
fn killed_at_the_end(here: &Path, spill: &Path, words: &[&str], target: &str) {
    let journal = format!(".{target}.journal.pagemill");
    for _ in 0..1000 {
        let mut child = command(here).args(words).arg("-q").spawn().unwrap();
        while !here.join(target).exists() && child.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if here.join(&journal).exists() && here.join(target).exists() {
            return;
        }
        let _ = fs::remove_file(here.join(target));
        left(here).iter().for_each(|name| fs::remove_file(here.join(name)).unwrap());
        left(spill).iter().for_each(|name| fs::remove_file(spill.join(name)).unwrap());
    }
    panic!("never killed there");
}

/// The output is whole, so nothing is done again; what was left beside it goes.
#[test]
fn an_output_that_is_whole_is_taken_for_that() {
    let here = folder();
    let here = here.path();
    let mut text = table(20_000, 0);
    text.insert_str(7, "x,1,2,3,4\n");
    fs::write(here.join("a.csv"), &text).unwrap();
    let spill = here.join("spill");
    fs::create_dir(&spill).unwrap();
    let sort = ["sort", "a.csv", "--by", "k:number", "-o", "b.csv", "--on-error", "skip", "--limit", "15000"];
    let sort = [&sort[..], &["--spill-dir", "spill"]].concat();
    let convert = ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "skip"];
    for (words, target, out) in [(&sort[..], "b.csv", 15_000), (&convert, "b.ndjson", 20_000)] {
        let with = |more: &[&'static str]| [words, more].concat();
        run(here, with(&[])).ends(0);
        let expected = fs::read(here.join(target)).unwrap();
        fs::remove_file(here.join(target)).unwrap();
        killed_at_the_end(here, &spill, &with(&["--checkpoint", "--checkpoint-every", "50KB"]), target);
        // Another job is not what was done.
        run(here, with(&["--resume", "--where", "id <> '5'"])).ends(2).says(&["can't be resumed", "--where"]);
        let ran = run(here, with(&["--resume", "--report", "r.json"])).ends(0);
        ran.says(&[target, "was whole already", "removed"]);
        assert!(fs::read(here.join(target)).unwrap() == expected);
        assert_eq!((left(here), names(&spill)), (vec![], vec![]));
        let report = report(here);
        assert_eq!((&report["records_in"], &report["records_failed"]), (&20_001.into(), &1.into()), "{report}");
        assert_eq!((&report["records_out"], &report["bytes_out"]), (&out.into(), &expected.len().into()));
        assert_eq!(report["bytes_in"], text.len());
        assert_eq!(report["records_filtered"], 20_000 - out);
        fs::remove_file(here.join("r.json")).unwrap();
        // One that somebody wrote to since is not that one.
        fs::remove_file(here.join(target)).unwrap();
        killed_at_the_end(here, &spill, &with(&["--checkpoint", "--checkpoint-every", "50KB"]), target);
        fs::write(here.join(target), "another\n").unwrap();
        run(here, with(&["--resume"])).ends(2).says(&[target, "exists already", "--force"]);
        assert_eq!(fs::read(here.join(target)).unwrap(), b"another\n");
        run(here, with(&["--resume", "--force"])).ends(0);
        assert!(fs::read(here.join(target)).unwrap() == expected);
        assert_eq!((left(here), names(&spill)), (vec![], vec![]));
    }
}

/// Bad records are counted over all runs, and the names that no record had are those of all.
#[test]
fn counts_are_those_of_all_runs() {
    let here = folder();
    let here = here.path();
    let mut text = table(60_000, 0);
    text.insert_str(7, "x,1,2,3,4\ny,1,2,3,4\n");
    text += "z,1,2,3,4\n";
    fs::write(here.join("a.csv"), &text).unwrap();
    killed(here, &["--on-error", "skip", "--max-errors", "3"]);
    let flags = ["--on-error", "skip", "--max-errors", "3", "--resume", "--report", "r.json"];
    run(here, SORT.iter().chain(&flags)).ends(0);
    let report = report(here);
    assert_eq!((&report["records_failed"], &report["records_out"]), (&3.into(), &60_000.into()));
    fs::remove_file(here.join("b.csv")).unwrap();
    killed(here, &["--on-error", "skip", "--max-errors", "2"]);
    let flags = ["--on-error", "skip", "--max-errors", "2", "--resume"];
    run(here, SORT.iter().chain(&flags)).ends(1).says(&["record 60003", "--max-errors allows 2"]);
    assert_eq!(names(here), ["a.csv", "r.json"]);
}

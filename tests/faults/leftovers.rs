//! What lies beside an output: what interrupted runs left, what others put there, and names that are too long for it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;

use crate::support::missing::left_out;
use crate::support::process::{fifo, interrupted, send};
use crate::support::{command, folder, names, run};

const PART: &str = ".a.ndjson.part.pagemill";
const JOURNAL: &str = ".a.ndjson.journal.pagemill";
const QUARANTINE: &str = ".a.ndjson.quarantine.ndjson.part.pagemill";

/// Two inputs, one of them with a bad record.
fn inputs(here: &Path) {
    fs::write(here.join("a.csv"), "id\n1\n2\n").unwrap();
    fs::write(here.join("bad.csv"), "id\n1\n2,3\n4\n").unwrap();
}

/// Whatever kind of run it is: it does not go on there, says so, and leaves nothing.
#[test]
fn a_run_that_begins_anew_says_what_it_replaces() {
    let runs: [(&[&str], &str); 5] = [
        (&["a.csv"], "{\"id\":1}\n{\"id\":2}\n"),
        (&["a.csv", "--checkpoint"], "{\"id\":1}\n{\"id\":2}\n"),
        (&["a.csv", "--no-checkpoint"], "{\"id\":1}\n{\"id\":2}\n"),
        (&["a.csv", "a.csv"], "{\"id\":1}\n{\"id\":2}\n{\"id\":1}\n{\"id\":2}\n"),
        (&["bad.csv", "--checkpoint", "--on-error", "skip"], "{\"id\":1}\n{\"id\":4}\n"),
    ];
    for (flags, text) in runs {
        for left in [&[PART, JOURNAL, QUARANTINE][..], &[PART], &[JOURNAL]] {
            let here = folder();
            let here = here.path();
            inputs(here);
            left.iter().for_each(|name| fs::write(here.join(name), "of another run").unwrap());
            let base = ["convert", "-o", "a.ndjson"];
            let ran = run(here, base.iter().chain(flags)).ends(0).says(&["an interrupted run had left", "--resume"]);
            assert!(left.iter().all(|name| ran.stderr.contains(name)), "{flags:?}: {}", ran.stderr);
            assert_eq!(fs::read_to_string(here.join("a.ndjson")).unwrap(), text, "{flags:?}");
            assert_eq!(names(here), ["a.csv", "a.ndjson", "bad.csv"], "{flags:?}");
            // Now there is nothing to be said.
            let again = run(here, base.iter().chain(flags).chain(&["--force"])).ends(0);
            assert!(!again.stderr.contains("interrupted"), "{}", again.stderr);
        }
    }
}

/// Nothing is removed for a run that fails: the one before can still be gone on with.
#[test]
fn a_run_that_fails_leaves_it() {
    let here = folder();
    let here = here.path();
    inputs(here);
    [PART, JOURNAL].iter().for_each(|name| fs::write(here.join(name), "of another run").unwrap());
    run(here, ["convert", "bad.csv", "-o", "a.ndjson"]).ends(1);
    run(here, ["convert", "bad.csv", "a.csv", "-o", "a.ndjson"]).ends(1);
    run(here, ["convert", "none.csv", "-o", "a.ndjson", "--checkpoint"]).ends(3);
    assert_eq!(names(here), [JOURNAL, PART, "a.csv", "bad.csv"]);
}

/// A run that still writes is left alone by every other one.
#[test]
fn a_run_that_goes_on_is_not_disturbed() {
    let here = folder();
    let here = here.path();
    run(here, ["sample", "--format", "csv", "--size", "4MB", "-o", "source.csv"]).ends(0);
    let convert = ["convert", "source.csv", "-o", "a.ndjson"];
    let mut child =
        command(here).args(convert).args(["--checkpoint", "--checkpoint-every", "100KB", "-j1"]).spawn().unwrap();
    while !here.join(PART).exists() {
        std::thread::yield_now();
    }
    send(&child, libc::SIGSTOP);
    let stopped = child.try_wait().unwrap().is_none() && here.join(PART).exists();
    for flags in [&[][..], &["--no-checkpoint"], &["--checkpoint"], &["--resume"], &["source.csv"]] {
        let ran = run(here, convert.iter().chain(flags));
        if stopped {
            ran.ends(2).says(&["another run is writing a.ndjson"]);
        }
    }
    send(&child, libc::SIGCONT);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(stopped, "the run was too fast");
    assert_eq!(names(here), ["a.ndjson", "source.csv"]);
    run(here, ["convert", "source.csv", "-o", "again.ndjson"]).ends(0);
    assert!(fs::read(here.join("a.ndjson")).unwrap() == fs::read(here.join("again.ndjson")).unwrap());
}

/// Something that no run left, and what the refusal calls it.
const OTHERS: [(&str, &str); 5] = [
    ("link", "a symbolic link"),
    ("dangling", "a symbolic link"),
    ("hard link", "other names"),
    ("folder", "a folder"),
    ("fifo", "not a regular file"),
];

fn put(what: &str, place: &Path) {
    let victim = place.with_file_name("victim");
    match what {
        "link" => symlink("victim", place).unwrap(),
        "dangling" => symlink("made by nobody", place).unwrap(),
        "hard link" => fs::hard_link(victim, place).unwrap(),
        "folder" => fs::create_dir(place).unwrap(),
        _ => fifo(place),
    }
}

/// A run that writes checkpoints never opens what somebody put at their names; one that writes none leaves it alone.
#[test]
fn nothing_is_written_through_a_link() {
    for (what, reason) in OTHERS {
        for name in [PART, JOURNAL, QUARANTINE] {
            for flag in ["--checkpoint", "--resume"] {
                let here = folder();
                let here = here.path();
                inputs(here);
                fs::write(here.join("victim"), "precious").unwrap();
                put(what, &here.join(name));
                let before = names(here);
                let convert = ["convert", "bad.csv", "-o", "a.ndjson", "--on-error", "quarantine", flag];
                run(here, convert).ends(2).says(&[name, reason, "Remove it"]);
                assert_eq!(names(here), before, "{what} {name} {flag}");
                run(here, &convert[..6]).ends(0);
                assert_eq!(fs::read(here.join("victim")).unwrap(), b"precious", "{what} {name} {flag}");
                let more = ["a.ndjson", "a.ndjson.quarantine.ndjson"].map(str::to_owned);
                let mut all: Vec<String> = before.into_iter().chain(more).collect();
                all.sort();
                assert_eq!(names(here), all, "{what} {name} {flag}");
            }
        }
    }
}

/// What another run left is taken over only as it was left: a plain file, of the same user.
#[test]
fn only_what_a_run_left_is_taken_over() {
    let here = folder();
    let here = here.path();
    interrupted(here, "a.ndjson");
    let resume = ["convert", "source.csv", "-o", "a.ndjson", "--resume"];
    for name in [PART, JOURNAL] {
        // The right bytes, but somewhere else.
        fs::rename(here.join(name), here.join("elsewhere")).unwrap();
        symlink("elsewhere", here.join(name)).unwrap();
        run(here, resume).ends(2).says(&[name, "a symbolic link"]);
        fs::remove_file(here.join(name)).unwrap();
        fs::rename(here.join("elsewhere"), here.join(name)).unwrap();
        // Only the super-user can give files away.
        let own = fs::metadata(here.join(name)).unwrap().uid();
        if own == 0 {
            chown(here.join(name), Some(4711), None).unwrap();
            run(here, resume).ends(2).says(&[name, "a file of another user"]);
            chown(here.join(name), Some(own), None).unwrap();
        } else {
            left_out("root", "a file can't be given to another user");
        }
    }
    run(here, resume).ends(0).says(&["resumed: "]);
    run(here, ["convert", "source.csv", "-o", "again.ndjson"]).ends(0);
    assert!(fs::read(here.join("a.ndjson")).unwrap() == fs::read(here.join("again.ndjson")).unwrap());
    assert_eq!(names(here), ["a.ndjson", "again.ndjson", "source.csv"]);
}

/// A target may have the longest name that the system allows: 255 bytes on the usual filesystems.
#[test]
fn names_may_be_as_long_as_the_system_allows() {
    let here = folder();
    let here = here.path();
    inputs(here);
    let name = |first: char| format!("{first}{}.ndjson", "n".repeat(255 - 8));
    let (long, other) = (name('a'), name('b'));
    let convert = |source: &str, to: &str, flags: &[&str]| run(here, ["convert", source, "-o", to].iter().chain(flags));
    for flags in [&[][..], &["--checkpoint"], &["--resume"]] {
        convert("a.csv", &long, flags).ends(0);
        assert_eq!(names(here), ["a.csv", &long, "bad.csv"]);
        fs::remove_file(here.join(&long)).unwrap();
    }
    // The name of the quarantine is cut, and told.
    for to in [&long, &other] {
        let ran = convert("bad.csv", to, &["--on-error", "quarantine", "--checkpoint"]).ends(0);
        let found: Vec<String> = names(here).into_iter().filter(|name| name.ends_with(".quarantine.ndjson")).collect();
        assert!(found.len() == 1 && found[0].len() == 255 && found[0].starts_with(&to[..200]), "{found:?}");
        assert!(ran.stderr.contains(&found[0]), "{}", ran.stderr);
        assert_eq!(fs::read_to_string(here.join(to)).unwrap(), "{\"id\":1}\n{\"id\":4}\n");
        fs::remove_file(here.join(&found[0])).unwrap();
        fs::remove_file(here.join(to)).unwrap();
    }
    // And what is cut is found again.
    interrupted(here, &long);
    convert("source.csv", &long, &["--resume"]).ends(0).says(&["resumed: "]);
    convert("source.csv", "short.ndjson", &[]).ends(0);
    assert!(fs::read(here.join(&long)).unwrap() == fs::read(here.join("short.ndjson")).unwrap());
    assert_eq!(names(here), ["a.csv", &long, "bad.csv", "short.ndjson", "source.csv"]);
}

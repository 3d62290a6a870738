//! `pagemill tune`: looking for settings.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use pagemill::tune::{Choice, New, Profiles, Saved};

use crate::support::{command, feed, folder, names, ran, read, run, with};

/// 9 MB of CSV: more than the least that can be measured.
fn input(here: &Path) {
    run(here, ["generate", "--size", "9MB", "-o", "a.csv"]).ends(0);
}

fn tune(here: &Path, flags: &[&str]) -> Command {
    let mut command = command(here);
    command.args(["tune", "a.csv"]).args(flags).env("TMPDIR", here);
    command
}

#[test]
fn of_a_small_input_nothing_can_be_told() {
    let here = with(&[("a.csv", "a,b\n1,2\n")]);
    let said = ran(tune(here.path(), &["-t", "ndjson", "--save", "big"]).output().unwrap()).ends(0);
    assert!(said.stdout.starts_with("no recommendation: a.csv has 8 B"), "{}", said.stdout);
    assert_eq!(names(here.path()), ["a.csv"]);
}

#[test]
fn what_can_be_read_only_once_is_refused() {
    let here = with(&[("a.csv", "a,b\n1,2\n"), ("b.csv", "a,b\n1,2\n")]);
    let here = here.path();
    feed(here, ["tune", "-f", "csv"], b"a\n1\n").ends(2).says(&["standard input can be read only once"]);
    let status = Command::new("mkfifo").arg("pipe").current_dir(here).status().unwrap();
    assert!(status.success());
    run(here, ["tune", "pipe", "-f", "csv"]).ends(2).says(&["pipe is not a regular file"]);
    run(here, ["tune", "a.csv", "b.csv"]).ends(2).says(&["tune takes one input"]);
    run(here, ["tune", "none.csv"]).ends(3).says(&["none.csv"]);
}

#[test]
fn flags_that_make_no_sense_are_refused() {
    let here = with(&[("a.csv", "a,b\n1,2\n")]);
    for (flags, says) in [
        ("-t csv --pretty", "`--pretty` has no effect"),
        ("-t ndjson --time-limit 30", "--time-limit: `30` is not a time"),
        ("-t ndjson --time-limit 0s", "--time-limit: `0s` is not a time"),
        ("-t ndjson --force", "`--force` has no effect: no profile is saved"),
        ("-t ndjson --save=-x", "--save: `-x` can't be the name of a profile"),
        ("-t ndjson --save=", "--save: `` can't be the name of a profile"),
        ("-t ndjson --resume", "--resume"),
        ("-t ndjson --report r", "--report"),
    ] {
        let line = ["tune", "a.csv"].into_iter().chain(flags.split(' '));
        run(here.path(), line).ends(2).says(&[says]);
    }
    assert_eq!(names(here.path()), ["a.csv"]);
}

#[test]
fn without_time_nothing_can_be_told() {
    let here = folder();
    input(here.path());
    let said = ran(tune(here.path(), &["-t", "ndjson", "--time-limit", "1ms"]).output().unwrap()).ends(0);
    assert!(said.stdout.starts_with("no recommendation: one run takes longer than the time limit"), "{}", said.stdout);
    assert_eq!(names(here.path()), ["a.csv"]);
}

#[test]
fn what_is_given_is_kept_and_nothing_is_written() {
    let here = folder();
    let here = here.path();
    input(here);
    let all =
        ["-o", "b.ndjson", "--select", "id", "-j1", "--slice-size", "64KiB", "--time-limit", "20s", "--io", "map"];
    let said = ran(tune(here, &all).output().unwrap()).ends(0);
    assert_eq!(said.stdout, "no recommendation: every setting that could be tried was given\n");
    // One setting is left: it is tried, and the rest is as it was.
    fs::write(here.join("b.ndjson"), "mine").unwrap();
    let said = ran(tune(here, &all[..all.len() - 2]).output().unwrap()).ends(0);
    let left = (names(here), read(here, "b.ndjson"));
    assert_eq!(left, (vec!["a.csv".to_owned(), "b.ndjson".to_owned()], "mine".to_owned()));
    let lines: Vec<&str> = said.stdout.lines().collect();
    // A busy machine takes too long for that, and says so: 6 rounds of 3 runs, and 3 more in the end.
    if let Some(rest) = said.stdout.strip_prefix("no recommendation: a run takes ") {
        let (seconds, rest) = rest.split_once(" s, ").unwrap_or_else(|| panic!("{}", said.stdout));
        assert!(seconds.parse::<f64>().unwrap() * 36.0 > 10.0, "{}", said.stdout);
        assert_eq!(rest, "and at least 36 are needed: more than the time limit of 20 s\n");
        return;
    }
    assert!(lines[0].starts_with("a.csv: 9.00 MB, "), "{}", said.stdout);
    assert!(lines[2].starts_with("setting     value") && lines[3].starts_with("io          auto"), "{}", said.stdout);
    assert!(lines[4].trim_start().starts_with("read") && lines[5].is_empty(), "{}", said.stdout);
    assert!(said.stdout.contains("recommendation: "), "{}", said.stdout);
}

/// What a configuration says of extensions holds for the runs too.
#[test]
fn extensions_of_a_profile_are_known() {
    let profile = "[profile.eu]\nextensions = { bak = \"csv\" }\n";
    let here = with(&[(".config/pagemill/config.toml", profile)]);
    let here = here.path();
    input(here);
    fs::rename(here.join("a.csv"), here.join("a.bak")).unwrap();
    let flags = ["tune", "a.bak", "-t", "ndjson", "--profile", "eu", "-j1", "--slice-size", "64KiB"];
    let said = ran(command(here).args(flags).args(["--time-limit", "1s"]).env("TMPDIR", here).output().unwrap());
    let said = said.ends(0);
    // One of these, or else a run has failed.
    assert!(said.stdout.contains("recommendation: "), "{}", said.stdout);
}

#[test]
fn bad_data_is_what_a_conversion_says_it_is() {
    let here = folder();
    let here = here.path();
    input(here);
    let mut text = read(here, "a.csv");
    text.push_str("short\n");
    fs::write(here.join("a.csv"), text).unwrap();
    let said = ran(tune(here, &["-t", "ndjson"]).output().unwrap()).ends(1);
    said.says(&["a.csv: record "]);
    // Bad records that are left out don't go where a conversion would put them.
    let flags = ["-o", "b.ndjson", "--on-error", "quarantine", "-j1", "--slice-size", "64KiB", "--time-limit", "1s"];
    ran(tune(here, &flags).output().unwrap()).ends(0);
    assert_eq!(names(here), ["a.csv"]);
}

#[test]
fn a_signal_ends_it_and_leaves_nothing() {
    let here = folder();
    let here = here.path();
    input(here);
    let mut tune = tune(here, &["-t", "ndjson"]);
    let child = tune.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while names(here).len() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    ran(child.wait_with_output().unwrap()).ends(130);
    assert_eq!(names(here), ["a.csv"]);
}

#[test]
fn a_saved_profile_is_used() {
    let here = with(&[("a.csv", "a,b\n1,2\n"), (".config/pagemill/config.toml", "# mine\nworkers = 1 # one\n")]);
    let here = here.path();
    let path = here.join(".config/pagemill/config.toml");
    let choice = Choice::default().with("workers", "3").with("io", "read").with("slice-size", "1MiB");
    let new = New { name: "big", like: None, choice: &choice, why: "found", force: false };
    assert_eq!(Profiles::of(&path).save(&new).unwrap(), Saved::Done);
    let text = read(here, ".config/pagemill/config.toml");
    assert!(text.starts_with("# mine\nworkers = 1 # one\n"), "{text}");
    let said = run(here, ["config", "check"]).ends(0);
    assert!(said.stdout.ends_with("no fault, 1 profile, 0 jobs, 0 alerts\n"), "{}", said.stdout);
    let said =
        run(here, ["convert", "a.csv", "-t", "ndjson", "--profile", "big", "--slice-size", "1", "--explain"]).ends(0);
    assert!(said.stdout.contains("workers          3\n"), "{}", said.stdout);
    // Another one of that name has to be asked for, before anything is measured.
    let said = run(here, ["tune", "a.csv", "-t", "ndjson", "--save", "big"]).ends(2);
    said.says(&["has a profile `big`", "Give --force to replace it."]);
    run(here, ["tune", "a.csv", "-t", "ndjson", "--save", "big", "--force"]).ends(0);
    assert_eq!(read(here, ".config/pagemill/config.toml"), text);
}

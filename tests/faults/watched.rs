//! What is watched and kept beside a run meets faults of its own: the conversion never notices, and says what happened.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::files::Small;
use crate::support::missing::left_out;
use crate::support::process::table;
use crate::support::{Ran, command, folder, ran};

/// A conversion that is watched, and is kept in the history below `state`.
fn convert(here: &Path, state: &Path, more: &[(&str, &str)]) -> Ran {
    let mut command = command(here);
    command.args(["convert", "a.csv", "-o", "a.ndjson", "--force", "--no-history=false", "--report", "r.json"]);
    command.args(["--metrics-file", "m.prom"]).env("XDG_STATE_HOME", state);
    ran(command.envs(more.iter().copied()).output().unwrap())
}

/// The runs that are kept there.
fn history(here: &Path, state: &Path, more: &[(&str, &str)]) -> Vec<Value> {
    let mut command = command(here);
    command.args(["history", "-t", "ndjson"]).env("XDG_STATE_HOME", state).envs(more.iter().copied());
    let ran = ran(command.output().unwrap()).ends(0);
    assert_eq!(ran.stderr, "");
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_full_disk_under_the_history() {
    let Some(small) = Small::new("1m") else {
        return left_out("mount", "a tmpfs can't be mounted");
    };
    let here = folder();
    let (here, state) = (here.path(), small.path());
    let (csv, ndjson) = table(1_000);
    fs::write(here.join("a.csv"), csv).unwrap();
    let fill = || {
        let mut file = File::create(state.join("filler")).unwrap();
        let full = (0..10_000).find_map(|_| file.write_all(&[0; 4096]).err());
        assert_eq!(full.map(|error| error.kind()), Some(ErrorKind::StorageFull));
    };
    let is_told = || {
        convert(here, state, &[])
            .ends(0)
            .says(&["warning: this run is not in the history: ", "disk is full\n  --no-history does without one."]);
        assert_eq!(fs::read(here.join("a.ndjson")).unwrap(), ndjson);
    };
    // It can't be made; then it can; then one that is there can't grow.
    fs::create_dir(state.join("pagemill")).unwrap();
    fill();
    is_told();
    fs::remove_file(state.join("filler")).unwrap();
    assert_eq!(convert(here, state, &[]).ends(0).stderr, "");
    assert_eq!(history(here, state, &[]).len(), 1);
    fill();
    is_told();
    assert_eq!(history(here, state, &[]).len(), 1, "what was there is whole");
    fs::remove_file(state.join("filler")).unwrap();
    assert_eq!(convert(here, state, &[]).ends(0).stderr, "");
    assert_eq!(history(here, state, &[]).len(), 2);
}

/// The time of day jumps by `JUMP` seconds and back, from one look at it to the next; clocks that only go forward are left alone.
const CLOCK: &str = r#"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int looks;
    int failed = syscall(SYS_clock_gettime, clock, now);
    const char *jump = getenv("JUMP");
    if (clock == CLOCK_REALTIME && jump && looks++ % 2 == 0) {
        now->tv_sec += atol(jump);
        close(open("jumped", O_CREAT | O_WRONLY, 0600));
    }
    return failed;
}
"#;

#[test]
fn a_clock_that_jumps() {
    if !cfg!(debug_assertions) {
        return left_out("a shared C library", "a release build is static");
    }
    let here = folder();
    let here = here.path();
    fs::write(here.join("clock.c"), CLOCK).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-o", "clock.so", "clock.c"]).current_dir(here);
    if !cc.status().is_ok_and(|status| status.success()) {
        return left_out("cc", "there is no C compiler");
    }
    let (csv, ndjson) = table(200_000);
    fs::write(here.join("a.csv"), csv).unwrap();
    let state = here.join("state");
    let clock = here.join("clock.so").display().to_string();
    // By ten years, to before 1970, and thousands of years ahead.
    for (number, jump) in ["-315360000", "-3000000000", "100000000000"].into_iter().enumerate() {
        let jumps = [("LD_PRELOAD", &*clock), ("JUMP", jump)];
        let ran = convert(here, &state, &jumps).ends(0);
        assert_eq!(ran.stderr, "", "{jump}");
        assert_eq!(fs::read(here.join("a.ndjson")).unwrap(), ndjson);
        assert!(here.join("jumped").exists(), "the clock did jump");
        fs::remove_file(here.join("jumped")).unwrap();
        // What takes time is measured with another clock: no run takes years, or less than nothing.
        let sane = |seconds: &Value| seconds.as_f64().is_some_and(|seconds| (0.0..1e6).contains(&seconds));
        let report: Value = serde_json::from_str(&fs::read_to_string(here.join("r.json")).unwrap()).unwrap();
        assert!(sane(&report["seconds"]), "{jump}: {report}");
        let runs = history(here, &state, &jumps);
        assert_eq!(runs.len(), number + 1);
        assert!(runs.iter().all(|run| sane(&run["seconds"])), "{jump}: {runs:?}");
        let metrics = fs::read_to_string(here.join("m.prom")).unwrap();
        assert!(metrics.contains("pagemill_run_state{state=\"done\"} 1\n"), "{jump}: {metrics}");
    }
}

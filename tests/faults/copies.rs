//! Pipes that are read twice: the copies that are kept of them.
#![cfg(target_os = "linux")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::support::{command, feed, folder, names, ran};

/// Records of which no two are equal.
fn table() -> String {
    let mut text = "id,t\n".to_owned();
    for id in 0..30_000 {
        let _ = writeln!(text, "{id},{}", "x".repeat(id % 97));
    }
    text
}

/// The copy, which has no name, once there is half of the text in it.
fn copy_of(child: &Child, here: &Path) -> PathBuf {
    let here = fs::canonicalize(here).unwrap();
    loop {
        let open = fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap().flatten().map(|entry| entry.path());
        for path in open {
            let is_there = fs::read_link(&path).is_ok_and(|link| link.starts_with(&here));
            if is_there && fs::metadata(&path).is_ok_and(|file| file.len() > 700_000) {
                return path;
            }
        }
        std::thread::yield_now();
    }
}

/// Never other records than those that came.
#[test]
fn a_copy_that_was_changed_ends_the_run() {
    let text = table();
    assert!(text.len() > 1_400_000);
    let jobs: [&[&str]; 3] = [&["--dedupe", "id", "--spill-dir", "spill"], &["--tail", "20000"], &["--sample", "9"]];
    let changes: [fn(&fs::File); 2] = [
        |file| {
            let mut bytes = [0];
            file.read_exact_at(&mut bytes, 300_000).unwrap();
            // A letter of a text: a record as good as any.
            file.write_all_at(&[if bytes == *b"x" { b'y' } else { b'x' }], 300_000).unwrap();
        },
        |file| file.set_len(400_000).unwrap(),
    ];
    for job in jobs {
        for change in changes {
            let here = folder();
            let here = here.path();
            fs::create_dir(here.join("spill")).unwrap();
            let mut convert = command(here);
            convert.env("TMPDIR", here.join("spill"));
            convert.args(["convert", "-", "-f", "csv", "-o", "b.ndjson"]).args(job);
            let mut child = convert.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let mut pipe = child.stdin.take().unwrap();
            pipe.write_all(text.as_bytes()).unwrap();
            let copy = copy_of(&child, here);
            change(&fs::OpenOptions::new().read(true).write(true).open(copy).unwrap());
            drop(pipe);
            let ran = ran(child.wait_with_output().unwrap()).ends(3);
            ran.says(&["standard input", "spill, because it is read twice", "somebody changed the file"]);
            assert_eq!(names(here), ["spill"], "{job:?}");
        }
    }
}

/// What is full, where it is, and what can be done.
#[test]
fn a_copy_that_has_no_room_says_so() {
    let here = folder();
    let here = here.path();
    fs::create_dir(here.join("spill")).unwrap();
    for (job, instead) in [(&["--dedupe", "t"][..], "--spill-dir"), (&["--tail", "9"], "TMPDIR")] {
        // No file may be longer than 512 kB; the program sees an error like that of a full disk.
        let line = format!("ulimit -f 1000; trap '' XFSZ; exec \"$0\" convert - -f csv -o b.csv {}", job.join(" "));
        let mut shell = std::process::Command::new("sh");
        shell.current_dir(here).env("TMPDIR", here.join("spill"));
        shell.arg("-c").arg(line).arg(command(here).get_program());
        let mut child = shell.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(table().as_bytes());
        let ran = ran(child.wait_with_output().unwrap()).ends(3);
        ran.says(&["the copy that is kept in", "spill, because it is read twice, can't be written", instead]);
        assert_eq!(names(here), ["spill"], "{job:?}");
    }
    // Elsewhere there is room.
    fs::create_dir(here.join("roomy")).unwrap();
    let ran = feed(here, ["convert", "-", "-f", "csv", "--dedupe", "t", "--spill-dir", "roomy"], table().as_bytes());
    assert_eq!(ran.ends(0).stdout.lines().count(), 1 + 97);
}

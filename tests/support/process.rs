//! Processes that are disturbed while they run.
#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Sends a signal.
pub fn send(child: &Child, signal: libc::c_int) {
    // SAFETY: a child that was not waited for keeps its number.
    unsafe { libc::kill(child.id() as libc::pid_t, signal) };
}

/// Waits for the end; a process that hangs is killed, and the test fails.
#[track_caller]
pub fn ends_within(child: &mut Child, time: Duration) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        if started.elapsed() > time {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the process did not end within {time:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// How a process ended and what it said, and its peak of resident memory in bytes as it was a moment before: what a
/// process is told of a child that has ended holds the peak of the parent too.
#[cfg(target_os = "linux")]
pub fn ended(mut child: Child) -> ((Option<i32>, String), u64) {
    let text = said(&mut child);
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.parse::<u64>().ok());
        peak = kib.map_or(peak, |kib| kib * 1024);
        if let Some(status) = child.try_wait().expect("a child") {
            assert!(peak > 0, "the process ended before anybody looked");
            return ((status.code(), text.join().expect("a reader")), peak);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Reads everything, in a thread of its own.
pub fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// What standard error said.
pub fn said(child: &mut Child) -> JoinHandle<String> {
    let bytes = collect(child.stderr.take().expect("a pipe"));
    thread::spawn(move || String::from_utf8_lossy(&bytes.join().expect("a reader")).into_owned())
}

/// Makes a FIFO.
pub fn fifo(path: &Path) {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).expect("a path");
    // SAFETY: the text ends with a zero.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

/// Numbers that are the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }
}

/// A CSV of about this many bytes, and what it is as NDJSON.
pub fn table(bytes: usize) -> (Vec<u8>, Vec<u8>) {
    let (mut csv, mut ndjson) = (b"id,name\n".to_vec(), Vec::new());
    let mut number = 0u64;
    while csv.len() < bytes {
        csv.extend_from_slice(format!("{number},name of {number}\n").as_bytes());
        ndjson.extend_from_slice(format!("{{\"id\":{number},\"name\":\"name of {number}\"}}\n").as_bytes());
        number += 1;
    }
    (csv, ndjson)
}

/// Leaves what is left of a run that was killed in its middle: part and journal of `target`, made of a new
/// `source.csv`.
pub fn interrupted(here: &Path, target: &str) {
    super::run(here, ["sample", "--format", "csv", "--size", "3MB", "-o", "source.csv", "--force"]).ends(0);
    let journal = || super::names(here).into_iter().find(|name| name.ends_with(".journal.pagemill"));
    loop {
        let mut command = super::command(here);
        command.args(["convert", "source.csv", "-o", target, "--resume", "--checkpoint-every", "100KB", "-q"]);
        let mut child = command.args(["--slice-size", "20KB"]).spawn().expect("the binary starts");
        while child.try_wait().expect("a child").is_none() {
            let len = journal().and_then(|name| fs::metadata(here.join(name)).ok()).map_or(0, |journal| journal.len());
            if len > 2000 {
                child.kill().expect("a child");
                child.wait().expect("a child");
                break;
            }
        }
        // It may have come to its end all the same.
        if !here.join(target).exists() {
            return;
        }
        fs::remove_file(here.join(target)).expect("the target");
    }
}

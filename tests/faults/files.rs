//! Real faults: inputs that shrink or change while they are read, and outputs that can't be written.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use crate::support::missing::left_out;
use crate::support::process::{Random, collect, ends_within, said, table};
use crate::support::{command, folder, names, run};
use pagemill::error::{Error, ErrorClass};
use pagemill::job::{Io, OnError};
use pagemill::op::Op;
use pagemill::record::Batch;
use pagemill::{Format, Job, SourceSpec, TargetSpec};

const PATIENCE: Duration = Duration::from_secs(60);

/// Does something to the source file when the first batch comes by.
struct Once(Mutex<Option<Box<dyn FnOnce() + Send>>>);

fn once(act: impl FnOnce() + Send + 'static) -> Once {
    Once(Mutex::new(Some(Box::new(act))))
}

impl Op for Once {
    fn name(&self) -> &str {
        "once"
    }

    fn apply(&self, _: &mut Batch<'_>) {
        if let Some(act) = self.0.lock().unwrap().take() {
            act();
        }
    }
}

fn convert(path: &Path, target: impl Into<TargetSpec>, io: Io, workers: usize, op: Once) -> Result<Vec<u8>, Error> {
    let job = Job::new(path, target).from(Format::Csv).to(Format::Ndjson).io(io).workers(workers).op(op);
    job.slice_size(64 << 10).run().map(|report| report.output)
}

/// Collects what a job writes, also when it fails.
#[derive(Clone, Default)]
struct Kept(std::sync::Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_source_that_shrinks_ends_a_job_with_file_and_offset() {
    pagemill::guard_maps().unwrap();
    let here = folder();
    let path = here.path().join("a.csv");
    let (csv, expected) = table(3_000_000);
    // On a page, inside of one, and everything.
    for (cut, workers) in [(1_500_000u64 / 4096 * 4096, 1), (1_500_001, 1), (1_500_001, 2), (2_999_999, 2), (0, 1)] {
        fs::write(&path, &csv).unwrap();
        let kept = Kept::default();
        let same = path.clone();
        let op = once(move || File::options().write(true).open(same).unwrap().set_len(cut).unwrap());
        let error = convert(&path, TargetSpec::Writer(Box::new(kept.clone())), Io::Map, workers, op).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Io, "{error}");
        let text = error.to_string();
        let at: u64 = text.split_once("a.csv: byte ").unwrap().1.split_once(':').unwrap().0.parse().unwrap();
        // The offset is that of the first byte that is gone, or of its page's touch.
        assert!(at <= cut.next_multiple_of(4096), "{text}");
        let written = kept.0.lock().unwrap();
        assert!(expected.starts_with(&written), "cut at {cut}: {} bytes", written.len());
        assert!(cut < 1_000_000 || !written.is_empty() || workers == 2);
    }
}

#[test]
fn a_source_that_changes_ends_a_job_although_no_fault_comes() {
    pagemill::guard_maps().unwrap();
    let here = folder();
    let (path, out) = (here.path().join("a.csv"), here.path().join("a.ndjson"));
    let (csv, expected) = table(300_000);
    let write = |path: &Path| File::options().write(true).open(path).unwrap();
    type Change = fn(&Path, File);
    let changes: [(&str, Change); 4] = [
        ("byte 200000", |_, file| file.set_len(200_000).unwrap()),
        ("had 300", |path, _| File::options().append(true).open(path).unwrap().write_all(b"9,x\n").unwrap()),
        ("written to", |_, file| file.set_modified(SystemTime::now() + Duration::from_secs(9)).unwrap()),
        ("another file", |path, _| {
            let other = path.with_extension("other");
            fs::write(&other, "id,name\n").unwrap();
            fs::rename(other, path).unwrap();
        }),
    ];
    for io in [Io::Map, Io::Read] {
        for (says, change) in &changes {
            fs::write(&path, &csv).unwrap();
            let (same, change) = (path.clone(), *change);
            let error = convert(&path, out.as_path(), io, 1, once(move || change(&same, write(&same)))).unwrap_err();
            assert_eq!(error.class(), ErrorClass::Io);
            assert!(error.to_string().contains("a.csv") && error.to_string().contains(says), "{says}: {error}");
            assert_eq!(names(here.path()), ["a.csv"], "{says}");
        }
        fs::write(&path, &csv).unwrap();
        assert!(convert(&path, TargetSpec::Memory, io, 1, once(|| {})).unwrap() == expected);
    }
}

/// What is read as bad data because the file changed is not called bad data, nor left out.
#[test]
fn zeros_are_not_blamed_on_the_data() {
    pagemill::guard_maps().unwrap();
    let here = folder();
    let path = here.path().join("a.ndjson");
    for on_error in [OnError::Fail, OnError::Skip] {
        fs::write(&path, "{\"a\":1}\n".repeat(200_000)).unwrap();
        let same = path.clone();
        let op = once(move || File::options().write(true).open(same).unwrap().set_len(800_000).unwrap());
        let job = Job::new(path.as_path(), TargetSpec::Memory).to(Format::Csv).slice_size(32 << 10).op(op);
        let error = job.on_error(on_error).run().unwrap_err();
        assert_eq!(error.class(), ErrorClass::Io, "{error}");
        assert!(error.to_string().contains("a.ndjson: byte "), "{error}");
    }
}

/// Cuts the input at random moments; the outcome is an error with file and offset, or right and complete.
fn truncate(arguments: &[&str], runs: u64, right: impl Fn(&Path, &[u8], bool)) -> u64 {
    let here = folder();
    let (path, (csv, _)) = (here.path().join("a.csv"), table(12_000_000));
    let mut random = Random(7);
    let mut failed = 0;
    for number in 0..runs {
        fs::write(&path, &csv).unwrap();
        let workers = ["1", "2"][(number % 2) as usize];
        let mut child = command(here.path())
            .args(arguments)
            .args(["-j", workers])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (collect(child.stdout.take().unwrap()), said(&mut child));
        std::thread::sleep(Duration::from_micros(random.below(150_000)));
        let len = random.below(csv.len() as u64);
        File::options().write(true).open(&path).unwrap().set_len(len).unwrap();
        let status = ends_within(&mut child, PATIENCE);
        let (out, err) = (out.join().unwrap(), err.join().unwrap());
        match status.code() {
            Some(0) => right(here.path(), &out, true),
            Some(3) => {
                failed += 1;
                // Opened while it was being cut: its length was the new one already, its time was not yet.
                let opened_late = err.contains("a.csv: the file was written to");
                assert!(err.contains("a.csv: byte ") || opened_late, "{err}");
                let end = if opened_late { out.iter().rposition(|&byte| byte == b'{').unwrap_or(0) } else { out.len() };
                // Shown if it is not.
                eprintln!("{err}");
                right(here.path(), &out[..end], false);
            }
            // It was cut before it was opened, inside of a record.
            Some(1) if err.contains("2 fields") || err.contains("1 field") => panic!("bad data: {err}"),
            _ => panic!("run {number}, {workers} workers, cut to {len}: {status}: {err}"),
        }
        for name in names(here.path()) {
            assert!(["a.csv", "a.ndjson"].contains(&name.as_str()), "{name} is left");
        }
        let _ = fs::remove_file(here.path().join("a.ndjson"));
    }
    failed
}

/// What may come of an input that was cut before it was opened.
fn is_of_a_shorter_table(found: &[u8], expected: &[u8]) -> bool {
    let whole = found.len() - found.iter().rev().skip(1).position(|&byte| byte == b'\n').unwrap_or(found.len());
    expected.starts_with(&found[..whole.saturating_sub(1)])
}

#[test]
fn inputs_cut_at_random_moments() {
    let expected = table(12_000_000).1;
    // To a file: nothing, or everything.
    let failed = truncate(&["convert", "a.csv", "-o", "a.ndjson", "--ragged", "pad"], 30, |folder, _, done| {
        let found = fs::read(folder.join("a.ndjson")).ok();
        assert_eq!(found.is_some(), done);
        if let Some(found) = found {
            assert!(found == expected || is_of_a_shorter_table(&found, &expected), "{} bytes", found.len());
        }
    });
    assert!(failed > 0, "no run met a fault");
    // To a pipe: what came before the fault, and nothing else.
    for io in ["map", "read"] {
        let failed =
            truncate(&["convert", "a.csv", "-t", "ndjson", "--ragged", "pad", "--io", io], 30, |_, out, done| {
                let right = if done { is_of_a_shorter_table(out, &expected) } else { expected.starts_with(out) };
                let end = &out[out.len().saturating_sub(100)..];
                assert!(right, "{} bytes, done {done}, ending {:?}", out.len(), String::from_utf8_lossy(end));
            });
        assert!(failed > 0, "no run met a fault");
    }
}

#[test]
fn counted_inputs_cut_at_random_moments() {
    for arguments in [&["count", "a.csv"][..], &["count", "-r", "a.csv"], &["count", "-f", "csv", "a.csv"]] {
        truncate(arguments, 10, |folder, out, done| {
            let text = String::from_utf8_lossy(out);
            if !done {
                assert_eq!(text, "");
                return;
            }
            // Either the whole file, or it was cut before it was opened: then it still has its cut length.
            let now = fs::read(folder.join("a.csv")).unwrap();
            let whole = table(12_000_000).0;
            let lines = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
            let first: usize = text.split_whitespace().next().unwrap().parse().unwrap();
            let records = |bytes: &[u8]| lines(bytes) + usize::from(!bytes.ends_with(b"\n") && !bytes.is_empty());
            let right = match arguments[1] {
                "-r" => first == lines(&whole) - 1 || first == records(&now).saturating_sub(1),
                _ => first == lines(&whole) || first == lines(&now),
            };
            assert!(right, "{text}");
        });
    }
}

/// A folder of its own filesystem with this many bytes; none without the right to mount.
pub struct Small(tempfile::TempDir);

impl Small {
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn new(size: &str) -> Option<Small> {
        let folder = folder();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(folder.path()).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Small(folder))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_filesystem() {
    let Some(small) = Small::new("1m") else {
        return left_out("mount", "a tmpfs can't be mounted");
    };
    let here = folder();
    fs::write(here.path().join("a.csv"), table(3_000_000).0).unwrap();
    let out = small.path().join("a.ndjson");
    for workers in ["1", "2"] {
        let ran = run(here.path(), ["convert", "a.csv", "-j", workers, "-o", out.to_str().unwrap()]).ends(3);
        ran.says(&["a.ndjson", "No space left"]);
        assert!(names(small.path()).is_empty(), "{:?}", names(small.path()));
    }
    // Standard output that is a file there.
    let file = File::create(&out).unwrap();
    let arguments = ["convert", "a.csv", "-t", "ndjson"];
    let output = command(here.path()).args(arguments).stdout(file).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"));
    // One that turns read-only.
    fs::remove_file(&out).unwrap();
    let status = std::process::Command::new("mount").args(["-o", "remount,ro"]).arg(small.path()).status().unwrap();
    assert!(status.success());
    run(here.path(), ["convert", "a.csv", "-o", out.to_str().unwrap()]).ends(3).says(&["a.ndjson", "Read-only"]);
}

#[test]
fn a_full_device() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a\n1\n").unwrap();
    run(here.path(), ["convert", "a.csv", "-t", "ndjson", "-o", "/dev/full"]).ends(3).says(&["/dev/full", "No space"]);
    for arguments in [
        &["convert", "a.csv", "-t", "ndjson"][..],
        &["count", "a.csv"],
        &["sample", "--format", "csv", "--records", "9"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(here.path()).args(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"), "{arguments:?}");
    }
}

#[test]
fn a_file_that_may_not_grow() {
    use std::os::unix::process::CommandExt;
    let here = folder();
    fs::write(here.path().join("a.csv"), table(3_000_000).0).unwrap();
    let mut command = command(here.path());
    command.args(["convert", "a.csv", "-o", "a.ndjson"]).stderr(Stdio::piped());
    // SAFETY: nothing is called between fork and exec but setrlimit, which may be called there.
    unsafe {
        command.pre_exec(|| {
            let limit = libc::rlimit { rlim_cur: 500_000, rlim_max: 500_000 };
            match libc::setrlimit(libc::RLIMIT_FSIZE, &limit) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        })
    };
    let output = command.output().unwrap();
    // Without the signal being ignored it would be the signal that ends the process.
    assert_eq!(output.status.code(), Some(3), "{}", output.status);
    assert!(String::from_utf8_lossy(&output.stderr).contains("File too large"));
    assert_eq!(names(here.path()), ["a.csv"]);
}

/// A writer of the caller's own that takes little at a time, is interrupted, and fails at last.
struct Hesitant {
    left: usize,
    turn: u32,
    kept: Kept,
}

impl Write for Hesitant {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(3) {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let count = bytes.len().min(1 + self.turn as usize % 1000).min(self.left);
        if count == 0 && !bytes.is_empty() {
            return Err(std::io::Error::from_raw_os_error(libc::EDQUOT));
        }
        self.left -= count;
        self.kept.write(&bytes[..count])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn short_and_interrupted_writes() {
    let (csv, expected) = table(200_000);
    for left in [usize::MAX, expected.len(), expected.len() - 1, 1000, 0] {
        let kept = Kept::default();
        let writer = Hesitant { left, turn: 0, kept: kept.clone() };
        let job = Job::new(SourceSpec::bytes(csv.clone()), TargetSpec::Writer(Box::new(writer)));
        let outcome = job.from(Format::Csv).to(Format::Ndjson).slice_size(16 << 10).workers(2).run();
        let whole = left >= expected.len();
        assert_eq!(outcome.as_ref().err().map(Error::class), (!whole).then_some(ErrorClass::Io), "{left}");
        assert!(*kept.0.lock().unwrap() == expected[..left.min(expected.len())], "{left}");
    }
}

//! Every call that puts output into a file fails once: writes, cuts, syncs and closes with an error, writes that take
//! only a part, and calls that a signal interrupts; and the rename at the end. An error is told and leaves no file
//! under the target's name; what is no error gives the right bytes.
//!
//! The calls themselves are doubles: this program defines the functions of the C library that write, so the standard
//! library's calls end here. The code that runs is what the command runs, from the committer down to the system call.
#![cfg(target_pointer_width = "64")]

use std::fs;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};

use crate::alone;
use crate::support::inputs::sample;
use crate::support::raw::Raw;
use crate::support::{folder, names};
use libc::{c_int, c_void, off64_t, size_t, ssize_t};
use pagemill::compress::{Codec, Compress};
use pagemill::error::{Error, ErrorClass};
use pagemill::job::{Checkpoint, Each, OnError, Settings};
use pagemill::{Format, Job, SourceSpec, TargetSpec};

/// What a call does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Write,
    Cut,
    Sync,
    Close,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Error(c_int),
    /// It takes this many bytes, or all but that many.
    Takes(usize),
    Leaves(usize),
    /// It works, and then there is a folder that has the target's name.
    Occupied,
    /// It works, and before it everything is copied: what a process would leave that is killed here.
    Copied,
}

/// Which call goes wrong, and how.
struct Plan {
    /// Only files in this folder count.
    folder: PathBuf,
    call: Call,
    wrong: Wrong,
    /// Calls until it does.
    left: usize,
    happened: bool,
    /// Where things are copied to.
    copy: Option<PathBuf>,
}

static ACTIVE: AtomicBool = AtomicBool::new(false);
static PLAN: Mutex<Option<Plan>> = Mutex::new(None);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// How this call is to go wrong, if it is.
fn strikes(call: Call, file: RawFd) -> Option<Wrong> {
    if !ACTIVE.load(SeqCst) {
        return None;
    }
    let mut plan = lock(&PLAN);
    let plan = plan.as_mut().filter(|plan| plan.call == call && !plan.happened)?;
    let path = fs::read_link(format!("/proc/self/fd/{file}")).ok()?;
    if !path.starts_with(&plan.folder) {
        return None;
    }
    plan.left -= 1;
    plan.happened = plan.left == 0;
    if plan.happened
        && let Some(copy) = &plan.copy
    {
        // Nothing else goes wrong in this run.
        ACTIVE.store(false, SeqCst);
        copy_all(&plan.folder, copy);
    }
    plan.happened.then_some(plan.wrong)
}

fn copy_all(from: &Path, to: &Path) {
    for name in names(from) {
        // It may be gone by now.
        let _ = fs::copy(from.join(&name), to.join(&name));
    }
}

fn fails(error: c_int) -> ssize_t {
    // SAFETY: errno is a variable of this thread.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// How much of `len` bytes a write takes, or its error.
fn taken(file: RawFd, len: usize) -> Result<usize, c_int> {
    match strikes(Call::Write, file) {
        None | Some(Wrong::Occupied | Wrong::Copied) => Ok(len),
        Some(Wrong::Error(error)) => Err(error),
        Some(Wrong::Takes(count)) => Ok(count.min(len)),
        Some(Wrong::Leaves(count)) => Ok(len.saturating_sub(count).max(1)),
    }
}

/// # Safety
/// As the function of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(file: c_int, bytes: *const c_void, len: size_t, at: off64_t) -> ssize_t {
    match taken(file, len) {
        // SAFETY: what the caller promised, of no more bytes.
        Ok(len) => unsafe { libc::syscall(libc::SYS_pwrite64, file, bytes, len, at) as ssize_t },
        Err(error) => fails(error),
    }
}

/// # Safety
/// As the function of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(file: c_int, bytes: *const c_void, len: size_t) -> ssize_t {
    match taken(file, len) {
        // SAFETY: what the caller promised, of no more bytes.
        Ok(len) => unsafe { libc::syscall(libc::SYS_write, file, bytes, len) as ssize_t },
        Err(error) => fails(error),
    }
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate64(file: c_int, len: off64_t) -> c_int {
    match strikes(Call::Cut, file) {
        Some(Wrong::Error(error)) => fails(error) as c_int,
        // SAFETY: numbers only.
        _ => unsafe { libc::syscall(libc::SYS_ftruncate, file, len) as c_int },
    }
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(file: c_int) -> c_int {
    match strikes(Call::Sync, file) {
        Some(Wrong::Error(error)) => fails(error) as c_int,
        // SAFETY: numbers only.
        _ => unsafe { libc::syscall(libc::SYS_fdatasync, file) as c_int },
    }
}

#[unsafe(no_mangle)]
extern "C" fn close(file: c_int) -> c_int {
    let wrong = strikes(Call::Close, file);
    // SAFETY: the caller gives the descriptor up; after an error of Linux's it is closed too.
    let closed = unsafe { libc::syscall(libc::SYS_close, file) as c_int };
    match wrong {
        Some(Wrong::Error(error)) => fails(error) as c_int,
        Some(Wrong::Occupied) => {
            let folder = lock(&PLAN).as_ref().map(|plan| plan.folder.join("out"));
            let _ = folder.map(fs::create_dir);
            closed
        }
        _ => closed,
    }
}

/// Runs something while the `nth` such call, from 1, on a file of `folder` goes wrong. Whether there were that many.
fn with_fault<T>(folder: &Path, call: Call, wrong: Wrong, nth: usize, run: impl FnOnce() -> T) -> (T, bool) {
    with_plan(Plan { folder: folder.to_path_buf(), call, wrong, left: nth, happened: false, copy: None }, run)
}

fn with_plan<T>(plan: Plan, run: impl FnOnce() -> T) -> (T, bool) {
    *lock(&PLAN) = Some(plan);
    ACTIVE.store(true, SeqCst);
    let done = run();
    ACTIVE.store(false, SeqCst);
    (done, lock(&PLAN).take().unwrap().happened)
}

/// A way to put output into files.
struct Way {
    name: &'static str,
    from: Format,
    to: Format,
    change: fn(&mut Settings),
    run: fn(&Settings, &Path, &Path) -> Result<(), Error>,
}

fn one(settings: &Settings, source: &Path, target: &Path) -> Result<(), Error> {
    let mut job = Job::new(source, target);
    job.settings = settings.clone();
    job.run().map(drop)
}

fn many(settings: &Settings, source: &Path, target: &Path) -> Result<(), Error> {
    Job::many([source, source], target).with(|own| *own = settings.clone()).run().map(drop)
}

fn each(settings: &Settings, source: &Path, target: &Path) -> Result<(), Error> {
    Each::new([(source, target.to_path_buf())]).with(|own| *own = settings.clone()).run().map(drop)
}

fn packed(settings: &mut Settings, codec: Codec) {
    settings.compress = Compress::As(codec.into());
}

fn checkpoints(settings: &mut Settings) {
    (settings.checkpoint, settings.checkpoint_every, settings.durable) = (Checkpoint::On, 2000, true);
}

const NOTHING: fn(&mut Settings) = |_| {};

const WAYS: [Way; 13] = [
    Way { name: "plain", from: Format::Csv, to: Format::Ndjson, change: NOTHING, run: one },
    Way { name: "array", from: Format::Json, to: Format::Json, change: NOTHING, run: one },
    Way { name: "begun anew", from: Format::Ndjson, to: Format::Csv, change: NOTHING, run: one },
    Way { name: "gzip", from: Format::Csv, to: Format::Ndjson, change: |s| packed(s, Codec::Gzip), run: one },
    Way { name: "zstd", from: Format::Csv, to: Format::Ndjson, change: |s| packed(s, Codec::Zstd), run: one },
    Way { name: "lz4", from: Format::Ndjson, to: Format::Csv, change: |s| packed(s, Codec::Lz4), run: one },
    Way { name: "checkpoints", from: Format::Csv, to: Format::Ndjson, change: checkpoints, run: one },
    Way { name: "anew, checkpoints", from: Format::Ndjson, to: Format::Csv, change: checkpoints, run: one },
    Way {
        name: "quarantine",
        from: Format::Csv,
        to: Format::Ndjson,
        change: |s| s.on_error = OnError::Quarantine,
        run: one,
    },
    Way {
        name: "quarantine, checkpoints",
        from: Format::Csv,
        to: Format::Ndjson,
        change: |s| {
            s.on_error = OnError::Quarantine;
            checkpoints(s);
        },
        run: one,
    },
    Way { name: "many", from: Format::Csv, to: Format::Json, change: NOTHING, run: many },
    Way { name: "many, zstd", from: Format::Csv, to: Format::Json, change: |s| packed(s, Codec::Zstd), run: many },
    Way { name: "each", from: Format::Csv, to: Format::Tsv, change: NOTHING, run: each },
];

/// A source whose keys are not all in its beginning, or with a bad record here and there.
fn source(way: &Way) -> Vec<u8> {
    let mut bytes = sample(way.from, &Raw::default(), 60);
    match way.from {
        Format::Ndjson => bytes.extend_from_slice(b"{\"a key that the header lacks\":1}\n"),
        Format::Csv if way.name.starts_with("quarantine") => {
            let lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
            let bad = |n: usize| if n % 7 == 5 { &b"one field\n"[..] } else { b"" };
            bytes = lines.flat_map(|(n, line)| [bad(n), line].concat()).collect();
        }
        _ => {}
    }
    bytes
}

/// A way, its source, and what it makes when nothing goes wrong.
struct Stage {
    way: &'static Way,
    settings: Settings,
    source: PathBuf,
    /// The folder that the output goes into.
    output: tempfile::TempDir,
    /// The target and the quarantine, as they should be.
    right: Vec<u8>,
    bad: Option<Vec<u8>>,
    _here: tempfile::TempDir,
}

const QUARANTINE: &str = "out.quarantine.ndjson";

impl Stage {
    fn new(way: &'static Way) -> Stage {
        let (here, output) = (folder(), folder());
        let source_path = here.path().join("source");
        fs::write(&source_path, source(way)).unwrap();
        let mut settings = Settings::default().with(|own| {
            own.from = Some(way.from);
            own.to = Some(way.to);
            own.workers = 2;
            own.slice_size = 1000;
            own.max_record_size = 100_000;
            own.checkpoint = Checkpoint::Off;
        });
        (way.change)(&mut settings);
        let mut stage = Stage { way, settings, source: source_path, output, right: Vec::new(), bad: None, _here: here };
        stage.run(|_| {}).unwrap();
        stage.right = fs::read(stage.target()).unwrap();
        stage.bad = fs::read(stage.output.path().join(QUARANTINE)).ok();
        assert_eq!(stage.bad.is_some(), way.name.starts_with("quarantine"));
        // The oracle: the same job into memory, from a stream.
        if way.name == "plain" || way.name == "checkpoints" {
            let mut job = Job::new(SourceSpec::bytes(source(way)), TargetSpec::Memory);
            job.settings = stage.settings.clone().with(|own| own.checkpoint = Checkpoint::Off);
            assert!(job.run().unwrap().output == stage.right);
        }
        stage.clear();
        stage
    }

    fn target(&self) -> PathBuf {
        self.output.path().join("out")
    }

    fn run(&self, change: impl FnOnce(&mut Settings)) -> Result<(), Error> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        (self.way.run)(&settings, &self.source, &self.target())
    }

    fn clear(&self) {
        names(self.output.path()).iter().for_each(|name| fs::remove_file(self.output.path().join(name)).unwrap());
    }

    /// Everything is there as it should be, and nothing else is.
    fn is_right(&self, what: &str) {
        assert!(fs::read(self.target()).unwrap() == self.right, "{what}");
        let quarantine = self.bad.as_ref().map(|_| QUARANTINE);
        assert_eq!(names(self.output.path()), ["out"].into_iter().chain(quarantine).collect::<Vec<_>>(), "{what}");
        if let Some(bad) = &self.bad {
            assert!(fs::read(self.output.path().join(QUARANTINE)).unwrap() == *bad, "{what}");
        }
    }

    /// The run failed: no target is there, and nothing half-done that nobody goes on with. Another run is right.
    fn is_clean(&self, error: &Error, what: &str) {
        assert_eq!(error.class(), ErrorClass::Io, "{what}: {error}");
        assert!(error.to_string().contains("can't "), "{what}: {error}");
        let mut left = names(self.output.path());
        // The quarantine gets its name first, and only when it is whole.
        left.retain(|name| {
            let whole = name == QUARANTINE && fs::read(self.output.path().join(name)).ok() == self.bad;
            !whole
        });
        assert!(!left.iter().any(|name| name == "out" || name == QUARANTINE), "{what}: {left:?}");
        assert!(left.is_empty() || error.can_resume(), "{what}: {left:?} after {error}");
        let resumes = error.can_resume();
        let again = self.run(|settings| {
            settings.resume = resumes;
            settings.force = true;
        });
        again.unwrap_or_else(|error| panic!("{what}, again: {error}"));
        self.is_right(what);
    }
}

/// Lets every call of a kind go wrong once, in every way; `fatal`: each time the run has to fail. How often it did.
fn each_time(call: Call, wrong: Wrong, fatal: impl Fn(&Way) -> Option<bool>) -> Vec<(&'static str, usize)> {
    let _alone = alone();
    let of_way = |way: &'static Way| {
        let stage = Stage::new(way);
        let mut failed = 0;
        for nth in 1..500 {
            let what = format!("{}: {call:?} {nth}, {wrong:?}", way.name);
            let (outcome, happened) = with_fault(stage.output.path(), call, wrong, nth, || stage.run(|_| {}));
            match outcome {
                Ok(()) => {
                    assert!(!happened || fatal(way) != Some(true), "{what}: nobody noticed");
                    stage.is_right(&what);
                }
                Err(error) => {
                    assert!(happened && fatal(way) != Some(false), "{what}: {error}");
                    failed += 1;
                    stage.is_clean(&error, &what);
                }
            }
            stage.clear();
            if !happened {
                return (way.name, failed);
            }
        }
        panic!("{}: it never ends", way.name);
    };
    WAYS.iter().map(of_way).collect()
}

/// Of a run that begins anew, what was written before does not matter.
fn if_it_matters(way: &Way) -> Option<bool> {
    (!way.name.contains("anew")).then_some(true)
}

#[test]
fn writes_that_fail() {
    for error in [libc::EIO, libc::ENOSPC, libc::EDQUOT, libc::EROFS] {
        for (name, failed) in each_time(Call::Write, Wrong::Error(error), if_it_matters) {
            assert!(failed >= 1, "{name}: {failed}");
        }
    }
    // A file that takes nothing more without a word.
    each_time(Call::Write, Wrong::Takes(0), if_it_matters);
}

#[test]
fn writes_that_take_a_part_or_are_interrupted() {
    for wrong in [Wrong::Takes(1), Wrong::Takes(700), Wrong::Leaves(1), Wrong::Error(libc::EINTR)] {
        each_time(Call::Write, wrong, |_| Some(false));
    }
}

#[test]
fn cuts_that_fail() {
    let failed = each_time(Call::Cut, Wrong::Error(libc::EIO), |_| Some(true));
    assert!(failed.iter().filter(|(_, failed)| *failed > 0).count() >= 3, "{failed:?}");
    each_time(Call::Cut, Wrong::Error(libc::EINTR), |_| Some(false));
}

#[test]
fn syncs_that_fail() {
    for error in [libc::EIO, libc::ENOSPC] {
        let failed = each_time(Call::Sync, Wrong::Error(error), if_it_matters);
        assert_eq!(failed.iter().filter(|(_, failed)| *failed > 1).count(), 3, "{failed:?}");
    }
    each_time(Call::Sync, Wrong::Error(libc::EINTR), |_| Some(false));
}

#[test]
fn closes_that_fail() {
    // Not every close has to be heard: after the last one that is, everything was written.
    for error in [libc::EIO, libc::ENOSPC, libc::EDQUOT] {
        for (name, failed) in each_time(Call::Close, Wrong::Error(error), |_| None) {
            assert!(failed >= 1, "{name}: {failed}");
        }
    }
    each_time(Call::Close, Wrong::Error(libc::EINTR), |_| Some(false));
}

#[test]
fn a_name_that_can_not_be_given() {
    let _alone = alone();
    for way in &WAYS {
        for force in [true, false] {
            let stage = Stage::new(way);
            let mut failed = 0;
            // The last thing before the rename is a close: then there is a folder of that name.
            for nth in 1..500 {
                let what = format!("{}: a folder at close {nth}, force {force}", way.name);
                let folder = stage.output.path();
                let (outcome, happened) = with_fault(folder, Call::Close, Wrong::Occupied, nth, || {
                    stage.run(|settings| settings.force = force)
                });
                if let Err(error) = outcome {
                    failed += 1;
                    let text = error.to_string();
                    assert!(text.contains("out exists already") || text.contains("can't rename the"), "{what}: {text}");
                    assert_eq!(error.class() == ErrorClass::Io, force, "{what}: {text}");
                    fs::remove_dir(stage.target()).unwrap();
                    let left = names(folder);
                    assert!(left.iter().all(|name| name == QUARANTINE), "{what}: {left:?}");
                    stage.run(|settings| settings.force = true).unwrap();
                }
                stage.is_right(&what);
                stage.clear();
                if !happened {
                    break;
                }
            }
            assert!(failed >= 1, "{} {force}", way.name);
        }
    }
}

#[test]
fn what_had_the_name_stays_when_a_run_fails() {
    let _alone = alone();
    let stage = Stage::new(&WAYS[0]);
    for call in [Call::Write, Call::Close] {
        fs::write(stage.target(), "before").unwrap();
        let run = || stage.run(|settings| settings.force = true);
        let (outcome, _) = with_fault(stage.output.path(), call, Wrong::Error(libc::EIO), 1, run);
        assert_eq!(outcome.unwrap_err().class(), ErrorClass::Io);
        assert_eq!(fs::read(stage.target()).unwrap(), b"before");
        assert_eq!(names(stage.output.path()), ["out"]);
    }
}

/// Whenever a run is killed, another one goes on with what is left and ends the same way: with the same bytes, or
/// because too many records are bad.
#[test]
fn what_a_kill_leaves_is_gone_on_with() {
    let _alone = alone();
    let (mut resumed, mut named) = (0, 0);
    for way in WAYS.iter().filter(|way| way.name.ends_with("checkpoints")) {
        for too_many in [false, true] {
            if too_many && !way.name.starts_with("quarantine") {
                continue;
            }
            let mut stage = Stage::new(way);
            if too_many {
                stage.settings.max_errors = Some("8%".parse().unwrap());
            }
            let expected = stage.run(|_| {}).map_err(|error| error.to_string());
            assert_eq!(expected.is_err(), too_many, "{expected:?}");
            stage.clear();
            for call in [Call::Write, Call::Cut, Call::Sync, Call::Close] {
                for nth in 1..500 {
                    let what = format!("{}: killed before {call:?} {nth}, too many: {too_many}", way.name);
                    let (folder, copy) = (stage.output.path(), folder());
                    let plan = Plan {
                        folder: folder.to_path_buf(),
                        call,
                        wrong: Wrong::Copied,
                        left: nth,
                        happened: false,
                        copy: Some(copy.path().to_path_buf()),
                    };
                    let (_, happened) = with_plan(plan, || stage.run(|_| {}));
                    stage.clear();
                    if !happened {
                        break;
                    }
                    let left = names(copy.path());
                    // Behind the last step nothing is left to be gone on with.
                    let is_journal = |name: &String| name.contains("journal");
                    if left.iter().any(|name| name == "out") || !left.iter().any(is_journal) {
                        continue;
                    }
                    copy_all(copy.path(), folder);
                    named += usize::from(left.iter().any(|name| name == QUARANTINE));
                    resumed += 1;
                    let outcome = stage.run(|settings| settings.resume = true).map_err(|error| error.to_string());
                    assert_eq!(outcome, expected, "{what}: {left:?}");
                    if too_many {
                        assert_eq!(names(folder), [QUARANTINE], "{what}");
                        assert!(fs::read(folder.join(QUARANTINE)).ok() == stage.bad, "{what}");
                    } else {
                        stage.is_right(&what);
                    }
                    stage.clear();
                }
            }
        }
    }
    assert!(resumed > 100 && named > 2, "{resumed} runs, {named} with a quarantine that had its name");
}

//! Everything that can fail does, once at each place: the budget's growth, every read, every write, the size of files
//! and the memory of the process. It is always a clean error; there is never a wrong or a partial file.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support;
use crate::support::inputs::{flags_for, sample};
use crate::support::process::{ends_within, said};
use crate::support::raw::Raw;
use crate::support::{command, folder, names};
use crate::{alone, beside_others};
use pagemill::compress::{Codec, Compress, Compression};
use pagemill::error::{Error, ErrorClass};
use pagemill::job::{Checkpoint, Settings};
use pagemill::memory::refuse_growth;
use pagemill::{Format, Job, SourceSpec, TargetSpec};

const PATIENCE: Duration = Duration::from_secs(60);

/// A job in small steps.
fn settings(from: Format, to: Format) -> Settings {
    let flags = Raw { op: if to == Format::Text { vec!["upper".into()] } else { Vec::new() }, ..flags_for(from, to) };
    let mut settings = flags.validate().unwrap();
    (settings.from, settings.to) = (Some(from), Some(to));
    (settings.workers, settings.slice_size, settings.max_record_size) = (2, 1000, 100_000);
    settings
}

/// Pairs of formats that go through every cutter, decoder and encoder, and through the search for keys.
const PAIRS: [(Format, Format); 8] = [
    (Format::Csv, Format::Ndjson),
    (Format::Ndjson, Format::Csv),
    (Format::Json, Format::Json),
    (Format::Text, Format::Text),
    (Format::Fixed, Format::Tsv),
    (Format::Tsv, Format::Frames),
    (Format::Frames, Format::Text),
    (Format::Csv, Format::Csv),
];

fn input(from: Format, to: Format) -> Vec<u8> {
    sample(from, &flags_for(from, to), 60)
}

/// What the job writes when nothing fails.
fn expected(input: &[u8], settings: &Settings) -> Vec<u8> {
    job(SourceSpec::bytes(input), TargetSpec::Memory, settings).run().unwrap().output
}

fn job(source: impl Into<SourceSpec>, target: impl Into<TargetSpec>, settings: &Settings) -> Job {
    let mut job = Job::new(source, target);
    job.settings = settings.clone();
    job
}

fn pack(codec: Codec, data: &[u8]) -> Vec<u8> {
    let compression = Compression::from(codec);
    let mut packed = Vec::new();
    let mut packer = compression.packer().unwrap();
    data.chunks(3000).for_each(|part| packer.pack(part, &mut packed).unwrap());
    packed.extend_from_slice(compression.ending());
    packed
}

/// Gives small pieces; the `fails`-th read fails, from 1.
struct Failing {
    bytes: io::Cursor<Vec<u8>>,
    fails: usize,
}

impl Read for Failing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.fails = self.fails.wrapping_sub(1);
        if self.fails == 0 {
            return Err(io::Error::other("the double fails"));
        }
        let count = into.len().min(900);
        self.bytes.read(&mut into[..count])
    }
}

fn failing(bytes: &[u8], fails: usize) -> SourceSpec {
    SourceSpec::Reader(Box::new(Failing { bytes: io::Cursor::new(bytes.to_vec()), fails }))
}

/// Takes small pieces; the `fails`-th write fails, from 1. What was taken before is kept.
struct Refusing {
    kept: Arc<Mutex<Vec<u8>>>,
    fails: usize,
}

impl Write for Refusing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.fails = self.fails.wrapping_sub(1);
        if self.fails == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let count = bytes.len().min(700);
        self.kept.lock().unwrap().extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.fails = self.fails.wrapping_sub(1);
        if self.fails == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

/// Counts up until `run` is done; each time before it has to fail as `class`. Gives how often it failed.
#[track_caller]
fn until_done<T>(class: ErrorClass, says: &str, mut run: impl FnMut(usize) -> Result<T, Error>) -> (T, usize) {
    for nth in 1..2000 {
        match run(nth) {
            Ok(done) => return (done, nth - 1),
            Err(error) => {
                assert_eq!(error.class(), class, "{nth}: {error}");
                assert!(error.to_string().contains(says), "{nth}: {error}");
            }
        }
    }
    panic!("it never passes");
}

#[test]
fn any_read_may_fail() {
    let _others = beside_others();
    for (from, to) in PAIRS {
        let settings = settings(from, to);
        let input = input(from, to);
        let expected = expected(&input, &settings);
        let packed =
            [None, Some(Codec::Gzip), Some(Codec::Zstd), Some(Codec::Lz4), Some(Codec::Xz), Some(Codec::Bzip2)];
        for codec in packed {
            let bytes = codec.map_or(input.clone(), |codec| pack(codec, &input));
            let here = folder();
            let target = here.path().join("out");
            let (report, failed) = until_done(ErrorClass::Io, "the double fails", |nth| {
                let outcome = job(failing(&bytes, nth), target.as_path(), &settings).run();
                assert!(outcome.is_ok() || names(here.path()).is_empty(), "{:?}", names(here.path()));
                outcome
            });
            assert!(fs::read(&target).unwrap() == expected, "{from} {to} {codec:?}");
            assert_eq!(report.bytes_out, expected.len() as u64);
            assert!(failed >= bytes.len() / 900, "{from} {to} {codec:?}: {failed}");
        }
    }
}

#[test]
fn any_write_may_fail() {
    let _others = beside_others();
    for (from, to) in PAIRS {
        let here = folder();
        let source = here.path().join("source");
        fs::write(&source, input(from, to)).unwrap();
        for codec in [None, Some(Codec::Gzip), Some(Codec::Zstd)] {
            let compress = codec.map_or(Compress::None, |codec| Compress::As(codec.into()));
            let settings = settings(from, to).with(|own| own.compress = compress);
            let expected = job(source.as_path(), TargetSpec::Memory, &settings).run().unwrap().output;
            // From a file and from a stream: of the file the keys are looked for first.
            for streamed in [false, true] {
                let kept = Arc::new(Mutex::new(Vec::new()));
                let (_, failed) = until_done(ErrorClass::Io, "can't ", |nth| {
                    kept.lock().unwrap().clear();
                    let target = TargetSpec::Writer(Box::new(Refusing { kept: kept.clone(), fails: nth }));
                    let from = match streamed {
                        true => SourceSpec::bytes(fs::read(&source).unwrap()),
                        false => SourceSpec::Path(source.clone()),
                    };
                    let outcome = job(from, target, &settings).run();
                    assert!(expected.starts_with(&kept.lock().unwrap()), "{from:?}", from = (to, codec, nth));
                    outcome
                });
                assert!(*kept.lock().unwrap() == expected, "{from} {to} {codec:?}");
                assert!(failed >= expected.len() / 700, "{from} {to} {codec:?}: {failed}");
            }
        }
    }
}

#[test]
fn any_read_of_many_inputs_may_fail() {
    let _others = beside_others();
    let settings = settings(Format::Csv, Format::Ndjson);
    let input = input(Format::Csv, Format::Ndjson);
    let one = expected(&input, &settings);
    let here = folder();
    let target = here.path().join("out");
    for keep_going in [false, true] {
        let mut left_out = 0;
        for nth in 1..2000 {
            let sources = [SourceSpec::bytes(&input[..]), failing(&input, nth), SourceSpec::bytes(&input[..])];
            let many = Job::many(sources, target.as_path()).with(|own| *own = settings.clone()).keep_going(keep_going);
            match many.run() {
                Err(error) => {
                    assert!(!keep_going && error.class() == ErrorClass::Io, "{nth}: {error}");
                    assert!(names(here.path()).is_empty(), "{nth}: {:?}", names(here.path()));
                }
                Ok(report) => {
                    let failures = report.files.iter().filter(|file| file.error.is_some()).count();
                    assert!(fs::read(&target).unwrap() == one.repeat(3 - failures), "{nth}");
                    assert_eq!(names(here.path()), ["out"]);
                    fs::remove_file(&target).unwrap();
                    if failures == 0 {
                        break;
                    }
                    left_out += 1;
                }
            }
        }
        assert_eq!(left_out > 5, keep_going, "{left_out}");
    }
}

#[test]
fn any_growth_of_the_budget_may_be_refused() {
    let _alone = alone();
    let here = folder();
    let target = here.path().join("out");
    for (from, to) in PAIRS {
        let input = input(from, to);
        for (compress, checkpoint) in [(false, false), (true, false), (false, true)] {
            let source = here.path().join("source");
            fs::write(&source, pack(Codec::Zstd, &input)).unwrap();
            if checkpoint {
                fs::write(&source, &input).unwrap();
            }
            let settings = settings(from, to).with(|own| {
                own.compress = if compress { Compress::As(Codec::Gzip.into()) } else { Compress::None };
                own.checkpoint = if checkpoint { Checkpoint::On } else { Checkpoint::Off };
            });
            let expected = job(
                source.as_path(),
                TargetSpec::Memory,
                &settings.clone().with(|own| own.checkpoint = Checkpoint::Off),
            );
            let expected = expected.run().unwrap().output;
            let (_, refused) = until_done(ErrorClass::Memory, "memory_limit", |nth| {
                refuse_growth(nth as u64);
                let outcome = job(source.as_path(), target.as_path(), &settings).run();
                let left = refuse_growth(0);
                assert_eq!(outcome.is_ok(), left > 0, "{from} {to} {nth}: {left} left");
                assert!(outcome.is_ok() || !target.exists());
                outcome
            });
            assert!(refused > 2, "{refused}");
            assert!(fs::read(&target).unwrap() == expected, "{from} {to}");
            fs::remove_file(&target).unwrap();
            assert_eq!(names(here.path()), ["source"], "{from} {to} {checkpoint}");
        }
    }
}

/// Sets a limit of the process that is to be started.
fn limited(folder: &Path, what: libc::__rlimit_resource_t, most: u64) -> std::process::Command {
    let mut command = command(folder);
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: between fork and exec only a system call that takes a pointer to a valid value.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(what, &limit) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        })
    };
    command
}

#[test]
fn files_may_stop_growing_anywhere() {
    let _others = beside_others();
    let here = folder();
    for (from, to) in [(Format::Csv, Format::Ndjson), (Format::Ndjson, Format::Csv), (Format::Json, Format::Text)] {
        fs::write(here.path().join("source"), sample(from, &Raw::default(), 250)).unwrap();
        let base = ["convert", "source", "-f", from.name(), "-t", to.name(), "-q", "-o"];
        support::run(here.path(), base.iter().chain(&["whole"])).ends(0);
        let whole = fs::read(here.path().join("whole")).unwrap();
        for more in [&[][..], &["--checkpoint", "--checkpoint-every", "4KB"], &["--compress", "gzip"]] {
            let small = ["--slice-size", "2KB", "-j", "2"];
            let run = |most: u64, target: &str, flags: &[&str]| {
                let mut command = limited(here.path(), libc::RLIMIT_FSIZE, most);
                command.args(base.iter().chain(&[target]).chain(more).chain(&small).chain(flags));
                let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
                let stderr = said(&mut child);
                (ends_within(&mut child, PATIENCE).code(), stderr.join().unwrap())
            };
            assert_eq!(run(1 << 30, "good", &[]).0, Some(0));
            let good = fs::read(here.path().join("good")).unwrap();
            assert!(more.contains(&"gzip") || good == whole);
            fs::remove_file(here.path().join("good")).unwrap();
            let step = (good.len() / 23).max(1);
            for most in (0..good.len()).step_by(step).chain([1, 2, 100, good.len() - 1]) {
                let (code, stderr) = run(most as u64, "target", &[]);
                assert_eq!(code, Some(3), "{from} {to} {more:?} {most}: {stderr}");
                assert!(stderr.contains("File too large"), "{stderr}");
                let left: Vec<String> =
                    names(here.path()).into_iter().filter(|name| name != "source" && name != "whole").collect();
                if !more.contains(&"--checkpoint") {
                    assert!(left.is_empty(), "{from} {to} {more:?} {most}: {left:?}");
                    continue;
                }
                // What is kept is a beginning, and a run that may write goes on with it.
                assert!(!left.contains(&"target".to_string()), "{left:?}");
                let (code, stderr) = run(1 << 30, "target", &["--resume"]);
                assert_eq!(code, Some(0), "{from} {to} {most}: {stderr}");
                assert!(fs::read(here.path().join("target")).unwrap() == good, "{from} {to} {most}");
                fs::remove_file(here.path().join("target")).unwrap();
            }
        }
        fs::remove_file(here.path().join("whole")).unwrap();
    }
}

/// How a run in a limited address space ended.
#[derive(Clone, Copy, PartialEq)]
enum Ended {
    /// The loader or the standard library had not enough to begin with.
    Unstarted,
    /// It said what was missing.
    Told,
    Passed,
}

#[test]
fn memory_may_end_anywhere() {
    let _others = beside_others();
    let here = folder();
    let kinds: [(Format, Format, &[&str]); 4] = [
        (Format::Csv, Format::Ndjson, &["-j", "2"]),
        (Format::Ndjson, Format::Csv, &["-j", "3", "--io", "read"]),
        (Format::Json, Format::Json, &["-j", "2", "--compress", "zstd"]),
        (Format::Text, Format::Text, &["-j", "1", "--op", "upper", "--checkpoint"]),
    ];
    for (from, to, flags) in kinds {
        fs::write(here.path().join("source"), sample(from, &Raw::default(), 3000)).unwrap();
        let base = ["convert", "source", "-f", from.name(), "-t", to.name(), "-q", "--slice-size", "20KB", "-o"];
        support::run(here.path(), base.iter().chain(&["whole"]).chain(flags)).ends(0);
        let whole = fs::read(here.path().join("whole")).unwrap();
        let run = |most: u64| {
            let mut command = limited(here.path(), libc::RLIMIT_AS, most);
            command.args(base.iter().chain(&["target"]).chain(flags));
            let Ok(mut child) = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn() else {
                return Ended::Unstarted;
            };
            let stderr = said(&mut child);
            let status = ends_within(&mut child, PATIENCE);
            let stderr = stderr.join().unwrap();
            let what = format!("{from} {to} with {most} bytes: {status} {stderr}");
            let ended = match status.code() {
                Some(0) => {
                    let target = here.path().join("target");
                    assert!(fs::read(&target).unwrap() == whole, "{what}");
                    fs::remove_file(&target).unwrap();
                    Ended::Passed
                }
                _ if status.signal().is_some() || status.code() == Some(127) => Ended::Unstarted,
                Some(3 | 4) => {
                    assert!(!stderr.is_empty(), "{what}");
                    Ended::Told
                }
                // The input could not be mapped, which checkpoints need.
                Some(2) if flags.contains(&"--checkpoint") => {
                    assert!(stderr.contains("can be mapped"), "{what}");
                    Ended::Told
                }
                code => panic!("{code:?}: {what}"),
            };
            let left: Vec<String> =
                names(here.path()).into_iter().filter(|name| name != "source" && name != "whole").collect();
            assert!(left.is_empty() || flags.contains(&"--checkpoint"), "{what}: {left:?}");
            assert!(!left.contains(&"target".to_string()), "{what}");
            left.iter().for_each(|name| fs::remove_file(here.path().join(name)).unwrap());
            ended
        };
        // What a run takes depends on the machine: large steps find the last one that was not even started and the
        // first that was enough, small ones look in between.
        let (mut least, mut most) = (4u64 << 20, 4u64 << 20);
        let mut told = 0;
        while most < 8 << 30 {
            match run(most) {
                Ended::Passed => break,
                Ended::Told => told += 1,
                Ended::Unstarted => least = most,
            }
            most += most / 16;
        }
        for step in 1..40 {
            told += usize::from(run(least + (most - least) / 40 * step) == Ended::Told);
        }
        // Twice as much may still be too little where the heap of another thread happens to begin with 64 MiB of addresses.
        let enough = most.max(1 << 30) * 2;
        assert!(told > 2 && run(enough) == Ended::Passed, "{from} {to}: {told} told, {least} to {most} bytes");
        fs::remove_file(here.path().join("whole")).unwrap();
    }
}

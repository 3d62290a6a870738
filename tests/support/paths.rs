//! One job, by every path: how it is read, how many workers, how large its slices, how much memory.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::raw::Raw;
use pagemill::error::ErrorClass;
use pagemill::format::Format;
use pagemill::job::{Io, Job, Settings, SourceSpec, TargetSpec};
use pagemill::metrics::Report;

/// What a job comes to, as far as it must not depend on the path.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    Done { bytes: Vec<u8>, records: (u64, u64, u64), lossy: Vec<(&'static str, u64)> },
    Failed { class: ErrorClass, message: String },
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Done { bytes, records, lossy } => {
                let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(3000)]);
                write!(f, "{records:?} {lossy:?} {} bytes:\n{shown}", bytes.len())
            }
            Outcome::Failed { class, message } => write!(f, "{class:?}: {message}"),
        }
    }
}

impl Outcome {
    /// The bytes, of a job that must be done.
    #[track_caller]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Outcome::Done { bytes, .. } => bytes,
            Outcome::Failed { class, message } => panic!("{class:?}: {message}"),
        }
    }

    /// The message, of a job that must fail.
    #[track_caller]
    pub fn message(&self) -> &str {
        match self {
            Outcome::Failed { message, .. } => message,
            Outcome::Done { bytes, .. } => panic!("no error, but {}", String::from_utf8_lossy(bytes)),
        }
    }
}

/// A job whose outcome is to be the same by every path.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub from: Format,
    pub to: Format,
    pub input: Vec<u8>,
    pub flags: Raw,
}

/// A message without what depends on how the source is read: the text at its place ends with the slice of a stream.
fn without_text(message: &str) -> String {
    let is_text = |line: &&str| {
        line.trim_start().split_once(" | ").is_some_and(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let message = message.lines().filter(|line| !is_text(line)).collect::<Vec<_>>().join("\n");
    // How much of a stream was not read nobody knows.
    match message
        .split_once(" bytes) was not read")
        .or_else(|| message.split_once(" byte) was not read"))
        .and_then(|(before, rest)| Some((before.rsplit_once(" (")?.0, rest)))
    {
        Some((before, rest)) => format!("{before} was not read{rest}"),
        None => message,
    }
}

/// How the source is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Mapped,
    Streamed,
    /// Reads that are as short as they can be, in odd sizes.
    ShortReads,
}

/// What the target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Memory,
    File,
    /// Something that takes bytes and can't be begun anew.
    Pipe,
}

/// One path.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub input: Input,
    pub workers: usize,
    /// 0: the default.
    pub slice: usize,
    /// The smallest memory limit that works; else the default.
    pub small: bool,
    pub target: Kind,
}

/// The path that the others are compared with.
pub const REFERENCE: Way = Way { input: Input::Mapped, workers: 1, slice: 0, small: false, target: Kind::Memory };

/// Every path, apart from the kind of target, which alternates.
pub fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for input in [Input::Mapped, Input::Streamed, Input::ShortReads] {
        for workers in [1, 2, 7] {
            for slice in [1, 7, 100, 4096, 0] {
                for small in [false, true] {
                    let target = [Kind::File, Kind::Memory, Kind::Pipe][ways.len() % 3];
                    ways.push(Way { input, workers, slice, small, target });
                }
            }
        }
    }
    ways
}

/// Some paths, so that every two choices meet: for the many small cases.
pub fn some_ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for (row, input) in [Input::Mapped, Input::Streamed, Input::ShortReads].into_iter().enumerate() {
        for (column, slice) in [1, 7, 100, 0].into_iter().enumerate() {
            let (workers, small) = ([1, 2, 7][(row + column) % 3], (row ^ column ^ column >> 1) & 1 == 1);
            let target = [Kind::Memory, Kind::File, Kind::Pipe, Kind::File][(row + column) % 4];
            ways.push(Way { input, workers, slice, small, target });
        }
    }
    ways
}

impl Case {
    pub fn new(name: &str, from: Format, to: Format, input: impl Into<Vec<u8>>, flags: Raw) -> Case {
        Case { name: format!("{name}: {from} to {to}"), from, to, input: input.into(), flags }
    }

    /// Runs the reference path.
    pub fn reference(&self) -> Outcome {
        let folder = tempfile::tempdir().expect("a folder");
        self.run(&REFERENCE, folder.path())
    }

    /// Runs every path; gives the outcome of the reference if all are like it.
    #[track_caller]
    pub fn check(&self) -> Outcome {
        self.check_by(ways())
    }

    /// The same for these paths.
    #[track_caller]
    pub fn check_by(&self, ways: impl IntoIterator<Item = Way>) -> Outcome {
        let folder = tempfile::tempdir().expect("a folder");
        let expected = self.run(&REFERENCE, folder.path());
        // Types are looked for first, which takes a source that can be read twice.
        let is_typed = self.to == Format::Avro || super::inputs::is_columnar(self.to);
        for way in ways.into_iter().filter(|way| !(is_typed && way.input == Input::ShortReads)) {
            let found = self.run(&way, folder.path());
            assert!(
                found == expected,
                "{} by {way:?} is not as it is by {REFERENCE:?}\n--- expected {expected:?}\n--- found {found:?}",
                self.name
            );
        }
        expected
    }

    /// Runs one path.
    pub fn run(&self, way: &Way, folder: &Path) -> Outcome {
        let mut settings = self.flags.validate().expect("flags that mean something");
        settings.from = Some(self.from);
        settings.to = Some(self.to);
        settings.workers = way.workers;
        settings.slice_size = way.slice;
        if settings.max_record_size == 0 {
            settings.max_record_size = 1 << 20;
        }
        settings.force = true;
        let source = folder.join("source");
        if !source.exists() {
            std::fs::write(&source, &self.input).expect("a source file");
        }
        let target = folder.join("target");
        let mut report = None;
        if way.small {
            settings.memory_limit = 1;
            report = match self.job(way, &settings, &source, TargetSpec::Memory).run() {
                Err(error) if error.class() == ErrorClass::Memory => Some(Err(error)),
                // What is wrong before the plan is made.
                other => return outcome(other, &source, None),
            };
            // Once the header is known, long names may take more.
            for _ in 0..2 {
                let Some(Err(error)) = &report else { break };
                let Some(minimum) = least(error) else { break };
                settings.memory_limit = minimum;
                report = Some(self.go(way, &settings, &source, &target));
            }
        }
        let report = report.unwrap_or_else(|| self.go(way, &settings, &source, &target));
        let outcome = outcome(report, &source, (way.target == Kind::File).then_some(&target));
        let left: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("one").path()).collect();
        assert_eq!(left, [source], "{}: files were left behind by {way:?}", self.name);
        outcome
    }

    fn go(
        &self,
        way: &Way,
        settings: &Settings,
        source: &Path,
        target: &Path,
    ) -> Result<Report, pagemill::error::Error> {
        let pipe = Pipe::default();
        let spec = match way.target {
            Kind::Memory => TargetSpec::Memory,
            Kind::File => TargetSpec::Path(target.to_path_buf()),
            Kind::Pipe => TargetSpec::Writer(Box::new(pipe.clone())),
        };
        let mut report = self.job(way, settings, source, spec).run()?;
        if way.target == Kind::Pipe {
            report.output = pipe.take();
        }
        Ok(report)
    }

    fn job(&self, way: &Way, settings: &Settings, source: &Path, target: TargetSpec) -> Job {
        let mut job = Job::new(SourceSpec::Path(source.to_path_buf()), target);
        job.settings = settings.clone();
        job.settings.io = Io::Auto;
        match way.input {
            Input::Mapped => {}
            Input::Streamed => job.settings.io = Io::Read,
            Input::ShortReads => job.source = SourceSpec::Reader(Box::new(ShortReads::new(self.input.clone()))),
        }
        job
    }
}

/// The memory limit that an error advises.
fn least(error: &pagemill::error::Error) -> Option<usize> {
    let message = (error.class() == ErrorClass::Memory).then(|| error.to_string())?;
    let (_, minimum) = message.rsplit_once("memory_limit: ")?;
    pagemill::config::parse_size("", minimum.split('`').next()?).ok().map(|bytes| bytes as usize)
}

fn outcome(result: Result<Report, pagemill::error::Error>, source: &Path, target: Option<&PathBuf>) -> Outcome {
    match result {
        Ok(report) => {
            let bytes = match target {
                Some(path) => {
                    let bytes = std::fs::read(path).expect("the target file");
                    std::fs::remove_file(path).expect("it can be removed");
                    bytes
                }
                None => report.output,
            };
            assert_eq!(bytes.len() as u64, report.bytes_out, "the report tells another size");
            let records = (report.records_in, report.records_out, report.records_failed);
            Outcome::Done { bytes, records, lossy: report.lossy.iter().map(|(k, n)| (k.name(), n)).collect() }
        }
        Err(error) => {
            assert!(target.is_none_or(|path| !path.exists()), "a file under the final name after an error");
            let message = error.to_string();
            // A reader has no name.
            let name = source.display().to_string();
            let message =
                message.strip_prefix(&name).or_else(|| message.strip_prefix("standard input")).unwrap_or(&message);
            Outcome::Failed { class: error.class(), message: without_text(&message.replace(&name, "FILE")) }
        }
    }
}

/// Keeps what is written.
#[derive(Clone, Default)]
pub struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().expect("a writer that did not panic"))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a writer that did not panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives its bytes in pieces of 1, 2, 3, 5, … bytes, and now and then says it was interrupted.
pub struct ShortReads {
    bytes: Vec<u8>,
    at: usize,
    turn: usize,
}

impl ShortReads {
    pub fn new(bytes: Vec<u8>) -> ShortReads {
        ShortReads { bytes, at: 0, turn: 0 }
    }
}

impl Read for ShortReads {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        const SIZES: [usize; 8] = [1, 2, 3, 5, 61, 257, 1021, 4099];
        self.turn += 1;
        if self.turn.is_multiple_of(23) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = SIZES[self.turn % 8].min(into.len()).min(self.bytes.len() - self.at);
        into[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

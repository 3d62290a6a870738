//! Running programs in turn.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::machine::reference;
use super::records::{Compared, Writes, compare};
use super::stats::noise_of;
use crate::error::Error;
use crate::sys::child::{Ended, Took, run};
use crate::sys::{Stop, forget};

/// How it is measured.
pub struct Plan<'p> {
    /// How many rounds there are.
    pub runs: usize,
    /// A run that takes longer is ended.
    pub limit: Duration,
    /// The input is taken out of the page cache before each run.
    pub cold: bool,
    /// Outputs are files; otherwise they go nowhere, and are files only once, to be compared.
    pub to_files: bool,
    /// An empty folder for outputs.
    pub folder: &'p Path,
    /// Ends it early.
    pub stop: Option<&'p Stop>,
    /// Is told what is done.
    pub tell: &'p dyn Fn(&str),
}

/// A program that does the work.
pub struct Program<'p> {
    /// Its name.
    pub name: String,
    /// It is told where to write; otherwise it prints its output.
    pub writes: bool,
    /// It is told what to read; otherwise it reads its standard input.
    pub reads: bool,
    /// It can report about a run, as `metrics::json` does.
    pub reports: bool,
    /// How it is started.
    pub start: Box<dyn Fn(&Files<'_>) -> Command + 'p>,
}

/// The files of a run.
pub struct Files<'f> {
    /// What is read.
    pub input: &'f Path,
    /// What is written.
    pub output: &'f Path,
    /// Where to report about the run; none: to write a report would take a part of the time.
    pub report: Option<&'f Path>,
}

/// Work, and who does it.
pub struct Bench<'p> {
    /// What is read.
    pub input: &'p Path,
    /// What is written.
    pub writes: Writes,
    /// The extension of outputs.
    pub extension: &'p str,
    /// Does it twice in each round.
    pub ours: Program<'p>,
    /// Do it once in each round.
    pub others: Vec<Program<'p>>,
}

/// What was measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Our first run of each round.
    pub ours: Series,
    /// Our other one.
    pub again: Series,
    /// Those of other programs.
    #[serde(skip)]
    pub others: Vec<Other>,
    /// The seconds of a fixed piece of work, once in each round.
    pub reference: Vec<f64>,
}

/// Another program.
#[derive(Clone, Debug)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// What was measured.
    pub series: Series,
    /// How what it wrote compares with ours; none: it wrote nothing.
    pub output: Option<Compared>,
    /// Why it was not measured to the end.
    pub failed: Option<String>,
}

/// The runs of a program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Series {
    /// What each took.
    pub seconds: Vec<f64>,
    /// Processor time of each, where it is known.
    pub cpu_seconds: Vec<f64>,
    /// The most memory that was resident in any of them; none where it is not known.
    pub peak_bytes: Option<u64>,
    /// What it reported itself of another run.
    pub reported: Option<Reported>,
}

/// What a program of ours reports about its first run, which is not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// Records read; none where none are.
    pub records: Option<u64>,
    /// The median latency of a record, in microseconds.
    pub latency_p50: u64,
    /// The same for 99 of 100 records.
    pub latency_p99: u64,
    /// Blocks that were allocated at its start, and until each worker had finished its first slice.
    pub start_blocks: u64,
    /// Blocks that were allocated after that.
    pub steady_blocks: u64,
    /// The most memory that was resident, in bytes; 0 where it is not known.
    pub peak_bytes: u64,
}

impl Outcome {
    /// All our runs.
    pub fn all(&self) -> Vec<f64> {
        [&self.ours.seconds[..], &self.again.seconds].concat()
    }

    /// The noise: see [`noise_of`].
    pub fn noise(&self) -> f64 {
        noise_of(&self.again.seconds, &self.ours.seconds)
    }

    /// The most memory of any of our runs.
    pub fn peak_bytes(&self) -> Option<u64> {
        let reported = self.ours.reported.map(|reported| reported.peak_bytes).filter(|bytes| *bytes > 0);
        self.ours.peak_bytes.max(self.again.peak_bytes).max(reported)
    }
}

/// Why a program did not do its work.
enum Fault {
    /// In words.
    Failed(String),
    /// The stop was requested.
    Stopped,
}

impl Bench<'_> {
    /// Runs each program once, compares what they write, and then runs all of them in turn: in every other round in
    /// reverse order.
    ///
    /// # Errors
    /// Ours fails, the stop was requested, or the folder can't be used. Another program that fails is reported in the
    /// outcome.
    pub fn run(&self, plan: &Plan<'_>) -> Result<Outcome, Error> {
        let mut found = Outcome::default();
        (plan.tell)("first run");
        let compared = !self.others.is_empty();
        let output = |name: &str| plan.folder.join(format!("{name}.{}", self.extension));
        let (ours, theirs) = (output("ours"), output("theirs"));
        let report = plan.folder.join("report.json");
        self.ours_once(plan, (compared || plan.to_files).then_some(&ours), Some(&report))?;
        found.ours.reported = Reported::read(&report);
        for program in &self.others {
            let mut other = Other { name: program.name.clone(), series: Series::default(), output: None, failed: None };
            (plan.tell)(&format!("first run of {}", program.name));
            match self.once(program, plan, Some(&theirs), None) {
                Ok(_) if !theirs.exists() => other.failed = Some("it wrote no output".to_owned()),
                Ok(_) => other.output = Some(compare(&ours, &theirs, self.writes, plan.stop)?),
                Err(Fault::Failed(why)) => other.failed = Some(why),
                Err(Fault::Stopped) => return Err(Error::stopped(None)),
            }
            found.others.push(other);
        }
        remove(&ours);
        remove(&theirs);
        for round in 0..plan.runs {
            (plan.tell)(&format!("round {} of {}", round + 1, plan.runs));
            found.reference.push(reference());
            let to = |path| plan.to_files.then_some(path);
            let last = self.others.len() + 1;
            for turn in 0..=last {
                match if round % 2 == 0 { turn } else { last - turn } {
                    0 => found.ours.add(self.ours_once(plan, to(&ours), None)?),
                    1 => found.again.add(self.ours_once(plan, to(&ours), None)?),
                    place => self.other_once(plan, to(&theirs), place - 2, &mut found.others[place - 2])?,
                }
            }
        }
        Ok(found)
    }

    fn ours_once(&self, plan: &Plan<'_>, output: Option<&PathBuf>, report: Option<&PathBuf>) -> Result<Took, Error> {
        self.once(&self.ours, plan, output, report).map_err(|fault| match fault {
            Fault::Failed(why) => Error::io("run", &self.ours.name, io::Error::other(why)),
            Fault::Stopped => Error::stopped(None),
        })
    }

    fn other_once(
        &self,
        plan: &Plan<'_>,
        output: Option<&PathBuf>,
        place: usize,
        other: &mut Other,
    ) -> Result<(), Error> {
        if other.failed.is_some() {
            return Ok(());
        }
        match self.once(&self.others[place], plan, output, None) {
            Ok(took) => other.series.add(took),
            Err(Fault::Failed(why)) => other.failed = Some(why),
            Err(Fault::Stopped) => return Err(Error::stopped(None)),
        }
        Ok(())
    }

    /// Runs a program once.
    fn once(
        &self,
        program: &Program<'_>,
        plan: &Plan<'_>,
        output: Option<&PathBuf>,
        report: Option<&PathBuf>,
    ) -> Result<Took, Fault> {
        let failed = |what: &str, error: io::Error| Fault::Failed(format!("{what}: {error}"));
        output.iter().for_each(|path| remove(path));
        if plan.cold {
            forget(self.input).map_err(|e| failed("the input can't be taken out of the page cache", e))?;
        }
        let nowhere = Path::new(if cfg!(windows) { "NUL" } else { "/dev/null" });
        let place = output.map_or(nowhere, PathBuf::as_path);
        let report = report.map(PathBuf::as_path);
        let mut command = (program.start)(&Files { input: self.input, output: place, report });
        let said = plan.folder.join("stderr");
        let open = || -> io::Result<[Stdio; 3]> {
            let stdin = if program.reads { Stdio::null() } else { File::open(self.input)?.into() };
            let stdout = match output {
                Some(path) if !program.writes => File::create(path)?.into(),
                _ => Stdio::null(),
            };
            Ok([stdin, stdout, File::create(&said)?.into()])
        };
        let [stdin, stdout, stderr] = open().map_err(|e| failed("its files can't be opened", e))?;
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        let took = run(&mut command, plan.limit, plan.stop).map_err(|e| failed("it can't be started", e))?;
        match took {
            Took { ended: Some(Ended::Stopped), .. } => Err(Fault::Stopped),
            Took { ended: Some(Ended::TooLong), .. } => {
                Err(Fault::Failed(format!("it was ended after {} s", plan.limit.as_secs_f64())))
            }
            // A shell's word for a program that it did not find, too.
            Took { status, .. } if !status.success() => {
                let said = match program.reports {
                    // Ours says first what is wrong, and then what to do.
                    true => fs::read_to_string(&said).ok().map(|text| text.trim_end().to_owned()),
                    false => last_line(&said),
                };
                let said = said.filter(|said| !said.is_empty()).map(|said| format!(": {said}")).unwrap_or_default();
                Err(Fault::Failed(format!("{status}{said}")))
            }
            took => Ok(took),
        }
    }
}

/// What is not there need not be removed; what can't be is found when it is written.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// The last line that a program wrote to standard error.
fn last_line(path: &Path) -> Option<String> {
    const SHOWN: u64 = 2_000;
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(SHOWN))).ok()?;
    let mut bytes = Vec::new();
    file.take(SHOWN).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(line.chars().filter(|c| !c.is_control()).take(200).collect())
}

impl Reported {
    fn read(path: &Path) -> Option<Reported> {
        let report: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        let number = |outer: &str, inner: &str| report[outer][inner].as_u64().unwrap_or(0);
        Some(Reported {
            records: report["records_in"].as_u64(),
            latency_p50: number("record_latency_us", "p50"),
            latency_p99: number("record_latency_us", "p99"),
            start_blocks: number("allocations", "start") + number("allocations", "warmup"),
            steady_blocks: number("allocations", "steady"),
            peak_bytes: report["peak_rss_bytes"].as_u64().unwrap_or(0),
        })
    }
}

impl Series {
    /// Adds a run.
    fn add(&mut self, took: Took) {
        self.seconds.push(took.wall.as_secs_f64());
        self.cpu_seconds.extend(took.cpu.map(|cpu| cpu.as_secs_f64()));
        self.peak_bytes = self.peak_bytes.max(took.peak);
    }
}

//! What a run is doing at one moment, as all views show it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::error::ErrorClass;
use crate::metrics::{BadTotals, Cause, Latency, Level, Planned, PoolUse, Response, STAGES, Workers};
use crate::record::Lossy;

/// What is known of a run before it begins, and does not change.
#[derive(Clone, Debug)]
pub struct About {
    /// The name of a configured job.
    pub job: Option<String>,
    /// The input as people know it: a file's name, "standard input", "12 inputs".
    pub source: String,
    /// The output; none where nothing is written.
    pub target: Option<String>,
    /// The names of the formats, where they are known.
    pub from: Option<&'static str>,
    /// The output's.
    pub to: Option<&'static str>,
    /// Nothing is read: what counts as read is what is written.
    pub makes: bool,
    /// The number of inputs.
    pub sources: u64,
    /// The memory limit in bytes.
    pub memory_limit: u64,
    /// What becomes of bad records.
    pub bad: &'static str,
    /// When the run began.
    pub started: SystemTime,
    /// Where the output is written; none: it is no file.
    pub place: Option<PathBuf>,
}

impl Default for About {
    fn default() -> About {
        About {
            job: None,
            source: String::new(),
            target: None,
            from: None,
            to: None,
            makes: false,
            sources: 1,
            memory_limit: 0,
            bad: "left out",
            started: SystemTime::now(),
            place: None,
        }
    }
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// As a bar where that is of use.
    #[default]
    Auto,
    /// As a bar.
    Bar,
    /// As a line, again and again.
    Plain,
    /// Not at all.
    Nothing,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing was read yet.
    #[default]
    Starting,
    /// It reads and writes.
    Running,
    /// Everything is read and converted.
    Finishing,
    /// It ended well.
    Done,
    /// It ended with an error.
    Failed,
    /// It was told to end.
    Stopped,
}

impl State {
    /// All of them, in order.
    pub const ALL: [State; 6] =
        [State::Starting, State::Running, State::Finishing, State::Done, State::Failed, State::Stopped];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            State::Starting => "starting",
            State::Running => "running",
            State::Finishing => "finishing",
            State::Done => "done",
            State::Failed => "failed",
            State::Stopped => "stopped",
        }
    }

    /// How a run ended: well, or with an error of this class.
    pub fn of_end(error: Option<ErrorClass>) -> State {
        match error {
            None => State::Done,
            Some(ErrorClass::Stopped) => State::Stopped,
            Some(_) => State::Failed,
        }
    }

    /// Whether the run is over.
    pub fn is_end(self) -> bool {
        matches!(self, State::Done | State::Failed | State::Stopped)
    }
}

/// Amounts per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Bytes read.
    pub read: f64,
    /// Bytes written.
    pub written: f64,
    /// Records read.
    pub records: f64,
}

/// The time that is left, by the rate of the last two minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Left {
    /// What remains divided by that rate.
    pub mid: Duration,
    /// The same at the 90th and at the 10th percentile of the rates over ten seconds; none where there are too few of
    /// them, or nothing was read for that long.
    pub range: Option<[Duration; 2]>,
}

/// Resident memory by what it is for, in bytes; the sum of the kinds is what the system calls resident.
///
/// What the parts hold is counted; what is resident is measured. Buffers that were not used yet hold memory that is not
/// resident, so they give way where the parts have more together than there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The program's code, stacks, and what the heap keeps for itself.
    pub code_stacks: u64,
    /// The heap without the parts below.
    pub heap_other: u64,
    /// Output buffers, and the windows of a stream.
    pub buffers: u64,
    /// The workers' arenas.
    pub arenas: u64,
    /// Compressing and decompressing.
    pub codec: u64,
    /// Pages of mapped sources.
    pub mapped: u64,
    /// Of the resident memory, what belongs to no file.
    pub anonymous: u64,
    /// Of the resident memory, pages of files.
    pub file: u64,
    /// What the heap holds, resident or not.
    pub heap: u64,
    /// The most that ever was resident.
    pub peak: u64,
    /// The ceiling: the memory limit, or that of the control group if it is lower.
    pub limit: u64,
}

impl Memory {
    /// Resident memory, in bytes.
    pub fn resident(&self) -> u64 {
        self.anonymous + self.file
    }

    /// The kinds with their names.
    pub fn kinds(&self) -> [(&'static str, u64); 6] {
        [
            ("code_stacks", self.code_stacks),
            ("heap_other", self.heap_other),
            ("buffers", self.buffers),
            ("arenas", self.arenas),
            ("codec", self.codec),
            ("mapped", self.mapped),
        ]
    }
}

/// A time in which memory was scarce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The highest level in it.
    pub level: Level,
    /// When it began, from the start of the run.
    pub since: Duration,
    /// When it ended; none: it goes on.
    pub until: Option<Duration>,
}

/// How scarce memory is and was. Looked at twice a second, so what was shorter may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pressure {
    /// The level now.
    pub level: Level,
    /// How often memory was scarce.
    pub episodes: u32,
    /// The last time.
    pub last: Option<Episode>,
    /// For how long the level was high and critical, in seconds.
    pub seconds: [f64; 2],
    /// How often each response began, in the order of [`Response::ALL`].
    pub responses: [u64; Response::ALL.len()],
}

/// Checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoints {
    /// How many.
    pub count: u64,
    /// Bytes of the source that are safe.
    pub position: u64,
    /// When the last one was written, from the start of the run.
    pub at: Duration,
}

/// The file system that the output is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetSpace {
    /// What is free there, in bytes.
    pub free: u64,
    /// What is still to be written: an estimate by the part of the input that is done. None: that is not known.
    pub remaining: Option<u64>,
}

impl TargetSpace {
    /// What will be left at the end, in bytes; negative: it does not suffice.
    pub fn left(&self) -> Option<f64> {
        self.remaining.map(|remaining| self.free as f64 - remaining as f64)
    }
}

/// Everything that is seen of a run at one moment.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// The numbers.
    pub sample: Sample,
    /// Bad records.
    pub bad: BadTotals,
    /// What was planned for the source that is being read; none: nothing yet.
    pub planned: Option<Planned>,
    /// Which rules the run breaks.
    pub alerts: Vec<Standing>,
    /// The largest groups so far, in lines of text, where they are known.
    pub groups: Vec<String>,
}

impl From<Sample> for Moment {
    fn from(sample: Sample) -> Moment {
        Moment { sample, ..Moment::default() }
    }
}

/// Whether a run breaks a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The name of the rule. No other has it.
    pub rule: String,
    /// What it is about.
    pub metric: &'static str,
    /// How bad it is: `info`, `warning`, `critical`.
    pub severity: &'static str,
    /// Whether the rule is met.
    pub state: Met,
    /// When it was raised for the last time.
    pub since: Option<Duration>,
    /// When it was resolved, if it is.
    pub until: Option<Duration>,
    /// How often it was raised.
    pub raised: u64,
    /// The value now; none: it is not known.
    pub value: Option<f64>,
    /// The limit.
    pub threshold: Option<f64>,
    /// Values above the limit are met; else those below.
    pub above: bool,
    /// What the two are: `count`, `bytes`, `bytes_per_s`, `share` (0 to 1), `s`.
    pub unit: &'static str,
    /// What was said when it was raised, or is so now; empty: it never was.
    pub text: String,
}

/// Whether a rule is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// It is.
    Active,
    /// It was.
    Resolved,
    /// It never was.
    Quiet,
}

impl Met {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Met::Active => "active",
            Met::Resolved => "resolved",
            Met::Quiet => "quiet",
        }
    }
}

/// The upper bounds of the latency histogram, in microseconds; above the last one there is no bound.
pub const LATENCY_BOUNDS: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// What a run is doing at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Since the start of the run, monotonic.
    pub t: Duration,
    /// How far the run has come.
    pub state: State,
    /// The bytes of all inputs; none where that is not known.
    pub size: Option<u64>,
    /// Bytes read, after decompression.
    pub read: u64,
    /// Bytes written.
    pub written: u64,
    /// Records read, good and bad.
    pub records_read: u64,
    /// Records written.
    pub records_written: u64,
    /// Bad records left out.
    pub records_bad: u64,
    /// Records that ops dropped.
    pub records_filtered: u64,
    /// Entries of sorted runs on disk that were merged, after the input was read.
    pub(crate) merged: u64,
    /// Inputs that are done.
    pub sources_done: u64,
    /// The last two seconds.
    pub rate: Rates,
    /// The whole run.
    pub mean: Rates,
    /// The time left; none in the first five seconds, and where the size is not known.
    pub left: Option<Left>,
    /// Nothing was read or written for this long, if that is long.
    pub stalled: Option<Duration>,
    /// Latency of the last ten seconds; none: no record was committed.
    pub latency: Option<Latency>,
    /// Latency of the whole run.
    pub latency_run: Option<Latency>,
    /// Records by latency: at most each of [`LATENCY_BOUNDS`], and all of them.
    pub latency_counts: [u64; LATENCY_BOUNDS.len() + 1],
    /// The latencies of all records together, in microseconds.
    pub latency_sum: f64,
    /// Memory.
    pub memory: Memory,
    /// The mean of resident memory over all samples, in bytes.
    pub resident_mean: f64,
    /// How scarce it is.
    pub pressure: Pressure,
    /// What the workers do.
    pub workers: Workers,
    /// The time that workers spent converting, waiting for input, waiting for the target, held back: in seconds of all
    /// workers, estimated from the samples.
    pub worker_seconds: [f64; 4],
    /// Output buffers.
    pub pool: PoolUse,
    /// Slices that were handed out and are not committed.
    pub slices_open: u64,
    /// Slices committed.
    pub slices_committed: u64,
    /// Checkpoints, if there are any.
    pub checkpoints: Option<Checkpoints>,
    /// The target's file system; none: the target is no file, or the system does not say.
    pub target: Option<TargetSpace>,
    /// For how long nothing was read or written while workers waited for the target: in seconds, estimated from the
    /// samples.
    pub target_stall: f64,
    /// How long the workers were in each of the [`STAGES`].
    pub stages: [Duration; STAGES.len()],
    /// Bad records by reason, in the order of [`Cause::ALL`]; those of a run before this one are not among them.
    pub bad_by_cause: [u64; Cause::ALL.len()],
    /// What the target could not hold.
    pub lossy: Lossy,
    /// Blocks that were allocated before the first slice, and by workers in warm-up and in the steady state.
    pub allocated_blocks: [u64; 3],
}

impl Sample {
    /// Whether what was written to disk is being merged: all of the input is read.
    pub(crate) fn merges(&self) -> bool {
        self.merged > 0 && !self.state.is_end() && self.all_workers() == 0
    }

    /// How much of the input is read, from 0 to 1; none where its size is not known.
    pub fn share(&self) -> Option<f64> {
        self.size.filter(|size| *size > 0).map(|size| self.read as f64 / size as f64)
    }

    /// How many workers there are.
    pub fn all_workers(&self) -> usize {
        let Workers { converting, waiting_input, waiting_target, held_back, .. } = self.workers;
        converting + waiting_input + waiting_target + held_back
    }
}

//! What the dashboard is told.

use crate::monitor::About;

/// A row of the plan: a setting, or a planned part of memory.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is.
    pub name: String,
    /// Its value, to be read.
    pub value: String,
    /// Who set it: a flag, a file, a default.
    pub set_by: String,
    /// The kind of memory that it plans.
    pub kind: Option<&'static str>,
}

/// What the page shows and does not change.
#[derive(Clone, Debug)]
pub struct Page {
    /// What is known of the run.
    pub about: About,
    /// Why it runs this way.
    pub plan: Vec<Row>,
    /// Tells this run from another one.
    pub run: String,
    /// The page stays after the run.
    pub lingers: bool,
    /// The page may show what bad records begin with.
    pub samples: bool,
    /// Earlier runs of the job; none: there is no history.
    pub past: Option<Past>,
}

/// Earlier runs of a job.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// What is usual, if there are enough runs to say so.
    pub usual: Option<Usual>,
    /// The latest runs, the newest first.
    pub runs: Vec<Earlier>,
}

/// What is usual: bytes read per second.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    /// The median.
    pub median: f64,
    /// The range around it.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// How many runs it is of.
    pub runs: u64,
}

/// An earlier run.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// Its number in the history.
    pub id: i64,
    /// When it began, as `2026-03-18T02:00:04Z`.
    pub started: String,
    /// How it ended: `done`, `failed`, `stopped`.
    pub outcome: String,
    /// Bytes read.
    pub bytes: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Bytes read per second.
    pub mean: f64,
    /// The most memory that was resident, in bytes.
    pub peak: u64,
    /// Bad records.
    pub bad: u64,
    /// Records read.
    pub records: u64,
    /// Bytes read per second, over time.
    pub spark: Vec<f64>,
    /// How many robust deviations its mean is above the median of the runs before it.
    pub z: Option<f64>,
    /// By what share of that median it was slower.
    pub slower: Option<f64>,
    /// It is worse than usual.
    pub flagged: bool,
    /// In what it is worse, in words.
    pub text: Option<String>,
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// The exit code.
    pub exit_code: u8,
    /// The message of the error.
    pub error: Option<String>,
    /// Another run can go on from here.
    pub resumable: bool,
    /// The report, as JSON.
    pub report: Option<String>,
}

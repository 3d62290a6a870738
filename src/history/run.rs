//! One run, as it is kept.

use crate::monitor::{About, Sample, Series, State};

/// A run that is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Its number in the history, from 1; 0: it is not there yet.
    pub id: i64,
    /// When it began, in seconds of Unix time.
    pub started: i64,
    /// What runs are compared by: the name of a configured job, or what is read and written.
    pub job: String,
    /// The version of the program.
    pub version: String,
    /// The settings as JSON: runs of the same job are compared if these are the same.
    pub settings: String,
    /// How it ended: a name of a [`State`].
    pub state: String,
    /// The error that it ended with.
    pub error: Option<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Bytes read.
    pub read: u64,
    /// Bytes written.
    pub written: u64,
    /// Records read, good and bad.
    pub records: u64,
    /// Bad records.
    pub bad: u64,
    /// The most memory that was resident, in bytes.
    pub peak: u64,
    /// The memory limit, in bytes.
    pub memory_limit: u64,
    /// The report as JSON; none: it was too large.
    pub report: Option<String>,
    /// The metrics over time as JSON: see [`points`].
    pub series: Option<String>,
}

impl Run {
    /// What a run did until its last sample.
    pub fn new(about: &About, sample: &Sample, outcome: Outcome) -> Run {
        let Outcome { state, settings, version, error, report, job } = outcome;
        let started = about.started.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let ends = match &about.target {
            Some(target) => format!("{} → {target}", about.source),
            None => about.source.clone(),
        };
        Run {
            id: 0,
            started,
            job: job.unwrap_or(ends),
            version,
            settings,
            state: state.name().to_owned(),
            error,
            seconds: sample.t.as_secs_f64(),
            read: own_read(sample),
            written: sample.written,
            records: sample.records_read,
            bad: sample.records_bad,
            peak: sample.memory.peak,
            memory_limit: about.memory_limit,
            report,
            series: None,
        }
    }

    /// Whether it ended well.
    pub fn is_done(&self) -> bool {
        self.state == State::Done.name()
    }

    /// Bytes read per second.
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.read as f64 / self.seconds } else { 0.0 }
    }

    /// The share of the records that were bad, from 0 to 1.
    pub fn bad_share(&self) -> f64 {
        if self.records > 0 { self.bad as f64 / self.records as f64 } else { 0.0 }
    }
}

/// What a run read itself: one that goes on where another stopped has not read what came before.
fn own_read(sample: &Sample) -> u64 {
    let own = (sample.mean.read * sample.t.as_secs_f64()).round() as u64;
    // A mean is not exact.
    if own.abs_diff(sample.read) <= 1 + sample.read / 1_000_000 { sample.read } else { own }
}

/// What is known of a run only when it is over.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How it ended.
    pub state: State,
    /// The settings as JSON.
    pub settings: String,
    /// The version of the program.
    pub version: String,
    /// The error that it ended with.
    pub error: Option<String>,
    /// The report as JSON.
    pub report: Option<String>,
    /// The name of a configured job.
    pub job: Option<String>,
}

/// The means of a series as JSON: `step_s` and an array for each metric, at most `most` points.
pub fn points(series: &Series, most: usize) -> String {
    // Neighbours become one, so that a year of runs stays small.
    let together = series.len().div_ceil(most.max(1)).max(1);
    let mut text = format!("{{\"step_s\":{}", series.step() * together as f64);
    for column in series.columns() {
        let means: Vec<f64> = series.means(column).collect();
        let merged = means.chunks(together).map(|chunk| chunk.iter().sum::<f64>() / chunk.len() as f64);
        let merged: Vec<String> = merged.map(|mean| format!("{}", mean.round())).collect();
        text += &format!(",\"{}\":[{}]", column.name, merged.join(","));
    }
    text.push('}');
    text
}

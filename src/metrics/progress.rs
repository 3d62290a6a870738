//! How far a running job is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::counted::Metrics;
use super::pass::{Begin, Pass};
use super::registry::Registry;
use super::units::size_rounded;
use crate::wording::{count, counted};

/// A handle that reports how far a job is while it runs, and what it has counted.
///
/// Give a clone to a job ([`Job::watch_with`](crate::Job::watch_with)) and ask from any thread. A job that goes
/// through its input more than once (to find a header) begins anew each time, and so does the next job.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<Shown>>);

#[derive(Debug, Default)]
struct Shown {
    /// What the job counts.
    job: Option<Registry>,
    /// What goes on: a pass that is among those of the job, or one that looks for a header.
    pass: Option<Arc<Pass>>,
    /// Somebody looks at the largest groups.
    groups: bool,
}

/// How far a job was at one moment. The numbers were read one after another, so they may be a slice apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Bytes of the source that were handed out to workers.
    pub bytes_in: u64,
    /// The length of the source, where it is known.
    pub bytes_total: Option<u64>,
    /// Records in committed slices, good and bad.
    pub records_in: u64,
    /// Records written.
    pub records_out: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Since the beginning; none if nothing has begun.
    pub elapsed: Option<Duration>,
    /// Nothing is read: what counts as read is what is written, and records are counted at the end.
    pub makes: bool,
}

impl Progress {
    /// A handle of a job that has not begun.
    pub fn new() -> Progress {
        Progress::default()
    }

    /// How far the job is now.
    pub fn snapshot(&self) -> Snapshot {
        let Some(pass) = self.shown().pass.clone() else { return Snapshot::default() };
        Snapshot {
            bytes_in: pass.read(),
            bytes_total: pass.input_size().filter(|&total| total > 0),
            records_in: pass.records_read(),
            records_out: pass.records_written(),
            bytes_out: pass.written(),
            elapsed: Some(pass.elapsed()),
            makes: pass.makes(),
        }
    }

    /// Everything the job has counted, over all of its sources; none if nothing has begun.
    pub fn metrics(&self) -> Option<Metrics> {
        let job = self.shown().job.clone();
        job.map(|job| job.snapshot())
    }

    /// From now on, jobs that write groups while records come say which are the largest.
    pub(crate) fn watch_groups(&self) {
        self.shown().groups = true;
    }

    /// The largest groups so far, in lines of text, if they are watched.
    pub(crate) fn groups(&self) -> Vec<String> {
        let job = self.shown().job.clone();
        job.map(|job| job.groups()).unwrap_or_default()
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many more entries of sorted runs on disk were merged.
    pub(crate) fn merged(&self, entries: u64) {
        self.job().merged(entries);
    }

    /// A job begins.
    pub(crate) fn begin_job(&self, job: &Registry) {
        let mut shown = self.shown();
        if shown.groups {
            job.watch_groups();
        }
        shown.job = Some(job.clone());
    }

    /// A pass begins.
    pub(crate) fn begin_pass(&self, pass: &Arc<Pass>) {
        self.shown().pass = Some(Arc::clone(pass));
    }

    /// A pass without workers of its own begins, of the job that was begun.
    pub(crate) fn begin(&self, input_size: Option<u64>) -> Arc<Pass> {
        let pass = self.job().begin(Begin { input_size, ..Begin::default() });
        self.begin_pass(&pass);
        pass
    }

    /// What the job counts.
    pub(crate) fn job(&self) -> Registry {
        self.shown().job.get_or_insert_with(Registry::new).clone()
    }
}

/// A snapshot as one line for people, without a line break.
pub fn status(snapshot: &Snapshot) -> String {
    let Some(elapsed) = snapshot.elapsed else { return "nothing read yet".to_owned() };
    let seconds = elapsed.as_secs_f64();
    let done = if snapshot.makes { "written" } else { "read" };
    let mut text = size_rounded(snapshot.bytes_in);
    if let Some(total) = snapshot.bytes_total {
        let percent = snapshot.bytes_in as f64 * 100.0 / total as f64;
        text += &format!(" of {} {done} ({percent:.1} %)", size_rounded(total));
    } else {
        text += &format!(" {done}");
    }
    if !snapshot.makes {
        let (records, written) = (counted(snapshot.records_in, "record"), size_rounded(snapshot.bytes_out));
        text += &format!(", {records}, {written} written");
    }
    text += &format!(", {seconds:.1} s");
    // Below a millisecond, the rate would say more about the clock than about the work.
    if seconds >= 0.001 {
        let per_second = |amount: u64| (amount as f64 / seconds) as u64;
        text += &format!(", {}/s", size_rounded(per_second(snapshot.bytes_in)));
        if !snapshot.makes {
            text += &format!(", {} records/s", count(per_second(snapshot.records_in)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::pass::Committed;

    #[test]
    fn lines_have_what_is_known() {
        assert_eq!(status(&Snapshot::default()), "nothing read yet");
        let mut snapshot = Snapshot {
            bytes_in: 1_500_000_000,
            bytes_total: Some(6_000_000_000),
            records_in: 3_000_000,
            records_out: 2_999_999,
            bytes_out: 2_100_000_001,
            elapsed: Some(Duration::from_secs(3)),
            makes: false,
        };
        assert_eq!(
            status(&snapshot),
            "1.50 GB of 6.00 GB read (25.0 %), 3,000,000 records, 2.10 GB written, 3.0 s, 500 MB/s, 1,000,000 records/s"
        );
        snapshot.bytes_total = None;
        assert!(status(&snapshot).starts_with("1.50 GB read, 3,000,000 records"));
    }

    #[test]
    fn a_new_pass_begins_anew() {
        let progress = Progress::new();
        assert_eq!(progress.snapshot(), Snapshot::default());
        let pass = progress.begin(Some(10));
        pass.read_to(7, 1);
        pass.read_more(1);
        pass.committed(&Committed { records_read: 3, records_written: 2, written: 99, ..Committed::default() });
        let now = progress.clone().snapshot();
        assert_eq!(
            (now.bytes_in, now.bytes_total, now.records_in, now.records_out, now.bytes_out),
            (8, Some(10), 3, 2, 99)
        );
        progress.begin(None);
        let now = progress.snapshot();
        assert_eq!((now.bytes_in, now.bytes_total, now.records_in, now.bytes_out), (0, None, 0, 0));
    }
}

//! How far a running job is.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::units::size_rounded;
use crate::wording::{count, counted};

/// A handle that tells how far a job is while it runs.
///
/// Give a clone to a job ([`Job::watch_with`](crate::Job::watch_with)) and ask from any thread. A job that goes
/// through its input more than once (to find a header) begins anew each time, and so does the next job.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    begun: Mutex<Option<Instant>>,
    /// 0: not known.
    bytes_total: AtomicU64,
    bytes_in: AtomicU64,
    records_in: AtomicU64,
    records_out: AtomicU64,
    bytes_out: AtomicU64,
}

/// How far a job was at one moment. The numbers were read one after another, so they may be a slice apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
}

impl Progress {
    /// A handle of a job that has not begun.
    pub fn new() -> Progress {
        Progress::default()
    }

    /// How far the job is now.
    pub fn snapshot(&self) -> Snapshot {
        let inner = &*self.0;
        Snapshot {
            bytes_in: inner.bytes_in.load(Relaxed),
            bytes_total: Some(inner.bytes_total.load(Relaxed)).filter(|&total| total > 0),
            records_in: inner.records_in.load(Relaxed),
            records_out: inner.records_out.load(Relaxed),
            bytes_out: inner.bytes_out.load(Relaxed),
            elapsed: inner.begun.lock().unwrap_or_else(PoisonError::into_inner).map(|begun| begun.elapsed()),
        }
    }

    /// A pass over a source begins.
    pub(crate) fn begin(&self, bytes_total: Option<u64>) {
        *self.0.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.0.bytes_total.store(bytes_total.unwrap_or(0), Relaxed);
        self.read_to(0);
        self.committed(0, 0, 0);
    }

    /// The source was handed out up to here.
    pub(crate) fn read_to(&self, offset: u64) {
        self.0.bytes_in.store(offset, Relaxed);
    }

    /// More of the source was looked at.
    pub(crate) fn read_more(&self, bytes: u64) {
        self.0.bytes_in.fetch_add(bytes, Relaxed);
    }

    /// What all committed slices have together.
    pub(crate) fn committed(&self, records_in: u64, records_out: u64, bytes_out: u64) {
        self.0.records_in.store(records_in, Relaxed);
        self.0.records_out.store(records_out, Relaxed);
        self.0.bytes_out.store(bytes_out, Relaxed);
    }
}

/// A snapshot as one line for people, without a line break.
pub fn status(snapshot: &Snapshot) -> String {
    let Some(elapsed) = snapshot.elapsed else { return "nothing read yet".to_owned() };
    let seconds = elapsed.as_secs_f64();
    let mut text = size_rounded(snapshot.bytes_in);
    if let Some(total) = snapshot.bytes_total {
        let percent = snapshot.bytes_in as f64 * 100.0 / total as f64;
        text += &format!(" of {} read ({percent:.1} %)", size_rounded(total));
    } else {
        text += " read";
    }
    text += &format!(
        ", {}, {} written, {seconds:.1} s",
        counted(snapshot.records_in, "record"),
        size_rounded(snapshot.bytes_out)
    );
    // Below a millisecond the quotient says more about the clock than about the work.
    if seconds >= 0.001 {
        let per_second = |amount: u64| (amount as f64 / seconds) as u64;
        text += &format!(
            ", {}/s, {} records/s",
            size_rounded(per_second(snapshot.bytes_in)),
            count(per_second(snapshot.records_in))
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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
        progress.begin(Some(10));
        progress.read_to(7);
        progress.read_more(1);
        progress.committed(3, 2, 99);
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

//! What slices add up to.

use std::path::Path;
use std::time::Duration;

use super::place::Place;
use super::quarantine::NOT_REPAIRED;
use crate::error::{Error, Fault, Position, RecordError, Result};
use crate::metrics::{LatencyRecorder, Report};
use crate::record::Lossy;
use crate::wording::counted;

/// What happened in one slice.
#[derive(Default)]
pub(super) struct SliceTotals {
    pub records_in: u64,
    pub records_out: u64,
    pub records_failed: u64,
    /// How many bytes the bad records have.
    pub bytes_failed: u64,
    /// Why the first of them is bad.
    pub first_bad: Option<RecordError>,
    pub lossy: Lossy,
    /// Where text first follows a closing quote: the index of the record, and the offset in the source.
    pub odd_quote: Option<(u64, u64)>,
    /// What is there, in a stream.
    pub odd_place: Place,
}

/// What happened in all committed slices.
pub(super) struct Totals {
    pub records_in: u64,
    pub records_out: u64,
    pub records_failed: u64,
    /// How many bytes the bad records have.
    pub bytes_failed: u64,
    /// Why the first of them is bad; none where another run met it.
    first_bad: Option<RecordError>,
    pub lossy: Lossy,
    /// Where text first follows a closing quote: the number of the record, from 1, and the offset.
    pub odd_quote: Option<(u64, u64)>,
    /// What is there, in a stream.
    pub odd_place: Place,
    /// Microseconds from claim to commit.
    latency: LatencyRecorder,
}

impl Totals {
    pub fn new() -> Totals {
        let latency = LatencyRecorder::new();
        let (records_in, records_out, records_failed, bytes_failed) = (0, 0, 0, 0);
        let lossy = Lossy::default();
        Totals {
            records_in,
            records_out,
            records_failed,
            bytes_failed,
            first_bad: None,
            lossy,
            odd_quote: None,
            odd_place: Place::default(),
            latency,
        }
    }

    pub fn add(&mut self, slice: &mut SliceTotals) {
        if let (None, Some((index, offset))) = (self.odd_quote, slice.odd_quote) {
            self.odd_quote = Some((self.records_in + index + 1, offset));
            self.odd_place = std::mem::take(&mut slice.odd_place);
        }
        self.records_in += slice.records_in;
        self.records_out += slice.records_out;
        self.records_failed += slice.records_failed;
        self.bytes_failed += slice.bytes_failed;
        if self.first_bad.is_none() {
            self.first_bad = slice.first_bad.take();
        }
        self.lossy.add(&slice.lossy);
    }

    pub fn latency(&mut self, elapsed: Duration, slice: &SliceTotals) {
        self.latency.record(elapsed.as_micros() as u64, slice.records_in);
    }

    /// Adds the totals of another source.
    pub fn merge(&mut self, other: &Totals) {
        self.records_in += other.records_in;
        self.records_out += other.records_out;
        self.records_failed += other.records_failed;
        self.bytes_failed += other.bytes_failed;
        self.lossy.add(&other.lossy);
        self.latency.merge(&other.latency);
    }

    /// An input of nothing but bad records is bad as a whole; `replayed`: it is a quarantine.
    ///
    /// # Errors
    /// There were records in `source`, and all were bad.
    pub fn judge(&self, source: &Path, replayed: bool) -> Result<()> {
        if self.records_failed == 0 || self.records_failed < self.records_in {
            return Ok(());
        }
        let reason = match self.records_failed {
            1 => "the only record is bad".to_owned(),
            all => format!("all {} are bad", counted(all, "record")),
        };
        let reason = match &self.first_bad {
            Some(first) if self.records_failed == 1 => format!("{reason}: {}", first.message()),
            Some(first) => format!("{reason}; the first one: {}", first.message()),
            None => reason,
        };
        let error = RecordError::new(0, reason).hint(match replayed {
            true => NOT_REPAIRED,
            false => "Is it in another format (--from) or another dialect?",
        });
        let position = Position { file: source.to_path_buf(), ..Position::default() };
        Err(Error::data(position, error.fault(Fault::All)))
    }

    /// Writes the totals into a report.
    pub fn fill(&self, report: &mut Report) {
        report.records_in = self.records_in;
        report.records_out = self.records_out;
        report.records_failed = self.records_failed;
        report.bytes_failed = self.bytes_failed;
        report.lossy = self.lossy;
        report.record_latency = self.latency.summary();
    }
}

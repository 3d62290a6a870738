//! What slices add up to.

use std::time::Duration;

use crate::metrics::{Latency, Report};
use crate::record::Lossy;

/// What happened in one slice.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SliceTotals {
    pub records_in: u64,
    pub records_out: u64,
    pub records_failed: u64,
    pub lossy: Lossy,
}

/// What happened in all committed slices.
pub(super) struct Totals {
    pub records_in: u64,
    pub records_out: u64,
    pub records_failed: u64,
    pub lossy: Lossy,
    /// The input is done up to here, in bytes.
    pub input_done: u64,
    /// Microseconds from claim to commit.
    latency: hdrhistogram::Histogram<u64>,
}

impl Totals {
    pub fn new() -> Totals {
        let hour = 3_600_000_000;
        let latency = hdrhistogram::Histogram::new_with_bounds(1, hour, 2).expect("the bounds are constants");
        Totals { records_in: 0, records_out: 0, records_failed: 0, lossy: Lossy::default(), input_done: 0, latency }
    }

    pub fn add(&mut self, slice: &SliceTotals, input_end: u64) {
        self.records_in += slice.records_in;
        self.records_out += slice.records_out;
        self.records_failed += slice.records_failed;
        self.lossy.add(&slice.lossy);
        self.input_done = input_end;
    }

    pub fn latency(&mut self, elapsed: Duration, slice: &SliceTotals) {
        self.latency.saturating_record_n(elapsed.as_micros() as u64, slice.records_in);
    }

    /// Writes the totals into a report.
    pub fn fill(&self, report: &mut Report) {
        report.records_in = self.records_in;
        report.records_out = self.records_out;
        report.records_failed = self.records_failed;
        report.lossy = self.lossy;
        report.record_latency = Latency {
            mean: self.latency.mean(),
            p50: self.latency.value_at_quantile(0.5),
            p99: self.latency.value_at_quantile(0.99),
            max: self.latency.max(),
        };
    }
}

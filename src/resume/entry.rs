//! The state of a run at a checkpoint.

use serde::{Deserialize, Serialize};

use crate::flow::order::reached::Place;
use crate::flow::totals::Totals;
use crate::record::Lossy;

/// The state of a run between two slices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Where in the source the next slice begins.
    pub input: u64,
    /// How long the output is.
    pub output: u64,
    /// The CRC-32 of the output.
    pub crc: u32,
    /// A record was written already.
    pub started: bool,
    pub records_in: u64,
    pub records_out: u64,
    pub records_failed: u64,
    #[serde(default)]
    pub records_filtered: u64,
    #[serde(default)]
    pub bytes_failed: u64,
    pub lossy: Lossy,
    /// How long the quarantine is, and its CRC-32.
    #[serde(default)]
    pub quarantine: (u64, u32),
    /// The numbers of the names of fields that were met.
    #[serde(default)]
    pub seen: Vec<usize>,
    /// Where text first follows a closing quote.
    #[serde(default)]
    pub odd_quote: Option<(u64, u64)>,
}

impl Entry {
    pub fn new(output: u64, crc: u32, started: bool, totals: &Totals) -> Entry {
        Entry {
            input: 0,
            output,
            crc,
            started,
            records_in: totals.records_in,
            records_out: totals.records_out,
            records_failed: totals.records_failed,
            records_filtered: totals.records_filtered,
            bytes_failed: totals.bytes_failed,
            lossy: totals.lossy,
            quarantine: (0, 0),
            seen: Vec::new(),
            odd_quote: totals.odd_quote,
        }
    }

    /// Where the output goes on.
    pub fn place(&self) -> Place {
        Place { offset: self.output, at_start: !self.started, last: None }
    }

    /// What the run before had counted.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        totals.records_in = self.records_in;
        totals.records_out = self.records_out;
        totals.records_failed = self.records_failed;
        totals.records_filtered = self.records_filtered;
        totals.bytes_failed = self.bytes_failed;
        (totals.lossy, totals.odd_quote) = (self.lossy, self.odd_quote);
        totals
    }
}

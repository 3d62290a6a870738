//! The state of a run at a checkpoint.

use serde::{Deserialize, Serialize};

use crate::flow::order::reached::Place;
use crate::flow::totals::Totals;
use crate::record::Seen;
use crate::resume::memory::Remembered;

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
    pub counted: <Totals as Remembered>::State,
    /// How long the quarantine is, and its CRC-32.
    pub quarantine: (u64, u32),
    /// The numbers of the names of fields that were met.
    pub seen: <&'static Seen as Remembered>::State,
}

impl Entry {
    pub fn new(output: u64, crc: u32, started: bool, totals: &Totals) -> Entry {
        let (counted, quarantine, seen) = (totals.state(), (0, 0), Vec::new());
        Entry { input: 0, output, crc, started, counted, quarantine, seen }
    }

    /// Where the output goes on.
    pub fn place(&self) -> Place {
        Place { offset: self.output, at_start: !self.started, last: None }
    }

    /// What the run before had counted.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        totals.recall(&self.counted);
        totals
    }
}

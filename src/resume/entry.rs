//! The state of a run at a checkpoint.

use serde::{Deserialize, Serialize};

use crate::flow::feed::Paused;
use crate::flow::order::reached::Place;
use crate::flow::totals::Totals;
use crate::record::Seen;
use crate::resume::memory::Remembered;
use crate::spill::SavedRun;

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

/// What was counted of a source, or of the part of it that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Read {
    counted: <Totals as Remembered>::State,
    seen: <&'static Seen as Remembered>::State,
}

impl Read {
    pub fn new(totals: &Totals, seen: &Seen) -> Read {
        Read { counted: totals.state(), seen: seen.state() }
    }

    /// What the run before had counted. Names that it met are met.
    pub fn recall(&self, mut seen: &Seen) -> Totals {
        seen.recall(&self.seen);
        let mut totals = Totals::default();
        totals.recall(&self.counted);
        totals
    }

    /// How many records were bad.
    pub fn failed(&self) -> u64 {
        self.counted.records_failed
    }
}

/// The source that is being read: where it goes on, and what was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Underway {
    pub at: u64,
    pub line: u64,
    pub read: Read,
}

impl Underway {
    pub fn paused(&self) -> Paused {
        Paused { at: self.at, line: self.line }
    }
}

/// A checkpoint of a sort.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reached {
    /// The folder of the runs; none: that of the target.
    pub folder: Option<String>,
    /// The sources that were read to their ends since the checkpoint before.
    pub done: Vec<Read>,
    /// The one after them.
    pub underway: Option<Underway>,
    /// How many slices there were.
    pub slices: u64,
    /// How many records are in all runs.
    pub records: u64,
    /// Which of the fields to sort by had a value.
    pub met: Vec<bool>,
    /// How many bytes were written.
    pub spilled: u64,
    /// The runs that were written since the checkpoint before.
    pub runs: Vec<SavedRun>,
}

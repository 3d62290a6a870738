//! The end of a pipeline with the op `wordcount`: nothing is written but a report.
//!
//! Of text every line counts with its terminator, so that the counts are those of the text that would
//! have been written; of other formats every text value counts (never keys, never numbers).

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::format::{Encode, Frame, WriteFormat};
use crate::record::{Batch, EncodeError, Output, Value};
use crate::scan::count::{Counts, count_slice};

/// Counts instead of writing.
pub(crate) struct WordCount {
    /// The source is text.
    lines: bool,
    sum: Arc<Mutex<(Counts, u64)>>,
}

impl WordCount {
    /// `lines`: the source is text.
    pub fn new(lines: bool) -> WordCount {
        WordCount { lines, sum: Arc::default() }
    }

    /// Adds up in the same place, for another source.
    pub fn also(&self, lines: bool) -> WordCount {
        WordCount { lines, sum: Arc::clone(&self.sum) }
    }

    /// The counts, and the records, until now.
    pub fn counts(&self) -> (Counts, u64) {
        *lock(&self.sum)
    }

    /// Goes back to earlier counts.
    pub fn reset(&self, counts: (Counts, u64)) {
        *lock(&self.sum) = counts;
    }
}

impl WriteFormat for WordCount {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(Counting { lines: self.lines, sum: Arc::clone(&self.sum) })
    }

    fn ending(&self) -> Vec<u8> {
        let (counts, records) = *lock(&self.sum);
        let rows = [
            ("lines", counts.lines),
            ("words", counts.words),
            ("characters", counts.chars),
            ("bytes", counts.bytes),
            ("records", records),
        ];
        rows.iter().map(|(name, count)| format!("{name:<10} {count}\n")).collect::<String>().into_bytes()
    }
}

struct Counting {
    lines: bool,
    /// Counts, and records. Order does not matter, so every batch just adds its share.
    sum: Arc<Mutex<(Counts, u64)>>,
}

impl Encode for Counting {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let mut counts = Counts::default();
        for index in records.clone() {
            let values = match batch.schema() {
                Some(_) => batch.columns(index),
                None => batch.tree(index).nodes().0,
            };
            for value in values {
                if let Value::Text(text) = value.typed() {
                    counts.add(&count_slice(text).counts);
                }
            }
            if self.lines {
                counts.add(&count_slice(crate::scan::lines::terminator(batch.source(index))).counts);
            }
        }
        output.records += records.len() as u64;
        let mut sum = lock(&self.sum);
        sum.0.add(&counts);
        sum.1 += records.len() as u64;
        Ok(())
    }
}

fn lock(sum: &Mutex<(Counts, u64)>) -> MutexGuard<'_, (Counts, u64)> {
    sum.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

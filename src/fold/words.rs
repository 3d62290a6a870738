//! The op `wordcount`: nothing is written but a report.
//!
//! In text, every line counts with its terminator, so the counts are those of the text that would have been
//! written. In other formats, every text value counts, but no keys and no numbers.

use std::ops::Range;

use crate::fold::Fold;
use crate::record::{Batch, EncodeError, Value};
use crate::scan::count::{Counts, count_slice};
use crate::scan::lines::terminator;

/// Lines, words, characters and bytes of all texts, and the records.
pub(crate) struct WordCount {
    /// The source is text.
    lines: bool,
    counts: Counts,
    records: u64,
}

impl WordCount {
    /// `lines`: the source is text.
    pub fn new(lines: bool) -> WordCount {
        WordCount { lines, counts: Counts::default(), records: 0 }
    }
}

impl Fold for WordCount {
    /// The lines of the report.
    type Result = Vec<String>;

    fn another(&self) -> WordCount {
        WordCount::new(self.lines)
    }

    fn add(&mut self, _: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        self.records += records.len() as u64;
        let mut counts = Counts::default();
        for index in records {
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
                counts.add(&count_slice(terminator(batch.source(index))).counts);
            }
        }
        self.counts.add(&counts);
        Ok(())
    }

    fn merge(&mut self, other: WordCount) {
        self.counts.add(&other.counts);
        self.records += other.records;
    }

    fn finish(self) -> Vec<String> {
        let WordCount { counts, records, .. } = self;
        let rows = [
            ("lines", counts.lines),
            ("words", counts.words),
            ("characters", counts.chars),
            ("bytes", counts.bytes),
            ("records", records),
        ];
        rows.iter().map(|(name, count)| format!("{name:<10} {count}")).collect()
    }
}

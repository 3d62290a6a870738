//! What a job may end in, instead of records.

use std::ops::Range;

use crate::error::Result;
use crate::fold::groups::Groups;
use crate::fold::infer::Infer;
pub(crate) use crate::fold::pen::Onto;
use crate::fold::pen::Written;
use crate::fold::stats::Stats;
use crate::fold::words::WordCount;
use crate::fold::{self, Fold};
use crate::memory::Budget;
use crate::record::{Batch, EncodeError};

/// A fold whose result is written.
pub(crate) enum Ending {
    Words(WordCount),
    Groups(Box<Groups>),
    Stats(Box<Stats>),
    Schema(Box<Infer>),
}

impl Ending {
    /// Goes on beside another source, which has a budget of its own.
    ///
    /// # Errors
    /// Memory: there is none for what was kept so far.
    pub fn go_on(&mut self, budget: &Budget) -> Result<()> {
        match self {
            Ending::Words(_) => Ok(()),
            Ending::Groups(groups) => groups.go_on(budget),
            Ending::Stats(stats) => stats.go_on(budget),
            Ending::Schema(infer) => infer.go_on(budget),
        }
    }

    /// Writes the result; `records`: how many were taken in.
    ///
    /// # Errors
    /// There is no memory, or the target can't be written.
    pub fn write(self, onto: &Onto<'_>, records: u64) -> Result<Written> {
        match self {
            Ending::Words(words) => {
                let bytes = fold::write(&words.finish(), onto.target)?;
                Ok(Written { bytes, records, ..Written::default() })
            }
            Ending::Groups(groups) => groups.finish()?.write(onto),
            Ending::Stats(stats) => stats.finish()?.write(onto),
            Ending::Schema(infer) => {
                let text = infer.finish()?.text();
                onto.target.write(text.as_bytes(), 0)?;
                Ok(Written { bytes: text.len() as u64, records, ..Written::default() })
            }
        }
    }
}

impl Fold for Ending {
    type Result = Ending;

    fn another(&self) -> Ending {
        match self {
            Ending::Words(words) => Ending::Words(words.another()),
            Ending::Groups(groups) => Ending::Groups(Box::new(groups.another())),
            Ending::Stats(stats) => Ending::Stats(Box::new(stats.another())),
            Ending::Schema(infer) => Ending::Schema(Box::new(infer.another())),
        }
    }

    fn add(&mut self, slice: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        match self {
            Ending::Words(words) => words.add(slice, batch, records),
            Ending::Groups(groups) => groups.add(slice, batch, records),
            Ending::Stats(stats) => stats.add(slice, batch, records),
            Ending::Schema(infer) => infer.add(slice, batch, records),
        }
    }

    fn merge(&mut self, other: Ending) {
        match (self, other) {
            (Ending::Words(words), Ending::Words(other)) => words.merge(other),
            (Ending::Groups(groups), Ending::Groups(other)) => groups.merge(*other),
            (Ending::Stats(stats), Ending::Stats(other)) => stats.merge(*other),
            (Ending::Schema(infer), Ending::Schema(other)) => infer.merge(*other),
            // Those of a job are alike.
            _ => {}
        }
    }

    fn finish(self) -> Ending {
        self
    }
}

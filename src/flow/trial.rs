//! Refusing records that the target can't hold, before it is decided which ones are wanted: bad records don't count.
//!
//! A record that will be written is encoded anyway, and counts once that went well. All others are encoded on trial here,
//! where the target may refuse any: those that are passed over, those that are only counted, and those that may be drawn.

use crate::error::{Cause, Error};
use crate::flow::split::PartOf;
use crate::format::{Encode, WriteFormat};
use crate::record::{Batch, EncodeError, Output};

/// Encodes records on trial.
pub(crate) struct Trial {
    encoder: Box<dyn Encode>,
    /// Records that lose something are refused.
    strict: bool,
    /// None is written, so all are tried.
    pub all: bool,
    /// What has to name a part.
    by: Option<PartOf>,
    /// The numbers of the records of the last batch that were refused, in order.
    refused: Vec<usize>,
}

impl Trial {
    /// A trial for a target; none if it takes every record.
    pub fn of(writing: &dyn WriteFormat, strict: bool, all: bool, by: Option<PartOf>) -> Option<Trial> {
        let may_refuse = strict || by.is_some() || writing.may_refuse();
        may_refuse.then(|| Trial { encoder: writing.encoder(), strict, all, by, refused: Vec::new() })
    }

    /// Refuses the records of a batch that can't be written. Nothing is added to `output`.
    ///
    /// # Errors
    /// The run can't go on.
    pub fn refuse(&mut self, batch: &mut Batch<'_>, output: &mut Output<'_>) -> Result<(), Error> {
        self.refused.clear();
        let mut next = 0;
        if let Some(by) = &self.by {
            for record in 0..batch.len() {
                if let Err(error) = by.check(batch, record) {
                    batch.reject_with(record, error);
                    self.refused.push(batch.number(record));
                }
            }
        }
        while next < batch.len() {
            let attempt = output.begin_attempt(self.strict);
            let mut tried = self.encoder.encode(batch, next..batch.len(), output);
            let is_stuck = output.is_stuck();
            let good = output.end_attempt(&attempt) as usize;
            if is_stuck {
                next += good;
                if good > 0 {
                    continue;
                }
                tried = self.large(batch, next, output);
                if tried.is_ok() {
                    next += 1;
                    continue;
                }
            }
            match tried {
                Ok(()) => break,
                Err(EncodeError::Stop(error)) => return Err(error),
                Err(EncodeError::Record { index, error }) => {
                    batch.reject_with(index, error.or_cause(Cause::Target));
                    self.refused.push(batch.number(index));
                    next = index + 1;
                }
            }
        }
        self.refused.sort_unstable();
        Ok(())
    }

    /// Encodes a record that does not fit into the buffer.
    #[cold]
    fn large(&mut self, batch: &Batch<'_>, record: usize, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let attempt = output.begin_attempt(self.strict);
        let trial = output.begin_trial()?;
        let tried = self.encoder.encode(batch, record..record + 1, output);
        output.end_trial(trial);
        output.end_attempt(&attempt);
        tried
    }

    /// No batch was tried.
    pub fn forget(&mut self) {
        self.refused.clear();
    }

    /// Whether the last trial refused the record of the batch with this number.
    pub fn has_refused(&self, number: usize) -> bool {
        self.refused.binary_search(&number).is_ok()
    }
}

//! Records that are larger than an output buffer, where bad records are left out: nothing of a record may be
//! written before it is known to be good, so it is encoded twice, the first time on trial.

use std::ops::Range;

use crate::error::Error;
use crate::format::Encode;
use crate::record::{Batch, EncodeError, Output};

/// Encodes records, of any size.
pub(crate) fn encode(
    encoder: &mut dyn Encode,
    batch: &Batch<'_>,
    mut records: Range<usize>,
    output: &mut Output<'_>,
) -> Result<(), EncodeError> {
    while !records.is_empty() {
        let before = output.records;
        let outcome = encoder.encode(batch, records.clone(), output);
        if !output.is_stuck() {
            return outcome;
        }
        // All records before the one that does not fit were written, and counted.
        let index = records.start + (output.records - before) as usize;
        debug_assert!(records.contains(&index));
        on_trial(encoder, batch, index..index + 1, output)?;
        records.start = index + 1;
    }
    Ok(())
}

/// Encodes records that were made of one: all of them or, if one is bad, none.
pub(crate) fn encode_together(
    encoder: &mut dyn Encode,
    batch: &Batch<'_>,
    records: Range<usize>,
    output: &mut Output<'_>,
) -> Result<(), EncodeError> {
    let before = output.begin_together();
    let outcome = encoder.encode(batch, records.clone(), output);
    output.end_together(&before, outcome.is_ok());
    if output.is_stuck() { on_trial(encoder, batch, records, output) } else { outcome }
}

/// Encodes records that do not fit: the first time on trial.
#[cold]
fn on_trial(
    encoder: &mut dyn Encode,
    batch: &Batch<'_>,
    records: Range<usize>,
    output: &mut Output<'_>,
) -> Result<(), EncodeError> {
    let trial = output.begin_trial()?;
    let tried = encoder.encode(batch, records.clone(), output);
    output.end_trial(trial);
    tried?;
    output.set_careful(false);
    let written = encoder.encode(batch, records, output);
    output.set_careful(true);
    match written {
        // Part of it has been written already.
        Err(EncodeError::Record { .. }) => {
            Err(EncodeError::Stop(Error::memory("an encoder refused a record that it had written on trial")))
        }
        other => other,
    }
}

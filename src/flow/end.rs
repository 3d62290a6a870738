//! Where the batches of a worker end: in an encoder, or in a fold.

use std::ops::Range;

use crate::error::Error;
use crate::flow::large;
use crate::flow::sort::Sorter;
use crate::flow::split::Split;
use crate::fold::Fold;
use crate::fold::windows::TimeWindows;
use crate::format::Encode;
use crate::record::{Batch, EncodeError, Output};

/// Where the batches of a worker end.
pub(crate) enum End<'e> {
    Encode(Box<dyn Encode>),
    Fold(&'e mut dyn Fold),
    Split(&'e mut Split),
    Sort(&'e mut Sorter),
    TimeWindows(&'e mut TimeWindows),
}

impl End<'_> {
    /// Takes these records of a batch; `slice` is the number of its slice.
    pub fn take(
        &mut self,
        slice: u64,
        batch: &Batch<'_>,
        records: Range<usize>,
        output: &mut Output<'_>,
    ) -> Result<(), EncodeError> {
        let fold = match self {
            End::Encode(encoder) if batch.is_parts(records.clone()) => {
                return large::encode_together(&mut **encoder, batch, records, output);
            }
            End::Encode(encoder) => return large::encode(&mut **encoder, batch, records, output),
            End::Split(split) => return split.take(batch, records, output),
            End::Sort(sorter) => return sorter.take(slice, batch, records, output),
            End::TimeWindows(windows) => return windows.take(slice, batch, records, output),
            End::Fold(fold) => fold,
        };
        let start = records.start;
        let taken = fold.add(slice, batch, records.clone());
        output.records += match &taken {
            Ok(()) => records.len() as u64,
            Err(EncodeError::Record { index, .. }) => (index - start) as u64,
            Err(EncodeError::Stop(_)) => 0,
        };
        taken
    }

    /// Takes a record that can't be written, though it is among those that were to be.
    pub fn take_refused(&mut self, slice: u64, batch: &Batch<'_>, record: usize) -> Result<(), Error> {
        match self {
            End::Fold(fold) => fold.add_refused(slice, batch, record),
            End::Encode(_) | End::Split(_) | End::Sort(_) | End::TimeWindows(_) => Ok(()),
        }
    }

    /// How many bytes were written to other places than the target of the run, if there are some.
    pub fn written_elsewhere(&self) -> Option<u64> {
        match self {
            End::Split(split) => Some(split.written()),
            End::Encode(_) | End::Fold(_) | End::Sort(_) | End::TimeWindows(_) => None,
        }
    }

    /// The place in the last batch of the record after which nothing more is wanted, if it was met.
    pub fn enough(&self) -> Option<usize> {
        match self {
            End::TimeWindows(windows) => windows.enough(),
            End::Encode(_) | End::Fold(_) | End::Split(_) | End::Sort(_) => None,
        }
    }

    /// Whether only keys matter; see [`Fold::takes_only_keys`].
    pub fn takes_only_keys(&self) -> bool {
        matches!(self, End::Fold(fold) if fold.takes_only_keys())
    }

    /// The run ended after `slices` slices.
    pub fn ended(self, slices: u64) {
        match self {
            End::Fold(fold) => fold.ended(slices),
            End::Sort(sorter) => sorter.ended(slices),
            End::Encode(_) | End::Split(_) | End::TimeWindows(_) => {}
        }
    }
}

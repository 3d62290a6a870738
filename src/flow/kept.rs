//! The records that stay of those that are equal.

use std::sync::Arc;

use crate::error::Result;
use crate::flow::located::Places;
use crate::record::Batch;
use crate::spill::{List, ListReader};

/// Keeps the records whose places are in a list.
pub(crate) struct Keeper {
    reader: ListReader,
}

impl Keeper {
    /// Keeps those of this list.
    pub fn new(list: &Arc<List>) -> Keeper {
        Keeper { reader: ListReader::new(Arc::clone(list)) }
    }

    /// Drops the other records of a batch.
    ///
    /// # Errors
    /// Io: the list can't be read.
    pub fn keep(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let (mut places, mut outcome) = (Places::default(), Ok(()));
        batch.retain(|record| {
            let (batch, index) = record.place();
            let place = places.of(batch, index);
            let has = if outcome.is_ok() { self.reader.has(place.bytes()) } else { Ok(false) };
            has.unwrap_or_else(|error| {
                outcome = Err(error);
                false
            })
        });
        outcome
    }
}

//! Which records of a source stay of those that are equal.

use std::sync::Arc;

use crate::error::Result;
use crate::flow::located::Place;
use crate::flow::totals::Totals;
use crate::memory::Reservation;
use crate::spill::List;

/// The records that stay, of all sources.
pub(crate) struct Staying {
    pub list: Arc<List>,
    /// What was read of each source, if all its records are good.
    pub read: Vec<Option<Read>>,
}

/// What was read of a source when its records were compared.
#[derive(Clone, Copy)]
pub(crate) struct Read {
    pub bytes: u64,
    pub records: u64,
    /// How many there were before any was dropped, where a step makes several of one.
    pub made: u64,
}

/// The records that stay, and what the list of them takes beyond the plan.
pub(crate) struct Kept {
    pub staying: Arc<Staying>,
    _held: Reservation,
}

impl Staying {
    /// Where in a source no record follows that stays, and what was read of it; none if the rest has to be read again,
    /// for the bad records in it.
    ///
    /// # Errors
    /// Io: the list can't be read.
    pub fn end(&self, source: u32) -> Result<Option<(u64, Read)>> {
        let Some(read) = self.read.get(source as usize).copied().flatten() else { return Ok(None) };
        let next = Place { source: source + 1, ..Place::default() };
        let last = self.list.last_before(next.bytes())?;
        let here = Place { source, ..Place::default() }.bytes();
        let last = last.filter(|last| *last >= here);
        Ok(Some((last.map_or(0, |last| Place::offset_in(last) + 1), read)))
    }
}

impl Read {
    /// What a pass read; none if there were bad records.
    pub fn of(totals: &Totals, bytes: u64) -> Option<Read> {
        let Totals { records_in, records_out, records_filtered, .. } = *totals;
        let read = Read { bytes, records: records_in, made: records_out + records_filtered };
        (totals.records_failed == 0).then_some(read)
    }

    /// Counts the records after the last one that stays, which were not read again.
    pub fn add_rest(&self, totals: &mut Totals) {
        totals.records_in = self.records;
        totals.records_filtered = self.made.saturating_sub(totals.records_out);
    }
}

impl Kept {
    /// The reservation is given back with the list.
    pub fn new(staying: Arc<Staying>, held: Reservation) -> Kept {
        Kept { staying, _held: held }
    }
}

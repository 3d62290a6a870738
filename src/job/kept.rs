//! Which records of a source stay of those that are equal.

use std::sync::Arc;

use crate::memory::Reservation;
use crate::spill::List;

/// The places of the records that stay, and what the list of them takes beyond the plan.
pub(crate) struct Kept {
    pub list: Arc<List>,
    _held: Reservation,
}

impl Kept {
    /// The reservation is given back with the list.
    pub fn new(list: Arc<List>, held: Reservation) -> Kept {
        Kept { list, _held: held }
    }
}

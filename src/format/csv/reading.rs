//! What is known about CSV after its header.

use super::header;
use super::resolved::Resolved;
use crate::format::{Ragged, Surplus};
use crate::record::Nulls;

/// CSV after its header.
pub(super) struct Reading {
    pub dialect: Resolved,
    /// The delimiter that the source itself names.
    pub named: Option<u8>,
    pub header: header::Header,
    pub ragged: Ragged,
    /// Texts that mean null.
    pub nulls: Nulls,
    /// The error text for a record with another number of fields.
    pub other_width: &'static str,
    pub strict: bool,
    pub max_record: usize,
}

impl Reading {
    /// The last column is for fields that are too many.
    pub fn has_extra(&self) -> bool {
        self.ragged.surplus == Surplus::Extra && !self.header.schema.is_empty()
    }
}

//! What is known about CSV after its header.

use super::header;
use super::resolved::Resolved;
use crate::format::Ragged;
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

//! What is known of CSV once its header was read.

use super::header;
use super::resolved::Resolved;
use crate::format::Ragged;

/// CSV whose header was read.
pub(super) struct Reading {
    pub dialect: Resolved,
    /// The delimiter that the source names itself.
    pub named: Option<u8>,
    pub header: header::Header,
    pub ragged: Ragged,
    /// What is said of a record of another width than this.
    pub other_width: &'static str,
    pub strict: bool,
    pub max_record: usize,
}

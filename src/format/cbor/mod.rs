//! CBOR (RFC 8949): a sequence of values (RFC 8742), or one list that holds the records.

#[cfg(test)]
mod tests;

use super::entry::Entry;
use super::packed;
use crate::record::binary::Cbor;

/// CBOR.
pub(super) static CBOR: Entry = packed::entry::<Cbor>("cbor", "CBOR", &[], &["cbor", "cborseq"]);

//! Opening sources and preparing targets.

use super::{build, rows, shape};
use crate::error::Error;
use crate::format::avro::rows as data;
use crate::format::entry::{Created, Given};
use crate::format::{OpenError, Opening, Options};
use crate::record::Schema;

/// Reads the beginning of the stream that was made of a source.
pub(super) fn open(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    data::open(options, head, end, types)
}

/// Reads the beginning that a quarantine has kept.
pub(super) fn reopen(options: &Options, head: &[u8]) -> Result<Opening, OpenError> {
    data::reopen(options, head, types)
}

fn types(columns: &[u8]) -> Option<Schema> {
    build::read(columns).ok().map(|schema| shape::types(schema.fields()))
}

/// Prepares a target.
pub(super) fn create(options: &Options, given: Given<'_>) -> Created {
    let schema = shape::arrow(&data::known_types(options, &given));
    let text = rows::schema(schema.fields()).map_err(|refused| Error::usage(refused.to_string()))?;
    data::create(options, &given, &text.to_string(), &build::written(&schema))
}

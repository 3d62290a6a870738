//! The table of formats: who reads and writes which.

use super::{Columns, Format, OpenError, Opening, Options, Shape, WriteFormat};
use super::{csv, fixed, frames, json, sniff, text};
use crate::error::Error;

/// Looks at the beginning of a source. `end` says that `head` is all there is.
pub fn open(format: Format, options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    match format {
        Format::Csv | Format::Tsv => csv::open(format, options, head, end),
        Format::Ndjson => json::open_lines(options, head, end),
        Format::Json => json::open(options, head, end),
        Format::Text => Ok(text::open(options.utf8, head, end)),
        Format::Fixed => fixed::open(options),
        Format::Frames => frames::open(options),
    }
}

/// Prepares a target for records of a shape. `columns` are the fields of a tabular target (its header)
/// when the shape is keyed. `from` is the format of the source: it decides how text stands for bytes.
pub fn create(
    format: Format,
    options: &Options,
    shape: &Shape,
    columns: Option<Columns>,
    from: Format,
) -> Result<Box<dyn WriteFormat>, Error> {
    match format {
        Format::Csv | Format::Tsv => csv::create(format, options, shape, columns, from),
        Format::Ndjson | Format::Json => json::create(format, options, shape),
        Format::Text => text::create(options, from),
        Format::Fixed => fixed::create(options, shape, from),
        Format::Frames => frames::create(options, shape, from),
    }
}

/// How many bytes a target writes as one piece, which an output buffer has to have room for. 0 when records can
/// be written in parts, or when nothing is known of them (then [`create`] says why).
pub fn whole_record(format: Format, options: &Options) -> usize {
    match format {
        Format::Fixed => fixed::width(options).unwrap_or(0),
        _ => 0,
    }
}

impl OpenError {
    /// Adds what is odd about a source that begins so.
    pub fn suspect(self, format: Format, start: &[u8]) -> OpenError {
        match (self, sniff::suspicion(format, start)) {
            (OpenError::Data(error), Some(suspicion)) => OpenError::Data(error.suspect(suspicion)),
            (error, _) => error,
        }
    }
}

//! CSV and TSV (RFC 4180 and dialects). The specification, also for malformed input, is the crate `csv-core`.

mod begin;
mod cut;
mod decode;
mod dialect;
mod encode;
mod escapes;
mod fields;
mod header;
mod quotes;
mod reading;
mod resolved;
mod row;
mod spec;
#[cfg(test)]
mod tests;

use super::{Columns, Cut, Decode, Format, OpenError, Opening, Options, ReadFormat, Shape, Tally, Want, WriteFormat};
use crate::error::Result;
use crate::record::Schema;
use crate::scan::csv::Marks;
pub use dialect::{Dialect, OutDialect};
pub(crate) use encode::may_be_mark;
use reading::Reading;
use resolved::Resolved;
pub(crate) use resolved::writes_as_it_reads;

/// Opens CSV or TSV: reads the header.
pub fn open(format: Format, options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let mut dialect = Resolved::reading(format, &options.dialect)?;
    let Some(beginning) = begin::read(&dialect, options, head, end) else { return Ok(Opening::More) };
    dialect.delimiter = beginning.delimiter.unwrap_or(dialect.delimiter);
    let Some(header) = header::read(&dialect, options, head, beginning.end, end)? else { return Ok(Opening::More) };
    Ok(Opening::Ready(Box::new(Reading {
        dialect,
        named: beginning.delimiter,
        header,
        ragged: options.ragged,
        other_width: match (options.names.is_empty(), options.no_headers) {
            (false, _) => "{} field{s} where the list of names has {}",
            (true, true) => "{} field{s} where the first record has {}",
            (true, false) => "{} field{s} where the header has {}",
        },
        strict: options.strict,
        max_record: options.max_record,
    })))
}

impl ReadFormat for Reading {
    fn start(&self) -> usize {
        self.header.end
    }

    fn schema(&self) -> Option<&Schema> {
        Some(&self.header.schema)
    }

    fn warnings(&self) -> &[String] {
        &self.header.warnings
    }

    fn delimiter(&self) -> Option<u8> {
        self.named
    }

    fn suspicion(&self) -> Option<&str> {
        self.header.suspicion.as_deref()
    }

    fn replaced(&self) -> u64 {
        self.header.replaced
    }

    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(cut::CsvCut::new(self.dialect, self.max_record))
    }

    fn tally(&self) -> Option<Box<dyn Tally>> {
        Some(Box::new(cut::CsvTally::new(self.dialect, self.max_record)))
    }

    fn marks(&self) -> Option<Marks> {
        self.dialect.is_plain().then(|| self.dialect.marks())
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        Box::new(decode::CsvDecode::new(self, want))
    }
}

/// Prepares CSV or TSV.
pub fn create(
    format: Format,
    options: &Options,
    shape: &Shape,
    columns: Option<Columns>,
    from: Format,
) -> Result<Box<dyn WriteFormat>> {
    let dialect = Resolved::writing(format, options)?;
    // What an unquoted field of the source holds needs no quotes where the dialects are equal.
    let same = matches!(from, Format::Csv | Format::Tsv) && Resolved::reading(from, &options.dialect)? == dialect;
    let typed = matches!(from, Format::Fixed | Format::Frames);
    let writing = encode::Writing::new(dialect, options, shape, columns, (same, typed));
    writing.check_names()?;
    Ok(Box::new(writing))
}

//! CSV and TSV (RFC 4180 and dialects). The crate `csv-core` is the specification, also for malformed input.

mod alone;
mod append;
mod begin;
mod clean;
mod cut;
mod decode;
mod delimiter;
mod detect;
mod dialect;
mod encode;
mod escapes;
mod fields;
mod header;
mod lists;
mod null;
mod own;
mod parts;
mod quotes;
mod reading;
mod resolved;
mod row;
mod spec;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod write_tests;
mod writing;

pub use super::comment::Comment;
use super::entry::{self, Ends, Entry, Given, Gives, JsonText, Straight, Takes};
use super::{
    BytesAs, Copies, Cut, Decode, Detail, Nested, OpenError, Opening, Options, ReadFormat, Surplus, Tally, Want,
    WriteFormat,
};
use crate::error::Result;
use crate::record::{Nulls, Schema};
use crate::scan::csv::Marks;
use crate::scan::lines::Lines;
pub use clean::CleanNames;
pub use delimiter::Delimiter;
pub use dialect::{Dialect, Known, OutDialect};
use reading::Reading;
use resolved::Preset;
pub(crate) use resolved::Resolved;

/// CSV.
pub(super) static CSV: Entry = Entry {
    name: "csv",
    title: "CSV",
    aliases: &[],
    extensions: &["csv"],
    text: true,
    any_bytes: false,
    needs_utf8: false,
    lines: Some(Lines::Breaks),
    ends: Ends::Break,
    tabular: true,
    table: true,
    nested: false,
    payload: false,
    open: |options, head, end| open(Preset::Csv, options, head, end),
    create: |options, given| create(Preset::Csv, options, given),
    gives: |options| gives(Preset::Csv, options),
    takes: |options| takes(Preset::Csv, options),
    copies: |options| copies(Preset::Csv, options),
    header: |options, reading, before| header(Preset::Csv, options, reading, before),
    reopen: |options, header| open(Preset::Csv, options, header, true),
    blocks: None,
    unroll: None,
    begin_record: entry::nothing_before,
};

/// TSV.
pub(super) static TSV: Entry = Entry {
    name: "tsv",
    title: "TSV",
    extensions: &["tsv", "tab"],
    open: |options, head, end| open(Preset::Tsv, options, head, end),
    create: |options, given| create(Preset::Tsv, options, given),
    gives: |options| gives(Preset::Tsv, options),
    takes: |options| takes(Preset::Tsv, options),
    copies: |options| copies(Preset::Tsv, options),
    header: |options, reading, before| header(Preset::Tsv, options, reading, before),
    reopen: |options, header| open(Preset::Tsv, options, header, true),
    ..CSV
};

fn gives(preset: Preset, options: &Options) -> Gives {
    Gives {
        base64: options.bytes_as == BytesAs::Base64,
        cells: true,
        looks_ahead: options.dialect.quoting,
        // An impossible dialect was refused when the source was opened.
        untyped: Resolved::reading(preset, &options.dialect).ok(),
        ..Gives::default()
    }
}

fn takes(preset: Preset, options: &Options) -> Takes {
    // An impossible dialect is refused when the target is prepared.
    let escapes = Resolved::writing(preset, options).is_ok_and(|dialect| dialect.tsv_escapes);
    Takes {
        detail: if options.nested == Nested::Json { Detail::Fields } else { Detail::Maps },
        // A table keeps a field as it was read, text or not, unless every field is written as text.
        untyped: !options.out_dialect.quote_all || escapes,
        typed: false,
        types: false,
        lone: false,
        json: JsonText::Never,
        straight: Straight::Columns,
        whole_record: 0,
    }
}

fn copies(preset: Preset, options: &Options) -> Option<Copies> {
    resolved::writes_as_it_reads(preset, options)
        .then_some(Copies::Fields { crlf: options.out_dialect.crlf, header: options.writes_header() })
}

/// The header; without one, a record with as many fields as the others.
fn header(preset: Preset, options: &Options, reading: &dyn ReadFormat, before: &[u8]) -> Vec<u8> {
    if !options.no_headers || !options.names.is_empty() {
        return before.to_vec();
    }
    let fields = reading.schema().map_or(1, |schema| schema.len()).max(1);
    let Dialect { delimiter, quote, escape, comment, .. } = options.dialect;
    let taken = [Some(quote), escape, comment.map(|comment| comment.first())];
    let own = [preset.delimiter()];
    let delimiter = delimiter.as_ref().map_or(&own[..], Delimiter::bytes);
    let plain = b'0'..=b'9';
    let mut record: Vec<u8> =
        plain.into_iter().find(|byte| !taken.contains(&Some(*byte)) && !delimiter.contains(byte)).into_iter().collect();
    (1..fields).for_each(|_| record.extend_from_slice(delimiter));
    record
}

/// Opens CSV or TSV: reads the header.
fn open(preset: Preset, options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let mut dialect = Resolved::reading(preset, &options.dialect)?;
    let Some(mut beginning) = begin::read(&dialect, options, head, end) else { return Ok(Opening::More) };
    if beginning.delimiter.is_none() && options.dialect.delimiter.is_some_and(Delimiter::is_auto) {
        beginning.delimiter = match detect::find(&dialect, options, head, beginning.end, end)? {
            detect::Found::Delimiter(delimiter) => Some(delimiter),
            detect::Found::Nothing => None,
            detect::Found::More => return Ok(Opening::More),
        };
    }
    dialect.delimiter = beginning.delimiter.unwrap_or(dialect.delimiter);
    // A header that was looked for may look like a comment.
    let names = Resolved { comment: dialect.comment.filter(|_| !options.at_header), ..dialect };
    let Some(mut header) = header::read(&names, options, head, beginning.end, end)? else { return Ok(Opening::More) };
    header.warnings.extend(beginning.passed.map(|delimiter| {
        format!(
            "the first line, `sep={}`, is read as the one with which Excel names the delimiter, and not as a record",
            char::from(delimiter).escape_debug()
        )
    }));
    if dialect.hides_breaks() && dialect.is_mysql() {
        match first_ends_in_cr(&head[beginning.end..]) {
            None if !end && head.len() - beginning.end <= options.max_record => return Ok(Opening::More),
            Some(true) => header.warnings.push(CR.to_owned()),
            _ => {}
        }
    }
    if databases_or_escapes(&dialect, options) && dialect.comment.is_none() {
        if header.schema.is_empty() && options.no_headers && beginning.end < head.len() {
            // Nothing but blank lines: a table of one column, whose fields are all empty.
            (header.schema, header.end) = (Schema::new([header::column_name(1)]), beginning.end);
        }
        dialect.blank_records = header.schema.len() == 1;
    }
    if options.ragged.surplus == Surplus::Extra {
        header.add_extra();
    }
    Ok(Opening::Ready(Box::new(Reading {
        dialect,
        named: beginning.delimiter,
        header,
        ragged: options.ragged,
        nulls: Nulls::new(&options.nulls),
        other_width: match (options.names.is_empty(), options.no_headers) {
            (false, _) => "{} field{s} where the list of names has {}",
            (true, true) => "{} field{s} where the first record has {}",
            (true, false) => "{} field{s} where the header has {}",
        },
        strict: options.strict,
        max_record: options.max_record,
    })))
}

const CR: &str = "the first line ends in CR LF; where MySQL has no quotes, only the LF ends a record, and the CR is part of the last field, also of `\\N`\n  If it is none, take it away before: tr -d '\\r' < dump.tsv | pagemill convert - …";

/// Whether the first line ends in a carriage return in front of its line feed, and no escape makes it text. `None`:
/// it does not end here.
fn first_ends_in_cr(text: &[u8]) -> Option<bool> {
    let line = &text[..memchr::memchr(b'\n', text)?];
    Some(line.ends_with(b"\r") && !line.ends_with(b"\\\r"))
}

/// Whether the programs that write this dialect write a blank line for a record whose only field is empty.
fn databases_or_escapes(dialect: &Resolved, options: &Options) -> bool {
    options.dialect.known.is_some() || dialect.tsv_escapes
}

impl ReadFormat for Reading {
    fn start(&self) -> usize {
        self.header.end
    }

    fn schema(&self) -> Option<&Schema> {
        Some(&self.header.schema)
    }

    fn header_start(&self) -> Option<usize> {
        self.header.start
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
fn create(preset: Preset, options: &Options, given: Given<'_>) -> Result<Box<dyn WriteFormat>> {
    let writing = writing::Writing::new(Resolved::writing(preset, options)?, options, given);
    writing.null.check(&writing.dialect)?;
    writing.check_names()?;
    Ok(Box::new(writing))
}

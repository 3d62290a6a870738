//! The table of formats, and the three parts each has: cut, decode, encode.
//!
//! A format never uses another format. What several need lies in [`record`](crate::record) or `scan`.

mod choose;
pub mod csv;
pub mod fixed;
pub mod frames;
#[cfg(test)]
mod harness;
pub mod json;
pub mod sniff;
mod table;
pub mod text;

pub use choose::{source_format, target_format};
pub use table::{create, open, whole_record};

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, RecordError};
use crate::record::{Apart, Batch, EncodeError, Output, Schema, Seen};
pub use crate::record::{BytesAs, Chosen, Detail};
use crate::scan::csv::Marks;
use crate::scan::lines::Lines;

/// The formats by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated values, RFC 4180 and dialects.
    Csv,
    /// Tab-separated values, quoted or with backslash escapes.
    Tsv,
    /// One JSON value a line.
    Ndjson,
    /// A JSON array, one object, or concatenated values.
    Json,
    /// Lines.
    Text,
    /// Binary records of a fixed layout.
    Fixed,
    /// Length-prefixed binary records.
    Frames,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 7] =
        [Format::Csv, Format::Tsv, Format::Ndjson, Format::Json, Format::Text, Format::Fixed, Format::Frames];

    /// The name in flags and reports.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Ndjson => "ndjson",
            Format::Json => "json",
            Format::Text => "text",
            Format::Fixed => "fixed",
            Format::Frames => "frames",
        }
    }

    /// File name extensions, without the dot, in lower case.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Format::Csv => &["csv"],
            Format::Tsv => &["tsv", "tab"],
            Format::Ndjson => &["ndjson", "jsonl"],
            Format::Json => &["json", "geojson"],
            Format::Text => &["txt", "text", "log", "md"],
            Format::Fixed => &["fixed"],
            Format::Frames => &["frames"],
        }
    }

    /// The format that a path's extension names.
    pub fn from_path(path: &Path) -> Option<Format> {
        // The format of `trips.csv.gz` is that of `trips.csv`.
        let path = crate::compress::inner_path(path);
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Format::ALL.into_iter().find(|format| format.extensions().contains(&extension.as_str()))
    }

    /// What ends a line of this format, if it has lines.
    pub fn lines(self) -> Option<Lines> {
        match self {
            Format::Csv | Format::Tsv => Some(Lines::Breaks),
            Format::Ndjson | Format::Json | Format::Text => Some(Lines::Feeds),
            Format::Fixed | Format::Frames => None,
        }
    }

    /// Whether the bytes of this format are always UTF-8.
    pub fn needs_utf8(self) -> bool {
        matches!(self, Format::Ndjson | Format::Json)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;
    fn from_str(name: &str) -> Result<Format, Error> {
        let lower = name.to_ascii_lowercase();
        if lower == "jsonl" {
            return Ok(Format::Ndjson);
        }
        Format::ALL.into_iter().find(|format| format.name() == lower).ok_or_else(|| {
            let names: Vec<_> = Format::ALL.iter().map(|f| f.name()).collect();
            Error::usage(format!("unknown format `{name}`; the formats are {}", names.join(", ")))
        })
    }
}

/// Where a slice may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// The slice is so many bytes long; a record starts behind it, or the input ends.
    At(usize),
    /// So many bytes belong to no record (what follows an inner array, say) and are passed over.
    Skip(usize),
    /// There is no boundary in these bytes; more of the input is needed.
    More,
}

/// How much of some data belongs to a record that is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// The first of so many bytes: the record ends there. What separates it from the next one, so many bytes more, is no
    /// part of either.
    End(usize, usize),
    /// All of it; the record goes on, or ends with the input.
    All,
    /// Only [`Cut::cut`] can tell, once it sees enough of what follows.
    Unknown,
}

impl Passed {
    /// For records that are lines.
    pub fn line(data: &[u8]) -> Passed {
        memchr::memchr(b'\n', data).map_or(Passed::All, |at| Passed::End(at + 1, 0))
    }
}

/// Finds slice boundaries. Exact: it agrees with the decoder on every input, well formed or not.
pub trait Cut: Send {
    /// Cuts one slice off the front of `data`, which starts where the last slice ended and is not empty.
    ///
    /// The slice should be about `target` bytes (at least one record, never a part of one). `end` says
    /// that nothing follows `data`; then the answer is never [`Boundary::More`]. Bytes that can't be
    /// understood become part of a slice, so that the decoder reports them. Errors are for what makes
    /// it impossible to find any further boundary; their offset counts from the start of `data`.
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError>;

    /// Passes over the record that begins where the last slice ended, of which [`cut`](Self::cut) found no end: it is
    /// too large to be looked at as a whole. `data` begins with the record in the first call, and in every other one
    /// with what follows the data of the call before. After [`Passed::End`] slices are cut again, from there on.
    /// A record that is unknown here ends the run if it is too large.
    ///
    /// Errors are for what makes it impossible to find the end.
    fn pass(&mut self, data: &[u8], end: bool) -> Result<Passed, RecordError> {
        let _ = (data, end);
        Ok(Passed::Unknown)
    }
}

/// Turns slices into batches. One for each worker.
pub trait Decode: Send {
    /// Starts a slice.
    fn begin(&mut self, slice: &[u8]);

    /// Appends records to `batch` until it is full or the slice ends; false if the slice had ended
    /// already. An error speaks of the record after those that were appended.
    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError>;

    /// After an error: goes on behind the bad record (at the end of the slice, if its end can't be found).
    /// Gives the bytes of the record, as [`Batch::end_record`] would have been told of them.
    fn skip_record(&mut self, slice: &[u8]) -> Range<usize>;
}

/// Turns batches into bytes. One for each worker.
pub trait Encode: Send {
    /// Appends these records of the batch, each with what separates it from the one before (see [`Frame`]).
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError>;
}

/// What stands around the records of a target.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Before the first record: a header, `[`.
    pub prefix: Vec<u8>,
    /// Every record begins with what separates it from the one before; so many bytes of that are left
    /// out by the committer before the first record of the whole output.
    pub first_skips: usize,
    /// Behind the last record.
    pub suffix: Vec<u8>,
    /// Instead of the suffix when there was no record at all; empty: the suffix all the same.
    pub empty: Vec<u8>,
}

/// A source whose beginning was read: what is known of it before the first record.
pub trait ReadFormat: Send + Sync {
    /// Offset of the first byte behind a byte order mark, header or opening bracket.
    fn start(&self) -> usize;
    /// The fields, when all records have the same ones.
    fn schema(&self) -> Option<&Schema>;
    /// What the user should be told about the beginning.
    fn warnings(&self) -> &[String] {
        &[]
    }
    /// The delimiter, if the source names it itself.
    fn delimiter(&self) -> Option<u8> {
        None
    }
    /// What is odd about the beginning, and may be the reason for an error further on.
    fn suspicion(&self) -> Option<&str> {
        None
    }
    /// How many names had invalid UTF-8, which was replaced.
    fn replaced(&self) -> u64 {
        0
    }
    /// How many keys before the first record are there twice: the last one counts.
    fn doubled(&self) -> u64 {
        0
    }
    /// A cutter that begins at [`start`](Self::start).
    fn cutter(&self) -> Box<dyn Cut>;
    /// Counts records without decoding them, for one worker; none where only decoding tells whether they are records.
    fn tally(&self) -> Option<Box<dyn Tally>> {
        None
    }
    /// The marks that tell by themselves where records end, as long as quotes are regular; none where it takes more.
    fn marks(&self) -> Option<Marks> {
        None
    }
    /// A decoder for one worker. With `want.select` its batches are in columns, one for each selected field.
    fn decoder(&self, want: &Want) -> Box<dyn Decode>;
    /// The same for who only takes the keys of records. Records without a key that this decoder did not give before
    /// may be left out, and so may bad records: how many records there are is then not known.
    fn key_decoder(&self, want: &Want) -> Box<dyn Decode> {
        self.decoder(want)
    }
}

/// Counts records. Only for formats in which any bytes are records.
pub trait Tally: Send {
    /// How many records a slice has.
    fn records(&mut self, slice: &[u8]) -> Tallied;
}

/// How many records there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallied {
    /// All of them, bad ones too.
    pub records: u64,
    /// The first bad one: its index, and why it is bad.
    pub first: Option<(u64, RecordError)>,
}

impl Tallied {
    /// Records of which none is bad.
    pub fn good(records: u64) -> Tallied {
        Tallied { records, ..Tallied::default() }
    }

    /// The next record is bad.
    pub fn bad(&mut self, error: impl FnOnce() -> RecordError) {
        let index = self.records;
        self.first.get_or_insert_with(|| (index, error()));
        self.records += 1;
    }
}

/// A target that is ready to be written.
pub trait WriteFormat: Send + Sync {
    /// What stands around the records.
    fn frame(&self) -> Frame;
    /// An encoder for one worker.
    fn encoder(&self) -> Box<dyn Encode>;

    /// Whether only the keys of the records matter, as they are in the source; see [`ReadFormat::key_decoder`].
    fn takes_only_keys(&self) -> bool {
        false
    }

    /// What comes at the very end, known only when every record was encoded.
    fn ending(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// What the consumers of a decoder need of it.
#[derive(Clone, Debug)]
pub struct Want {
    /// Only these fields, in this order (names as in the source, dotted paths for nested ones).
    pub select: Option<Vec<Box<[u8]>>>,
    /// What becomes of selected fields of nested records.
    pub chosen: Chosen,
    /// Text must be valid UTF-8.
    pub utf8: bool,
    /// Invalid UTF-8 becomes U+FFFD instead of an error.
    pub replace_invalid_utf8: bool,
    /// How far nested values are taken apart.
    pub detail: Detail,
    /// What an unquoted CSV field is.
    pub types: Types,
    /// The decoder may tell what it is, a number or text, rather than leave it
    /// [untyped](crate::record::Value::Untyped): the target asks it of every field.
    pub typed: bool,
}

/// What an unquoted CSV field is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Types {
    /// A number if it is exactly an RFC 8259 number; null if it is empty; else text.
    #[default]
    Auto,
    /// Text, always.
    Text,
}

/// What happens to a record with too few fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ragged {
    /// It is a bad record.
    #[default]
    Fail,
    /// The missing fields are null. A record with too many fields stays a bad record: nothing is lost.
    Pad,
}

/// How nested values go into a tabular target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nested {
    /// Maps become fields `a.b.c`, lists become JSON text.
    #[default]
    Dot,
    /// Lists and maps become JSON text.
    Json,
}

/// Whether text from a source is the Base64 of bytes: the formats without bytes hold them so.
pub(crate) fn text_holds_base64(options: &Options, from: Format) -> bool {
    let only_text = match from {
        Format::Csv | Format::Tsv | Format::Ndjson | Format::Json => true,
        Format::Frames => options.payload == frames::Payload::Json,
        Format::Text | Format::Fixed => false,
    };
    only_text && options.bytes_as == BytesAs::Base64
}

/// Everything that a user can say about formats; each format takes what concerns it.
#[derive(Clone, Debug)]
pub struct Options {
    /// CSV and TSV as they are read.
    pub dialect: csv::Dialect,
    /// CSV and TSV as they are written.
    pub out_dialect: csv::OutDialect,
    /// The first record is data, and no header is written.
    pub no_headers: bool,
    /// Names for the columns of CSV and TSV without a header; the first record is data then. None: the source has a
    /// header, or its columns are numbered.
    pub names: Vec<String>,
    /// What becomes of short records.
    pub ragged: Ragged,
    /// Refuse what would otherwise be a warning or counted as lossy.
    pub strict: bool,
    /// In names, invalid UTF-8 becomes U+FFFD.
    pub replace_invalid_utf8: bool,
    /// A byte order mark of UTF-8 is none of the text, in formats that keep all bytes otherwise. Set by a job, from its
    /// encoding.
    pub utf8: bool,
    /// What an unquoted CSV field is.
    pub types: Types,
    /// How nested values become columns.
    pub nested: Nested,
    /// Turn dotted names and JSON text in cells back into maps and lists.
    pub unflatten: bool,
    /// The deepest nesting of JSON that is read (`--max-depth`).
    pub max_depth: usize,
    /// The most fields of a record (`--max-fields`): columns of CSV and TSV, and fields of JSON that are taken apart.
    pub max_fields: usize,
    /// The longest name of a column and the longest dotted path of keys that becomes one, in bytes
    /// (`--max-key-length`).
    pub max_key_length: usize,
    /// The most different keys that a header is made of (`--max-keys`).
    pub max_keys: usize,
    /// RFC 6901 pointer to the array that holds the records.
    pub records_at: Option<String>,
    /// Write JSON with line breaks and indentation.
    pub pretty: bool,
    /// The layout of fixed records (`--layout`).
    pub layout: Option<String>,
    /// The length prefix of frames (`--frame`).
    pub frame: frames::Prefix,
    /// What a frame holds (`--payload`).
    pub payload: frames::Payload,
    /// How bytes stand in text.
    pub bytes_as: BytesAs,
    /// The longest record, in bytes.
    pub max_record: usize,
    /// The most memory that the names of columns may take while a header is read, in bytes.
    pub max_names: usize,
}

/// The longest record, in bytes, unless told otherwise.
pub const MAX_RECORD: usize = 64 << 20;
/// The deepest nesting of JSON that is read, unless told otherwise.
pub const MAX_DEPTH: usize = 1024;
/// The most fields of a record, unless told otherwise.
pub const MAX_FIELDS: usize = 100_000;
/// The longest key, in bytes, unless told otherwise.
pub const MAX_KEY_LENGTH: usize = 64 << 10;
/// The most different keys, unless told otherwise.
pub const MAX_KEYS: usize = 100_000;

/// The error for a name of a column, or a path of keys, that is too long.
pub(crate) fn key_too_long(offset: usize, len: usize, max: usize) -> RecordError {
    RecordError::new(offset, format!("a key of {len} bytes is longer than the limit of {max}"))
        .hint("Raise --max-key-length (and --memory-limit with it).")
}

impl Options {
    /// Whether the first record of CSV and TSV names the columns.
    pub fn reads_header(&self) -> bool {
        !self.no_headers && self.names.is_empty()
    }

    /// Whether CSV and TSV are written with a header.
    pub fn writes_header(&self) -> bool {
        !self.no_headers && !self.out_dialect.no_headers
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            dialect: csv::Dialect::default(),
            out_dialect: csv::OutDialect::default(),
            no_headers: false,
            names: Vec::new(),
            ragged: Ragged::Fail,
            strict: false,
            replace_invalid_utf8: false,
            utf8: false,
            types: Types::Auto,
            nested: Nested::Dot,
            unflatten: false,
            max_depth: MAX_DEPTH,
            max_fields: MAX_FIELDS,
            max_key_length: MAX_KEY_LENGTH,
            max_keys: MAX_KEYS,
            records_at: None,
            pretty: false,
            layout: None,
            frame: frames::Prefix::default(),
            payload: frames::Payload::default(),
            bytes_as: BytesAs::Base64,
            max_record: MAX_RECORD,
            max_names: usize::MAX,
        }
    }
}

/// The outcome of looking at the beginning of a source.
pub enum Opening {
    /// Enough was seen.
    Ready(Box<dyn ReadFormat>),
    /// More of the input is needed.
    More,
}

/// Why a source can't be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Bad data in the beginning; the offset counts from the start of the source.
    Data(RecordError),
    /// Settings that can't work.
    Usage(Error),
}

impl From<RecordError> for OpenError {
    fn from(error: RecordError) -> OpenError {
        OpenError::Data(error)
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> OpenError {
        OpenError::Usage(error)
    }
}

/// The shape of the records that a target will be given.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Batches in columns of this schema.
    Columns(Schema),
    /// Keyed batches.
    Keyed,
}

/// Whether it may take more than a record to tell where it ends.
pub fn looks_ahead(format: Format, options: &Options) -> bool {
    matches!(format, Format::Csv | Format::Tsv) && options.dialect.quoting
}

/// The fields of a tabular target for keyed records.
#[derive(Clone)]
pub struct Columns {
    /// Their names.
    pub schema: Schema,
    /// What becomes of a key that is not among them.
    pub unknown: UnknownKey,
    /// Which maps are columns of their own.
    pub apart: Apart,
    /// Who is told of the columns that records have, and the number of the first one there.
    pub seen: Option<(Arc<Seen>, usize)>,
}

/// What becomes of a key that no column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownKey {
    /// The record can't be written: the header has to be found anew, or the run ends.
    Refuse,
    /// It is left out and counted as lossy.
    Count,
}

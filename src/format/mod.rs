//! The table of formats, and the three parts of each: cut, decode, encode.
//!
//! A format never uses another format. What several of them need is in [`record`](crate::record) or `scan`.

mod avro;
mod choose;
mod columnar;
mod comment;
mod copies;
pub mod csv;
mod entry;
mod extensions;
#[doc(hidden)]
pub mod fixed;
pub mod frames;
pub(crate) mod fwf;
#[cfg(test)]
mod harness;
mod joined;
#[doc(hidden)]
pub mod json;
mod line_cut;
mod marked;
mod options;
mod packed;
mod protobuf;
mod ragged;
#[doc(hidden)]
pub mod sniff;
mod table;
#[doc(hidden)]
pub mod text;

#[doc(hidden)]
pub use choose::{source_format, target_format};
pub(crate) use copies::Copies;
pub(crate) use entry::{Ends, JsonText, Looks, Straight, Takes, Unroll};
#[doc(hidden)]
pub use entry::{Given, Gives};
pub use extensions::Extensions;
pub(crate) use options::key_too_long;
pub use options::{MAX_DEPTH, MAX_FIELDS, MAX_KEY_LENGTH, MAX_KEYS, MAX_RECORD, Nested, Options, Types};
pub use ragged::{Ragged, Surplus};
pub use table::Format;
#[doc(hidden)]
pub use table::{create, open};

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, RecordError};
use crate::record::{Apart, Batch, EncodeError, Output, Schema, Seen};
pub use crate::record::{BytesAs, Nonfinite};
#[doc(hidden)]
pub use crate::record::{Chosen, Detail};
use crate::scan::csv::Marks;

/// Where a slice may end.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// The slice is this many bytes long; a record starts right after it, or the input ends.
    At(usize),
    /// This many bytes belong to no record (what follows an inner array, say) and are skipped.
    Skip(usize),
    /// There is no boundary in these bytes: more of the input is needed.
    More,
}

/// How much of some data belongs to a record that is skipped.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// The next record begins after the first number of bytes. The second is how many of them, or of what was seen
    /// before, come after the record and belong to none.
    End(usize, usize),
    /// All of it; the record goes on, or ends with the input.
    All,
    /// Only [`Cut::cut`] can tell, once it sees more of what follows; or [`Cut::search`], if there is no room for that.
    Unknown,
}

/// What a search for the end of a record found.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searched {
    /// The record may be as large as it is, or nothing tells: there is no room for it.
    Large,
    /// It is bad, and ends within the data in which its end was not found: [`Cut::cut`] tells where.
    Bad,
    /// The search goes on with the byte that is this many bytes after the beginning of that data.
    On(usize),
}

impl Passed {
    /// For formats whose records are lines.
    pub fn line(data: &[u8]) -> Passed {
        memchr::memchr(b'\n', data).map_or(Passed::All, |at| Passed::End(at + 1, 0))
    }
}

/// Finds slice boundaries. Exact: it agrees with the decoder on every input, well formed or not.
#[doc(hidden)]
pub trait Cut: Send {
    /// Cuts one slice off the front of `data`, which starts where the last slice ended and is not empty.
    ///
    /// The slice should be about `target` bytes long: at least one record, never part of one. `end`: nothing follows
    /// `data`; then the answer is never [`Boundary::More`]. Bytes that make no sense become part of a slice, so that
    /// the decoder reports them. Errors are for input in which no further boundary can be found; their offset counts
    /// from the start of `data`.
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError>;

    /// Skips the record that begins where the last slice ended, and whose end [`cut`](Self::cut) did not find: it is
    /// too large to be seen whole. In the first call `data` begins with the record; each later call goes on where the
    /// data of the last one ended. After [`Passed::End`], cutting goes on from there. A record that is too large ends
    /// the run if it can't be skipped here.
    ///
    /// Errors are for input in which the end can't be found.
    fn pass(&mut self, data: &[u8], end: bool) -> Result<Passed, RecordError> {
        let _ = (data, end);
        Ok(Passed::Unknown)
    }

    /// How many bytes at the front of `data`, in which [`cut`](Self::cut) found no boundary, come before the record. They
    /// are left out before it is passed.
    fn leading(&self, data: &[u8]) -> usize {
        let _ = data;
        0
    }

    /// After [`Passed::Unknown`]: searches for the end of the record in what follows, piece by piece. `piece` begins
    /// `from` bytes after the data in which it was not found did; `end`: nothing follows it.
    fn search(&mut self, piece: &[u8], from: usize, end: bool) -> Searched {
        let _ = (piece, from, end);
        Searched::Large
    }
}

/// Turns slices into batches. One for each worker.
#[doc(hidden)]
pub trait Decode: Send {
    /// Starts a slice.
    fn begin(&mut self, slice: &[u8]);

    /// Appends records to `batch` until it is full or the slice ends; false if the slice had already ended. An error is
    /// about the record after those that were appended.
    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError>;

    /// After an error: goes on after the bad record (at the end of the slice, if the record's end can't be found).
    /// Returns the range of the record, as [`Batch::end_record`] would have received it.
    fn skip_record(&mut self, slice: &[u8]) -> Range<usize>;
}

/// Turns batches into bytes. One for each worker.
#[doc(hidden)]
pub trait Encode: Send {
    /// Appends these records of the batch, each with what separates it from the one before (see [`Frame`]).
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError>;
}

/// What goes around the records of a target.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Before the first record: a header, `[`.
    pub prefix: Vec<u8>,
    /// Every record begins with its separator from the one before; the committer drops this many bytes of it before the
    /// first record of the whole output.
    pub first_skips: usize,
    /// After the last record.
    pub suffix: Vec<u8>,
    /// Replaces the suffix when there was no record at all; if empty, the suffix is used then too.
    pub empty: Vec<u8>,
}

/// A source whose beginning has been read: what is known before the first record.
#[doc(hidden)]
pub trait ReadFormat: Send + Sync {
    /// Offset of the first byte after a byte order mark, header or opening bracket.
    fn start(&self) -> usize;
    /// The fields, if all records have the same ones.
    fn schema(&self) -> Option<&Schema>;
    /// The fields of all records with their types, if the source itself says them.
    fn types(&self) -> Option<Schema> {
        None
    }
    /// The text of the source's own schema.
    fn schema_text(&self) -> Option<&str> {
        None
    }
    /// Whether records are those of the schema that the [options](Options::schema) say: no step has to make them so.
    fn resolves(&self) -> bool {
        false
    }
    /// Where the header starts, if there is one that names columns.
    fn header_start(&self) -> Option<usize> {
        None
    }
    /// What to tell the user about the beginning.
    fn warnings(&self) -> &[String] {
        &[]
    }
    /// The delimiter, if the source itself names one.
    fn delimiter(&self) -> Option<u8> {
        None
    }
    /// What is odd about the beginning and may explain a later error.
    fn suspicion(&self) -> Option<&str> {
        None
    }
    /// How many names had invalid UTF-8 replaced.
    fn replaced(&self) -> u64 {
        0
    }
    /// How many keys before the first record occur twice: the last one counts.
    fn doubled(&self) -> u64 {
        0
    }
    /// Has the cutters that follow look for records that don't count because of what comes after them (true), or leave those
    /// out that were found (false). Says whether there may be any.
    fn look_ahead(&self, looking: bool) -> bool {
        let _ = looking;
        false
    }
    /// A cutter that begins at [`start`](Self::start).
    fn cutter(&self) -> Box<dyn Cut>;
    /// A cutter that begins at another record.
    fn cutter_behind(&self) -> Box<dyn Cut> {
        self.cutter()
    }
    /// Counts records without decoding them, for one worker; `None` if only decoding tells what is a record.
    fn tally(&self) -> Option<Box<dyn Tally>> {
        None
    }
    /// The marks that are enough to tell where records end while quotes are regular; `None` if it takes more.
    fn marks(&self) -> Option<Marks> {
        None
    }
    /// A decoder for one worker. With `want.select`, its batches are in columns, one for each selected field.
    fn decoder(&self, want: &Want) -> Box<dyn Decode>;
    /// The same when only the keys of records matter. It may skip records whose keys it has all returned before, and
    /// bad records: the number of records is not known then.
    fn key_decoder(&self, want: &Want) -> Box<dyn Decode> {
        self.decoder(want)
    }
}

/// Counts records. Only for formats in which any bytes are valid records.
#[doc(hidden)]
pub trait Tally: Send {
    /// How many records a slice has.
    fn records(&mut self, slice: &[u8]) -> Tallied;
}

/// The outcome of counting records.
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallied {
    /// All of them, including bad ones.
    pub records: u64,
    /// The first bad one: its index, and what is wrong with it.
    pub first: Option<(u64, RecordError)>,
}

impl Tallied {
    /// Records without a bad one.
    pub fn good(records: u64) -> Tallied {
        Tallied { records, ..Tallied::default() }
    }

    /// Adds a bad record.
    pub fn bad(&mut self, error: impl FnOnce() -> RecordError) {
        let index = self.records;
        self.first.get_or_insert_with(|| (index, error()));
        self.records += 1;
    }
}

/// A target that is ready to be written.
#[doc(hidden)]
pub trait WriteFormat: Send + Sync {
    /// What goes around the records.
    fn frame(&self) -> Frame;
    /// An encoder for one worker.
    fn encoder(&self) -> Box<dyn Encode>;
    /// Whether it may refuse a record, though nothing has to be kept from getting lost.
    fn may_refuse(&self) -> bool {
        true
    }
    /// An encoder that copies records of the source and writes the fields of a batch after them, if it has one.
    fn appender(&self) -> Option<Box<dyn Encode>> {
        None
    }
}

/// What those who use a decoder need from it.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Want {
    /// Only these fields, in this order (names as in the source, dotted paths for nested ones).
    pub select: Option<Vec<Box<[u8]>>>,
    /// What happens to selected fields of nested records.
    pub chosen: Chosen,
    /// Text must be valid UTF-8.
    pub utf8: bool,
    /// Invalid UTF-8 becomes U+FFFD instead of an error.
    pub replace_invalid_utf8: bool,
    /// How far nested values are taken apart.
    pub detail: Detail,
    /// What an unquoted CSV field is.
    pub types: Types,
    /// Fields without quotes stay [untyped](crate::record::Value::Untyped) even if they are text: the target writes them
    /// as they were read.
    pub untyped: bool,
    /// The decoder may mark a field as a number or text instead of leaving it [untyped](crate::record::Value::Untyped):
    /// the target needs to know for every field.
    pub typed: bool,
    /// Records are copied as they are: what values have no place for is not lost.
    pub copied: bool,
}

/// The outcome of reading the beginning of a source.
#[doc(hidden)]
pub enum Opening {
    /// It has seen enough.
    Ready(Box<dyn ReadFormat>),
    /// More of the input is needed.
    More,
}

/// Why a source can't be opened.
#[doc(hidden)]
#[derive(Debug)]
pub enum OpenError {
    /// Bad data at the beginning; the offset counts from the start of the source.
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

/// The shape of the records that a target gets.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum Shape {
    /// Batches in columns of this schema.
    Columns(Schema),
    /// Keyed batches.
    Keyed,
}

impl Shape {
    /// The fields of batches in columns.
    pub(crate) fn columns(&self) -> Option<&Schema> {
        match self {
            Shape::Columns(schema) => Some(schema),
            Shape::Keyed => None,
        }
    }
}

/// The fields of a tabular target for keyed records.
#[doc(hidden)]
#[derive(Clone)]
pub struct Columns {
    /// Their names.
    pub schema: Schema,
    /// What happens to a key that is not among them.
    pub unknown: UnknownKey,
    /// Which maps have columns of their own.
    pub apart: Apart,
    /// Where to note which columns records have, and the number of the first column there.
    pub seen: Option<(Arc<Seen>, usize)>,
}

/// What happens to a key that has no column.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownKey {
    /// The record can't be written: the header has to be collected again, or the run ends.
    Refuse,
    /// It is left out and counted as lossy.
    Count,
    /// There is no header yet: each record has the columns of its own keys besides. This tells whether a record can be written before
    /// a header is known; nothing is written so.
    Own,
}

//! The table of formats, and the three parts each has: cut, decode, encode.
//!
//! A format never uses another format. What several need lies in [`record`](crate::record) or `scan`.

mod choose;
mod copies;
pub mod csv;
mod entry;
pub mod fixed;
pub mod frames;
#[cfg(test)]
mod harness;
pub mod json;
mod options;
pub mod sniff;
mod table;
pub mod text;

pub use choose::{source_format, target_format};
pub(crate) use copies::Copies;
pub(crate) use entry::{Ends, JsonText, Looks, Straight, Takes};
pub use entry::{Given, Gives};
pub(crate) use options::key_too_long;
pub use options::{MAX_DEPTH, MAX_FIELDS, MAX_KEY_LENGTH, MAX_KEYS, MAX_RECORD, Nested, Options, Ragged, Types};
pub use table::{Format, create, open};

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, RecordError};
use crate::record::{Apart, Batch, EncodeError, Output, Schema, Seen};
pub use crate::record::{BytesAs, Chosen, Detail};
use crate::scan::csv::Marks;

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

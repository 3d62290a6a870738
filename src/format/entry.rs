//! What the rest of the program sees of a format: an entry of the table.
//!
//! The engine asks the entry, and never which format it has. What never changes is a field of [`Entry`]; what depends
//! on the options is in [`Gives`] for a source and in [`Takes`] for a target.

use std::fs::File;
use std::sync::Arc;

use super::csv::Resolved;
use super::{Columns, Copies, OpenError, Opening, Options, ReadFormat, Shape, WriteFormat};
use crate::compress::{Blocks, Compress};
use crate::error::Error;
use crate::record::{Detail, Schema, Unrolled};
use crate::scan::lines::Lines;

/// A format: its properties and its functions.
pub(crate) struct Entry {
    /// The name in flags and reports.
    pub name: &'static str,
    /// The name in sentences.
    pub title: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// File name extensions, without the dot, in lower case; files that we name get the first one.
    pub extensions: &'static [&'static str],
    /// Its bytes are text, in some encoding.
    pub text: bool,
    /// Its text may contain any bytes, and keeps them unless an encoding is given.
    pub any_bytes: bool,
    /// Its text is always UTF-8.
    pub needs_utf8: bool,
    /// What ends a line, if it has lines.
    pub lines: Option<Lines>,
    /// What ends a record if another one follows.
    pub ends: Ends,
    /// All records have the same columns; a target has to know them before the first record.
    pub tabular: bool,
    /// It is a table in text: what is a record can be told without decoding it.
    pub table: bool,
    /// Records are values as JSON has them: lists and maps inside each other.
    pub nested: bool,
    /// What a record holds is set by an option (`--payload`).
    pub payload: bool,
    /// Reads the beginning of a source. `end`: `head` is the whole source.
    pub open: fn(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError>,
    /// Prepares a target.
    pub create: fn(options: &Options, given: Given<'_>) -> Created,
    /// What a source of this format provides.
    pub gives: fn(options: &Options) -> Gives,
    /// What a target of this format needs.
    pub takes: fn(options: &Options) -> Takes,
    /// Which records a target can copy from a source with the same options; `None` if it has to encode them all.
    pub copies: fn(options: &Options) -> Option<Copies>,
    /// What has to be read first when only some of the records are read; `before` is what comes before the first
    /// record.
    pub header: fn(options: &Options, reading: &dyn ReadFormat, before: &[u8]) -> Vec<u8>,
    /// Reads such a header, with no record after it.
    pub reopen: fn(options: &Options, header: &[u8]) -> Result<Opening, OpenError>,
    /// What puts the records of a target into blocks, if it is a container of them; nothing is known of the source yet.
    pub blocks: Option<MakeBlocks>,
    /// What makes a stream of its records, if a source of this format can't be read from front to back.
    pub unroll: Option<Unroll>,
    /// Writes what comes before a record of `len` bytes into `room`, or says why it can't.
    pub begin_record: fn(options: &Options, len: usize, room: &mut Vec<u8>) -> Result<(), String>,
}

/// Makes what puts records into blocks, which are compressed in some way.
pub(super) type MakeBlocks = fn(options: &Options, compress: Compress) -> Result<Arc<dyn Blocks>, Error>;

/// Makes a stream of the records in a file, which [`Entry::open`] and what it gives can read. `workers`, `memory`: how many
/// threads it may have, and how many bytes it may take.
pub(crate) type Unroll = fn(file: File, workers: usize, memory: usize) -> Result<Unrolled, Error>;

/// A target that is ready to be written, or the reason why not.
pub(super) type Created = Result<Box<dyn WriteFormat>, Error>;

/// What ends a record if another one follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// A line break.
    Break,
    /// A comma.
    Comma,
    /// Nothing: the record states its own length.
    Length,
}

/// What a target is told about the records it will get.
pub struct Given<'g> {
    /// Their shape.
    pub shape: &'g Shape,
    /// The fields of a tabular target (its header) when the shape is keyed.
    pub columns: Option<Columns>,
    /// What the source provides.
    pub gives: Gives,
    /// The text of the source's own schema.
    pub schema: Option<&'g str>,
}

impl<'g> Given<'g> {
    /// Records of this shape, from a source that provides this.
    pub fn new(shape: &'g Shape, gives: Gives) -> Given<'g> {
        Given { shape, columns: None, gives, schema: None }
    }
}

/// What a source provides.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Gives {
    /// A record is a line of any bytes with its own line ending; the name of its only field means nothing.
    pub lines: bool,
    /// Text may be the Base64 of bytes, because the source has no other way to hold them.
    pub base64: bool,
    /// Values are cells of a table in text: lists and maps are JSON text, and an empty cell is nothing.
    pub cells: bool,
    /// Finding the end of a record may take a look beyond it.
    pub looks_ahead: bool,
    /// Only whole records are decoded: fields can't be selected while they are read.
    pub whole_records: bool,
    /// The dialect of untyped values: a target with the same dialect can write them without quotes.
    pub(crate) untyped: Option<Resolved>,
}

/// What a target needs.
pub(crate) struct Takes {
    /// How far nested values have to be taken apart.
    pub detail: Detail,
    /// Untyped values are written as they were read, numbers and text alike.
    pub untyped: bool,
    /// It needs to know of every value whether it is a number.
    pub typed: bool,
    /// It has to know the types of all fields before the first record. Then it takes everything apart, and is given columns
    /// with types.
    pub types: bool,
    /// A record with one value is written as that value.
    pub lone: bool,
    /// Which records are written as JSON text.
    pub json: JsonText,
    /// When selected fields may be decoded straight into columns.
    pub straight: Straight,
    /// How many bytes are written as one piece, and must fit into an output buffer. 0 if records can be written in
    /// parts, or if nothing is known about them (then [`Entry::create`] says why).
    pub whole_record: usize,
}

/// Which records become JSON text in a target that is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonText {
    /// None, or the format is JSON.
    Never,
    /// Those that are more than one plain value.
    Others,
    /// All.
    Always,
}

/// When selected fields of nested records may be decoded straight into columns without changing what the target writes.
pub(crate) enum Straight {
    /// Never: it writes records with their nesting.
    Never,
    /// If the target writes columns.
    Columns,
    /// If each selected field is a field of the record itself.
    Flat,
    /// Like `Flat`, and the only field's value is written as the record.
    Lone,
    /// Like `Flat`, if all of these fields are selected.
    All(Schema),
}

impl Entry {
    /// What a file of this format should look like.
    pub fn looks(&self) -> Looks {
        match (self.nested && self.text, self.tabular && self.text) {
            (true, _) if self.ends == Ends::Break => Looks::JsonLines,
            (true, _) => Looks::Json,
            (_, true) => Looks::Table,
            _ => Looks::Anything,
        }
    }
}

/// What a file should look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// Fields separated by delimiters.
    Table,
    /// One JSON value a line.
    JsonLines,
    /// JSON.
    Json,
    /// No particular way.
    Anything,
}

/// The header of formats where that is everything before the first record.
pub(super) fn header_before(_: &Options, _: &dyn ReadFormat, before: &[u8]) -> Vec<u8> {
    before.to_vec()
}

/// For formats whose records are no text: a repaired one can't be given as such.
pub(super) fn no_text(_: &Options, _: usize, _: &mut Vec<u8>) -> Result<(), String> {
    Err("a record of this format can't be given as `text`: change the bytes in `raw`, which are base64".to_owned())
}

/// For formats that have nothing before a record.
pub(super) fn nothing_before(_: &Options, _: usize, _: &mut Vec<u8>) -> Result<(), String> {
    Ok(())
}

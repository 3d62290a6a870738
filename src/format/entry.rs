//! What a format is to everybody else: an entry of the table.
//!
//! The engine asks entries, and never which format it has. What is asked once and for all is a field of [`Entry`]; what
//! depends on the options is in [`Gives`] for a source and in [`Takes`] for a target.

use super::csv::Resolved;
use super::{Columns, Copies, OpenError, Opening, Options, ReadFormat, Shape, WriteFormat};
use crate::error::Error;
use crate::record::{Detail, Schema};
use crate::scan::lines::Lines;

/// A format: what is true of it, and its functions.
pub(crate) struct Entry {
    /// The name in flags and reports.
    pub name: &'static str,
    /// The name in sentences.
    pub title: &'static str,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// File name extensions, without the dot, in lower case; files that are named here get the first one.
    pub extensions: &'static [&'static str],
    /// Its bytes are text, in some encoding.
    pub text: bool,
    /// Its text may have any bytes, and keeps them where nobody names an encoding.
    pub any_bytes: bool,
    /// Its text is always UTF-8.
    pub needs_utf8: bool,
    /// What ends a line, if it has lines.
    pub lines: Option<Lines>,
    /// What ends a record that another one follows.
    pub ends: Ends,
    /// All records have the same columns; a target has to know them before the first record.
    pub tabular: bool,
    /// Records are JSON values: lists and maps inside each other.
    pub nested: bool,
    /// What a record holds is an option (`--payload`).
    pub payload: bool,
    /// Looks at the beginning of a source. `end` says that `head` is all there is.
    pub open: fn(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError>,
    /// Prepares a target.
    pub create: fn(options: &Options, given: Given<'_>) -> Created,
    /// What a source gives.
    pub gives: fn(options: &Options) -> Gives,
    /// What a target takes.
    pub takes: fn(options: &Options) -> Takes,
    /// Which records a target can copy from a source that has the same options; none: it has to encode all of them.
    pub copies: fn(options: &Options) -> Option<Copies>,
    /// What has to be read before some of the records if they are read without the others; `before` is what comes
    /// before the first record.
    pub header: fn(options: &Options, reading: &dyn ReadFormat, before: &[u8]) -> Vec<u8>,
    /// Looks at such a header, which no record follows.
    pub reopen: fn(options: &Options, header: &[u8]) -> Result<Opening, OpenError>,
    /// Puts what comes before a record of so many bytes into `room`, or says why there is none.
    pub begin_record: fn(options: &Options, len: usize, room: &mut Vec<u8>) -> Result<(), String>,
}

/// A target that is ready to be written, or why there is none.
pub(super) type Created = Result<Box<dyn WriteFormat>, Error>;

/// What ends a record that another one follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// A line break.
    Break,
    /// A comma.
    Comma,
    /// Nothing: it says itself how long it is.
    Length,
}

/// What a target is told of the records that it will be given.
pub struct Given<'g> {
    /// Their shape.
    pub shape: &'g Shape,
    /// The fields of a tabular target (its header) when the shape is keyed.
    pub columns: Option<Columns>,
    /// What the source says of them.
    pub gives: Gives,
}

impl<'g> Given<'g> {
    /// Records of a shape, from a source that gives this.
    pub fn new(shape: &'g Shape, gives: Gives) -> Given<'g> {
        Given { shape, columns: None, gives }
    }
}

/// What a source gives.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Gives {
    /// A record is a line of any bytes with a terminator of its own; the name of its only field means nothing.
    pub lines: bool,
    /// Text may be the Base64 of bytes, because the source can't hold them otherwise.
    pub base64: bool,
    /// It may take more than a record to tell where it ends.
    pub looks_ahead: bool,
    /// The dialect in which untyped values are written: where the target has the same one, they need no quotes.
    pub(crate) untyped: Option<Resolved>,
}

/// What a target takes.
pub(crate) struct Takes {
    /// How far nested values have to be taken apart.
    pub detail: Detail,
    /// Untyped values are written as they were read, whether they are numbers or text.
    pub untyped: bool,
    /// It asks of every value whether it is a number.
    pub typed: bool,
    /// A record of one value is that value.
    pub lone: bool,
    /// Which records are written as JSON text.
    pub json: JsonText,
    /// When selected fields may be decoded straight into columns.
    pub straight: Straight,
    /// How many bytes are written as one piece, which an output buffer has to have room for. 0 when records can be
    /// written in parts, or when nothing is known of them (then [`Entry::create`] says why).
    pub whole_record: usize,
}

/// Which records become JSON text in a target of other things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonText {
    /// None, or the format is JSON.
    Never,
    /// Those that are not one plain value.
    Others,
    /// All.
    Always,
}

/// When selected fields of nested records may be decoded straight into columns, and mean the same to the target.
pub(crate) enum Straight {
    /// Never: it writes records as they are nested.
    Never,
    /// Where columns are what is written.
    Columns,
    /// Where each is a field of the record itself.
    Flat,
    /// The same, and the record is the value of the only one.
    Lone,
    /// The same as `Flat`, and all of these are among them.
    All(Schema),
}

impl Entry {
    /// How a file that is of this format looks.
    pub fn looks(&self) -> Looks {
        match (self.nested, self.tabular && self.text) {
            (true, _) if self.ends == Ends::Break => Looks::JsonLines,
            (true, _) => Looks::Json,
            (_, true) => Looks::Table,
            _ => Looks::Anything,
        }
    }
}

/// How a file looks that is what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// Fields with delimiters between them.
    Table,
    /// A JSON value a line.
    JsonLines,
    /// JSON.
    Json,
    /// No way in particular.
    Anything,
}

/// The header of formats in which it is what comes before the first record.
pub(super) fn header_before(_: &Options, _: &dyn ReadFormat, before: &[u8]) -> Vec<u8> {
    before.to_vec()
}

/// For formats in which nothing comes before a record.
pub(super) fn nothing_before(_: &Options, _: usize, _: &mut Vec<u8>) -> Result<(), String> {
    Ok(())
}

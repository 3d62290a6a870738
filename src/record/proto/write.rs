//! From records to bytes.

use super::column_tree::ColumnTree;
use super::convert::How;
use super::fault::Fail;
use super::pen::{DEEPEST, Pen, Written};
use super::root::Root;
use super::sink::{Again, Measure, Room, Sink};
use super::table::Known;
use super::tape::Tape;
use crate::error::{Cause, Error, RecordError};
use crate::record::json::Reader as JsonReader;
use crate::record::{Batch, BytesAs, Output, Schema};

/// Writes messages.
pub struct Writer {
    root: Root,
    columns: Option<ColumnTree>,
    /// Columns are those of a table in text.
    cells: bool,
    pen: Pen,
    lens: Vec<usize>,
    /// How many bytes the length of the last record took.
    guess: usize,
}

/// The length before a message, and how many bytes it takes.
pub type Prefixed = Result<([u8; 10], usize), RecordError>;

/// How a message is written, for as many writers as there are workers.
#[derive(Clone)]
pub struct Writing {
    /// The message.
    pub root: Root,
    /// Keys and values are those of its form in JSON.
    pub json: bool,
    /// How bytes are written in texts.
    pub bytes_as: BytesAs,
    /// How deep messages may be in each other.
    pub max_depth: usize,
    /// The fields of records in columns.
    pub columns: Option<Schema>,
    /// Columns are those of a table in text: lists and maps are JSON text, and an empty cell is nothing.
    pub cells: bool,
}

impl Writing {
    /// The same, if columns can be fields of the message.
    ///
    /// # Errors
    /// Usage: it has a form of its own.
    pub fn checked(self) -> Result<Writing, Error> {
        match self.columns {
            Some(_) if self.root.message().known != Known::No => {
                Err(Error::usage(format!("columns can't be written as {}", self.root.message().name)))
            }
            _ => Ok(self),
        }
    }

    /// A writer.
    pub fn writer(&self) -> Writer {
        let Writing { root, json, bytes_as, max_depth, columns, cells } = self.clone();
        let columns = columns.map(|schema| ColumnTree::new(root.messages(), root.number(), &schema));
        let pen = Pen {
            how: How { json, as_text: false },
            bytes_as,
            max_depth: max_depth.min(DEEPEST),
            gathered: Vec::with_capacity(256),
            lost: Vec::with_capacity(64),
            cell: false,
            reader: JsonReader::new(max_depth, 0),
        };
        Writer { root, columns, cells, pen, lens: Vec::with_capacity(256), guess: 1 }
    }
}

impl Writer {
    /// Writes a record, without its length.
    fn record<'a, S: Sink>(
        &mut self,
        batch: &Batch<'a>,
        index: usize,
        scratch: &mut Batch<'a>,
        sink: &mut S,
    ) -> Written {
        let Writer { root, columns, cells, pen, .. } = self;
        pen.gathered.clear();
        pen.lost.clear();
        pen.how.as_text = batch.untyped_is_text();
        pen.cell = *cells;
        match columns {
            Some(columns) => columns.write(pen, root.messages(), root.number(), batch.columns(index), scratch, sink),
            None => {
                let tape = Tape::of(batch.tree(index));
                pen.message(root.messages(), root.number(), tape, 0, 0, Some(scratch), sink)
            }
        }
    }

    /// Writes a record with its length. The inner error is that of the record.
    #[inline]
    pub fn framed<'a>(
        &mut self,
        batch: &Batch<'a>,
        index: usize,
        scratch: &mut Batch<'a>,
        output: &mut Output<'_>,
        prefix: &dyn Fn(usize) -> Prefixed,
    ) -> Result<Result<(), RecordError>, Error> {
        let offset = batch.span(index).start;
        let guess = self.guess;
        let mut room = Room { room: output.room(16)?, len: guess };
        match self.record(batch, index, scratch, &mut room) {
            Ok(()) => {}
            Err(Fail::Full) => return self.long(batch, index, scratch, output, prefix),
            Err(fail) => return refused(fail, offset).map(Err),
        }
        let len = room.len - guess;
        let (bytes, head) = match prefix(len) {
            Ok(head) => head,
            Err(error) => return Ok(Err(error)),
        };
        if head != guess {
            if head + len > room.room.len() {
                return self.long(batch, index, scratch, output, prefix);
            }
            room.room.copy_within(guess..guess + len, head);
            self.guess = head;
        }
        room.room[..head].copy_from_slice(&bytes[..head]);
        output.advance(head + len);
        self.pen.lost.iter().for_each(|kind| output.lose(*kind));
        Ok(output.end_record(offset))
    }

    /// Writes a record that is measured first.
    #[cold]
    #[inline(never)]
    fn long<'a>(
        &mut self,
        batch: &Batch<'a>,
        index: usize,
        scratch: &mut Batch<'a>,
        output: &mut Output<'_>,
        prefix: &dyn Fn(usize) -> Prefixed,
    ) -> Result<Result<(), RecordError>, Error> {
        let offset = batch.span(index).start;
        let mut lens = std::mem::take(&mut self.lens);
        lens.clear();
        scratch.abandon();
        let mut measure = Measure { len: 0, lens: &mut lens };
        if let Err(fail) = self.record(batch, index, scratch, &mut measure) {
            return refused(fail, offset).map(Err);
        }
        let len = measure.len;
        let (bytes, head) = match prefix(len) {
            Ok(head) => head,
            Err(error) => return Ok(Err(error)),
        };
        // What can be refused is refused before its first byte.
        self.pen.lost.iter().for_each(|kind| output.lose(*kind));
        if let Err(error) = output.end_record(offset) {
            return Ok(Err(error));
        }
        output.put(&bytes[..head])?;
        let mut again = Again { output, lens: lens.iter() };
        let written = self.record(batch, index, scratch, &mut again);
        self.lens = lens;
        match written {
            Ok(()) => Ok(Ok(())),
            Err(fail) => refused(fail, offset).map(Err),
        }
    }
}

#[cold]
fn refused(fail: Fail, offset: usize) -> Result<RecordError, Error> {
    match fail {
        Fail::Stop(error) => Err(*error),
        Fail::Record(error) => Ok(RecordError { offset, ..*error }),
        Fail::Full => Ok(RecordError::new(offset, "there is no room for the record")),
        Fail::Wrong(wrong) => Ok(RecordError::new(offset, wrong.message())
            .cause(Cause::Value)
            .hint("Correct the record or the schema, or leave such records out: ⟨on_error skip⟩.")),
    }
}

//! The result of a fold as records of any format.

use std::sync::Arc;

use crate::error::{Error, RecordError, Result};
use crate::flow::large;
use crate::flow::sayable::Narrow;
use crate::format::{self, Encode, Format, Frame, Given, Gives, Options, Shape, Types, WriteFormat};
use crate::memory::{ARENA_INSTEAD, Arena, Budget};
use crate::metrics::{BoundReport, Spilled, WindowReport};
use crate::record::{Batch, Drain, EncodeError, Lossy, Output, RECORDS, Schema, Value};
use crate::sink::Target;

/// What an encoder fills before it is written, in bytes.
pub(crate) const BUFFER: usize = 256 << 10;
/// How much of the arena a batch of results fills, in bytes.
pub(crate) const ARENA: usize = 256 << 10;
/// What writing takes, in bytes.
pub(crate) const WRITING: usize = 2 * BUFFER + ARENA;

/// Where the result goes, and how it is written.
pub(crate) struct Onto<'o> {
    pub target: &'o Target,
    pub format: Format,
    pub options: &'o Options,
    /// The encoding of the target, if it does not have every character.
    pub narrow: Option<Arc<Narrow>>,
    /// What is lossy is refused.
    pub strict: bool,
    /// How many records of the result are passed over, the most that are written, and the most of the last ones of these.
    pub offset: u64,
    pub limit: Option<u64>,
    pub tail: Option<u64>,
    /// Is asked now and then whether to go on.
    pub check: &'o (dyn Fn() -> Result<()> + Sync),
}

/// What was written.
#[derive(Default)]
pub(crate) struct Written {
    pub bytes: u64,
    pub records: u64,
    pub lossy: Lossy,
    /// The bounds of approximate results.
    pub bounds: Vec<BoundReport>,
    /// What was written to disk because it did not fit into memory.
    pub spilled: Spilled,
    /// What became of windows, if there were some.
    pub windows: Option<WindowReport>,
}

/// Gives the values of one record after the other.
pub(crate) trait Rows {
    /// Adds the values of the next one; `false`: there is none.
    ///
    /// # Errors
    /// There is no memory, or it can't be read.
    fn next<'a>(&mut self, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<bool>
    where
        Self: 'a;
}

/// What records of a result are written with.
pub(crate) struct Pen {
    schema: Schema,
    options: Options,
    narrow: Option<Arc<Narrow>>,
    writing: Box<dyn WriteFormat>,
    encoder: Box<dyn Encode>,
    arena: Arena,
    /// How many records were written.
    pub written: u64,
}

impl Pen {
    /// Writes records with these fields.
    ///
    /// # Errors
    /// Usage: the format can't have them.
    pub fn new(
        schema: Schema,
        format: Format,
        options: &Options,
        narrow: Option<Arc<Narrow>>,
        budget: &Budget,
    ) -> Result<Pen> {
        let shape = Shape::Columns(schema.clone());
        let writing = format::create(format, options, Given::new(&shape, Gives::default()))?;
        let encoder = writing.encoder();
        Ok(Pen { schema, options: options.clone(), narrow, writing, encoder, arena: arena(budget), written: 0 })
    }

    /// Goes on under another ceiling.
    pub fn go_on(&mut self, budget: &Budget) {
        self.arena = arena(budget);
    }

    /// What is written around the records.
    pub fn frame(&self) -> Frame {
        self.writing.frame()
    }

    /// Writes these records; `lead` are texts of fields that come first in each.
    ///
    /// # Errors
    /// A value that the target can't hold; memory; the target can't be written.
    pub fn write(&mut self, rows: &mut impl Rows, lead: &[String], output: &mut Output<'_>) -> Result<()> {
        let mut more = true;
        while more {
            self.arena.clear();
            let mut batch = Batch::new(&self.arena, b"", Some(&self.schema), usize::MAX / 2);
            batch.set_untyped_is_text(self.options.types == Types::Text);
            let mut row = Vec::with_capacity(self.schema.len());
            for text in lead {
                let copy = self.arena.bytes(text.len(), 0).map_err(memory)?;
                copy.copy_from_slice(text.as_bytes());
                row.push(Value::Text(copy));
            }
            while batch.len() < RECORDS && self.arena.used() < ARENA / 2 {
                row.truncate(lead.len());
                more = rows.next(&self.arena, &mut row)?;
                if !more {
                    break;
                }
                batch.reserve(row.len(), 0).map_err(memory)?;
                row.iter().for_each(|value| batch.push(*value));
                batch.end_record(0, 0).map_err(memory)?;
            }
            if let Some(narrow) = &self.narrow {
                narrow.refuse(&mut batch);
            }
            if let Some((index, error)) = batch.take_rejected().into_iter().next() {
                return Err(refused(self.written + index as u64, error));
            }
            match large::encode(&mut *self.encoder, &batch, 0..batch.len(), output) {
                Ok(()) => {}
                Err(EncodeError::Stop(error)) => return Err(error),
                Err(EncodeError::Record { index, error }) => return Err(refused(self.written + index as u64, error)),
            }
            self.written += batch.len() as u64;
        }
        Ok(())
    }
}

fn arena(budget: &Budget) -> Arena {
    Arena::asking(ARENA, usize::MAX / 2, budget.open("large results", ARENA_INSTEAD))
}

/// Writes records as the whole target: [`WRITING`] was taken for that.
///
/// # Errors
/// A value that the target can't hold; memory; the target can't be written.
pub(crate) fn write_all(
    rows: &mut impl Rows,
    schema: Schema,
    bounds: Vec<BoundReport>,
    budget: &Budget,
    onto: &Onto<'_>,
) -> Result<Written> {
    let mut pen = Pen::new(schema, onto.format, onto.options, onto.narrow.clone(), budget)?;
    let frame = pen.frame();
    onto.target.write(&frame.prefix, 0)?;
    let mut drain = AtPlace { target: onto.target, offset: frame.prefix.len() as u64, skip: frame.first_skips };
    let mut buffer = vec![0; BUFFER.max(onto.format.takes(onto.options).whole_record)];
    let mut output = Output::new(&mut buffer, &mut drain, onto.strict);
    pen.write(rows, &[], &mut output)?;
    output.flush()?;
    let (lossy, records) = (output.lossy, pen.written);
    let suffix = if records == 0 && !frame.empty.is_empty() { &frame.empty } else { &frame.suffix };
    onto.target.write(suffix, drain.offset)?;
    let bytes = drain.offset + suffix.len() as u64;
    Ok(Written { bytes, records, lossy, bounds, ..Written::default() })
}

/// The error for values that do not fit into an arena.
pub(crate) fn memory(error: RecordError) -> Error {
    Error::memory(error.reason)
}

/// The error for a record of the result that the target can't hold.
fn refused(index: u64, error: RecordError) -> Error {
    let advice = error.advice().map(|advice| format!("\n  {advice}")).unwrap_or_default();
    Error::refused(format!("record {} of the result: {}{advice}", index + 1, error.message()))
}

/// Writes what an encoder gives at its place of the target.
pub(crate) struct AtPlace<'t> {
    pub target: &'t Target,
    pub offset: u64,
    /// How many bytes are left out first: there is no record before the first one.
    pub skip: usize,
}

impl Drain for AtPlace<'_> {
    fn drain(&mut self, bytes: &[u8]) -> Result<()> {
        let skipped = std::mem::take(&mut self.skip).min(bytes.len());
        let bytes = &bytes[skipped..];
        self.target.write(bytes, self.offset)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

//! The result of a fold as records of any format.

use crate::error::{Error, RecordError, Result};
use crate::flow::large;
use crate::fold::groups::{Onto, Written};
use crate::format::{self, Given, Gives, Shape, Types};
use crate::memory::{ARENA_INSTEAD, Arena, Budget};
use crate::record::{Batch, Drain, EncodeError, Output, RECORDS, Schema, Value};
use crate::sink::Target;

/// What an encoder fills before it is written, in bytes.
const BUFFER: usize = 256 << 10;
/// How much of the arena a batch of results fills, in bytes.
pub(crate) const ARENA: usize = 256 << 10;

/// What writing takes besides, in bytes.
pub(crate) const WRITING: usize = 2 * BUFFER + ARENA;

/// The records of a result.
pub(crate) trait Rows {
    fn count(&self) -> usize;

    /// Gives the values of one.
    ///
    /// # Errors
    /// There is no memory.
    fn values<'a>(&'a self, record: usize, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<(), RecordError>;

    /// Writes them all, with these names of their fields.
    ///
    /// # Errors
    /// A value that the target can't hold; memory; the target can't be written.
    fn write_all(&self, schema: &Schema, budget: &Budget, onto: &Onto<'_>) -> Result<Written> {
        let count = self.count();
        let shape = Shape::Columns(schema.clone());
        let writing = format::create(onto.format, onto.options, Given::new(&shape, Gives::default()))?;
        let (frame, mut encoder) = (writing.frame(), writing.encoder());
        onto.target.write(&frame.prefix, 0)?;
        let mut drain = AtPlace { target: onto.target, offset: frame.prefix.len() as u64, skip: frame.first_skips };
        let mut buffer = vec![0; BUFFER.max(onto.format.takes(onto.options).whole_record)];
        let mut output = Output::new(&mut buffer, &mut drain, onto.strict);
        let mut arena = Arena::asking(ARENA, usize::MAX / 2, budget.open("large results", ARENA_INSTEAD));
        let mut next = 0;
        while next < count {
            arena.clear();
            let mut batch = Batch::new(&arena, b"", Some(schema), usize::MAX / 2);
            batch.set_untyped_is_text(onto.options.types == Types::Text);
            let mut row = Vec::with_capacity(schema.len());
            let first = next;
            while next < count && next - first < RECORDS && arena.used() < ARENA / 2 {
                row.clear();
                self.values(next, &arena, &mut row).map_err(memory)?;
                batch.reserve(row.len(), 0).map_err(memory)?;
                row.iter().for_each(|value| batch.push(*value));
                batch.end_record(0, 0).map_err(memory)?;
                next += 1;
            }
            if let Some(narrow) = &onto.narrow {
                narrow.refuse(&mut batch);
            }
            if let Some((index, error)) = batch.take_rejected().into_iter().next() {
                return Err(refused(first + index, error));
            }
            match large::encode(&mut *encoder, &batch, 0..batch.len(), &mut output) {
                Ok(()) => {}
                Err(EncodeError::Stop(error)) => return Err(error),
                Err(EncodeError::Record { index, error }) => return Err(refused(first + index, error)),
            }
        }
        output.flush()?;
        let lossy = output.lossy;
        let suffix = if count == 0 && !frame.empty.is_empty() { &frame.empty } else { &frame.suffix };
        onto.target.write(suffix, drain.offset)?;
        let bytes = drain.offset + suffix.len() as u64;
        Ok(Written { bytes, records: count as u64, lossy, ..Written::default() })
    }
}

/// The error for a value of a result that does not fit into the arena.
pub(crate) fn memory(error: RecordError) -> Error {
    Error::memory(error.reason)
}

/// The error for a record of the result that the target can't hold.
fn refused(index: usize, error: RecordError) -> Error {
    let advice = error.advice().map(|advice| format!("\n  {advice}")).unwrap_or_default();
    Error::refused(format!("record {} of the result: {}{advice}", index + 1, error.message()))
}

/// Writes what an encoder gives at its place of the target.
struct AtPlace<'t> {
    target: &'t Target,
    offset: u64,
    /// How many bytes are left out first: there is no record before the first one.
    skip: usize,
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

//! Writes groups as records of any format.

use std::sync::Arc;

use crate::error::{Error, RecordError, Result};
use crate::flow::large;
use crate::flow::sayable::Narrow;
use crate::fold::groups::Groups;
use crate::fold::groups::kept::copied;
use crate::format::{self, Encode, Format, Frame, Given, Gives, Options, Shape, Types, WriteFormat};
use crate::memory::{ARENA_INSTEAD, Arena, Budget};
use crate::record::{Batch, EncodeError, Output, RECORDS, Schema, Value};

/// How much of the arena a batch of results fills, in bytes.
pub(super) const ARENA: usize = 256 << 10;

/// What groups are written with.
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

    /// Writes these groups; `lead` are texts of fields that come first.
    ///
    /// # Errors
    /// A value that the target can't hold; memory; the target can't be written.
    pub fn write(&mut self, groups: &Groups, order: &[u32], lead: &[String], output: &mut Output<'_>) -> Result<()> {
        let mut next = 0;
        while next < order.len() {
            self.arena.clear();
            let mut batch = Batch::new(&self.arena, b"", Some(&self.schema), usize::MAX / 2);
            batch.set_untyped_is_text(self.options.types == Types::Text);
            let mut row = Vec::with_capacity(self.schema.len());
            for text in lead {
                row.push(Value::Text(copied(text.as_bytes(), &self.arena).map_err(memory)?));
            }
            let first = next;
            while next < order.len() && next - first < RECORDS && self.arena.used() < ARENA / 2 {
                row.truncate(lead.len());
                groups.values(order[next], &self.arena, &mut row).map_err(memory)?;
                batch.reserve(row.len(), 0).map_err(memory)?;
                row.iter().for_each(|value| batch.push(*value));
                batch.end_record(0, 0).map_err(memory)?;
                next += 1;
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

pub(super) fn memory(error: RecordError) -> Error {
    Error::memory(error.reason)
}

/// The error for a record of the result that the target can't hold.
fn refused(index: u64, error: RecordError) -> Error {
    let advice = error.advice().map(|advice| format!("\n  {advice}")).unwrap_or_default();
    Error::refused(format!("record {} of the result: {}{advice}", index + 1, error.message()))
}

//! The narrowest schema that holds every value and gives its text back: `pagemill schema`.
//!
//! ```text
//! batch ──▶ the values at each place ──▶ the kinds that are left for all of them, ends, registers ──▶ a schema
//! ```
//!
//! Nothing depends on the order of records, except the order of fields: each knows where it was first met. What a place takes
//! is fixed, and a map with more than a fixed number of keys has one place for all its values.

mod place;
mod plain;
mod result;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::error::{Error, RecordError, Result};
use crate::fold::Fold;
use crate::fold::groups::held::{Held, Purpose};
use crate::fold::keys::Limits;
use crate::memory::Budget;
use crate::record::json::{Detail, Reader};
use crate::record::{Batch, EncodeError, Schema, Value};
use crate::schema::File;
use place::{Asked, First, Place, Walk, too_many};

/// What the memory of a worker's places is called.
const PLACES: Purpose =
    Purpose { name: "kinds of fields", instead: "look at fewer fields: ⟨select a,b⟩, or ⟨drop⟩ some" };

/// How many bits of the number of a slice are its own.
const SLICES: u32 = 40;

/// How many records of a batch in columns are taken in together: their values stay in the cache while one column after
/// the other takes them.
const RECORDS: usize = 64;

/// What is known of all records, by a worker and then by all.
pub(crate) struct Infer {
    limits: Limits,
    max_depth: usize,
    /// What is known of the values beside their kinds is asked for.
    facts: bool,
    budget: Budget,
    held: Held,
    root: Place,
    /// The fields of the columns of a table, and the names for which they were found.
    columns: Vec<u32>,
    schema: Option<Schema>,
    /// Takes JSON texts apart.
    reader: Option<Reader>,
    /// In the first bits of the numbers of slices.
    source: u64,
    /// The slice of the last records, and how many of its records were taken in.
    slice: Option<u64>,
    taken: u64,
    failed: Option<Error>,
}

impl Infer {
    /// No records yet; `source`: the number of the source among those of the job.
    pub fn new(limits: Limits, max_depth: usize, budget: &Budget, source: u32) -> Infer {
        Infer {
            limits,
            max_depth,
            facts: false,
            budget: budget.clone(),
            held: Held::of(budget, &PLACES),
            root: Place::default(),
            columns: Vec::new(),
            schema: None,
            reader: None,
            source: u64::from(source) << SLICES,
            slice: None,
            taken: 0,
            failed: None,
        }
    }

    /// Also what is known of the values beside their kinds.
    pub fn with_facts(self) -> Infer {
        Infer { facts: true, ..self }
    }

    /// With the columns of a source whose records all have these fields.
    ///
    /// # Errors
    /// There is no memory, or there are too many.
    pub fn with_fields(mut self, schema: &Schema) -> Result<Infer> {
        self.set_columns(schema)?;
        Ok(self)
    }

    /// Goes on beside another source, which has a budget of its own.
    ///
    /// # Errors
    /// Memory: there is none for the fields so far.
    pub fn go_on(&mut self, budget: &Budget) -> Result<()> {
        self.budget = budget.clone();
        self.held.go_on(budget)
    }

    /// Finds the fields of the columns of a table.
    fn set_columns(&mut self, schema: &Schema) -> Result<()> {
        let fields = self.root.fields.get_or_insert_default();
        self.columns.clear();
        for (column, name) in schema.names().enumerate() {
            let first = First { slice: self.source, record: 0, node: column as u32 };
            let number = fields.of_record(name, first, &mut self.held, self.limits.keys)?;
            self.columns.push(number.ok_or_else(|| too_many(self.limits.keys))? as u32);
        }
        self.schema = Some(schema.clone());
        Ok(())
    }

    fn first(&self, slice: u64) -> First {
        First { slice: self.source | slice, record: self.taken, node: 0 }
    }

    /// Takes in records in columns.
    fn add_columns(&mut self, batch: &Batch<'_>, records: Range<usize>, slice: u64) -> Result<(), EncodeError> {
        let asked = Asked { as_text: batch.untyped_is_text(), facts: self.facts };
        let first = self.first(slice);
        let Infer { root, columns, held, reader, max_depth, limits, .. } = self;
        let Some(fields) = &mut root.fields else { return Ok(()) };
        root.maps += records.len() as u64;
        let mut start = records.start;
        while start < records.end {
            let end = records.end.min(start + RECORDS);
            for (column, field) in columns.iter().enumerate() {
                let place = &mut fields.all[*field as usize].place;
                for record in start..end {
                    match &batch.columns(record)[column] {
                        Value::Raw(text) => {
                            let offset = batch.span(record).start;
                            let mut walk = Walk { held, first, node: column as u32, asked, limit: limits.keys };
                            let reader = reader.get_or_insert_with(|| Reader::new(*max_depth, 0));
                            let mut parsed = Batch::new(batch.arena(), text, None, usize::MAX / 2);
                            match taken_apart(text, reader, &mut parsed) {
                                Ok(()) => place.add_tree(parsed.tree(0), &mut walk, 1).map_err(EncodeError::Stop)?,
                                Err(error) => {
                                    let error = RecordError { offset, ..error };
                                    return Err(EncodeError::Record { index: record, error });
                                }
                            }
                        }
                        value => place.add(value, asked, held).map_err(EncodeError::Stop)?,
                    }
                }
            }
            start = end;
        }
        self.taken += records.len() as u64;
        Ok(())
    }

    /// Takes in a keyed record.
    fn add_record(&mut self, batch: &Batch<'_>, record: usize, slice: u64) -> Result<(), EncodeError> {
        let tree = batch.tree(record);
        let long = tree.nodes().1.iter().find(|key| key.len() > self.limits.length);
        if let Some(key) = long {
            let error = self.limits.too_long(batch.span(record).start, key.len());
            return Err(EncodeError::Record { index: record, error });
        }
        let first = self.first(slice);
        let asked = Asked { as_text: batch.untyped_is_text(), facts: self.facts };
        let Infer { root, held, limits, .. } = self;
        let mut walk = Walk { held, first, node: 0, asked, limit: limits.keys };
        let added = match tree.value() {
            Value::Map(_) => root.add_map(tree, &mut walk, 0),
            // A record that is no map is its field `value`.
            _ => root.add_value(tree, &mut walk),
        };
        added.map_err(EncodeError::Stop)?;
        self.taken += 1;
        match root.fields.as_ref().is_some_and(|fields| fields.values.is_some()) {
            true => Err(EncodeError::Stop(too_many(limits.keys))),
            false => Ok(()),
        }
    }
}

impl Place {
    /// Takes in a record that is no map.
    fn add_value(&mut self, tree: crate::record::Tree<'_, '_>, walk: &mut Walk<'_>) -> Result<()> {
        self.maps += 1;
        let fields = self.fields.get_or_insert_default();
        let number = fields.of_record(b"value", walk.first, walk.held, walk.limit)?;
        let number = number.ok_or_else(|| too_many(walk.limit))?;
        fields.all[number].place.add_tree(tree, walk, 1)
    }
}

/// Takes a JSON text apart: it becomes the record of a batch.
fn taken_apart<'a>(text: &'a [u8], reader: &mut Reader, batch: &mut Batch<'a>) -> Result<(), RecordError> {
    reader.only_value(text, 0..text.len(), Detail::All, batch)?;
    batch.end_record(0, text.len())
}

impl Fold for Infer {
    /// The schema; the error that was met when the parts were merged.
    type Result = Result<File>;

    fn another(&self) -> Infer {
        let another = Infer::new(self.limits, self.max_depth, &self.budget, (self.source >> SLICES) as u32);
        Infer { facts: self.facts, ..another }
    }

    fn add(&mut self, slice: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        if self.slice != Some(slice) {
            (self.slice, self.taken) = (Some(slice), 0);
        }
        if let Some(schema) = batch.schema() {
            if !self.schema.as_ref().is_some_and(|own| own.is_named_as(schema)) {
                self.set_columns(schema).map_err(EncodeError::Stop)?;
            }
            return self.add_columns(batch, records, slice);
        }
        records.into_iter().try_for_each(|record| self.add_record(batch, record, slice))
    }

    fn merge(&mut self, mut other: Infer) {
        let failed = self.failed.take().or(other.failed.take());
        let merged = failed.map_or(Ok(()), Err);
        let merged = merged.and_then(|()| self.root.merge(other.root, &mut self.held, self.limits.keys, 0));
        self.failed = merged.err();
    }

    fn finish(self) -> Result<File> {
        match self.failed {
            Some(error) => Err(error),
            None => result::file(self.root, self.held),
        }
    }
}

//! What there is to say about every column: `pagemill stats`.
//!
//! ```text
//! batch ──▶ the values of each column ──▶ few different ones: a table ──▶ many: sums, ends, rounded numbers, registers
//! ```
//!
//! Nothing depends on the order of records, except the order of columns: each knows where it was first met. What a column
//! takes is fixed: a table of different values up to a fixed number, then a summary.

mod column;
mod histogram;
mod kind;
pub(crate) mod names;
mod numbers;
mod result;
mod sketch;
mod summary;
mod table;
pub(crate) mod texts;

use std::collections::HashMap;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

use crate::error::{Error, RecordError, Result};
use crate::fold::Fold;
use crate::fold::groups::Place;
use crate::fold::groups::held::{Held, Purpose};
use crate::fold::keys::Limits;
use crate::memory::Budget;
use crate::record::{Apart, Batch, EncodeError, Paths, Schema, with_key};
use column::{Column, First};
pub(crate) use result::Described;

/// What a column takes at most for each worker, in bytes.
const COLUMN: usize = 350 << 10;
/// How many columns nested records are taken to have.
const USUAL: usize = 50;

/// How many workers there is memory for where this many columns have many values each, at least one.
pub(crate) fn workers(memory_limit: usize, columns: Option<usize>) -> usize {
    (memory_limit / 2 / COLUMN / columns.unwrap_or(USUAL).max(1)).max(1)
}

/// What the memory of a worker's columns is called.
const COLUMNS: Purpose =
    Purpose { name: "statistics of columns", instead: "describe fewer columns: ⟨select a,b⟩, or ⟨drop⟩ some" };

/// How many records of a batch in columns are taken in together: their values stay in the cache while one column after
/// the other takes them.
const RECORDS: usize = 64;

/// The columns of a worker, and then all of them.
pub(crate) struct Stats {
    limits: Limits,
    /// Which maps are taken apart.
    apart: Apart,
    budget: Budget,
    held: Held,
    columns: Vec<Column>,
    names: Names,
    /// The columns of the fields of a table, or those of the record before.
    fields: Vec<u32>,
    /// How many columns of a table come first whose lists and maps are taken apart.
    apart_of: usize,
    /// The leaves of a record: their nodes and columns.
    leaves: Vec<(u32, u32)>,
    paths: Paths,
    place: Place,
    /// All records.
    records: u64,
    failed: Option<Error>,
}

/// The names of columns. A header may have one name several times: then it is the name of several columns.
struct Names {
    hasher: DefaultHashBuilder,
    table: HashTable<u32>,
    all: Vec<Name>,
}

/// A name, and how many fields of it come before in the header.
struct Name {
    name: Box<[u8]>,
    before: u32,
}

impl Names {
    fn find(&self, name: &[u8], before: u32) -> Option<u32> {
        let is = |number: &u32| {
            let own = &self.all[*number as usize];
            own.before == before && *own.name == *name
        };
        self.table.find(self.hasher.hash_one(name), is).copied()
    }

    fn add(&mut self, name: &[u8], before: u32) {
        let number = self.all.len() as u32;
        self.all.push(Name { name: name.into(), before });
        let Names { hasher, table, all } = self;
        let hash = |number: &u32| hasher.hash_one(&*all[*number as usize].name);
        table.insert_unique(hasher.hash_one(name), number, hash);
    }
}

/// Why a record is not taken in.
enum Refused {
    Record(RecordError),
    Run(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Run(error)
    }
}

impl Stats {
    /// No records yet; `source`: the number of the source among those of the job.
    pub fn new(apart: Apart, limits: Limits, budget: &Budget, source: u32) -> Stats {
        Stats {
            limits,
            apart,
            budget: budget.clone(),
            held: Held::of(budget, &COLUMNS),
            columns: Vec::new(),
            names: Names { hasher: DefaultHashBuilder::default(), table: HashTable::new(), all: Vec::new() },
            fields: Vec::new(),
            apart_of: 0,
            leaves: Vec::new(),
            paths: Paths::default(),
            place: Place::of(source),
            records: 0,
            failed: None,
        }
    }

    /// With the columns of a source whose records all have these fields.
    ///
    /// # Errors
    /// There is no memory.
    pub fn with_fields(mut self, schema: &Schema) -> Result<Stats> {
        self.set_fields(schema)?;
        Ok(self)
    }

    /// With the columns of a table whose records become nested ones.
    ///
    /// # Errors
    /// There is no memory.
    pub fn with_nested_fields(mut self, schema: &Schema) -> Result<Stats> {
        self.set_fields(schema)?;
        self.apart_of = self.columns.len();
        Ok(self)
    }

    /// Goes on beside another source, which has a budget of its own.
    ///
    /// # Errors
    /// Memory: there is none for the columns so far.
    pub fn go_on(&mut self, budget: &Budget) -> Result<()> {
        self.budget = budget.clone();
        self.held.go_on(budget)
    }

    /// Finds the columns of the fields of a table.
    fn set_fields(&mut self, schema: &Schema) -> Result<()> {
        self.fields.clear();
        let mut met: HashMap<&[u8], u32> = HashMap::new();
        for (field, name) in schema.names().enumerate() {
            let times = met.entry(name).or_default();
            let before = std::mem::replace(times, *times + 1);
            let first = First { at: self.place.first(), field: field as u64 };
            let column = self.column(name, before, first)?;
            self.fields.push(column);
        }
        Ok(())
    }

    /// Whether the columns of the fields are known.
    fn knows(&self, schema: &Schema) -> bool {
        let known = self.fields.iter().map(|column| &*self.names.all[*column as usize].name);
        self.fields.len() == schema.len() && known.eq(schema.names())
    }

    /// The number of a column; it is added if it is new.
    #[cold]
    fn column(&mut self, name: &[u8], before: u32, first: First) -> Result<u32> {
        if let Some(column) = self.names.find(name, before) {
            return Ok(column);
        }
        let number = self.columns.len() as u32;
        if number as usize >= self.limits.keys {
            return Err(self.too_many());
        }
        // Both lists may be twice as long as they have to be; a name has a block of its own.
        const SIZE: usize = 2 * (size_of::<Column>() + size_of::<Name>() + 3 * size_of::<u32>()) + 64;
        self.held.take(SIZE + name.len())?;
        self.columns.push(Column::new(first));
        self.names.add(name, before);
        Ok(number)
    }

    fn too_many(&self) -> Error {
        Error::refused(format!(
            "the records have more than {} different fields\n  Describe some of them: ⟨select a,b⟩, or raise ⟨max_keys⟩ (and ⟨memory_limit⟩ with it).",
            self.limits.keys
        ))
    }

    /// Takes in records in columns.
    fn add_table(&mut self, batch: &Batch<'_>, records: Range<usize>) -> Result<()> {
        let Stats { columns, fields, held, .. } = self;
        let as_text = batch.untyped_is_text();
        let mut start = records.start;
        while start < records.end {
            let end = records.end.min(start + RECORDS);
            for (field, column) in fields.iter().enumerate() {
                let values = (start..end).map(|record| &batch.columns(record)[field]);
                columns[*column as usize].add(values, as_text, held)?;
            }
            start = end;
        }
        Ok(())
    }

    /// Takes in a keyed record.
    fn add_tree(&mut self, batch: &Batch<'_>, record: usize, slice: u64) -> Result<(), Refused> {
        let (values, keys) = batch.tree(record).nodes();
        let first = First { at: self.place.next(slice), field: 0 };
        let mut leaves = std::mem::take(&mut self.leaves);
        let mut paths = std::mem::take(&mut self.paths);
        let apart = self.apart.clone();
        leaves.clear();
        // All names first: a record with a bad one is not taken in.
        let walked = paths.walk(values, keys, &apart, |path, key, node| {
            let field = leaves.len();
            let column = match self.as_before(path, key, field) {
                Some(column) => column,
                None => with_key(path, key, |name| {
                    if name.len() > self.limits.length {
                        let offset = batch.span(record).start;
                        return Err(Refused::Record(self.limits.too_long(offset, name.len())));
                    }
                    let column = self.column(name, 0, First { field: field as u64, ..first })?;
                    if field < self.limits.keys {
                        self.fields.resize(self.fields.len().max(field + 1), u32::MAX);
                        self.fields[field] = column;
                    }
                    Ok(column)
                })?,
            };
            leaves.push((node as u32, column));
            Ok(())
        });
        if walked.is_ok() {
            let as_text = batch.untyped_is_text();
            for (node, column) in &leaves {
                let value = std::iter::once(&values[*node as usize]);
                self.columns[*column as usize].add(value, as_text, &mut self.held)?;
            }
        }
        (self.leaves, self.paths) = (leaves, paths);
        walked
    }

    /// The column of a leaf, if it is that of the same leaf in the record before.
    #[inline]
    fn as_before(&self, path: &[u8], key: &[u8], field: usize) -> Option<u32> {
        let column = *self.fields.get(field)?;
        let own = self.names.all.get(column as usize)?;
        let (before, last) = own.name.split_at_checked(path.len())?;
        (last == key && before == path).then_some(column)
    }

    fn try_merge(&mut self, mut other: Stats) -> Result<()> {
        if let Some(error) = self.failed.take().or(other.failed.take()) {
            return Err(error);
        }
        self.records += other.records;
        for (column, Name { name, before }) in other.columns.into_iter().zip(other.names.all) {
            let own = self.column(&name, before, column.first)?;
            self.columns[own as usize].merge(column, &mut self.held)?;
        }
        Ok(())
    }
}

impl Fold for Stats {
    /// All columns; the error that was met when they were merged.
    type Result = Result<Described>;

    fn another(&self) -> Stats {
        Stats::new(self.apart.clone(), self.limits, &self.budget, self.place.source())
    }

    fn add(&mut self, slice: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        let count = records.len() as u64;
        if let Some(schema) = batch.schema() {
            if !self.knows(schema) {
                self.set_fields(schema).map_err(EncodeError::Stop)?;
            }
            self.add_table(batch, records).map_err(EncodeError::Stop)?;
            self.records += count;
            return Ok(());
        }
        for record in records {
            match self.add_tree(batch, record, slice) {
                Ok(()) => {}
                Err(Refused::Run(error)) => return Err(EncodeError::Stop(error)),
                Err(Refused::Record(error)) => return Err(EncodeError::Record { index: record, error }),
            }
            self.place.took(1);
            self.records += 1;
        }
        Ok(())
    }

    fn merge(&mut self, other: Stats) {
        if let Err(error) = self.try_merge(other) {
            self.failed = Some(error);
        }
    }

    fn finish(mut self) -> Result<Described> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => Described::of(self),
        }
    }
}

//! What is compared of a record: bytes that are equal where the values are.
//!
//! Each value is written as [`Pen`] writes text: values with the same text are equal, whatever their kind. Null and absent
//! are equal, and differ from empty text. A map is its fields in the order of their names, without those that are null; a
//! list is its items.

use crate::error::Result;
use crate::flow::sort::{KeyKind, NoKey, Pen, SortKey};
use crate::memory::{Budget, Reservation};
use crate::record::{Batch, Schema, Tree, Value, find_item};

/// No byte of a value begins with this one: what is inside a list or map ends.
const END: u8 = 0x00;
const MAP: u8 = 0xe0;
const LIST: u8 = 0xe1;
/// JSON text of a list or map.
const RAW: u8 = 0xe2;

/// How large the room is at first; that is part of the plan.
const FIRST: usize = 4 << 10;
/// How many fields of maps may wait at first.
const NODES: usize = 512;

/// The fields that are compared, as the records of a source have them.
#[derive(Default)]
pub(crate) struct Fields {
    pub named: Vec<Named>,
    /// All fields are compared.
    pub all: Option<All>,
}

/// A field that was named.
pub(crate) struct Named {
    pub path: Box<[u8]>,
    /// Its column in a table, and its column where only some are decoded.
    pub column: Option<usize>,
    pub tested: Option<usize>,
}

/// All fields of a source. Those of the first table come first, in the order of their names, so that their names need not
/// be written; then any others, with their names.
#[derive(Default)]
pub(crate) struct All {
    first: Vec<Box<[u8]>>,
    /// The columns of these, in a table.
    columns: Vec<Option<usize>>,
    others: Vec<(Box<[u8]>, usize)>,
}

impl All {
    /// The fields of a source; `names`: those of a table. `first`: those of the first source, or nothing for that one.
    pub fn new(first: Option<&All>, names: Option<&Schema>) -> All {
        let mut own: Vec<(Box<[u8]>, usize)> = match names {
            Some(names) => names.names().map(Into::into).zip(0..).collect(),
            None => Vec::new(),
        };
        own.sort();
        let first = match first {
            Some(all) => all.first.clone(),
            None => own.iter().map(|(name, _)| name.clone()).collect(),
        };
        let (mut columns, mut others, mut own) = (Vec::new(), Vec::new(), own.into_iter().peekable());
        for name in &first {
            others.extend(std::iter::from_fn(|| own.next_if(|(other, _)| other < name)));
            columns.push(own.next_if(|(other, _)| other == name).map(|(_, column)| column));
        }
        others.extend(own);
        All { first, columns, others }
    }
}

/// Writes keys into a room that grows.
pub(super) struct Writer {
    room: Vec<u8>,
    held: Reservation,
    /// As what values are written.
    text: SortKey,
    /// Nodes that wait.
    nodes: Vec<usize>,
}

impl Writer {
    pub fn new(budget: &Budget) -> Writer {
        let text = SortKey::new("").as_kind(KeyKind::Text);
        Writer { room: vec![0; FIRST], held: held(budget), text, nodes: Vec::with_capacity(NODES) }
    }

    /// Goes on under another ceiling.
    ///
    /// # Errors
    /// Memory: there is none for the longest key so far.
    pub fn go_on(&mut self, budget: &Budget) -> Result<()> {
        self.held = held(budget);
        self.held.try_grow(self.room.len() - FIRST + (self.nodes.capacity() - NODES) * size_of::<usize>())
    }

    /// The key of a record; `met`: which of the named fields have a value.
    ///
    /// # Errors
    /// Memory: there is none for it.
    #[inline]
    pub fn key(&mut self, batch: &Batch<'_>, record: usize, fields: &Fields, met: &mut [bool]) -> Result<&[u8]> {
        loop {
            let mut pen = Pen::new(&mut self.room);
            let mut writing = Writing { pen: &mut pen, text: &self.text, nodes: &mut self.nodes };
            if writing.record(batch, record, fields, met).is_ok() {
                let len = pen.len();
                return Ok(&self.room[..len]);
            }
            self.grow()?;
        }
    }

    /// Makes room for a longer key, or for a map with more fields.
    #[cold]
    fn grow(&mut self) -> Result<()> {
        if self.nodes.len() == self.nodes.capacity() {
            let (len, size) = (self.nodes.len(), size_of::<usize>());
            self.held.try_grow(2 * len * size)?;
            self.nodes = Vec::with_capacity(2 * len);
            self.held.shrink(len * size);
        } else {
            let len = self.room.len();
            self.held.try_grow(2 * len)?;
            self.room = vec![0; 2 * len];
            self.held.shrink(len);
        }
        self.nodes.clear();
        Ok(())
    }
}

fn held(budget: &Budget) -> Reservation {
    budget.open("keys of long records", "compare fewer or shorter fields")
}

/// A key that is being written.
struct Writing<'w, 'r> {
    pen: &'w mut Pen<'r>,
    text: &'w SortKey,
    nodes: &'w mut Vec<usize>,
}

impl Writing<'_, '_> {
    #[inline]
    fn record(&mut self, batch: &Batch<'_>, record: usize, fields: &Fields, met: &mut [bool]) -> Result<(), NoKey> {
        if let Some(all) = &fields.all {
            return match batch.schema() {
                Some(_) => self.row(batch.columns(record), all),
                None if matches!(batch.tree(record).value(), Value::Map(_)) => self.map(batch.tree(record), &all.first),
                None => self.node(batch.tree(record)).map(drop),
            };
        }
        let is_tested = batch.is_tested();
        for (field, met) in fields.named.iter().zip(met) {
            let wrote = match batch.schema() {
                Some(_) => {
                    let column = if is_tested { field.tested } else { field.column };
                    let value = column.and_then(|column| batch.columns(record).get(column));
                    self.value(value.copied().unwrap_or_default())?
                }
                None => {
                    let tree = batch.tree(record);
                    match find_item(tree, &field.path) {
                        Some(node) => self.node(tree.node(node as usize))?,
                        None => self.value(Value::Absent)?,
                    }
                }
            };
            *met |= wrote;
        }
        Ok(())
    }

    /// All fields of a record in columns.
    fn row(&mut self, values: &[Value<'_>], all: &All) -> Result<(), NoKey> {
        for column in &all.columns {
            self.value(column.and_then(|column| values.get(column)).copied().unwrap_or_default())?;
        }
        for (name, column) in &all.others {
            let value = values.get(*column).copied().unwrap_or_default();
            if !is_null(value) {
                self.value(Value::Text(name))?;
                self.value(value)?;
            }
        }
        Ok(())
    }

    /// Writes a value that is none of a tree. Returns whether it is more than null.
    #[inline]
    fn value(&mut self, value: Value<'_>) -> Result<bool, NoKey> {
        match value {
            Value::Raw(text) => {
                self.pen.put(&[RAW])?;
                self.pen.value(Value::Text(text), self.text, true)?;
            }
            // They are in trees.
            Value::List(_) | Value::Map(_) => self.pen.put(&[LIST, END])?,
            value => self.pen.value(value, self.text, true)?,
        }
        Ok(!is_null(value))
    }

    /// Writes a node with everything inside it. Returns whether it is more than null.
    fn node(&mut self, tree: Tree<'_, '_>) -> Result<bool, NoKey> {
        match tree.value() {
            Value::Map(_) => {
                self.pen.put(&[MAP])?;
                self.map(tree, &[])?;
                self.pen.put(&[END])?;
                Ok(true)
            }
            Value::List(_) => {
                self.pen.put(&[LIST])?;
                for item in tree.children() {
                    self.node(item)?;
                }
                self.pen.put(&[END])?;
                Ok(true)
            }
            value => self.value(value),
        }
    }

    /// Writes the fields of a map: those that come first without their names, then those of the others that have a
    /// value, in the order of their names. Of several with one name the last one counts.
    fn map(&mut self, tree: Tree<'_, '_>, first: &[Box<[u8]>]) -> Result<(), NoKey> {
        let (values, keys) = tree.nodes();
        let start = self.nodes.len();
        let mut node = 1;
        while node < values.len() {
            if self.nodes.len() == self.nodes.capacity() {
                return Err(NoKey::Full);
            }
            self.nodes.push(node);
            node += 1 + values[node].nodes_inside();
        }
        // In the order of their names, the last of equal ones first.
        self.nodes[start..].sort_unstable_by(|a, b| keys[*a].cmp(keys[*b]).then(b.cmp(a)));
        let (mut next, end) = (start, self.nodes.len());
        // Others are after the first ones.
        let mut others = start;
        for name in first {
            while next < end && *keys[self.nodes[next]] < **name {
                self.nodes[others] = self.nodes[next];
                (next, others) = (next + 1, others + 1);
            }
            match next < end && *keys[self.nodes[next]] == **name {
                true => {
                    self.node(tree.node(self.nodes[next]))?;
                    let key = keys[self.nodes[next]];
                    while next < end && keys[self.nodes[next]] == key {
                        next += 1;
                    }
                }
                false => drop(self.value(Value::Absent)?),
            }
        }
        while next < end {
            self.nodes[others] = self.nodes[next];
            (next, others) = (next + 1, others + 1);
        }
        let mut last: Option<&[u8]> = None;
        for place in start..others {
            let node = self.nodes[place];
            if last.replace(keys[node]) != Some(keys[node]) && !is_null(values[node]) {
                self.value(Value::Text(keys[node]))?;
                self.node(tree.node(node))?;
            }
        }
        self.nodes.truncate(start);
        Ok(())
    }
}

fn is_null(value: Value<'_>) -> bool {
    matches!(value, Value::Absent | Value::Null)
}

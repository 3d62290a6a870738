//! From keyed records to columns.

use super::{LossyKind, Schema, Tree, Value};

/// The value bound to a column, and its node in the record (for lists and maps that were taken apart).
#[derive(Clone, Copy, Debug, Default)]
pub struct Slot<'b, 'a> {
    /// The value; [`Value::Absent`] when the record has no such field.
    pub value: Value<'a>,
    /// The node with everything inside it; none when absent.
    pub node: Option<Tree<'b, 'a>>,
}

/// Puts the fields of keyed records into the order of a schema.
///
/// The guess that a record has the keys of the one before costs one compare a field; only a miss is
/// looked up. Paths of nested maps are joined by dots.
pub struct Binder {
    schema: Schema,
    /// Flatten maps; otherwise they are values.
    dot: bool,
    /// For the i-th leaf of the record before: its column.
    guesses: Vec<u32>,
    /// The path of the map being walked.
    path: Vec<u8>,
    index: std::collections::HashMap<Box<[u8]>, u32>,
}

const UNKNOWN: u32 = u32::MAX;

impl Binder {
    /// A binder for `schema`; with `dot`, maps become dotted paths.
    pub fn new(schema: Schema, dot: bool) -> Binder {
        let mut index = std::collections::HashMap::with_capacity(schema.len());
        for (column, name) in schema.names().enumerate() {
            index.entry(name.into()).or_insert(column as u32);
        }
        Binder { schema, dot, guesses: Vec::new(), path: Vec::new(), index }
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Fills `slots` (one for each column) from a record. Keys without a column go to `unknown`, which
    /// may refuse them; a key that stands twice is told to `lose`, and the last one wins.
    ///
    /// A record that is not a map is bound to the column `value`.
    pub fn bind<'b, 'a, E>(
        &mut self,
        record: Tree<'b, 'a>,
        slots: &mut [Slot<'b, 'a>],
        mut lose: impl FnMut(LossyKind),
        mut unknown: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        slots.fill(Slot::default());
        let mut leaf = 0;
        self.path.clear();
        if !matches!(record.value(), Value::Map(_)) {
            return self.leaf(b"value", record, &mut leaf, slots, &mut lose, &mut unknown);
        }
        self.map(record, &mut leaf, slots, &mut lose, &mut unknown)
    }

    fn map<'b, 'a, E>(
        &mut self,
        map: Tree<'b, 'a>,
        leaf: &mut usize,
        slots: &mut [Slot<'b, 'a>],
        lose: &mut impl FnMut(LossyKind),
        unknown: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for child in map.children() {
            match child.value() {
                Value::Map(inside) if self.dot && inside > 0 => {
                    let len = self.path.len();
                    self.path.extend_from_slice(child.key());
                    self.path.push(b'.');
                    self.map(child, leaf, slots, lose, unknown)?;
                    self.path.truncate(len);
                }
                _ => self.leaf(child.key(), child, leaf, slots, lose, unknown)?,
            }
        }
        Ok(())
    }

    #[inline]
    fn leaf<'b, 'a, E>(
        &mut self,
        key: &[u8],
        node: Tree<'b, 'a>,
        leaf: &mut usize,
        slots: &mut [Slot<'b, 'a>],
        lose: &mut impl FnMut(LossyKind),
        unknown: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let column = self.column(key, *leaf);
        *leaf += 1;
        if column == UNKNOWN {
            self.path.extend_from_slice(key);
            let outcome = unknown(&self.path);
            self.path.truncate(self.path.len() - key.len());
            return outcome;
        }
        let slot = &mut slots[column as usize];
        if slot.node.is_some() {
            lose(LossyKind::DuplicateKey);
        }
        *slot = Slot { value: node.value(), node: Some(node) };
        Ok(())
    }

    /// The column of the `leaf`-th leaf, whose key is `key` below the current path.
    #[inline]
    fn column(&mut self, key: &[u8], leaf: usize) -> u32 {
        if let Some(&guess) = self.guesses.get(leaf)
            && guess != UNKNOWN
            && let Some((path, last)) = self.schema.name(guess as usize).split_at_checked(self.path.len())
            && last == key
            && path == &self.path[..]
        {
            return guess;
        }
        self.look_up(key, leaf)
    }

    #[cold]
    fn look_up(&mut self, key: &[u8], leaf: usize) -> u32 {
        let len = self.path.len();
        self.path.extend_from_slice(key);
        let column = self.index.get(&self.path[..]).copied().unwrap_or(UNKNOWN);
        self.path.truncate(len);
        // A record with more leaves than columns has unknown or doubled keys: no guesses for those.
        if leaf < self.schema.len() {
            self.guesses.resize(self.guesses.len().max(leaf + 1), UNKNOWN);
            self.guesses[leaf] = column;
        }
        column
    }
}

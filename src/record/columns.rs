//! From keyed records to columns.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::{Apart, Paths, Schema, Seen, Tree, Value, with_key};
use crate::scan::bytes::same;

/// No column for this node, or no node for this column.
pub const NONE: u32 = u32::MAX;

/// Puts the fields of keyed records into the order of a schema.
///
/// It guesses that a record has the keys and maps of the one before: that costs one comparison per node, and nothing
/// else has to be looked up. If the guess fails, every field is looked up, trying first the field that was in the same
/// place before. Paths of nested maps are joined by dots.
pub struct Binder {
    schema: Schema,
    /// Which maps become columns of their own; the others are values.
    apart: Apart,
    /// Where to note which columns records have, and the number of the first column there.
    seen: Option<(Arc<Seen>, usize)>,
    /// Columns by name; the first one of each name.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// The node of each column in the record bound last.
    nodes: Vec<u32>,
    /// The nodes of that record; empty if it can't serve as a guess.
    shape: Vec<Node>,
    /// The keys of its nodes, one after another.
    keys: Vec<u8>,
    doubled: u32,
    unknown: u32,
    /// For the i-th leaf of an earlier record, its column.
    guesses: Vec<u32>,
    paths: Paths,
}

/// The most nodes, and the most bytes of keys, of a record that serves as a guess for the next one.
const SHAPE: usize = 32 << 10;
const SHAPE_KEYS: usize = 512 << 10;

/// A node of the previous record.
struct Node {
    /// Where its key ends among the keys.
    key_end: u32,
    /// See [`inside`].
    inside: u32,
}

/// How many nodes are inside a map, plus one, so that an empty record (no fields) differs from a scalar (one field).
/// Lists have the highest bit set.
#[inline(always)]
fn inside(value: &Value<'_>) -> u32 {
    match *value {
        Value::Map(inside) => inside + 1,
        Value::List(inside) => inside | 1 << 31,
        _ => 0,
    }
}

/// Where the fields of a record are.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'n> {
    /// For each column, its node in the record, or [`NONE`].
    pub nodes: &'n [u32],
    /// Keys that occurred twice; the last one won.
    pub doubled: u32,
    /// Keys that have no column.
    pub unknown: u32,
}

impl Binder {
    /// A binder for `schema`; maps that are taken apart become dotted paths.
    pub fn new(schema: Schema, apart: Apart) -> Binder {
        let (mut index, hasher) = (HashTable::with_capacity(schema.len()), DefaultHashBuilder::default());
        let hash = |&column: &u32| hasher.hash_one(schema.name(column as usize));
        for column in 0..schema.len() as u32 {
            let name = schema.name(column as usize);
            let known = |&other: &u32| same(schema.name(other as usize), name);
            if let Entry::Vacant(place) = index.entry(hasher.hash_one(name), known, hash) {
                place.insert(column);
            }
        }
        Binder {
            nodes: vec![NONE; schema.len()],
            schema,
            apart,
            seen: None,
            index,
            hasher,
            shape: Vec::new(),
            keys: Vec::new(),
            doubled: 0,
            unknown: 0,
            guesses: Vec::new(),
            paths: Paths::default(),
        }
    }

    /// Notes in `seen` which columns records have; the first column has this number there.
    pub fn watched(self, seen: Option<(Arc<Seen>, usize)>) -> Binder {
        Binder { seen, ..self }
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Finds the fields of a record. `unknown` is called with the path of each key that has no column, and may refuse
    /// it. A record that is not a map is bound to the column `value`.
    #[inline]
    pub fn bind<E>(
        &mut self,
        record: Tree<'_, '_>,
        unknown: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Bound<'_>, E> {
        if !self.looks_the_same(record) {
            self.look_at(record, unknown)?;
        }
        Ok(Bound { nodes: &self.nodes, doubled: self.doubled, unknown: self.unknown })
    }

    /// The same for a record with the keys and the nesting of the one bound last.
    #[inline]
    pub fn bind_alike(&self) -> Bound<'_> {
        Bound { nodes: &self.nodes, doubled: self.doubled, unknown: self.unknown }
    }

    #[inline(always)]
    fn looks_the_same(&self, record: Tree<'_, '_>) -> bool {
        let (values, keys) = record.nodes();
        if values.len() != self.shape.len() {
            return false;
        }
        let mut start = 0;
        values.iter().zip(keys).zip(&self.shape).all(|((value, key), node)| {
            let end = node.key_end as usize;
            let before = &self.keys[start..end];
            start = end;
            inside(value) == node.inside && same(key, before)
        })
    }

    #[cold]
    fn look_at<E>(&mut self, record: Tree<'_, '_>, mut unknown: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        self.shape.clear();
        self.keys.clear();
        self.nodes.fill(NONE);
        (self.doubled, self.unknown) = (0, 0);
        let (values, keys) = record.nodes();
        let (mut paths, mut leaf) = (std::mem::take(&mut self.paths), 0);
        let apart = std::mem::replace(&mut self.apart, Apart::None);
        let walked = paths.walk(values, keys, &apart, |path, key, node| {
            let column = self.column(path, key, leaf);
            leaf += 1;
            if column == NONE {
                self.unknown += 1;
                return with_key(path, key, &mut unknown);
            }
            let place = &mut self.nodes[column as usize];
            self.doubled += u32::from(*place != NONE);
            *place = node as u32;
            if let Some((seen, first)) = &self.seen {
                seen.mark(first + column as usize);
            }
            Ok(())
        });
        (self.paths, self.apart) = (paths, apart);
        walked?;
        // An unusually large record leaves no shape: the memory would never be given back.
        if values.len() > SHAPE || keys.iter().map(|key| key.len()).sum::<usize>() > SHAPE_KEYS {
            return Ok(());
        }
        for (value, key) in values.iter().zip(keys) {
            self.keys.extend_from_slice(key);
            self.shape.push(Node { key_end: self.keys.len() as u32, inside: inside(value) });
        }
        Ok(())
    }

    /// The column of the leaf numbered `leaf`, whose key is `key` below the current path.
    fn column(&mut self, path: &mut Vec<u8>, key: &[u8], leaf: usize) -> u32 {
        if let Some(&guess) = self.guesses.get(leaf)
            && guess != NONE
            && let Some((before, last)) = self.schema.name(guess as usize).split_at_checked(path.len())
            && same(last, key)
            && before == &path[..]
        {
            return guess;
        }
        let column = with_key(path, key, |path| {
            let named = |&column: &u32| same(self.schema.name(column as usize), path);
            self.index.find(self.hasher.hash_one(path), named).copied().unwrap_or(NONE)
        });
        // A record with more leaves than columns has unknown or duplicate keys: no guesses for those.
        if leaf < self.schema.len() {
            self.guesses.resize(self.guesses.len().max(leaf + 1), NONE);
            self.guesses[leaf] = column;
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Arena;
    use crate::record::Batch;

    /// Binds JSON-like records, given as lines of (depth, key, is a map); returns the node of each column, for each
    /// record.
    fn bound(records: &[&[(&'static str, Value<'static>)]], columns: &[&str]) -> Vec<(Vec<i64>, u32, u32)> {
        let arena = Arena::new(1 << 12, 1 << 20);
        let mut batch = Batch::new(&arena, b"", None, 1 << 10);
        for record in records {
            batch.push_keyed(b"", Value::Map(record.len() as u32), 0).unwrap();
            for (key, value) in *record {
                batch.push_keyed(key.as_bytes(), *value, 0).unwrap();
            }
            batch.end_record(0, 0).unwrap();
        }
        let mut binder = Binder::new(Schema::new(columns), Apart::All);
        (0..batch.len())
            .map(|record| {
                let bound = binder.bind(batch.tree(record), |_| Ok::<(), ()>(())).unwrap();
                let nodes = bound.nodes.iter().map(|&node| if node == NONE { -1 } else { i64::from(node) }).collect();
                (nodes, bound.doubled, bound.unknown)
            })
            .collect()
    }

    #[test]
    fn records_that_look_alike_and_others() {
        let one = Value::UInt(1);
        let records: [&[(&str, Value<'static>)]; 8] = [
            &[("a", one), ("m", Value::Map(1)), ("x", one)],
            &[("a", Value::Null), ("m", Value::Map(1)), ("x", one)],
            &[("m", Value::Map(1)), ("x", one), ("a", one)],
            &[("a", one), ("m", Value::List(1)), ("", one)],
            &[("a", one), ("m", Value::Map(1)), ("", one)],
            &[("a", one), ("a", one), ("z", one)],
            &[("a", one), ("a", one), ("z", one)],
            &[("m", one)],
        ];
        // A record that is not a map, then one without fields.
        let arena = Arena::new(1 << 12, 1 << 20);
        let mut batch = Batch::new(&arena, b"", None, 1 << 10);
        for root in [one, Value::Map(0), one] {
            batch.push_keyed(b"", root, 0).unwrap();
            batch.end_record(0, 0).unwrap();
        }
        let mut binder = Binder::new(Schema::new(["value"]), Apart::All);
        let mut node = |record| binder.bind(batch.tree(record), |_| Ok::<(), ()>(())).unwrap().nodes[0];
        assert_eq!([node(0), node(1), node(2)], [0, NONE, 0]);

        let expected = [
            (vec![1, 3, -1], 0, 0),
            (vec![1, 3, -1], 0, 0),
            (vec![3, 2, -1], 0, 0),
            (vec![1, -1, 2], 0, 0),
            (vec![1, -1, -1], 0, 1),
            (vec![2, -1, -1], 1, 1),
            (vec![2, -1, -1], 1, 1),
            (vec![-1, -1, 1], 0, 0),
        ];
        assert_eq!(bound(&records, &["a", "m.x", "m"]), expected);
    }
}

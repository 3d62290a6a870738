//! A record as nodes, for what writes it.

use crate::record::{Tree, Value};

/// The nodes of a record.
#[derive(Clone, Copy)]
pub struct Tape<'t, 'a> {
    values: &'t [Value<'a>],
    keys: &'t [&'a [u8]],
}

impl<'t, 'a> Tape<'t, 'a> {
    pub fn of(tree: Tree<'t, 'a>) -> Tape<'t, 'a> {
        let (values, keys) = tree.nodes();
        Tape { values, keys }
    }

    /// A value without anything around it.
    pub fn one(value: &'t [Value<'a>; 1]) -> Tape<'t, 'a> {
        Tape { values: value, keys: &[b""] }
    }

    #[inline(always)]
    pub fn value(&self, node: usize) -> Value<'a> {
        self.values[node]
    }

    #[inline(always)]
    pub fn key(&self, node: usize) -> &'a [u8] {
        self.keys[node]
    }

    /// The first node that is not in this one.
    #[inline(always)]
    pub fn behind(&self, node: usize) -> usize {
        node + 1 + self.values[node].nodes_inside()
    }
}

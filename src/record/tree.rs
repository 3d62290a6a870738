//! Records that are trees of nodes.

use super::Value;

/// A node of a keyed record with everything inside it.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'b, 'a> {
    pub(super) values: &'b [Value<'a>],
    pub(super) keys: &'b [&'a [u8]],
}

impl<'b, 'a> Tree<'b, 'a> {
    /// A single value without a key, which has no nodes inside it.
    pub(crate) fn leaf(value: &'b Value<'a>) -> Tree<'b, 'a> {
        Tree { values: std::slice::from_ref(value), keys: &[b""] }
    }

    /// The node's own value.
    #[inline]
    pub fn value(&self) -> Value<'a> {
        self.values[0]
    }

    /// The node's key; empty for a root and for items of a list.
    #[inline]
    pub fn key(&self) -> &'a [u8] {
        self.keys[0]
    }

    /// The values and keys of the node and of everything inside it, in text order.
    #[inline]
    pub fn nodes(&self) -> (&'b [Value<'a>], &'b [&'a [u8]]) {
        (self.values, self.keys)
    }

    /// A node of this record, with everything inside it.
    pub fn node(&self, node: usize) -> Tree<'b, 'a> {
        let behind = node + 1 + self.values[node].nodes_inside();
        Tree { values: &self.values[node..behind], keys: &self.keys[node..behind] }
    }

    /// The nodes directly inside, in order.
    pub fn children(&self) -> impl Iterator<Item = Tree<'b, 'a>> + use<'a, 'b> {
        let (mut values, mut keys) = (&self.values[1..], &self.keys[1..]);
        std::iter::from_fn(move || {
            let size = 1 + values.first()?.nodes_inside();
            let child = Tree { values: &values[..size], keys: &keys[..size] };
            (values, keys) = (&values[size..], &keys[size..]);
            Some(child)
        })
    }
}

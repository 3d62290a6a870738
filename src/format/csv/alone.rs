//! Records without a header, to find out whether they can be written at all.

use std::ops::Range;

use hashbrown::HashMap;
use twox_hash::XxHash3_64;

use super::encode::Style;
use crate::error::{Fault, RecordError};
use crate::format::joined::At;
use crate::format::{Encode, key_too_long};
use crate::record::{Apart, Batch, EncodeError, LossyKind, Output, Paths, Schema, with_key};

/// Writes keyed records, each with the columns of its own keys.
pub(super) struct AloneEncoder {
    style: Style,
    apart: Apart,
    /// The longest key that can become a column.
    longest: usize,
    paths: Paths,
    /// The leaves of a record, and which of them has a key, by its hash.
    nodes: Vec<u32>,
    known: HashMap<u64, usize>,
    /// The columns that there are in any case, by their hashes.
    columns: Vec<u64>,
}

impl AloneEncoder {
    /// `columns`: those that there are in any case.
    pub fn new(style: Style, apart: Apart, columns: &Schema, longest: usize) -> AloneEncoder {
        let columns = columns.names().map(XxHash3_64::oneshot).collect();
        let (paths, nodes, known) = (Paths::default(), Vec::new(), HashMap::new());
        AloneEncoder { style, apart, longest, paths, nodes, known, columns }
    }

    /// Finds the leaves of a record. Of those with the same key the last one counts; returns how many others there are.
    fn find(&mut self, batch: &Batch<'_>, record: usize) -> Result<u64, RecordError> {
        let AloneEncoder { apart, longest, paths, nodes, known, .. } = self;
        let (values, keys) = batch.tree(record).nodes();
        nodes.clear();
        known.clear();
        let mut doubled = 0;
        paths.walk(values, keys, apart, |path, key, node| {
            with_key(path, key, |path| {
                if path.len() > *longest {
                    let error = key_too_long(batch.span(record).start, path.len(), *longest);
                    return Err(error.fault(Fault::TooLarge));
                }
                let column = *known.entry(XxHash3_64::oneshot(path)).or_insert(nodes.len());
                match nodes.get_mut(column) {
                    Some(before) => (*before, doubled) = (node as u32, doubled + 1),
                    None => nodes.push(node as u32),
                }
                Ok(())
            })
        })?;
        Ok(doubled)
    }
}

impl Encode for AloneEncoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for index in records {
            let doubled = self.find(batch, index).map_err(|error| EncodeError::Record { index, error })?;
            let (tree, mark) = (batch.tree(index), output.mark());
            (0..doubled).for_each(|_| output.lose(LossyKind::DuplicateKey));
            if self.columns.iter().any(|column| !self.known.contains_key(column)) {
                output.lose(LossyKind::AbsentAsNull);
            }
            let leaf = |&node: &u32| (tree.nodes().0[node as usize], Some(tree.node(node as usize)));
            let fields = self.nodes.iter().map(leaf);
            self.style.fields(fields, index, At::of(batch, index), output, mark)?;
        }
        Ok(())
    }
}

//! The key pass: the union of all keys in order of first appearance, in bounded memory.
//!
//! It is a run like any other whose encoder writes the keys it has not seen, and whose target is merged
//! in input order. A worker's slices come in input order, so what it has seen before came earlier; the
//! merge keeps the first of equal keys.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::{Decode, Encode, Frame, WriteFormat};
use crate::memory::{Arena, Budget, Reservation};
use crate::op::Op;
use crate::record::{Batch, Drain, EncodeError, Output, Schema, Tree, Value};

/// The most columns a header found in the data may have.
pub(super) const MAX_COLUMNS: usize = 100_000;

pub(super) struct KeyPass {
    /// Maps become dotted paths.
    pub dot: bool,
    /// Who is asked for the memory of large tables.
    pub budget: Budget,
}

impl WriteFormat for KeyPass {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        let tables = Tables { held: self.budget.open("key tables", HINT), size: 0, covered: SMALL };
        Box::new(KeyEncoder { dot: self.dot, seen: HashSet::new(), order: Vec::new(), path: Vec::new(), tables })
    }
}

struct KeyEncoder {
    dot: bool,
    seen: HashSet<Box<[u8]>>,
    /// The keys of the record before, a guess for those of the next one.
    order: Vec<Box<[u8]>>,
    path: Vec<u8>,
    tables: Tables,
}

/// What to change where the keys are too large.
const HINT: &str =
    "Name the columns with --columns a,b,c, keep maps whole with --nested json, or raise --memory-limit.";
/// Tables up to this size are within what the plan has for tables of the process.
const SMALL: usize = 64 << 10;

/// The memory of a worker's tables, reserved in steps.
struct Tables {
    held: Reservation,
    size: usize,
    covered: usize,
}

impl Tables {
    /// Takes in another key. It stands here, in the output, and once more where the outputs are merged.
    fn add(&mut self, key: &[u8]) -> Result<()> {
        // Entries of tables, and what the heap takes for a block.
        const ENTRY: usize = 128;
        self.size += 4 * key.len() + ENTRY;
        if self.size > self.covered {
            let more = (self.size - self.covered).max(SMALL);
            self.held.try_grow(more)?;
            self.covered += more;
        }
        Ok(())
    }
}

impl Encode for KeyEncoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for record in records {
            let tree = batch.tree(record);
            self.path.clear();
            let mut leaf = 0;
            match tree.value() {
                Value::Map(_) => self.map(tree, &mut leaf, output)?,
                _ => self.leaf(b"value", &mut leaf, output)?,
            }
        }
        Ok(())
    }
}

impl KeyEncoder {
    fn map(&mut self, map: Tree<'_, '_>, leaf: &mut usize, output: &mut Output<'_>) -> Result<()> {
        for child in map.children() {
            match child.value() {
                Value::Map(inside) if self.dot && inside > 0 => {
                    let len = self.path.len();
                    self.path.extend_from_slice(child.key());
                    self.path.push(b'.');
                    self.map(child, leaf, output)?;
                    self.path.truncate(len);
                }
                _ => self.leaf(child.key(), leaf, output)?,
            }
        }
        Ok(())
    }

    #[inline]
    fn leaf(&mut self, key: &[u8], leaf: &mut usize, output: &mut Output<'_>) -> Result<()> {
        let index = *leaf;
        *leaf += 1;
        if let Some((path, last)) = self.order.get(index).and_then(|name| name.split_at_checked(self.path.len()))
            && last == key
            && path == &self.path[..]
        {
            return Ok(());
        }
        self.look_up(key, index, output)
    }

    #[cold]
    fn look_up(&mut self, key: &[u8], index: usize, output: &mut Output<'_>) -> Result<()> {
        let len = self.path.len();
        self.path.extend_from_slice(key);
        if index < MAX_COLUMNS {
            self.order.resize(self.order.len().max(index + 1), Box::default());
            if self.order[index].is_empty() {
                self.order[index] = self.path.as_slice().into();
            }
        }
        if !self.seen.contains(self.path.as_slice()) {
            self.tables.add(&self.path)?;
            self.seen.insert(self.path.as_slice().into());
            if self.seen.len() > MAX_COLUMNS {
                return Err(too_many());
            }
            output.put(&(self.path.len() as u32).to_le_bytes())?;
            output.put(&self.path)?;
        }
        self.path.truncate(len);
        Ok(())
    }
}

/// Looks for keys in the beginning of a source, slice by slice.
pub(super) struct Search<'o> {
    decoder: Box<dyn Decode>,
    encoder: Box<dyn Encode>,
    arena: Arena,
    ops: &'o [Arc<dyn Op>],
    max_record: usize,
    buffer: Vec<u8>,
    found: Collect,
}

/// Keeps what an encoder writes.
struct Collect(Vec<u8>);

impl Drain for Collect {
    fn drain(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

impl<'o> Search<'o> {
    pub fn new(
        decoder: Box<dyn Decode>,
        arena: Arena,
        ops: &'o [Arc<dyn Op>],
        pass: &KeyPass,
        max_record: usize,
    ) -> Search<'o> {
        let encoder = pass.encoder();
        Search { decoder, encoder, arena, ops, max_record, buffer: vec![0; 16 << 10], found: Collect(Vec::new()) }
    }

    /// Adds the keys of the good records of a slice.
    pub fn add(&mut self, slice: &[u8]) -> Result<()> {
        let mut output = Output::new(&mut self.buffer, &mut self.found, false);
        self.decoder.begin(slice);
        loop {
            self.arena.reset();
            let mut batch = Batch::new(&self.arena, slice, None, self.max_record);
            let filled = self.decoder.fill(slice, &mut batch);
            batch.abandon();
            self.ops.iter().for_each(|op| op.apply(&mut batch));
            match self.encoder.encode(&batch, 0..batch.len(), &mut output) {
                Err(EncodeError::Stop(error)) => return Err(error),
                Ok(()) | Err(EncodeError::Record { .. }) => {}
            }
            match filled {
                Ok(true) => {}
                Ok(false) => break,
                // If bad records end the run, this one does; else those behind it count.
                Err(_) => {
                    self.decoder.skip_record(slice);
                }
            }
        }
        let rest = output.len();
        self.found.drain(&self.buffer[..rest])
    }

    /// Whether no key was found yet.
    pub fn is_empty(&self) -> bool {
        self.found.0.is_empty()
    }

    /// The keys found, each once, in order of first appearance.
    pub fn schema(self) -> Result<Schema> {
        merge(&self.found.0)
    }
}

pub(super) fn too_many() -> Error {
    Error::usage(format!(
        "the records have more than {MAX_COLUMNS} different keys\n  Name the columns with --columns a,b,c, or keep maps whole with --nested json."
    ))
}

/// The keys in a key pass's output, each once, in order.
pub(super) fn merge(output: &[u8]) -> Result<Schema> {
    let mut seen = HashSet::new();
    let mut names: Vec<&[u8]> = Vec::new();
    let mut rest = output;
    while let Some((len, tail)) = rest.split_first_chunk::<4>() {
        let (name, tail) = tail.split_at(u32::from_le_bytes(*len) as usize);
        if seen.insert(name) {
            names.push(name);
        }
        rest = tail;
    }
    if names.len() > MAX_COLUMNS {
        return Err(too_many());
    }
    Ok(Schema::new(names))
}

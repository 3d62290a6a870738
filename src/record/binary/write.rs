//! From values to bytes.

use std::marker::PhantomData;

use super::big::Big;
use super::head::Head;
use super::number::{Number, Whole, of_text};
use super::{Of, Wire};
use crate::error::Error;
use crate::record::json::{Reader, Refusal};
use crate::record::{Batch, Detail, LossyKind, Output, Value};

/// Where bytes go.
pub trait Out {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// Appends a head.
    #[inline(always)]
    fn head(&mut self, head: &Head) -> Result<(), Error> {
        self.put(head.bytes())
    }

    /// Counts something that can't be written.
    fn lose(&mut self, kind: LossyKind);
}

/// An output buffer.
pub struct Direct<'o, 'w>(pub &'o mut Output<'w>);

impl Out for Direct<'_, '_> {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.put(bytes)
    }

    #[inline(always)]
    fn head(&mut self, head: &Head) -> Result<(), Error> {
        // A copy of a fixed length takes one instruction.
        match self.0.room(1)?.first_chunk_mut() {
            Some(room) => {
                *room = *head.room();
                self.0.advance(head.size());
                Ok(())
            }
            None => self.0.put(head.bytes()),
        }
    }

    #[inline(always)]
    fn lose(&mut self, kind: LossyKind) {
        self.0.lose(kind);
    }
}

/// Writes values.
pub struct Writer<W> {
    /// The fields of maps are sorted by their keys.
    pub(super) canonical: bool,
    big: Big,
    /// For each open list and map, the node after it, and whether it is a map.
    open: Vec<(usize, bool)>,
    /// Nodes that are still to be written in canonical order, the next one last, and whether their keys are.
    work: Vec<(u32, bool)>,
    /// The fields of a map that is being sorted.
    order: Vec<u32>,
    /// Reads lists and maps that are JSON text.
    pub(super) reader: Reader,
    wire: PhantomData<W>,
}

/// Where lists and maps that are JSON text are taken apart: an empty batch.
pub(super) type Scratch<'s, 'a> = Option<&'s mut Batch<'a>>;

/// The order of keys: that of their bytes as they are written, where the length comes first.
pub(super) fn in_order(one: &[u8], other: &[u8]) -> std::cmp::Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

impl<W: Wire> Writer<W> {
    /// A writer; `canonical`: the fields of maps are sorted by their keys, and of equal keys the last one counts.
    pub fn new(canonical: bool, max_depth: usize) -> Writer<W> {
        Writer {
            canonical,
            big: Big::new(),
            open: Vec::with_capacity(64),
            work: Vec::with_capacity(256),
            order: Vec::with_capacity(256),
            reader: Reader::new(max_depth, 0),
            wire: PhantomData,
        }
    }

    /// Writes a keyed record. `scratch` is an empty batch with the same arena.
    #[inline]
    pub fn tree<'a, O: Out>(
        &mut self,
        batch: &Batch<'a>,
        index: usize,
        scratch: &mut Batch<'a>,
        out: &mut O,
    ) -> Result<(), Refusal> {
        let (values, keys) = batch.tree(index).nodes();
        self.open.clear();
        self.work.clear();
        self.order.clear();
        self.nodes(values, keys, Some(scratch), out)
    }

    /// Writes a node with everything inside it.
    #[inline(always)]
    fn nodes<'a, O: Out>(
        &mut self,
        values: &[Value<'a>],
        keys: &[&[u8]],
        scratch: Scratch<'_, 'a>,
        out: &mut O,
    ) -> Result<(), Refusal> {
        match self.canonical {
            true => self.sorted(values, keys, scratch, out),
            false => self.as_they_are(values, keys, scratch, out),
        }
    }

    #[inline(always)]
    fn as_they_are<'a, O: Out>(
        &mut self,
        values: &[Value<'a>],
        keys: &[&[u8]],
        mut scratch: Scratch<'_, 'a>,
        out: &mut O,
    ) -> Result<(), Refusal> {
        let below = self.open.len();
        let (mut in_map, mut behind) = (false, usize::MAX);
        for (node, value) in values.iter().enumerate() {
            while node == behind {
                (behind, in_map) = self.open.pop().unwrap_or((usize::MAX, false));
            }
            if in_map {
                if matches!(value, Value::Absent) {
                    continue;
                }
                self.text(keys[node], out)?;
            }
            match *value {
                Value::List(inside) | Value::Map(inside) => {
                    self.open.push((behind, in_map));
                    in_map = matches!(value, Value::Map(_));
                    behind = node + 1 + inside as usize;
                    let count = children(&values[node..behind], in_map).count();
                    self.head(if in_map { Of::Map(count) } else { Of::List(count) }, out)?;
                }
                value => self.leaf(value, &mut scratch, out)?,
            }
        }
        self.open.truncate(below);
        Ok(())
    }

    #[inline(never)]
    fn sorted<'a, O: Out>(
        &mut self,
        values: &[Value<'a>],
        keys: &[&[u8]],
        mut scratch: Scratch<'_, 'a>,
        out: &mut O,
    ) -> Result<(), Refusal> {
        let below = self.work.len();
        self.work.push((0, false));
        while self.work.len() > below {
            let Some((node, keyed)) = self.work.pop() else { break };
            let node = node as usize;
            if keyed {
                self.text(keys[node], out)?;
            }
            let value = values[node];
            let (Value::List(inside) | Value::Map(inside)) = value else {
                self.leaf(value, &mut scratch, out)?;
                continue;
            };
            let is_map = matches!(value, Value::Map(_));
            let tree = &values[node..node + 1 + inside as usize];
            let from = self.order.len();
            self.order.extend(children(tree, is_map).map(|child| (node + child) as u32));
            let fields = &mut self.order[from..];
            let mut count = fields.len();
            if is_map {
                let key = |field: u32| keys[field as usize];
                fields.sort_unstable_by(|a, b| in_order(key(*a), key(*b)).then(a.cmp(b)));
                count = 0;
                for index in 0..fields.len() {
                    match fields.get(index + 1) {
                        Some(next) if key(*next) == key(fields[index]) => out.lose(LossyKind::DuplicateKey),
                        _ => {
                            fields[count] = fields[index];
                            count += 1;
                        }
                    }
                }
            }
            self.work.extend(self.order[from..from + count].iter().rev().map(|child| (*child, is_map)));
            self.order.truncate(from);
            self.head(if is_map { Of::Map(count) } else { Of::List(count) }, out)?;
        }
        Ok(())
    }

    /// Writes a head.
    #[inline(always)]
    pub(super) fn head<O: Out>(&self, of: Of, out: &mut O) -> Result<(), Refusal> {
        match W::head(of) {
            Some(head) => Ok(out.head(&head)?),
            None => Err(too_long::<W>()),
        }
    }

    /// Writes a text.
    #[inline(always)]
    pub(super) fn text<O: Out>(&self, text: &[u8], out: &mut O) -> Result<(), Refusal> {
        self.head(Of::Text(text.len()), out)?;
        Ok(out.put(text)?)
    }

    /// Writes a value that is not a list or map of nodes.
    #[inline(always)]
    pub(super) fn leaf<'a, O: Out>(
        &mut self,
        value: Value<'a>,
        scratch: &mut Scratch<'_, 'a>,
        out: &mut O,
    ) -> Result<(), Refusal> {
        match value {
            Value::Text(text) => self.text(text, out),
            Value::Number(text) => self.number(text, out),
            Value::UInt(number) => self.head(Of::UInt(number), out),
            Value::Int(number) if number < 0 => self.head(Of::Negative(!number as u64), out),
            Value::Int(number) => self.head(Of::UInt(number as u64), out),
            Value::Float(number) => self.head(Of::Float(number), out),
            Value::Null | Value::Absent => Ok(out.put(&[W::NULL])?),
            Value::Bool(truth) => Ok(out.put(&[W::BOOLS[usize::from(truth)]])?),
            Value::Bytes(bytes) => {
                self.head(Of::Bytes(bytes.len()), out)?;
                Ok(out.put(bytes)?)
            }
            Value::Untyped(_) => match value.typed() {
                Value::Number(text) => self.number(text, out),
                Value::Text(text) => self.text(text, out),
                _ => Ok(()),
            },
            Value::Raw(text) => self.raw(text, scratch, out),
            // Lists and maps without their nodes have none.
            Value::List(_) => self.head(Of::List(0), out),
            Value::Map(_) => self.head(Of::Map(0), out),
        }
    }

    /// Writes a list or map that is JSON text.
    #[cold]
    #[inline(never)]
    fn raw<'a, O: Out>(&mut self, text: &'a [u8], scratch: &mut Scratch<'_, 'a>, out: &mut O) -> Result<(), Refusal> {
        // What has been taken apart has no texts of lists or maps in it.
        let Some(scratch) = scratch else { return self.text(text, out) };
        let read = self.reader.only_value(text, 0..text.len(), Detail::All, scratch);
        let written = match read {
            Ok(()) => {
                let (values, keys) = scratch.open_tree().nodes();
                self.nodes(values, keys, None, out)
            }
            Err(error) => Err(Refusal::Value(error.message().to_string().into())),
        };
        scratch.abandon();
        written
    }

    /// Writes a number that is given as text.
    #[inline(never)]
    fn number<O: Out>(&mut self, text: &[u8], out: &mut O) -> Result<(), Refusal> {
        let (number, lost) = of_text(text, W::DECIMALS, &mut self.big);
        if let Some(kind) = lost {
            out.lose(kind);
        }
        let head = |of: Of, out: &mut O| match W::head(of) {
            Some(head) => Ok(out.head(&head)?),
            None => Err(too_long::<W>()),
        };
        let big = |negative: bool, bytes: &[u8], out: &mut O| {
            head(Of::Tag(if negative { 3 } else { 2 }), out)?;
            head(Of::Bytes(bytes.len()), out)?;
            Ok(out.put(bytes)?)
        };
        match number {
            Number::UInt(number) => head(Of::UInt(number), out),
            Number::Negative(less) => head(Of::Negative(less), out),
            Number::Float(number) => head(Of::Float(number), out),
            Number::Big(negative, bytes) => big(negative, bytes, out),
            Number::Decimal(power, whole) => {
                head(Of::Tag(4), out)?;
                head(Of::List(2), out)?;
                head(if power < 0 { Of::Negative(!power as u64) } else { Of::UInt(power as u64) }, out)?;
                match whole {
                    Whole::UInt(number) => head(Of::UInt(number), out),
                    Whole::Negative(less) => head(Of::Negative(less), out),
                    Whole::Big(negative, bytes) => big(negative, bytes, out),
                }
            }
            Number::Text => {
                head(Of::Text(text.len()), out)?;
                Ok(out.put(text)?)
            }
        }
    }
}

/// The places of the children of a tree's root; absent fields of a map are none.
#[inline(always)]
fn children(tree: &[Value<'_>], is_map: bool) -> impl Iterator<Item = usize> {
    let mut next = 1;
    std::iter::from_fn(move || {
        while let Some(value) = tree.get(next) {
            let child = next;
            next += 1 + value.nodes_inside();
            if !(is_map && matches!(value, Value::Absent)) {
                return Some(child);
            }
        }
        None
    })
}

#[cold]
fn too_long<W: Wire>() -> Refusal {
    Refusal::Value(format!("{} can't hold a value of 4 GiB or more", W::TITLE).into())
}

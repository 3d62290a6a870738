//! Making a field, or changing one.

use super::Op;
use super::each::each;
use crate::error::{Error, RecordError, Result};
use crate::expr::{Expression, Outcome, Scalar, Spot, spot, text_value};
use crate::memory::Arena;
use crate::record::{Batch, Tree, Value};

/// Gives a field the value of an expression, in every record. A field that is not there yet comes after the others; in
/// nested records the name is a path. An absent value removes the field from a nested record.
///
/// ```
/// use pagemill::{Format, Job, SourceSpec, TargetSpec, op::Set};
///
/// let csv = SourceSpec::bytes("id,fare\n1,1.10\n2,\n");
/// let job = Job::new(csv, TargetSpec::Memory).from(Format::Csv).to(Format::Csv).op(Set::parse("double = fare * 2")?);
/// assert_eq!(job.run()?.output, b"id,fare,double\n1,1.10,2.20\n2,,\n");
/// # Ok::<(), pagemill::Error>(())
/// ```
pub struct Set {
    /// As it was written: the name of a column.
    name: Box<[u8]>,
    /// In nested records: items of lists have numbers between dots.
    path: Box<[u8]>,
    expression: Expression,
    text: Box<str>,
}

impl Set {
    /// A field and its value, as `name = expression`. A name with an equals sign is put in double quotes.
    ///
    /// # Errors
    /// Usage: there is no name, or what is wrong with the expression.
    pub fn parse(text: &str) -> Result<Set> {
        let shape = || Error::usage(format!("⟨set⟩ {text}: write NAME=EXPRESSION, such as total=fare*1.1"));
        let trimmed = text.trim_start();
        let (name, expression) = match trimmed.strip_prefix('"') {
            None => trimmed.split_once('=').ok_or_else(shape)?,
            Some(rest) => {
                let (name, rest) = rest.split_once('"').ok_or_else(shape)?;
                (name, rest.trim_start().strip_prefix('=').ok_or_else(shape)?)
            }
        };
        let name = name.trim();
        if name.is_empty() {
            return Err(shape());
        }
        let value = Expression::value(expression.trim());
        let expression = value.map_err(|error| Error::usage(format!("⟨set⟩ {name}: {error}")))?;
        let path = dotted(name).into_bytes().into();
        Ok(Set { name: name.as_bytes().into(), path, expression, text: text.into() })
    }

    fn set<'a>(&self, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let column = match batch.schema() {
            Some(schema) => match schema.position(&self.name) {
                Some(column) => column,
                None => return Err(RecordError::new(0, "the field that is made has no column")),
            },
            None => return self.set_in_trees(batch),
        };
        let arena = batch.arena();
        each(&self.expression, batch, |batch, record, outcome| {
            let offset = batch.span(record).start;
            match outcome.and_then(|scalar| Ok(text_value(scalar, arena, offset)?)) {
                Ok(Some(value)) => batch.nodes_mut(record).1[column] = value,
                // Columns hold no nodes.
                Ok(None) => {}
                Err(error) => batch.reject_with(record, *error),
            }
        });
        Ok(())
    }

    /// In keyed records nodes may have to be added: then the batch is built anew.
    fn set_in_trees<'a>(&self, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let arena = batch.arena();
        let path = arena.bytes(self.path.len(), 0)?;
        path.copy_from_slice(&self.path);
        let path: &'a [u8] = path;
        let mut out = batch.rebuild();
        let mut failed = None;
        each(&self.expression, batch, |batch, record, outcome| {
            let span = batch.span(record);
            let built = build(batch.tree(record), path, outcome, &mut out, arena, span.start);
            let bad = built.err().map(|error| {
                // It is left as it was; the run's policy decides about it.
                out.abandon();
                failed = failed.take().or(out.push_tree(b"", batch.tree(record), span.start).err());
                *error
            });
            failed = failed.take().or(out.end_record(span.start, span.end).err());
            if let (Some(error), None) = (bad, &failed) {
                out.reject_with(record, error);
            }
        });
        match failed {
            Some(error) => Err(error),
            None => {
                *batch = out;
                Ok(())
            }
        }
    }
}

/// A path with `.0` for `[0]`.
fn dotted(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        path.push_str(before);
        match after.split_once(']').filter(|(item, _)| !item.is_empty() && item.bytes().all(|c| c.is_ascii_digit())) {
            Some((item, after)) => {
                path.push('.');
                path.push_str(item);
                rest = after;
            }
            None => {
                path.push('[');
                rest = after;
            }
        }
    }
    path + rest
}

/// Adds the nodes of a record with the value at a path.
fn build<'a>(
    tree: Tree<'_, 'a>,
    path: &'a [u8],
    outcome: Outcome<'a>,
    out: &mut Batch<'a>,
    arena: &'a Arena,
    offset: usize,
) -> Result<(), Box<RecordError>> {
    let scalar = outcome?;
    let value = text_value(scalar, arena, offset)?;
    let inside = match scalar {
        Scalar::Inside(node) => Some(tree.node(node as usize)),
        _ => None,
    };
    let added = inside.map_or(1, |tree| tree.nodes().0.len());
    let absent = matches!(value, Some(Value::Absent));
    let (values, _) = tree.nodes();
    let place = spot(tree, path);
    // What changes: nodes that go, the map around them, what comes, and under which keys.
    let (at, removed, parent, keys): (usize, usize, usize, &'a [u8]) = match place {
        Spot::Node { node, parent } => (node, 1 + values[node].nodes_inside(), parent, b""),
        Spot::Missing { map, rest } => (map + 1 + values[map].nodes_inside(), 0, map, &path[rest..]),
        Spot::Blocked(node) => {
            let what = if matches!(values[node], Value::List(_)) { "a list without such an item" } else { "no map" };
            let name = String::from_utf8_lossy(path);
            let reason = format!("the field `{name}` can't be made: on the way to it is {what}");
            return Err(Box::new(RecordError::new(offset, reason)));
        }
    };
    if absent && removed == 0 {
        return Ok(out.push_tree(b"", tree, offset)?);
    }
    let chain = keys.iter().filter(|byte| **byte == b'.').count();
    let comes = if absent { 0 } else { chain + added };
    let first = out.next_node();
    copy(tree, 0..at, (parent, comes as i64 - removed as i64), out, offset)?;
    if !absent {
        let key = if removed > 0 { tree.node(at).key() } else { b"" };
        add(keys, key, value, inside, comes, out, offset)?;
    }
    copy(tree, at + removed..values.len(), (0, 0), out, offset)?;
    debug_assert_eq!(out.next_node() - first, values.len() + comes - removed);
    Ok(())
}

/// Adds some nodes of a record. The maps and lists down to the node `parent` have `change` more nodes inside.
fn copy<'a>(
    tree: Tree<'_, 'a>,
    nodes: std::ops::Range<usize>,
    (parent, change): (usize, i64),
    out: &mut Batch<'a>,
    offset: usize,
) -> Result<(), RecordError> {
    let (values, keys) = tree.nodes();
    for node in nodes {
        let around = change != 0 && node <= parent && node + values[node].nodes_inside() >= parent;
        let inside = |size: u32| (i64::from(size) + change) as u32;
        let value = match values[node] {
            Value::Map(size) if around => Value::Map(inside(size)),
            Value::List(size) if around => Value::List(inside(size)),
            value => value,
        };
        out.push_keyed(keys[node], value, offset)?;
    }
    Ok(())
}

/// Adds a value under new keys, which are divided by dots: all but the last one are those of maps.
fn add<'a>(
    keys: &'a [u8],
    key: &'a [u8],
    value: Option<Value<'a>>,
    inside: Option<Tree<'_, 'a>>,
    nodes: usize,
    out: &mut Batch<'a>,
    offset: usize,
) -> Result<(), RecordError> {
    let (mut rest, mut left, mut last) = (keys, nodes, key);
    while let Some(dot) = memchr::memchr(b'.', rest) {
        left -= 1;
        out.push_keyed(&rest[..dot], Value::Map(left as u32), offset)?;
        rest = &rest[dot + 1..];
    }
    if !rest.is_empty() {
        last = rest;
    }
    match (value, inside) {
        (_, Some(tree)) => out.push_tree(last, tree, offset),
        (value, None) => out.push_keyed(last, value.unwrap_or_default(), offset),
    }
}

impl Op for Set {
    fn name(&self) -> &str {
        "set"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        if let Err(error) = self.set(batch) {
            (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone()));
        }
    }

    fn needs_utf8(&self) -> bool {
        self.expression.needs_utf8()
    }

    fn fingerprint(&self) -> Option<String> {
        Some(format!("set {}", self.text))
    }

    fn reads(&self) -> &[Box<[u8]>] {
        self.expression.fields()
    }

    fn makes(&self) -> Option<&[u8]> {
        Some(&self.name)
    }

    fn is_ordered(&self) -> bool {
        self.expression.is_ordered()
    }

    fn plan(&self) -> Option<String> {
        Some(format!("{}\n{}", self.text, self.expression.listing()))
    }
}

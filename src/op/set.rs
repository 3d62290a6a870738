//! Making a field, or changing one.

use super::Op;
use super::each::each;
use super::splice::dotted;
use crate::error::{Error, RecordError, Result};
use crate::expr::{Expression, Outcome, Scalar, Spot, each_node, find, spot, text_value};
use crate::memory::Arena;
use crate::record::{Batch, LossyKind, Tree, Value};

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
    what: What,
}

/// What is done in nested records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// A field is made or changed.
    Field,
    /// An item of a list becomes a field of the record, whose name is the path to the item; one of that name stays.
    Item,
    /// An item of a list is removed.
    Without,
}

/// How many steps a path may have: records are not nested more deeply, unless that is allowed.
const MAX_STEPS: usize = 1000;

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
        if !trimmed.starts_with('"') && name.contains(['"', '`']) {
            let whole = name.replace(['"', '`'], "");
            let message = format!("⟨set⟩ {name}: quotes go around the whole name\n  Write \"{whole}\"=EXPRESSION.");
            return Err(Error::usage(message));
        }
        if name.matches(['.', '[']).count() > MAX_STEPS {
            return Err(Error::usage(format!("⟨set⟩: a path has at most {MAX_STEPS} steps")));
        }
        let value = Expression::value(expression.trim());
        let expression = value.map_err(|error| Error::usage(format!("⟨set⟩ {name}: {error}")))?;
        let path = dotted(name);
        Ok(Set { name: name.as_bytes().into(), path, expression, text: text.into(), what: What::Field })
    }

    /// What gives nested records a field that is an item of a list, named as the path to it: `l[0].a`. None if the name is
    /// no such path.
    pub(crate) fn item(name: &str) -> Option<Set> {
        let path = dotted(name);
        if *path == *name.as_bytes() || name.matches(['.', '[']).count() > MAX_STEPS {
            return None;
        }
        let (list, rest) = name.split_at(name.find('[')?);
        let expression = Expression::value(name).or_else(|_| Expression::value(&format!("\"{list}\"{rest}"))).ok()?;
        Some(Set { name: name.as_bytes().into(), path, expression, text: name.into(), what: What::Item })
    }

    /// What removes that item.
    pub(crate) fn without(name: &str) -> Option<Set> {
        Set::item(name).map(|set| Set { what: What::Without, ..set })
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
        let own = if self.what == What::Item { &self.name } else { &self.path };
        let path = arena.bytes(own.len(), 0)?;
        path.copy_from_slice(own);
        let path: &'a [u8] = path;
        let mut out = batch.rebuild();
        let mut failed = None;
        each(&self.expression, batch, |batch, record, outcome| {
            let span = batch.span(record);
            let tree = batch.tree(record);
            let outcome = match self.what {
                What::Field => Some(outcome),
                _ if !matches!(tree.value(), Value::Map(_)) => None,
                What::Item if find(tree, &self.name).is_some() => None,
                What::Item => outcome.ok().filter(|scalar| !matches!(scalar, Scalar::Absent)).map(Ok),
                What::Without => matches!(spot(tree, path), Spot::Node { .. }).then_some(Ok(Scalar::Absent)),
            };
            let built = match outcome {
                Some(outcome) => build(tree, path, self.what == What::Item, outcome, &mut out, arena, span.start),
                None => out.push_tree(b"", tree, span.start).map_err(Box::new),
            };
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

/// Adds the nodes of a record with the value at a path; `one_key`: the path is one key of the record. Where keys are there
/// twice, the value comes in place of the last one, and the others are lost.
fn build<'a>(
    tree: Tree<'_, 'a>,
    path: &'a [u8],
    one_key: bool,
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
    let (values, tree_keys) = tree.nodes();
    // Where the value comes, the map around it, under which keys, and the nodes that go.
    let (at, parent, keys, key, count): (usize, usize, &'a [u8], &'a [u8], usize) = match spot(tree, path) {
        _ if one_key => (1 + values[0].nodes_inside(), 0, b"", path, 0),
        Spot::Node { node, parent } => {
            let mut count = 0;
            each_node(tree, path, &mut |_| count += 1);
            (node, parent, b"", tree_keys[node], count)
        }
        Spot::Missing { map, rest } => (map + 1 + values[map].nodes_inside(), map, &path[rest..], b"", 0),
        Spot::Blocked(node) => {
            let what =
                if matches!(values[node], Value::List(_)) { "a list without such an item" } else { "not an object" };
            let at = match tree_keys[node] {
                _ if node == 0 => "the record".to_owned(),
                [] => "the item".to_owned(),
                key => format!("`{}`", String::from_utf8_lossy(key)),
            };
            let name = String::from_utf8_lossy(path);
            let reason = format!("the field `{name}` can't be made: {at} is {what}");
            return Err(Box::new(RecordError::new(offset, reason)));
        }
    };
    let mut one = [at as u32];
    let gone = match count {
        0 | 1 => &mut one[..count],
        count => arena.numbers(count, offset)?,
    };
    if count > 1 {
        let mut next = 0;
        each_node(tree, path, &mut |node| {
            gone[next] = node as u32;
            next += 1;
        });
        out.lose(LossyKind::DuplicateKey, count as u64 - 1);
    }
    let comes = if absent { 0 } else { steps(keys) + added };
    let change = Change { values, gone, parent, comes };
    let (mut node, mut left) = (0, change.gone);
    loop {
        if node == at && !absent {
            add(keys, key, value, inside, comes, out, offset)?;
        }
        if node == values.len() {
            return Ok(());
        }
        if left.first() == Some(&(node as u32)) {
            left = &left[1..];
            node += 1 + values[node].nodes_inside();
            continue;
        }
        out.push_keyed(tree_keys[node], change.changed(node), offset)?;
        node += 1;
    }
}

/// How the nodes of a record change.
struct Change<'c, 'a> {
    values: &'c [Value<'a>],
    /// Nodes that go, with all that is inside them, in order; none is inside another.
    gone: &'c [u32],
    /// The map or list into which others come.
    parent: usize,
    /// How many come.
    comes: usize,
}

impl<'a> Change<'_, 'a> {
    /// A node that stays: a map or list may have more or fewer nodes inside.
    fn changed(&self, node: usize) -> Value<'a> {
        let inside = |size: u32| {
            let last = node + size as usize;
            let gone = self.gone.iter().map(|gone| *gone as usize).filter(|gone| node < *gone && *gone <= last);
            let fewer: usize = gone.map(|gone| 1 + self.values[gone].nodes_inside()).sum();
            let more = if node <= self.parent && self.parent <= last { self.comes } else { 0 };
            (size as usize + more - fewer) as u32
        };
        match self.values[node] {
            Value::Map(size) => Value::Map(inside(size)),
            Value::List(size) => Value::List(inside(size)),
            value => value,
        }
    }
}

/// How many maps there are on a way: keys are divided by dots. One that begins or ends with a dot, or has two of them in a
/// row, is one key.
fn steps(keys: &[u8]) -> usize {
    match keys.split(|byte| *byte == b'.').any(<[u8]>::is_empty) {
        true => 0,
        false => keys.iter().filter(|byte| **byte == b'.').count(),
    }
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
    for _ in 0..steps(keys) {
        let dot = memchr::memchr(b'.', rest).unwrap_or(rest.len());
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

    fn makes_batches(&self) -> bool {
        true
    }

    fn fingerprint(&self) -> Option<String> {
        match self.what {
            What::Field => Some(format!("set {}", self.text)),
            what => Some(format!("{what:?} {}", self.text)),
        }
    }

    fn reads(&self) -> &[Box<[u8]>] {
        match self.what {
            What::Field => self.expression.fields(),
            // The setting that names the item says whether it was there.
            What::Item | What::Without => &[],
        }
    }

    fn excerpt(&self, field: &[u8]) -> Option<String> {
        self.expression.excerpt(field)
    }

    fn makes(&self) -> Option<&[u8]> {
        Some(&self.name)
    }

    fn is_ordered(&self) -> bool {
        self.expression.is_ordered()
    }

    fn memory(&self) -> usize {
        self.expression.memory()
    }

    fn plan(&self) -> Option<String> {
        Some(format!("{}\n{}", self.text, self.expression.listing()))
    }
}

//! Giving records a field: in columns, and in nested records, which are built anew for that.

use crate::error::RecordError;
use crate::expr::{Outcome, Scalar, text_value};
use crate::memory::Arena;
use crate::record::{Batch, LossyKind, Record, Spot, Tree, Value, each_node, spot};

/// Why a field that is made can't be written.
pub(super) const NO_COLUMN: &str = "the field that is made has no column";

/// Gives every record a field with this value, in columns and in nested records alike. The op has to name the field in
/// [`makes`](super::Op::makes), and to return true from [`makes_batches`](super::Op::makes_batches).
///
/// In nested records, the name is a path with dots. A field of that name is replaced; [`Value::Absent`] removes it from
/// a nested record. A record for which `value` fails is refused, and so is one that is given a list or map of nodes:
/// [`Value::Raw`] holds one as JSON text.
///
/// ```
/// use pagemill::op::{Op, put};
/// use pagemill::record::{Batch, Value};
/// use pagemill::{Format, Job, SourceSpec, TargetSpec};
///
/// /// Drops records without a fare, and says of the others whether it has cents.
/// struct Cents([Box<[u8]>; 1]);
///
/// impl Op for Cents {
///     fn name(&self) -> &str {
///         "cents"
///     }
///     fn reads(&self) -> &[Box<[u8]>] {
///         &self.0
///     }
///     fn makes(&self) -> Option<&[u8]> {
///         Some(b"cents")
///     }
///     fn makes_batches(&self) -> bool {
///         true
///     }
///     fn apply(&self, batch: &mut Batch<'_>) {
///         batch.retain(|record| !matches!(record.get("fare"), Value::Absent | Value::Null));
///         put(batch, "cents", |record| match record.get("fare") {
///             Value::Number(digits) => Ok(Value::Bool(digits.contains(&b'.'))),
///             other => Ok(other),
///         });
///     }
/// }
///
/// let csv = SourceSpec::bytes("id,fare\n1,1.10\n2,\n3,free\n");
/// let json = SourceSpec::bytes("{\"id\":1,\"fare\":1.10}\n{\"id\":2}\n{\"id\":3,\"fare\":\"free\"}\n");
/// for (source, format) in [(csv, Format::Csv), (json, Format::Ndjson)] {
///     let job = Job::new(source, TargetSpec::Memory).from(format).to(Format::Csv);
///     let report = job.op(Cents([b"fare"[..].into()])).run()?;
///     assert_eq!(report.output, b"id,fare,cents\n1,1.10,true\n3,free,free\n");
/// }
/// # Ok::<(), pagemill::Error>(())
/// ```
pub fn put<'a, N: AsRef<[u8]>>(
    batch: &mut Batch<'a>,
    name: N,
    mut value: impl FnMut(Record<'_, 'a>) -> Result<Value<'a>, RecordError>,
) {
    let mut plain = |record: Record<'_, 'a>| match value(record)? {
        Value::List(_) | Value::Map(_) => {
            Err(RecordError::new(record.offset(), "a field can't be given a list or map of nodes"))
        }
        value => Ok(value),
    };
    let name = name.as_ref();
    let ended = match batch.schema().map(|schema| schema.position(name)) {
        Some(Some(column)) => {
            for record in 0..batch.len() {
                match plain(batch.record(record)) {
                    Ok(value) => batch.nodes_mut(record).1[column] = value,
                    Err(error) => batch.reject_with(record, error),
                }
            }
            Ok(())
        }
        Some(None) => Err(RecordError::new(0, NO_COLUMN)),
        None => Put::begin(batch, name, false).and_then(|mut put| {
            for record in 0..batch.len() {
                let outcome = plain(batch.record(record)).map(Scalar::Field).map_err(Box::new);
                put.record(batch, record, Some(outcome));
            }
            put.end(batch)
        }),
    };
    if let Err(error) = ended {
        (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone()));
    }
}

/// Nested records that are built anew, with another value at a path.
pub(super) struct Put<'a> {
    path: &'a [u8],
    /// The path is one key of the record.
    one_key: bool,
    arena: &'a Arena,
    out: Batch<'a>,
    /// Why the batch can't be built.
    failed: Option<RecordError>,
}

impl<'a> Put<'a> {
    /// # Errors
    /// There is no memory.
    pub fn begin(batch: &Batch<'a>, path: &[u8], one_key: bool) -> Result<Put<'a>, RecordError> {
        let arena = batch.arena();
        let own = arena.bytes(path.len(), 0)?;
        own.copy_from_slice(path);
        Ok(Put { path: own, one_key, arena, out: batch.rebuild(), failed: None })
    }

    pub fn path(&self) -> &'a [u8] {
        self.path
    }

    /// The next record, with this outcome at the path; none: it stays as it is.
    pub fn record(&mut self, batch: &Batch<'a>, record: usize, outcome: Option<Outcome<'a>>) {
        let (span, tree, out) = (batch.span(record), batch.tree(record), &mut self.out);
        let built = match outcome {
            Some(outcome) => build(tree, self.path, self.one_key, outcome, out, self.arena, span.start),
            None => out.push_tree(b"", tree, span.start).map_err(Box::new),
        };
        let bad = built.err().map(|error| {
            // It is left as it was; the run's policy decides about it.
            out.abandon();
            self.failed = self.failed.take().or(out.push_tree(b"", tree, span.start).err());
            *error
        });
        self.failed = self.failed.take().or(out.end_record(span.start, span.end).err());
        if let (Some(error), None) = (bad, &self.failed) {
            out.reject_with(record, error);
        }
    }

    /// Replaces the batch.
    ///
    /// # Errors
    /// There is no memory.
    pub fn end(self, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        match self.failed {
            Some(error) => Err(error),
            None => {
                *batch = self.out;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Job, OnError, TargetSpec};
    use crate::metrics::Report;
    use crate::op::Op;
    use crate::{Format, SourceSpec};

    /// Puts the value of one field, or what is wrong with it, in the place of another.
    struct Copied {
        reads: [Box<[u8]>; 1],
        to: &'static str,
    }

    impl Op for Copied {
        fn name(&self) -> &str {
            "copied"
        }

        fn reads(&self) -> &[Box<[u8]>] {
            &self.reads
        }

        fn makes(&self) -> Option<&[u8]> {
            Some(self.to.as_bytes())
        }

        fn makes_batches(&self) -> bool {
            true
        }

        fn apply(&self, batch: &mut Batch<'_>) {
            put(batch, self.to, |record| match record.get(&self.reads[0]) {
                Value::Text(b"bad") => Err(RecordError::new(record.offset(), "it is bad")),
                value => Ok(value),
            });
        }
    }

    fn run(text: &str, format: Format, from: &str, to: &'static str) -> (String, Report) {
        let job = Job::new(SourceSpec::bytes(text.to_owned()), TargetSpec::Memory).from(format).to(format);
        let job = job.op(Copied { reads: [from.as_bytes().into()], to }).with(|s| s.on_error = OnError::Skip);
        let mut report = job.run().unwrap();
        (String::from_utf8(std::mem::take(&mut report.output)).unwrap(), report)
    }

    #[test]
    fn a_value_that_fails_refuses_its_record() {
        let (csv, report) = run("a,b\n1,x\nbad,y\n3,z\n", Format::Csv, "a", "c");
        assert_eq!((&*csv, report.records_failed), ("a,b,c\n1,x,1\n3,z,3\n", 1));
        let (json, report) = run("{\"a\":1}\n{\"a\":\"bad\"}\n{\"a\":3}\n", Format::Ndjson, "a", "c");
        assert_eq!((&*json, report.records_failed), ("{\"a\":1,\"c\":1}\n{\"a\":3,\"c\":3}\n", 1));
    }

    #[test]
    fn fields_inside_maps() {
        let text = "{\"m\":{\"p\":1,\"q\":2},\"a\":\"x\"}\n{\"m\":{\"p\":3}}\n{\"m\":{\"p\":[4]}}\n";
        // The last record's value is a list of nodes.
        let (json, report) = run(text, Format::Ndjson, "m.p", "m.n.o");
        let wanted = "{\"m\":{\"p\":1,\"q\":2,\"n\":{\"o\":1}},\"a\":\"x\"}\n{\"m\":{\"p\":3,\"n\":{\"o\":3}}}\n";
        assert_eq!((&*json, report.records_failed), (wanted, 1));
        // What is absent removes the field.
        let (json, _) = run(text, Format::Ndjson, "m.q", "m.p");
        assert_eq!(json, "{\"m\":{\"p\":2,\"q\":2},\"a\":\"x\"}\n{\"m\":{}}\n{\"m\":{}}\n");
    }

    #[test]
    fn names_that_are_read_occur() {
        let never = |from: &str| {
            let (_, report) = run("{\"a\":{\"b\":1}}\n{\"c\":2}\n", Format::Ndjson, from, "n");
            report.names_never_seen.iter().map(|never| never.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(never("a.b"), [] as [&str; 0]);
        assert_eq!(never("a.x"), ["a.x"]);
    }
}

//! From values to data, for types of any kind.

use std::collections::HashMap;

use super::default;
use super::out::{Out, Probe};
use super::scalar;
use super::tree::{Field, Id, Kind, Logical, Tree as Types};
use super::wrong::Wrong;
use crate::error::Error;
use crate::format::Options;
use crate::format::entry::Given;
use crate::record::json::{self, Reader, Refusal};
use crate::record::{Batch, BytesAs, Detail, LossyKind, Tree, Value};

/// How deep values may be inside others.
const LEVELS: usize = 256;

/// What writing needs to know of types. It is shared by all encoders.
pub(super) struct Target {
    pub tree: Types,
    /// For each record among the types.
    records: HashMap<Id, Fields>,
    /// The text of bytes is their Base64.
    pub base64: bool,
    /// Values are cells of a table in text, where lists and maps are JSON text.
    pub cells: bool,
    pub max_depth: usize,
}

/// The fields of a record.
struct Fields {
    numbers: HashMap<Box<[u8]>, u32>,
    /// The data of a field that is missing; none: it has to be there.
    missing: Vec<Option<Vec<u8>>>,
}

impl Target {
    pub fn new(tree: Types, options: &Options, given: &Given<'_>) -> Target {
        let base64 = given.gives.base64 || options.bytes_as == BytesAs::Base64;
        let (cells, max_depth) = (given.gives.cells, options.max_depth);
        let mut records = HashMap::new();
        for id in 0..tree.nodes.len() as Id {
            if let Kind::Record(fields) = &tree.node(id).kind {
                let numbers =
                    fields.iter().enumerate().map(|(place, field)| (field.name.as_bytes().into(), place as u32));
                let missing = fields.iter().map(|field| missing(&tree, field)).collect();
                records.insert(id, Fields { numbers: numbers.collect(), missing });
            }
        }
        Target { tree, records, base64, cells, max_depth }
    }

    /// The fields of a type, if it is a record, or one that may be null.
    pub fn fields_of(&self, id: Id) -> Option<(Id, &[Field])> {
        match &self.tree.node(id).kind {
            Kind::Record(fields) => Some((id, fields)),
            Kind::Union(branches) => branches.iter().find_map(|branch| match &self.tree.node(*branch).kind {
                Kind::Record(fields) => Some((*branch, fields.as_slice())),
                _ => None,
            }),
            _ => None,
        }
    }

    /// Writes a field that is missing.
    pub fn missing<O: Out>(&self, record: Id, number: usize, out: &mut O) -> Result<(), Wrong> {
        match self.records.get(&record).and_then(|fields| fields.missing[number].as_ref()) {
            Some(data) => {
                out.lose(LossyKind::AbsentAsNull);
                Ok(out.put(data)?)
            }
            None => Err(Wrong::of("is missing, and has no default in the schema of the output")),
        }
    }

    /// The number of null in a union, and that of the only other type.
    pub fn null_or(&self, id: Id) -> Option<(usize, usize, Id)> {
        let Kind::Union(branches) = &self.tree.node(id).kind else { return None };
        let is_null = |id: &Id| matches!(self.tree.node(*id).kind, Kind::Null);
        match branches[..] {
            [one, other] if is_null(&one) => Some((0, 1, other)),
            [one, other] if is_null(&other) => Some((1, 0, one)),
            _ => None,
        }
    }

    fn null_in(&self, branches: &[Id]) -> Option<usize> {
        branches.iter().position(|id| matches!(self.tree.node(*id).kind, Kind::Null))
    }
}

/// The data of a field that is missing.
fn missing(tree: &Types, field: &Field) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    let nulls = match &tree.node(field.of).kind {
        Kind::Null => true,
        Kind::Union(branches) => branches.iter().any(|id| matches!(tree.node(*id).kind, Kind::Null)),
        _ => false,
    };
    let value = field.default.clone().or(nulls.then_some(serde_json::Value::Null))?;
    default::encode(tree, field.of, &value, &mut data).map(|()| data)
}

/// Writes values.
pub(super) struct Putter {
    reader: Reader,
    writer: json::Writer,
    /// For each field of the records that are open, its node, or [`NONE`].
    places: Vec<u32>,
}

const NONE: u32 = u32::MAX;

/// Where lists and maps that are JSON text are taken apart: an empty batch.
pub(super) type Scratch<'s, 'a> = Option<&'s mut Batch<'a>>;

impl Putter {
    pub fn new(max_depth: usize, bytes_as: BytesAs) -> Putter {
        Putter {
            reader: Reader::new(max_depth, 0),
            writer: json::Writer::new(bytes_as),
            places: Vec::with_capacity(64),
        }
    }

    /// Begins a record.
    pub fn begin(&mut self) {
        self.places.clear();
    }

    /// Writes a value as one of this type.
    pub fn value<'a, O: Out>(
        &mut self,
        target: &Target,
        id: Id,
        tree: Tree<'_, 'a>,
        scratch: Scratch<'_, 'a>,
        out: &mut O,
        depth: usize,
    ) -> Result<(), Wrong> {
        if depth > LEVELS {
            return Err(Wrong::of(format!("has values inside others more than {LEVELS} deep")));
        }
        let node = target.tree.node(id);
        let value = tree.value();
        match &node.kind {
            Kind::Union(branches) => {
                if matches!(value, Value::Null | Value::Absent) {
                    let null = target.null_in(branches).ok_or_else(|| Wrong::kind(value, node))?;
                    return Ok(out.long(null as i64)?);
                }
                let number = match target.null_or(id) {
                    Some((_, other, _)) => other,
                    None => self.choose(target, branches, tree).ok_or_else(|| Wrong::kind(value, node))?,
                };
                out.long(number as i64)?;
                self.value(target, branches[number], tree, scratch, out, depth)
            }
            Kind::Array(_) | Kind::Map(_) | Kind::Record(_) => match (&node.kind, value) {
                (_, Value::Raw(text)) => self.parsed(target, id, text, value, scratch, out, depth),
                (_, Value::Text(text) | Value::Untyped(text)) if target.cells => {
                    self.parsed(target, id, text, value, scratch, out, depth)
                }
                (Kind::Array(items), Value::List(_)) => {
                    let count = tree.children().count();
                    if count > 0 {
                        out.long(count as i64)?;
                        for child in tree.children() {
                            let put = self.value(target, *items, child, None, out, depth + 1);
                            put.map_err(|wrong| wrong.within(b"[]"))?;
                        }
                    }
                    Ok(out.long(0)?)
                }
                (Kind::Map(values), Value::Map(_)) => {
                    let is_there = |child: &Tree<'_, '_>| !matches!(child.value(), Value::Absent);
                    let count = tree.children().filter(is_there).count();
                    if count > 0 {
                        out.long(count as i64)?;
                        for child in tree.children().filter(is_there) {
                            out.run(child.key())?;
                            let put = self.value(target, *values, child, None, out, depth + 1);
                            put.map_err(|wrong| wrong.within(child.key()))?;
                        }
                    }
                    Ok(out.long(0)?)
                }
                (Kind::Record(fields), Value::Map(_)) => self.record(target, id, fields, tree, out, depth),
                _ => Err(Wrong::kind(value, node)),
            },
            Kind::String if matches!(value, Value::List(_) | Value::Map(_)) => self.text(tree, out),
            _ => scalar::put(node, value, target.base64, out),
        }
    }

    /// A list or map that is JSON text.
    #[allow(clippy::too_many_arguments)]
    fn parsed<'a, O: Out>(
        &mut self,
        target: &Target,
        id: Id,
        text: &'a [u8],
        value: Value<'a>,
        scratch: Scratch<'_, 'a>,
        out: &mut O,
        depth: usize,
    ) -> Result<(), Wrong> {
        let node = target.tree.node(id);
        // What has been taken apart has no texts of lists or maps in it.
        let Some(scratch) = scratch else { return Err(Wrong::kind(value, node)) };
        let read = self.reader.only_value(text, 0..text.len(), Detail::All, scratch);
        let written = match read {
            Ok(()) if matches!(scratch.open_tree().value(), Value::List(_) | Value::Map(_)) => {
                self.value(target, id, scratch.open_tree(), None, out, depth)
            }
            Ok(()) => Err(Wrong::kind(value, node)),
            Err(error) if error.lacks_memory() => Err(error.into()),
            Err(_) => Err(Wrong::kind(value, node)),
        };
        scratch.abandon();
        written
    }

    fn record<'a, O: Out>(
        &mut self,
        target: &Target,
        id: Id,
        fields: &[Field],
        tree: Tree<'_, 'a>,
        out: &mut O,
        depth: usize,
    ) -> Result<(), Wrong> {
        let Some(Fields { numbers, .. }) = target.records.get(&id) else { return Ok(()) };
        let below = self.places.len();
        self.places.resize(below + fields.len(), NONE);
        let mut node = 1;
        for (guess, child) in tree.children().enumerate() {
            let found = match fields.get(guess) {
                Some(field) if field.name.as_bytes() == child.key() => Some(guess),
                _ => numbers.get(child.key()).map(|number| *number as usize),
            };
            match found {
                _ if matches!(child.value(), Value::Absent) => {}
                Some(number) => {
                    let place = &mut self.places[below + number];
                    if *place != NONE {
                        out.lose(LossyKind::DuplicateKey);
                    }
                    *place = node as u32;
                }
                None => out.lose(LossyKind::FieldNotInSchema),
            }
            node += 1 + child.value().nodes_inside();
        }
        for (number, field) in fields.iter().enumerate() {
            let put = match self.places[below + number] {
                NONE => target.missing(id, number, out),
                place => self.value(target, field.of, tree.node(place as usize), None, out, depth + 1),
            };
            if let Err(wrong) = put {
                self.places.truncate(below);
                return Err(wrong.within(field.name.as_bytes()));
            }
        }
        self.places.truncate(below);
        Ok(())
    }

    /// The number of the type in a union that a value, which is not null, is written as: the first one that holds it
    /// exactly, or else one that holds it in some way.
    fn choose(&mut self, target: &Target, branches: &[Id], tree: Tree<'_, '_>) -> Option<usize> {
        let value = tree.value();
        let kind = |id: &Id| &target.tree.node(*id).kind;
        let is_list = matches!(value, Value::List(_) | Value::Raw([b'[', ..]));
        let is_map = matches!(value, Value::Map(_) | Value::Raw(_)) && !is_list;
        let found = if is_list {
            branches.iter().position(|id| matches!(kind(id), Kind::Array(_)))
        } else if is_map {
            let records = branches.iter().position(|id| match kind(id) {
                Kind::Record(fields) => target.has_all(*id, fields, tree),
                _ => false,
            });
            records
                .or_else(|| branches.iter().position(|id| matches!(kind(id), Kind::Map(_))))
                .or_else(|| branches.iter().position(|id| matches!(kind(id), Kind::Record(_))))
        } else {
            let fits = |id: &Id, exactly: bool| {
                let node = target.tree.node(*id);
                // Nothing but texts are texts.
                let is_text = matches!(value, Value::Text(_) | Value::Untyped(_));
                let wrong = match (&node.kind, value) {
                    (Kind::Array(_) | Kind::Map(_) | Kind::Record(_) | Kind::Null, _) => true,
                    (Kind::Boolean | Kind::Int | Kind::Long | Kind::Float | Kind::Double, Value::Text(_)) => {
                        exactly && node.logical.is_none()
                    }
                    (Kind::Bytes, Value::Text(_) | Value::Untyped(_)) => {
                        exactly && !matches!((node.logical, value), (Some(_), Value::Untyped(_)))
                    }
                    (Kind::Fixed(_), Value::Text(_) | Value::Untyped(_)) => {
                        exactly && !matches!(node.logical, Some(Logical::Uuid | Logical::Duration))
                    }
                    (Kind::String, _) => exactly && !is_text,
                    // A whole number of a float has a point in its text.
                    (Kind::Float | Kind::Double, Value::Int(_) | Value::UInt(_)) => exactly,
                    (Kind::Int | Kind::Long, Value::Float(_)) => exactly,
                    _ => false,
                };
                let mut probe = Probe::default();
                !wrong && scalar::put(node, value, target.base64, &mut probe).is_ok() && !(exactly && probe.lost)
            };
            branches.iter().position(|id| fits(id, true)).or_else(|| branches.iter().position(|id| fits(id, false)))
        };
        // Anything has a text.
        found.or_else(|| branches.iter().position(|id| matches!(kind(id), Kind::String)))
    }

    /// A list or map as JSON text.
    fn text<O: Out>(&mut self, tree: Tree<'_, '_>, out: &mut O) -> Result<(), Wrong> {
        out.lose(if matches!(tree.value(), Value::List(_)) { LossyKind::ListAsText } else { LossyKind::MapAsText });
        let mut measured = Measured { out, len: 0 };
        self.writer.tree(tree, &mut measured).map_err(refused)?;
        let len = measured.len;
        out.long(len as i64)?;
        self.writer.tree(tree, &mut Text(out)).map_err(refused)
    }
}

impl Target {
    /// Whether a map has only fields of a record, and all that have to be there.
    fn has_all(&self, id: Id, fields: &[Field], tree: Tree<'_, '_>) -> bool {
        let Some(Fields { numbers, missing }) = self.records.get(&id) else { return false };
        if !tree.children().all(|child| numbers.contains_key(child.key())) {
            return false;
        }
        let has = |field: &Field| tree.children().any(|child| child.key() == field.name.as_bytes());
        fields.iter().zip(missing).all(|(field, missing)| missing.is_some() || has(field))
    }
}

fn refused(refusal: Refusal) -> Wrong {
    match refusal {
        Refusal::Stop(error) => Wrong::Stop(error),
        Refusal::Value(what) => Wrong::of(format!("can't be written as JSON text: {what}")),
        Refusal::NotFinite => Wrong::of("has a number that is NaN or infinite, which JSON text can't hold"),
    }
}

/// Measures JSON text.
struct Measured<'o, O> {
    out: &'o mut O,
    len: usize,
}

impl<O: Out> json::Sink for Measured<'_, O> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.len += bytes.len();
        Ok(())
    }

    fn lose(&mut self, kind: LossyKind) {
        self.out.lose(kind);
    }
}

/// Writes JSON text.
struct Text<'o, O>(&'o mut O);

impl<O: Out> json::Sink for Text<'_, O> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.put(bytes)
    }

    fn lose(&mut self, _: LossyKind) {}
}

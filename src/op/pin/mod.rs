//! Values of the types that a schema says.

mod convert;
mod text;

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::convert::{Room, Wrong, as_written, convert};
use super::Op;
use super::json_text::with_reader;
use crate::error::{Cause, Error, RecordError, Result};
use crate::record::json::{BytesAs, Detail};
use crate::record::proto::Root;
use crate::record::{Batch, Kind, LossyKind, Schema, Tree, Type, Value};
use crate::schema;

/// Makes all values those of a schema. A record with a value that does not fit is bad; a value that is written otherwise
/// than its kind writes it is written anew, and counted; a field that the schema lacks is left out, and counted.
pub struct PinSchema {
    path: PathBuf,
    text: String,
    schema: Arc<Schema>,
    /// For each schema of records, by its address, where its fields are.
    tables: HashMap<usize, Table>,
    bytes_as: BytesAs,
    max_depth: usize,
}

/// The fields of a record.
struct Table {
    numbers: HashMap<Box<[u8]>, u32>,
    /// Those that can't be missing.
    required: Vec<u32>,
}

/// So many records are gone through at one time.
const TOGETHER: usize = 64;

/// The most fields that can't be missing for which a record is looked through once.
const ONCE: usize = 1024;

impl PinSchema {
    /// The schema of a file: pagemill's own, or one of Avro. `bytes_as`: how bytes are written in texts; lists and maps in
    /// texts may be nested `max_depth` deep.
    ///
    /// # Errors
    /// Usage: it can't be read, or is no schema that is supported.
    pub fn read(path: &Path, bytes_as: BytesAs, max_depth: usize) -> Result<PinSchema> {
        let (schema, text) = schema::read(path)?;
        Ok(PinSchema::new(path, text, schema, bytes_as, max_depth))
    }

    /// The fields of a message of Protobuf, for records of other formats.
    ///
    /// # Errors
    /// Usage: it has too many fields.
    #[doc(hidden)]
    pub fn of_message(root: &Root, bytes_as: BytesAs, max_depth: usize) -> Result<PinSchema> {
        let wrong = |what: String| Error::usage(format!("⟨schema⟩: {what}"));
        let file = schema::of_message(root).map_err(wrong)?;
        let schema = file.schema().map_err(wrong)?;
        Ok(PinSchema::new(Path::new(&*root.message().name), file.text(), schema, bytes_as, max_depth))
    }

    /// The schema that a text says, which was read from a file once.
    pub(crate) fn of_text(text: &str, bytes_as: BytesAs, max_depth: usize) -> Result<PinSchema> {
        let schema = schema::of_text(text.as_bytes()).map_err(|what| Error::usage(format!("⟨schema⟩: {what}")))?;
        Ok(PinSchema::new(Path::new("schema"), text.to_owned(), schema, bytes_as, max_depth))
    }

    fn new(path: &Path, text: String, schema: Schema, bytes_as: BytesAs, max_depth: usize) -> PinSchema {
        let schema = Arc::new(schema);
        let mut tables = HashMap::new();
        add_tables(&schema, &mut tables);
        PinSchema { path: path.to_owned(), text, schema, tables, bytes_as, max_depth }
    }

    fn table(&self, schema: &Arc<Schema>) -> Option<&Table> {
        self.tables.get(&address(schema))
    }

    /// The number of a field of a record. `guess`: where it may be.
    #[inline]
    fn find(&self, schema: &Arc<Schema>, name: &[u8], guess: usize) -> Option<usize> {
        if guess < schema.len() && schema.name(guess) == name {
            return Some(guess);
        }
        self.table(schema)?.numbers.get(name).map(|number| *number as usize)
    }

    /// The type of a column: that of a field, or of a field inside records, whose names have dots between them.
    fn of_column<'s>(&'s self, schema: &'s Arc<Schema>, name: &[u8], guess: usize) -> Option<&'s Type> {
        if let Some(number) = self.find(schema, name, guess) {
            return Some(schema.type_of(number));
        }
        memchr::memchr_iter(b'.', name).find_map(|dot| {
            let outer = schema.type_of(self.find(schema, &name[..dot], usize::MAX)?);
            match &outer.kind {
                Kind::Record(inner) => self.of_column(inner, &name[dot + 1..], usize::MAX),
                _ => None,
            }
        })
    }

    /// Records in columns. Of those that the schema lacks, only what steps made is still there.
    fn columns(&self, batch: &mut Batch<'_>, schema: &Schema) {
        // A few records at a time, so that their values stay near the processor while all columns are gone through.
        for first in (0..batch.len()).step_by(TOGETHER) {
            let records = first..batch.len().min(first + TOGETHER);
            for column in 0..schema.len() {
                if let Some(of) = self.of_column(&self.schema, schema.name(column), column) {
                    self.column(batch, schema, column, of, records.clone());
                }
            }
        }
    }

    fn column(&self, batch: &mut Batch<'_>, schema: &Schema, column: usize, of: &Type, records: Range<usize>) {
        for record in records {
            let value = batch.columns(record)[column];
            if let Some(pinned) = as_written(&of.kind, value) {
                if matches!(value, Value::Untyped(_)) {
                    batch.nodes_mut(record).1[column] = pinned;
                }
                continue;
            }
            let mut room = self.room(batch, record);
            let pinned = self.cell(of, value, &mut room);
            let lost = room.lost;
            match pinned {
                Ok(pinned) => {
                    if !is_same(pinned, value) {
                        batch.nodes_mut(record).1[column] = pinned;
                    }
                    lost.into_iter().for_each(|kind| batch.lose_in(record, kind));
                }
                Err(wrong) => self.refuse(batch, record, wrong.at(schema.name(column))),
            }
        }
    }

    /// Whether there are columns of fields inside a record.
    fn has_parts(&self, columns: &Schema, name: &[u8]) -> bool {
        columns.names().any(|column| column.strip_prefix(name).is_some_and(|rest| rest.starts_with(b".")))
    }

    fn room<'a>(&self, batch: &Batch<'a>, record: usize) -> Room<'a> {
        Room {
            arena: batch.arena(),
            offset: batch.span(record).start,
            bytes_as: self.bytes_as,
            as_text: batch.untyped_is_text(),
            lost: None,
        }
    }

    #[cold]
    fn refuse(&self, batch: &mut Batch<'_>, record: usize, wrong: Wrong) {
        let offset = batch.span(record).start;
        let error = match wrong.memory {
            Some(error) => *error,
            None => RecordError::new(offset, wrong.message())
                .cause(Cause::Value)
                .hint("Correct the schema or the record, or leave such records out: ⟨on_error skip⟩."),
        };
        batch.reject_with(record, error);
    }

    /// A value of a column. Where the schema has lists, maps and records, a text is their JSON.
    fn cell<'a>(&self, of: &Type, value: Value<'a>, room: &mut Room<'a>) -> std::result::Result<Value<'a>, Wrong> {
        let text = match value {
            Value::Raw(text) => text,
            Value::Text(text) | Value::Untyped(text) if is_inside(&of.kind, text) => text,
            value => return convert(of, value, room),
        };
        let fits = with_reader(self.max_depth, |reader| {
            let mut parsed = Batch::new(room.arena, text, None, usize::MAX / 2);
            let read = reader.only_value(text, 0..text.len(), Detail::All, &mut parsed);
            let read = read.and_then(|_| parsed.end_record(0, text.len()));
            match read {
                Err(error) if error.lacks_memory() => return Err(Wrong::memory(error)),
                Err(_) => return Err(Wrong::value(of, value)),
                Ok(()) => {}
            }
            let (keys, values) = parsed.nodes_mut(0);
            let mut inside = Room { lost: None, ..*room };
            let mut nodes = Nodes { pin: self, keys, values, unknown: 0, is_text: true, changed: [0; CHANGES.len()] };
            nodes.value(of, 0, &mut inside)?;
            match nodes.unknown {
                0 => Ok(()),
                _ => Err(Wrong::of("has fields that the schema lacks inside its JSON text")),
            }
        });
        fits.map(|()| Value::Raw(text))
    }

    /// Leaves out the fields that the schema lacks.
    fn without_unknown<'a>(&self, batch: &Batch<'a>) -> std::result::Result<Batch<'a>, RecordError> {
        let mut out = batch.rebuild();
        for record in 0..batch.len() {
            let (root, span) = (batch.tree(record), batch.span(record));
            let lost = match root.value() {
                Value::Map(_) => self.copy_map(&self.schema, root, &mut out, span.start)?,
                _ => {
                    out.push_tree(b"", root, span.start)?;
                    0
                }
            };
            if lost > 0 {
                out.lose(LossyKind::FieldNotInSchema, lost);
            }
            out.end_record(span.start, span.end)?;
        }
        Ok(out)
    }

    /// Copies a map without the fields that its schema lacks; gives their number.
    fn copy_map<'a>(
        &self,
        schema: &Arc<Schema>,
        map: Tree<'_, 'a>,
        out: &mut Batch<'a>,
        offset: usize,
    ) -> std::result::Result<u64, RecordError> {
        let (node, mut lost) = (out.next_node(), 0);
        out.push_keyed(map.key(), Value::Map(0), offset)?;
        for (at, child) in map.children().enumerate() {
            match self.find(schema, child.key(), at) {
                Some(number) => lost += self.copy(schema.type_of(number), child, out, offset)?,
                None => lost += 1,
            }
        }
        out.close_map(node);
        Ok(lost)
    }

    fn copy<'a>(
        &self,
        of: &Type,
        tree: Tree<'_, 'a>,
        out: &mut Batch<'a>,
        offset: usize,
    ) -> std::result::Result<u64, RecordError> {
        match (tree.value(), container(&of.kind, tree.value())) {
            (Value::Map(_), Some(Kind::Record(schema))) => self.copy_map(schema, tree, out, offset),
            (value @ (Value::Map(_) | Value::List(_)), Some(Kind::Map(inner) | Kind::List(inner))) => {
                let (node, mut lost) = (out.next_node(), 0);
                out.push_keyed(tree.key(), value, offset)?;
                for child in tree.children() {
                    lost += self.copy(inner, child, out, offset)?;
                }
                match value {
                    Value::Map(_) => out.close_map(node),
                    _ => out.close_list(node),
                }
                Ok(lost)
            }
            _ => {
                out.push_tree(tree.key(), tree, offset)?;
                Ok(0)
            }
        }
    }
}

/// Whether a value is the other one and not only equal to it: texts are in the same place.
#[inline]
fn is_same(one: Value<'_>, other: Value<'_>) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) | (Value::Number(one), Value::Number(other)) => std::ptr::eq(one, other),
        (one, other) => one == other,
    }
}

fn address(schema: &Arc<Schema>) -> usize {
    Arc::as_ptr(schema) as usize
}

/// Adds the tables of a schema and of those inside it, each once: one may be in many places.
fn add_tables(schema: &Arc<Schema>, tables: &mut HashMap<usize, Table>) {
    if tables.contains_key(&address(schema)) {
        return;
    }
    let numbers = schema.names().enumerate().map(|(number, name)| (name.into(), number as u32)).collect();
    let required = (0..schema.len()).filter(|number| !is_nullable(schema.type_of(*number)));
    let required = required.map(|number| number as u32).collect();
    tables.insert(address(schema), Table { numbers, required });
    (0..schema.len()).for_each(|number| add_inside(schema.type_of(number), tables));
}

fn add_inside(of: &Type, tables: &mut HashMap<usize, Table>) {
    match &of.kind {
        Kind::Record(schema) => add_tables(schema, tables),
        Kind::List(inner) | Kind::Map(inner) => add_inside(inner, tables),
        Kind::Union(types) => types.iter().for_each(|of| add_inside(of, tables)),
        _ => {}
    }
}

/// Whether a value may be null or missing.
fn is_nullable(of: &Type) -> bool {
    of.nullable || matches!(&of.kind, Kind::Any) || matches!(&of.kind, Kind::Union(of) if of.iter().any(is_nullable))
}

/// The kind of a list or map among those of a union.
fn container<'k>(kind: &'k Kind, value: Value<'_>) -> Option<&'k Kind> {
    match (kind, value) {
        (Kind::Union(types), value) => types.iter().find_map(|of| container(&of.kind, value)),
        (Kind::List(_), Value::List(_)) | (Kind::Map(_) | Kind::Record(_), Value::Map(_)) => Some(kind),
        _ => None,
    }
}

/// Whether a text is looked at as the JSON of a list or map.
fn is_inside(kind: &Kind, text: &[u8]) -> bool {
    match (kind, text.first()) {
        (Kind::List(_), _) => true,
        (Kind::Map(_) | Kind::Record(_), _) => true,
        (Kind::Union(types), first) => types.iter().any(|of| match of.kind {
            Kind::List(_) => first == Some(&b'['),
            Kind::Map(_) | Kind::Record(_) => first == Some(&b'{'),
            _ => false,
        }),
        _ => false,
    }
}

/// The nodes of a record.
struct Nodes<'n, 'a> {
    pin: &'n PinSchema,
    keys: &'n [&'a [u8]],
    values: &'n mut [Value<'a>],
    /// How many fields the schema lacks.
    unknown: u64,
    /// They are those of a text, which stays as it is.
    is_text: bool,
    /// How many values were changed, for each of [`CHANGES`].
    changed: [u32; CHANGES.len()],
}

/// What may be lost where a value becomes one of its kind.
const CHANGES: [LossyKind; 4] =
    [LossyKind::SpellingChanged, LossyKind::NumberRounded, LossyKind::NumberAsText, LossyKind::BoolAsText];

impl<'a> Nodes<'_, 'a> {
    fn value(&mut self, of: &Type, node: usize, room: &mut Room<'a>) -> std::result::Result<(), Wrong> {
        let value = self.values[node];
        let inside = value.nodes_inside();
        match (value, container(&of.kind, value)) {
            (Value::Map(_), Some(Kind::Record(schema))) => self.map(schema, node, room),
            (Value::Map(_) | Value::List(_), Some(Kind::Map(inner) | Kind::List(inner))) => {
                let mut at = node + 1;
                while at <= node + inside {
                    self.value(inner, at, room).map_err(|wrong| wrong.inside(self.keys[at]))?;
                    at += 1 + self.values[at].nodes_inside();
                }
                Ok(())
            }
            (Value::Map(_) | Value::List(_), _) if of.kind == Kind::Any => Ok(()),
            _ => {
                let pinned = convert(of, value, room)?;
                if let Some(kind) = room.lost.take() {
                    let counts = CHANGES.iter().zip(&mut self.changed);
                    counts.filter(|(known, _)| **known == kind).for_each(|(_, count)| *count += 1);
                }
                if self.is_text && pinned != value && !matches!(pinned, Value::Bytes(_)) {
                    return Err(Wrong::of("is written otherwise than its kind writes it, inside a JSON text"));
                }
                self.values[node] = pinned;
                Ok(())
            }
        }
    }

    fn map(&mut self, schema: &Arc<Schema>, node: usize, room: &mut Room<'a>) -> std::result::Result<(), Wrong> {
        let Some(table) = self.pin.table(schema) else { return Ok(()) };
        let end = node + 1 + self.values[node].nodes_inside();
        let mut seen = [0u64; ONCE / 64];
        let (mut at, mut place) = (node + 1, 0);
        while at < end {
            match self.pin.find(schema, self.keys[at], place) {
                Some(number) => {
                    let key = self.keys[at];
                    self.value(schema.type_of(number), at, room).map_err(|wrong| wrong.at(key))?;
                    if number < ONCE {
                        seen[number / 64] |= 1 << (number % 64);
                    }
                }
                None => self.unknown += 1,
            }
            at += 1 + self.values[at].nodes_inside();
            place += 1;
        }
        for number in &table.required {
            let number = *number as usize;
            let is_seen = match number < ONCE {
                true => seen[number / 64] >> (number % 64) & 1 == 1,
                false => self.has(node, schema.name(number)),
            };
            if !is_seen {
                return Err(Wrong::missing().at(schema.name(number)));
            }
        }
        Ok(())
    }

    /// Whether a map has a key.
    fn has(&self, node: usize, key: &[u8]) -> bool {
        let end = node + 1 + self.values[node].nodes_inside();
        let mut at = node + 1;
        while at < end {
            if self.keys[at] == key {
                return true;
            }
            at += 1 + self.values[at].nodes_inside();
        }
        false
    }

    /// The root of a record: one that is no map is its field `value`.
    fn root(&mut self, room: &mut Room<'a>) -> std::result::Result<(), Wrong> {
        let pin = self.pin;
        if let Value::Map(_) = self.values[0] {
            return self.map(&pin.schema, 0, room);
        }
        match pin.find(&pin.schema, b"value", 0) {
            Some(number) => self.value(pin.schema.type_of(number), 0, room).map_err(|wrong| wrong.at(b"value")),
            None => Err(Wrong::of("is not an object, and the schema has no field `value`").at(b"value")),
        }
    }
}

impl Op for PinSchema {
    fn name(&self) -> &str {
        "schema"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        if let Some(schema) = batch.schema() {
            return self.columns(batch, schema);
        }
        let mut unknown = 0;
        for record in 0..batch.len() {
            let mut room = self.room(batch, record);
            let (keys, values) = batch.nodes_mut(record);
            let mut nodes = Nodes { pin: self, keys, values, unknown: 0, is_text: false, changed: [0; CHANGES.len()] };
            let pinned = nodes.root(&mut room);
            unknown += nodes.unknown;
            let changed = nodes.changed;
            match pinned {
                Ok(()) => {
                    for (kind, count) in CHANGES.into_iter().zip(changed) {
                        (0..count).for_each(|_| batch.lose_in(record, kind));
                    }
                }
                Err(wrong) => self.refuse(batch, record, wrong),
            }
        }
        if unknown > 0 {
            match self.without_unknown(batch) {
                Ok(known) => *batch = known,
                Err(error) => (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone())),
            }
        }
    }

    fn needs_utf8(&self) -> bool {
        false
    }

    fn makes_batches(&self) -> bool {
        true
    }

    fn keeps(&self, column: &[u8]) -> bool {
        self.of_column(&self.schema, column, usize::MAX).is_some()
    }

    fn check_columns(&self, source: &Schema) -> Result<()> {
        let required = self.table(&self.schema).map_or(&[][..], |table| &table.required);
        let names = required.iter().map(|number| self.schema.name(*number as usize));
        let missing = |name: &&[u8]| source.position(name).is_none() && !self.has_parts(source, name);
        match names.enumerate().find(|(at, name)| (*at >= source.len() || source.name(*at) != *name) && missing(name)) {
            None => Ok(()),
            Some((_, name)) => Err(Error::refused(format!(
                "the source has no field `{}`, and the schema does not allow that it is missing\n  Make it nullable in the schema ({}).",
                String::from_utf8_lossy(name),
                self.path.display()
            ))),
        }
    }

    fn types(&self) -> Option<Arc<Schema>> {
        Some(self.schema.clone())
    }

    fn pins(&self) -> Option<&str> {
        Some(&self.text)
    }

    fn fingerprint(&self) -> Option<String> {
        let hash = twox_hash::XxHash3_64::oneshot(self.text.as_bytes());
        Some(format!("schema {hash:016x} {}", self.text.len()))
    }

    fn plan(&self) -> Option<String> {
        Some(self.path.display().to_string())
    }
}

//! Batches to records, each with its length before it: what makes blocks takes them apart again.

use std::ops::Range;
use std::sync::Arc;

use super::out::{Again, Filling, Out, Room};
use super::put::{Putter, Scratch, Target};
use super::quick::Quick;
use super::scalar;
use super::tree::{Field, Id, Kind};
use super::wrong::Wrong;
use crate::error::{Error, RecordError};
use crate::format::Encode;
use crate::record::{Batch, BytesAs, EncodeError, LossyKind, Output, Schema, Tree, Value};

pub(super) struct Encoder {
    target: Arc<Target>,
    putter: Putter,
    room: Room,
    /// Where the fields of a record in columns are.
    columns: Option<Columns>,
}

/// Where the fields of a record are among columns.
struct Columns {
    fields: Vec<From>,
    /// Columns that are no fields.
    unknown: Vec<usize>,
}

enum From {
    Column(usize),
    /// A column of plain values, the number of their type, and, where they may be null, that of null and of the other type
    /// of the union.
    Plain {
        column: usize,
        of: Id,
        quick: Quick,
        union: Option<[usize; 2]>,
    },
    /// Those of a record inside the record are columns of their own.
    Parts(Vec<From>),
    Nowhere,
}

impl Encoder {
    pub fn new(target: &Arc<Target>, columns: Option<&Schema>, bytes_as: BytesAs) -> Encoder {
        let columns = columns.map(|schema| {
            let mut known = vec![false; schema.len()];
            let fields = target.fields_of(target.tree.root).map(|(_, fields)| fields).unwrap_or_default();
            let fields = places(target, fields, schema, b"", &mut known, 0);
            let unknown = known.iter().enumerate().filter(|(_, known)| !**known).map(|(place, _)| place);
            Columns { fields, unknown: unknown.collect() }
        });
        Encoder { target: target.clone(), putter: Putter::new(target.max_depth, bytes_as), room: Room::new(), columns }
    }

    fn write<'a, O: Out>(
        &mut self,
        batch: &Batch<'a>,
        index: usize,
        scratch: &mut Batch<'a>,
        out: &mut O,
    ) -> Result<(), Wrong> {
        let (target, root) = (&*self.target, self.target.tree.root);
        self.putter.begin();
        match &self.columns {
            Some(columns) => {
                let values = batch.columns(index);
                for place in &columns.unknown {
                    if !matches!(values[*place], Value::Absent) {
                        out.lose(LossyKind::FieldNotInSchema);
                    }
                }
                let Some((id, fields)) = target.fields_of(root) else { return Ok(()) };
                row(&mut self.putter, target, id, fields, &columns.fields, values, scratch, out)
            }
            None => {
                let tree = batch.tree(index);
                if !matches!(tree.value(), Value::Map(_)) {
                    return Err(no_record(tree.value()));
                }
                self.putter.value(target, root, tree, Some(scratch), out, 0)
            }
        }
    }
}

#[cold]
fn no_record(value: Value<'_>) -> Wrong {
    let what = match value {
        Value::List(_) => "a list",
        _ => "a plain value",
    };
    let error = RecordError::new(0, format!("the record is {what}, and records of Avro have fields"));
    error.hint("Leave such records out with ⟨on_error skip⟩.").into()
}

/// Where fields are.
fn places(
    target: &Target,
    fields: &[Field],
    schema: &Schema,
    before: &[u8],
    known: &mut [bool],
    depth: usize,
) -> Vec<From> {
    let place = |field: &Field, known: &mut [bool]| {
        let name = [before, field.name.as_bytes()].concat();
        if let Some(column) = schema.position(&name) {
            known[column] = true;
            return match target.null_or(field.of) {
                Some((null, other, of)) if is_scalar(target, of) => {
                    From::Plain { column, of, quick: Quick::of(target.tree.node(of)), union: Some([null, other]) }
                }
                None if is_scalar(target, field.of) => {
                    From::Plain { column, of: field.of, quick: Quick::of(target.tree.node(field.of)), union: None }
                }
                _ => From::Column(column),
            };
        }
        let before = [&name[..], b"."].concat();
        let has_parts = depth < 64 && schema.names().any(|column| column.starts_with(&before));
        match target.fields_of(field.of).filter(|_| has_parts) {
            Some((_, fields)) => From::Parts(places(target, fields, schema, &before, known, depth + 1)),
            None => From::Nowhere,
        }
    };
    fields.iter().map(|field| place(field, known)).collect()
}

/// Whether a type has neither parts nor others among which one is chosen.
fn is_scalar(target: &Target, id: Id) -> bool {
    !matches!(target.tree.node(id).kind, Kind::Union(_)) && target.tree.is_plain(id)
}

/// Whether there is nothing in the columns of a record.
fn is_empty(from: &[From], values: &[Value<'_>]) -> bool {
    from.iter().all(|from| match from {
        From::Column(column) | From::Plain { column, .. } => matches!(values[*column], Value::Absent | Value::Null),
        From::Parts(parts) => is_empty(parts, values),
        From::Nowhere => true,
    })
}

/// Writes the fields of a record in columns.
#[allow(clippy::too_many_arguments)]
fn row<'a, O: Out>(
    putter: &mut Putter,
    target: &Target,
    id: Id,
    fields: &[Field],
    from: &[From],
    values: &[Value<'a>],
    scratch: &mut Batch<'a>,
    out: &mut O,
) -> Result<(), Wrong> {
    for (number, (field, from)) in fields.iter().zip(from).enumerate() {
        let put = match from {
            From::Column(column) | From::Plain { column, .. } if matches!(values[*column], Value::Absent) => {
                target.missing(id, number, out)
            }
            From::Plain { column, of, quick, union } => {
                let value = values[*column];
                match union {
                    Some([null, _]) if matches!(value, Value::Null) => {
                        out.long(*null as i64)?;
                        continue;
                    }
                    Some([_, other]) => out.long(*other as i64)?,
                    None => {}
                }
                match quick.put(value, out) {
                    Some(written) => Ok(written?),
                    None => scalar::put(target.tree.node(*of), value, target.base64, out),
                }
            }
            From::Column(column) => {
                let tree = Tree::leaf(&values[*column]);
                let scratch: Scratch<'_, 'a> = Some(scratch);
                putter.value(target, field.of, tree, scratch, out, 1)
            }
            From::Nowhere => target.missing(id, number, out),
            From::Parts(parts) => match (target.null_or(field.of), target.fields_of(field.of)) {
                (Some((null, ..)), _) if is_empty(parts, values) => Ok(out.long(null as i64)?),
                (may_be_null, Some((id, fields))) => {
                    if let Some((_, other, _)) = may_be_null {
                        out.long(other as i64)?;
                    }
                    row(putter, target, id, fields, parts, values, scratch, out)
                }
                _ => Ok(()),
            },
        };
        put.map_err(|wrong| wrong.within(field.name.as_bytes()))?;
    }
    Ok(())
}

impl Encode for Encoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let mut scratch = Batch::new(batch.arena(), batch.slice(), None, usize::MAX);
        for index in records {
            let mark = output.mark();
            let offset = batch.span(index).start;
            let mut room = self.room.take();
            let written = self.write(batch, index, &mut scratch, &mut Filling { room: &mut room, output });
            self.room = room;
            let len = u32::try_from(self.room.len());
            let error = match (written, len) {
                (Ok(()), Ok(len)) => match output.end_record(offset) {
                    Ok(()) => {
                        output.put(&len.to_le_bytes())?;
                        match self.room.kept() {
                            Some(data) => output.put(data)?,
                            None => self.again(batch, index, &mut scratch, output)?,
                        }
                        continue;
                    }
                    Err(error) => error,
                },
                (Ok(()), Err(_)) => RecordError::new(offset, "the record has 4 GiB or more, which blocks can't hold"),
                (Err(wrong), _) => wrong.of_record(offset)?,
            };
            return Err(output.refuse(mark, index, error));
        }
        Ok(())
    }
}

impl Encoder {
    /// Writes a record that was too long to be kept.
    #[cold]
    fn again<'a>(
        &mut self,
        batch: &Batch<'a>,
        index: usize,
        scratch: &mut Batch<'a>,
        output: &mut Output<'_>,
    ) -> Result<(), EncodeError> {
        match self.write(batch, index, scratch, &mut Again(output)) {
            Ok(()) => Ok(()),
            Err(wrong) => match wrong.of_record(0) {
                Err(error) => Err(EncodeError::Stop(error)),
                // It was written once without an error.
                Ok(_) => Err(EncodeError::Stop(Error::memory("a record of Avro was refused the second time"))),
            },
        }
    }
}

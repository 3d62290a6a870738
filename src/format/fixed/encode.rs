//! From values to bytes: what does not fit is an error, never cut off.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

use super::field::{self, Kind, Misfit, TextRule};
use super::layout::Layout;
use crate::error::RecordError;
use crate::format::{Encode, Shape};
use crate::record::{Apart, Batch, Binder, EncodeError, LossyKind, NONE, Output, Value};

/// Where the values of the layout's items come from.
enum From {
    /// For each item, its column in the source (`None` for skipped ones); and the columns that have no item.
    Columns { of_item: Vec<Option<usize>>, unknown: Vec<usize> },
    /// Keyed records, bound to the layout's names.
    Keyed(Box<Binder>),
}

pub(super) struct Encoder {
    layout: Arc<Layout>,
    from: From,
    rule: TextRule,
}

impl Encoder {
    pub(super) fn new(layout: Arc<Layout>, shape: &Shape, rule: TextRule) -> Encoder {
        let from = match shape {
            Shape::Keyed => {
                let schema = layout.schema();
                let apart = Apart::along(schema.names());
                From::Keyed(Box::new(Binder::new(schema, apart)))
            }
            Shape::Columns(schema) => {
                let column = |f: &super::Field| match f.kind {
                    Kind::Skip => None,
                    _ => schema.position(f.name.as_bytes()),
                };
                let of_item: Vec<_> = layout.fields().iter().map(column).collect();
                let unknown = (0..schema.len()).filter(|c| !of_item.contains(&Some(*c))).collect();
                From::Columns { of_item, unknown }
            }
        };
        Encoder { layout, from, rule }
    }
}

impl Encode for Encoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let Encoder { layout, from: source, rule } = self;
        match source {
            From::Columns { of_item, unknown } => {
                for index in records {
                    let values = batch.columns(index);
                    let unknown = unknown.iter().filter(|column| values[**column] != Value::Absent).count();
                    let lost = Lost { unknown, doubled: 0 };
                    let value = |item: usize, _| of_item[item].map_or(Value::Absent, |column| values[column]);
                    record(layout, *rule, batch, index, output, lost, value)?;
                }
                Ok(())
            }
            From::Keyed(binder) => keyed(layout, *rule, binder, batch, records, output),
        }
    }
}

fn keyed(
    layout: &Layout,
    rule: TextRule,
    binder: &mut Binder,
    batch: &Batch<'_>,
    records: Range<usize>,
    output: &mut Output<'_>,
) -> Result<(), EncodeError> {
    for index in records {
        let tree = batch.tree(index);
        // Nothing is refused here: values without a place are counted.
        let Ok(bound) = binder.bind(tree, |_| Ok::<(), Infallible>(()));
        let lost = Lost { unknown: bound.unknown as usize, doubled: bound.doubled as usize };
        let (values, _) = tree.nodes();
        // A skipped item takes no value, and there is none after the last field.
        let value = |_, named: usize| match bound.nodes.get(named) {
            Some(&node) if node != NONE => values[node as usize],
            _ => Value::Absent,
        };
        record(layout, rule, batch, index, output, lost, value)?;
    }
    Ok(())
}

/// How many keys of a record have no place in the layout, and how many occur twice.
#[derive(Clone, Copy, Default)]
struct Lost {
    unknown: usize,
    doubled: usize,
}

/// Writes one record, or nothing of it. `value` returns the value of an item, given its index among all items and among
/// those that are not skipped.
#[inline]
fn record<'a>(
    layout: &Layout,
    rule: TextRule,
    batch: &Batch<'_>,
    index: usize,
    output: &mut Output<'_>,
    lost: Lost,
    value: impl Fn(usize, usize) -> Value<'a>,
) -> Result<(), EncodeError> {
    // The memory plan makes buffers at least as wide as a record.
    output.room(layout.width())?;
    let mark = output.mark();
    for _ in 0..lost.unknown {
        output.lose(LossyKind::UnknownKey);
    }
    for _ in 0..lost.doubled {
        output.lose(LossyKind::DuplicateKey);
    }
    let mut named = 0;
    for (item, field) in layout.fields().iter().enumerate() {
        // The room for the record was made above; this only borrows it again.
        let mut lost = None;
        let place = &mut output.room(0)?[field.offset..field.offset + field.width];
        if let Err(misfit) = field::write(field.kind, value(item, named), rule, place, |kind| lost = Some(kind)) {
            let offset = batch.span(index).start;
            return Err(output.refuse(mark, index, refused(&field.name, misfit, offset)));
        }
        if let Some(kind) = lost {
            output.lose(kind);
        }
        named += usize::from(field.kind != Kind::Skip);
    }
    output.advance(layout.width());
    output.end_record(batch.span(index).start).map_err(|error| output.refuse(mark, index, error))
}

#[cold]
fn refused(name: &str, misfit: Misfit, offset: usize) -> RecordError {
    let error = RecordError::new(offset, format!("field `{name}` {}", misfit.reason));
    match misfit.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

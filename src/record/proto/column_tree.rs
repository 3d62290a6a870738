//! Columns as fields of a message, also of messages inside it: names of those have dots.

use super::fault::Fail;
use super::pen::{DEEPEST, Pen, Written, tag, takes_null, two_of};
use super::sink::Sink;
use super::table::{Known, Messages, Of, Shape};
use super::tape::Tape;
use super::wire::{BEGIN_GROUP, BYTES, END_GROUP};
use crate::record::{Batch, LossyKind, Schema, Value};

/// How columns become a message.
pub struct ColumnTree {
    branch: Branch,
    /// Columns that are no field.
    lost: Vec<(usize, LossyKind)>,
}

/// The fields of a message that have columns, in order of their numbers.
#[derive(Default)]
struct Branch(Vec<Member>);

struct Member {
    number: u32,
    place: usize,
    /// The column that is the field.
    column: Option<usize>,
    /// Those that are fields inside it.
    inside: Branch,
    /// Those that are values of a map, with their keys.
    pairs: Vec<(Box<[u8]>, usize)>,
}

impl Branch {
    fn member(&mut self, number: u32, place: usize) -> &mut Member {
        let at = self.0.partition_point(|member| member.number < number);
        if self.0.get(at).is_none_or(|member| member.number != number) {
            let member = Member { number, place, column: None, inside: Branch::default(), pairs: Vec::new() };
            self.0.insert(at, member);
        }
        &mut self.0[at]
    }

    /// Adds a column; says what is lost if it is no field.
    fn add(&mut self, messages: &Messages, of: u32, name: &[u8], column: usize, depth: usize) -> Option<LossyKind> {
        let message = messages.at(of);
        if let Some(place) = message.named(name, 0) {
            let member = self.member(message.fields[place].number, place);
            let other = member.column.get_or_insert(column);
            return (*other != column).then_some(LossyKind::DuplicateKey);
        }
        for dot in memchr::memchr_iter(b'.', name) {
            let Some(place) = message.named(&name[..dot], 0) else { continue };
            let (field, rest) = (&message.fields[place], &name[dot + 1..]);
            match (field.shape, field.of) {
                // The dot may be one of the key, or go on inside the value.
                (Shape::Map(pair), _) if rest.contains(&b'.') && holds_fields(messages, pair) => {}
                (Shape::Map(_), _) => {
                    self.member(field.number, place).pairs.push((rest.into(), column));
                    return None;
                }
                (Shape::List { .. }, _) => {}
                (_, Of::Message { of, .. }) if messages.at(of).known == Known::No && depth < DEEPEST => {
                    // Without a column in it, it is as if it were not there.
                    let inside = &mut self.member(field.number, place).inside;
                    match inside.add(messages, of, rest, column, depth + 1) {
                        Some(LossyKind::FieldNotInSchema) => {}
                        lost => return lost,
                    }
                }
                _ => {}
            }
        }
        Some(LossyKind::FieldNotInSchema)
    }

    /// Whether a column has a value.
    fn is_there(&self, values: &[Value<'_>]) -> bool {
        self.0.iter().any(|member| member.is_there(values))
    }
}

/// Whether a value of a map, whose pairs are these messages, may have fields of its own.
fn holds_fields(messages: &Messages, pair: u32) -> bool {
    let value = messages.at(pair).fields.last().map(|value| value.of);
    let Some(Of::Message { of, .. }) = value else { return false };
    matches!(messages.at(of).known, Known::No | Known::Struct | Known::Value | Known::Any)
}

fn is_value(value: Value<'_>) -> bool {
    !matches!(value, Value::Absent | Value::Null)
}

impl Member {
    fn is_there(&self, values: &[Value<'_>]) -> bool {
        self.column.is_some_and(|column| is_value(values[column])) || self.has_inside(values)
    }

    fn has_inside(&self, values: &[Value<'_>]) -> bool {
        self.inside.is_there(values) || self.pairs.iter().any(|(_, column)| is_value(values[*column]))
    }
}

impl ColumnTree {
    pub fn new(messages: &Messages, of: u32, schema: &Schema) -> ColumnTree {
        let (mut branch, mut lost) = (Branch::default(), Vec::new());
        for (column, name) in schema.names().enumerate() {
            lost.extend(branch.add(messages, of, name, column, 0).map(|kind| (column, kind)));
        }
        ColumnTree { branch, lost }
    }

    /// Writes a record.
    pub fn write<'a, S: Sink>(
        &self,
        pen: &mut Pen,
        messages: &Messages,
        of: u32,
        values: &[Value<'a>],
        scratch: &mut Batch<'a>,
        sink: &mut S,
    ) -> Written {
        for (column, kind) in &self.lost {
            if !matches!(values[*column], Value::Absent) {
                pen.lost.push(*kind);
            }
        }
        branch(&self.branch, pen, messages, of, values, 0, scratch, sink)
    }
}

/// Writes the content of a message.
#[allow(clippy::too_many_arguments)]
fn branch<'a, S: Sink>(
    of_branch: &Branch,
    pen: &mut Pen,
    messages: &Messages,
    of: u32,
    values: &[Value<'a>],
    depth: usize,
    scratch: &mut Batch<'a>,
    sink: &mut S,
) -> Written {
    let message = messages.at(of);
    for place in &message.required {
        let is_it = |member: &Member| member.place == *place as usize && member.is_there(values);
        if !of_branch.0.iter().any(is_it) {
            let name = &message.fields[*place as usize].name;
            return Err(Fail::wrong("is missing, and the message requires it").at(name));
        }
    }
    for (index, own) in of_branch.0.iter().enumerate() {
        let field = &message.fields[own.place];
        let is_there = own.is_there(values);
        if let Some(oneof) = field.oneof.filter(|_| is_there) {
            let other = |other: &Member| message.fields[other.place].oneof == Some(oneof) && other.is_there(values);
            if of_branch.0[..index].iter().any(other) {
                return Err(two_of(&message.oneofs[oneof as usize], &field.name));
            }
        }
        let written = match own.has_inside(values) {
            false => match own.column {
                // Another column of its group may have the value.
                Some(column) if field.oneof.is_some() && !is_value(values[column]) && takes_null(messages, field) => {
                    Ok(())
                }
                Some(column) => {
                    let cell = [values[column]];
                    pen.field(messages, field, Tape::one(&cell), 0, depth, Some(&mut *scratch), sink)
                }
                None => Ok(()),
            },
            true if own.column.is_some_and(|column| is_value(values[column])) => {
                Err(Fail::wrong("has both a value of its own and fields inside"))
            }
            true => member(own, pen, messages, of, values, depth, scratch, sink),
        };
        written.map_err(|fail| fail.at(&field.name))?;
    }
    Ok(())
}

/// Writes a field whose columns are inside it.
#[allow(clippy::too_many_arguments)]
fn member<'a, S: Sink>(
    own: &Member,
    pen: &mut Pen,
    messages: &Messages,
    of: u32,
    values: &[Value<'a>],
    depth: usize,
    scratch: &mut Batch<'a>,
    sink: &mut S,
) -> Written {
    let field = &messages.at(of).fields[own.place];
    match (field.shape, field.of) {
        (Shape::Map(pair), _) => {
            for (key, column) in own.pairs.iter().filter(|(_, column)| is_value(values[*column])) {
                let cell = [values[*column]];
                let (tape, scratch) = (Tape::one(&cell), Some(&mut *scratch));
                let written = pen.pair(messages, field.number, pair, key, tape, 0, depth, scratch, sink);
                written.map_err(|fail| fail.inside(key))?;
            }
            Ok(())
        }
        (_, Of::Message { of, group: true }) => {
            tag(field.number, BEGIN_GROUP, sink)?;
            branch(&own.inside, pen, messages, of, values, depth + 1, scratch, sink)?;
            tag(field.number, END_GROUP, sink)
        }
        (_, Of::Message { of, .. }) => {
            tag(field.number, BYTES, sink)?;
            let begun = sink.begin()?;
            branch(&own.inside, pen, messages, of, values, depth + 1, scratch, sink)?;
            sink.end(begun)
        }
        _ => Ok(()),
    }
}

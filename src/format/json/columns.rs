//! Batches in columns to NDJSON and JSON.

use std::ops::Range;

use super::encode::{Style, finish};
use crate::format::Encode;
use crate::record::json::{Grouped, Plain, Sink, Step, json_text, unflatten};
use crate::record::{Batch, EncodeError, Output, Schema, Value};
use crate::scan::json::{write_text, write_untyped};
use crate::scan::number::decimal;
use crate::scan::vector::{Unit, Vector, Work};

/// A field's name as it stands in the output, `,"name":`.
struct Name {
    first: [u8; 32],
    /// What does not fit into `first`.
    rest: Box<[u8]>,
    len: usize,
}

impl Name {
    fn new(name: &[u8]) -> Name {
        let text = [b",", &json_text(name)[..], b":"].concat();
        let (mut first, near) = ([0; 32], text.len().min(32));
        first[..near].copy_from_slice(&text[..near]);
        Name { first, rest: text[near..].into(), len: text.len() }
    }
}

/// Writes each record as one map on one line.
pub struct Flat {
    unit: Unit,
    before: Vec<u8>,
    end: &'static [u8],
    names: Vec<Name>,
    /// Writes the records that are not simple.
    any: Any,
}

impl Flat {
    pub fn new(style: Style, schema: &Schema) -> Flat {
        let any = Any::new(style, unflatten::flat(schema), None);
        let names = schema.names().map(Name::new).collect();
        Flat { unit: Unit::get(), before: style.before(), end: style.end, names, any }
    }
}

impl Encode for Flat {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let mut next = records.start;
        while next < records.end {
            let rows = Rows { flat: self, batch, records: next..records.end, to: output.room(1)? };
            let (mut behind, mut len) = self.unit.run(rows);
            if behind == next && !output.is_empty() {
                // Perhaps an empty buffer has room for this record.
                let capacity = output.capacity();
                let rows = Rows { flat: self, batch, records: next..records.end, to: output.room(capacity)? };
                (behind, len) = self.unit.run(rows);
            }
            output.advance(len);
            output.records += (behind - next) as u64;
            next = behind;
            if next < records.end && len == 0 {
                self.any.encode(batch, next..next + 1, output)?;
                next += 1;
            }
        }
        Ok(())
    }
}

/// Writes as many records as have room; stops at a record that is not simple.
struct Rows<'e, 'b, 'a, 'o> {
    flat: &'e Flat,
    batch: &'b Batch<'a>,
    records: Range<usize>,
    to: &'o mut [u8],
}

impl Work for Rows<'_, '_, '_, '_> {
    /// The record behind the last one written, and the bytes written.
    type Out = (usize, usize);

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> (usize, usize) {
        let Rows { flat, batch, records, to } = self;
        let mut len = 0;
        for record in records.clone() {
            match flat.row(v, batch.columns(record), &mut to[len..]) {
                Some(more) => len += more,
                None => return (record, len),
            }
        }
        (records.end, len)
    }
}

/// What may follow a record's last value: a bracket and a line feed.
const BEHIND: usize = 8;

impl Flat {
    /// Writes a record; none if there may be no room, or it has a value that JSON can't hold as it is.
    #[inline(always)]
    fn row<V: Vector>(&self, v: V, values: &[Value<'_>], to: &mut [u8]) -> Option<usize> {
        let begin = self.before.len();
        if to.len() < begin + BEHIND {
            return None;
        }
        to[..begin].copy_from_slice(&self.before);
        let (mut at, mut digits) = (begin, [0; 20]);
        for (value, name) in values.iter().zip(&self.names) {
            // One question for the kind of value, as it is the same in most of a column.
            match *value {
                Value::Untyped(text) => {
                    at = put_name(v, name, text.len() * 6, to, at)?;
                    at = write_untyped(v, text, to, at);
                }
                Value::Text(text) => {
                    at = put_name(v, name, text.len() * 6, to, at)?;
                    at = write_text(v, text, to, at);
                }
                Value::Absent => {}
                other => {
                    let text = plain_text(other, &mut digits)?;
                    at = put_name(v, name, text.len(), to, at)?;
                    at = put_text(v, text, to, at);
                }
            }
        }
        // The first name's comma becomes the bracket.
        to[begin] = b'{';
        at = at.max(begin + 1);
        to[at] = b'}';
        at += 1;
        to[at..at + self.end.len()].copy_from_slice(self.end);
        Some(at + self.end.len())
    }
}

/// A value that is written without quotes and without loss.
#[inline(always)]
fn plain_text<'t>(value: Value<'t>, digits: &'t mut [u8; 20]) -> Option<&'t [u8]> {
    Some(match value {
        Value::Number(text) => text,
        Value::Null => b"null",
        Value::Bool(true) => b"true",
        Value::Bool(false) => b"false",
        Value::UInt(number) => decimal(number, digits),
        _ => return None,
    })
}

/// Writes a name if there is room for it and so many bytes of a value.
#[inline(always)]
fn put_name<V: Vector>(v: V, name: &Name, value: usize, to: &mut [u8], at: usize) -> Option<usize> {
    let to = &mut to[at..];
    if to.len() < name.rest.len() + value + 32 + 40 + BEHIND {
        return None;
    }
    v.short_store(v.short(&name.first), to.first_chunk_mut()?);
    if !name.rest.is_empty() {
        to[32..name.len].copy_from_slice(&name.rest);
    }
    Some(at + name.len)
}

#[inline(always)]
fn put_text<V: Vector>(v: V, text: &[u8], to: &mut [u8], at: usize) -> usize {
    match to[at..].first_chunk_mut() {
        Some(into) if text.len() <= 32 => v.short_store(v.short(text), into),
        _ => to[at..at + text.len()].copy_from_slice(text),
    }
    at + text.len()
}

/// Writes any record: with nested maps, with indentation, of any size.
pub struct Any {
    before: Vec<u8>,
    end: &'static [u8],
    grouped: Grouped,
}

impl Any {
    /// See [`Grouped::new`].
    pub fn new(style: Style, steps: Vec<Step>, parse: Option<usize>) -> Any {
        Any { before: style.before(), end: style.end, grouped: Grouped::new(style.writer(), steps, parse) }
    }
}

impl Encode for Any {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for index in records {
            let mark = output.mark();
            output.put(&self.before)?;
            let mut sink = Plain(output);
            let outcome = self.grouped.record(batch.columns(index), &mut sink);
            let outcome = outcome.and_then(|()| Ok(sink.put(self.end)?));
            finish(outcome, (mark, index, batch.span(index).start), output)?;
        }
        Ok(())
    }
}

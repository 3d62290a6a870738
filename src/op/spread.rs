//! Columns as keyed records, whose lists and maps can become columns of their own.

use super::Op;
use super::json_text::with_reader;
use crate::error::RecordError;
use crate::record::json::{Detail, Reader};
use crate::record::{Batch, Schema, Value};

/// Makes keyed records of records in columns: JSON that was taken apart is a list or a map then, as in nested records.
/// A field that is absent has no key. It comes after all other ops, and renames the fields.
pub(crate) struct Spread {
    /// The final names, one after another, and where each ends.
    names: Box<[u8]>,
    ends: Box<[usize]>,
    max_depth: usize,
}

impl Spread {
    /// The first columns get these names. Lists and maps may be nested this deep.
    pub fn new(names: &Schema, max_depth: usize) -> Spread {
        let mut joined = Vec::new();
        let ends = names.names().map(|name| {
            joined.extend_from_slice(name);
            joined.len()
        });
        Spread { ends: ends.collect(), names: joined.into(), max_depth }
    }

    fn spread<'a>(&self, batch: &Batch<'a>, reader: &mut Reader) -> Result<Batch<'a>, RecordError> {
        let names = batch.arena().bytes(self.names.len(), 0)?;
        names.copy_from_slice(&self.names);
        let names: &'a [u8] = names;
        let mut out = batch.rebuild_keyed();
        for record in 0..batch.len() {
            let span = batch.span(record);
            let map = out.next_node();
            out.push_keyed(b"", Value::Map(0), span.start)?;
            let mut from = 0;
            for (value, &end) in batch.columns(record).iter().zip(&self.ends) {
                let name = &names[std::mem::replace(&mut from, end)..end];
                match *value {
                    Value::Absent => {}
                    Value::Raw(text) => {
                        let first = out.next_node();
                        let read = reader.only_value(text, 0..text.len(), Detail::All, &mut out);
                        read.map_err(|error| RecordError { offset: span.start, ..error })?;
                        out.set_key(first, name);
                    }
                    value => out.push_keyed(name, value, span.start)?,
                }
            }
            out.close_map(map);
            out.end_record(span.start, span.end)?;
        }
        Ok(out)
    }
}

impl Op for Spread {
    fn name(&self) -> &str {
        "spread"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        match with_reader(self.max_depth, |reader| self.spread(batch, reader)) {
            Ok(spread) => *batch = spread,
            Err(error) => (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone())),
        }
    }

    fn needs_utf8(&self) -> bool {
        false
    }

    fn fingerprint(&self) -> Option<String> {
        Some(self.name().to_owned())
    }

    fn makes_batches(&self) -> bool {
        true
    }
}

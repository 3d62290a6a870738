//! Batches to values.

use std::ops::Range;

use crate::error::RecordError;
use crate::format::{Encode, Shape};
use crate::record::binary::{Columns, Direct, Wire, Writer};
use crate::record::json::Step;
use crate::record::{Batch, EncodeError, Output, Value};

pub(super) struct Encoder<W> {
    writer: Writer<W>,
    columns: Option<Columns>,
}

impl<W: Wire> Encoder<W> {
    pub fn new(shape: &Shape, steps: Option<Vec<Step>>, canonical: bool, max_depth: usize) -> Encoder<W> {
        let columns = shape.columns().map(|schema| Columns::new::<W>(schema, steps, canonical));
        Encoder { writer: Writer::new(canonical, max_depth), columns }
    }
}

/// Whether a record is a list: at the beginning of a file it would be taken for the list that holds all records.
fn is_list(batch: &Batch<'_>, index: usize) -> bool {
    matches!(batch.tree(index).value(), Value::List(_) | Value::Raw([b'[', ..]))
}

#[cold]
fn list_refused<W: Wire>(offset: usize) -> RecordError {
    RecordError::new(offset, format!("the record is a list, which {} would read as the list of all records", W::TITLE))
        .hint("⟨to ndjson⟩ and ⟨to frames⟩ keep such records; ⟨on_error skip⟩ leaves them out.")
}

impl<W: Wire> Encode for Encoder<W> {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let mut scratch = Batch::new(batch.arena(), batch.slice(), None, usize::MAX);
        for index in records {
            let mark = output.mark();
            let mut out = Direct(output);
            let written = match &mut self.columns {
                Some(columns) => self.writer.columns(columns, batch.columns(index), &mut scratch, &mut out),
                None if is_list(batch, index) => {
                    return Err(output.refuse(mark, index, list_refused::<W>(batch.span(index).start)));
                }
                None => self.writer.tree(batch, index, &mut scratch, &mut out),
            };
            let error = match written {
                Ok(()) => match output.end_record(batch.span(index).start) {
                    Ok(()) => continue,
                    Err(error) => error,
                },
                Err(refusal) => refusal.of_record(batch, index)?,
            };
            return Err(output.refuse(mark, index, error));
        }
        Ok(())
    }
}

//! Batches to values.

use std::ops::Range;

use crate::format::{Encode, Shape};
use crate::record::binary::{Columns, Direct, Wire, Writer};
use crate::record::json::Step;
use crate::record::{Batch, EncodeError, Output};

pub(super) struct Encoder<W> {
    writer: Writer<W>,
    columns: Option<Columns>,
}

impl<W: Wire> Encoder<W> {
    pub fn new(shape: &Shape, steps: Option<Vec<Step>>, canonical: bool, max_depth: usize) -> Encoder<W> {
        let columns = match shape {
            Shape::Columns(schema) => Some(Columns::new::<W>(schema, steps, canonical)),
            Shape::Keyed => None,
        };
        Encoder { writer: Writer::new(canonical, max_depth), columns }
    }
}

impl<W: Wire> Encode for Encoder<W> {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let mut scratch = Batch::new(batch.arena(), batch.slice(), None, usize::MAX);
        for index in records {
            let mark = output.mark();
            let mut out = Direct(output);
            let written = match &mut self.columns {
                Some(columns) => self.writer.columns(columns, batch.columns(index), &mut scratch, &mut out),
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

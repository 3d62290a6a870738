//! Keyed batches to NDJSON and JSON, and what both shapes share.

use std::ops::Range;

use crate::format::Encode;
use crate::record::json::{Fast, Forms, Refusal, Sink, Writer};
use crate::record::{Batch, EncodeError, Mark, Output};
use crate::scan::vector::{Unit, Vector, Work};

/// How records are written.
#[derive(Clone, Copy)]
pub struct Style {
    /// Before each record.
    pub separator: &'static [u8],
    /// After each record.
    pub end: &'static [u8],
    /// Indented, inside an array.
    pub pretty: bool,
    /// How values are written.
    pub forms: Forms,
}

impl Style {
    pub fn writer(&self) -> Writer {
        match self.pretty {
            true => Writer::pretty(self.forms, 1),
            false => Writer::new(self.forms),
        }
    }

    /// What is written before the first byte of each record.
    pub fn before(&self) -> Vec<u8> {
        [self.separator, if self.pretty { b"  " } else { b"" }].concat()
    }
}

/// Ends a record begun at `mark`, or takes it back.
#[inline(always)]
pub fn finish(
    outcome: Result<(), Refusal>,
    mark: Mark,
    index: usize,
    batch: &Batch<'_>,
    output: &mut Output<'_>,
) -> Result<(), EncodeError> {
    let error = match outcome {
        Ok(()) => match output.end_record(batch.span(index).start) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        },
        Err(refusal) => refusal.of_record(batch, index)?,
    };
    Err(output.refuse(mark, index, error))
}

/// Writes keyed batches.
pub struct Keyed {
    unit: Unit,
    writer: Writer,
    before: Vec<u8>,
    end: &'static [u8],
}

impl Keyed {
    pub fn new(style: Style) -> Keyed {
        Keyed { unit: Unit::get(), writer: style.writer(), before: style.before(), end: style.end }
    }
}

impl Encode for Keyed {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let unit = self.unit;
        unit.run(Write { keyed: self, batch, records, output })
    }
}

struct Write<'e, 'b, 'a, 'o, 'w> {
    keyed: &'e mut Keyed,
    batch: &'b Batch<'a>,
    records: Range<usize>,
    output: &'o mut Output<'w>,
}

impl Work for Write<'_, '_, '_, '_, '_> {
    type Out = Result<(), EncodeError>;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> Result<(), EncodeError> {
        let Write { keyed, batch, records, output } = self;
        for index in records {
            let mark = output.mark();
            output.put(&keyed.before)?;
            let mut sink = Fast { vector, output };
            let outcome = keyed.writer.tree(batch.tree(index), &mut sink);
            let outcome = outcome.and_then(|()| Ok(sink.put(keyed.end)?));
            finish(outcome, mark, index, batch, output)?;
        }
        Ok(())
    }
}

//! Evaluating an expression for every record of a batch.

use crate::error::Fault;
use crate::expr::{Expression, Outcome, Place, Scalar};
use crate::record::{Batch, Before};

/// Calls `take` with the value for each record, or with the reason why the record is bad. Where memory is lacking it
/// ends: the run tries again with fewer records.
pub(super) fn each<'a>(
    expression: &Expression,
    batch: &mut Batch<'a>,
    mut take: impl FnMut(&mut Batch<'a>, usize, Outcome<'a>),
) {
    let (schema, arena, before) = (batch.schema(), batch.arena(), batch.before());
    let mut running = match expression.begin(arena, schema, batch.max_record()) {
        Ok(running) => running,
        Err(error) => return (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone())),
    };
    let (seen, ordered) = (batch.seen(), expression.is_ordered());
    let mut lines = Counted { line: before.line, offset: 0 };
    for record in 0..batch.len() {
        if schema.is_some()
            && let Some(truth) = running.simply(batch.columns(record))
        {
            take(batch, record, Ok(Scalar::Bool(truth)));
            continue;
        }
        let offset = batch.span(record).start;
        let mut place = Place { source: before.source, ..Place::default() };
        if ordered {
            place.record = before.records + batch.number(record) as u64 + 1;
            place.line = lines.at(offset, batch, before);
        }
        let outcome = match schema {
            Some(_) => running.columns(batch.columns(record), place, offset),
            None => {
                let alike = record > 0 && batch.is_alike(record);
                let outcome = running.tree(batch.tree(record), alike, place, offset);
                if let Some((seen, first)) = seen.filter(|_| !alike) {
                    running.found().for_each(|number| seen.mark(first + number));
                }
                outcome
            }
        };
        let ends = matches!(&outcome, Err(error) if error.fault == Fault::NoMemory);
        take(batch, record, outcome);
        if ends {
            break;
        }
    }
    if let (Some((seen, first)), None) = (seen, schema) {
        running.found().for_each(|number| seen.mark(first + number));
    }
}

/// Lines counted so far.
struct Counted {
    line: u64,
    offset: usize,
}

impl Counted {
    /// The line at a later offset of the slice; 0 if it is not known.
    fn at(&mut self, offset: usize, batch: &Batch<'_>, before: Before<'_>) -> u64 {
        let Some(lines) = before.lines.filter(|_| self.line > 0) else { return 0 };
        self.line += lines.count(batch.bytes(self.offset..offset), 0);
        self.offset = offset;
        self.line
    }
}

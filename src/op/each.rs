//! Evaluating an expression for every record of a batch.

use crate::error::{Fault, RecordError};
use crate::expr::{Expression, Outcome, Place, Running, Scalar};
use crate::record::{Batch, Before, Schema, Seen};

/// The evaluation of an expression for the records of a batch, in their order.
pub(crate) struct Evaluation<'e, 'a> {
    running: Running<'e, 'a>,
    schema: Option<&'a Schema>,
    before: Before<'a>,
    seen: Option<(&'e Seen, usize)>,
    ordered: bool,
    lines: Counted,
}

impl<'e, 'a> Evaluation<'e, 'a> {
    /// Begins with the records of a batch; `seen`: the number of the expression's first field among all names.
    ///
    /// # Errors
    /// There is no memory.
    pub fn begin(
        expression: &'e Expression,
        batch: &Batch<'a>,
        seen: Option<(&'e Seen, usize)>,
    ) -> Result<Evaluation<'e, 'a>, RecordError> {
        let (schema, before) = (batch.schema(), batch.before());
        let running = expression.begin(batch.arena(), schema, batch.max_record())?;
        let (ordered, lines) = (expression.is_ordered(), Counted { line: before.line, offset: 0 });
        Ok(Evaluation { running, schema, before, seen, ordered, lines })
    }

    /// The value for a record; `first`: none was evaluated before.
    ///
    /// # Errors
    /// Why the record is bad.
    #[inline]
    pub fn of(&mut self, batch: &Batch<'a>, record: usize, first: bool) -> Outcome<'a> {
        if self.schema.is_some()
            && let Some(truth) = self.running.simply(batch.columns(record))
        {
            return Ok(Scalar::Bool(truth));
        }
        let offset = batch.span(record).start;
        let mut place = Place { source: self.before.source, ..Place::default() };
        if self.ordered {
            place.record = self.before.records + batch.number(record) as u64 + 1;
            place.line = self.lines.at(offset, batch, self.before);
        }
        if self.schema.is_some() {
            return self.running.columns(batch.columns(record), place, offset);
        }
        let alike = !first && batch.is_alike(record);
        let outcome = self.running.tree(batch.tree(record), alike, place, offset);
        if !alike {
            self.mark();
        }
        outcome
    }

    /// No more records come.
    pub fn end(self) {
        if self.schema.is_none() {
            self.mark();
        }
    }

    /// Notes the names that occur.
    fn mark(&self) {
        if let Some((seen, first)) = self.seen {
            self.running.found().for_each(|number| seen.mark(first + number));
        }
    }
}

/// Calls `take` with the value for each record, or with the reason why the record is bad. Where memory is lacking it
/// ends: the run tries again with fewer records.
pub(super) fn each<'a>(
    expression: &Expression,
    batch: &mut Batch<'a>,
    mut take: impl FnMut(&mut Batch<'a>, usize, Outcome<'a>),
) {
    let mut evaluation = match Evaluation::begin(expression, batch, batch.seen()) {
        Ok(evaluation) => evaluation,
        Err(error) => return (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone())),
    };
    for record in 0..batch.len() {
        let outcome = evaluation.of(batch, record, record == 0);
        let ends = matches!(&outcome, Err(error) if error.fault == Fault::NoMemory);
        take(batch, record, outcome);
        if ends {
            break;
        }
    }
    evaluation.end();
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

//! Records whose fields are all plain values: columns.

use super::plan::{Node, Plan, Step, Word};
use super::read::{Data, Reader};
use super::tree::Id;
use super::wire::Flaw;
use crate::record::{Batch, Schema};

/// How a record becomes columns.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    /// The fields as they are read.
    pub schema: Schema,
    steps: Vec<(Take, Option<u32>)>,
    /// Columns that have the value of another one.
    copies: Vec<(u32, u32)>,
    width: usize,
}

#[derive(Clone, Copy, Debug)]
enum Take {
    Read(Id),
    Default(Id, Word),
}

impl Columns {
    /// The columns of a plan, whose fields have these types. `lone`: it is no record, and its value is the only column.
    pub fn new(plan: &Plan, schema: Schema) -> Columns {
        let mut columns = Columns { width: schema.len(), schema, steps: Vec::new(), copies: Vec::new() };
        let Node::Record(record) = plan.node(plan.root) else {
            columns.steps.push((Take::Read(plan.root), Some(0)));
            return columns;
        };
        let place = |word: Word| columns.schema.position(plan.text(word)).map(|place| place as u32);
        let mut steps = Vec::new();
        match &record.written {
            // Columns need no order.
            Some(written) => {
                for (number, field) in written.iter().enumerate() {
                    let read = record.steps.iter().find_map(|step| match step {
                        Step::Written(word, id, of) if *of as usize == number => Some((Take::Read(*id), place(*word))),
                        _ => None,
                    });
                    steps.push(read.unwrap_or((Take::Read(*field), None)));
                }
                for step in &record.steps {
                    if let Step::Default(word, id, data) = step {
                        steps.push((Take::Default(*id, *data), place(*word)));
                    }
                }
            }
            None => steps.extend(record.steps.iter().map(|step| match step {
                Step::Read(word, id) | Step::Written(word, id, _) => (Take::Read(*id), place(*word)),
                Step::Skip(id) => (Take::Read(*id), None),
                Step::Default(word, id, data) => (Take::Default(*id, *data), place(*word)),
            })),
        }
        columns.steps = steps;
        columns
    }

    /// The same with only some of the fields, in another order.
    pub fn only(&self, select: Option<&[Box<[u8]>]>) -> Columns {
        let Some(select) = select else { return self.clone() };
        let mut columns = Columns { width: select.len(), ..self.clone() };
        for (_, column) in &mut columns.steps {
            let Some(name) = column.map(|column| self.schema.name(column as usize)) else { continue };
            let mut places = select.iter().enumerate().filter(|(_, selected)| ***selected == *name);
            let first = places.next().map(|(place, _)| place as u32);
            *column = first;
            if let Some(first) = first {
                columns.copies.extend(places.map(|(place, _)| (first, place as u32)));
            }
        }
        columns
    }

    /// Adds the record at `at`; returns the place after it.
    #[inline]
    pub fn record<'a>(
        &self,
        plan: &Plan,
        data: Data<'a>,
        mut at: usize,
        reader: &mut Reader,
        batch: &mut Batch<'a>,
    ) -> Result<usize, Flaw> {
        batch.push_row(self.width, at)?;
        for (take, column) in &self.steps {
            let Some(column) = column else {
                if let Take::Read(id) = take {
                    at = reader.skipper.end_of(plan, *id, data.bytes, at)?;
                }
                continue;
            };
            let value = match take {
                Take::Read(id) => {
                    let (value, end) = reader.plain(plan, data, at, *id, batch)?;
                    at = end;
                    value
                }
                Take::Default(id, default) => reader.default(plan, data.words, *id, *default, batch)?,
            };
            batch.open_values()[*column as usize] = value;
        }
        for (from, to) in &self.copies {
            let values = batch.open_values();
            values[*to as usize] = values[*from as usize];
        }
        Ok(at)
    }
}

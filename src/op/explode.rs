//! A record for each item of a list.

use super::Op;
use super::splice::{dotted, splice};
use crate::error::{Error, RecordError, Result};
use crate::record::json::Items;
use crate::record::{Batch, Value, find};

/// Makes a record for each item of a list: the item takes the list's place, and the other fields are repeated.
///
/// A record stays one record if the field is not a list, or is absent; of an empty list it is null. What is made of one
/// record is good or bad as a whole.
///
/// ```
/// use pagemill::{Format, Job, SourceSpec, TargetSpec, op::Explode};
///
/// let lines = SourceSpec::bytes("{\"id\":1,\"tags\":[\"a\",\"b\"]}\n{\"id\":2,\"tags\":[]}\n");
/// let job = Job::new(lines, TargetSpec::Memory).from(Format::Ndjson).to(Format::Csv).op(Explode::new("tags")?);
/// assert_eq!(job.run()?.output, b"id,tags\n1,a\n1,b\n2,\n");
/// # Ok::<(), pagemill::Error>(())
/// ```
pub struct Explode {
    /// As it was written: the name of a column.
    names: [Box<[u8]>; 1],
    /// In nested records: items of lists have numbers between dots.
    path: Box<[u8]>,
}

impl Explode {
    /// The field of this name, or at this path: `orders.items`, `groups[0].members`.
    ///
    /// # Errors
    /// Usage: the name is empty.
    pub fn new(field: &str) -> Result<Explode> {
        match field {
            "" => Err(Error::usage("⟨explode⟩: there is no field without a name")),
            field => Ok(Explode { names: [field.as_bytes().into()], path: dotted(field) }),
        }
    }

    fn explode<'a>(&self, batch: &mut Batch<'a>) -> std::result::Result<Batch<'a>, RecordError> {
        let column = batch.schema().map(|schema| schema.position(&self.names[0]));
        let mut out = batch.remake();
        let mut refused = batch.take_rejected().into_iter().peekable();
        for record in 0..batch.len() {
            if let Some((_, error)) = refused.next_if(|(refused, _)| *refused == record) {
                same(batch, record, &mut out)?;
                out.reject_with(out.len() - 1, error);
                continue;
            }
            match column {
                None => self.nested(batch, record, &mut out)?,
                Some(Some(column)) => row(batch, record, column, &mut out)?,
                Some(None) => same(batch, record, &mut out)?,
            }
        }
        Ok(out)
    }

    /// Adds the records that a nested record becomes.
    fn nested<'a>(
        &self,
        batch: &Batch<'a>,
        record: usize,
        out: &mut Batch<'a>,
    ) -> std::result::Result<(), RecordError> {
        let (root, offset) = (batch.tree(record), batch.span(record).start);
        let Some(node) = find(root, &self.path) else { return same(batch, record, out) };
        if let Some((seen, first)) = batch.seen() {
            seen.mark(first);
        }
        let list = root.node(node as usize);
        let Value::List(inside) = list.value() else { return same(batch, record, out) };
        let key = list.key();
        if inside == 0 {
            splice(root, node as usize, out, offset, |out| out.push_keyed(key, Value::Null, offset))?;
            return out.end_part(batch, record);
        }
        // All of them at once: a tape that grows bit by bit leaves its old memory behind.
        let (whole, list_nodes) = (root.nodes().0.len(), 1 + inside as usize);
        out.reserve(inside as usize + list.children().count() * (whole - list_nodes), offset)?;
        for (count, item) in list.children().enumerate() {
            splice(root, node as usize, out, offset, |out| out.push_tree(key, item, offset))?;
            out.end_part(batch, record)?;
            out.grow_by(usize::from(count > 0));
        }
        Ok(())
    }
}

/// Adds a record as it is.
fn same<'a>(batch: &Batch<'a>, record: usize, out: &mut Batch<'a>) -> std::result::Result<(), RecordError> {
    let offset = batch.span(record).start;
    match batch.schema() {
        None => out.push_tree(b"", batch.tree(record), offset)?,
        Some(schema) => out.push_row(schema.len(), offset)?.copy_from_slice(batch.columns(record)),
    }
    out.end_part(batch, record)
}

/// Adds the records that a record in columns becomes: a column may hold the JSON text of a list.
fn row<'a>(
    batch: &Batch<'a>,
    record: usize,
    column: usize,
    out: &mut Batch<'a>,
) -> std::result::Result<(), RecordError> {
    let (values, offset) = (batch.columns(record), batch.span(record).start);
    let Value::Raw(text @ [b'[', ..]) = values[column] else { return same(batch, record, out) };
    let mut items = Items::of_text(text, batch.arena(), offset);
    let mut next = items.next().unwrap_or(Ok(Value::Null)).map(Some)?;
    let mut count = 0;
    while let Some(item) = next {
        let row = out.push_row(values.len(), offset)?;
        row.copy_from_slice(values);
        row[column] = item;
        out.end_part(batch, record)?;
        out.grow_by(usize::from(count > 0));
        count += 1;
        next = items.next().transpose()?;
    }
    Ok(())
}

impl Op for Explode {
    fn name(&self) -> &str {
        "explode"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        match self.explode(batch) {
            Ok(exploded) => *batch = exploded,
            Err(error) => (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone())),
        }
    }

    fn needs_utf8(&self) -> bool {
        false
    }

    fn makes_batches(&self) -> bool {
        true
    }

    fn fingerprint(&self) -> Option<String> {
        Some(format!("explode {}", String::from_utf8_lossy(&self.names[0])))
    }

    fn reads(&self) -> &[Box<[u8]>] {
        &self.names
    }

    fn plan(&self) -> Option<String> {
        Some(String::from_utf8_lossy(&self.names[0]).into_owned())
    }
}

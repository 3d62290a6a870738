//! A column with the name of the source.

use super::Op;
use crate::error::RecordError;
use crate::record::{Batch, Value};

/// Puts the path of the source into a field of every record, before all others. A record that has such a field already is
/// bad; a table with such a column is refused. The path of standard input is `-`.
///
/// ```
/// use pagemill::{Format, Job, SourceSpec, TargetSpec, op::SourceColumn};
///
/// let csv = SourceSpec::bytes("id,fare\n1,1.10\n");
/// let job = Job::new(csv, TargetSpec::Memory).from(Format::Csv).to(Format::Csv).op(SourceColumn::new("file"));
/// assert_eq!(job.run()?.output, b"file,id,fare\n-,1,1.10\n");
/// # Ok::<(), pagemill::Error>(())
/// ```
pub struct SourceColumn {
    name: Box<[u8]>,
}

impl SourceColumn {
    /// A field with this name.
    pub fn new(name: &str) -> SourceColumn {
        SourceColumn { name: name.as_bytes().into() }
    }

    /// The name.
    pub fn field(&self) -> &[u8] {
        &self.name
    }

    fn add<'a>(&self, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let source = batch.before().source;
        if std::str::from_utf8(source).is_err() {
            return Err(RecordError::new(0, "the path of the source is not UTF-8, so it can't become a field"));
        }
        match batch.schema() {
            None => self.add_to_trees(batch, source),
            Some(schema) => {
                let column = schema.position(&self.name);
                let Some(column) = column else {
                    return Err(RecordError::new(0, "the field that is made has no column"));
                };
                for record in 0..batch.len() {
                    batch.nodes_mut(record).1[column] = Value::Text(source);
                }
                Ok(())
            }
        }
    }

    /// The batch is built anew, with one node more in each record.
    fn add_to_trees<'a>(&self, batch: &mut Batch<'a>, source: &'a [u8]) -> Result<(), RecordError> {
        let name = batch.arena().bytes(self.name.len(), 0)?;
        name.copy_from_slice(&self.name);
        let name: &'a [u8] = name;
        let mut out = batch.rebuild();
        for record in 0..batch.len() {
            let (span, tree) = (batch.span(record), batch.tree(record));
            let mut hint = "Give ⟨source_column⟩ another name.";
            let bad = match tree.value() {
                Value::Map(_) if tree.children().any(|child| child.key() == name) => {
                    Some("the record has a field with the name of the source column already")
                }
                Value::Map(inside) => {
                    let (values, keys) = tree.nodes();
                    out.push_keyed(keys[0], Value::Map(inside + 1), span.start)?;
                    out.push_keyed(name, Value::Text(source), span.start)?;
                    for (value, key) in values.iter().zip(keys).skip(1) {
                        out.push_keyed(key, *value, span.start)?;
                    }
                    None
                }
                _ => {
                    hint = "Leave out ⟨source_column⟩, or such records: ⟨on_error skip⟩.";
                    Some("the record is not an object, so it can't get the source column")
                }
            };
            if bad.is_some() {
                out.push_tree(b"", tree, span.start)?;
            }
            out.end_record(span.start, span.end)?;
            if let Some(reason) = bad {
                let error = RecordError::new(span.start, reason).hint(hint);
                out.reject_with(record, error);
            }
        }
        *batch = out;
        Ok(())
    }
}

impl Op for SourceColumn {
    fn name(&self) -> &str {
        "source-column"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        if let Err(error) = self.add(batch) {
            (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone()));
        }
    }

    fn needs_utf8(&self) -> bool {
        false
    }

    fn fingerprint(&self) -> Option<String> {
        Some(format!("source-column {}", String::from_utf8_lossy(&self.name)))
    }

    fn makes(&self) -> Option<&[u8]> {
        Some(&self.name)
    }

    fn comes_first(&self) -> bool {
        true
    }
}

//! JSON inside a text, as a value.

use std::cell::Cell;

use super::Op;
use super::splice::{dotted, splice};
use crate::error::{Cause, Error, RecordError, Result};
use crate::record::json::{Detail, Reader, value_of};
use crate::record::{Batch, Value, find};

/// Takes the JSON text in a field apart: it becomes the value that it is the text of.
///
/// A null, an absent field and everything else that is not text stay as they are. A record is bad if the text is not
/// JSON. In columns, a list or an object stays one value of its column.
///
/// ```
/// use pagemill::{Format, Job, SourceSpec, TargetSpec, op::ParseJson};
///
/// let lines = SourceSpec::bytes("{\"log\":\"{\\\"level\\\":\\\"info\\\",\\\"ms\\\":1.50}\\n\"}\n{\"log\":null}\n");
/// let job = Job::new(lines, TargetSpec::Memory).from(Format::Ndjson).to(Format::Ndjson);
/// let job = job.op(ParseJson::new("log", 100)?);
/// assert_eq!(job.run()?.output, b"{\"log\":{\"level\":\"info\",\"ms\":1.50}}\n{\"log\":null}\n");
/// # Ok::<(), pagemill::Error>(())
/// ```
pub struct ParseJson {
    /// As it was written: the name of a column.
    names: [Box<[u8]>; 1],
    /// In nested records: items of lists have numbers between dots.
    path: Box<[u8]>,
    max_depth: usize,
}

thread_local! {
    /// What a worker reads texts with, with the depth it allows.
    static READER: Cell<Option<(usize, Reader)>> = const { Cell::new(None) };
}

/// What reading takes beside the arena, in bytes.
const READING: usize = 64 << 10;

/// Lends what the worker reads texts with, in which lists and maps may be nested `max_depth` deep.
pub(super) fn with_reader<T>(max_depth: usize, read: impl FnOnce(&mut Reader) -> T) -> T {
    let kept = READER.take().filter(|(depth, _)| *depth == max_depth);
    let mut reader = kept.map_or_else(|| Reader::new(max_depth, 0), |(_, reader)| reader);
    let done = read(&mut reader);
    READER.set(Some((max_depth, reader)));
    done
}

const HINT: &str = "Correct it, or leave such records out: ⟨on_error skip⟩.";

impl ParseJson {
    /// The field of this name, or at this path. Lists and maps in its text may be nested this deep.
    ///
    /// # Errors
    /// Usage: the name is empty.
    pub fn new(field: &str, max_depth: usize) -> Result<ParseJson> {
        match field {
            "" => Err(Error::usage("⟨parse_json⟩: there is no field without a name")),
            field => Ok(ParseJson { names: [field.as_bytes().into()], path: dotted(field), max_depth }),
        }
    }

    /// In nested records.
    fn nested<'a>(&self, batch: &Batch<'a>, reader: &mut Reader) -> std::result::Result<Batch<'a>, RecordError> {
        let mut out = batch.rebuild();
        for record in 0..batch.len() {
            let (root, span) = (batch.tree(record), batch.span(record));
            let found = find(root, &self.path);
            if let Some((seen, first)) = batch.seen().filter(|_| found.is_some()) {
                seen.mark(first);
            }
            let text = found.and_then(|node| match root.nodes().0[node as usize] {
                Value::Text(text) => Some((node as usize, text)),
                _ => None,
            });
            let parsed = text.map_or(Ok(false), |(node, text)| {
                let read = splice(root, node, &mut out, span.start, |out| {
                    let first = out.next_node();
                    reader.only_value(text, 0..text.len(), Detail::All, out)?;
                    out.set_key(first, root.node(node).key());
                    Ok(())
                });
                read.map(|()| true).map_err(|error| self.wrong(error, text, batch, span.start))
            });
            if !matches!(parsed, Ok(true)) {
                out.abandon();
                out.push_tree(b"", root, span.start)?;
            }
            out.end_record(span.start, span.end)?;
            if let Err(error) = parsed {
                if error.lacks_memory() {
                    return Err(error);
                }
                out.reject_with(record, error);
            }
        }
        Ok(out)
    }

    /// In columns.
    fn columns(&self, batch: &mut Batch<'_>, column: usize, reader: &mut Reader) {
        let arena = batch.arena();
        for record in 0..batch.len() {
            let (Value::Text(text) | Value::Untyped(text)) = batch.columns(record)[column] else { continue };
            let offset = batch.span(record).start;
            let read = || {
                reader.start(0, text.len(), false)?;
                let (start, end) = reader.check(text)?;
                match reader.peek(text) {
                    rest if rest < text.len() => Err(reader.wrong(text, rest, "the end")),
                    _ => value_of(&text[start..end], arena, offset),
                }
            };
            match { read }() {
                Ok(value) => batch.nodes_mut(record).1[column] = value,
                Err(error) => {
                    let error = self.wrong(error, text, batch, offset);
                    batch.reject_with(record, error);
                }
            }
        }
    }

    /// The error for a text that is not JSON, at its place in the source if it is there as it is.
    #[cold]
    fn wrong(&self, error: RecordError, text: &[u8], batch: &Batch<'_>, offset: usize) -> RecordError {
        if error.lacks_memory() {
            return RecordError { offset, ..error };
        }
        let source: &[u8] = batch.bytes(..);
        let at = (text.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
        let inside = at.checked_add(text.len()).is_some_and(|end| end <= source.len());
        let offset = if inside { at + error.offset.min(text.len()) } else { offset };
        let field = String::from_utf8_lossy(&self.names[0]).into_owned();
        let reason = format!("the text of the field `{field}` is not JSON: {}", error.message());
        RecordError::new(offset, reason).cause(Cause::Value).hint(error.hint.unwrap_or(HINT.into()))
    }
}

impl Op for ParseJson {
    fn name(&self) -> &str {
        "parse-json"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        with_reader(self.max_depth, |reader| match batch.schema() {
            Some(schema) => {
                if let Some(column) = schema.position(&self.names[0]) {
                    self.columns(batch, column, reader);
                }
            }
            None => match self.nested(batch, reader) {
                Ok(parsed) => *batch = parsed,
                Err(error) => (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone())),
            },
        });
    }

    fn makes_batches(&self) -> bool {
        true
    }

    fn fingerprint(&self) -> Option<String> {
        Some(format!("parse-json {}", String::from_utf8_lossy(&self.names[0])))
    }

    fn reads(&self) -> &[Box<[u8]>] {
        &self.names
    }

    fn memory(&self) -> usize {
        READING
    }

    fn plan(&self) -> Option<String> {
        Some(String::from_utf8_lossy(&self.names[0]).into_owned())
    }
}

//! The single selected field, as the only field of its record.

use std::sync::Arc;

use super::Op;
use crate::error::RecordError;
use crate::record::{Batch, Seen, Tree, Value};

/// Reduces each keyed record to one field, under a name: so a target of lines gets the field's own text, as it does if
/// the field is decoded straight into a column. If the path leads through a list, the record is unchanged: only what
/// was selected is left in it. A missing field is absent.
pub(crate) struct Only {
    path: Box<[u8]>,
    name: Box<[u8]>,
    /// Where to note that the field was found.
    seen: Arc<Seen>,
    /// Its numbers there.
    numbers: Vec<usize>,
}

impl Only {
    pub fn new(path: &str, name: &[u8], seen: Arc<Seen>, numbers: Vec<usize>) -> Only {
        Only { path: path.as_bytes().into(), name: name.into(), seen, numbers }
    }

    fn take<'a>(&self, batch: &Batch<'a>) -> Result<Batch<'a>, RecordError> {
        let name = batch.arena().bytes(self.name.len(), 0)?;
        name.copy_from_slice(&self.name);
        let name: &'a [u8] = name;
        let mut out = batch.rebuild();
        for record in 0..batch.len() {
            let span = batch.span(record);
            let root = batch.tree(record);
            let found = find(root, &self.path);
            if let Some(Found::InList) = found {
                self.numbers.iter().for_each(|number| self.seen.mark(*number));
                out.push_tree(b"", root, span.start)?;
                out.end_record(span.start, span.end)?;
                continue;
            }
            let start = out.next_node();
            out.push_keyed(b"", Value::Null, span.start)?;
            match found {
                Some(Found::Field(field)) => {
                    self.numbers.iter().for_each(|number| self.seen.mark(*number));
                    out.push_tree(name, field, span.start)?;
                }
                _ => out.push_keyed(name, Value::Absent, span.start)?,
            }
            out.close_map(start);
            out.end_record(span.start, span.end)?;
        }
        Ok(out)
    }
}

/// What a path leads to.
enum Found<'b, 'a> {
    Field(Tree<'b, 'a>),
    /// Fields inside a list.
    InList,
}

/// What is at a path below a map; the last one if there are several.
fn find<'b, 'a>(map: Tree<'b, 'a>, path: &[u8]) -> Option<Found<'b, 'a>> {
    let Value::Map(_) = map.value() else { return None };
    let inside = |child: Tree<'b, 'a>| match path.strip_prefix(child.key())? {
        [] => Some(Found::Field(child)),
        [b'.', ..] if matches!(child.value(), Value::List(_)) => Some(Found::InList),
        // Every step down uses up part of the path.
        [b'.', rest @ ..] => find(child, rest),
        _ => None,
    };
    map.children().filter_map(inside).last()
}

impl Op for Only {
    fn name(&self) -> &str {
        "select"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        match self.take(batch) {
            Ok(taken) => *batch = taken,
            Err(error) => (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone())),
        }
    }

    fn needs_utf8(&self) -> bool {
        false
    }
}

//! Lists and maps as JSON text in a field of fixed-width text.

use super::fit::{Bad, spaces, too_wide};
use super::layout::{Field, Unit};
use crate::error::Error;
use crate::record::json::{Refusal, Sink, Writer};
use crate::record::{LossyKind, Output, Tree, Value};

/// Writes a list or map, with spaces after it.
#[cold]
pub(super) fn json(
    writer: &mut Writer,
    field: &Field,
    value: Value<'_>,
    node: Option<Tree<'_, '_>>,
    output: &mut Output<'_>,
) -> Result<(), Bad> {
    let mut room = Room { field, len: 0, output };
    let written = match node {
        Some(tree) => writer.tree(tree, &mut room),
        None => writer.leaf(value, &mut room),
    };
    let len = room.len;
    match written {
        Ok(()) => {}
        Err(Refusal::Stop(error)) => return Err(Bad::Stop(error)),
        Err(Refusal::NotFinite) => {
            return Err(Bad::Misfit("has a number that is NaN or infinite, which JSON can't hold".to_owned()));
        }
        Err(Refusal::Value(reason)) => return Err(Bad::Misfit(format!("can't be written as JSON: {reason}"))),
    }
    match field.width.checked_sub(len) {
        Some(left) => Ok(spaces(left, output)?),
        None => Err(too_wide(field, len)),
    }
}

/// A field of the output: what goes beyond its width is only counted.
struct Room<'o, 'w> {
    field: &'o Field,
    /// In characters or bytes, as the width.
    len: usize,
    output: &'o mut Output<'w>,
}

impl Sink for Room<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.len += match self.field.unit {
            Unit::Bytes => bytes.len(),
            Unit::Characters => bytes.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count(),
        };
        if self.len > self.field.width { Ok(()) } else { self.output.put(bytes) }
    }

    fn lose(&mut self, kind: LossyKind) {
        self.output.lose(kind);
    }
}

//! A record with other nodes in the place of one.

use crate::error::RecordError;
use crate::record::{Batch, Tree, Value};

/// Adds the nodes of a record; in the place of one of them, with everything inside it, come those that `put` adds. Lists
/// and maps around it get their new sizes. The record is not ended.
pub(super) fn splice<'a>(
    record: Tree<'_, 'a>,
    node: usize,
    out: &mut Batch<'a>,
    offset: usize,
    put: impl FnOnce(&mut Batch<'a>) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let (values, keys) = record.nodes();
    let behind = node + 1 + values[node].nodes_inside();
    out.push_nodes(&values[..node], &keys[..node], offset)?;
    let first = out.next_node();
    put(out)?;
    let comes = out.next_node() - first;
    out.push_nodes(&values[behind..], &keys[behind..], offset)?;
    let size = |inside: u32| inside + comes as u32 - (behind - node) as u32;
    for (around, value) in out.open_values()[..node].iter_mut().enumerate() {
        match value {
            Value::Map(inside) | Value::List(inside) if around + *inside as usize >= node => *inside = size(*inside),
            _ => {}
        }
    }
    Ok(())
}

/// A path of a field with `.0` in place of `[0]`, as paths of nested records have it.
pub(crate) fn dotted(name: &str) -> Box<[u8]> {
    let mut path = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        path.push_str(before);
        match after.split_once(']').filter(|(item, _)| !item.is_empty() && item.bytes().all(|c| c.is_ascii_digit())) {
            Some((item, after)) => {
                path.push('.');
                path.push_str(item);
                rest = after;
            }
            None => {
                path.push('[');
                rest = after;
            }
        }
    }
    (path + rest).into_bytes().into()
}

//! Fields of nested records by their paths.

use crate::record::{Tree, Value};

/// The node at a path below the root of a record: a key may contain dots itself, a number is an item of a list, and
/// the last of several equal keys counts.
pub fn find(root: Tree<'_, '_>, path: &[u8]) -> Option<u32> {
    let (values, keys) = root.nodes();
    below(values, keys, 0, path).map(|node| node as u32)
}

fn below(values: &[Value<'_>], keys: &[&[u8]], parent: usize, path: &[u8]) -> Option<usize> {
    let behind = parent + 1 + values[parent].nodes_inside();
    let mut node = parent + 1;
    match values[parent] {
        Value::Map(_) => {
            let mut found = None;
            while node < behind {
                let here = match path.strip_prefix(keys[node]) {
                    Some([]) => Some(node),
                    // Every step down uses up part of the path.
                    Some([b'.', rest @ ..]) => below(values, keys, node, rest),
                    _ => None,
                };
                found = here.or(found);
                node += 1 + values[node].nodes_inside();
            }
            found
        }
        Value::List(_) => {
            let end = memchr::memchr(b'.', path).unwrap_or(path.len());
            let item: usize = std::str::from_utf8(&path[..end]).ok()?.parse().ok()?;
            for _ in 0..item {
                if node >= behind {
                    return None;
                }
                node += 1 + values[node].nodes_inside();
            }
            match path.get(end + 1..) {
                _ if node >= behind => None,
                Some(rest) => below(values, keys, node, rest),
                None => Some(node),
            }
        }
        _ => None,
    }
}

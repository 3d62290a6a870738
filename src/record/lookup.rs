//! Fields of nested records by their paths.

use super::{Tree, Value};

/// What a record is called that is no map: its only field.
const VALUE: &[u8] = b"value";

/// The field of a record at a path: a key may contain dots itself, a number is an item of a list, and the last of several
/// equal keys counts. A record that is not a map is its field `value`.
pub fn find(root: Tree<'_, '_>, path: &[u8]) -> Option<u32> {
    match root.value() {
        Value::Map(_) => find_inside(root, path),
        _ => match path.strip_prefix(VALUE) {
            Some([]) => Some(0),
            Some([b'.', rest @ ..]) => find_inside(root, rest),
            _ => find_inside(root, path),
        },
    }
}

/// The same, where items of lists may be in brackets: `a[0].b`.
pub fn find_item(root: Tree<'_, '_>, path: &[u8]) -> Option<u32> {
    find(root, path).or_else(|| {
        let bracket = memchr::memchr(b'[', path)?;
        bracketed(root, &path[..bracket], &path[bracket..]).map(|node| node as u32)
    })
}

/// The value of that field.
pub fn value_at<'a>(root: Tree<'_, 'a>, path: &[u8]) -> Value<'a> {
    find_item(root, path).map_or(Value::Absent, |node| root.nodes().0[node as usize])
}

/// What is at `rest`, which begins with a bracket, in the list at `path`.
fn bracketed(root: Tree<'_, '_>, path: &[u8], mut rest: &[u8]) -> Option<usize> {
    let (values, keys) = root.nodes();
    let mut node = find(root, path)? as usize;
    while let [b'[', item @ ..] = rest {
        let end = memchr::memchr(b']', item)?;
        if !matches!(values[node], Value::List(_)) {
            return None;
        }
        node = below(values, keys, node, &item[..end])?;
        rest = &item[end + 1..];
        if let [b'.', behind @ ..] = rest {
            let bracket = memchr::memchr(b'[', behind).unwrap_or(behind.len());
            node = below(values, keys, node, &behind[..bracket])?;
            rest = &behind[bracket..];
        }
    }
    rest.is_empty().then_some(node)
}

/// The node at a path inside a map or list.
pub fn find_inside(root: Tree<'_, '_>, path: &[u8]) -> Option<u32> {
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

/// All nodes that a path leads to, in order: keys may be there twice, and may contain dots.
pub fn each(root: Tree<'_, '_>, path: &[u8], found: &mut dyn FnMut(usize)) {
    let (values, keys) = root.nodes();
    each_below(values, keys, 0, path, found);
}

fn each_below(values: &[Value<'_>], keys: &[&[u8]], parent: usize, path: &[u8], found: &mut dyn FnMut(usize)) {
    if !matches!(values[parent], Value::Map(_)) {
        // A list has one item of a number.
        below(values, keys, parent, path).into_iter().for_each(found);
        return;
    }
    let (mut node, behind) = (parent + 1, parent + 1 + values[parent].nodes_inside());
    while node < behind {
        match path.strip_prefix(keys[node]) {
            Some([]) => found(node),
            Some([b'.', rest @ ..]) => each_below(values, keys, node, rest, found),
            _ => {}
        }
        node += 1 + values[node].nodes_inside();
    }
}

/// Where a path leads in a record.
pub enum Spot {
    /// To a node, inside this list or map.
    Node { node: usize, parent: usize },
    /// To nothing yet: inside this map, the part of the path from a byte on is missing.
    Missing { map: usize, rest: usize },
    /// Through this node, which is no map, or a list without such an item.
    Blocked(usize),
}

/// Where a path leads in a record.
pub fn spot(root: Tree<'_, '_>, path: &[u8]) -> Spot {
    let (values, keys) = root.nodes();
    if let Some(node) = below(values, keys, 0, path) {
        let holds = |parent: &usize| parent + values[*parent].nodes_inside() >= node;
        let parent = (0..node).rev().find(holds).unwrap_or(0);
        return Spot::Node { node, parent };
    }
    let (mut map, mut rest) = (0, 0);
    while let Value::Map(_) = values[map] {
        // The longest key that the path goes on with, which leads on.
        let mut dots = memchr::memchr_iter(b'.', &path[rest..]);
        let next = dots.find_map(|dot| Some((below(values, keys, map, &path[rest..rest + dot])?, dot)));
        match next {
            Some((node, dot)) => (map, rest) = (node, rest + dot + 1),
            None => return Spot::Missing { map, rest },
        }
    }
    Spot::Blocked(map)
}

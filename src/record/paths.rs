//! The leaves of nested maps by their dotted paths; without recursion, since the source decides how deep a record is.

use std::collections::HashSet;
use std::sync::Arc;

use super::Value;

/// Which maps are taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Apart {
    /// None: they are values.
    None,
    /// All that have fields.
    All,
    /// Those that lead to one of these paths. Each ends with a dot.
    Along(Arc<HashSet<Box<[u8]>>>),
}

impl Apart {
    /// The maps that lead to these paths.
    pub fn along<'p>(paths: impl IntoIterator<Item = &'p [u8]>) -> Apart {
        let maps = paths.into_iter().flat_map(|path| memchr::memchr_iter(b'.', path).map(|dot| path[..=dot].into()));
        Apart::Along(Arc::new(maps.collect()))
    }

    #[inline]
    fn takes(&self, map: &[u8]) -> bool {
        match self {
            Apart::None => false,
            Apart::All => true,
            Apart::Along(maps) => maps.contains(map),
        }
    }
}

/// The way to a leaf.
#[derive(Default)]
pub struct Paths {
    /// The keys of the maps around a leaf, each followed by a dot.
    path: Vec<u8>,
    /// The open maps: the node after each, and how long the path was before it.
    open: Vec<(usize, usize)>,
}

impl Paths {
    /// Calls `each` for every leaf of a record's nodes, with the path of the maps around it (which it may change, but
    /// must restore), the key, and the number of the node. A record that is not a map is the leaf `value`.
    pub fn walk<E>(
        &mut self,
        values: &[Value<'_>],
        keys: &[&[u8]],
        apart: &Apart,
        mut each: impl FnMut(&mut Vec<u8>, &[u8], usize) -> Result<(), E>,
    ) -> Result<(), E> {
        self.path.clear();
        self.open.clear();
        let Some(Value::Map(_)) = values.first() else { return each(&mut self.path, b"value", 0) };
        let mut node = 1;
        while node < values.len() {
            while let Some((_, len)) = self.open.pop_if(|(behind, _)| *behind == node) {
                self.path.truncate(len);
            }
            match values[node] {
                Value::Map(inside) if inside > 0 && self.enter(keys[node], apart) => {
                    self.open.push((node + 1 + inside as usize, self.path.len() - keys[node].len() - 1));
                    node += 1;
                }
                ref leaf => {
                    each(&mut self.path, keys[node], node)?;
                    node += 1 + leaf.nodes_inside();
                }
            }
        }
        Ok(())
    }

    /// Whether the map at a key is taken apart; then its key becomes part of the path.
    #[inline]
    fn enter(&mut self, key: &[u8], apart: &Apart) -> bool {
        if matches!(apart, Apart::None) {
            return false;
        }
        let len = self.path.len();
        self.path.extend_from_slice(key);
        self.path.push(b'.');
        let taken = apart.takes(&self.path);
        if !taken {
            self.path.truncate(len);
        }
        taken
    }
}

/// Whether a path is that of a field, or of something inside it: `a`, `a.b`, `a[0]` of the field `a`.
pub fn is_within(path: &[u8], field: &[u8]) -> bool {
    matches!(path.strip_prefix(field), Some([] | [b'.' | b'[', ..]))
}

/// Calls `make` with the whole path of a leaf.
pub fn with_key<T>(path: &mut Vec<u8>, key: &[u8], make: impl FnOnce(&[u8]) -> T) -> T {
    let len = path.len();
    // Most keys are not inside another map.
    if len == 0 {
        return make(key);
    }
    path.extend_from_slice(key);
    let made = make(path);
    path.truncate(len);
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_with_their_paths() {
        let one = Value::UInt(1);
        let nodes: [(&[u8], Value<'_>); 10] = [
            (b"", Value::Map(9)),
            (b"a", Value::Map(4)),
            (b"b", Value::Map(1)),
            (b"c", one),
            (b"d", Value::List(1)),
            (b"", one),
            (b"e", Value::Map(0)),
            (b"f", Value::Map(2)),
            (b"", Value::Map(1)),
            (b"g", one),
        ];
        let values = nodes.map(|(_, value)| value);
        let keys = nodes.map(|(key, _)| key);
        let found = |apart| {
            let mut found = Vec::new();
            let outcome = Paths::default().walk(&values, &keys, &apart, |path, key, node| {
                found.push(format!("{}{} {node}", String::from_utf8_lossy(path), String::from_utf8_lossy(key)));
                Ok::<(), ()>(())
            });
            outcome.map(|()| found.join(", "))
        };
        assert_eq!(found(Apart::All).unwrap(), "a.b.c 3, a.d 4, e 6, f..g 9");
        assert_eq!(found(Apart::None).unwrap(), "a 1, e 6, f 7");
        let along = |path: &'static str| found(Apart::along([path.as_bytes()])).unwrap();
        assert_eq!(along("a.b"), "a.b 2, a.d 4, e 6, f 7");
        assert_eq!(along("f..g"), "a 1, e 6, f..g 9");
        assert_eq!(along("e"), "a 1, e 6, f 7");
    }
}

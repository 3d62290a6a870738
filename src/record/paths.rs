//! The leaves of nested maps by their dotted paths, without recursion: how deep a record is, its source decides.

use super::Value;

/// The way to a leaf.
#[derive(Default)]
pub struct Paths {
    /// The keys of the maps around a leaf, each with a dot behind it.
    path: Vec<u8>,
    /// The open maps: the node behind each, and how long the path was before.
    open: Vec<(usize, usize)>,
}

impl Paths {
    /// Tells `each` of every leaf of a record's nodes: the path of the maps around it, which it may change as long as
    /// it changes it back, the key, and the number of the node. With `dot`, maps that are not empty are taken apart.
    /// A record that is no map is the leaf `value`.
    pub fn walk<E>(
        &mut self,
        values: &[Value<'_>],
        keys: &[&[u8]],
        dot: bool,
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
                Value::Map(inside) if dot && inside > 0 => {
                    self.open.push((node + 1 + inside as usize, self.path.len()));
                    self.path.extend_from_slice(keys[node]);
                    self.path.push(b'.');
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
}

/// What is made of the whole path of a leaf.
pub fn with_key<T>(path: &mut Vec<u8>, key: &[u8], make: impl FnOnce(&[u8]) -> T) -> T {
    let len = path.len();
    // Most keys are not inside of a map.
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
        let found = |dot| {
            let mut found = Vec::new();
            let outcome = Paths::default().walk(&values, &keys, dot, |path, key, node| {
                found.push(format!("{}{} {node}", String::from_utf8_lossy(path), String::from_utf8_lossy(key)));
                Ok::<(), ()>(())
            });
            outcome.map(|()| found.join(", "))
        };
        assert_eq!(found(true).unwrap(), "a.b.c 3, a.d 4, e 6, f..g 9");
        assert_eq!(found(false).unwrap(), "a 1, e 6, f 7");
    }
}

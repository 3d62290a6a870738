//! What flags say about the fields of nested maps: paths, divided into the keys that they may consist of.

use std::collections::HashMap;

/// What a path says about its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Select,
    Drop,
    /// The number of the new name.
    Rename(usize),
    /// Nothing: it is only noted where it is found.
    Look,
}

/// What is said about the fields of a map.
#[derive(Default)]
pub(super) struct Node {
    /// First those that are selected, or contain something selected, in the order given.
    pub entries: Vec<Entry>,
    /// How many of those there are.
    pub selected: usize,
    /// The number of the first entry, counted over all nodes.
    pub first: usize,
    /// The place of each key, if there are many.
    index: HashMap<Box<[u8]>, usize>,
}

/// What is said about a field.
pub(super) struct Entry {
    pub key: Box<[u8]>,
    /// All of it is selected.
    pub whole: bool,
    pub dropped: bool,
    /// The number of its new name.
    pub rename: Option<usize>,
    /// The node with what is said about fields inside it.
    pub inside: Option<usize>,
    /// The numbers of the paths that lead here.
    pub paths: Vec<usize>,
}

/// Up to this many keys are compared one by one.
const FEW: usize = 12;

impl Node {
    /// The number of the entry for a key.
    #[inline]
    pub fn find(&self, key: &[u8]) -> Option<usize> {
        match self.entries.len() {
            ..=FEW => self.entries.iter().position(|entry| *entry.key == *key),
            _ => self.index.get(key).copied(),
        }
    }
}

/// A path's number, and the rest of it.
type Rest<'p> = (usize, &'p [u8]);

/// Divides paths into keys, those that select first. The first node is for records. A key may contain dots itself, so a
/// path can be matched in more than one way.
pub(super) fn build(paths: &[(Said, &[u8])]) -> Vec<Node> {
    let mut builder = Builder { paths, nodes: Vec::new(), known: HashMap::new(), entries: 0 };
    builder.node(paths.iter().enumerate().map(|(number, (_, path))| (number, *path)).collect());
    builder.nodes
}

struct Builder<'p> {
    paths: &'p [(Said, &'p [u8])],
    nodes: Vec<Node>,
    /// The same set of rests can be reached in more than one way.
    known: HashMap<Vec<Rest<'p>>, usize>,
    entries: usize,
}

impl<'p> Builder<'p> {
    fn node(&mut self, rests: Vec<Rest<'p>>) -> usize {
        if let Some(&node) = self.known.get(&rests) {
            return node;
        }
        let mut places: HashMap<&[u8], usize> = HashMap::new();
        let mut keys: Vec<(&[u8], Vec<usize>, Vec<Rest<'p>>)> = Vec::new();
        for &(number, rest) in &rests {
            for end in memchr::memchr_iter(b'.', rest).chain([rest.len()]) {
                let key = &rest[..end];
                let place = *places.entry(key).or_insert(keys.len());
                if place == keys.len() {
                    keys.push((key, Vec::new(), Vec::new()));
                }
                match rest.get(end + 1..) {
                    None => keys[place].1.push(number),
                    Some(deeper) => keys[place].2.push((number, deeper)),
                }
            }
        }
        let node = self.nodes.len();
        self.nodes.push(Node::default());
        self.known.insert(rests, node);
        let selects = |number: &usize| self.paths[*number].0 == Said::Select;
        let selected = keys
            .iter()
            .take_while(|(_, ends, deeper)| ends.iter().chain(deeper.iter().map(|(number, _)| number)).any(selects))
            .count();
        let first = self.entries;
        self.entries += keys.len();
        let entries: Vec<Entry> = keys.into_iter().map(|(key, ends, deeper)| self.entry(key, ends, deeper)).collect();
        let index = match entries.len() {
            ..=FEW => HashMap::new(),
            _ => entries.iter().enumerate().map(|(number, entry)| (entry.key.clone(), number)).collect(),
        };
        self.nodes[node] = Node { entries, selected, first, index };
        node
    }

    fn entry(&mut self, key: &[u8], ends: Vec<usize>, deeper: Vec<Rest<'p>>) -> Entry {
        let said = |number: &usize| self.paths[*number].0;
        Entry {
            key: key.into(),
            whole: ends.iter().any(|number| said(number) == Said::Select),
            dropped: ends.iter().any(|number| said(number) == Said::Drop),
            rename: ends.iter().find_map(|number| match said(number) {
                Said::Rename(new) => Some(new),
                _ => None,
            }),
            paths: ends,
            inside: if deeper.is_empty() { None } else { Some(self.node(deeper)) },
        }
    }
}

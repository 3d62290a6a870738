//! Selecting and renaming the fields of keyed records.

use std::ops::Range;
use std::sync::Arc;

use super::Op;
use super::check::{apart, check, parent, unique};
use super::pattern::Pattern;
use super::rename::Rename;
use super::rules::{self, Entry, Node, Said};
use crate::error::{Cause, RecordError, Result};
use crate::record::{Batch, LossyKind, NONE, Seen, Tree, Value};

/// Selects, drops and renames fields of keyed records; names are paths as in [`Fields`](super::Fields), and all are
/// names in the source.
///
/// Selected fields come in the order given, each map where a part of it was first named; otherwise the order of the
/// source is kept. Selecting `a.b` keeps the map `a` with only `b`; a map or list in which nothing is selected is left
/// out, except for maps in lists, which keep their places. What is absent remains absent; if a selected key occurs
/// twice, the last one counts. A record that is not a map is its field `value`: selected
/// or renamed it becomes a map with that field, dropped a map with none; if only other fields are selected, it is refused.
/// A record in which a field would get the key of another one is refused.
///
/// Records in columns are not touched: `project` changes their schema instead.
pub struct KeyedFilter {
    nodes: Vec<Node>,
    /// The number of entries in all nodes.
    entries: usize,
    /// Nothing is selected: everything is kept unless something else is said about it.
    all: bool,
    /// All new names, one after another, and where the one for each old path is.
    new_names: Box<[u8]>,
    renames: Vec<NewName>,
    /// The regexes that select and drop fields of the record.
    patterns: Vec<Pattern>,
    /// What is left out is counted, or refused.
    exact: Option<Exact>,
    /// Where to note the paths that are found, and the number of each one there.
    seen: Option<(Arc<Seen>, Vec<usize>)>,
}

/// A new name.
struct NewName {
    /// The length of the old path.
    old: usize,
    /// Where the new name is, and whether it begins with the path of the field's map.
    name: Range<usize>,
    has_path: bool,
}

/// How to treat fields that are left out.
#[derive(Clone, Copy)]
struct Exact {
    strict: bool,
}

/// What a record is called that is not a map.
const VALUE: &[u8] = b"value";

/// How many lists may be directly inside each other where a path leads through them.
const NESTED_LISTS: usize = 128;

impl KeyedFilter {
    /// A filter; if `select` is empty, all fields are kept. Each of `rename` is an old path and a new name: only the
    /// last component, or a path with the same parent. All renames happen at once.
    ///
    /// # Errors
    /// Usage errors for empty names, fields that are selected or renamed twice, a field that is selected next to a part
    /// of it, new names that have another parent or belong to another named field, and a selection that leaves nothing,
    /// or leaves out what is renamed.
    pub fn new(select: &[String], drop: &[String], rename: &[Rename]) -> Result<KeyedFilter> {
        KeyedFilter::looking(select, drop, rename, &[])
    }

    /// The same; where the paths in `look` are found is noted too, although nothing is done to them.
    pub(crate) fn looking(
        select: &[String],
        drop: &[String],
        rename: &[Rename],
        look: &[&[u8]],
    ) -> Result<KeyedFilter> {
        check(select, drop, rename)?;
        let mut filter = KeyedFilter::of(select, drop, rename, look)?;
        let root = &filter.nodes[0];
        let mut patterns = Pattern::all(select, 0, "⟨select⟩", |path| root.find(path))?;
        patterns.extend(Pattern::all(drop, select.len(), "⟨drop⟩", |_| None)?);
        filter.patterns = patterns;
        Ok(filter)
    }

    /// The fields of these paths, in this order, as the columns of nested records. What is left out is counted as lossy
    /// or, with `strict`, makes the record bad. A record that is not a map is its field `value`.
    pub fn exactly(fields: &[String], strict: bool) -> Result<KeyedFilter> {
        unique("⟨columns⟩", fields)?;
        apart("⟨columns⟩", fields)?;
        let filter = KeyedFilter::of(fields, &[], &[], &[])?;
        Ok(KeyedFilter { all: false, exact: Some(Exact { strict }), ..filter })
    }

    fn of(select: &[String], drop: &[String], rename: &[Rename], look: &[&[u8]]) -> Result<KeyedFilter> {
        let (mut new_names, mut renames) = (Vec::new(), Vec::new());
        for Rename { old, new } in rename {
            let name = new_names.len()..new_names.len() + new.len();
            renames.push(NewName { old: old.len(), name, has_path: new.starts_with(parent(old)) });
            new_names.extend_from_slice(new.as_bytes());
        }
        let selected = select.iter().map(|path| (Said::Select, path.as_bytes()));
        let dropped = drop.iter().map(|path| (Said::Drop, path.as_bytes()));
        let renamed = rename.iter().enumerate().map(|(new, rename)| (Said::Rename(new), rename.old.as_bytes()));
        let looked = look.iter().map(|path| (Said::Look, *path));
        let nodes = rules::build(&selected.chain(dropped).chain(renamed).chain(looked).collect::<Vec<_>>());
        Ok(KeyedFilter {
            entries: nodes.iter().map(|node| node.entries.len()).sum(),
            nodes,
            all: select.is_empty(),
            new_names: new_names.into(),
            renames,
            patterns: Vec::new(),
            exact: None,
            seen: None,
        })
    }

    /// The same filter, but renamed fields keep their names.
    pub(crate) fn without_new_names(mut self) -> KeyedFilter {
        self.nodes.iter_mut().flat_map(|node| &mut node.entries).for_each(|entry| entry.rename = None);
        self
    }

    /// Notes in `seen` which paths are found. `numbers` are theirs: of those that are selected, dropped, renamed and looked
    /// for.
    pub(crate) fn watched(self, seen: Option<Arc<Seen>>, numbers: impl IntoIterator<Item = usize>) -> KeyedFilter {
        KeyedFilter { seen: seen.map(|seen| (seen, numbers.into_iter().collect())), ..self }
    }

    /// Replaces the batch by the filtered one; an error means that there is no room for it.
    fn filter(&self, batch: &mut Batch<'_>) -> Result<(), RecordError> {
        let names = batch.arena().bytes(self.new_names.len(), 0)?;
        names.copy_from_slice(&self.new_names);
        let places = batch.arena().numbers(self.entries, 0)?;
        let mut out = batch.rebuild();
        for record in 0..batch.len() {
            let span = batch.span(record);
            let mut work = Work { filter: self, names, places, out: &mut out, left_out: 0, offset: span.start };
            if let Err(error) = work.record(batch.tree(record)) {
                // A refused record keeps its place: others are known by their index.
                out.abandon();
                out.push_keyed(b"", Value::Null, span.start)?;
                out.reject_with(record, error);
            }
            out.end_record(span.start, span.end)?;
        }
        *batch = out;
        Ok(())
    }

    /// The first regex that drops a field of the record, or that selects it at a place.
    #[inline]
    fn pattern(&self, node: usize, place: Option<usize>, key: &[u8]) -> Option<&Pattern> {
        if node > 0 || self.patterns.is_empty() {
            return None;
        }
        self.patterns.iter().find(|pattern| pattern.place == place && pattern.matches(key))
    }

    /// Notes that a regex has matched.
    fn matched(&self, pattern: &Pattern) {
        if let Some((seen, numbers)) = &self.seen {
            numbers.get(pattern.number).into_iter().for_each(|number| seen.mark(*number));
        }
    }

    /// Notes that an entry was found.
    #[inline]
    fn met(&self, entry: &Entry) {
        if let Some((seen, numbers)) = &self.seen {
            entry.paths.iter().filter_map(|path| numbers.get(*path)).for_each(|number| seen.mark(*number));
        }
    }

    /// Looks for paths in what is left out.
    fn look(&self, node: usize, tree: Tree<'_, '_>, lists: usize) {
        if self.seen.is_none() || lists > NESTED_LISTS {
            return;
        }
        match tree.value() {
            Value::List(_) => tree.children().for_each(|item| self.look(node, item, lists + 1)),
            Value::Map(_) => {
                for child in tree.children() {
                    let Some(number) = self.nodes[node].find(child.key()) else { continue };
                    let entry = &self.nodes[node].entries[number];
                    self.met(entry);
                    entry.inside.into_iter().for_each(|inside| self.look(inside, child, 0));
                }
            }
            _ => {}
        }
    }

    /// Where the new key of a field is: the new name without the path of its map.
    fn new_key(&self, rename: usize, key: &[u8]) -> Range<usize> {
        let NewName { old, ref name, has_path } = self.renames[rename];
        name.start + if has_path { old - key.len() } else { 0 }..name.end
    }
}

impl Op for KeyedFilter {
    fn name(&self) -> &str {
        "select"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        if batch.schema().is_some() {
            return;
        }
        if let Err(error) = self.filter(batch) {
            // The batch is still the old one: none of it may pass.
            for record in 0..batch.len() {
                batch.reject_with(record, error.clone());
            }
        }
    }

    fn needs_utf8(&self) -> bool {
        false
    }
}

/// The filter while it works on a record.
struct Work<'w, 'a> {
    filter: &'w KeyedFilter,
    /// The new names, in the arena.
    names: &'a [u8],
    /// For each entry, its field in the map that is being filtered.
    places: &'w mut [u32],
    out: &'w mut Batch<'a>,
    /// How many fields were left out that were not named.
    left_out: u64,
    offset: usize,
}

impl<'w, 'a> Work<'w, 'a> {
    fn record(&mut self, root: Tree<'_, 'a>) -> Result<(), RecordError> {
        let KeyedFilter { all, exact, .. } = *self.filter;
        match (root.value(), exact) {
            (Value::Map(_), _) => self.inside(root.key(), root, 0, all, 0)?,
            (_, None) if self.is_value(root) => self.whole(root)?,
            (Value::List(_), _) if all => self.inside(root.key(), root, 0, all, 0)?,
            _ if all => self.out.push_tree(root.key(), root, self.offset)?,
            (_, Some(_)) => self.value(root)?,
            _ => {
                return Err(RecordError::new(
                    self.offset,
                    "the record is not an object, so it has no fields to select",
                )
                .cause(Cause::Op));
            }
        }
        match exact {
            Some(Exact { strict: true }) if self.left_out > 0 => Err(RecordError::new(
                self.offset,
                "the record has fields that are not in the list of columns (unknown_key)",
            )
            .cause(Cause::Target)
            .hint("Leave out ⟨strict⟩ to accept it and have it counted.")),
            Some(_) => {
                self.out.lose(LossyKind::UnknownKey, self.left_out);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Whether a record that is not a map is a field about which something is said. What is said about fields of a list is
    /// about those of the maps in it.
    fn is_value(&self, root: Tree<'_, 'a>) -> bool {
        let (filter, rules) = (self.filter, &self.filter.nodes[0]);
        let has_maps = matches!(root.value(), Value::List(_))
            && root.children().any(|item| matches!(item.value(), Value::Map(_) | Value::List(_)));
        let is_named = || match rules.find(VALUE).map(|number| &rules.entries[number]) {
            Some(entry) if filter.all => entry.dropped || entry.rename.is_some(),
            Some(entry) => entry.whole || entry.dropped,
            None => false,
        };
        !has_maps && (is_named() || filter.patterns.iter().any(|pattern| pattern.matches(VALUE)))
    }

    /// A record that is not a map, as the field that it is.
    fn whole(&mut self, root: Tree<'_, 'a>) -> Result<(), RecordError> {
        let (filter, rules) = (self.filter, &self.filter.nodes[0]);
        filter.patterns.iter().filter(|pattern| pattern.matches(VALUE)).for_each(|pattern| filter.matched(pattern));
        let entry = rules.find(VALUE).map(|number| &rules.entries[number]);
        entry.into_iter().for_each(|entry| filter.met(entry));
        let is_dropped = entry.is_some_and(|entry| entry.dropped) || filter.pattern(0, None, VALUE).is_some();
        let rename = entry.and_then(|entry| entry.rename);
        let start = self.out.next_node();
        self.out.push_keyed(root.key(), Value::Null, self.offset)?;
        if !is_dropped {
            let key = rename.map_or(VALUE, |rename| &self.names[filter.new_key(rename, VALUE)]);
            self.out.push_tree(key, root, self.offset)?;
        }
        self.out.close_map(start);
        Ok(())
    }

    /// A record that is not a map, turned into one.
    fn value(&mut self, root: Tree<'_, 'a>) -> Result<(), RecordError> {
        let start = self.out.next_node();
        self.out.push_keyed(root.key(), Value::Null, self.offset)?;
        let node = &self.filter.nodes[0];
        match node.find(VALUE).map(|number| &node.entries[number]).filter(|entry| entry.whole) {
            Some(entry) => {
                self.filter.met(entry);
                self.out.push_tree(VALUE, root, self.offset)?;
            }
            None => self.left_out += 1,
        }
        self.out.close_map(start);
        Ok(())
    }

    /// Copies what is kept of a node: `node` says what; with `all`, so is everything about which nothing else is said.
    fn inside(
        &mut self,
        key: &'a [u8],
        tree: Tree<'_, 'a>,
        node: usize,
        all: bool,
        lists: usize,
    ) -> Result<(), RecordError> {
        let start = self.out.next_node();
        match tree.value() {
            Value::Map(_) => {
                self.out.push_keyed(key, Value::Null, self.offset)?;
                self.map(tree, node, all)?;
                self.out.close_map(start);
            }
            Value::List(_) if lists == NESTED_LISTS => {
                let reason = format!("a path goes through more than {NESTED_LISTS} lists inside each other");
                return Err(RecordError::new(self.offset, reason).cause(Cause::Op));
            }
            Value::List(_) => {
                self.out.push_keyed(key, Value::Null, self.offset)?;
                for item in tree.children() {
                    self.inside(item.key(), item, node, all, lists + 1)?;
                }
                self.out.close_list(start);
            }
            _ if all => self.out.push_tree(key, tree, self.offset)?,
            _ => {}
        }
        Ok(())
    }

    /// Copies what is kept of a map's fields.
    fn map(&mut self, map: Tree<'_, 'a>, node: usize, all: bool) -> Result<(), RecordError> {
        let rules = &self.filter.nodes[node];
        if all {
            for child in map.children() {
                if let Some(pattern) = self.filter.pattern(node, None, child.key()) {
                    self.filter.matched(pattern);
                    continue;
                }
                match rules.find(child.key()) {
                    None => self.out.push_tree(child.key(), child, self.offset)?,
                    Some(number) => self.field(map, child, node, number, true)?,
                }
            }
            return Ok(());
        }
        self.places[rules.first..rules.first + rules.selected].fill(NONE);
        let (values, keys) = map.nodes();
        let mut at = 1;
        while at < values.len() {
            let dropped = self.filter.pattern(node, None, keys[at]);
            match rules.find(keys[at]) {
                _ if dropped.is_some() => dropped.into_iter().for_each(|pattern| self.filter.matched(pattern)),
                Some(number) if number < rules.selected => {
                    let before = std::mem::replace(&mut self.places[rules.first + number], at as u32);
                    if before != NONE {
                        self.out.lose(LossyKind::DuplicateKey, 1);
                    }
                }
                Some(number) => self.leave_out(&rules.entries[number], map.node(at)),
                None if (0..rules.selected).any(|place| self.filter.pattern(node, Some(place), keys[at]).is_some()) => {
                }
                None => self.left_out += 1,
            }
            at += 1 + values[at].nodes_inside();
        }
        for number in 0..rules.selected {
            let place = self.places[rules.first + number];
            if place != NONE {
                self.field(map, map.node(place as usize), node, number, false)?;
            }
            self.matching(map, node, number)?;
        }
        Ok(())
    }

    /// Copies the fields that a regex selects at a place, unless they are selected by their names, or before it.
    fn matching(&mut self, map: Tree<'_, 'a>, node: usize, place: usize) -> Result<(), RecordError> {
        let (filter, rules) = (self.filter, &self.filter.nodes[node]);
        if node > 0 || !filter.patterns.iter().any(|pattern| pattern.place == Some(place)) {
            return Ok(());
        }
        for child in map.children() {
            let key = child.key();
            let named = rules.find(key).is_some_and(|number| number < rules.selected);
            let before = (0..place).any(|place| filter.pattern(node, Some(place), key).is_some());
            let Some(pattern) = filter.pattern(node, Some(place), key).filter(|_| !named && !before) else { continue };
            filter.matched(pattern);
            match rules.find(key) {
                _ if filter.pattern(node, None, key).is_some() => {}
                Some(number) => self.field(map, child, node, number, true)?,
                None => self.out.push_tree(key, child, self.offset)?,
            }
        }
        Ok(())
    }

    /// Something is said about a field, but it is not kept.
    fn leave_out(&mut self, entry: &Entry, child: Tree<'_, 'a>) {
        self.filter.met(entry);
        entry.inside.into_iter().for_each(|inside| self.filter.look(inside, child, 0));
    }

    /// Copies what is kept of a field about which something is said.
    fn field(
        &mut self,
        map: Tree<'_, 'a>,
        child: Tree<'_, 'a>,
        node: usize,
        number: usize,
        all: bool,
    ) -> Result<(), RecordError> {
        let entry = &self.filter.nodes[node].entries[number];
        if entry.dropped {
            self.leave_out(entry, child);
            return Ok(());
        }
        self.filter.met(entry);
        let mut key = child.key();
        if let Some(rename) = entry.rename {
            key = &self.names[self.filter.new_key(rename, key)];
            self.check_free(map, node, all, child.key(), key)?;
        }
        let (start, left_out, whole) = (self.out.next_node(), self.left_out, all || entry.whole);
        match entry.inside {
            None => self.out.push_tree(key, child, self.offset)?,
            Some(inside) => self.inside(key, child, inside, whole, 0)?,
        }
        if !whole && self.out.next_node() <= start + 1 {
            self.out.rewind(start);
            self.left_out += u64::from(self.left_out == left_out);
        }
        Ok(())
    }

    /// Checks that no other field of the new map has the new key.
    fn check_free(&self, map: Tree<'_, 'a>, node: usize, all: bool, old: &[u8], new: &[u8]) -> Result<(), RecordError> {
        let rules = &self.filter.nodes[node];
        // A regex keeps all of a field, but not the fields beside it.
        let all = all && (node > 0 || self.filter.all);
        for other in map.children().filter(|other| other.key() != old) {
            let number = rules.find(other.key());
            let entry = number.map(|number| &rules.entries[number]);
            let selected = number.is_some_and(|number| number < rules.selected)
                || (0..rules.selected).any(|place| self.filter.pattern(node, Some(place), other.key()).is_some());
            let kept = (all || selected) && self.filter.pattern(node, None, other.key()).is_none();
            let rename = entry.and_then(|entry| entry.rename);
            let key = rename.map_or(other.key(), |rename| &self.names[self.filter.new_key(rename, other.key())]);
            if kept && !entry.is_some_and(|entry| entry.dropped) && key == new {
                let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
                let reason = format!("the field `{old}` can't be renamed: the map has another field `{new}`");
                return Err(RecordError::new(self.offset, reason).cause(Cause::Op));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

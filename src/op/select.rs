//! Choosing and renaming the fields of keyed records.

use std::ops::Range;

use super::{Fields, Op};
use crate::error::{Error, RecordError, Result};
use crate::record::{Batch, Tree, Value};

/// Selects, drops and renames fields of keyed records; names are paths as in [`Fields`], and all of them
/// are names of the source.
///
/// Keys keep the order of the source. Selecting `a.b` keeps the map `a` with nothing but `b`; a map or list
/// in which nothing is selected is left out, except for maps in lists, which keep their places. What is
/// absent stays absent. A record that is no map has no fields: it passes, unless fields are selected. A
/// record in which a field would get the key of another one is refused.
///
/// Records in columns pass as they are: their schema is what [`project`](super::project) changes.
pub struct KeyedFilter {
    select: Fields,
    drop: Fields,
    /// Old paths.
    rename: Fields,
    /// All new names in a row, and where the one for each old path lies.
    new_names: Box<[u8]>,
    new_name: Vec<Range<usize>>,
}

/// How many lists may lie directly inside each other where a path leads through them.
const NESTED_LISTS: usize = 128;

impl KeyedFilter {
    /// A filter; empty `select` means all fields. Each of `rename` is an old path and a new name: the last
    /// component alone, or a path with the same parent. All renames happen at once.
    ///
    /// # Errors
    /// Usage errors for empty names, fields that are renamed twice, and new names with another parent.
    pub fn new(select: &[String], drop: &[String], rename: &[(String, String)]) -> Result<KeyedFilter> {
        let mut new_names = Vec::new();
        let mut new_name = Vec::new();
        for (old, new) in rename {
            check_new_name(old, new)?;
            new_name.push(new_names.len()..new_names.len() + new.len());
            new_names.extend_from_slice(new.as_bytes());
        }
        let old_names = fields(rename.iter().map(|(old, _)| old), "--rename")?;
        if old_names.names().len() < rename.len() {
            return Err(Error::usage("--rename names a field twice"));
        }
        let (select, drop) = (fields(select.iter(), "--select")?, fields(drop.iter(), "--drop")?);
        Ok(KeyedFilter { select, drop, rename: old_names, new_names: new_names.into(), new_name })
    }

    /// Puts the filtered batch in the place of the old one; an error says that there is no room for it.
    fn filter(&self, batch: &mut Batch<'_>) -> Result<(), RecordError> {
        let names = batch.arena().bytes(self.new_names.len(), 0)?;
        names.copy_from_slice(&self.new_names);
        let mut out = batch.rebuild();
        for record in 0..batch.len() {
            let span = batch.span(record);
            let mut work = Work { filter: self, names, out: &mut out, offset: span.start };
            if let Err(error) = work.record(batch.tree(record)) {
                // The place of a refused record is kept: others are known by their index.
                out.abandon();
                out.push_keyed(b"", Value::Null, span.start)?;
                out.reject_with(record, error);
            }
            out.end_record(span.start, span.end)?;
        }
        *batch = out;
        Ok(())
    }

    /// What becomes of the field `key` of the map at `place`.
    fn fate<'p>(&'p self, place: Place<'p>, key: &[u8]) -> Fate<'p> {
        let (here, inside) = self.select.find(place.prefix, key);
        let (dropped, drop_inside) = self.drop.find(place.prefix, key);
        let (renamed, rename_inside) = self.rename.find(place.prefix, key);
        let selected = place.selected || here;
        Fate {
            kept: !dropped && (selected || inside.is_some()),
            selected,
            deeper: inside.filter(|_| !selected).or(drop_inside).or(rename_inside),
            rename: renamed.then(|| self.rename_of(place, key)).flatten(),
        }
    }

    /// Where the new name of a field lies, without the path of its map.
    fn rename_of(&self, place: Place<'_>, key: &[u8]) -> Option<Range<usize>> {
        let names = self.rename.names();
        let index = names.iter().position(|name| name.strip_prefix(place.prefix) == Some(key))?;
        let range = self.new_name[index].clone();
        let has_path = self.new_names[range.clone()].starts_with(place.prefix);
        Some(range.start + if has_path { place.prefix.len() } else { 0 }..range.end)
    }
}

fn fields<'n>(names: impl Iterator<Item = &'n String>, flag: &str) -> Result<Fields> {
    let fields = Fields::named(names.map(|name| name.as_bytes()));
    match fields.names().iter().any(|name| name.is_empty()) {
        true => Err(Error::usage(format!("{flag} has an empty field name"))),
        false => Ok(fields),
    }
}

fn check_new_name(old: &str, new: &str) -> Result<()> {
    let parent = old.rfind('.').map_or("", |dot| &old[..=dot]);
    let key = new.strip_prefix(parent).unwrap_or(new);
    if key.is_empty() || key.contains('.') {
        return Err(Error::usage(format!(
            "--rename {old}={new}: a field stays in its map, so the new name is {parent}NAME or NAME"
        )));
    }
    Ok(())
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
            // The batch is still the old one: nothing of it may go on.
            for record in 0..batch.len() {
                batch.reject_with(record, error.clone());
            }
        }
    }

    fn needs_utf8(&self) -> bool {
        false
    }
}

/// A map on the way down, and what was decided for all of it.
#[derive(Clone, Copy)]
struct Place<'p> {
    /// The path of the map, with a dot behind it; empty for a record.
    prefix: &'p [u8],
    /// Whether the map was selected as a whole.
    selected: bool,
}

/// What becomes of a field.
struct Fate<'p> {
    /// It goes on, or something inside it may.
    kept: bool,
    /// All of it goes on that nothing else is said of.
    selected: bool,
    /// Something is said of what is inside: the path there.
    deeper: Option<&'p [u8]>,
    /// Where its new key lies.
    rename: Option<Range<usize>>,
}

/// The filter at work on a record.
struct Work<'w, 'a> {
    filter: &'w KeyedFilter,
    /// The new names, in the arena.
    names: &'a [u8],
    out: &'w mut Batch<'a>,
    offset: usize,
}

impl<'w, 'a> Work<'w, 'a> {
    fn record(&mut self, root: Tree<'_, 'a>) -> Result<(), RecordError> {
        let all = self.filter.select.names().is_empty();
        let place = Place { prefix: b"", selected: all };
        match root.value() {
            Value::Map(_) | Value::List(_) => self.inside(root.key(), root, place, 0),
            _ if all => self.out.push_tree(root.key(), root, self.offset),
            _ => Err(RecordError::new(self.offset, "the record is no map, so it has no fields to select")),
        }
    }

    /// Takes over what is kept of a node.
    fn inside(&mut self, key: &'a [u8], node: Tree<'_, 'a>, place: Place<'w>, lists: usize) -> Result<(), RecordError> {
        let start = self.out.next_node();
        match node.value() {
            Value::Map(_) => {
                self.out.push_keyed(key, Value::Null, self.offset)?;
                self.map(node, place)?;
                self.out.close_map(start);
            }
            Value::List(_) if lists == NESTED_LISTS => {
                let reason = format!("a path leads through more than {NESTED_LISTS} lists inside each other");
                return Err(RecordError::new(self.offset, reason));
            }
            Value::List(_) => {
                self.out.push_keyed(key, Value::Null, self.offset)?;
                for item in node.children() {
                    self.inside(item.key(), item, place, lists + 1)?;
                }
                self.out.close_list(start);
            }
            _ if place.selected => self.out.push_tree(key, node, self.offset)?,
            _ => {}
        }
        Ok(())
    }

    /// Takes over what is kept of a map's fields.
    fn map(&mut self, map: Tree<'_, 'a>, place: Place<'w>) -> Result<(), RecordError> {
        let filter = self.filter;
        for child in map.children() {
            let fate = filter.fate(place, child.key());
            if !fate.kept {
                continue;
            }
            let mut key = child.key();
            if let Some(range) = fate.rename {
                key = &self.names[range];
                self.check_free(map, place, child.key(), key)?;
            }
            let start = self.out.next_node();
            match fate.deeper {
                None => self.out.push_tree(key, child, self.offset)?,
                Some(prefix) => self.inside(key, child, Place { prefix, selected: fate.selected }, 0)?,
            }
            if !fate.selected && self.out.next_node() <= start + 1 {
                self.out.rewind(start);
            }
        }
        Ok(())
    }

    /// Whether no other field of the new map has the new key.
    fn check_free(&self, map: Tree<'_, 'a>, place: Place<'w>, old: &[u8], new: &[u8]) -> Result<(), RecordError> {
        for other in map.children().filter(|other| other.key() != old) {
            let fate = self.filter.fate(place, other.key());
            let key = fate.rename.map_or(other.key(), |range| &self.names[range]);
            if fate.kept && key == new {
                let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
                let reason = format!("the field `{old}` can't be renamed: the map has another field `{new}`");
                return Err(RecordError::new(self.offset, reason));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, keyed, rejected, show};
    use super::*;

    fn filter(select: &[&str], drop: &[&str], rename: &[(&str, &str)]) -> Result<KeyedFilter> {
        let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let rename: Vec<_> = rename.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect();
        KeyedFilter::new(&owned(select), &owned(drop), &rename)
    }

    fn run(op: &KeyedFilter, record: &str) -> String {
        let mut shown = String::new();
        // Records before and behind show that each is filtered in its place.
        keyed(&[record, r#"{"b":1}"#, record], |batch| {
            op.apply(batch);
            shown = show(batch, 0);
            assert_eq!(show(batch, 2), shown);
            assert_eq!((batch.len(), batch.span(2).start), (3, 2));
            if let Some((_, error)) = rejected(batch).into_iter().next() {
                shown = error.reason.into_owned();
            }
        });
        shown
    }

    const RECORD: &str = r#"{"a":{"b":1,"c":{"d":"x"},"e":[]},"b":2,"l":[{"m":1,"n":2},3,[{"n":4}],{}],"a.b":5}"#;

    #[test]
    fn selects() {
        let select = |names: &[&str]| run(&filter(names, &[], &[]).unwrap(), RECORD);
        assert_eq!(select(&[]), RECORD);
        assert_eq!(select(&["b"]), r#"{"b":2}"#);
        assert_eq!(select(&["b", "a"]), r#"{"a":{"b":1,"c":{"d":"x"},"e":[]},"b":2}"#);
        assert_eq!(select(&["a.b"]), r#"{"a":{"b":1},"a.b":5}"#);
        assert_eq!(select(&["a.c.d", "a.e"]), r#"{"a":{"c":{"d":"x"},"e":[]}}"#);
        assert_eq!(select(&["a.c.x", "b.x", "a.e.x", "x"]), "{}");
        assert_eq!(select(&["l.n"]), r#"{"l":[{"n":2},[{"n":4}],{}]}"#);
    }

    #[test]
    fn drops() {
        let drop = |names: &[&str]| run(&filter(&[], names, &[]).unwrap(), RECORD);
        assert_eq!(drop(&["a", "l", "a.b"]), r#"{"b":2}"#);
        assert_eq!(drop(&["a.b", "a.e", "a.c.d", "l"]), r#"{"a":{"c":{}},"b":2}"#);
        assert_eq!(drop(&["l.n", "a"]), r#"{"b":2,"l":[{"m":1},3,[{}],{}],"a.b":5}"#);
        assert_eq!(drop(&["x", "b.x", "a.x.y"]), RECORD);
        let both = filter(&["a", "b"], &["a.c", "a.e", "l.m"], &[]).unwrap();
        assert_eq!(run(&both, RECORD), r#"{"a":{"b":1},"b":2}"#);
    }

    #[test]
    fn renames() {
        let rename = |names: &[(&str, &str)], record: &str| run(&filter(&[], &[], names).unwrap(), record);
        assert_eq!(rename(&[("a", "z")], r#"{"a":{"a":1},"b":2}"#), r#"{"z":{"a":1},"b":2}"#);
        assert_eq!(rename(&[("a.b", "z")], r#"{"a":{"b":1},"b":2}"#), r#"{"a":{"z":1},"b":2}"#);
        assert_eq!(rename(&[("a.b", "a.z")], r#"{"a":{"b":1},"a.b":2}"#), r#"{"a":{"z":1},"a.z":2}"#);
        assert_eq!(rename(&[("a.b", "z")], r#"{"a":{"b":1},"a.b":2}"#), r#"{"a":{"z":1},"z":2}"#);
        assert_eq!(rename(&[("a", "b"), ("b", "a")], r#"{"a":1,"b":2}"#), r#"{"b":1,"a":2}"#);
        assert_eq!(rename(&[("l.n", "z"), ("l", "k")], r#"{"l":[{"n":1},{}]}"#), r#"{"k":[{"z":1},{}]}"#);
        let all = filter(&["a"], &["a.c"], &[("a.b", "c"), ("a", "x")]).unwrap();
        assert_eq!(run(&all, r#"{"a":{"b":1,"c":2},"x":3}"#), r#"{"x":{"c":1}}"#);
    }

    #[test]
    fn refuses_a_key_that_another_field_has() {
        let op = filter(&[], &[], &[("a", "b")]).unwrap();
        let reason = "the field `a` can't be renamed: the map has another field `b`";
        keyed(&[r#"{"a":1}"#, r#"{"a":1,"b":2}"#, r#"{"a":3,"a":4}"#], |batch| {
            op.apply(batch);
            assert_eq!((show(batch, 0), show(batch, 2)), (r#"{"b":1}"#.into(), r#"{"b":3,"b":4}"#.into()));
            assert_eq!(rejected(batch), [(1, RecordError::new(1, reason))]);
        });
    }

    #[test]
    fn records_that_are_no_maps() {
        let (select, drop) = (filter(&["a"], &[], &[]).unwrap(), filter(&[], &["a"], &[]).unwrap());
        assert_eq!(run(&select, "5"), "the record is no map, so it has no fields to select");
        assert_eq!(run(&drop, "5"), "5");
        assert_eq!(run(&select, r#"[{"a":1,"b":2},3]"#), r#"[{"a":1}]"#);
        assert_eq!(run(&drop, r#"[{"a":1,"b":2},3]"#), r#"[{"b":2},3]"#);
    }

    #[test]
    fn lists_inside_lists_end_somewhere() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let drop = filter(&[], &["a.b"], &[]).unwrap();
        let record = |depth: usize| format!(r#"{{"a":{},"x":{}}}"#, deep(depth), deep(400));
        assert_eq!(run(&drop, &record(NESTED_LISTS)), record(NESTED_LISTS));
        assert!(run(&drop, &record(NESTED_LISTS + 1)).starts_with("a path leads through"));
    }

    #[test]
    fn no_room_refuses_every_record() {
        let arena = crate::memory::Arena::new(1 << 10, 200_000);
        let slice = vec![b'-'; 800];
        let mut batch = Batch::new(&arena, &slice, None, 1 << 20);
        for record in 0..800 {
            batch.push_keyed(b"", Value::Map(1), 0).unwrap();
            batch.push_keyed(b"a", Value::Null, 0).unwrap();
            batch.end_record(record, record + 1).unwrap();
        }
        filter(&["b"], &[], &[]).unwrap().apply(&mut batch);
        assert_eq!(
            rejected(&mut batch).iter().map(|(record, _)| *record).collect::<Vec<_>>(),
            (0..800).collect::<Vec<_>>()
        );
    }

    #[test]
    fn refuses_bad_names() {
        for (old, new) in [("a", ""), ("a", "x.y"), ("a.b", "x.b"), ("a.b", "a."), ("", "a"), ("a.b", "a.b.c")] {
            assert!(filter(&[], &[], &[(old, new)]).is_err(), "{old} {new}");
        }
        assert!(filter(&[], &[], &[("a", "x"), ("a", "y")]).is_err());
        assert!(filter(&[""], &[], &[]).is_err() && filter(&[], &[""], &[]).is_err());
    }

    #[test]
    fn leaves_columns_alone() {
        columns(&["a"], &[&[Value::Null]], |batch| {
            filter(&["b"], &[], &[]).unwrap().apply(batch);
            assert_eq!(batch.columns(0), [Value::Null]);
        });
    }
}

//! Selecting and renaming the fields of a schema.

use std::collections::HashSet;

use regex::bytes::Regex;

use super::paths::{is_in, renamed};
use super::pattern::{find, missing, regex_of};
use super::rename::Rename;
use crate::error::{Error, Result};
use crate::record::Schema;

/// Which fields of a schema are kept, and under which names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// For each field, its index in the source's schema.
    pub source: Vec<usize>,
    /// The names.
    pub names: Schema,
}

/// Takes the fields in `select`, in its order (all fields if it is empty), without those in `drop`, and then renames
/// them. All renames happen at once, so names may be swapped.
///
/// `select` and `drop` may also have positions, ranges and regexes; see [`find`].
///
/// If several fields have a name, it means the first one. An empty source has no fields, and any name is accepted.
///
/// # Errors
/// Usage errors for unknown fields (the message lists the known ones, most similar first), fields that are selected or
/// renamed twice, new names that another field has, and a selection that leaves nothing.
pub fn project(schema: &Schema, select: &[String], drop: &[String], rename: &[Rename]) -> Result<Projection> {
    if schema.is_empty() {
        return Ok(Projection { source: Vec::new(), names: Schema::default() });
    }
    let mut dropped = HashSet::new();
    for text in drop {
        dropped.extend(find(schema, text, "⟨drop⟩")?.fields);
    }
    let mut source: Vec<usize> = if select.is_empty() { (0..schema.len()).collect() } else { Vec::new() };
    let mut taken = HashSet::new();
    for text in select {
        let found = find(schema, text, "⟨select⟩")?;
        for field in found.fields {
            match taken.insert(field) {
                true => source.push(field),
                false if found.rest => {}
                false => return Err(Error::usage(format!("⟨select⟩ names the field `{text}` twice"))),
            }
        }
    }
    source.retain(|index| !dropped.contains(index));
    if source.is_empty() && !schema.is_empty() {
        return Err(Error::usage("⟨select⟩ and ⟨drop⟩ leave no fields"));
    }
    let mut names: Vec<&[u8]> = source.iter().map(|index| schema.name(*index)).collect();
    rename_fields(schema, &source, rename, &mut names)?;
    Ok(Projection { names: Schema::new(names), source })
}

fn rename_fields<'n>(schema: &Schema, source: &[usize], rename: &'n [Rename], names: &mut [&'n [u8]]) -> Result<()> {
    let mut renamed = HashSet::new();
    for Rename { old, new } in rename {
        let index = position(schema, old, "⟨rename⟩")?;
        let Some(place) = source.iter().position(|field| *field == index) else {
            return Err(Error::usage(format!("⟨rename⟩ names the field `{old}`, which ⟨select⟩ or ⟨drop⟩ leaves out")));
        };
        if new.is_empty() {
            return Err(Error::usage(format!("⟨rename⟩ gives the field `{old}` an empty name")));
        }
        if !renamed.insert(place) {
            return Err(Error::usage(format!("⟨rename⟩ names the field `{old}` twice")));
        }
        names[place] = new.as_bytes();
    }
    for place in renamed {
        if names.iter().filter(|name| **name == names[place]).count() > 1 {
            let name = String::from_utf8_lossy(names[place]);
            return Err(Error::usage(format!("⟨rename⟩ would give two fields the name `{name}`")));
        }
    }
    Ok(())
}

/// The index of a field named by a flag.
fn position(schema: &Schema, name: &str, flag: &str) -> Result<usize> {
    schema.position(name.as_bytes()).ok_or_else(|| missing(schema, name, flag))
}

/// The order of selected fields of nested records as columns: the order in which they were named, with the columns of
/// an object in the object's place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// For each selected path, its final names: first the one if all its parts are keys of maps, then those if some of
    /// them together are a key with dots, which may be renamed differently.
    names: Vec<Vec<Vec<u8>>>,
    /// The regexes among the paths, with their places.
    patterns: Vec<(usize, Regex)>,
}

/// At most this many dots of a path are also tried as parts of keys.
const DOTS: usize = 6;

impl Order {
    pub fn new(select: &[String], drop: &[String], rename: &[Rename]) -> Order {
        let stays = |path: &&String| !drop.iter().any(|dropped| is_in(path, dropped));
        let paths: Vec<&String> = select.iter().filter(stays).collect();
        let regex = |(place, path): (usize, &&String)| Some((place, Regex::new(regex_of(path)?).ok()?));
        Order {
            names: paths.iter().map(|path| final_names(path, rename)).collect(),
            patterns: paths.iter().enumerate().filter_map(regex).collect(),
        }
    }

    /// The order of these columns, some of which may become several.
    pub fn of_columns(names: &Schema) -> Order {
        Order { names: names.names().map(|name| vec![name.to_vec()]).collect(), patterns: Vec::new() }
    }

    /// Whether nothing was selected.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names if all parts of the paths are keys of maps.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().map(|names| &*names[0])
    }

    /// Puts the columns that were found into this order. A field of which nothing was found still gets a column.
    pub fn arrange(&self, found: &Schema) -> Schema {
        if self.names.is_empty() {
            return found.clone();
        }
        let mut columns: Vec<Vec<&[u8]>> = vec![Vec::new(); self.names.len() + 1];
        // Lists on the way to selected fields.
        let mut lists = Vec::new();
        for name in found.names() {
            let (place, how) = self.place(name);
            columns[place].push(name);
            lists.extend((how == How::Above).then_some(name));
        }
        for (place, names) in self.names.iter().enumerate() {
            let own = &*names[0];
            let inside = |name: &[u8]| is_inside(name, own);
            let found = found.names().any(inside) || lists.iter().any(|list| is_inside(own, list));
            let pattern = self.patterns.iter().any(|(other, _)| *other == place);
            if columns[place].is_empty() && !found && !pattern {
                columns[place].push(own);
            }
        }
        Schema::new(columns.concat())
    }

    /// The selected field that a column belongs to.
    fn place(&self, name: &[u8]) -> (usize, How) {
        let all = || self.names.iter().enumerate().flat_map(|(place, names)| names.iter().map(move |own| (place, own)));
        if let Some((place, _)) = all().find(|(_, own)| ***own == *name) {
            return (place, How::Same);
        }
        let inside =
            all().filter(|(_, own)| is_inside(name, own)).max_by_key(|(place, own)| (own.len(), usize::MAX - place));
        if let Some((place, _)) = inside {
            return (place, How::Inside);
        }
        // A regex is for the key of the record that the column's name begins with.
        let ends = || memchr::memchr_iter(b'.', name).chain([name.len()]);
        let matching = self.patterns.iter().find(|(_, regex)| ends().any(|end| regex.is_match(&name[..end])));
        match all().find(|(_, own)| is_inside(own, name)) {
            Some((place, _)) => (place, How::Above),
            None if matching.is_some() => (matching.map_or(0, |(place, _)| *place), How::Same),
            None => (self.names.len(), How::Same),
        }
    }
}

/// How a column belongs to a selected field.
#[derive(PartialEq, Eq)]
enum How {
    Same,
    /// The field is an object, and the column is part of it.
    Inside,
    /// The column is a list, and the field is inside it.
    Above,
}

/// Whether a path leads into another one.
fn is_inside(path: &[u8], other: &[u8]) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.starts_with(b"."))
}

/// The final names of a field of a nested record.
fn final_names(path: &str, rename: &[Rename]) -> Vec<Vec<u8>> {
    let dots: Vec<usize> = path.match_indices('.').map(|(at, _)| at).collect();
    let ways = if dots.len() > DOTS { 1 } else { 1 << dots.len() };
    let mut names: Vec<Vec<u8>> = Vec::new();
    // Each bit is a dot that is part of a key.
    for way in 0..ways {
        let ends = dots.iter().enumerate().filter(|(dot, _)| way >> dot & 1 == 0).map(|(_, at)| *at);
        let name = renamed(path, ends, rename).into_bytes();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(select: &[&str], drop: &[&str], rename: &[(&str, &str)]) -> Result<(Vec<usize>, String)> {
        let schema = Schema::new(["id", "name", "a.b", "city"].map(str::as_bytes));
        let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let rename: Vec<_> = rename.iter().map(|(old, new)| Rename::new(*old, *new)).collect();
        let projection = project(&schema, &owned(select), &owned(drop), &rename)?;
        let names: Vec<_> = projection.names.names().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        Ok((projection.source, names.join(" ")))
    }

    #[test]
    fn selects_drops_and_renames() {
        let ok = |source: &[usize], names: &str| (source.to_vec(), names.to_string());
        assert_eq!(run(&[], &[], &[]).unwrap(), ok(&[0, 1, 2, 3], "id name a.b city"));
        assert_eq!(run(&["city", "id"], &[], &[]).unwrap(), ok(&[3, 0], "city id"));
        assert_eq!(run(&[], &["a.b"], &[]).unwrap(), ok(&[0, 1, 3], "id name city"));
        assert_eq!(run(&["city", "id", "name"], &["id"], &[("city", "town")]).unwrap(), ok(&[3, 1], "town name"));
        assert_eq!(run(&[], &[], &[("id", "name"), ("name", "id")]).unwrap(), ok(&[0, 1, 2, 3], "name id a.b city"));
        // A dropped field frees its name.
        assert_eq!(run(&[], &["id"], &[("name", "id")]).unwrap(), ok(&[1, 2, 3], "id a.b city"));
    }

    fn arranged(select: &[&str], rename: &[(&str, &str)], found: &[&str]) -> String {
        let select: Vec<_> = select.iter().map(|name| name.to_string()).collect();
        let rename: Vec<_> = rename.iter().map(|(old, new)| Rename::new(*old, *new)).collect();
        let columns = Order::new(&select, &[], &rename).arrange(&Schema::new(found));
        columns.names().map(|name| String::from_utf8_lossy(name).into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn columns_in_the_order_that_was_said() {
        assert_eq!(arranged(&["b", "a"], &[], &["a", "b"]), "b a");
        assert_eq!(arranged(&["m", "a"], &[], &["a", "m.p", "m", "m.q"]), "m.p m m.q a");
        assert_eq!(arranged(&["m.q", "a", "m"], &[], &["m.p", "m.q", "a"]), "m.q a m.p");
        // What no record has is still a column; an object of which parts were selected is not, nor is a field inside a
        // list.
        assert_eq!(arranged(&["x", "a", "m"], &[], &["a"]), "x a m");
        assert_eq!(arranged(&["m.p", "m"], &[], &["m.p"]), "m.p");
        assert_eq!(arranged(&["m.p", "m"], &[], &["m"]), "m.p m");
        assert_eq!(arranged(&["a", "l.x", "l.y"], &[], &["l", "a"]), "a l");
        assert_eq!(arranged(&["m.p", "m.q"], &[("m", "k"), ("m.p", "z")], &["k.q", "k.z"]), "k.z k.q");
        // Keys with dots keep nothing of their path.
        assert_eq!(arranged(&["m.p", "a"], &[("m.p", "z")], &["a", "z", "m.z"]), "z m.z a");
        assert_eq!(arranged(&[], &[], &["b", "a"]), "b a");
    }

    #[test]
    fn refuses_with_reasons() {
        let error = |outcome: Result<_>| outcome.unwrap_err().to_string();
        assert_eq!(
            error(run(&["ctiy"], &[], &[])),
            "`select` names the field `ctiy`, which the source does not have; did you mean `city`?\n  The fields are id, name, a.b, city."
        );
        assert!(error(run(&[], &["x"], &[])).starts_with("`drop` names the field `x`, which"));
        assert!(error(run(&[], &[], &[("x", "y")])).starts_with("`rename` names the field `x`, which"));
        assert_eq!(error(run(&["id", "id"], &[], &[])), "`select` names the field `id` twice");
        assert_eq!(error(run(&["id"], &["id"], &[])), "`select` and `drop` leave no fields");
        assert_eq!(error(run(&[], &[], &[("id", "name")])), "`rename` would give two fields the name `name`");
        assert_eq!(error(run(&[], &[], &[("id", "x"), ("name", "x")])), "`rename` would give two fields the name `x`");
        assert_eq!(error(run(&[], &[], &[("id", "x"), ("id", "y")])), "`rename` names the field `id` twice");
        assert!(error(run(&["id"], &[], &[("name", "x")])).contains("leaves out"));
        assert!(error(run(&[], &[], &[("id", "")])).contains("empty name"));
    }
}

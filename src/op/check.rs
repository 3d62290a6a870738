//! Names of fields of keyed records that make no sense together.

use std::collections::{HashMap, HashSet};

use super::paths::{final_path, is_in};
use super::pattern::regex_of;
use super::rename::Rename;
use crate::error::{Error, Result};

/// The path of the map that contains a field, ending with a dot; empty for a field of the record.
pub(super) fn parent(path: &str) -> &str {
    path.rfind('.').map_or("", |dot| &path[..=dot])
}

/// Refuses selections and renames that make no sense.
pub(super) fn check(select: &[String], drop: &[String], rename: &[Rename]) -> Result<()> {
    unique("⟨select⟩", select)?;
    if let Some((flag, _)) = [("⟨drop⟩", drop)].iter().find(|(_, names)| names.iter().any(String::is_empty)) {
        return Err(Error::usage(format!("{flag} has an empty field name")));
    }
    let dropped = |path: &str| drop.iter().any(|dropped| is_in(path, dropped));
    if !select.is_empty() && select.iter().all(|path| dropped(path)) {
        return Err(Error::usage("⟨select⟩ and ⟨drop⟩ leave no fields"));
    }
    for (place, Rename { old, new }) in rename.iter().enumerate() {
        if old.is_empty() {
            return Err(Error::usage("⟨rename⟩ has an empty field name"));
        }
        check_new_name(old, new)?;
        if rename[..place].iter().any(|other| other.old == *old) {
            return Err(Error::usage(format!("⟨rename⟩ names the field `{old}` twice")));
        }
        let selected = |path: &String| is_in(old, path) || is_in(path, old);
        // What a regex selects shows only in the records.
        let may = |path: &String| selected(path) || regex_of(path).is_some();
        if dropped(old) || !(select.is_empty() || select.iter().any(may)) {
            return Err(Error::usage(format!("⟨rename⟩ names the field `{old}`, which ⟨select⟩ or ⟨drop⟩ leaves out")));
        }
    }
    apart("⟨select⟩", select)?;
    let named = select.iter().chain(rename.iter().map(|rename| &rename.old)).filter(|path| !dropped(path));
    check_final_names(named, rename)
}

/// Refuses a list that has a field next to a part of it: the order of its columns would be unclear.
///
/// # Errors
/// Usage: it has one.
pub(crate) fn apart(setting: &str, list: &[String]) -> Result<()> {
    let all: HashSet<&str> = list.iter().map(String::as_str).collect();
    let around = |path: &'_ String| ends(path).map(|end| path[..end].to_owned()).find(|map| all.contains(&**map));
    match list.iter().find_map(|path| Some((path, around(path)?))) {
        None => Ok(()),
        Some((part, whole)) => Err(Error::usage(format!(
            "{setting} names the field `{whole}` and its part `{part}`\n  Leave one of the two out; ⟨drop⟩ leaves out parts of a field."
        ))),
    }
}

/// Where the maps on a path end.
fn ends(path: &str) -> impl Iterator<Item = usize> {
    path.match_indices('.').map(|(at, _)| at)
}

/// Refuses a new name that is also the name of another field mentioned, or of a map around one.
fn check_final_names<'p>(named: impl Iterator<Item = &'p String>, rename: &[Rename]) -> Result<()> {
    if rename.is_empty() {
        return Ok(());
    }
    let mut olds: HashMap<String, &str> = HashMap::new();
    for path in named {
        for end in ends(path).chain([path.len()]) {
            let name = final_path(&path[..end], rename);
            let old = *olds.entry(name.clone()).or_insert(&path[..end]);
            if old != &path[..end] {
                return Err(Error::usage(format!("⟨rename⟩ would give two fields the name `{name}`")));
            }
        }
    }
    Ok(())
}

/// Refuses empty names, and names that occur twice in a list.
pub(crate) fn unique(flag: &str, names: &[String]) -> Result<()> {
    let mut known = HashSet::new();
    match names.iter().find(|name| name.is_empty() || !known.insert(*name)) {
        None => Ok(()),
        Some(name) if name.is_empty() => Err(Error::usage(format!("{flag} has an empty field name"))),
        Some(name) => Err(Error::usage(format!("{flag} names the field `{name}` twice"))),
    }
}

fn check_new_name(old: &str, new: &str) -> Result<()> {
    let parent = parent(old);
    let key = new.strip_prefix(parent).unwrap_or(new);
    if key.is_empty() || key.contains('.') {
        let name = if parent.is_empty() { "has no dot".to_owned() } else { format!("is {parent}NAME or NAME") };
        return Err(Error::usage(format!("⟨rename⟩ {old}={new}: a field stays in its map, so the new name {name}")));
    }
    if old.strip_prefix(parent) == Some(key) {
        return Err(Error::usage(format!(
            "⟨rename⟩ {old}={new} changes nothing: a field stays in its map, so its name is still {old}"
        )));
    }
    Ok(())
}

//! Choosing and renaming the fields of a schema.

use std::collections::HashSet;

use super::nearest;
use crate::error::{Error, Result};
use crate::record::Schema;

/// Which fields of a schema go on, and under which names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// For each field its index in the source's schema.
    pub source: Vec<usize>,
    /// The names.
    pub names: Schema,
}

/// Takes the fields in `select`, in its order (all fields if it is empty), without those in `drop`, and
/// then gives new names; each of `rename` is an old and a new name. All renames happen at once, so names
/// may be swapped.
///
/// A name that several fields have means the first of them.
///
/// # Errors
/// Usage errors for unknown fields (the message lists those there are, most alike first), fields that are
/// selected or renamed twice, new names that another field has, and a choice that leaves nothing.
pub fn project(schema: &Schema, select: &[String], drop: &[String], rename: &[(String, String)]) -> Result<Projection> {
    let dropped = drop.iter().map(|name| position(schema, name, "--drop")).collect::<Result<HashSet<_>>>()?;
    let mut source: Vec<usize> = match select {
        [] => (0..schema.len()).collect(),
        _ => {
            let mut taken = HashSet::new();
            let chosen = select.iter().map(|name| match position(schema, name, "--select")? {
                index if taken.insert(index) => Ok(index),
                _ => Err(Error::usage(format!("--select names the field `{name}` twice"))),
            });
            chosen.collect::<Result<_>>()?
        }
    };
    source.retain(|index| !dropped.contains(index));
    if source.is_empty() && !schema.is_empty() {
        return Err(Error::usage("--select and --drop leave no field"));
    }
    let mut names: Vec<&[u8]> = source.iter().map(|index| schema.name(*index)).collect();
    rename_fields(schema, &source, rename, &mut names)?;
    Ok(Projection { names: Schema::new(names), source })
}

fn rename_fields<'n>(
    schema: &Schema,
    source: &[usize],
    rename: &'n [(String, String)],
    names: &mut [&'n [u8]],
) -> Result<()> {
    let mut renamed = HashSet::new();
    for (old, new) in rename {
        let index = position(schema, old, "--rename")?;
        let Some(place) = source.iter().position(|field| *field == index) else {
            return Err(Error::usage(format!("--rename names the field `{old}`, which --select or --drop leave out")));
        };
        if new.is_empty() {
            return Err(Error::usage(format!("--rename gives the field `{old}` an empty name")));
        }
        if !renamed.insert(place) {
            return Err(Error::usage(format!("--rename names the field `{old}` twice")));
        }
        names[place] = new.as_bytes();
    }
    for place in renamed {
        if names.iter().filter(|name| **name == names[place]).count() > 1 {
            let name = String::from_utf8_lossy(names[place]);
            return Err(Error::usage(format!("--rename would give two fields the name `{name}`")));
        }
    }
    Ok(())
}

/// The index of a field that a flag names.
fn position(schema: &Schema, name: &str, flag: &str) -> Result<usize> {
    schema.position(name.as_bytes()).ok_or_else(|| {
        let known = nearest::list(schema.names(), name.as_bytes());
        Error::usage(format!("{flag} names the field `{name}`, which the source does not have; it has {known}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(select: &[&str], drop: &[&str], rename: &[(&str, &str)]) -> Result<(Vec<usize>, String)> {
        let schema = Schema::new(["id", "name", "a.b", "city"].map(str::as_bytes));
        let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let rename: Vec<_> = rename.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect();
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
        // A field that is left out leaves its name free.
        assert_eq!(run(&[], &["id"], &[("name", "id")]).unwrap(), ok(&[1, 2, 3], "id a.b city"));
    }

    #[test]
    fn refuses_with_reasons() {
        let error = |outcome: Result<_>| outcome.unwrap_err().to_string();
        assert_eq!(
            error(run(&["ctiy"], &[], &[])),
            "--select names the field `ctiy`, which the source does not have; it has city, id, name, a.b"
        );
        assert!(error(run(&[], &["x"], &[])).starts_with("--drop names the field `x`, which"));
        assert!(error(run(&[], &[], &[("x", "y")])).starts_with("--rename names the field `x`, which"));
        assert_eq!(error(run(&["id", "id"], &[], &[])), "--select names the field `id` twice");
        assert_eq!(error(run(&["id"], &["id"], &[])), "--select and --drop leave no field");
        assert_eq!(error(run(&[], &[], &[("id", "name")])), "--rename would give two fields the name `name`");
        assert_eq!(error(run(&[], &[], &[("id", "x"), ("name", "x")])), "--rename would give two fields the name `x`");
        assert_eq!(error(run(&[], &[], &[("id", "x"), ("id", "y")])), "--rename names the field `id` twice");
        assert!(error(run(&["id"], &[], &[("name", "x")])).contains("leave out"));
        assert!(error(run(&[], &[], &[("id", "")])).contains("empty name"));
    }
}

//! Dotted names as maps.

use crate::error::Error;
use crate::record::Schema;

/// A part of a record with nested maps, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A map begins; its key.
    Open(Box<[u8]>),
    /// A field: its column and its key.
    Field(usize, Box<[u8]>),
    /// The innermost map ends.
    Close,
    /// A field that is a value in some records and a map in others: the column of the value, the key, and how many of
    /// the next steps belong to the map.
    Either(usize, Box<[u8]>, usize),
}

/// Each column as a field of the record.
pub fn flat(schema: &Schema) -> Vec<Step> {
    schema.names().enumerate().map(|(column, name)| Step::Field(column, name.into())).collect()
}

/// Columns grouped by the parts of their dotted names; a map is where its first column was. If there is a column `a`
/// next to columns `a.…`, each record has [either](Step::Either).
///
/// # Errors
/// Usage: the maps would be nested more than `max_depth` deep.
pub fn nested(schema: &Schema, max_depth: usize) -> Result<Vec<Step>, Error> {
    let dots = |name: &[u8]| memchr::memchr_iter(b'.', name).count();
    if let Some(name) = schema.names().find(|name| dots(name) >= max_depth) {
        let shown: String = String::from_utf8_lossy(name).chars().take(60).collect();
        return Err(Error::usage(format!(
            "⟨unflatten⟩ would nest maps more than {max_depth} deep for the column `{shown}…`\n  Raise ⟨max_depth⟩, rename the column, or leave out ⟨unflatten⟩.",
        )));
    }
    let mut steps = Vec::new();
    let columns: Vec<_> = schema.names().enumerate().collect();
    group(&columns, &mut steps);
    Ok(steps)
}

fn split(name: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'.', name) {
        Some(dot) => (&name[..dot], Some(&name[dot + 1..])),
        None => (name, None),
    }
}

/// A column, and the rest of its name.
type Member<'n> = (usize, Option<&'n [u8]>);

fn group(columns: &[(usize, &[u8])], steps: &mut Vec<Step>) {
    let mut places = std::collections::HashMap::new();
    let mut members: Vec<(&[u8], Vec<Member<'_>>)> = Vec::new();
    for (column, name) in columns {
        let (key, rest) = split(name);
        let place = *places.entry(key).or_insert(members.len());
        if place == members.len() {
            members.push((key, Vec::new()));
        }
        members[place].1.push((*column, rest));
    }
    for (key, inside) in members {
        let value = inside.iter().find(|(_, rest)| rest.is_none()).map(|(column, _)| *column);
        let deeper: Vec<_> = inside.iter().filter_map(|(column, rest)| Some((*column, (*rest)?))).collect();
        let mut map = Vec::new();
        if !deeper.is_empty() {
            map.push(Step::Open(key.into()));
            group(&deeper, &mut map);
            map.push(Step::Close);
        }
        match value {
            Some(column) if map.is_empty() => steps.push(Step::Field(column, key.into())),
            Some(column) => steps.push(Step::Either(column, key.into(), map.len())),
            None => {}
        }
        steps.append(&mut map);
    }
}

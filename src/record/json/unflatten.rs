//! Dotted names as maps.

use crate::error::Error;
use crate::record::Schema;

/// A part of a record with nested maps, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A map begins; its key.
    Open(Box<[u8]>),
    /// A field: its column and key.
    Field(usize, Box<[u8]>),
    /// The innermost map ends.
    Close,
}

/// Every column as a field of the record.
pub fn flat(schema: &Schema) -> Vec<Step> {
    schema.names().enumerate().map(|(column, name)| Step::Field(column, name.into())).collect()
}

/// Columns grouped by the parts of their dotted names; a map stands where its first column does.
///
/// # Errors
/// Usage: a column would be a value and a map, or maps were nested more than `max_depth` deep.
pub fn nested(schema: &Schema, max_depth: usize) -> Result<Vec<Step>, Error> {
    let dots = |name: &[u8]| memchr::memchr_iter(b'.', name).count();
    if let Some(name) = schema.names().find(|name| dots(name) >= max_depth) {
        let shown: String = String::from_utf8_lossy(name).chars().take(60).collect();
        return Err(Error::usage(format!(
            "--unflatten makes maps more than {max_depth} deep of the column `{shown}…`\n  Raise --max-depth, rename the column, or leave out --unflatten.",
        )));
    }
    let mut steps = Vec::new();
    let columns: Vec<_> = schema.names().enumerate().collect();
    group(schema, &columns, &mut steps)?;
    Ok(steps)
}

fn split(name: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'.', name) {
        Some(dot) => (&name[..dot], Some(&name[dot + 1..])),
        None => (name, None),
    }
}

/// A column, and what is left of its name.
type Member<'n> = (usize, Option<&'n [u8]>);

fn group(schema: &Schema, columns: &[(usize, &[u8])], steps: &mut Vec<Step>) -> Result<(), Error> {
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
        if let [(column, None)] = inside[..] {
            steps.push(Step::Field(column, key.into()));
            continue;
        }
        let deeper: Vec<_> = inside.iter().filter_map(|(column, rest)| Some((*column, (*rest)?))).collect();
        if deeper.len() < inside.len() {
            return Err(conflict(schema, &inside));
        }
        steps.push(Step::Open(key.into()));
        group(schema, &deeper, steps)?;
        steps.push(Step::Close);
    }
    Ok(())
}

fn conflict(schema: &Schema, inside: &[Member<'_>]) -> Error {
    let plain = inside.iter().position(|(_, rest)| rest.is_none()).unwrap_or(0);
    let other = inside.iter().enumerate().find(|(place, _)| *place != plain).map_or(plain, |(place, _)| place);
    let name = |place: usize| String::from_utf8_lossy(schema.name(inside[place].0)).into_owned();
    Error::usage(format!(
        "--unflatten can't make a value and a map of the same field: there are the columns `{}` and `{}`\n  Rename or drop one of them.",
        name(plain),
        name(other),
    ))
}

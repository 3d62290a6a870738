//! Fields to sort by, as they are written.

use crate::error::{Error, Result};
use crate::flow::sort::key::{KeyKind, SortKey};
use crate::nearest::instead_of;
use crate::op::{split, unescape};

/// How values may be compared.
const KINDS: [KeyKind; 3] = [KeyKind::Text, KeyKind::Number, KeyKind::Date];

/// Adds the fields of a list: each may be followed by `:desc` or `:asc`, and by how it is compared.
///
/// # Errors
/// Usage: an empty name, an unknown word, or a field that is there twice.
pub(crate) fn add_keys(setting: &str, list: &str, keys: &mut Vec<SortKey>) -> Result<()> {
    for part in split(list, ',')? {
        let key = key(part).ok_or_else(|| no_key(setting, part))??;
        if keys.iter().any(|other| other.field() == key.field()) {
            return Err(Error::usage(format!("{setting}: `{}` is there twice", key.field())));
        }
        keys.push(key);
    }
    Ok(())
}

/// None: it is no field to sort by.
fn key(part: &str) -> Option<Result<SortKey>> {
    let parts = match split(part.trim(), ':') {
        Ok(parts) => parts,
        Err(error) => return Some(Err(error)),
    };
    let (field, words) = parts.split_first()?;
    let mut key = SortKey::new(unescape(field));
    let (mut direction, mut kind) = (false, false);
    for word in words {
        let is_direction = ["asc", "desc"].iter().any(|name| name.eq_ignore_ascii_case(word));
        if std::mem::replace(if is_direction { &mut direction } else { &mut kind }, true) {
            return None;
        }
        key = match word.eq_ignore_ascii_case("desc") {
            true => key.descending(),
            false if is_direction => key,
            false => {
                let is_named = |kind: &KeyKind| kind.name().is_some_and(|name| name.eq_ignore_ascii_case(word));
                key.as_kind(KINDS.into_iter().find(is_named)?)
            }
        };
    }
    (!key.field().is_empty()).then_some(Ok(key))
}

/// The rest of a message about a field to sort by that is not there: what may be meant, and the fields that are.
pub(crate) fn instead<'n>(names: impl Iterator<Item = &'n [u8]>, field: &str) -> String {
    let names: Vec<&[u8]> = names.collect();
    let is_there = |meant: &str| names.contains(&meant.as_bytes());
    match ordered(field).filter(|(meant, _)| is_there(meant)) {
        Some((meant, order)) => format!("\n  Write {meant}{order}."),
        None => instead_of(names.into_iter(), field.as_bytes()),
    }
}

/// `fare desc` and `-fare`, as other programs have them: the field, and how its order is written here.
fn ordered(field: &str) -> Option<(&str, &'static str)> {
    if let Some(field) = field.strip_prefix('-') {
        return Some((field.trim(), ":desc"));
    }
    let (field, word) = field.trim().rsplit_once(' ')?;
    match word.to_ascii_lowercase().as_str() {
        "desc" | "descending" => Some((field.trim(), ":desc")),
        "asc" | "ascending" => Some((field.trim(), "")),
        _ => None,
    }
}

fn no_key(setting: &str, part: &str) -> Error {
    Error::usage(format!(
        "{setting}: `{part}` is no field to sort by\n  Write FIELD, FIELD:desc or FIELD:desc:number; the kinds are text, number and date. In a name, write \\: for a colon."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_other_programs() {
        let said = |field: &str| instead([b"fare".as_slice(), b"a b"].into_iter(), field);
        assert_eq!(
            [said("fare DESC"), said("-fare"), said("- a b")],
            ["\n  Write fare:desc.", "\n  Write fare:desc.", "\n  Write a b:desc."]
        );
        assert_eq!(said("fare asc"), "\n  Write fare.");
        assert_eq!(said("other desc"), "\n  The fields are fare, a b.");
    }

    #[test]
    fn lists_of_fields() {
        let of = |list: &str| {
            let mut keys = Vec::new();
            add_keys("⟨sort⟩", list, &mut keys)
                .map(|()| keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(of("a, b:desc,c:Number:DESC,d:asc:date").unwrap(), "a b:desc c:desc:number d:date");
        assert_eq!(of(r"a\:b:text").unwrap(), "a:b:text");
        for bad in ["a:up", "a,", "", "a:desc:asc", "a:text:number", "a,a:desc", ":desc"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}

//! Fields to sort by, as they are written.

use crate::error::{Error, Result};
use crate::flow::sort::by::{KeyKind, SortKey};
use crate::flow::sort::collate::Collation;
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
        let key = key(part).ok_or_else(|| no_key(setting, part))?;
        let key = key.map_err(|error| Error::usage(format!("{setting}: {error}")))?;
        if keys.iter().any(|other| other.field() == key.field()) {
            return Err(Error::usage(format!("{setting}: `{}` is there twice", key.field())));
        }
        keys.push(key);
    }
    Ok(())
}

/// What the words after a field say, each at most once.
#[derive(Default)]
struct Words<'w> {
    direction: Option<&'w str>,
    kind: Option<KeyKind>,
    locale: Option<&'w str>,
    nocase: Option<()>,
    natural: Option<()>,
}

impl<'w> Words<'w> {
    /// Takes in a word; none: there is none, or it is there already.
    fn add(&mut self, word: &'w str) -> Option<()> {
        let is = |name: &str| name.eq_ignore_ascii_case(word);
        let was_there = match word.split_once('=') {
            Some((name, tag)) if name.eq_ignore_ascii_case("locale") && !tag.is_empty() => {
                self.locale.replace(tag).is_some()
            }
            Some(_) => return None,
            None if is("asc") || is("desc") => self.direction.replace(word).is_some(),
            None if is("nocase") => self.nocase.replace(()).is_some(),
            None if is("natural") => self.natural.replace(()).is_some(),
            None => self.kind.replace(KINDS.into_iter().find(|kind| kind.name().is_some_and(is))?).is_some(),
        };
        (!was_there).then_some(())
    }
}

/// None: it is no field to sort by.
fn key(part: &str) -> Option<Result<SortKey>> {
    let parts = match split(part.trim(), ':') {
        Ok(parts) => parts,
        Err(error) => return Some(Err(error)),
    };
    let (field, rest) = parts.split_first()?;
    let mut words = Words::default();
    rest.iter().try_for_each(|word| words.add(word))?;
    let key = SortKey::new(unescape(field)).as_kind(words.kind.unwrap_or_default());
    let key =
        if words.direction.is_some_and(|word| word.eq_ignore_ascii_case("desc")) { key.descending() } else { key };
    if key.field().is_empty() {
        return None;
    }
    let (locale, nocase, natural) = (words.locale, words.nocase.is_some(), words.natural.is_some());
    if locale.is_none() && !nocase && !natural {
        return Some(Ok(key));
    }
    // A collation is about text.
    if words.kind.is_some_and(|kind| kind != KeyKind::Text) {
        return None;
    }
    let collation = locale.map_or_else(Collation::root, Collation::of).map(|collation| {
        let collation = if nocase { collation.without_case() } else { collation };
        if natural { collation.natural() } else { collation }
    });
    Some(collation.map(|collation| key.collated(collation)))
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
        "{setting}: `{part}` is not a field to sort by\n  Write FIELD, FIELD:desc or FIELD:desc:number; the kinds are text, number and date. Text is compared by its bytes, or as FIELD:locale=sv, FIELD:nocase or FIELD:natural say. In a name, write \\: for a colon."
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
        #[cfg(feature = "collation")]
        {
            let list = "a:LOCALE=de-AT:desc,b:nocase:text,c:natural:nocase,d:date";
            assert_eq!(of(list).unwrap(), "a:desc:locale=de-AT b:nocase c:nocase:natural d:date");
            let error = of("a,b:locale=xx").unwrap_err().to_string();
            assert!(error.contains("`sort`: there is no collation `xx`"), "{error}");
            for bad in
                ["a:nocase:number", "a:locale=", "a:locale", "a:natural:natural", "a:locale=de:locale=sv", "a:x=de"]
            {
                assert!(of(bad).is_err(), "{bad}");
            }
        }
        for bad in ["a:up", "a,", "", "a:desc:asc", "a:text:number", "a,a:desc", ":desc"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}

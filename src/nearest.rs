//! Which known name did the user mean?

/// Only the beginning of longer names is compared: they come from files.
const COMPARED: usize = 64;
/// A name with more mistakes than this is taken for a different one.
const MOST: usize = 2;
/// How many names a message lists.
const LISTED: usize = 12;

/// The rest of a message about a name that the source does not have: the name that may be meant, and a list of those it
/// has, in order; long lists are cut short.
pub(crate) fn instead_of<'n>(names: impl Iterator<Item = &'n [u8]>, wanted: &[u8]) -> String {
    let names: Vec<&[u8]> = names.collect();
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let spaced = names.iter().find(|name| name.trim_ascii() == wanted.trim_ascii());
    let meant = match (spaced, near(names.iter().copied(), wanted)) {
        (Some(name), _) if name.len() > name.trim_ascii().len() => {
            format!("; `{}` is there, with spaces around it", text(name))
        }
        (Some(name), _) => format!("; `{}` is there, without the spaces", text(name)),
        (None, Some(name)) => format!("; did you mean `{}`?", text(name)),
        (None, None) => String::new(),
    };
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| text(name)).collect();
    let more = match names.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{meant}\n  The fields are {}{more}.", shown.join(", "))
}

/// The name most similar to `wanted`, if any is similar.
pub fn nearest<'n>(names: &[&'n str], wanted: &str) -> Option<&'n str> {
    let best = names.iter().min_by_key(|name| distance(name.as_bytes(), wanted.as_bytes()))?;
    // No suggestion is better than a wrong one.
    (distance(best.as_bytes(), wanted.as_bytes()) <= MOST.min(wanted.len() / 3)).then_some(best)
}

/// The same for names of fields.
pub(crate) fn nearest_of<'n>(names: &'n [Box<[u8]>], wanted: &[u8]) -> Option<&'n [u8]> {
    near(names.iter().map(|name| &**name), wanted)
}

fn near<'n>(names: impl Iterator<Item = &'n [u8]>, wanted: &[u8]) -> Option<&'n [u8]> {
    let best = names.min_by_key(|name| (distance(name, wanted), *name))?;
    // Between two short names, likeness is mere chance.
    let most = if wanted.len() < 2 { 0 } else { 1 + wanted.len() / 3 };
    (distance(best, wanted) <= most).then_some(best)
}

/// How many bytes have to be inserted, deleted, replaced or swapped with their neighbour to turn one name into the
/// other, ignoring case (Damerau-Levenshtein distance).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let [a, b] = [a, b].map(|name| name[..name.len().min(COMPARED)].to_ascii_lowercase());
    strsim::generic_damerau_levenshtein(&a, &b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("City", "city", 0),
            ("ab", "ba", 1),
            ("verison", "version", 1),
        ] {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes()), expected, "{b} {a}");
        }
    }

    #[test]
    fn says_which_name_is_meant_and_lists_not_too_many() {
        let instead =
            |names: &[&str], wanted: &str| instead_of(names.iter().map(|name| name.as_bytes()), wanted.as_bytes());
        let names = ["population", "city", "cities", " id "];
        let fields = "\n  The fields are population, city, cities,  id .";
        for (wanted, meant) in [
            ("ctiy", "; did you mean `city`?"),
            ("CITY", "; did you mean `city`?"),
            ("id", "; ` id ` is there, with spaces around it"),
            ("city ", "; `city` is there, without the spaces"),
            ("something else", ""),
        ] {
            assert_eq!(instead(&names, wanted), format!("{meant}{fields}"));
        }
        assert!(instead(&["abc"; 20], "y").ends_with("abc, abc and 8 more."));
    }

    #[test]
    fn suggests_only_what_is_alike() {
        assert_eq!(nearest(&["upper", "trim"], "uper"), Some("upper"));
        assert_eq!(nearest(&["upper", "trim"], "frobnicate"), None);
    }
}

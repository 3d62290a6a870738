//! Which known name did the user mean?

/// Longer names are compared by their beginning: what is compared comes from files.
const COMPARED: usize = 64;
/// How many names a message lists.
const LISTED: usize = 12;

/// The names, those most like `wanted` first, joined for a message; long lists are cut short.
pub(super) fn list<'n>(names: impl Iterator<Item = &'n [u8]>, wanted: &[u8]) -> String {
    let mut names: Vec<_> = names.map(|name| (distance(name, wanted), name)).collect();
    names.sort_by_key(|(distance, _)| *distance);
    let shown: Vec<_> = names.iter().take(LISTED).map(|(_, name)| String::from_utf8_lossy(name)).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The name most like `wanted`, if it is like it at all.
pub fn nearest<'n>(names: &[&'n str], wanted: &str) -> Option<&'n str> {
    let best = names.iter().min_by_key(|name| distance(name.as_bytes(), wanted.as_bytes()))?;
    (distance(best.as_bytes(), wanted.as_bytes()) <= 1 + wanted.len() / 3).then_some(best)
}

/// The same for names of fields.
pub(crate) fn nearest_of<'n>(names: &'n [Box<[u8]>], wanted: &[u8]) -> Option<&'n [u8]> {
    let best = names.iter().min_by_key(|name| (distance(name, wanted), *name))?;
    (distance(best, wanted) <= 1 + wanted.len() / 3).then_some(best)
}

/// How many bytes have to be put in, left out or replaced to turn one name into the other (Levenshtein),
/// case aside.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let (a, b) = (&a[..a.len().min(COMPARED)], &b[..b.len().min(COMPARED)]);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + !x.eq_ignore_ascii_case(y) as usize;
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("City", "city", 0), ("ab", "ba", 2)]
        {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes()), expected, "{b} {a}");
        }
    }

    #[test]
    fn lists_the_nearest_first_and_not_too_many() {
        let names = ["population", "city", "cities"].map(str::as_bytes);
        assert_eq!(list(names.into_iter(), b"ctiy"), "city, cities, population");
        let many = vec![b"x".as_slice(); 20];
        assert!(list(many.into_iter(), b"y").ends_with("x and 8 more"));
    }

    #[test]
    fn suggests_only_what_is_alike() {
        assert_eq!(nearest(&["upper", "trim"], "uper"), Some("upper"));
        assert_eq!(nearest(&["upper", "trim"], "frobnicate"), None);
    }
}

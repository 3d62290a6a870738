//! Comma-separated lists of names.

use std::collections::HashSet;

use crate::error::Error;
use crate::op::{Rename, split, unescape};

/// The fields of `--select` and `--drop`: names as in [`parse_names`], in which positions and ranges are names too, and
/// `/regex/` with its backslashes and commas.
///
/// # Errors
/// Usage: a name is empty, or occurs twice.
pub(super) fn parse_fields(flag: &str, texts: &[String]) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for text in texts {
        let mut rest = Some(text.as_str());
        while let Some(text) = rest {
            let regex = regex_len(text);
            let len = match regex {
                Some(len) => len,
                None => split(text, ',')?[0].len(),
            };
            let part = &text[..len];
            names.push(if regex.is_some() { part.to_owned() } else { name(flag, text, part)? });
            rest = text.get(len + 1..);
        }
    }
    match twice(names.iter()) {
        Some(name) => Err(Error::usage(format!("{flag}: `{name}` is named twice"))),
        None => Ok(names),
    }
}

/// The length of the `/regex/` that a list begins with.
fn regex_len(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        let ends = at > 1 && c == '/' && !escaped && matches!(text[at + 1..].chars().next(), None | Some(','));
        match at {
            0 if c != '/' => return None,
            _ if ends => return Some(at + 1),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

/// All the names in these comma-separated lists. A backslash before `,`, `=`, `+`, `.`, `:` or `\` makes it part of a
/// name; before one of `keywords`, it makes that a name.
///
/// # Errors
/// Usage: a name is empty, or occurs twice.
pub(super) fn parse_names(flag: &str, texts: &[String], keywords: &[&str]) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for text in texts {
        for part in split(text, ',')? {
            names.push(match part.strip_prefix('\\') {
                Some(word) if keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(word)) => word.to_owned(),
                _ => name(flag, text, part)?,
            });
        }
    }
    match twice(names.iter()) {
        Some(name) => Err(Error::usage(format!("{flag}: `{name}` is named twice"))),
        None => Ok(names),
    }
}

/// All the texts in these comma-separated lists; one may be empty. Escapes as in [`parse_names`].
///
/// # Errors
/// Usage: a text occurs twice.
pub(super) fn parse_texts(flag: &str, lists: &[String]) -> Result<Vec<String>, Error> {
    let mut texts = Vec::new();
    for list in lists {
        texts.extend(split(list, ',')?.into_iter().map(unescape));
    }
    match twice(texts.iter()) {
        Some(text) => Err(Error::usage(format!("{flag}: `{text}` is there twice"))),
        None => Ok(texts),
    }
}

/// Parses comma-separated lists of `old=new`; escapes as in [`parse_names`].
///
/// # Errors
/// Usage: an item has no `=` or more than one, or a name is empty, or a name would be renamed twice.
pub(super) fn parse_pairs(flag: &str, texts: &[String]) -> Result<Vec<Rename>, Error> {
    let mut pairs = Vec::new();
    for text in texts {
        for part in split(text, ',')? {
            match split(part, '=')?.as_slice() {
                [old, new] => pairs.push(Rename::new(name(flag, text, old)?, name(flag, text, new)?)),
                _ => {
                    return Err(Error::usage(format!(
                        "{flag}: `{part}` does not say what to rename\n  Write old=new; separate several with commas. In a name, write \\= for an equals sign."
                    )));
                }
            }
        }
    }
    match twice(pairs.iter().map(|rename| &rename.old)) {
        Some(name) => Err(Error::usage(format!("{flag}: `{name}` gets two names"))),
        None => Ok(pairs),
    }
}

/// The first name that occurs a second time.
fn twice<'n>(mut names: impl Iterator<Item = &'n String>) -> Option<&'n String> {
    let mut seen = HashSet::new();
    names.find(|name| !seen.insert(*name))
}

fn name(flag: &str, text: &str, part: &str) -> Result<String, Error> {
    match unescape(part) {
        name if name.is_empty() => Err(Error::usage(format!("{flag}: there is an empty name in `{text}`"))),
        name => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn lists() {
        let list = |texts: &[&str]| parse_names("--columns", &all(texts), &["first"]).ok().map(|names| names.join("|"));
        assert_eq!(list(&["a,b.c", " d"]).as_deref(), Some("a|b.c| d"));
        assert_eq!(list(&[r"a\,b,c\d,e\\,f=g\=\+\:\."]).as_deref(), Some(r"a,b|c\d|e\|f=g=+:."));
        assert_eq!(list(&[r"\first,\\first,\firsts"]).as_deref(), Some(r"first|\first|\firsts"));
        for texts in [&[""][..], &["a,,b"], &["a,"], &["a,a"], &["a", "b,a"], &[r"a\"]] {
            assert_eq!(list(texts), None, "{texts:?}");
        }
    }

    #[test]
    fn texts_may_be_empty() {
        let list = |texts: &[&str]| parse_texts("--null", &all(texts)).ok().map(|texts| texts.join("|"));
        assert_eq!(list(&[r"NA,\N,a\,b", "-", ""]).as_deref(), Some(r"NA|\N|a,b|-|"));
        assert_eq!(list(&["NA,NA"]), None);
    }

    #[test]
    fn fields() {
        let list = |texts: &[&str]| parse_fields("--select", &all(texts)).ok().map(|names| names.join("|"));
        assert_eq!(list(&["a,b.c,3", "c..d"]).as_deref(), Some("a|b.c|3|c..d"));
        assert_eq!(list(&[r"/^x{1,2}\.[\/,]$/,a\,b,/y/"]).as_deref(), Some(r"/^x{1,2}\.[\/,]$/|a,b|/y/"));
        assert_eq!(list(&["/a,b/", "/", "//", "/a"]).as_deref(), Some("/a,b/|/|//|/a"));
        for texts in [&["a,"][..], &["/x/,/x/"], &["/x/,"], &[""]] {
            assert_eq!(list(texts), None, "{texts:?}");
        }
    }

    #[test]
    fn pairs() {
        let pairs = |texts: &[&str]| parse_pairs("--rename", &all(texts));
        let expected = [("a", "b"), ("c=d", "e"), ("f", "b")].map(|(old, new)| Rename::new(old, new));
        assert_eq!(pairs(&[r"a=b,c\=d=e", "f=b"]).unwrap(), expected);
        for texts in [&["a"][..], &["a=b=c"], &["=b"], &["a="], &["a=b,"], &["a=b", "a=c"]] {
            assert!(pairs(texts).is_err(), "{texts:?}");
        }
    }
}

//! Lists in the text of a flag: how their parts are separated, and how a backslash escapes a separator.

use crate::error::{Error, Result};

/// What a backslash can escape: the character is then part of a name.
const SPECIAL: [char; 6] = [',', '=', '+', '.', ':', '\\'];

/// The parts between separators, except escaped ones. Escapes are kept.
///
/// # Errors
/// Usage: nothing follows the last backslash.
pub(crate) fn split(text: &str, separator: char) -> Result<Vec<&str>> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        if c == separator && !escaped {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    if escaped {
        return Err(Error::usage(format!(
            "nothing follows the backslash at the end of `{text}`\n  Write \\\\ for a backslash."
        )));
    }
    parts.push(&text[start..]);
    Ok(parts)
}

/// The name without its escapes. A backslash before anything that is not special is an ordinary character.
pub(crate) fn unescape(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && SPECIAL.contains(next) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_keeps_what_follows_together() {
        assert_eq!(split(r"a\,b,c\\,d", ',').unwrap(), [r"a\,b", r"c\\", "d"]);
        assert_eq!(split("", '+').unwrap(), [""]);
        assert!(split(r"a\", ',').is_err() && split(r"a\\", ',').is_ok());
    }

    #[test]
    fn a_backslash_goes_before_what_is_special_only() {
        assert_eq!(unescape(r"a\,b\=c\+d\.e\:f\\g"), r"a,b=c+d.e:f\g");
        assert_eq!(unescape(r"C\x\\\n"), r"C\x\\n");
    }
}

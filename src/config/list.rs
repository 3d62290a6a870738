//! Comma-separated lists of names.

use crate::error::Error;

/// Takes a comma-separated list apart. `\,`, `\=` and `\\` stand for the bare character, which does not separate.
///
/// # Errors
/// Usage: a name is empty.
pub fn split_list(flag: &str, text: &str) -> Result<Vec<String>, Error> {
    split(text, ',').into_iter().map(|part| name(flag, text, &part)).collect()
}

/// Takes a comma-separated list of `old=new` apart; escapes as in [`split_list`].
///
/// # Errors
/// Usage: a part has no `=` or more than one, or a name is empty.
pub fn parse_pairs(flag: &str, text: &str) -> Result<Vec<(String, String)>, Error> {
    let pair = |part: &String| match split(part, '=').as_slice() {
        [old, new] => Ok((name(flag, text, old)?, name(flag, text, new)?)),
        _ => Err(Error::usage(format!(
            "{flag}: `{part}` does not say what to rename\n  Write old=new, and several with commas between them; \\= is an equals sign in a name."
        ))),
    };
    split(text, ',').iter().map(pair).collect()
}

/// The parts between separators that no backslash stands before; escapes are left as they are.
pub(super) fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == separator && !escaped {
            parts.push(String::new());
            continue;
        }
        escaped = c == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

fn name(flag: &str, text: &str, part: &str) -> Result<String, Error> {
    let mut name = String::with_capacity(part.len());
    let mut chars = part.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(&next) if c == '\\' && matches!(next, ',' | '=' | '\\') => {
                name.push(next);
                chars.next();
            }
            _ => name.push(c),
        }
    }
    if name.is_empty() {
        return Err(Error::usage(format!("{flag}: there is an empty name in `{text}`")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let list = |text| split_list("--select", text).ok().map(|names| names.join("|"));
        assert_eq!(list("a,b.c, d").as_deref(), Some("a|b.c| d"));
        assert_eq!(list(r"a\,b,c\d,e\\,f=g").as_deref(), Some(r"a,b|c\d|e\|f=g"));
        assert_eq!([list(""), list("a,,b"), list("a,")], [None, None, None]);
    }

    #[test]
    fn pairs() {
        let pairs = parse_pairs("--rename", r"a=b,c\=d=e").unwrap();
        assert_eq!(pairs, [("a".into(), "b".into()), ("c=d".into(), "e".into())]);
        for text in ["a", "a=b=c", "=b", "a=", "a=b,"] {
            assert!(parse_pairs("--rename", text).is_err(), "{text}");
        }
    }
}

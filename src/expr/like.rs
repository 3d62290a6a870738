//! Patterns of LIKE: `%` is any text, `_` any character.

use memchr::memmem::Finder;

use super::fault::Fault;

/// A compiled pattern without `_`, or what is to be compiled as a regex.
#[derive(Clone, Debug)]
pub struct Like {
    /// The texts between `%`; the first one begins the text, and the last one ends it.
    parts: Vec<Finder<'static>>,
}

/// What a pattern becomes.
#[derive(Debug)]
pub enum Pattern {
    Like(Like),
    Regex(String),
}

/// Reads a pattern. `escape` takes the next character literally.
pub fn pattern(text: &str, escape: Option<char>, at: usize) -> Result<Pattern, Fault> {
    let mut parts = vec![String::new()];
    let mut regex = String::from("(?s)^");
    let mut any_character = false;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        let literal = match c {
            c if Some(c) == escape => match characters.next() {
                Some(next) => next,
                None => return Err(Fault::new(at, "the pattern ends with its escape character")),
            },
            '%' => {
                parts.push(String::new());
                regex.push_str(".*");
                continue;
            }
            '_' => {
                any_character = true;
                regex.push('.');
                continue;
            }
            c => c,
        };
        if let Some(part) = parts.last_mut() {
            part.push(literal);
        }
        regex.push_str(&regex::escape(literal.encode_utf8(&mut [0; 4])));
    }
    regex.push('$');
    if any_character {
        return Ok(Pattern::Regex(regex));
    }
    Ok(Pattern::Like(Like { parts: parts.iter().map(|part| Finder::new(part).into_owned()).collect() }))
}

impl Like {
    pub fn matches(&self, text: &[u8]) -> bool {
        let [first, rest @ ..] = &self.parts[..] else { return false };
        let Some(mut text) = text.strip_prefix(first.needle()) else { return false };
        let [middle @ .., last] = rest else { return text.is_empty() };
        for part in middle {
            let Some(at) = part.find(text) else { return false };
            text = &text[at + part.needle().len()..];
        }
        text.ends_with(last.needle())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern_text: &str) -> bool {
        match pattern(pattern_text, Some('\\'), 0).unwrap() {
            Pattern::Like(like) => like.matches(text.as_bytes()),
            Pattern::Regex(regex) => regex::bytes::Regex::new(&regex).unwrap().is_match(text.as_bytes()),
        }
    }

    #[test]
    fn patterns() {
        for (text, pattern, matches) in [
            ("abc", "abc", true),
            ("abc", "ab", false),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "%a%b%c%", true),
            ("abc", "a%a", false),
            ("a", "a%a", false),
            ("aba", "a%a", true),
            ("", "%", true),
            ("", "", true),
            ("x", "", false),
            ("abab", "%ab", true),
            ("a.c", "a_c", true),
            ("aéc", "a_c", true),
            ("ac", "a_c", false),
            ("a\nc", "a_c", true),
            ("50%", "50\\%", true),
            ("500", "50\\%", false),
            ("a_c", "a\\_c", true),
            ("abc", "a\\_c", false),
            ("a+c", "_+_", true),
        ] {
            assert_eq!(like(text, pattern), matches, "{text} LIKE {pattern}");
        }
        assert!(pattern("a\\", Some('\\'), 0).is_err());
    }
}

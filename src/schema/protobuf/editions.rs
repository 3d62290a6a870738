//! Editions, for a compiler that knows only the syntaxes before them.
//!
//! A file that says `edition = "2023";` is compiled as one that says `syntax = "proto3";`, which allows what most such
//! files have, and is marked: which features it has is found by its edition.

/// The text of a file with a syntax in the place of an edition, if it has one.
pub fn as_syntax(text: &str) -> Option<String> {
    let from = begin(text)?;
    let rest = text[from..].strip_prefix("edition")?.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let end = rest[1..].find(quote)? + 2;
    let rest = &rest[end..];
    // The lines stay what they were.
    Some(format!("{}syntax=\"proto3\"{rest}", &text[..from]))
}

/// Where a text begins after white space and comments.
fn begin(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start_matches(|of: char| of.is_whitespace() || of == '\u{feff}').len();
        let rest = &text[at..];
        at += match rest.get(..2) {
            Some("//") => rest.find('\n')?,
            Some("/*") => rest.find("*/")? + 2,
            _ => return Some(at),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_becomes_a_syntax() {
        let text = "// edition\nedition = \"2023\";\npackage a;";
        assert_eq!(as_syntax(text).as_deref(), Some("// edition\nsyntax=\"proto3\";\npackage a;"));
        assert_eq!(as_syntax("syntax = \"proto2\";"), None);
        assert_eq!(as_syntax(""), None);
    }
}

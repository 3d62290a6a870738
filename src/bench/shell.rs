//! Commands of other programs, as templates for a shell.

use std::path::Path;

/// The input's place in a template.
const INPUT: &str = "{in}";
/// The output's.
const OUTPUT: &str = "{out}";

/// Which places a template has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Has {
    /// One for the input. Without it, the input is on standard input.
    pub input: bool,
    /// One for the output. Without it, the output is what the program prints.
    pub output: bool,
}

/// Which places a template has.
pub fn has(template: &str) -> Has {
    Has { input: template.contains(INPUT), output: template.contains(OUTPUT) }
}

/// A template with both paths in their places. Everything else stays as it is: jq and awk have braces too.
pub fn filled(template: &str, input: &Path, output: &Path) -> String {
    let (input, output) = (quoted(input), quoted(output));
    let mut text = String::with_capacity(template.len() + input.len() + output.len());
    let mut rest = template;
    loop {
        let next = [(INPUT, &input), (OUTPUT, &output)]
            .into_iter()
            .filter_map(|(place, path)| rest.find(place).map(|at| (at, place, path)));
        let Some((at, place, path)) = next.min_by_key(|(at, ..)| *at) else { return text + rest };
        text += &rest[..at];
        text += path;
        rest = &rest[at + place.len()..];
    }
}

/// A path as one word of a shell. One that needs no quotes has none, so that it may be put between quotes.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | '@' | '%' | ',');
    match text.chars().all(is_plain) && !text.is_empty() {
        true => text.into_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once() {
        let fill = |template| filled(template, Path::new("/a b/{out}.csv"), Path::new("/x/it's"));
        assert_eq!(fill("xan to ndjson {in} -o {out}"), r"xan to ndjson '/a b/{out}.csv' -o '/x/it'\''s'");
        assert_eq!(
            fill("jq -c '{a: .b} | {inner}' {in}{in}"),
            "jq -c '{a: .b} | {inner}' '/a b/{out}.csv''/a b/{out}.csv'"
        );
        assert_eq!(filled("\"{in}\" {out", Path::new("/a/b-1.csv"), Path::new("")), "\"/a/b-1.csv\" {out");
        assert_eq!(has("tr a b"), Has { input: false, output: false });
        assert_eq!(has("a {out} {in}"), Has { input: true, output: true });
    }
}

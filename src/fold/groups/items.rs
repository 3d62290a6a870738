//! How lists of functions are cut into items, outside of quotes and parentheses.

/// The characters of a text that are not inside quotes, each with its place; a backslash takes the next one.
pub(super) fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quote, mut escaped) = (None, false);
    text.char_indices().filter(move |(_, c)| {
        match (quote, *c) {
            _ if escaped => escaped = false,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\\') => escaped = true,
            (None, '\'' | '"' | '`') => quote = Some(*c),
            (None, _) => return true,
        }
        false
    })
}

/// The parts between commas that are not inside parentheses or quotes.
pub(super) fn items(text: &str) -> Vec<&str> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, c) in outside_quotes(text) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&text[start..]);
    items
}

/// The name and what follows the equals sign after it, if the item has both.
pub(super) fn named(item: &str) -> Option<(&str, &str)> {
    match outside_quotes(item).find(|(_, c)| matches!(c, '(' | '=')) {
        Some((at, '=')) => Some((&item[..at], &item[at + 1..])),
        _ => None,
    }
}

//! What `regexp_replace` puts in the place of a match.

use super::fault::Fault;
use super::scope::{Bad, Scope};

/// Texts and groups of the match.
#[derive(Clone, Debug)]
pub struct Replacement {
    pub pieces: Vec<Piece>,
}

/// A piece of a replacement.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(Box<[u8]>),
    /// What a group matched; 0 is the whole match.
    Group(usize),
}

impl Replacement {
    /// Reads a text in which `\1` to `\9` are groups, `\0` is the match, and `\\` is a backslash.
    ///
    /// # Errors
    /// Another character follows a backslash, or there is no such group; `groups` is how many there are.
    pub fn parse(text: &str, groups: usize, at: usize) -> Result<Replacement, Fault> {
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            if c != '\\' {
                plain.push(c);
                continue;
            }
            match characters.next() {
                Some('\\') => plain.push('\\'),
                Some(digit @ '0'..='9') => {
                    let group = digit as usize - '0' as usize;
                    if group > groups {
                        return Err(Fault::new(at, format!("the regex has no group {group}")));
                    }
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain).into_bytes().into()));
                    }
                    pieces.push(Piece::Group(group));
                }
                _ => {
                    let fault = Fault::new(at, "in a replacement, a digit or another backslash follows a backslash");
                    return Err(fault.hint("\\1 is what the first group matched, \\0 the whole match."));
                }
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain.into_bytes().into()));
        }
        Ok(Replacement { pieces })
    }
}

/// A replacement for what a regex matches.
#[derive(Clone, Debug)]
pub struct Replacing {
    /// The number of the regex.
    pub regex: u16,
    pub by: Replacement,
}

/// A text in which all matches of a regex are replaced.
///
/// # Errors
/// The text is too long, or there is no memory.
pub fn replace<'a>(
    replacing: &Replacing,
    number: u16,
    text: &'a [u8],
    scope: &mut Scope<'_, 'a>,
) -> Result<&'a [u8], Bad> {
    // Twice: first to know how long the result is.
    let mut len = 0;
    let found = each(replacing, number, text, scope, |piece| len += piece.len());
    if !found {
        return Ok(text);
    }
    if len > scope.max_text {
        return Err(scope.too_long());
    }
    let room = scope.room(len)?;
    let mut at = 0;
    each(replacing, number, text, scope, |piece| {
        room[at..at + piece.len()].copy_from_slice(piece);
        at += piece.len();
    });
    debug_assert_eq!(at, len);
    Ok(room)
}

/// Calls `put` with the pieces of the result; returns whether there is a match.
fn each(
    replacing: &Replacing,
    number: u16,
    text: &[u8],
    scope: &mut Scope<'_, '_>,
    mut put: impl FnMut(&[u8]),
) -> bool {
    let groups = &mut scope.scratch.groups[usize::from(number)];
    let regex = &scope.scratch.regexes[usize::from(replacing.regex)];
    let (mut from, mut copied, mut found) = (0, 0, false);
    while from <= text.len()
        && let Some(place) = regex.captures_read_at(groups, text, from)
    {
        found = true;
        put(&text[copied..place.start()]);
        for piece in &replacing.by.pieces {
            match piece {
                Piece::Text(piece) => put(piece),
                Piece::Group(group) => put(groups.get(*group).map_or(&[], |(start, end)| &text[start..end])),
            }
        }
        copied = place.end();
        from = place.end();
        if place.is_empty() {
            // After an empty match the next character stays.
            let step = text[from..].iter().skip(1).take_while(|byte| **byte & 0xC0 == 0x80).count() + 1;
            from += step;
        }
    }
    if found {
        put(&text[copied..]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        let text = |text: &str| Piece::Text(text.as_bytes().into());
        let parsed = Replacement::parse(r"a\1\\$2\0", 1, 0).unwrap();
        assert_eq!(parsed.pieces, [text("a"), Piece::Group(1), text("\\$2"), Piece::Group(0)]);
        assert!(Replacement::parse(r"\2", 1, 0).is_err() && Replacement::parse(r"\x", 1, 0).is_err());
        assert!(Replacement::parse("", 0, 0).unwrap().pieces.is_empty());
    }
}

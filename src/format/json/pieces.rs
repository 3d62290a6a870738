//! Pieces of text that may be values: looked at where something is wrong.

use super::Layout;
use super::resync::is_white;

/// Whether the first thing in a list is a map.
pub fn begins_with_map(list: &[u8]) -> bool {
    list.iter().find(|byte| !is_white(**byte)) == Some(&b'{')
}

/// Whether there is a list in a record; it may be one itself.
pub fn has_list(record: &[u8]) -> bool {
    let (mut inside, mut escaped) = (false, false);
    record.iter().any(|&byte| {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        inside ^= quote;
        byte == b'[' && !inside
    })
}

/// Whether the string that begins at `start` has a colon behind it.
pub fn is_key(text: &[u8], start: usize) -> bool {
    let behind = string_end(text, start).and_then(|end| text[end..].iter().find(|byte| !is_white(**byte)));
    behind == Some(&b':')
}

/// Where the string ends that begins at `start`.
pub fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while *text.get(at)? != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    Some(at + 1)
}

/// Whether just the comma is missing between two values of an array, of which the second begins at `at`: they are of one
/// kind, and a string is followed by what follows values. Else a quote or bracket may be one too many.
pub fn lacks_comma(slice: &[u8], at: usize) -> bool {
    let before = slice[..at].iter().rfind(|byte| !is_white(**byte));
    let nested = matches!(before, Some(b'}' | b']'));
    match slice[at] {
        b'{' | b'[' => nested,
        b'"' => {
            let behind = string_end(slice, at).map(|end| slice[end..].iter().find(|byte| !is_white(**byte)));
            !nested && matches!(behind, Some(None | Some(b',' | b']')))
        }
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => !nested && before != Some(&b'"'),
        _ => false,
    }
}

/// Where something ends that is no list or map, and perhaps no value either; none if nothing tells.
pub fn run_end(layout: Layout, text: &[u8], start: usize) -> Option<usize> {
    let (mut inside, mut escaped, mut comma) = (false, false, false);
    for (at, &byte) in (start..).zip(&text[start..]) {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        inside ^= quote;
        match (layout, byte) {
            // A string that is not closed ends here, too.
            (_, b'\n') => return Some(at),
            _ if inside || quote => comma |= byte == b',',
            (Layout::Items, b',' | b']' | b'{' | b'[') | (Layout::Maps, b'{' | b'[') if at > start => return Some(at),
            (Layout::Maps, b'}' | b']') => return Some(at + 1),
            (Layout::Scalars, b' ' | b'\t' | b'\r') => return Some(at),
            _ => {}
        }
    }
    // Where a string is open at the end, values may be in it.
    if inside && comma { None } else { Some(text.len()) }
}

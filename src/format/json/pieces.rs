//! Pieces of text that may be values: looked at where something is wrong.

use super::layout::{Layout, is_white};
use crate::error::RecordError;
use crate::record::Batch;

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

/// Whether just the comma is missing between two values of an array, of which the second begins at `at`: scalars do
/// not follow lists and maps, and a string is followed by what follows values. Else a quote may be one too many.
pub fn lacks_comma(slice: &[u8], at: usize) -> bool {
    let before = slice[..at].iter().rfind(|byte| !is_white(**byte));
    let nested = matches!(before, Some(b'}' | b']'));
    match slice[at] {
        // What it opens has to be closed by it.
        b'{' | b'[' => true,
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

/// A copy in the arena with U+FFFD for what is not UTF-8.
pub fn repaired<'a>(text: &[u8], offset: usize, batch: &Batch<'a>) -> Result<&'a [u8], RecordError> {
    let chunks = || text.utf8_chunks();
    let len = chunks().map(|c| c.valid().len() + if c.invalid().is_empty() { 0 } else { 3 }).sum();
    let copy = batch.arena().bytes(len, offset)?;
    let mut at = 0;
    for chunk in chunks() {
        let replacement = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        for part in [chunk.valid(), replacement] {
            copy[at..at + part.len()].copy_from_slice(part.as_bytes());
            at += part.len();
        }
    }
    Ok(copy)
}

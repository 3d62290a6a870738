//! Pieces of text that may be values, examined when something is wrong.

use super::layout::{Layout, is_white};
use crate::error::{Fault, RecordError};
use crate::record::Batch;

/// Whether a record contains a list, or is one.
pub fn has_list(record: &[u8]) -> bool {
    let (mut inside, mut escaped) = (false, false);
    record.iter().any(|&byte| {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        inside ^= quote;
        byte == b'[' && !inside
    })
}

/// Whether a colon follows the string that begins at `start`.
pub fn is_key(text: &[u8], start: usize) -> bool {
    let behind = string_end(text, start).and_then(|end| text[end..].iter().find(|byte| !is_white(**byte)));
    behind == Some(&b':')
}

/// Where the string that begins at `start` ends.
pub fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while *text.get(at)? != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    Some(at + 1)
}

/// Whether the list at `at`, after a map, holds maps: it may be another array of records.
pub fn is_another_array(text: &[u8], at: usize) -> bool {
    let map = text[..at].iter().rfind(|byte| !is_white(**byte)) == Some(&b'}');
    map && text[at + 1..].iter().find(|byte| !is_white(**byte)) == Some(&b'{')
}

/// Whether only the comma is missing between two values of an array, the second of which begins at `at`: lists and maps
/// are not followed by scalars, and a string is followed by what follows values. Otherwise there may be one quote too
/// many.
pub fn lacks_comma(slice: &[u8], at: usize) -> bool {
    let before = slice[..at].iter().rfind(|byte| !is_white(**byte));
    let nested = matches!(before, Some(b'}' | b']'));
    match slice[at] {
        // It has to close what it opens.
        b'{' | b'[' => true,
        b'"' => {
            let behind = string_end(slice, at).map(|end| slice[end..].iter().find(|byte| !is_white(**byte)));
            !nested && matches!(behind, Some(None | Some(b',' | b']')))
        }
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => !nested && before != Some(&b'"'),
        _ => false,
    }
}

/// Where something ends that is not a list or map, and perhaps not a value either; `None` if nothing tells.
pub fn run_end(layout: Layout, text: &[u8], start: usize) -> Option<usize> {
    let (mut inside, mut escaped, mut comma) = (false, false, false);
    for (at, &byte) in (start..).zip(&text[start..]) {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        inside ^= quote;
        match (layout, byte) {
            // An unclosed string ends here too.
            (_, b'\n') => return Some(at),
            _ if inside || quote => comma |= byte == b',',
            (Layout::Items, b',' | b']' | b'{' | b'[') | (Layout::Maps, b'{' | b'[') if at > start => return Some(at),
            (Layout::Maps, b'}' | b']') => return Some(at + 1),
            (Layout::Scalars, b' ' | b'\t' | b'\r') => return Some(at),
            _ => {}
        }
    }
    // If a string is open at the end, it may contain values.
    if inside && comma { None } else { Some(text.len()) }
}

/// A copy in the arena with U+FFFD in place of invalid UTF-8.
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

/// The error for an array of records at `at`.
#[cold]
pub(super) fn another_array(at: usize) -> RecordError {
    RecordError::new(at, "an array of records after a record of this array")
        .hint("The array before it is not closed, or a comma is missing.")
        .fault(Fault::Lost)
}

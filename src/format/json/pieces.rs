//! Pieces of text that may be values, examined when something is wrong.

use super::layout::{Layout, is_white};
use crate::error::{Fault, RecordError};
use crate::record::Batch;
use crate::scan::json::{Columns, Hit, Nesting, Seek};
use crate::scan::vector::Unit;

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

/// Whether this begins with a list that begins with a map.
pub fn is_list_of_maps(text: &[u8]) -> bool {
    let mut first = text.iter().filter(|byte| !is_white(**byte));
    first.next() == Some(&b'[') && first.next() == Some(&b'{')
}

/// Whether what is open at the end is a string in which a list or map follows another one: the string may have lost its
/// quote, and they may be records.
pub fn swallows_values(text: &[u8]) -> bool {
    let (mut open, mut escaped) = (None, false);
    for (at, &byte) in text.iter().enumerate() {
        match open {
            Some(_) if escaped || byte == b'\\' => escaped = !escaped,
            Some(_) if byte == b'"' => open = None,
            None if byte == b'"' => open = Some(at),
            _ => {}
        }
    }
    let Some(start) = open else { return false };
    let mut before = 0;
    text[start..]
        .iter()
        .filter(|byte| !is_white(**byte) && **byte != b',')
        .any(|byte| matches!(std::mem::replace(&mut before, *byte), b'}' | b']') && matches!(byte, b'{' | b'['))
}

/// Whether a line begins a list or map where another one ended, as only values do that follow each other.
pub fn has_neighbours(text: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', text).any(|line| {
        let begins = text[line..].iter().find(|byte| !is_white(**byte));
        matches!(begins, Some(b'{' | b'[')) && {
            let before = text[..line].iter().rfind(|byte| !is_white(**byte));
            matches!(before, Some(b'}' | b']'))
        }
    })
}

/// What a list of maps among maps is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A record, as its brackets close and a comma or the bracket of its array follows.
    Record,
    /// The next array of records: the one before it is not closed.
    Array,
    /// More of the text is needed to know.
    More,
}

/// What the list at `at` is, among maps that are records. `comma`: a comma is before it, or nothing of this text. `end`:
/// nothing follows the text.
pub fn listed(text: &[u8], at: usize, comma: bool, end: bool) -> Listed {
    let more = if end { Listed::Array } else { Listed::More };
    match text[at + 1..].iter().find(|byte| !is_white(**byte)) {
        Some(b'{') if !comma => return Listed::Array,
        Some(b'{') => {}
        None if !end => return Listed::More,
        _ => return Listed::Record,
    }
    match Nesting::new(Unit::get(), Seek::Closed, Columns::default(), at).find(text, at) {
        Some(Hit::Between(close)) => match text[close + 1..].iter().find(|byte| !is_white(**byte)) {
            Some(b',' | b']') => Listed::Record,
            Some(_) => Listed::Array,
            None => more,
        },
        // It is broken itself: its maps are not to be lost with it.
        Some(_) => Listed::Array,
        None => more,
    }
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

/// Where something ends that is not a list or map, and perhaps not a value either; `None` if nothing tells. If records
/// are `maps`, what looks like a string may have some in it: it begins or ends with a quote that is one too many.
pub fn run_end(layout: Layout, text: &[u8], start: usize, maps: bool) -> Option<usize> {
    let (mut inside, mut escaped, mut comma) = (false, false, false);
    for (at, &byte) in (start..).zip(&text[start..]) {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        inside ^= quote;
        match (layout, byte) {
            // An unclosed string ends here too.
            (_, b'\n') => return if inside && maps { None } else { Some(at) },
            (_, b'{' | b'[') if inside && maps => return None,
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

/// The error for the bracket at `at`, with which another array begins.
#[cold]
pub(super) fn unclosed_before(at: usize) -> RecordError {
    RecordError::new(at, "the array is not closed before another one begins")
        .hint("Put `]` where it should end. The records of the other one follow.")
}

/// The error for a record at `start` that goes on where the document ends.
#[cold]
pub(super) fn may_hold_others(start: usize, len: usize) -> RecordError {
    const MESSAGE: &str = "the document ends too early, so this record of {} bytes may have others in it";
    RecordError::with_numbers(start, MESSAGE, [len, 0])
        .hint("A list in it is not closed, or else the array around the records.")
        .fault(Fault::Lost)
}

/// The error for text at `at`, before the array of records.
#[cold]
pub(super) fn text_before_array(at: usize) -> RecordError {
    RecordError::new(at, "text before the array").hint("Take it away first, for example: tail -n +2 FILE⟨stdin json⟩")
}

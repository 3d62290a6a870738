//! How the lines that begin records begin, and whether a list or map is well formed.

use super::text::{Syntax, skip, space_len};
use crate::format::json::layout::is_white;

/// How much of the input is looked at.
pub const LOOK: usize = 64 << 10;
/// The deepest indentation that is searched for.
const WIDEST: usize = 62;

/// How the lines that begin records begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// A line feed, white space, and the bracket that opens a record.
    open: Box<[u8]>,
    /// The same for the bracket that closes the array; empty if it can't be told from other lines.
    close: Box<[u8]>,
}

/// Why a list or map is not well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The text ends in it.
    End,
    /// Something is wrong at this place.
    At(usize),
    /// It is too deep at this place.
    Deep(usize),
}

impl Lines {
    /// Looks at the first records, of which one is at or behind `first`, in the array whose bracket is at `array`. `Err`:
    /// more of the input is needed.
    pub fn find(
        head: &[u8],
        first: usize,
        array: Option<usize>,
        syntax: Syntax,
        end: bool,
    ) -> Result<Option<Lines>, ()> {
        let seen = &head[..head.len().min(first + LOOK)];
        let whole = end || seen.len() < head.len();
        let more = if whole { Ok(None) } else { Err(()) };
        let Ok(mut first) = skip(seen, first, syntax) else { return more };
        if first == seen.len() {
            return more;
        }
        if !matches!(seen[first], b'{' | b'[') {
            match next_line(seen, first) {
                Some(at) => first = at,
                None => return more,
            }
        }
        let behind = |from: usize| check(seen, from, syntax, 1024, &mut Vec::new());
        let mut second = None;
        match behind(first) {
            Err(Stop::End) if !whole => return Err(()),
            // It is longer than what is looked at.
            Err(Stop::End) => {}
            // It is broken: another line has to show that records have lines of their own.
            Err(_) => {
                let line = [b"\n", indentation(seen, first).unwrap_or_default(), &seen[first..=first]].concat();
                if memchr::memmem::find(&seen[first..], &line).is_none() {
                    return more;
                }
            }
            Ok(to) => {
                let between = seen[to..].iter().take_while(|byte| is_white(**byte) || **byte == b',').count();
                match seen.get(to + between) {
                    None if !whole => return Err(()),
                    Some(b'{' | b'[') => second = Some(to + between),
                    // Records that share lines have only their brackets.
                    _ if !seen[to..].contains(&b'\n') => return more,
                    _ => {}
                }
            }
        }
        let lines = |at: usize| indentation(seen, at).map(|white| (white, seen[at]));
        match (lines(first), second) {
            // They share a line, or their lines are not alike.
            (Some(_), Some(second)) if lines(second) != lines(first) => return Ok(None),
            (None, Some(second)) => first = second,
            _ => {}
        }
        let Some((indent, bracket)) = lines(first).filter(|(indent, _)| indent.len() <= WIDEST) else {
            return Ok(None);
        };
        let block = seen[first + 1..].iter().find(|byte| !matches!(**byte, b' ' | b'\t' | b'\r')) == Some(&b'\n');
        let outer = array.map(|array| {
            let line = line_start(seen, array);
            let white = seen[line..array].iter().take_while(|byte| is_white(**byte)).count();
            &seen[line..line + white]
        });
        let outer = outer.filter(|outer| outer.len() < indent.len() || (outer.len() == indent.len() && !block));
        let begin = |indent: &[u8], bracket: u8| [b"\n", indent, &[bracket]].concat().into_boxed_slice();
        let close = outer.map_or_else(Box::default, |outer| begin(outer, b']'));
        Ok(Some(Lines { open: begin(indent, bracket), close }))
    }

    /// Whether records are lists.
    pub fn are_lists(&self) -> bool {
        self.open.ends_with(b"[")
    }

    /// Whether the bracket at `at` begins such a line.
    pub fn begins(&self, text: &[u8], at: usize) -> bool {
        let line = &text[..=at];
        line.ends_with(&self.open) || (!self.close.is_empty() && line.ends_with(&self.close))
    }

    /// The bracket of the first line after a line feed from `from` on that begins like a record or closes the array.
    pub fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        let find = |text: &[u8], line: &[u8]| memchr::memmem::find(text, line).map(|at| from + at + line.len() - 1);
        let open = find(&text[from..], &self.open);
        let close = match &*self.close {
            [] => None,
            close => find(&text[from..open.unwrap_or(text.len())], close),
        };
        close.or(open)
    }

    /// Whether all lines of a bad record, after its first one, may be its own: others are indented no more than those
    /// that begin records.
    pub fn is_alone(&self, record: &[u8]) -> bool {
        let indent = &self.open[1..self.open.len() - 1];
        memchr::memchr_iter(b'\n', record).all(|line| {
            let line = &record[line + 1..];
            let (white, rest) = line.split_at(line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count());
            let deeper = white.len() > indent.len() && white.starts_with(indent);
            let comma = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b',')).count();
            match rest.first() {
                Some(b'}' | b']') => deeper || white == indent,
                _ => deeper || !matches!(rest.get(comma), Some(b'{' | b'[')),
            }
        })
    }
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |before| before + 1)
}

/// What precedes a byte in its line, if it is only white space.
fn indentation(text: &[u8], at: usize) -> Option<&[u8]> {
    let line = &text[line_start(text, at)..at];
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    line.iter().all(|byte| is_white(*byte)).then_some(line)
}

/// The bracket that begins a line after `from`, after white space.
fn next_line(text: &[u8], from: usize) -> Option<usize> {
    memchr::memchr_iter(b'\n', &text[from..]).find_map(|line| {
        let line = from + line + 1;
        let white = text[line..].iter().take_while(|byte| matches!(**byte, b' ' | b'\t')).count();
        matches!(text.get(line + white), Some(b'{' | b'[')).then_some(line + white)
    })
}

/// What may come next in a list or map.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The first item or key, or the closing bracket.
    First,
    /// An item or key behind a comma.
    Item,
    Colon,
    Value,
    /// A comma or the closing bracket.
    Behind,
}

/// Where the list or map at `start` ends. It may have numbers and words that are none, but all else is in its place. If it
/// stops, the brackets that are `open` there are noted.
pub fn check(text: &[u8], start: usize, syntax: Syntax, deepest: usize, open: &mut Vec<usize>) -> Result<usize, Stop> {
    open.clear();
    let five = syntax == Syntax::Five;
    let (mut at, mut next) = (start, Next::Value);
    loop {
        at = skip(text, at, syntax).map_err(|_| Stop::End)?;
        let Some(&byte) = text.get(at) else { return Err(Stop::End) };
        let is_map = open.last().is_some_and(|open| text[*open] == b'{');
        match (next, byte) {
            (Next::Colon, b':') => (at, next) = (at + 1, Next::Value),
            (Next::Behind, b',') => (at, next) = (at + 1, Next::Item),
            (Next::First | Next::Behind, b'}' | b']') | (Next::Item, b'}' | b']')
                if (byte == b'}') == is_map && (five || next != Next::Item) =>
            {
                open.pop();
                (at, next) = (at + 1, Next::Behind);
                if open.is_empty() {
                    return Ok(at);
                }
            }
            (Next::Colon | Next::Behind, _) => return Err(Stop::At(at)),
            (Next::First | Next::Item, _) if is_map => (at, next) = (token(text, at, five)?, Next::Colon),
            (_, b'{' | b'[') => {
                if open.len() >= deepest {
                    return Err(Stop::Deep(at));
                }
                open.push(at);
                (at, next) = (at + 1, Next::First);
            }
            _ => (at, next) = (token(text, at, five)?, Next::Behind),
        }
    }
}

/// Where the string or word at `at` ends.
fn token(text: &[u8], at: usize, five: bool) -> Result<usize, Stop> {
    let quote = text[at];
    if quote != b'"' && !(five && quote == b'\'') {
        let ends = |place: &usize| {
            matches!(text[*place], 0..=b' ' | b'"' | b'\'' | b',' | b':' | b'{' | b'}' | b'[' | b']')
                || five && (text[*place] == b'/' || space_len(&text[*place..]) > 0)
        };
        let end = (at..text.len()).find(ends).unwrap_or(text.len());
        return if end == at { Err(Stop::At(at)) } else { Ok(end) };
    }
    let mut end = at + 1;
    loop {
        match text.get(end) {
            None => return Err(Stop::End),
            Some(b'\\') => {
                end += 2;
                end += usize::from(text.get(end - 1..=end) == Some(b"\r\n"));
            }
            Some(b'\n' | b'\r') => return Err(Stop::At(end)),
            Some(byte) if *byte == quote => return Ok(end + 1),
            Some(_) => end += 1,
        }
    }
}

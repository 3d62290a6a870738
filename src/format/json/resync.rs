//! Where reading continues after a bad record. Cutter and decoder both ask here, so they agree.
//!
//! An invalid record whose strings and brackets are regular ends where its last bracket closes. If they are not, the
//! next record is the next line that begins like the first record: with the same white space before the same bracket.
//! What shows irregularity never occurs in valid JSON: a line feed inside a string, or such a line inside a record that
//! is not valid to its end. So valid records are never divided, whatever their lines look like.

use super::check::{Checker, Refused};
use super::layout::{MARK, SEPARATOR, is_between, is_white};
use super::pieces::{has_neighbours, swallows_values};
use crate::format::MAX_DEPTH;
use crate::scan::json::{Columns, Hit, Nesting, Seek};
use crate::scan::vector::Unit;

/// How the lines that begin records begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// A line feed, white space, and the bracket that opens a record.
    open: Box<[u8]>,
    /// The same for the bracket that closes the array; empty if it can't be told from other lines.
    close: Box<[u8]>,
}

/// What was found out about the lines of a source.
pub enum Beginnings {
    /// How the lines of records begin is known, or that nothing tells.
    Known(Option<Lines>),
    /// More of the input is needed to know.
    More,
}

/// The deepest indentation that is searched for.
pub const WIDEST: usize = 62;
/// Few records are nested deeper.
const DEPTH: usize = 64;
/// How much of the input is examined.
pub const LOOK: usize = 64 << 10;
/// How many lines between two arrays may begin lists and maps around the second one.
const AROUND: usize = 4;
/// How much of it is examined to find the end of the first record.
const NEAR: usize = 16 << 10;

impl Lines {
    /// Looks at the first record, whose bracket is at `first`, and at the bracket of its array.
    pub fn find(head: &[u8], first: usize, array: Option<usize>, end: bool) -> Beginnings {
        let seen = &head[..head.len().min(first + LOOK)];
        let whole = end || seen.len() < head.len();
        let first = match seen.get(first) {
            Some(b'{' | b'[') => Some(first),
            // Something else comes first in the array, on a line of its own.
            Some(_) if array.is_some() && indentation(seen, first).is_some() => {
                let white = |at: usize| indentation(seen, at);
                let next = next_line(seen, first);
                if next.is_some_and(|next| white(next) != white(first)) { return Beginnings::Known(None) } else { next }
            }
            Some(_) => return Beginnings::Known(None),
            None => None,
        };
        let Some(first) = first else {
            return if whole { Beginnings::Known(None) } else { Beginnings::More };
        };
        match (Lines::look(seen, first, array, whole), Lines::is_alone(seen, first, whole)) {
            (None, _) if whole => Beginnings::Known(None),
            (Some(None), _) | (Some(_), Some(false)) => Beginnings::Known(None),
            (Some(lines), Some(true)) => Beginnings::Known(lines),
            (None, _) | (_, None) => Beginnings::More,
        }
    }

    /// Whether no other list or map follows the first record in its line: if records share lines, the beginnings of
    /// lines tell nothing. `None`: more of the input is needed.
    fn is_alone(seen: &[u8], first: usize, whole: bool) -> Option<bool> {
        if indentation(seen, first).is_none() {
            return Some(true);
        }
        let near = &seen[..seen.len().min(first + NEAR)];
        let cut_off = !whole && near.len() == seen.len();
        // Another line has to show that records have lines of their own.
        let another = || {
            let line = [b"\n", indentation(seen, first).unwrap_or_default(), &seen[first..=first]].concat();
            let another = memchr::memmem::find(&seen[first..], &line).is_some();
            if another || whole { Some(another) } else { None }
        };
        let closed = match check_first(near, first) {
            Ok(closed) => closed,
            Err((offset, _)) if offset == near.len() => return if cut_off { None } else { Some(true) },
            Err(_) => return another(),
        };
        let rest = &near[closed..];
        let white = rest.iter().take_while(|byte| matches!(**byte, b' ' | b'\t' | b'\r' | b',' | SEPARATOR)).count();
        match rest.get(white) {
            Some(b'{' | b'[') => Some(false),
            // What begins with it may be the rest of the line.
            Some(b'"') if !rest[..white].contains(&b',') && rest.contains(&b'\n') => another(),
            _ if rest.contains(&b'\n') => Some(true),
            _ if cut_off => None,
            _ => Some(false),
        }
    }

    /// `None`: more of the input is needed.
    fn look(seen: &[u8], mut first: usize, array: Option<usize>, whole: bool) -> Option<Option<Lines>> {
        let bracket = seen[first];
        if indentation(seen, first).is_none() {
            // Another record may begin a line: the second one, unless the first is broken.
            first = match check_first(seen, first) {
                Ok(closed) => closed,
                Err((offset, _)) if offset == seen.len() => return None,
                Err(_) => first + memchr::memchr(b'\n', &seen[first..])?,
            };
            while is_between(*seen.get(first)?) || (array.is_some() && seen[first] == b',') {
                first += 1;
            }
            if seen[first] != bracket {
                return Some(None);
            }
        }
        // The line of one record may differ from all the others.
        let lines = |at: usize| indentation(seen, at).map(|white| (white, seen[at]));
        if let Ok(closed) = check_first(seen, first) {
            match next_line(seen, closed - 1) {
                None if !whole => return None,
                Some(second) if lines(second) != lines(first) && array.is_some() && closes(&seen[closed..second]) => {
                    // A record of the next array has to show that it is none of that record's own lines.
                    let mut next = second;
                    for _ in 0..AROUND {
                        match next_line(seen, next) {
                            Some(line) => next = line,
                            None if !whole => return None,
                            None => return Some(None),
                        }
                        if lines(next) == lines(first) {
                            break;
                        }
                    }
                    if lines(next) != lines(first) {
                        return Some(None);
                    }
                }
                Some(second) if lines(second) != lines(first) => {
                    match next_line(seen, check_first(seen, second).map_or(second, |closed| closed - 1)) {
                        None if !whole => return None,
                        // If records are not lists, those lines may begin other arrays.
                        Some(third)
                            if lines(third) == lines(second) && lines(second).is_some() && seen[second] == bracket =>
                        {
                            first = second;
                        }
                        _ => return Some(None),
                    }
                }
                _ => {}
            }
        }
        let bracket = seen[first];
        let Some(indent) = indentation(seen, first).filter(|indent| indent.len() <= WIDEST) else { return Some(None) };
        let mut next = first + 1;
        while matches!(*seen.get(next)?, b' ' | b'\t' | b'\r') {
            next += 1;
        }
        let block = seen[next] == b'\n';
        if block {
            while is_white(*seen.get(next)?) {
                next += 1;
            }
            let inner = indentation(seen, next).unwrap_or_default();
            let tells = inner.len() > indent.len() || matches!(seen[next], b'}' | b']');
            if !tells {
                return Some(None);
            }
        }
        let outer = array.map(|array| {
            let line = line_start(seen, array);
            let white = seen[line..array].iter().take_while(|byte| is_white(**byte)).count();
            &seen[line..line + white]
        });
        let outer = outer.filter(|outer| outer.len() < indent.len() || (outer.len() == indent.len() && !block));
        let begin = |indent: &[u8], bracket: &[u8]| [b"\n", indent, bracket].concat().into_boxed_slice();
        let close = outer.map_or_else(Box::default, |outer| begin(outer, b"]"));
        Some(Some(Lines { open: begin(indent, &[bracket]), close }))
    }

    fn columns(&self) -> Columns {
        Columns { open: self.open.len() as u32 - 1, close: self.close.len().saturating_sub(1) as u32 }
    }

    /// Whether the bracket at `at` begins such a line.
    fn begins(&self, text: &[u8], at: usize) -> bool {
        let line = &text[..=at];
        line.ends_with(&self.open) || (!self.close.is_empty() && line.ends_with(&self.close))
    }

    /// Whether records are lists.
    fn are_lists(&self) -> bool {
        self.open.ends_with(b"[")
    }

    /// The bracket of the first line after a line feed from `from` on that begins like a record.
    fn next_record(&self, text: &[u8], from: usize) -> Option<usize> {
        memchr::memmem::find(&text[from..], &self.open).map(|at| from + at + self.open.len() - 1)
    }

    /// The bracket of the last line before `to` that begins like a record.
    fn last_record(&self, text: &[u8], to: usize) -> Option<usize> {
        memchr::memmem::rfind(&text[..to], &self.open).map(|at| at + self.open.len() - 1)
    }

    /// The bracket of the first line after a line feed from `from` on that begins like a record or closes the array.
    fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        let find = |text: &[u8], line: &[u8]| {
            let found = memchr::memmem::find(text, line);
            found.map(|at| from + at + line.len() - 1)
        };
        let open = find(&text[from..], &self.open);
        let close = match &*self.close {
            [] => None,
            close => find(&text[from..open.unwrap_or(text.len())], close),
        };
        close.or(open)
    }
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |before| before + 1)
}

/// Whether an array ends here, between its last value and the next line that begins a list or map.
fn closes(between: &[u8]) -> bool {
    between.iter().find(|byte| !is_white(**byte)) == Some(&b']')
}

/// The bracket that begins a line after `from`, after white space or a comma.
fn next_line(text: &[u8], from: usize) -> Option<usize> {
    memchr::memchr_iter(b'\n', &text[from..]).find_map(|line| {
        let line = from + line + 1;
        let white = text[line..].iter().take_while(|byte| matches!(**byte, b' ' | b'\t' | b',' | SEPARATOR)).count();
        matches!(text.get(line + white), Some(b'{' | b'[')).then_some(line + white)
    })
}

/// What precedes a byte in its line, if it is only white space.
fn indentation(text: &[u8], at: usize) -> Option<&[u8]> {
    let line = &text[line_start(text, at)..at];
    // A byte order mark occurs only once.
    let line = line.strip_prefix(MARK).unwrap_or(line);
    line.iter().all(|byte| is_between(*byte)).then_some(line)
}

/// What a walk has to do when a text looks broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It only looked broken: continue.
    On,
    /// A whole value ends before this offset: start another walk there.
    Whole(usize),
    /// The record is broken; search for the next one, or the end of the array, from this offset on.
    Anew(usize),
    /// More of the text is needed.
    More,
    /// Nothing tells where the next record begins.
    Lost,
}

/// Finds where reading continues.
#[derive(Clone, Debug)]
pub struct Resync {
    lines: Option<Lines>,
    /// How many lists and maps are around a record.
    around: usize,
    max_depth: usize,
    /// Reads values inside them.
    checker: Checker,
    /// The brackets that were open where a check failed.
    open: Vec<usize>,
    /// Brackets of lists and maps that are known to be unclosed: they were open where a check failed.
    unclosed: Vec<usize>,
    /// The brackets needed to close what is open.
    closing: Vec<u8>,
}

impl Resync {
    pub fn new(lines: Option<Lines>, around: usize, max_depth: usize) -> Resync {
        let checker = Checker::lenient(vec![false; around], max_depth);
        let [open, unclosed] = [(); 2].map(|()| Vec::with_capacity(DEPTH));
        Resync { lines, around, max_depth, checker, open, unclosed, closing: Vec::with_capacity(DEPTH) }
    }

    /// What walks have to look for.
    pub fn columns(&self) -> Columns {
        self.lines.as_ref().map_or(Columns::default(), Lines::columns)
    }

    /// The next text is a different one.
    pub fn begin(&mut self) {
        self.unclosed.clear();
    }

    /// The next text is the last one from `len` on.
    pub fn pass(&mut self, len: usize) {
        self.unclosed.retain(|at| *at >= len);
        self.unclosed.iter_mut().for_each(|at| *at -= len);
    }

    /// What a walk does about a hit that is not a boundary. `end`: nothing follows `text`.
    pub fn next(&mut self, text: &[u8], walk: &Nesting, hit: Hit, end: bool) -> Next {
        match (hit, &self.lines) {
            (Hit::Loose(at), _) => Next::Anew(at + 1),
            (Hit::Text(_) | Hit::Bracket(_), None) => Next::Lost,
            (Hit::Text(at), Some(_)) => self.line(text, at, end),
            (Hit::Bracket(at), Some(lines)) if lines.begins(text, at) => self.judge(text, walk.from(), at, end),
            _ => Next::On,
        }
    }

    /// Whether it is known how the lines of records begin.
    pub fn knows_lines(&self) -> bool {
        self.lines.is_some()
    }

    /// Whether a record may begin at `at`, after a line feed.
    pub fn begins(&self, text: &[u8], at: usize) -> bool {
        matches!(text.get(at), Some(b'{' | b'[')) && self.lines.as_ref().is_none_or(|lines| lines.begins(text, at))
    }

    /// Where the bad record at `from` ends if it includes everything before the next line that begins a record.
    pub fn end_of_lines(&self, text: &[u8], from: usize) -> Option<usize> {
        let end = self.lines.as_ref()?.next(text, from).unwrap_or(text.len());
        self.alone(text, from, end)
    }

    /// The `end` of a bad record, unless a line in it may belong to another record or to what follows the array: such
    /// lines are indented less than those of the record.
    fn alone(&self, text: &[u8], start: usize, end: usize) -> Option<usize> {
        let Some(lines) = &self.lines else { return Some(end) };
        let indent = &lines.open[1..lines.open.len() - 1];
        // The records of another array may be indented more: then so are the lines of the next ones.
        // What is before the text may be in the same line.
        let own = text[..start].contains(&b'\n').then(|| indentation(text, start)).flatten();
        let own = own.filter(|own| self.around > 0 && own.starts_with(indent));
        let indent = own.unwrap_or(indent);
        let stretch = &text[start..end];
        // It shares its line with others, whatever those of the first array do.
        let shares = self.around > 0 && !lines.begins(text, start) && holds_items(stretch);
        if shares || self.around == 0 && has_neighbours(stretch) {
            return None;
        }
        let other = |line: usize| {
            let line = &stretch[line + 1..];
            let (white, rest) = line.split_at(line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count());
            let deeper = white.len() > indent.len() && white.starts_with(indent);
            let comma = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b',')).count();
            match rest.first() {
                Some(b'}' | b']') => !deeper && white != indent,
                _ => !deeper && matches!(rest.get(comma), Some(b'{' | b'[')),
            }
        };
        if memchr::memchr_iter(b'\n', stretch).any(other) { None } else { Some(end) }
    }

    /// The next record after the array's bracket at `bracket`, if a line begins like a record. If records are lists,
    /// one that does not follow a comma may be another array.
    pub fn record_behind(&self, text: &[u8], bracket: usize) -> Option<usize> {
        let lines = self.lines.as_ref()?;
        let comma = text[bracket + 1..].iter().find(|byte| !is_white(**byte)) == Some(&b',');
        if lines.are_lists() && !comma { None } else { lines.next_record(text, bracket) }
    }

    /// Whether a slice may end with the byte at `at`, where the next text is at `next`. It may not end within a bad
    /// record, which can include the rest of its line; then the error is the end of that record.
    pub fn divides(&mut self, text: &[u8], at: usize, next: usize, items: bool) -> Result<(), usize> {
        let Some(lines) = &self.lines else { return Ok(()) };
        if next < text.len() && lines.begins(text, next) {
            return Ok(());
        }
        let from = lines.last_record(text, at).unwrap_or(0);
        let stretch = lines.next(text, at).unwrap_or(text.len());
        // A comma between records in no array is a bad record of its own, with which a slice may begin.
        let commas = text[from..].iter().take_while(|byte| !items && (is_between(**byte) || **byte == b',')).count();
        let from = from + commas;
        let whole = match text.get(from) {
            Some(b'{' | b'[') => self.are_records(&text[..=at], from),
            _ => self.is_regular(&text[from..=at], items),
        };
        if whole { Ok(()) } else { Err(stretch) }
    }

    /// Whether the list or map at `start` is valid and ends at `end`, where a slice may end.
    pub fn is_valid(&mut self, text: &[u8], start: usize, end: usize) -> bool {
        self.check(text, start).is_ok_and(|found| found == end)
    }

    /// Whether there is nothing but valid lists and maps from `from` on, with or without commas between them.
    fn are_records(&mut self, text: &[u8], from: usize) -> bool {
        let mut at = from;
        loop {
            match self.check(text, at) {
                Ok(end) => at = end,
                Err(_) => return false,
            }
            at += text[at..].iter().take_while(|byte| is_between(**byte) || **byte == b',').count();
            match text.get(at) {
                None => return true,
                Some(b'{' | b'[') => {}
                Some(_) => return false,
            }
        }
    }

    /// Continues with the next line that begins a record.
    fn line(&self, text: &[u8], from: usize, end: bool) -> Next {
        match self.lines.as_ref().and_then(|lines| lines.next(text, from)) {
            Some(at) => Next::Anew(at),
            None if end => Next::Anew(text.len()),
            None => Next::More,
        }
    }

    /// The bracket at `at`, inside a record, begins a line like a record's: is the record still valid? `from` is
    /// outside all records.
    fn judge(&mut self, text: &[u8], from: usize, at: usize, end: bool) -> Next {
        let before = text[..at].iter().rposition(|byte| !is_white(*byte)).map_or(0, |before| text[before]);
        if text[at] != b']' && !matches!(before, b'[' | b',' | b':') {
            return Next::Anew(at);
        }
        let start = outermost(text, from, at);
        if self.unclosed.contains(&start) {
            return Next::Anew(at);
        }
        match self.check(text, start) {
            Ok(end) => Next::Whole(end),
            Err((offset, _)) if offset == text.len() && !end => Next::More,
            Err((offset, Refused::TooDeep)) => self.line(text, offset, end),
            Err(_) => {
                std::mem::swap(&mut self.unclosed, &mut self.open);
                Next::Anew(at)
            }
        }
    }

    /// Where the bad list or map at `start` ends, in a text that ends with a record; `None` if nothing tells.
    pub fn end_of(&mut self, text: &[u8], start: usize) -> Option<usize> {
        match self.find_end(text, start)? {
            (end, true) => Some(end),
            (end, false) => self.alone(text, start, end),
        }
    }

    /// The same, and whether it is certain.
    fn find_end(&mut self, text: &[u8], start: usize) -> Option<(usize, bool)> {
        let mut walk = Nesting::new(Unit::get(), Seek::Closed, self.columns(), start);
        loop {
            match walk.find(text, start) {
                Some(Hit::Between(at)) if self.ends_regularly(&text[start..=at]) => return Some((at + 1, true)),
                // It is not known where this record ends, only where a line begins the next one.
                Some(Hit::Between(at)) => {
                    return self.lines.as_ref().map(|lines| (lines.next(text, at).unwrap_or(text.len()), false));
                }
                Some(hit) => match self.next(text, &walk, hit, true) {
                    Next::On => {}
                    Next::Whole(end) => return Some((end, true)),
                    Next::Anew(end) => return Some((end, false)),
                    Next::More | Next::Lost => return None,
                },
                // The end of the input cuts it off; otherwise it was broken before that.
                None if self.lines.is_none() => {
                    let checked = self.check(text, start);
                    let cut_off = matches!(checked, Err((offset, _)) if offset == text.len());
                    let record = &text[start..];
                    let whole = has_regular_strings(record) && !swallows_values(record);
                    return (cut_off && whole).then_some((text.len(), true));
                }
                None => return Some((text.len(), false)),
            }
        }
    }

    fn check(&mut self, text: &[u8], start: usize) -> Result<usize, (usize, Refused)> {
        self.checker.again(self.around);
        check(&mut self.checker, text, start, &mut self.open)
    }

    /// Whether a bad record ends where its last bracket closes. If lines don't tell, a missing quote, or one too many,
    /// may let brackets of other records close it by chance: then strings are in odd places.
    fn ends_regularly(&mut self, record: &[u8]) -> bool {
        self.is_regular(record, false) && (self.lines.is_some() || has_regular_strings(record))
    }

    /// Whether brackets match, strings end in their line, and there are only commas between lists and maps; among the
    /// `items` of an array there may be other values too, with commas between them, but no keys.
    fn is_regular(&mut self, text: &[u8], items: bool) -> bool {
        let (mut inside, mut escaped, mut before) = (false, false, b',');
        self.closing.clear();
        for &byte in text {
            let quote = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            inside ^= quote;
            // Between commas there is one list, map or text, or a word.
            let (outside, begins) = (self.closing.is_empty() && !inside, before == b',');
            let regular = match byte {
                b'\n' if inside => false,
                _ if quote && inside => !self.closing.is_empty() || items && begins,
                _ if inside || quote => items || !self.closing.is_empty(),
                b'{' | b'[' => {
                    self.closing.push(byte + 2);
                    self.closing.len() <= self.max_depth && (!items || !outside || begins)
                }
                b'}' | b']' => self.closing.pop() == Some(byte),
                b',' => true,
                _ if !self.closing.is_empty() || is_between(byte) => true,
                _ => items && byte != b':' && !matches!(before, b'"' | b'}' | b']'),
            };
            if !regular {
                return false;
            }
            if self.closing.is_empty() && !inside && !is_between(byte) {
                before = byte;
            }
        }
        !inside && self.closing.is_empty()
    }
}

/// Whether there may be another list or map after a comma in the first line, after one that ends.
fn holds_items(text: &[u8]) -> bool {
    let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    let white = |from: usize| line[from..].iter().position(|byte| !is_white(*byte)).map(|white| from + white);
    memchr::memchr_iter(b',', line).any(|comma| {
        let before = line[..comma].iter().rfind(|byte| !is_white(**byte));
        matches!(before, Some(b'}' | b']')) && white(comma + 1).is_some_and(|next| matches!(line[next], b'{' | b'['))
    })
}

/// Whether each string is where a string may be: after an opening bracket, a comma or a colon, and before a colon, a
/// comma or a closing bracket.
pub fn has_regular_strings(record: &[u8]) -> bool {
    let (mut inside, mut escaped, mut before, mut closed) = (false, false, b'[', false);
    for &byte in record {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        if !inside && !is_white(byte) {
            let regular = !quote || matches!(before, b'{' | b'[' | b',' | b':');
            if !regular || closed && !matches!(byte, b':' | b',' | b'}' | b']') {
                return false;
            }
            (before, closed) = (byte, false);
        }
        closed |= inside && quote;
        inside ^= quote;
    }
    true
}

/// Where the list or map at `start` ends; otherwise where it stops being possible, and which brackets are `open` there.
fn check(checker: &mut Checker, text: &[u8], start: usize, open: &mut Vec<usize>) -> Result<usize, (usize, Refused)> {
    let around = checker.depth();
    open.clear();
    for (at, byte) in (start..).zip(&text[start..]) {
        checker.take(*byte).map_err(|refused| (at, refused))?;
        let now = checker.depth() - around;
        if now > open.len() {
            open.push(at);
        }
        open.truncate(now);
        if now == 0 {
            return Ok(at + 1);
        }
    }
    Err((text.len(), Refused::Because("the end")))
}

/// The same for the first record.
pub(super) fn check_first(text: &[u8], start: usize) -> Result<usize, (usize, Refused)> {
    check(&mut Checker::lenient(Vec::new(), MAX_DEPTH), text, start, &mut Vec::new())
}

/// The bracket of the outermost list or map that is open at `at`.
fn outermost(text: &[u8], from: usize, at: usize) -> usize {
    let (mut start, mut depth, mut inside, mut escaped) = (from, 0usize, false, false);
    for (place, &byte) in text[from..at].iter().enumerate() {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        inside ^= quote;
        match byte {
            _ if inside || quote => {}
            b'{' | b'[' => {
                if depth == 0 {
                    start = from + place;
                }
                depth += 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    start
}

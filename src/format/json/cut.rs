//! Where slices of NDJSON and JSON end.

use super::Layout;
use super::check::Checker;
use crate::error::RecordError;
use crate::format::{Boundary, Cut, Passed};
use crate::scan::json::{Hit, Nesting, Seek};
use crate::scan::vector::Unit;

/// Cuts NDJSON behind a line feed.
pub struct LineCut;

impl Cut for LineCut {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        let near = target.max(1).min(data.len());
        if let Some(at) = memchr::memrchr(b'\n', &data[..near]) {
            return Ok(Boundary::At(at + 1));
        }
        Ok(match memchr::memchr(b'\n', &data[near..]) {
            Some(at) => Boundary::At(near + at + 1),
            None if end => Boundary::At(data.len()),
            None => behind_white(data),
        })
    }

    fn pass(&mut self, data: &[u8], _end: bool) -> Result<Passed, RecordError> {
        Ok(Passed::line(data))
    }
}

/// More is needed; white space before a record is no part of it, however much of it there is.
fn behind_white(data: &[u8]) -> Boundary {
    match data.iter().take_while(|b| is_white(**b)).count().min(data.len() - 1) {
        0 => Boundary::More,
        white => Boundary::Skip(white),
    }
}

/// Cuts JSON between values.
pub struct ValueCut {
    layout: Layout,
    unit: Unit,
    /// The walk through the data of the call before, when more data was needed.
    walk: Option<Nesting>,
    /// Checks what follows the array.
    behind: Option<Checker>,
    open: Vec<bool>,
    max_depth: usize,
    /// A value that is too large is being passed over.
    passing: Option<Passing>,
}

/// A place in a value that is passed over.
#[derive(Clone, Copy, Default)]
struct Passing {
    depth: usize,
    string: bool,
    escaped: bool,
    begun: bool,
}

impl Passing {
    /// Whether the value ends behind this byte (true), or before it.
    fn take(&mut self, byte: u8, layout: Layout) -> Option<bool> {
        if self.string {
            (self.string, self.escaped) = (self.escaped || byte != b'"', !self.escaped && byte == b'\\');
            return None;
        }
        let before = self.depth;
        match byte {
            b'"' => self.string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if before == 0 => return Some(layout != Layout::Items),
            b'}' | b']' => self.depth -= 1,
            b',' if before == 0 && layout == Layout::Items => return Some(true),
            _ if is_white(byte) => return (self.begun && layout == Layout::Scalars && before == 0).then_some(true),
            _ => {}
        }
        self.begun = true;
        (before == 1 && self.depth == 0 && matches!(layout, Layout::Maps | Layout::Lines)).then_some(true)
    }
}

impl ValueCut {
    /// For records in an array, `open` are the lists and maps around it.
    pub fn new(layout: Layout, open: Vec<bool>, max_depth: usize) -> ValueCut {
        ValueCut { layout, unit: Unit::get(), walk: None, behind: None, open, max_depth, passing: None }
    }

    fn seek(&self) -> Seek {
        match self.layout {
            Layout::Items => Seek::Items,
            Layout::Scalars => Seek::White,
            Layout::Maps | Layout::Lines => Seek::Closed,
        }
    }

    /// The first boundary at or after `least`, if the data has it.
    fn find(&mut self, walk: &mut Nesting, data: &[u8], mut least: usize, end: bool) -> Option<Boundary> {
        loop {
            let at = match walk.find(data, least)? {
                Hit::End(at) => {
                    self.behind = Some(Checker::behind_value(self.open.clone(), self.max_depth));
                    return Some(Boundary::At(at + 1));
                }
                Hit::Between(at) => at,
            };
            let next = data[at + 1..].iter().position(|b| !is_white(*b)).map(|white| at + 1 + white);
            if self.layout != Layout::Items {
                return Some(Boundary::At(next.unwrap_or(data.len())));
            }
            match next {
                // A comma before the closing bracket: the decoder has to see both to refuse them.
                Some(next) if data[next] == b']' => least = at + 1,
                Some(_) => return Some(Boundary::At(at + 1)),
                None if end => return Some(Boundary::At(before_comma(data))),
                None => return None,
            }
        }
    }

    /// What follows the array.
    fn tail(checker: &mut Checker, data: &[u8], end: bool) -> Result<Boundary, RecordError> {
        for (at, byte) in data.iter().enumerate() {
            checker.take(*byte).map_err(|reason| checker.error(at, reason))?;
        }
        if end && !checker.may_end() {
            return Err(unfinished(data.len()));
        }
        Ok(Boundary::Skip(data.len()))
    }
}

fn unfinished(offset: usize) -> RecordError {
    RecordError::new(offset, "the document ends before its lists and maps are closed")
}

/// The end of an unclosed array's last slice: without a comma at its end, so that the decoder does not take it for
/// one that others follow.
fn before_comma(data: &[u8]) -> usize {
    match data.iter().rposition(|b| !is_white(*b)) {
        Some(at) if at > 0 && data[at] == b',' => at,
        _ => data.len(),
    }
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl Cut for ValueCut {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        if let Some(checker) = &mut self.behind {
            return ValueCut::tail(checker, data, end);
        }
        let fresh = Nesting::new(self.unit, self.seek(), 0);
        let mut walk = self.walk.take().unwrap_or(fresh);
        // A stream's data may end close behind the target: better a smaller slice than to wait.
        let target = if end { target } else { target.min(data.len() - data.len() / 8) };
        let mut found = self.find(&mut walk, data, target.saturating_sub(1), end);
        if found.is_none() && !end {
            let far = walk;
            found = [target / 2, target / 8, 0]
                .into_iter()
                .find_map(|least| self.find(&mut fresh.clone(), data, least, end));
            // A walk that was stopped by a comma at the very end has to see it again.
            self.walk = Some(far).filter(|_| found.is_none() && self.layout != Layout::Items);
        }
        match found {
            // The document ends with the array, though it should not. There is no next call to say so, unless the
            // bracket is left over.
            Some(Boundary::At(at)) if end && at == data.len() && self.behind.is_some() && !self.open.is_empty() => {
                self.behind = None;
                if at == 1 { Err(unfinished(at)) } else { Ok(Boundary::At(at - 1)) }
            }
            Some(boundary) => Ok(boundary),
            None if !end => {
                let boundary = behind_white(data);
                if boundary != Boundary::More {
                    self.walk = None;
                }
                Ok(boundary)
            }
            None if self.layout != Layout::Items => Ok(Boundary::At(data.len())),
            None if data.iter().all(|b| is_white(*b)) => Err(RecordError::new(data.len(), "the array is not closed")),
            None => Ok(Boundary::At(before_comma(data))),
        }
    }

    fn pass(&mut self, data: &[u8], _end: bool) -> Result<Passed, RecordError> {
        let mut place = self.passing.take().unwrap_or_default();
        self.walk = None;
        let found = data
            .iter()
            .enumerate()
            .find_map(|(at, byte)| place.take(*byte, self.layout).map(|behind| at + usize::from(behind)));
        self.passing = found.is_none().then_some(place);
        Ok(found.map_or(Passed::All, Passed::End))
    }
}

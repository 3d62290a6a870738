//! Cuts between records.

use super::text::{Syntax, skip};
use super::walk::{Between, Found, Layout, Walk};
use crate::error::{Fault, RecordError};
use crate::format::json::rest::{Rest, Seen, superseded};
use crate::format::{Boundary, Cut, Passed};

/// Cuts records of one layout.
pub struct Cutter {
    syntax: Syntax,
    layout: Layout,
    /// The lists and maps around those that hold the records.
    open: Vec<bool>,
    tokens: Vec<String>,
    max_depth: usize,
    walk: Walk,
    place: Place,
    /// A record that is too large is being skipped.
    passing: Option<Passing>,
}

/// A place in a record that is being skipped.
struct Passing {
    walk: Walk,
    /// How much white space is before it.
    white: usize,
}

impl Default for Passing {
    fn default() -> Passing {
        Passing { walk: Walk::new(0, 0), white: 0 }
    }
}

enum Place {
    Records,
    /// The list or map of records ended; these are still open around it.
    After(Around),
    /// A comma is left, with which the input ends.
    Comma,
    /// The bracket of the records is left, with which the input ends inside of a document.
    Unfinished,
    /// After everything.
    End,
}

/// What is around records that have ended.
enum Around {
    /// Nothing any more.
    Nothing,
    Checked(Box<Rest>),
    /// Only its brackets are counted.
    Walked(Walk),
}

impl Cutter {
    pub fn new(syntax: Syntax, layout: Layout, open: Vec<bool>, tokens: Vec<String>, max_depth: usize) -> Cutter {
        Cutter { syntax, layout, open, tokens, max_depth, walk: Walk::new(0, 0), place: Place::Records, passing: None }
    }

    /// Ends a slice.
    fn slice(&mut self, end: usize) -> Result<Boundary, RecordError> {
        self.walk = Walk::new(0, 0);
        Ok(Boundary::At(end))
    }

    /// What comes after `from`: a byte, or none if that is not known yet.
    fn following(&self, data: &[u8], from: usize, end: bool) -> Option<u8> {
        match skip(data, from, self.syntax) {
            Ok(at) if !end && may_go_on(data, at) => None,
            Ok(at) => data.get(at).copied(),
            // The decoder reports it.
            Err(_) if end => Some(b'/'),
            Err(_) => None,
        }
    }

    fn records(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        let between = self.layout.between();
        let mut best = None;
        loop {
            let before = self.walk;
            let boundary = match self.walk.next(data, between, self.syntax) {
                Some(Found::Comma(at)) => match self.following(data, at + 1, end) {
                    None if end => continue,
                    None => {
                        self.walk = before;
                        break;
                    }
                    // The decoder has to see both.
                    Some(b']' | b'}') => continue,
                    Some(_) => at + 1,
                },
                // A comma is missing, which the decoder has to see.
                Some(Found::Next(_)) if between == Between::Commas => continue,
                Some(Found::End(at) | Found::Next(at)) => at,
                Some(Found::Close(at)) => {
                    if let Some(best) = best.filter(|_| at + 1 > target) {
                        return self.slice(best);
                    }
                    if end && at + 1 == data.len() && !self.open.is_empty() {
                        if at == 0 {
                            return Err(unfinished(1));
                        }
                        self.place = Place::Unfinished;
                        return self.slice(at);
                    }
                    self.place = Place::After(match self.syntax {
                        _ if self.open.is_empty() => Around::Nothing,
                        Syntax::Json => Around::Checked({
                            let met = vec![1; self.open.len()];
                            Box::new(Rest::new(self.open.clone(), met, self.max_depth))
                        }),
                        Syntax::Five => Around::Walked(Walk::new(0, self.open.len())),
                    });
                    return self.slice(at + 1);
                }
                None => break,
            };
            if boundary >= target {
                return self.slice(if boundary > target { best.unwrap_or(boundary) } else { boundary });
            }
            best = Some(boundary);
        }
        match best {
            Some(best) => self.slice(best),
            None if !end => Ok(self.before_record(data)),
            None => self.last(data),
        }
    }

    /// More is needed; white space and comments before a record do not belong to it, however long.
    fn before_record(&mut self, data: &[u8]) -> Boundary {
        match skip(data, 0, self.syntax) {
            Ok(at) if at > 0 && at < data.len() && !may_go_on(data, at) => {
                self.walk = Walk::new(0, 0);
                Boundary::Skip(at)
            }
            _ => Boundary::More,
        }
    }

    /// Ends the last slice of an input that ends here.
    fn last(&mut self, data: &[u8]) -> Result<Boundary, RecordError> {
        if self.layout.between() == Between::Nothing {
            return self.slice(data.len());
        }
        if skip(data, 0, self.syntax) == Ok(data.len()) {
            return Err(not_closed(data.len()));
        }
        // Without the comma after its last value, so that the decoder does not expect another one.
        let mut walk = Walk::new(0, 0);
        let mut comma = None;
        loop {
            match walk.next(data, Between::Commas, self.syntax) {
                Some(Found::Comma(at)) => comma = Some(at),
                Some(Found::Next(_)) => {}
                _ => break,
            }
        }
        let ends = |at: &usize| skip(data, at + 1, self.syntax) == Ok(data.len());
        // One that no value comes before is left for the decoder to refuse.
        match comma.filter(|at| skip(data, 0, self.syntax) != Ok(*at) && ends(at)) {
            Some(at) => {
                self.place = Place::Comma;
                self.slice(at)
            }
            None => self.slice(data.len()),
        }
    }

    /// Reads what follows the list or map of records.
    fn tail(&mut self, mut around: Around, data: &[u8], end: bool) -> Result<Boundary, RecordError> {
        let over = match &mut around {
            Around::Nothing => return self.behind(data, end),
            Around::Checked(rest) => {
                let mut at = 0;
                while at < data.len() && !rest.is_over() {
                    let seen = rest.take(at, data[at], &self.tokens).map_err(|error| error.fault(Fault::Lost))?;
                    if let Seen::Again { at, token, .. } = seen {
                        return Err(superseded(at, &self.tokens[token]).fault(Fault::Lost));
                    }
                    at += 1;
                }
                rest.is_over().then_some(at)
            }
            Around::Walked(walk) => loop {
                match walk.next(data, Between::Nothing, self.syntax) {
                    Some(Found::End(at)) if walk.depth == 0 => break Some(at),
                    Some(_) => {}
                    None if !end => {
                        // It goes on at the beginning of what follows.
                        let seen = std::mem::take(&mut walk.at);
                        self.place = Place::After(around);
                        return Ok(if seen == 0 { Boundary::More } else { Boundary::Skip(seen) });
                    }
                    None => break None,
                }
            },
        };
        match over {
            Some(at) => {
                self.place = Place::After(Around::Nothing);
                Ok(Boundary::Skip(at))
            }
            None if end => Err(unfinished(data.len())),
            None => {
                self.place = Place::After(around);
                Ok(Boundary::Skip(data.len()))
            }
        }
    }

    /// Reads what follows a document.
    fn behind(&mut self, data: &[u8], end: bool) -> Result<Boundary, RecordError> {
        let at = match skip(data, 0, self.syntax) {
            Ok(at) if !end && may_go_on(data, at) => return self.wait(),
            Ok(at) => at,
            Err(_) if !end => return self.wait(),
            Err(error) => return Err(error),
        };
        match data.get(at) {
            None if end => {
                self.place = Place::End;
                Ok(Boundary::Skip(data.len()))
            }
            // White space; a comment may go on.
            None => self.wait(),
            Some(byte) if self.open.is_empty() && *byte == self.layout.bracket() => {
                if at + 1 == data.len() {
                    return if end { Err(not_closed(at + 1)) } else { self.wait() };
                }
                self.place = Place::Records;
                Ok(Boundary::Skip(at + 1))
            }
            Some(_) => Err(RecordError::new(at, "text after the end of the document").fault(Fault::Lost)),
        }
    }

    fn wait(&mut self) -> Result<Boundary, RecordError> {
        self.place = Place::After(Around::Nothing);
        Ok(Boundary::More)
    }
}

/// Whether what is at `at`, near the end of the data, may be the beginning of a comment or of a white character.
fn may_go_on(data: &[u8], at: usize) -> bool {
    match data.get(at) {
        Some(b'/') => at + 1 == data.len(),
        Some(0x80..) => at + 3 > data.len(),
        _ => false,
    }
}

fn unfinished(at: usize) -> RecordError {
    RecordError::new(at, "the document ends before its lists and maps are closed")
}

fn not_closed(at: usize) -> RecordError {
    RecordError::new(at, "the array or map of records is not closed")
}

impl Cut for Cutter {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        match std::mem::replace(&mut self.place, Place::Records) {
            Place::Records => self.records(data, target.max(1), end),
            Place::After(around) => self.tail(around, data, end),
            Place::Unfinished => Err(unfinished(data.len())),
            place @ (Place::Comma | Place::End) => {
                self.place = place;
                Ok(Boundary::Skip(data.len()))
            }
        }
    }

    fn pass(&mut self, data: &[u8], end: bool) -> Result<Passed, RecordError> {
        self.walk = Walk::new(0, 0);
        // Only records are too large.
        if !matches!(self.place, Place::Records) {
            return Ok(Passed::Unknown);
        }
        let Passing { mut walk, white } = self.passing.take().unwrap_or_default();
        walk.at = 0;
        // White space after a record does not belong to it.
        let behind = |at: usize| match at - data[..at].trim_ascii_end().len() {
            all if all == at => white + all,
            own => own,
        };
        let between = self.layout.between();
        let found = loop {
            match walk.next(data, between, self.syntax) {
                Some(Found::Next(_)) if between == Between::Commas => {}
                found => break found,
            }
        };
        if (found.is_some() || end) && walk.hides_records(found, between) {
            return Ok(Passed::Unknown);
        }
        match found {
            Some(Found::Comma(at)) => Ok(Passed::End(at + 1, behind(at) + 1)),
            Some(Found::Close(at)) => Ok(Passed::End(at, behind(at))),
            Some(Found::Next(at)) => Ok(Passed::End(at, behind(at))),
            Some(Found::End(at)) => Ok(Passed::End(at, 0)),
            // It has no end, or ends with the input.
            None if end => Ok(Passed::End(data.len(), behind(data.len()))),
            None => {
                self.passing = Some(Passing { walk, white: behind(data.len()) });
                Ok(Passed::All)
            }
        }
    }
}

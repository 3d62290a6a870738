//! The array of records in a document that is available whole. If a key occurs twice, the last one counts.

use super::check::{Checker, Stop, skip_white};
use crate::error::RecordError;
use crate::scan::json::{Columns, Hit, Nesting, Seek};
use crate::scan::vector::Unit;

/// Finds the array of records, and checks everything around it. It is reused for the next document.
pub struct Finder {
    tokens: Vec<String>,
    checker: Checker,
    /// The array that counts so far.
    pub found: Option<Found>,
    /// The lists and maps around it, outermost first: true for a map.
    pub open: Vec<bool>,
    /// How many keys on the way to it had occurred before.
    pub doubled: u64,
}

/// An array.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// After its opening bracket.
    pub start: usize,
    /// After its closing bracket, if the text goes that far.
    pub end: Option<usize>,
}

impl Finder {
    /// For the array at a pointer with these tokens.
    pub fn new(tokens: Vec<String>, max_depth: usize) -> Finder {
        let checker = Checker::before_value(Vec::new(), max_depth);
        Finder { tokens, checker, found: None, open: Vec::new(), doubled: 0 }
    }

    /// Reads the document that begins at `from`; returns its end. After [`Stop::End`], what was found so far remains.
    pub fn find(&mut self, text: &[u8], from: usize) -> Result<usize, Stop> {
        (self.found, self.doubled) = (None, 0);
        self.checker.open.clear();
        self.value(text, from, 0)
    }

    /// Reads the value that the first `level` tokens lead to; returns its end.
    fn value(&mut self, text: &[u8], from: usize, level: usize) -> Result<usize, Stop> {
        let at = skip_white(text, from)?;
        match (text[at], level < self.tokens.len()) {
            (b'[', false) => {
                self.found = Some(Found { start: at + 1, end: None });
                self.open.clone_from(&self.checker.open);
                let end = array_end(text, at + 1)?;
                self.found = Some(Found { start: at + 1, end: Some(end) });
                Ok(end)
            }
            (b'{', true) => self.members(text, at + 1, level),
            (b'[', true) => self.items(text, at + 1, level),
            _ => self.checker.value_end(text, at),
        }
    }

    fn members(&mut self, text: &[u8], from: usize, level: usize) -> Result<usize, Stop> {
        let (before, mut met) = (self.doubled, 0);
        self.checker.open.push(true);
        let mut at = skip_white(text, from)?;
        while text[at] != b'}' {
            if text[at] != b'"' {
                return bad(at, "something else where a key was expected");
            }
            let end = self.checker.value_end(text, at)?;
            let is_it = is_key(&text[at..end], &self.tokens[level]);
            at = skip_white(text, end)?;
            if text[at] != b':' {
                return bad(at, "something else where a colon was expected");
            }
            at = if is_it {
                (self.found, self.doubled) = (None, before + met);
                met += 1;
                self.value(text, at + 1, level + 1)?
            } else {
                self.checker.value_end(text, skip_white(text, at + 1)?)?
            };
            at = self.behind(text, at, b'}')?;
        }
        self.checker.open.pop();
        Ok(at + 1)
    }

    fn items(&mut self, text: &[u8], from: usize, level: usize) -> Result<usize, Stop> {
        let token = &self.tokens[level];
        let canonical = token == "0" || !token.starts_with(['0', '+']);
        let mut left = token.parse::<u64>().ok().filter(|_| canonical);
        self.checker.open.push(false);
        let mut at = skip_white(text, from)?;
        while text[at] != b']' {
            at = match left {
                Some(0) => self.value(text, at, level + 1)?,
                _ => self.checker.value_end(text, at)?,
            };
            left = left.and_then(|left| left.checked_sub(1));
            at = self.behind(text, at, b']')?;
        }
        self.checker.open.pop();
        Ok(at + 1)
    }

    /// Goes to what follows a member or item: the next one, or the bracket.
    fn behind(&self, text: &[u8], from: usize, bracket: u8) -> Result<usize, Stop> {
        let at = skip_white(text, from)?;
        match text[at] {
            b',' => {
                let next = skip_white(text, at + 1)?;
                if text[next] == bracket { bad(next, "a comma before the closing bracket") } else { Ok(next) }
            }
            byte if byte == bracket => Ok(at),
            _ => bad(at, "something else where a comma or closing bracket was expected"),
        }
    }
}

fn bad<T>(at: usize, reason: &'static str) -> Result<T, Stop> {
    Err(Stop::Bad(RecordError::new(at, reason)))
}

/// Where the array ends whose items begin at `start`. Its content is not checked.
fn array_end(text: &[u8], start: usize) -> Result<usize, Stop> {
    let mut walk = Nesting::new(Unit::get(), Seek::Items, Columns::default(), start);
    loop {
        match walk.find(text, usize::MAX) {
            Some(Hit::End(at)) if text[at] == b']' => return Ok(at + 1),
            Some(Hit::End(at)) => return bad(at, "the array of records is not closed"),
            Some(_) => {}
            None => return Err(Stop::End),
        }
    }
}

/// Whether a key, given with its quotes, is this token.
fn is_key(key: &[u8], token: &str) -> bool {
    match key.contains(&b'\\') {
        true => serde_json::from_slice::<String>(key).is_ok_and(|key| key == *token),
        false => key[1..key.len() - 1] == *token.as_bytes(),
    }
}

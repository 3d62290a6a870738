//! The array of records in a document that is available whole. If a key occurs twice, the last one counts.

use super::check::{self, Checker, Located, Stop, skip_white};
use super::rest::again;
use super::resync::LOOK;
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
    /// How often the key of the pointer occurred in each of the lists and maps on the way.
    pub met: Vec<u64>,
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
        Finder { tokens, checker, found: None, open: Vec::new(), met: Vec::new() }
    }

    /// Reads the document that begins at `from`; returns its end. After [`Stop::End`], what was found so far remains.
    pub fn find(&mut self, text: &[u8], from: usize) -> Result<usize, Stop> {
        self.found = None;
        self.met.clear();
        self.checker.open.clear();
        self.value(text, from, 0)
    }

    /// How many keys on the way to it had occurred before.
    pub fn doubled(&self) -> u64 {
        again(&self.met) as u64
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
        self.met.push(0);
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
                self.found = None;
                self.met.truncate(level + 1);
                self.met[level] += 1;
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
        self.met.push(0);
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

/// The first array at the pointer in a document that begins at `from`. Where the key is there first with something else,
/// another one with an array may follow: it is looked for in the same amount of text, whatever is at hand.
pub fn first(text: &[u8], from: usize, tokens: &[String], max_depth: usize, end: bool) -> Result<Located, RecordError> {
    let located = check::locate(text, from, tokens, max_depth, end, b'[');
    let Err(error) = located else { return located };
    let most = error.offset + LOOK;
    let mut finder = Finder::new(tokens.to_vec(), max_depth);
    let looked = finder.find(&text[..text.len().min(most)], from);
    match (finder.found, looked) {
        (_, Err(Stop::End)) if text.len() < most && !end => Ok(Located::More),
        (Some(found), _) => Ok(Located::At(found.start, finder.open, finder.met)),
        (None, _) => Err(error),
    }
}

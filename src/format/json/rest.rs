//! What follows an inner array in its document: it is checked, and another array at the same pointer is found.

use std::sync::{Arc, Mutex, MutexGuard};

use super::check::{Checker, no_array};
use crate::error::{Fault, RecordError};

/// What is around the array of records in a document, and what is known of such arrays in the whole source.
#[derive(Clone, Default)]
pub struct Around {
    /// The lists and maps around it, outermost first: true for a map.
    pub open: Vec<bool>,
    /// The pointer to it.
    pub tokens: Vec<String>,
    /// How often the key of the pointer occurred in each of them.
    pub met: Vec<u64>,
    pub known: Arc<Known>,
}

impl Around {
    /// How many keys of the first document occurred before, and how many of all others.
    pub fn doubled(&self) -> u64 {
        (again(&self.met) + self.known.notes().doubled).max(0) as u64
    }
}

/// How many keys occurred again.
pub fn again(met: &[u64]) -> i64 {
    met.iter().map(|met| met.saturating_sub(1) as i64).sum()
}

/// A reader of what follows an inner array in its document. If a key on the way to the array occurs again, the array does
/// not count, and the one that does may be after that key.
pub struct Rest {
    checker: Checker,
    /// How many of the lists and maps around the array are still open, and those that the pointer led into again.
    level: usize,
    /// The next value is what the pointer leads to from there.
    leads: bool,
    /// How many items a list on the way has before the next one.
    items: Vec<u64>,
    /// The key being read, if it belongs to one of those maps; only as much of it as the comparison needs.
    key: Vec<u8>,
    /// How often the key of the pointer occurred in each of the lists and maps on the way.
    met: Vec<u64>,
    /// The array does not count, and no other one was found yet.
    lacks: bool,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    Nothing,
    /// A key on the way to the array, again.
    Again {
        /// Where it begins.
        at: usize,
        /// Which part of the pointer it is.
        token: usize,
        /// How many more keys are there twice now than before.
        more: i64,
    },
    /// The byte opens another array at the pointer.
    Array,
}

impl Rest {
    /// After the array inside `open`; the keys of the pointer occurred so often.
    pub fn new(open: Vec<bool>, met: Vec<u64>, max_depth: usize) -> Rest {
        let level = open.len();
        let checker = Checker::behind_value(open, max_depth);
        // An item that the pointer names occurs once, and was passed.
        Rest { checker, level, leads: false, items: vec![u64::MAX / 2; level], key: Vec::new(), met, lacks: false }
    }

    /// Whether the whole document has been read.
    pub fn is_over(&self) -> bool {
        self.checker.is_behind(0)
    }

    /// The lists and maps around the array that was found.
    pub fn open(&self) -> &[bool] {
        &self.checker.open
    }

    /// How often the keys of the pointer occurred.
    pub fn met(&self) -> &[u64] {
        &self.met
    }

    /// Refuses a document that is over and has no array that counts.
    pub fn check(&self, tokens: &[String]) -> Result<(), RecordError> {
        match self.lacks {
            true => Err(lacking(0, tokens)),
            false => Ok(()),
        }
    }

    /// Takes the byte at `at` in the slice; `tokens` are the pointer to the array.
    pub fn take(&mut self, at: usize, byte: u8, tokens: &[String]) -> Result<Seen, RecordError> {
        let white = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        if self.leads && self.checker.awaits_value() && !white {
            if self.level == tokens.len() && byte == b'[' {
                return Ok(Seen::Array);
            }
            self.leads = false;
            if self.level < tokens.len() && matches!(byte, b'{' | b'[') {
                self.go_into(byte == b'[', &tokens[self.level]);
            }
        }
        let before = self.checker.is_in_key();
        self.checker.take(byte).map_err(|refused| self.checker.error(at, refused))?;
        self.level = self.level.min(self.checker.depth());
        if byte == b',' && !before && self.checker.awaits_value() && self.checker.depth() == self.level {
            self.next_item(&tokens[self.level - 1]);
        }
        let now = self.checker.is_in_key();
        if !(before || now) || self.checker.depth() > self.level {
            return Ok(Seen::Nothing);
        }
        let Some(token) = self.level.checked_sub(1).and_then(|level| tokens.get(level)) else {
            return Ok(Seen::Nothing);
        };
        // Every character may be an escape of six bytes, plus two quotes.
        if self.key.len() < 6 * token.len() + 2 {
            self.key.push(byte);
        }
        if now {
            return Ok(Seen::Nothing);
        }
        let is_it = serde_json::from_slice::<String>(&self.key).is_ok_and(|key| key == *token);
        let start = (at + 1).saturating_sub(self.key.len());
        self.key.clear();
        if !is_it {
            return Ok(Seen::Nothing);
        }
        self.leads = true;
        let before = again(&self.met);
        self.met.truncate(self.level);
        self.met[self.level - 1] += 1;
        if self.met[self.level - 1] == 1 {
            return Ok(Seen::Nothing);
        }
        self.lacks = true;
        Ok(Seen::Again { at: start, token: self.level - 1, more: again(&self.met) - before })
    }

    /// The value that begins is on the way.
    fn go_into(&mut self, is_list: bool, token: &str) {
        self.items.truncate(self.level);
        self.items.push(0);
        self.met.truncate(self.level);
        self.met.push(0);
        self.level += 1;
        self.leads = is_list && token == "0";
    }

    /// Another item of the innermost list on the way begins.
    fn next_item(&mut self, token: &str) {
        let items = &mut self.items[self.level - 1];
        *items += 1;
        self.leads = token.parse() == Ok(*items) && !token.starts_with(['0', '+']);
    }
}

/// The error for a document whose last value at the pointer is no array.
#[cold]
pub fn lacking(at: usize, tokens: &[String]) -> RecordError {
    RecordError::new(at, no_array(tokens)).hint("A key on the way to it is there twice, and the last one counts.")
}

/// The error for a key that occurs again, where the records that do not count were read by then.
#[cold]
pub fn superseded(at: usize, token: &str) -> RecordError {
    RecordError::new(at, format!("the key `{token}` appears a second time"))
        .hint("The last one counts, but the records of the first one have been read already. Convert from a file into a file, which can begin anew, or take one of them away.")
        .fault(Fault::Superseded)
}

/// Which arrays of records don't count, in all documents of a source.
#[derive(Default)]
pub struct Known(Mutex<Notes>);

#[derive(Default)]
pub struct Notes {
    /// A pass only looks for such arrays: it goes on where one is found.
    pub noting: bool,
    /// There was such a pass.
    pub complete: bool,
    /// Their numbers, in their order.
    arrays: Vec<u64>,
    /// How many keys occur again, in all documents.
    pub doubled: i64,
}

/// How many arrays are noted at most: they take 256 KiB.
const MOST: usize = 32 << 10;

impl Known {
    pub fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Notes {
    /// Whether the records of an array don't count.
    pub fn has(&self, array: u64) -> bool {
        !self.noting && self.arrays.binary_search(&array).is_ok()
    }

    /// Notes that the records of this array, the last one so far, don't count. False: there are too many.
    pub fn add(&mut self, array: u64) -> bool {
        if self.arrays.last() != Some(&array) {
            self.arrays.push(array);
        }
        self.arrays.len() <= MOST
    }

    /// Begins a pass that only looks, or ends it.
    pub fn set(&mut self, noting: bool) {
        match noting {
            true => *self = Notes { noting, ..Notes::default() },
            false => (self.noting, self.complete) = (false, true),
        }
    }
}

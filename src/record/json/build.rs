//! What a walk over values builds from them, and errors on the way.

use std::cell::Cell;

use crate::error::RecordError;
use crate::record::Value;
use crate::scan::json::Guess;

/// An error on its way up: one word, so that the path without errors stays cheap. Its allocation is reused, as there
/// may be an error for every record.
pub(crate) struct Fault(Box<RecordError>);

thread_local! {
    /// The allocation for the next one.
    static ROOM: Cell<Option<Box<RecordError>>> = const { Cell::new(None) };
}

impl From<RecordError> for Fault {
    #[cold]
    #[inline(never)]
    fn from(error: RecordError) -> Fault {
        match ROOM.take() {
            Some(mut room) => {
                *room = error;
                Fault(room)
            }
            None => Fault(Box::new(error)),
        }
    }
}

impl Fault {
    /// Unwraps the error.
    #[cold]
    #[inline(never)]
    pub fn into_error(mut self) -> RecordError {
        let error = std::mem::replace(&mut *self.0, RecordError::new(0, ""));
        ROOM.set(Some(self.0));
        error
    }

    /// Allocates room for the first one, so that nothing is allocated later on.
    pub fn make_room() {
        ROOM.set(ROOM.take().or_else(|| Some(Box::new(RecordError::new(0, "")))));
    }
}

#[cold]
#[inline(never)]
pub(super) fn fault(offset: usize, reason: &'static str) -> Fault {
    RecordError::new(offset, reason).into()
}

/// What to build from the values that [`Reader::walk`] meets. `offset` is a value's place in the text.
pub(super) trait Build<'a> {
    /// Builds nothing: lists and maps are walked through, not returned as raw text.
    const SKIP: bool;
    /// Keys can be guessed.
    const GUESSES: bool = false;
    /// What the next key is likely to be.
    #[inline(always)]
    fn guess(&self) -> Option<&Guess> {
        None
    }
    /// The next key is the one guessed: called instead of [`key`](Self::key).
    #[inline(always)]
    fn guessed(&mut self, _key: &'a [u8]) {}
    /// What to guess next time in place of the last key.
    #[inline(always)]
    fn learn(&mut self, _guess: Guess) {}
    /// The key of the next value; `escaped`: it contains escapes.
    fn key(&mut self, key: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault>;
    /// The next value has no key: it is an item of a list.
    fn item(&mut self);
    /// A value that is not text, a list or a map.
    fn scalar(&mut self, value: Value<'a>, offset: usize) -> Result<(), Fault>;
    /// The content of a string.
    fn text(&mut self, text: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault>;
    /// Whether to take a list or map apart; then [`close`](Self::close) follows its last value. Otherwise
    /// [`raw`](Self::raw) gets its text.
    fn open(&mut self, is_map: bool, offset: usize) -> Result<bool, Fault>;
    /// The list or map opened last ends before `end`.
    fn close(&mut self, is_map: bool, end: usize);
    /// The text of a list or map.
    fn raw(&mut self, text: &'a [u8], offset: usize) -> Result<(), Fault>;
}

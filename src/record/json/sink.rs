//! Where JSON text goes.

use std::borrow::Cow;

use crate::error::Error;
use crate::record::LossyKind;
use crate::scan::json::{Compactor, escape_of, find_special};
use crate::scan::vector::Unit;

/// Why a value was not written to its end.
#[derive(Debug)]
pub enum Refusal {
    /// JSON can't hold it.
    Value(Cow<'static, str>),
    /// The run can't go on.
    Stop(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Stop(error)
    }
}

/// Where JSON text goes: an output buffer, or an adapter that changes the bytes, for a cell, say.
pub trait Sink {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// Counts something that JSON can't hold.
    fn lose(&mut self, kind: LossyKind);

    /// Appends text as a JSON string.
    fn text(&mut self, mut text: &[u8]) -> Result<(), Error> {
        let unit = Unit::get();
        self.put(b"\"")?;
        loop {
            let plain = find_special(unit, text);
            self.put(&text[..plain])?;
            let Some(special) = text.get(plain) else { break };
            let (escaped, len) = escape_of(*special);
            self.put(&escaped[..len])?;
            text = &text[plain + 1..];
        }
        self.put(b"\"")
    }

    /// Appends a key with what goes before and after it.
    fn key(&mut self, before: &'static [u8], key: &[u8], behind: &'static [u8]) -> Result<(), Error> {
        self.put(before)?;
        self.text(key)?;
        self.put(behind)
    }

    /// Appends a number.
    fn number(&mut self, text: &[u8]) -> Result<(), Error> {
        self.put(text)
    }

    /// Appends the JSON text of a value without its white space.
    fn compact(&mut self, mut raw: &[u8]) -> Result<(), Error> {
        let (unit, mut compactor, mut piece) = (Unit::get(), Compactor::new(), [0; 512]);
        while !raw.is_empty() {
            let (read, written) = compactor.copy(unit, raw, &mut piece);
            self.put(&piece[..written])?;
            raw = &raw[read..];
        }
        Ok(())
    }
}

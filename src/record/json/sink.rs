//! Where JSON text goes.

use std::borrow::Cow;

use crate::error::{Error, RecordError};
use crate::record::{Batch, LossyKind, Value};
use crate::scan::json::{Compactor, escape_of, find_special};
use crate::scan::vector::Unit;

/// Why a value was not written to its end.
#[derive(Debug)]
pub enum Refusal {
    /// JSON can't hold it.
    Value(Cow<'static, str>),
    /// It is a number that is NaN or infinite.
    NotFinite,
    /// The run can't go on.
    Stop(Error),
}

impl Refusal {
    /// The error for this record, if it is the record that is refused, and otherwise the one that ends the run.
    #[cold]
    pub fn of_record(self, batch: &Batch<'_>, index: usize) -> Result<RecordError, Error> {
        let offset = batch.span(index).start;
        match self {
            Refusal::Value(reason) => Ok(RecordError::new(offset, reason)),
            Refusal::Stop(error) => Err(error),
            Refusal::NotFinite => {
                let which = match not_finite(batch, index) {
                    Some(field) => format!("a number in the field `{field}`"),
                    None => "a number".to_owned(),
                };
                let error = RecordError::new(offset, format!("{which} is NaN or infinite, which JSON can't hold"));
                Ok(error.hint("⟨nonfinite null⟩ writes null, and ⟨nonfinite text⟩ its name; ⟨on_error skip⟩ leaves out such records."))
            }
        }
    }
}

/// The first field with a number that is not finite.
fn not_finite(batch: &Batch<'_>, index: usize) -> Option<String> {
    let is = |value: &Value<'_>| matches!(value, Value::Float(number) if !number.is_finite());
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    match batch.schema() {
        Some(schema) => {
            schema.names().zip(batch.columns(index)).find(|(_, value)| is(value)).map(|(name, _)| text(name))
        }
        None => {
            let mut fields = batch.tree(index).children();
            fields.find(|field| field.nodes().0.iter().any(is)).map(|field| text(field.key()))
        }
    }
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

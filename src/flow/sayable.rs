//! Refusing records that the encoding of the output can't hold.

use crate::error::{Cause, RecordError};
use crate::record::{Batch, Value};
use crate::source::Characters;

/// The encoding of the output, if it does not have every character.
pub(crate) struct Narrow {
    pub characters: Characters,
    /// Those of ASCII are among them.
    pub has_ascii: bool,
    /// Keys are written with every record.
    pub keys: bool,
}

impl Narrow {
    /// Refuses records with a character that the encoding does not have.
    pub fn refuse(&self, batch: &mut Batch<'_>) {
        if batch.lines().is_some_and(<[u8]>::is_ascii) && self.has_ascii {
            return;
        }
        for record in 0..batch.len() {
            if let Some(character) = self.missing(batch, record) {
                batch.reject_with(record, self.error(character, batch.span(record).start));
            }
        }
    }

    fn missing(&self, batch: &Batch<'_>, record: usize) -> Option<char> {
        match batch.schema() {
            Some(_) => batch.columns(record).iter().find_map(|value| self.in_value(value)),
            None => {
                let (values, keys) = batch.tree(record).nodes();
                let keys = keys.iter().filter(|_| self.keys);
                let keys = keys.filter_map(|key| self.in_text(key)).next();
                keys.or_else(|| values.iter().find_map(|value| self.in_value(value)))
            }
        }
    }

    fn in_value(&self, value: &Value<'_>) -> Option<char> {
        match value {
            Value::Text(text) | Value::Untyped(text) | Value::Raw(text) | Value::Bytes(text) => self.in_text(text),
            _ => None,
        }
    }

    fn in_text(&self, text: &[u8]) -> Option<char> {
        if text.is_ascii() && self.has_ascii {
            return None;
        }
        // Bytes that are no text are written as Base64.
        self.characters.first_missing(simdutf8::basic::from_utf8(text).ok()?)
    }

    #[cold]
    fn error(&self, character: char, offset: usize) -> RecordError {
        let (shown, name) = (character.escape_debug(), self.characters.encoding().name());
        let code = u32::from(character);
        let reason = format!("the character `{shown}` (U+{code:04X}) is not in {name}, the encoding of the output");
        RecordError::new(offset, reason).cause(Cause::Target).hint(
            "Give another ⟨out_encoding⟩, such as utf-8 or utf-16le, or leave out such records with ⟨on_error skip⟩.",
        )
    }
}

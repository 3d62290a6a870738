//! How null is written.

use super::dialect::Known;
use super::escapes::TSV_NULL;
use super::resolved::Resolved;
use crate::error::{Error, Result};

/// How null is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Null {
    /// What is written; empty: an empty field.
    pub text: Box<[u8]>,
    /// A value with this text has to be told apart from null. Escapes do that by themselves.
    pub guarded: bool,
    /// Another text that the reader would not take for what it is.
    also: &'static [u8],
}

impl Null {
    /// Null as a dialect has it, or as this text.
    pub fn new(dialect: &Resolved, known: Option<Known>, columns: usize, text: &str) -> Null {
        let (usual, also): (&[u8], &[u8]) = match known {
            _ if dialect.tsv_escapes => (TSV_NULL, b""),
            // Where fields may be in quotes, MySQL takes the word for null too.
            Some(Known::Mysql) => (TSV_NULL, b"NULL"),
            // On a line of its own this ends the data.
            Some(Known::Postgres) if columns == 1 => (b"", b"\\."),
            _ => (b"", b""),
        };
        let text = if text.is_empty() { usual } else { text.as_bytes() };
        let is_escape = dialect.tsv_escapes && text == TSV_NULL;
        Null { text: text.into(), guarded: !(is_escape || text.is_empty() && also.is_empty()), also }
    }

    /// Refuses a text that would not be read as one field.
    ///
    /// # Errors
    /// Usage: the text.
    pub fn check(&self, dialect: &Resolved) -> Result<()> {
        let is_odd = |byte: &&u8| dialect.is_special(**byte) && Some(**byte) != dialect.escape;
        let divided = dialect.divides(&self.text).then_some(&dialect.delimiter);
        match self.text.iter().find(is_odd).or(divided).filter(|_| self.guarded) {
            None => Ok(()),
            Some(byte) => Err(Error::usage(format!(
                "null can't be written as `{}`: `{}` in it has a meaning, and null is never in quotes\n  Give ⟨out_null⟩ another text.",
                String::from_utf8_lossy(&self.text).escape_debug(),
                byte.escape_ascii()
            ))),
        }
    }

    /// Whether a text would read back as null.
    #[inline]
    pub fn is(&self, text: &[u8]) -> bool {
        self.guarded && !text.is_empty() && (*self.text == *text || self.also == text)
    }
}

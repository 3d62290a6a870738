//! How null is written.

use super::escapes::TSV_NULL;
use super::resolved::Resolved;

/// How null is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Null {
    /// What is written; empty: an empty field.
    pub text: Box<[u8]>,
    /// A value with this text has to be told apart from null. Escapes do that by themselves.
    pub guarded: bool,
}

impl Null {
    /// Null as a dialect has it, or as this text.
    pub fn new(dialect: &Resolved, text: &str) -> Null {
        match text {
            "" if dialect.tsv_escapes => Null { text: TSV_NULL.into(), guarded: false },
            text => Null { text: text.as_bytes().into(), guarded: !text.is_empty() },
        }
    }

    /// Whether a text would read back as null.
    #[inline]
    pub fn is(&self, text: &[u8]) -> bool {
        self.guarded && *self.text == *text
    }
}

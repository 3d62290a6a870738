//! The message that records are.

use std::fmt;
use std::sync::Arc;

use super::table::{Message, Messages};

/// A kind of message, with all that may be inside it.
#[derive(Clone)]
pub struct Root {
    messages: Arc<Messages>,
    number: u32,
    /// What tells one schema from another.
    digest: u64,
}

impl Root {
    /// The message of a number.
    pub fn new(messages: Messages, number: u32, digest: u64) -> Root {
        Root { messages: Arc::new(messages), number, digest }
    }

    /// All messages of the schema.
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    /// The message.
    pub fn message(&self) -> &Message {
        self.messages.at(self.number)
    }

    /// Its number among all.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:016x})", self.message().name, self.digest)
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

//! Why a value can't be written.

use super::tree::Node;
use crate::error::{Cause, Error, RecordError};
use crate::record::Value;

/// Why a record is not written.
pub(super) enum Wrong {
    /// The run can't go on.
    Stop(Error),
    /// A value is not of its type.
    Value(Box<What>),
    /// The record, for a reason of its own.
    Record(Box<RecordError>),
}

/// A value that is not of its type.
pub(super) struct What {
    /// The names of the fields that lead to it, the last one first.
    path: Vec<String>,
    what: String,
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Wrong {
        Wrong::Stop(error)
    }
}

impl From<RecordError> for Wrong {
    fn from(error: RecordError) -> Wrong {
        Wrong::Record(Box::new(error))
    }
}

/// What a value is, in sentences.
fn word(value: Value<'_>) -> &'static str {
    match value {
        Value::Absent => "missing",
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Number(_) => "a number",
        Value::Text(_) | Value::Untyped(_) => "a text",
        Value::Bytes(_) => "bytes",
        Value::List(_) | Value::Raw([b'[', ..]) => "a list",
        Value::Map(_) | Value::Raw(_) => "a map",
    }
}

impl Wrong {
    #[cold]
    pub fn of(what: impl Into<String>) -> Wrong {
        Wrong::Value(Box::new(What { path: Vec::new(), what: what.into() }))
    }

    /// The value is of another kind.
    #[cold]
    pub fn kind(value: Value<'_>, node: &Node) -> Wrong {
        Wrong::of(format!("is {}, where the schema of the output has {}", word(value), node.title()))
    }

    /// It is a text that is none of this type.
    #[cold]
    pub fn no_value(value: Value<'_>, node: &Node) -> Wrong {
        Wrong::of(format!("is {} that is not a value of {}", word(value), node.title()))
    }

    /// It has more digits, or is larger, than the type.
    #[cold]
    pub fn beyond(value: Value<'_>, node: &Node) -> Wrong {
        Wrong::of(format!("is {} that does not fit into {}", word(value), node.title()))
    }

    /// It is in this field.
    #[cold]
    pub fn within(mut self, name: &[u8]) -> Wrong {
        if let Wrong::Value(what) = &mut self {
            what.path.push(String::from_utf8_lossy(name).into_owned());
        }
        self
    }

    /// The error of a record at `offset`.
    #[cold]
    pub fn of_record(self, offset: usize) -> Result<RecordError, Error> {
        let What { mut path, what } = match self {
            Wrong::Stop(error) => return Err(error),
            Wrong::Record(error) => return Ok(RecordError { offset, ..*error }),
            Wrong::Value(what) => *what,
        };
        path.reverse();
        let path = path.join(".").replace(".[]", "[]");
        let text = if path.is_empty() { format!("the record {what}") } else { format!("the field `{path}` {what}") };
        let error = RecordError::new(offset, text).cause(Cause::Value);
        Ok(error.hint("Give a ⟨schema⟩ that the values fit, or leave such records out: ⟨on_error skip⟩."))
    }
}

//! What is known about values before the run: types come from literals, operators and functions, never from data.

/// The type of a part of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A field: nothing is known.
    Any,
    /// Nothing but null.
    Null,
    Bool,
    Number,
    Text,
    Time,
}

impl Type {
    /// What is known about a value of one type or the other.
    pub fn or(self, other: Type) -> Type {
        match (self, other) {
            (a, b) if a == b => a,
            (Type::Null, other) | (other, Type::Null) => other,
            _ => Type::Any,
        }
    }

    /// A thing of this type, in a message.
    pub fn noun(self) -> &'static str {
        match self {
            Type::Any => "a value",
            Type::Null => "null",
            Type::Bool => "true or false",
            Type::Number => "a number",
            Type::Text => "a text",
            Type::Time => "a time",
        }
    }
}

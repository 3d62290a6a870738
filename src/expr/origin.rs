//! What messages call the parts of an expression.

/// A part of an expression that a message may name.
#[derive(Clone, Debug)]
pub struct Origin {
    /// As it is written; the path of a field.
    pub text: Box<str>,
    pub is_field: bool,
}

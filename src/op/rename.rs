//! A new name for a field.

/// A field that gets another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// Its name, or its path in nested records.
    pub old: String,
    /// Its new name.
    pub new: String,
}

impl Rename {
    /// A new name for a field.
    pub fn new(old: impl Into<String>, new: impl Into<String>) -> Rename {
        Rename { old: old.into(), new: new.into() }
    }
}

//! Results over all records.

pub(crate) mod keys;
pub(crate) mod words;

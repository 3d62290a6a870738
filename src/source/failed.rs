//! Reads that fail.

use super::Malformed;
use super::held_back::TooMuch;
use crate::error::{Error, Position, RecordError};

/// What to do where text is malformed in its encoding.
pub(crate) const OTHER_ENCODING: &str =
    "Give another ⟨encoding⟩, or ⟨invalid_utf8 replace⟩ to put U+FFFD in its place.";

/// A failed read of a source, in the record that starts at this place.
pub(crate) fn read_error(position: Position, error: std::io::Error) -> Error {
    if let Some(too_much) = error.get_ref().and_then(|inner| inner.downcast_ref::<TooMuch>()) {
        return Error::memory(too_much.to_string());
    }
    let Some(malformed) = error.get_ref().and_then(|inner| inner.downcast_ref::<Malformed>()) else {
        return Error::read(position.file, error);
    };
    let error = RecordError::new(0, malformed.to_string()).hint(OTHER_ENCODING);
    Error::data(position, error)
}

//! Why no further slice can be cut.

use crate::error::{Error, Position, RecordError, is_stop};
use crate::flow::place::Place;
use crate::source::read_error;

/// Why no further slice can be cut.
pub(crate) enum FeedError {
    /// The data is bad where the next slice would start, or further on.
    Cut(RecordError, Place),
    /// The stream can't be read.
    Read(std::io::Error),
}

impl From<RecordError> for FeedError {
    fn from(error: RecordError) -> FeedError {
        FeedError::Cut(error, Place::default())
    }
}

impl FeedError {
    /// Adds what is there, if that is not known yet.
    pub fn in_place(self, place: impl FnOnce() -> Place) -> FeedError {
        match self {
            FeedError::Cut(error, known) if known.is_nowhere() => FeedError::Cut(error, place()),
            other => other,
        }
    }

    /// The error of the run; `records` came before it, the slice would have started at `offset`, in this line.
    pub fn at(self, source: &std::path::Path, records: u64, offset: u64, line: u64) -> Error {
        match self {
            FeedError::Read(error) if is_stop(&error) => Error::stopped(Some(Position::new(source, records, offset))),
            FeedError::Read(error) => {
                read_error(Position { line, ..Position::new(source, records + 1, offset) }, error)
            }
            FeedError::Cut(error, place) => {
                place.tell(Error::data(Position::new(source, records + 1, offset + error.offset as u64), error))
            }
        }
    }
}

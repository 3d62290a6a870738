//! What fits the width of a field, and what does not.

use super::layout::{Field, Unit};
use crate::error::{Error, RecordError};
use crate::record::Output;

/// Why a field was not written.
pub(super) enum Bad {
    /// What is wrong with it, after its name.
    Misfit(String),
    Record(RecordError),
    Stop(Error),
}

impl std::convert::From<Error> for Bad {
    fn from(error: Error) -> Bad {
        Bad::Stop(error)
    }
}

/// A field has this many characters or bytes, more than there is room for.
#[cold]
pub(super) fn too_wide(field: &Field, len: usize) -> Bad {
    let unit = if field.unit == Unit::Bytes { "bytes" } else { "characters" };
    Bad::Misfit(format!("has {len} {unit}; the layout has room for {}", field.width))
}

/// Writes this many spaces.
pub(super) fn spaces(mut count: usize, output: &mut Output<'_>) -> Result<(), Error> {
    const SPACES: [u8; 64] = [b' '; 64];
    while count > 0 {
        let len = count.min(SPACES.len());
        output.put(&SPACES[..len])?;
        count -= len;
    }
    Ok(())
}

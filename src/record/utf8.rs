//! Text that must be valid UTF-8.

use super::{Batch, LossyKind};
use crate::error::{Cause, RecordError};

const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// The text if it is valid UTF-8; otherwise, with `replace`, a copy in the arena with U+FFFD in place of invalid bytes
/// (counted as lossy), or an error at the first bad byte. `offset` is the text's place in the slice.
#[inline]
pub fn checked<'a>(
    text: &'a [u8],
    replace: bool,
    offset: usize,
    batch: &mut Batch<'a>,
) -> Result<&'a [u8], RecordError> {
    if text.is_ascii() {
        return Ok(text);
    }
    match simdutf8::compat::from_utf8(text) {
        Ok(_) => Ok(text),
        Err(_) if replace => {
            batch.lose(LossyKind::InvalidUtf8Replaced, 1);
            replaced(text, offset, batch)
        }
        Err(error) => Err(invalid(offset + error.valid_up_to())),
    }
}

/// What to do about bytes that are not UTF-8. Most such files come from Windows in the West.
pub const NOT_UTF8: &str = "Name the encoding with ⟨encoding⟩ (often it is windows-1252), or replace what is invalid with ⟨invalid_utf8 replace⟩.";

/// The same for a format of bytes, which has no encoding.
pub fn without_encoding(mut error: RecordError) -> RecordError {
    error.hint = Some("Replace what is invalid with ⟨invalid_utf8 replace⟩.".into());
    error
}

/// The error for a text whose first bad byte is at `offset` in the slice.
pub fn invalid(offset: usize) -> RecordError {
    RecordError::new(offset, "the text is not valid UTF-8").cause(Cause::Text).hint(NOT_UTF8)
}

#[cold]
fn replaced<'a>(text: &[u8], offset: usize, batch: &Batch<'a>) -> Result<&'a [u8], RecordError> {
    let parts = || {
        text.utf8_chunks().flat_map(|chunk| {
            let bad = if chunk.invalid().is_empty() { &[][..] } else { REPLACEMENT };
            [chunk.valid().as_bytes(), bad]
        })
    };
    let place = batch.arena().bytes(parts().map(<[u8]>::len).sum(), offset)?;
    let mut at = 0;
    for part in parts() {
        place[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    Ok(place)
}

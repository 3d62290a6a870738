//! From records to frames.

use super::prefix::{LONGEST, Prefix};
use super::{FIELD, Payload};
use std::ops::Range;

use crate::error::{Error, RecordError};
use crate::format::Encode;
use crate::record::line_form::{
    LineForm, ScalarRoom, ScalarText, base64_len, is_base64, read_base64, write_from_base64,
};
use crate::record::{Batch, EncodeError, LossyKind, Mark, Output, Value};

#[derive(Clone, Copy)]
pub(super) struct Encoder {
    pub(super) prefix: Prefix,
    pub(super) payload: Payload,
    /// Text for a payload of bytes is Base64; else it is the bytes themselves.
    pub(super) base64_is_bytes: bool,
    /// Bytes for a payload of text become Base64; else they are the text themselves.
    pub(super) bytes_are_base64: bool,
    /// The name of a record's only field means nothing: it is a line of text.
    pub(super) nameless: bool,
}

/// Why a record was not written.
enum Fail {
    Record(RecordError),
    Stop(Error),
}

impl From<RecordError> for Fail {
    fn from(error: RecordError) -> Fail {
        Fail::Record(error)
    }
}

impl From<Error> for Fail {
    fn from(error: Error) -> Fail {
        Fail::Stop(error)
    }
}

/// The record that is being written.
#[derive(Clone, Copy)]
struct Begun {
    mark: Mark,
    offset: usize,
}

impl Encode for Encoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for index in records {
            let begun = Begun { mark: output.mark(), offset: batch.span(index).start };
            let written = match (self.payload, LineForm::of(batch, index)) {
                (Payload::Json, _) | (_, LineForm::Json) => self.json(batch, index, begun, output),
                (_, LineForm::Value { key, value }) => {
                    if !key.is_empty() && key != FIELD && !self.nameless {
                        output.lose(LossyKind::KeyDropped);
                    }
                    self.single(value, begun, output)
                }
            };
            match written {
                Ok(()) => {}
                Err(Fail::Stop(error)) => return Err(EncodeError::Stop(error)),
                Err(Fail::Record(error)) => {
                    let whole = output.rollback(begun.mark);
                    debug_assert!(whole, "a record was refused after a part of it was drained");
                    return Err(EncodeError::Record { index, error });
                }
            }
        }
        Ok(())
    }
}

impl Encoder {
    /// Writes the frame of one value.
    #[inline]
    fn single(&self, value: Value<'_>, begun: Begun, output: &mut Output<'_>) -> Result<(), Fail> {
        if self.payload == Payload::Bytes {
            match value {
                Value::Text(text) | Value::Untyped(text) if self.base64_is_bytes => {
                    return self.base64(text, begun, output);
                }
                Value::Bytes(bytes) => return self.plain(ScalarText::Plain(bytes), begun, output),
                _ => {}
            }
        }
        let mut room = ScalarRoom::new();
        let text = ScalarText::of(value, self.bytes_are_base64, &mut room, |kind| output.lose(kind));
        self.plain(text, begun, output)
    }

    #[inline]
    fn plain(&self, text: ScalarText<'_>, begun: Begun, output: &mut Output<'_>) -> Result<(), Fail> {
        let (place, head) = self.head(text.len(), begun.offset)?;
        // A lossy record may be refused, so that comes before the first byte.
        output.end_record(begun.mark, begun.offset)?;
        output.put(&place[..head])?;
        Ok(text.write(output)?)
    }

    fn base64(&self, text: &[u8], begun: Begun, output: &mut Output<'_>) -> Result<(), Fail> {
        let no_base64 = || no_base64(begun.offset);
        let len = base64_len(text).ok_or_else(no_base64)?;
        let (place, head) = self.head(len, begun.offset)?;
        if head + len <= output.capacity() {
            let room = &mut output.room(head + len)?[..head + len];
            room[..head].copy_from_slice(&place[..head]);
            if !read_base64(text, &mut room[head..]) {
                return Err(no_base64().into());
            }
            output.advance(head + len);
            return Ok(output.end_record(begun.mark, begun.offset)?);
        }
        // Too large to be taken back: everything that can be refused comes first.
        if !is_base64(text) {
            return Err(no_base64().into());
        }
        output.end_record(begun.mark, begun.offset)?;
        output.put(&place[..head])?;
        Ok(write_from_base64(text, output)?)
    }

    /// The prefix, or the refusal of a payload that is too long for it.
    #[inline]
    fn head(&self, len: usize, offset: usize) -> Result<([u8; LONGEST], usize), RecordError> {
        let mut place = [0; LONGEST];
        match self.prefix.write(len as u64, &mut place) {
            Some(head) => Ok((place, head)),
            None => Err(self.too_long(len, offset)),
        }
    }

    #[cold]
    fn too_long(&self, len: usize, offset: usize) -> RecordError {
        RecordError::new(offset, format!("a payload of {len} bytes is too long for a prefix {}", self.prefix))
            .hint("Use a wider prefix, for example --frame u32le or --frame varint.")
    }

    /// Writes the frame of a whole record as JSON.
    fn json(&self, batch: &Batch<'_>, index: usize, begun: Begun, output: &mut Output<'_>) -> Result<(), Fail> {
        let _ = (batch, index, output);
        Err(RecordError::new(begun.offset, "JSON payloads are not there yet").into())
    }
}

#[cold]
fn no_base64(offset: usize) -> RecordError {
    RecordError::new(offset, "the text for a payload of bytes is not Base64")
        .hint("Write text frames with --payload text, or take text as the bytes themselves with --bytes text.")
}

//! From records to frames.

use super::prefix::{LONGEST, Prefix};
use super::{FIELD, Payload};
use crate::error::RecordError;
use crate::format::Encode;
use crate::record::line_form::{LineForm, ScalarRoom, ScalarText, base64_len, write_from_base64};
use crate::record::{Batch, EncodeError, LossyKind, Output, Value};

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

impl Encode for Encoder {
    fn encode(&mut self, batch: &Batch<'_>, from: usize, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for index in from..batch.len() {
            let mark = output.mark();
            let offset = batch.span(index).start;
            let written = match (self.payload, LineForm::of(batch, index)) {
                (Payload::Json, _) | (_, LineForm::Json) => self.json(batch, index, output)?,
                (_, LineForm::Value { key, value }) => {
                    if !key.is_empty() && key != FIELD && !self.nameless {
                        output.lose(LossyKind::KeyDropped);
                    }
                    self.single(value, offset, output)?
                }
            };
            let written = written.and_then(|()| output.end_record(mark, offset));
            if let Err(error) = written {
                // Whatever can be refused is refused before it fills a buffer.
                let _ = output.rollback(mark);
                return Err(EncodeError::Record { index, error });
            }
        }
        Ok(())
    }
}

impl Encoder {
    /// Writes the frame of one value.
    #[inline]
    fn single(
        &self,
        value: Value<'_>,
        offset: usize,
        output: &mut Output<'_>,
    ) -> Result<Result<(), RecordError>, EncodeError> {
        if self.payload == Payload::Bytes {
            match value {
                Value::Text(text) | Value::Untyped(text) if self.base64_is_bytes => {
                    return self.from_base64(text, offset, output);
                }
                Value::Bytes(bytes) => return self.plain(ScalarText::Plain(bytes), offset, output),
                _ => {}
            }
        }
        let mut room = ScalarRoom::new();
        let text = ScalarText::of(value, self.bytes_are_base64, &mut room, |kind| output.lose(kind));
        self.plain(text, offset, output)
    }

    #[inline]
    fn plain(
        &self,
        text: ScalarText<'_>,
        offset: usize,
        output: &mut Output<'_>,
    ) -> Result<Result<(), RecordError>, EncodeError> {
        if let Err(error) = self.head(text.len(), offset, output)? {
            return Ok(Err(error));
        }
        text.write(output)?;
        Ok(Ok(()))
    }

    fn from_base64(
        &self,
        text: &[u8],
        offset: usize,
        output: &mut Output<'_>,
    ) -> Result<Result<(), RecordError>, EncodeError> {
        let Some(len) = base64_len(text) else { return Ok(Err(no_base64(offset))) };
        // The prefix stays in the buffer as long as the text may be refused.
        if len + LONGEST <= output.capacity() {
            output.room(len + LONGEST)?;
        }
        if let Err(error) = self.head(len, offset, output)? {
            return Ok(Err(error));
        }
        Ok(if write_from_base64(text, output)? { Ok(()) } else { Err(no_base64(offset)) })
    }

    /// Writes the prefix, or refuses a payload that is too long for it.
    #[inline]
    fn head(&self, len: usize, offset: usize, output: &mut Output<'_>) -> Result<Result<(), RecordError>, EncodeError> {
        let mut place = [0; LONGEST];
        match self.prefix.write(len as u64, &mut place) {
            Some(head) => {
                output.put(&place[..head])?;
                Ok(Ok(()))
            }
            None => Ok(Err(self.too_long(len, offset))),
        }
    }

    #[cold]
    fn too_long(&self, len: usize, offset: usize) -> RecordError {
        RecordError::new(offset, format!("a payload of {len} bytes is too long for a prefix {}", self.prefix))
            .hint("Use a wider prefix, for example --frame u32le or --frame varint.")
    }

    /// Writes the frame of a whole record as JSON.
    fn json(
        &self,
        batch: &Batch<'_>,
        index: usize,
        _output: &mut Output<'_>,
    ) -> Result<Result<(), RecordError>, EncodeError> {
        Ok(Err(RecordError::new(batch.span(index).start, "JSON payloads are not there yet")))
    }
}

#[cold]
fn no_base64(offset: usize) -> RecordError {
    RecordError::new(offset, "the text for a payload of bytes is not Base64")
        .hint("Write text frames with --payload text, or take text as the bytes themselves with --bytes text.")
}

//! From records to frames.

use super::prefix::{FIELD, Payload};
use super::prefix::{LONGEST, Prefix};
use std::ops::Range;

use crate::error::{Error, RecordError};
use crate::format::Encode;
use crate::record::json::{Fast, Grouped, Refusal, Sink, Step, Writer};
use crate::record::line_form::{
    LineForm, ScalarRoom, ScalarText, base64_len, is_base64, longest_json, read_base64, write_from_base64, write_json,
};
use crate::record::{Batch, BytesAs, EncodeError, LossyKind, Mark, Output, Value};
use crate::scan::vector::{Unit, Vector, Work};

/// How the frames of a target are written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) prefix: Prefix,
    pub(super) payload: Payload,
    /// Text for a payload of bytes is Base64; otherwise it is the bytes themselves.
    pub(super) base64_is_bytes: bool,
    /// Bytes for a payload of text become Base64; otherwise they are the text themselves.
    pub(super) bytes_are_base64: bool,
    /// The name of a record's only field means nothing: it is a line of text.
    pub(super) nameless: bool,
}

pub(super) struct Encoder {
    style: Style,
    json: Json,
    unit: Unit,
    /// The length of the last prefix before JSON.
    guess: usize,
}

impl Encoder {
    /// With `groups`, records in columns become nested maps, and JSON text in them is parsed.
    pub(super) fn new(style: Style, groups: Option<Vec<Step>>, max_depth: usize) -> Encoder {
        let bytes_as = if style.bytes_are_base64 { BytesAs::Base64 } else { BytesAs::Text };
        let grouped = groups.map(|steps| Grouped::new(Writer::new(bytes_as), steps, Some(max_depth)));
        let json = Json { writer: Writer::new(bytes_as), grouped };
        Encoder { style, json, unit: Unit::get(), guess: style.prefix.width_of(200) }
    }
}

/// Writes whole records as JSON.
struct Json {
    writer: Writer,
    grouped: Option<Grouped>,
}

impl Json {
    #[inline(always)]
    fn write<S: Sink>(&mut self, batch: &Batch<'_>, index: usize, sink: &mut S) -> Result<(), Refusal> {
        match &mut self.grouped {
            None => write_json(batch, index, &mut self.writer, sink),
            Some(grouped) => grouped.record(batch.columns(index), sink),
        }
    }
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

/// The record being written.
#[derive(Clone, Copy)]
struct Begun {
    mark: Mark,
    offset: usize,
}

impl Encode for Encoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for index in records {
            let begun = Begun { mark: output.mark(), offset: batch.span(index).start };
            let form = match self.style.payload {
                Payload::Bytes | Payload::Text => LineForm::of(batch, index),
                _ => LineForm::Json,
            };
            let written = match form {
                LineForm::Json => self.json(batch, index, begun, output),
                LineForm::Value { key, value } => {
                    if !key.is_empty() && key != FIELD && !self.style.nameless {
                        output.lose(LossyKind::KeyDropped);
                    }
                    self.style.single(value, begun, output)
                }
            };
            match written {
                Ok(()) => {}
                Err(Fail::Stop(error)) => return Err(EncodeError::Stop(error)),
                Err(Fail::Record(error)) => return Err(output.refuse(begun.mark, index, error)),
            }
        }
        Ok(())
    }
}

impl Style {
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
        let mut room = ScalarRoom::default();
        let text = ScalarText::of(value, self.bytes_are_base64, &mut room, |kind| output.lose(kind));
        self.plain(text, begun, output)
    }

    #[inline]
    fn plain(&self, text: ScalarText<'_>, begun: Begun, output: &mut Output<'_>) -> Result<(), Fail> {
        let (place, head) = self.head(text.len(), begun.offset)?;
        // A lossy record may be refused: that has to happen before its first byte.
        output.end_record(begun.offset)?;
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
            return Ok(output.end_record(begun.offset)?);
        }
        // Too large to be taken back: whatever can be refused has to be refused first.
        if !is_base64(text) {
            return Err(no_base64().into());
        }
        output.end_record(begun.offset)?;
        output.put(&place[..head])?;
        Ok(write_from_base64(text, output)?)
    }

    /// The prefix, or the error for a payload that is too long for it.
    #[inline]
    fn head(&self, len: usize, offset: usize) -> Result<([u8; LONGEST], usize), RecordError> {
        self.prefix.head(len, offset)
    }
}

impl Encoder {
    /// Writes the frame of a whole record as JSON.
    fn json(&mut self, batch: &Batch<'_>, index: usize, begun: Begun, output: &mut Output<'_>) -> Result<(), Fail> {
        let longest = longest_json(batch, index).saturating_add(2 * LONGEST);
        if longest > output.capacity() {
            return self.long_json(batch, index, begun, output);
        }
        // The whole record stays in the buffer: its prefix is inserted once the length is known.
        output.room(longest)?;
        output.advance(self.guess);
        let work = Compact { json: &mut self.json, batch, index, output };
        self.unit.run(work).map_err(|refusal| refused(refusal, batch, index))?;
        let len = output.since(begun.mark) - self.guess;
        let (prefix, head) = self.style.head(len, begun.offset)?;
        output.put_start(begun.mark, self.guess, &prefix[..head]);
        self.guess = head;
        Ok(output.end_record(begun.offset)?)
    }

    /// Writes a record that may be larger than the buffer: it is measured first, and written after its prefix.
    #[cold]
    fn long_json(
        &mut self,
        batch: &Batch<'_>,
        index: usize,
        begun: Begun,
        output: &mut Output<'_>,
    ) -> Result<(), Fail> {
        let mut measure = Measure { len: 0, output };
        self.json.write(batch, index, &mut measure).map_err(|refusal| refused(refusal, batch, index))?;
        let len = measure.len;
        let (prefix, head) = self.style.head(len, begun.offset)?;
        output.end_record(begun.offset)?;
        output.put(&prefix[..head])?;
        self.json.write(batch, index, &mut Again(output)).map_err(|refusal| refused(refusal, batch, index))
    }
}

fn refused(refusal: Refusal, batch: &Batch<'_>, index: usize) -> Fail {
    refusal.of_record(batch, index).map_or_else(Fail::Stop, Fail::Record)
}

/// Writes one record as JSON with the processor's vector instructions.
struct Compact<'e, 'b, 'a, 'o, 'w> {
    json: &'e mut Json,
    batch: &'b Batch<'a>,
    index: usize,
    output: &'o mut Output<'w>,
}

impl Work for Compact<'_, '_, '_, '_, '_> {
    type Out = Result<(), Refusal>;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> Result<(), Refusal> {
        self.json.write(self.batch, self.index, &mut Fast { vector, output: self.output })
    }
}

/// Counts bytes, and what is lossy.
pub(super) struct Measure<'o, 'w> {
    pub len: usize,
    pub output: &'o mut Output<'w>,
}

impl Sink for Measure<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.len += bytes.len();
        Ok(())
    }
    fn lose(&mut self, kind: LossyKind) {
        self.output.lose(kind);
    }
}

/// Writes what was measured, without counting lossy values again.
pub(super) struct Again<'o, 'w>(pub &'o mut Output<'w>);

impl Sink for Again<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.put(bytes)
    }
    fn lose(&mut self, _: LossyKind) {}
}

#[cold]
fn no_base64(offset: usize) -> RecordError {
    RecordError::new(offset, "the text for a payload of bytes is not base64")
        .hint("Write text frames with ⟨payload text⟩, or take text as the bytes themselves with ⟨bytes_as text⟩")
}

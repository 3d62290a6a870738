//! Pass-through: where nothing changes a record, its bytes go from the source to the target.
//!
//! What stands around the records is the target's own. A record whose bytes are not good for the target, or would be
//! read there as something else, is encoded like any other.

use std::ops::Range;

use crate::format::{Copies, Encode, Frame, WriteFormat};
use crate::record::{Batch, EncodeError, Output, Span};
use crate::scan::bytes::may_be_mark;

/// A target that takes records as the source has them.
pub(crate) struct PassThrough {
    /// The target for what is not copied.
    pub writing: Box<dyn WriteFormat>,
    pub copies: Copies,
}

impl WriteFormat for PassThrough {
    fn frame(&self) -> Frame {
        self.writing.frame()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        let encoder = match self.copies {
            Copies::Values => Box::new(Lines),
            Copies::All | Copies::Fields { .. } => self.writing.encoder(),
        };
        Box::new(Copy { copies: self.copies, encoder })
    }
}

struct Copy {
    copies: Copies,
    encoder: Box<dyn Encode>,
}

impl Encode for Copy {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let source = |span: &Span| batch.bytes(span.start..span.end);
        match self.copies {
            Copies::All => self.copy(batch, records, output, |_| true),
            Copies::Values => self.copy(batch, records, output, |span| ends_with_value(source(span))),
            Copies::Fields { crlf, header: true } => {
                self.copy(batch, records, output, |span| span.is_regular() && ends_with(batch.bytes(..span.end), crlf))
            }
            Copies::Fields { crlf, header: false } => self.copy(batch, records, output, |span| {
                span.is_regular() && ends_with(batch.bytes(..span.end), crlf) && !may_be_mark(source(span))
            }),
        }
    }
}

impl Copy {
    /// Copies those records that may be copied, and encodes the others.
    #[inline(always)]
    fn copy(
        &mut self,
        batch: &Batch<'_>,
        records: Range<usize>,
        output: &mut Output<'_>,
        may: impl Fn(&Span) -> bool,
    ) -> Result<(), EncodeError> {
        let (mut next, mut rest) = (records.start, batch.spans(records));
        while let Some(first) = rest.first() {
            // Records that touch each other go in one piece; blank lines between others are left out.
            let mut end = first.start;
            let stop = rest.iter().position(|span| {
                let stops = span.start != end || !may(span);
                end = if stops { end } else { span.end };
                stops
            });
            let mut count = stop.unwrap_or(rest.len());
            if count > 0 {
                output.records += count as u64;
                output.put(batch.bytes(first.start..end))?;
            } else {
                count = rest.iter().position(&may).unwrap_or(rest.len());
                self.encoder.encode(batch, next..next + count, output)?;
            }
            (next, rest) = (next + count, &rest[count..]);
        }
        Ok(())
    }
}

/// Whether the record of fields at the end of a text ends with LF alone, or with CRLF.
#[inline(always)]
fn ends_with(text: &[u8], crlf: bool) -> bool {
    match text {
        [.., b'\r', b'\n'] => crlf,
        [.., b'\n'] => !crlf,
        _ => false,
    }
}

/// Whether a line feed follows the value, and no white space is between.
#[inline(always)]
fn ends_with_value(line: &[u8]) -> bool {
    matches!(line, [.., last, b'\n'] if !last.is_ascii_whitespace())
}

/// Writes JSON values as lines.
struct Lines;

impl Encode for Lines {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for index in records {
            output.records += 1;
            output.put(batch.source(index).trim_ascii_end())?;
            output.put(b"\n")?;
        }
        Ok(())
    }
}

/// Writes nothing.
#[derive(Clone, Copy)]
pub(crate) struct Discard;

impl WriteFormat for Discard {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(*self)
    }
}

impl Encode for Discard {
    fn encode(&mut self, _: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        output.records += records.len() as u64;
        Ok(())
    }
}

//! Pass-through: where nothing changes a record, its bytes go from the source to the target.
//!
//! What is written around the records is the target's own. A record whose bytes the target can't take as they are, or
//! would read as something else, is encoded like any other.

use std::ops::Range;

use crate::format::{Copies, Encode, Frame, WriteFormat};
use crate::record::{Batch, EncodeError, Output, Span};
use crate::scan::bytes::may_be_mark;

/// A target that takes records as the source has them.
pub(crate) struct PassThrough {
    /// The target for what is not copied.
    pub writing: Box<dyn WriteFormat>,
    pub copies: Copies,
    /// Writes the fields that are made, after the records that are copied.
    pub appended: Option<Box<dyn WriteFormat>>,
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
        match self.appended.as_ref().and_then(|appended| appended.appender()) {
            Some(appender) => Box::new(CopyAndAppend { copies: self.copies, encoder, appender }),
            None => Box::new(Copy { copies: self.copies, encoder }),
        }
    }

    fn may_refuse(&self) -> bool {
        match self.copies {
            Copies::Values => false,
            Copies::All | Copies::Fields { .. } => self.writing.may_refuse(),
        }
    }
}

/// Copies records and writes fields after them; those that can't be copied are encoded whole.
struct CopyAndAppend {
    copies: Copies,
    encoder: Box<dyn Encode>,
    appender: Box<dyn Encode>,
}

impl Encode for CopyAndAppend {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        if batch.is_tested() {
            return self.appender.encode(batch, records, output);
        }
        let may = |record: &usize| may_copy(self.copies, batch, &batch.span(*record));
        let mut next = records.start;
        while next < records.end {
            let copied = may(&next);
            let end = (next..records.end).find(|record| may(record) != copied).unwrap_or(records.end);
            let encoder = if copied { &mut self.appender } else { &mut self.encoder };
            encoder.encode(batch, next..end, output)?;
            next = end;
        }
        Ok(())
    }
}

struct Copy {
    copies: Copies,
    encoder: Box<dyn Encode>,
}

impl Encode for Copy {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        // A loop for each, in which the others are not asked for.
        match self.copies {
            copies @ Copies::All => self.copy(batch, records, output, |span| may_copy(copies, batch, span)),
            copies @ Copies::Values => self.copy(batch, records, output, |span| may_copy(copies, batch, span)),
            Copies::Fields { crlf, header: true } => {
                let copies = Copies::Fields { crlf, header: true };
                self.copy(batch, records, output, |span| may_copy(copies, batch, span))
            }
            Copies::Fields { crlf, header: false } => {
                let copies = Copies::Fields { crlf, header: false };
                self.copy(batch, records, output, |span| may_copy(copies, batch, span))
            }
        }
    }
}

/// Whether a record can be copied as it is.
#[inline(always)]
fn may_copy(copies: Copies, batch: &Batch<'_>, span: &Span) -> bool {
    match copies {
        Copies::All => true,
        Copies::Values => ends_with_value(batch.bytes(span.start..span.end)),
        Copies::Fields { crlf, header } => {
            let source = batch.bytes(span.start..span.end);
            span.is_regular() && ends_with(source, crlf) && (header || !may_be_mark(source))
        }
    }
}

/// Whether all records of a batch can be copied as they are.
pub(crate) fn may_copy_all(copies: Copies, batch: &Batch<'_>) -> bool {
    batch.spans(0..batch.len()).iter().all(|span| may_copy(copies, batch, span))
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
            // Adjacent records are copied in one piece; blank lines between records are left out.
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

/// Whether the record at the end of a text ends with LF alone, or with CRLF.
#[inline(always)]
fn ends_with(text: &[u8], crlf: bool) -> bool {
    match text {
        [.., b'\r', b'\n'] => crlf,
        [.., b'\n'] => !crlf,
        _ => false,
    }
}

/// Whether a line feed follows the value directly, without white space.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::format::{Format, Given, Gives, Options, Shape, create};
    use crate::memory::Arena;
    use crate::record::{Drain, Schema};

    struct NoDrain;

    impl Drain for NoDrain {
        fn drain(&mut self, _: &[u8]) -> Result<(), Error> {
            Err(Error::usage("the buffer is large enough"))
        }
    }

    #[test]
    fn dropped_records_are_not_copied() {
        let (arena, schema) = (Arena::new(1 << 12, 1 << 16), Schema::new(Vec::<&str>::new()));
        let slice = b"a\nb\n\nc\nd\ne\n";
        let mut batch = Batch::new(&arena, slice, Some(&schema), 100);
        for start in [0, 2, 5, 7, 9] {
            batch.end_record(start, start + 2).unwrap();
        }
        batch.retain(|record| !matches!(record.source(), b"b\n" | b"e\n"));
        let (mut buffer, mut drain) = ([0; 64], NoDrain);
        let mut output = Output::new(&mut buffer, &mut drain, false);
        let shape = Shape::Columns(schema.clone());
        let given = Given::new(&shape, Gives::default());
        let writing = create(Format::PLAIN, &Options::default(), given).unwrap();
        let passing = PassThrough { writing, copies: Copies::All, appended: None };
        passing.encoder().encode(&batch, 0..batch.len(), &mut output).unwrap();
        let (len, records) = (output.len(), output.records);
        assert_eq!((&buffer[..len], records), (&b"a\nc\nd\n"[..], 3));
    }
}

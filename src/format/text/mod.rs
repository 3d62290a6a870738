//! Lines of text. Bytes are kept exactly; a record is a line, and its only field is called `line`.
//!
//! A line ends with LF, CRLF, or the end of the input. From text to text every line keeps its own ending, unless all
//! are to end with CRLF; other formats get lines without it.

use std::ops::Range;

use super::entry::{self, Ends, Entry, Given, Gives, JsonText, Straight, Takes};
use super::line_cut::LineCut;
use super::{BytesAs, Copies, Cut, Decode, Detail, Encode, Frame, Opening, Options, ReadFormat, Tallied};
use super::{Tally, Want, WriteFormat};
use crate::error::RecordError;
use crate::record::json::{Plain, Writer};
use crate::record::line_form::{LineForm, ScalarRoom, ScalarText};
use crate::record::{Batch, EncodeError, Kind, LossyKind, Output, Schema, Value, utf8};
use crate::scan::lines::{Lines as LineEnds, terminator};
use crate::scan::vector::{Unit, Vector, Work};

/// The name of the only field.
pub const FIELD: &str = "line";

/// Text.
pub(super) static TEXT: Entry = Entry {
    name: "text",
    title: "text",
    aliases: &[],
    extensions: &["txt", "text", "log", "md"],
    text: true,
    any_bytes: true,
    needs_utf8: false,
    lines: Some(LineEnds::Feeds),
    ends: Ends::Break,
    tabular: false,
    table: false,
    nested: false,
    payload: false,
    // A mark that is written is not there twice.
    open: |options, head, end| Ok(open(options.utf8 || options.out_dialect.bom, head, end)),
    create: |options, given| Ok(create(options, &given)),
    gives: |_| Gives { lines: true, ..Gives::default() },
    takes: |_| Takes {
        detail: Detail::Fields,
        untyped: false,
        typed: false,
        types: false,
        lone: true,
        json: JsonText::Others,
        straight: Straight::Lone,
        whole_record: 0,
    },
    // Lines may end in different ways.
    copies: |options| (!options.out_dialect.crlf).then_some(Copies::All),
    header: entry::header_before,
    reopen: |options, header| Ok(open(options.utf8, header, true)),
    blocks: None,
    unroll: None,
    begin_record: entry::nothing_before,
};

/// Opens text. All its bytes are kept, except a byte order mark if it `is_utf8`.
fn open(is_utf8: bool, head: &[u8], end: bool) -> Opening {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if is_utf8 && !end && head.len() < MARK.len() && MARK.starts_with(head) {
        return Opening::More;
    }
    let start = if is_utf8 && head.starts_with(MARK) { MARK.len() } else { 0 };
    Opening::Ready(Box::new(Reading { schema: Schema::typed([(FIELD, Kind::Text.into())]), start }))
}

struct Reading {
    schema: Schema,
    start: usize,
}

impl ReadFormat for Reading {
    fn start(&self) -> usize {
        self.start
    }

    fn schema(&self) -> Option<&Schema> {
        Some(&self.schema)
    }

    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(LineCut)
    }

    fn tally(&self) -> Option<Box<dyn Tally>> {
        Some(Box::new(TextTally))
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        let is_line = |name: &[u8]| *name == *FIELD.as_bytes();
        let columns = want.select.as_ref().filter(|names| !(names.len() == 1 && is_line(&names[0])));
        let columns = columns.map(|names| names.iter().map(|name| is_line(name)).collect());
        Box::new(TextDecode { columns, utf8: want.utf8, replace: want.replace_invalid_utf8, valid: true, at: 0 })
    }
}

/// Counts lines.
struct TextTally;

impl Tally for TextTally {
    fn records(&mut self, slice: &[u8]) -> Tallied {
        let open = slice.last().is_some_and(|last| *last != b'\n');
        Tallied::good(memchr::memchr_iter(b'\n', slice).count() as u64 + u64::from(open))
    }
}

/// How much of a slice goes into a batch at most, give or take a line: together with what ops make of it, it stays in
/// the nearest caches.
const STRETCH: usize = 32 << 10;

struct TextDecode {
    /// For each column, whether it is the line (any other name reads as absent); `None`: the line is the only one.
    columns: Option<Box<[bool]>>,
    utf8: bool,
    replace: bool,
    /// The whole slice is UTF-8, or it does not matter.
    valid: bool,
    at: usize,
}

impl Decode for TextDecode {
    fn begin(&mut self, slice: &[u8]) {
        self.at = 0;
        self.valid = !self.utf8 || simdutf8::basic::from_utf8(slice).is_ok();
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if self.at >= slice.len() {
            return Ok(false);
        }
        if self.valid && self.columns.is_none() {
            batch.begin_lines();
        }
        Unit::get().run(Fill { decoder: self, slice, batch })
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.at;
        self.at += memchr::memchr(b'\n', &slice[self.at..]).map_or(slice.len() - self.at, |found| found + 1);
        start..self.at
    }
}

/// Adds lines until the batch is full.
///
/// Half of its time is waiting for the source to reach the cache. Prefetching 2 KiB ahead saved 5 % of `upper`, not
/// worth an unsafe block.
struct Fill<'d, 'b, 'a> {
    decoder: &'d mut TextDecode,
    slice: &'a [u8],
    batch: &'b mut Batch<'a>,
}

impl Work for Fill<'_, '_, '_> {
    type Out = Result<bool, RecordError>;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> Result<bool, RecordError> {
        let Fill { decoder, slice, batch } = self;
        let start = decoder.at;
        let (blocks, tail) = slice[start..].as_chunks::<64>();
        let mut at = start;
        for block in blocks {
            if decoder.lines(slice, vector.equal(vector.load(block), b'\n'), at, start, batch)? {
                return Ok(true);
            }
            at += 64;
        }
        if decoder.lines(slice, vector.equal(vector.load_part(tail), b'\n'), at, start, batch)? {
            return Ok(true);
        }
        if decoder.at < slice.len() {
            decoder.line(slice, slice.len(), batch)?;
        }
        Ok(true)
    }
}

impl TextDecode {
    /// Adds the lines that end at the positions in `found`, counted from `at`; true if the batch begun at `start` is
    /// full.
    #[inline(always)]
    fn lines<'a>(
        &mut self,
        slice: &'a [u8],
        mut found: u64,
        at: usize,
        start: usize,
        batch: &mut Batch<'a>,
    ) -> Result<bool, RecordError> {
        while found != 0 {
            self.line(slice, at + found.trailing_zeros() as usize + 1, batch)?;
            if self.at - start >= STRETCH || batch.has_many() || (!self.valid && batch.is_full()) {
                return Ok(true);
            }
            found &= found - 1;
        }
        Ok(false)
    }

    /// Adds the line from `self.at` to `end`, line ending included.
    #[inline(always)]
    fn line<'a>(&mut self, slice: &'a [u8], end: usize, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let source = &slice[self.at..end];
        let mut text = &source[..source.len() - terminator(source).len()];
        if !self.valid {
            text = utf8::checked(text, self.replace, self.at, batch)?;
        }
        match &self.columns {
            None => {
                batch.reserve(1, self.at)?;
                batch.push(Value::Text(text));
            }
            Some(columns) => {
                let row = batch.push_row(columns.len(), self.at)?;
                row.iter_mut()
                    .zip(columns)
                    .filter(|(_, line)| **line)
                    .for_each(|(value, _)| *value = Value::Text(text));
            }
        }
        batch.end_record(self.at, end)?;
        self.at = end;
        Ok(())
    }
}

/// Prepares text.
fn create(options: &Options, given: &Given<'_>) -> Box<dyn WriteFormat> {
    let crlf = options.out_dialect.crlf;
    match given.gives.lines {
        true if crlf => Box::new(EndWithCrlf),
        true => Box::new(KeepTerminators),
        false => Box::new(Lines { bytes_as: options.bytes_as, terminator: if crlf { b"\r\n" } else { b"\n" } }),
    }
}

/// From text: every line keeps its ending.
#[derive(Clone, Copy)]
struct KeepTerminators;

impl WriteFormat for KeepTerminators {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(*self)
    }

    fn may_refuse(&self) -> bool {
        false
    }
}

impl Encode for KeepTerminators {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let Some(lines) = batch.lines_but_odd() else { return one_by_one(batch, records, output) };
        let odd = batch.odd_lines();
        let odd = &odd[odd.partition_point(|odd| (*odd as usize) < records.start)..];
        let mut start = records.start;
        for odd in odd.iter().map(|odd| *odd as usize).take_while(|odd| *odd < records.end) {
            together(lines, batch, start..odd, output)?;
            one_by_one(batch, odd..odd + 1, output)?;
            start = odd + 1;
        }
        together(lines, batch, start..records.end, output)
    }
}

/// From text: every line ends with CRLF, including the last one.
#[derive(Clone, Copy)]
struct EndWithCrlf;

impl WriteFormat for EndWithCrlf {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(*self)
    }

    fn may_refuse(&self) -> bool {
        false
    }
}

impl Encode for EndWithCrlf {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for index in records {
            if let [Value::Text(text)] = batch.columns(index) {
                output.put(text)?;
            }
            output.put(b"\r\n")?;
            output.records += 1;
        }
        Ok(())
    }
}

fn one_by_one(batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
    for index in records {
        if let [Value::Text(text)] = batch.columns(index) {
            output.put(text)?;
        }
        output.put(terminator(batch.source(index)))?;
        output.records += 1;
    }
    Ok(())
}

/// Writes records that are unchanged lines.
fn together(
    lines: &[u8],
    batch: &Batch<'_>,
    records: Range<usize>,
    output: &mut Output<'_>,
) -> Result<(), EncodeError> {
    if !records.is_empty() {
        let (start, end) = (batch.line(records.start).0.start, batch.line(records.end - 1).0.end);
        output.put(&lines[start..end])?;
        output.records += records.len() as u64;
    }
    Ok(())
}

/// From other formats: a record with one plain value is written as its text, others as JSON, one a line.
struct Lines {
    bytes_as: BytesAs,
    terminator: &'static [u8],
}

impl WriteFormat for Lines {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(LineEncoder { json: Writer::new(self.bytes_as), terminator: self.terminator })
    }

    /// Bytes that are to be text have to be UTF-8 inside JSON.
    fn may_refuse(&self) -> bool {
        self.bytes_as == BytesAs::Text
    }
}

struct LineEncoder {
    json: Writer,
    terminator: &'static [u8],
}

impl Encode for LineEncoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        for index in records {
            let (mark, offset) = (output.mark(), batch.span(index).start);
            match LineForm::of(batch, index) {
                LineForm::Json => match self.json.record(batch, index, &mut Plain(output)) {
                    Ok(()) => {}
                    Err(refusal) => {
                        let error = refusal.of_record(batch, index)?;
                        return Err(output.refuse(mark, index, error));
                    }
                },
                LineForm::Value { key, value } => {
                    if !key.is_empty() && key != FIELD.as_bytes() {
                        output.lose(LossyKind::KeyDropped);
                    }
                    let mut room = ScalarRoom::default();
                    // A line of text can hold any bytes, so bytes are kept.
                    let text = ScalarText::of(value, false, &mut room, |kind| {
                        if kind != LossyKind::BytesAsText {
                            output.lose(kind);
                        }
                    });
                    if let ScalarText::Plain(text) = text
                        && memchr::memchr(b'\n', text).is_some()
                    {
                        output.lose(LossyKind::LineBreakInLine);
                    }
                    text.write(output)?;
                }
            }
            output.put(self.terminator)?;
            output.end_record(offset).map_err(|error| output.refuse(mark, index, error))?;
        }
        Ok(())
    }
}

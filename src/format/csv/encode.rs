//! From values to CSV. What would read back as something else is quoted, or counted as lossy.

use std::ops::Range;

use super::escapes::escaped;
use super::null::Null;
use super::resolved::Resolved;
use super::row::{RowLossy, RowStyle, WriteRow};
use crate::error::{Error, Fault, RecordError};
use crate::format::joined::{At, Joiner};
use crate::format::{Encode, UnknownKey, key_too_long};
use crate::record::json::{Refusal, Sink, Writer};
use crate::record::line_form::{ScalarRoom, ScalarText, base64_pieces};
use crate::record::{Batch, Binder, EncodeError, LossyKind, Mark, NONE, Output, Tree, Value};
use crate::scan::bytes::{AnyOf, may_be_mark};
use crate::scan::number::is_json_number;
use crate::scan::vector::{Unit, Vector, Work};

/// How fields are written.
pub(super) struct Style {
    pub unit: Unit,
    pub row: RowStyle,
    pub dialect: Resolved,
    /// The bytes for which a field needs quotes.
    pub specials: AnyOf,
    pub null: Null,
    pub json: Writer,
    /// Joins the items of lists.
    pub joiner: Option<Joiner>,
    /// No header is written, so any record may become the first of a file: its first field is quoted if it looks like a
    /// byte order mark.
    pub marks: bool,
    /// This field is the first one of such a record.
    pub first: bool,
    /// Who reads this dialect takes an empty line for a record with an empty field.
    pub blank_records: bool,
}

/// Writes batches in columns.
pub(super) struct ColumnsEncoder {
    pub style: Style,
    /// The source has integers, floating-point numbers, bytes and truth values.
    pub typed: bool,
}

impl Encode for ColumnsEncoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        self.style.row.lenient = !output.is_strict();
        let mut next = records.start;
        while next < records.end {
            let (style, left, to) = (self.style.row, next..records.end, output.room(1)?);
            let marks = self.style.marks;
            let rows = match (self.typed, style.quote_all) {
                (true, true) => self.style.unit.run(WriteRows::<true, true> { style, marks, batch, records: left, to }),
                (true, false) => {
                    self.style.unit.run(WriteRows::<true, false> { style, marks, batch, records: left, to })
                }
                (false, true) => {
                    self.style.unit.run(WriteRows::<false, true> { style, marks, batch, records: left, to })
                }
                (false, false) => {
                    self.style.unit.run(WriteRows::<false, false> { style, marks, batch, records: left, to })
                }
            };
            output.advance(rows.len);
            rows.lossy.count(&mut output.lossy);
            output.records += (rows.behind - next) as u64;
            next = rows.behind;
            if next < records.end {
                // No room, or something odd.
                let fields = batch.columns(next).iter().map(|value| (*value, None));
                let mark = output.mark();
                self.style.fields(fields, next, At::of(batch, next), output, mark)?;
                next += 1;
            }
        }
        Ok(())
    }
}

/// Writes records while they are plain and fit.
struct WriteRows<'o, 'b, 'a, const TYPED: bool, const QUOTE_ALL: bool> {
    style: RowStyle,
    /// None of them may begin like a byte order mark.
    marks: bool,
    batch: &'b Batch<'a>,
    records: Range<usize>,
    to: &'o mut [u8],
}

/// The outcome of writing rows; `behind` is the first record that was not written.
struct Rows {
    behind: usize,
    len: usize,
    lossy: RowLossy,
}

impl<const TYPED: bool, const QUOTE_ALL: bool> Work for WriteRows<'_, '_, '_, TYPED, QUOTE_ALL> {
    type Out = Rows;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Rows {
        let mut rows = Rows { behind: self.records.end, len: 0, lossy: RowLossy::default() };
        let source = self.batch.slice();
        for index in self.records {
            let values = self.batch.columns(index).iter().copied();
            match self.style.row::<TYPED, QUOTE_ALL, V>(v, source, values, &mut self.to[rows.len..]) {
                Some(row) if !(self.marks && may_be_mark(&self.to[rows.len..])) => {
                    rows.len += row.len;
                    rows.lossy.add(row.lossy);
                }
                _ => {
                    rows.behind = index;
                    break;
                }
            }
        }
        rows
    }
}

/// Writes keyed batches.
pub(super) struct KeyedEncoder {
    pub style: Style,
    pub binder: Binder,
    pub unknown: UnknownKey,
    /// The longest key that can become a column.
    pub longest: usize,
}

impl Encode for KeyedEncoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        self.style.row.lenient = !output.is_strict();
        let mut bound_before = false;
        for index in records {
            let (tree, offset) = (batch.tree(index), batch.span(index).start);
            let (policy, longest) = (self.unknown, self.longest);
            let unknown = |path: &[u8]| match policy {
                UnknownKey::Count | UnknownKey::Own => Ok(()),
                // It is in no header, however the header was collected.
                UnknownKey::Refuse if path.len() > longest => {
                    Err(key_too_long(offset, path.len(), longest).fault(Fault::TooLarge))
                }
                UnknownKey::Refuse => Err(unknown_key(path, offset)),
            };
            let bound = match std::mem::replace(&mut bound_before, true) && batch.is_alike(index) {
                true => self.binder.bind_alike(),
                false => self.binder.bind(tree, unknown).map_err(|error| EncodeError::Record { index, error })?,
            };
            if bound.doubled + bound.unknown == 0 {
                let (values, _) = tree.nodes();
                let value = |&node: &u32| if node == NONE { Value::Absent } else { values[node as usize] };
                let values = bound.nodes.iter().map(value);
                let to = output.room(1)?;
                let (style, source, unit) = (self.style.row, batch.slice(), self.style.unit);
                let row = match style.quote_all {
                    true => unit.run(WriteRow::<_, true> { style, source, values, to: &mut *to }),
                    false => unit.run(WriteRow::<_, false> { style, source, values, to: &mut *to }),
                };
                let row = row.filter(|_| !(self.style.marks && may_be_mark(to)));
                if let Some(row) = row {
                    output.advance(row.len);
                    row.lossy.count(&mut output.lossy);
                    output.records += 1;
                    continue;
                }
            }
            let mark = output.mark();
            (0..bound.doubled).for_each(|_| output.lose(LossyKind::DuplicateKey));
            (0..bound.unknown).for_each(|_| output.lose(LossyKind::UnknownKey));
            let fields = bound.nodes.iter().map(|&node| match node {
                NONE => (Value::Absent, None),
                node => (tree.nodes().0[node as usize], Some(tree.node(node as usize))),
            });
            self.style.fields(fields, index, At::of(batch, index), output, mark)?;
        }
        Ok(())
    }
}

#[cold]
fn unknown_key(path: &[u8], offset: usize) -> RecordError {
    let mut error = RecordError::new(offset, format!("the key `{}` is not in the header", String::from_utf8_lossy(path)))
        .hint("A stream can't be read twice, so its header has only the keys of its beginning. Name all columns with ⟨columns a,b,c⟩, or convert from a file.");
    error.fault = Fault::UnknownKey;
    error
}

/// Why a field was not written.
pub(super) enum Bad {
    Record(RecordError),
    Stop(Error),
}

impl From<Error> for Bad {
    fn from(error: Error) -> Bad {
        Bad::Stop(error)
    }
}

impl Style {
    pub fn fields<'b, 'a: 'b>(
        &mut self,
        fields: impl ExactSizeIterator<Item = (Value<'a>, Option<Tree<'b, 'a>>)>,
        index: usize,
        at: At<'a>,
        output: &mut Output<'_>,
        mark: Mark,
    ) -> Result<(), EncodeError> {
        if fields.len() == 0 {
            output.lose(LossyKind::RecordAsEmptyLine);
        }
        self.fields_behind(b"", fields, index, at, output, mark)
    }

    /// The same after fields that are written already.
    pub fn fields_behind<'b, 'a: 'b>(
        &mut self,
        before: &[u8],
        fields: impl ExactSizeIterator<Item = (Value<'a>, Option<Tree<'b, 'a>>)>,
        index: usize,
        at: At<'a>,
        output: &mut Output<'_>,
        mark: Mark,
    ) -> Result<(), EncodeError> {
        output.put(before)?;
        let mut first = before.is_empty();
        let single = first && fields.len() == 1;
        for (value, node) in fields {
            if !first {
                output.put(self.dialect.delimiter_bytes())?;
            }
            self.first = first && self.marks;
            first = false;
            match self.field(value, node, single, at, output) {
                Ok(()) => {}
                Err(Bad::Stop(error)) => return Err(error.into()),
                Err(Bad::Record(error)) => return Err(output.refuse(mark, index, error)),
            }
        }
        output.put(self.row.line_break())?;
        output.end_record(at.offset).map_err(|error| output.refuse(mark, index, error))
    }

    pub fn field<'a>(
        &mut self,
        value: Value<'a>,
        node: Option<Tree<'_, 'a>>,
        single: bool,
        at: At<'a>,
        output: &mut Output<'_>,
    ) -> Result<(), Bad> {
        match value {
            Value::Untyped(b"") if single && self.blank_records => Ok(()),
            // An empty line is not a record.
            Value::Untyped(b"") if single => self.field(Value::Text(b""), node, single, at, output),
            Value::Untyped(text) | Value::Number(text) if self.null.is(text) => {
                if is_json_number(text) && self.dialect.quote.is_some() {
                    output.lose(LossyKind::NumberAsText);
                }
                self.text(text, true, at.offset, output)
            }
            Value::Untyped(text) if self.row.same && !self.row.quote_all && !(self.first && may_be_mark(text)) => {
                Ok(output.put(text)?)
            }
            Value::Untyped(text) | Value::Number(text) if self.row.quote_all => {
                if is_json_number(text) {
                    output.lose(LossyKind::NumberAsText);
                }
                self.text(text, true, at.offset, output)
            }
            Value::Untyped(text) => self.text(text, false, at.offset, output),
            // With escapes it is not null.
            Value::Text(b"") if self.dialect.tsv_escapes || single && self.dialect.quote.is_none() => {
                if single && !self.blank_records {
                    output.lose(LossyKind::RecordAsEmptyLine);
                }
                Ok(())
            }
            Value::Text(text) => {
                let otherwise = text.is_empty() || is_json_number(text) || self.null.is(text);
                self.text(text, self.row.quote_all || otherwise, at.offset, output)
            }
            Value::Number(text) => self.text(text, false, at.offset, output),
            other => self.other(other, node, single, at, output),
        }
    }

    fn other<'a>(
        &mut self,
        value: Value<'a>,
        node: Option<Tree<'_, 'a>>,
        single: bool,
        at: At<'a>,
        output: &mut Output<'_>,
    ) -> Result<(), Bad> {
        match value {
            Value::Null | Value::Absent => {
                if matches!(value, Value::Absent) {
                    output.lose(LossyKind::AbsentAsNull);
                }
                if !self.null.text.is_empty() {
                    return Ok(output.put(&self.null.text)?);
                }
                // An empty line is not a record.
                match (single && !self.blank_records, self.dialect.quote) {
                    (false, _) => Ok(()),
                    (true, None) => {
                        output.lose(LossyKind::RecordAsEmptyLine);
                        Ok(())
                    }
                    (true, Some(quote)) => {
                        output.lose(LossyKind::NullAsText);
                        Ok(output.put(&[quote, quote])?)
                    }
                }
            }
            Value::Raw([b'[', ..]) | Value::List(_) if self.joiner.is_some() => {
                self.list(value, node, single, at, output)
            }
            Value::Raw(_) | Value::List(_) | Value::Map(_) => self.json(value, node, at.offset, output),
            scalar => {
                let (mut room, mut lost, mut number) = (ScalarRoom::default(), None, false);
                let text = ScalarText::of(scalar, self.row.base64, &mut room, |kind| match kind {
                    LossyKind::NumberAsText => number = true,
                    kind => lost = lost.or(Some(kind)),
                });
                let means_null = matches!(text, ScalarText::Plain(text) if self.null.is(text));
                // A number without quotes is still a number.
                if number && (self.row.quote_all || means_null && self.dialect.quote.is_some()) {
                    lost = lost.or(Some(LossyKind::NumberAsText));
                }
                if let Some(kind) = lost {
                    output.lose(kind);
                }
                match text {
                    ScalarText::Plain(text) => self.text(text, self.row.quote_all || means_null, at.offset, output),
                    // In quotes: if it is all digits, it looks like an RFC 8259 number.
                    ScalarText::Base64(bytes) => {
                        quoted(self.dialect, at.offset, output, |sink| base64_pieces(bytes, |piece| sink.put(piece)))
                    }
                }
            }
        }
    }

    /// A list or map as JSON text in one cell.
    #[cold]
    pub fn json(
        &mut self,
        value: Value<'_>,
        node: Option<Tree<'_, '_>>,
        offset: usize,
        output: &mut Output<'_>,
    ) -> Result<(), Bad> {
        let is_list = matches!(value, Value::List(_)) || matches!(value, Value::Raw([b'[', ..]));
        output.lose(if is_list { LossyKind::ListAsText } else { LossyKind::MapAsText });
        let (dialect, writer) = (self.dialect, &mut self.json);
        let mut refused = None;
        quoted(dialect, offset, output, |sink| {
            let written = match node {
                Some(tree) => writer.tree(tree, sink),
                None => writer.leaf(value, sink),
            };
            match written {
                Ok(()) => Ok(()),
                Err(Refusal::Stop(error)) => Err(error),
                Err(Refusal::NotFinite) => {
                    refused = Some("a number is NaN or infinite, which JSON can't hold".into());
                    Ok(())
                }
                Err(Refusal::Value(reason)) => {
                    refused = Some(reason);
                    Ok(())
                }
            }
        })?;
        match refused {
            None => Ok(()),
            Some(reason) => Err(Bad::Record(RecordError::new(offset, reason))),
        }
    }

    /// A text, in quotes if needed.
    fn text(&self, text: &[u8], quoted: bool, offset: usize, output: &mut Output<'_>) -> Result<(), Bad> {
        let quoted = quoted || self.first && may_be_mark(text);
        if quoted || self.specials.is_in(text) || self.dialect.divides(text) {
            return self.text_quoted(text, quoted, offset, output);
        }
        Ok(output.put(text)?)
    }

    fn text_quoted(&self, text: &[u8], must: bool, offset: usize, output: &mut Output<'_>) -> Result<(), Bad> {
        if self.dialect.quote.is_some() {
            return quoted(self.dialect, offset, output, |sink| sink.put(text));
        }
        if must {
            output.lose(match text {
                text if self.null.is(text) => LossyKind::TextAsNull,
                b"" => LossyKind::EmptyTextAsNull,
                _ => LossyKind::TextAsNumber,
            });
        }
        match self.dialect.lost_in(text) {
            Some(byte) => Err(needs_quotes(byte, offset)),
            None if self.dialect.tsv_escapes => Ok(text.iter().try_for_each(|byte| output.put(escaped(byte)))?),
            None => Ok(output.put(text)?),
        }
    }
}

/// What `write` writes, in quotes.
fn quoted(
    dialect: Resolved,
    offset: usize,
    output: &mut Output<'_>,
    write: impl FnOnce(&mut Quoted<'_, '_>) -> Result<(), Error>,
) -> Result<(), Bad> {
    let Some(quote) = dialect.quote else {
        // JSON text in a dialect without quotes: every special byte in it is noticed.
        let mut plain = Quoted { output, quote: None, escape: None, dialect, bad: None };
        write(&mut plain)?;
        return match plain.bad {
            None => Ok(()),
            Some(byte) => Err(needs_quotes(byte, offset)),
        };
    };
    output.put_byte(quote)?;
    let mut quoted = Quoted { output, quote: Some(quote), escape: dialect.escape, dialect, bad: None };
    write(&mut quoted)?;
    Ok(quoted.output.put_byte(quote)?)
}

/// The error for a byte that needs quotes, in a dialect without them.
#[cold]
fn needs_quotes(byte: u8, offset: usize) -> Bad {
    Bad::Record(RecordError::new(offset, format!("a field holds `{}`, which needs quotes", byte.escape_ascii())).hint(
        "Leave out ⟨out_dialect.quoting false⟩ or ⟨dialect.tsv_escapes⟩, or choose another ⟨out_dialect.delimiter⟩.",
    ))
}

/// The inside of a quoted field: quotes in it are doubled or escaped.
struct Quoted<'o, 'w> {
    output: &'o mut Output<'w>,
    quote: Option<u8>,
    escape: Option<u8>,
    dialect: Resolved,
    /// A byte that could not be written.
    bad: Option<u8>,
}

impl Quoted<'_, '_> {
    fn put(&mut self, text: &[u8]) -> Result<(), Error> {
        let Some(quote) = self.quote else { return self.put_plain(text) };
        let escape = self.escape.unwrap_or(quote);
        let mut rest = text;
        while let Some(at) = memchr::memchr2(quote, escape, rest) {
            self.output.put(&rest[..at])?;
            self.output.put(&[escape, rest[at]])?;
            rest = &rest[at + 1..];
        }
        self.output.put(rest)
    }

    #[cold]
    fn put_plain(&mut self, text: &[u8]) -> Result<(), Error> {
        self.bad = self.bad.or(text.iter().copied().find(|byte| self.dialect.is_lost(*byte)));
        match self.dialect.tsv_escapes {
            true => text.iter().try_for_each(|byte| self.output.put(escaped(byte))),
            false => self.output.put(text),
        }
    }
}

impl Sink for Quoted<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Quoted::put(self, bytes)
    }

    fn lose(&mut self, kind: LossyKind) {
        self.output.lose(kind);
    }
}
